/* Header frames to structs and back. Pure. */
#include "services/common/bus_envelope.h"

#include <assert.h>

/* A writer into a fixed buffer; headers are small and their texts bounded, so it cannot overflow. */
struct fixed {
    char *at;
    size_t size;
};

static int fixed_write(void *data, const char *bytes, size_t size)
{
    struct fixed *fixed = data;
    assert(fixed->size + size <= ENVELOPE_HEADER_MAX);
    memcpy(fixed->at + fixed->size, bytes, size);
    fixed->size += size;
    return 0;
}

bool envelope_is_method(struct slice method)
{
    if (method.size == 0 || method.size > ENVELOPE_METHOD_MAX)
        return false;
    for (size_t i = 0; i < method.size; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", method.at[i]) == NULL || method.at[i] == '\0')
            return false;
    return true;
}

static bool is_trace(struct slice trace)
{
    if (trace.size != ENVELOPE_TRACE_SIZE)
        return false;
    for (size_t i = 0; i < trace.size; i++)
        if (strchr("0123456789abcdef", trace.at[i]) == NULL || trace.at[i] == '\0')
            return false;
    return true;
}

static bool read_number(const msgpack_object *from, uint64_t high, uint64_t *into)
{
    *into = from->via.u64;
    return from->type == MSGPACK_OBJECT_POSITIVE_INTEGER && *into <= high;
}

static bool read_text(const msgpack_object *from, struct slice *into)
{
    if (from->type != MSGPACK_OBJECT_STR)
        return false;
    *into = slice_of(from->via.str.ptr, from->via.str.size);
    return true;
}

/* The columns of a header of this version, at least `count` of them; NULL: it is none. */
static const msgpack_object *header_columns(struct slice frame, size_t count, msgpack_zone *zone)
{
    msgpack_object header;
    uint64_t version;
    if (!object_read(frame, ENVELOPE_HEADER_MAX, zone, &header, NULL) || header.type != MSGPACK_OBJECT_ARRAY ||
        header.via.array.size < count)
        return NULL;
    const msgpack_object *columns = header.via.array.ptr;
    return read_number(&columns[0], ENVELOPE_VERSION, &version) && version == ENVELOPE_VERSION ? columns : NULL;
}

bool envelope_request_read(struct slice frame, struct envelope_request *into)
{
    msgpack_zone zone;
    uint64_t deadline = 0;
    if (!msgpack_zone_init(&zone, ENVELOPE_HEADER_MAX))
        return false;
    const msgpack_object *column = header_columns(frame, 6, &zone);
    bool well = column != NULL && read_number(&column[1], UINT64_MAX, &into->id) &&
                read_text(&column[2], &into->method) && envelope_is_method(into->method) &&
                read_number(&column[3], UINT32_MAX, &deadline) && read_number(&column[4], ID_MAX, &into->actor) &&
                read_text(&column[5], &into->trace) && is_trace(into->trace);
    into->deadline_ms = (uint32_t)deadline;
    msgpack_zone_destroy(&zone);
    return well;
}

bool envelope_reply_read(struct slice frame, struct envelope_reply *into)
{
    msgpack_zone zone;
    struct slice status;
    if (!msgpack_zone_init(&zone, ENVELOPE_HEADER_MAX))
        return false;
    const msgpack_object *column = header_columns(frame, 3, &zone);
    bool well = column != NULL && read_number(&column[1], UINT64_MAX, &into->id) && read_text(&column[2], &status);
    if (well)
        into->status = status_of(status);
    msgpack_zone_destroy(&zone);
    return well;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through `fixed` */
size_t envelope_request_pack(const struct envelope_request *request, char into[ENVELOPE_HEADER_MAX])
{
    assert(envelope_is_method(request->method) && is_trace(request->trace));
    struct fixed fixed = {.at = into};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &fixed, fixed_write);
    msgpack_pack_array(&packer, 6);
    msgpack_pack_uint64(&packer, ENVELOPE_VERSION);
    msgpack_pack_uint64(&packer, request->id);
    pack_text(&packer, request->method);
    msgpack_pack_uint64(&packer, request->deadline_ms);
    msgpack_pack_uint64(&packer, request->actor);
    pack_text(&packer, request->trace);
    return fixed.size;
}

/* NOLINTNEXTLINE(readability-non-const-parameter) */
size_t envelope_reply_pack(const struct envelope_reply *reply, char into[ENVELOPE_HEADER_MAX])
{
    struct fixed fixed = {.at = into};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &fixed, fixed_write);
    msgpack_pack_array(&packer, 3);
    msgpack_pack_uint64(&packer, ENVELOPE_VERSION);
    msgpack_pack_uint64(&packer, reply->id);
    pack_key(&packer, status_name(reply->status));
    return fixed.size;
}

void envelope_fault_pack(const struct fault *why, msgpack_packer *packer)
{
    bool field = why->field[0] != '\0';
    msgpack_pack_map(packer, field ? 2 : 1);
    pack_key(packer, "error");
    pack_key(packer, why->text[0] != '\0' ? why->text : status_text(why->status));
    if (field) {
        pack_key(packer, "field");
        pack_key(packer, why->field);
    }
}

/* What is sent to people must be text, whoever made it. */
static struct slice text_at(const msgpack_object *map, const char *key)
{
    struct slice text = {0};
    const msgpack_object *value = map_find(map, key);
    if (value == NULL || !read_text(value, &text) || !utf8_valid(text))
        return slice_text(NULL);
    return text;
}

void envelope_fault_read(enum status status, const msgpack_object *body, struct fault *into)
{
    struct slice text = text_at(body, "error"), field = text_at(body, "field");
    char name[sizeof into->field] = "";
    if (field.size < sizeof name && field.size > 0)
        memcpy(name, field.at, field.size);
    if (text.size == 0 || memchr(text.at, '\0', text.size) != NULL)
        text = slice_text(status_text(status));
    fault_set(into, status, name, "%.*s", SLICE_ARGS(text));
}

struct slice envelope_service(struct slice method)
{
    const char *dot = method.size > 0 ? memchr(method.at, '.', method.size) : NULL;
    return dot != NULL ? slice_of(method.at, (size_t)(dot - method.at)) : slice_text(NULL);
}
