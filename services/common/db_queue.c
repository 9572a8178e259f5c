/* Items and the queues they stand in. An item owns its arguments and counts itself in its transaction, which goes with
 * the last of them once it has ended. */
#include "services/common/db_private.h"

#include "services/common/clock.h"

#include <stdlib.h>

struct item *item_new(enum item_kind kind, struct db_tx *tx)
{
    struct item *item = mem_zero(1, sizeof *item);
    item->kind = kind;
    item->tx = tx;
    item->born = clock_ticks();
    if (tx != NULL)
        tx->items++;
    return item;
}

void item_free(struct item *item)
{
    struct db_tx *tx = item->tx;
    args_free(&item->args);
    free(item);
    if (tx != NULL && --tx->items == 0 && tx->ended)
        free(tx);
}

void queue_add(struct queue *queue, struct item *item)
{
    item->next = NULL;
    if (queue->last != NULL)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->count++;
}

void queue_push_front(struct queue *queue, struct item *item)
{
    item->next = queue->first;
    queue->first = item;
    if (queue->last == NULL)
        queue->last = item;
    queue->count++;
}

struct item *queue_take(struct queue *queue)
{
    struct item *item = queue->first;
    if (item == NULL)
        return NULL;
    queue->first = item->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    item->next = NULL;
    return item;
}

void queue_clear(struct queue *queue)
{
    for (struct item *item; (item = queue_take(queue)) != NULL;)
        item_free(item);
}
