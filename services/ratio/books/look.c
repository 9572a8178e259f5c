/* Reading: the memory is brought up to the stored head first, so that a member sees what it did whichever replica it
 * asks. One look serves all who asked before it began. */
#include "services/ratio/books/book.h"

#include "services/ratio/statements.h"

#include "services/common/clock.h"

#include <stdio.h>

int64_t book_now(const struct head *head)
{
    int64_t now = clock_now() + head->ahead;
    return now > head->at ? now : head->at;
}

void head_read(const struct db_rows *rows, struct head *head)
{
    struct slice token = db_get_bytes(rows, 0, 2), why = db_get_text(rows, 0, 7);
    *head = (struct head){
        .seq = db_get_int(rows, 0, 0),
        .at = db_get_time(rows, 0, 1),
        .ticked_at = db_get_time(rows, 0, 3),
        .heard_at = db_get_time(rows, 0, 4),
        .heard_now = db_get_time(rows, 0, 5),
        .down_since = db_is_null(rows, 0, 6) ? 0 : db_get_time(rows, 0, 6),
        .ahead = db_get_int(rows, 0, 8),
        .same_settings = db_get_flag(rows, 0, 9),
        .inbox = db_get_flag(rows, 0, 10),
    };
    if (token.size == sizeof head->token)
        memcpy(head->token, token.at, token.size);
    snprintf(head->down_why, sizeof head->down_why, "%.*s", SLICE_ARGS(why));
}

static void fail_waiting(struct waiter **list, const struct fault *why)
{
    while (*list != NULL) {
        struct waiter *waiter = *list;
        *list = waiter->next;
        bus_fail(waiter->request, why);
    }
}

void book_serve_waiting(void)
{
    while (book.waiting != NULL) {
        struct waiter *waiter = book.waiting;
        book.waiting = waiter->next;
        waiter->serve(waiter->request, waiter->ask);
    }
}

static void on_events(void *arg, const struct db_rows *rows, const struct fault *why);

static void look_ends(const struct fault *why)
{
    book.looking = false;
    if (why != NULL)
        fail_waiting(&book.waiting, why);
    else
        book_serve_waiting();
    if (book.next != NULL || book.wanted)
        book_look();
    book_post();
}

/* Others have written since: their events come first. */
static void follow(void)
{
    if (book.state == BOOK_OPEN && book.seq < book.head.seq)
        db_ask(book.reader, &book_events, book_after(book.seq), on_events, NULL);
    else if (book.state == BOOK_OPEN)
        look_ends(NULL);
    else
        look_ends(&(struct fault){.status = STATUS_unavailable,
                                  .text = "The books of backups are being opened: try again in a minute."});
}

static void on_events(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL) {
        look_ends(why);
        return;
    }
    if (book.state == BOOK_OPEN)
        book_apply(rows);
    follow();
}

static void on_head(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL) {
        look_ends(why);
        return;
    }
    struct head head;
    head_read(rows, &head);
    book.head = head;
    follow();
}

const struct statement book_look_head = {.name = "book_look_head",
                                         .sql = "SELECT " HEAD_COLUMNS " FROM ratio.book b WHERE id = 1"};

void book_look(void)
{
    book.wanted = true;
    if (book.looking || book.stopped || (book.reader == NULL || !db_is_up(book.reader)))
        return;
    book.wanted = false;
    book.looking = true;
    book.waiting = book.next;
    book.next = NULL;
    db_ask(book.reader, &book_look_head, db_text(db_args(), slice_text(book.settings)), on_head, NULL);
}

void book_read(struct bus_request *request, const void *ask, void (*serve)(struct bus_request *, const void *))
{
    if (book_is_current()) {
        serve(request, ask);
        return;
    }
    struct waiter *waiter = arena_take(bus_arena(request), sizeof *waiter);
    *waiter = (struct waiter){.serve = serve, .request = request, .ask = ask};
    if ((book.reader == NULL || !db_is_up(book.reader)) || book.state != BOOK_OPEN) {
        fail_waiting(&waiter, &(struct fault){.status = STATUS_unavailable,
                                              .text = "The books of backups are closed for the moment: try again in a "
                                                      "minute."});
        return;
    }
    waiter->next = book.next;
    book.next = waiter;
    book_look();
}
