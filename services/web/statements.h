/* Every SQL statement of this daemon by name, so that all are prepared at connect. Each stands in the file of its
 * table, or above the one function that uses it. */
#ifndef DJEMBE_WEB_STATEMENTS_H
#define DJEMBE_WEB_STATEMENTS_H

#include "services/common/db.h"

/* A list reads best as one. */
/* clang-format off */
#define WEB_STATEMENTS(X) \
    X(member_by_name) X(member_by_id) X(member_set_password) X(member_set_passkey) X(member_by_feed) X(member_set_feed_key) X(member_set) \
    X(member_names) X(member_begins) X(member_import) X(reset_add) X(reset_look) X(reset_used) \
    X(enrol_invited) X(enrol_open) X(enrol_operator) X(enrol_fact) \
    X(session_add) X(session_find) X(session_touch) X(session_drop) X(session_list) X(session_revoke) \
    X(session_revoke_others) X(session_clean) \
    X(invite_add) X(invite_add_operator) X(invite_find) X(invite_used_by) X(invite_list) \
    X(token_add) X(token_find) X(token_touch) X(token_list) X(token_revoke) \
    X(draft_add) X(draft_find) X(draft_drop) X(draft_clean) \
    X(notice_store) X(notice_list) X(notice_read) X(watch_store) X(position_find) X(position_move) \
    X(audit_add) X(site_count) X(client_set) X(client_fact_add) X(client_list)
/* clang-format on */

#define WEB_STATEMENT_EXTERN(name) extern const struct statement name;
WEB_STATEMENTS(WEB_STATEMENT_EXTERN)

extern const struct statement *const web_statements[];
extern const size_t web_statements_count;

#endif
