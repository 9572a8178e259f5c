/* Pages with one form and hardly anything beside: a text to be written, or something to be taken away. */
#ifndef DJEMBE_WEB_TEXT_FORM_H
#define DJEMBE_WEB_TEXT_FORM_H

#include "services/web/page.h"

struct text_form {
    const char *title, *action;
    struct slice of, of_href; /* what it is about */
    const char *field, *label, *help, *button;
    bool lines;                    /* several, with wiki text */
    bool file;                     /* an image instead of a text */
    const char *tick, *tick_label; /* a box beside the text, ticked as it was; NULL: there is none */
    struct slice value;
    uint64_t revision;       /* 0: it has none */
    const struct fault *why; /* why it was refused; of status ok: it was not sent yet */
};
void text_form_show(struct visit *visit, const struct text_form *form);

/* Are you sure, and why? `about`: what follows from it. */
struct removal {
    const char *action, *about;
    struct slice what, href;
    const struct fault *why;
};
void removal_show(struct visit *visit, const struct removal *removal);

/* The reason that such a form brought; empty, with the fault set, when there is none, or too much of it. */
struct slice removal_reason(struct visit *visit, struct fault *why);

/* Is the fault one that a form shows, so that what was typed is kept? */
bool form_shows(const struct fault *why);

#endif
