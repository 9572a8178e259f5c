/* What factors are called. */
#include "services/web/factor_label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void known_factors_have_names_and_others_their_percents(void **state)
{
    char label[FACTOR_LABEL_MAX];
    (void)state;
    assert_string_equal(factor_label(100, 0, label), "freeleech");
    assert_string_equal(factor_label(0, 0, label), "neutral");
    assert_string_equal(factor_label(200, 100, label), "double upload");
    assert_string_equal(factor_label(100, 50, label), "silver");
    assert_string_equal(factor_label(300, 5, label), "up 300 %, down 5 %");
    assert_string_equal(factor_label(UINT64_MAX, UINT64_MAX, label),
                        "up 18446744073709551615 %, down 18446744073709551615 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_factors_have_names_and_others_their_percents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
