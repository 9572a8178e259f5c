/* /suggest/PLUGIN?q=&field=: names that go on as is typed, as JSON for the page's script and for tools. */
#include "services/web/gather.h"
#include "services/web/page.h"
#include "services/web/plugins.h"

#define NAMES_MOST 10

static void show_names(struct visit *visit)
{
    const struct answer *answer = visit->page;
    const struct catalog_suggest_reply *reply = answer->reply;
    if (reply == NULL) {
        visit->by_token = true; /* whoever asks wants JSON, also of what is wrong */
        page_fail(visit, &answer->why, "catalog");
        return;
    }
    visit->out = tree_new();
    tree_object(visit->out, "names", reply->names.object);
    page_json(visit, 200);
}

void page_suggest(struct visit *visit)
{
    struct catalog_suggest ask = {
        .plugin = visit->params[0],
        .field = form_get(&visit->query, "field"),
        .text = form_trim(form_get(&visit->query, "q")),
        .limit = NAMES_MOST,
    };
    struct gather *gather = gather_new(visit, show_names);
    visit->page = (void *)gather_must(gather, &catalog_suggest_message, &ask);
    gather_go(gather);
}
