/* Sentences say the rule and the figures that went into it. Nothing here decides anything. */
#include "services/ratio/explain.h"

#include "services/ratio/words.h"

#include <inttypes.h>
#include <stdio.h>

static char *next(struct explanation *into)
{
    return into->sentences[into->count++];
}

static void tell_band(const struct ordinary *member, struct explanation *into)
{
    char down[WORDS_MAX], from[WORDS_MAX], most[WORDS_MAX], least[WORDS_MAX];
    const struct required_band *band = member->required.band;
    words_size(member->figures.down, down);
    if (band == NULL) {
        snprintf(next(into), EXPLAIN_TEXT_MAX, "%s of what was downloaded counts: so little that no ratio is required.",
                 down);
        return;
    }
    snprintf(
        next(into), EXPLAIN_TEXT_MAX,
        "%s of what was downloaded counts, which is in the band from %s: a ratio of %s is required when nothing is "
        "seeded, %s when all is.",
        down, words_size(band->from, from), words_ratio(band->most, most), words_ratio(band->least, least));
}

static void tell_share(const struct ordinary_rules *rules, const struct ordinary *member, struct explanation *into)
{
    char span[WORDS_MAX], ratio[WORDS_MAX], most[WORDS_MAX];
    const struct required_figures *figures = &member->figures;
    uint64_t rest = figures->seeding < figures->snatched ? figures->snatched - figures->seeding : 0;
    words_ratio(member->required.ratio, ratio);
    if (figures->snatched == 0)
        snprintf(next(into), EXPLAIN_TEXT_MAX, "No torrent was completed, so nothing relaxes it: %s is required.",
                 ratio);
    else
        snprintf(next(into), EXPLAIN_TEXT_MAX,
                 "Of %" PRIu64 " torrents completed, %" PRIu64
                 " were seeded for %s or longer within the last seven days, "
                 "so %" PRIu64 " of %" PRIu64 " parts of %s stay%s: %s is required.",
                 figures->snatched, figures->seeding, words_span(rules->seeding, span), rest, figures->snatched,
                 words_ratio(member->required.band->most, most),
                 member->required.ratio == member->required.band->least ? ", but never less than the band's least" : "",
                 ratio);
}

static void tell_distance(const struct ordinary *member, struct explanation *into)
{
    char up[WORDS_MAX], down[WORDS_MAX], by[WORDS_MAX], missing[WORDS_MAX];
    const struct required_figures *figures = &member->figures;
    words_size(figures->up, up);
    words_size(figures->down, down);
    words_by(figures->up, figures->down, by);
    if (member->required.met)
        snprintf(next(into), EXPLAIN_TEXT_MAX,
                 "The ratio is %s (%s uploaded by %s downloaded): the requirement is met.", by, up, down);
    else
        snprintf(next(into), EXPLAIN_TEXT_MAX,
                 "The ratio is %s (%s uploaded by %s downloaded): %s more to upload, or more torrents seeded, and the "
                 "requirement is met.",
                 by, up, down, words_needed(member->required.missing, missing));
}

static void tell_hits(const struct ordinary_rules *rules, const struct ordinary *member, struct explanation *into)
{
    char seed[WORDS_MAX], within[WORDS_MAX];
    if (rules->hit_seed == 0)
        return;
    snprintf(next(into), EXPLAIN_TEXT_MAX,
             "%" PRIu64 " hit-and-run%s of at most %" PRId64
             ": each torrent completed is to be seeded for %s, or until as "
             "much was uploaded as downloaded, within %s.",
             member->hit_and_runs, member->hit_and_runs == 1 ? "" : "s", rules->hit_most,
             words_span(rules->hit_seed, seed), words_span(rules->hit_within, within));
}

static void tell_watch(const struct ordinary *member, struct explanation *into)
{
    char at[WORDS_MAX], left[WORDS_MAX];
    if (member->watch.state == WATCH_on)
        snprintf(next(into), EXPLAIN_TEXT_MAX,
                 "On ratio watch: downloading stops on %s, or after %s more, unless the requirement is met before. "
                 "Seeding never stops.",
                 words_time(member->watch.ends_at, at),
                 words_size(watch_left(&member->watch, member->figures.down), left));
    else if (member->watch.state == WATCH_stopped)
        snprintf(next(into), EXPLAIN_TEXT_MAX,
                 "Downloading is stopped since %s, until the requirement is met. Seeding goes on, and counts.",
                 words_time(member->watch.since, at));
}

void explain_ratio(const struct ordinary_rules *rules, const struct ordinary *member, struct explanation *into)
{
    into->count = 0;
    tell_band(member, into);
    if (member->required.band != NULL) {
        tell_share(rules, member, into);
        tell_distance(member, into);
    }
    tell_hits(rules, member, into);
    tell_watch(member, into);
}

/* ---- notices ---- */

/* What is not met, and what meets it. */
static void write_cause(const struct ordinary *member, char into[EXPLAIN_TEXT_MAX])
{
    char by[WORDS_MAX], ratio[WORDS_MAX], missing[WORDS_MAX];
    if (member->required.met)
        snprintf(into, EXPLAIN_TEXT_MAX,
                 "There are %" PRIu64 " hit-and-runs, more than are let pass: seed what you completed.",
                 member->hit_and_runs);
    else
        snprintf(into, EXPLAIN_TEXT_MAX,
                 "Your ratio is %s, and %s is required. Upload %s more, or seed more of what you completed for longer.",
                 words_by(member->figures.up, member->figures.down, by), words_ratio(member->required.ratio, ratio),
                 words_needed(member->required.missing, missing));
}

static void write_end(const struct ordinary *member, char into[EXPLAIN_TEXT_MAX])
{
    char at[WORDS_MAX], left[WORDS_MAX];
    snprintf(into, EXPLAIN_TEXT_MAX,
             "Downloading stops on %s, or after %s more, whichever comes first, unless the requirement is met before. "
             "Seeding never stops.",
             words_time(member->watch.ends_at, at), words_size(watch_left(&member->watch, member->figures.down), left));
}

bool explain_step(const struct ordinary *member, enum watch_step step, struct notice *into)
{
    static const struct {
        enum notice_kind kind;
        const char *title;
        const char *text; /* NULL: the cause and the end */
    } told[] = {
        [STEP_begun] = {NOTICE_watch_begun, "You are on ratio watch", NULL},
        [STEP_warned] = {NOTICE_watch_warned, "Your ratio watch is about to end", NULL},
        [STEP_stopped] = {NOTICE_leech_stopped, "Downloading is stopped",
                          "Your client is refused when something is missing; seeding goes on and counts. It is allowed "
                          "again by itself as soon as the requirement is met."},
        [STEP_met] = {NOTICE_watch_met, "Your ratio watch is over", "The requirement is met. Thank you for seeding."},
        [STEP_allowed] = {NOTICE_leech_allowed, "Downloading is allowed again",
                          "The requirement is met. Thank you for seeding."},
    };
    char cause[EXPLAIN_TEXT_MAX] = "", end[EXPLAIN_TEXT_MAX] = "";
    if (step == STEP_none)
        return false;
    into->kind = told[step].kind;
    into->title = told[step].title;
    if (!member->met)
        write_cause(member, cause);
    if (told[step].text == NULL)
        write_end(member, end);
    snprintf(into->text, sizeof into->text, "%s%s%s", cause, cause[0] != '\0' ? " " : "",
             told[step].text != NULL ? told[step].text : end);
    return true;
}
