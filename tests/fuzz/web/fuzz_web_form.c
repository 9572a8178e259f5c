/* Query strings and urlencoded forms: whatever arrives, what is read is UTF-8 without NUL and ends where it says. */
#include "services/common/encode.h"
#include "services/web/form.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct form form;
    struct fault why;
    if (form_read(slice_of(data, size), arena, &form, &why)) {
        for (size_t i = 0; i < form.count; i++) {
            struct slice value = form.fields[i].value;
            assert(utf8_valid(value) && value.at[value.size] == '\0' && strlen(value.at) == value.size);
            assert(form_trim(value).size <= value.size);
            id_read(value);
        }
    } else {
        assert(why.status != STATUS_ok && why.text[0] != '\0');
    }
    arena_destroy(&arena);
    return 0;
}
