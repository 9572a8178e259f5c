/* Real packets over loopback, many at a time. Where the system is to refuse what goes as one, sendmmsg is stood in for
 * at the linker (CMakeLists.txt): no way out of this machine does. */
#include "services/tracker/udp_socket.h"
#include "tests/unit/tracker/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct udp_socket *server;
static unsigned port;

static int refusal;             /* errno for messages of several parts; 0: none */
static unsigned groups, single; /* that were sent */

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    if (refusal != 0 && messages[0].msg_hdr.msg_iovlen > 1) {
        errno = refusal;
        return -1;
    }
    for (unsigned i = 1; refusal != 0 && i < count; i++)
        if (messages[i].msg_hdr.msg_iovlen > 1)
            count = i;
    int sent = __real_sendmmsg(fd, messages, count, flags);
    for (int i = 0; i < sent; i++) {
        groups += messages[i].msg_hdr.msg_iovlen > 1;
        single += messages[i].msg_hdr.msg_iovlen == 1;
    }
    return sent;
}

static int close_server(void **state)
{
    (void)state;
    udp_socket_destroy(&server);
    refusal = 0;
    groups = single = 0;
    return 0;
}

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void open_server(const char *host)
{
    char listen[100];
    struct fault why;
    port = free_port();
    snprintf(listen, sizeof listen, "%s:%u", host, port);
    server = udp_socket_new(listen, false, &why);
    assert_non_null(server);
}

/* A client that asks at that address, and hears nobody else. */
static int client(const char *at)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is_four = inet_pton(AF_INET, at, &four.sin_addr) == 1;
    assert_true(is_four || inet_pton(AF_INET6, at, &six.sin6_addr) == 1);
    int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(is_four ? connect(fd, (struct sockaddr *)&four, sizeof four)
                             : connect(fd, (struct sockaddr *)&six, sizeof six),
                     0);
    return fd;
}

static void ask(int fd, uint8_t who, uint8_t number)
{
    assert_int_equal(send(fd, (uint8_t[]){who, number}, 2, 0), 2);
}

/* What is said to a packet is its two bytes again and again, of a size that its number tells. */
static void answer(unsigned wanted, size_t (*size_of)(uint8_t number))
{
    for (unsigned came; wanted > 0; wanted -= came) {
        came = udp_socket_receive(server);
        assert_in_range(came, 1, wanted);
        for (unsigned i = 0; i < came; i++) {
            struct slice packet = udp_socket_packet(server, i);
            struct udp_reply *reply = udp_socket_reply(server, i);
            assert_int_equal(packet.size, 2);
            reply->size = size_of((uint8_t)packet.at[1]);
            for (size_t at = 0; at < reply->size; at++)
                reply->at[at] = (uint8_t)packet.at[at % 2];
        }
        udp_socket_send(server);
    }
}

/* The client has the answers to its numbers 0 .. count - 1, each once and whole. */
static void assert_heard(int fd, uint8_t who, unsigned count, size_t (*size_of)(uint8_t number))
{
    bool heard[256] = {false};
    uint8_t packet[2000];
    for (unsigned i = 0; i < count; i++) {
        ssize_t size = recv(fd, packet, sizeof packet, 0);
        assert_true(size >= 2 && packet[1] < count && !heard[packet[1]]);
        assert_int_equal(size, size_of(packet[1]));
        heard[packet[1]] = true;
        for (ssize_t at = 0; at < size; at++)
            assert_int_equal(packet[at], at % 2 == 0 ? who : packet[1]);
    }
    assert_int_equal(recv(fd, packet, sizeof packet, MSG_DONTWAIT), -1);
    close(fd);
}

static size_t of_three_sizes(uint8_t number)
{
    return (size_t[]){16, 320, 1199}[number % 3];
}

static size_t of_one_size(uint8_t number)
{
    (void)number;
    return UDP_REPLY_MAX;
}

static void talk(const char *const *addresses, unsigned clients, unsigned each, size_t (*size_of)(uint8_t number))
{
    int fds[8];
    for (unsigned who = 0; who < clients; who++)
        fds[who] = client(addresses[who]);
    for (unsigned number = 0; number < each; number++)
        for (unsigned who = 0; who < clients; who++)
            ask(fds[who], (uint8_t)(who + 100), (uint8_t)number);
    answer(clients * each, size_of);
    for (unsigned who = 0; who < clients; who++)
        assert_heard(fds[who], (uint8_t)(who + 100), each, size_of);
}

static void each_client_has_its_own_answers(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
    open_server("127.0.0.1");
    talk(addresses, 3, 20, of_three_sizes);
    assert_in_range(groups, 3, 18);
    assert_in_range(single, 0, 18);
}

/* One client asks at several addresses of this machine, and is answered from each. */
static void answers_come_from_the_address_that_was_asked(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "127.0.0.2", "::1"};
    open_server("0.0.0.0");
    talk(addresses, 3, 20, of_three_sizes);
    close_server(NULL);
    open_server("[::]");
    talk(addresses, 4, 15, of_three_sizes);
    assert_true(groups > 0);
}

static void more_than_the_system_takes_at_once_goes_in_parts(void **state)
{
    (void)state;
    static const char *const address = "127.0.0.1";
    open_server("127.0.0.1");
    talk(&address, 1, UDP_BATCH, of_one_size);
    assert_true(groups >= 2 || single > 0);
}

static void what_is_refused_as_one_goes_one_by_one(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.1", "127.0.0.2"};
    open_server("0.0.0.0");
    refusal = EINVAL; /* of this way alone */
    talk(addresses, 3, 20, of_three_sizes);
    refusal = 0;
    talk(addresses, 3, 20, of_three_sizes);
    assert_true(groups > 0);
    refusal = EIO; /* of all */
    talk(addresses, 3, 20, of_three_sizes);
    refusal = 0;
    groups = 0;
    talk(addresses, 3, 20, of_three_sizes);
    assert_int_equal(groups, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_server)
    const struct CMUnitTest tests[] = {
        TEST(each_client_has_its_own_answers),
        TEST(answers_come_from_the_address_that_was_asked),
        TEST(more_than_the_system_takes_at_once_goes_in_parts),
        TEST(what_is_refused_as_one_goes_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
