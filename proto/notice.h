/* The kinds of notices, expanded from notices.def. */
#ifndef DJEMBE_PROTO_NOTICE_H
#define DJEMBE_PROTO_NOTICE_H

#include "proto/slice.h"

enum notice_kind {
#define NOTICE(name, tone, doc) NOTICE_##name,
#include "proto/notices.def"
    NOTICE_kinds,
};

enum notice_tone { TONE_plain, TONE_good, TONE_warn, TONE_bad };

const char *notice_name(enum notice_kind kind);

/* The tone of a kind by its wire name; plain for one that is not known. */
enum notice_tone notice_tone(struct slice name);

#endif
