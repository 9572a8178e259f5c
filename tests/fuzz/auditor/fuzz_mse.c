/* Any bytes from who dials or answers; the first byte tells which of the two we are, and in what chunks they are heard.
 */
#include "services/ratio/auditor/mse.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_known(void *arg, const uint8_t mark[20], uint8_t info_hash[20])
{
    (void)arg;
    memset(info_hash, 0xaa, 20);
    return (mark[0] & 1) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    const struct mse_random random = {.key = {1, 2, 3}, .pad_size = 5};
    uint8_t info_hash[20] = {7};
    struct buffer wire = {0}, plain = {0};
    started = started || mse_start();
    if (size == 0 || !started)
        return 0;
    struct mse *mse = (data[0] & 1) != 0 ? mse_dial(info_hash, slice_text("payload"), &random, &wire)
                                         : mse_answer(is_known, NULL, &random);
    size_t chunk = (data[0] >> 1) + 1;
    for (size_t at = 1; at < size; at += chunk)
        mse_take(mse, slice_of(data + at, size - at < chunk ? size - at : chunk), &wire, &plain);
    assert(plain.size <= size);
    mse_destroy(&mse);
    buffer_free(&wire);
    buffer_free(&plain);
    return 0;
}
