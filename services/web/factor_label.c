#include "services/web/factor_label.h"

#include <inttypes.h>
#include <stdio.h>

const char *factor_label(uint64_t upload, uint64_t download, char into[FACTOR_LABEL_MAX])
{
    static const struct {
        uint64_t upload, download;
        const char *label;
    } known[] = {{100, 0, "freeleech"},
                 {0, 0, "neutral"},
                 {200, 100, "double upload"},
                 {200, 0, "double upload, freeleech"},
                 {100, 50, "silver"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].upload == upload && known[i].download == download) {
            snprintf(into, FACTOR_LABEL_MAX, "%s", known[i].label);
            return into;
        }
    snprintf(into, FACTOR_LABEL_MAX, "up %" PRIu64 " %%, down %" PRIu64 " %%", upload, download);
    return into;
}
