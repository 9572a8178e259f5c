/* The descriptors of all messages and rows, expanded from messages.def and rows.def. Knows nothing of their meaning. */
#include "proto/proto.h"

#define TABLE_END                                                                                                      \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

/* clang-format off: a declaration a line reads best here */

/* `given` has one bit a field, so a message has at most 64; the sentinel row makes 65. */
#define CHECK_FIELDS(table) _Static_assert(sizeof(table) / sizeof(table)[0] <= 65, "a message has at most 64 fields");

#define ROW(r, doc) static const struct field r##_columns[] = {
#define COLUMN(kind, name, low, high, need, doc) {#name, KIND_##kind, need, low, high, NULL, doc},
#define ROW_END(r)                                                                                                     \
    TABLE_END                                                                                                          \
    }                                                                                                                  \
    ;                                                                                                                  \
    CHECK_FIELDS(r##_columns)                                                                                          \
    _Static_assert(sizeof(struct r) <= ROW_SIZE_MAX, "a row fits the codec's scratch space");
#include "proto/rows.def"

#define ROW(r, doc) const struct row r##_row = {#r, doc, r##_columns, sizeof(struct r)};
#define COLUMN(kind, name, low, high, need, doc)
#define ROW_END(r)
#include "proto/rows.def"

#define MESSAGE(m, wire, effect, doc) static const struct field m##_ask[] = {
#define FIELD(kind, name, low, high, need, doc) {#name, KIND_##kind, need, low, high, NULL, doc},
#define ROWS(name, r, high, need, doc) {#name, KIND_rows, need, 0, high, &r##_row, doc},
#define REPLY(m)                                                                                                       \
    TABLE_END                                                                                                          \
    }                                                                                                                  \
    ;                                                                                                                  \
    CHECK_FIELDS(m##_ask) static const struct field m##_answer[] = {
#define END(m)                                                                                                         \
    TABLE_END                                                                                                          \
    }                                                                                                                  \
    ;                                                                                                                  \
    CHECK_FIELDS(m##_answer)
#include "proto/messages.def"

#define MESSAGE(m, wire, effect, doc)                                                                                  \
    const struct message m##_message = {                                                                               \
        wire, effect, doc, m##_ask, m##_answer, sizeof(struct m), sizeof(struct m##_reply)};
#define FIELD(kind, name, low, high, need, doc)
#define ROWS(name, r, high, need, doc)
#define REPLY(m)
#define END(m)
#include "proto/messages.def"

const struct message *const messages[] = {
#define MESSAGE(m, wire, effect, doc) &m##_message,
#define FIELD(kind, name, low, high, need, doc)
#define ROWS(name, r, high, need, doc)
#define REPLY(m)
#define END(m)
#include "proto/messages.def"
};
/* clang-format on */

const size_t messages_count = sizeof messages / sizeof messages[0];

static bool ends_with(struct slice text, const char *tail)
{
    size_t size = strlen(tail);
    return text.size > size && memcmp(text.at + text.size - size, tail, size) == 0;
}

const struct message *message_find(struct slice wire)
{
    for (size_t i = 0; i < messages_count; i++)
        if (slice_is(wire, messages[i]->name))
            return messages[i];
    if (ends_with(wire, ".since"))
        return &feed_since_message;
    if (ends_with(wire, ".snapshot"))
        return &feed_snapshot_message;
    return NULL;
}
