/* Any bytes as what the process that decodes images answers: what is taken for good is within its size and within the
 * bytes. */
#include "services/catalog/image_answer.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_answer answer;
    if (!image_answer_read(slice_of(data, size), &answer))
        return 0;
    size_t told = IMAGE_ANSWER_HEAD;
    for (int i = 0; answer.verdict == IMAGE_good && i < IMAGE_SIZES; i++) {
        const struct image_made *made = &answer.made[i];
        assert(made->width > 0 && made->width <= image_sizes[i].side);
        assert(made->height > 0 && made->height <= image_sizes[i].side);
        told += IMAGE_MADE_HEAD;
        assert(made->jpeg.at == (const char *)data + told);
        told += made->jpeg.size;
    }
    assert(told == size);
    return 0;
}
