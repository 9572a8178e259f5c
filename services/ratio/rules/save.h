/* The whole state as bytes: what a start need not apply again. The records are saved as they lie in memory, so a
 * program whose records are laid out otherwise, or whose settings differ, does not take them and applies the events
 * instead. */
#ifndef DJEMBE_RATIO_RULES_SAVE_H
#define DJEMBE_RATIO_RULES_SAVE_H

#include "services/common/bencode.h"
#include "services/ratio/rules/rules.h"

/* Which states this program can load: layout and settings, in 16 hex digits. */
void rules_format(const struct rules_settings *settings, char format[17]);

/* Gives the bytes out in pieces of any size. */
typedef void rules_put_fn(void *arg, const void *bytes, size_t size);
void rules_save(const struct rules *rules, rules_put_fn *put, void *arg);
/* False: the bytes are not what rules_save of this format wrote. Else the caller's. */
bool rules_load(struct slice from, const struct rules_settings *settings, struct rules **into, struct fault *why);

#endif
