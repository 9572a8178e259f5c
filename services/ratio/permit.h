/* What the tracker lets a member do. Pure. */
#ifndef DJEMBE_RATIO_PERMIT_H
#define DJEMBE_RATIO_PERMIT_H

#include "proto/proto.h"
#include "services/ratio/ordinary.h"

#define PERMIT_REASON_MAX 64

/* The permit that follows from what web tells of a member, as long as no watch says more. `reason` is static text. */
struct permit_fact permit_of(const struct member_fact *member);

/* The permit of a member in good standing. `reason` is written to `into`. */
struct permit_fact permit_watched(const struct ordinary *member, char into[PERMIT_REASON_MAX]);

#endif
