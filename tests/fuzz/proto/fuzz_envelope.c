/* Header frames and fault bodies from outside. What is read must pack and read back the same. */
#include "services/common/bus_envelope.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_request(struct slice frame)
{
    char packed[ENVELOPE_HEADER_MAX];
    struct envelope_request first, second;
    if (!envelope_request_read(frame, &first))
        return;
    size_t size = envelope_request_pack(&first, packed);
    bool well = envelope_request_read(slice_of(packed, size), &second);
    assert(well && first.id == second.id && first.actor == second.actor && first.deadline_ms == second.deadline_ms &&
           slice_equal(first.method, second.method) && slice_equal(first.trace, second.trace));
    assert(envelope_service(first.method).size < first.method.size);
}

static void try_reply(struct slice frame)
{
    char packed[ENVELOPE_HEADER_MAX];
    struct envelope_reply first, second;
    if (!envelope_reply_read(frame, &first))
        return;
    size_t size = envelope_reply_pack(&first, packed);
    bool well = envelope_reply_read(slice_of(packed, size), &second);
    assert(well && first.id == second.id && first.status == second.status);
}

static void try_fault(struct slice frame)
{
    struct fault why;
    msgpack_zone zone;
    msgpack_object body;
    msgpack_zone_init(&zone, 1024);
    if (object_read(frame, ENVELOPE_BODY_MAX, &zone, &body, NULL)) {
        envelope_fault_read(STATUS_conflict, &body, &why);
        assert(why.text[0] != '\0' && utf8_valid(slice_text(why.text)) && utf8_valid(slice_text(why.field)));
    }
    msgpack_zone_destroy(&zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice frame = slice_of(data, size);
    try_request(frame);
    try_reply(frame);
    try_fault(frame);
    return 0;
}
