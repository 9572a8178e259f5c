/* /invites: the invitations a member has made, and making one. The link is shown once, because only its hash is kept.
 */
#include "services/web/invite.h"
#include "services/web/page.h"
#include "services/web/statements.h"

#include "services/common/log.h"

static bool is_unlimited(const struct visit *visit)
{
    return slice_is(slice_text(visit->me.class_name), "administrator");
}

static void write_invite(struct visit *visit, const struct db_rows *rows, size_t i)
{
    struct tree_writer *out = visit->out;
    struct slice used_by = db_get_text(rows, i, 5);
    bool used = db_get_flag(rows, i, 4), expired = !used && db_get_flag(rows, i, 6);
    tree_open_map(out, NULL);
    tree_number(out, "id", db_get_int(rows, i, 0));
    tree_string(out, "class", account_class_title(db_get_text(rows, i, 1)));
    tree_time(out, "created_at", db_get_time(rows, i, 2), visit->now);
    tree_time(out, "expires_at", db_get_time(rows, i, 3), visit->now);
    tree_flag(out, used ? "used" : expired ? "expired" : "open", true);
    if (used_by.size > 0) {
        tree_text(out, "used_by", used_by);
        tree_print(out, "used_by_href", "/member/%.*s", SLICE_ARGS(used_by));
    }
    tree_close(out);
}

static void on_list(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    if (rows == NULL) {
        page_fail(visit, why, "accounts");
        return;
    }
    page_begin(visit, "Invitations", "invites");
    struct tree_writer *out = visit->out;
    tree_open_array(out, "invites");
    for (size_t i = 0; i < db_count(rows); i++)
        write_invite(visit, rows, i);
    tree_close(out);
    tree_flag(out, "has_invites", db_count(rows) > 0);
    tree_string(out, "once", visit_once(visit));
    tree_count(out, "left", visit->me.invites);
    tree_flag(out, "unlimited", is_unlimited(visit));
    tree_flag(out, "may_make", is_unlimited(visit) || visit->me.invites > 0);
    if (visit->flash.kind == FLASH_invite) {
        tree_open_map(out, "made");
        tree_string(out, "link", visit->flash.text);
        tree_close(out);
    }
    page_end(visit, 200, "invites", NULL);
}

void page_invites(struct visit *visit)
{
    db_ask(service_db(), &invite_list, db_int(db_args(), (int64_t)visit->me.id), on_list, visit);
}

static void tell_link(struct visit *visit)
{
    char link[WEB_URL_MAX];
    invite_link(visit->page, link);
    page_redirect(visit, "/invites", FLASH_invite, link);
}

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    if (rows == NULL)
        page_fail(visit, why, "accounts");
    else if (db_count(rows) > 0)
        tell_link(visit);
    else
        page_redirect(visit, "/invites", FLASH_bad, "You have no invitation left.");
}

static void on_made(void *arg, int64_t expires_at, const struct fault *why)
{
    struct visit *visit = arg;
    const struct secret *secret = visit->page;
    if (why != NULL && why->status != STATUS_conflict) {
        page_fail(visit, why, "accounts");
    } else if (expires_at != 0) {
        log_info("invitation made", "member=%llu", (unsigned long long)visit->me.id);
        tell_link(visit);
    } else { /* none left, or the same form came before */
        struct db_args *args = db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE));
        db_ask(service_db(), &invite_find, db_int(args, (int64_t)visit->me.id), on_looked, visit);
    }
}

void page_invites_post(struct visit *visit)
{
    struct secret *secret = visit->page = arena_take(visit->arena, sizeof *secret);
    visit_secret(visit, "form invite", secret);
    invite_make(secret, visit->me.id, visit->now, on_made, visit);
}
