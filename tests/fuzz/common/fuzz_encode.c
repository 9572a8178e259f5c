/* What one direction writes the other reads back; readers take any bytes. */
#include "services/common/encode.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_any(struct slice from)
{
    char *into = malloc(from.size + 1);
    size_t got = percent_read(from, into, from.size);
    assert(got == SIZE_MAX || got <= from.size);
    if (got != SIZE_MAX && got > 0) {
        size_t less = percent_read(from, into, got - 1);
        assert(less == SIZE_MAX);
    }
    hex_read(from, into, from.size / 2);
    base32_read(from, into, from.size * 5 / 8);
    free(into);
}

static void write_and_read(struct slice from)
{
    char *text = malloc(3 * from.size + 16), *back = malloc(from.size + 1);
    assert(percent_read(slice_of(text, percent_write(from, text)), back, from.size) == from.size);
    assert(slice_equal(from, slice_of(back, from.size)));
    hex_write(from, text);
    assert(hex_read(slice_text(text), back, from.size) && slice_equal(from, slice_of(back, from.size)));
    base32_write(from, text);
    assert(base32_read(slice_text(text), back, from.size) && slice_equal(from, slice_of(back, from.size)));
    free(text);
    free(back);
}

static void quote(struct slice from)
{
    size_t room = 3 + (from.size > 0 ? (unsigned char)from.at[0] : 0);
    char *into = malloc(room);
    log_quote(from, into, room);
    assert(strlen(into) < room && into[0] == '"' && into[strlen(into) - 1] == '"' && utf8_valid(slice_text(into)));
    for (const char *at = into; *at != '\0'; at++)
        assert((unsigned char)*at >= ' ');
    free(into);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice from = slice_of(data, size);
    read_any(from);
    write_and_read(from);
    quote(from);
    return 0;
}
