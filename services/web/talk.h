/* What members say of a group or a person, as its page shows it. */
#ifndef DJEMBE_WEB_TALK_H
#define DJEMBE_WEB_TALK_H

#include "services/web/gather.h"

struct talk;

/* Asks what there is of the entity that the address names, and the page of comments that its query names. */
struct talk *talk_ask(struct gather *gather, struct visit *visit, uint64_t entity);

/* Its comments, whose authors' names the page asks for (extras.h); NULL: none, or it could not be read. */
const msgpack_object *talk_comments(const struct talk *talk);

/* Its images, likewise. */
const msgpack_object *talk_images(const struct talk *talk);

/* When all is answered: notes what is missing, before the page begins. */
void talk_read(struct visit *visit, const struct talk *talk);

/* Writes `talk` into the context; nothing when it could not be read. */
void talk_write(struct visit *visit, const struct talk *talk, const struct tree_extra *extra);

#endif
