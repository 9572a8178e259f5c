/* Random histories against the invariants of RULES 3.1, for DJEMBE_TEST_MODEL_SECONDS (3). A history that breaks one is
 * made as short as it can be and printed for `djembe-ratio --replay`. DJEMBE_TEST_MODEL_SEED (1) is the first. */
#include "tests/unit/ratio/model.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int64_t setting(const char *name, int64_t standard)
{
    const char *text = getenv(name);
    return text == NULL ? standard : strtoll(text, NULL, 10);
}

/* NULL, or what does not hold. In the end the log alone, without a look between its lines, must give the same answers
 * (Q7). */
static const char *history_run(const struct history *history)
{
    struct rules *watched = rules_new(&history->settings), *alone = rules_new(&history->settings);
    const char *wrong = NULL;
    for (size_t i = 0; i < history->count && wrong == NULL; i++)
        wrong = model_step(watched, &history->events[i]);
    for (size_t i = 0; i < history->count && wrong == NULL; i++)
        rules_apply(alone, &history->events[i], NULL);
    if (wrong == NULL && model_answers(watched) != model_answers(alone))
        wrong = "23: the log alone gives the same state";
    rules_destroy(&watched);
    rules_destroy(&alone);
    return wrong;
}

static void history_cut(struct history *shorter, const struct history *history, size_t from, size_t count)
{
    *shorter = *history;
    memmove(&shorter->events[from], &history->events[from + count],
            (history->count - from - count) * sizeof *history->events);
    shorter->count = history->count - count;
}

/* Takes out whatever is not needed for the same thing to be wrong. */
static void history_shrink(struct history *history, const char *wrong)
{
    static struct history shorter;
    for (size_t size = history->count / 2; size > 0; size /= 2)
        for (size_t from = 0; from + size <= history->count;) {
            history_cut(&shorter, history, from, size);
            const char *found = history_run(&shorter);
            if (found != NULL && strcmp(found, wrong) == 0)
                *history = shorter;
            else
                from += size;
        }
}

static void the_invariants_hold_in_random_histories(void **unused)
{
    (void)unused;
    static struct history history;
    time_t end = time(NULL) + (time_t)setting("DJEMBE_TEST_MODEL_SECONDS", 3);
    int64_t seed = setting("DJEMBE_TEST_MODEL_SEED", 1), steps = 0, first = seed;
    do {
        history_make(&history, (uint64_t)seed);
        const char *wrong = history_run(&history);
        if (wrong != NULL) {
            history_shrink(&history, wrong);
            printf("seed %" PRId64 ": %s\n", seed, wrong);
            history_print(&history);
            fail();
        }
        steps += (int64_t)history.count;
        seed++;
    } while (time(NULL) < end);
    print_message("%" PRId64 " histories, %" PRId64 " steps\n", seed - first, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_invariants_hold_in_random_histories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
