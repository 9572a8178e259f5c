/* Numbers of five bytes, little-endian whatever the machine. */
#include "services/tracker/session_record.h"

#define SHORT_MOST ((UINT64_C(1) << 40) - 1)
#define SHORT_UNKNOWN SHORT_MOST      /* stands for LEFT_UNKNOWN */
#define ORIGIN INT64_C(1577836800000) /* 2020; epochs fit until 2054 */

static void put(uint8_t into[5], uint64_t value)
{
    for (unsigned i = 0; i < 5; i++)
        into[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t from[5])
{
    uint32_t low = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
    return low | (uint64_t)from[4] << 32;
}

static bool is_short_time(int64_t value, int64_t since)
{
    return value >= since && (uint64_t)(value - since) <= SHORT_MOST;
}

bool session_record_fits(const struct session_totals *totals)
{
    return totals->base_up == 0 && totals->base_down == 0 && totals->up <= SHORT_MOST && totals->down <= SHORT_MOST &&
           (totals->left < SHORT_UNKNOWN || totals->left == LEFT_UNKNOWN) && is_short_time(totals->epoch, ORIGIN) &&
           is_short_time(totals->seen_at, totals->epoch) && (totals->flags & ~RECORD_FLAGS) == 0;
}

void session_record_put(struct session_record *record, const struct session_totals *totals)
{
    put(record->up, totals->up);
    put(record->down, totals->down);
    put(record->left, totals->left == LEFT_UNKNOWN ? SHORT_UNKNOWN : totals->left);
    put(record->epoch, (uint64_t)(totals->epoch - ORIGIN));
    put(record->seen, (uint64_t)(totals->seen_at - totals->epoch));
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
    into->seen_at = into->epoch + (int64_t)get(record->seen);
    into->flags = record->bits & RECORD_FLAGS;
}

int64_t session_record_seen(const struct session_record *record)
{
    return ORIGIN + (int64_t)get(record->epoch) + (int64_t)get(record->seen);
}
