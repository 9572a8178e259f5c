/* Reads and packs what proto/messages.def and proto/rows.def declare. One generic walk over the declared fields; every
 * limit is checked here and nowhere else. Decoded text and bytes are borrowed from the msgpack object they were read
 * from and live as long as it does. */
#ifndef DJEMBE_PROTO_CODEC_H
#define DJEMBE_PROTO_CODEC_H

#include "proto/fault.h"
#include "proto/slice.h"

#include <msgpack.h>

enum field_kind {
    KIND_text,   /* UTF-8 without NUL; low..high are bytes; C: struct slice */
    KIND_bytes,  /* raw; low..high are bytes; C: struct slice */
    KIND_count,  /* unsigned, low..high; C: uint64_t */
    KIND_number, /* signed, low..high; C: int64_t. Times are unix milliseconds */
    KIND_flag,   /* true or false; C: bool */
    KIND_tree,   /* any map or array of maps, for templates and forms; low..high are entries; C: struct tree */
    KIND_rows,   /* array of arrays, columns declared in rows.def; low..high are rows; C: struct tree */
};

enum field_need { OPTIONAL, REQUIRED };

/* A nested value. Read: `object` points into the message. To be packed: either `object`, or `packed`, the msgpack
 * bytes of exactly one value; with neither, an empty array goes out. */
struct tree {
    const msgpack_object *object;
    struct slice packed;
};

#define ID_MAX 9223372036854775807 /* ids and counters are positive 63-bit integers */

/* For so long a deleted Backup, and those of a disabled member, are their owner's to restore (RULES 2.5, 2.6). */
#define RESTORE_OPEN_MS (INT64_C(30) * 86400000)
#define TREE_DEPTH_MAX 16
#define ROW_SIZE_MAX 512        /* bytes of a row's C struct */
#define TREE_VALUES_MAX 1000000 /* values in one message, keys counted too: bounds the memory that unpacking takes */

/* A field's place in its C struct is not stored: the structs are laid out from the same lines, so the walk adds up
 * sizes as the compiler did (field_offset). */
struct field {
    const char *name; /* NULL ends a table of fields */
    enum field_kind kind;
    enum field_need need;
    int64_t low, high;
    const struct row *row; /* KIND_rows: what each row holds */
    const char *doc;
};

/* A row: an array whose columns come in declared order. */
struct row {
    const char *name;
    const char *doc;
    const struct field *columns;
    size_t size; /* of the C struct */
};

enum message_effect {
    READ,  /* changes nothing: the bus asks another replica when one goes away */
    WRITE, /* changes something: asked again elsewhere only when it carries an idempotency key */
};

struct message {
    const char *name; /* on the wire: service.noun.verb */
    enum message_effect effect;
    const char *doc;
    const struct field *ask;
    const struct field *reply;
    size_t ask_size, reply_size; /* of the C structs */
};

/* Structs made from the declarations begin with this: bit i is set when field i was in the message read. Ignored when
 * packing: optional fields that are zero or empty are left out. */
typedef uint64_t field_mask;

/* Where field i of the table is in its C struct. */
size_t field_offset(const struct field *fields, size_t i);

/* Reads a map into the struct described by `fields` (zeroed first). Unknown keys are skipped; a missing (or nil)
 * optional field stays zero, and one that is zero or empty counts as missing. Rows are checked too: row_read of them
 * cannot fail afterwards. False with `why` filled (STATUS_invalid or STATUS_too_large, and the field's name) at the
 * first fault. */
bool fields_read(const struct field *fields, size_t size, void *into, const msgpack_object *map, struct fault *why);

/* Was the field of that name in the message that the struct was read from, be it zero or empty? */
bool field_given(const struct field *fields, const void *read, const char *name);

/* Do the struct's own values keep the declared limits? What trees and rows hold is for the reader to check. */
bool fields_check(const struct field *fields, const void *from, struct fault *why);

/* Packs the struct as a map. The caller's values are trusted to keep the declared limits (asserted). */
void fields_pack(const struct field *fields, const void *from, msgpack_packer *packer);

/* The same for a row (array): surplus columns are skipped, missing optional ones stay zero. */
bool row_read(const struct row *row, void *into, const msgpack_object *array, struct fault *why);
void row_pack(const struct row *row, const void *from, msgpack_packer *packer);

/* Walks a value of KIND_rows: how many rows there are, and the i-th one (NULL out of range). */
size_t rows_count(struct tree rows);
const msgpack_object *rows_at(struct tree rows, size_t i);

/* The value of a key in a map object; NULL when it is not a map or has no such key. */
const msgpack_object *map_find(const msgpack_object *map, const char *key);

/* Small helpers for code that builds trees by hand. */
void pack_key(msgpack_packer *packer, const char *key);
void pack_text(msgpack_packer *packer, struct slice text);
void pack_bytes(msgpack_packer *packer, struct slice bytes);

/* Unpacks exactly one value of at most `limit` bytes, TREE_DEPTH_MAX deep, with nothing behind it. `zone` owns the
 * result, whose text and bytes still lie in `packed`. Bytes that are not msgpack, or nest deeper, give false; so do
 * extension types, which nothing here uses. */
bool object_read(struct slice packed, size_t limit, msgpack_zone *zone, msgpack_object *into, struct fault *why);

#endif
