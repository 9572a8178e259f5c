/* Books: Author > Work > Edition > File. Not part of the product: the proof that a plugin is one file (docs/PLUGINS.md
 * walks through this one). */
#include "services/catalog/plugin.h"

static const struct role roles[] = {
    {"author", "Author", "Written by"},
    {"translator", "Translator", "Translated by"},
    {NULL, NULL, NULL},
};

static const struct section sections[] = {
    {"author", NULL, "Written"},
    {"translator", NULL, "Translated"},
    {NULL, NULL, NULL},
};

static const char *const formats[] = {"EPUB", "PDF", "MOBI", "DjVu", "TXT", NULL};

/* clang-format off */
static const struct attribute attributes[] = {
    {.name = "authors", .label = "Authors", .level = LEVEL_group, .type = ATTR_credit, .roles = roles,
     .required = true, .searched = true, .help = "One name a row."},
    {.name = "title", .label = "Title", .level = LEVEL_group, .type = ATTR_text, .low = 1, .high = 200,
     .required = true, .searched = true, .help = "Of the work, not of one edition."},
    {.name = "year", .label = "Year", .level = LEVEL_group, .type = ATTR_number, .low = -3000, .high = 2100,
     .faceted = true, .help = "When it was first published."},
    {.name = "tags", .label = "Tags", .level = LEVEL_group, .type = ATTR_tags, .low = 2, .high = 400,
     .help = "Separated by commas, for example: novel, poems."},
    {.name = "summary", .label = "Summary", .level = LEVEL_group, .type = ATTR_long, .low = 10, .high = 20000,
     .help = "What it is about."},
    {.name = "isbn", .label = "ISBN", .level = LEVEL_edition, .type = ATTR_text, .low = 10, .high = 17,
     .searched = true, .suggested = true, .help = "As printed in the book; leave it empty when there is none."},
    {.name = "publisher", .label = "Publisher", .level = LEVEL_edition, .type = ATTR_text, .low = 2, .high = 80,
     .searched = true, .suggested = true, .help = "Who published this edition."},
    {.name = "published", .label = "Edition year", .level = LEVEL_edition, .type = ATTR_number, .low = 1450,
     .high = 2100, .help = "When this edition came out."},
    {.name = "format", .label = "Format", .level = LEVEL_unit, .type = ATTR_choice, .choices = formats,
     .required = true, .faceted = true, .help = "Of the file."},
    {.name = "scan", .label = "Scan", .level = LEVEL_unit, .type = ATTR_flag, .help = "Pictures of pages, not text."},
    {.name = NULL},
};

const struct plugin plugin_books = {
    .name = "books", .title = "Books", .rank = 2, .accounting = "ratio",
    .levels = {
        [LEVEL_person] = {.name = "author", .title = "Author", .plural = "Authors"},
        [LEVEL_group] = {.name = "work", .title = "Work", .plural = "Works", .image = "Cover", .named = "title",
            .same = (const char *const[]){"title", NULL}},
        [LEVEL_edition] = {.name = "edition", .title = "Edition", .plural = "Editions",
            .same = (const char *const[]){"isbn", "publisher", "published", NULL},
            .order = (const char *const[]){"-published", "publisher", NULL}},
        [LEVEL_unit] = {.name = "file", .title = "File", .plural = "Files",
            .same = (const char *const[]){"format", "scan", NULL},
            .order = (const char *const[]){"format", NULL}},
    },
    .attributes = attributes,
    .sections = sections,
    .year = "year",
    .description = "summary",
    .group_title = "<{credits} – >{title}< [{year}]>",
    .edition_titles = (const char *const[]){"{published}< - {publisher}>< / {isbn}>", "{publisher}< / {isbn}>",
                                            "{isbn}", "Unknown edition", NULL},
    .unit_title = "{format}< / {scan}>",
    .file_name = "<{credits} - >{title}< ({published})> [{format}]",
    .release_name = "<{credits} - >{title}< ({published})>< [{publisher}]> [{format}]",
};
/* clang-format on */
