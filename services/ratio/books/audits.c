/* Auditors ask for what is due and report what they met; they know nothing of the rules. What is given out bears a
 * lease in PostgreSQL, so that two auditors, asking whichever replica, do not get the same, and one that is killed
 * loses nothing. */
#include "services/ratio/books/audits.h"

#include "services/common/notices.h"
#include "services/ratio/audit_plan.h"
#include "services/ratio/statements.h"

#include "services/common/encode.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum { DRAWN_SIZE = 8, DUE_MOST = 64 };

static bool refuse_members(struct bus_request *request)
{
    if (bus_actor(request) == 0)
        return false;
    bus_fail(request, &(struct fault){.status = STATUS_forbidden, .text = "Audits are the auditor's affair."});
    return true;
}

/* ---- the auditor was switched on ---- */

const struct statement audits_fill = {
    .name = "audits_fill",
    .sql = "INSERT INTO ratio.audit (user_id, version_id, held_at, due_at, reason)"
           " SELECT user_id, version_id, at, $1::timestamptz + random() * interval '2 hours', 'routine' FROM"
           " (SELECT DISTINCT ON (user_id, version_id) user_id, version_id, at, state_after FROM ratio.book_effect"
           " WHERE what = 'copy' ORDER BY user_id, version_id, entry DESC) c"
           " WHERE state_after IN ('held', 'stale') ON CONFLICT DO NOTHING"};

void audits_begin(void)
{
    db_ask(book.db, &audits_fill, db_time(db_args(), book_now(&book.head)), NULL, NULL);
}

/* ---- ratio.audit.due ---- */

/* A copy that is not held any more has lost its plan with that; one that is away waits for an hour, and so does one of
 * a deleted version, which may be deleted without any mark. */
const struct statement audits_put_off = {
    .name = "audits_put_off",
    .sql = "UPDATE ratio.audit SET audit_id = 0, leased_until = to_timestamp(0), due_at = $2::timestamptz"
           " + interval '1 hour' WHERE audit_id = ANY($1::bigint[])"};

/* HMAC(secret, member, version, number of the audit): nobody outside can foretell the piece (2.11). */
static void draw(struct slice secret, const int64_t ids[3], uint8_t into[DRAWN_SIZE])
{
    uint8_t text[24], mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)((uint64_t)ids[i / 8] >> (56 - 8 * (i % 8)));
    const unsigned char *done = HMAC(EVP_sha256(), secret.at, (int)secret.size, text, sizeof text, mac, &size);
    assert(done != NULL && size >= DRAWN_SIZE);
    memcpy(into, mac, DRAWN_SIZE);
}

const struct statement audits_lease = {
    .name = "audits_lease",
    .sql = "UPDATE ratio.audit a SET audit_id = nextval('ratio.audit_number'),"
           " leased_until = now() + $3::bigint * interval '1 second' FROM (SELECT user_id, version_id FROM ratio.audit"
           " WHERE due_at <= $1::timestamptz AND leased_until <= now() ORDER BY due_at LIMIT $2::bigint"
           " FOR UPDATE SKIP LOCKED) d WHERE (a.user_id, a.version_id) = (d.user_id, d.version_id)"
           " RETURNING a.user_id, a.version_id, a.audit_id, a.piece, a.reason, a.inward, a.refused,"
           " (SELECT secret FROM ratio.audit_secret)"};

static void on_leased(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct audit_due due[DUE_MOST];
    uint8_t drawn[DUE_MOST][DRAWN_SIZE];
    int64_t away[DUE_MOST];
    size_t count = 0, away_count = 0;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    for (size_t i = 0; i < db_count(rows) && i < DUE_MOST; i++) {
        const int64_t ids[] = {db_get_int(rows, i, 0), db_get_int(rows, i, 1), db_get_int(rows, i, 2)};
        struct rules_copy copy;
        struct rules_placing placing;
        if (book.state == BOOK_CLOSED || !rules_copy(book.rules, ids[0], ids[1], &copy, NULL) ||
            copy.state != RULES_HELD || !rules_placing(book.rules, ids[1], &placing) || placing.deleted) {
            away[away_count++] = ids[2];
            continue;
        }
        draw(db_get_bytes(rows, i, 7), ids, drawn[count]);
        due[count] = (struct audit_due){.user = (uint64_t)ids[0],
                                        .version = (uint64_t)ids[1],
                                        .audit = (uint64_t)ids[2],
                                        .piece = db_get_int(rows, i, 3),
                                        .drawn = slice_of(drawn[count], DRAWN_SIZE),
                                        .reason = db_get_text(rows, i, 4),
                                        .inward = db_get_flag(rows, i, 5),
                                        .refused = db_get_int(rows, i, 6)};
        count++;
    }
    if (away_count > 0)
        db_ask(book.db, &audits_put_off, db_time(db_ints(db_args(), away, away_count), book_now(&book.head)), NULL,
               NULL);
    struct listing listing;
    listing_begin(&listing, count);
    for (size_t i = 0; i < count; i++)
        row_pack(&audit_due_row, &due[i], &listing.packer);
    bus_reply(request, &(struct ratio_audit_due_reply){.audits = listing_rows(&listing)});
    listing_end(&listing);
}

static void serve_due(struct bus_request *request, const void *message)
{
    const struct ratio_audit_due *ask = message;
    if (!book.set.auditor || rules_is_down(book.rules)) {
        bus_reply(request, &(struct ratio_audit_due_reply){0});
        return;
    }
    struct db_args *args = db_int(db_time(db_args(), book_now(&book.head)), (int64_t)ask->most);
    db_ask(book.db, &audits_lease, db_int(args, (int64_t)ask->lease), on_leased, request);
}

static void on_due(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    if (!refuse_members(request))
        book_read(request, message, serve_due);
}

/* ---- ratio.audit.report ---- */

struct report {
    struct command command;
    const struct ratio_audit_report *ask;
    struct audit_plan before, plan; /* as it stood; as it will be */
    struct audit_finding finding;
    struct audit_verdict verdict;
    struct slice reason; /* for which the audit was made */
};

static const char *const result_names[RULES_RESULTS] = {[RULES_pass] = "pass",
                                                        [RULES_fail] = "fail",
                                                        [RULES_suspect] = "suspect",
                                                        [RULES_busy] = "busy",
                                                        [RULES_unreachable] = "unreachable"};

/* The posting's time is known now. It may come to this again, after a commit that did not happen. */
static bool check_report(struct command *command, bool *skip, struct fault *why)
{
    struct report *report = (struct report *)command;
    uint64_t random;
    struct rules_copy copy;
    if (!rules_copy(book.rules, command->event.user, command->event.version, &copy, why))
        return false;
    random_bytes(&random, sizeof random);
    report->plan = report->before;
    report->verdict = audit_next(&report->plan, &report->finding, command->event.at, random);
    command->event.result = report->verdict.result;
    *skip = !report->verdict.counts;
    return true;
}

static struct slice reply_report(struct command *command)
{
    return bus_pack(command->request, &(struct ratio_audit_report_reply){.taken = true});
}

const struct statement audits_done = {
    .name = "audits_done",
    .sql = "WITH old AS (DELETE FROM ratio.audit_done WHERE user_id = $2 AND version_id = $3"
           " AND at < $4::timestamptz - interval '180 days')"
           " INSERT INTO ratio.audit_done (audit_id, user_id, version_id, at, reason, outcome, result, piece, received,"
           " took_ms, way, family, dialled_in) VALUES ($1, $2, $3, $4::timestamptz, $5, $6, $7, $8, $9, $10, $11, $12,"
           " $13::bigint <> 0) ON CONFLICT DO NOTHING"};

const struct statement audits_plan = {
    .name = "audits_plan",
    .sql = "UPDATE ratio.audit SET audit_id = 0, leased_until = to_timestamp(0), due_at = $2::timestamptz, reason = $3,"
           " refused_at = $4::timestamptz, unreachable_since = $5::timestamptz, piece = $6, suspects = $7,"
           " told = $8::bigint <> 0, inward = $9::bigint <> 0, refused = $10 WHERE audit_id = $1"};

static void store_report(struct command *command, struct db_tx *tx)
{
    const struct report *report = (const struct report *)command;
    const struct ratio_audit_report *ask = report->ask;
    const struct audit_plan *plan = &report->plan;
    const char *result = report->verdict.counts ? result_names[report->verdict.result] : "undecided";
    struct db_args *args =
        db_int(db_int(db_int(db_args(), (int64_t)ask->audit), command->event.user), command->event.version);
    args = db_text(db_text(db_time(args, command->event.at), report->reason), ask->outcome);
    args = db_int(db_int(db_text(args, slice_text(result)), ask->piece), (int64_t)ask->received);
    args = db_text(db_text(db_int(args, (int64_t)ask->took_ms), ask->way), ask->family);
    db_tx_ask(tx, &audits_done, db_int(args, ask->dialled_in), NULL, NULL);
    args = db_time(db_int(db_args(), (int64_t)ask->audit), plan->due_at);
    args = db_time(db_text(args, slice_text(audit_reason_names[plan->reason])), plan->refused_at);
    args = db_int(db_int(db_time(args, plan->unreachable_since), plan->piece), plan->suspects);
    args = db_int(db_int(args, plan->told), plan->inward);
    db_tx_ask(tx, &audits_plan, db_int(args, plan->refused), NULL, NULL);
}

static void tell_report(const struct command *command, struct notices *notices)
{
    const struct report *report = (const struct report *)command;
    char text[400];
    if (!report->verdict.tell)
        return;
    snprintf(text, sizeof text,
             "Your copy of version %" PRId64
             " could not be audited for a day: your client was not reached, or let nobody have anything. It costs no "
             "mark, but a copy that is not proven stops counting. Open your client's port, or let it connect to peers "
             "while it seeds; the auditor speaks TCP only, not uTP.",
             command->event.version);
    notices_put(notices, (uint64_t)command->event.user, NOTICE_audit_unreachable, "A copy of yours cannot be audited",
                text, command->event.at);
}

/* How often it was choked before within 72 h; and whether more was downloaded of the torrent than uploaded (2.10). */
const struct statement audits_find = {
    .name = "audits_find",
    .sql =
        "SELECT a.user_id, a.version_id, a.reason, a.held_at, a.refused_at, a.unreachable_since, a.piece, a.suspects,"
        " a.told, a.inward, a.refused, (SELECT count(*) FROM ratio.audit_done d WHERE (d.user_id, d.version_id) ="
        " (a.user_id, a.version_id) AND d.outcome = 'choked' AND d.at > $2::timestamptz - interval '72 hours'),"
        " coalesce(t.uploaded::numeric * 100 < t.downloaded::numeric * 95, false) FROM ratio.audit a"
        " LEFT JOIN ratio.torrent_total t ON t.torrent_id = a.version_id WHERE a.audit_id = $1"};

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    struct command *command = &report->command;
    if (why != NULL || db_count(rows) == 0) {
        if (why != NULL)
            bus_fail(command->request, why);
        else
            bus_reply(command->request, &(struct ratio_audit_report_reply){.taken = false});
        return;
    }
    command->event.user = db_get_int(rows, 0, 0);
    command->event.version = db_get_int(rows, 0, 1);
    report->reason = arena_copy(bus_arena(command->request), db_get_text(rows, 0, 2));
    report->before = (struct audit_plan){.held_at = db_get_time(rows, 0, 3),
                                         .refused_at = db_get_time(rows, 0, 4),
                                         .unreachable_since = db_get_time(rows, 0, 5),
                                         .piece = db_get_int(rows, 0, 6),
                                         .suspects = (int)db_get_int(rows, 0, 7),
                                         .told = db_get_flag(rows, 0, 8),
                                         .inward = db_get_flag(rows, 0, 9),
                                         .refused = db_get_int(rows, 0, 10)};
    report->finding.choked = db_get_int(rows, 0, 11);
    report->finding.doubtful = db_get_flag(rows, 0, 12);
    command_submit(command);
}

static bool read_outcome(struct slice name, enum audit_outcome *outcome)
{
    for (int i = 0; i < AUDIT_OUTCOMES; i++)
        if (slice_is(name, audit_outcome_names[i])) {
            *outcome = (enum audit_outcome)i;
            return true;
        }
    return false;
}

static void on_report(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_audit_report *ask = message;
    struct report *report = arena_take(bus_arena(request), sizeof *report);
    if (refuse_members(request))
        return;
    *report = (struct report){.ask = ask,
                              .finding = {.piece = ask->piece, .dialled_in = ask->dialled_in},
                              .command = {.request = request,
                                          .key = ask->key,
                                          .event = {.kind = RULES_audit},
                                          .check = check_report,
                                          .reply = reply_report,
                                          .store = store_report,
                                          .tell = tell_report}};
    if (!read_outcome(ask->outcome, &report->finding.outcome)) {
        bus_fail(request, &(struct fault){.status = STATUS_invalid,
                                          .field = "outcome",
                                          .text = "There is no such outcome of an audit."});
        return;
    }
    struct db_args *args = db_time(db_int(db_args(), (int64_t)ask->audit), book_now(&book.head));
    db_ask(book.db, &audits_find, args, on_found, report);
}

void audits_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_audit_due_message, on_due, NULL);
    bus_serve(book.bus, NULL, &ratio_audit_report_message, on_report, NULL);
    audits_told_serve();
}
