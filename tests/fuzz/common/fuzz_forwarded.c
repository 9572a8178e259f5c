/* Lines of X-Forwarded-For. Whoever is named is an address, and no proxy of ours while somebody else could be. */
#include "services/common/forwarded.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct networks proxies;
    struct forwarded lines = {0}, once = {0};
    bool read = networks_read(slice_text("10.0.0.0/8, fd00::/8"), &proxies);
    assert(read);
    char *copy = malloc(size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\n';
    for (size_t at = 0; at < size;) {
        size_t end = (size_t)((char *)memchr(copy + at, '\n', size + 1 - at) - copy);
        char *line = malloc(end > at ? end - at : 1);
        memcpy(line, copy + at, end - at);
        forwarded_read(slice_of(line, end - at), &proxies, &lines);
        free(line);
        at = end + 1;
    }
    for (size_t i = 0; i < size; i++)
        copy[i] = copy[i] == '\n' ? ',' : copy[i];
    forwarded_read(slice_of(copy, size), &proxies, &once); /* several lines are one list */
    assert(lines.known == once.known && (!lines.known || memcmp(lines.client, once.client, IP_SIZE) == 0));
    forwarded_read(slice_text("192.0.2.9, 10.0.0.1"), &proxies, &lines);
    assert(lines.known && ip_is_v4(lines.client) && memcmp(lines.client + 12, "\xc0\0\2\x09", 4) == 0);
    struct networks fuzzed;
    if (networks_read(slice_of(copy, size), &fuzzed))
        assert(fuzzed.count <= NETWORKS_MAX);
    free(copy);
    return 0;
}
