/* /suggest/PLUGIN?q=&field=: names that go on as is typed, as JSON for the page's script and for tools. A search box,
 * which names no field, is offered members too; /suggest/members offers these alone. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/people.h"
#include "services/web/plugins.h"

#define NAMES_MOST 10
#define MEMBERS_MOST 3 /* beside other names */

struct suggest {
    const struct answer *names;  /* NULL: only members are asked for */
    const struct people *people; /* NULL: none are */
};

static void write_member(struct visit *visit, struct slice name)
{
    tree_open_map(visit->out, NULL);
    tree_text(visit->out, "name", name);
    tree_string(visit->out, "field", "member");
    tree_string(visit->out, "label", "Member");
    tree_print(visit->out, "href", "/member/%.*s", SLICE_ARGS(name));
    tree_close(visit->out);
}

static void show_names(struct visit *visit)
{
    const struct suggest *suggest = visit->page;
    const struct catalog_suggest_reply *reply = suggest->names != NULL ? suggest->names->reply : NULL;
    if (suggest->names != NULL && reply == NULL) {
        visit->by_token = true; /* whoever asks wants JSON, also of what is wrong */
        page_fail(visit, &suggest->names->why, "catalog");
        return;
    }
    visit->out = tree_new();
    tree_open_array(visit->out, "names");
    for (size_t i = 0; reply != NULL && i < look_size(reply->names.object); i++)
        tree_object(visit->out, NULL, look_at(reply->names.object, i));
    for (size_t i = 0; suggest->people != NULL && i < people_count(suggest->people); i++)
        write_member(visit, people_nth(suggest->people, i));
    tree_close(visit->out);
    page_json(visit, 200);
}

void page_suggest(struct visit *visit)
{
    struct suggest *suggest = visit->page = arena_take(visit->arena, sizeof *suggest);
    bool members = slice_is(visit->params[0], "members");
    struct catalog_suggest ask = {
        .plugin = visit->params[0],
        .field = form_get(&visit->query, "field"),
        .text = form_trim(form_get(&visit->query, "q")),
        .limit = NAMES_MOST,
    };
    struct gather *gather = gather_new(visit, show_names);
    *suggest = (struct suggest){0};
    if (!members)
        suggest->names = gather_must(gather, &catalog_suggest_message, &ask);
    if (ask.text.size > 0 && (members || ask.field.size == 0))
        suggest->people = people_begin(gather, visit, ask.text, members ? NAMES_MOST : MEMBERS_MOST);
    gather_go(gather);
}
