/* djembe-catalog --image: decodes one image and ends. What was sent may make it crash, or worse: it knows nothing, may
 * open nothing, and is given seconds and some memory. image_work.h runs it. */
#ifndef DJEMBE_CATALOG_IMAGE_CHILD_H
#define DJEMBE_CATALOG_IMAGE_CHILD_H

#define IMAGE_CHILD_FLAG "--image"
#define IMAGE_CHILD_FILE_MOST (10U << 20) /* bytes that it reads, as catalog.image.add tells */

/* The file is standard input, image_answer.h standard output. The exit status is 0 when it answered. */
int image_child(void);

#endif
