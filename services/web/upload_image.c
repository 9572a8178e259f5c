/* See upload_image.h. */
#include "services/web/upload_image.h"

#include "services/common/service.h"
#include "services/web/look.h"

#define ADD_MS 30000 /* it is decoded meanwhile, perhaps after others */

struct slice upload_image_called(const msgpack_object *plugin)
{
    const msgpack_object *levels = look_array(plugin, "levels");
    for (size_t i = 0; i < look_size(levels); i++)
        if (slice_is(look_text(look_at(levels, i), "kind"), "group"))
            return look_text(look_at(levels, i), "image");
    return slice_text(NULL);
}

struct step {
    struct visit *visit;
    struct upload_image *image;
    upload_image_read_fn *read;
    void (*kept)(struct visit *visit);
    upload_image_added_fn *added;
};

static struct step *step_new(struct visit *visit, struct upload_image *image)
{
    struct step *step = arena_take(visit->arena, sizeof *step);
    *step = (struct step){.visit = visit, .image = image};
    return step;
}

static void on_found(void *arg, const struct draft *draft, const struct fault *why)
{
    const struct step *step = arg;
    struct arena *arena = step->visit->arena;
    (void)why;
    if (draft != NULL) {
        step->image->name = arena_copy(arena, draft->name);
        step->image->file = arena_copy(arena, draft->content);
        step->image->kept = (struct draft){draft->id, step->image->name, step->image->file};
    }
    step->read(step->visit, draft == NULL);
}

void upload_image_read(struct visit *visit, struct upload_image *image, upload_image_read_fn *done)
{
    const struct multipart_file *file = multipart_file(&visit->files, "image");
    uint64_t draft = form_id(&visit->form, "image_draft");
    if (file == NULL && draft != 0) {
        struct step *step = step_new(visit, image);
        step->read = done;
        draft_look(visit->me.id, draft, on_found, step);
        return;
    }
    if (file != NULL) {
        image->name = file->name;
        image->file = file->body;
    }
    done(visit, false);
}

static void on_kept(void *arg, uint64_t id)
{
    const struct step *step = arg;
    if (id != 0)
        step->image->kept = (struct draft){id, step->image->name, step->image->file};
    step->kept(step->visit);
}

void upload_image_keep(struct visit *visit, struct upload_image *image, void (*done)(struct visit *visit))
{
    if (image->file.size == 0 || image->kept.id != 0) {
        done(visit);
        return;
    }
    struct step *step = step_new(visit, image);
    step->kept = done;
    draft_keep(visit->me.id, image->name, image->file, on_kept, step);
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct step *step = arg;
    (void)reply;
    (void)body;
    draft_forget(step->visit->me.id, step->image->kept.id);
    step->added(step->visit, why);
}

void upload_image_add(struct visit *visit, struct upload_image *image, uint64_t entity, const char *key,
                      upload_image_added_fn *done)
{
    if (image->file.size == 0) {
        done(visit, NULL);
        return;
    }
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = ADD_MS};
    struct step *step = step_new(visit, image);
    struct secret once;
    step->added = done;
    secret_derive(image->file, arena_print(visit->arena, "upload image %s", key), &once);
    struct catalog_image_add ask = {.key = slice_of(once.hash, 16), .entity = entity, .file = image->file};
    bus_ask(service_bus(), NULL, &catalog_image_add_message, &ask, &call, on_added, step);
}
