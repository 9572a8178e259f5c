/* What the process that decodes an image answers, as bytes: a verdict and, when it is good, the image in each size.
 * Pure. The reader trusts nothing of it: what was to be decoded may have taken that process over. */
#ifndef DJEMBE_CATALOG_IMAGE_ANSWER_H
#define DJEMBE_CATALOG_IMAGE_ANSWER_H

#include "proto/slice.h"

#define IMAGE_SIDE_LEAST 50 /* pixels; smaller ones show nothing */
#define IMAGE_SIDE_MOST 16384
#define IMAGE_PIXELS_MOST 30000000  /* 120 MB while it is decoded */
#define IMAGE_BYTES_MOST (4U << 20) /* of one size, as catalog.image.get tells */

enum image_size { IMAGE_thumb, IMAGE_medium, IMAGE_large, IMAGE_SIZES };
extern const struct image_size_of {
    const char *name;
    unsigned side; /* most pixels wide and high */
} image_sizes[IMAGE_SIZES];

enum image_verdict {
    IMAGE_good,
    IMAGE_unknown, /* none of the kinds that are read */
    IMAGE_moving,  /* an animated WebP */
    IMAGE_small,
    IMAGE_huge,
    IMAGE_damaged,
    IMAGE_VERDICTS
};

struct image_answer {
    enum image_verdict verdict;
    uint32_t width, height; /* of the file; 0: not known */
    struct image_made {
        unsigned width, height;
        struct slice jpeg;
    } made[IMAGE_SIZES]; /* when it is good */
};

#define IMAGE_ANSWER_HEAD 9 /* bytes */
#define IMAGE_MADE_HEAD 8   /* before each size */
void image_answer_head(const struct image_answer *answer, uint8_t into[IMAGE_ANSWER_HEAD]);
void image_made_head(const struct image_made *made, uint8_t into[IMAGE_MADE_HEAD]);

/* Borrows from `bytes`. False: nothing that the process answers when all is well. */
bool image_answer_read(struct slice bytes, struct image_answer *into);

#endif
