/* MediaInfo's report of a film (its text form), as uploaders paste it: what of it is asked for here. Pure. */
#ifndef DJEMBE_CATALOG_MEDIAINFO_H
#define DJEMBE_CATALOG_MEDIAINFO_H

#include "proto/codec.h"

enum media_part {
    MEDIA_none,
    MEDIA_codec,
    MEDIA_container,
    MEDIA_resolution,
    MEDIA_hdr,
    MEDIA_audio,
    MEDIA_channels,
    MEDIA_COUNT
};

/* By part, as the film sites write them ("x264", "MKV", "1080p"); empty: the report does not say. Borrows nothing. */
struct mediainfo {
    struct slice of[MEDIA_COUNT];
};

void mediainfo_read(struct slice report, struct mediainfo *into);

/* What both kinds of report say of the range of light and colours, in the same words. */
struct media_light {
    bool wide, pq, hdr10, hdr10_plus, hlg, dolby; /* wide: 10 bits a colour */
};
void media_light_read(struct media_light *light, struct slice text);
const char *media_light_name(const struct media_light *light); /* NULL: no more than everywhere */

#endif
