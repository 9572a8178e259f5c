/* Any input as a history, under settings of its first byte: it ends with 0 or 2, and a recompute agrees with what it
 * came to. */
#include "services/ratio/replay/replay.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct rules_settings settings = rules_settings_standard();
    settings.auditor = data[0] & 1;
    settings.loan = data[0] & 2 ? 1000 : settings.loan;
    settings.clock_release = data[0] & 4 ? 90000 : settings.clock_release;
    char *answers = NULL;
    size_t answers_size = 0;
    FILE *in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
    FILE *out = open_memstream(&answers, &answers_size), *nowhere = fopen("/dev/null", "w");
    int status = replay_run(&settings, in, out, nowhere);
    fclose(in);
    fclose(out);
    fclose(nowhere);
    assert(status == 0 || status == 2);
    assert(strstr(answers, "\"recomputed\":false") == NULL);
    free(answers);
    return 0;
}
