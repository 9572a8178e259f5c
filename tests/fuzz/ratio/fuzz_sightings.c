/* Any bytes as packed sightings: each that is read can be packed again, and the end comes. */
#include "services/ratio/books/event.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct rules_event event = {.kind = RULES_announce}, again = {.kind = RULES_announce};
    struct buffer packed = {0};
    while (sighting_next(&rest, &event)) {
        packed.size = 0;
        sighting_pack(&packed, event.user, event.version, event.left);
        struct slice one = buffer_slice(&packed);
        assert(sighting_next(&one, &again) && one.size == 0);
        assert(again.user == event.user && again.version == event.version && again.left == event.left);
    }
    buffer_free(&packed);
    return 0;
}
