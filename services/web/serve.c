/* The bus methods web.*. Requests that change something may be repeated: their secrets are derived from the idempotency
 * key, so a repeat finds by the hash what the first one made, and nothing that opens an account is kept in clear to
 * answer it. */
#include "services/web/serve.h"

#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/web/enrol.h"
#include "services/web/invite.h"
#include "services/web/member_import.h"
#include "services/web/reset.h"
#include "services/web/statements.h"
#include "services/web/token.h"
#include "services/web/web.h"

#include <stdio.h>

/* ---- web.member.add ---- */

struct add {
    struct bus_request *request;
    struct slice password; /* in clear */
    char made[21];         /* when it was made here */
    struct secret token;
    struct enrol enrol;
    bool repeated; /* looked for again after a conflict */
};

static void look_for_member(struct add *add);

static void reply_member(struct add *add, const struct member *member)
{
    char announce[WEB_URL_MAX];
    web_announce_url(slice_text(member->passkey), announce);
    struct web_member_add_reply reply = {
        .user = member->id,
        .name = slice_text(member->name),
        .class = slice_text(member->class_name),
        .passkey = slice_text(member->passkey),
        .announce = slice_text(announce),
        .token = slice_text(add->token.text),
        .password = slice_text(add->made),
    };
    bus_reply(add->request, &reply);
}

static void on_member_made(struct enrol *enrol, const struct fault *why)
{
    struct add *add = enrol->arg;
    if (why == NULL) {
        log_info("member added", "user=%llu class=%s", (unsigned long long)enrol->made.id, enrol->made.class_name);
        reply_member(add, &enrol->made);
    } else if (why->status == STATUS_conflict && !add->repeated) {
        /* The same request may have come through another replica at the same moment. */
        add->repeated = true;
        add->enrol.tx = NULL;
        look_for_member(add);
    } else {
        bus_fail(add->request, why);
    }
}

static void on_hashed(void *arg)
{
    struct add *add = arg;
    enrol_run(&add->enrol);
}

static void hash(void *arg)
{
    struct add *add = arg;
    password_hash(add->password, add->enrol.password);
}

static void on_looked(void *arg, const struct member *member, const struct fault *why)
{
    struct add *add = arg;
    struct fault busy;
    if (why != NULL) {
        bus_fail(add->request, why);
    } else if (member != NULL) {
        reply_member(add, member);
    } else if (add->repeated) {
        fault_set(&busy, STATUS_conflict, "name", "Somebody here is called that already: choose another name.");
        bus_fail(add->request, &busy);
    } else if (!worker_run(web.worker, hash, on_hashed, add)) {
        fault_set(&busy, STATUS_unavailable, NULL,
                  "Many people are signing in at this moment: try again in a few seconds.");
        bus_fail(add->request, &busy);
    }
}

static void look_for_member(struct add *add)
{
    token_look(&add->token, on_looked, add);
}

static bool check_member(const struct web_member_add *ask, struct fault *why)
{
    if (!account_name_good(ask->name, why))
        return false;
    if (ask->class.size > 0 && !account_class_known(ask->class))
        return fault_set(why, STATUS_invalid, "class", "A class is member, power, moderator or administrator.");
    return ask->password.size == 0 || password_good(ask->password, ask->name, why);
}

static void on_member_add(struct bus_request *request, const void *body, void *arg)
{
    const struct web_member_add *ask = body;
    struct fault why;
    (void)arg;
    if (bus_actor(request) != 0)
        fault_set(&why, STATUS_forbidden, NULL, "Only the operator adds members without an invitation.");
    if (bus_actor(request) != 0 || !check_member(ask, &why)) {
        bus_fail(request, &why);
        return;
    }
    struct add *add = arena_take(bus_arena(request), sizeof *add);
    struct secret password;
    add->request = request;
    add->password = ask->password;
    secret_derive(ask->key, "member token", &add->token);
    if (ask->password.size == 0) {
        secret_derive(ask->key, "member password", &password);
        snprintf(add->made, sizeof add->made, "%.20s", password.text);
        add->password = slice_text(add->made);
    }
    add->enrol = (struct enrol){
        .way = ENROL_operator,
        .name = ask->name,
        .class_name = ask->class.size > 0 ? ask->class : slice_text("member"),
        .token = &add->token,
        .address = "",
        .done = on_member_made,
        .arg = add,
    };
    look_for_member(add);
}

/* ---- web.member.get, web.member.set ---- */

static void reply_found(struct bus_request *request, const struct member *member)
{
    struct web_member_get_reply reply = {
        .user = member->id,
        .name = slice_text(member->name),
        .class = slice_text(member->class_name),
        .standing = slice_text(member->standing),
        .joined_at = member->joined_at,
    };
    bus_reply(request, &reply);
}

static bool found_or_fail(struct bus_request *request, const struct member *member, const struct fault *why)
{
    struct fault none;
    fault_set(&none, STATUS_not_found, "name", "Nobody here is called that.");
    if (member == NULL)
        bus_fail(request, why != NULL ? why : &none);
    return member != NULL;
}

static void on_found(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    (void)password;
    if (found_or_fail(arg, member, why))
        reply_found(arg, member);
}

static void find(struct slice name, uint64_t user, member_found_fn *found, void *arg)
{
    if (name.size > 0)
        member_find_name(name, found, arg);
    else
        member_find_id(user, found, arg);
}

static void on_member_get(struct bus_request *request, const void *body, void *arg)
{
    const struct web_member_get *ask = body;
    (void)arg;
    find(ask->name, ask->user, on_found, request);
}

struct set {
    struct bus_request *request;
    struct slice class_name, standing;
    struct member member;
};

static void on_set(void *arg, const struct fault *why, bool uncertain)
{
    struct set *set = arg;
    (void)uncertain;
    if (why != NULL) {
        bus_fail(set->request, why);
        return;
    }
    struct web_member_set_reply reply = {
        .user = set->member.id,
        .name = slice_text(set->member.name),
        .class = slice_text(set->member.class_name),
        .standing = slice_text(set->member.standing),
    };
    bus_reply(set->request, &reply);
}

static void on_found_to_set(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct set *set = arg;
    (void)password;
    if (!found_or_fail(set->request, member, why))
        return;
    set->member = *member;
    member_change(&set->member, set->class_name, set->standing, on_set, set);
}

static bool check_set(struct bus_request *request, const struct web_member_set *ask, struct fault *why)
{
    if (bus_actor(request) != 0)
        return fault_set(why, STATUS_forbidden, NULL, "Only the operator changes members this way.");
    if (ask->class.size > 0 && !account_class_known(ask->class))
        return fault_set(why, STATUS_invalid, "class", "A class is member, power, moderator or administrator.");
    if (ask->standing.size > 0 && !slice_is(ask->standing, "active") && !slice_is(ask->standing, "disabled"))
        return fault_set(why, STATUS_invalid, "standing", "A member is active or disabled.");
    return true;
}

static void on_member_set(struct bus_request *request, const void *body, void *arg)
{
    const struct web_member_set *ask = body;
    struct fault why;
    (void)arg;
    if (!check_set(request, ask, &why)) {
        bus_fail(request, &why);
        return;
    }
    struct set *set = arena_take(bus_arena(request), sizeof *set);
    *set = (struct set){.request = request, .class_name = ask->class, .standing = ask->standing};
    find(ask->name, ask->user, on_found_to_set, set);
}

/* ---- web.invite.add ---- */

struct invite {
    struct bus_request *request;
    struct secret secret;
};

static void reply_invite(struct invite *invite, int64_t expires_at)
{
    char link[WEB_URL_MAX];
    invite_link(&invite->secret, link);
    struct web_invite_add_reply reply = {.link = slice_text(link), .expires_at = expires_at};
    bus_reply(invite->request, &reply);
}

static void on_invite_kept(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct invite *invite = arg;
    struct fault none;
    fault_set(&none, STATUS_forbidden, NULL, "There is no invitation left to make.");
    if (rows != NULL && db_count(rows) > 0)
        reply_invite(invite, db_get_time(rows, 0, 0));
    else
        bus_fail(invite->request, why != NULL ? why : &none);
}

const struct statement invite_find = {"invite_find",
                                      "SELECT expires_at FROM web.invite WHERE hash = $1 AND made_by = $2"};

static void on_invite_made(void *arg, int64_t expires_at, const struct fault *why)
{
    struct invite *invite = arg;
    int64_t actor = (int64_t)bus_actor(invite->request);
    if (expires_at != 0)
        reply_invite(invite, expires_at);
    else if (why != NULL && why->status != STATUS_conflict)
        bus_fail(invite->request, why);
    else /* none left, or made already when this came before */
        db_ask(service_db(), &invite_find, db_int(db_bytes(db_args(), slice_of(invite->secret.hash, HASH_SIZE)), actor),
               on_invite_kept, invite);
}

static void on_invite_add(struct bus_request *request, const void *body, void *arg)
{
    const struct web_invite_add *ask = body;
    struct invite *invite = arena_take(bus_arena(request), sizeof *invite);
    uint64_t actor = bus_actor(request);
    struct fault why;
    (void)arg;
    invite->request = request;
    secret_derive(ask->key, "invite", &invite->secret);
    if (ask->class.size > 0 && !account_class_known(ask->class))
        fault_set(&why, STATUS_invalid, "class", "A class is member, power, moderator or administrator.");
    else if (ask->class.size > 0 && actor != 0)
        fault_set(&why, STATUS_forbidden, "class", "Only the operator's invitations have a class.");
    else if (actor == 0) {
        invite_make_operator(&invite->secret, ask->class, clock_now(), on_invite_made, invite);
        return;
    } else {
        invite_make(&invite->secret, actor, clock_now(), on_invite_made, invite);
        return;
    }
    bus_fail(request, &why);
}

/* ---- web.site.get ---- */

const struct statement site_count = {"site_count", "SELECT count(*) FROM web.member"};

static void on_counted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (rows == NULL) {
        bus_fail(request, why);
        return;
    }
    struct web_site_get_reply reply = {.members = (uint64_t)db_get_int(rows, 0, 0)};
    bus_reply(request, &reply);
}

static void on_site_get(struct bus_request *request, const void *body, void *arg)
{
    (void)body;
    (void)arg;
    db_ask(service_db(), &site_count, db_args(), on_counted, request);
}

void serve_start(void)
{
    struct bus *bus = service_bus();
    bus_serve(bus, NULL, &web_member_add_message, on_member_add, NULL);
    bus_serve(bus, NULL, &web_member_get_message, on_member_get, NULL);
    bus_serve(bus, NULL, &web_member_set_message, on_member_set, NULL);
    bus_serve(bus, NULL, &web_invite_add_message, on_invite_add, NULL);
    bus_serve(bus, NULL, &web_site_get_message, on_site_get, NULL);
    member_import_serve();
    reset_serve();
}
