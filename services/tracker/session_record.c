/* Numbers of as many bytes as they need, little-endian whatever the machine. */
#include "services/tracker/session_record.h"

#include <assert.h>

#define WHO_BITS 26
#define WHO_MOST ((1u << WHO_BITS) - 1)
#define SHORT_MOST ((UINT64_C(1) << 40) - 1)
#define SHORT_UNKNOWN SHORT_MOST      /* stands for LEFT_UNKNOWN */
#define ORIGIN INT64_C(1577836800000) /* 2020; epochs fit until 2054 */

static void put_long(uint8_t into[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        into[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_long(const uint8_t from[4])
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put(uint8_t into[5], uint64_t value)
{
    put_long(into, (uint32_t)value);
    into[4] = (uint8_t)(value >> 32);
}

static uint64_t get(const uint8_t from[5])
{
    return get_long(from) | (uint64_t)from[4] << 32;
}

struct session_where session_record_where(const struct session_record *record)
{
    uint64_t low = get_long(record->who) | (uint64_t)get_long(record->who + 4) << 32;
    uint32_t high = record->who[8] | (uint32_t)record->who[9] << 8;
    return (struct session_where){
        .member = low & WHO_MOST,
        .torrent = low >> WHO_BITS & WHO_MOST,
        .place = (uint32_t)(low >> 2 * WHO_BITS) | high << (64 - 2 * WHO_BITS),
    };
}

void session_record_place(struct session_record *record, const struct session_where *where)
{
    assert(where->member <= WHO_MOST && where->torrent <= WHO_MOST && where->place <= WHO_MOST);
    uint64_t low = where->member | (uint64_t)where->torrent << WHO_BITS | (uint64_t)where->place << 2 * WHO_BITS;
    uint32_t high = where->place >> (64 - 2 * WHO_BITS);
    put_long(record->who, (uint32_t)low);
    put_long(record->who + 4, (uint32_t)(low >> 32));
    record->who[8] = (uint8_t)high;
    record->who[9] = (uint8_t)(high >> 8);
}

uint16_t session_record_prefix(const struct session_record *record)
{
    return (uint16_t)(record->prefix[0] | record->prefix[1] << 8);
}

static bool is_short_time(int64_t value, int64_t since, uint64_t most)
{
    return value >= since && (uint64_t)(value - since) <= most;
}

bool session_record_fits(const struct session_totals *totals)
{
    return totals->base_up == 0 && totals->base_down == 0 && totals->up <= SHORT_MOST && totals->down <= SHORT_MOST &&
           (totals->left < SHORT_UNKNOWN || totals->left == LEFT_UNKNOWN) &&
           is_short_time(totals->epoch, ORIGIN, SHORT_MOST) &&
           is_short_time(totals->seen_at, totals->epoch, UINT32_MAX) && (totals->flags & ~RECORD_FLAGS) == 0;
}

void session_record_put(struct session_record *record, const struct session_totals *totals)
{
    put(record->up, totals->up);
    put(record->down, totals->down);
    put(record->left, totals->left == LEFT_UNKNOWN ? SHORT_UNKNOWN : totals->left);
    put(record->epoch, (uint64_t)(totals->epoch - ORIGIN));
    put_long(record->seen, (uint32_t)(totals->seen_at - totals->epoch));
    record->bits = (uint8_t)((record->bits & ~RECORD_FLAGS) | totals->flags);
}

void session_record_get(const struct session_record *record, struct session_totals *into)
{
    uint64_t left = get(record->left);
    into->base_up = into->base_down = 0;
    into->up = get(record->up);
    into->down = get(record->down);
    into->left = left == SHORT_UNKNOWN ? LEFT_UNKNOWN : left;
    into->epoch = ORIGIN + (int64_t)get(record->epoch);
    into->seen_at = into->epoch + get_long(record->seen);
    into->flags = record->bits & RECORD_FLAGS;
}

int64_t session_record_seen(const struct session_record *record)
{
    return ORIGIN + (int64_t)get(record->epoch) + get_long(record->seen);
}
