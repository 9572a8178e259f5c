/* Accounts, as the table holds them. */
#ifndef DJEMBE_WEB_MEMBER_H
#define DJEMBE_WEB_MEMBER_H

#include "services/common/db.h"
#include "services/web/account.h"
#include "services/web/password.h"
#include "services/web/secret.h"

#define FEED_KEY_MAX (32 + 1) /* hex */

struct member {
    uint64_t id;
    char name[ACCOUNT_NAME_MAX + 1];
    char class_name[ACCOUNT_NAME_MAX + 1];
    char standing[16];
    char passkey[PASSKEY_TEXT_MAX];
    uint64_t invites; /* left to make */
    int64_t joined_at;
    char feed_key[FEED_KEY_MAX];
    int64_t disabled_at; /* 0: it is not, or nobody knows since when */
};

/* The columns that member_read reads, first in the row, of a table called m. */
#define MEMBER_COLUMNS "m.id, m.name, m.class, m.standing, m.passkey, m.invites, m.joined_at, m.feed_key, m.disabled_at"
#define MEMBER_COLUMNS_COUNT 9

void member_read(const struct db_rows *rows, size_t row, struct member *into);
bool member_is_active(const struct member *member);

/* `member` is NULL when there is none (then why is NULL too) or when the table could not be read; it and `password`,
 * the stored hash, live until the callback returns. */
typedef void member_found_fn(void *arg, const struct member *member, struct slice password, const struct fault *why);
void member_find_name(struct slice name, member_found_fn *found, void *arg);
void member_find_id(uint64_t id, member_found_fn *found, void *arg);

/* Whose feeds a key opens; `password` is of no use here. */
void member_find_feed(struct slice key, member_found_fn *found, void *arg);

/* Tells the trackers in the same transaction; `done` as db_commit has it. */
void member_tell(struct db_tx *tx, const struct member *member);

/* A new passkey: the old one is refused within seconds. */
void member_reset_passkey(uint64_t id, const char *address, db_commit_fn *done, void *arg);

/* A new feed key: the addresses with the old one are not known any more. */
void member_reset_feed_key(uint64_t id, const char *address, db_commit_fn *done, void *arg);

/* Sets the password and ends every session but one. */
void member_change_password(uint64_t id, const char *stored, uint64_t session, const char *address, db_commit_fn *done,
                            void *arg);

/* Sets class and standing (either empty: as it was); `member` is then as it is now. */
void member_change(struct member *member, struct slice class_name, struct slice standing, db_commit_fn *done,
                   void *arg);

/* Notes in the audit log, without waiting. `tx` may be NULL. */
void member_note(struct db_tx *tx, uint64_t id, const char *event, const char *address);

#endif
