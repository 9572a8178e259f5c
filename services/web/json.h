/* Writes a msgpack value as JSON, for tools. Pure. */
#ifndef DJEMBE_WEB_JSON_H
#define DJEMBE_WEB_JSON_H

#include "proto/codec.h"
#include "services/common/bencode.h"

/* Bytes go out as hex; everything that JSON has no word for as null. */
void json_write(const msgpack_object *value, struct buffer *into);

#endif
