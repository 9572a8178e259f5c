/* Keeps each reply in the visit's arena, decoded, so that a page reads all of them side by side when the last one is
 * there. */
#include "services/web/gather.h"

#include "services/web/web.h"

#define REPLY_MAX ((size_t)16 << 20)

struct gather {
    struct visit *visit;
    void (*done)(struct visit *visit);
    size_t waiting;
};

struct asked {
    struct gather *gather;
    const struct message *message;
    struct answer answer;
};

struct gather *gather_new(struct visit *visit, void (*done)(struct visit *visit))
{
    struct gather *gather = arena_take(visit->arena, sizeof *gather);
    *gather = (struct gather){visit, done, 1};
    return gather;
}

void gather_hold(struct gather *gather)
{
    gather->waiting++;
}

void gather_release(struct gather *gather)
{
    if (--gather->waiting == 0)
        gather->done(gather->visit);
}

void gather_go(struct gather *gather)
{
    gather_release(gather);
}

/* A copy of the reply that outlives the callback: packed again, and read where the visit owns it. */
static bool keep(struct asked *asked, const msgpack_object *body)
{
    struct visit *visit = asked->gather->visit;
    struct answer *answer = &asked->answer;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_object(&packer, *body);
    struct slice copy = arena_copy(visit->arena, slice_of(packed.data, packed.size));
    msgpack_sbuffer_destroy(&packed);

    msgpack_object *object = arena_take(visit->arena, sizeof *object);
    void *reply = arena_take(visit->arena, asked->message->reply_size);
    if (!object_read(copy, REPLY_MAX, visit->zone, object, &answer->why) ||
        !fields_read(asked->message->reply, asked->message->reply_size, reply, object, &answer->why))
        return false;
    answer->body = object;
    answer->reply = reply;
    return true;
}

static void on_answer(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct asked *asked = arg;
    (void)reply;
    if (why != NULL)
        asked->answer.why = *why;
    else
        keep(asked, body);
    gather_release(asked->gather);
}

static struct asked *asked_new(struct gather *gather, const struct message *message)
{
    struct asked *asked = arena_take(gather->visit->arena, sizeof *asked);
    asked->gather = gather;
    asked->message = message;
    return asked;
}

static void ask_bus(struct asked *asked, const void *ask, uint32_t deadline_ms)
{
    struct bus_call call = {.actor = asked->gather->visit->me.id, .deadline_ms = deadline_ms};
    gather_hold(asked->gather);
    bus_ask(service_bus(), NULL, asked->message, ask, &call, on_answer, asked);
}

const struct answer *gather_must(struct gather *gather, const struct message *message, const void *ask)
{
    struct asked *asked = asked_new(gather, message);
    ask_bus(asked, ask, GATHER_MUST_MS);
    return &asked->answer;
}

const struct answer *gather_may(struct gather *gather, const struct message *message, const void *ask)
{
    struct asked *asked = asked_new(gather, message);
    char service[32] = "";
    size_t size = strcspn(message->name, ".");
    if (size < sizeof service)
        memcpy(service, message->name, size);
    if (bus_replicas(service_bus(), service) > 0)
        ask_bus(asked, ask, GATHER_MAY_MS);
    else
        fault_set(&asked->answer.why, STATUS_unavailable, NULL, "The %s service does not answer.", service);
    return &asked->answer;
}

struct tree ask_ids(struct visit *visit, const uint64_t *ids, size_t count)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++)
        msgpack_pack_uint64(&packer, ids[i]);
    struct tree tree = {.packed = arena_copy(visit->arena, slice_of(packed.data, packed.size))};
    msgpack_sbuffer_destroy(&packed);
    return tree;
}

void *answer_rows(struct visit *visit, struct tree rows, const struct row *row, size_t *count)
{
    size_t most = rows_count(rows);
    char *into = arena_take(visit->arena, most * row->size + 1);
    *count = 0;
    for (size_t i = 0; i < most; i++)
        if (row_read(row, into + *count * row->size, rows_at(rows, i), NULL))
            ++*count;
    return into;
}

const uint64_t *answer_ids(struct visit *visit, const uint64_t *first, size_t row_size, size_t count)
{
    uint64_t *ids = arena_take(visit->arena, count * sizeof *ids + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(&ids[i], (const char *)first + i * row_size, sizeof *ids);
    return ids;
}
