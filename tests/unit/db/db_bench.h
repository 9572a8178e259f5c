/* What the tests of the database share: a loop with a database, and waiting for a condition with a deadline. */
#ifndef DJEMBE_TESTS_UNIT_DB_BENCH_H
#define DJEMBE_TESTS_UNIT_DB_BENCH_H

#include "services/common/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct bench {
    struct loop *loop;
    struct db *db;
};

/* `statements` ends with NULL. Waits until the database is up. */
void bench_open(struct bench *bench, unsigned connections, const struct statement *const *statements);
/* The same, without starting to wait: for what must be registered first. */
void bench_prepare(struct bench *bench, unsigned connections, const struct statement *const *statements);
void bench_close(struct bench *bench);

/* Runs the loop until `reached(arg)`; fails the test after `ms`. */
void bench_until(struct bench *bench, bool (*reached)(void *arg), void *arg, int64_t ms);
void bench_until_up(struct bench *bench, bool up);

/* Runs SQL by the psql program, outside of what is tested, and gives the first value as a number. */
int64_t bench_sql(const char *sql);
/* tests/postgres -kill, -start, -freeze, -thaw. */
void bench_server(const char *what);

/* One answer: give it as `arg` with on_answer or on_commit. */
struct answer {
    bool come, uncertain;
    bool ok;
    struct fault why;
    size_t count;
    uint64_t affected;
    int64_t number; /* the first column of the first row, when it is an integer and not null */
    unsigned order; /* 1 for the first that came since the bench was opened */
};
void on_answer(void *arg, const struct db_rows *rows, const struct fault *why);
void on_commit(void *arg, const struct fault *why, bool uncertain);
/* Waits for it; 15 s at most. */
void bench_answer(struct bench *bench, struct answer *answer);

#endif
