/* Any text as BDInfo's report: each part is one of the known names, or empty; or nothing is read. */
#include "services/catalog/bdinfo.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mediainfo media;
    if (!bdinfo_read(slice_of((const char *)data, size), &media))
        return 0;
    assert(media.of[MEDIA_codec].size > 0);
    for (enum media_part part = 0; part < MEDIA_COUNT; part++)
        assert(media.of[part].size < 20);
    return 0;
}
