/* See mediainfo.h. A report is sections with a name alone in its line, and below it "Key   : value" lines. The first
 * video section counts: further ones are covers and second layers. */
#include "services/catalog/mediainfo.h"

#include "services/catalog/text.h"

#include <ctype.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* What the two sections say. */
struct report {
    struct slice container;           /* General: Format */
    struct slice format, version, id; /* Video: Format, Format version, Codec ID */
    struct slice library, scan;       /* Writing library, Scan type */
    unsigned width, height;
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
}

static void report_read(struct slice text, struct report *into)
{
    enum { NOWHERE, GENERAL, VIDEO, PAST } at = NOWHERE;
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        const char *newline = memchr(text.at + start, '\n', text.size - start);
        end = newline != NULL ? (size_t)(newline - text.at) : text.size;
        struct slice line = text_trim(slice_of(text.at + start, end - start));
        const char *colon = line.size > 0 ? memchr(line.at, ':', line.size) : NULL;
        if (line.size == 0)
            continue;
        if (colon == NULL) {
            at = slice_is(line, "General")                  ? GENERAL
                 : at == VIDEO                              ? PAST
                 : text_begins(line, "Video") && at != PAST ? VIDEO
                                                            : at;
            continue;
        }
        struct slice key = text_trim(slice_of(line.at, (size_t)(colon - line.at)));
        struct slice value = text_trim(slice_of(colon + 1, line.size - (size_t)(colon - line.at) - 1));
        if (at == GENERAL && slice_is(key, "Format"))
            into->container = value;
        else if (at == VIDEO)
            video_line(into, key, value);
    }
}

/* ---- how the sites call it ---- */

struct naming {
    const char *begins, *name;
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

void mediainfo_read(struct slice text, struct mediainfo *into)
{
    struct report report = {0};
    report_read(text, &report);
    *into = (struct mediainfo){0};
    into->of[MEDIA_codec] = codec_of(&report);
    into->of[MEDIA_container] = name_of(containers, COUNT(containers), report.container);
    into->of[MEDIA_resolution] = resolution_of(&report);
}
