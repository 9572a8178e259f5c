/* /inbox: what a member was told, newest first; read or not is for the member to say. */
#include "services/web/page.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include "proto/notice.h"

#define INBOX_SHOWN 30

static void write_notice(struct visit *visit, const struct db_rows *rows, size_t i)
{
    static const char *const tones[] = {"plain", "good", "away", "bad"};
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_number(out, "id", db_get_int(rows, i, 0));
    tree_string(out, "tone", tones[notice_tone(db_get_text(rows, i, 1))]);
    tree_text(out, "title", db_get_text(rows, i, 2));
    tree_text(out, "text", db_get_text(rows, i, 3));
    tree_time(out, "told_at", db_get_time(rows, i, 4), visit->now);
    tree_flag(out, "unread", db_is_null(rows, i, 5));
    if (db_get_text(rows, i, 6).size > 0)
        tree_text(out, "href", db_get_text(rows, i, 6));
    if (db_get_int(rows, i, 7) > 1)
        tree_number(out, "times", db_get_int(rows, i, 7));
    tree_close(out);
}

const struct statement notice_list = {
    .name = "notice_list",
    .sql = "SELECT notice, kind, title, body, told_at, read_at, href, times FROM web.notice WHERE member = $1"
           " AND ($2::bigint = 0 OR (told_at, notice) < (SELECT told_at, notice FROM web.notice WHERE notice = $2 AND "
           "member = "
           "$1))"
           " ORDER BY told_at DESC, notice DESC LIMIT $3"};

static void on_list(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    if (rows == NULL) {
        page_fail(visit, why, "accounts");
        return;
    }
    size_t count = db_count(rows), shown = count < INBOX_SHOWN ? count : INBOX_SHOWN;
    page_begin(visit, "Inbox", "inbox");
    tree_flag(visit->out, "has_notices", count > 0);
    tree_open_array(visit->out, "notices");
    for (size_t i = 0; i < shown; i++)
        write_notice(visit, rows, i);
    tree_close(visit->out);
    page_pager(visit, "/inbox", "before", count > shown ? (uint64_t)db_get_int(rows, shown - 1, 0) : 0);
    page_end(visit, 200, "inbox", NULL);
}

void page_inbox(struct visit *visit)
{
    struct db_args *args = db_int(db_int(db_args(), (int64_t)visit->me.id), (int64_t)form_id(&visit->query, "before"));
    db_ask(service_db(), &notice_list, db_int(args, INBOX_SHOWN + 1), on_list, visit);
}

static void on_read(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    if (rows == NULL)
        page_fail(visit, why, "accounts");
    else
        page_redirect(visit,
                      form_has(&visit->form, "go") && db_count(rows) > 0 && db_get_text(rows, 0, 0).size > 0
                          ? arena_copy(visit->arena, db_get_text(rows, 0, 0)).at
                          : "/inbox",
                      FLASH_none, NULL);
}

const struct statement notice_read = {.name = "notice_read",
                                      .sql = "WITH read AS (UPDATE web.notice SET read_at = now() WHERE member = $1"
                                             "  AND read_at IS NULL AND ($2::bigint = 0 OR notice = $2))"
                                             " SELECT href FROM web.notice WHERE member = $1 AND notice = $2"};

/* One notice, or with `all` every one. With `go` to where it leads. */
void page_inbox_post(struct visit *visit)
{
    uint64_t notice = form_id(&visit->form, "notice");
    if (notice == 0 && !form_has(&visit->form, "all")) {
        page_error(visit, 400, "Which notice was read is not said.", NULL);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)visit->me.id), (int64_t)notice);
    db_ask(service_db(), &notice_read, args, on_read, visit);
}
