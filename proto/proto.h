/* What the daemons say to each other, as C: one struct a message, one a reply, one a row, each made from the
 * declarations in messages.def and rows.def, with a descriptor for the codec.
 *
 *   struct catalog_torrent_get, struct catalog_torrent_get_reply, const struct message catalog_torrent_get_message
 *   struct session_total, const struct row session_total_row
 */
#ifndef DJEMBE_PROTO_PROTO_H
#define DJEMBE_PROTO_PROTO_H

#include "proto/codec.h"

typedef struct slice proto_text;
typedef struct slice proto_bytes;
typedef uint64_t proto_count;
typedef int64_t proto_number;
typedef bool proto_flag;
typedef struct tree proto_tree;

/* session_total.flags */
enum { SESSION_COMPLETED = 1, SESSION_STOPPED = 2, SESSION_PAUSED = 4 };

/* A declaration a line reads best here. */
/* clang-format off */
#define ROW(r, doc) extern const struct row r##_row; struct r { field_mask given;
#define COLUMN(kind, name, low, high, need, doc) proto_##kind name;
#define ROW_END(r) };
#include "proto/rows.def"

#define MESSAGE(m, wire, effect, doc) struct m { field_mask given;
#define FIELD(kind, name, low, high, need, doc) proto_##kind name;
#define ROWS(name, r, high, need, doc) proto_tree name;
#define REPLY(m) }; struct m##_reply { field_mask given;
#define END(m) }; extern const struct message m##_message;
#include "proto/messages.def"
/* clang-format on */

/* Every message, in declared order; for the reference page and the operator's tool. */
extern const struct message *const messages[];
extern const size_t messages_count;

/* The message of that wire name; `<feed>.since` and `<feed>.snapshot` of any feed are found too. NULL: there is none.
 */
const struct message *message_find(struct slice wire);

#endif
