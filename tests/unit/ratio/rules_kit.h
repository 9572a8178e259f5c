/* A small world for tests of the rules: one set of rules, one time, and clients that stay online by themselves. Each
 * verb applies one event now and says whether it was accepted. */
#ifndef DJEMBE_TESTS_RULES_KIT_H
#define DJEMBE_TESTS_RULES_KIT_H

#include "services/ratio/rules/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GB INT64_C(1000000000)
#define GIB (INT64_C(1) << 30)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WINDOW (70 * MINUTE) /* 2 intervals and 10 min */
#define PAIRS_MAX 128

struct world {
    struct rules *rules;
    int64_t at;
    struct fault why; /* of the last refusal */
    struct {
        int64_t user, version;
    } online[PAIRS_MAX];
    size_t online_count;
};

extern struct world world;

/* Settings as `name=value`, NULL at the end. */
void world_begin(const char *setting, ...);
void world_end(void);

bool member(int64_t user);
bool backup(int64_t id, int64_t owner, int64_t redundancy);
bool version(int64_t id, int64_t of, int64_t size);
/* Would it be taken, of a backup that `owner` makes with so many copies wanted, unless it is there? */
bool welcome(int64_t of, int64_t owner, int64_t redundancy, int64_t size);
bool depending(int64_t id, int64_t of, int64_t size, int64_t depends_on);
bool retention(int64_t id, struct rules_retention keep);
bool redundancy(int64_t id, int64_t wanted);
bool delete_version(int64_t id);
bool delete_backup(int64_t id);
bool announce(int64_t user, int64_t of, int64_t left);
bool dropped(int64_t user, int64_t of);
bool audit(int64_t user, int64_t of, enum rules_result result);
bool assign(int64_t user, int64_t id, int64_t points);
bool move(int64_t user, int64_t from, int64_t to, int64_t points);
bool burn(int64_t user, int64_t points);
bool grant(int64_t user, int64_t points);
bool free_space(int64_t user, int64_t bytes);
bool suspended(int64_t user, bool is);
bool household(int64_t user, int64_t id);
bool tracker(bool up);
void tick(void);

/* members 1 .. count */
void members(int64_t count);
/* A backup and a version of the same number, which its owner serves from now on. */
void publish(int64_t id, int64_t owner, int64_t wanted, int64_t size);
/* Fetches and then holds; its client stays online. */
void hold(int64_t user, int64_t of);
/* From now on, or no longer, seen every half hour with nothing missing. */
void stay(int64_t user, int64_t of);
void leave(int64_t user, int64_t of);
/* Time goes on, and who is online announces. */
void pass(int64_t ms);
/* Time jumps; nobody announces. */
void jump(int64_t ms);

struct rules_profile profile(int64_t user);
struct rules_version look(int64_t id);
enum rules_state state(int64_t user, int64_t of);
struct rules_copy copy(int64_t user, int64_t of);
enum rules_allow verdict(int64_t user, int64_t of, int64_t left);
int64_t clock_days(int64_t user);
/* Does the last refusal say that? */
bool said(const char *words);
/* Are these the versions of the queue, in order; 0 at the end. */
bool queue_is(int64_t first, ...);
bool counted_are(int64_t of, int64_t first, ...);
bool spare_are(int64_t of, int64_t first, ...);
bool offers_are(int64_t user, int64_t first, ...);
bool may_delete_are(int64_t user, int64_t first, ...);
/* The identities of the rules hold and a recompute agrees. */
void check(void);

#endif
