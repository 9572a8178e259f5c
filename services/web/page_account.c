/* /account: a member's own secrets. Password, passkey, sessions, API tokens: all can be changed or ended here. */
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/page.h"
#include "services/web/statements.h"
#include "services/web/token.h"
#include "services/web/tries.h"
#include "services/web/web.h"

struct account {
    struct gather *gather;
    struct fault form_why; /* of the form that was sent, when it was refused */
    struct fault why;      /* of the tables */
    struct tree_writer *sessions, *tokens;
    const msgpack_object *sessions_tree, *tokens_tree;

    struct visit *visit; /* for a change of password */
    struct slice old, wanted;
    char stored[PASSWORD_HASH_MAX];
    bool right;
};

/* ---- showing ---- */

static void show(struct visit *visit)
{
    struct account *account = visit->page;
    if (account->why.status != STATUS_ok) {
        page_fail(visit, &account->why, "accounts");
    } else {
        bool refused = account->form_why.status != STATUS_ok;
        page_begin(visit, "Your account", "account");
        struct tree_writer *out = visit->out;
        tree_string(out, "announce", visit_announce(visit));
        tree_string(out, "passkey", visit->me.passkey);
        tree_print(out, "feed", "%s/feed/%s/backup.rss", web.url, visit->me.feed_key);
        tree_print(out, "feed_json", "%s/feed/%s/backup.json", web.url, visit->me.feed_key);
        tree_string(out, "once", visit_once(visit));
        tree_count(out, "password_min", PASSWORD_MIN);
        tree_object(out, "sessions", map_find(account->sessions_tree, "list"));
        tree_object(out, "tokens", map_find(account->tokens_tree, "list"));
        tree_object(out, "has_tokens", map_find(account->tokens_tree, "any"));
        if (visit->flash.kind == FLASH_token)
            tree_string(out, "token_made", visit->flash.text);
        if (refused)
            page_form_fault(visit, &account->form_why);
        page_end(visit, refused ? status_http(account->form_why.status) : 200, "account", NULL);
    }
    if (account->sessions != NULL)
        tree_destroy(&account->sessions);
    if (account->tokens != NULL)
        tree_destroy(&account->tokens);
}

static void on_sessions(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    struct account *account = visit->page;
    if (why != NULL)
        account->why = *why;
    struct tree_writer *out = account->sessions = tree_new();
    tree_open_array(out, "list");
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        char agent[FORMAT_MAX];
        tree_open_map(out, NULL);
        tree_number(out, "id", db_get_int(rows, i, 0));
        tree_time(out, "created_at", db_get_time(rows, i, 1), visit->now);
        tree_time(out, "seen_at", db_get_time(rows, i, 2), visit->now);
        tree_text(out, "address", db_get_text(rows, i, 3));
        tree_text(out, "agent", db_get_text(rows, i, 4));
        tree_string(out, "agent_text", format_agent(db_get_text(rows, i, 4), agent));
        tree_flag(out, "current", (uint64_t)db_get_int(rows, i, 0) == visit->session);
        tree_close(out);
    }
    tree_close(out);
    account->sessions_tree = tree_finish(out);
    gather_release(account->gather);
}

static void on_tokens(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    struct account *account = visit->page;
    if (why != NULL)
        account->why = *why;
    struct tree_writer *out = account->tokens = tree_new();
    tree_flag(out, "any", rows != NULL && db_count(rows) > 0);
    tree_open_array(out, "list");
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        tree_open_map(out, NULL);
        tree_number(out, "id", db_get_int(rows, i, 0));
        tree_text(out, "name", db_get_text(rows, i, 1));
        tree_time(out, "created_at", db_get_time(rows, i, 2), visit->now);
        tree_time(out, "used_at", db_is_null(rows, i, 3) ? 0 : db_get_time(rows, i, 3), visit->now);
        tree_close(out);
    }
    tree_close(out);
    account->tokens_tree = tree_finish(out);
    gather_release(account->gather);
}

static void show_account(struct visit *visit, const struct fault *form_why)
{
    struct account *account = arena_take(visit->arena, sizeof *account);
    int64_t id = (int64_t)visit->me.id;
    if (form_why != NULL)
        account->form_why = *form_why;
    visit->page = account;
    account->gather = gather_new(visit, show);
    gather_hold(account->gather);
    gather_hold(account->gather);
    db_ask(service_db(), &session_list, db_int(db_args(), id), on_sessions, visit);
    db_ask(service_db(), &token_list, db_int(db_args(), id), on_tokens, visit);
    gather_go(account->gather);
}

void page_account(struct visit *visit)
{
    show_account(visit, NULL);
}

/* ---- password ---- */

static void refuse(struct visit *visit, enum status status, const char *field, const char *text)
{
    struct fault why;
    fault_set(&why, status, field, "%s", text);
    show_account(visit, &why);
}

static void on_changed(void *arg, const struct fault *why, bool uncertain)
{
    struct visit *visit = arg;
    (void)uncertain;
    if (why != NULL)
        page_fail(visit, why, "accounts");
    else
        page_redirect(visit, "/account", FLASH_good, "Your password is changed, and every other session is ended.");
}

static void on_compared(void *arg)
{
    struct account *account = arg;
    struct visit *visit = account->visit;
    if (!account->right) {
        refuse(visit, STATUS_forbidden, "old", "That is not your present password.");
        return;
    }
    tries_forgive(visit, slice_text(visit->me.name));
    member_change_password(visit->me.id, account->stored, visit->session, visit_address(visit), on_changed, visit);
}

static void compare_and_hash(void *arg)
{
    struct account *account = arg;
    account->right = password_check(account->old, slice_text(account->stored));
    if (account->right)
        password_hash(account->wanted, account->stored);
}

static void on_found(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct account *account = arg;
    struct visit *visit = account->visit;
    if (why != NULL || member == NULL || password.size >= sizeof account->stored) {
        refuse(visit, STATUS_unavailable, NULL, "Your account cannot be read for the moment: try again in a minute.");
        return;
    }
    memcpy(account->stored, password.at, password.size);
    if (!worker_run(web.worker, compare_and_hash, on_compared, account))
        refuse(visit, STATUS_unavailable, NULL,
               "Many people are signing in at this moment: try again in a few seconds.");
}

void page_password_post(struct visit *visit)
{
    struct account *account = arena_take(visit->arena, sizeof *account);
    struct fault why;
    account->visit = visit;
    account->old = form_get(&visit->form, "old");
    account->wanted = form_get(&visit->form, "password");
    if (!password_good(account->wanted, slice_text(visit->me.name), &why))
        show_account(visit, &why);
    else if (!slice_equal(account->wanted, form_get(&visit->form, "again")))
        refuse(visit, STATUS_invalid, "again", "The two passwords differ: type the same one twice.");
    else if (!tries_take(visit, slice_text(visit->me.name), NULL))
        refuse(visit, STATUS_forbidden, "old", "That was tried too often: try again in a few minutes.");
    else
        member_find_id(visit->me.id, on_found, account);
}

/* ---- passkey and feed key ---- */

static void done(struct visit *visit, const struct fault *why, enum flash_kind kind, const char *text)
{
    if (why != NULL)
        page_fail(visit, why, "accounts");
    else
        page_redirect(visit, "/account", kind, text);
}

static void on_reset(void *arg, const struct fault *why, bool uncertain)
{
    (void)uncertain;
    done(arg, why, FLASH_good,
         "You have a new passkey. Torrents downloaded before no longer work: download them again.");
}

void page_passkey_post(struct visit *visit)
{
    member_reset_passkey(visit->me.id, visit_address(visit), on_reset, visit);
}

static void on_feed_reset(void *arg, const struct fault *why, bool uncertain)
{
    (void)uncertain;
    done(arg, why, FLASH_good,
         "Your feeds have new addresses: give them to your client. The old ones are not known any more.");
}

void page_feed_key_post(struct visit *visit)
{
    member_reset_feed_key(visit->me.id, visit_address(visit), on_feed_reset, visit);
}

/* ---- sessions and tokens ---- */

static void on_session_ended(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)rows;
    done(arg, why, FLASH_good, "That session is ended.");
}

void page_sessions_post(struct visit *visit)
{
    struct db_args *args = db_int(db_args(), (int64_t)visit->me.id);
    if (slice_is(form_get(&visit->form, "session"), "all"))
        db_ask(service_db(), &session_revoke_others, db_int(args, (int64_t)visit->session), on_session_ended, visit);
    else
        db_ask(service_db(), &session_revoke, db_int(args, (int64_t)form_id(&visit->form, "session")), on_session_ended,
               visit);
}

static void on_token_made(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    const struct secret *secret = visit->page;
    (void)rows;
    bool came_before = why != NULL && why->status == STATUS_conflict;
    done(visit, came_before ? NULL : why, FLASH_token, secret->text);
}

static void on_token_revoked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)rows;
    done(arg, why, FLASH_good, "That token is revoked.");
}

void page_tokens_post(struct visit *visit)
{
    struct slice name = form_trim(form_get(&visit->form, "name"));
    uint64_t revoke = form_id(&visit->form, "revoke");
    if (revoke != 0) {
        struct db_args *args = db_int(db_int(db_args(), (int64_t)visit->me.id), (int64_t)revoke);
        db_ask(service_db(), &token_revoke, args, on_token_revoked, visit);
    } else if (name.size == 0 || name.size > TOKEN_NAME_MAX) {
        refuse(visit, STATUS_invalid, "token_name", "Give the token a name of up to 64 letters, to know it by.");
    } else {
        struct secret *secret = visit->page = arena_take(visit->arena, sizeof *secret);
        visit_secret(visit, "form token", secret);
        db_ask(service_db(), &token_add, token_args(secret, visit->me.id, name), on_token_made, visit);
    }
}
