/* See asked.h. */
#include "services/catalog/asked.h"

#include "services/catalog/text.h"

#include <ctype.h>
#include <stdlib.h>

struct taking {
    const struct plugin *plugin;
    struct values *values;
};

static void value_set(struct taking *taking, int place, struct slice text)
{
    if (taking->values->of[place].size == 0)
        taking->values->of[place] = text;
}

/* ---- brackets ---- */

static bool year_take(struct taking *taking, struct slice text)
{
    int place = taking->plugin->year != NULL ? plugin_attribute(taking->plugin, taking->plugin->year) : -1;
    int64_t number = 0;
    for (size_t i = 0; i < text.size; i++)
        number = isdigit((unsigned char)text.at[i]) && i < 4 ? number * 10 + text.at[i] - '0' : -1;
    if (place < 0 || text.size != 4 || number < taking->plugin->attributes[place].low ||
        number > taking->plugin->attributes[place].high)
        return false;
    value_set(taking, place, text);
    return true;
}

/* As it is listed, or what stands in front of its brackets: "V0" of "V0 (VBR)". */
static bool is_choice(const char *choice, struct slice text)
{
    const char *bracket = strstr(choice, " (");
    return text_same(text, slice_text(choice)) ||
           (bracket != NULL && text_same(text, slice_of(choice, (size_t)(bracket - choice))));
}

/* A choice of one attribute, and of no other. */
static bool choice_take(struct taking *taking, struct slice text)
{
    const char *found = NULL;
    int place = -1;
    for (int i = 0; taking->plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &taking->plugin->attributes[i];
        if (attribute->type != ATTR_choice || !plugin_asks(attribute))
            continue;
        for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
            if (is_choice(*choice, text)) {
                if (place >= 0 && place != i)
                    return false;
                place = i;
                found = *choice;
            }
    }
    if (place >= 0)
        value_set(taking, place, slice_text(found));
    return place >= 0;
}

static bool piece_take(struct taking *taking, struct slice text)
{
    return year_take(taking, text) || choice_take(taking, text);
}

/* Pieces between any of `between`, all of which must say something. */
static bool pieces_take(struct taking *taking, struct slice text, const char *between)
{
    bool any = false;
    for (size_t start = 0, end; start <= text.size; start = end + 1) {
        for (end = start; end < text.size && strchr(between, text.at[end]) == NULL;)
            end++;
        struct slice piece = text_trim(slice_of(text.at + start, end - start));
        if (piece.size == 0)
            continue;
        any = piece_take(taking, piece) || (strchr(between, ' ') == NULL && pieces_take(taking, piece, " "));
        if (!any)
            return false;
    }
    return any;
}

/* Takes a pair from the end when all that stands in it is known; else it is part of the title. */
static bool bracket_take(struct taking *taking, struct slice *title)
{
    static const char open[] = "([{", close[] = ")]}";
    const char *kind = title->size > 0 ? strchr(close, title->at[title->size - 1]) : NULL;
    const char *begins = kind != NULL && *kind != '\0' ? memrchr(title->at, open[kind - close], title->size) : NULL;
    if (begins == NULL || begins == title->at)
        return false;
    struct values before = *taking->values;
    struct slice inside = slice_of(begins + 1, (size_t)(title->at + title->size - 1 - begins) - 1);
    if (!pieces_take(taking, inside, "/,|;")) {
        *taking->values = before;
        return false;
    }
    *title = text_trim(slice_of(title->at, (size_t)(begins - title->at)));
    return true;
}

/* ---- who made it ---- */

/* May that be more than one name? */
static bool is_several(struct slice name)
{
    static const char *const signs[] = {" & ", " and ", " feat", " ft", " with ", " vs", ",", "/", ";", "+"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(name.at, name.size, signs[i], strlen(signs[i])) != NULL)
            return true;
    return text_same(name, slice_text("Various Artists")) || text_same(name, slice_text("Various")) ||
           text_same(name, slice_text("VA"));
}

/* The first dash with spaces around it, in any of its lengths. */
static const char *dash_find(struct slice text, size_t *size)
{
    static const char *const dashes[] = {" - ", " \xe2\x80\x93 ", " \xe2\x80\x94 "};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof dashes / sizeof *dashes; i++) {
        const char *at = memmem(text.at, text.size, dashes[i], strlen(dashes[i]));
        if (at != NULL && (first == NULL || at < first)) {
            first = at;
            *size = strlen(dashes[i]);
        }
    }
    return first;
}

/* "Artist - Title": with another dash nobody knows which of them is between the two. */
static struct slice name_take(struct slice *title)
{
    size_t size = 0, more;
    const char *dash = dash_find(*title, &size);
    if (dash == NULL)
        return (struct slice){0};
    struct slice name = text_trim(slice_of(title->at, (size_t)(dash - title->at)));
    struct slice rest = text_trim(slice_of(dash + size, title->size - name.size - size));
    if (name.size == 0 || rest.size == 0 || dash_find(rest, &more) != NULL)
        return (struct slice){0};
    *title = rest;
    return is_several(name) ? (struct slice){0} : name;
}

/* The credit of who stands in front of what it is called; NULL: nobody does. */
static const struct attribute *named_first(const struct plugin *plugin)
{
    static const char credits[] = "<{credits} - >";
    if (strncmp(plugin->release_name, credits, sizeof credits - 1) != 0)
        return NULL;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->type == ATTR_credit && plugin_asks(attribute))
            return attribute;
    return NULL;
}

void asked_write(struct tree_writer *tree, const char *key, const struct plugin *plugin, struct slice title,
                 struct arena *arena)
{
    struct values *values = arena_take(arena, sizeof *values);
    struct taking taking = {.plugin = plugin, .values = values};
    const struct attribute *credit = named_first(plugin);
    struct slice name = {0};
    *values = (struct values){0};
    title = text_line(title, arena);
    while (bracket_take(&taking, &title))
        ;
    if (credit != NULL)
        name = name_take(&title);
    tree_map(tree, key);
    tree_text(tree, plugin->levels[LEVEL_group].named, title);
    if (name.size > 0)
        tree_text(tree, credit->name, name);
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++)
        tree_text_if(tree, plugin->attributes[i].name, values->of[i]);
    tree_end(tree);
}
