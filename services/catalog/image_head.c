/* See image_head.h. By the first bytes, never by a name or a type that somebody told. */
#include "services/catalog/image_head.h"

static uint32_t big16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t big32(const uint8_t *at)
{
    return big16(at) << 16 | big16(at + 2);
}

static uint32_t little16(const uint8_t *at)
{
    return (uint32_t)at[1] << 8 | at[0];
}

static uint32_t little24(const uint8_t *at)
{
    return (uint32_t)at[2] << 16 | little16(at);
}

static uint32_t little32(const uint8_t *at)
{
    return little16(at + 2) << 16 | little16(at);
}

static bool begins(const uint8_t *at, size_t size, const char *with, size_t length)
{
    return size >= length && memcmp(at, with, length) == 0;
}

/* ---- JPEG: segments up to the end ---- */

/* The orientation in an EXIF block: a TIFF file of its own. 1 where it is not told. */
static unsigned exif_orientation(const uint8_t *at, size_t size)
{
    bool little = begins(at, size, "II*\0", 4);
    if (size < 8 || !(little || begins(at, size, "MM\0*", 4)))
        return 1;
    size_t entry = little ? little32(at + 4) : big32(at + 4);
    if (entry > size - 2)
        return 1;
    size_t count = little ? little16(at + entry) : big16(at + entry);
    for (entry += 2; count > 0 && entry + 12 <= size; count--, entry += 12) {
        uint32_t tag = little ? little16(at + entry) : big16(at + entry);
        uint32_t value = little ? little16(at + entry + 8) : big16(at + entry + 8);
        if (tag == 0x0112)
            return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Beyond the coded pixels at `i`, where the next marker is. In them 0xff has a 0 behind it, or counts restarts. */
static size_t beyond_scan(const uint8_t *at, size_t size, size_t i)
{
    while (i + 1 < size && (at[i] != 0xff || at[i + 1] == 0 || (at[i + 1] >= 0xd0 && at[i + 1] <= 0xd7)))
        i++;
    return i;
}

static void jpeg_read(const uint8_t *at, size_t size, struct image_head *into)
{
    struct image_head told = *into;
    for (size_t i = 2; i + 1 < size && at[i] == 0xff;) {
        uint8_t marker = at[i + 1];
        if (marker == 0xd9) { /* the end */
            *into = told;
            return;
        }
        if (marker == 0xff) { /* padding */
            i++;
            continue;
        }
        size_t length = i + 4 <= size ? big16(at + i + 2) : 0;
        if (length < 2 || length > size - i - 2)
            return;
        if (marker == 0xe1 && begins(at + i + 4, length - 2, "Exif\0\0", 6))
            told.orientation = exif_orientation(at + i + 10, length - 8);
        if (is_frame(marker) && length >= 7 && told.width == 0) {
            told.height = big16(at + i + 5);
            told.width = big16(at + i + 7);
        }
        i = marker == 0xda ? beyond_scan(at, size, i + 2 + length) : i + 2 + length;
    }
}

/* ---- GIF: blocks up to the end of the first frame ---- */

static size_t color_table(uint8_t flags)
{
    return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Beyond the sub-blocks at `i`; 0: they do not end. */
static size_t beyond_blocks(const uint8_t *at, size_t size, size_t i)
{
    while (i < size && at[i] != 0)
        i += 1 + (size_t)at[i];
    return i < size ? i + 1 : 0;
}

static void gif_read(const uint8_t *at, size_t size, struct image_head *into)
{
    if (size < 13)
        return;
    for (size_t i = 13 + color_table(at[10]); i > 0 && i < size;) {
        if (at[i] == ',' && i + 10 < size) {
            size_t data = i + 10 + color_table(at[i + 9]);
            if (beyond_blocks(at, size, data + 1) == 0)
                return;
            into->width = little16(at + i + 5);
            into->height = little16(at + i + 7);
            return;
        }
        if (at[i] != '!')
            return;
        i = beyond_blocks(at, size, i + 2);
    }
}

/* ---- the others tell it at once ---- */

static void webp_read(const uint8_t *at, size_t size, struct image_head *into)
{
    if (size < 30)
        return;
    if (begins(at + 12, 4, "VP8X", 4)) {
        into->moving = (at[20] & 2) != 0;
        into->width = little24(at + 24) + 1;
        into->height = little24(at + 27) + 1;
    } else if (begins(at + 12, 4, "VP8L", 4)) {
        into->width = (little32(at + 21) & 0x3fff) + 1;
        into->height = (little32(at + 21) >> 14 & 0x3fff) + 1;
    } else if (begins(at + 12, 4, "VP8 ", 4)) {
        into->width = little16(at + 26) & 0x3fff;
        into->height = little16(at + 28) & 0x3fff;
    }
}

static void png_read(const uint8_t *at, size_t size, struct image_head *into)
{
    if (size < 24)
        return;
    into->width = big32(at + 16);
    into->height = big32(at + 20);
}

bool image_head_read(struct slice file, struct image_head *into)
{
    static const struct {
        const char *sign;
        size_t length;
        enum image_kind kind;
        void (*read)(const uint8_t *at, size_t size, struct image_head *into);
    } kinds[] = {
        {"\xff\xd8\xff", 3, IMAGE_jpeg, jpeg_read}, {"\x89PNG\r\n\x1a\n", 8, IMAGE_png, png_read},
        {"GIF87a", 6, IMAGE_gif, gif_read},         {"GIF89a", 6, IMAGE_gif, gif_read},
        {"RIFF", 4, IMAGE_webp, webp_read},
    };
    const uint8_t *at = (const uint8_t *)file.at;
    *into = (struct image_head){.orientation = 1};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!begins(at, file.size, kinds[i].sign, kinds[i].length))
            continue;
        if (kinds[i].kind == IMAGE_webp && (file.size < 16 || !begins(at + 8, 4, "WEBP", 4)))
            return false;
        into->kind = kinds[i].kind;
        kinds[i].read(at, file.size, into);
        return true;
    }
    return false;
}
