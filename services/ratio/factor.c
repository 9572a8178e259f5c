/* Few torrents have a factor, so a batch looks for them by binary search; events stand first, as torrent 0. */
#include "services/ratio/factor.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

static int by_torrent(const void *left, const void *right)
{
    const struct factor_span *a = left, *b = right;
    return a->torrent < b->torrent ? -1 : a->torrent > b->torrent;
}

void factor_sort(struct factor_span *spans, size_t count)
{
    if (count > 0)
        qsort(spans, count, sizeof *spans, by_torrent);
}

static size_t first_of(const struct factor_span *spans, size_t count, uint64_t torrent)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t at = from + (to - from) / 2;
        if (spans[at].torrent < torrent)
            from = at + 1;
        else
            to = at;
    }
    return from;
}

static uint32_t times(uint32_t factor, uint32_t percent)
{
    uint64_t product = (uint64_t)factor * percent / 100;
    return product < UINT32_MAX ? (uint32_t)product : UINT32_MAX;
}

static void apply(struct factor *factor, const struct factor_span *spans, size_t count, uint64_t user, uint64_t torrent,
                  int64_t at)
{
    for (size_t i = first_of(spans, count, torrent); i < count && spans[i].torrent == torrent; i++) {
        const struct factor_span *span = &spans[i];
        if ((span->user != 0 && span->user != user) || at < span->from || (span->to != 0 && at >= span->to))
            continue;
        factor->up = times(factor->up, span->upload);
        factor->down = times(factor->down, span->download);
    }
}

struct factor factor_at(const struct factor_span *spans, size_t count, uint64_t user, uint64_t torrent, int64_t at)
{
    struct factor factor = {FACTOR_ONE, FACTOR_ONE};
    apply(&factor, spans, count, user, 0, at);
    apply(&factor, spans, count, user, torrent, at);
    return factor;
}

uint64_t factor_of(uint64_t bytes, uint32_t factor)
{
    wide counted = (wide)bytes * factor / FACTOR_ONE;
    return counted < INT64_MAX ? (uint64_t)counted : INT64_MAX;
}
