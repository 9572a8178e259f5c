/* The bus with real sockets and real processes. The test asks; replicas are this program run again as a child, on
 * addresses of the loopback network, so that they can be killed, frozen and stopped like daemons. Names are looked up
 * by a stand-in for services/common/resolve.c, so that replicas can appear and go. */
#include "services/common/bus.h"
#include "services/common/clock.h"
#include "services/common/keys.h"
#include "services/common/log.h"
#include "services/common/resolve.h"
#include "tests/unit/free_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <assert.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

/* ---- names: every host leads to these addresses ---- */

static struct resolved names;

struct resolving {
    int nothing;
};

struct resolving *resolve_start(const char *host)
{
    (void)host;
    return mem_zero(1, sizeof(struct resolving));
}

bool resolve_done(struct resolving *resolving, struct resolved *into, struct fault *why)
{
    (void)resolving;
    *into = names;
    if (names.count == 0)
        fault_set(why, STATUS_unavailable, NULL, "no such host");
    return true;
}

void resolve_destroy(struct resolving **resolving)
{
    free(*resolving);
    *resolving = NULL;
}

static void names_set(unsigned first, unsigned last)
{
    names.count = 0;
    for (unsigned i = first; i <= last; i++)
        snprintf(names.address[names.count++], RESOLVE_TEXT, "127.0.0.%u", i);
}

/* ---- a replica: answers catalog.upload.list with its number, after as many ms as `before` says ---- */

struct replica {
    struct loop *loop;
    struct bus *bus;
    unsigned number;
};

struct delayed {
    struct bus_request *request;
    unsigned number;
};

static void answer_now(void *arg)
{
    struct delayed *delayed = arg;
    bus_reply(delayed->request, &(struct catalog_upload_list_reply){.count = delayed->number});
    free(delayed);
}

static void on_list(struct bus_request *request, const void *ask, void *arg)
{
    const struct catalog_upload_list *list = ask;
    struct replica *replica = arg;
    struct delayed *delayed = mem_zero(1, sizeof *delayed);
    *delayed = (struct delayed){request, replica->number};
    if (list->before == 0)
        answer_now(delayed);
    else
        loop_timer_new(replica->loop, (uint32_t)list->before, 0, answer_now, delayed);
}

/* Whoever is asked to add a torrent dies of it, or hangs: nobody answers. */
static void on_add(struct bus_request *request, const void *ask, void *arg)
{
    (void)request, (void)ask, (void)arg;
}

static void on_names(struct bus_request *request, const void *ask, void *arg)
{
    (void)ask, (void)arg;
    struct fault why;
    fault_set(&why, STATUS_forbidden, "torrents", "actor %u", (unsigned)bus_actor(request));
    bus_fail(request, &why);
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static int replica_main(char **argv)
{
    struct fault why;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
    struct replica replica = {.loop = loop_new(), .number = (unsigned)atoi(argv[2])};
    log_start("catalog", LOG_LEVEL_warning);
    struct bus_settings settings = {.service = "catalog", .keys = argv[4], .listen = argv[3], .version = "1"};
    replica.bus = bus_new(replica.loop, &settings, &why);
    if (replica.bus == NULL)
        fatal("%s", why.text);
    bus_serve(replica.bus, NULL, &catalog_upload_list_message, on_list, &replica);
    bus_serve(replica.bus, NULL, &catalog_torrent_add_message, on_add, &replica);
    bus_serve(replica.bus, NULL, &catalog_torrent_names_message, on_names, &replica);
    loop_run(replica.loop); /* until SIGTERM */
    bus_drain(replica.bus, 5000, stop_loop, replica.loop);
    loop_run(replica.loop);
    bus_destroy(&replica.bus);
    loop_destroy(&replica.loop);
    return 0;
}

/* ---- the test's own side ---- */

enum { REPLICAS_MAX = 4 };

static struct world {
    char keys[64];
    unsigned port;
    pid_t replicas[REPLICAS_MAX]; /* by number; 0: not running */
    struct loop *loop;
    struct bus *bus;
} world;

static void replica_start(unsigned number)
{
    char text[8], listen[64];
    snprintf(text, sizeof text, "%u", number);
    snprintf(listen, sizeof listen, "tcp://127.0.0.%u:%u", number, world.port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl("/proc/self/exe", "replica", "replica", text, listen, world.keys, NULL);
        _exit(127);
    }
    world.replicas[number] = pid;
}

static int replica_end(unsigned number, int signal_number)
{
    int status = 0;
    pid_t pid = world.replicas[number];
    world.replicas[number] = 0;
    kill(pid, signal_number);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void bus_open_at(const char *service, const char *keys, const char *listen)
{
    struct fault why;
    char address[64];
    snprintf(address, sizeof address, "tcp://catalog:%u", world.port);
    const struct bus_endpoint endpoint = {"catalog", address};
    struct bus_settings settings = {.service = service,
                                    .keys = keys,
                                    .listen = listen,
                                    .version = "1",
                                    .endpoints = &endpoint,
                                    .endpoints_count = 1};
    world.bus = bus_new(world.loop, &settings, &why);
    if (world.bus == NULL)
        fail_msg("%s", why.text);
}

static void bus_open(const char *service, const char *keys)
{
    bus_open_at(service, keys, NULL);
}

static int set_up(void **state)
{
    (void)state;
    struct fault why;
    memset(&world, 0, sizeof world);
    strcpy(world.keys, "/tmp/djembe-test-bus-XXXXXX");
    assert_non_null(mkdtemp(world.keys));
    assert_true(keys_make(world.keys, &why));
    world.port = free_port();
    names_set(1, 1);
    world.loop = loop_new();
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    bus_destroy(&world.bus);
    loop_destroy(&world.loop);
    for (unsigned i = 0; i < REPLICAS_MAX; i++)
        if (world.replicas[i] != 0)
            replica_end(i, SIGKILL);
    nftw(world.keys, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* ---- waiting for conditions ---- */

struct waiting {
    bool (*met)(void *arg);
    void *arg;
    int64_t until;
};

static void look(void *arg)
{
    struct waiting *waiting = arg;
    if (waiting->met(waiting->arg) || clock_ticks() > waiting->until)
        loop_stop(world.loop);
}

static bool wait_for(bool (*met)(void *arg), void *arg, int64_t ms)
{
    struct waiting waiting = {met, arg, clock_ticks() + ms};
    struct loop_timer *timer = loop_timer_new(world.loop, 0, 5, look, &waiting);
    loop_run(world.loop);
    loop_timer_cancel(&timer);
    return met(arg);
}

static bool has_replicas(void *arg)
{
    return bus_replicas(world.bus, "catalog") == *(const unsigned *)arg;
}

static void wait_replicas(unsigned count)
{
    assert_true(wait_for(has_replicas, &count, PATIENCE_MS));
}

/* ---- asking ---- */

struct outcome {
    unsigned told; /* times that it was told */
    uint64_t number;
    struct fault why;
    int64_t at;
};

static void on_listed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)body;
    struct outcome *outcome = arg;
    outcome->told++;
    outcome->at = clock_ticks();
    outcome->number = why == NULL ? ((const struct catalog_upload_list_reply *)reply)->count : 0;
    outcome->why = why != NULL ? *why : (struct fault){.status = STATUS_ok};
}

static void ask_list(struct outcome *outcome, uint32_t delay_ms, uint32_t deadline_ms)
{
    struct catalog_upload_list ask = {.user = 1, .before = delay_ms, .limit = 1};
    *outcome = (struct outcome){.told = 0};
    bus_ask(world.bus, NULL, &catalog_upload_list_message, &ask, &(struct bus_call){.deadline_ms = deadline_ms},
            on_listed, outcome);
    assert_int_equal(outcome->told, 0);
}

static bool is_told(void *arg)
{
    return ((struct outcome *)arg)->told > 0;
}

static void wait_told(struct outcome *outcome)
{
    assert_true(wait_for(is_told, outcome, PATIENCE_MS));
    assert_int_equal(outcome->told, 1);
}

static void wait_number(struct outcome *outcome, uint64_t number)
{
    wait_told(outcome);
    if (outcome->why.status != STATUS_ok)
        fail_msg("%s: %s", status_name(outcome->why.status), outcome->why.text);
    assert_int_equal(outcome->number, number);
}

/* ---- the tests ---- */

static void a_question_is_answered(void **state)
{
    (void)state;
    struct outcome outcome;
    replica_start(1);
    bus_open("web", world.keys);
    ask_list(&outcome, 0, 0); /* before the replica has even started */
    wait_number(&outcome, 1);
}

static void a_refusal_comes_back_with_its_words_and_the_actor_went_over(void **state)
{
    (void)state;
    struct outcome outcome = {.told = 0};
    struct catalog_torrent_names ask = {.given = 0};
    replica_start(1);
    bus_open("web", world.keys);
    bus_ask(world.bus, NULL, &catalog_torrent_names_message, &ask, &(struct bus_call){.actor = 77}, on_listed,
            &outcome);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_forbidden);
    assert_string_equal(outcome.why.field, "torrents");
    assert_string_equal(outcome.why.text, "actor 77");
}

static void an_unknown_method_is_not_found_and_a_bad_field_is_named(void **state)
{
    (void)state;
    struct outcome outcome = {.told = 0};
    replica_start(1);
    bus_open("web", world.keys);
    bus_ask_packed(world.bus, "catalog.nothing", slice_of("\x80", 1), NULL, on_listed, &outcome);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_not_found);

    outcome.told = 0;
    bus_ask_packed(world.bus, "catalog.upload.list", slice_of("\x81\xA4user\x01", 7), NULL, on_listed, &outcome);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_invalid);
    assert_string_equal(outcome.why.field, "limit");

    outcome.told = 0;
    bus_ask_packed(world.bus, "catalog.upload.list", slice_of("\xC1", 1), NULL, on_listed, &outcome);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_invalid);

    outcome.told = 0;
    bus_ask_packed(world.bus, "nobody.knows.this", slice_of("\x80", 1), NULL, on_listed, &outcome);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_not_found);
}

static void values_that_break_the_limits_are_refused_here(void **state)
{
    (void)state;
    struct outcome outcome = {.told = 0};
    bus_open("web", world.keys);
    struct catalog_upload_list ask = {.user = 0, .limit = 1};
    bus_ask(world.bus, NULL, &catalog_upload_list_message, &ask, NULL, on_listed, &outcome);
    assert_int_equal(outcome.told, 0);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_invalid);
    assert_string_equal(outcome.why.field, "user");
}

static void without_a_replica_a_question_fails_at_its_deadline(void **state)
{
    (void)state;
    struct outcome outcome;
    bus_open("web", world.keys);
    int64_t began = clock_ticks();
    ask_list(&outcome, 0, 700);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_unavailable);
    assert_in_range(outcome.at - began, 700, 4500); /* without its own it would be 5000 */
}

static void a_slow_answer_is_too_late(void **state)
{
    (void)state;
    struct outcome slow, quick;
    unsigned one = 1;
    replica_start(1);
    bus_open("web", world.keys);
    wait_replicas(one);
    ask_list(&slow, 600, 300);
    wait_told(&slow);
    assert_int_equal(slow.why.status, STATUS_unavailable);
    ask_list(&quick, 600, PATIENCE_MS); /* the late answer to the first disturbs nothing */
    wait_number(&quick, 1);
    assert_int_equal(slow.told, 1);
}

static void a_peer_with_an_unknown_key_gets_nothing_until_its_key_is_in_the_folder(void **state)
{
    (void)state;
    struct fault why;
    struct outcome outcome;
    char strange[80], from[160], to[160];
    snprintf(strange, sizeof strange, "%s-strange", world.keys);
    assert_true(keys_make(strange, &why));
    snprintf(from, sizeof from, "%s/catalog.key", world.keys);
    snprintf(to, sizeof to, "%s/catalog.key", strange);
    unlink(to);
    assert_int_equal(symlink(from, to), 0); /* it knows the server, the server does not know it */
    replica_start(1);
    bus_open("web", strange);
    ask_list(&outcome, 0, 3000);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_unavailable);
    assert_int_equal(bus_replicas(world.bus, "catalog"), 0);

    snprintf(from, sizeof from, "%s/web.key", strange);
    snprintf(to, sizeof to, "%s/stranger.key", world.keys);
    assert_int_equal(rename(from, to), 0);
    ask_list(&outcome, 0, PATIENCE_MS);
    wait_number(&outcome, 1);
    nftw(strange, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void questions_of_a_killed_replica_are_asked_again_at_another(void **state)
{
    (void)state;
    struct outcome outcomes[8];
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    for (unsigned i = 0; i < 8; i++)
        ask_list(&outcomes[i], 1500, PATIENCE_MS); /* both have four of them */
    assert_true(wait_for(has_replicas, &(unsigned){2}, 10));
    replica_end(1, SIGKILL);
    for (unsigned i = 0; i < 8; i++)
        wait_number(&outcomes[i], 2);
    assert_int_equal(bus_count(world.bus).repeated, 4);
}

static void a_restarted_replica_costs_a_delay_not_an_error(void **state)
{
    (void)state;
    struct outcome before, meanwhile;
    replica_start(1);
    bus_open("web", world.keys);
    wait_replicas(1);
    ask_list(&before, 300, PATIENCE_MS);
    replica_end(1, SIGKILL);
    wait_replicas(0);
    ask_list(&meanwhile, 0, PATIENCE_MS);
    replica_start(1);
    wait_number(&before, 1);
    wait_number(&meanwhile, 1);
}

static void a_frozen_replica_is_left_out_until_it_answers_again(void **state)
{
    (void)state;
    struct outcome outcomes[4];
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    kill(world.replicas[1], SIGSTOP);
    for (unsigned i = 0; i < 4; i++)
        ask_list(&outcomes[i], 0, PATIENCE_MS);
    for (unsigned i = 0; i < 4; i++)
        wait_number(&outcomes[i], 2);
    wait_replicas(1);
    kill(world.replicas[1], SIGCONT);
    wait_replicas(2);
}

static void a_change_without_a_key_is_not_asked_twice(void **state)
{
    (void)state;
    struct outcome outcome = {.told = 0}, probe;
    names_set(1, 2);
    replica_start(1);
    bus_open("web", world.keys);
    wait_replicas(1);
    /* A change by its name; packed without a key, so the bus may not repeat it. */
    bus_ask_packed(world.bus, "catalog.torrent.add",
                   slice_of("\x83\xA3key\xC4\x10"
                            "0123456789abcde\0"
                            "\xA6plugin\xA1m\xA8metainfo\xC4\x01x",
                            44),
                   &(struct bus_call){.deadline_ms = PATIENCE_MS}, on_listed, &outcome);
    ask_list(&probe, 0, 0);
    wait_number(&probe, 1); /* so the change has arrived, too */
    assert_int_equal(outcome.told, 0);
    replica_end(1, SIGKILL);
    wait_replicas(0);
    assert_int_equal(outcome.told, 0); /* with its key it waits for another replica */

    replica_start(2);
    wait_replicas(1);
    struct outcome keyless = {.told = 0};
    bus_ask_packed(world.bus, "catalog.torrent.add", slice_of("\x80", 1), NULL, on_listed, &keyless);
    wait_told(&keyless);
    assert_int_equal(keyless.why.status, STATUS_invalid);
    assert_string_equal(keyless.why.field, "key");
    assert_int_equal(outcome.told, 0);
    bus_destroy(&world.bus);
    assert_int_equal(outcome.told, 1);
}

static void an_added_replica_gets_its_share(void **state)
{
    (void)state;
    struct outcome outcomes[4];
    unsigned seen[3] = {0};
    replica_start(1);
    bus_open("web", world.keys);
    wait_replicas(1);
    replica_start(2);
    names_set(1, 2);
    wait_replicas(2);
    for (unsigned i = 0; i < 4; i++)
        ask_list(&outcomes[i], 100, PATIENCE_MS);
    for (unsigned i = 0; i < 4; i++) {
        wait_told(&outcomes[i]);
        assert_int_equal(outcomes[i].why.status, STATUS_ok);
        seen[outcomes[i].number]++;
    }
    assert_int_equal(seen[1], 2);
    assert_int_equal(seen[2], 2);
}

static void a_replica_that_stops_gracefully_fails_nothing(void **state)
{
    (void)state;
    struct outcome slow[4], quick;
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    for (unsigned i = 0; i < 4; i++)
        ask_list(&slow[i], 800, PATIENCE_MS);
    kill(world.replicas[1], SIGTERM);
    int64_t until = clock_ticks() + 2000;
    while (clock_ticks() < until) {
        ask_list(&quick, 0, PATIENCE_MS);
        wait_told(&quick);
        assert_int_equal(quick.why.status, STATUS_ok);
    }
    unsigned by_first = 0;
    for (unsigned i = 0; i < 4; i++) {
        wait_told(&slow[i]);
        assert_int_equal(slow[i].why.status, STATUS_ok);
        by_first += slow[i].number == 1;
    }
    assert_int_equal(by_first, 2); /* it finished what it had */
    assert_int_equal(replica_end(1, SIGTERM), 0);
    assert_int_equal(bus_count(world.bus).repeated, 0);
}

static void a_replica_whose_name_is_gone_gets_no_more_questions(void **state)
{
    (void)state;
    struct outcome outcome;
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    names_set(2, 2);
    wait_replicas(1);
    for (unsigned i = 0; i < 4; i++) {
        ask_list(&outcome, 0, PATIENCE_MS);
        wait_number(&outcome, 2);
    }
    names.count = 0; /* a name server that is away changes nothing */
    ask_list(&outcome, 2500, PATIENCE_MS);
    wait_number(&outcome, 2);
}

/* Askers that never stop, each with the next question as soon as the last is answered. */
struct asker {
    struct outcome outcome;
    unsigned answered, failed;
};

static bool keep_asking(void *arg)
{
    struct asker *askers = arg;
    for (unsigned i = 0; i < 16; i++) {
        if (askers[i].outcome.told == 0)
            continue;
        askers[i].answered++;
        askers[i].failed += askers[i].outcome.why.status != STATUS_ok;
        ask_list(&askers[i].outcome, i, PATIENCE_MS); /* some are answered at once, some later */
    }
    return false;
}

static void killing_one_of_two_replicas_again_and_again_fails_nothing(void **state)
{
    (void)state;
    struct asker askers[16] = {{.answered = 0}};
    unsigned answered = 0;
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    for (unsigned i = 0; i < 16; i++)
        ask_list(&askers[i].outcome, i, PATIENCE_MS);
    for (unsigned round = 0; round < 6; round++) {
        wait_for(keep_asking, askers, 150);
        replica_end(1 + round % 2, SIGKILL);
        wait_for(keep_asking, askers, 150);
        replica_start(1 + round % 2);
        int64_t until = clock_ticks() + PATIENCE_MS;
        while (bus_replicas(world.bus, "catalog") < 2 && clock_ticks() < until)
            wait_for(keep_asking, askers, 20);
        assert_int_equal(bus_replicas(world.bus, "catalog"), 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        wait_told(&askers[i].outcome);
        assert_int_equal(askers[i].failed, 0);
        answered += askers[i].answered;
    }
    assert_true(answered > 100);
    assert_true(bus_count(world.bus).repeated > 0);
}

/* What the replicas said. */
struct each {
    unsigned asked, told, failed;
    uint64_t numbers; /* a bit for each that answered */
};

static void on_each(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)body;
    struct each *each = arg;
    each->told++;
    each->failed += why != NULL;
    if (why == NULL)
        each->numbers |= UINT64_C(1) << ((const struct catalog_upload_list_reply *)reply)->count;
}

static bool all_told(void *arg)
{
    const struct each *each = arg;
    return each->told == each->asked;
}

static void ask_each(uint32_t delay_ms, struct each *each)
{
    struct catalog_upload_list ask = {.user = 1, .before = delay_ms, .limit = 1};
    *each = (struct each){.told = 0};
    each->asked = bus_ask_each(world.bus, &catalog_upload_list_message, &ask, &(struct bus_call){.deadline_ms = 10000},
                               on_each, each);
    assert_int_equal(each->told, 0);
}

static void each_replica_is_asked_and_answers_for_itself(void **state)
{
    (void)state;
    struct each each;
    names_set(1, 3);
    bus_open("web", world.keys);
    ask_each(0, &each);
    assert_int_equal(each.asked, 0); /* nobody answers yet */
    for (unsigned i = 1; i <= 3; i++)
        replica_start(i);
    wait_replicas(3);
    ask_each(0, &each);
    assert_int_equal(each.asked, 3);
    assert_true(wait_for(all_told, &each, PATIENCE_MS));
    assert_int_equal(each.failed, 0);
    assert_int_equal(each.numbers, 1 << 1 | 1 << 2 | 1 << 3);
}

static void a_replica_killed_with_its_question_is_a_fault_of_that_alone(void **state)
{
    (void)state;
    struct each each;
    names_set(1, 2);
    replica_start(1);
    replica_start(2);
    bus_open("web", world.keys);
    wait_replicas(2);
    ask_each(1000, &each); /* a READ, which bus_ask would ask again at the other */
    assert_int_equal(each.asked, 2);
    replica_end(2, SIGKILL);
    assert_true(wait_for(all_told, &each, PATIENCE_MS));
    assert_int_equal(each.failed, 1);
    assert_int_equal(each.numbers, 1 << 1);
}

static bool has_served(void *arg)
{
    return bus_count(world.bus).served >= *(const uint64_t *)arg;
}

/* This process is replica 1 of catalog, and there is another. */
static void a_replica_asks_the_others_and_not_itself(void **state)
{
    (void)state;
    struct each each;
    names_set(1, 2);
    replica_start(2);
    char listen[64];
    snprintf(listen, sizeof listen, "tcp://127.0.0.1:%u", world.port);
    bus_open_at("catalog", world.keys, listen);
    wait_replicas(1);
    uint64_t pings = 2; /* its own: it has met itself by then, for only it knows the address */
    assert_true(wait_for(has_served, &pings, PATIENCE_MS));
    ask_each(0, &each);
    assert_int_equal(each.asked, 1);
    assert_true(wait_for(all_told, &each, PATIENCE_MS));
    assert_int_equal(each.numbers, 1 << 2);
    assert_int_equal(bus_replicas(world.bus, "catalog"), 1);
}

static void a_question_too_large_to_send_is_refused_here(void **state)
{
    (void)state;
    struct outcome outcome = {.told = 0};
    bus_open("web", world.keys);
    size_t size = 16 * 1024 * 1024 + 1;
    char *body = mem_zero(1, size);
    bus_ask_packed(world.bus, "catalog.upload.list", slice_of(body, size), NULL, on_listed, &outcome);
    free(body);
    wait_told(&outcome);
    assert_int_equal(outcome.why.status, STATUS_too_large);
}

static void questions_on_their_way_are_told_when_the_bus_is_closed(void **state)
{
    (void)state;
    struct outcome outcome;
    bus_open("web", world.keys);
    ask_list(&outcome, 0, 5000);
    bus_destroy(&world.bus);
    assert_int_equal(outcome.told, 1);
    assert_int_equal(outcome.why.status, STATUS_unavailable);
}

static void ask_again(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply, (void)body, (void)why;
    ++*(unsigned *)arg;
    bus_ask(world.bus, NULL, &catalog_upload_list_message, &(struct catalog_upload_list){.user = 1, .limit = 1}, NULL,
            ask_again, arg);
}

static void an_asker_that_never_stops_does_not_hold_up_the_end(void **state)
{
    (void)state;
    unsigned told = 0;
    bus_open("web", world.keys);
    ask_again(&told, NULL, NULL, NULL);
    bus_destroy(&world.bus);
    assert_in_range(told, 2, 10);
    assert_null(world.bus);
}

static void keys_are_made_once_and_secrets_are_secret(void **state)
{
    (void)state;
    struct fault why;
    struct stat before, after, secret;
    char path[96], secret_path[96];
    snprintf(path, sizeof path, "%s/ratio.key", world.keys);
    snprintf(secret_path, sizeof secret_path, "%s/ratio.key_secret", world.keys);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(stat(secret_path, &secret), 0);
    assert_int_equal(secret.st_mode & 0777, 0600);
    assert_true(keys_make(world.keys, &why));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino);

    unlink(path); /* lost: it is written again, from its secret half */
    assert_true(keys_make(world.keys, &why));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_size == after.st_size);
    assert_int_equal(stat(secret_path, &after), 0);
    assert_int_equal(after.st_mode & 0777, 0600);
}

#define BUS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "replica") == 0)
        return replica_main(argv);
    log_start("test", LOG_LEVEL_error);
    const struct CMUnitTest tests[] = {
        BUS_TEST(a_question_is_answered),
        BUS_TEST(a_refusal_comes_back_with_its_words_and_the_actor_went_over),
        BUS_TEST(an_unknown_method_is_not_found_and_a_bad_field_is_named),
        BUS_TEST(values_that_break_the_limits_are_refused_here),
        BUS_TEST(without_a_replica_a_question_fails_at_its_deadline),
        BUS_TEST(a_slow_answer_is_too_late),
        BUS_TEST(a_peer_with_an_unknown_key_gets_nothing_until_its_key_is_in_the_folder),
        BUS_TEST(questions_of_a_killed_replica_are_asked_again_at_another),
        BUS_TEST(a_restarted_replica_costs_a_delay_not_an_error),
        BUS_TEST(a_frozen_replica_is_left_out_until_it_answers_again),
        BUS_TEST(a_change_without_a_key_is_not_asked_twice),
        BUS_TEST(an_added_replica_gets_its_share),
        BUS_TEST(a_replica_that_stops_gracefully_fails_nothing),
        BUS_TEST(a_replica_whose_name_is_gone_gets_no_more_questions),
        BUS_TEST(killing_one_of_two_replicas_again_and_again_fails_nothing),
        BUS_TEST(each_replica_is_asked_and_answers_for_itself),
        BUS_TEST(a_replica_killed_with_its_question_is_a_fault_of_that_alone),
        BUS_TEST(a_replica_asks_the_others_and_not_itself),
        BUS_TEST(a_question_too_large_to_send_is_refused_here),
        BUS_TEST(questions_on_their_way_are_told_when_the_bus_is_closed),
        BUS_TEST(an_asker_that_never_stops_does_not_hold_up_the_end),
        BUS_TEST(keys_are_made_once_and_secrets_are_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
