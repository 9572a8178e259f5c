/* What the tracker lets a member do. Pure. */
#ifndef DJEMBE_RATIO_PERMIT_H
#define DJEMBE_RATIO_PERMIT_H

#include "proto/proto.h"

/* The permit that follows from what web tells of a member. `reason` is static text. */
struct permit_fact permit_of(const struct member_fact *member);

#endif
