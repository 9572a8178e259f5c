/* /invites: the invitations a member has made, and making one. The link is shown once, because only its hash is kept.
 * Who came by one and is in default with its backups is marked: whoever invites vouches. */
#include "services/web/gather.h"
#include "services/web/invite.h"
#include "services/web/page.h"
#include "services/web/statements.h"

#include "services/common/log.h"

static bool is_unlimited(const struct visit *visit)
{
    return slice_is(slice_text(visit->me.class_name), "administrator");
}

struct invited {
    int64_t id, created_at, expires_at, user; /* user 0: nobody yet */
    const char *class_title;
    struct slice name;
    bool used, expired;
};

struct invites {
    struct invited *at;
    size_t count, defaults_count;
    const struct answer *answer;
    const struct book_default *defaults;
};

static void write_default(struct tree_writer *out, const struct invites *invites, int64_t user)
{
    for (size_t i = 0; i < invites->defaults_count; i++) {
        const struct book_default *found = &invites->defaults[i];
        if (found->user != (uint64_t)user)
            continue;
        tree_flag(out, "overdue", found->overdue);
        tree_flag(out, "released", found->released);
        tree_flag(out, "barred", found->barred);
    }
}

static void write_invite(struct visit *visit, const struct invites *invites, const struct invited *invite)
{
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_number(out, "id", invite->id);
    tree_string(out, "class", invite->class_title);
    tree_time(out, "created_at", invite->created_at, visit->now);
    tree_time(out, "expires_at", invite->expires_at, visit->now);
    tree_flag(out, invite->used ? "used" : invite->expired ? "expired" : "open", true);
    if (invite->name.size > 0) {
        tree_text(out, "used_by", invite->name);
        tree_print(out, "used_by_href", "/member/%.*s", SLICE_ARGS(invite->name));
        write_default(out, invites, invite->user);
    }
    tree_close(out);
}

static void show(struct visit *visit)
{
    struct invites *invites = visit->page;
    if (invites->answer->reply != NULL) {
        const struct ratio_backup_defaults_reply *reply = invites->answer->reply;
        invites->defaults = answer_rows(visit, reply->members, &book_default_row, &invites->defaults_count);
    }
    page_begin(visit, "Invitations", "invites");
    struct tree_writer *out = visit->out;
    tree_open_array(out, "invites");
    for (size_t i = 0; i < invites->count; i++)
        write_invite(visit, invites, &invites->at[i]);
    tree_close(out);
    tree_flag(out, "has_invites", invites->count > 0);
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

static void on_list(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    if (rows == NULL) {
        page_fail(visit, why, "accounts");
        return;
    }
    struct invites *invites = visit->page = arena_take(visit->arena, sizeof *invites);
    size_t users_count = 0;
    *invites = (struct invites){.count = db_count(rows)};
    invites->at = arena_take(visit->arena, (invites->count + 1) * sizeof *invites->at);
    uint64_t *users = arena_take(visit->arena, (invites->count + 1) * sizeof *users);
    for (size_t i = 0; i < invites->count; i++) {
        bool used = db_get_flag(rows, i, 4);
        invites->at[i] = (struct invited){.id = db_get_int(rows, i, 0),
                                          .class_title = account_class_title(db_get_text(rows, i, 1)),
                                          .created_at = db_get_time(rows, i, 2),
                                          .expires_at = db_get_time(rows, i, 3),
                                          .used = used,
                                          .name = arena_copy(visit->arena, db_get_text(rows, i, 5)),
                                          .expired = !used && db_get_flag(rows, i, 6),
                                          .user = db_get_int(rows, i, 7)};
        if (invites->at[i].user != 0)
            users[users_count++] = (uint64_t)invites->at[i].user;
    }
    struct gather *gather = gather_new(visit, show);
    const struct ratio_backup_defaults ask = {.users = ask_ids(visit, users, users_count)};
    invites->answer = gather_may(gather, &ratio_backup_defaults_message, &ask);
    gather_go(gather);
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
