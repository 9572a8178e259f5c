/* The catalog keeps metainfo without any announce URL; here the member's own is written in. Keys of a bencoded
 * dictionary are sorted, and "announce" comes before most, so it is placed where it belongs rather than at the front by
 * luck. */
#include "services/web/download.h"

#include "services/common/arena.h"
#include "services/common/encode.h"

#include <stdlib.h>

static int order(struct slice a, struct slice b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int first = size > 0 ? memcmp(a.at, b.at, size) : 0;
    return first != 0 ? first : (a.size > b.size) - (a.size < b.size);
}

static void add_announce(struct slice announce, struct buffer *into)
{
    bencode_write_key(into, "announce");
    bencode_write_text(into, announce);
}

bool download_personal(struct slice metainfo, struct slice announce, struct buffer *into)
{
    char reason[64];
    struct bencode dict, value;
    if (!bencode_read(metainfo, &dict, reason) || dict.kind != BENCODE_dict)
        return false;
    struct slice key;
    size_t place = 0;
    bool written = false;
    buffer_add(into, "d", 1);
    while (bencode_next(&dict, &place, &key, &value)) {
        if (slice_is(key, "announce") || slice_is(key, "announce-list"))
            continue;
        if (!written && order(key, slice_text("announce")) > 0) {
            add_announce(announce, into);
            written = true;
        }
        bencode_write_text(into, key);
        buffer_add(into, value.raw.at, value.raw.size);
    }
    if (!written)
        add_announce(announce, into);
    buffer_add(into, "e", 1);
    return true;
}

void download_disposition(struct slice file_name, struct buffer *into)
{
    buffer_print(into, "attachment; filename=\"");
    for (size_t i = 0; i < file_name.size; i++) {
        unsigned char c = (unsigned char)file_name.at[i];
        bool is_plain = c >= 0x20 && c < 0x7f && strchr("\"\\/%", c) == NULL;
        /* A letter beyond ASCII is several bytes: one `_` stands for all of them. */
        if ((c & 0xc0) != 0x80)
            buffer_add(into, is_plain ? &file_name.at[i] : "_", 1);
    }
    char *escaped = mem_take(3 * file_name.size + 1);
    percent_write(file_name, escaped);
    buffer_print(into, "\"; filename*=UTF-8''%s", escaped);
    free(escaped);
}
