/* Which column holds which field of which event. */
#include "services/ratio/books/event.h"

static const char *const names[RULES_EVENTS] = {
    [RULES_member] = "member",
    [RULES_backup] = "backup",
    [RULES_redundancy] = "redundancy",
    [RULES_retention] = "retention",
    [RULES_version] = "version",
    [RULES_delete_version] = "delete_version",
    [RULES_delete_backup] = "delete_backup",
    [RULES_announce] = "announce",
    [RULES_dropped] = "dropped",
    [RULES_audit] = "audit",
    [RULES_assign] = "assign",
    [RULES_move] = "move",
    [RULES_burn] = "burn",
    [RULES_grant] = "grant",
    [RULES_free_space] = "free_space",
    [RULES_suspended] = "suspended",
    [RULES_household] = "household",
    [RULES_tracker] = "tracker",
    [RULES_tick] = "tick",
};

const char *event_name(enum rules_event_kind kind)
{
    return names[kind];
}

/* Five numbers in one: the rules keep the counts below 1024, and the days below 65536. */
static int64_t retention_number(const struct rules_retention *keep)
{
    return keep->last | keep->daily << 10 | keep->weekly << 20 | keep->monthly << 30 | keep->within << 40;
}

static struct rules_retention retention_of(int64_t number)
{
    return (struct rules_retention){.last = number & 1023,
                                    .daily = number >> 10 & 1023,
                                    .weekly = number >> 20 & 1023,
                                    .monthly = number >> 30 & 1023,
                                    .within = number >> 40 & 65535};
}

static int64_t amount_of(const struct rules_event *event)
{
    switch (event->kind) {
    case RULES_backup:
    case RULES_redundancy:
        return event->redundancy;
    case RULES_retention:
        return retention_number(&event->retention);
    case RULES_version:
        return event->size;
    case RULES_announce:
        return event->left;
    case RULES_audit:
        return event->result;
    case RULES_assign:
    case RULES_move:
    case RULES_burn:
    case RULES_grant:
        return event->points;
    case RULES_free_space:
        return event->bytes;
    case RULES_suspended:
        return event->suspended;
    case RULES_household:
        return event->household;
    case RULES_tracker:
        return event->up;
    default:
        return 0;
    }
}

struct book_row row_of_event(const struct rules_event *event)
{
    struct book_row row = {
        .at = event->at,
        .kind = slice_text(names[event->kind]),
        .user = event->user,
        .backup = event->kind == RULES_move ? event->from : event->backup,
        .version = event->version,
        .amount = amount_of(event),
    };
    if (event->kind == RULES_move)
        row.other = event->to;
    else if (event->kind == RULES_version)
        row.other = event->depends_on;
    else if (event->kind == RULES_assign)
        row.other = event->expects ? event->expected_assigned : -1;
    return row;
}

/* The amount goes to every field that some event reads it from; the others are ignored. */
bool event_of_row(const struct book_row *row, struct rules_event *event)
{
    *event = (struct rules_event){
        .kind = RULES_EVENTS,
        .at = row->at,
        .user = row->user,
        .backup = row->backup,
        .version = row->version,
        .redundancy = row->amount,
        .size = row->amount,
        .left = row->amount,
        .bytes = row->amount,
        .points = row->amount,
        .household = row->amount,
        .from = row->backup,
        .to = row->other,
        .depends_on = row->other,
        .retention = retention_of(row->amount),
        .expected_assigned = row->other,
        .expects = row->other >= 0,
        .up = row->amount != 0,
        .suspended = row->amount != 0,
    };
    for (int kind = 0; kind < RULES_EVENTS; kind++)
        if (slice_is(row->kind, names[kind]))
            event->kind = kind;
    if (event->kind == RULES_audit)
        event->result = row->amount >= 0 && row->amount < RULES_RESULTS ? (enum rules_result)row->amount : RULES_busy;
    return event->kind != RULES_EVENTS;
}

static void pack(struct buffer *into, int64_t value)
{
    uint64_t rest = (uint64_t)value;
    unsigned char bytes[10];
    size_t size = 0;
    for (; rest >= 0x80; rest >>= 7)
        bytes[size++] = (unsigned char)(rest | 0x80);
    bytes[size++] = (unsigned char)rest;
    buffer_add(into, bytes, size);
}

static bool unpack(struct slice *packed, int64_t *value)
{
    uint64_t read = 0;
    for (size_t i = 0; i < packed->size && i < 10; i++) {
        unsigned char byte = (unsigned char)packed->at[i];
        read |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *packed = slice_of(packed->at + i + 1, packed->size - i - 1);
            *value = (int64_t)read;
            return true;
        }
    }
    return false;
}

void sighting_fill(struct rules_event *event, int64_t user, int64_t version, int64_t number)
{
    event->kind = version == SIGHTING_HOUSEHOLD ? RULES_household : RULES_announce;
    event->user = user;
    event->version = version;
    event->left = event->household = number;
}

void sighting_pack(struct buffer *into, int64_t user, int64_t version, int64_t number)
{
    pack(into, user);
    pack(into, version);
    pack(into, number);
}

bool sighting_next(struct slice *packed, struct rules_event *event)
{
    int64_t user, version, number;
    if (packed->size == 0 || !unpack(packed, &user) || !unpack(packed, &version) || !unpack(packed, &number))
        return false;
    sighting_fill(event, user, version, number);
    return true;
}
