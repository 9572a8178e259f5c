/* A notice's id is a random number: it is known before the transaction, and no two replicas give the same. */
#include "services/common/notices.h"

#include "services/common/encode.h"
#include "services/common/feed.h"

#include <stdio.h>

#define TITLE_MAX 120 /* bytes, as proto/rows.def has them */
#define TEXT_MAX 2000

static struct feed *feed;
static const struct statement *tell, *old;

/* Each notice is the newest fact about itself, so a snapshot would hold them all for ever: as many are kept as there
 * are facts. */
void notices_start(struct bus *bus, struct db *db, const char *service)
{
    char name[64], sql[512];
    snprintf(name, sizeof name, "%s.notices", service);
    feed = feed_new(bus, db, name, service);
    snprintf(sql, sizeof sql,
             "SELECT %s.feed_add('%s', n.id, n.fact)"
             " FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS n(id, fact, number) ORDER BY n.number",
             service, name);
    tell = db_add_statement(db, "notices_tell", sql);
    snprintf(sql, sizeof sql,
             "DELETE FROM %s.feed_latest WHERE feed = '%s'"
             " AND seq <= (SELECT seq - 100000 FROM %s.feed_head WHERE feed = '%s')",
             service, name, service, name);
    old = db_add_statement(db, "notices_old", sql);
}

void notices_published(void)
{
    feed_published(feed);
}

struct notices notices_take(struct arena *arena, size_t most)
{
    return (struct notices){
        .arena = arena,
        .ids = arena_take(arena, (most + 1) * sizeof(int64_t)),
        .facts = arena_take(arena, (most + 1) * sizeof(struct slice)),
    };
}

/* The first `most` bytes at most, cut between letters. */
static struct slice cut(struct slice text, size_t most)
{
    if (text.size > most)
        for (text.size = most; text.size > 0 && ((unsigned char)text.at[text.size] & 0xc0) == 0x80;)
            text.size--;
    return text;
}

void notices_put_fact(struct notices *notices, const struct notice_fact *told)
{
    struct notice_fact fact = *told;
    random_bytes(&fact.notice, sizeof fact.notice);
    fact.notice = (fact.notice & ID_MAX) | 1;
    fact.title = cut(fact.title, TITLE_MAX);
    fact.text = cut(fact.text, TEXT_MAX);
    notices->ids[notices->count] = (int64_t)fact.notice;
    notices->facts[notices->count++] = feed_packed(notices->arena, &notice_fact_row, &fact);
}

void notices_put(struct notices *notices, uint64_t user, enum notice_kind kind, const char *title, const char *text,
                 int64_t at)
{
    notices_put_fact(notices, &(struct notice_fact){
                                  .user = user,
                                  .kind = slice_text(notice_name(kind)),
                                  .title = slice_text(title),
                                  .text = slice_text(text),
                                  .at = at,
                              });
}

void notices_add(struct db_tx *tx, const struct notices *notices)
{
    if (notices->count == 0)
        return;
    struct db_args *args = db_ints(db_args(), notices->ids, notices->count);
    db_tx_ask(tx, tell, db_blobs(args, notices->facts, notices->count), NULL, NULL);
}

void notices_forget(struct db *db)
{
    db_ask(db, old, NULL, NULL, NULL);
}
