/* See date.h. */
#include "services/catalog/date.h"

#include <time.h>

#define YEAR_LAST 2199

/* Exactly `count` digits. */
static bool digits_take(struct slice *text, size_t count, int *into)
{
    *into = 0;
    if (text->size < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->at[i] < '0' || text->at[i] > '9')
            return false;
        *into = *into * 10 + (text->at[i] - '0');
    }
    *text = slice_of(text->at + count, text->size - count);
    return true;
}

static bool letter_take(struct slice *text, char letter)
{
    if (text->size == 0 || text->at[0] != letter)
        return false;
    *text = slice_of(text->at + 1, text->size - 1);
    return true;
}

static bool day_take(struct slice *text, struct tm *into)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!digits_take(text, 4, &year) || !letter_take(text, '-') || !digits_take(text, 2, &month) ||
        !letter_take(text, '-') || !digits_take(text, 2, &day))
        return false;
    if (year < 1970 || year > YEAR_LAST || month < 1 || month > 12)
        return false;
    bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    *into = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return day >= 1 && day <= lengths[month - 1] + leap;
}

/* Seconds may be there and do not count: people tell backups apart by minutes at most. */
static bool time_take(struct slice *text, struct tm *into)
{
    int seconds = 0;
    if (!digits_take(text, 2, &into->tm_hour) || !letter_take(text, ':') || !digits_take(text, 2, &into->tm_min))
        return false;
    if (letter_take(text, ':') && !digits_take(text, 2, &seconds))
        return false;
    return into->tm_hour < 24 && into->tm_min < 60 && seconds < 60;
}

bool date_read(struct slice text, int64_t *unix_ms)
{
    struct tm parts;
    if (!day_take(&text, &parts))
        return false;
    bool timed = text.size > 1 && (text.at[0] == 'T' || (text.at[0] == ' ' && text.at[1] != 'U'));
    if (timed) {
        text = slice_of(text.at + 1, text.size - 1);
        if (!time_take(&text, &parts))
            return false;
    }
    *unix_ms = (int64_t)timegm(&parts) * 1000;
    return text.size == 0 || slice_is(text, "Z") || slice_is(text, " UTC");
}

struct slice date_write(int64_t unix_ms, struct arena *arena)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    char text[32] = "";
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return slice_text(arena_print(arena, "%s", text));
}
