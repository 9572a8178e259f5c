/* Scrapes: several hashes, in any order, some unknown. */
#include "tests/unit/tracker/check.h"

#include "services/common/bencode.h"
#include "services/tracker/scrape.h"

#define A "aaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbb"

static struct scrape scrape;
static struct reply_text text;

static void hashes_are_sorted_and_taken_once(void **state)
{
    (void)state;
    assert_null(scrape_query_read(slice_text("info_hash=" B "&x=1&info_hash=" A "&info_hash=" B), &scrape));
    assert_int_equal(scrape.count, 2);
    assert_memory_equal(scrape.info_hash[0], A, HASH_SIZE);
    assert_memory_equal(scrape.info_hash[1], B, HASH_SIZE);
}

static void the_answer_leaves_unknown_torrents_out(void **state)
{
    (void)state;
    static const char expected[] = "d5:filesd20:" B "d8:completei1e10:downloadedi3e11:downloadersi1e10:incompletei2eee"
                                   "5:flagsd20:min_request_intervali300eee";
    struct scrape_counts counts[2] = {
        {0}, {.known = true, .complete = 1, .incomplete = 2, .downloaded = 3, .downloaders = 1}};
    struct bencode whole;
    char reason[64];
    assert_null(scrape_query_read(slice_text("info_hash=" B "&info_hash=" A), &scrape));
    scrape_reply_write(&scrape, counts, 300, &text);
    assert_int_equal(text.size, sizeof expected - 1);
    assert_memory_equal(text.at, expected, text.size);
    assert_true(bencode_read(slice_of(text.at, text.size), &whole, reason));
}

static void the_whole_site_is_not_scraped(void **state)
{
    (void)state;
    assert_null(scrape_query_read(slice_text("info_hash=" A), &scrape));
    assert_non_null(scrape_query_read(slice_text(""), &scrape));
    assert_non_null(scrape_query_read(slice_text("info_hash=abc"), &scrape));
}

static void only_so_many_hashes_are_looked_at(void **state)
{
    (void)state;
    struct buffer query = {0};
    struct scrape_counts counts[SCRAPE_MAX];
    for (unsigned i = 0; i < SCRAPE_MAX + 10; i++)
        buffer_print(&query, "info_hash=%020u&", i);
    assert_null(scrape_query_read(buffer_slice(&query), &scrape));
    assert_int_equal(scrape.count, SCRAPE_MAX);
    for (unsigned i = 0; i < SCRAPE_MAX; i++)
        counts[i] = (struct scrape_counts){true, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    scrape_reply_write(&scrape, counts, UINT32_MAX, &text);
    buffer_free(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_sorted_and_taken_once),
        cmocka_unit_test(the_answer_leaves_unknown_torrents_out),
        cmocka_unit_test(the_whole_site_is_not_scraped),
        cmocka_unit_test(only_so_many_hashes_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
