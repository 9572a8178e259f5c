/* Reads a table of settings from the environment. Knows no setting by name. A variable that is set to nothing counts as
 * not set, as compose files leave them. */
#include "services/common/options.h"
#include "services/common/arena.h"
#include "services/common/encode.h"
#include "services/common/networks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct unit {
    char letter;
    int64_t times;
};

static const struct unit seconds_units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {0, 0}};
static const struct unit bytes_units[] = {{'K', INT64_C(1) << 10}, {'k', INT64_C(1) << 10}, {'M', INT64_C(1) << 20},
                                          {'G', INT64_C(1) << 30}, {'T', INT64_C(1) << 40}, {0, 0}};
static const struct unit no_units[] = {{0, 0}};

static const char *option_value(const struct option *option)
{
    const char *value = getenv(option->name);
    if (value == NULL || *value == '\0')
        value = option->standard;
    return value != NULL ? value : "";
}

static bool wrong(struct fault *why, const struct option *option, const char *wanted)
{
    return fault_set(why, STATUS_invalid, option->name, "%s is \"%.80s\", but it must be %s.", option->name,
                     option_value(option), wanted);
}

/* Digits, at most one unit's letter, no overflow. */
static bool read_amount(const char *text, const struct unit *units, int64_t *amount)
{
    bool negative = *text == '-';
    text += negative;
    int64_t value = 0;
    const char *start = text;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *text - '0', &value))
            return false;
    if (text == start)
        return false;
    if (*text != '\0') {
        while (units->letter != 0 && units->letter != *text)
            units++;
        if (units->letter == 0 || text[1] != '\0' || __builtin_mul_overflow(value, units->times, &value))
            return false;
    }
    *amount = negative ? -value : value;
    return true;
}

static bool read_number(const struct option *option, const struct unit *units, const char *kind, struct fault *why)
{
    int64_t amount;
    char wanted[160];
    snprintf(wanted, sizeof wanted, "%s from %" PRId64 " to %" PRId64, kind, option->low, option->high);
    if (!read_amount(option_value(option), units, &amount) || amount < option->low || amount > option->high)
        return wrong(why, option, wanted);
    *(int64_t *)option->into = amount;
    return true;
}

static bool read_plain_number(const struct option *option, struct fault *why)
{
    return read_number(option, no_units, "a whole number", why);
}

static bool read_seconds(const struct option *option, struct fault *why)
{
    return read_number(option, seconds_units, "a time such as 90, 15m, 2h or 7d (seconds)", why);
}

static bool read_bytes(const struct option *option, struct fault *why)
{
    return read_number(option, bytes_units, "a size such as 64K, 10M or 2G (bytes)", why);
}

static bool read_flag(const struct option *option, struct fault *why)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(option_value(option), words[i]) == 0) {
            *(bool *)option->into = i % 2 == 1;
            return true;
        }
    }
    return wrong(why, option, "yes or no");
}

static bool is_clean(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return false;
    return utf8_valid(text);
}

static bool read_text(const struct option *option, struct fault *why)
{
    struct slice text = slice_text(option_value(option));
    if (!is_clean(text))
        return wrong(why, option, "one line of UTF-8 text");
    if (option->high > 0 && ((int64_t)text.size < option->low || (int64_t)text.size > option->high)) {
        char wanted[100];
        snprintf(wanted, sizeof wanted, "a text of %" PRId64 " to %" PRId64 " bytes", option->low, option->high);
        return wrong(why, option, wanted);
    }
    *(const char **)option->into = text.at;
    return true;
}

static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (colon == NULL || colon == text || colon[1] == '-' || !read_amount(colon + 1, no_units, &port) || port < 1 ||
        port > 65535)
        return false;
    struct slice host = slice_of(text, (size_t)(colon - text));
    bool bracketed = host.at[0] == '[' && host.size > 2 && host.at[host.size - 1] == ']';
    if (bracketed)
        host = slice_of(host.at + 1, host.size - 2);
    for (size_t i = 0; i < host.size; i++)
        if (host.at[i] == '[' || host.at[i] == ']' || host.at[i] == '/' || (host.at[i] == ':' && !bracketed))
            return false;
    return true;
}

static bool read_address(const struct option *option, struct fault *why)
{
    const char *text = option_value(option);
    if (!is_clean(slice_text(text)) || strchr(text, ' ') != NULL || !is_address(text))
        return wrong(why, option, "HOST:PORT or [IPv6]:PORT");
    *(const char **)option->into = text;
    return true;
}

/* Paths made absolute live as long as the process; the list keeps them reachable. */
static struct kept_path {
    struct kept_path *next;
    char text[];
} * kept_paths;

static bool read_path(const struct option *option, struct fault *why)
{
    const char *text = option_value(option);
    if (!is_clean(slice_text(text)))
        return wrong(why, option, "the path of a file or folder");
    *(const char **)option->into = text;
    if (*text == '/' || *text == '\0')
        return true;
    char *here = getcwd(NULL, 0);
    if (here == NULL)
        return wrong(why, option, "an absolute path, because the current folder is gone");
    size_t size = strlen(here) + strlen(text) + 2;
    struct kept_path *path = mem_take(sizeof *path + size);
    snprintf(path->text, size, "%s/%s", here, text);
    free(here);
    path->next = kept_paths;
    kept_paths = path;
    *(const char **)option->into = path->text;
    return true;
}

static bool read_networks(const struct option *option, struct fault *why)
{
    return networks_read(slice_text(option_value(option)), option->into) ||
           wrong(why, option, "networks such as 10.0.0.0/8, 192.0.2.7 or fd00::/8, separated by commas");
}

static bool (*const readers[])(const struct option *option, struct fault *why) = {
    [OPTION_text] = read_text,   [OPTION_number] = read_plain_number, [OPTION_seconds] = read_seconds,
    [OPTION_bytes] = read_bytes, [OPTION_flag] = read_flag,           [OPTION_address] = read_address,
    [OPTION_path] = read_path,   [OPTION_networks] = read_networks,
};

bool options_read(const struct option *options, struct fault *why)
{
    for (; options->name != NULL; options++) {
        assert(options->kind < sizeof readers / sizeof *readers && options->into != NULL);
        if (!readers[options->kind](options, why))
            return false;
    }
    return true;
}

void options_print(const struct option *options)
{
    for (; options->name != NULL; options++) {
        const char *value = option_value(options), *standard = options->standard != NULL ? options->standard : "";
        bool same = strcmp(value, standard) == 0;
        if (options->secret && !same)
            value = "(set)";
        printf("%s=%s\n    %s", options->name, value, options->help);
        if (!same && !options->secret)
            printf(" Default: %s.", *standard != '\0' ? standard : "none");
        if (options->kind == OPTION_number || options->kind == OPTION_seconds || options->kind == OPTION_bytes)
            printf(" From %" PRId64 " to %" PRId64 ".", options->low, options->high);
        printf("\n");
    }
}
