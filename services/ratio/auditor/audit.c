/* One audit: its questions; the holder's addresses in turn, encrypted first and then plain; when none is reached, and
 * it may be, the holder is asked to dial in; the report, until ratio has it. */
#include "services/ratio/auditor/audit_private.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/encode.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the end ---- */

static void on_reported(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct audit *audit = arg;
    (void)body;
    audit->questions--;
    if (audit->auditor->stopping)
        return;
    if (why != NULL && (why->status == STATUS_unavailable || why->status == STATUS_conflict)) {
        audit->auditor->total.unreported++;
        audit->next_at = clock_ticks() + AGAIN_MS;
        return;
    }
    const struct ratio_audit_report_reply *told = reply;
    if (why != NULL || !told->taken)
        log_info("an audit's report was not taken", "audit=%" PRIu64 " why=\"%s\"", audit->id,
                 why != NULL ? why->text : "the copy or the lease is gone");
    audit->stage = STAGE_over;
}

static void report(struct audit *audit)
{
    uint8_t key[16] = "audit\0\0";
    for (size_t i = 0; i < 8; i++)
        key[8 + i] = (uint8_t)(audit->id >> (56 - 8 * i));
    const char *way = !audit->met.connected ? "" : audit->met.encrypted ? "encrypted" : "plain";
    const char *family = !audit->met.connected ? "" : audit->met_six ? "ipv6" : "ipv4";
    const struct ratio_audit_report ask = {
        .key = slice_of(key, sizeof key),
        .audit = audit->id,
        .outcome = slice_text(audit_outcome_names[audit->outcome]),
        .piece = audit->piece,
        .received = audit->met.received,
        .took_ms = audit->began_at != 0 ? (uint64_t)(audit->ended_at - audit->began_at) : 0,
        .way = slice_text(way),
        .family = slice_text(family),
        .dialled_in = audit->dialled_in,
    };
    audit->questions++;
    audit->next_at = INT64_MAX;
    bus_ask(audit->auditor->bus, NULL, &ratio_audit_report_message, &ask, NULL, on_reported, audit);
}

static void conclude(struct audit *audit, enum audit_outcome outcome)
{
    if (audit->stage == STAGE_waiting)
        audit->auditor->waiting--;
    audit->stage = STAGE_reporting;
    audit->outcome = outcome;
    audit->ended_at = clock_ticks();
    audit->auditor->total.outcomes[outcome]++;
    audit->auditor->total.received += audit->met.received;
    audit->auditor->total.encrypted += audit->met.encrypted;
    log_info("audited",
             "audit=%" PRIu64 " user=%" PRIu64 " version=%" PRIu64 " piece=%" PRId64
             " outcome=%s encrypted=%d dialled_in=%d",
             audit->id, audit->user, audit->version, audit->piece, audit_outcome_names[outcome], audit->met.encrypted,
             audit->dialled_in);
    report(audit);
}

/* ---- asking the holder to dial in: whichever tracker its client announces to tells it ---- */

static void on_introduced(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct audit *audit = arg;
    const struct tracker_peer_introduce_reply *told = reply;
    (void)body;
    audit->questions--;
    audit->introduced |= why == NULL && told->taken;
    if (audit->auditor->stopping || audit->stage != STAGE_waiting || audit->link != NULL)
        return;
    if (audit->questions == 0 && !audit->introduced)
        conclude(audit, AUDIT_unreachable);
}

static void wait_inward(struct audit *audit)
{
    struct auditor *auditor = audit->auditor;
    const struct endpoint *four = &auditor->public4, *six = &auditor->public6;
    if (!audit->inward || audit->targets_count == 0 || (four->size == 0 && six->size == 0)) {
        conclude(audit, AUDIT_unreachable);
        return;
    }
    audit->stage = STAGE_waiting;
    audit->waits_until = clock_ticks() + auditor->inward_ms;
    auditor->waiting++;
    const struct tracker_peer_introduce ask = {
        .user = audit->user,
        .torrent = audit->version,
        .ipv4 = four->size > 0 ? endpoint_address(four) : slice_of(NULL, 0),
        .port4 = four->size > 0 ? endpoint_port(four) : 0,
        .ipv6 = six->size > 0 ? endpoint_address(six) : slice_of(NULL, 0),
        .port6 = six->size > 0 ? endpoint_port(six) : 0,
        .seconds = (uint64_t)auditor->inward_ms / 1000,
    };
    unsigned asked = bus_ask_each(auditor->bus, &tracker_peer_introduce_message, &ask, NULL, on_introduced, audit);
    audit->questions += asked;
    if (asked == 0)
        conclude(audit, AUDIT_unreachable);
}

/* ---- connections ---- */

static enum audit_outcome outcome_of(enum wire_result result)
{
    switch (result) {
    case WIRE_PASSED:
        return AUDIT_passed;
    case WIRE_WRONG:
        return AUDIT_wrong;
    case WIRE_REFUSED:
        return AUDIT_refused;
    case WIRE_SILENT:
        return AUDIT_silent;
    case WIRE_CHOKED:
        return AUDIT_choked;
    default:
        return AUDIT_unreachable;
    }
}

/* Who listens but does not understand the encryption is tried without; the next address otherwise. */
static void try_next(struct audit *audit, const struct link_end *end)
{
    bool plain = audit->tried_encrypted && end->connected;
    audit->tried_encrypted = plain;
    audit->target += !plain;
    audit->next_at = 0;
}

static void on_link(void *arg, struct link *link, const struct link_end *end)
{
    struct audit *audit = arg;
    audit->met_six = endpoint_is_six(link_peer(link));
    bool decided = end->result != WIRE_STRANGE;
    if (decided)
        audit->met = *end;
    link_destroy(&audit->link);
    if (decided)
        conclude(audit, outcome_of(end->result));
    else if (audit->stage == STAGE_dialling)
        try_next(audit, end);
    /* else it is still waited for */
}

/* RULES 2.11: one connection per torrent and address. */
static bool address_is_busy(const struct audit *audit, const struct endpoint *target)
{
    for (const struct audit *other = audit->auditor->audits; other != NULL; other = other->next)
        if (other->link != NULL && memcmp(other->goal.info_hash, audit->goal.info_hash, 20) == 0 &&
            endpoint_same_address(link_peer(other->link), target))
            return true;
    return false;
}

/* Encrypted first, where this OpenSSL can; `tried_encrypted` and a failure lead to plain. */
static void dial(struct audit *audit, int64_t now)
{
    struct auditor *auditor = audit->auditor;
    while (audit->target < audit->targets_count && endpoint_port(&audit->targets[audit->target]) == 0)
        audit->target++;
    if (audit->target == audit->targets_count) {
        wait_inward(audit);
        return;
    }
    const struct endpoint *target = &audit->targets[audit->target];
    if (address_is_busy(audit, target)) {
        audit->next_at = now + BUSY_ADDRESS_MS;
        return;
    }
    bool encrypted = auditor->encrypts && !audit->tried_encrypted;
    audit->tried_encrypted = encrypted;
    audit->began_at = audit->began_at != 0 ? audit->began_at : now;
    audit->next_at = INT64_MAX;
    auditor->total.dialled++;
    audit->link = link_dial(auditor->loop, target, endpoint_is_six(target) ? &auditor->local6 : &auditor->local4,
                            &audit->goal, encrypted, now + auditor->connect_ms, on_link, audit);
}

/* ---- all of them ---- */

void audit_begin(struct auditor *auditor, const struct audit_due *due)
{
    struct audit *audit = mem_zero(1, sizeof *audit);
    audit->auditor = auditor;
    audit->id = due->audit;
    audit->user = due->user;
    audit->version = due->version;
    audit->piece = due->piece;
    audit->refused = due->refused;
    audit->inward = due->inward;
    memcpy(audit->drawn, due->drawn.at, sizeof audit->drawn);
    audit->goal.handshake_ms = (uint32_t)auditor->handshake_ms;
    audit->goal.unchoke_ms = (uint32_t)auditor->unchoke_ms;
    audit->goal.fetch_ms = (uint32_t)auditor->fetch_ms;
    audit->goal.fetch_rate = (uint32_t)auditor->fetch_rate;
    memcpy(audit->goal.peer_id, "-DJ0100-", 8);
    random_bytes(audit->goal.peer_id + 8, 12);
    audit->next = auditor->audits;
    auditor->audits = audit;
    auditor->count++;
    audit_ask(audit);
}

static void tick(struct audit *audit, int64_t now)
{
    if (audit->link != NULL)
        link_tick(audit->link, now);
    else if (audit->stage == STAGE_waiting && now >= audit->waits_until)
        conclude(audit, AUDIT_unreachable);
    else if (audit->stage == STAGE_dialling && now >= audit->next_at)
        dial(audit, now);
    else if (audit->stage == STAGE_asking && audit->questions == 0 && now >= audit->next_at)
        audit_ask(audit);
    else if (audit->stage == STAGE_reporting && audit->questions == 0 && now >= audit->next_at)
        report(audit);
}

void audits_tick(struct auditor *auditor, int64_t now)
{
    for (struct audit **at = &auditor->audits; *at != NULL;) {
        struct audit *audit = *at;
        if (audit->stage != STAGE_over)
            tick(audit, now);
        if (audit->stage != STAGE_over || audit->questions > 0) {
            at = &audit->next;
            continue;
        }
        *at = audit->next;
        auditor->count--;
        free(audit);
    }
}

void audits_end(struct auditor *auditor)
{
    for (struct audit *audit = auditor->audits; audit != NULL; audit = audit->next)
        link_destroy(&audit->link);
}

void audits_free(struct auditor *auditor)
{
    while (auditor->audits != NULL) {
        struct audit *audit = auditor->audits;
        auditor->audits = audit->next;
        free(audit);
    }
}

/* ---- who dials in ---- */

bool audits_know(void *arg, const uint8_t mark[20], uint8_t info_hash[20])
{
    const struct auditor *auditor = arg;
    for (const struct audit *audit = auditor->audits; audit != NULL; audit = audit->next) {
        uint8_t own[20];
        if (audit->stage != STAGE_waiting || audit->link != NULL)
            continue;
        mse_mark(audit->goal.info_hash, own);
        if (memcmp(own, mark, sizeof own) == 0) {
            memcpy(info_hash, audit->goal.info_hash, 20);
            return true;
        }
    }
    return false;
}

static bool is_of(const struct audit *audit, const struct endpoint *peer)
{
    for (size_t i = 0; i < audit->targets_count; i++)
        if (endpoint_same_address(&audit->targets[i], peer))
            return true;
    return false;
}

/* A peer_id may be anonymous, so the address tells whose client it is. */
bool audits_claim(void *arg, struct link *link, const uint8_t info_hash[20], struct wire_goal *goal)
{
    struct auditor *auditor = arg;
    for (struct audit *audit = auditor->audits; audit != NULL; audit = audit->next) {
        if (audit->stage != STAGE_waiting || audit->link != NULL || memcmp(audit->goal.info_hash, info_hash, 20) != 0 ||
            !is_of(audit, link_peer(link)))
            continue;
        audit->link = link;
        audit->dialled_in = true;
        audit->began_at = clock_ticks();
        *goal = audit->goal;
        link_claim(link, on_link, audit);
        return true;
    }
    return false;
}
