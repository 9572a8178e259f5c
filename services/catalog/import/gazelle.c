/* See gazelle.h. The columns are those of the many Gazelle sites; forks have more, and not always all of these. */
#include "services/catalog/import/gazelle.h"

#include "services/catalog/text.h"
#include "services/common/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- the tables ---- */

static const struct table_column users[] = {
    {.name = "ID", .needed = true},
    {.name = "Username", .needed = true},
    {.name = "Enabled"},
    {.name = "torrent_pass"},
    {.name = "Uploaded"},
    {.name = "Downloaded"},
    {.name = "JoinDate"},
    {.name = "created"},
    {.name = NULL},
};
static const struct table_column groups[] = {
    {.name = "ID", .needed = true},
    {.name = "CategoryID", .needed = true},
    {.name = "Name", .needed = true},
    {.name = "Year", .needed = true},
    {.name = "CatalogueNumber"},
    {.name = "RecordLabel"},
    {.name = "ReleaseType", .needed = true},
    {.name = "WikiBody"},
    {.name = NULL},
};
static const struct table_column torrents[] = {
    {.name = "GroupID", .needed = true},
    {.name = "ID", .needed = true},
    {.name = "UserID", .needed = true},
    {.name = "Media", .needed = true},
    {.name = "Format", .needed = true},
    {.name = "Encoding", .needed = true},
    {.name = "Remastered"},
    {.name = "RemasterYear"},
    {.name = "RemasterTitle"},
    {.name = "RemasterCatalogueNumber"},
    {.name = "RemasterRecordLabel"},
    {.name = "Scene"},
    {.name = "info_hash", .needed = true, .binary = true},
    {.name = "Time", .needed = true},
    {.name = "Description"},
    {.name = "Snatched"},
    {.name = NULL},
};
static const struct table_column files[] = {
    {.name = "TorrentID", .needed = true},
    {.name = "File", .needed = true, .binary = true},
    {.name = NULL},
};
static const struct table_column artists[] = {
    {.name = "ArtistID", .needed = true},
    {.name = "Name"},
    {.name = "PrimaryAlias"},
    {.name = NULL},
};
static const struct table_column aliases[] = {
    {.name = "AliasID", .needed = true},
    {.name = "ArtistID", .needed = true},
    {.name = "Name", .needed = true},
    {.name = NULL},
};
static const struct table_column spellings[] = {
    {.name = "ArtistID", .needed = true},
    {.name = "Name", .needed = true},
    {.name = NULL},
};
static const struct table_column credits[] = {
    {.name = "GroupID", .needed = true}, {.name = "ArtistID"}, {.name = "AliasID"}, {.name = "Importance"},
    {.name = "artist_role_id"},          {.name = NULL},
};
static const struct table_column tags[] = {
    {.name = "ID", .needed = true},
    {.name = "Name", .needed = true},
    {.name = NULL},
};
static const struct table_column tagged[] = {
    {.name = "GroupID", .needed = true},
    {.name = "TagID", .needed = true},
    {.name = "PositiveVotes"},
    {.name = "NegativeVotes"},
    {.name = NULL},
};

void gazelle_tables(struct table tables[GAZELLE_COUNT])
{
    static const struct table all[GAZELLE_COUNT] = {
        [GAZELLE_users] = {.name = "users_main", .columns = users},
        [GAZELLE_groups] = {.name = "torrents_group", .columns = groups, .needed = true},
        [GAZELLE_torrents] = {.name = "torrents", .columns = torrents, .needed = true},
        [GAZELLE_files] = {.name = "torrents_files", .columns = files},
        [GAZELLE_artists] = {.name = "artists_group", .columns = artists, .needed = true},
        [GAZELLE_aliases] = {.name = "artists_alias", .columns = aliases},
        [GAZELLE_spellings] = {.name = "artists_alias", .columns = spellings},
        [GAZELLE_credits] = {.name = "torrents_artists", .columns = credits, .needed = true},
        [GAZELLE_tags] = {.name = "tags", .columns = tags},
        [GAZELLE_tagged] = {.name = "torrents_tags", .columns = tagged},
    };
    memcpy(tables, all, sizeof all);
}

/* ---- values ---- */

/* A letter as UTF-8; 0: it is none that a text may have. */
static size_t letter_write(unsigned long letter, char *into)
{
    if (letter < 0x20 || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000))
        return 0;
    if (letter < 0x80) {
        into[0] = (char)letter;
        return 1;
    }
    size_t size = letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, letter >>= 6)
        into[i] = (char)(0x80 | (letter & 0x3f));
    into[0] = (char)((0xf00 >> size & 0xff) | letter);
    return size;
}

/* What an entity (what stands between & and ;) means; 0: nothing that is known. */
static size_t entity_write(struct slice entity, char *into)
{
    static const struct {
        const char *name;
        char letter;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (slice_is(entity, names[i].name)) {
            *into = names[i].letter;
            return 1;
        }
    char digits[10] = "", *end;
    bool hex = entity.size > 2 && (entity.at[1] | 0x20) == 'x';
    size_t skip = hex ? 2 : 1;
    if (entity.size <= skip || entity.size - skip >= sizeof digits || entity.at[0] != '#')
        return 0;
    memcpy(digits, entity.at + skip, entity.size - skip);
    unsigned long letter = strtoul(digits, &end, hex ? 16 : 10);
    return *end == '\0' && digits[0] != '-' && digits[0] != '+' ? letter_write(letter, into) : 0;
}

/* A letter is never longer than what stands for it. */
static struct slice entities_read(struct slice from, struct arena *arena)
{
    if (from.size == 0 || memchr(from.at, '&', from.size) == NULL)
        return from;
    char *into = arena_take(arena, from.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < from.size; i++) {
        const char *end = from.at[i] == '&' ? memchr(from.at + i, ';', from.size - i < 12 ? from.size - i : 12) : NULL;
        size_t wrote =
            end != NULL ? entity_write(slice_of(from.at + i + 1, (size_t)(end - from.at) - i - 1), into + size) : 0;
        if (wrote > 0)
            i = (size_t)(end - from.at);
        else
            into[size] = from.at[i];
        size += wrote > 0 ? wrote : 1;
    }
    return slice_of(into, size);
}

struct slice gazelle_line(struct slice from, struct arena *arena)
{
    return text_line(entities_read(from, arena), arena);
}

int64_t gazelle_time(struct slice text)
{
    char copy[20] = "";
    struct tm tm = {.tm_isdst = 0};
    if (text.size < 19)
        return 0;
    memcpy(copy, text.at, 19);
    if (sscanf(copy, "%4d-%2d-%2d%*1[ T]%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec) != 6)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t seconds = timegm(&tm);
    return seconds > 0 ? seconds * 1000 : 0;
}

bool gazelle_flag(struct slice text)
{
    static const char *const yes[] = {"1", "t", "true", "yes"};
    for (size_t i = 0; i < COUNT(yes); i++)
        if (text_same(text, slice_text(yes[i])))
            return true;
    return false;
}

bool gazelle_bytes(struct slice from, size_t size, struct arena *arena, struct slice *into)
{
    *into = from;
    if (from.size == size)
        return true;
    if (from.size > 2 && (from.at[0] == '\\' || from.at[0] == '0') && from.at[1] == 'x')
        from = slice_of(from.at + 2, from.size - 2);
    char *bytes = arena_take(arena, from.size / 2 + 1);
    *into = slice_of(bytes, from.size / 2);
    return from.size % 2 == 0 && (size == 0 || into->size == size) && hex_read(from, bytes, into->size);
}

static bool begins_as_torrent(struct slice content)
{
    return content.size > 1 && content.at[0] == 'd' && content.at[1] >= '0' && content.at[1] <= '9';
}

bool gazelle_content(struct slice from, struct arena *arena, struct slice *into)
{
    *into = from;
    return begins_as_torrent(from) || (gazelle_bytes(from, 0, arena, into) && begins_as_torrent(*into));
}

/* ---- rows ---- */

struct word {
    const char *theirs, *ours;
};

static const char *word_find(const struct word *words, size_t count, struct slice theirs)
{
    for (size_t i = 0; i < count; i++)
        if (text_same(theirs, slice_text(words[i].theirs)))
            return words[i].ours;
    return NULL;
}

static const struct word release_types[] = {
    {"1", "Album"},
    {"3", "Soundtrack"},
    {"5", "EP"},
    {"6", "Anthology"},
    {"7", "Compilation"},
    {"9", "Single"},
    {"11", "Live album"},
    {"13", "Remix"},
    {"14", "Bootleg"},
    {"15", "Interview"},
    {"16", "Mixtape"},
    {"17", "DJ Mix"},
    {"18", "Concert recording"},
    {"21", "Unknown"},
    {"", "Unknown"},
};
static const struct word roles[] = {
    {"1", "main"},      {"2", "guest"}, {"3", "remixer"},  {"4", "composer"},
    {"5", "conductor"}, {"6", "dj"},    {"7", "producer"}, {"8", "arranger"},
};

bool gazelle_group(const struct slice *group, struct form *form, struct arena *arena, struct fault *why)
{
    if (!slice_is(group[GROUP_category], "1"))
        return fault_set(why, STATUS_invalid, NULL, "Its category is %.*s: only Music (1) is taken over.",
                         SLICE_ARGS(text_cut(group[GROUP_category], 20)));
    const char *type = word_find(release_types, COUNT(release_types), group[GROUP_type]);
    if (type == NULL)
        return fault_set(why, STATUS_invalid, NULL, "Release type %.*s is none that is known.",
                         SLICE_ARGS(text_cut(group[GROUP_type], 20)));
    form_fill(form, "title", gazelle_line(group[GROUP_name], arena));
    form_fill(form, "year", text_line(group[GROUP_year], arena));
    form_fill(form, "release_type", slice_text(type));
    form_fill(form, "description", text_lines(entities_read(group[GROUP_text], arena), arena));
    return true;
}

bool gazelle_credit(const struct slice *credit, struct slice name, struct form *form, struct fault *why)
{
    struct slice number = credit[CREDIT_role].size > 0 ? credit[CREDIT_role] : credit[CREDIT_role_id];
    const char *role = word_find(roles, COUNT(roles), number);
    if (role == NULL)
        return fault_set(why, STATUS_invalid, NULL, "Role %.*s is none that is known.",
                         SLICE_ARGS(text_cut(number, 20)));
    if (form->credits_count == CREDITS_MAX)
        return fault_set(why, STATUS_invalid, NULL, "At most %d names are credited.", CREDITS_MAX);
    form_fill_credit(form, "artists", role, name);
    return true;
}

/* A bitrate that somebody typed is another one. */
static struct slice bitrate(const struct form *form, struct slice theirs)
{
    const struct attribute *attribute = &form->plugin->attributes[plugin_attribute(form->plugin, "bitrate")];
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
        if (text_same(theirs, slice_text(*choice)))
            return theirs;
    return slice_text(theirs.size > 0 ? "Other" : "");
}

void gazelle_torrent(const struct slice *group, const struct slice *torrent, struct form *form, struct arena *arena)
{
    bool remastered = gazelle_flag(torrent[TORRENT_remastered]);
    const struct slice *label = remastered ? &torrent[TORRENT_label] : &group[GROUP_label];
    const struct slice *number = remastered ? &torrent[TORRENT_number] : &group[GROUP_number];
    if (remastered) {
        form_fill(form, "release_title", gazelle_line(torrent[TORRENT_title], arena));
        if (!slice_is(torrent[TORRENT_year], "0"))
            form_fill(form, "release_year", text_line(torrent[TORRENT_year], arena));
    }
    bool named = form->text[plugin_attribute(form->plugin, "release_year")].size > 0 ||
                 form->text[plugin_attribute(form->plugin, "release_title")].size > 0 || label->size > 0 ||
                 number->size > 0;
    form_fill(form, "unknown_release", slice_text(remastered && !named ? "1" : ""));
    form_fill(form, "label", gazelle_line(*label, arena));
    form_fill(form, "catalogue_number", gazelle_line(*number, arena));
    form_fill(form, "media", text_line(torrent[TORRENT_media], arena));
    form_fill(form, "format", text_line(torrent[TORRENT_format], arena));
    form_fill(form, "bitrate", bitrate(form, text_line(torrent[TORRENT_encoding], arena)));
    form_fill(form, "scene", slice_text(gazelle_flag(torrent[TORRENT_scene]) ? "1" : ""));
    form_fill(form, "format_description", text_lines(entities_read(torrent[TORRENT_text], arena), arena));
}

void gazelle_tidy(struct form *form)
{
    for (size_t i = 0; form->plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &form->plugin->attributes[i];
        if (!attribute->required && (attribute->type == ATTR_text || attribute->type == ATTR_long) &&
            (int64_t)text_letters(form->text[i]) < attribute->low)
            form->text[i] = (struct slice){0};
    }
}
