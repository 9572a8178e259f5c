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

    {"GET", "/:plugin", FOR_member, GUARD_none, NO_TOKEN, page_browse},
    {"GET", "/:plugin/:level/:id", FOR_member, GUARD_none, NO_TOKEN, page_entity},
    {"GET", "/:plugin/:level/:id/delete", FOR_member, GUARD_none, NO_TOKEN, page_entity_delete},
    {"POST", "/:plugin/:level/:id/delete", FOR_member, GUARD_csrf, TOKEN, page_entity_delete_post},
};
const size_t routes_count = sizeof routes / sizeof *routes;
