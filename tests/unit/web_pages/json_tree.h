/* Contexts written as JSON, for tests and for looking at templates. */
#ifndef DJEMBE_TESTS_JSON_TREE_H
#define DJEMBE_TESTS_JSON_TREE_H

#include <jansson.h>
#include <msgpack.h>

/* The value as a msgpack object that `zone` owns. */
msgpack_object json_tree(const json_t *value, msgpack_zone *zone);

#endif
