/* Wiki text as HTML: what members mean by it, and what nobody gets through with it. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/wiki.h"

#include <stdio.h>

#define REL " rel=\"nofollow noopener noreferrer\""

static void expect(const char *text, const char *html)
{
    struct buffer out = {0};
    wiki_write(slice_text(text), &out);
    assert_slice(buffer_slice(&out), html);
    buffer_free(&out);
}

static void it_is_markdown_in_which_a_line_stays_a_line(void **state)
{
    (void)state;
    expect("**a** *b*\nc", "<p><strong>a</strong> <em>b</em><br />\nc</p>\n");
    expect("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n");
    expect("> q\n\n`x<y`", "<blockquote>\n<p>q</p>\n</blockquote>\n<p><code>x&lt;y</code></p>\n");
    expect("", "");
}

static void headings_stand_below_those_of_the_page(void **state)
{
    (void)state;
    expect("# a", "<h3>a</h3>\n");
    expect("##### a", "<h6>a</h6>\n");
}

static void markup_is_shown_as_it_was_typed(void **state)
{
    (void)state;
    expect("a <b onclick=\"x()\">c</b>", "<p>a &lt;b onclick=&quot;x()&quot;&gt;c&lt;/b&gt;</p>\n");
    expect("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;\n</p>\n");
    expect("<!-- a -->", "<p>&lt;!-- a --&gt;\n</p>\n");
}

static void links_lead_to_the_web_and_tell_it_nothing_or_to_the_site(void **state)
{
    (void)state;
    expect("[a](https://x.y/?b=1&c=%22)", "<p><a href=\"https://x.y/?b=1&amp;c=%22\"" REL ">a</a></p>\n");
    expect("[a](https://x.y/ \"t\")", "<p><a href=\"https://x.y/\"" REL ">a</a></p>\n");
    expect("<http://x.y>", "<p><a href=\"http://x.y\"" REL ">http://x.y</a></p>\n");
    expect("[a](/music/album/1#t2)", "<p><a href=\"/music/album/1#t2\">a</a></p>\n");
}

static void links_that_lead_astray_are_none(void **state)
{
    static const char *const astray[] = {"javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x",
                                         "file:///etc",         "//evil",       "/\\evil",          "&#106;avascript:x",
                                         "&#x0a;javascript:x",  "x.html",       "mailto:a@b",       "/a\\b"};
    (void)state;
    for (size_t i = 0; i < sizeof astray / sizeof *astray; i++) {
        char text[64];
        snprintf(text, sizeof text, "[a](%s)", astray[i]);
        expect(text, "<p>a</p>\n");
    }
}

static void pictures_from_elsewhere_are_links(void **state)
{
    (void)state;
    expect("![a *b*](https://x/y.png)", "<p><a href=\"https://x/y.png\"" REL ">a <em>b</em></a></p>\n");
    expect("![](https://x/y.png)", "<p><a href=\"https://x/y.png\"" REL ">https://x/y.png</a></p>\n");
}

static void an_address_in_the_text_is_a_link(void **state)
{
    (void)state;
    expect("see https://x.y/a_b_c?d=1, (http://z).",
           "<p>see <a href=\"https://x.y/a_b_c?d=1\"" REL ">https://x.y/a_b_c?d=1</a>, (<a href=\"http://z\"" REL
           ">http://z</a>).</p>\n");
    expect("xhttp://y http:// https", "<p>xhttp://y http:// https</p>\n");
    expect("[https://a](https://b)", "<p><a href=\"https://b\"" REL ">https://a</a></p>\n");
}

static void any_script_stays_as_it_is(void **state)
{
    (void)state;
    expect("שלום e\xcc\x81 🥁👩‍👧", "<p>שלום e\xcc\x81 🥁👩‍👧</p>\n");
}

/* What is said of a text of `count` times `part`. */
static size_t size_of(const char *part, size_t count, bool *plain)
{
    struct buffer text = {0}, out = {0};
    for (size_t i = 0; i < count; i++)
        buffer_add(&text, part, strlen(part));
    wiki_write(buffer_slice(&text), &out);
    *plain = out.size > 18 && memcmp(out.at, "<p class=\"plainly\">", 19) == 0;
    size_t size = out.size;
    buffer_free(&text);
    buffer_free(&out);
    return size;
}

static void what_is_nested_too_deep_is_shown_plainly(void **state)
{
    bool plain;
    (void)state;
    size_of("> ", 30, &plain);
    assert_false(plain);
    size_of("> ", 5000, &plain);
    assert_true(plain);
    size_of("![[]()", 1000, &plain); /* takes its time else: the more the longer, by the square */
    assert_true(plain);
}

static void a_short_text_does_not_become_a_long_page(void **state)
{
    struct buffer text = {0}, out = {0};
    (void)state;
    buffer_print(&text, "[a]: /%05000d\n\n", 1);
    for (int i = 0; i < 1000; i++)
        buffer_print(&text, "[a] ");
    wiki_write(buffer_slice(&text), &out);
    assert_true(out.size < 10 * text.size);
    buffer_free(&text);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_markdown_in_which_a_line_stays_a_line),
        cmocka_unit_test(headings_stand_below_those_of_the_page),
        cmocka_unit_test(markup_is_shown_as_it_was_typed),
        cmocka_unit_test(links_lead_to_the_web_and_tell_it_nothing_or_to_the_site),
        cmocka_unit_test(links_that_lead_astray_are_none),
        cmocka_unit_test(pictures_from_elsewhere_are_links),
        cmocka_unit_test(an_address_in_the_text_is_a_link),
        cmocka_unit_test(any_script_stays_as_it_is),
        cmocka_unit_test(what_is_nested_too_deep_is_shown_plainly),
        cmocka_unit_test(a_short_text_does_not_become_a_long_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
