/* Wiki text: whatever is typed, no other tags come out than those of CommonMark, without attributes of the writer's
 * own, and no link leads anywhere but to http, https, or a path of the site. */
#include "services/web/wiki.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool begins(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

static bool tag_known(const char *at)
{
    static const char *const known[] = {
        "<p>",
        "</p>",
        "<br />",
        "<em>",
        "</em>",
        "<strong>",
        "</strong>",
        "<a href=\"",
        "</a>",
        "<ul>",
        "</ul>",
        "<ol>",
        "</ol>",
        "<ol start=\"",
        "<li>",
        "</li>",
        "<blockquote>",
        "</blockquote>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<code class=\"language-",
        "<hr />",
        "<h3>",
        "</h3>",
        "<h4>",
        "</h4>",
        "<h5>",
        "</h5>",
        "<h6>",
        "</h6>",
        "<p class=\"plainly\">",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins(at, known[i]))
            return true;
    return false;
}

static bool link_good(const char *url)
{
    return begins(url, "http://") || begins(url, "https://") || *url == '#' ||
           (*url == '/' && url[1] != '/' && url[1] != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer html = {0};
    wiki_write(slice_of((const char *)data, size), &html);
    buffer_add(&html, "", 1);
    for (const char *at = strchr(html.at, '<'); at != NULL; at = strchr(at + 1, '<')) {
        assert(tag_known(at));
        if (begins(at, "<a href=\""))
            assert(link_good(at + strlen("<a href=\"")));
    }
    buffer_free(&html);
    return 0;
}
