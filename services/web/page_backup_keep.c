/* What a backup keeps: the part of /backup/own/ID that tells it in words, and the forms that set the retention and the
 * reminder. What follows from a retention is ratio's to say. */
#include "services/web/backup_parts.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define KINDS 5
#define DAYS_MOST 36500

/* One number of a retention: as the form calls it, and as a sentence has it. */
static const struct kind {
    const char *name, *label, *one, *many;
    uint64_t most;
} kinds[KINDS] = {
    {"last", "The newest versions: how many", "the newest version", "the newest %llu versions", 1000},
    {"daily", "One a day, for so many days", "the newest of the last day that has one",
     "the newest of each of the last %llu days that have one", 1000},
    {"weekly", "One a week, for so many weeks", "the newest of the last week that has one",
     "the newest of each of the last %llu weeks that have one", 1000},
    {"monthly", "One a month, for so many months", "the newest of the last month that has one",
     "the newest of each of the last %llu months that have one", 1000},
    {"within", "All that are older than the newest by no more than so many days", "all of the day before the newest",
     "all of the %llu days before the newest", DAYS_MOST},
};

static const char *kept(struct visit *visit, const uint64_t numbers[KINDS])
{
    const char *text = NULL;
    for (size_t i = 0; i < KINDS; i++) {
        if (numbers[i] == 0)
            continue;
        const char *part =
            numbers[i] == 1 ? kinds[i].one : arena_print(visit->arena, kinds[i].many, (unsigned long long)numbers[i]);
        text = text == NULL ? part : arena_print(visit->arena, "%s, and %s", text, part);
    }
    return text;
}

/* What was typed in a form that was refused, else what holds; nothing for 0. */
static void write_number(struct visit *visit, const char *key, const char *field, uint64_t holds)
{
    if (form_has(&visit->form, field))
        tree_text(visit->out, key, form_get(&visit->form, field));
    else if (holds != 0)
        tree_print(visit->out, key, "%llu", (unsigned long long)holds);
}

void backup_keep_write(struct visit *visit, const struct book_backup *row, uint64_t remind_days, const char *field,
                       const char *why)
{
    const uint64_t numbers[KINDS] = {row->keep_last, row->keep_daily, row->keep_weekly, row->keep_monthly,
                                     row->keep_within};
    struct tree_writer *out = visit->out;
    bool refused = false;
    tree_string(out, "kept", kept(visit, numbers));
    tree_open_array(out, "keeps");
    for (size_t i = 0; i < KINDS; i++) {
        bool wrong = field != NULL && strcmp(field, kinds[i].name) == 0;
        tree_open_map(out, NULL);
        tree_string(out, "field", kinds[i].name);
        tree_string(out, "label", kinds[i].label);
        tree_count(out, "most", kinds[i].most);
        write_number(visit, "typed", kinds[i].name, numbers[i]);
        tree_string(out, "why", wrong ? why : NULL);
        tree_close(out);
        refused = refused || wrong;
    }
    tree_close(out);
    tree_flag(out, "keep_refused", refused);
    tree_count(out, "remind_days", remind_days);
    tree_flag(out, "remind_one", remind_days == 1);
    write_number(visit, "days_typed", "days", remind_days);
}

/* An empty field is none. */
static uint64_t number_of(const struct visit *visit, const char *name)
{
    return form_trim(form_get(&visit->form, name)).size == 0 ? 0 : form_number(&visit->form, name);
}

void page_keep_post(struct visit *visit)
{
    uint64_t numbers[KINDS], id = id_read(visit->params[0]);
    struct fault why;
    for (size_t i = 0; i < KINDS; i++) {
        numbers[i] = number_of(visit, kinds[i].name);
        if (numbers[i] <= kinds[i].most)
            continue;
        fault_set(&why, STATUS_invalid, kinds[i].name, "Give a number up to %llu, or leave it empty.",
                  (unsigned long long)kinds[i].most);
        backup_own_refuse(visit, id, kinds[i].name, &why);
        return;
    }
    struct ratio_backup_set ask = {
        .key = page_form_key(visit),
        .user = visit->me.id,
        .backup = id,
        .keep = true,
        .keep_last = numbers[0],
        .keep_daily = numbers[1],
        .keep_weekly = numbers[2],
        .keep_monthly = numbers[3],
        .keep_within = numbers[4],
    };
    backup_own_set(visit, &ratio_backup_set_message, &ask, "last",
                   "Set. Versions that are not kept go when a newer one has enough copies.");
}

void page_remind_post(struct visit *visit)
{
    uint64_t days = number_of(visit, "days"), id = id_read(visit->params[0]);
    struct ratio_backup_remind ask = {.user = visit->me.id, .backup = id, .days = days};
    struct fault why;
    if (days <= DAYS_MOST) {
        backup_own_set(visit, &ratio_backup_remind_message, &ask, "days", "Set.");
        return;
    }
    fault_set(&why, STATUS_invalid, "days", "Give a number up to %d, or leave it empty.", DAYS_MOST);
    backup_own_refuse(visit, id, "days", &why);
}
