/* See image_answer.h. */
#include "services/catalog/image_answer.h"

const struct image_size_of image_sizes[IMAGE_SIZES] = {
    [IMAGE_thumb] = {"thumb", 160}, [IMAGE_medium] = {"medium", 480}, [IMAGE_large] = {"large", 1280}};

static void put32(uint32_t value, uint8_t *into)
{
    for (int i = 0; i < 4; i++)
        into[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void image_answer_head(const struct image_answer *answer, uint8_t into[IMAGE_ANSWER_HEAD])
{
    into[0] = (uint8_t)answer->verdict;
    put32(answer->width, into + 1);
    put32(answer->height, into + 5);
}

void image_made_head(const struct image_made *made, uint8_t into[IMAGE_MADE_HEAD])
{
    put32((uint32_t)made->width << 16 | made->height, into);
    put32((uint32_t)made->jpeg.size, into + 4);
}

/* The bytes of one size off the front of `bytes`. */
static bool made_read(struct slice *bytes, unsigned side, struct image_made *into)
{
    const uint8_t *at = (const uint8_t *)bytes->at;
    if (bytes->size < IMAGE_MADE_HEAD)
        return false;
    size_t size = get32(at + 4);
    into->width = get32(at) >> 16;
    into->height = get32(at) & 0xffff;
    into->jpeg = slice_of(bytes->at + IMAGE_MADE_HEAD, size);
    if (into->width < 1 || into->width > side || into->height < 1 || into->height > side)
        return false;
    if (size < 4 || size > IMAGE_BYTES_MOST || size > bytes->size - IMAGE_MADE_HEAD)
        return false;
    *bytes = slice_of(bytes->at + IMAGE_MADE_HEAD + size, bytes->size - IMAGE_MADE_HEAD - size);
    return memcmp(into->jpeg.at, "\xff\xd8\xff", 3) == 0;
}

bool image_answer_read(struct slice bytes, struct image_answer *into)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    if (bytes.size < IMAGE_ANSWER_HEAD || at[0] >= IMAGE_VERDICTS)
        return false;
    *into = (struct image_answer){.verdict = at[0], .width = get32(at + 1), .height = get32(at + 5)};
    bytes = slice_of(bytes.at + IMAGE_ANSWER_HEAD, bytes.size - IMAGE_ANSWER_HEAD);
    for (int i = 0; into->verdict == IMAGE_good && i < IMAGE_SIZES; i++)
        if (!made_read(&bytes, image_sizes[i].side, &into->made[i]))
            return false;
    return bytes.size == 0;
}
