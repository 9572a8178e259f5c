/* See guess.h. Brackets first (year, known words), then dashes, then known words at the end. */
#include "services/catalog/guess.h"

#include "services/catalog/text.h"

#include <ctype.h>

static bool is_year(struct slice word)
{
    for (size_t i = 0; i < word.size; i++)
        if (!isdigit((unsigned char)word.at[i]))
            return false;
    return word.size == 4 && (word.at[0] == '2' || (word.at[0] == '1' && word.at[1] >= '8'));
}

static bool word_take(struct guess *guess, struct slice word, guess_known_fn *known)
{
    if (is_year(word) && guess->year.size == 0) {
        guess->year = word;
        return true;
    }
    if (!known(word))
        return false;
    if (guess->words_count < GUESS_WORDS_MAX)
        guess->words[guess->words_count++] = word;
    return true;
}

/* Words between blanks, commas, slashes. Tells whether any was of use. */
static bool words_take(struct guess *guess, struct slice text, guess_known_fn *known)
{
    bool any = false;
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        for (end = start; end < text.size && strchr(" ,;/|+", text.at[end]) == NULL;)
            end++;
        if (end > start)
            any |= word_take(guess, slice_of(text.at + start, end - start), known);
    }
    return any;
}

/* Takes [..], {..} and (..) out of the name; a round pair that says nothing known is part of a title and stays. */
static struct slice brackets_take(struct guess *guess, struct slice name, guess_known_fn *known, struct arena *arena)
{
    static const char open[] = "([{", close[] = ")]}";
    char *rest = arena_take(arena, name.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < name.size; i++) {
        const char *kind = name.at[i] != '\0' ? strchr(open, name.at[i]) : NULL;
        const char *end = kind != NULL ? memchr(name.at + i, close[kind - open], name.size - i) : NULL;
        struct slice inside = {0};
        if (end != NULL)
            inside = slice_of(name.at + i + 1, (size_t)(end - name.at) - i - 1);
        if (end != NULL && (words_take(guess, inside, known) || *kind != '(')) {
            rest[size++] = ' ';
            i += inside.size + 1;
        } else {
            rest[size++] = name.at[i];
        }
    }
    return slice_of(rest, size);
}

static void parts_split(struct guess *guess, struct slice text, const char *dash, struct arena *arena)
{
    size_t width = strlen(dash);
    for (;;) {
        const char *next = text.size > 0 ? memmem(text.at, text.size, dash, width) : NULL;
        if (guess->parts_count == GUESS_PARTS_MAX - 1)
            next = NULL;
        struct slice part = text_line(next != NULL ? slice_of(text.at, (size_t)(next - text.at)) : text, arena);
        if (part.size > 0)
            guess->parts[guess->parts_count++] = part;
        if (next == NULL)
            return;
        text = slice_of(next + width, text.size - (size_t)(next - text.at) - width);
    }
}

/* Whole parts behind the second, or between first and last, that are a year or known. */
static void parts_take(struct guess *guess, guess_known_fn *known)
{
    size_t kept = 0, count = guess->parts_count;
    for (size_t i = 0; i < count; i++) {
        bool spare = i > 0 && (kept > 1 || i + 1 < count);
        if (!spare || !word_take(guess, guess->parts[i], known))
            guess->parts[kept++] = guess->parts[i];
    }
    guess->parts_count = kept;
}

/* Known words at the end of the last part, as long as something stays in front of them. */
static void tail_take(struct guess *guess, guess_known_fn *known)
{
    if (guess->parts_count == 0)
        return;
    struct slice *last = &guess->parts[guess->parts_count - 1];
    for (;;) {
        size_t start = last->size;
        while (start > 0 && last->at[start - 1] != ' ')
            start--;
        if (start < 2 || !word_take(guess, slice_of(last->at + start, last->size - start), known))
            return;
        last->size = start - 1;
    }
}

void guess_read(struct slice name, guess_known_fn *known, struct arena *arena, struct guess *into)
{
    *into = (struct guess){0};
    bool spaced = name.size == 0 || memchr(name.at, ' ', name.size) != NULL;
    struct slice text = arena_copy(arena, name);
    size_t dashes = 0;
    for (size_t i = 0; i < text.size; i++) {
        dashes += text.at[i] == '-';
        if (!spaced && text.at[i] == '_')
            ((char *)text.at)[i] = ' ';
    }
    bool dashed = !spaced && dashes >= 3 && memmem(text.at, text.size, " - ", 3) == NULL;
    parts_split(into, brackets_take(into, text, known, arena), dashed ? "-" : " - ", arena);
    parts_take(into, known);
    if (dashed && into->parts_count > 2 && (into->year.size > 0 || into->words_count > 0)) {
        into->scene = true;
        into->parts_count--;
    }
    tail_take(into, known);
}
