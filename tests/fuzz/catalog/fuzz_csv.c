/* Any bytes as a table, in both forms: the rows follow one another to the end of the text, each field lies in its row,
 * and a row that cannot be read has a sentence. */
#include "services/catalog/import/csv.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void field_check(const struct csv *csv, const struct csv_row *row, const struct csv_field *field,
                        struct arena *arena)
{
    struct slice text = csv_text(csv->form, field, arena);
    assert(field->raw.at >= csv->text.at + row->at && field->raw.at + field->raw.size <= csv->text.at + csv->at);
    assert(text.size <= field->raw.size && (!field->null || text.size == 0));
}

static void read(struct slice text, enum csv_form form, struct arena *arena)
{
    static struct csv_row row;
    struct csv csv = {.text = text, .form = form, .line = 1};
    struct fault why;
    size_t end = 0;
    uint64_t lines = 1;
    while (csv_next(&csv, &row, &why)) {
        assert(row.at >= end && csv.at > row.at && csv.at <= text.size && row.count <= CSV_FIELDS_MAX);
        assert((row.count == 0) == (why.text[0] != '\0'));
        for (size_t i = 0; i < row.count; i++)
            field_check(&csv, &row, &row.fields[i], arena);
        end = csv.at;
    }
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    assert(csv.at == text.size && csv.line <= lines + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = malloc(size > 0 ? size : 1); /* its own, so that a byte behind it is seen to be read */
    memcpy(text, data, size);
    read(slice_of(text, size), CSV_quoted, arena);
    read(slice_of(text, size), CSV_escaped, arena);
    free(text);
    arena_destroy(&arena);
    return 0;
}
