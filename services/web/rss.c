#include "services/web/rss.h"

#include "services/common/encode.h"
#include "services/web/page.h"

#include <openssl/sha.h>

/* XML has no way to write a control character: it is left out. */
void rss_text(struct buffer *into, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '&')
            buffer_print(into, "&amp;");
        else if (c == '<')
            buffer_print(into, "&lt;");
        else if (c == '>')
            buffer_print(into, "&gt;");
        else if (c == '"')
            buffer_print(into, "&quot;");
        else if (c >= 0x20 && c != 0x7f)
            buffer_add(into, &text.at[i], 1);
    }
}

void rss_element(struct buffer *into, const char *name, const char *text)
{
    buffer_print(into, "<%s>", name);
    rss_text(into, slice_text(text));
    buffer_print(into, "</%s>\n", name);
}

void rss_begin(struct buffer *into, const char *title, const char *link, const char *description)
{
    buffer_print(into, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n");
    rss_element(into, "title", title);
    rss_element(into, "link", link);
    rss_element(into, "description", description);
    buffer_print(into, "<ttl>30</ttl>\n");
}

void rss_end(struct buffer *into)
{
    buffer_print(into, "</channel>\n</rss>\n");
}

/* Several tags may be asked for; a weak one, as a proxy makes it of ours, is as good. */
static bool has_tag(struct slice header, const char *tag)
{
    return header.size > 0 && memmem(header.at, header.size, tag, strlen(tag)) != NULL;
}

void feed_answer(struct visit *visit, struct slice body, const char *type)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char hex[2 * 16 + 1];
    SHA256((const unsigned char *)body.at, body.size, hash);
    hex_write(slice_of((const char *)hash, 16), hex);
    const char *tag = arena_print(visit->arena, "\"%s\"", hex);
    page_headers(visit->http);
    http_set(visit->http, "ETag", tag);
    http_set(visit->http, "Cache-Control", "private, no-cache");
    if (has_tag(http_header(visit->http, "If-None-Match"), tag))
        http_reply(visit->http, 304, NULL, slice_text(""));
    else
        http_reply(visit->http, 200, type, body);
}
