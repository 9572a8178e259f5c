/* Pages follow the primary key, so that a page asked for twice does no harm and rows written meanwhile disturb nothing.
 */
#include "services/tracker/store_load.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

enum { PAGE_ROWS = 5000, RETRY_MS = 1000 };

struct store_load {
    struct loop *loop;
    struct db *db;
    struct tracker *tracker;
    void (*loaded)(void *arg);
    void *arg;
    struct loop_timer *retry;
    uint64_t user, torrent; /* the last row's key */
    uint8_t peer_id[PEER_ID_SIZE];
    size_t peer_id_size;
    uint64_t rows;
    bool asked, destroyed;
};

const struct statement load_sessions = {
    "load_sessions", "SELECT user_id, torrent, peer_id, epoch, base_up, base_down, up, down, missing, flags, seen_at,"
                     " host(ipv4), port4, host(ipv6), port6 FROM tracker.session"
                     " WHERE (user_id, torrent, peer_id) > ($1::bigint, $2::bigint, $3::bytea)"
                     " ORDER BY user_id, torrent, peer_id LIMIT $4::bigint"};

enum column {
    USER,
    TORRENT,
    PEER,
    EPOCH,
    BASE_UP,
    BASE_DOWN,
    UP,
    DOWN,
    MISSING,
    FLAGS,
    SEEN,
    IPV4,
    PORT4,
    IPV6,
    PORT6
};

static uint16_t read_address(const struct db_rows *rows, size_t row, int family, uint8_t *into)
{
    int column = family == AF_INET ? IPV4 : IPV6;
    if (db_is_null(rows, row, column) || db_is_null(rows, row, column + 1) ||
        inet_pton(family, db_get_text(rows, row, column).at, into) != 1)
        return 0;
    return (uint16_t)db_get_int(rows, row, column + 1);
}

/* The database does not know when each of the two addresses was used last. */
static void read_contact(const struct db_rows *rows, size_t row, int64_t seen_at, struct contact *contact)
{
    uint32_t seen = (uint32_t)(seen_at / 1000);
    *contact = (struct contact){0};
    contact->port4 = read_address(rows, row, AF_INET, contact->v4);
    contact->port6 = read_address(rows, row, AF_INET6, contact->v6);
    contact->seen4 = contact->port4 != 0 ? seen : 0;
    contact->seen6 = contact->port6 != 0 ? seen : 0;
}

static void read_row(struct store_load *load, const struct db_rows *rows, size_t row)
{
    struct slice peer_id = db_get_bytes(rows, row, PEER);
    struct session_totals totals = {
        .user = (uint64_t)db_get_int(rows, row, USER),
        .torrent = (uint64_t)db_get_int(rows, row, TORRENT),
        .epoch = db_get_int(rows, row, EPOCH),
        .seen_at = db_get_time(rows, row, SEEN),
        .base_up = (uint64_t)db_get_int(rows, row, BASE_UP),
        .base_down = (uint64_t)db_get_int(rows, row, BASE_DOWN),
        .up = (uint64_t)db_get_int(rows, row, UP),
        .down = (uint64_t)db_get_int(rows, row, DOWN),
        .left = (uint64_t)db_get_int(rows, row, MISSING),
        .flags = (uint8_t)db_get_int(rows, row, FLAGS),
    };
    if (peer_id.size != PEER_ID_SIZE)
        return;
    memcpy(totals.peer_id, peer_id.at, PEER_ID_SIZE);
    struct contact contact;
    read_contact(rows, row, totals.seen_at, &contact);
    lock_take(&load->tracker->lock);
    tracker_restore(load->tracker, &totals, &contact, clock_now());
    lock_give(&load->tracker->lock);
}

/* Where the next page begins: behind the last row. */
static void turn_page(struct store_load *load, const struct db_rows *rows, size_t row)
{
    struct slice peer_id = db_get_bytes(rows, row, PEER);
    load->user = (uint64_t)db_get_int(rows, row, USER);
    load->torrent = (uint64_t)db_get_int(rows, row, TORRENT);
    load->peer_id_size = peer_id.size < sizeof load->peer_id ? peer_id.size : sizeof load->peer_id;
    memcpy(load->peer_id, peer_id.at, load->peer_id_size);
}

static void ask_page(void *arg);

static void on_page(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct store_load *load = arg;
    load->asked = false;
    if (load->destroyed) {
        free(load);
        return;
    }
    if (rows == NULL) {
        log_warning("sessions not loaded yet", "why=\"%s\"", why->text);
        load->retry = loop_timer_new(load->loop, RETRY_MS, 0, ask_page, load);
        return;
    }
    size_t count = db_count(rows);
    if (count == PAGE_ROWS) {
        turn_page(load, rows, count - 1);
        ask_page(load); /* PostgreSQL looks for it while this one is read */
    }
    for (size_t i = 0; i < count; i++)
        read_row(load, rows, i);
    load->rows += count;
    if (count == PAGE_ROWS)
        return;
    lock_take(&load->tracker->lock);
    uint32_t peers = peers_count(load->tracker->peers);
    lock_give(&load->tracker->lock);
    log_info("sessions loaded", "rows=%" PRIu64 " peers=%" PRIu32, load->rows, peers);
    load->loaded(load->arg);
}

static void ask_page(void *arg)
{
    struct store_load *load = arg;
    struct db_args *args = db_args();
    load->retry = NULL;
    db_int(args, (int64_t)load->user);
    db_int(args, (int64_t)load->torrent);
    db_bytes(args, slice_of(load->peer_id, load->peer_id_size));
    db_int(args, PAGE_ROWS);
    load->asked = true;
    db_ask(load->db, &load_sessions, args, on_page, load);
}

struct store_load *store_load_new(struct loop *loop, struct db *db, struct tracker *tracker, void (*loaded)(void *arg),
                                  void *arg)
{
    struct store_load *load = mem_zero(1, sizeof *load);
    load->loop = loop;
    load->db = db;
    load->tracker = tracker;
    load->loaded = loaded;
    load->arg = arg;
    ask_page(load);
    return load;
}

void store_load_destroy(struct store_load **load)
{
    struct store_load *l = *load;
    if (l == NULL)
        return;
    *load = NULL;
    if (l->retry != NULL)
        loop_timer_cancel(&l->retry);
    l->destroyed = true;
    if (!l->asked)
        free(l);
}
