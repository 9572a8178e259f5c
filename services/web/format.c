/* Numbers and times as people read them. Integers only: a ledger's number is never rounded up by its picture. */
#include "services/web/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__extension__ typedef unsigned __int128 wide;

enum rounding { ROUND_DOWN, ROUND_NEAREST, ROUND_UP };

static const char *print_size(uint64_t bytes, enum rounding rounding, char into[FORMAT_MAX])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    static const uint64_t part[] = {[ROUND_DOWN] = 0, [ROUND_NEAREST] = 5, [ROUND_UP] = 9};
    if (bytes < 1024) {
        snprintf(into, FORMAT_MAX, "%" PRIu64 " B", bytes);
        return into;
    }
    unsigned shift = 10;
    size_t unit = 0;
    while (unit < 5 && (bytes >> shift) >= 1024) {
        shift += 10;
        unit++;
    }
    /* Tenths of the unit, and what is left of the last one. */
    wide scaled = (wide)bytes * 10, one = (wide)1 << shift;
    uint64_t tenths = (uint64_t)(scaled >> shift), rest = (uint64_t)(scaled & (one - 1));
    tenths += rounding == ROUND_NEAREST ? rest >= one / 2 : rounding == ROUND_UP && rest > 0;
    if ((tenths + part[rounding]) / 10 >= 1024 && unit < 5) { /* it would read as 1024 */
        tenths = 10;
        unit++;
    }
    if (tenths < 1000)
        snprintf(into, FORMAT_MAX, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
    else
        snprintf(into, FORMAT_MAX, "%" PRIu64 " %s", (tenths + part[rounding]) / 10, units[unit]);
    return into;
}

const char *format_size(uint64_t bytes, char into[FORMAT_MAX])
{
    return print_size(bytes, ROUND_NEAREST, into);
}

const char *format_size_down(uint64_t bytes, char into[FORMAT_MAX])
{
    return print_size(bytes, ROUND_DOWN, into);
}

const char *format_size_up(uint64_t bytes, char into[FORMAT_MAX])
{
    return print_size(bytes, ROUND_UP, into);
}

const char *format_number(uint64_t value, char into[FORMAT_MAX])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            into[at++] = ',';
        }
        into[at++] = digits[i];
    }
    into[at] = '\0';
    return into;
}

const char *format_relative(int64_t unix_ms, int64_t now, char into[FORMAT_MAX])
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{365 * 86400, "year"}, {30 * 86400, "month"}, {7 * 86400, "week"},
                 {86400, "day"},        {3600, "hour"},        {60, "minute"}};
    if (unix_ms == 0) {
        snprintf(into, FORMAT_MAX, "never");
        return into;
    }
    int64_t past = now / 1000 - unix_ms / 1000;
    int64_t distance = past < 0 ? -past : past;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t count = distance / units[i].seconds;
        if (count > 0) {
            snprintf(into, FORMAT_MAX, "%s%" PRId64 " %s%s%s", past < 0 ? "in " : "", count, units[i].name,
                     count > 1 ? "s" : "", past < 0 ? "" : " ago");
            return into;
        }
    }
    snprintf(into, FORMAT_MAX, "%s", past < 0 ? "in less than a minute" : "just now");
    return into;
}

/* A time that no calendar holds reads as nothing. */
static const char *stamp(int64_t unix_ms, const char *format, char into[FORMAT_MAX])
{
    struct tm day;
    time_t seconds = (time_t)(unix_ms / 1000);
    if (gmtime_r(&seconds, &day) == NULL || strftime(into, FORMAT_MAX, format, &day) == 0) {
        into[0] = '\0';
    }
    return into;
}

const char *format_span(uint64_t seconds, char into[FORMAT_MAX])
{
    uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0)
        snprintf(into, FORMAT_MAX, "%" PRIu64 " day%s %" PRIu64 " h", days, days == 1 ? "" : "s", hours % 24);
    else if (hours > 0)
        snprintf(into, FORMAT_MAX, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
    else if (minutes > 0)
        snprintf(into, FORMAT_MAX, "%" PRIu64 " min", minutes);
    else
        snprintf(into, FORMAT_MAX, "below a minute");
    return into;
}

const char *format_iso(int64_t unix_ms, char into[FORMAT_MAX])
{
    return stamp(unix_ms, "%Y-%m-%dT%H:%M:%SZ", into);
}

/* The months by hand: strftime's %b follows the locale. */
const char *format_stamp(int64_t unix_ms, char into[FORMAT_MAX])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm day;
    time_t seconds = (time_t)(unix_ms / 1000);
    into[0] = '\0';
    if (gmtime_r(&seconds, &day) != NULL) {
        snprintf(into, FORMAT_MAX, "%d %s %lld, %02d:%02d UTC", day.tm_mday, months[day.tm_mon],
                 (long long)day.tm_year + 1900, day.tm_hour, day.tm_min);
    }
    return into;
}

const char *format_ratio(uint64_t uploaded, uint64_t downloaded, char into[FORMAT_MAX])
{
    if (downloaded == 0) {
        snprintf(into, FORMAT_MAX, "%s", uploaded > 0 ? "∞" : "–");
        return into;
    }
    uint64_t whole = uploaded / downloaded;
    /* The rest is smaller than `downloaded`: its hundredfold needs more than 64 bits. */
    unsigned hundredths = (unsigned)((wide)(uploaded % downloaded) * 100 / downloaded);
    snprintf(into, FORMAT_MAX, "%" PRIu64 ".%02u", whole, hundredths);
    return into;
}

struct sign {
    const char *sign, *name;
};

/* The first sign that is found counts: browsers carry the names of those that they imitate. */
static const char *find_sign(struct slice agent, const struct sign *signs)
{
    for (; signs->sign != NULL; signs++)
        if (agent.size > 0 && memmem(agent.at, agent.size, signs->sign, strlen(signs->sign)) != NULL)
            return signs->name;
    return NULL;
}

const char *format_agent(struct slice agent, char into[FORMAT_MAX])
{
    static const struct sign browsers[] = {{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Edg", "Edge"},
                                           {"OPR/", "Opera"},       {"CriOS/", "Chrome"},  {"Chrome/", "Chrome"},
                                           {"Safari/", "Safari"},   {NULL, NULL}};
    static const struct sign systems[] = {
        {"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
        {"Mac OS X", "macOS"},  {"CrOS", "ChromeOS"},   {"Linux", "Linux"},   {NULL, NULL}};
    const char *browser = find_sign(agent, browsers), *system = find_sign(agent, systems);
    if (browser != NULL) {
        snprintf(into, FORMAT_MAX, "%s%s%s", browser, system != NULL ? " on " : "", system != NULL ? system : "");
        return into;
    }
    size_t size = agent.size < FORMAT_MAX ? agent.size : FORMAT_MAX - 1;
    while (size > 0 && size < agent.size && ((unsigned char)agent.at[size] & 0xc0) == 0x80)
        size--;
    snprintf(into, FORMAT_MAX, "%.*s", (int)size, size > 0 ? agent.at : "");
    return into;
}
