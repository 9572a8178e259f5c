/* Everyone in good standing may leech. Seeding is never refused here. */
#include "services/ratio/permit.h"

struct permit_fact permit_of(const struct member_fact *member)
{
    bool active = slice_is(member->standing, "active");
    return (struct permit_fact){
        .user = member->user,
        .may_leech = active,
        .reason = slice_text(active ? "" : "Your account is disabled: ask the staff of the site."),
    };
}
