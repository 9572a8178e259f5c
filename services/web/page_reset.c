/* /reset: a new password by the link that an operator made. */
#include "services/web/page.h"
#include "services/web/reset.h"
#include "services/web/web.h"

struct resetting {
    struct visit *visit;
    struct secret secret;
    struct member member;
    struct slice password;
    char stored[PASSWORD_HASH_MAX];
    bool posted;
};

static void show_form(struct resetting *resetting, const struct fault *why)
{
    struct visit *visit = resetting->visit;
    visit_know_guest(visit);
    page_begin(visit, "A new password", "sign_in");
    tree_string(visit->out, "name", resetting->member.name);
    tree_string(visit->out, "code", resetting->secret.text);
    tree_count(visit->out, "password_min", PASSWORD_MIN);
    if (why != NULL)
        page_form_fault(visit, why);
    page_end(visit, why != NULL ? status_http(why->status) : 200, "reset", NULL);
}

static void on_done(void *arg, const struct fault *why)
{
    struct resetting *resetting = arg;
    if (why != NULL)
        show_form(resetting, why);
    else
        page_redirect(resetting->visit, "/sign-in", FLASH_good, "Your password is set: sign in with it.");
}

static void on_hashed(void *arg)
{
    struct resetting *resetting = arg;
    reset_use(&resetting->secret, resetting->stored, visit_address(resetting->visit), on_done, resetting);
}

static void hash(void *arg)
{
    struct resetting *resetting = arg;
    password_hash(resetting->password, resetting->stored);
}

static bool check(const struct resetting *resetting, struct fault *why)
{
    if (!password_good(resetting->password, slice_text(resetting->member.name), why))
        return false;
    return slice_equal(resetting->password, form_get(&resetting->visit->form, "again")) ||
           fault_set(why, STATUS_invalid, "again", "The two passwords differ: type the same one twice.");
}

static void take_password(struct resetting *resetting)
{
    struct fault why;
    resetting->password = form_get(&resetting->visit->form, "password");
    if (!check(resetting, &why)) {
        show_form(resetting, &why);
        return;
    }
    if (worker_run(web.worker, hash, on_hashed, resetting))
        return;
    fault_set(&why, STATUS_unavailable, NULL, "Many people are signing in at this moment: try again in a few seconds.");
    show_form(resetting, &why);
}

static void on_found(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct resetting *resetting = arg;
    (void)password;
    if (why != NULL) {
        page_fail(resetting->visit, why, "accounts");
        return;
    }
    if (member == NULL) {
        page_error(resetting->visit, 403, "This link was used already or is too old: ask for a new one.", NULL);
        return;
    }
    resetting->member = *member;
    if (resetting->posted)
        take_password(resetting);
    else
        show_form(resetting, NULL);
}

static void find(struct visit *visit, struct slice code, bool posted)
{
    struct resetting *resetting = arena_take(visit->arena, sizeof *resetting);
    resetting->visit = visit;
    resetting->posted = posted;
    if (secret_read(form_trim(code), &resetting->secret))
        reset_find(&resetting->secret, on_found, resetting);
    else
        page_error(visit, 403, "That is no such link: copy the whole of it.", NULL);
}

void page_reset(struct visit *visit)
{
    find(visit, form_get(&visit->query, "code"), false);
}

void page_reset_post(struct visit *visit)
{
    find(visit, form_get(&visit->form, "code"), true);
}
