/* The peer wire as the auditor speaks it (BEP 3, BEP 6; RULES 2.11): a leecher that has nothing, asks for one piece
 * once it is unchoked, and compares its hash. Pure: bytes and the time come in (ms, of any clock that never falls),
 * bytes to send and one result come out. Messages that are longer than the torrent can have are refused. */
#ifndef DJEMBE_RATIO_AUDITOR_WIRE_H
#define DJEMBE_RATIO_AUDITOR_WIRE_H

#include "services/common/bencode.h"

#define HANDSHAKE_SIZE 68 /* BEP 3 */
#define GREETING_SIZE 48  /* of these: up to the info-hash */

enum wire_result {
    WIRE_GOES_ON,
    WIRE_PASSED,  /* the piece came, and its hash matches */
    WIRE_WRONG,   /* the whole piece came, and it does not */
    WIRE_REFUSED, /* while unchoked: a reject, or the peer does not say that it has the piece */
    WIRE_SILENT,  /* closed or silent after a request, while unchoked */
    WIRE_CHOKED,  /* the handshake was well, and the piece was never to be had */
    WIRE_STRANGE, /* no handshake of this torrent */
};

#define WIRE_PIECE_MAX (64u << 20) /* bytes of the longest piece that is audited */

struct wire_goal {
    uint8_t info_hash[20], peer_id[20];
    uint8_t sha1[20];
    uint8_t root[32]; /* when there are leaves: of the tree over the piece's blocks (BEP 52), instead of the SHA-1 */
    uint32_t leaves;
    uint32_t pieces, piece;
    uint32_t piece_size; /* bytes of this piece: the last one, or a file's last, may be shorter */
    uint32_t handshake_ms, unchoke_ms;
    uint32_t fetch_ms, fetch_rate; /* the piece may take so long, and a second for each so many bytes */
};

struct wire;

/* The time for the handshake begins now. Our own stands in wire_out at once. */
struct wire *wire_new(const struct wire_goal *goal, int64_t now);
void wire_destroy(struct wire **wire);

enum wire_result wire_take(struct wire *wire, struct slice bytes, int64_t now);
enum wire_result wire_closed(struct wire *wire);
/* Looks whether a time is over. */
enum wire_result wire_tick(struct wire *wire, int64_t now);

/* What is to be sent; whoever sends it empties it (size = 0). */
struct buffer *wire_out(struct wire *wire);
/* Bytes of the piece that have come. */
uint32_t wire_received(const struct wire *wire);

/* Whether this begins a handshake, and of which torrent; `bytes` has GREETING_SIZE. */
bool greeting_read(const void *bytes, uint8_t info_hash[20]);
/* Whether these could be the first bytes of a handshake. */
bool greeting_begins(struct slice bytes);

#endif
