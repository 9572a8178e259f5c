/* Every statement of the daemon, so that all are prepared at connect. Each is defined above the function that uses it.
 */
#ifndef DJEMBE_RATIO_STATEMENTS_H
#define DJEMBE_RATIO_STATEMENTS_H

#include "services/common/db.h"
#include "services/ratio/books/statements.h"

#define RATIO_STATEMENTS(S)                                                                                            \
    S(sessions_share)                                                                                                  \
    S(sessions_begin)                                                                                                  \
    S(sessions_lock)                                                                                                   \
    S(sessions_store)                                                                                                  \
    S(sessions_credit)                                                                                                 \
    S(sessions_total)                                                                                                  \
    S(sessions_torrents)                                                                                               \
    S(sessions_prune)                                                                                                  \
    S(sessions_snatch)                                                                                                 \
    S(figures_member)                                                                                                  \
    S(figures_member_torrents)                                                                                         \
    S(figures_torrents)                                                                                                \
    S(evidence_add)                                                                                                    \
    S(evidence_ranked)                                                                                                 \
    S(position_find)                                                                                                   \
    S(position_move)                                                                                                   \
    S(members_store)                                                                                                   \
    S(torrents_settle)                                                                                                 \
    S(torrents_store)                                                                                                  \
    BOOK_STATEMENTS(S)

#define DECLARE(name) extern const struct statement name;
RATIO_STATEMENTS(DECLARE)
#undef DECLARE

#endif
