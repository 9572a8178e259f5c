/* Rules sorted so that the first that fits decides: the longest prefix, then one about versions before one about all.
 */
#include "services/tracker/clients.h"

#include "services/common/arena.h"

#include <stdlib.h>

#define STANDARD_REASON "This client is not allowed: see the list on the site"

static int compare(const void *a, const void *b)
{
    const struct client_rule *x = a, *y = b;
    if (x->prefix_size != y->prefix_size)
        return x->prefix_size > y->prefix_size ? -1 : 1;
    int x_range = (x->low_size > 0) + (x->high_size > 0), y_range = (y->low_size > 0) + (y->high_size > 0);
    if (x_range != y_range)
        return y_range - x_range;
    return (x->id < y->id) - (x->id > y->id);
}

static uint8_t keep(struct slice text, char *into, size_t room)
{
    size_t size = text.size < room ? text.size : room - 1;
    memcpy(into, text.at != NULL ? text.at : "", size);
    into[size] = '\0';
    return (uint8_t)size;
}

static void drop(struct clients *clients, uint64_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < clients->count; i++)
        if (clients->rules[i].id != id)
            clients->rules[kept++] = clients->rules[i];
    clients->count = kept;
}

static void add(struct clients *clients, const struct client_fact *fact)
{
    struct client_rule rule = {.id = fact->rule, .allowed = fact->allowed};
    rule.prefix_size = keep(fact->prefix, rule.prefix, sizeof rule.prefix);
    rule.low_size = keep(fact->low, rule.low, sizeof rule.low);
    rule.high_size = keep(fact->high, rule.high, sizeof rule.high);
    keep(fact->reason, rule.reason, sizeof rule.reason);
    if (rule.prefix_size + rule.low_size > PEER_ID_SIZE || rule.prefix_size + rule.high_size > PEER_ID_SIZE)
        return;
    clients->rules = mem_grow(clients->rules, (clients->count + 1) * sizeof *clients->rules);
    clients->rules[clients->count++] = rule;
}

void clients_apply(struct clients *clients, const struct client_fact *fact)
{
    drop(clients, fact->rule);
    if (fact->active)
        add(clients, fact);
    if (clients->count > 0)
        qsort(clients->rules, clients->count, sizeof *clients->rules, compare);
    clients->listed = false;
    for (size_t i = 0; i < clients->count; i++)
        clients->listed |= clients->rules[i].allowed;
}

void clients_clear(struct clients *clients)
{
    free(clients->rules);
    *clients = (struct clients){0};
}

static bool fits(const struct client_rule *rule, const uint8_t *peer_id)
{
    const uint8_t *version = peer_id + rule->prefix_size;
    return memcmp(peer_id, rule->prefix, rule->prefix_size) == 0 && memcmp(version, rule->low, rule->low_size) >= 0 &&
           memcmp(version, rule->high, rule->high_size) <= 0;
}

const char *clients_refusal(const struct clients *clients, const uint8_t peer_id[PEER_ID_SIZE])
{
    for (size_t i = 0; i < clients->count; i++) {
        const struct client_rule *rule = &clients->rules[i];
        if (!fits(rule, peer_id))
            continue;
        if (rule->allowed)
            return NULL;
        return rule->reason[0] != '\0' ? rule->reason : STANDARD_REASON;
    }
    return clients->listed ? STANDARD_REASON : NULL;
}
