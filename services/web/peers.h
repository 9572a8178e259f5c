/* Who shares what right now, as pages show it. */
#ifndef DJEMBE_WEB_PEERS_H
#define DJEMBE_WEB_PEERS_H

#include "services/web/gather.h"

struct peers;

/* Asks who shares the torrents that a tree speaks of, and what they are called; `done` follows. */
struct peers *peers_ask(struct visit *visit, const msgpack_object *tree, void (*done)(struct visit *visit));

/* Writes `peers`, `has_peers` and `peers_count` of one torrent of `size` bytes. */
void peers_write(const struct peers *peers, struct tree_writer *out, uint64_t torrent, uint64_t size);

/* May the visitor see where that member's clients are? */
bool peer_sees_address(const struct visit *visit, uint64_t user);

/* Writes one client into the map that is open: client, percent, done, size_up, size_down, size_left, seen_at, address.
 */
void peer_write(struct tree_writer *out, const struct swarm_peer *peer, uint64_t size, int64_t now, bool with_address);

#endif
