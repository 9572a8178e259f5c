/* Any text as MediaInfo's report: each part is one of the known names, or empty. */
#include "services/catalog/mediainfo.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mediainfo media;
    mediainfo_read(slice_of((const char *)data, size), &media);
    for (enum media_part part = 0; part < MEDIA_COUNT; part++)
        assert(media.of[part].size < 16);
    return 0;
}
