/* Events as verbs. */
#include "tests/unit/ratio/rules_kit.h"

struct world world;

void world_begin(const char *setting, ...)
{
    struct rules_settings settings = rules_settings_standard();
    va_list list;
    va_start(list, setting);
    for (const char *pair = setting; pair != NULL; pair = va_arg(list, const char *))
        assert_true(rules_settings_set(&settings, pair, &world.why));
    va_end(list);
    memset(&world, 0, sizeof world);
    world.rules = rules_new(&settings);
    world.at = 1700000000000;
}

void world_end(void)
{
    check();
    rules_destroy(&world.rules);
}

static bool act(struct rules_event event)
{
    event.at = world.at;
    world.why = (struct fault){0};
    return rules_apply(world.rules, &event, &world.why);
}

#define ACT(name, ...) act((struct rules_event){.kind = RULES_##name, __VA_ARGS__})

bool member(int64_t user)
{
    return ACT(member, .user = user);
}

bool backup(int64_t id, int64_t owner, int64_t wanted)
{
    return ACT(backup, .backup = id, .user = owner, .redundancy = wanted);
}

bool version(int64_t id, int64_t of, int64_t size)
{
    return ACT(version, .version = id, .backup = of, .size = size);
}

bool welcome(int64_t of, int64_t owner, int64_t wanted, int64_t size)
{
    world.why = (struct fault){0};
    return rules_welcomes(
        world.rules,
        &(struct rules_event){.kind = RULES_version, .user = owner, .backup = of, .redundancy = wanted, .size = size},
        &world.why);
}

bool depending(int64_t id, int64_t of, int64_t size, int64_t depends_on)
{
    return ACT(version, .version = id, .backup = of, .size = size, .depends_on = depends_on);
}

bool retention(int64_t id, struct rules_retention keep)
{
    return ACT(retention, .backup = id, .retention = keep);
}

bool redundancy(int64_t id, int64_t wanted)
{
    return ACT(redundancy, .backup = id, .redundancy = wanted);
}

bool delete_version(int64_t id)
{
    return ACT(delete_version, .version = id);
}

bool delete_backup(int64_t id)
{
    return ACT(delete_backup, .backup = id);
}

bool announce(int64_t user, int64_t of, int64_t left)
{
    return ACT(announce, .user = user, .version = of, .left = left);
}

bool dropped(int64_t user, int64_t of)
{
    leave(user, of);
    return ACT(dropped, .user = user, .version = of);
}

bool audit(int64_t user, int64_t of, enum rules_result result)
{
    return ACT(audit, .user = user, .version = of, .result = result);
}

bool assign(int64_t user, int64_t id, int64_t points)
{
    return ACT(assign, .user = user, .backup = id, .points = points);
}

bool move(int64_t user, int64_t from, int64_t to, int64_t points)
{
    return ACT(move, .user = user, .from = from, .to = to, .points = points);
}

bool burn(int64_t user, int64_t points)
{
    return ACT(burn, .user = user, .points = points);
}

bool grant(int64_t user, int64_t points)
{
    return ACT(grant, .user = user, .points = points);
}

bool free_space(int64_t user, int64_t bytes)
{
    return ACT(free_space, .user = user, .bytes = bytes);
}

bool suspended(int64_t user, bool is)
{
    return ACT(suspended, .user = user, .suspended = is);
}

bool household(int64_t user, int64_t id)
{
    return ACT(household, .user = user, .household = id);
}

bool tracker(bool up)
{
    return ACT(tracker, .up = up);
}

void tick(void)
{
    assert_true(ACT(tick, .user = 0));
}

void members(int64_t count)
{
    for (int64_t user = 1; user <= count; user++)
        assert_true(member(user));
}

void publish(int64_t id, int64_t owner, int64_t wanted, int64_t size)
{
    assert_true(backup(id, owner, wanted));
    assert_true(version(id, id, size));
    stay(owner, id);
}

void hold(int64_t user, int64_t of)
{
    if (!announce(user, of, 1))
        fail_msg("member %lld, version %lld: %s", (long long)user, (long long)of, world.why.text);
    stay(user, of);
}

void stay(int64_t user, int64_t of)
{
    assert_true(announce(user, of, 0));
    assert_true(world.online_count < PAIRS_MAX);
    world.online[world.online_count].user = user;
    world.online[world.online_count++].version = of;
}

void leave(int64_t user, int64_t of)
{
    for (size_t i = 0; i < world.online_count; i++)
        if (world.online[i].user == user && world.online[i].version == of)
            world.online[i--] = world.online[--world.online_count];
}

void pass(int64_t ms)
{
    int64_t end = world.at + ms;
    while (world.at + 30 * MINUTE < end) {
        world.at += 30 * MINUTE;
        for (size_t i = 0; i < world.online_count; i++)
            announce(world.online[i].user, world.online[i].version, 0);
    }
    jump(end - world.at);
}

void jump(int64_t ms)
{
    world.at += ms;
    rules_advance(world.rules, world.at);
}

struct rules_profile profile(int64_t user)
{
    struct rules_profile found;
    assert_true(rules_profile(world.rules, user, &found, &world.why));
    return found;
}

struct rules_version look(int64_t id)
{
    struct rules_version found;
    assert_true(rules_version(world.rules, id, &found, &world.why));
    return found;
}

struct rules_copy copy(int64_t user, int64_t of)
{
    struct rules_copy found;
    assert_true(rules_copy(world.rules, user, of, &found, &world.why));
    return found;
}

enum rules_state state(int64_t user, int64_t of)
{
    return copy(user, of).state;
}

enum rules_allow verdict(int64_t user, int64_t of, int64_t left)
{
    struct rules_verdict found;
    assert_true(rules_verdict(world.rules, user, of, left, &found, &world.why));
    return found.allow;
}

int64_t clock_days(int64_t user)
{
    return profile(user).clock_ms / DAY;
}

bool said(const char *words)
{
    return strstr(world.why.text, words) != NULL;
}

static bool same(const int64_t *have, size_t count, int64_t first, va_list rest)
{
    size_t i = 0;
    bool equal = true;
    for (int64_t wanted = first; wanted != 0; wanted = va_arg(rest, int64_t), i++)
        equal = equal && i < count && have[i] == wanted;
    return equal && i == count;
}

#define LIST_IS(have, count)                                                                                           \
    va_list rest;                                                                                                      \
    va_start(rest, first);                                                                                             \
    bool equal = same(have, count, first, rest);                                                                       \
    va_end(rest);                                                                                                      \
    return equal

bool queue_is(int64_t first, ...)
{
    size_t count;
    const struct rules_queued *queue = rules_queue(world.rules, &count);
    int64_t have[PAIRS_MAX];
    assert_true(count <= PAIRS_MAX);
    for (size_t i = 0; i < count; i++)
        have[i] = queue[i].version;
    LIST_IS(have, count);
}

bool counted_are(int64_t of, int64_t first, ...)
{
    struct rules_version found = look(of);
    LIST_IS(found.counted, found.counted_count);
}

bool spare_are(int64_t of, int64_t first, ...)
{
    struct rules_version found = look(of);
    LIST_IS(found.spare, found.spare_count);
}

bool offers_are(int64_t user, int64_t first, ...)
{
    struct rules_offers found;
    int64_t have[PAIRS_MAX];
    assert_true(rules_offers(world.rules, user, &found, &world.why));
    assert_true(found.offers_count <= PAIRS_MAX);
    for (size_t i = 0; i < found.offers_count; i++)
        have[i] = found.offers[i].version;
    LIST_IS(have, found.offers_count);
}

bool may_delete_are(int64_t user, int64_t first, ...)
{
    struct rules_offers found;
    assert_true(rules_offers(world.rules, user, &found, &world.why));
    LIST_IS(found.may_delete, found.may_delete_count);
}

void check(void)
{
    struct rules_check found;
    rules_check(world.rules, &found);
    assert_true(found.recomputed);
    assert_true(found.contribution == found.lent);
    assert_true(found.missing_bytes == found.debt_minus_surplus);
    assert_true(found.points_minted - found.points_burned == found.points_assigned + found.points_free);
}
