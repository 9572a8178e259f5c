/* Every path of the site, in one table. The first that fits is taken, so those with a plugin's name in front, which fit
 * much, come last. */
#include "services/web/page.h"

const struct route routes[] = {
    {"GET", "/", FOR_member, GUARD_none, NO_TOKEN, page_home},
    {"GET", "/static/:file", FOR_anyone, GUARD_none, NO_TOKEN, page_static},
    {"GET", "/favicon.ico", FOR_anyone, GUARD_none, NO_TOKEN, page_favicon},

    {"GET", "/sign-in", FOR_anyone, GUARD_none, NO_TOKEN, page_sign_in},
    {"POST", "/sign-in", FOR_anyone, GUARD_csrf, NO_TOKEN, page_sign_in_post},
    {"POST", "/sign-out", FOR_member, GUARD_csrf, NO_TOKEN, page_sign_out_post},
    {"GET", "/sign-up", FOR_anyone, GUARD_none, NO_TOKEN, page_sign_up},
    {"POST", "/sign-up", FOR_anyone, GUARD_csrf, NO_TOKEN, page_sign_up_post},

    {"GET", "/suggest/:plugin", FOR_member, GUARD_none, TOKEN, page_suggest},
    {"GET", "/upload/:plugin", FOR_member, GUARD_none, NO_TOKEN, page_upload},
    {"POST", "/upload/:plugin", FOR_member, GUARD_csrf_files, TOKEN, page_upload_post},
    {"GET", "/torrent/:id.torrent", FOR_member, GUARD_none, TOKEN, page_torrent},
    {"GET", "/torrent/:id/delete", FOR_member, GUARD_none, NO_TOKEN, page_torrent_delete},
    {"POST", "/torrent/:id/delete", FOR_member, GUARD_csrf, TOKEN, page_torrent_delete_post},

    {"GET", "/member/:name", FOR_member, GUARD_none, NO_TOKEN, page_member},
    {"GET", "/staff/evidence", FOR_staff, GUARD_none, NO_TOKEN, page_evidence},
    {"GET", "/member/:name/ledger", FOR_member, GUARD_none, NO_TOKEN, page_ledger},
    {"POST", "/torrent/:id/token", FOR_member, GUARD_csrf, NO_TOKEN, page_token_post},
    {"GET", "/staff/ratio", FOR_staff, GUARD_none, NO_TOKEN, page_staff_ratio},
    {"POST", "/staff/ratio/factor", FOR_staff, GUARD_csrf, NO_TOKEN, page_factor_post},
    {"POST", "/staff/ratio/event", FOR_staff, GUARD_csrf, NO_TOKEN, page_event_post},
    {"POST", "/staff/ratio/tokens", FOR_staff, GUARD_csrf, NO_TOKEN, page_grant_post},
    {"GET", "/inbox", FOR_member, GUARD_none, NO_TOKEN, page_inbox},
    {"POST", "/inbox", FOR_member, GUARD_csrf, NO_TOKEN, page_inbox_post},
    {"GET", "/invites", FOR_member, GUARD_none, NO_TOKEN, page_invites},
    {"POST", "/invites", FOR_member, GUARD_csrf, NO_TOKEN, page_invites_post},
    {"GET", "/account", FOR_member, GUARD_none, NO_TOKEN, page_account},
    {"POST", "/account/password", FOR_member, GUARD_csrf, NO_TOKEN, page_password_post},
    {"POST", "/account/passkey", FOR_member, GUARD_csrf, NO_TOKEN, page_passkey_post},
    {"POST", "/account/sessions", FOR_member, GUARD_csrf, NO_TOKEN, page_sessions_post},
    {"POST", "/account/tokens", FOR_member, GUARD_csrf, NO_TOKEN, page_tokens_post},

    {"POST", "/account/feed", FOR_member, GUARD_csrf, NO_TOKEN, page_feed_key_post},

    {"GET", "/edit/:id", FOR_member, GUARD_none, NO_TOKEN, page_edit},
    {"POST", "/edit/:id", FOR_member, GUARD_csrf, NO_TOKEN, page_edit_post},
    {"GET", "/history/:id", FOR_member, GUARD_none, NO_TOKEN, page_history},
    {"GET", "/log", FOR_member, GUARD_none, NO_TOKEN, page_log},

    {"GET", "/backup", FOR_member, GUARD_none, NO_TOKEN, page_backup},
    {"POST", "/backup/space", FOR_member, GUARD_csrf, NO_TOKEN, page_space_post},
    {"GET", "/backup/own/:id", FOR_member, GUARD_none, NO_TOKEN, page_backup_own},
    {"POST", "/backup/own/:id/points", FOR_member, GUARD_csrf, NO_TOKEN, page_points_post},
    {"POST", "/backup/own/:id/move", FOR_member, GUARD_csrf, NO_TOKEN, page_points_move_post},
    {"POST", "/backup/own/:id/redundancy", FOR_member, GUARD_csrf, NO_TOKEN, page_redundancy_post},
    {"POST", "/backup/own/:id/keep", FOR_member, GUARD_csrf, NO_TOKEN, page_keep_post},
    {"POST", "/backup/own/:id/remind", FOR_member, GUARD_csrf, NO_TOKEN, page_remind_post},
    {"GET", "/backup/holdings", FOR_member, GUARD_none, NO_TOKEN, page_holdings},
    {"GET", "/backup/holdings/:id/drop", FOR_member, GUARD_none, NO_TOKEN, page_drop},
    {"POST", "/backup/holdings/:id/drop", FOR_member, GUARD_csrf, NO_TOKEN, page_drop_post},
    {"GET", "/backup/offers", FOR_member, GUARD_none, NO_TOKEN, page_offers},
    {"GET", "/backup/queue", FOR_member, GUARD_none, NO_TOKEN, page_queue},
    {"GET", "/backup/explain", FOR_member, GUARD_none, NO_TOKEN, page_explain},
    {"GET", "/feed/:key/backup.rss", FOR_member, GUARD_none, FEED_KEY, page_feed_rss},
    {"GET", "/feed/:key/backup.json", FOR_member, GUARD_none, FEED_KEY, page_feed_json},
    {"GET", "/feed/:key/:id.torrent", FOR_member, GUARD_none, FEED_KEY, page_feed_torrent},

    {"GET", "/:plugin", FOR_member, GUARD_none, NO_TOKEN, page_browse},
    {"GET", "/:plugin/:level/:id", FOR_member, GUARD_none, NO_TOKEN, page_entity},
    {"GET", "/:plugin/:level/:id/delete", FOR_member, GUARD_none, NO_TOKEN, page_entity_delete},
    {"POST", "/:plugin/:level/:id/delete", FOR_member, GUARD_csrf, TOKEN, page_entity_delete_post},
};
const size_t routes_count = sizeof routes / sizeof *routes;
