/* What a posting does to the memory: first what time alone brings, then what stood in the inbox, then the commands,
 * then the tick. A few ms at a time, so that readers are not kept waiting. */
#include "services/ratio/books/posting.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { SLICE_MS = 2, SLICE_EVENTS = 64 };

#define MASS_LEAST 20 /* copies HELD, below which a share of them says nothing */
#define MASS_ENDS_MS (24 * INT64_C(3600000))

static int64_t next_seq(const struct posting *posting)
{
    return posting->head.seq + (int64_t)posting->rows_count + 1;
}

static void row_add(struct posting *posting, const struct book_row *row)
{
    if (posting->rows_count == posting->rows_room) {
        posting->rows_room = posting->rows_room == 0 ? 64 : posting->rows_room * 2;
        posting->rows = mem_grow(posting->rows, posting->rows_room * sizeof *posting->rows);
    }
    posting->rows[posting->rows_count] = *row;
    posting->rows[posting->rows_count].seq = next_seq(posting);
    posting->rows_count++;
}

/* Ends a run of sightings. */
static void sightings_flush(struct posting *posting)
{
    if (posting->sightings.size == 0)
        return;
    struct book_row row = {.at = posting->now, .kind = slice_text(ROW_SIGHTINGS)};
    row.packed = arena_copy(posting->arena, buffer_slice(&posting->sightings));
    posting->sightings.size = 0;
    row_add(posting, &row);
}

static bool run(struct posting *posting, struct rules_event *event, struct fault *why)
{
    sightings_flush(posting);
    if (event->at == 0)
        event->at = posting->now;
    bool done = rules_apply(book.rules, event, why);
    memory_note(book.memory, book.rules, next_seq(posting), event_name(event->kind), &posting->effects);
    book.events_unsaved++;
    book.count.events++;
    if (!done) {
        book.count.refused++;
        return false;
    }
    struct book_row row = row_of_event(event);
    row_add(posting, &row);
    book.changed = true;
    return true;
}

/* ---- time and safe mode (2.12, Q5) ---- */

static void go_down(struct posting *posting, int64_t at, const char *why)
{
    run(posting, &(struct rules_event){.kind = RULES_tracker, .up = false, .at = at}, NULL);
    posting->after.down_since = at;
    snprintf(posting->after.down_why, sizeof posting->after.down_why, "%s", why);
    log_error("safe mode begins: nothing expires and no clock moves", "why=%s since=%" PRId64, why, at);
}

static bool has_fallen(const struct posting *posting)
{
    int64_t held, stale, fallen;
    memory_tally(book.memory, posting->now, &held, &stale, &fallen);
    return held + fallen >= MASS_LEAST && fallen * 10 > 3 * (held + fallen);
}

static bool has_recovered(const struct posting *posting)
{
    int64_t held, stale, fallen;
    memory_tally(book.memory, posting->now, &held, &stale, &fallen);
    return stale * 10 <= 3 * (held + stale) || posting->now - posting->after.down_since >= MASS_ENDS_MS;
}

/* The silence began when the last report was 2 min old, also when nobody was there to notice: the books are moved every
 * minute while they are kept at all. */
static void watch_silence(struct posting *posting)
{
    const struct head *head = &posting->head;
    bool silent = posting->now - head->heard_now >= SILENCE_MS, away = posting->now - head->at >= SILENCE_MS;
    if (head->down_since == 0 && (silent || away)) {
        int64_t since = head->heard_at + SILENCE_MS;
        since = since < head->at ? head->at : since;
        go_down(posting, since < posting->now ? since : posting->now, "silence");
    }
    rules_advance(book.rules, posting->now);
    memory_note(book.memory, book.rules, next_seq(posting), ROW_TIME, &posting->effects);
    if (posting->after.down_since == 0 && has_fallen(posting))
        go_down(posting, posting->now, "mass");
    bool mass = strcmp(posting->after.down_why, "mass") == 0;
    if (posting->after.down_since == 0 || silent || (mass && !has_recovered(posting)))
        return;
    run(posting, &(struct rules_event){.kind = RULES_tracker, .up = true}, NULL);
    log_info("safe mode ends", "since=%" PRId64, posting->after.down_since);
    posting->after.down_since = 0;
    posting->after.down_why[0] = '\0';
}

/* ---- inbox ---- */

static void refuse_version(struct posting *posting, int64_t version, const char *why)
{
    if (posting->refused_count == posting->refused_room) {
        posting->refused_room = posting->refused_room == 0 ? 16 : posting->refused_room * 2;
        posting->refused = mem_grow(posting->refused, posting->refused_room * sizeof *posting->refused);
        posting->refused_why = mem_grow(posting->refused_why, posting->refused_room * sizeof *posting->refused_why);
    }
    posting->refused[posting->refused_count] = version;
    posting->refused_why[posting->refused_count++] = arena_copy(posting->arena, slice_text(why));
}

/* Catalog may be ahead of web: an owner of a backup is a member. */
static void learn_member(struct posting *posting, int64_t user)
{
    int64_t bytes, polled;
    if (user > 0 && !rules_space(book.rules, user, &bytes, &polled, NULL))
        run(posting, &(struct rules_event){.kind = RULES_member, .user = user}, NULL);
}

/* What it may do with each of its copies has changed. */
static void learn_standing(struct posting *posting, int64_t user, bool suspended)
{
    static struct rules_holdings holdings; /* room for one member's */
    struct rules_profile profile;
    if (!rules_profile(book.rules, user, &profile, NULL) || profile.suspended == suspended)
        return;
    run(posting, &(struct rules_event){.kind = RULES_suspended, .user = user, .suspended = suspended}, NULL);
    rules_member_copies(book.rules, user, &holdings, NULL);
    for (size_t i = 0; i < holdings.count; i++)
        effects_pair(&posting->effects, user, holdings.at[i].version);
}

static bool learn_backup(struct posting *posting, const struct incoming *row, struct fault *why)
{
    struct rules_backup backup;
    if (row->backup == 0)
        return fault_set(why, STATUS_invalid, "backup", "The catalog does not say which backup it belongs to.");
    if (rules_backup(book.rules, row->backup, &backup, NULL))
        return backup.owner == row->user ||
               fault_set(why, STATUS_conflict, "backup", "The backup belongs to another member.");
    return run(posting,
               &(struct rules_event){.kind = RULES_backup,
                                     .user = row->user,
                                     .backup = row->backup,
                                     .redundancy = row->other > 0 ? row->other : 1},
               why);
}

static void learn_version(struct posting *posting, const struct incoming *row)
{
    struct rules_placing placing;
    struct fault why;
    if (rules_placing(book.rules, row->version, &placing))
        return;
    learn_member(posting, row->user);
    struct rules_event event = {
        .kind = RULES_version, .version = row->version, .backup = row->backup, .size = row->amount};
    if (row->depends_on != 0 && rules_placing(book.rules, row->depends_on, &placing) && !placing.deleted &&
        placing.backup == row->backup)
        event.depends_on = row->depends_on; /* of a snapshot's versions the base may have gone */
    if (learn_backup(posting, row, &why) && run(posting, &event, &why))
        refuse_version(posting, row->version, "");
    else
        refuse_version(posting, row->version, why.text);
}

static int64_t number_at(struct slice payload, size_t at)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | (unsigned char)payload.at[at + i];
    return (int64_t)number;
}

static bool begins_restore(const struct rules_event *event)
{
    struct rules_profile profile;
    struct rules_placing placing;
    return event->left > 0 && rules_placing(book.rules, event->version, &placing) && placing.owner == event->user &&
           rules_profile(book.rules, event->user, &profile, NULL) && !profile.restoring;
}

static void note_restore(struct posting *posting, int64_t version)
{
    if (posting->restored_count == posting->restored_room) {
        posting->restored_room = posting->restored_room == 0 ? 16 : posting->restored_room * 2;
        posting->restored = mem_grow(posting->restored, posting->restored_room * sizeof *posting->restored);
    }
    posting->restored[posting->restored_count++] = version;
}

static void sight(struct posting *posting, struct rules_event *event)
{
    if (event->kind == RULES_household && rules_in_household(book.rules, event->user, event->household))
        return; /* told already */
    bool restores = begins_restore(event);
    bool done = rules_apply(book.rules, event, NULL);
    memory_note(book.memory, book.rules, next_seq(posting), event_name(event->kind), &posting->effects);
    book.events_unsaved++;
    book.count.events++;
    if (done && restores)
        note_restore(posting, event->version);
    if (done) {
        sighting_pack(&posting->sightings, event->user, event->version,
                      event->kind == RULES_household ? event->household : event->left);
        return;
    }
    struct rules_placing placing;
    book.count.refused++;
    if (rules_placing(book.rules, event->version, &placing))
        effects_pair(&posting->effects, event->user, event->version); /* the tracker should know */
}

/* Some of the row's sightings; true: it is through. */
static bool sight_some(struct posting *posting, struct incoming *row)
{
    enum { EACH = 24 };
    struct rules_event event = {.at = posting->now};
    for (int i = 0; i < SLICE_EVENTS && row->payload.size >= EACH; i++) {
        sighting_fill(&event, number_at(row->payload, 0), number_at(row->payload, 8), number_at(row->payload, 16));
        sight(posting, &event);
        row->payload = slice_of(row->payload.at + EACH, row->payload.size - EACH);
    }
    return row->payload.size < EACH;
}

/* True: it is through. */
static bool take_in(struct posting *posting, struct incoming *row)
{
    if (slice_is(row->kind, ROW_SIGHTINGS))
        return sight_some(posting, row);
    if (slice_is(row->kind, "member")) {
        learn_member(posting, row->user);
        learn_standing(posting, row->user, row->amount != 0);
    } else if (slice_is(row->kind, "version"))
        learn_version(posting, row);
    else if (slice_is(row->kind, "delete_version"))
        run(posting, &(struct rules_event){.kind = RULES_delete_version, .version = row->version}, NULL);
    else if (slice_is(row->kind, "delete_backup"))
        run(posting, &(struct rules_event){.kind = RULES_delete_backup, .backup = row->backup}, NULL);
    return true;
}

/* ---- commands ---- */

/* The first of this posting with the same key, if it comes before. */
static const struct command *same_before(const struct posting *posting, const struct command *command)
{
    for (const struct command *other = posting->commands; other != command; other = other->next)
        if (command->key.size > 0 && slice_equal(other->key, command->key))
            return other;
    return NULL;
}

static void obey(struct posting *posting, struct command *command)
{
    const struct command *first = same_before(posting, command);
    bool skip = false;
    if (command->kept)
        return;
    if (first != NULL) {
        command->packed = arena_copy(bus_arena(command->request), first->packed); /* the other is answered first */
        command->why = first->why;
        command->kept = true;
        return;
    }
    command->event.at = posting->now;
    if (command->check != NULL && !command->check(command, &skip, &command->why))
        return;
    if (!skip && !run(posting, &command->event, &command->why))
        return;
    if (!skip && command->more != NULL) {
        struct rules_event more = *command->more;
        run(posting, &more, NULL);
    }
    if (!skip)
        command->seq = next_seq(posting) - 1;
    command->packed = command->reply(command);
}

/* ---- in turn ---- */

static void tick(struct posting *posting)
{
    int64_t began = clock_ticks();
    if (!posting->ticks)
        return;
    run(posting, &(struct rules_event){.kind = RULES_tick}, NULL);
    posting->after.ticked_at = posting->now;
    book.count.tick_ms = posting->time_ms + clock_ticks() - began;
}

static void work_next(struct posting *posting)
{
    switch (posting->work) {
    case WORK_time:
        posting->applied = true;
        posting->after.heard_at = posting->head.heard_now;
        posting->time_ms = clock_ticks();
        watch_silence(posting);
        posting->time_ms = clock_ticks() - posting->time_ms;
        posting->work = WORK_inbox;
        posting->commands_next = posting->commands;
        break;
    case WORK_inbox:
        if (posting->incoming_next == posting->incoming_count)
            posting->work = WORK_commands;
        else if (take_in(posting, &posting->incoming[posting->incoming_next]))
            posting->incoming_next++;
        break;
    case WORK_commands:
        if (posting->commands_next == NULL) {
            posting->work = WORK_tick;
            break;
        }
        obey(posting, posting->commands_next);
        posting->commands_next = posting->commands_next->next;
        break;
    default:
        tick(posting);
        sightings_flush(posting);
        posting->work = WORK_done;
    }
}

bool work_some(struct posting *posting)
{
    int64_t until = clock_ticks() + SLICE_MS;
    while (posting->work != WORK_done && clock_ticks() < until)
        work_next(posting);
    return posting->work == WORK_done;
}
