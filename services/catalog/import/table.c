/* See table.h. */
#include "services/catalog/import/table.h"

#include "services/catalog/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEN_EVERY 4096 /* rows */

/* ---- the file ---- */

static bool file_map(const char *folder, const char *file, struct slice *into, char *identity, size_t size)
{
    char path[4096];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    void *at = MAP_FAILED;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        at = about.st_size > 0 ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    close(fd);
    if (at == MAP_FAILED)
        return false;
    *into = slice_of(at, at != NULL ? (size_t)about.st_size : 0);
    snprintf(identity, size, "%lld:%lld.%09ld", (long long)about.st_size, (long long)about.st_mtim.tv_sec,
             about.st_mtim.tv_nsec);
    return true;
}

static void file_unmap(struct slice *text)
{
    if (text->size > 0)
        munmap((void *)text->at, text->size);
    *text = (struct slice){0};
}

/* ---- the columns ---- */

static void column_meet(struct table *table, struct slice name)
{
    for (size_t i = 0; table->columns[i].name != NULL; i++)
        if (text_same(name, slice_text(table->columns[i].name)))
            table->places[i] = (int)table->fields;
    table->fields++;
}

static bool header_read(struct table *table, struct fault *why)
{
    struct csv csv = {.text = table->text, .form = CSV_quoted, .line = 1};
    struct csv_row *row = mem_zero(1, sizeof *row);
    struct arena *arena = arena_new();
    if (csv.text.size >= 3 && memcmp(csv.text.at, "\xef\xbb\xbf", 3) == 0)
        csv.at = 3;
    bool good = csv_next(&csv, row, why) && row->count > 0;
    for (size_t i = 0; good && i < row->count; i++)
        column_meet(table, csv_text(csv.form, &row->fields[i], arena));
    table->begin = csv.at;
    table->begin_line = csv.line;
    arena_destroy(&arena);
    free(row);
    return good || fault_set(why, STATUS_invalid, NULL, "%s has no line that names its columns.", table->file);
}

/* mysqldump --tab writes the columns into a file beside: lines that begin with a name in backticks. */
static bool statement_read(struct table *table, const char *folder, struct fault *why)
{
    char file[sizeof table->file], identity[sizeof table->identity];
    struct slice sql;
    snprintf(file, sizeof file, "%s.sql", table->name);
    if (!file_map(folder, file, &sql, identity, sizeof identity))
        return fault_set(why, STATUS_invalid, NULL,
                         "%s/%s cannot be read: %s says the columns of %s, mysqldump --tab writes both.", folder, file,
                         file, table->file);
    for (size_t at = 0, end; at < sql.size; at = end + 1) {
        const char *stop = memchr(sql.at + at, '\n', sql.size - at);
        end = stop != NULL ? (size_t)(stop - sql.at) : sql.size;
        while (at < end && sql.at[at] == ' ')
            at++;
        const char *close = at < end && sql.at[at] == '`' ? memchr(sql.at + at + 1, '`', end - at - 1) : NULL;
        if (close != NULL)
            column_meet(table, slice_of(sql.at + at + 1, (size_t)(close - sql.at) - at - 1));
    }
    file_unmap(&sql);
    table->begin_line = 1;
    return true;
}

static bool columns_find(struct table *table, struct fault *why)
{
    if (table->fields > CSV_FIELDS_MAX)
        return fault_set(why, STATUS_invalid, NULL, "%s has more than %d columns.", table->file, CSV_FIELDS_MAX);
    for (size_t i = 0; table->columns[i].name != NULL; i++)
        if (table->columns[i].needed && table->places[i] < 0)
            return fault_set(why, STATUS_invalid, NULL, "%s has no column %s.", table->file, table->columns[i].name);
    return true;
}

bool table_open(struct table *table, const char *folder, struct fault *why)
{
    memset(table->places, -1, sizeof table->places);
    table->form = CSV_quoted;
    snprintf(table->file, sizeof table->file, "%s.csv", table->name);
    if (file_map(folder, table->file, &table->text, table->identity, sizeof table->identity))
        return header_read(table, why) && columns_find(table, why);
    int missing = errno;
    table->form = CSV_escaped;
    snprintf(table->file, sizeof table->file, "%s.txt", table->name);
    if (file_map(folder, table->file, &table->text, table->identity, sizeof table->identity))
        return statement_read(table, folder, why) && columns_find(table, why);
    snprintf(table->file, sizeof table->file, "%s.csv", table->name);
    return (!table->needed && missing == ENOENT && errno == ENOENT) ||
           fault_set(why, STATUS_invalid, NULL, "%s/%s cannot be read (%s), and there is no %s.txt either.", folder,
                     table->file, strerror(missing), table->name);
}

void table_close(struct table *table)
{
    file_unmap(&table->text);
    free(table->entries);
    table->entries = NULL;
    table->count = 0;
}

/* ---- the rows ---- */

bool table_number(struct slice text, uint64_t *into)
{
    char digits[20] = "", *end;
    if (text.size == 0 || text.size >= sizeof digits || text.at[0] < '0' || text.at[0] > '9')
        return false;
    memcpy(digits, text.at, text.size);
    *into = strtoull(digits, &end, 10);
    return *end == '\0' && *into <= INT64_MAX;
}

static bool entry_read(const struct table *table, const struct csv_row *row, struct table_entry *into,
                       struct fault *why)
{
    if (row->count == 0)
        return false;
    if (row->count != table->fields)
        return fault_set(why, STATUS_invalid, NULL, "This row has %zu fields and the table %zu columns.", row->count,
                         table->fields);
    *into = (struct table_entry){.at = row->at, .line = row->line};
    if (!table_number(row->fields[table->places[0]].raw, &into->key) || into->key == 0)
        return fault_set(why, STATUS_invalid, NULL, "%s is not a number above 0.", table->columns[0].name);
    return true;
}

static int entry_compare(const void *a, const void *b)
{
    const struct table_entry *one = a, *other = b;
    if (one->key != other->key)
        return one->key < other->key ? -1 : 1;
    return one->at < other->at ? -1 : one->at > other->at;
}

void table_index(struct table *table, table_skip_fn *skip, void *arg, void (*seen)(size_t bytes))
{
    struct csv csv = {.text = table->text, .form = table->form, .at = table->begin, .line = table->begin_line};
    struct csv_row *row = mem_zero(1, sizeof *row);
    struct fault why;
    size_t room = 1024;
    table->entries = mem_take(room * sizeof *table->entries);
    for (size_t i = 1; csv_next(&csv, row, &why); i++) {
        if (i % SEEN_EVERY == 0)
            seen(csv.at);
        if (table->count == room) {
            room += room / 2;
            table->entries = mem_grow(table->entries, room * sizeof *table->entries);
        }
        if (entry_read(table, row, &table->entries[table->count], &why))
            table->count++;
        else
            skip(arg, table, row->line, why.text);
    }
    seen(table->text.size);
    qsort(table->entries, table->count, sizeof *table->entries, entry_compare);
    free(row);
}

struct table_entries table_find(const struct table *table, uint64_t key)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->entries[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    struct table_entries found = {.at = table->entries + low};
    while (low + found.count < table->count && found.at[found.count].key == key)
        found.count++;
    return found;
}

bool table_read(const struct table *table, const struct table_entry *entry, struct arena *arena, struct slice *values,
                struct fault *why)
{
    struct csv csv = {.text = table->text, .form = table->form, .at = entry->at, .line = entry->line};
    static struct csv_row row; /* large */
    if (!csv_next(&csv, &row, why) || row.count != table->fields)
        return fault_set(why, STATUS_invalid, NULL, "This file changed while it was read.");
    for (size_t i = 0; table->columns[i].name != NULL; i++) {
        values[i] = (struct slice){0};
        if (table->places[i] >= 0)
            values[i] = csv_text(table->form, &row.fields[table->places[i]], arena);
        if (table->columns[i].binary)
            continue;
        if (!utf8_valid(values[i]))
            return fault_set(why, STATUS_invalid, NULL, "%s is not UTF-8: export the tables as utf8mb4.",
                             table->columns[i].name);
    }
    return true;
}
