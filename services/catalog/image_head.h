/* What an image file says of itself before anything is decoded: its kind, how large it is, which way is up. Pure. */
#ifndef DJEMBE_CATALOG_IMAGE_HEAD_H
#define DJEMBE_CATALOG_IMAGE_HEAD_H

#include "proto/slice.h"

enum image_kind { IMAGE_jpeg, IMAGE_png, IMAGE_gif, IMAGE_webp };

struct image_head {
    enum image_kind kind;
    uint32_t width, height; /* as they lie in the file; of a GIF: of its first frame */
    unsigned orientation;   /* as EXIF counts, 1 to 8: 1 is upright */
    bool moving;            /* a WebP of several frames, which libgd does not read */
};

/* False: no image of these kinds begins so. A size of 0 x 0: one does, but it ends before it tells how large it is; of
 * a GIF or a JPEG, which libgd takes as they come, before the image ends. */
bool image_head_read(struct slice file, struct image_head *into);

#endif
