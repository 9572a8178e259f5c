/* What the catalog's unit tests share: cmocka with the headers it wants, and short ways to say slices and faults. */
#ifndef DJEMBE_TESTS_CATALOG_UNIT_H
#define DJEMBE_TESTS_CATALOG_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/fault.h"

#define assert_slice(slice, text) assert_true(slice_equal(slice, slice_text(text)))
#define assert_says(why, words) assert_non_null(strstr((why).text, words))

#endif
