/* One record: checksum, seq, then the totals and the addresses, field by field. A record that was being written when
 * the process died fails its checksum; its announce was never answered. */
#include "services/tracker/journal_record.h"

#include "proto/codec.h"

#include <endian.h>

#define JOURNAL_MAGIC UINT64_C(0x326c6a65626d6a64) /* "djmbejl2" */

/* Against damage, not forgery: the key is known. */
static const struct hash_key checksum_key = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};

static void put(uint8_t **at, uint64_t value)
{
    value = htole64(value);
    memcpy(*at, &value, sizeof value);
    *at += sizeof value;
}

static void put4(uint8_t **at, uint32_t value)
{
    value = htole32(value);
    memcpy(*at, &value, sizeof value);
    *at += sizeof value;
}

static void put2(uint8_t **at, uint16_t value)
{
    value = htole16(value);
    memcpy(*at, &value, sizeof value);
    *at += sizeof value;
}

static void put_bytes(uint8_t **at, const void *bytes, size_t size)
{
    memcpy(*at, bytes, size);
    *at += size;
}

static uint64_t take_short(const uint8_t **at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t) * (*at)++ << (8 * i);
    return value;
}

static uint64_t take(const uint8_t **at)
{
    return take_short(at, 8);
}

static void take_bytes(const uint8_t **at, void *into, size_t size)
{
    memcpy(into, *at, size);
    *at += size;
}

static void put_contact(uint8_t **at, const struct contact *contact)
{
    put_bytes(at, contact->v4, sizeof contact->v4);
    put2(at, contact->port4);
    put4(at, contact->seen4);
    put_bytes(at, contact->v6, sizeof contact->v6);
    put2(at, contact->port6);
    put4(at, contact->seen6);
}

static void take_contact(const uint8_t **at, struct contact *contact)
{
    take_bytes(at, contact->v4, sizeof contact->v4);
    contact->port4 = (uint16_t)take_short(at, 2);
    contact->seen4 = (uint32_t)take_short(at, 4);
    take_bytes(at, contact->v6, sizeof contact->v6);
    contact->port6 = (uint16_t)take_short(at, 2);
    contact->seen6 = (uint32_t)take_short(at, 4);
}

static uint64_t checksum(const uint8_t *record)
{
    return hash_of(&checksum_key, record + 8, JOURNAL_RECORD_SIZE - 8);
}

static void seal(uint8_t *record)
{
    uint8_t *at = record;
    put(&at, checksum(record));
}

static bool is_sealed(const uint8_t *record)
{
    const uint8_t *at = record;
    return take(&at) == checksum(record);
}

void journal_record_write(uint64_t seq, const struct session_totals *totals, const struct contact *contact,
                          uint8_t into[JOURNAL_RECORD_SIZE])
{
    uint8_t *at = into + 8;
    put(&at, seq);
    put(&at, totals->user);
    put(&at, totals->torrent);
    put(&at, (uint64_t)totals->epoch);
    put(&at, (uint64_t)totals->seen_at);
    put(&at, totals->base_up);
    put(&at, totals->base_down);
    put(&at, totals->up);
    put(&at, totals->down);
    put(&at, totals->left);
    *at++ = totals->flags;
    put_bytes(&at, totals->peer_id, PEER_ID_SIZE);
    put_contact(&at, contact);
    memset(at, 0, (size_t)(into + JOURNAL_RECORD_SIZE - at));
    seal(into);
}

/* What the checks of an announce promise; a record that breaks it would be refused by ratio for ever. */
static bool is_sane(uint64_t seq, const struct session_totals *totals)
{
    const uint64_t counters[] = {totals->base_up, totals->base_down, totals->up, totals->down, totals->left};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        if (counters[i] > ID_MAX)
            return false;
    return seq > 0 && seq <= ID_MAX && totals->user > 0 && totals->user <= ID_MAX && totals->torrent > 0 &&
           totals->torrent <= ID_MAX && totals->epoch >= 0 && totals->seen_at >= 0;
}

static bool is_empty(const uint8_t *record)
{
    static const uint8_t zeros[JOURNAL_RECORD_SIZE];
    return memcmp(record, zeros, sizeof zeros) == 0;
}

enum journal_record journal_record_read(const uint8_t from[JOURNAL_RECORD_SIZE], uint64_t *seq,
                                        struct session_totals *totals, struct contact *contact)
{
    if (is_empty(from))
        return RECORD_empty;
    if (!is_sealed(from))
        return RECORD_damaged;
    const uint8_t *at = from + 8;
    *seq = take(&at);
    totals->user = take(&at);
    totals->torrent = take(&at);
    totals->epoch = (int64_t)take(&at);
    totals->seen_at = (int64_t)take(&at);
    totals->base_up = take(&at);
    totals->base_down = take(&at);
    totals->up = take(&at);
    totals->down = take(&at);
    totals->left = take(&at);
    totals->flags = (uint8_t)take_short(&at, 1);
    take_bytes(&at, totals->peer_id, PEER_ID_SIZE);
    take_contact(&at, contact);
    return is_sane(*seq, totals) ? RECORD_good : RECORD_damaged;
}

void journal_head_write(uint64_t number, uint8_t into[JOURNAL_RECORD_SIZE])
{
    memset(into, 0, JOURNAL_RECORD_SIZE);
    uint8_t *at = into + 8;
    put(&at, JOURNAL_MAGIC);
    put(&at, number);
    seal(into);
}

bool journal_head_read(const uint8_t from[JOURNAL_RECORD_SIZE], uint64_t *number)
{
    const uint8_t *at = from + 8;
    if (!is_sealed(from) || take(&at) != JOURNAL_MAGIC)
        return false;
    *number = take(&at);
    return true;
}

void journal_segment_read(const uint8_t *at, size_t size, journal_found_fn *found, void *arg,
                          struct journal_findings *findings)
{
    uint64_t number;
    findings->segments++;
    if (size < JOURNAL_RECORD_SIZE || !journal_head_read(at, &number))
        findings->unreadable++;
    for (size_t place = JOURNAL_RECORD_SIZE; place < size; place += JOURNAL_RECORD_SIZE) {
        uint64_t seq;
        struct session_totals totals;
        struct contact contact;
        bool cut = size - place < JOURNAL_RECORD_SIZE;
        enum journal_record met = cut ? RECORD_damaged : journal_record_read(at + place, &seq, &totals, &contact);
        if (met == RECORD_empty)
            continue;
        if (met == RECORD_damaged) {
            findings->damaged++;
            continue;
        }
        findings->good++;
        if (seq > findings->last_seq)
            findings->last_seq = seq;
        found(arg, seq, &totals, &contact);
    }
}
