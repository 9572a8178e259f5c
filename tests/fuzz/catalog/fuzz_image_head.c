/* Any bytes as an image file: never a byte beyond them, and an orientation that EXIF knows. */
#include "services/catalog/image_head.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_head head;
    image_head_read(slice_of(data, size), &head);
    assert(head.orientation >= 1 && head.orientation <= 8);
    return 0;
}
