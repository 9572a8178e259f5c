/* One rule a prefix and range of versions: setting it again changes it, in one transaction with its fact. What a rule
 * means for an announce, the tracker knows. */
#include "services/web/clients.h"

#include "services/web/statements.h"
#include "services/web/web.h"

#define RULES_MAX 1000
#define PEER_ID_SIZE 20

static struct feed *feed;

/* One web.client.set under way. */
struct setting {
    struct bus_request *request;
    struct db_tx *tx;
    struct client_fact rule;
};

const struct statement client_set = {
    "client_set", "INSERT INTO web.client AS rule (prefix, low, high, allowed, reason, active)"
                  " VALUES ($1, $2, $3, $4, $5, $6)"
                  " ON CONFLICT (prefix, low, high) DO UPDATE SET allowed = excluded.allowed, reason = excluded.reason,"
                  " active = excluded.active, changed_at = now() RETURNING id"};

const struct statement client_fact_add = {"client_fact_add", "SELECT web.feed_add('web.clients', $1, $2)"};

const struct statement client_list = {"client_list",
                                      "SELECT id, prefix, low, high, allowed, reason FROM web.client WHERE active"
                                      " ORDER BY prefix, low, high LIMIT 1000"};

/* ---- web.client.set ---- */

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct setting *setting = arg;
    (void)uncertain;
    if (why != NULL) {
        bus_fail(setting->request, why);
        return;
    }
    feed_published(feed);
    bus_reply(setting->request, &(struct web_client_set_reply){.rule = setting->rule.rule});
}

static void on_set(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct setting *setting = arg;
    if (rows == NULL) {
        db_rollback(setting->tx);
        bus_fail(setting->request, why);
        return;
    }
    setting->rule.rule = (uint64_t)db_get_int(rows, 0, 0);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    row_pack(&client_fact_row, &setting->rule, &packer);
    db_tx_ask(setting->tx, &client_fact_add,
              db_bytes(db_int(db_args(), (int64_t)setting->rule.rule), slice_of(packed.data, packed.size)), NULL, NULL);
    msgpack_sbuffer_destroy(&packed);
    db_commit(setting->tx, on_committed, setting);
}

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < 33 || text.at[i] > 126)
            return false;
    return true;
}

static bool check_set(const struct bus_request *request, const struct web_client_set *ask, struct fault *why)
{
    if (bus_actor(request) != 0)
        return fault_set(why, STATUS_forbidden, NULL, "Only the operator decides about clients this way.");
    if (!is_plain(ask->prefix))
        return fault_set(why, STATUS_invalid, "prefix", "A peer_id begins with letters, digits and signs: `-qB`.");
    if (!is_plain(ask->low) || ask->prefix.size + ask->low.size > PEER_ID_SIZE)
        return fault_set(why, STATUS_invalid, "low", "A peer_id has 20 bytes: prefix and version must fit in.");
    if (!is_plain(ask->high) || ask->prefix.size + ask->high.size > PEER_ID_SIZE)
        return fault_set(why, STATUS_invalid, "high", "A peer_id has 20 bytes: prefix and version must fit in.");
    if (!slice_is(ask->verdict, "allow") && !slice_is(ask->verdict, "deny") && !slice_is(ask->verdict, "forget"))
        return fault_set(why, STATUS_invalid, "verdict", "A verdict is allow, deny or forget.");
    return true;
}

static void on_client_set(struct bus_request *request, const void *body, void *arg)
{
    const struct web_client_set *ask = body;
    struct fault why;
    (void)arg;
    if (!check_set(request, ask, &why)) {
        bus_fail(request, &why);
        return;
    }
    struct setting *setting = arena_take(bus_arena(request), sizeof *setting);
    *setting = (struct setting){.request = request};
    struct client_fact *rule = &setting->rule;
    rule->prefix = ask->prefix;
    rule->low = ask->low;
    rule->high = ask->high;
    rule->allowed = slice_is(ask->verdict, "allow");
    rule->reason = ask->reason;
    rule->active = !slice_is(ask->verdict, "forget");
    struct db_args *args = db_text(db_text(db_text(db_args(), rule->prefix), rule->low), rule->high);
    args = db_flag(db_text(db_flag(args, rule->allowed), rule->reason), rule->active);
    setting->tx = db_begin(service_db());
    db_tx_ask(setting->tx, &client_set, args, on_set, setting);
}

/* ---- web.client.list ---- */

static void on_listed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (rows == NULL) {
        bus_fail(request, why);
        return;
    }
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    size_t count = db_count(rows) < RULES_MAX ? db_count(rows) : RULES_MAX;
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++) {
        struct client_fact rule = {.rule = (uint64_t)db_get_int(rows, i, 0), .active = true};
        rule.prefix = db_get_text(rows, i, 1);
        rule.low = db_get_text(rows, i, 2);
        rule.high = db_get_text(rows, i, 3);
        rule.allowed = db_get_flag(rows, i, 4);
        rule.reason = db_get_text(rows, i, 5);
        row_pack(&client_fact_row, &rule, &packer);
    }
    bus_reply(request, &(struct web_client_list_reply){.clients.packed = slice_of(packed.data, packed.size)});
    msgpack_sbuffer_destroy(&packed);
}

static void on_client_list(struct bus_request *request, const void *body, void *arg)
{
    (void)body;
    (void)arg;
    db_ask(service_db(), &client_list, db_args(), on_listed, request);
}

void clients_start(void)
{
    feed = feed_new(service_bus(), service_db(), "web.clients", "web");
    bus_serve(service_bus(), NULL, &web_client_set_message, on_client_set, NULL);
    bus_serve(service_bus(), NULL, &web_client_list_message, on_client_list, NULL);
}
