/* A whole daemon of the skeleton, as a process of its own: what it says and how it ends. Its database is away. */
#include "services/common/http.h"
#include "services/common/keys.h"
#include "services/common/service.h"
#include "tests/unit/common/unit.h"
#include "tests/unit/free_port.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 20000

static char folder[] = "/tmp/djembe-service-XXXXXX";
static char said[65536]; /* what the daemon has written */
static unsigned admin_port, bus_port, public_port;
static pid_t daemon_pid;
static int daemon_output;

/* ---- the daemon ---- */

static const char *public_listen;
static struct http *public_http;

static void on_request(struct http_request *request, void *arg)
{
    (void)arg;
    http_reply(request, 200, "text/plain", S("hello"));
}

static bool start(struct fault *why)
{
    static const struct http_limits limits = {
        .body = 100, .connections = 10, .idle_seconds = 10, .header_memory = 4096};
    public_http = http_listen(service_loop(), public_listen, &limits, on_request, NULL, why);
    return public_http != NULL;
}

static void stop(void)
{
    http_destroy(&public_http);
}

static const char *unhealthy(void)
{
    return access(service_state_folder(), W_OK) == 0 ? NULL : "its state folder is gone";
}

static void metrics(struct buffer *into)
{
    metric_counter(into, "greetings_total", NULL, 3, "Greetings.");
}

static int run_daemon(char *word)
{
    static const struct option options[] = {
        {"DJEMBE_T_LISTEN", OPTION_address, &public_listen, "127.0.0.1:1", 0, 0, "Public.", false}, {0}};
    const struct service service = {.name = "ratio",
                                    .bus_port = bus_port,
                                    .admin_port = admin_port,
                                    .options = options,
                                    .start = start,
                                    .stop = stop,
                                    .unhealthy = unhealthy,
                                    .metrics = metrics};
    char *argv[] = {"djembe-ratio", word, NULL};
    return service_main(word != NULL ? 2 : 1, argv, &service);
}

/* ---- and who watches it ---- */

static void spawn(char *word)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    daemon_pid = fork();
    if (daemon_pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        exit(run_daemon(word));
    }
    close(ends[1]);
    daemon_output = ends[0];
    said[0] = '\0';
}

/* Reads on until `text` has been said; "" reads to the end. */
static void wait_said(const char *text)
{
    size_t used = strlen(said);
    while (*text == '\0' || strstr(said, text) == NULL) {
        struct pollfd ready = {.fd = daemon_output, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
        ssize_t got = read(daemon_output, said + used, sizeof said - 1 - used);
        assert_true(got >= 0);
        used += (size_t)got;
        said[used] = '\0';
        if (got == 0)
            break;
    }
    if (strstr(said, text) == NULL)
        fail_msg("it did not say \"%s\" but: %s", text, said);
}

static int wait_end(void)
{
    int status;
    wait_said("");
    close(daemon_output);
    assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
    daemon_pid = 0;
    if (!WIFEXITED(status))
        fail_msg("it did not exit: %s", said);
    return WEXITSTATUS(status);
}

static const char *get(unsigned port, const char *path)
{
    static char answer[65536];
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path);
    size_t used = 0;
    for (ssize_t got; (got = read(fd, answer + used, sizeof answer - 1 - used)) > 0;)
        used += (size_t)got;
    close(fd);
    answer[used] = '\0';
    return answer;
}

static void assert_says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

static int set_up(void **state)
{
    (void)state;
    struct fault why;
    char text[100];
    strcpy(strrchr(folder, '-') + 1, "XXXXXX");
    if (mkdtemp(folder) == NULL || !keys_make(folder, &why))
        return -1;
    admin_port = free_port();
    bus_port = free_port();
    public_port = free_port();
    setenv("DJEMBE_KEYS", folder, 1);
    snprintf(text, sizeof text, "%s/state", folder);
    setenv("DJEMBE_STATE", text, 1);
    snprintf(text, sizeof text, "127.0.0.1:%u", public_port);
    setenv("DJEMBE_T_LISTEN", text, 1);
    setenv("DJEMBE_DATABASE", "host=/nowhere dbname=none", 1);
    setenv("DJEMBE_TRACKER", "tcp://127.0.0.1:1", 1);
    setenv("DJEMBE_WEB", "tcp://127.0.0.1:1", 1);
    setenv("DJEMBE_CATALOG", "tcp://127.0.0.1:1", 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        waitpid(daemon_pid, NULL, 0);
    }
    daemon_pid = 0;
    static const char *const names[] = {"tracker", "web", "catalog", "ratio", "admin"};
    char path[200];
    for (size_t i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "%s/%s.key%s", folder, names[i / 2], i % 2 ? "_secret" : "");
        unlink(path);
    }
    rmdir(getenv("DJEMBE_STATE"));
    rmdir(folder);
    return 0;
}

static void it_starts_without_its_database_and_neighbours_and_says_so(void **state)
{
    (void)state;
    spawn(NULL);
    wait_said("msg=\"started\"");
    assert_says(get(admin_port, "/readyz"), "HTTP/1.1 503 ");
    assert_says(get(admin_port, "/readyz"), "not ready: its database has not been reached yet");
    const char *health = get(admin_port, "/healthz");
    assert_says(health, "HTTP/1.1 503 ");
    assert_says(health, "fail database: ");
    assert_says(health, "ok ratio: running\n");
    assert_says(health, "away catalog: ");
    const char *text = get(admin_port, "/metrics");
    assert_says(text, "djembe_build_info{service=\"ratio\",version=\"");
    assert_says(text, "djembe_database_up 0\n");
    assert_says(text, "djembe_bus_replicas{service=\"tracker\"} 0\n");
    assert_says(text, "djembe_greetings_total 3\n");
    assert_says(get(admin_port, "/"), "HTTP/1.1 404 ");
    assert_says(get(public_port, "/"), "hello");
    kill(daemon_pid, SIGTERM);
    assert_int_equal(wait_end(), 0);
    assert_says(said, "signal=SIGTERM");
    assert_says(said, "msg=\"stopped\"");
}

static void its_own_ills_are_told(void **state)
{
    (void)state;
    spawn(NULL);
    wait_said("msg=\"started\"");
    assert_int_equal(rmdir(getenv("DJEMBE_STATE")), 0);
    assert_says(get(admin_port, "/healthz"), "fail ratio: its state folder is gone\n");
    kill(daemon_pid, SIGINT);
    assert_int_equal(wait_end(), 0);
}

static void a_taken_port_ends_the_start_with_the_name_of_its_setting(void **state)
{
    (void)state;
    static const char *const settings[] = {"DJEMBE_ADMIN_LISTEN", "DJEMBE_BUS_LISTEN", "DJEMBE_T_LISTEN"};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size) + listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    for (size_t i = 0; i < 3; i++) {
        char text[64], before[64] = "";
        if (getenv(settings[i]) != NULL)
            snprintf(before, sizeof before, "%s", getenv(settings[i]));
        snprintf(text, sizeof text, "%s127.0.0.1:%u", i == 1 ? "tcp://" : "", ntohs(at.sin_port));
        setenv(settings[i], text, 1);
        spawn(NULL);
        assert_int_equal(wait_end(), 1);
        assert_says(said, settings[i]);
        assert_says(said, text);
        assert_int_equal(strcspn(said, "\n") + 1, strlen(said)); /* one line */
        setenv(settings[i], before, 1);
    }
    close(fd);
}

static void wrong_settings_and_missing_keys_end_the_start(void **state)
{
    (void)state;
    setenv("DJEMBE_LOG_LEVEL", "loud", 1);
    spawn(NULL);
    assert_int_equal(wait_end(), 1);
    assert_says(said, "DJEMBE_LOG_LEVEL is \\\"loud\\\", but it must be debug");
    unsetenv("DJEMBE_LOG_LEVEL");
    setenv("DJEMBE_KEYS", "/nowhere", 1);
    spawn(NULL);
    assert_int_equal(wait_end(), 1);
    assert_says(said, "/nowhere");
    assert_says(said, "djembe-admin keys");
    spawn("--check");
    assert_int_equal(wait_end(), 1);
    assert_says(said, "DJEMBE_KEYS");
}

static void its_command_line_has_three_words(void **state)
{
    (void)state;
    spawn("--help");
    assert_int_equal(wait_end(), 0);
    assert_says(said, "DJEMBE_T_LISTEN=127.0.0.1:");
    assert_says(said, "DJEMBE_CATALOG=tcp://127.0.0.1:1\n");
    spawn("--version");
    assert_int_equal(wait_end(), 0);
    assert_says(said, "djembe-ratio " DJEMBE_VERSION "\n");
    spawn("--check");
    assert_int_equal(wait_end(), 0);
    assert_says(said, "djembe-ratio: the settings are good; PostgreSQL is away");
    spawn("--fast");
    assert_int_equal(wait_end(), 2);
    assert_says(said, "--help");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_starts_without_its_database_and_neighbours_and_says_so),
        TEST(its_own_ills_are_told),
        TEST(a_taken_port_ends_the_start_with_the_name_of_its_setting),
        TEST(wrong_settings_and_missing_keys_end_the_start),
        TEST(its_command_line_has_three_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
