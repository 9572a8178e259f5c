/* UTF-8 by the table of RFC 3629, section 4. */
#include "proto/slice.h"

/* How many bytes follow `lead`, and what the first of them may be; 0 for a byte that cannot lead. */
static size_t sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF) {
        *low = lead == 0xE0 ? 0xA0 : 0x80;  /* shorter forms exist below */
        *high = lead == 0xED ? 0x9F : 0xBF; /* surrogates are above */
        return 2;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *low = lead == 0xF0 ? 0x90 : 0x80;
        *high = lead == 0xF4 ? 0x8F : 0xBF; /* U+10FFFF is the last */
        return 3;
    }
    return 0;
}

bool utf8_valid(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    for (size_t i = 0; i < text.size;) {
        if (at[i] < 0x80) {
            i++;
            continue;
        }
        unsigned char low, high;
        size_t more = sequence(at[i], &low, &high);
        if (more == 0 || more >= text.size - i || at[i + 1] < low || at[i + 1] > high)
            return false;
        for (size_t k = 2; k <= more; k++)
            if (at[i + k] < 0x80 || at[i + k] > 0xBF)
                return false;
        i += more + 1;
    }
    return true;
}
