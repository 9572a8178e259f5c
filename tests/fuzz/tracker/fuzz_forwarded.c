/* Lines of X-Forwarded-For. Whoever is named is an address, and no proxy of ours while somebody else could be. */
#include "services/tracker/address.h"
#include "services/tracker/forwarded.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct networks proxies;
    struct address client = {.family = FAMILY_none}, once = {.family = FAMILY_none};
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
        forwarded_read(slice_of(line, end - at), &proxies, &client);
        free(line);
        at = end + 1;
    }
    for (size_t i = 0; i < size; i++)
        copy[i] = copy[i] == '\n' ? ',' : copy[i];
    forwarded_read(slice_of(copy, size), &proxies, &once); /* several lines are one list */
    assert(client.family == once.family && (client.family == FAMILY_none || address_is(&client, &once)));
    forwarded_read(slice_text("192.0.2.9, 10.0.0.1"), &proxies, &client);
    assert(client.family == FAMILY_v4 && memcmp(client.bytes, "\xc0\0\2\x09", 4) == 0);
    struct networks fuzzed;
    if (networks_read(slice_of(copy, size), &fuzzed))
        assert(fuzzed.count <= NETWORKS_MAX);
    free(copy);
    return 0;
}
