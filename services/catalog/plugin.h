/* What a plugin is: a description of its levels, attributes, credits and lines as data, with a hook only where data
 * cannot say it. One C file in plugins/ that defines `const struct plugin plugin_<file's name>`; the build finds it. */
#ifndef DJEMBE_CATALOG_PLUGIN_H
#define DJEMBE_CATALOG_PLUGIN_H

#include "proto/fault.h"
#include "services/catalog/mediainfo.h"
#include "services/catalog/metainfo.h"
#include "services/common/arena.h"

#include <stdint.h>

#define ATTRIBUTES_MAX 48
#define CREDITS_MAX 100
#define TAGS_MAX 40
#define NUMBER_MOST 9999999999 /* of a number, above and below zero: searches look at ten digits */

/* From the top. A plugin may do without persons and editions, never without groups and units. */
enum level_kind { LEVEL_person, LEVEL_group, LEVEL_edition, LEVEL_unit, LEVEL_COUNT };

struct level {
    const char *name;   /* "album": in addresses and in the database; NULL: the plugin does without this level */
    const char *title;  /* "Album" */
    const char *plural; /* "Albums" */
    const char *named;  /* the attribute that is its name; NULL: it has none */
    const char *image;  /* what its images are called: "Cover"; NULL: it has none. Of persons and groups only */
    /* Attributes by which two entities under the same parent are one: the second joins the first; of a unit: the second
     * is a duplicate, and told so. A group is also asked to share a person of the leading role. '?' before the name of
     * one: it is looked at only where it has a value, so that it can be put at the end of a list by which some are told
     * apart already. NULL ends the list. */
    const char *const *same;
    /* Of a group: an attribute that names it beyond this site (an IMDb number). Two groups of the same one are one,
     * whatever else was typed; of different ones they never are. NULL: there is none. */
    const char *joins;
    /* Attributes by which entities of the level are put in order on a page: choices as they are listed, texts and
     * numbers ascending or, with '-' before the name, descending; what is empty comes last. NULL: as they came. */
    const char *const *order;
};

enum attribute_type {
    ATTR_text,   /* one line; low..high letters */
    ATTR_long,   /* several lines */
    ATTR_number, /* low..high */
    ATTR_choice, /* one of `choices` */
    ATTR_flag,   /* yes or no */
    ATTR_tags,   /* of the group; separated by commas, low..high letters in all */
    ATTR_credit, /* persons, each in a role of `roles` */
    ATTR_date,   /* a day, or a day and a time, UTC (date.h) */
};

struct role {
    const char *name;    /* "guest" */
    const char *title;   /* "Guest", in the form */
    const char *heading; /* "With", above the names on the group's page */
};

struct attribute {
    const char *name; /* in forms, in the database, in searches; NULL ends the list */
    const char *label;
    enum level_kind level;
    enum attribute_type type;
    bool required;
    bool searched;  /* its words find the group */
    bool faceted;   /* ATTR_choice, number, flag, date: lists can be narrowed by it (by tags they can anyway) */
    bool suggested; /* ATTR_text: its values are offered while somebody types one */
    int64_t low, high;
    const char *const *choices; /* NULL ends the list */
    const struct role *roles;   /* the first one leads: a required credit wants somebody in it */
    const char *note;           /* ATTR_credit: what may be told of each ("Part played"); NULL: nothing */
    const char *found_in;       /* ATTR_flag that nobody is asked for: set when a file ends so (".log") */
    enum media_part media;      /* when nothing is typed, what the plugin's MediaInfo or BDInfo text says */
    bool derived;               /* nobody is asked for it: the plugin's check sets it from the others */
    const char *standard;       /* taken when nothing is typed, and shown in the form; of a date: "now" */
    bool counted;  /* ATTR_number of the unit: when nothing is typed, one more than its siblings ever had */
    bool depends;  /* ATTR_number of the unit: that of a sibling without which it is of no use; needs a counted one */
    bool by_owner; /* ATTR_credit that nobody is asked for: who makes the group, in the leading role */
    bool secret;   /* told to the group's owner only */
    /* ATTR_text: values that are offered while somebody types one, who may type any other; NULL ends the list. */
    const char *const *known;
    const char *help;
};

/* A section of a person's page: the groups in which they have that role and that type. A group stands in the first
 * that fits each of the person's roles. */
struct section {
    const char *role;
    const char *type; /* NULL: any */
    const char *title;
};

/* A place for a number of units of each edition: those whose attributes have these values. Told before the upload,
 * nothing is refused by it. */
struct slot {
    const char *title; /* "1080p remux"; NULL ends the list */
    unsigned room;
    struct slot_value {
        const char *attribute, *value;
    } values[3];
};

/* The value of each attribute by its place in the plugin's list, as text: numbers in decimal, flags "1". Empty: none.
 */
struct values {
    struct slice of[ATTRIBUTES_MAX];
};

struct credit {
    struct slice name, note;
    const struct role *role;
    uint64_t entity; /* the person, once known */
};

/* The line of names that stands for a group's credits: who, and the text up to the next. */
struct line_name {
    const struct credit *credit; /* NULL: `text` stands for several */
    const char *text;
    const char *joiner;
};
struct credit_line {
    struct line_name names[8];
    size_t count;
};

/* A whole upload: what a form said, checked. */
struct submission {
    struct values values;
    const struct credit *credits;
    size_t credits_count;
    const struct slice *tags;
    size_t tags_count;
};

struct form;

struct plugin {
    const char *name, *title;
    unsigned rank;          /* where it stands among the plugins: the least first, of equals by name */
    const char *accounting; /* "ratio" or "redundancy" */
    const char *redundancy; /* of the latter: the attribute that says how many copies are wanted at first */
    /* Whose the groups are. Owned: a group is its first uploader's, nobody else adds to it, and the same name by
     * another member is another group. Sealed: what a torrent holds is its owner's alone to see: no list of files, no
     * hashes, no secret attribute is told to anybody else, nor can it be searched. */
    bool owned, sealed;
    bool untouched; /* a torrent must be private as it comes: it is never rewritten, so its info-hash stays */
    const char *const *endings; /* of the files that a torrent may hold (".flac"), in any case; NULL: all */
    /* What no name of a file or torrent may hold, in any case: advertisements, what says that it is not whole. NULL:
     * nothing. */
    const char *const *refused;
    unsigned path_max;  /* letters of the longest path, in names that any file system takes; 0: no such rule */
    unsigned units_max; /* how many a member may have at once; 0: no limit */
    struct level levels[LEVEL_COUNT];
    const struct attribute *attributes;
    const struct section *sections; /* NULL title ends the list */
    const char *year, *type;        /* attributes that say these of a group; NULL: none */
    const char *description;        /* attribute that is the group's text */
    const char *unit_description;   /* and the unit's */
    const char *mediainfo;          /* attribute that holds MediaInfo's or BDInfo's report; NULL: none */
    const char *header;             /* choice of the unit: its values stand above the rows in place of the editions */
    const struct slot *slots;       /* NULL: none */

    /* Lines, as line.h has them. {credits} is the credit line, {name} the name of the group. */
    const char *group_title;
    const char *const *edition_titles; /* the first whose attributes are there; NULL ends the list */
    const char *unit_title;
    const char *file_name;    /* of a download, without .torrent */
    const char *release_name; /* what feeds and Torznab call it: tools read title, year and quality from it */

    /* Hooks; NULL: nothing to add. */
    /* Puts the credits of a group into its line. Without it: those of the leading role, joined by "&". */
    void (*line)(const struct credit *credits, size_t count, struct credit_line *into);
    /* Rules between attributes. May correct values; false: the fault names the field. `from`: the highest level being
     * made. */
    bool (*check)(enum level_kind from, struct submission *submission, struct arena *arena, struct fault *why);
    /* Fills what the form lacks from the torrent. */
    void (*guess)(const struct metainfo *metainfo, struct arena *arena, struct form *form);
    /* May this torrent come in at all? Beyond what metainfo_read asks of each; false: the fault says why not. */
    bool (*admit)(const struct metainfo *metainfo, struct arena *arena, struct fault *why);
    /* What its uploader should be told of a torrent that is added all the same: a sentence or two, kept with it and
     * shown to the uploader only. Empty: nothing. */
    struct slice (*warn)(const struct metainfo *metainfo, struct arena *arena);
};

/* Every plugin that was built in. */
extern const struct plugin *const plugins[];
extern const size_t plugins_count;

/* NULL: there is none of that name. */
const struct plugin *plugin_find(struct slice name);

/* The place of an attribute in the list; -1: the plugin has none of that name. */
int plugin_attribute(const struct plugin *plugin, const char *name);

/* The value of a named attribute; empty when it has none. */
struct slice plugin_value(const struct plugin *plugin, const struct values *values, const char *name);
void plugin_set(const struct plugin *plugin, struct values *values, const char *name, const char *value);

/* The role of that name among all credits' roles, NULL when there is none. An empty name: the leading role of
 * `attribute`. */
const struct role *plugin_role(const struct plugin *plugin, const struct attribute *attribute, struct slice name);
/* Do members talk about its entities: in comments, requests, collages? Of what is sealed they see too little. */
bool plugin_talks(const struct plugin *plugin);
/* The credit of who makes a group; NULL when the plugin has none. */
const struct attribute *plugin_owner(const struct plugin *plugin);
/* The number that the catalog gives; -1 when the plugin has none. */
int plugin_counted(const struct plugin *plugin);
/* The number of what a unit depends on; -1 when the plugin has none. */
int plugin_depends(const struct plugin *plugin);
/* Is a form asked for the attribute? */
bool plugin_asks(const struct attribute *attribute);
/* The leading role: the first of the first credit attribute; NULL when the plugin credits nobody. */
const struct role *plugin_leading_role(const struct plugin *plugin);

/* The kind of the level of that name; LEVEL_COUNT when there is none. */
enum level_kind plugin_level(const struct plugin *plugin, struct slice name);
/* The level above, as far as entities are parents: LEVEL_COUNT for a group and a person. */
enum level_kind plugin_parent(const struct plugin *plugin, enum level_kind kind);

/* The credits' line by the plugin's hook or the common rule. */
void plugin_line(const struct plugin *plugin, const struct credit *credits, size_t count, struct credit_line *into);

/* May this torrent come in, as far as the plugin says? The fault's field is `metainfo`. */
bool plugin_admits(const struct plugin *plugin, const struct metainfo *metainfo, struct arena *arena,
                   struct fault *why);

/* Is the description whole and consistent? Asserted for each plugin at start, and by the unit tests. */
bool plugin_check(const struct plugin *plugin, struct fault *why);

#endif
