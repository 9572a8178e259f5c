/* What a backup keeps: the part of /backup/own/ID that tells it in words, and the forms that set the retention and the
 * reminder. What follows from a retention is ratio's to say. */
#include "services/web/backup_parts.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define KINDS 5

/* One number of a retention: as the form and the bus call it, and as a sentence has it. */
static const struct kind {
    const char *name, *one, *many;
} kinds[KINDS] = {
    {"last", "the newest version", "the newest %llu versions"},
    {"daily", "the newest of the last day that has one", "the newest of each of the last %llu days that have one"},
    {"weekly", "the newest of the last week that has one", "the newest of each of the last %llu weeks that have one"},
    {"monthly", "the newest of the last month that has one",
     "the newest of each of the last %llu months that have one"},
    {"within", "all of the day before the newest", "all of the %llu days before the newest"},
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

void backup_keep_write(struct visit *visit, const struct book_backup *row, uint64_t remind_days)
{
    const uint64_t numbers[KINDS] = {row->keep_last, row->keep_daily, row->keep_weekly, row->keep_monthly,
                                     row->keep_within};
    tree_string(visit->out, "kept", kept(visit, numbers));
    for (size_t i = 0; i < KINDS; i++)
        write_number(visit, arena_print(visit->arena, "%s_typed", kinds[i].name), kinds[i].name, numbers[i]);
    tree_count(visit->out, "remind_days", remind_days);
    tree_flag(visit->out, "remind_one", remind_days == 1);
    write_number(visit, "days_typed", "days", remind_days);
}

/* An empty field is none. */
static uint64_t number_of(const struct visit *visit, const char *name)
{
    return form_trim(form_get(&visit->form, name)).size == 0 ? 0 : form_number(&visit->form, name);
}

void page_keep_post(struct visit *visit)
{
    struct ratio_backup_set ask = {
        .key = page_form_key(visit),
        .user = visit->me.id,
        .backup = id_read(visit->params[0]),
        .keep = true,
        .keep_last = number_of(visit, "last"),
        .keep_daily = number_of(visit, "daily"),
        .keep_weekly = number_of(visit, "weekly"),
        .keep_monthly = number_of(visit, "monthly"),
        .keep_within = number_of(visit, "within"),
    };
    backup_own_set(visit, &ratio_backup_set_message, &ask, "keep",
                   "Set. Versions that are not kept go when a newer one has enough copies.");
}

void page_remind_post(struct visit *visit)
{
    struct ratio_backup_remind ask = {
        .user = visit->me.id, .backup = id_read(visit->params[0]), .days = number_of(visit, "days")};
    backup_own_set(visit, &ratio_backup_remind_message, &ask, "days", "Set.");
}
