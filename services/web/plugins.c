/* Keeps one reply of catalog.plugin.list, and goes on with it while the catalog is away. Asked every second until it is
 * there, then twice a minute, so that a plugin added to the catalog shows up by itself. */
#include "services/web/plugins.h"

#include "services/common/service.h"
#include "services/web/look.h"
#include "services/web/web.h"

#include <stdlib.h>

#define FIRST_MS 100
#define RETRY_MS 1000
#define AGAIN_MS 30000
#define REPLY_MAX ((size_t)1 << 20)

static struct {
    msgpack_zone *zone;
    char *packed;
    msgpack_object list;
    struct loop_timer *timer;
} kept;

static void on_due(void *arg);

static void keep(const msgpack_object *list)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_object(&packer, *list);
    size_t size = packed.size;
    char *bytes = msgpack_sbuffer_release(&packed);
    msgpack_zone *zone = msgpack_zone_new(4096);
    msgpack_object object;
    if (!object_read(slice_of(bytes, size), REPLY_MAX, zone, &object, NULL)) {
        msgpack_zone_free(zone);
        free(bytes);
        return;
    }
    msgpack_zone_free(kept.zone);
    free(kept.packed);
    kept.zone = zone;
    kept.packed = bytes;
    kept.list = object;
}

static void on_list(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_plugin_list_reply *list = reply;
    (void)arg;
    (void)body;
    if (why == NULL && list->plugins.object != NULL && list->plugins.object->type == MSGPACK_OBJECT_ARRAY)
        keep(list->plugins.object);
    kept.timer =
        loop_timer_new(service_loop(), kept.zone != NULL && why == NULL ? AGAIN_MS : RETRY_MS, 0, on_due, NULL);
}

static void on_due(void *arg)
{
    struct bus_call call = {.deadline_ms = 2000};
    struct catalog_plugin_list ask = {.given = 0};
    (void)arg;
    kept.timer = NULL;
    bus_ask(service_bus(), NULL, &catalog_plugin_list_message, &ask, &call, on_list, NULL);
}

void plugins_start(void)
{
    kept.timer = loop_timer_new(service_loop(), FIRST_MS, 0, on_due, NULL);
}

void plugins_stop(void)
{
    if (kept.timer != NULL)
        loop_timer_cancel(&kept.timer);
}

const msgpack_object *plugins_list(void)
{
    return kept.zone != NULL ? &kept.list : NULL;
}

const msgpack_object *plugins_find(struct slice name)
{
    const msgpack_object *list = plugins_list();
    for (size_t i = 0; list != NULL && i < list->via.array.size; i++) {
        const msgpack_object *plugin = &list->via.array.ptr[i];
        if (slice_equal(look_text(plugin, "name"), name))
            return plugin;
    }
    return NULL;
}
