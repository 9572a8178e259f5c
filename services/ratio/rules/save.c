/* A header with the format and a checksum, then each part: its counts, and its bytes. */
#include "services/ratio/rules/save.h"

#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SAVE_ROUND 1 /* raised when the meaning of a record changes and its size does not */

struct header {
    char magic[8], format[24];
    uint64_t size, sum; /* of what follows */
};

/* What is neither in a list nor made anew. */
struct scalars {
    int64_t at, now, burned;
    uint32_t turn, queue_turn, pools_count;
    uint32_t sizes[3], sizes_count[3], superseded;
    bool down;
};

/* Eight bytes a step: it guards against a damaged store, not against malice. */
struct summed {
    uint64_t sum;
    char word[8];
    size_t filled, size;
};

static void sum_step(struct summed *summed)
{
    uint64_t word;
    memcpy(&word, summed->word, sizeof word);
    summed->sum = (summed->sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    summed->sum ^= summed->sum >> 29;
    summed->filled = 0;
}

static void sum_add(void *arg, const void *bytes, size_t size)
{
    struct summed *summed = arg;
    summed->size += size;
    for (const char *at = bytes; size > 0;) {
        size_t room = sizeof summed->word - summed->filled, count = size < room ? size : room;
        memcpy(summed->word + summed->filled, at, count);
        summed->filled += count;
        at += count;
        size -= count;
        if (summed->filled == sizeof summed->word)
            sum_step(summed);
    }
}

static uint64_t sum_end(struct summed *summed)
{
    memset(summed->word + summed->filled, 0, sizeof summed->word - summed->filled);
    sum_step(summed);
    return summed->sum;
}

static uint64_t sum_of(const void *bytes, size_t size)
{
    struct summed summed = {.sum = 1};
    sum_add(&summed, bytes, size);
    return sum_end(&summed);
}

void rules_format(const struct rules_settings *settings, char format[17])
{
    const uint64_t layout[] = {
        SAVE_ROUND,
        sizeof(struct member),
        sizeof(struct backup),
        sizeof(struct version),
        sizeof(struct copy),
        sizeof(struct note),
        sizeof(struct household),
        sizeof(struct scalars),
        offsetof(struct member, touched),
        offsetof(struct version, touched),
        offsetof(struct copy, touched),
    };
    const int64_t set[] = {
        settings->loan,      settings->loan_copies, settings->clock_overdue, settings->clock_release,
        settings->grace_min, settings->grace_max,   settings->offer,         settings->fetch_idle,
        settings->probation, settings->proof_ttl,   settings->cooldown,      settings->want_cap,
        settings->p_max,     settings->p_grant,     settings->t_max,         settings->fair,
        settings->interval,  settings->auditor,     settings->bounty,        settings->loan_age,
    };
    struct summed summed = {.sum = 1};
    sum_add(&summed, layout, sizeof layout);
    sum_add(&summed, set, sizeof set);
    snprintf(format, 17, "%016" PRIx64, sum_end(&summed));
}

/* ---- saving ---- */

struct out {
    rules_put_fn *put;
    void *arg;
};

static void save_slab(struct out out, const struct slab *slab)
{
    const uint32_t counts[] = {slab->top, slab->live, slab->given_count};
    out.put(out.arg, counts, sizeof counts);
    if (slab->given_count > 0)
        out.put(out.arg, slab->given, slab->given_count * sizeof *slab->given);
    if (slab->records != NULL)
        out.put(out.arg, slab->records, slab->top * slab->record);
}

static void save_table(struct out out, const struct table *table)
{
    const uint32_t counts[] = {table->slots == NULL ? 0 : table->mask + 1, table->count};
    out.put(out.arg, counts, sizeof counts);
    if (counts[0] > 0)
        out.put(out.arg, table->slots, counts[0] * sizeof *table->slots);
}

static void save_heap(struct out out, const struct heap *heap)
{
    out.put(out.arg, &heap->count, sizeof heap->count);
    if (heap->count == 0)
        return;
    out.put(out.arg, heap->keys, heap->count * sizeof *heap->keys);
    out.put(out.arg, heap->items, heap->count * sizeof *heap->items);
}

static void save_handles(struct out out, const struct handles *handles)
{
    out.put(out.arg, &handles->count, sizeof handles->count);
    if (handles->count > 0)
        out.put(out.arg, handles->at, handles->count * sizeof *handles->at);
}

static void save_pools(struct out out, const struct rules *r)
{
    for (uint32_t i = 0; i < r->pools_count; i++) {
        const struct pool *pool = &r->pools[i];
        out.put(out.arg, &pool->time, sizeof pool->time);
        out.put(out.arg, &pool->mark, sizeof pool->mark);
        out.put(out.arg, &pool->timer, sizeof pool->timer);
        save_heap(out, &pool->clocks);
    }
}

static void save_parts(struct out out, const struct rules *r)
{
    struct scalars scalars;
    memset(&scalars, 0, sizeof scalars);
    scalars.at = r->at;
    scalars.now = r->now;
    scalars.burned = r->burned;
    scalars.turn = r->turn;
    scalars.queue_turn = r->queue_turn;
    scalars.pools_count = r->pools_count;
    scalars.superseded = r->superseded;
    scalars.down = r->down;
    memcpy(scalars.sizes, r->sizes, sizeof scalars.sizes);
    memcpy(scalars.sizes_count, r->sizes_count, sizeof scalars.sizes_count);
    out.put(out.arg, &scalars, sizeof scalars);
    const struct slab *slabs[] = {&r->members, &r->backups, &r->versions, &r->copies, &r->notes, &r->households};
    for (size_t i = 0; i < sizeof slabs / sizeof *slabs; i++)
        save_slab(out, slabs[i]);
    const struct table *tables[] = {&r->member_ids, &r->backup_ids, &r->version_ids, &r->pairs, &r->household_ids};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        save_table(out, tables[i]);
    save_heap(out, &r->deadlines);
    save_pools(out, r);
    save_handles(out, &r->queue);
    save_handles(out, &r->hungry);
}

void rules_save(const struct rules *r, rules_put_fn *put, void *arg)
{
    struct header header = {.magic = "DJBOOKS"};
    struct summed summed = {.sum = 1};
    save_parts((struct out){sum_add, &summed}, r);
    rules_format(&r->set, header.format);
    header.size = summed.size;
    header.sum = sum_end(&summed);
    put(arg, &header, sizeof header);
    save_parts((struct out){put, arg}, r);
}

/* ---- loading ---- */

/* What is left of the bytes; `whole` turns false where they end too soon, and all that is read from then on is zero. */
struct source {
    struct slice rest;
    bool whole;
};

static void take(struct source *from, void *into, size_t size)
{
    from->whole = from->whole && size <= from->rest.size;
    if (!from->whole) {
        memset(into, 0, size);
        return;
    }
    if (size == 0)
        return;
    memcpy(into, from->rest.at, size);
    from->rest = slice_of(from->rest.at + size, from->rest.size - size);
}

/* An array of the caller's; NULL when there is nothing in it, or not enough bytes for it. */
static void *take_array(struct source *from, size_t count, size_t each)
{
    if (count == 0 || count > from->rest.size / each) {
        from->whole = from->whole && count == 0;
        return NULL;
    }
    void *array = mem_take(count * each);
    take(from, array, count * each);
    return array;
}

static void load_slab(struct source *from, struct slab *slab)
{
    uint32_t counts[3];
    take(from, counts, sizeof counts);
    slab->given = take_array(from, counts[2], sizeof *slab->given);
    slab->given_count = slab->given_room = slab->given == NULL ? 0 : counts[2];
    if (counts[0] <= 1 || !from->whole || counts[0] > from->rest.size / slab->record)
        return;
    slab->top = counts[0];
    slab->live = counts[1];
    slab_make_room(slab, slab->top);
    take(from, slab->records, slab->top * slab->record);
}

static void load_table(struct source *from, struct table *table)
{
    uint32_t counts[2];
    take(from, counts, sizeof counts);
    table->slots = take_array(from, counts[0], sizeof *table->slots);
    table->mask = table->slots == NULL ? 0 : counts[0] - 1;
    table->count = table->slots == NULL ? 0 : counts[1];
}

static void load_heap(struct source *from, struct heap *heap)
{
    uint32_t count;
    take(from, &count, sizeof count);
    heap->keys = take_array(from, count, sizeof *heap->keys);
    heap->items = take_array(from, count, sizeof *heap->items);
    heap->count = heap->room = heap->items == NULL ? 0 : count;
}

static void load_handles(struct source *from, struct handles *handles)
{
    uint32_t count;
    take(from, &count, sizeof count);
    handles->at = take_array(from, count, sizeof *handles->at);
    handles->count = handles->room = handles->at == NULL ? 0 : count;
}

static uint32_t *clock_place(void *of, uint32_t member)
{
    return &member_at(of, member)->pool_timer;
}

static void load_pools(struct source *from, struct rules *r, uint32_t count)
{
    if (count > from->rest.size) {
        from->whole = false;
        return;
    }
    r->pools = mem_zero(count + 1, sizeof *r->pools);
    r->pools_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct pool *pool = &r->pools[i];
        pool->clocks = (struct heap){.place = clock_place, .of = r};
        take(from, &pool->time, sizeof pool->time);
        take(from, &pool->mark, sizeof pool->mark);
        take(from, &pool->timer, sizeof pool->timer);
        load_heap(from, &pool->clocks);
    }
}

static void load_parts(struct source *from, struct rules *r)
{
    struct scalars scalars;
    take(from, &scalars, sizeof scalars);
    r->at = scalars.at;
    r->now = scalars.now;
    r->burned = scalars.burned;
    r->turn = scalars.turn;
    r->queue_turn = scalars.queue_turn;
    r->superseded = scalars.superseded;
    r->down = scalars.down;
    memcpy(r->sizes, scalars.sizes, sizeof scalars.sizes);
    memcpy(r->sizes_count, scalars.sizes_count, sizeof scalars.sizes_count);
    struct slab *slabs[] = {&r->members, &r->backups, &r->versions, &r->copies, &r->notes, &r->households};
    for (size_t i = 0; i < sizeof slabs / sizeof *slabs; i++)
        load_slab(from, slabs[i]);
    struct table *tables[] = {&r->member_ids, &r->backup_ids, &r->version_ids, &r->pairs, &r->household_ids};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        load_table(from, tables[i]);
    load_heap(from, &r->deadlines);
    load_pools(from, r, scalars.pools_count);
    load_handles(from, &r->queue);
    load_handles(from, &r->hungry);
}

static bool header_read(struct source *from, const struct rules_settings *settings)
{
    struct header header;
    char format[17];
    take(from, &header, sizeof header);
    rules_format(settings, format);
    return from->whole && memcmp(header.magic, "DJBOOKS", sizeof header.magic) == 0 &&
           memcmp(header.format, format, sizeof format) == 0 && header.size == from->rest.size &&
           header.sum == sum_of(from->rest.at, from->rest.size);
}

bool rules_load(struct slice bytes, const struct rules_settings *settings, struct rules **into, struct fault *why)
{
    struct source from = {.rest = bytes, .whole = true};
    if (!header_read(&from, settings))
        return fault_set(why, STATUS_invalid, NULL, "The saved state is damaged or of another program.");
    struct rules *r = rules_new(settings);
    load_parts(&from, r);
    if (from.whole && from.rest.size == 0) {
        *into = r;
        return true;
    }
    rules_destroy(&r);
    return fault_set(why, STATUS_invalid, NULL, "The saved state is not whole.");
}
