/* Why it is so: the rules' own steps to an answer, with the figures that went in. Decides nothing: each sentence is
 * chosen by what the rules answered. */
#include "services/ratio/books/audits.h"

#include <inttypes.h>

enum { STEPS_MOST = 12, FIGURES_MOST = 10 };

struct figure {
    const char *name;
    int64_t value;
};

struct step {
    const char *rule, *sentence;
    struct figure figures[FIGURES_MOST];
    size_t figures_count;
};

struct steps {
    struct arena *arena;
    struct step at[STEPS_MOST];
    size_t count;
};

static void step(struct steps *steps, const char *rule, const char *sentence, const struct figure *figures,
                 size_t count)
{
    struct step *at = &steps->at[steps->count++];
    *at = (struct step){.rule = rule, .sentence = sentence, .figures_count = count};
    for (size_t i = 0; i < count; i++)
        at->figures[i] = figures[i];
}

#define STEP(steps, rule, sentence, ...)                                                                               \
    do {                                                                                                               \
        const struct figure figures_[] = {__VA_ARGS__};                                                                \
        step(steps, rule, sentence, figures_, sizeof figures_ / sizeof figures_[0]);                                   \
    } while (0)

/* ---- profile ---- */

static const char *clock_sentence(const struct rules_profile *p)
{
    if (rules_is_down(book.rules))
        return "The debt clock stands: no tracker is heard.";
    if (p->clock_direction > 0)
        return "The debt clock runs: others hold more of yours than you hold of theirs, there is something that you "
               "could hold, and no fetch of yours progresses.";
    if (p->clock_direction < 0)
        return "The debt clock runs backward: you owe nothing and hold something.";
    if (p->lent <= p->contribution)
        return "The debt clock stands: others hold no more of yours than you hold of theirs.";
    if (p->restoring)
        return "The debt clock stands: you are restoring content of your own.";
    if (p->qualifying)
        return "The debt clock stands: a fetch of yours progresses.";
    return p->work ? "The debt clock stands." : "The debt clock stands: there is nothing that you could hold now.";
}

/* 2.6: wants more than all free space. */
static void explain_shortfall(struct steps *steps, const struct rules_profile *p)
{
    struct rules_places places = rules_places(book.rules, p->user, 0);
    int64_t wanted = p->obligation - p->lent - p->in_flight;
    if (places.together < wanted)
        STEP(steps, "2.6",
             "Your backups still want more than all others have free whose feed was read within 24 hours: the copies "
             "are "
             "made in the order of the queue until that space is used, and the rest waits for more.",
             {"wanted", wanted}, {"readers", places.members}, {"together", places.together},
             {"shortfall", wanted - places.together});
}

static bool explain_profile(struct steps *steps, int64_t user, struct fault *why)
{
    struct rules_profile p;
    if (!rules_profile(book.rules, user, &p, why))
        return false;
    STEP(steps, "D5", "What you hold for others counts whole, copy by copy (C); so does what others hold for you (L).",
         {"contribution", p.contribution}, {"lent", p.lent}, {"incoming", p.in_flight});
    STEP(steps, "D5",
         "Your backups ask for their size times the desired redundancy (O); the debt is what is missing to that.",
         {"obligation", p.obligation}, {"contribution", p.contribution}, {"debt", p.debt}, {"surplus", p.surplus});
    explain_shortfall(steps, &p);
    STEP(steps, "2.5", clock_sentence(&p), {"clock_seconds", p.clock_ms / 1000}, {"direction", p.clock_direction},
         {"lent", p.lent}, {"contribution", p.contribution}, {"work", p.work}, {"progressing", p.qualifying},
         {"restoring", p.restoring});
    STEP(steps, "Q22",
         p.overdue
             ? "You are overdue: your content gets slots only for what you hold yourself, and copies of it are "
               "released when the clock reaches the second limit."
             : "You are overdue when the clock reaches the first limit; copies of your content are released at the "
               "second.",
         {"clock_seconds", p.clock_ms / 1000}, {"overdue_seconds", p.overdue_ms / 1000},
         {"release_seconds", p.release_ms / 1000});
    if (p.suspended)
        STEP(steps, "2.6",
             "The account is suspended: its content gets no slots, it is offered nothing, and its own content can be "
             "restored for 30 days.",
             {"suspended", 1});
    if (p.barred)
        STEP(steps, "Q15",
             "Three copies of yours failed their audits within 30 days: your content gets no slots for 30 days.",
             {"barred", 1});
    STEP(steps, "2.8", "Points are a stake: what is assigned to backups comes back when you take it off.",
         {"points_total", p.points_total}, {"points_assigned", p.points_assigned}, {"points_free", p.points_free});
    return true;
}

/* ---- version ---- */

static void explain_tier(struct steps *steps, const struct rules_version *v)
{
    struct rules_profile owner = {0};
    int64_t taken = (int64_t)v->counted_count + v->in_flight;
    rules_profile(book.rules, v->owner, &owner, NULL);
    int64_t loan = taken < book.set.loan_copies ? owner.loan : 0;
    const char *sentence =
        "Its next slot is of tier 1: with it others hold no more of the owner's content than the owner "
        "holds, and the loan.";
    if (v->tier == 2 && taken >= book.set.loan_copies)
        sentence = "Its next slot is of tier 2: with it others would hold more than the owner holds, and there is a "
                   "loan for the "
                   "first copies alone. It is offered to those who have no work of tier 1.";
    else if (v->tier == 2)
        sentence =
            "Its next slot is of tier 2: with it others would hold more than the owner holds, and the loan. It is "
            "offered to those who have no work of tier 1.";
    else if (v->tier == 0 && owner.suspended)
        sentence = "It gets no slot: its owner is suspended.";
    else if (v->tier == 0 && owner.barred)
        sentence = "It gets no slot: its owner is barred.";
    else if (v->tier == 0 && owner.overdue)
        sentence = "It gets no slot: its owner is overdue, and holds too little to pay for it.";
    else if (v->tier == 0)
        sentence = "It needs no slot.";
    STEP(steps, "2.5", sentence, {"lent", owner.lent}, {"incoming", owner.in_flight}, {"size", v->size},
         {"contribution", owner.contribution}, {"loan", loan}, {"overdue", owner.overdue}, {"tier", v->tier});
}

static void explain_place(struct steps *steps, const struct rules_version *v)
{
    const struct rules_standing *s = &v->standing;
    if (!v->queued) {
        STEP(steps, "2.7",
             v->serveable
                 ? "It is not in the queue: it has all the copies it wants, or they are under way, or it gets no "
                   "slot."
                 : "It is not in the queue: neither its owner nor a holder is online to serve it.",
             {"serveable", v->serveable}, {"tier", v->tier});
        return;
    }
    STEP(steps, "2.7",
         "Its score is the backup's points, the risk of loss, and an hour of waiting a point, less 25 for each version "
         "of "
         "its owner that comes before it. Tier 1 comes before tier 2, and in a tier the greatest score first.",
         {"points", s->points}, {"risk", s->risk}, {"wait_hours", s->wait_hours}, {"base", s->base}, {"rank", s->rank},
         {"score", s->score}, {"tier", v->tier}, {"place", queue_place(v->version)});
}

/* 2.6: `unplaceable`. The queue passes over it meanwhile. */
static void explain_space(struct steps *steps, const struct rules_version *v)
{
    struct rules_places places = rules_places(book.rules, v->owner, v->version);
    if (v->tier == 0)
        return;
    if (places.members == 0)
        STEP(steps, "2.6",
             "It is offered to nobody for the moment: no feed of a member who could still take it was read within 24 "
             "hours.",
             {"readers", 0});
    else if (places.largest < v->size)
        STEP(steps, "2.6",
             "It is unplaceable for the moment: none of those whose feed was read within 24 hours has so much free. "
             "Made "
             "anew in versions that are no larger than the largest free space, it could be held.",
             {"size", v->size}, {"largest", places.largest}, {"readers", places.members});
}

static bool explain_version(struct steps *steps, int64_t version, struct fault *why)
{
    struct rules_version v;
    if (!rules_version(book.rules, version, &v, why))
        return false;
    struct rules_version kept = v; /* its lists do not outlive the next question */
    STEP(steps, "D5", "Copies count up to the desired redundancy, the longest held first; those beyond are spare.",
         {"counted", (int64_t)v.counted_count}, {"redundancy", v.redundancy}, {"in_flight", v.in_flight},
         {"spare", (int64_t)v.spare_count}, {"size", v.size});
    explain_tier(steps, &kept);
    explain_place(steps, &kept);
    explain_space(steps, &kept);
    return true;
}

/* ---- verdict, copy, offer ---- */

static bool explain_verdict(struct steps *steps, int64_t user, int64_t version, struct fault *why)
{
    static const char *const names[] = {[RULES_DENY] = "Downloading is refused",
                                        [RULES_ALLOW_OWNER] = "Downloading is allowed",
                                        [RULES_ALLOW_SLOT] = "Downloading is allowed",
                                        [RULES_ALLOW_SPARE] = "Downloading is allowed"};
    struct rules_verdict verdict;
    struct rules_placing placing;
    struct rules_version v;
    if (!rules_verdict(book.rules, user, version, 1, &verdict, why) || !rules_version(book.rules, version, &v, why))
        return false;
    rules_placing(book.rules, version, &placing);
    struct rules_version kept = v;
    STEP(steps, "Q30", arena_print(steps->arena, "%s: %s.", names[verdict.allow], verdict.reason),
         {"redundancy", placing.redundancy}, {"counted", placing.counted}, {"in_flight", placing.in_flight},
         {"deleted", placing.deleted});
    explain_tier(steps, &kept);
    if (kept.tier == 2)
        STEP(steps, "Q17", "Nobody gets a slot of tier 2 while there is a version of tier 1 that it could hold.",
             {"could_hold", rules_could_hold(book.rules, user, version)});
    return true;
}

static const char *copy_sentence(const struct rules_copy *copy)
{
    switch (copy->state) {
    case RULES_OFFERED:
        return "It is offered to you: it counts when you have all of it.";
    case RULES_FETCHING:
        return "You are fetching it: it counts when you have all of it.";
    case RULES_RELEASED:
        return "It was released, because its owner owed too much for too long: you may delete it.";
    case RULES_FAILED:
        return "It failed an audit: it can be fetched again in 7 days.";
    case RULES_HELD:
    case RULES_STALE:
        break;
    default:
        return "You have no copy of it.";
    }
    if (copy->counted)
        return copy->state == RULES_STALE ? "It counts, although it was not seen of late: its grace runs."
                                          : "It counts: you earn its whole size.";
    return copy->counting
               ? "It is spare: enough others have held it for longer. It counts at once when one of them goes."
               : "It does not count: it has not been proven by an audit.";
}

static bool explain_copy(struct steps *steps, int64_t user, int64_t version, struct fault *why)
{
    struct rules_copy copy;
    struct rules_placing placing;
    if (!rules_copy(book.rules, user, version, &copy, why) || !rules_placing(book.rules, version, &placing))
        return false;
    STEP(steps, "D2", copy_sentence(&copy), {"size", placing.size}, {"counted", copy.counted}, {"proven", copy.proven},
         {"probation", copy.in_probation}, {"held_since", copy.held_since_at > 0 ? copy.held_since_at : 0});
    STEP(steps, "D5", "The first copies count, as many as are wanted, by the time since when they are held.",
         {"redundancy", placing.redundancy}, {"counted", placing.counted});
    if (copy.state >= RULES_OFFERED && copy.state <= RULES_STALE && rules_colocated(book.rules, user, version))
        STEP(steps, "2.6",
             "Its holder was seen at the same address as its owner, or as another who has a copy. It counts all the "
             "same, "
             "but nothing of this version is offered there.",
             {"colocated", 1});
    if (copy.state == RULES_STALE)
        STEP(steps, "Q9", "The grace is as long as it had been held, at least a day and at most a week.",
             {"seconds_left", (copy.gone_at - copy.last_seen) / 1000});
    return true;
}

static const char *holding_sentence(int64_t user, int64_t version)
{
    struct rules_copy copy;
    if (!rules_copy(book.rules, user, version, &copy, NULL))
        return "You cannot hold it.";
    if (copy.state == RULES_OFFERED)
        return "It is offered to you: the slot is yours until the offer ends.";
    if (copy.state == RULES_FETCHING)
        return "You are fetching it.";
    if (copy.state == RULES_HELD || copy.state == RULES_STALE)
        return "You have it.";
    return rules_could_hold(book.rules, user, version)
               ? "You could hold it: it is in the queue, not yours, no copy of yours, and fits what space you declared."
               : "You could not hold it: it is not in the queue, or yours, or it does not fit.";
}

static bool explain_offer(struct steps *steps, int64_t user, int64_t version, struct fault *why)
{
    struct rules_profile p;
    struct rules_placing placing;
    int64_t bytes, polled;
    if (!rules_profile(book.rules, user, &p, why) || !rules_space(book.rules, user, &bytes, &polled, why))
        return false;
    if (!rules_placing(book.rules, version, &placing))
        return fault_set(why, STATUS_not_found, "version", "There is no version %" PRId64 ".", version);
    int64_t hours = polled > 0 ? (rules_time(book.rules) - polled) / 3600000 : -1;
    STEP(steps, "Q24",
         hours >= 0 && hours < 24 ? "Your feed was read within 24 hours: you are offered what you owe."
                                  : "Offers go to members whose feed was read within 24 hours.",
         {"hours_since", hours});
    STEP(steps, "Q24",
         "Offers and fetches together stay within your debt; an item larger than that is offered only when none is "
         "smaller.",
         {"debt", p.debt}, {"fetching", p.fetching}, {"room", p.debt - p.fetching}, {"size", placing.size});
    STEP(steps, "Q17", holding_sentence(user, version), {"queued", placing.queued}, {"free_space", bytes},
         {"fetching", p.fetching}, {"size", placing.size});
    if (rules_colocated(book.rules, user, version))
        STEP(steps, "2.6",
             "It is not offered to you: you were seen at the same address as its owner, or as another who has a copy. "
             "If you fetch it by hand it counts.",
             {"colocated", 1});
    return true;
}

/* ---- audits of a copy ---- */

static const char *result_sentence(struct slice result)
{
    if (slice_is(result, "pass"))
        return "It was audited, and proven: the piece that was asked for is right.";
    if (slice_is(result, "fail"))
        return "It was audited, and failed: the piece that was asked for was wrong, or refused a second time.";
    if (slice_is(result, "suspect"))
        return "It was audited, and the connection broke off or fell silent when a piece was asked for: the same one "
               "is "
               "asked for again.";
    if (slice_is(result, "busy"))
        return "It was to be audited, but your client let us have nothing: it is tried again.";
    if (slice_is(result, "undecided"))
        return "It was audited, and your client refused the piece: a second one decides.";
    return "It was to be audited, but your client was not reached. That costs no mark; the proof grows old.";
}

static const char *plan_sentence(struct slice reason)
{
    if (slice_is(reason, "new"))
        return "It is audited soon, because it has just been completed.";
    if (slice_is(reason, "doubtful"))
        return "It is audited at once, because what was reported of it does not show that it was fetched.";
    if (slice_is(reason, "second") || slice_is(reason, "suspect"))
        return "It is audited again soon, to decide.";
    if (slice_is(reason, "unreachable"))
        return "It is tried again; the tracker then also tells your client to connect to the auditor.";
    if (slice_is(reason, "busy"))
        return "It is tried again, for your client let us have nothing.";
    return "It is audited again and again, daily in its first week and then every 3 to 7 days.";
}

static void explain_audits(struct steps *steps, const struct audit_told *told)
{
    for (size_t i = 0; i < told->count; i++)
        STEP(steps, "2.11", result_sentence(told->last[i].result), {"at", told->last[i].at},
             {"took_ms", told->last[i].took_ms});
    if (told->due_at != 0)
        STEP(steps, "2.11", plan_sentence(told->reason), {"next_at", told->due_at});
}

/* ---- the message ---- */

static void pack_steps(struct listing *into, const struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *at = &steps->at[i];
        msgpack_pack_map(&into->packer, 3);
        pack_key(&into->packer, "rule");
        pack_text(&into->packer, slice_text(at->rule));
        pack_key(&into->packer, "sentence");
        pack_text(&into->packer, slice_text(at->sentence));
        pack_key(&into->packer, "figures");
        msgpack_pack_map(&into->packer, at->figures_count);
        for (size_t n = 0; n < at->figures_count; n++) {
            pack_key(&into->packer, at->figures[n].name);
            msgpack_pack_int64(&into->packer, at->figures[n].value);
        }
    }
}

static bool explain(struct steps *steps, const struct ratio_explain *ask, struct fault *why)
{
    int64_t user = (int64_t)ask->user, version = (int64_t)ask->version;
    if (slice_is(ask->what, "profile"))
        return explain_profile(steps, user, why);
    if (slice_is(ask->what, "version"))
        return explain_version(steps, version, why);
    if (slice_is(ask->what, "verdict"))
        return explain_verdict(steps, user, version, why);
    if (slice_is(ask->what, "copy"))
        return explain_copy(steps, user, version, why);
    if (slice_is(ask->what, "offer"))
        return explain_offer(steps, user, version, why);
    return fault_set(why, STATUS_invalid, "what", "Ask for `profile`, `version`, `verdict`, `copy` or `offer`.");
}

/* An explanation on its way. */
struct explaining {
    struct bus_request *request;
    struct steps steps;
};

static void finish(struct explaining *explaining)
{
    struct listing listing;
    listing_begin(&listing, explaining->steps.count);
    pack_steps(&listing, &explaining->steps);
    bus_reply(explaining->request, &(struct ratio_explain_reply){.steps = listing_rows(&listing)});
    listing_end(&listing);
}

static void on_audits(void *arg, const struct audit_told *told)
{
    struct explaining *explaining = arg;
    if (told != NULL)
        explain_audits(&explaining->steps, told);
    finish(explaining);
}

static void serve_explain(struct bus_request *request, const void *message)
{
    const struct ratio_explain *ask = message;
    struct explaining *explaining = arena_take(bus_arena(request), sizeof *explaining);
    struct fault why;
    *explaining = (struct explaining){.request = request, .steps.arena = bus_arena(request)};
    if (!explain(&explaining->steps, ask, &why)) {
        bus_fail(request, &why);
        return;
    }
    if (rules_is_down(book.rules))
        STEP(&explaining->steps, "2.12", "Safe mode: nothing expires and no clock moves.",
             {"since", book.head.down_since});
    if (book.set.auditor && slice_is(ask->what, "copy"))
        audits_tell((int64_t)ask->user, (int64_t)ask->version, on_audits, explaining);
    else
        finish(explaining);
}

static void on_explain(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_explain);
}

void explain_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_explain_message, on_explain, NULL);
}
