/* See image_child.h. libgd decodes; each size is made of the next larger one, as a JPEG on white, upright, with nothing
 * in it but pixels. */
#include "services/catalog/image_child.h"

#include "services/catalog/image_answer.h"
#include "services/catalog/image_head.h"

#include <errno.h>
#include <gd.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define QUALITY 82
#define MEMORY_MOST (512UL << 20)
#define SECONDS_MOST 10 /* of its own CPU time */

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

/* ---- what it may do ---- */

static bool limit(int what, rlim_t most)
{
    return setrlimit((__rlimit_resource_t)what, &(struct rlimit){most, most}) == 0;
}

static bool limits_set(void)
{
    /* AddressSanitizer reserves terabytes of addresses. */
    bool bounded = __has_feature(address_sanitizer) || limit(RLIMIT_AS, MEMORY_MOST);
    return bounded && limit(RLIMIT_CPU, SECONDS_MOST) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 0) &&
           limit(RLIMIT_FSIZE, IMAGE_ANSWER_HEAD + IMAGE_SIZES * (IMAGE_MADE_HEAD + IMAGE_BYTES_MOST));
}

/* From here on: memory, the answer, the end. Whatever else is asked of the kernel is refused. */
static bool calls_limit(void)
{
    static const int allowed[] = {SCMP_SYS(write),          SCMP_SYS(mmap),      SCMP_SYS(munmap),
                                  SCMP_SYS(mremap),         SCMP_SYS(brk),       SCMP_SYS(madvise),
                                  SCMP_SYS(mprotect),       SCMP_SYS(futex),     SCMP_SYS(sigaltstack),
                                  SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit_group)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool good = filter != NULL;
    for (size_t i = 0; good && i < sizeof allowed / sizeof *allowed; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    good = good && seccomp_load(filter) == 0; /* with no_new_privs */
    seccomp_release(filter);
    return good;
}

/* ---- in and out ---- */

static struct slice file_read(void)
{
    char *bytes = malloc(IMAGE_CHILD_FILE_MOST);
    size_t size = 0;
    ssize_t count = 1;
    while (bytes != NULL && size < IMAGE_CHILD_FILE_MOST && count > 0) {
        count = read(STDIN_FILENO, bytes + size, IMAGE_CHILD_FILE_MOST - size);
        size += count > 0 ? (size_t)count : 0;
    }
    return slice_of(bytes, size);
}

static void put(const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t count = write(STDOUT_FILENO, at, size);
        if (count <= 0)
            _exit(1);
        at += count;
        size -= (size_t)count;
    }
}

static void answer_put(const struct image_answer *answer)
{
    uint8_t head[IMAGE_ANSWER_HEAD], made[IMAGE_MADE_HEAD];
    image_answer_head(answer, head);
    put(head, sizeof head);
    for (int i = 0; answer->verdict == IMAGE_good && i < IMAGE_SIZES; i++) {
        image_made_head(&answer->made[i], made);
        put(made, sizeof made);
        put(answer->made[i].jpeg.at, answer->made[i].jpeg.size);
    }
}

/* ---- pixels ---- */

static void keep_quiet(int priority, const char *format, va_list args)
{
    (void)priority;
    (void)format;
    (void)args;
}

static gdImage *decode(const struct image_head *head, struct slice file)
{
    void *bytes = (void *)(uintptr_t)file.at; /* it is only read */
    int size = (int)file.size;
    switch (head->kind) {
    case IMAGE_jpeg:
        return gdImageCreateFromJpegPtrEx(size, bytes, 0); /* what is cut short is refused */
    case IMAGE_png:
        return gdImageCreateFromPngPtr(size, bytes);
    case IMAGE_gif:
        return gdImageCreateFromGifPtr(size, bytes);
    case IMAGE_webp:
        return gdImageCreateFromWebpPtr(size, bytes);
    }
    return NULL;
}

/* What shows through is white. */
static void flatten(gdImage *image)
{
    for (int y = 0; y < gdImageSY(image); y++)
        for (int x = 0; x < gdImageSX(image); x++) {
            int *pixel = &gdImageTrueColorPixel(image, x, y);
            int alpha = gdTrueColorGetAlpha(*pixel);
            if (alpha != gdAlphaOpaque)
                *pixel = gdAlphaBlend(gdTrueColor(255, 255, 255), *pixel);
        }
}

/* Another image of at most that side, and never larger than it is. */
static gdImage *shrink(gdImage *from, unsigned side)
{
    unsigned width = (unsigned)gdImageSX(from), height = (unsigned)gdImageSY(from);
    unsigned longer = width > height ? width : height;
    if (longer > side) {
        width = (width * side + longer / 2) / longer;
        height = (height * side + longer / 2) / longer;
    }
    gdImage *made = gdImageCreateTrueColor(width > 0 ? (int)width : 1, height > 0 ? (int)height : 1);
    if (made != NULL)
        gdImageCopyResampled(made, from, 0, 0, 0, 0, gdImageSX(made), gdImageSY(made), gdImageSX(from),
                             gdImageSY(from));
    return made;
}

/* Upright, from what EXIF says: turned first, then mirrored. */
static gdImage *turn(gdImage *image, unsigned orientation)
{
    static const int angles[] = {0, 0, 180, 180, 270, 270, 90, 90}; /* against the clock */
    static const bool mirrored[] = {false, true, false, true, true, false, true, false};
    unsigned i = orientation - 1;
    if (angles[i] != 0) {
        gdImage *turned = gdImageRotateInterpolated(image, (float)angles[i], 0);
        gdImageDestroy(image);
        image = turned;
    }
    if (image != NULL && mirrored[i])
        gdImageFlipHorizontal(image);
    return image;
}

static bool jpeg_make(gdImage *image, struct image_made *into)
{
    int size = 0;
    gdImageInterlace(image, 1); /* it is seen while it comes */
    void *bytes = gdImageJpegPtr(image, &size, QUALITY);
    into->width = (unsigned)gdImageSX(image);
    into->height = (unsigned)gdImageSY(image);
    into->jpeg = slice_of(bytes, (size_t)size);
    return bytes != NULL && size > 0 && (unsigned)size <= IMAGE_BYTES_MOST;
}

/* From the largest down. Nothing is freed: the process ends. */
static bool sizes_make(gdImage *image, unsigned orientation, struct image_answer *answer)
{
    if (image == NULL || (!gdImageTrueColor(image) && !gdImagePaletteToTrueColor(image)))
        return false;
    flatten(image);
    for (int i = IMAGE_SIZES - 1; i >= 0 && image != NULL; i--) {
        image = shrink(image, image_sizes[i].side);
        if (image != NULL && i == IMAGE_large)
            image = turn(image, orientation);
        if (image == NULL || !jpeg_make(image, &answer->made[i]))
            return false;
    }
    return true;
}

static void answer_make(struct slice file, struct image_answer *answer)
{
    struct image_head head;
    answer->verdict = IMAGE_unknown;
    if (!image_head_read(file, &head))
        return;
    answer->width = head.width;
    answer->height = head.height;
    if (head.width == 0 || head.height == 0)
        answer->verdict = IMAGE_damaged;
    else if (head.moving)
        answer->verdict = IMAGE_moving;
    else if (head.width > IMAGE_SIDE_MOST || head.height > IMAGE_SIDE_MOST ||
             (uint64_t)head.width * head.height > IMAGE_PIXELS_MOST)
        answer->verdict = IMAGE_huge;
    else if (head.width < IMAGE_SIDE_LEAST || head.height < IMAGE_SIDE_LEAST)
        answer->verdict = IMAGE_small;
    else
        answer->verdict = sizes_make(decode(&head, file), head.orientation, answer) ? IMAGE_good : IMAGE_damaged;
}

int image_child(void)
{
    struct image_answer answer = {0};
    struct slice file = file_read();
    gdSetErrorMethod(keep_quiet);
    if (!limits_set() || !calls_limit()) {
        fprintf(stderr, "djembe-catalog " IMAGE_CHILD_FLAG ": cannot be confined: %s\n", strerror(errno));
        return 1;
    }
    answer_make(file, &answer);
    answer_put(&answer);
    _exit(0);
}
