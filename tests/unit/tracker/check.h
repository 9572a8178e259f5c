/* What every test program here starts with. */
#ifndef DJEMBE_TESTS_TRACKER_CHECK_H
#define DJEMBE_TESTS_TRACKER_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
