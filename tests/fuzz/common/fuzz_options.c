/* Any text is either refused with a sentence that names the setting, or read into its range. */
#include "services/common/networks.h"
#include "services/common/options.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t amount = 0;
    const char *text = NULL;
    bool flag;
    struct networks networks;
    const struct option rows[][2] = {
        {{"DJEMBE_FUZZ", OPTION_number, &amount, "0", -1000, INT64_MAX, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_seconds, &amount, "0", 0, 1000000, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_bytes, &amount, "0", 0, INT64_MAX, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_address, &text, "h:1", 0, 0, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_text, &text, "", 0, 100, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_networks, &networks, "", 0, 0, "", false}, {0}},
        {{"DJEMBE_FUZZ", OPTION_flag, &flag, "no", 0, 0, "", false}, {0}},
    };
    char *value = malloc(size + 1);
    if (size > 0)
        memcpy(value, data, size);
    value[size] = '\0';
    setenv("DJEMBE_FUZZ", value, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault why = {0};
        if (options_read(rows[i], &why))
            assert(i > 2 || (amount >= rows[i]->low && amount <= rows[i]->high));
        else
            assert(why.status == STATUS_invalid && strncmp(why.text, "DJEMBE_FUZZ is ", 15) == 0);
    }
    free(value);
    return 0;
}
