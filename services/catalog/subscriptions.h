/* catalog.subscription.set, .list: the pages of which a member is told what is new (news.h). */
#ifndef DJEMBE_CATALOG_SUBSCRIPTIONS_H
#define DJEMBE_CATALOG_SUBSCRIPTIONS_H

#include "services/catalog/catalog.h"

void subscriptions_start(void);

/* In a transaction of what the member does there; one who has as many as there may be gets no more. */
void subscription_put(struct db_tx *tx, uint64_t member, uint64_t entity);

extern const struct statement *const subscriptions_statements[];
extern const size_t subscriptions_statements_count;

#endif
