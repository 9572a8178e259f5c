/* The questions before an audit. When one cannot be answered now, all are asked again: addresses may have changed. */
#include "services/ratio/auditor/audit_private.h"
#include "services/ratio/auditor/choice.h"

#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/merkle.h"

#include <inttypes.h>

static void ask_again(struct audit *audit)
{
    audit->stage = STAGE_asking;
    audit->next_at = clock_ticks() + AGAIN_MS;
}

/* Of a torrent of v2 alone a root comes instead of a SHA-1, and only catalog knows how long the piece is. */
static bool set_hash(struct wire_goal *goal, const struct catalog_torrent_piece_reply *told)
{
    if (told->sha1.size == sizeof goal->sha1) {
        memcpy(goal->sha1, told->sha1.at, sizeof goal->sha1);
        return true;
    }
    if (told->root.size != sizeof goal->root || told->size == 0 || told->size > goal->piece_size ||
        told->leaves > WIRE_PIECE_MAX / MERKLE_BLOCK || told->leaves != merkle_width(told->leaves) ||
        told->leaves * MERKLE_BLOCK < told->size)
        return false;
    memcpy(goal->root, told->root.at, sizeof goal->root);
    goal->leaves = (uint32_t)told->leaves;
    goal->piece_size = (uint32_t)told->size;
    return true;
}

static void on_hash(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct audit *audit = arg;
    const struct catalog_torrent_piece_reply *told = reply;
    (void)body;
    audit->questions--;
    if (audit->auditor->stopping)
        return;
    if (why != NULL) {
        ask_again(audit);
        return;
    }
    if (!set_hash(&audit->goal, told)) {
        audit->stage = STAGE_over;
        return;
    }
    audit->stage = STAGE_dialling;
    audit->next_at = 0;
}

/* Our address as the holder sees it decides which pieces it may have kept for us alone. */
static uint32_t choose(const struct audit *audit)
{
    struct endpoint own = audit->auditor->public4;
    for (size_t i = 0; own.size == 0 && i < audit->targets_count; i++)
        if (!endpoint_is_six(&audit->targets[i]) && !endpoint_towards(&audit->targets[i], &own))
            own.size = 0;
    return piece_choose(audit->drawn, own.size > 0 ? (const uint8_t *)endpoint_address(&own).at : NULL,
                        audit->goal.info_hash, audit->goal.pieces, audit->refused);
}

static void ask_hash(struct audit *audit)
{
    struct wire_goal *goal = &audit->goal;
    if (audit->piece < 0 || audit->piece >= goal->pieces)
        audit->piece = choose(audit);
    goal->piece = (uint32_t)audit->piece;
    uint64_t begin = goal->piece * audit->piece_length, rest = audit->length - begin;
    goal->piece_size = (uint32_t)(rest < audit->piece_length ? rest : audit->piece_length);
    audit->questions++;
    bus_ask(audit->auditor->bus, NULL, &catalog_torrent_piece_message,
            &(struct catalog_torrent_piece){.torrent = audit->version, .piece = audit->piece}, NULL, on_hash, audit);
}

static void known(struct audit *audit)
{
    if (audit->questions > 0)
        return;
    if (!audit->has_peers || !audit->has_torrent)
        ask_again(audit);
    else
        ask_hash(audit);
}

static void add_target(struct audit *audit, struct slice address, uint16_t port)
{
    if (address.size > 0 && audit->targets_count < TARGETS_MAX)
        audit->targets[audit->targets_count++] = endpoint_make(address, port);
}

static void on_peers(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct audit *audit = arg;
    const struct tracker_member_peers_reply *told = reply;
    (void)body;
    audit->questions--;
    if (audit->auditor->stopping)
        return;
    audit->has_peers = why == NULL;
    audit->targets_count = 0;
    for (size_t i = 0; why == NULL && i < rows_count(told->peers); i++) {
        struct swarm_peer peer;
        if (!row_read(&swarm_peer_row, &peer, rows_at(told->peers, i), NULL) || peer.left != 0)
            continue;
        add_target(audit, peer.ipv4, (uint16_t)peer.port);
        add_target(audit, peer.ipv6, (uint16_t)(peer.port6 != 0 ? peer.port6 : peer.port));
    }
    known(audit);
}

/* Whatever catalog admits as a backup can; what this program cannot count with is not asked for. */
static bool can_be_audited(const struct catalog_torrent_piece_reply *told)
{
    return told->pieces > 0 && told->piece_length > 0 && told->piece_length <= WIRE_PIECE_MAX &&
           told->length > (told->pieces - 1) * told->piece_length;
}

static void on_torrent(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct audit *audit = arg;
    const struct catalog_torrent_piece_reply *told = reply;
    (void)body;
    audit->questions--;
    if (audit->auditor->stopping)
        return;
    if ((why != NULL && why->status == STATUS_not_found) || (why == NULL && !can_be_audited(told))) {
        log_warning("a version cannot be audited", "version=%" PRIu64 " why=\"%s\"", audit->version,
                    why != NULL ? why->text : "it is not cut into pieces that can be asked for");
        audit->stage = STAGE_over;
        return;
    }
    audit->has_torrent = why == NULL;
    if (why == NULL) {
        memcpy(audit->goal.info_hash, told->info_hash.at, sizeof audit->goal.info_hash);
        audit->goal.pieces = (uint32_t)told->pieces;
        audit->piece_length = told->piece_length;
        audit->length = told->length;
    }
    known(audit);
}

void audit_ask(struct audit *audit)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, 1);
    msgpack_pack_uint64(&packer, audit->version);
    const struct tracker_member_peers peers = {.user = audit->user,
                                               .torrents.packed = slice_of(packed.data, packed.size)};
    audit->questions += 2;
    audit->next_at = INT64_MAX;
    bus_ask(audit->auditor->bus, NULL, &tracker_member_peers_message, &peers, NULL, on_peers, audit);
    bus_ask(audit->auditor->bus, NULL, &catalog_torrent_piece_message,
            &(struct catalog_torrent_piece){.torrent = audit->version, .piece = -1}, NULL, on_torrent, audit);
    msgpack_sbuffer_destroy(&packed);
}
