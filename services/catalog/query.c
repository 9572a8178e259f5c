/* See query.h. */
#include "services/catalog/query.h"

#include "services/catalog/text.h"
#include "services/common/bencode.h"

#include <inttypes.h>
#include <stdlib.h>

#define NUMBER_DIGITS 11
#define NUMBER_SHIFT (NUMBER_MOST + 1)

/* The reading of one text. */
struct reading {
    const struct plugin *plugin;
    struct arena *arena;
    struct query *into;
    struct fault *why;
    int64_t clause;
};

/* What a field's name stands for. */
struct known {
    const struct attribute *attribute; /* NULL: there is none */
    const struct role *role;           /* of a credit: that one only; NULL: any */
};

/* One word, phrase or field:value, as it was typed. */
struct token {
    struct slice name, value; /* no name: words */
    bool not, quoted;
};

bool query_knows(const struct attribute *attribute)
{
    return !attribute->secret && (attribute->type != ATTR_long || attribute->searched);
}

bool query_is_text(const struct plugin *plugin, const struct attribute *attribute)
{
    bool report = plugin->mediainfo != NULL && strcmp(plugin->mediainfo, attribute->name) == 0;
    return attribute->type == ATTR_long && !attribute->secret && !report;
}

unsigned query_written(const struct plugin *plugin, struct slice name)
{
    if (text_same(name, slice_text("file")))
        return plugin->sealed ? 0 : QUERY_files;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (query_is_text(plugin, attribute) && text_same(name, slice_text("text")))
            return QUERY_texts;
    return 0;
}

const char *query_number(int64_t number, struct arena *arena)
{
    return arena_print(arena, "%0*" PRId64, NUMBER_DIGITS, number + NUMBER_SHIFT);
}

int64_t query_number_read(struct slice text)
{
    return strtoll(text.at, NULL, 10) - NUMBER_SHIFT;
}

static bool refuse(struct reading *reading, const char *text)
{
    return fault_set(reading->why, STATUS_invalid, "query", "%s", text);
}

/* ---- fields ---- */

/* Attributes by their own names; credits by those of their roles and of the person's level too; what names the group
 * by that of its level. */
static struct known field_find(const struct plugin *plugin, struct slice name)
{
    const struct level *levels = plugin->levels;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        if (!query_knows(attribute))
            continue;
        bool of_level = attribute->type == ATTR_credit && text_same(name, slice_text(levels[LEVEL_person].name));
        bool named = levels[LEVEL_group].named != NULL && strcmp(attribute->name, levels[LEVEL_group].named) == 0 &&
                     text_same(name, slice_text(levels[LEVEL_group].name));
        if (of_level || named || text_same(name, slice_text(attribute->name)))
            return (struct known){attribute, NULL};
        for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++)
            if (text_same(name, slice_text(role->name)))
                return (struct known){attribute, role};
    }
    return (struct known){NULL, NULL};
}

static bool field_unknown(struct reading *reading, struct slice name)
{
    struct buffer names = {0};
    for (const struct attribute *attribute = reading->plugin->attributes; attribute->name != NULL; attribute++) {
        if (!query_knows(attribute))
            continue;
        buffer_print(&names, "%s%s", names.size > 0 ? ", " : "", attribute->name);
        for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++)
            if (strcmp(role->name, attribute->name) != 0)
                buffer_print(&names, ", %s", role->name);
    }
    for (size_t i = 0; i < 2; i++) {
        static const char *const written[] = {"file", "text"};
        if (query_written(reading->plugin, slice_text(written[i])) != 0)
            buffer_print(&names, ", %s", written[i]);
    }
    fault_set(reading->why, STATUS_invalid, "query",
              "There is no field \"%.*s\": there are %.*s. Words with a colon go between quotes.",
              SLICE_ARGS(text_cut(name, 40)), SLICE_ARGS(buffer_slice(&names)));
    buffer_free(&names);
    return false;
}

/* ---- terms ---- */

static bool term_add(struct reading *reading, unsigned kind, const char *tag, struct slice text)
{
    struct query *into = reading->into;
    if (into->count == QUERY_TERMS_MAX)
        return refuse(reading, "That is more than can be searched at once: leave something out.");
    into->terms[into->count++] = (struct query_term){
        .clause = reading->clause,
        .kind = kind,
        .tag = tag != NULL ? slice_text(arena_print(reading->arena, "%s=", tag)) : (struct slice){0},
        .text = text,
    };
    return true;
}

/* Takes the * at the end of what was not put between quotes. */
static unsigned begins_take(const struct token *token, struct slice *value)
{
    if (token->quoted || value->size == 0 || value->at[value->size - 1] != '*')
        return 0;
    value->size--;
    return QUERY_begins;
}

static bool words_read(struct reading *reading, const struct token *token)
{
    struct slice value = token->value;
    unsigned begins = begins_take(token, &value);
    return value.size == 0 || term_add(reading, QUERY_words | begins, NULL, value);
}

static bool credit_read(struct reading *reading, const struct known *field, unsigned kind, struct slice value)
{
    for (const struct role *role = field->attribute->roles; role->name != NULL; role++)
        if ((field->role == NULL || field->role == role) && !term_add(reading, kind, role->name, value))
            return false;
    return true;
}

/* Does a word of the choice begin so? */
static bool choice_holds(const char *choice, struct slice value)
{
    for (const char *at = choice; *at != '\0'; at++) {
        bool begins = at == choice || at[-1] == ' ' || at[-1] == '(';
        if (begins && strlen(at) >= value.size && text_same(slice_of(at, value.size), value))
            return true;
    }
    return false;
}

static bool choice_unknown(struct reading *reading, const struct attribute *attribute, struct slice value)
{
    struct buffer names = {0};
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
        buffer_print(&names, "%s%s", names.size > 0 ? ", " : "", *choice);
    fault_set(reading->why, STATUS_invalid, "query", "%s: \"%.*s\" is none of %.*s.", attribute->name,
              SLICE_ARGS(text_cut(value, 40)), SLICE_ARGS(buffer_slice(&names)));
    buffer_free(&names);
    return false;
}

/* One of the choices; else each of which a word begins so. */
static bool choice_read(struct reading *reading, const struct attribute *attribute, unsigned kind, struct slice value)
{
    size_t before = reading->into->count;
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
        if (text_same(value, slice_text(*choice)))
            return term_add(reading, kind, attribute->name, slice_text(*choice));
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
        if (choice_holds(*choice, value) && !term_add(reading, kind, attribute->name, slice_text(*choice)))
            return false;
    return reading->into->count > before || choice_unknown(reading, attribute, value);
}

static bool flag_read(struct reading *reading, const struct attribute *attribute, unsigned kind, struct slice value)
{
    static const char *const yes[] = {"yes", "1", "true", "on"}, *const no[] = {"no", "0", "false", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (text_same(value, slice_text(yes[i])))
            return term_add(reading, kind, attribute->name, slice_text("yes"));
        if (text_same(value, slice_text(no[i])))
            return term_add(reading, kind, attribute->name, slice_text("no"));
    }
    return fault_set(reading->why, STATUS_invalid, "query", "%s: say yes or no.", attribute->name);
}

/* A whole number; an empty text is `standard`. */
static bool number_read(struct slice text, int64_t standard, int64_t *into)
{
    char digits[16] = "", *end;
    if (text.size == 0) {
        *into = standard;
        return true;
    }
    if (text.size >= sizeof digits)
        return false;
    memcpy(digits, text.at, text.size);
    *into = strtoll(digits, &end, 10);
    return *end == '\0' && digits[0] != '+' && *into <= NUMBER_MOST && *into >= -NUMBER_MOST;
}

/* The numbers from `low` to `high` as beginnings of what query_number writes: as few as there are. */
static bool range_add(struct reading *reading, const struct attribute *attribute, unsigned kind, int64_t low,
                      int64_t high)
{
    while (low <= high) {
        int64_t step = 1;
        int digits = NUMBER_DIGITS;
        while (digits > 1 && (low + NUMBER_SHIFT) % (step * 10) == 0 && low + step * 10 - 1 <= high) {
            step *= 10;
            digits--;
        }
        struct slice text = slice_of(query_number(low, reading->arena), (size_t)digits);
        if (!term_add(reading, kind | (digits < NUMBER_DIGITS ? QUERY_begins : 0), attribute->name, text))
            return false;
        low += step;
    }
    return true;
}

static bool numbers_read(struct reading *reading, const struct attribute *attribute, unsigned kind, struct slice value)
{
    const char *dots = memmem(value.at, value.size, "..", 2);
    size_t first = dots != NULL ? (size_t)(dots - value.at) : value.size;
    struct slice from = slice_of(value.at, first);
    struct slice to = dots != NULL ? slice_of(dots + 2, value.size - first - 2) : from;
    int64_t low, high;
    if (value.size <= 2 && dots != NULL)
        from = to = slice_text("x"); /* ".." is no range */
    if (!number_read(from, attribute->low, &low) || !number_read(to, attribute->high, &high))
        return fault_set(reading->why, STATUS_invalid, "query",
                         "%s: give a number, or a range such as %s:10..20, %s:10.. or %s:..20.", attribute->name,
                         attribute->name, attribute->name, attribute->name);
    if (low > high)
        return fault_set(reading->why, STATUS_invalid, "query", "%s: the range ends before it begins.",
                         attribute->name);
    return range_add(reading, attribute, kind, low, high);
}

static bool nothing_before(struct reading *reading, struct slice name)
{
    return fault_set(reading->why, STATUS_invalid, "query", "%.*s: say what stands before the *.", SLICE_ARGS(name));
}

static bool written_read(struct reading *reading, const struct token *token)
{
    unsigned kind = query_written(reading->plugin, token->name);
    struct slice value = token->value;
    unsigned begins = begins_take(token, &value);
    if (kind == 0)
        return field_unknown(reading, token->name);
    return value.size > 0 ? term_add(reading, QUERY_words | kind | begins, NULL, value)
                          : nothing_before(reading, token->name);
}

static bool field_read(struct reading *reading, const struct token *token)
{
    struct known field = field_find(reading->plugin, token->name);
    const struct attribute *attribute = field.attribute;
    struct slice value = token->value;
    if (attribute == NULL)
        return written_read(reading, token);
    unsigned below = attribute->level > LEVEL_group ? QUERY_below : 0;
    if (attribute->type == ATTR_choice)
        return choice_read(reading, attribute, QUERY_whole | below, value);
    if (attribute->type == ATTR_flag)
        return flag_read(reading, attribute, QUERY_whole | below, value);
    if (attribute->type == ATTR_number)
        return numbers_read(reading, attribute, QUERY_whole | below, value);
    unsigned begins = begins_take(token, &value);
    if (value.size == 0)
        return nothing_before(reading, slice_text(attribute->name));
    if (attribute->type == ATTR_credit)
        return credit_read(reading, &field, QUERY_words | begins, value);
    if (attribute->type == ATTR_tags)
        return term_add(reading, QUERY_folded | begins, attribute->name, value);
    if (attribute->type == ATTR_date)
        return term_add(reading, QUERY_whole | QUERY_begins | below, attribute->name, value);
    return term_add(reading, QUERY_words | begins | below, attribute->name, value);
}

/* ---- the text ---- */

/* Phones and word processors write “ and ” for ". */
static size_t quote_size(struct slice text, size_t at)
{
    if (at < text.size && text.at[at] == '"')
        return 1;
    bool curly = at + 2 < text.size && memcmp(text.at + at, "\xe2\x80", 2) == 0 &&
                 (text.at[at + 2] == '\x9c' || text.at[at + 2] == '\x9d');
    return curly ? 3 : 0;
}

/* Between quotes, from the first of them on. */
static bool phrase_next(struct slice text, size_t *at, struct slice *into)
{
    size_t start = *at + quote_size(text, *at), end = start;
    while (end < text.size && quote_size(text, end) == 0)
        end++;
    *into = slice_of(text.at + start, end - start);
    *at = end + quote_size(text, end);
    return end < text.size;
}

/* Up to the next space. */
static struct slice word_next(struct slice text, size_t *at)
{
    size_t start = *at;
    while (*at < text.size && text.at[*at] != ' ')
        (*at)++;
    return slice_of(text.at + start, *at - start);
}

/* Takes "name:" from the beginning of a word that has something behind it. */
static void name_take(struct slice text, size_t *at, struct token *token)
{
    size_t end = *at;
    while (end < text.size && text.at[end] != ' ' && text.at[end] != ':')
        end++;
    if (end == *at || end + 1 >= text.size || text.at[end] == ' ' || text.at[end + 1] == ' ')
        return;
    token->name = slice_of(text.at + *at, end - *at);
    *at = end + 1;
}

static bool token_next(struct reading *reading, struct slice text, size_t *at, struct token *token)
{
    *token = (struct token){0};
    token->not = text.at[*at] == '-';
    while (*at < text.size && text.at[*at] == '-')
        (*at)++;
    if (quote_size(text, *at) == 0)
        name_take(text, at, token);
    token->quoted = quote_size(text, *at) > 0;
    if (token->quoted && !phrase_next(text, at, &token->value))
        return refuse(reading, "A phrase is not closed: put a quote behind it, too.");
    if (!token->quoted)
        token->value = word_next(text, at);
    return true;
}

bool query_read(struct slice text, const struct plugin *plugin, struct arena *arena, struct query *into,
                struct fault *why)
{
    struct reading reading = {.plugin = plugin, .arena = arena, .into = into, .why = why};
    into->count = 0;
    for (size_t at = 0; at < text.size;) {
        struct token token;
        if (text.at[at] == ' ') {
            at++;
            continue;
        }
        if (!token_next(&reading, text, &at, &token))
            return false;
        reading.clause = (reading.clause < 0 ? -reading.clause : reading.clause) + 1;
        if (token.not )
            reading.clause = -reading.clause;
        if (token.name.size > 0 && plugin == NULL)
            return refuse(&reading, "Fields are those of one plugin: search in one, or put the words between quotes.");
        if (token.name.size > 0 ? !field_read(&reading, &token) : !words_read(&reading, &token))
            return false;
    }
    return true;
}
