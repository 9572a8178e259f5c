/* JSON to msgpack and back, for an operator's eyes and hands. Bytes are written {"hex": "00ff"}, both ways. */
#ifndef DJEMBE_ADMIN_JSON_H
#define DJEMBE_ADMIN_JSON_H

#include "proto/fault.h"

#include <jansson.h>
#include <msgpack.h>

/* False with `why` for what the bus has no value for (fractions) and for hex that is none. */
bool json_pack_value(const json_t *from, msgpack_packer *into, struct fault *why);

/* Text that is not UTF-8 comes out as bytes. A new reference. */
json_t *json_of(const msgpack_object *from);

/* Lower-case hex of bytes, as a JSON string. A new reference. */
json_t *json_hex(const void *bytes, size_t size);

#endif
