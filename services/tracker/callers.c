/* A table without chains: whoever comes to a place that is taken takes it. */
#include "services/tracker/callers.h"

#include "services/common/arena.h"
#include "services/tracker/address.h"

#include <stdlib.h>

#define PLACES 4096

struct caller {
    struct address address;
    char passkey[PASSKEY_SIZE];
};

struct callers {
    struct hash_key key;
    struct caller at[PLACES];
};

struct callers *callers_new(const struct hash_key *key)
{
    struct callers *callers = mem_zero(1, sizeof *callers);
    callers->key = *key;
    return callers;
}

void callers_destroy(struct callers **callers)
{
    free(*callers);
    *callers = NULL;
}

static size_t place_of(const struct callers *callers, const struct address *address)
{
    return hash_of(&callers->key, address->bytes, sizeof address->bytes) % PLACES;
}

void callers_note(struct callers *callers, const struct address *address, const char passkey[PASSKEY_SIZE])
{
    struct caller *caller = &callers->at[place_of(callers, address)];
    caller->address = *address;
    memcpy(caller->passkey, passkey, PASSKEY_SIZE);
}

struct slice callers_passkey(const struct callers *callers, const struct address *address)
{
    const struct caller *caller = &callers->at[place_of(callers, address)];
    return address_is(&caller->address, address) ? slice_of(caller->passkey, PASSKEY_SIZE) : slice_of(NULL, 0);
}
