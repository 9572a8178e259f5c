/* Magic, the feeds' places, torrents, members, permits, clients, slots, checksum; numbers little-endian. What is read
 * is applied as if the feeds told it. Owners of Backups stand among the slots. */
#include "services/tracker/feeds_image.h"

#define MAGIC UINT64_C(0x3465666d626a64)        /* "djbmfe4" */
#define MAGIC_BEFORE UINT64_C(0x3365666d626a64) /* without the times until which can be restored */
#define CHECKSUM_SIZE 8
#define PART 1000 /* records; then announces that wait go first */

enum { TORRENT_ACTIVE = 1, TORRENT_REDUNDANCY = 2 };

/* Against damage, not forgery: the key is known. */
static const struct hash_key checksum_key = {UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c)};

/* ---- writing ---- */

static void put_number(struct buffer *into, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    buffer_add(into, bytes, size);
}

struct writer {
    struct buffer *into;
    struct tracker *tracker;
    unsigned records;
};

static struct buffer *next_record(void *arg)
{
    struct writer *writer = arg;
    if (++writer->records % PART == 0)
        lock_breathe(&writer->tracker->lock);
    return writer->into;
}

static void put_torrent(void *arg, const struct torrent *torrent)
{
    struct buffer *into = next_record(arg);
    if (!torrent->known)
        return;
    put_number(into, torrent->id, 8);
    buffer_add(into, torrent->info_hash, HASH_SIZE);
    buffer_add(into, torrent->info_hash_v2, HASH_SIZE);
    put_number(into, (torrent->active ? TORRENT_ACTIVE : 0) | (torrent->redundancy ? TORRENT_REDUNDANCY : 0), 1);
    put_number(into, torrent_completed(torrent), 4);
    put_number(into, (uint64_t)torrent->restore_until, 8);
}

static void put_member(void *arg, const struct member *member)
{
    struct buffer *into = next_record(arg);
    if (!member->known)
        return;
    put_number(into, member->user, 8);
    buffer_add(into, member->passkey, PASSKEY_SIZE);
    put_number(into, member->active, 1);
    put_number(into, (uint64_t)member->restore_until, 8);
}

static void put_permit(void *arg, const struct member *member)
{
    struct buffer *into = next_record(arg);
    if (!member->has_permit)
        return;
    size_t size = member->reason != NULL ? strlen(member->reason) : 0;
    size = size < FAILURE_MAX ? size : FAILURE_MAX - 1;
    put_number(into, member->user, 8);
    put_number(into, member->may_leech, 1);
    put_number(into, size, 1);
    buffer_add(into, member->reason != NULL ? member->reason : "", size);
}

static void put_text(struct buffer *into, const char *text)
{
    size_t size = strlen(text);
    put_number(into, size, 1);
    buffer_add(into, text, size);
}

static void put_clients(struct buffer *into, const struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        const struct client_rule *rule = &clients->rules[i];
        put_number(into, rule->id, 8);
        put_number(into, rule->allowed, 1);
        put_text(into, rule->prefix);
        put_text(into, rule->low);
        put_text(into, rule->high);
        put_text(into, rule->reason);
    }
}

static void put_slot(void *arg, const struct slot *slot)
{
    struct writer *writer = arg;
    struct buffer *into = next_record(writer);
    put_number(into, registry_member_at(writer->tracker->registry, slot->member)->user, 8);
    put_number(into, registry_torrent_at(writer->tracker->registry, slot->torrent)->id, 8);
    put_number(into, slot->verdict, 1);
    put_text(into, slot->reason);
}

void feeds_image_write(struct tracker *tracker, const struct feed_place places[FEED_count], struct buffer *into)
{
    struct writer writer = {.into = into, .tracker = tracker};
    put_number(into, MAGIC, 8);
    for (unsigned i = 0; i < FEED_count; i++) {
        put_number(into, places[i].seq, 8);
        put_number(into, places[i].read, 1);
    }
    lock_take(&tracker->lock);
    registry_each_torrent(tracker->registry, put_torrent, &writer);
    put_number(into, 0, 8); /* no torrent, member or rule has this id: the list ends */
    registry_each_member(tracker->registry, put_member, &writer);
    put_number(into, 0, 8);
    registry_each_member(tracker->registry, put_permit, &writer);
    put_number(into, 0, 8);
    put_clients(into, &tracker->clients);
    put_number(into, 0, 8);
    slots_each(tracker->slots, put_slot, &writer);
    lock_give(&tracker->lock);
    put_number(into, 0, 8);
    put_number(into, hash_of(&checksum_key, into->at, into->size), CHECKSUM_SIZE);
}

/* ---- reading: of bytes whose checksum is right ---- */

struct reader {
    struct slice rest;
    bool short_of; /* something was missing */
    bool timeless; /* it is of MAGIC_BEFORE */
    struct tracker *tracker;
};

static const char *take_bytes(struct reader *reader, size_t size)
{
    static const char nothing[256];
    if (reader->short_of || reader->rest.size < size) {
        reader->short_of = true;
        return nothing;
    }
    const char *at = reader->rest.at;
    reader->rest = slice_of(at + size, reader->rest.size - size);
    return at;
}

static uint64_t take_number(struct reader *reader, unsigned size)
{
    const uint8_t *bytes = (const uint8_t *)take_bytes(reader, size);
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static int64_t take_time(struct reader *reader)
{
    return reader->timeless ? 0 : (int64_t)take_number(reader, 8);
}

static struct slice take_text(struct reader *reader)
{
    size_t size = (size_t)take_number(reader, 1);
    return slice_of(take_bytes(reader, size), size);
}

static void take_torrents(struct reader *reader)
{
    for (uint64_t id; (id = take_number(reader, 8)) != 0;) {
        struct slice hash = slice_of(take_bytes(reader, HASH_SIZE), HASH_SIZE);
        struct slice hash_v2 = slice_of(take_bytes(reader, HASH_SIZE), HASH_SIZE);
        uint64_t bits = take_number(reader, 1);
        uint32_t completed = (uint32_t)take_number(reader, 4);
        int64_t restore_until = take_time(reader);
        if (reader->short_of)
            return;
        const char *accounting = bits & TORRENT_REDUNDANCY ? "redundancy" : "ratio";
        tracker_apply_torrent(reader->tracker, &(struct torrent_fact){.torrent = id,
                                                                      .info_hash = hash,
                                                                      .info_hash_v2 = hash_v2,
                                                                      .accounting = slice_text(accounting),
                                                                      .active = (bits & TORRENT_ACTIVE) != 0,
                                                                      .restore_until = restore_until});
        registry_torrent_make(reader->tracker->registry, id)->completed_least = completed;
    }
}

static void take_members(struct reader *reader)
{
    for (uint64_t user; (user = take_number(reader, 8)) != 0;) {
        struct slice passkey = slice_of(take_bytes(reader, PASSKEY_SIZE), PASSKEY_SIZE);
        bool active = take_number(reader, 1) != 0;
        int64_t restore_until = take_time(reader);
        if (reader->short_of)
            return;
        struct slice standing = slice_text(active ? "active" : "disabled");
        tracker_apply_member(reader->tracker, &(struct member_fact){.user = user,
                                                                    .passkey = passkey,
                                                                    .standing = standing,
                                                                    .restore_until = restore_until});
    }
}

static void take_permits(struct reader *reader)
{
    for (uint64_t user; (user = take_number(reader, 8)) != 0;) {
        bool may_leech = take_number(reader, 1) != 0;
        struct slice reason = take_text(reader);
        if (reader->short_of)
            return;
        tracker_apply_permit(reader->tracker,
                             &(struct permit_fact){.user = user, .may_leech = may_leech, .reason = reason});
    }
}

static void take_clients(struct reader *reader)
{
    for (uint64_t id; (id = take_number(reader, 8)) != 0;) {
        struct client_fact fact = {.rule = id, .active = true};
        fact.allowed = take_number(reader, 1) != 0;
        fact.prefix = take_text(reader);
        fact.low = take_text(reader);
        fact.high = take_text(reader);
        fact.reason = take_text(reader);
        if (reader->short_of)
            return;
        tracker_apply_client(reader->tracker, &fact);
    }
}

static void take_slots(struct reader *reader)
{
    for (uint64_t user; (user = take_number(reader, 8)) != 0;) {
        struct slot_fact fact = {.user = user, .active = true};
        fact.torrent = take_number(reader, 8);
        fact.verdict = slice_text(slot_verdict_names[take_number(reader, 1) & SLOT_deny]);
        fact.reason = take_text(reader);
        if (reader->short_of)
            return;
        tracker_apply_slot(reader->tracker, &fact);
    }
}

bool feeds_image_read(struct slice image, struct tracker *tracker, struct feed_place places[FEED_count])
{
    if (image.size < 8 + CHECKSUM_SIZE)
        return false;
    size_t size = image.size - CHECKSUM_SIZE;
    struct reader end = {.rest = slice_of(image.at + size, CHECKSUM_SIZE)};
    struct reader reader = {.rest = slice_of(image.at, size), .tracker = tracker};
    if (take_number(&end, CHECKSUM_SIZE) != hash_of(&checksum_key, image.at, size))
        return false;
    uint64_t magic = take_number(&reader, 8);
    if (magic != MAGIC && magic != MAGIC_BEFORE)
        return false;
    reader.timeless = magic == MAGIC_BEFORE;
    for (unsigned i = 0; i < FEED_count; i++) {
        places[i].seq = take_number(&reader, 8);
        places[i].read = take_number(&reader, 1) != 0;
    }
    take_torrents(&reader);
    take_members(&reader);
    take_permits(&reader);
    take_clients(&reader);
    take_slots(&reader);
    if (reader.timeless)
        places[FEED_torrents].seq = places[FEED_members].seq = 0; /* to be told again */
    return !reader.short_of;
}
