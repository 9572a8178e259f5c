/* Opening an account: with an invitation's link, or freely where the operator lets everybody in. */
#include "services/web/enrol.h"
#include "services/web/page.h"
#include "services/web/tries.h"
#include "services/web/web.h"

struct sign_up {
    struct visit *visit;
    struct slice password;
    struct session_new session;
    struct enrol enrol;
};

static bool mode_is(const char *mode)
{
    return strcmp(web.sign_up, mode) == 0;
}

static void show_form(struct visit *visit, unsigned status, const struct form *form, const struct fault *why)
{
    struct tree_writer *out;
    struct slice code = form_get(form, "code");
    visit_know_guest(visit);
    page_begin(visit, "Sign up", "sign_up");
    out = visit->out;
    tree_open_map(out, "form");
    tree_text(out, "name", form_get(form, "name"));
    tree_text(out, "code", code);
    tree_close(out);
    tree_flag(out, "needs_code", !mode_is("open") && code.size == 0);
    /* A closed site still lets the operator's own invitations in; only nobody is asked to come. */
    tree_flag(out, "closed", mode_is("closed") && code.size == 0);
    tree_count(out, "name_max", ACCOUNT_NAME_MAX);
    tree_count(out, "password_min", PASSWORD_MIN);
    if (why != NULL)
        page_form_fault(visit, why);
    page_end(visit, status, "sign_up", NULL);
}

void page_sign_up(struct visit *visit)
{
    if (visit->signed_in)
        page_redirect(visit, "/", FLASH_bad, "You are signed in already: sign out first to open another account.");
    else
        show_form(visit, 200, &visit->query, NULL);
}

static void show_again(struct visit *visit, const struct fault *why)
{
    show_form(visit, status_http(why->status), &visit->form, why);
}

static void on_enrolled(struct enrol *enrol, const struct fault *why)
{
    struct sign_up *sign_up = enrol->arg;
    struct visit *visit = sign_up->visit;
    if (why != NULL) {
        show_again(visit, why);
        return;
    }
    tries_forgive(visit, slice_text(NULL));
    visit->cookie = slice_text(sign_up->session.secret.text);
    visit_set_cookie(visit, visit_session_cookie(), sign_up->session.secret.text, WEB_SESSION_MS / 1000);
    page_redirect(visit, "/", FLASH_good, arena_print(visit->arena, "Welcome, %s.", enrol->made.name));
}

static void on_hashed(void *arg)
{
    struct sign_up *sign_up = arg;
    enrol_run(&sign_up->enrol);
}

static void hash(void *arg)
{
    struct sign_up *sign_up = arg;
    password_hash(sign_up->password, sign_up->enrol.password);
}

/* What kind of sign-up the form asks for. */
static bool read_way(struct visit *visit, struct enrol *enrol, struct fault *why)
{
    struct slice code = form_trim(form_get(&visit->form, "code"));
    struct secret invite;
    int64_t wait_ms;
    if (!tries_take(visit, slice_text(NULL), &wait_ms))
        return fault_set(why, STATUS_forbidden, NULL,
                         "That was tried too often from your address: try again in %d minutes.",
                         (int)(wait_ms / 60000) + 1);
    if (code.size == 0 && mode_is("open")) {
        enrol->way = ENROL_open;
        return true;
    }
    if (code.size == 0)
        return fault_set(why, STATUS_forbidden, "code", "An account needs an invitation: ask a member for one.");
    if (!secret_read(code, &invite))
        return fault_set(why, STATUS_forbidden, "code", "That is no invitation: copy the whole link.");
    enrol->way = ENROL_invited;
    memcpy(enrol->invite, invite.hash, HASH_SIZE);
    return true;
}

static bool read_form(struct visit *visit, struct sign_up *sign_up, struct fault *why)
{
    struct enrol *enrol = &sign_up->enrol;
    enrol->name = form_trim(form_get(&visit->form, "name"));
    sign_up->password = form_get(&visit->form, "password");
    if (!account_name_good(enrol->name, why) || !password_good(sign_up->password, enrol->name, why))
        return false;
    if (!slice_equal(sign_up->password, form_get(&visit->form, "again")))
        return fault_set(why, STATUS_invalid, "again", "The two passwords differ: type the same one twice.");
    return read_way(visit, enrol, why);
}

void page_sign_up_post(struct visit *visit)
{
    struct sign_up *sign_up = arena_take(visit->arena, sizeof *sign_up);
    struct fault why;
    sign_up->visit = visit;
    if (!read_form(visit, sign_up, &why)) {
        show_again(visit, &why);
        return;
    }
    session_make(&sign_up->session, visit_address(visit), http_header(visit->http, "User-Agent"), visit->now);
    sign_up->enrol.session = &sign_up->session;
    sign_up->enrol.address = sign_up->session.address;
    sign_up->enrol.done = on_enrolled;
    sign_up->enrol.arg = sign_up;
    if (worker_run(web.worker, hash, on_hashed, sign_up))
        return;
    fault_set(&why, STATUS_unavailable, NULL, "Many people are signing in at this moment: try again in a few seconds.");
    show_again(visit, &why);
}
