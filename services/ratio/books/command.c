/* The WRITEs: each becomes an event of the rules, in a posting. Whose backup it is is checked here, for the event of a
 * changed redundancy does not say who wants it. */
#include "services/ratio/books/book.h"

#include "services/ratio/books/command.h"
#include "services/ratio/statements.h"

#define NO_REASON ((struct slice){0})
#define NO_LIMIT (INT64_C(1) << 62) /* the free space of a member who never declared any */

static void submit(struct bus_request *request, struct slice key, const struct rules_event *event,
                   const struct rules_event *more, struct slice reason,
                   bool (*check)(struct command *, bool *, struct fault *), struct slice (*reply)(struct command *))
{
    struct command *command = arena_take(bus_arena(request), sizeof *command);
    *command = (struct command){.request = request,
                                .key = key,
                                .event = *event,
                                .more = more,
                                .reason = reason,
                                .check = check,
                                .reply = reply};
    command_submit(command);
}

void command_submit(struct command *command)
{
    if (book.state == BOOK_CLOSED || book.stopped)
        bus_fail(command->request,
                 &(struct fault){.status = STATUS_unavailable,
                                 .text = "The books of backups are closed for the moment: try again in a "
                                         "minute."});
    else
        command_queue(command);
}

static struct rules_profile profile_of(int64_t user)
{
    struct rules_profile profile = {0};
    rules_profile(book.rules, user, &profile, NULL);
    return profile;
}

static struct rules_backup backup_of(int64_t id)
{
    struct rules_backup backup = {0};
    rules_backup(book.rules, id, &backup, NULL);
    return backup;
}

/* ---- ratio.space.set ---- */

static bool check_space(struct command *command, bool *skip, struct fault *why)
{
    int64_t bytes, polled;
    (void)skip;
    if (!rules_space(book.rules, command->event.user, &bytes, &polled, why))
        return false;
    if (command->event.bytes < 0)
        command->event.bytes = bytes < 0 ? NO_LIMIT : bytes;
    return true;
}

static struct slice reply_space(struct command *command)
{
    int64_t bytes = -1, polled;
    rules_space(book.rules, command->event.user, &bytes, &polled, NULL);
    bool declared = bytes >= 0 && bytes != NO_LIMIT;
    struct ratio_space_set_reply reply = {.space_declared = declared, .space = declared ? (uint64_t)bytes : 0};
    return bus_pack(command->request, &reply);
}

static void on_space(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_space_set *ask = message;
    const struct rules_event event = {
        .kind = RULES_free_space, .user = (int64_t)ask->user, .bytes = ask->declare ? (int64_t)ask->bytes : -1};
    submit(request, slice_text(""), &event, NULL, NO_REASON, check_space, reply_space);
}

/* ---- ratio.copy.drop ---- */

static struct slice reply_drop(struct command *command)
{
    struct rules_profile profile = profile_of(command->event.user);
    struct ratio_copy_drop_reply reply = {.contribution = (uint64_t)profile.contribution,
                                          .debt = (uint64_t)profile.debt};
    return bus_pack(command->request, &reply);
}

static void on_drop(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_copy_drop *ask = message;
    const struct rules_event event = {
        .kind = RULES_dropped, .user = (int64_t)ask->user, .version = (int64_t)ask->version};
    submit(request, ask->key, &event, NULL, NO_REASON, NULL, reply_drop);
}

/* ---- ratio.backup.set, ratio.backup.delete ---- */

/* The event's user is who asks; 0: the staff. */
static bool check_owner(struct command *command, bool *skip, struct fault *why)
{
    struct rules_backup backup;
    (void)skip;
    if (!rules_backup(book.rules, command->event.backup, &backup, why))
        return false;
    if (command->event.user != 0 && backup.owner != command->event.user)
        return fault_set(why, STATUS_forbidden, "backup", "The backup belongs to another member.");
    return true;
}

static struct slice reply_backup(struct command *command)
{
    struct rules_backup backup = backup_of(command->event.backup);
    struct rules_profile profile = profile_of(backup.owner);
    struct ratio_backup_set_reply reply = {.redundancy = (uint64_t)backup.redundancy,
                                           .obligation = (uint64_t)profile.obligation,
                                           .debt = (uint64_t)profile.debt};
    return bus_pack(command->request, &reply);
}

static const struct rules_event *retention_asked(struct bus_request *request, const struct ratio_backup_set *ask)
{
    struct rules_event *event = arena_take(bus_arena(request), sizeof *event);
    *event = (struct rules_event){.kind = RULES_retention,
                                  .user = (int64_t)ask->user,
                                  .backup = (int64_t)ask->backup,
                                  .retention = {.last = (int64_t)ask->keep_last,
                                                .daily = (int64_t)ask->keep_daily,
                                                .weekly = (int64_t)ask->keep_weekly,
                                                .monthly = (int64_t)ask->keep_monthly,
                                                .within = (int64_t)ask->keep_within}};
    return event;
}

static void on_backup_set(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_backup_set *ask = message;
    const struct rules_event redundancy = {.kind = RULES_redundancy,
                                           .user = (int64_t)ask->user,
                                           .backup = (int64_t)ask->backup,
                                           .redundancy = (int64_t)ask->redundancy};
    const struct rules_event *retention = ask->keep ? retention_asked(request, ask) : NULL;
    struct fault none;
    if (ask->redundancy != 0)
        submit(request, ask->key, &redundancy, retention, NO_REASON, check_owner, reply_backup);
    else if (retention != NULL)
        submit(request, ask->key, retention, NULL, NO_REASON, check_owner, reply_backup);
    else {
        fault_set(&none, STATUS_invalid, "redundancy", "Say how many copies are wanted, or which versions are kept.");
        bus_fail(request, &none);
    }
}

static struct slice reply_delete(struct command *command)
{
    struct rules_profile profile = profile_of(backup_of(command->event.backup).owner);
    struct ratio_backup_delete_reply reply = {.obligation = (uint64_t)profile.obligation,
                                              .points_free = (uint64_t)profile.points_free};
    return bus_pack(command->request, &reply);
}

static void on_backup_delete(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_backup_delete *ask = message;
    const struct rules_event event = {
        .kind = RULES_delete_backup, .user = (int64_t)ask->user, .backup = (int64_t)ask->backup};
    submit(request, ask->key, &event, NULL, NO_REASON, check_owner, reply_delete);
}

/* ---- points ---- */

static struct slice reply_assign(struct command *command)
{
    struct rules_profile profile = profile_of(command->event.user);
    struct ratio_points_assign_reply reply = {.points = (uint64_t)backup_of(command->event.backup).points,
                                              .points_assigned = (uint64_t)profile.points_assigned,
                                              .points_free = (uint64_t)profile.points_free};
    return bus_pack(command->request, &reply);
}

static void on_assign(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_points_assign *ask = message;
    const struct rules_event event = {
        .kind = RULES_assign,
        .user = (int64_t)ask->user,
        .backup = (int64_t)ask->backup,
        .points = (int64_t)ask->points,
        .expected_assigned = (int64_t)ask->expected_assigned,
        .expects = ask->expects || field_given(ratio_points_assign_message.ask, ask, "expected_assigned")};
    submit(request, ask->key, &event, NULL, NO_REASON, NULL, reply_assign);
}

static struct slice reply_move(struct command *command)
{
    struct ratio_points_move_reply reply = {.from_points = (uint64_t)backup_of(command->event.from).points,
                                            .to_points = (uint64_t)backup_of(command->event.to).points};
    return bus_pack(command->request, &reply);
}

static void on_move(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_points_move *ask = message;
    const struct rules_event event = {.kind = RULES_move,
                                      .user = (int64_t)ask->user,
                                      .from = (int64_t)ask->from,
                                      .to = (int64_t)ask->to,
                                      .points = (int64_t)ask->points};
    submit(request, ask->key, &event, NULL, NO_REASON, NULL, reply_move);
}

static struct slice reply_burn(struct command *command)
{
    struct rules_profile profile = profile_of(command->event.user);
    struct ratio_points_burn_reply reply = {.points_total = (uint64_t)profile.points_total,
                                            .points_free = (uint64_t)profile.points_free};
    return bus_pack(command->request, &reply);
}

static void on_burn(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_points_burn *ask = message;
    const struct rules_event event = {.kind = RULES_burn, .user = (int64_t)ask->user, .points = (int64_t)ask->points};
    submit(request, ask->key, &event, NULL, NO_REASON, NULL, reply_burn);
}

/* ---- ratio.points.grant ---- */

static struct slice reply_grant(struct command *command)
{
    struct rules_profile profile = profile_of(command->event.user);
    struct ratio_points_grant_reply reply = {.points_total = (uint64_t)profile.points_total,
                                             .points_free = (uint64_t)profile.points_free};
    return bus_pack(command->request, &reply);
}

static void grant(struct bus_request *request, const struct ratio_points_grant *ask)
{
    const struct rules_event event = {.kind = RULES_grant, .user = (int64_t)ask->user, .points = (int64_t)ask->points};
    submit(request, ask->key, &event, NULL, ask->reason, NULL, reply_grant);
}

struct granting {
    struct bus_request *request;
    const struct ratio_points_grant *ask;
};

static void on_staff(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct granting *granting = arg;
    struct fault none;
    if (why == NULL && db_count(rows) == 1) {
        grant(granting->request, granting->ask);
        return;
    }
    fault_set(&none, STATUS_forbidden, NULL, "Only staff may do that.");
    bus_fail(granting->request, why != NULL ? why : &none);
}

static void on_grant(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    struct granting *granting = arena_take(bus_arena(request), sizeof *granting);
    *granting = (struct granting){.request = request, .ask = message};
    if (bus_actor(request) == 0)
        grant(request, message);
    else
        db_ask(book.db, &once_staff, db_int(db_args(), (int64_t)bus_actor(request)), on_staff, granting);
}

/* ---- ratio.slot.ask ---- */

static const char *const verdicts[] = {
    [RULES_DENY] = "deny", [RULES_ALLOW_OWNER] = "owner", [RULES_ALLOW_SLOT] = "slot", [RULES_ALLOW_SPARE] = "spare"};

/* To take a .torrent is no announce: only who has no copy, and would get a slot, takes one. */
static bool check_slot(struct command *command, bool *skip, struct fault *why)
{
    struct rules_copy copy;
    struct rules_version version;
    struct rules_verdict verdict;
    struct rules_event *event = &command->event;
    if (!rules_verdict(book.rules, event->user, event->version, 1, &verdict, why) ||
        !rules_copy(book.rules, event->user, event->version, &copy, why) ||
        !rules_version(book.rules, event->version, &version, why))
        return false;
    event->left = version.size;
    *skip = verdict.allow != RULES_ALLOW_SLOT || (copy.state >= RULES_OFFERED && copy.state <= RULES_STALE);
    return true;
}

static struct slice reply_slot(struct command *command)
{
    struct rules_verdict verdict = {.allow = RULES_DENY};
    rules_verdict(book.rules, command->event.user, command->event.version, 1, &verdict, NULL);
    struct ratio_slot_ask_reply reply = {.verdict = slice_text(verdicts[verdict.allow])};
    if (verdict.allow == RULES_DENY)
        reply.reason = slice_text(verdict.reason);
    return bus_pack(command->request, &reply);
}

static void on_slot(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_slot_ask *ask = message;
    const struct rules_event event = {
        .kind = RULES_announce, .user = (int64_t)ask->user, .version = (int64_t)ask->version};
    submit(request, slice_text(""), &event, NULL, NO_REASON, check_slot, reply_slot);
}

void commands_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_space_set_message, on_space, NULL);
    bus_serve(book.bus, NULL, &ratio_copy_drop_message, on_drop, NULL);
    bus_serve(book.bus, NULL, &ratio_backup_set_message, on_backup_set, NULL);
    bus_serve(book.bus, NULL, &ratio_backup_delete_message, on_backup_delete, NULL);
    bus_serve(book.bus, NULL, &ratio_points_assign_message, on_assign, NULL);
    bus_serve(book.bus, NULL, &ratio_points_move_message, on_move, NULL);
    bus_serve(book.bus, NULL, &ratio_points_burn_message, on_burn, NULL);
    bus_serve(book.bus, NULL, &ratio_points_grant_message, on_grant, NULL);
    bus_serve(book.bus, NULL, &ratio_slot_ask_message, on_slot, NULL);
}
