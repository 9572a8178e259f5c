/* Nearly all clients write -XXabcd- : two letters, then four digits of the version, each of which may go on with
 * letters. */
#include "services/web/client_name.h"

#include <ctype.h>
#include <stdio.h>

struct program {
    const char *letters, *name;
};

static const struct program programs[] = {
    {"AZ", "Vuze"},
    {"BI", "BiglyBT"},
    {"BT", "BitTorrent"},
    {"DE", "Deluge"},
    {"FD", "Free Download Manager"},
    {"KT", "KTorrent"},
    {"LT", "libtorrent"},
    {"TL", "Tribler"},
    {"TR", "Transmission"},
    {"TX", "Tixati"},
    {"UM", "µTorrent Mac"},
    {"UT", "µTorrent"},
    {"UW", "µTorrent Web"},
    {"WW", "WebTorrent"},
    {"lt", "rTorrent"},
    {"qB", "qBittorrent"},
};

static const char *program_of(const char *letters)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (memcmp(programs[i].letters, letters, 2) == 0)
            return programs[i].name;
    return NULL;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

/* A fourth digit of 0, or a letter that says what build it is, is not told. */
static void add_version(const char *digits, char into[FORMAT_MAX], size_t used)
{
    int count = digit_of(digits[3]) > 0 ? 4 : 3;
    for (int i = 0; i < count; i++) {
        if (digit_of(digits[i]) < 0)
            return;
        used += (size_t)snprintf(into + used, FORMAT_MAX - used, "%s%d", i == 0 ? " " : ".", digit_of(digits[i]));
    }
}

const char *client_name(struct slice id, char into[FORMAT_MAX])
{
    snprintf(into, FORMAT_MAX, "unknown");
    if (id.size < 8)
        return into;
    if (memcmp(id.at, "A2-", 3) == 0) {
        snprintf(into, FORMAT_MAX, "aria2");
        return into;
    }
    if (id.at[0] != '-' || !isalnum((unsigned char)id.at[1]) || !isalnum((unsigned char)id.at[2]))
        return into;
    const char *name = program_of(id.at + 1);
    int used = name != NULL ? snprintf(into, FORMAT_MAX, "%s", name) : snprintf(into, FORMAT_MAX, "%.2s", id.at + 1);
    add_version(id.at + 3, into, (size_t)used);
    return into;
}
