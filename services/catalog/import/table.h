/* One table of a dump: a file that is looked into, not read into memory. What is kept of a row is a number to find it
 * by and where it begins. */
#ifndef DJEMBE_CATALOG_IMPORT_TABLE_H
#define DJEMBE_CATALOG_IMPORT_TABLE_H

#include "services/catalog/import/csv.h"

#define TABLE_COLUMNS_MAX 20

struct table_column {
    const char *name; /* in any case of letters; NULL ends the list */
    bool needed;      /* without it the table is of no use */
    bool binary;      /* no text */
};

struct table_entry {
    uint64_t key, at, line;
};

struct table {
    /* What it is. */
    const char *name;                   /* "torrents": of torrents.csv, or of torrents.txt beside torrents.sql */
    const struct table_column *columns; /* the first is the key */
    bool needed;

    /* What is there. */
    char file[80];     /* as it is told: "torrents.csv" */
    char identity[80]; /* its size and time; empty: there is no such file */
    struct slice text;
    enum csv_form form;
    size_t fields;                 /* of each row */
    int places[TABLE_COLUMNS_MAX]; /* of the columns; -1: there is no such column */
    size_t begin;                  /* of the first row */
    uint64_t begin_line;
    struct table_entry *entries; /* by key, those of one key as they come */
    size_t count;
};

typedef void table_skip_fn(void *arg, const struct table *table, uint64_t line, const char *reason);

/* Finds the file and its columns. True when there is none and none is needed. */
bool table_open(struct table *table, const char *folder, struct fault *why);
/* Looks through all rows; what cannot be a row is told to `skip`. */
void table_index(struct table *table, table_skip_fn *skip, void *arg, void (*seen)(size_t bytes));
void table_close(struct table *table);

/* The rows of that key. */
struct table_entries {
    const struct table_entry *at;
    size_t count;
};
struct table_entries table_find(const struct table *table, uint64_t key);

/* The values of a row by the place of its column: trimmed texts, empty where there is none or NULL. False: one is not
 * UTF-8. */
bool table_read(const struct table *table, const struct table_entry *entry, struct arena *arena, struct slice *values,
                struct fault *why);

/* A number without sign, whole. */
bool table_number(struct slice text, uint64_t *into);

#endif
