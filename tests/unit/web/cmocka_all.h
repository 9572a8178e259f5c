/* What cmocka.h wants included before it. */
#ifndef DJEMBE_TESTS_WEB_CMOCKA_ALL_H
#define DJEMBE_TESTS_WEB_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/slice.h"

#define assert_slice(slice, text) assert_true(slice_is(slice, text))

#endif
