#include "tests/unit/db/db_bench.h"

#include "services/common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned order;

static const char *database(void)
{
    const char *url = getenv("DJEMBE_TEST_DATABASE");
    if (url == NULL)
        fail_msg("run this through tests/postgres");
    return url;
}

void bench_prepare(struct bench *bench, unsigned connections, const struct statement *const *statements)
{
    size_t count = 0;
    while (statements[count] != NULL)
        count++;
    order = 0;
    bench->loop = loop_new();
    bench->db = db_new(bench->loop, database(), connections, statements, count);
}

void bench_open(struct bench *bench, unsigned connections, const struct statement *const *statements)
{
    bench_prepare(bench, connections, statements);
    bench_until_up(bench, true);
}

void bench_close(struct bench *bench)
{
    db_destroy(&bench->db);
    loop_destroy(&bench->loop);
}

struct waiting {
    struct bench *bench;
    bool (*reached)(void *arg);
    void *arg;
    int64_t deadline;
    bool late;
};

static void on_look(void *arg)
{
    struct waiting *waiting = arg;
    waiting->late = clock_ticks() > waiting->deadline;
    if (waiting->reached(waiting->arg) || waiting->late)
        loop_stop(waiting->bench->loop);
}

void bench_until(struct bench *bench, bool (*reached)(void *arg), void *arg, int64_t ms)
{
    struct waiting waiting = {bench, reached, arg, clock_ticks() + ms, false};
    if (reached(arg))
        return;
    struct loop_timer *timer = loop_timer_new(bench->loop, 1, 1, on_look, &waiting);
    loop_run(bench->loop);
    loop_timer_cancel(&timer);
    if (!reached(arg))
        fail_msg("what was waited for did not come within %lld ms", (long long)ms);
}

static bool is_up(void *arg)
{
    return db_is_up(arg);
}

static bool is_away(void *arg)
{
    return !db_is_up(arg);
}

void bench_until_up(struct bench *bench, bool up)
{
    bench_until(bench, up ? is_up : is_away, bench->db, 20000);
}

int64_t bench_sql(const char *sql)
{
    char command[2000], line[200] = "";
    snprintf(command, sizeof command, "psql -X -q -At -v ON_ERROR_STOP=1 \"%s\" -c \"%s\"", database(), sql);
    FILE *psql = popen(command, "r");
    assert_non_null(psql);
    char *got = fgets(line, sizeof line, psql);
    assert_int_equal(pclose(psql), 0);
    return got != NULL ? strtoll(line, NULL, 10) : 0;
}

void bench_server(const char *what)
{
    char command[500];
    const char *script = getenv("DJEMBE_TEST_POSTGRES");
    if (script == NULL)
        fail_msg("run this through tests/postgres, on a cluster of its own");
    snprintf(command, sizeof command, "%s -%s", script, what);
    assert_int_equal(system(command), 0);
}

static bool has_come(void *arg)
{
    return ((struct answer *)arg)->come;
}

void bench_answer(struct bench *bench, struct answer *answer)
{
    bench_until(bench, has_come, answer, 30000);
}

static void answer_take(struct answer *answer, const struct fault *why)
{
    assert_false(answer->come);
    answer->come = true;
    answer->order = ++order;
    answer->ok = why == NULL;
    if (why != NULL)
        answer->why = *why;
}

void on_answer(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct answer *answer = arg;
    answer_take(answer, why);
    if (rows == NULL)
        return;
    answer->count = db_count(rows);
    answer->affected = db_affected(rows);
    if (answer->count > 0 && !db_is_null(rows, 0, 0))
        answer->number = db_get_int(rows, 0, 0);
}

void on_commit(void *arg, const struct fault *why, bool uncertain)
{
    struct answer *answer = arg;
    answer_take(answer, why);
    answer->uncertain = uncertain;
}
