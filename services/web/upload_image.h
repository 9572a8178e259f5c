/* The image that may come with an upload: read, kept while the form is corrected, and added once the torrent is. */
#ifndef DJEMBE_WEB_UPLOAD_IMAGE_H
#define DJEMBE_WEB_UPLOAD_IMAGE_H

#include "services/web/draft.h"
#include "services/web/visit.h"

struct upload_image {
    struct draft kept; /* from the attempt before, or by upload_image_keep; id 0: it is not */
    struct slice name, file;
};

/* What the image of a plugin's group is called; empty: it has none. */
struct slice upload_image_called(const msgpack_object *plugin);

/* Takes the image that was sent now, or before. `lost` in the callback: the one sent before is there no more. */
typedef void upload_image_read_fn(struct visit *visit, bool lost);
void upload_image_read(struct visit *visit, struct upload_image *image, upload_image_read_fn *done);

/* Keeps what there is of it for the next attempt. */
void upload_image_keep(struct visit *visit, struct upload_image *image, void (*done)(struct visit *visit));

/* Puts it on the page of what was added; one form, told apart by its key, does so once. `why` NULL: it is there, or
 * there was none. */
typedef void upload_image_added_fn(struct visit *visit, const struct fault *why);
void upload_image_add(struct visit *visit, struct upload_image *image, uint64_t entity, const char *key,
                      upload_image_added_fn *done);

#endif
