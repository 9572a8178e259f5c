/* A state machine over whole messages. Blocks are asked for in order, a few at a time; they may come in any. */
#include "services/ratio/auditor/wire.h"

#include "services/common/arena.h"
#include "services/common/merkle.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
    BLOCK = 16384,             /* bytes asked for at a time (BEP 3) */
    OUTSTANDING_MAX = 8,       /* RULES 2.11 */
    HAVE_MS = 10000,           /* how long an unchoked peer may take to say that it has the piece */
    MESSAGE_SPARE = 64 * 1024, /* of extensions that we do not know */
};

enum message {
    CHOKE = 0,
    UNCHOKE = 1,
    INTERESTED = 2,
    HAVE = 4,
    BITFIELD = 5,
    REQUEST = 6,
    PIECE = 7,
    HAVE_ALL = 14,
    HAVE_NONE = 15,
    REJECT = 16,
};

enum stage { STAGE_handshake, STAGE_choked, STAGE_unchoked, STAGE_done };
enum block { BLOCK_missing, BLOCK_asked, BLOCK_here };

struct wire {
    struct wire_goal goal;
    enum stage stage;
    enum wire_result result;
    bool fast;          /* both know BEP 6 */
    bool has;           /* the peer says that it has the piece */
    int64_t stage_ends; /* of the handshake, of being choked, of an unchoked peer without the piece */
    int64_t fetch_ends; /* 0: nothing has been asked for */
    struct buffer in, out;
    char *piece;
    uint8_t *blocks; /* enum block */
    uint32_t blocks_count, asked, here, received;
};

static const char protocol[] = "\x13"
                               "BitTorrent protocol";
#define PROTOCOL_SIZE (sizeof protocol - 1)
#define RESERVED_SIZE 8
#define FAST_BYTE 7
#define FAST_BIT 0x04 /* BEP 6 */

/* ---- writing ---- */

static void put_number(struct buffer *into, uint32_t number)
{
    const uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                              (uint8_t)number};
    buffer_add(into, bytes, sizeof bytes);
}

static void put_message(struct wire *wire, enum message kind)
{
    const uint8_t byte = (uint8_t)kind;
    put_number(&wire->out, 1);
    buffer_add(&wire->out, &byte, 1);
}

static void put_handshake(struct wire *wire)
{
    uint8_t reserved[RESERVED_SIZE] = {[FAST_BYTE] = FAST_BIT};
    buffer_add(&wire->out, protocol, PROTOCOL_SIZE);
    buffer_add(&wire->out, reserved, sizeof reserved);
    buffer_add(&wire->out, wire->goal.info_hash, sizeof wire->goal.info_hash);
    buffer_add(&wire->out, wire->goal.peer_id, sizeof wire->goal.peer_id);
}

static uint32_t block_size(const struct wire *wire, uint32_t block)
{
    uint32_t begin = block * BLOCK;
    return wire->goal.piece_size - begin < BLOCK ? wire->goal.piece_size - begin : BLOCK;
}

static void put_request(struct wire *wire, uint32_t block)
{
    const uint8_t kind = REQUEST;
    put_number(&wire->out, 13);
    buffer_add(&wire->out, &kind, 1);
    put_number(&wire->out, wire->goal.piece);
    put_number(&wire->out, block * BLOCK);
    put_number(&wire->out, block_size(wire, block));
}

/* ---- life ---- */

struct wire *wire_new(const struct wire_goal *goal, int64_t now)
{
    assert(goal->piece < goal->pieces && goal->piece_size > 0 && goal->piece_size <= WIRE_PIECE_MAX);
    struct wire *wire = mem_zero(1, sizeof *wire);
    wire->goal = *goal;
    wire->stage_ends = now + goal->handshake_ms;
    wire->blocks_count = (goal->piece_size + BLOCK - 1) / BLOCK;
    put_handshake(wire);
    return wire;
}

void wire_destroy(struct wire **wire)
{
    if (*wire == NULL)
        return;
    buffer_free(&(*wire)->in);
    buffer_free(&(*wire)->out);
    free((*wire)->piece);
    free((*wire)->blocks);
    free(*wire);
    *wire = NULL;
}

struct buffer *wire_out(struct wire *wire)
{
    return &wire->out;
}

uint32_t wire_received(const struct wire *wire)
{
    return wire->received;
}

static enum wire_result end(struct wire *wire, enum wire_result result)
{
    wire->stage = STAGE_done;
    wire->result = result;
    return result;
}

/* ---- the piece ---- */

static void ask(struct wire *wire, int64_t now)
{
    if (wire->blocks == NULL) {
        wire->blocks = mem_zero(wire->blocks_count, 1);
        wire->piece = mem_take(wire->goal.piece_size);
    }
    if (wire->fetch_ends == 0)
        wire->fetch_ends = now + wire->goal.fetch_ms + (int64_t)wire->goal.piece_size * 1000 / wire->goal.fetch_rate;
    for (uint32_t i = 0; i < wire->blocks_count && wire->asked < OUTSTANDING_MAX; i++) {
        if (wire->blocks[i] != BLOCK_missing)
            continue;
        wire->blocks[i] = BLOCK_asked;
        wire->asked++;
        put_request(wire, i);
    }
}

static void ask_when_it_may_be(struct wire *wire, int64_t now)
{
    if (wire->stage == STAGE_unchoked && wire->has)
        ask(wire, now);
}

/* What was asked for is not coming any more; the blocks that are here stay. */
static void forget_asked(struct wire *wire)
{
    for (uint32_t i = 0; wire->blocks != NULL && i < wire->blocks_count; i++)
        if (wire->blocks[i] == BLOCK_asked)
            wire->blocks[i] = BLOCK_missing;
    wire->asked = 0;
}

static bool is_right(const struct wire *wire)
{
    const struct wire_goal *goal = &wire->goal;
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (goal->leaves > 0) {
        merkle_root(slice_of(wire->piece, goal->piece_size), goal->leaves, digest);
        return memcmp(digest, goal->root, sizeof goal->root) == 0;
    }
    int done = EVP_Digest(wire->piece, goal->piece_size, digest, NULL, EVP_sha1(), NULL);
    assert(done);
    return memcmp(digest, goal->sha1, sizeof goal->sha1) == 0;
}

static enum wire_result judge(struct wire *wire)
{
    return end(wire, is_right(wire) ? WIRE_PASSED : WIRE_WRONG);
}

static uint32_t number_at(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* What was not asked for is passed over: it may have crossed a choke. */
static enum wire_result take_piece(struct wire *wire, struct slice body, int64_t now)
{
    uint32_t begin = number_at(body.at + 4), block = begin / BLOCK;
    if (wire->blocks == NULL || number_at(body.at) != wire->goal.piece || begin % BLOCK != 0 ||
        block >= wire->blocks_count || body.size - 8 != block_size(wire, block) || wire->blocks[block] == BLOCK_here)
        return WIRE_GOES_ON;
    wire->asked -= wire->blocks[block] == BLOCK_asked;
    wire->blocks[block] = BLOCK_here;
    memcpy(wire->piece + begin, body.at + 8, body.size - 8);
    wire->received += (uint32_t)body.size - 8;
    if (++wire->here == wire->blocks_count)
        return judge(wire);
    ask_when_it_may_be(wire, now);
    return WIRE_GOES_ON;
}

/* ---- messages ---- */

static void choked(struct wire *wire, int64_t now)
{
    if (wire->stage != STAGE_unchoked)
        return;
    forget_asked(wire);
    wire->stage = STAGE_choked;
    wire->stage_ends = now + wire->goal.unchoke_ms;
}

static void unchoked(struct wire *wire, int64_t now)
{
    if (wire->stage != STAGE_choked)
        return;
    wire->stage = STAGE_unchoked;
    wire->stage_ends = now + HAVE_MS;
    ask_when_it_may_be(wire, now);
}

static void has(struct wire *wire, int64_t now)
{
    wire->has = true;
    if (wire->stage == STAGE_unchoked && wire->fetch_ends == 0)
        ask(wire, now);
}

static bool bit_of(struct slice bits, uint32_t index)
{
    return ((uint8_t)bits.at[index / 8] >> (7 - index % 8) & 1) != 0;
}

/* The bytes that each kind must have behind its number; SIZE_MAX: any. */
static size_t size_wanted(const struct wire *wire, uint8_t kind)
{
    switch (kind) {
    case CHOKE:
    case UNCHOKE:
    case HAVE_ALL:
    case HAVE_NONE:
        return 0;
    case HAVE:
        return 4;
    case BITFIELD:
        return (wire->goal.pieces + 7) / 8;
    case REJECT:
        return 12;
    default:
        return SIZE_MAX;
    }
}

/* Whoever breaks the protocol after a request has not proved anything. */
static enum wire_result broken(struct wire *wire)
{
    return end(wire, wire->stage == STAGE_unchoked && wire->fetch_ends != 0 ? WIRE_SILENT : WIRE_STRANGE);
}

static enum wire_result take_message(struct wire *wire, uint8_t kind, struct slice body, int64_t now)
{
    size_t wanted = size_wanted(wire, kind);
    if (wanted != SIZE_MAX && body.size != wanted)
        return broken(wire);
    if (kind == CHOKE)
        choked(wire, now);
    else if (kind == UNCHOKE)
        unchoked(wire, now);
    else if (kind == HAVE_ALL || (kind == HAVE && number_at(body.at) == wire->goal.piece) ||
             (kind == BITFIELD && bit_of(body, wire->goal.piece)))
        has(wire, now);
    else if (kind == PIECE)
        return body.size > 8 ? take_piece(wire, body, now) : broken(wire);
    else if (kind == REJECT && wire->stage == STAGE_unchoked && number_at(body.at) == wire->goal.piece)
        return end(wire, WIRE_REFUSED);
    return WIRE_GOES_ON;
}

static enum wire_result take_handshake(struct wire *wire, const char *at, int64_t now)
{
    uint8_t info_hash[20];
    if (!greeting_read(at, info_hash) || memcmp(info_hash, wire->goal.info_hash, sizeof info_hash) != 0)
        return end(wire, WIRE_STRANGE);
    wire->fast = ((uint8_t)at[PROTOCOL_SIZE + FAST_BYTE] & FAST_BIT) != 0;
    if (wire->fast)
        put_message(wire, HAVE_NONE);
    put_message(wire, INTERESTED);
    wire->stage = STAGE_choked;
    wire->stage_ends = now + wire->goal.unchoke_ms;
    return WIRE_GOES_ON;
}

static size_t longest(const struct wire *wire)
{
    size_t bitfield = (wire->goal.pieces + 7) / 8 + 1, rest = BLOCK + 9 + MESSAGE_SPARE;
    return bitfield > rest ? bitfield : rest;
}

/* Takes one whole message off the front; 0: it is not whole yet. */
static size_t take_one(struct wire *wire, const char *at, size_t size, int64_t now)
{
    if (wire->stage == STAGE_handshake) {
        if (!greeting_begins(slice_of(at, size)))
            end(wire, WIRE_STRANGE);
        else if (size >= HANDSHAKE_SIZE)
            take_handshake(wire, at, now);
        return size >= HANDSHAKE_SIZE ? HANDSHAKE_SIZE : 0;
    }
    if (size < 4)
        return 0;
    size_t length = number_at(at);
    if (length > longest(wire)) {
        broken(wire);
        return 0;
    }
    if (size - 4 < length)
        return 0;
    if (length > 0)
        take_message(wire, (uint8_t)at[4], slice_of(at + 5, length - 1), now);
    return 4 + length;
}

enum wire_result wire_take(struct wire *wire, struct slice bytes, int64_t now)
{
    size_t done = 0, step;
    if (wire->stage == STAGE_done)
        return wire->result;
    buffer_add(&wire->in, bytes.at, bytes.size);
    while (wire->stage != STAGE_done && done < wire->in.size &&
           (step = take_one(wire, wire->in.at + done, wire->in.size - done, now)) > 0)
        done += step;
    if (done > 0) {
        memmove(wire->in.at, wire->in.at + done, wire->in.size - done);
        wire->in.size -= done;
    }
    return wire->result;
}

enum wire_result wire_closed(struct wire *wire)
{
    if (wire->stage == STAGE_done)
        return wire->result;
    if (wire->stage == STAGE_handshake)
        return end(wire, WIRE_STRANGE);
    return end(wire, wire->stage == STAGE_unchoked && wire->fetch_ends != 0 ? WIRE_SILENT : WIRE_CHOKED);
}

enum wire_result wire_tick(struct wire *wire, int64_t now)
{
    bool fetching = wire->fetch_ends != 0, late = fetching && now >= wire->fetch_ends;
    if (wire->stage == STAGE_handshake && now >= wire->stage_ends)
        return end(wire, WIRE_STRANGE);
    if (wire->stage == STAGE_choked && (late || now >= wire->stage_ends))
        return end(wire, WIRE_CHOKED);
    if (wire->stage == STAGE_unchoked && late)
        return end(wire, WIRE_SILENT);
    if (wire->stage == STAGE_unchoked && !fetching && now >= wire->stage_ends)
        return end(wire, WIRE_REFUSED);
    return wire->result;
}

/* ---- handshakes ---- */

bool greeting_begins(struct slice bytes)
{
    size_t size = bytes.size < PROTOCOL_SIZE ? bytes.size : PROTOCOL_SIZE;
    return memcmp(bytes.at, protocol, size) == 0;
}

bool greeting_read(const void *bytes, uint8_t info_hash[20])
{
    memcpy(info_hash, (const char *)bytes + PROTOCOL_SIZE + RESERVED_SIZE, 20);
    return memcmp(bytes, protocol, PROTOCOL_SIZE) == 0;
}
