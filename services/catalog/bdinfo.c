/* See bdinfo.h. The quick summary has a line for each track ("Video: MPEG-4 AVC Video / 31951 kbps / 1080p / …"), the
 * whole report a table for each kind ("VIDEO:", below it rows) and mostly the summary behind. Tracks that are hidden
 * have a '*' in front. The main playlist stands first: its picture is all that is said of pictures before the first
 * sound, for a second one may add Dolby Vision, and its first sound is the main one. */
#include "services/catalog/bdinfo.h"

#include "services/catalog/text.h"

#include <ctype.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

struct naming {
    const char *said, *name;
};

/* What is named within another comes behind it. */
static const struct naming pictures[] = {
    {"HEVC Video", "H.265"},    {"AVC Video", "H.264"},     {"VC-1 Video", "VC-1"},
    {"MPEG-2 Video", "MPEG-2"}, {"MPEG-1 Video", "MPEG-1"},
};
static const struct naming sounds[] = {
    {"Atmos", "Dolby Atmos"}, {"TrueHD", "TrueHD"},
    {"DTS:X", "DTS:X"},       {"DTS-HD Master", "DTS-HD MA"},
    {"DTS", "DTS"},           {"Dolby Digital Plus", "E-AC3"},
    {"Dolby Digital", "AC3"}, {"LPCM", "PCM"},
    {"FLAC", "FLAC"},         {"AAC", "AAC"},
    {"MPEG-1 Audio", "MP2"},  {"MP2", "MP2"},
    {"MP3", "MP3"},           {"Opus", "Opus"},
};
/* Bytes that a disc has room for. */
static const struct {
    uint64_t most;
    const char *name;
} discs[] = {{25025314816, "BD25"}, {50050629632, "BD50"}, {66000000000, "BD66"}, {100103356416, "BD100"}};
static const char *const scans[] = {"480i", "480p", "576i", "576p", "720p", "1080i", "1080p", "2160p", "4320p"};
static const char *const channels[] = {"1.0", "2.0", "2.1", "3.0", "3.1", "4.0", "4.1",
                                       "5.0", "5.1", "6.0", "6.1", "7.0", "7.1"};

struct report {
    enum { NOWHERE, PICTURES, SOUNDS } at;
    const char *disc, *picture, *scan, *sound, *channels;
    struct media_light light;
};

static bool holds(struct slice text, const char *part)
{
    return memmem(text.at, text.size, part, strlen(part)) != NULL;
}

static const char *name_in(const struct naming *namings, size_t count, struct slice text)
{
    for (size_t i = 0; i < count; i++)
        if (holds(text, namings[i].said))
            return namings[i].name;
    return NULL;
}

/* Words stand between spaces and slashes. */
static struct slice word_next(struct slice text, size_t *at)
{
    while (*at < text.size && (isspace((unsigned char)text.at[*at]) || text.at[*at] == '/'))
        ++*at;
    size_t start = *at;
    while (*at < text.size && !isspace((unsigned char)text.at[*at]) && text.at[*at] != '/')
        ++*at;
    return slice_of(text.at + start, *at - start);
}

/* The first word that begins like one of these and goes on with no digit ("7.1+11 objects"). */
static const char *word_of(const char *const *words, size_t count, struct slice text)
{
    size_t at = 0;
    for (struct slice word; (word = word_next(text, &at)).size > 0;)
        for (size_t i = 0; i < count; i++) {
            size_t size = strlen(words[i]);
            if (text_begins(word, words[i]) && (word.size == size || !isdigit((unsigned char)word.at[size])))
                return words[i];
        }
    return NULL;
}

static void picture_read(struct report *report, struct slice line)
{
    const char *picture = name_in(pictures, COUNT(pictures), line);
    if (picture == NULL || report->sound != NULL)
        return;
    if (report->picture == NULL) {
        report->picture = picture;
        report->scan = word_of(scans, COUNT(scans), line);
    }
    media_light_read(&report->light, line);
}

/* In brackets stands what is in it for older players. */
static void sound_read(struct report *report, struct slice line)
{
    const char *bracket = memchr(line.at, '(', line.size);
    if (bracket != NULL)
        line.size = (size_t)(bracket - line.at);
    if (report->sound != NULL || (report->sound = name_in(sounds, COUNT(sounds), line)) == NULL)
        return;
    report->channels = word_of(channels, COUNT(channels), line);
}

/* "38,214,582,272 bytes" */
static void disc_read(struct report *report, struct slice size)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < size.size && (isdigit((unsigned char)size.at[i]) || strchr(",. ", size.at[i]) != NULL); i++)
        if (isdigit((unsigned char)size.at[i]) && bytes < 1000000000000)
            bytes = bytes * 10 + (uint64_t)(size.at[i] - '0');
    for (size_t i = 0; report->disc == NULL && bytes > 0 && i < COUNT(discs); i++)
        if (bytes <= discs[i].most)
            report->disc = discs[i].name;
}

static void line_read(struct report *report, struct slice line)
{
    if (line.size > 0 && *line.at == '*')
        line = text_trim(slice_of(line.at + 1, line.size - 1));
    const char *colon = memchr(line.at, ':', line.size);
    struct slice key = slice_of(line.at, colon != NULL ? (size_t)(colon - line.at) : 0);
    struct slice value = text_trim(slice_of(line.at + key.size + 1, colon != NULL ? line.size - key.size - 1 : 0));
    if (slice_is(key, "Disc Size"))
        disc_read(report, value);
    else if (slice_is(key, "Video"))
        picture_read(report, value);
    else if (slice_is(key, "Audio"))
        sound_read(report, value);
    else if (key.size > 0 && value.size == 0)
        report->at = slice_is(key, "VIDEO") ? PICTURES : slice_is(key, "AUDIO") ? SOUNDS : NOWHERE;
    else if (report->at == PICTURES)
        picture_read(report, line);
    else if (report->at == SOUNDS)
        sound_read(report, line);
}

bool bdinfo_read(struct slice text, struct mediainfo *into)
{
    struct report report = {.at = NOWHERE};
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        const char *newline = memchr(text.at + start, '\n', text.size - start);
        end = newline != NULL ? (size_t)(newline - text.at) : text.size;
        struct slice line = text_trim(slice_of(text.at + start, end - start));
        if (line.size > 0)
            line_read(&report, line);
    }
    if (report.picture == NULL)
        return false;
    *into = (struct mediainfo){0};
    into->of[MEDIA_codec] = slice_text(report.disc != NULL ? report.disc : report.picture);
    into->of[MEDIA_container] = slice_text("m2ts");
    into->of[MEDIA_resolution] = slice_text(report.scan);
    into->of[MEDIA_hdr] = slice_text(media_light_name(&report.light));
    into->of[MEDIA_audio] = slice_text(report.sound);
    into->of[MEDIA_channels] = slice_text(report.channels);
    return true;
}
