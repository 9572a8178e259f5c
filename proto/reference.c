/* Prints docs/MESSAGES.md from the declarations: every message, row, kind and status. */
#include "proto/proto.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const kind_names[] = {
    [KIND_text] = "text", [KIND_bytes] = "bytes", [KIND_count] = "count", [KIND_number] = "number",
    [KIND_flag] = "flag", [KIND_tree] = "tree",   [KIND_rows] = "rows",
};

static const char *const kind_lines[] = {
    "| kind | msgpack | limits count |",
    "|---|---|---|",
    "| text | str, UTF-8 without NUL | bytes |",
    "| bytes | bin | bytes |",
    "| count | unsigned integer | its value |",
    "| number | integer; times are unix milliseconds | its value |",
    "| flag | true or false | – |",
    "| tree | map or array, with plain values inside; text in it is UTF-8, keys are text | entries |",
    "| rows | array of arrays, their columns as declared below | rows |",
};

static void limit_print(int64_t limit)
{
    if (limit == ID_MAX)
        printf("2^63-1");
    else
        printf("%" PRId64, limit);
}

static void limits_print(const struct field *field)
{
    if (field->kind == KIND_flag) {
        printf("–");
        return;
    }
    limit_print(field->low);
    if (field->low == field->high)
        return;
    printf(" to ");
    limit_print(field->high);
}

static void fields_print(const struct field *fields, const char *what)
{
    printf("| %s | kind | limits | | meaning |\n|---|---|---|---|---|\n", what);
    for (const struct field *field = fields; field->name != NULL; field++) {
        printf("| `%s` | ", field->name);
        if (field->kind == KIND_rows)
            printf("rows of [%s](#%s)", field->row->name, field->row->name);
        else
            printf("%s", kind_names[field->kind]);
        printf(" | ");
        limits_print(field);
        printf(" | %s | %s |\n", field->need == REQUIRED ? "required" : "", field->doc);
    }
    printf("\n");
}

static void message_print(const struct message *message)
{
    printf("### `%s`\n\n%s %s\n\n", message->name, message->effect == READ ? "*Reads.*" : "*Changes.*", message->doc);
    if (message->ask[0].name != NULL)
        fields_print(message->ask, "asked with");
    else
        printf("Asked with an empty map.\n\n");
    if (message->reply[0].name != NULL)
        fields_print(message->reply, "answered with");
    else
        printf("Answered with an empty map.\n\n");
}

static struct slice service_of(const struct message *message)
{
    return slice_of(message->name, strcspn(message->name, "."));
}

static void messages_print(void)
{
    struct slice last = slice_text(NULL);
    for (size_t i = 0; i < messages_count; i++) {
        struct slice service = service_of(messages[i]);
        if (!slice_equal(service, last))
            printf("## `%.*s`\n\n", SLICE_ARGS(service));
        last = service;
        message_print(messages[i]);
    }
}

static void statuses_print(void)
{
    printf(
        "## Statuses\n\nA reply that is not `ok` carries `{\"error\": sentence, \"field\": name}`; `field` is there"
        " when one input is at fault.\n\n| status | HTTP | what is said when nobody said it better |\n|---|---|---|\n");
    for (unsigned i = 0; i < STATUS_COUNT; i++)
        printf("| `%s` | %u | %s |\n", status_name((enum status)i), status_http((enum status)i),
               status_text((enum status)i));
    printf("\n");
}

static void rows_print(void)
{
    printf("# Rows\n\nArrays whose columns come in this order. Columns are only ever added, at the end.\n\n");
#define ROW(r, about)                                                                                                  \
    printf("### %s\n\n%s\n\n", r##_row.name, r##_row.doc);                                                             \
    fields_print(r##_row.columns, "column");
#define COLUMN(kind, name, low, high, need, doc)
#define ROW_END(r)
#include "proto/rows.def"
}

static void notices_print(void)
{
    printf("# Notices\n\nWhat `notice_fact` can be about, and the tone in which a page shows it.\n\n"
           "| kind | tone | when it is told |\n|---|---|---|\n");
#define NOTICE(name, tone, about) printf("| `%s` | %s | %s |\n", #name, #tone, about);
#include "proto/notices.def"
}

int main(void)
{
    printf(
        "# Messages\n\nWhat can be asked on the bus. This page is printed by `djembe-reference` from"
        " [proto/messages.def](../proto/messages.def) and [proto/rows.def](../proto/rows.def): change it there."
        " [proto/README.md](../proto/README.md) draws who sends what to whom, and tells of envelopes, feeds and keys."
        "\n\nA message that *reads* may be asked of any replica, and again when it goes away. One that *changes* "
        "something"
        " is asked again only when it carries an idempotency `key`: 16 random bytes, kept by the server together with"
        " its reply.\n\nA field that is not required may be left out, which says the same as zero or empty. Fields that"
        " are not known are skipped.\n\n");
    for (size_t i = 0; i < sizeof kind_lines / sizeof kind_lines[0]; i++)
        printf("%s\n", kind_lines[i]);
    printf("\n");
    statuses_print();
    messages_print();
    rows_print();
    notices_print();
    return 0;
}
