/* A table, one multiplication and one comparison; products of two counters need 128 bits. */
#include "services/ratio/required.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* ---- the setting ---- */

static const char *skip_spaces(const char *at)
{
    return at + strspn(at, " ");
}

/* "12G": a whole number of binary units. */
static bool read_size(const char **at, uint64_t *into)
{
    static const char units[] = "KMGT";
    uint64_t value = 0;
    const char *start = *at, *unit;
    for (; **at >= '0' && **at <= '9' && value < 1000000000; ++*at)
        value = value * 10 + (uint64_t)(**at - '0');
    if (*at == start)
        return false;
    unit = **at != '\0' ? strchr(units, **at) : NULL;
    if (unit == NULL || value > (UINT64_C(1) << 22))
        return false;
    ++*at;
    *into = value << (10 * (unit - units + 1));
    return true;
}

/* "0.15": thousandths, at most three digits behind the point. */
static bool read_ratio(const char **at, uint32_t *into)
{
    const char *start = *at;
    uint32_t value = 0, part = 100;
    for (; **at >= '0' && **at <= '9' && value <= REQUIRED_RATIO_MAX; ++*at)
        value = value * 10 + (uint32_t)(**at - '0');
    if (*at == start || value > REQUIRED_RATIO_MAX / 1000)
        return false;
    value *= 1000;
    if (**at == '.')
        for (++*at; **at >= '0' && **at <= '9' && part > 0; ++*at, part /= 10)
            value += part * (uint32_t)(**at - '0');
    *into = value;
    return value <= REQUIRED_RATIO_MAX;
}

static bool expect(const char **at, char letter)
{
    if (**at != letter)
        return false;
    ++*at;
    return true;
}

static bool read_band(const char **at, struct required_band *band)
{
    return read_size(at, &band->from) && expect(at, ':') && read_ratio(at, &band->most) && expect(at, '/') &&
           read_ratio(at, &band->least) && band->least <= band->most && (**at == ' ' || **at == '\0');
}

bool required_bands_read(const char *text, struct required_bands *into, struct fault *why)
{
    into->count = 0;
    for (const char *at = skip_spaces(text); *at != '\0'; at = skip_spaces(at)) {
        struct required_band *band = &into->at[into->count];
        if (into->count == REQUIRED_BANDS_MAX)
            return fault_set(why, STATUS_invalid, NULL, "at most %d bands fit.", REQUIRED_BANDS_MAX);
        if (!read_band(&at, band) || (into->count > 0 && band->from <= band[-1].from))
            return fault_set(why, STATUS_invalid, NULL,
                             "band %zu must read like 10G:0.20/0.05 (from how much, required at most, at least), each "
                             "from more than the one before.",
                             into->count + 1);
        into->count++;
    }
    return true;
}

/* ---- the requirement ---- */

static const struct required_band *band_of(const struct required_bands *bands, uint64_t down)
{
    const struct required_band *band = NULL;
    for (size_t i = 0; i < bands->count && bands->at[i].from <= down; i++)
        band = &bands->at[i];
    return band;
}

static uint32_t relaxed(const struct required_band *band, const struct required_figures *figures)
{
    uint64_t seeding = figures->seeding < figures->snatched ? figures->seeding : figures->snatched;
    uint32_t ratio = band->most;
    if (figures->snatched > 0)
        ratio = (uint32_t)((wide)band->most * (figures->snatched - seeding) / figures->snatched);
    return ratio > band->least ? ratio : band->least;
}

struct required required_of(const struct required_bands *bands, const struct required_figures *figures)
{
    struct required required = {.band = band_of(bands, figures->down), .met = true};
    if (required.band == NULL)
        return required;
    required.ratio = relaxed(required.band, figures);
    wide needed = ((wide)required.ratio * figures->down + 999) / 1000;
    required.met = figures->up >= needed;
    if (!required.met)
        required.missing = (uint64_t)(needed - figures->up < INT64_MAX ? needed - figures->up : INT64_MAX);
    return required;
}
