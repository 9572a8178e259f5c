/* cmocka with the headers it wants, and shorthands for slices. */
#ifndef DJEMBE_TESTS_UNIT_H
#define DJEMBE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/slice.h"

#define S(text) slice_of(text, sizeof(text) - 1)
#define assert_slice(slice, text) assert_true(slice_equal(slice, S(text)))

#endif
