/* One transaction: the invitation is used up, the account made, its session or API token opened, the fact told to the
 * trackers. Two people who race for one invitation or one name: the second gets a conflict and nothing else happens. */
#include "services/web/enrol.h"

#include "services/web/statements.h"
#include "services/web/token.h"
#include "services/web/web.h"

/* $1 name $2 key $3 password $4 passkey $5 invites, then what the way needs. */
#define MADE "INSERT INTO web.member AS m (name, name_key, password, passkey, invites, class, invited_by)"

const struct statement enrol_invited = {
    "enrol_invited", "WITH used AS (UPDATE web.invite SET used_at = now() WHERE hash = $6 AND used_at IS NULL"
                     "              AND expires_at > now() RETURNING class, made_by) " MADE
                     " SELECT $1, $2, $3, $4, $5::int, used.class, used.made_by FROM used RETURNING " MEMBER_COLUMNS};

const struct statement enrol_open = {
    "enrol_open", MADE " SELECT $1, $2, $3, $4, $5::int, 'member', NULL WHERE EXISTS (SELECT FROM web.member)"
                       " RETURNING " MEMBER_COLUMNS};

const struct statement enrol_operator = {"enrol_operator",
                                         MADE " VALUES ($1, $2, $3, $4, $5::int, $6, NULL) RETURNING " MEMBER_COLUMNS};

const struct statement invite_used_by = {"invite_used_by", "UPDATE web.invite SET used_by = $2 WHERE hash = $1"};

static void fail(struct enrol *enrol, const struct fault *why)
{
    struct fault told = *why;
    if (told.status == STATUS_conflict)
        fault_set(&told, STATUS_conflict, "name", "Somebody here is called that already: choose another name.");
    enrol->done(enrol, &told);
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct enrol *enrol = arg;
    (void)uncertain;
    if (why != NULL) {
        fail(enrol, why);
        return;
    }
    feed_published(web.members);
    enrol->done(enrol, NULL);
}

static void refuse(struct enrol *enrol)
{
    struct fault why;
    if (enrol->way == ENROL_invited)
        fault_set(&why, STATUS_forbidden, "code", "That invitation was used already or is too old: ask for a new one.");
    else
        fault_set(&why, STATUS_forbidden, "code",
                  "The first account is opened with the link that the operator's `./djembe admin invite` prints.");
    db_rollback(enrol->tx);
    enrol->done(enrol, &why);
}

static void on_made(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct enrol *enrol = arg;
    if (why != NULL) {
        db_rollback(enrol->tx);
        fail(enrol, why);
        return;
    }
    if (db_count(rows) == 0) {
        refuse(enrol);
        return;
    }
    member_read(rows, 0, &enrol->made);
    struct db_tx *tx = enrol->tx;
    int64_t id = (int64_t)enrol->made.id;
    if (enrol->way == ENROL_invited)
        db_tx_ask(tx, &invite_used_by, db_int(db_bytes(db_args(), slice_of(enrol->invite, HASH_SIZE)), id), NULL, NULL);
    if (enrol->session != NULL)
        db_tx_ask(tx, &session_add, session_args(enrol->session, enrol->made.id), NULL, NULL);
    if (enrol->token != NULL)
        db_tx_ask(tx, &token_add, token_args(enrol->token, enrol->made.id, slice_text("operator")), NULL, NULL);
    member_note(tx, enrol->made.id, "joined", enrol->address);
    member_tell(tx, &enrol->made);
    db_commit(tx, on_committed, enrol);
}

void enrol_run(struct enrol *enrol)
{
    char key[ACCOUNT_NAME_MAX + 1], passkey[PASSKEY_TEXT_MAX];
    account_name_key(enrol->name, key);
    passkey_make(passkey);
    struct db_args *args = db_text(db_text(db_args(), enrol->name), slice_text(key));
    args = db_text(db_text(args, slice_text(enrol->password)), slice_text(passkey));
    args = db_int(args, web.member_invites);

    const struct statement *statement = &enrol_open;
    if (enrol->way == ENROL_invited) {
        statement = &enrol_invited;
        args = db_bytes(args, slice_of(enrol->invite, HASH_SIZE));
    } else if (enrol->way == ENROL_operator) {
        statement = &enrol_operator;
        args = db_text(args, enrol->class_name);
    }
    enrol->tx = db_begin(service_db());
    db_tx_ask(enrol->tx, statement, args, on_made, enrol);
}
