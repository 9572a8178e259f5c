/* Most notices follow from the posting's effects. Debt clocks pass their marks, and backups go without a new version,
 * with no event, so every hour a tick looks at all of them; ratio.book_warned remembers what was told, so that no mark
 * is told twice, whichever replica ticks. */
#include "services/ratio/books/tell.h"

#include "services/common/notices.h"
#include "services/ratio/statements.h"
#include "services/ratio/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 600, EACH_MOST = 2 /* notices of one effect */, HOLDERS_MOST = 40 /* of one restore */ };

#define SWEEP_MS 3600000
#define DAY_MS INT64_C(86400000)

struct telling {
    struct posting *posting;
    struct notices notices;
    void (*then)(void *arg);
    void *arg;
};

static void put(struct telling *telling, int64_t user, enum notice_kind kind, const char *title, const char *text)
{
    notices_put(&telling->notices, (uint64_t)user, kind, title, text, telling->posting->now);
}

/* "Version 12 (1.5 GiB) of your backup 7". */
static void name_version(int64_t version, const struct rules_placing *placing, const char *whose, char into[TEXT_MAX])
{
    char size[WORDS_MAX];
    snprintf(into, TEXT_MAX, "Version %" PRId64 " (%s) of %s backup %" PRId64, version,
             words_size((uint64_t)placing->size, size), whose, placing->backup);
}

/* Only what the posting has come to in the end is told. */
static void tell_counted(struct telling *telling, const struct effect *effect, const struct rules_placing *placing)
{
    char name[TEXT_MAX], text[TEXT_MAX + 200];
    if (effect->after != placing->counted || placing->deleted)
        return;
    name_version(effect->version, placing, "your", name);
    if (effect->after < effect->before && effect->after < 2 && effect->before >= 2) {
        snprintf(text, sizeof text,
                 "%s has %" PRId64
                 " of the %d copies that it wants. It is back in the queue; keep your own copy online "
                 "so that others can fetch it.",
                 name, effect->after, placing->redundancy);
        put(telling, placing->owner, NOTICE_backup_thin, "A backup has fewer than two copies", text);
    } else if (effect->after > effect->before && effect->after == placing->redundancy) {
        snprintf(text, sizeof text, "%s has all of the %d copies that it wants.", name, placing->redundancy);
        put(telling, placing->owner, NOTICE_backup_complete, "A backup has all its copies", text);
    }
}

static void tell_gone(struct telling *telling, const struct effect *effect, const struct rules_placing *placing)
{
    char name[TEXT_MAX], text[TEXT_MAX + 200];
    name_version(effect->version, placing, "your", name);
    if (!placing->deleted) {
        snprintf(text, sizeof text, "%s has lost a copy: its holder's copy is %s. It has %d of %d now.", name,
                 effect->state_after, placing->counted, placing->redundancy);
        put(telling, placing->owner, NOTICE_copy_lost, "A copy of your backup has gone", text);
    }
    name_version(effect->version, placing, "another member's", name);
    if (strcmp(effect->state_after, "failed") == 0) {
        snprintf(
            text, sizeof text,
            "%s failed its audit: what your client served is not what it should be. The copy counts no more; it can "
            "be fetched again in 7 days. Let your client check its files.",
            name);
        put(telling, effect->user, NOTICE_audit_failed, "A copy that you hold failed its audit", text);
    } else if (strcmp(effect->state_after, "lost") == 0) {
        snprintf(text, sizeof text,
                 "%s was not seen for as long as it may be away, and counts no more. If you still have it, seed it: it "
                 "counts again when there is room.",
                 name);
        put(telling, effect->user, NOTICE_copy_lost, "A copy that you held counts no more", text);
    }
}

static void tell_released(struct telling *telling, const struct effect *effect, const struct rules_placing *placing)
{
    char name[TEXT_MAX], text[TEXT_MAX + 200];
    name_version(effect->version, placing, "your", name);
    snprintf(
        text, sizeof text,
        "A copy of it was released, because others have held more of your content than you of theirs for too long. "
        "%s has %d of %d copies now. Hold what your feed offers, and new copies will be made.",
        name, placing->counted, placing->redundancy);
    put(telling, placing->owner, NOTICE_copies_released, "A copy of your backup was released", text);
    name_version(effect->version, placing, "another member's", name);
    snprintf(text, sizeof text, "%s is released: you may delete your copy without any mark.", name);
    put(telling, effect->user, NOTICE_may_delete, "A copy that you hold may be deleted", text);
}

static void tell_effect(struct telling *telling, const struct effect *effect)
{
    struct rules_placing placing;
    if (effect->version == 0 || !rules_placing(book.rules, effect->version, &placing))
        return;
    bool was_held = strcmp(effect->state_before, "held") == 0 || strcmp(effect->state_before, "stale") == 0;
    const char *now = effect->state_after;
    if (strcmp(effect->what, "counted") == 0)
        tell_counted(telling, effect, &placing);
    else if (was_held && strcmp(now, "released") == 0)
        tell_released(telling, effect, &placing);
    else if (was_held && (strcmp(now, "lost") == 0 || strcmp(now, "failed") == 0 || strcmp(now, "dropped") == 0))
        tell_gone(telling, effect, &placing);
}

/* ---- commands ---- */

static void tell_grant(struct telling *telling, const struct command *command)
{
    char text[TEXT_MAX];
    struct rules_profile profile = {0};
    rules_profile(book.rules, command->event.user, &profile, NULL);
    snprintf(text, sizeof text,
             "You got %" PRId64 " priority point%s: %.*s. You have %" PRId64
             " now; assign them to a backup, and its versions come earlier in the queue.",
             command->event.points, command->event.points == 1 ? "" : "s", SLICE_ARGS(command->reason),
             profile.points_total);
    put(telling, command->event.user, NOTICE_points_granted, "You got priority points", text);
}

/* 4.2: those who hold a version that its owner begins to restore. */
static void tell_restore(struct telling *telling, int64_t version)
{
    struct rules_holdings holdings = {0};
    struct rules_placing placing = {0};
    char name[TEXT_MAX], text[TEXT_MAX + 200];
    rules_placing(book.rules, version, &placing);
    rules_version_copies(book.rules, version, &holdings, NULL);
    name_version(version, &placing, "another member's", name);
    snprintf(text, sizeof text, "%s is being restored by its owner from the copies that others hold. Please be online.",
             name);
    for (size_t i = 0, told = 0; i < holdings.count && told < HOLDERS_MOST; i++)
        if (holdings.at[i].state == RULES_HELD || holdings.at[i].state == RULES_STALE) {
            put(telling, holdings.at[i].user, NOTICE_restore_wanted, "A copy that you hold is needed now", text);
            told++;
        }
    rules_holdings_clear(&holdings);
}

/* ---- debt clocks ---- */

/* Which mark the clock has passed: half of the first limit, 7/30 before it, it; then half of what is left, 1/14 before
 * the end. At 30 and 44 days these are 15, 23, 30, 37 and 43. */
static int64_t mark_of(const struct rules_profile *p)
{
    int64_t overdue = p->overdue_ms, rest = p->release_ms - p->overdue_ms;
    const int64_t marks[] = {overdue / 2, overdue * 23 / 30, overdue, overdue + rest / 2, overdue + rest * 13 / 14};
    int64_t mark = 0;
    while (mark < 5 && p->clock_ms >= marks[mark])
        mark++;
    return mark;
}

static void tell_mark(struct telling *telling, int64_t user)
{
    struct rules_profile p;
    char limit[WORDS_MAX], bytes[WORDS_MAX], text[TEXT_MAX];
    if (!rules_profile(book.rules, user, &p, NULL))
        return;
    int64_t left = p.overdue ? p.release_ms - p.clock_ms : p.overdue_ms - p.clock_ms;
    snprintf(
        text, sizeof text,
        "Others hold %s more of your content than you hold of theirs. When the clock has run for another %s, %s. Hold "
        "what your feed offers: while a fetch progresses the clock stands.",
        words_needed((uint64_t)(p.lent > p.contribution ? p.lent - p.contribution : 0), bytes),
        words_span(left > 0 ? left : 0, limit),
        p.overdue ? "copies of your content are released" : "your content gets no new slots");
    put(telling, user, NOTICE_debt_clock, p.overdue ? "Copies of your backups will be released" : "You will be overdue",
        text);
}

static void finish(struct telling *telling)
{
    notices_add(telling->posting->tx, &telling->notices);
    telling->posting->tells = telling->notices.count > 0;
    telling->then(telling->arg);
    free(telling);
}

/* Room for so many more. */
static void grow(struct telling *telling, size_t more)
{
    struct notices grown = notices_take(telling->posting->arena, telling->notices.count + more);
    memcpy(grown.ids, telling->notices.ids, telling->notices.count * sizeof *grown.ids);
    memcpy(grown.facts, telling->notices.facts, telling->notices.count * sizeof *grown.facts);
    grown.count = telling->notices.count;
    telling->notices = grown;
}

static void on_warned(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct telling *telling = arg;
    size_t count = why == NULL ? db_count(rows) : 0;
    grow(telling, count);
    for (size_t i = 0; i < count; i++)
        tell_mark(telling, db_get_int(rows, i, 0));
    finish(telling);
}

const struct statement book_warn = {
    .name = "book_warn",
    .sql = "WITH now AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS n(user_id, mark)),"
           " stored AS (INSERT INTO ratio.book_warned AS old (user_id, mark) SELECT user_id, mark FROM now"
           " ON CONFLICT (user_id) DO UPDATE SET mark = excluded.mark WHERE old.mark <> excluded.mark)"
           " SELECT now.user_id FROM now LEFT JOIN ratio.book_warned b USING (user_id)"
           " WHERE now.mark > coalesce(b.mark, 0) ORDER BY now.user_id"};

/* A clock of less than a day is told to the table too, so that the marks begin again. */
static bool sweep(struct telling *telling)
{
    size_t count = 0, room = 0;
    int64_t *numbers = NULL, *marks, id;
    struct rules_profile p;
    for (uint32_t place = 0; (id = rules_next_member(book.rules, &place)) != 0;) {
        if (!rules_profile(book.rules, id, &p, NULL) || p.clock_ms == 0)
            continue;
        if (count + 2 > room) {
            room = room == 0 ? 128 : room * 2;
            numbers = mem_grow(numbers, room * sizeof *numbers);
        }
        numbers[count++] = id;
        numbers[count++] = mark_of(&p);
    }
    if (count == 0)
        return false;
    size_t pairs = count / 2;
    marks = mem_take(count * sizeof *marks);
    for (size_t i = 0; i < pairs; i++) {
        marks[i] = numbers[2 * i];
        marks[pairs + i] = numbers[2 * i + 1];
    }
    struct db_args *args = db_ints(db_ints(db_args(), marks, pairs), marks + pairs, pairs);
    db_tx_ask(telling->posting->tx, &book_warn, args, on_warned, telling);
    free(numbers);
    free(marks);
    return true;
}

/* ---- backups without a new version ---- */

const struct statement remind_list = {
    .name = "remind_list",
    .sql = "SELECT backup_id, remind_days, reminded FROM ratio.book_backup WHERE remind_days > 0 ORDER BY backup_id"};

const struct statement remind_told = {
    .name = "remind_told",
    .sql = "UPDATE ratio.book_backup b SET reminded = n.version"
           " FROM unnest($1::bigint[], $2::bigint[]) AS n(backup_id, version) WHERE b.backup_id = n.backup_id"};

static void tell_lapse(struct telling *telling, const struct rules_backup *backup, int64_t days)
{
    char text[TEXT_MAX], since[WORDS_MAX];
    snprintf(text, sizeof text,
             "Your backup %" PRId64 " has had no new version for %s; you wanted to be told after %" PRId64
             " day%s. See whether what makes it still runs.",
             backup->backup, words_span(telling->posting->now - backup->newest_at, since), days, days == 1 ? "" : "s");
    put(telling, backup->owner, NOTICE_backup_lapsed, "A backup has had no new version", text);
}

/* Once a lapse: for the next one a newer version must have come. */
static void on_reminders(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct telling *telling = arg;
    size_t count = why == NULL ? db_count(rows) : 0, told = 0;
    int64_t *backups = mem_take((count + 1) * sizeof *backups), *versions = mem_take((count + 1) * sizeof *versions);
    grow(telling, count);
    for (size_t i = 0; i < count; i++) {
        struct rules_backup backup;
        int64_t days = db_get_int(rows, i, 1);
        if (!rules_backup(book.rules, db_get_int(rows, i, 0), &backup, NULL) ||
            backup.newest <= db_get_int(rows, i, 2) || telling->posting->now - backup.newest_at < days * DAY_MS)
            continue;
        backups[told] = backup.backup;
        versions[told++] = backup.newest;
        tell_lapse(telling, &backup, days);
    }
    if (told > 0)
        db_tx_ask(telling->posting->tx, &remind_told, db_ints(db_ints(db_args(), backups, told), versions, told), NULL,
                  NULL);
    free(backups);
    free(versions);
    if (!sweep(telling))
        finish(telling);
}

/* Commands that were booked now, not those that are answered again. */
static void tell_commands(struct telling *telling)
{
    for (const struct command *command = telling->posting->commands; command != NULL; command = command->next)
        if (command->tell != NULL && !command->kept && command->why.status == STATUS_ok)
            command->tell(command, &telling->notices);
}

void tell_members(struct posting *posting, void (*then)(void *arg), void *arg)
{
    struct telling *telling = mem_zero(1, sizeof *telling);
    *telling = (struct telling){.posting = posting, .then = then, .arg = arg};
    size_t commands = 0;
    for (const struct command *command = posting->commands; command != NULL; command = command->next)
        commands++;
    telling->notices = notices_take(posting->arena, EACH_MOST * posting->effects.rows_count + commands +
                                                        HOLDERS_MOST * posting->restored_count);
    for (size_t i = 0; i < posting->restored_count; i++)
        tell_restore(telling, posting->restored[i]);
    for (const struct command *command = posting->commands; command != NULL; command = command->next)
        if (command->event.kind == RULES_grant && command->seq != 0)
            tell_grant(telling, command);
    for (size_t i = 0; i < posting->effects.rows_count; i++)
        tell_effect(telling, &posting->effects.rows[i]);
    tell_commands(telling);
    bool due = posting->after.ticked_at == posting->now && posting->now - book.swept_at >= SWEEP_MS;
    if (due)
        book.swept_at = posting->now;
    if (due)
        db_tx_ask(posting->tx, &remind_list, NULL, on_reminders, telling);
    else
        finish(telling);
}
