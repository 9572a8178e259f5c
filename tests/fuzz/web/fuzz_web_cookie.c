/* The Cookie header, and the two kinds of values that are read out of it. */
#include "services/web/cookie.h"
#include "services/web/flash.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice header = slice_of(size > 0 ? data : NULL, size), value = cookie_get(header, "djembe");
    struct secret secret;
    struct flash flash;
    assert(value.size == 0 || (value.at >= header.at && value.at + value.size <= header.at + header.size));
    if (secret_read(value, &secret))
        assert(strlen(secret.text) == SECRET_TEXT_MAX - 1);
    flash_read(slice_text("reader"), cookie_get(header, "djembe_flash"), &flash);
    assert(strlen(flash.text) < FLASH_TEXT_MAX);
    return 0;
}
