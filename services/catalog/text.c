/* See text.h. Input is UTF-8, as the codec has checked. */
#include "services/catalog/text.h"

#include <ctype.h>

#include <strings.h>

static bool is_blank(char letter)
{
    return (unsigned char)letter <= ' ' || letter == 0x7f;
}

struct slice text_line(struct slice from, struct arena *arena)
{
    char *into = arena_take(arena, from.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < from.size; i++) {
        if (!is_blank(from.at[i]))
            into[size++] = from.at[i];
        else if (size > 0 && into[size - 1] != ' ')
            into[size++] = ' ';
    }
    while (size > 0 && into[size - 1] == ' ')
        size--;
    into[size] = '\0';
    return slice_of(into, size);
}

struct slice text_lines(struct slice from, struct arena *arena)
{
    char *into = arena_take(arena, from.size + 1);
    size_t size = 0, start = 0;
    for (size_t i = 0; i < from.size; i++) {
        char letter = from.at[i];
        if (letter == '\r')
            letter = '\n';
        if (from.at[i] == '\r' && i + 1 < from.size && from.at[i + 1] == '\n')
            continue;
        if (!is_blank(letter) || letter == '\n' || letter == '\t' || letter == ' ')
            into[size++] = letter;
    }
    while (size > 0 && is_blank(into[size - 1]))
        size--;
    while (start < size && (into[start] == '\n'))
        start++;
    into[size] = '\0';
    return slice_of(into + start, size - start);
}

size_t text_letters(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return count;
}

struct slice text_cut(struct slice text, size_t most)
{
    if (text.size <= most)
        return text;
    while (most > 0 && ((unsigned char)text.at[most] & 0xc0) == 0x80)
        most--;
    return slice_of(text.at, most);
}

struct slice text_trim(struct slice text)
{
    while (text.size > 0 && isspace((unsigned char)text.at[text.size - 1]))
        text.size--;
    while (text.size > 0 && isspace((unsigned char)*text.at))
        text = slice_of(text.at + 1, text.size - 1);
    return text;
}

bool text_begins(struct slice text, const char *with)
{
    size_t size = strlen(with);
    return text.size >= size && text_same(slice_of(text.at, size), slice_text(with));
}

bool text_same(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.at, b.at, a.size) == 0);
}
