/* Bodies of every declared message. The input is "ask NAME\n" or "reply NAME\n" and a body. What is read must pack, and
 * read back to the same bytes. */
#include "proto/proto.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: not readable. Packs what was read into `again`. */
static bool round_trip(const struct field *fields, size_t size, struct slice body, msgpack_sbuffer *again)
{
    struct fault why = {.status = STATUS_ok};
    msgpack_zone zone;
    msgpack_object object;
    msgpack_packer packer;
    void *into = malloc(size);
    msgpack_zone_init(&zone, 1024);
    bool well = object_read(body, 1 << 24, &zone, &object, &why) && fields_read(fields, size, into, &object, &why);
    assert(well || (why.status != STATUS_ok && why.text[0] != '\0' && utf8_valid(slice_text(why.text))));
    if (well) {
        msgpack_packer_init(&packer, again, msgpack_sbuffer_write);
        fields_pack(fields, into, &packer);
    }
    msgpack_zone_destroy(&zone);
    free(into);
    return well;
}

static void try_body(const struct field *fields, size_t size, struct slice body)
{
    msgpack_sbuffer first, second;
    msgpack_sbuffer_init(&first);
    msgpack_sbuffer_init(&second);
    if (round_trip(fields, size, body, &first)) {
        bool well = round_trip(fields, size, slice_of(first.data, first.size), &second);
        assert(well && slice_equal(slice_of(first.data, first.size), slice_of(second.data, second.size)));
    }
    msgpack_sbuffer_destroy(&first);
    msgpack_sbuffer_destroy(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *space = memchr(at, ' ', size), *line = memchr(at, '\n', size);
    if (space == NULL || line == NULL || line < space)
        return 0;
    const struct message *message = message_find(slice_of(space + 1, (size_t)(line - space - 1)));
    struct slice body = slice_of(line + 1, size - (size_t)(line + 1 - at));
    if (message == NULL)
        return 0;
    if (slice_is(slice_of(at, (size_t)(space - at)), "ask"))
        try_body(message->ask, message->ask_size, body);
    else
        try_body(message->reply, message->reply_size, body);
    return 0;
}
