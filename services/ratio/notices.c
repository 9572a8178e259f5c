/* A notice's id is a random number: it is known before the transaction, and no two replicas give the same. */
#include "services/ratio/notices.h"

#include "services/common/encode.h"
#include "services/common/feed.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

static struct feed *feed;

void notices_start(struct bus *bus, struct db *db)
{
    feed = feed_new(bus, db, "ratio.notices", "ratio");
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

void notices_put(struct notices *notices, uint64_t user, enum notice_kind kind, const char *title, const char *text,
                 int64_t at)
{
    uint64_t id;
    random_bytes(&id, sizeof id);
    struct notice_fact fact = {
        .notice = (id & ID_MAX) | 1,
        .user = user,
        .kind = slice_text(notice_name(kind)),
        .title = slice_text(title),
        .text = slice_text(text),
        .at = at,
    };
    notices->ids[notices->count] = (int64_t)fact.notice;
    notices->facts[notices->count++] = row_packed(notices->arena, &notice_fact_row, &fact);
}

const struct statement notices_tell = {
    .name = "notices_tell",
    .sql = "SELECT ratio.feed_add('ratio.notices', n.id, n.fact)"
           " FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS n(id, fact, number) ORDER BY n.number"};

void notices_add(struct db_tx *tx, const struct notices *notices)
{
    if (notices->count == 0)
        return;
    struct db_args *args = db_ints(db_args(), notices->ids, notices->count);
    db_tx_ask(tx, &notices_tell, db_blobs(args, notices->facts, notices->count), NULL, NULL);
}

/* Each notice is the newest fact about itself, so a snapshot would hold them all for ever: as many are kept as there
 * are facts. */
const struct statement notices_old = {
    .name = "notices_old",
    .sql = "DELETE FROM ratio.feed_latest WHERE feed = 'ratio.notices'"
           " AND seq <= (SELECT seq - 100000 FROM ratio.feed_head WHERE feed = 'ratio.notices')"};

void notices_forget(struct db *db)
{
    db_ask(db, &notices_old, NULL, NULL, NULL);
}
