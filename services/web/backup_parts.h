/* What the pages of Backup have in common. Nothing here decides: words are chosen by what ratio says. */
#ifndef DJEMBE_WEB_BACKUP_PARTS_H
#define DJEMBE_WEB_BACKUP_PARTS_H

#include "services/web/people.h"

/* page_begin for a page of Backup, which is then the current place; `tab` (may be NULL) of its own navigation. */
void backup_begin(struct visit *visit, const char *title, const char *tab);

/* Whose pages of Backup are read: the visitor's own, or, by staff, another member's (`of` in the query). */
struct seen {
    uint64_t user;
    bool other;
    struct people *people;
};
/* False: the visitor may not, and has been told so. */
bool backup_seen(struct visit *visit, struct seen *into);
void backup_seen_ask(struct gather *gather, struct visit *visit, struct seen *seen);
/* `reader` {name} when another member's pages are read, and what their links end in: `of` (as a whole query) and
 * `and_of` (behind another). */
void backup_seen_write(struct visit *visit, const struct seen *seen);

/* Names of backups, asked of the catalog by their ids. */
const struct answer *backup_names_ask(struct gather *gather, struct visit *visit, const uint64_t *ids, size_t count);
/* The name; "Backup 12" when it is not known. In the visit's arena. */
const char *backup_name(struct visit *visit, const struct answer *names, uint64_t backup);

/* `counted`, `wanted`, and `marks`: one {full} or {} a copy wanted. */
void backup_marks_write(struct tree_writer *out, uint64_t counted, uint64_t wanted);

/* How a copy stands: `state`, `tone` (good, away, bad or plain), since_at, seen_at, proven_at, proven_until_at,
 * until_at and the flags held, counted, spare, offered. */
void backup_copy_write(struct visit *visit, const struct book_copy *copy);

/* /backup/own/ID: what a form asked for is done, and told so; or the page comes back with the refusal at `field`. */
void backup_own_set(struct visit *visit, const struct message *message, const void *ask, const char *field,
                    const char *done);
/* The same page with a refusal at the form's `field`. */
void backup_own_refuse(struct visit *visit, uint64_t id, const char *field, const struct fault *why);
/* page_backup_keep.c: which versions the backup keeps, and the forms for that and for the reminder; `field` (may be
 * NULL) is refused. */
void backup_keep_write(struct visit *visit, const struct book_backup *row, uint64_t remind_days, const char *field,
                       const char *why);

/* The sentence that ratio.explain gives for a rule; NULL when there is none. */
const char *backup_sentence(struct visit *visit, const struct answer *explained, const char *rule);

/* A page of Backup that ratio cannot fill: who has just signed up may be here before ratio has heard of it. `seen` is
 * NULL for a page of the visitor's own alone. */
void backup_fail(struct visit *visit, const struct seen *seen, const struct fault *why);

/* A refusal of ratio that belongs to a form is shown in it; without an answer there is a page of its own. */
bool backup_is_refusal(const struct fault *why);

#endif
