/* Knows the bus and its settings; knows no method. */
#include "services/admin/call.h"
#include "services/admin/json.h"
#include "services/admin/tell.h"
#include "services/common/bus.h"
#include "services/common/encode.h"
#include "services/common/log.h"
#include "services/common/options.h"

#include <stdio.h>

#define DEADLINE_MS 15000 /* a torrent of 10 MB, on a busy machine */

static const char *keys, *tracker, *web, *catalog, *ratio;
static const struct option options[] = {
    {"DJEMBE_KEYS", OPTION_path, &keys, "keys", 0, 0, "Folder of the bus certificates.", false},
    {"DJEMBE_TRACKER", OPTION_text, &tracker, "tcp://127.0.0.1:5554", 1, 256, "Where tracker listens.", false},
    {"DJEMBE_WEB", OPTION_text, &web, "tcp://127.0.0.1:5553", 1, 256, "Where web listens.", false},
    {"DJEMBE_CATALOG", OPTION_text, &catalog, "tcp://127.0.0.1:5551", 1, 256, "Where catalog listens.", false},
    {"DJEMBE_RATIO", OPTION_text, &ratio, "tcp://127.0.0.1:5552", 1, 256, "Where ratio listens.", false},
    {0},
};

static struct loop *loop;
static struct bus *bus;

void call_help(void)
{
    struct fault why = {0};
    if (!options_read(options, &why))
        tell_fault(&why);
    options_print(options);
}

void call_start(void)
{
    struct fault why = {0};
    log_start("admin", LOG_LEVEL_warning);
    if (!options_read(options, &why))
        tell_fault(&why);
    const struct bus_endpoint endpoints[] = {
        {"tracker", tracker}, {"web", web}, {"catalog", catalog}, {"ratio", ratio}};
    loop = loop_new();
    bus = bus_new(loop,
                  &(struct bus_settings){.service = "admin",
                                         .keys = keys,
                                         .version = DJEMBE_VERSION,
                                         .endpoints = endpoints,
                                         .endpoints_count = sizeof endpoints / sizeof *endpoints},
                  &why);
    if (bus == NULL)
        tell_fault(&why);
}

void call_stop(void)
{
    bus_destroy(&bus);
    loop_destroy(&loop);
}

struct answer {
    json_t *reply;
    struct fault why;
    bool done;
};

static void on_answer(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    struct answer *answer = arg;
    if (why != NULL)
        answer->why = *why;
    else
        answer->reply = json_of(body);
    answer->done = true;
    loop_stop(loop);
}

static bool needs_key(const char *method)
{
    const struct message *message = message_find(slice_text(method));
    for (const struct field *field = message != NULL ? message->ask : NULL; field != NULL && field->name != NULL;
         field++)
        if (strcmp(field->name, "key") == 0)
            return field->kind == KIND_bytes && field->need == REQUIRED;
    return false;
}

static json_t *with_key(const json_t *body, const char *method)
{
    json_t *whole = body != NULL ? json_copy((json_t *)body) : json_object();
    if (needs_key(method) && json_object_get(whole, "key") == NULL) {
        unsigned char key[16];
        random_bytes(key, sizeof key);
        json_t *bytes = json_object();
        json_object_set_new(bytes, "hex", json_hex(key, sizeof key));
        json_object_set_new(whole, "key", bytes);
    }
    return whole;
}

json_t *call(const char *method, const json_t *body, uint64_t actor, struct fault *why)
{
    struct answer answer = {0};
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    json_t *whole = with_key(body, method);
    bool good = json_pack_value(whole, &packer, why);
    json_decref(whole);
    if (good) {
        bus_ask_packed(bus, method, slice_of(packed.data, packed.size),
                       &(struct bus_call){.actor = actor, .deadline_ms = DEADLINE_MS}, on_answer, &answer);
        loop_run(loop);
        if (!answer.done)
            fault_set(&answer.why, STATUS_unavailable, NULL, "Interrupted: nobody knows whether it was done.");
        *why = answer.why;
    }
    msgpack_sbuffer_destroy(&packed);
    return answer.reply;
}
