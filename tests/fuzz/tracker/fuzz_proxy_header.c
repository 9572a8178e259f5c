/* The first bytes of a connection. A header that is whole stays what it is however much comes behind it, and no part of
 * it is enough. */
#include "services/tracker/proxy_header.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxy_verdict read_copy(const uint8_t *data, size_t size, struct proxy_header *into)
{
    /* A copy of exactly this size, so that reading past its end is seen. */
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    enum proxy_verdict verdict = proxy_header_read(slice_of(copy, size), into);
    free(copy);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header header, again;
    enum proxy_verdict verdict = size > 0 ? read_copy(data, size, &header) : PROXY_more;
    if (verdict == PROXY_more)
        assert(size < PROXY_HEADER_MAX);
    if (verdict == PROXY_more || verdict == PROXY_wrong)
        return 0;
    assert(header.size > 0 && header.size <= size && header.size <= PROXY_HEADER_MAX);
    assert((verdict == PROXY_client) == (header.address.family != FAMILY_none) || verdict == PROXY_own);
    assert(read_copy(data, header.size, &again) == verdict && again.size == header.size && again.port == header.port);
    assert(read_copy(data, header.size - 1, &again) == PROXY_more);
    return 0;
}
