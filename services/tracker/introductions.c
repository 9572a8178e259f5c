#include "services/tracker/introductions.h"

static void drop_ended(struct introductions *introductions, int64_t now)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < introductions->count; i++)
        if (introductions->at[i].until > now)
            introductions->at[kept++] = introductions->at[i];
    introductions->count = kept;
}

bool introductions_add(struct introductions *introductions, const struct introduction *introduction, int64_t now)
{
    drop_ended(introductions, now);
    for (unsigned i = 0; i < introductions->count; i++)
        if (introductions->at[i].member == introduction->member &&
            introductions->at[i].torrent == introduction->torrent) {
            introductions->at[i] = *introduction;
            return true;
        }
    if (introductions->count == INTRODUCTIONS_MAX)
        return false;
    introductions->at[introductions->count++] = *introduction;
    return true;
}

const struct announce_peer *introductions_find(const struct introductions *introductions, uint32_t member,
                                               uint32_t torrent, int64_t now)
{
    for (unsigned i = 0; i < introductions->count; i++)
        if (introductions->at[i].member == member && introductions->at[i].torrent == torrent &&
            introductions->at[i].until > now)
            return &introductions->at[i].peer;
    return NULL;
}
