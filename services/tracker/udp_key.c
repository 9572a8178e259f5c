/* Trackers behind one address share a copy of the file, so that an id that one gave is taken by all. */
#include "services/tracker/udp_key.h"

#include "services/common/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define KEY_FILE "udp.key"

static bool key_make(int folder, uint8_t secret[SIPHASH_KEY_SIZE])
{
    random_bytes(secret, SIPHASH_KEY_SIZE);
    int fd = openat(folder, KEY_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool made = fd >= 0 && write(fd, secret, SIPHASH_KEY_SIZE) == SIPHASH_KEY_SIZE;
    if (fd >= 0)
        close(fd);
    return made;
}

bool udp_key_read(const char *folder, struct connection_key *into, struct fault *why)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = at >= 0 ? openat(at, KEY_FILE, O_RDONLY | O_CLOEXEC) : -1;
    bool whole = fd >= 0 && read(fd, into->secret, SIPHASH_KEY_SIZE) == SIPHASH_KEY_SIZE;
    if (fd >= 0)
        close(fd);
    /* A full disk must not keep the tracker from starting: without the file ids end with the process. */
    bool usable = at >= 0 && (whole || key_make(at, into->secret) || errno == ENOSPC);
    if (at >= 0)
        close(at);
    return usable || fault_set(why, STATUS_internal, "DJEMBE_STATE", "Cannot write %s/" KEY_FILE ": %s.", folder,
                               strerror(errno));
}
