/* See address.h. */
#include "services/web/address.h"

#include "services/web/form.h"

static size_t digits(struct slice text)
{
    size_t size = 0;
    while (size < text.size && text.at[size] >= '0' && text.at[size] <= '9')
        size++;
    return size;
}

uint64_t address_torrent(struct slice typed, bool bare)
{
    static const char *const marks[] = {"#t", "/torrent/"};
    struct slice text = form_trim(typed);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *at = text.size > 0 ? memmem(text.at, text.size, marks[i], strlen(marks[i])) : NULL;
        if (at == NULL)
            continue;
        at += strlen(marks[i]);
        struct slice rest = slice_of(at, (size_t)(text.at + text.size - at));
        return id_read(slice_of(at, digits(rest)));
    }
    return bare ? id_read(text) : 0;
}

uint64_t address_entity(struct slice typed)
{
    struct slice text = form_trim(typed);
    size_t size = 0, start = 0;
    if (text.size == 0)
        return 0;
    while (size < text.size && text.at[size] != '?' && text.at[size] != '#')
        size++;
    for (size_t i = 0; i < size; i++)
        if (text.at[i] == '/')
            start = i + 1;
    return id_read(slice_of(text.at + start, size - start));
}
