/* Takes the name of a torrent apart: "Artist - Album (1999) [CD FLAC]", "Some_Artist-Some_Album-CD-FLAC-1999-GRP".
 * Knows how people write such names, not what the words mean: the plugin tells which ones it knows. Pure. */
#ifndef DJEMBE_CATALOG_GUESS_H
#define DJEMBE_CATALOG_GUESS_H

#include "services/common/arena.h"

#define GUESS_PARTS_MAX 8
#define GUESS_WORDS_MAX 32

struct guess {
    struct slice
        parts[GUESS_PARTS_MAX]; /* what stood between dashes, without the rest; the last one holds any surplus */
    size_t parts_count;
    struct slice words[GUESS_WORDS_MAX]; /* known words, as written */
    size_t words_count;
    struct slice year; /* four digits, or empty */
    bool scene;        /* dashes throughout, with a release group at the end */
};

typedef bool guess_known_fn(struct slice word);

void guess_read(struct slice name, guess_known_fn *known, struct arena *arena, struct guess *into);

#endif
