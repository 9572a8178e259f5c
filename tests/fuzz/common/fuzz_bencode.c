/* Whatever bencode_read accepts can be walked, says the same when written again, and lies within what was read. */
#include "services/common/bencode.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct bencode *value, struct buffer *into)
{
    if (value->kind == BENCODE_integer)
        bencode_write_integer(into, value->integer);
    if (value->kind == BENCODE_text)
        bencode_write_text(into, value->text);
    if (value->kind != BENCODE_list && value->kind != BENCODE_dict)
        return;
    buffer_add(into, value->kind == BENCODE_list ? "l" : "d", 1);
    struct slice key;
    struct bencode item;
    for (size_t place = 0; bencode_next(value, &place, &key, &item);) {
        assert(item.raw.at > value->raw.at && item.raw.at + item.raw.size < value->raw.at + value->raw.size);
        if (value->kind == BENCODE_dict)
            bencode_write_text(into, key);
        write_again(&item, into);
    }
    buffer_add(into, "e", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bencode value;
    char reason[64] = "";
    if (!bencode_read(slice_of(data, size), &value, reason)) {
        assert(reason[0] != '\0' && value.kind == BENCODE_none);
        return 0;
    }
    struct buffer again = {0};
    write_again(&value, &again);
    assert(slice_equal(buffer_slice(&again), slice_of(data, size))); /* one text for one value */
    buffer_free(&again);
    bencode_get(&value, "info");
    return 0;
}
