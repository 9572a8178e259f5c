/* A session that announces twice before it is told of stands here twice: it is told of as it is then, so the second
 * time nothing is news. */
#include "services/tracker/news.h"

#include <string.h>

void news_init(struct news *news)
{
    *news = (struct news){.told = 0};
    ring_init(&news->sessions, sizeof(uint32_t));
}

void news_clear(struct news *news)
{
    ring_clear(&news->sessions);
}

static void drop(struct news *news, size_t count)
{
    ring_drop(&news->sessions, count);
    news->told -= count < news->told ? count : news->told;
    news->old -= count < news->old ? count : news->old;
}

void news_add(struct news *news, uint32_t session)
{
    if (news->sessions.count == NEWS_MAX) {
        news->lost += news->told == 0;
        drop(news, 1);
    }
    ring_push(&news->sessions, &session);
}

size_t news_take(struct news *news, uint32_t *into, size_t most)
{
    size_t count = news->sessions.count - news->told;
    count = count < most ? count : most;
    for (size_t i = 0; i < count; i++)
        memcpy(&into[i], ring_at(&news->sessions, news->told + i), sizeof *into);
    news->told += count;
    return count;
}

void news_skip(struct news *news)
{
    news->told = news->sessions.count;
}

void news_again(struct news *news)
{
    news->told = 0;
}

void news_age(struct news *news)
{
    drop(news, news->old < news->told ? news->old : news->told);
    news->old = news->sessions.count;
}
