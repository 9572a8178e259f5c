/* Where members, backups and versions stand. Lists of what somebody owns take the ids from the tables that the feeds
 * fill (ratio.torrent, ratio.book_backup) and all else from memory. */
#include "services/ratio/books/answers.h"

#include "services/ratio/statements.h"

#define NO_LIMIT (INT64_C(1) << 62)

/* ---- ratio.backup.profile ---- */

static void fill_profile(struct ratio_backup_profile_reply *reply, const struct rules_profile *profile)
{
    *reply = (struct ratio_backup_profile_reply){
        .contribution = (uint64_t)profile->contribution,
        .lent = (uint64_t)profile->lent,
        .obligation = (uint64_t)profile->obligation,
        .debt = (uint64_t)profile->debt,
        .surplus = (uint64_t)profile->surplus,
        .incoming = (uint64_t)profile->in_flight,
        .fetching = (uint64_t)profile->fetching,
        .clock_seconds = (uint64_t)profile->clock_ms / 1000,
        .clock_direction = profile->clock_direction,
        .overdue_seconds = (uint64_t)profile->overdue_ms / 1000,
        .release_seconds = (uint64_t)profile->release_ms / 1000,
        .overdue = profile->overdue,
        .barred = profile->barred,
        .restoring = profile->restoring,
        .progressing = profile->qualifying,
        .work = profile->work,
        .points_total = (uint64_t)profile->points_total,
        .points_assigned = (uint64_t)profile->points_assigned,
        .points_free = (uint64_t)profile->points_free,
    };
}

static void serve_profile(struct bus_request *request, const void *message)
{
    const struct ratio_backup_profile *ask = message;
    struct rules_profile profile;
    struct ratio_backup_profile_reply reply;
    struct fault why;
    int64_t bytes, polled;
    if (!rules_profile(book.rules, (int64_t)ask->user, &profile, &why) ||
        !rules_space(book.rules, (int64_t)ask->user, &bytes, &polled, &why)) {
        bus_fail(request, &why);
        return;
    }
    fill_profile(&reply, &profile);
    reply.space_declared = bytes >= 0 && bytes != NO_LIMIT;
    reply.space = reply.space_declared ? (uint64_t)bytes : 0;
    reply.polled_at = polled > 0 ? polled : 0;
    reply.safe_mode = rules_is_down(book.rules);
    bus_reply(request, &reply);
}

static void on_profile(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_profile);
}

/* ---- defaults (2.10: an inviter sees those of its invitees) ---- */

static void serve_defaults(struct bus_request *request, const void *message)
{
    const struct ratio_backup_defaults *ask = message;
    size_t asked = rows_count(ask->users), count = 0;
    struct book_default *found = arena_take(bus_arena(request), (asked + 1) * sizeof *found);
    struct listing listing;
    for (size_t i = 0; i < asked; i++) {
        const msgpack_object *id = rows_at(ask->users, i);
        struct rules_profile p;
        if (id->type != MSGPACK_OBJECT_POSITIVE_INTEGER || id->via.u64 > ID_MAX ||
            !rules_profile(book.rules, (int64_t)id->via.u64, &p, NULL) || (!p.overdue && p.releases == 0 && !p.barred))
            continue;
        found[count++] = (struct book_default){
            .user = id->via.u64, .overdue = p.overdue, .released = p.releases > 0, .barred = p.barred};
    }
    listing_begin(&listing, count);
    for (size_t i = 0; i < count; i++)
        row_pack(&book_default_row, &found[i], &listing.packer);
    bus_reply(request, &(struct ratio_backup_defaults_reply){.members = listing_rows(&listing)});
    listing_end(&listing);
}

static void on_defaults(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_defaults);
}

/* ---- backups ---- */

static bool pack_backup(struct listing *into, int64_t id, struct fault *why)
{
    struct rules_backup backup;
    if (!rules_backup(book.rules, id, &backup, why))
        return false;
    struct rules_worst worst = rules_worst(book.rules, id);
    struct book_backup row = {
        .backup = (uint64_t)id,
        .owner = (uint64_t)backup.owner,
        .redundancy = (uint64_t)backup.redundancy,
        .points = (uint64_t)backup.points,
        .bytes = (uint64_t)backup.bytes,
        .deleted = backup.deleted,
        .changed_at = backup.changed_at > 0 ? backup.changed_at : 0,
        .keep_last = (uint64_t)backup.retention.last,
        .keep_daily = (uint64_t)backup.retention.daily,
        .keep_weekly = (uint64_t)backup.retention.weekly,
        .keep_monthly = (uint64_t)backup.retention.monthly,
        .keep_within = (uint64_t)backup.retention.within,
        .versions = (uint64_t)worst.versions,
        .worst = (uint64_t)worst.worst,
        .worst_counted = (uint64_t)worst.counted,
    };
    row_pack(&book_backup_row, &row, &into->packer);
    return true;
}

struct got { /* a backup of which the database is asked what is no event */
    struct bus_request *request;
    int64_t backup;
};

static void on_reminder(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct got *got = arg;
    struct listing listing;
    struct fault none;
    listing_begin(&listing, 1);
    if (why == NULL && pack_backup(&listing, got->backup, &none)) {
        uint64_t days = db_count(rows) == 1 ? (uint64_t)db_get_int(rows, 0, 0) : 0;
        bus_reply(got->request,
                  &(struct ratio_backup_get_reply){.backups = listing_rows(&listing), .remind_days = days});
    } else
        bus_fail(got->request, why != NULL ? why : &none);
    listing_end(&listing);
}

static void serve_backup(struct bus_request *request, const void *message)
{
    const struct ratio_backup_get *ask = message;
    struct got *got = arena_take(bus_arena(request), sizeof *got);
    *got = (struct got){request, (int64_t)ask->backup};
    db_ask(book.reader, &remind_get, db_int(db_args(), got->backup), on_reminder, got);
}

static void on_backup_get(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_backup);
}

/* The books may not have taken in yet what the feeds have told. */
static size_t known(const struct db_rows *rows, size_t limit, bool (*is_known)(int64_t))
{
    size_t count = 0;
    for (size_t i = 0; i < db_count(rows) && i < limit; i++)
        count += is_known(db_get_int(rows, i, 0));
    return count;
}

static bool is_backup(int64_t id)
{
    struct rules_backup backup;
    return rules_backup(book.rules, id, &backup, NULL);
}

struct listed { /* a list whose ids have been asked of the database */
    struct bus_request *request;
    size_t limit;
};

static void on_backups(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct listed *listed = arg;
    struct listing listing;
    if (why != NULL) {
        bus_fail(listed->request, why);
        return;
    }
    listing_begin(&listing, known(rows, listed->limit, is_backup));
    for (size_t i = 0; i < db_count(rows) && i < listed->limit; i++)
        pack_backup(&listing, db_get_int(rows, i, 0), NULL);
    struct ratio_backup_list_reply reply = {.backups = listing_rows(&listing), .more = db_count(rows) > listed->limit};
    bus_reply(listed->request, &reply);
    listing_end(&listing);
}

const struct statement book_backups = {
    .name = "book_backups",
    .sql = "SELECT backup_id FROM ratio.book_backup WHERE owner = $1 AND backup_id > $2 ORDER BY backup_id LIMIT $3"};

static void serve_backups(struct bus_request *request, const void *message)
{
    const struct ratio_backup_list *ask = message;
    struct listed *listed = arena_take(bus_arena(request), sizeof *listed);
    *listed = (struct listed){.request = request, .limit = ask->limit};
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->after);
    db_ask(book.reader, &book_backups, db_int(args, (int64_t)ask->limit + 1), on_backups, listed);
}

static void on_backup_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_backups);
}

/* ---- versions ---- */

static void pack_version(struct listing *into, const struct rules_version *version)
{
    struct rules_placing placing = {0};
    rules_placing(book.rules, version->version, &placing);
    struct book_version row = {
        .version = (uint64_t)version->version,
        .backup = (uint64_t)version->backup,
        .owner = (uint64_t)version->owner,
        .size = (uint64_t)version->size,
        .created_at = version->created_at,
        .redundancy = (uint64_t)version->redundancy,
        .counted = version->counted_count,
        .in_flight = (uint64_t)version->in_flight,
        .spare = version->spare_count,
        .tier = (uint64_t)version->tier,
        .score = version->standing.score,
        .state = slice_text(version->state),
        .points = (uint64_t)version->points,
        .serveable = version->serveable,
        .superseded = placing.superseded,
        .depends_on = (uint64_t)placing.depends_on,
        .needed = placing.needed,
    };
    row_pack(&book_version_row, &row, &into->packer);
}

/* Columns of the torrent: id, backup, owner, size, why it was refused. */
static void pack_torrent(struct listing *into, const struct db_rows *rows, size_t i)
{
    struct rules_version version;
    if (rules_version(book.rules, db_get_int(rows, i, 0), &version, NULL)) {
        pack_version(into, &version);
        return;
    }
    struct slice refused = db_get_text(rows, i, 4);
    struct book_version row = {
        .version = (uint64_t)db_get_int(rows, i, 0),
        .backup = (uint64_t)db_get_int(rows, i, 1),
        .owner = (uint64_t)db_get_int(rows, i, 2),
        .size = (uint64_t)db_get_int(rows, i, 3),
        .state = slice_text(refused.size > 0 ? "refused" : "waiting"),
        .reason = refused,
    };
    row_pack(&book_version_row, &row, &into->packer);
}

void pack_copies(struct listing *into, const struct rules_holding *copies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rules_holding *copy = &copies[i];
        struct rules_placing placing = {0};
        rules_placing(book.rules, copy->version, &placing);
        struct book_copy row = {
            .version = (uint64_t)copy->version,
            .backup = (uint64_t)copy->backup,
            .owner = (uint64_t)copy->owner,
            .size = (uint64_t)copy->size,
            .user = (uint64_t)copy->user,
            .state = slice_text(state_name(copy->state)),
            .since = copy->since,
            .seen_at = copy->seen_at > 0 ? copy->seen_at : 0,
            .proven_at = copy->passed_at > 0 ? copy->passed_at : 0,
            .proven_until = copy->proven_until > 0 ? copy->proven_until : 0,
            .until = copy->until > 0 ? copy->until : 0,
            .counted = copy->counted,
            .spare = copy->spare,
            .probation = copy->probation,
            .superseded = placing.superseded,
            .deleted = placing.deleted,
            .colocated = copy->colocated,
        };
        row_pack(&book_copy_row, &row, &into->packer);
    }
}

static void on_torrents(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct listed *listed = arg;
    struct listing listing;
    if (why != NULL) {
        bus_fail(listed->request, why);
        return;
    }
    size_t count = db_count(rows) < listed->limit ? db_count(rows) : listed->limit;
    listing_begin(&listing, count);
    for (size_t i = 0; i < count; i++)
        pack_torrent(&listing, rows, i);
    struct ratio_version_list_reply reply = {.versions = listing_rows(&listing),
                                             .more = db_count(rows) > listed->limit};
    bus_reply(listed->request, &reply);
    listing_end(&listing);
}

#define TORRENT_COLUMNS "SELECT torrent_id, backup_id, owner, size, refused FROM ratio.torrent WHERE "

const struct statement book_versions_of_owner = {
    .name = "book_versions_of_owner",
    .sql = TORRENT_COLUMNS "accounting = 'redundancy' AND owner = $1 AND torrent_id > $2 ORDER BY torrent_id LIMIT $3"};

const struct statement book_versions_of_backup = {
    .name = "book_versions_of_backup",
    .sql = TORRENT_COLUMNS
    "accounting = 'redundancy' AND backup_id = $1 AND torrent_id > $2 ORDER BY torrent_id LIMIT $3"};

const struct statement book_versions_newest = {
    .name = "book_versions_newest",
    .sql = TORRENT_COLUMNS "accounting = 'redundancy' AND backup_id = $1 AND active AND torrent_id < $2"
                           " ORDER BY torrent_id DESC LIMIT $3"};

static void serve_versions(struct bus_request *request, const void *message)
{
    const struct ratio_version_list *ask = message;
    struct listed *listed = arena_take(bus_arena(request), sizeof *listed);
    *listed = (struct listed){.request = request, .limit = ask->limit};
    const struct statement *statement = ask->backup != 0 ? &book_versions_of_backup : &book_versions_of_owner;
    int64_t after = (int64_t)ask->after;
    if (ask->backup != 0 && ask->newest) {
        statement = &book_versions_newest;
        after = after != 0 ? after : INT64_MAX;
    }
    struct db_args *args = db_int(db_args(), (int64_t)(ask->backup != 0 ? ask->backup : ask->user));
    args = db_int(db_int(args, after), (int64_t)ask->limit + 1);
    db_ask(book.reader, statement, args, on_torrents, listed);
}

static void on_version_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_versions);
}

static void on_torrent(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct listing versions, copies;
    if (why != NULL || db_count(rows) == 0) {
        bus_fail(request, why != NULL ? why
                                      : &(struct fault){.status = STATUS_not_found,
                                                        .field = "version",
                                                        .text = "There is no version of that id."});
        return;
    }
    listing_begin(&versions, 1);
    listing_begin(&copies, 0);
    pack_torrent(&versions, rows, 0);
    struct ratio_version_get_reply reply = {.versions = listing_rows(&versions), .copies = listing_rows(&copies)};
    bus_reply(request, &reply);
    listing_end(&versions);
    listing_end(&copies);
}

const struct statement book_version_told = {.name = "book_version_told",
                                            .sql = TORRENT_COLUMNS "torrent_id = $1 AND accounting = 'redundancy'"};

enum { COPIES_MOST = 1000 };

static void serve_version(struct bus_request *request, const void *message)
{
    const struct ratio_version_get *ask = message;
    struct rules_holdings holdings = {0};
    struct rules_version version;
    struct listing versions, copies;
    if (!rules_version(book.rules, (int64_t)ask->version, &version, NULL) ||
        !rules_version_copies(book.rules, (int64_t)ask->version, &holdings, NULL)) {
        db_ask(book.reader, &book_version_told, db_int(db_args(), (int64_t)ask->version), on_torrent, request);
        return;
    }
    size_t count = holdings.count < COPIES_MOST ? holdings.count : COPIES_MOST;
    listing_begin(&versions, 1);
    listing_begin(&copies, count);
    pack_version(&versions, &version);
    pack_copies(&copies, holdings.at, count);
    struct ratio_version_get_reply reply = {.versions = listing_rows(&versions), .copies = listing_rows(&copies)};
    bus_reply(request, &reply);
    listing_end(&versions);
    listing_end(&copies);
    rules_holdings_clear(&holdings);
}

static void on_version_get(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_version);
}

/* ---- a version that is not there yet (2.6) ---- */

static void serve_check(struct bus_request *request, const void *message)
{
    const struct ratio_version_check *ask = message;
    const struct rules_event version = {.kind = RULES_version,
                                        .user = (int64_t)ask->user,
                                        .backup = (int64_t)ask->backup,
                                        .redundancy = (int64_t)ask->redundancy,
                                        .size = (int64_t)ask->size};
    struct fault why;
    if (rules_welcomes(book.rules, &version, &why))
        bus_reply(request, &(struct ratio_version_check_reply){0});
    else
        bus_fail(request, &why);
}

static void on_version_check(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_check);
}

void standings_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_backup_profile_message, on_profile, NULL);
    bus_serve(book.bus, NULL, &ratio_backup_defaults_message, on_defaults, NULL);
    bus_serve(book.bus, NULL, &ratio_backup_get_message, on_backup_get, NULL);
    bus_serve(book.bus, NULL, &ratio_backup_list_message, on_backup_list, NULL);
    bus_serve(book.bus, NULL, &ratio_version_list_message, on_version_list, NULL);
    bus_serve(book.bus, NULL, &ratio_version_get_message, on_version_get, NULL);
    bus_serve(book.bus, NULL, &ratio_version_check_message, on_version_check, NULL);
}
