/* Names that say something, and names that say nothing. Random names are made by the thousand: hardly any is taken for
 * a word. */
#include "tests/unit/catalog/form_kit.h"

#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/readable.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_readable(const char *const *names, bool readable)
{
    for (; *names != NULL; names++)
        if (path_readable(slice_text(*names)) != readable)
            fail_msg("\"%s\" is %s", *names, readable ? "not noticed" : "taken for readable");
}

static void what_a_stranger_understands_is_readable(void **state)
{
    static const char *const names[] = {"Holiday 2025/IMG_0001.JPG",
                                        "taxes.pdf",
                                        "x/y.docx",
                                        "letters to anna/aa",
                                        "Fotos.tar",
                                        "home.tar.zst",
                                        "db.sql.gz",
                                        "mail/inbox.mbox",
                                        "PASSWORDS",
                                        "Família/aa",
                                        "写真/01",
                                        "disk.img.001",
                                        "notes.txt.aa",
                                        "a.jpg",
                                        "secret-plans.part1",
                                        "important-documents/000",
                                        "Rechnungen_2025/aa",
                                        "photos.7z.002",
                                        "vacances.dat",
                                        "wallet.key",
                                        NULL};
    (void)state;
    assert_readable(names, true);
}

static void what_was_packed_as_it_should_be_is_not(void **state)
{
    static const char *const names[] = {"aa",
                                        "9f86d081884c7d65/aa",
                                        "f3a2b1c0",
                                        "3f2504e0-4f89-11d3-9a0c-0305e82c3301/part.001",
                                        "data/5a/5a3b91c2b0f0e1d2c3b4a5968778695a4b3c2d1e0f11223344556677889900aa",
                                        "snapshots/0a1b2c3d4e5f",
                                        "keys/77aa",
                                        "config",
                                        "backup.tar.zst.age",
                                        "holiday.tar.gpg",
                                        "photos.tar.zst.age.001",
                                        "photos.tar.age.aa",
                                        "2026-11-24.bin",
                                        "backup-2026-11-24/aa",
                                        "chunk.000",
                                        "xaa",
                                        "",
                                        "/",
                                        ".",
                                        "0",
                                        "kq3vbnw7zx2mpl5r",
                                        "Qm9vTzR3a1hYc0dK",
                                        "borg/data/0/17",
                                        NULL};
    (void)state;
    assert_readable(names, false);
}

static size_t random_found(const char *letters, size_t length)
{
    size_t found = 0, kinds = strlen(letters);
    char name[64] = "";
    srand(7);
    for (size_t i = 0; i < 20000; i++) {
        for (size_t k = 0; k < length; k++)
            name[k] = letters[(size_t)rand() % kinds];
        found += path_readable(slice_of(name, length));
    }
    return found;
}

static void random_names_are_hardly_ever_taken_for_words(void **state)
{
    (void)state;
    assert_true(random_found("0123456789abcdef", 16) == 0);
    assert_true(random_found("abcdefghijklmnopqrstuvwxyz234567", 26) < 20);
    assert_true(random_found("abcdefghijklmnopqrstuvwxyz", 20) < 100);
    assert_true(random_found("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 22) < 200);
}

static void the_first_of_a_torrents_readable_names_is_told(void **state)
{
    const char *files[] = {"00/aa", "anna.jpg", "zoo.jpg", NULL};
    struct form_kit *kit = *state;
    struct slice first;
    form_kit_torrent(kit, "0123abcd", files);
    assert_int_equal(names_readable(&kit->metainfo, &first), 2);
    assert_slice(first, "anna.jpg");
    form_kit_torrent(kit, "My documents", files);
    assert_int_equal(names_readable(&kit->metainfo, &first), 3);
    files[1] = "ab";
    files[2] = "ac";
    form_kit_torrent(kit, "My documents", files);
    assert_int_equal(names_readable(&kit->metainfo, &first), 1);
    assert_slice(first, "My documents");
    form_kit_torrent(kit, "0123abcd", files);
    assert_int_equal(names_readable(&kit->metainfo, &first), 0);
    assert_int_equal(first.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_stranger_understands_is_readable),
        cmocka_unit_test(what_was_packed_as_it_should_be_is_not),
        cmocka_unit_test(random_names_are_hardly_ever_taken_for_words),
        cmocka_unit_test_setup_teardown(the_first_of_a_torrents_readable_names_is_told, form_kit_begin, form_kit_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
