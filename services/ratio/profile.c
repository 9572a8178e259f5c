/* ratio.member.profile and ratio.ratio.explain: the figures of one member now, as the tick would see them. */
#include "services/ratio/explain.h"
#include "services/ratio/ratio.h"
#include "services/ratio/standing.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"

static struct db *profile_db;

struct look {
    struct bus_request *request;
    struct ordinary member;
};

/* ---- ratio.member.profile ---- */

static void add_required(const struct ordinary *member, struct ratio_member_profile_reply *reply)
{
    const struct required *required = &member->required;
    reply->credited_up = member->figures.up;
    reply->credited_down = member->figures.down;
    reply->required = required->ratio;
    reply->met = required->met;
    reply->missing = required->missing;
    if (required->band != NULL) {
        reply->band_from = required->band->from;
        reply->band_most = required->band->most;
        reply->band_least = required->band->least;
    }
    reply->snatched = member->figures.snatched;
    reply->seeding = member->figures.seeding;
    reply->seeding_seconds = (uint64_t)ordinary_settings.seeding / 1000;
    reply->hit_and_runs = ordinary_settings.hit_seed > 0 ? member->hit_and_runs : 0;
}

static void add_watch(const struct ordinary *member, struct ratio_member_profile_reply *reply)
{
    if (member->watch.state == WATCH_clear)
        return;
    reply->watch = slice_text(watch_name(member->watch.state));
    reply->watch_since = member->watch.since;
    reply->watch_ends_at = member->watch.ends_at;
    reply->watch_left = watch_left(&member->watch, member->figures.down);
}

static void on_member(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look *look = arg;
    if (why != NULL) {
        bus_fail(look->request, why);
        return;
    }
    struct ratio_member_profile_reply reply = {
        .uploaded = (uint64_t)db_get_int(rows, 0, 0),
        .downloaded = (uint64_t)db_get_int(rows, 0, 1),
        .snatches = (uint64_t)db_get_int(rows, 0, 2),
        .may_leech = db_get_flag(rows, 0, 3),
        .reason = db_get_text(rows, 0, 4),
        .tokens = (uint64_t)db_get_int(rows, 0, 5),
    };
    add_required(&look->member, &reply);
    add_watch(&look->member, &reply);
    bus_reply(look->request, &reply);
}

const struct statement profile_member = {
    .name = "profile_member",
    .sql = "SELECT coalesce(t.uploaded, 0), coalesce(t.downloaded, 0),"
           " (SELECT count(*) FROM ratio.snatch s LEFT JOIN ratio.torrent USING (torrent_id)"
           "  WHERE s.user_id = m.user_id AND accounting IS DISTINCT FROM 'redundancy'),"
           " coalesce(p.may_leech, false),"
           " coalesce(p.reason, 'This account is not known to the tracker yet.'), coalesce(b.tokens, 0)"
           " FROM (SELECT $1::bigint AS user_id) m LEFT JOIN ratio.member_total t USING (user_id)"
           " LEFT JOIN ratio.permit p USING (user_id) LEFT JOIN ratio.token_balance b USING (user_id)"};

static void on_profile_figures(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look *look = arg;
    if (why != NULL) {
        bus_fail(look->request, why);
        return;
    }
    standing_read(rows, 0, &look->member);
    db_ask(profile_db, &profile_member, db_int(db_args(), (int64_t)look->member.user), on_member, look);
}

static void ask_figures(struct bus_request *request, uint64_t user, db_done_fn *done)
{
    struct look *look = arena_take(bus_arena(request), sizeof *look);
    int64_t users[1] = {(int64_t)user};
    look->request = request;
    db_ask(profile_db, &standing_figures, standing_args(users, 1, clock_now()), done, look);
}

static void on_member_profile(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_member_profile *ask = message;
    ask_figures(request, ask->user, on_profile_figures);
}

/* ---- ratio.ratio.explain ---- */

static void on_explain_figures(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look *look = arg;
    struct explanation told;
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    if (why != NULL) {
        bus_fail(look->request, why);
        return;
    }
    standing_read(rows, 0, &look->member);
    explain_ratio(&ordinary_settings, &look->member, &told);
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, told.count);
    for (size_t i = 0; i < told.count; i++)
        pack_text(&packer, slice_text(told.sentences[i]));
    struct ratio_ratio_explain_reply reply = {.sentences.packed = slice_of(buffer.data, buffer.size)};
    bus_reply(look->request, &reply);
    msgpack_sbuffer_destroy(&buffer);
}

static void on_explain(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_ratio_explain *ask = message;
    ask_figures(request, ask->user, on_explain_figures);
}

void profile_serve(struct bus *bus, struct db *db)
{
    profile_db = db;
    bus_serve(bus, NULL, &ratio_member_profile_message, on_member_profile, NULL);
    bus_serve(bus, NULL, &ratio_ratio_explain_message, on_explain, NULL);
}
