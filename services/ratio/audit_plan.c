#include "services/ratio/audit_plan.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define CHOKED_MOST 6 /* within 72 h, then it is as good as not reached */

const char *const audit_outcome_names[AUDIT_OUTCOMES] = {
    [AUDIT_passed] = "passed", [AUDIT_wrong] = "wrong",   [AUDIT_refused] = "refused",
    [AUDIT_silent] = "silent", [AUDIT_choked] = "choked", [AUDIT_unreachable] = "unreachable",
};

const char *const audit_reason_names[AUDIT_REASONS] = {
    [AUDIT_OF_new] = "new",
    [AUDIT_OF_doubtful] = "doubtful",
    [AUDIT_OF_routine] = "routine",
    [AUDIT_OF_second] = "second",
    [AUDIT_OF_suspect] = "suspect",
    [AUDIT_OF_busy] = "busy",
    [AUDIT_OF_unreachable] = "unreachable",
};

static int64_t between(int64_t low, int64_t high, uint64_t random)
{
    return low + (int64_t)(random % (uint64_t)(high - low + 1));
}

static void plan_for(struct audit_plan *plan, enum audit_reason reason, int64_t low, int64_t high, int64_t now,
                     uint64_t random)
{
    plan->reason = reason;
    plan->due_at = now + between(low, high, random);
}

struct audit_plan audit_first(bool doubtful, int64_t now, uint64_t random)
{
    struct audit_plan plan = {.held_at = now, .piece = -1, .refused = -1, .due_at = now, .reason = AUDIT_OF_doubtful};
    if (!doubtful)
        plan_for(&plan, AUDIT_OF_new, 10 * MINUTE_MS, 2 * HOUR_MS, now, random);
    return plan;
}

/* Daily in the first week and in a doubtful swarm, then every 3 to 7 days. A holder who had to dial in is asked to do
 * so at once the next time. */
static void passed(struct audit_plan *plan, const struct audit_finding *finding, int64_t now, uint64_t random)
{
    *plan = (struct audit_plan){.held_at = plan->held_at, .piece = -1, .refused = -1, .inward = finding->dialled_in};
    if (now - plan->held_at < 7 * DAY_MS || finding->doubtful)
        plan_for(plan, AUDIT_OF_routine, 22 * HOUR_MS, 26 * HOUR_MS, now, random);
    else
        plan_for(plan, AUDIT_OF_routine, 3 * DAY_MS, 7 * DAY_MS, now, random);
}

static struct audit_verdict refused(struct audit_plan *plan, const struct audit_finding *finding, int64_t now,
                                    uint64_t random)
{
    if (plan->refused_at != 0)
        return (struct audit_verdict){.result = RULES_fail, .counts = true};
    plan->refused_at = now;
    plan->refused = finding->piece;
    plan->piece = -1;
    plan_for(plan, AUDIT_OF_second, 10 * MINUTE_MS, 20 * MINUTE_MS, now, random);
    return (struct audit_verdict){.counts = false};
}

/* The third is a FAIL by the rules themselves. */
static struct audit_verdict silent(struct audit_plan *plan, const struct audit_finding *finding, int64_t now)
{
    static const int64_t waits[] = {HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS};
    int before = plan->suspects < 2 ? plan->suspects : 2;
    plan->suspects++;
    plan->piece = finding->piece;
    plan_for(plan, AUDIT_OF_suspect, waits[before], waits[before], now, 0);
    return (struct audit_verdict){.result = RULES_suspect, .counts = true};
}

static struct audit_verdict unreachable(struct audit_plan *plan, int64_t now, uint64_t random)
{
    if (plan->unreachable_since == 0)
        plan->unreachable_since = now;
    int64_t since = now - plan->unreachable_since;
    bool tell = since >= DAY_MS && !plan->told;
    plan->told = plan->told || tell;
    plan->inward = true;
    if (since < DAY_MS)
        plan_for(plan, AUDIT_OF_unreachable, HOUR_MS, 3 * HOUR_MS, now, random);
    else
        plan_for(plan, AUDIT_OF_unreachable, 8 * HOUR_MS, 16 * HOUR_MS, now, random);
    return (struct audit_verdict){.result = RULES_unreachable, .counts = true, .tell = tell};
}

struct audit_verdict audit_next(struct audit_plan *plan, const struct audit_finding *finding, int64_t now,
                                uint64_t random)
{
    switch (finding->outcome) {
    case AUDIT_passed:
        passed(plan, finding, now, random);
        return (struct audit_verdict){.result = RULES_pass, .counts = true};
    case AUDIT_wrong:
        return (struct audit_verdict){.result = RULES_fail, .counts = true};
    case AUDIT_refused:
        return refused(plan, finding, now, random);
    case AUDIT_silent:
        return silent(plan, finding, now);
    case AUDIT_choked:
        if (finding->choked + 1 >= CHOKED_MOST)
            return unreachable(plan, now, random);
        plan_for(plan, AUDIT_OF_busy, 4 * HOUR_MS, 12 * HOUR_MS, now, random);
        return (struct audit_verdict){.result = RULES_busy, .counts = true};
    default:
        return unreachable(plan, now, random);
    }
}
