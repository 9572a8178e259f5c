/* RSS 2.0, and what all feeds have in common: they are asked for again and again, mostly in vain. */
#ifndef DJEMBE_WEB_RSS_H
#define DJEMBE_WEB_RSS_H

#include "services/common/bencode.h"
#include "services/web/visit.h"

#define RSS_TYPE "application/rss+xml; charset=utf-8"

void rss_begin(struct buffer *into, const char *title, const char *link, const char *description);
void rss_end(struct buffer *into);
void rss_element(struct buffer *into, const char *name, const char *text);
/* The text with what XML wants escaped. */
void rss_text(struct buffer *into, struct slice text);

/* Answers with the feed, or that it is as it was. */
void feed_answer(struct visit *visit, struct slice body, const char *type);

#endif
