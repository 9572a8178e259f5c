/* Addresses are reserved once, for more records than there will ever be, and get memory in large pages' steps. What has
 * been filled becomes a large page: records are found at random, and the processor remembers where few pages lie. What
 * is not yet full stays in small ones, so that a little is not rounded up. A stack keeps what was given back. */
#include "services/common/slab.h"

#include "services/common/arena.h"
#include "services/common/log.h"

#include <assert.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RECORDS_MOST (1u << 28)
#define LARGE_PAGE ((size_t)2 << 20)
#define GIVEN_LEAST 64u

void slab_init(struct slab *slab, size_t record)
{
    *slab = (struct slab){.record = record, .top = 1};
}

static size_t reserved(const struct slab *slab)
{
    return (RECORDS_MOST * slab->record + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
}

void slab_clear(struct slab *slab)
{
    if (slab->records != NULL)
        munmap(slab->records, reserved(slab));
    free(slab->given);
    slab_init(slab, slab->record);
}

/* It begins where a large page may. */
static void reserve(struct slab *slab)
{
    char *all = mmap(NULL, reserved(slab) + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        fatal("Out of addresses for %zu bytes: lift the limit of virtual memory (ulimit -v).", reserved(slab));
    size_t before = -(uintptr_t)all % LARGE_PAGE;
    slab->records = all + before;
    if (before > 0)
        munmap(all, before);
    munmap(slab->records + reserved(slab), LARGE_PAGE - before);
}

/* A system that cannot make a large page now does it by and by, or never. */
static void enlarge_pages(char *from, size_t bytes)
{
    if (madvise(from, bytes, MADV_HUGEPAGE) == 0)
        madvise(from, bytes, MADV_COLLAPSE);
}

static void grow(struct slab *slab)
{
    if (slab->records == NULL)
        reserve(slab);
    else
        enlarge_pages(slab->records + slab->bytes - LARGE_PAGE, LARGE_PAGE);
    if (mprotect(slab->records + slab->bytes, LARGE_PAGE, PROT_READ | PROT_WRITE) != 0)
        fatal("Out of memory for %zu more bytes.", LARGE_PAGE);
    slab->bytes += LARGE_PAGE;
}

void slab_make_room(struct slab *slab, uint32_t top)
{
    assert(top <= RECORDS_MOST);
    while (top * slab->record > slab->bytes)
        grow(slab);
}

static uint32_t fresh_handle(struct slab *slab)
{
    slab_make_room(slab, slab->top + 1);
    return slab->top++;
}

static void resize_given(struct slab *slab, uint32_t room)
{
    slab->given_room = room;
    slab->given = mem_grow(slab->given, room * sizeof *slab->given);
}

uint32_t slab_take(struct slab *slab)
{
    slab->live++;
    if (slab->given_count == 0)
        return fresh_handle(slab);
    uint32_t handle = slab->given[--slab->given_count];
    if (slab->given_room > GIVEN_LEAST && slab->given_count < slab->given_room / 4)
        resize_given(slab, slab->given_room / 2);
    return handle;
}

void slab_give(struct slab *slab, uint32_t handle)
{
    assert(handle != SLAB_NONE && handle < slab->top && slab->live > 0);
    memset(slab_at(slab, handle), 0, slab->record);
    if (slab->given_count == slab->given_room)
        resize_given(slab, slab->given_room == 0 ? GIVEN_LEAST : slab->given_room * 2);
    slab->given[slab->given_count++] = handle;
    slab->live--;
}

size_t slab_bytes(const struct slab *slab)
{
    return slab->top * slab->record + slab->given_room * sizeof *slab->given;
}
