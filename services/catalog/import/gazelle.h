/* What the tables of a Gazelle site say, in the words of the Music plugin. Knows columns and value lists, no database
 * and no bus. Pure but for the tables' files. */
#ifndef DJEMBE_CATALOG_IMPORT_GAZELLE_H
#define DJEMBE_CATALOG_IMPORT_GAZELLE_H

#include "services/catalog/form.h"
#include "services/catalog/import/table.h"

enum gazelle_table {
    GAZELLE_users,
    GAZELLE_groups,
    GAZELLE_torrents, /* by group */
    GAZELLE_files,    /* by torrent */
    GAZELLE_artists,
    GAZELLE_aliases,
    GAZELLE_spellings, /* the same by artist */
    GAZELLE_credits,   /* by group */
    GAZELLE_tags,
    GAZELLE_tagged, /* by group */
    GAZELLE_COUNT
};

/* Columns by their place. */
enum { USER_id, USER_name, USER_enabled, USER_passkey, USER_up, USER_down, USER_joined, USER_created };
enum { GROUP_id, GROUP_category, GROUP_name, GROUP_year, GROUP_number, GROUP_label, GROUP_type, GROUP_text };
enum {
    TORRENT_group,
    TORRENT_id,
    TORRENT_user,
    TORRENT_media,
    TORRENT_format,
    TORRENT_encoding,
    TORRENT_remastered,
    TORRENT_year,
    TORRENT_title,
    TORRENT_number,
    TORRENT_label,
    TORRENT_scene,
    TORRENT_hash,
    TORRENT_time,
    TORRENT_text,
    TORRENT_snatched
};
enum { FILE_torrent, FILE_content };
enum { ARTIST_id, ARTIST_name, ARTIST_alias };
enum { ALIAS_id, ALIAS_artist, ALIAS_name };
enum { SPELLING_artist, SPELLING_name };
enum { CREDIT_group, CREDIT_artist, CREDIT_alias, CREDIT_role, CREDIT_role_id };
enum { TAG_id, TAG_name };
enum { TAGGED_group, TAGGED_tag, TAGGED_for, TAGGED_against };

/* All tables, not yet opened. */
void gazelle_tables(struct table tables[GAZELLE_COUNT]);

/* One line of text: entities of HTML, which such sites have in their tables, are read. */
struct slice gazelle_line(struct slice from, struct arena *arena);

/* Unix ms; 0: it says none. As databases write it, in UTC: "2008-05-01 10:20:30". */
int64_t gazelle_time(struct slice text);

/* Is it set? Databases write it 1, t or true. */
bool gazelle_flag(struct slice text);

/* `size` bytes as they are, or in hexadecimal with or without "\x" or "0x" before; 0: hexadecimal of any size. False:
 * neither. */
bool gazelle_bytes(struct slice from, size_t size, struct arena *arena, struct slice *into);
/* Likewise a .torrent. */
bool gazelle_content(struct slice from, struct arena *arena, struct slice *into);

/* Fills what the group's row says; false: it is nothing that Music knows. */
bool gazelle_group(const struct slice *group, struct form *form, struct arena *arena, struct fault *why);
/* The credit of a person, whose name is known; false: the role is not. */
bool gazelle_credit(const struct slice *credit, struct slice name, struct form *form, struct fault *why);
/* Adds what the torrent's row says; what was published first has label and number in the group's row. */
void gazelle_torrent(const struct slice *group, const struct slice *torrent, struct form *form, struct arena *arena);

/* Empties texts that are not needed and shorter than the plugin allows: they say nothing. */
void gazelle_tidy(struct form *form);

#endif
