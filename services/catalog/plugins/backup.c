/* Backup: Backup User > Backup > Version. What members trade is space: others keep what they cannot read. The checks of
 * a torrent are RULES 2.6 as far as they can be made on the file; what a member owes is the ratio service's. */
#include "services/catalog/form.h"
#include "services/catalog/metainfo_pieces.h"
#include "services/catalog/readable.h"
#include "services/catalog/text.h"

#include <inttypes.h>

#define SIZE_MAX_TEXT "4 TiB"
#define SIZE_MOST (4ULL << 40)
#define PIECE_LEAST (256U << 10)
#define PIECE_MOST (4U << 20)

static const struct role roles[] = {
    {"owner", "Owner", "Owner"},
    {NULL, NULL, NULL},
};

/* clang-format off */
static const struct attribute attributes[] = {
    {.name = "owner", .label = "Owner", .level = LEVEL_group, .type = ATTR_credit, .roles = roles, .by_owner = true,
     .searched = true, .help = "Whose backup it is."},
    {.name = "name", .label = "Name", .level = LEVEL_group, .type = ATTR_text, .low = 1, .high = 100, .required = true,
     .searched = true, .help = "Everybody sees it: \"photos\" or \"nas-2\" is enough. A name that you have used already adds a version to that backup."},
    {.name = "redundancy", .label = "Copies wanted", .level = LEVEL_group, .type = ATTR_number, .low = 1, .high = 20,
     .required = true, .standard = "3", .help = "With how many members a copy of each version shall lie; your own is not one of them. For each copy of yours you hold as much of others'."},
    {.name = "description", .label = "Note on the backup", .level = LEVEL_group, .type = ATTR_long, .low = 2,
     .high = 5000, .secret = true, .help = "For you alone: what is in it, where the key lies, how it is restored."},
    {.name = "number", .label = "Number", .level = LEVEL_unit, .type = ATTR_number, .low = 1, .high = 1000000000,
     .counted = true, .help = "Leave it empty for the next one."},
    {.name = "date", .label = "Taken at", .level = LEVEL_unit, .type = ATTR_date, .standard = "now", .secret = true,
     .help = "When the data was as it is in this version, UTC. Leave it empty for now. Only you see it."},
    {.name = "depends_on", .label = "Depends on version", .level = LEVEL_unit, .type = ATTR_number, .low = 1,
     .high = 1000000000, .depends = true, .secret = true, .help = "Of an incremental version: the number of the one without which it cannot be restored. That one is kept as long as this one is. Leave it empty when the version is whole."},
    {.name = "message", .label = "Message", .level = LEVEL_unit, .type = ATTR_long, .low = 1, .high = 5000,
     .secret = true, .help = "What is new in this version. Only you see it."},
    {.name = NULL},
};
/* clang-format on */

static bool refuse(struct fault *why, const char *text)
{
    return fault_set(why, STATUS_invalid, "metainfo", "%s", text);
}

static bool backup_admit(const struct metainfo *metainfo, struct arena *arena, struct fault *why)
{
    if (metainfo->size > SIZE_MOST)
        return fault_set(why, STATUS_too_large, "metainfo",
                         "A version holds at most " SIZE_MAX_TEXT ": split it into several backups.");
    if (metainfo->piece_length < PIECE_LEAST || metainfo->piece_length > PIECE_MOST)
        return refuse(why, "The pieces of a backup must be between 256 KiB and 4 MiB: make the torrent again with "
                           "such a piece length (mktorrent -l 18 to -l 22).");
    if (pieces_repeat(metainfo, arena))
        return refuse(why, "A piece of this torrent is there twice, which never happens when data was encrypted: "
                           "encrypt it before you make the torrent.");
    return true;
}

static struct slice backup_warn(const struct metainfo *metainfo, struct arena *arena)
{
    struct slice first;
    size_t count = names_readable(metainfo, &first);
    char more[64] = "";
    if (count == 0)
        return (struct slice){0};
    if (count > 1)
        snprintf(more, sizeof more, " and %zu more %s", count - 1, count == 2 ? "name" : "names");
    return slice_text(
        arena_print(arena,
                    "Names in this torrent look readable: \"%.*s\"%s. Whoever holds a copy sees them, and "
                    "reads the files if they are not encrypted. Better encrypt first, and give the "
                    "files names that say nothing.",
                    SLICE_ARGS(text_cut(first, 100)), more));
}

/* clang-format off */
const struct plugin plugin_backup = {
    .name = "backup", .title = "Backup", .rank = 9, .accounting = "redundancy", .redundancy = "redundancy",
    .owned = true, .sealed = true, .untouched = true, .units_max = 1000,
    .levels = {
        [LEVEL_person] = {.name = "user", .title = "Backup User", .plural = "Backup Users"},
        [LEVEL_group] = {.name = "backup", .title = "Backup", .plural = "Backups", .named = "name",
            .same = (const char *const[]){"name", NULL}},
        [LEVEL_unit] = {.name = "version", .title = "Version", .plural = "Versions",
            .same = (const char *const[]){"number", NULL}, .order = (const char *const[]){"-number", NULL}},
    },
    .attributes = attributes,
    .description = "description",
    .unit_description = "message",
    .group_title = "<{credits} – >{name}",
    .unit_title = "Version {number}",
    .file_name = "<{credits} - >{name} - version {number}",
    .release_name = "<{credits} - >{name} - version {number}",
    .admit = backup_admit,
    .warn = backup_warn,
};
/* clang-format on */
