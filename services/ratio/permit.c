/* Everyone in good standing may leech until ratio watch says otherwise. Seeding is never refused here. */
#include "services/ratio/permit.h"

#include "services/ratio/words.h"

#include <stdio.h>

struct permit_fact permit_of(const struct member_fact *member)
{
    bool active = slice_is(member->standing, "active");
    return (struct permit_fact){
        .user = member->user,
        .may_leech = active,
        .reason = slice_text(active ? "" : "Your account is disabled: ask the staff of the site."),
    };
}

struct permit_fact permit_watched(const struct ordinary *member, char into[PERMIT_REASON_MAX])
{
    const struct watch *watch = &member->watch;
    char ratio[WORDS_MAX];
    struct permit_fact permit = {.user = member->user, .may_leech = watch->state != WATCH_stopped};
    into[0] = '\0';
    if (!permit.may_leech && !member->required.met)
        snprintf(into, PERMIT_REASON_MAX, "Ratio too low: seed until it is %s, then download again.",
                 words_ratio(member->required.ratio, ratio));
    else if (!permit.may_leech)
        snprintf(into, PERMIT_REASON_MAX, "Too many hit-and-runs: seed what you completed.");
    permit.reason = slice_text(into);
    if (watch->state != WATCH_clear)
        permit.watch = slice_text(watch_name(watch->state));
    if (watch->state == WATCH_on) {
        permit.watch_ends_at = watch->ends_at;
        permit.watch_stop_down = watch->stop_down;
    }
    return permit;
}
