/* Signing in and out. Guessing is slowed by account and by address; whether a name exists is not told, neither in words
 * nor in time. */
#include "services/web/page.h"
#include "services/web/session.h"
#include "services/web/tries.h"
#include "services/web/web.h"

struct sign_in {
    struct visit *visit;
    struct slice name, password;
    char stored[PASSWORD_HASH_MAX];
    bool known, right;
    struct member member;
    struct session_new session;
};

/* A path of ours, and nothing that a browser takes for another site's address. */
static const char *safe_next(struct visit *visit, struct slice next)
{
    bool ours = next.size > 0 && next.size < 1024 && next.at[0] == '/';
    if (ours && next.size > 1)
        ours = next.at[1] != '/' && next.at[1] != '\\';
    for (size_t i = 0; i < next.size && ours; i++)
        ours = (unsigned char)next.at[i] > 0x20 && next.at[i] != 0x7f;
    return ours ? arena_copy(visit->arena, next).at : "/";
}

static void show_form(struct visit *visit, unsigned status, struct slice name, struct slice next, const char *error)
{
    visit_know_guest(visit);
    page_begin(visit, "Sign in", "sign_in");
    tree_open_map(visit->out, "form");
    tree_text(visit->out, "name", name);
    tree_string(visit->out, "next", safe_next(visit, next));
    tree_close(visit->out);
    if (error != NULL)
        tree_string(visit->out, "error", error);
    page_end(visit, status, "sign_in", NULL);
}

static void show_again(struct visit *visit, unsigned status, const char *error)
{
    show_form(visit, status, form_get(&visit->form, "name"), form_get(&visit->form, "next"), error);
}

void page_sign_in(struct visit *visit)
{
    struct slice next = form_get(&visit->query, "next");
    if (visit->signed_in)
        page_redirect(visit, safe_next(visit, next), FLASH_none, NULL);
    else
        show_form(visit, 200, slice_text(NULL), next, NULL);
}

/* ---- signing in ---- */

static void on_opened(void *arg, const struct fault *why)
{
    struct sign_in *sign_in = arg;
    struct visit *visit = sign_in->visit;
    if (why != NULL) {
        show_again(visit, status_http(why->status), status_text(why->status));
        return;
    }
    member_note(NULL, sign_in->member.id, "signed in", visit_address(visit));
    visit_set_cookie(visit, visit_session_cookie(), sign_in->session.secret.text, WEB_SESSION_MS / 1000);
    page_redirect(visit, safe_next(visit, form_get(&visit->form, "next")), FLASH_none, NULL);
}

static void on_compared(void *arg)
{
    struct sign_in *sign_in = arg;
    struct visit *visit = sign_in->visit;
    if (!sign_in->known || !sign_in->right) {
        show_again(visit, 403, "That name and password do not belong together.");
        return;
    }
    tries_forgive(visit, sign_in->name);
    if (!member_is_active(&sign_in->member)) {
        show_again(visit, 403, "This account is disabled: ask an administrator.");
        return;
    }
    session_make(&sign_in->session, visit_address(visit), http_header(visit->http, "User-Agent"), visit->now);
    session_open(&sign_in->session, sign_in->member.id, on_opened, sign_in);
}

static void compare(void *arg)
{
    struct sign_in *sign_in = arg;
    sign_in->right = password_check(sign_in->password, slice_text(sign_in->stored));
}

static void on_found(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct sign_in *sign_in = arg;
    struct visit *visit = sign_in->visit;
    if (why != NULL) {
        show_again(visit, status_http(why->status), "Accounts cannot be read for the moment: try again in a minute.");
        return;
    }
    sign_in->known = member != NULL && password.size < sizeof sign_in->stored;
    if (sign_in->known) {
        sign_in->member = *member;
        memcpy(sign_in->stored, password.at, password.size);
    } else {
        memcpy(sign_in->stored, PASSWORD_NONE, sizeof PASSWORD_NONE);
    }
    if (!worker_run(web.worker, compare, on_compared, sign_in))
        show_again(visit, 503, "Many people are signing in at this moment: try again in a few seconds.");
}

void page_sign_in_post(struct visit *visit)
{
    struct sign_in *sign_in = arena_take(visit->arena, sizeof *sign_in);
    sign_in->visit = visit;
    sign_in->name = form_trim(form_get(&visit->form, "name"));
    sign_in->password = form_get(&visit->form, "password");
    int64_t wait_ms = 0;
    if (sign_in->name.size == 0 || sign_in->password.size == 0)
        show_again(visit, 400, "Give both your name and your password.");
    else if (sign_in->name.size > ACCOUNT_NAME_MAX || sign_in->password.size > PASSWORD_MAX)
        show_again(visit, 403, "That name and password do not belong together.");
    else if (!tries_take(visit, sign_in->name, &wait_ms))
        show_again(visit, 429,
                   arena_print(visit->arena, "That was tried too often: try again in %d minutes.",
                               (int)(wait_ms / 60000) + 1));
    else
        member_find_name(sign_in->name, on_found, sign_in);
}

/* ---- signing out ---- */

static void on_ended(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    (void)rows;
    if (why != NULL) {
        page_fail(visit, why, "accounts");
        return;
    }
    visit_set_cookie(visit, visit_session_cookie(), "", -1);
    visit->signed_in = false;
    visit->cookie = slice_text(NULL);
    page_redirect(visit, "/sign-in", FLASH_good, "You are signed out.");
}

void page_sign_out_post(struct visit *visit)
{
    struct secret secret;
    if (secret_read(visit->cookie, &secret))
        session_end(&secret, on_ended, visit);
    else
        page_redirect(visit, "/sign-in", FLASH_none, NULL);
}
