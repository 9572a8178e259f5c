/* See mediainfo.h. A report is sections with a name alone in its line, and below it "Key   : value" lines. The first
 * video section counts: further ones are covers and second layers; and the first sound, which players take. */
#include "services/catalog/mediainfo.h"

#include "services/catalog/text.h"

#include <ctype.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* What the three sections say. */
struct report {
    struct slice container;           /* General: Format */
    struct slice format, version, id; /* Video: Format, Format version, Codec ID */
    struct slice library, scan;       /* Writing library, Scan type */
    unsigned width, height;
    struct media_light light;           /* Bit depth, HDR format, Transfer characteristics */
    struct slice sound, brand, profile; /* Audio: Format, Commercial name, Format profile */
    struct slice layout;                /* Channel layout, or Channel positions */
    unsigned channels;
};

/* "1 920 pixels" */
static unsigned pixels(struct slice text)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.size && (isdigit((unsigned char)text.at[i]) || text.at[i] == ' '); i++)
        if (text.at[i] != ' ' && number < 1000000)
            number = number * 10 + (unsigned)(text.at[i] - '0');
    return number;
}

static void video_line(struct report *report, struct slice key, struct slice value)
{
    if (slice_is(key, "Format"))
        report->format = value;
    else if (slice_is(key, "Format version"))
        report->version = value;
    else if (slice_is(key, "Codec ID"))
        report->id = value;
    else if (slice_is(key, "Writing library"))
        report->library = value;
    else if (slice_is(key, "Scan type"))
        report->scan = value;
    else if (slice_is(key, "Width"))
        report->width = pixels(value);
    else if (slice_is(key, "Height"))
        report->height = pixels(value);
    else if (text_begins(key, "HDR format") || slice_is(key, "Bit depth") || slice_is(key, "Transfer characteristics"))
        media_light_read(&report->light, value);
}

/* "6 channels", "Object Based / 8 channels" */
static unsigned channels_read(struct slice text)
{
    size_t at = 0;
    while (at < text.size && !isdigit((unsigned char)text.at[at]))
        at++;
    return at < text.size ? pixels(slice_of(text.at + at, text.size - at)) : 0;
}

static void sound_line(struct report *report, struct slice key, struct slice value)
{
    if (slice_is(key, "Format"))
        report->sound = value;
    else if (slice_is(key, "Commercial name"))
        report->brand = value;
    else if (slice_is(key, "Format profile"))
        report->profile = value;
    else if (slice_is(key, "Channel(s)"))
        report->channels = channels_read(value);
    else if (slice_is(key, "Channel layout") || slice_is(key, "Channel positions"))
        report->layout = value;
}

static void report_read(struct slice text, struct report *into)
{
    enum { NOWHERE, GENERAL, VIDEO, SOUND } at = NOWHERE;
    bool seen[SOUND + 1] = {false};
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        const char *newline = memchr(text.at + start, '\n', text.size - start);
        end = newline != NULL ? (size_t)(newline - text.at) : text.size;
        struct slice line = text_trim(slice_of(text.at + start, end - start));
        const char *colon = line.size > 0 ? memchr(line.at, ':', line.size) : NULL;
        if (line.size == 0)
            continue;
        if (colon == NULL) {
            at = slice_is(line, "General")    ? GENERAL
                 : text_begins(line, "Video") ? VIDEO
                 : text_begins(line, "Audio") ? SOUND
                                              : NOWHERE;
            if (seen[at] && at != GENERAL)
                at = NOWHERE;
            seen[at] = true;
            continue;
        }
        struct slice key = text_trim(slice_of(line.at, (size_t)(colon - line.at)));
        struct slice value = text_trim(slice_of(colon + 1, line.size - (size_t)(colon - line.at) - 1));
        if (at == GENERAL && slice_is(key, "Format"))
            into->container = value;
        else if (at == VIDEO)
            video_line(into, key, value);
        else if (at == SOUND)
            sound_line(into, key, value);
    }
}

/* ---- how the sites call it ---- */

struct naming {
    const char *begins, *name; /* a sound's may stand anywhere */
};

static const struct naming containers[] = {
    {"Matroska", "MKV"}, {"WebM", "WebM"},    {"MPEG-4", "MP4"},  {"QuickTime", "MOV"}, {"AVI", "AVI"},
    {"BDAV", "m2ts"},    {"MPEG-TS", "m2ts"}, {"DVD", "VOB IFO"}, {"MPEG-PS", "MPG"},   {"MPEG", "MPG"},
};
static const struct naming libraries[] = {{"x264", "x264"}, {"x265", "x265"}, {"XviD", "XviD"}, {"DivX", "DivX"}};
static const struct naming ids[] = {{"XVID", "XviD"}, {"DX50", "DivX"}, {"DIVX", "DivX"}, {"DIV3", "DivX"}};
static const struct naming formats[] = {
    {"AVC", "H.264"},         {"HEVC", "H.265"},           {"VC-1", "VC-1"}, {"AV1", "AV1"}, {"VP9", "VP9"},
    {"MPEG Video", "MPEG-2"}, {"MPEG-4 Visual", "MPEG-4"},
};

static struct slice name_of(const struct naming *namings, size_t count, struct slice text)
{
    for (size_t i = 0; i < count; i++)
        if (text_begins(text, namings[i].begins))
            return slice_text(namings[i].name);
    return (struct slice){0};
}

static struct slice codec_of(const struct report *report)
{
    struct slice name = name_of(libraries, COUNT(libraries), report->library);
    if (name.size == 0)
        name = name_of(ids, COUNT(ids), report->id);
    if (name.size == 0 && text_begins(report->format, "MPEG Video") && slice_is(report->version, "Version 1"))
        return slice_text("MPEG-1");
    return name.size > 0 ? name : name_of(formats, COUNT(formats), report->format);
}

/* The frame that a picture was cut out of: black bars are left out above and below, or at the sides. */
static struct slice resolution_of(const struct report *report)
{
    static const struct {
        unsigned width, height;
        const char *progressive, *interlaced;
    } frames[] = {
        {854, 480, "480p", "NTSC"},     {1024, 576, "576p", "PAL"},     {1280, 720, "720p", "720p"},
        {1920, 1088, "1080p", "1080i"}, {4096, 2304, "2160p", "2160p"}, {8192, 4608, "4320p", "4320p"},
    };
    bool interlaced = text_begins(report->scan, "Interlaced") || text_begins(report->scan, "MBAFF");
    if (report->width == 0 || report->height == 0)
        return (struct slice){0};
    for (size_t i = 0; i < COUNT(frames); i++)
        if (report->width <= frames[i].width && report->height <= frames[i].height)
            return slice_text(interlaced ? frames[i].interlaced : frames[i].progressive);
    return (struct slice){0};
}

/* ---- light ---- */

static bool holds(struct slice text, const char *part)
{
    return text.size > 0 && memmem(text.at, text.size, part, strlen(part)) != NULL;
}

void media_light_read(struct media_light *light, struct slice text)
{
    light->wide |= holds(text, "10 bits");
    light->pq |= holds(text, "PQ");
    light->hdr10 |= holds(text, "HDR10");
    light->hdr10_plus |= holds(text, "HDR10+");
    light->hlg |= holds(text, "HLG");
    light->dolby |= holds(text, "Dolby Vision");
}

const char *media_light_name(const struct media_light *light)
{
    if (light->dolby)
        return light->hdr10_plus ? "Dolby Vision HDR10+" : light->hdr10 ? "Dolby Vision HDR10" : "Dolby Vision";
    return light->hdr10_plus ? "HDR10+"
           : light->hdr10    ? "HDR10"
           : light->hlg      ? "HLG"
           : light->pq       ? "HDR"
           : light->wide     ? "10-bit"
                             : NULL;
}

/* ---- sound ---- */

/* In this order: what is built on another is named by itself. */
static const struct naming sounds[] = {
    {"Atmos", "Dolby Atmos"}, {"JOC", "Dolby Atmos"}, {"16-ch", "Dolby Atmos"}, {"TrueHD", "TrueHD"},
    {"MLP FBA", "TrueHD"},    {"DTS:X", "DTS:X"},     {"XLL X", "DTS:X"},       {"DTS-HD Master", "DTS-HD MA"},
    {"XLL", "DTS-HD MA"},     {"DTS", "DTS"},         {"E-AC-3", "E-AC3"},      {"AC-3", "AC3"},
    {"AAC", "AAC"},           {"FLAC", "FLAC"},       {"PCM", "PCM"},           {"Opus", "Opus"},
    {"Vorbis", "Ogg Vorbis"}, {"DSD", "DSD"},         {"Layer 3", "MP3"},       {"Layer 2", "MP2"},
};

static struct slice sound_of(const struct report *report)
{
    if (slice_is(report->sound, "DTS") && text_begins(report->profile, "MA"))
        return slice_text("DTS-HD MA");
    for (size_t i = 0; i < COUNT(sounds); i++)
        if (holds(report->brand, sounds[i].begins) || holds(report->sound, sounds[i].begins) ||
            holds(report->profile, sounds[i].begins))
            return slice_text(sounds[i].name);
    return (struct slice){0};
}

/* One of them is for the depths, where the layout says so; without a layout that is certain of few numbers. */
static struct slice channels_of(const struct report *report)
{
    static const char *const layouts[][2] = {{"1.0", ""},    {"2.0", ""},    {"3.0", "2.1"}, {"4.0", "3.1"},
                                             {"5.0", "4.1"}, {"6.0", "5.1"}, {"7.0", "6.1"}, {"", "7.1"}};
    unsigned count = report->channels;
    if (count == 0 || count > COUNT(layouts))
        return (struct slice){0};
    if (report->layout.size == 0 && count > 2 && count != 6 && count != 8)
        return (struct slice){0};
    return slice_text(layouts[count - 1][report->layout.size > 0 ? holds(report->layout, "LFE") : count > 2]);
}

void mediainfo_read(struct slice text, struct mediainfo *into)
{
    struct report report = {0};
    report_read(text, &report);
    *into = (struct mediainfo){0};
    into->of[MEDIA_codec] = codec_of(&report);
    into->of[MEDIA_container] = name_of(containers, COUNT(containers), report.container);
    into->of[MEDIA_resolution] = resolution_of(&report);
    into->of[MEDIA_hdr] = slice_text(media_light_name(&report.light));
    into->of[MEDIA_audio] = sound_of(&report);
    into->of[MEDIA_channels] = channels_of(&report);
}
