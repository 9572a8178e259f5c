/* Music: Artist > Album > Album Release > Release Format. The value lists are those of the known music sites together;
 * a new value is added here and nowhere else. */
#include "services/catalog/form.h"
#include "services/catalog/guess.h"
#include "services/catalog/text.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const release_types[] = {
    "Album",   "EP",        "Single",  "Compilation", "Anthology",         "Soundtrack", "Live album", "Remix",
    "Bootleg", "Interview", "Mixtape", "DJ Mix",      "Concert recording", "Unknown",    NULL};
static const char *const medias[] = {"CD", "WEB", "Vinyl", "DVD", "BD", "SACD", "Cassette", "DAT", "Soundboard", NULL};
static const char *const formats[] = {"FLAC", "MP3", "AAC",    "Ogg Vorbis", "Opus", "AC3",
                                      "DTS",  "DSD", "TrueHD", "PCM",        "MP2",  NULL};
/* In which something may be lossless; FLAC always is. */
static const char *const lossless_formats[] = {"FLAC", "DTS", "DSD", "TrueHD", "PCM"};
static const char *const bitrates[] = {
    "Lossless", "24bit Lossless", "320",       "V0 (VBR)",   "256",   "V1 (VBR)", "V2 (VBR)", "192", "160", "128", "96",
    "64",       "APX (VBR)",      "APS (VBR)", "q8.x (VBR)", "Other", NULL};

static const char *const files[] = {
    ".flac",    ".mp3",  ".m4a", ".aac",  ".ogg",  ".opus", ".ac3",  ".dts",  ".mp4",  ".mkv", ".log",  ".cue",
    ".accurip", ".ffp",  ".md5", ".sfv",  ".sha1", ".m3u",  ".m3u8", ".pls",  ".txt",  ".nfo", ".lrc",  ".rtf",
    ".doc",     ".pdf",  ".htm", ".html", ".jpg",  ".jpeg", ".png",  ".gif",  ".webp", ".tif", ".tiff", ".bmp",
    ".epub",    ".djvu", ".dsf", ".dff",  ".thd",  ".wav",  ".aif",  ".aiff", ".mp2",  NULL};

static const char *const refused[] = {"downloaded from", "downloaded at",  "torrent downloaded", "visit our site",
                                      "join us at",      "for more music", "incomplete~",        NULL};

static const struct role roles[] = {
    {"main", "Main", "Artists"},
    {"guest", "Guest", "With"},
    {"composer", "Composer", "Composers"},
    {"conductor", "Conductor", "Conducted by"},
    {"dj", "DJ / Compiler", "DJ / Compiler"},
    {"remixer", "Remixer", "Remixed by"},
    {"producer", "Producer", "Produced by"},
    {"arranger", "Arranger", "Arranged by"},
    {NULL, NULL, NULL},
};

static const struct section sections[] = {
    {"main", "Album", "Albums"},           {"main", "EP", "EPs"},
    {"main", "Single", "Singles"},         {"main", "Compilation", "Compilations"},
    {"main", "Anthology", "Anthologies"},  {"main", "Soundtrack", "Soundtracks"},
    {"main", "Live album", "Live albums"}, {"main", "Concert recording", "Concert recordings"},
    {"main", "Remix", "Remixes"},          {"main", "DJ Mix", "DJ mixes"},
    {"main", "Mixtape", "Mixtapes"},       {"main", "Bootleg", "Bootlegs"},
    {"main", "Interview", "Interviews"},   {"main", NULL, "Other releases"},
    {"dj", NULL, "DJ and compiler"},       {"composer", NULL, "Compositions"},
    {"conductor", NULL, "Conducted"},      {"guest", NULL, "Guest appearances"},
    {"remixer", NULL, "Remixed"},          {"producer", NULL, "Produced"},
    {"arranger", NULL, "Arranged"},        {NULL, NULL, NULL},
};

/* clang-format off */
static const struct attribute attributes[] = {
    {.name = "artists", .label = "Artists", .level = LEVEL_group, .type = ATTR_credit, .roles = roles, .required = true,
     .searched = true, .help = "One name a row. Name the artists themselves, never \"Various Artists\"."},
    {.name = "title", .label = "Album title", .level = LEVEL_group, .type = ATTR_text, .low = 1, .high = 200,
     .required = true, .searched = true, .help = "Without year, format or edition."},
    {.name = "year", .label = "Year", .level = LEVEL_group, .type = ATTR_number, .low = 1860, .high = 2100,
     .required = true, .searched = true, .faceted = true, .help = "Of the first release."},
    {.name = "release_type", .label = "Release type", .level = LEVEL_group, .type = ATTR_choice,
     .choices = release_types, .required = true, .faceted = true, .help = "What kind of record it is."},
    {.name = "tags", .label = "Tags", .level = LEVEL_group, .type = ATTR_tags, .low = 2, .high = 400,
     .help = "Separated by commas, for example: jazz, 1960s, live."},
    {.name = "description", .label = "Album description", .level = LEVEL_group, .type = ATTR_long, .low = 10,
     .high = 20000, .help = "Track list, history, credits."},
    {.name = "release_title", .label = "Edition title", .level = LEVEL_edition, .type = ATTR_text, .low = 2, .high = 80,
     .searched = true, .suggested = true, .help = "For example \"Deluxe Edition\". Leave it empty for the original release."},
    {.name = "release_year", .label = "Edition year", .level = LEVEL_edition, .type = ATTR_number, .low = 1860,
     .high = 2100, .help = "When this edition came out. Leave it empty for the original release."},
    {.name = "label", .label = "Record label", .level = LEVEL_edition, .type = ATTR_text, .low = 2, .high = 80,
     .searched = true, .suggested = true, .help = "Who published this edition."},
    {.name = "catalogue_number", .label = "Catalogue number", .level = LEVEL_edition, .type = ATTR_text, .low = 2,
     .high = 80, .searched = true, .suggested = true, .help = "As printed on the spine."},
    {.name = "media", .label = "Media", .level = LEVEL_edition, .type = ATTR_choice, .choices = medias,
     .required = true, .faceted = true, .help = "What it was taken from."},
    {.name = "unknown_release", .label = "Unknown Release(s)", .level = LEVEL_edition, .type = ATTR_flag,
     .help = "Nobody knows which release it was taken from: of the above only the media counts."},
    {.name = "format", .label = "Format", .level = LEVEL_unit, .type = ATTR_choice, .choices = formats,
     .required = true, .faceted = true, .help = "Of the music files."},
    {.name = "bitrate", .label = "Bitrate", .level = LEVEL_unit, .type = ATTR_choice, .choices = bitrates,
     .required = true, .faceted = true, .help = "FLAC is always one of the lossless ones."},
    {.name = "log", .label = "Log", .level = LEVEL_unit, .type = ATTR_flag, .found_in = ".log", .faceted = true,
     .help = "A ripping log lies beside the music."},
    {.name = "cue", .label = "Cue", .level = LEVEL_unit, .type = ATTR_flag, .found_in = ".cue", .faceted = true,
     .help = "A cue sheet lies beside the music."},
    {.name = "scene", .label = "Scene", .level = LEVEL_unit, .type = ATTR_flag, .faceted = true,
     .help = "A release of the scene, unchanged."},
    {.name = "format_description", .label = "Format description", .level = LEVEL_unit, .type = ATTR_long, .low = 10,
     .high = 20000, .help = "How it was made: ripper, settings, spectrals."},
    {.name = NULL},
};
/* clang-format on */

/* ---- the artist line ---- */

static size_t role_count(const struct credit *credits, size_t count, const char *role)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(credits[i].role->name, role) == 0;
    return found;
}

/* One or two of a role by name, more as a collective. */
static void line_add(struct credit_line *line, const struct credit *credits, size_t count, const char *role,
                     const char *many)
{
    size_t found = role_count(credits, count, role), begin = line->count;
    if (found > 2)
        line->names[line->count++] = (struct line_name){.text = many, .joiner = ""};
    for (size_t i = 0; i < count && found > 0 && found <= 2; i++) {
        if (strcmp(credits[i].role->name, role) != 0)
            continue;
        if (line->count > begin)
            line->names[line->count - 1].joiner = " & ";
        line->names[line->count++] = (struct line_name){.credit = &credits[i], .joiner = ""};
    }
}

static void line_join(struct credit_line *line, const char *joiner)
{
    if (line->count > 0)
        line->names[line->count - 1].joiner = joiner;
}

/* A DJ or compiler stands alone; else "composers performed by mains under conductors". */
static void music_line(const struct credit *credits, size_t count, struct credit_line *into)
{
    if (role_count(credits, count, "dj") > 0) {
        line_add(into, credits, count, "dj", "Various DJs");
        return;
    }
    line_add(into, credits, count, "composer", "Various Composers");
    if (role_count(credits, count, "main") > 0) {
        line_join(into, " performed by ");
        line_add(into, credits, count, "main", "Various Artists");
    }
    if (role_count(credits, count, "conductor") > 0) {
        line_join(into, " under ");
        line_add(into, credits, count, "conductor", "Various Conductors");
    }
}

/* ---- rules between attributes ---- */

extern const struct plugin plugin_music;

static bool is(const struct values *values, const char *name, const char *value)
{
    return slice_is(plugin_value(&plugin_music, values, name), value);
}

static long number(const struct values *values, const char *name)
{
    struct slice text = plugin_value(&plugin_music, values, name);
    return text.size == 0 ? 0 : strtol(text.at, NULL, 10); /* checked numbers are NUL-terminated */
}

/* What was first published needs no title and no year of its own: it is the Original Release. */
static void original_tidy(struct values *values)
{
    if (text_same(plugin_value(&plugin_music, values, "release_title"), slice_text("Original Release")))
        plugin_set(&plugin_music, values, "release_title", "");
    if (plugin_value(&plugin_music, values, "release_title").size == 0 &&
        number(values, "release_year") == number(values, "year"))
        plugin_set(&plugin_music, values, "release_year", "");
}

/* What nobody knows is not told, whatever was typed. */
static void unknown_tidy(struct values *values)
{
    static const char *const names[] = {"release_title", "release_year", "label", "catalogue_number"};
    for (size_t i = 0; i < COUNT(names); i++)
        plugin_set(&plugin_music, values, names[i], "");
}

static bool release_check(const struct values *values, struct fault *why)
{
    long year = number(values, "release_year");
    const char *field = year != 0 ? "release_year" : "year";
    if (is(values, "media", "CD") && (year != 0 ? year : number(values, "year")) < 1982)
        return fault_set(why, STATUS_invalid, year != 0 ? field : "media",
                         "There were no CDs before 1982: correct the media, or say the year of this edition.");
    return true;
}

static bool format_check(struct values *values, struct fault *why)
{
    bool flac = is(values, "format", "FLAC");
    bool lossless = is(values, "bitrate", "Lossless") || is(values, "bitrate", "24bit Lossless"), can_be = false;
    for (size_t i = 0; i < COUNT(lossless_formats); i++)
        can_be |= is(values, "format", lossless_formats[i]);
    if (flac && !lossless)
        return fault_set(why, STATUS_invalid, "bitrate", "FLAC is lossless: choose Lossless or 24bit Lossless.");
    if (lossless && !can_be)
        return fault_set(why, STATUS_invalid, "bitrate", "That format is not lossless: choose its bitrate.");
    if (!lossless) {
        plugin_set(&plugin_music, values, "log", "");
        plugin_set(&plugin_music, values, "cue", "");
    }
    return true;
}

static bool music_check(enum level_kind from, struct submission *submission, struct arena *arena, struct fault *why)
{
    (void)arena;
    static const char *const nobody[] = {"Various Artists", "Various", "VA", "V.A.", "Various DJs"};
    for (size_t i = 0; i < submission->credits_count; i++)
        for (size_t k = 0; k < COUNT(nobody); k++)
            if (text_same(submission->credits[i].name, slice_text(nobody[k])))
                return fault_set(why, STATUS_invalid, "artists",
                                 "\"%s\" is nobody: name the artists, or the compiler as DJ / Compiler.", nobody[k]);
    if (from <= LEVEL_edition) {
        bool unknown = plugin_value(&plugin_music, &submission->values, "unknown_release").size > 0;
        if (unknown)
            unknown_tidy(&submission->values);
        original_tidy(&submission->values);
        if (!unknown && !release_check(&submission->values, why))
            return false;
    }
    return format_check(&submission->values, why);
}

/* ---- guesses ---- */

/* How names and files say a value. */
struct sign {
    const char *sign, *field, *value;
};

/* clang-format off */
static const struct sign words[] = {
    {"flac", "format", "FLAC"}, {"mp3", "format", "MP3"}, {"aac", "format", "AAC"}, {"opus", "format", "Opus"},
    {"ogg", "format", "Ogg Vorbis"}, {"vorbis", "format", "Ogg Vorbis"}, {"ac3", "format", "AC3"},
    {"dts", "format", "DTS"}, {"dsd", "format", "DSD"}, {"dsd64", "format", "DSD"}, {"dsd128", "format", "DSD"},
    {"truehd", "format", "TrueHD"}, {"pcm", "format", "PCM"}, {"mp2", "format", "MP2"},
    {"320", "bitrate", "320"}, {"320kbps", "bitrate", "320"}, {"256", "bitrate", "256"}, {"192", "bitrate", "192"},
    {"160", "bitrate", "160"}, {"128", "bitrate", "128"}, {"v0", "bitrate", "V0 (VBR)"},
    {"v1", "bitrate", "V1 (VBR)"}, {"v2", "bitrate", "V2 (VBR)"}, {"lossless", "bitrate", "Lossless"},
    {"24bit", "bitrate", "24bit Lossless"}, {"24-bit", "bitrate", "24bit Lossless"},
    {"24-44", "bitrate", "24bit Lossless"}, {"24-48", "bitrate", "24bit Lossless"},
    {"24-88", "bitrate", "24bit Lossless"}, {"24-96", "bitrate", "24bit Lossless"},
    {"24-192", "bitrate", "24bit Lossless"},
    {"cd", "media", "CD"}, {"2cd", "media", "CD"}, {"web", "media", "WEB"}, {"vinyl", "media", "Vinyl"},
    {"lp", "media", "Vinyl"}, {"dvd", "media", "DVD"}, {"sacd", "media", "SACD"}, {"cassette", "media", "Cassette"},
    {"dat", "media", "DAT"}, {"bd", "media", "BD"},
    {"ep", "release_type", "EP"}, {"single", "release_type", "Single"}, {"cds", "release_type", "Single"},
    {"ost", "release_type", "Soundtrack"}, {"bootleg", "release_type", "Bootleg"},
    {"mixtape", "release_type", "Mixtape"},
};
static const struct sign endings[] = {
    {".flac", "format", "FLAC"}, {".mp3", "format", "MP3"}, {".m4a", "format", "AAC"}, {".aac", "format", "AAC"},
    {".ogg", "format", "Ogg Vorbis"}, {".opus", "format", "Opus"}, {".ac3", "format", "AC3"}, {".dts", "format", "DTS"},
    {".dsf", "format", "DSD"}, {".dff", "format", "DSD"}, {".thd", "format", "TrueHD"}, {".wav", "format", "PCM"},
    {".aif", "format", "PCM"}, {".aiff", "format", "PCM"}, {".mp2", "format", "MP2"},
};
/* clang-format on */

static const struct sign *word_find(struct slice word)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (text_same(word, slice_text(words[i].sign)))
            return &words[i];
    return NULL;
}

static bool word_known(struct slice word)
{
    return word_find(word) != NULL;
}

/* "A feat. B" is A with a guest. */
static void artist_guess(struct slice name, struct form *form)
{
    static const char *const with[] = {" feat. ", " feat ", " ft. "};
    for (size_t i = 0; i < COUNT(with); i++) {
        const char *at = memmem(name.at, name.size, with[i], strlen(with[i]));
        if (at == NULL)
            continue;
        const char *guest = at + strlen(with[i]);
        form_fill_credit(form, "artists", "main", slice_of(name.at, (size_t)(at - name.at)));
        form_fill_credit(form, "artists", "guest", slice_of(guest, name.size - (size_t)(guest - name.at)));
        return;
    }
    form_fill_credit(form, "artists", "main", name);
}

static void names_guess(const struct guess *guess, struct arena *arena, struct form *form)
{
    if (guess->parts_count > 1 && form_lacks(form, "artists"))
        artist_guess(guess->parts[0], form);
    struct slice title = guess->parts_count > 0 ? guess->parts[guess->parts_count > 1] : (struct slice){0};
    for (size_t i = 2; i < guess->parts_count; i++)
        title = slice_text(arena_print(arena, "%.*s - %.*s", SLICE_ARGS(title), SLICE_ARGS(guess->parts[i])));
    form_fill(form, "title", title);
    form_fill(form, "year", guess->year);
    if (guess->scene)
        form_fill(form, "scene", slice_text("1"));
}

/* The torrent's name without the ending of a single file. */
static struct slice name_bare(const struct metainfo *metainfo)
{
    struct slice name = metainfo->name;
    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t size = strlen(endings[i].sign);
        if (name.size > size && text_same(slice_of(name.at + name.size - size, size), slice_text(endings[i].sign)))
            name.size -= size;
    }
    return name;
}

static void music_guess(const struct metainfo *metainfo, struct arena *arena, struct form *form)
{
    struct guess guess;
    guess_read(name_bare(metainfo), word_known, arena, &guess);
    names_guess(&guess, arena, form);
    for (size_t i = 0; i < COUNT(endings); i++)
        if (metainfo_has(metainfo, endings[i].sign))
            form_fill(form, endings[i].field, slice_text(endings[i].value));
    for (size_t i = 0; i < guess.words_count; i++) {
        const struct sign *sign = word_find(guess.words[i]);
        form_fill(form, sign->field, slice_text(sign->value));
    }
    struct slice format = form->text[plugin_attribute(&plugin_music, "format")];
    bool lossless = slice_is(format, "FLAC") || slice_is(format, "DSD") || slice_is(format, "PCM");
    form_fill(form, "bitrate", slice_text(lossless ? "Lossless" : "Other"));
    form_fill(form, "media", slice_text(metainfo_has(metainfo, ".log") ? "CD" : "WEB"));
    form_fill(form, "release_type", slice_text("Album"));
}

/* ---- the plugin ---- */

/* clang-format off */
const struct plugin plugin_music = {
    .name = "music", .title = "Music", .accounting = "ratio", .endings = files, .refused = refused, .path_max = 180,
    .levels = {
        [LEVEL_person] = {.name = "artist", .title = "Artist", .plural = "Artists", .image = "Photo"},
        [LEVEL_group] = {.name = "album", .title = "Album", .plural = "Albums", .image = "Cover", .named = "title",
            .same = (const char *const[]){"title", "year", "release_type", NULL}},
        [LEVEL_edition] = {.name = "release", .title = "Release", .plural = "Releases", .named = "release_title",
            .same = (const char *const[]){"release_title", "release_year", "label", "catalogue_number", "media",
                                          "?unknown_release", NULL},
            .order = (const char *const[]){"release_year", "release_title", "label", "catalogue_number", "media", NULL}},
        [LEVEL_unit] = {.name = "format", .title = "Format", .plural = "Formats",
            .same = (const char *const[]){"format", "bitrate", NULL},
            .order = (const char *const[]){"format", "bitrate", NULL}},
    },
    .attributes = attributes,
    .sections = sections,
    .year = "year",
    .type = "release_type",
    .description = "description",
    .unit_description = "format_description",
    .group_title = "<{credits} – >{title} [{year}] [{release_type}]",
    .edition_titles = (const char *const[]){
        "{unknown_release} / {media}",
        "{release_year} - <{label} / ><{catalogue_number} / ><{release_title} / >{media}",
        "{release_title} / <{label} / ><{catalogue_number} / >{media}",
        "Original Release / <{label} / ><{catalogue_number} / >{media}",
        NULL},
    .unit_title = "{format} / {bitrate}< / {log}>< / {cue}>< / {scene}>",
    .file_name = "<{credits} - >{title} ({year}) [{media} {format} {bitrate}]",
    .release_name = "<{credits} - >{title} ({year}) [{release_type}]< [{release_title}]>< [{release_year}]>"
                    " [{format} {bitrate} / {media}< / {log}>< / {cue}>< / {scene}>]",
    .line = music_line,
    .check = music_check,
    .guess = music_guess,
};
/* clang-format on */
