/* Every statement of the daemon, so that all are prepared at connect. Each is defined above the function that uses it.
 */
#ifndef DJEMBE_RATIO_STATEMENTS_H
#define DJEMBE_RATIO_STATEMENTS_H

#include "services/common/db.h"
#include "services/common/position.h"
#include "services/ratio/books/statements.h"

#define RATIO_STATEMENTS(S)                                                                                            \
    S(sessions_share)                                                                                                  \
    S(sessions_factors)                                                                                                \
    S(sessions_read)                                                                                                   \
    S(sessions_stay)                                                                                                   \
    S(sessions_move)                                                                                                   \
    S(sessions_begin)                                                                                                  \
    S(sessions_prune)                                                                                                  \
    S(sessions_snatch)                                                                                                 \
    S(credits_move)                                                                                                    \
    S(credits_begin)                                                                                                   \
    S(credits_backups)                                                                                                 \
    S(credits_week)                                                                                                    \
    S(credits_total)                                                                                                   \
    S(credits_torrents)                                                                                                \
    S(credits_ledger)                                                                                                  \
    S(credits_due)                                                                                                     \
    S(figures_member)                                                                                                  \
    S(figures_member_torrents)                                                                                         \
    S(figures_torrents)                                                                                                \
    S(ledger_page)                                                                                                     \
    S(snatches_page)                                                                                                   \
    S(opening_members)                                                                                                 \
    S(opening_torrents)                                                                                                \
    S(profile_member)                                                                                                  \
    S(standing_claim)                                                                                                  \
    S(standing_figures)                                                                                                \
    S(standing_store)                                                                                                  \
    S(standing_forget)                                                                                                 \
    S(once_staff)                                                                                                      \
    S(factors_lock)                                                                                                    \
    S(factors_end)                                                                                                     \
    S(factors_add)                                                                                                     \
    S(factors_event_add)                                                                                               \
    S(factors_event_change)                                                                                            \
    S(factors_page)                                                                                                    \
    S(tokens_grant)                                                                                                    \
    S(tokens_lock)                                                                                                     \
    S(tokens_find)                                                                                                     \
    S(tokens_spend)                                                                                                    \
    S(tokens_balance)                                                                                                  \
    S(tokens_used)                                                                                                     \
    S(evidence_add)                                                                                                    \
    S(evidence_ranked)                                                                                                 \
    S(position_find)                                                                                                   \
    S(position_move)                                                                                                   \
    S(members_store)                                                                                                   \
    S(torrents_settle)                                                                                                 \
    S(torrents_store)                                                                                                  \
    BOOK_STATEMENTS(S)

/* How far this daemon has read the feeds of others. */
extern const struct position_table ratio_positions;

#define DECLARE(name) extern const struct statement name;
RATIO_STATEMENTS(DECLARE)
#undef DECLARE

#endif
