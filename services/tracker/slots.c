/* A record is one number: 28 bits each of member and torrent, two of the verdict, six for one of the reasons. */
#include "services/tracker/slots.h"

#include "services/common/arena.h"
#include "services/common/slab.h"
#include "services/tracker/index.h"

#include <stdlib.h>
#include <string.h>

enum { HANDLE_BITS = 28, VERDICT_BITS = 2, REASONS = 64 }; /* the first reason: none */

#define HANDLE_MAX ((1u << HANDLE_BITS) - 1)
#define PAIR_SHIFT 8

const char *const slot_verdict_names[SLOT_none] = {"owner", "slot", "spare", "deny"};

struct slots {
    struct hash_key key;
    struct slab records;
    struct index index;
    char reasons[REASONS][FAILURE_MAX];
    unsigned reasons_count;
};

static uint64_t pair_of(uint32_t member, uint32_t torrent)
{
    return (uint64_t)member << HANDLE_BITS | torrent;
}

static uint64_t *record_at(const struct slots *slots, uint32_t at)
{
    return slab_at(&slots->records, at);
}

static uint64_t hash_pair(const struct slots *slots, uint64_t pair)
{
    return hash_of(&slots->key, &pair, sizeof pair);
}

static uint64_t hash_record(const void *arg, uint32_t at)
{
    return hash_pair(arg, *record_at(arg, at) >> PAIR_SHIFT);
}

struct slots *slots_new(const struct hash_key *key)
{
    struct slots *slots = mem_zero(1, sizeof *slots);
    slots->key = *key;
    slots->reasons_count = 1;
    slab_init(&slots->records, sizeof(uint64_t));
    index_init(&slots->index, hash_record, slots);
    return slots;
}

void slots_destroy(struct slots **slots)
{
    if (*slots == NULL)
        return;
    slab_clear(&(*slots)->records);
    index_clear(&(*slots)->index);
    free(*slots);
    *slots = NULL;
}

static bool is_small(uint32_t member, uint32_t torrent)
{
    return member <= HANDLE_MAX && torrent <= HANDLE_MAX;
}

static uint32_t find(const struct slots *slots, uint64_t pair)
{
    uint32_t at;
    uint64_t hashed = hash_pair(slots, pair);
    for (uint32_t place = 0; (at = index_next(&slots->index, hashed, &place)) != 0;)
        if (*record_at(slots, at) >> PAIR_SHIFT == pair)
            return at;
    return SLAB_NONE;
}

static unsigned number_of(struct slots *slots, struct slice reason)
{
    if (reason.size >= FAILURE_MAX)
        return 0;
    for (unsigned i = 0; i < slots->reasons_count; i++)
        if (slice_is(reason, slots->reasons[i]))
            return i;
    if (slots->reasons_count == REASONS)
        return 0;
    memcpy(slots->reasons[slots->reasons_count], reason.at, reason.size);
    return slots->reasons_count++;
}

static void forget(struct slots *slots, uint64_t pair, uint32_t at)
{
    index_remove(&slots->index, hash_pair(slots, pair), at);
    slab_give(&slots->records, at);
}

static uint32_t make(struct slots *slots, uint64_t pair)
{
    uint32_t at = slab_take(&slots->records);
    *record_at(slots, at) = pair << PAIR_SHIFT;
    index_add(&slots->index, hash_pair(slots, pair), at);
    return at;
}

void slots_set(struct slots *slots, uint32_t member, uint32_t torrent, enum slot_verdict verdict, struct slice reason)
{
    if (!is_small(member, torrent))
        return;
    uint64_t pair = pair_of(member, torrent);
    uint32_t at = find(slots, pair);
    if (verdict == SLOT_none && at != SLAB_NONE)
        forget(slots, pair, at);
    if (verdict == SLOT_none || (at == SLAB_NONE && slots->records.live == INDEX_HANDLE_MAX))
        return;
    if (at == SLAB_NONE)
        at = make(slots, pair);
    unsigned number = verdict == SLOT_deny ? number_of(slots, reason) : 0;
    *record_at(slots, at) = pair << PAIR_SHIFT | number << VERDICT_BITS | verdict;
}

static struct slot read(const struct slots *slots, uint64_t record)
{
    return (struct slot){.member = (uint32_t)(record >> (PAIR_SHIFT + HANDLE_BITS)),
                         .torrent = (uint32_t)(record >> PAIR_SHIFT) & HANDLE_MAX,
                         .verdict = record & ((1u << VERDICT_BITS) - 1),
                         .reason = slots->reasons[record >> VERDICT_BITS & (REASONS - 1)]};
}

enum slot_verdict slots_get(const struct slots *slots, uint32_t member, uint32_t torrent, const char **reason)
{
    uint32_t at = is_small(member, torrent) ? find(slots, pair_of(member, torrent)) : SLAB_NONE;
    struct slot slot = {.verdict = SLOT_none, .reason = slots->reasons[0]};
    if (at != SLAB_NONE)
        slot = read(slots, *record_at(slots, at));
    if (reason != NULL)
        *reason = slot.reason;
    return slot.verdict;
}

void slots_each(const struct slots *slots, void (*visit)(void *arg, const struct slot *slot), void *arg)
{
    for (uint32_t at = 1; at < slots->records.top; at++) {
        uint64_t record = *record_at(slots, at);
        if (record == 0)
            continue;
        struct slot slot = read(slots, record);
        visit(arg, &slot);
    }
}

uint32_t slots_count(const struct slots *slots)
{
    return slots->records.live;
}

size_t slots_bytes(const struct slots *slots)
{
    return slab_bytes(&slots->records) + index_bytes(&slots->index);
}
