/* First the peers, from the tracker; then the names of those who are among them, from the accounts. Both can be
 * missing: then the page says so. */
#include "services/web/peers.h"

#include "services/web/client_name.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include <arpa/inet.h>

#define PEERS_ASKED 300
#define LEFT_UNKNOWN ((uint64_t)INT64_MAX)

struct peers {
    struct visit *visit;
    void (*done)(struct visit *visit);
    const struct answer *answer;
    struct swarm_peer *rows;
    size_t count;
    struct tree_name *names;
    size_t names_count;
};

/* ---- asking ---- */

static void on_names(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct peers *peers = arg;
    if (why != NULL)
        visit_missing(peers->visit, "accounts", "The names of those who share cannot be read for the moment.");
    size_t count = rows != NULL ? db_count(rows) : 0;
    peers->names = arena_take(peers->visit->arena, count * sizeof *peers->names + 1);
    for (size_t i = 0; i < count; i++)
        peers->names[peers->names_count++] = (struct tree_name){
            (uint64_t)db_get_int(rows, i, 0), arena_copy(peers->visit->arena, db_get_text(rows, i, 1))};
    peers->done(peers->visit);
}

static void read_rows(struct peers *peers)
{
    const struct tracker_swarm_peers_reply *reply = peers->answer->reply;
    size_t most = reply != NULL ? rows_count(reply->peers) : 0;
    peers->rows = arena_take(peers->visit->arena, most * sizeof *peers->rows + 1);
    for (size_t i = 0; i < most; i++)
        if (row_read(&swarm_peer_row, &peers->rows[peers->count], rows_at(reply->peers, i), NULL))
            peers->count++;
}

static void on_peers(struct visit *visit)
{
    struct peers *peers = visit->peers;
    read_rows(peers);
    if (peers->count == 0) {
        peers->done(visit);
        return;
    }
    int64_t *ids = arena_take(visit->arena, peers->count * sizeof *ids);
    for (size_t i = 0; i < peers->count; i++)
        ids[i] = (int64_t)peers->rows[i].user;
    db_ask(service_db(), &member_names, db_ints(db_args(), ids, peers->count), on_names, peers);
}

static struct tree pack_ids(struct visit *visit, const struct tree_ids *ids)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, ids->torrents_count);
    for (size_t i = 0; i < ids->torrents_count; i++)
        msgpack_pack_uint64(&packer, ids->torrents[i]);
    struct tree tree = {.packed = arena_copy(visit->arena, slice_of(packed.data, packed.size))};
    msgpack_sbuffer_destroy(&packed);
    return tree;
}

struct peers *peers_ask(struct visit *visit, const msgpack_object *tree, void (*done)(struct visit *visit))
{
    struct peers *peers = visit->peers = arena_take(visit->arena, sizeof *peers);
    struct tree_ids *ids = arena_take(visit->arena, sizeof *ids);
    peers->visit = visit;
    peers->done = done;
    tree_collect(tree, ids);
    struct tracker_swarm_peers ask = {.torrents = pack_ids(visit, ids), .limit = PEERS_ASKED};
    struct gather *gather = gather_new(visit, on_peers);
    peers->answer = gather_may(gather, &tracker_swarm_peers_message, &ask);
    gather_go(gather);
    return peers;
}

/* ---- writing ---- */

bool peer_sees_address(const struct visit *visit, uint64_t user)
{
    return user == visit->me.id || account_class_is_staff(slice_text(visit->me.class_name));
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

static void write_name(const struct peers *peers, struct tree_writer *out, uint64_t user)
{
    for (size_t i = 0; i < peers->names_count; i++)
        if (peers->names[i].user == user) {
            tree_text(out, "name", peers->names[i].name);
            return;
        }
    tree_nil(out, "name");
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
        write_name(peers, out, peer->user);
        peer_write(out, peer, size, peers->visit->now, peer_sees_address(peers->visit, peer->user));
        tree_close(out);
        count++;
    }
    tree_close(out);
    tree_flag(out, "has_peers", count > 0);
    tree_count(out, "peers_count", count);
    tree_flag(out, "peers_count_one", count == 1);
}
