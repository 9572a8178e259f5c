#include "proto/notice.h"

static const struct {
    const char *name;
    enum notice_tone tone;
} kinds[NOTICE_kinds] = {
#define NOTICE(name, tone, doc) [NOTICE_##name] = {#name, TONE_##tone},
#include "proto/notices.def"
};

const char *notice_name(enum notice_kind kind)
{
    return kinds[kind].name;
}

enum notice_tone notice_tone(struct slice name)
{
    for (int kind = 0; kind < NOTICE_kinds; kind++)
        if (slice_is(name, kinds[kind].name))
            return kinds[kind].tone;
    return TONE_plain;
}
