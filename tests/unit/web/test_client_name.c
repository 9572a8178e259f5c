/* Programs told by their peer_id. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/client_name.h"

static const char *name(const char *id)
{
    static char text[FORMAT_MAX];
    return client_name(slice_of(id, 8), text);
}

static void programs_are_named_with_their_version(void **state)
{
    (void)state;
    assert_string_equal(name("-qB4520-"), "qBittorrent 4.5.2");
    assert_string_equal(name("-TR4040-"), "Transmission 4.0.4");
    assert_string_equal(name("-lt0D80-"), "rTorrent 0.13.8");
    assert_string_equal(name("-DE203s-"), "Deluge 2.0.3");
    assert_string_equal(name("-LT2081-"), "libtorrent 2.0.8.1");
    assert_string_equal(name("A2-1-36-"), "aria2");
}

static void one_not_known_here_keeps_its_letters(void **state)
{
    (void)state;
    assert_string_equal(name("-ZZ1234-"), "ZZ 1.2.3.4");
    assert_string_equal(name("-ZZ----\0"), "ZZ");
}

static void what_is_no_such_id_is_unknown(void **state)
{
    (void)state;
    char text[FORMAT_MAX];
    assert_string_equal(name("12345678"), "unknown");
    assert_string_equal(name("-<>1234-"), "unknown");
    assert_string_equal(name("-\xff\xff\xff\xff\xff\xff\xff"), "unknown");
    assert_string_equal(client_name(slice_of("-TR", 3), text), "unknown");
    assert_string_equal(client_name(slice_text(NULL), text), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_named_with_their_version),
        cmocka_unit_test(one_not_known_here_keeps_its_letters),
        cmocka_unit_test(what_is_no_such_id_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
