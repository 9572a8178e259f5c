/* Forms with files: the first line is the Content-Type, the rest the body. Everything read lies inside the limits and
 * the body. */
#include "services/common/encode.h"
#include "services/web/multipart.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct multipart_limits limits = {.parts = 16, .text_size = 1024, .files = 4, .file_size = 4096};

static void check(const struct multipart *got, struct slice body)
{
    assert(got->form.count <= limits.parts && got->files_count <= limits.files);
    for (size_t i = 0; i < got->form.count; i++)
        assert(got->form.fields[i].value.size <= limits.text_size && utf8_valid(got->form.fields[i].value));
    for (size_t i = 0; i < got->files_count; i++) {
        const struct multipart_file *file = &got->files[i];
        assert(file->body.size <= limits.file_size && utf8_valid(file->name));
        assert(file->body.at >= body.at && file->body.at + file->body.size <= body.at + body.size);
        assert(file->name.size == 0 || memchr(file->name.at, '/', file->name.size) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL)
        return 0;
    struct slice type = slice_of(data, (size_t)(end - data)), body = slice_of(end + 1, size - type.size - 1);
    struct arena *arena = arena_new();
    struct multipart got;
    struct fault why;
    if (multipart_read(type, body, &limits, arena, &got, &why))
        check(&got, body);
    else
        assert(why.status != STATUS_ok && why.text[0] != '\0');
    arena_destroy(&arena);
    return 0;
}
