/* First the peers, from the tracker; then the names of those who are among them, from the accounts. Both can be
 * missing: then the page says so. */
#include "services/web/peers.h"

#include "services/web/client_name.h"
#include "services/web/people.h"

#include <arpa/inet.h>

#define PEERS_ASKED 300
#define LEFT_UNKNOWN ((uint64_t)INT64_MAX)

struct peers {
    struct visit *visit;
    void (*done)(struct visit *visit);
    const struct answer *answer;
    struct people *people;
    const struct swarm_peer *rows;
    size_t count;
};

/* ---- asking ---- */

static void on_names(struct visit *visit)
{
    visit->peers->done(visit);
}

static void on_peers(struct visit *visit)
{
    struct peers *peers = visit->peers;
    const struct tracker_swarm_peers_reply *reply = peers->answer->reply;
    struct tree rows = reply != NULL ? reply->peers : (struct tree){0};
    peers->rows = answer_rows(visit, rows, &swarm_peer_row, &peers->count);
    struct gather *gather = gather_new(visit, on_names);
    peers->people = people_ask(gather, visit, IDS_OF(visit, peers->rows, peers->count, user), peers->count);
    gather_go(gather);
}

struct peers *peers_ask(struct visit *visit, const msgpack_object *tree, void (*done)(struct visit *visit))
{
    struct peers *peers = visit->peers = arena_take(visit->arena, sizeof *peers);
    struct tree_ids *ids = arena_take(visit->arena, sizeof *ids);
    peers->visit = visit;
    peers->done = done;
    tree_collect(tree, ids);
    struct tracker_swarm_peers ask = {.torrents = ask_ids(visit, ids->torrents, ids->torrents_count),
                                      .limit = PEERS_ASKED};
    struct gather *gather = gather_new(visit, on_peers);
    peers->answer = gather_may(gather, &tracker_swarm_peers_message, &ask);
    gather_go(gather);
    return peers;
}

/* ---- writing ---- */

bool peer_sees_address(const struct visit *visit, uint64_t user)
{
    return user == visit->me.id || visit_is_staff(visit);
}

static void write_address(struct tree_writer *out, const struct swarm_peer *peer)
{
    char v4[INET_ADDRSTRLEN] = "", v6[INET6_ADDRSTRLEN] = "";
    if (peer->ipv4.size == 4)
        inet_ntop(AF_INET, peer->ipv4.at, v4, sizeof v4);
    if (peer->ipv6.size == 16)
        inet_ntop(AF_INET6, peer->ipv6.at, v6, sizeof v6);
    if (v4[0] == '\0' && v6[0] == '\0')
        tree_string(out, "address", "takes no connections");
    else
        tree_print(out, "address", "%s%s%s port %llu", v4, v4[0] != '\0' && v6[0] != '\0' ? " and " : "", v6,
                   (unsigned long long)peer->port);
}

/* Never rounded up: 100 % is all of it. */
static uint64_t percent_of(uint64_t size, uint64_t left)
{
    if (left == 0)
        return 100;
    uint64_t there = left < size ? size - left : 0;
    return size == 0 ? 0 : size > UINT64_MAX / 100 ? there / (size / 100) : there * 100 / size;
}

void peer_write(struct tree_writer *out, const struct swarm_peer *peer, uint64_t size, int64_t now, bool with_address)
{
    char name[FORMAT_MAX];
    bool known = peer->left != LEFT_UNKNOWN;
    tree_string(out, "client", client_name(peer->client, name));
    tree_flag(out, "progress_known", known && (size > 0 || peer->left == 0));
    tree_count(out, "percent", known ? percent_of(size, peer->left) : 0);
    tree_flag(out, "done", peer->left == 0);
    tree_size(out, "size_up", peer->up);
    tree_size(out, "size_down", peer->down);
    tree_size(out, "size_left", known ? peer->left : 0);
    tree_time(out, "seen_at", peer->seen_at, now);
    tree_flag(out, "sees_address", with_address);
    if (with_address)
        write_address(out, peer);
}

void peers_write(const struct peers *peers, struct tree_writer *out, uint64_t torrent, uint64_t size)
{
    uint64_t count = 0;
    tree_open_array(out, "peers");
    for (size_t i = 0; i < peers->count; i++) {
        const struct swarm_peer *peer = &peers->rows[i];
        if (peer->torrent != torrent)
            continue;
        tree_open_map(out, NULL);
        people_write(out, "name", peers->people, peer->user);
        peer_write(out, peer, size, peers->visit->now, peer_sees_address(peers->visit, peer->user));
        tree_close(out);
        count++;
    }
    tree_close(out);
    tree_flag(out, "has_peers", count > 0);
    tree_count(out, "peers_count", count);
    tree_flag(out, "peers_count_one", count == 1);
}
