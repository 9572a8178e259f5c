#include "services/common/metrics.h"
#include "tests/unit/common/unit.h"

static void samples_follow_their_help_and_type(void **state)
{
    (void)state;
    struct buffer text = {0};
    metric_counter(&text, "announces_total", "protocol=\"http\"", UINT64_MAX, "Announces answered.");
    metric_counter(&text, "announces_total", "protocol=\"udp\"", 0, NULL);
    metric_gauge(&text, "balance", NULL, -5, "May be negative.");
    assert_slice(buffer_slice(&text), "# HELP djembe_announces_total Announces answered.\n"
                                      "# TYPE djembe_announces_total counter\n"
                                      "djembe_announces_total{protocol=\"http\"} 18446744073709551615\n"
                                      "djembe_announces_total{protocol=\"udp\"} 0\n"
                                      "# HELP djembe_balance May be negative.\n"
                                      "# TYPE djembe_balance gauge\n"
                                      "djembe_balance -5\n");
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_follow_their_help_and_type)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
