/* See text_form.h. */
#include "services/web/text_form.h"

#define REASON_MAX 400

bool form_shows(const struct fault *why)
{
    return why->status == STATUS_invalid || why->status == STATUS_too_large || why->status == STATUS_conflict;
}

void text_form_show(struct visit *visit, const struct text_form *form)
{
    bool again = form->why->status != STATUS_ok;
    page_begin(visit, form->title, NULL);
    tree_string(visit->out, "action", form->action);
    tree_text(visit->out, "of", form->of);
    tree_text(visit->out, "of_href", form->of_href);
    tree_string(visit->out, "field", form->field);
    tree_string(visit->out, "label", form->label);
    tree_string(visit->out, "help", form->help);
    tree_string(visit->out, "button", form->button);
    tree_flag(visit->out, "lines", form->lines);
    tree_flag(visit->out, "file", form->file);
    tree_text(visit->out, "value", form->value);
    tree_string(visit->out, "tick", form->tick);
    tree_string(visit->out, "tick_label", form->tick_label);
    tree_flag(visit->out, "ticked", form->tick != NULL && form_has(&visit->form, form->tick));
    tree_string(visit->out, "once", visit_once(visit));
    if (form->revision != 0)
        tree_count(visit->out, "revision", form->revision);
    if (again)
        tree_string(visit->out, "wrong", form->why->text);
    page_end(visit, again ? status_http(form->why->status) : 200, "text_form", NULL);
}

void removal_show(struct visit *visit, const struct removal *removal)
{
    bool again = removal->why->status != STATUS_ok;
    page_begin(visit, "Remove", NULL);
    tree_string(visit->out, "action", removal->action);
    tree_text(visit->out, "what", removal->what);
    tree_text(visit->out, "href", removal->href);
    tree_string(visit->out, "about", removal->about);
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    if (again)
        page_form_fault(visit, removal->why);
    page_end(visit, again ? status_http(removal->why->status) : 200, "delete", NULL);
}

struct slice removal_reason(struct visit *visit, struct fault *why)
{
    struct slice reason = form_trim(form_get(&visit->form, "reason"));
    if (reason.size > 0 && reason.size <= REASON_MAX)
        return reason;
    fault_set(why, STATUS_invalid, "reason", "Say why it goes, in at most %d letters.", REASON_MAX);
    return (struct slice){0};
}
