/* Movies: Person > Movie > Edition > Movie Format. The value lists are those of the known film sites together; a new
 * value is added here and nowhere else. */
#include "services/catalog/form.h"
#include "services/catalog/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const types[] = {"Feature film",     "Short film",       "Miniseries", "Stand-up comedy",
                                    "Live performance", "Movie collection", NULL};
static const char *const sources[] = {"Blu-ray", "WEB",    "HDTV", "DVD", "HD-DVD", "TV",    "VHS", "LaserDisc",
                                      "WEB-DL",  "WEBRip", "PDTV", "CD",  "Mixed",  "Other", NULL};
static const char *const codecs[] = {"x264",   "H.264",  "x265", "H.265", "AV1",  "VP9",  "VC-1",
                                     "MPEG-2", "MPEG-1", "XviD", "DivX",  "BD25", "BD50", "BD66",
                                     "BD100",  "DVD5",   "DVD9", "Other", NULL};
static const char *const containers[] = {"MKV", "MP4", "AVI",  "MPG",   "m2ts", "VOB IFO",
                                         "ISO", "MOV", "WebM", "Other", NULL};
static const char *const resolutions[] = {"480p",  "576p",  "NTSC",  "PAL",   "480i",  "576i", "720p",
                                          "1080i", "1080p", "2160p", "4320p", "Other", NULL};
static const char *const processings[] = {"Encode", "Remux", "DIY", "Untouched", NULL};
static const char *const hdrs[] = {
    "10-bit", "HDR", "HDR10", "HDR10+", "HLG", "Dolby Vision", "Dolby Vision HDR10", "Dolby Vision HDR10+", NULL};
static const char *const audios[] = {"AAC",    "AC3",         "E-AC3", "DTS",   "DTS-HD MA", "DTS:X",
                                     "TrueHD", "Dolby Atmos", "FLAC",  "PCM",   "Opus",      "Ogg Vorbis",
                                     "MP3",    "MP2",         "DSD",   "Other", NULL};
static const char *const channels[] = {"1.0", "2.0", "2.1", "3.0", "3.1", "4.0", "4.1",
                                       "5.0", "5.1", "6.0", "6.1", "7.0", "7.1", NULL};
static const char *const qualities[] = {
    "Standard Definition", "High Definition", "Ultra High Definition", "3D", "Other", NULL};

static const char *const refused[] = {"downloaded from",
                                      "downloaded at",
                                      "torrent downloaded",
                                      "visit our site",
                                      "join us at",
                                      "password protected",
                                      NULL};

static const struct role roles[] = {
    {"director", "Director", "Directed by"},
    {"writer", "Writer", "Written by"},
    {"producer", "Producer", "Produced by"},
    {"actor", "Actor", "Cast"},
    {"composer", "Composer", "Music by"},
    {"cinematographer", "Cinematographer", "Cinematography by"},
    {NULL, NULL, NULL},
};

static const struct section sections[] = {
    {"director", NULL, "Directed"},
    {"writer", NULL, "Written"},
    {"producer", NULL, "Produced"},
    {"actor", NULL, "Acted"},
    {"composer", NULL, "Composed"},
    {"cinematographer", NULL, "Filmed"},
    {NULL, NULL, NULL},
};

/* clang-format off */
static const struct slot slots[] = {
    {"SD encode", 2, {{"quality", "Standard Definition"}, {"processing", "Encode"}}},
    {"SD remux", 1, {{"quality", "Standard Definition"}, {"processing", "Remux"}}},
    {"SD untouched", 1, {{"quality", "Standard Definition"}, {"processing", "Untouched"}}},
    {"720p encode", 2, {{"quality", "High Definition"}, {"resolution", "720p"}, {"processing", "Encode"}}},
    {"1080p encode", 2, {{"quality", "High Definition"}, {"resolution", "1080p"}, {"processing", "Encode"}}},
    {"HD remux", 1, {{"quality", "High Definition"}, {"processing", "Remux"}}},
    {"HD untouched", 1, {{"quality", "High Definition"}, {"processing", "Untouched"}}},
    {"2160p encode", 2, {{"quality", "Ultra High Definition"}, {"processing", "Encode"}}},
    {"UHD remux", 1, {{"quality", "Ultra High Definition"}, {"processing", "Remux"}}},
    {"UHD untouched", 1, {{"quality", "Ultra High Definition"}, {"processing", "Untouched"}}},
    {"3D", 2, {{"quality", "3D"}}},
    {NULL, 0, {{NULL, NULL}}},
};

/* Collections, cuts and features: what most editions are called. */
static const char *const editions[] = {
    "Director's Cut", "Extended Edition", "Theatrical Cut", "Uncut", "Unrated", "Rifftrax", "The Criterion Collection",
    "Masters of Cinema", "Warner Archive Collection", "Remaster", "4K Remaster", "4K Restoration", "2D/3D Edition",
    "3D Anaglyph", "3D Full SBS", "3D Half SBS", "3D Half OU", "2-Disc Set", "2 in 1", "Dual Audio", "English Dub",
    "With Commentary", NULL,
};

static const struct attribute attributes[] = {
    {.name = "people", .label = "People", .level = LEVEL_group, .type = ATTR_credit, .roles = roles, .required = true,
     .searched = true, .note = "Part played", .help = "One name a row; actors in the order of billing, each with the part played."},
    {.name = "title", .label = "Title", .level = LEVEL_group, .type = ATTR_text, .low = 1, .high = 200,
     .required = true, .searched = true, .help = "In English where there is an English one, without year or edition."},
    {.name = "original_title", .label = "Original title", .level = LEVEL_group, .type = ATTR_text, .low = 1,
     .high = 200, .searched = true, .suggested = true, .help = "In the language of the film, when it is another."},
    {.name = "year", .label = "Year", .level = LEVEL_group, .type = ATTR_number, .low = 1874, .high = 2100,
     .required = true, .searched = true, .faceted = true, .help = "Of the first showing."},
    {.name = "type", .label = "Type", .level = LEVEL_group, .type = ATTR_choice, .choices = types, .required = true,
     .standard = "Feature film", .faceted = true, .help = "What kind of film it is."},
    {.name = "imdb", .label = "IMDb", .level = LEVEL_group, .type = ATTR_text, .low = 7, .high = 100, .searched = true,
     .help = "Number or address of its page there. A movie of that number which is here already is joined."},
    {.name = "tmdb", .label = "TMDb", .level = LEVEL_group, .type = ATTR_number, .low = 1, .high = 1000000000,
     .help = "Its number there."},
    {.name = "runtime", .label = "Minutes", .level = LEVEL_group, .type = ATTR_number, .low = 1, .high = 6000,
     .help = "How long it runs."},
    {.name = "tags", .label = "Tags", .level = LEVEL_group, .type = ATTR_tags, .low = 2, .high = 400,
     .help = "Separated by commas, for example: drama, silent, 1920s."},
    {.name = "synopsis", .label = "Synopsis", .level = LEVEL_group, .type = ATTR_long, .low = 10, .high = 20000,
     .help = "What it is about, without giving the end away."},
    {.name = "edition_title", .label = "Edition", .level = LEVEL_edition, .type = ATTR_text, .low = 2, .high = 200,
     .searched = true, .suggested = true, .known = editions, .help = "For example \"Director's Cut\", \"Extended Edition\", \"4K Remaster\". Leave it empty for the original release."},
    {.name = "edition_year", .label = "Edition year", .level = LEVEL_edition, .type = ATTR_number, .low = 1874,
     .high = 2100, .help = "When this edition came out. Leave it empty for the original release."},
    {.name = "quality", .label = "Quality", .level = LEVEL_unit, .type = ATTR_choice, .choices = qualities,
     .derived = true, .faceted = true, .help = "Follows from the resolution."},
    {.name = "source", .label = "Source", .level = LEVEL_unit, .type = ATTR_choice, .choices = sources,
     .required = true, .faceted = true, .help = "What it was taken from."},
    {.name = "mediainfo", .label = "MediaInfo or BDInfo", .level = LEVEL_unit, .type = ATTR_long, .low = 10, .high = 60000,
     .help = "The whole text that MediaInfo tells of the main file, or BDInfo of the disc (its quick summary will do): what is left empty below is read from it."},
    {.name = "codec", .label = "Codec", .level = LEVEL_unit, .type = ATTR_choice, .choices = codecs, .required = true,
     .media = MEDIA_codec, .faceted = true, .help = "Leave it empty when there is a text of MediaInfo or BDInfo."},
    {.name = "container", .label = "Container", .level = LEVEL_unit, .type = ATTR_choice, .choices = containers,
     .required = true, .media = MEDIA_container, .faceted = true, .help = "Leave it empty when there is a text of MediaInfo or BDInfo."},
    {.name = "resolution", .label = "Resolution", .level = LEVEL_unit, .type = ATTR_choice, .choices = resolutions,
     .required = true, .media = MEDIA_resolution, .faceted = true, .help = "Leave it empty when there is a text of MediaInfo or BDInfo."},
    {.name = "processing", .label = "Processing", .level = LEVEL_unit, .type = ATTR_choice, .choices = processings,
     .required = true, .standard = "Encode", .faceted = true, .help = "What was done with the source."},
    {.name = "hdr", .label = "HDR", .level = LEVEL_unit, .type = ATTR_choice, .choices = hdrs,
     .media = MEDIA_hdr, .faceted = true,
     .help = "What it has beyond 8 bits a colour. Leave it empty when that is nothing, or BDInfo tells."},
    {.name = "audio", .label = "Audio", .level = LEVEL_unit, .type = ATTR_choice, .choices = audios,
     .media = MEDIA_audio, .faceted = true,
     .help = "Of the main track."},
    {.name = "channels", .label = "Channels", .level = LEVEL_unit, .type = ATTR_choice, .choices = channels,
     .media = MEDIA_channels,
     .help = "Of the main track."},
    {.name = "subtitles", .label = "Subtitles", .level = LEVEL_unit, .type = ATTR_text, .low = 2, .high = 400,
     .help = "Languages, separated by commas."},
    {.name = "release_group", .label = "Release group", .level = LEVEL_unit, .type = ATTR_text, .low = 1, .high = 60,
     .searched = true, .suggested = true, .help = "Who made it, as in the file's name."},
    {.name = "three_d", .label = "3D", .level = LEVEL_unit, .type = ATTR_flag, .help = "In three dimensions."},
    {.name = "extras", .label = "Extras", .level = LEVEL_unit, .type = ATTR_flag,
     .help = "Not the film itself: what came with it."},
    {.name = "scene", .label = "Scene", .level = LEVEL_unit, .type = ATTR_flag, .faceted = true,
     .help = "A release of the scene, unchanged."},
    {.name = "format_description", .label = "Format description", .level = LEVEL_unit, .type = ATTR_long, .low = 10,
     .high = 20000, .help = "How it was made: settings, sources compared."},
    {.name = NULL},
};
/* clang-format on */

extern const struct plugin plugin_movies;

/* ---- rules between attributes ---- */

static bool is(const struct values *values, const char *name, const char *value)
{
    return slice_is(plugin_value(&plugin_movies, values, name), value);
}

static size_t digits_at(struct slice text, size_t start)
{
    size_t end = start;
    while (end < text.size && isdigit((unsigned char)text.at[end]))
        end++;
    return end - start;
}

/* "tt0133093" out of a number, or of an address with one in it. */
static bool imdb_tidy(struct slice *imdb, struct arena *arena, struct fault *why)
{
    for (size_t i = 0; i < imdb->size; i += digits_at(*imdb, i) + 1) {
        size_t size = digits_at(*imdb, i);
        if (size >= 7 && size <= 9) {
            *imdb = slice_text(arena_print(arena, "tt%.*s", (int)size, imdb->at + i));
            return true;
        }
    }
    return imdb->size == 0 ||
           fault_set(why, STATUS_invalid, "imdb", "IMDb: give the number of its page, such as tt0133093.");
}

/* A whole one, which nobody encoded: what the form says by itself is corrected. */
static bool is_disc(const struct values *values)
{
    static const char *const discs[] = {"BD25", "BD50", "BD66", "BD100", "DVD5", "DVD9"};
    bool disc = false;
    for (size_t i = 0; i < COUNT(discs); i++)
        disc |= is(values, "codec", discs[i]);
    return disc;
}

static const char *quality_of(const struct values *values)
{
    static const char *const high[] = {"720p", "1080i", "1080p"}, *const ultra[] = {"2160p", "4320p"};
    if (is(values, "extras", "1"))
        return "Other";
    if (is(values, "three_d", "1"))
        return "3D";
    for (size_t i = 0; i < COUNT(high); i++)
        if (is(values, "resolution", high[i]))
            return "High Definition";
    for (size_t i = 0; i < COUNT(ultra); i++)
        if (is(values, "resolution", ultra[i]))
            return "Ultra High Definition";
    return "Standard Definition";
}

static bool movies_check(enum level_kind from, struct submission *submission, struct arena *arena, struct fault *why)
{
    struct values *values = &submission->values;
    struct slice edition = plugin_value(&plugin_movies, values, "edition_title");
    if (from <= LEVEL_group && !imdb_tidy(&values->of[plugin_attribute(&plugin_movies, "imdb")], arena, why))
        return false;
    if (from <= LEVEL_edition && text_same(edition, slice_text("Original Release")))
        plugin_set(&plugin_movies, values, "edition_title", "");
    if (is_disc(values) && is(values, "processing", "Encode"))
        plugin_set(&plugin_movies, values, "processing", "Untouched");
    plugin_set(&plugin_movies, values, "quality", quality_of(values));
    return true;
}

/* ---- guesses ---- */

/* How names and files say a value. */
struct sign {
    const char *sign, *field, *value;
};

/* clang-format off */
static const struct sign words[] = {
    {"480p", "resolution", "480p"}, {"576p", "resolution", "576p"}, {"720p", "resolution", "720p"},
    {"480i", "resolution", "480i"}, {"576i", "resolution", "576i"}, {"1080i", "resolution", "1080i"},
    {"1080p", "resolution", "1080p"}, {"2160p", "resolution", "2160p"}, {"4320p", "resolution", "4320p"},
    {"4k", "resolution", "2160p"}, {"ntsc", "resolution", "NTSC"}, {"pal", "resolution", "PAL"},
    {"bluray", "source", "Blu-ray"}, {"bdrip", "source", "Blu-ray"}, {"brrip", "source", "Blu-ray"},
    {"web", "source", "WEB"}, {"webrip", "source", "WEBRip"}, {"webdl", "source", "WEB-DL"},
    {"hdtv", "source", "HDTV"}, {"pdtv", "source", "PDTV"}, {"laserdisc", "source", "LaserDisc"},
    {"dvd", "source", "DVD"}, {"dvdrip", "source", "DVD"}, {"hddvd", "source", "HD-DVD"}, {"vhs", "source", "VHS"},
    {"vhsrip", "source", "VHS"}, {"tvrip", "source", "TV"},
    {"x264", "codec", "x264"}, {"h264", "codec", "H.264"}, {"avc", "codec", "H.264"}, {"x265", "codec", "x265"},
    {"h265", "codec", "H.265"}, {"hevc", "codec", "H.265"}, {"av1", "codec", "AV1"}, {"vp9", "codec", "VP9"},
    {"xvid", "codec", "XviD"}, {"divx", "codec", "DivX"}, {"mpeg2", "codec", "MPEG-2"}, {"mpeg1", "codec", "MPEG-1"},
    {"vc1", "codec", "VC-1"}, {"dvd5", "codec", "DVD5"},
    {"dvd9", "codec", "DVD9"}, {"bd25", "codec", "BD25"}, {"bd50", "codec", "BD50"},
    {"remux", "processing", "Remux"}, {"untouched", "processing", "Untouched"}, {"3d", "three_d", "1"},
    {"10bit", "hdr", "10-bit"}, {"hdr", "hdr", "HDR"}, {"hdr10", "hdr", "HDR10"}, {"hdr10+", "hdr", "HDR10+"},
    {"hdr10plus", "hdr", "HDR10+"}, {"hlg", "hdr", "HLG"}, {"dv", "hdr", "Dolby Vision"},
    {"dovi", "hdr", "Dolby Vision"}, {"aac", "audio", "AAC"}, {"ac3", "audio", "AC3"}, {"eac3", "audio", "E-AC3"},
    {"ddp", "audio", "E-AC3"}, {"dts", "audio", "DTS"}, {"dtshd", "audio", "DTS-HD MA"}, {"dtsx", "audio", "DTS:X"},
    {"truehd", "audio", "TrueHD"}, {"atmos", "audio", "Dolby Atmos"}, {"flac", "audio", "FLAC"},
    {"opus", "audio", "Opus"}, {"mp3", "audio", "MP3"},
    {"extended", "edition_title", "Extended Edition"}, {"uncut", "edition_title", "Uncut"},
    {"unrated", "edition_title", "Unrated"}, {"theatrical", "edition_title", "Theatrical Cut"},
    {"criterion", "edition_title", "The Criterion Collection"}, {"rifftrax", "edition_title", "Rifftrax"},
    {"remastered", "edition_title", "Remaster"},
};
static const struct sign endings[] = {
    {".mkv", "container", "MKV"}, {".mp4", "container", "MP4"}, {".avi", "container", "AVI"},
    {".mpg", "container", "MPG"}, {".m2ts", "container", "m2ts"}, {".vob", "container", "VOB IFO"},
    {".iso", "container", "ISO"}, {".mov", "container", "MOV"}, {".webm", "container", "WebM"},
};
/* clang-format on */

/* The next word of a name such as "The.Film.1999.Blu-ray.x264-GRP": letters up to a point, space or bracket. */
static struct slice word_next(struct slice name, size_t *at)
{
    static const char between[] = " ._[](){},";
    while (*at < name.size && strchr(between, name.at[*at]) != NULL)
        ++*at;
    size_t start = *at;
    while (*at < name.size && strchr(between, name.at[*at]) == NULL)
        ++*at;
    return slice_of(name.at + start, *at - start);
}

static bool is_year(struct slice word)
{
    return word.size == 4 && digits_at(word, 0) == 4 &&
           (memcmp(word.at, "18", 2) == 0 || memcmp(word.at, "19", 2) == 0 || memcmp(word.at, "20", 2) == 0);
}

/* A known word, dashes in it left out: "Blu-Ray". What stands behind the last dash may be the release group. */
static void word_guess(struct slice word, struct form *form)
{
    char plain[16];
    size_t size = 0;
    for (size_t i = 0; i < word.size && size < sizeof plain; i++)
        if (word.at[i] != '-')
            plain[size++] = word.at[i];
    for (size_t i = 0; i < COUNT(words); i++)
        if (text_same(slice_of(plain, size), slice_text(words[i].sign)))
            form_fill(form, words[i].field, slice_text(words[i].value));
}

static void rest_guess(struct slice name, size_t at, struct form *form)
{
    for (struct slice word; (word = word_next(name, &at)).size > 0;) {
        const char *dash = memrchr(word.at, '-', word.size);
        word_guess(word, form);
        if (dash == NULL || dash == word.at)
            continue;
        word_guess(slice_of(word.at, (size_t)(dash - word.at)), form);
        if (at >= name.size)
            form_fill(form, "release_group", slice_of(dash + 1, word.size - (size_t)(dash - word.at) - 1));
    }
}

static void movies_guess(const struct metainfo *metainfo, struct arena *arena, struct form *form)
{
    struct slice name = metainfo->name, title = {0}, word;
    size_t at = 0;
    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t size = strlen(endings[i].sign);
        if (metainfo_has(metainfo, endings[i].sign))
            form_fill(form, endings[i].field, slice_text(endings[i].value));
        if (name.size > size && text_same(slice_of(name.at + name.size - size, size), slice_text(endings[i].sign)))
            name.size -= size;
    }
    while ((word = word_next(name, &at)).size > 0 && (title.size == 0 || !is_year(word)))
        title =
            title.size == 0 ? word : slice_text(arena_print(arena, "%.*s %.*s", SLICE_ARGS(title), SLICE_ARGS(word)));
    if (word.size == 0)
        return; /* without a year nobody knows where the title ends */
    form_fill(form, "title", title);
    form_fill(form, "year", word);
    rest_guess(name, at, form);
}

/* ---- the plugin ---- */

/* clang-format off */
const struct plugin plugin_movies = {
    .name = "movies", .title = "Movies", .rank = 1, .accounting = "ratio", .refused = refused,
    .levels = {
        [LEVEL_person] = {.name = "person", .title = "Person", .plural = "People", .image = "Photo"},
        [LEVEL_group] = {.name = "movie", .title = "Movie", .plural = "Movies", .image = "Poster", .named = "title",
            .same = (const char *const[]){"title", "year", NULL}, .joins = "imdb"},
        [LEVEL_edition] = {.name = "edition", .title = "Edition", .plural = "Editions", .named = "edition_title",
            .same = (const char *const[]){"edition_title", "edition_year", NULL}},
        [LEVEL_unit] = {.name = "format", .title = "Format", .plural = "Formats",
            .same = (const char *const[]){"source", "codec", "container", "resolution", "processing", "release_group",
                                          "three_d", "extras", "?hdr", NULL},
            .order = (const char *const[]){"processing", "resolution", "codec", NULL}},
    },
    .attributes = attributes,
    .sections = sections,
    .year = "year",
    .type = "type",
    .description = "synopsis",
    .unit_description = "format_description",
    .mediainfo = "mediainfo",
    .header = "quality",
    .slots = slots,
    .group_title = "<{credits} – >{title} [{year}] [{type}]",
    .edition_titles = (const char *const[]){"<{edition_year} - >{edition_title}", "{edition_year}", "Original Release",
                                            NULL},
    .unit_title = "{codec} / {source} / {resolution} / {container} / {processing}< / {hdr}>< / {audio}>"
                  "< / {edition_title}>< / {edition_year}>< / {three_d}>< / {extras}>< / {scene}>< / {release_group}>",
    .file_name = "{title} ({year})< {edition_title}> [{source} {codec} {resolution} {processing}]",
    .release_name = "{title} {year}< {edition_title}>< {three_d}> {resolution} {source} {processing}"
                    "< {audio}>< {channels}>< {hdr}> {codec}<-{release_group}>",
    .check = movies_check,
    .guess = movies_guess,
};
/* clang-format on */
