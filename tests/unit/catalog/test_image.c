/* What an image file says of itself, and what the process that decodes one answers. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/image_answer.h"
#include "services/catalog/image_head.h"
#include "services/common/bencode.h"

#define FILE_OF(text)                                                                                                  \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* ---- heads ---- */

#define GIF_HEAD                                                                                                       \
    "GIF89a\x10\x00\x20\x00\x80\x00\x00"                                                                               \
    "\x00\x00\x00\xff\xff\xff"
#define GIF_NOTE                                                                                                       \
    "!\xfe\x03"                                                                                                        \
    "abc\x00"
#define GIF_FRAME                                                                                                      \
    ",\x00\x00\x00\x00\x34\x12\x21\x43\x00\x02\x02"                                                                    \
    "ab\x00;"
#define JPEG_EXIF(order)                                                                                               \
    "\xff\xd8\xff\xe1\x00\x22"                                                                                         \
    "Exif\0\0" order
#define JPEG_FRAME "\xff\xc2\x00\x0b\x08\x12\x34\x43\x21\x01\x01\x11\x00"
#define JPEG_SCAN                                                                                                      \
    "\xff\xda\x00\x02"                                                                                                 \
    "ab\xff\x00"                                                                                                       \
    "c\xff\xd0"                                                                                                        \
    "d\xff\xff\xd9"
#define LITTLE                                                                                                         \
    "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"                                                          \
    "\0\0\0\0"
#define BIG                                                                                                            \
    "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"                                                          \
    "\0\0\0\0"

static void a_file_tells_its_kind_and_how_large_it_is(void **state)
{
    static const struct {
        struct slice file;
        enum image_kind kind;
        uint32_t width, height;
        unsigned orientation;
        bool moving;
    } known[] = {
        {FILE_OF("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\0\x02\0\0\0\x03"), IMAGE_png, 65538, 3, 1, false},
        {FILE_OF(GIF_HEAD GIF_NOTE GIF_FRAME), IMAGE_gif, 0x1234, 0x4321, 1, false},
        {FILE_OF("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x01\0\0\x02\0\0"), IMAGE_webp, 2, 3, 1, true},
        {FILE_OF("RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0/\x01\x80\0\0\0\0\0\0\0\0"), IMAGE_webp, 2, 3, 1, false},
        {FILE_OF("RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01*\x02\xc0\x03\x40"), IMAGE_webp, 2, 3, 1, false},
        {FILE_OF("\xff\xd8" JPEG_FRAME JPEG_SCAN), IMAGE_jpeg, 0x4321, 0x1234, 1, false},
        {FILE_OF(JPEG_EXIF(LITTLE) JPEG_FRAME JPEG_SCAN), IMAGE_jpeg, 0x4321, 0x1234, 6, false},
        {FILE_OF(JPEG_EXIF(BIG) JPEG_FRAME JPEG_SCAN JPEG_SCAN), IMAGE_jpeg, 0x4321, 0x1234, 6, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct image_head head;
        print_message("%zu\n", i);
        assert_true(image_head_read(known[i].file, &head));
        assert_int_equal(head.kind, known[i].kind);
        assert_int_equal(head.width, known[i].width);
        assert_int_equal(head.height, known[i].height);
        assert_int_equal(head.orientation, known[i].orientation);
        assert_int_equal(head.moving, known[i].moving);
        for (size_t cut = 0; cut < known[i].file.size; cut++) { /* a byte beyond its end would be seen */
            char *bytes = test_malloc(cut + 1);
            memcpy(bytes, known[i].file.at, cut);
            bool is_image = image_head_read(slice_of(bytes, cut), &head);
            assert_true(!is_image || head.width == 0 || head.width == known[i].width);
            test_free(bytes);
        }
    }
}

static void what_is_cut_short_has_no_size(void **state)
{
    struct image_head head;
    struct slice photo = FILE_OF(JPEG_EXIF(BIG) JPEG_FRAME JPEG_SCAN), gif = FILE_OF(GIF_HEAD GIF_NOTE GIF_FRAME);
    (void)state;
    assert_true(image_head_read(slice_of(photo.at, photo.size - 1), &head));
    assert_int_equal(head.width, 0);
    assert_true(image_head_read(slice_of(gif.at, gif.size - 2), &head)); /* without its last ; a GIF is whole */
    assert_int_equal(head.width, 0);
}

static void what_is_no_image_is_told_by_its_first_bytes(void **state)
{
    static const char *const texts[] = {"", "<svg/>", "BM6", "RIFF....WAVEfmt ", "GIF88a", "\xff\xd8", "\x89PNG\r\n"};
    struct image_head head;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(image_head_read(slice_text(texts[i]), &head));
}

/* ---- answers ---- */

static const char jpeg[] = "\xff\xd8\xff\xd9";

/* A good answer, as the process writes it. */
static void answer_fill(struct buffer *into)
{
    struct image_answer answer = {.verdict = IMAGE_good, .width = 1500, .height = 70000};
    uint8_t head[IMAGE_ANSWER_HEAD], made[IMAGE_MADE_HEAD];
    image_answer_head(&answer, head);
    buffer_add(into, head, sizeof head);
    for (unsigned i = 0; i < IMAGE_SIZES; i++) {
        image_made_head(&(struct image_made){image_sizes[i].side, i + 1, slice_of(jpeg, 4)}, made);
        buffer_add(into, made, sizeof made);
        buffer_add(into, jpeg, 4);
    }
}

static void an_answer_comes_back_as_it_went(void **state)
{
    struct buffer bytes = {0};
    struct image_answer answer;
    (void)state;
    answer_fill(&bytes);
    assert_true(image_answer_read(buffer_slice(&bytes), &answer));
    assert_int_equal(answer.verdict, IMAGE_good);
    assert_int_equal(answer.width, 1500);
    assert_int_equal(answer.height, 70000);
    for (unsigned i = 0; i < IMAGE_SIZES; i++) {
        assert_int_equal(answer.made[i].width, image_sizes[i].side);
        assert_int_equal(answer.made[i].height, i + 1);
        assert_true(slice_equal(answer.made[i].jpeg, slice_of(jpeg, 4)));
    }
    buffer_free(&bytes);
}

static void an_answer_that_is_not_whole_or_not_sound_is_none(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } broken[] = {
        {0, IMAGE_VERDICTS},                                    /* no verdict */
        {0, IMAGE_damaged},                                     /* a refusal with images behind it */
        {IMAGE_ANSWER_HEAD, 1},                                 /* wider than its size may be */
        {IMAGE_ANSWER_HEAD + 3, 0},                             /* no height */
        {IMAGE_ANSWER_HEAD + 4, 0xff},                          /* longer than all bytes */
        {IMAGE_ANSWER_HEAD + 7, 3},                             /* shorter than a JPEG */
        {IMAGE_ANSWER_HEAD + IMAGE_MADE_HEAD, '<'},             /* another kind of file */
        {IMAGE_ANSWER_HEAD + 2 * (IMAGE_MADE_HEAD + 4) + 7, 5}, /* beyond the end */
    };
    struct buffer bytes = {0};
    struct image_answer answer;
    (void)state;
    answer_fill(&bytes);
    for (size_t cut = 0; cut < bytes.size; cut++)
        assert_false(image_answer_read(slice_of(bytes.at, cut), &answer));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char was = bytes.at[broken[i].at];
        bytes.at[broken[i].at] = (char)broken[i].byte;
        assert_false(image_answer_read(buffer_slice(&bytes), &answer));
        bytes.at[broken[i].at] = was;
        assert_true(image_answer_read(buffer_slice(&bytes), &answer));
    }
    buffer_add(&bytes, "", 1);
    assert_false(image_answer_read(buffer_slice(&bytes), &answer));
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_tells_its_kind_and_how_large_it_is),
        cmocka_unit_test(what_is_cut_short_has_no_size),
        cmocka_unit_test(what_is_no_image_is_told_by_its_first_bytes),
        cmocka_unit_test(an_answer_comes_back_as_it_went),
        cmocka_unit_test(an_answer_that_is_not_whole_or_not_sound_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
