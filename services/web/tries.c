/* An account may be tried ten times, then once in two minutes; an address (an IPv6 one by its network, the first 64
 * bits) thirty times, then once in 20 seconds. Kept in memory: a replica more gives a guesser as many tries more, which
 * the numbers allow for. */
#include "services/web/tries.h"

#include "services/common/clock.h"
#include "services/web/throttle.h"

static struct throttle *accounts, *addresses;

void tries_start(void)
{
    accounts = throttle_new(10, 120 * 1000L);
    addresses = throttle_new(30, 20 * 1000L);
}

void tries_stop(void)
{
    throttle_destroy(&accounts);
    throttle_destroy(&addresses);
}

static struct slice address_key(const struct visit *visit)
{
    return slice_of(visit->ip, ip_is_v4(visit->ip) ? IP_SIZE : 8);
}

bool tries_take(struct visit *visit, struct slice name, int64_t *wait_ms)
{
    int64_t now = clock_ticks();
    char key[ACCOUNT_NAME_MAX + 1];
    account_name_key(name, key);
    return throttle_take(addresses, address_key(visit), now, wait_ms) &&
           (name.size == 0 || throttle_take(accounts, slice_text(key), now, wait_ms));
}

void tries_forgive(struct visit *visit, struct slice name)
{
    char key[ACCOUNT_NAME_MAX + 1];
    account_name_key(name, key);
    /* An address keeps its failures: whoever has one account could else guess at others for ever. */
    throttle_return(addresses, address_key(visit));
    if (name.size > 0)
        throttle_forgive(accounts, slice_text(key));
}
