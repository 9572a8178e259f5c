/* A flood of UDP announces with connection ids that nobody gave, from one address.
 *
 *   forger PORT SECONDS
 *
 * Prints how many packets went out and how many answers came: none may. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define PACKET 143 /* an announce of libtorrent, its URL data included */

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void forge(char *packet)
{
    for (int i = 0; i < 8; i++)
        packet[i] = (char)(random() >> 8);
    packet[11] = 1; /* announce */
}

int main(int argc, char **argv)
{
    static char packets[BATCH][PACKET], answer[2048];
    static struct iovec at[BATCH];
    static struct mmsghdr messages[BATCH];
    unsigned long sent = 0, answers = 0;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return 1;
    for (int i = 0; i < BATCH; i++) {
        at[i] = (struct iovec){packets[i], PACKET};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &at[i], .msg_iovlen = 1};
    }
    for (double end = now() + (argc > 2 ? atof(argv[2]) : 1); now() < end;) {
        for (int i = 0; i < BATCH; i++)
            forge(packets[i]);
        int count = sendmmsg(fd, messages, BATCH, 0);
        sent += count > 0 ? (unsigned long)count : 0;
        while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0)
            answers++;
    }
    printf("sent=%lu answers=%lu\n", sent, answers);
    return 0;
}
