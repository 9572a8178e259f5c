/* Answers and refusals as JSON lines, their fields in the order of the table in RULES 6. */
#include "services/ratio/replay/replay.h"

#include <inttypes.h>

static void write_text(const char *text, FILE *out)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20) {
            fprintf(out, "\\u%04x", (unsigned)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void write_wide(const char *name, rules_wide value, FILE *out)
{
    char digits[48], *at = digits + sizeof digits;
    bool negative = value < 0;
    *--at = '\0';
    do {
        int digit = (int)(value % 10);
        *--at = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    fprintf(out, "\"%s\":%s%s,", name, negative ? "-" : "", at);
}

static void write_list(const char *name, const int64_t *numbers, size_t count, FILE *out)
{
    fprintf(out, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%" PRId64, i == 0 ? "" : ",", numbers[i]);
    putc(']', out);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static bool answer_profile(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    struct rules_profile profile;
    if (!rules_profile(rules, ask->user, &profile, why))
        return false;
    fprintf(out, "{\"user\":%" PRId64 ",\"contribution\":%" PRId64 ",\"lent\":%" PRId64 ",\"obligation\":%" PRId64,
            profile.user, profile.contribution, profile.lent, profile.obligation);
    fprintf(out, ",\"debt\":%" PRId64 ",\"surplus\":%" PRId64 ",\"clock_seconds\":%" PRId64 ",\"overdue\":%s",
            profile.debt, profile.surplus, profile.clock_ms / 1000, truth(profile.overdue));
    fprintf(out, ",\"points_total\":%" PRId64 ",\"points_assigned\":%" PRId64 ",\"points_free\":%" PRId64 "}\n",
            profile.points_total, profile.points_assigned, profile.points_free);
    return true;
}

static bool answer_version(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    struct rules_version version;
    if (!rules_version(rules, ask->version, &version, why))
        return false;
    fprintf(out, "{\"version\":%" PRId64 ",\"size\":%" PRId64 ",\"redundancy\":%d,", version.version, version.size,
            version.redundancy);
    write_list("counted", version.counted, version.counted_count, out);
    putc(',', out);
    write_list("spare", version.spare, version.spare_count, out);
    putc(',', out);
    write_list("fetching", version.fetching, version.fetching_count, out);
    fprintf(out, ",\"points\":%" PRId64, version.points);
    if (version.queued)
        fprintf(out, ",\"tier\":%d,\"score\":%" PRId64, version.tier, version.standing.score);
    else
        fputs(",\"tier\":null,\"score\":null", out);
    fprintf(out, ",\"state\":\"%s\"}\n", version.state);
    return true;
}

static bool answer_queue(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    (void)ask;
    (void)why;
    size_t count;
    const struct rules_queued *queue = rules_queue(rules, &count);
    fputs("{\"queue\":[", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s{\"version\":%" PRId64 ",\"tier\":%d,\"score\":%" PRId64 "}", i == 0 ? "" : ",",
                queue[i].version, queue[i].tier, queue[i].standing.score);
    fputs("]}\n", out);
    return true;
}

static bool answer_offers(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    struct rules_offers offers;
    if (!rules_offers(rules, ask->user, &offers, why))
        return false;
    fprintf(out, "{\"user\":%" PRId64 ",\"offers\":[", ask->user);
    for (size_t i = 0; i < offers.offers_count; i++)
        fprintf(out, "%s{\"version\":%" PRId64 ",\"tier\":%d,\"expires\":%" PRId64 "}", i == 0 ? "" : ",",
                offers.offers[i].version, offers.offers[i].tier, offers.offers[i].expires);
    fputs("],", out);
    write_list("may_delete", offers.may_delete, offers.may_delete_count, out);
    fputs("}\n", out);
    return true;
}

static bool answer_verdict(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    static const char *const names[] = {
        [RULES_DENY] = "DENY",
        [RULES_ALLOW_OWNER] = "ALLOW_OWNER",
        [RULES_ALLOW_SLOT] = "ALLOW_SLOT",
        [RULES_ALLOW_SPARE] = "ALLOW_SPARE",
    };
    struct rules_verdict verdict;
    if (!rules_verdict(rules, ask->user, ask->version, ask->left, &verdict, why))
        return false;
    fprintf(out, "{\"verdict\":\"%s\",\"reason\":", names[verdict.allow]);
    write_text(verdict.reason, out);
    fputs("}\n", out);
    return true;
}

static bool answer_check(struct rules *rules, const struct rules_event *ask, FILE *out, struct fault *why)
{
    (void)ask;
    (void)why;
    struct rules_check check;
    rules_check(rules, &check);
    putc('{', out);
    write_wide("contribution", check.contribution, out);
    write_wide("lent", check.lent, out);
    write_wide("missing_bytes", check.missing_bytes, out);
    write_wide("debt_minus_surplus", check.debt_minus_surplus, out);
    write_wide("points_minted", check.points_minted, out);
    write_wide("points_burned", check.points_burned, out);
    write_wide("points_assigned", check.points_assigned, out);
    write_wide("points_free", check.points_free, out);
    fprintf(out, "\"recomputed\":%s}\n", truth(check.recomputed));
    return true;
}

bool replay_answer(struct rules *rules, const struct replay_line *line, FILE *out, struct fault *why)
{
    static bool (*const answers[REPLAY_ASKS])(struct rules *, const struct rules_event *, FILE *, struct fault *) = {
        [REPLAY_profile] = answer_profile, [REPLAY_version] = answer_version, [REPLAY_queue] = answer_queue,
        [REPLAY_offers] = answer_offers,   [REPLAY_verdict] = answer_verdict, [REPLAY_check] = answer_check,
    };
    return answers[line->ask](rules, &line->event, out, why);
}

void replay_refuse(const struct replay_line *line, uint64_t number, const struct fault *why, FILE *out)
{
    fprintf(out, "{\"refused\":\"%s\",\"line\":%" PRIu64 ",\"at\":%" PRId64 ",\"reason\":", line->name, number,
            line->event.at);
    write_text(why->text, out);
    fputs("}\n", out);
}
