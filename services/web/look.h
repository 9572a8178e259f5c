/* Reading single values out of a tree. Pure. */
#ifndef DJEMBE_WEB_LOOK_H
#define DJEMBE_WEB_LOOK_H

#include "proto/codec.h"

/* Empty, 0, false or NULL when the map has no such key of that kind. */
struct slice look_text(const msgpack_object *map, const char *key);
uint64_t look_count(const msgpack_object *map, const char *key);
bool look_flag(const msgpack_object *map, const char *key);
const msgpack_object *look_map(const msgpack_object *map, const char *key);

/* The entries of an array, or none. */
size_t look_size(const msgpack_object *array);
const msgpack_object *look_at(const msgpack_object *array, size_t i);
const msgpack_object *look_array(const msgpack_object *map, const char *key);

/* A text value by itself. */
struct slice look_string(const msgpack_object *value);

#endif
