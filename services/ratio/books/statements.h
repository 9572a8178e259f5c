/* The statements of the books. */
#ifndef DJEMBE_RATIO_BOOKS_STATEMENTS_H
#define DJEMBE_RATIO_BOOKS_STATEMENTS_H

#define BOOK_STATEMENTS(S)                                                                                             \
    S(audits_forget)                                                                                                   \
    S(audits_add)                                                                                                      \
    S(audits_fill)                                                                                                     \
    S(audits_put_off)                                                                                                  \
    S(audits_lease)                                                                                                    \
    S(audits_find)                                                                                                     \
    S(audits_done)                                                                                                     \
    S(audits_plan)                                                                                                     \
    S(audits_of_user)                                                                                                  \
    S(audits_of_version)                                                                                               \
    S(audits_of_copy)                                                                                                  \
    S(audits_plan_of)                                                                                                  \
    S(remind_get)                                                                                                      \
    S(remind_set)                                                                                                      \
    S(remind_list)                                                                                                     \
    S(remind_told)                                                                                                     \
    S(book_warn)                                                                                                       \
    S(book_lock)                                                                                                       \
    S(book_inbox_read)                                                                                                 \
    S(book_kept)                                                                                                       \
    S(book_look_head)                                                                                                  \
    S(book_hear)                                                                                                       \
    S(book_settings)                                                                                                   \
    S(book_history_user)                                                                                               \
    S(book_history_version)                                                                                            \
    S(book_history_copy)                                                                                               \
    S(book_backups)                                                                                                    \
    S(book_versions_of_owner)                                                                                          \
    S(book_versions_of_backup)                                                                                         \
    S(book_versions_newest)                                                                                            \
    S(book_version_told)                                                                                               \
    S(book_snapshot_forget)                                                                                            \
    S(book_snapshot_end)                                                                                               \
    S(book_snapshot_part)                                                                                              \
    S(book_snapshot_begin)                                                                                             \
    S(book_add_events)                                                                                                 \
    S(book_add_effects)                                                                                                \
    S(book_inbox_done)                                                                                                 \
    S(book_reason_add)                                                                                                 \
    S(book_refuse)                                                                                                     \
    S(book_slots_set)                                                                                                  \
    S(book_slots_tell)                                                                                                 \
    S(book_retired_tell)                                                                                               \
    S(book_move)                                                                                                       \
    S(book_events)                                                                                                     \
    S(book_snapshot_read)                                                                                              \
    S(book_snapshot_find)                                                                                              \
    S(book_sighted)

#endif
