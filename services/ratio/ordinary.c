#include "services/ratio/ordinary.h"

void ordinary_judge(const struct ordinary_rules *rules, struct ordinary *member)
{
    member->required = required_of(&rules->bands, &member->figures);
    member->met = member->required.met && (rules->hit_seed == 0 || member->hit_and_runs <= (uint64_t)rules->hit_most);
}

enum watch_step ordinary_step(const struct ordinary_rules *rules, struct ordinary *member, int64_t now)
{
    return watch_step(&rules->watch, &member->watch, member->met, member->figures.down, now);
}

int64_t ordinary_due(const struct ordinary_rules *rules, const struct ordinary *member, int64_t now)
{
    bool bound = member->required.band != NULL || (rules->hit_seed != 0 && member->figures.snatched > 0);
    return watch_due(&rules->watch, &member->watch, bound, now);
}
