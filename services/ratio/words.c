#include "services/ratio/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

__extension__ typedef unsigned __int128 wide;

static const char *write_size(uint64_t bytes, bool up, char into[WORDS_MAX])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int unit = 0;
    while (unit < 6 && bytes >> (10 * unit) >= 1024)
        unit++;
    wide tenths = (wide)bytes * 10, one = (wide)1 << (10 * unit);
    uint64_t shown = (uint64_t)((tenths + (up ? one - 1 : 0)) / one);
    if (unit == 0)
        snprintf(into, WORDS_MAX, "%" PRIu64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
    else
        snprintf(into, WORDS_MAX, "%" PRIu64 ".%" PRIu64 " %s", shown / 10, shown % 10, units[unit]);
    return into;
}

const char *words_size(uint64_t bytes, char into[WORDS_MAX])
{
    return write_size(bytes, false, into);
}

const char *words_needed(uint64_t bytes, char into[WORDS_MAX])
{
    return write_size(bytes, true, into);
}

const char *words_ratio(uint32_t thousandths, char into[WORDS_MAX])
{
    int size = snprintf(into, WORDS_MAX, "%" PRIu32 ".%03" PRIu32, thousandths / 1000, thousandths % 1000);
    while (into[size - 1] == '0' && into[size - 3] != '.')
        into[--size] = '\0';
    return into;
}

const char *words_by(uint64_t up, uint64_t down, char into[WORDS_MAX])
{
    wide ratio = down > 0 ? (wide)up * 1000 / down : UINT32_MAX;
    if (ratio >= UINT32_MAX) {
        snprintf(into, WORDS_MAX, "%s", up > 0 ? "∞" : "–");
        return into;
    }
    snprintf(into, WORDS_MAX, "%" PRIu32 ".%03" PRIu32, (uint32_t)ratio / 1000, (uint32_t)ratio % 1000);
    return into;
}

const char *words_time(int64_t unix_ms, char into[WORDS_MAX])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm at;
    if (gmtime_r(&seconds, &at) == NULL)
        snprintf(into, WORDS_MAX, "some day");
    else
        snprintf(into, WORDS_MAX, "%u %s %u, %02u:%02u UTC", (unsigned)at.tm_mday % 32, months[at.tm_mon],
                 (unsigned)(at.tm_year + 1900) % 100000, (unsigned)at.tm_hour % 24, (unsigned)at.tm_min % 60);
    return into;
}

const char *words_span(int64_t ms, char into[WORDS_MAX])
{
    static const struct {
        int64_t ms;
        const char *one;
    } units[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};
    size_t unit = 0;
    while (unit < 3 && (ms % units[unit].ms != 0 || ms < 4 * units[unit].ms))
        unit++;
    int64_t count = ms / units[unit].ms;
    snprintf(into, WORDS_MAX, "%" PRId64 " %s%s", count, units[unit].one, count == 1 ? "" : "s");
    return into;
}
