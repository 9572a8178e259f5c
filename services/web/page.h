/* What all pages share: the common part of the context, rendering, headers, errors, redirects. */
#ifndef DJEMBE_WEB_PAGE_H
#define DJEMBE_WEB_PAGE_H

#include "services/web/visit.h"

/* Begins the context with everything that services/web/README.md promises to each template; the page then writes its
 * own keys to visit->out. `at` (may be NULL) is the current place. To be called when all answers are there. */
void page_begin(struct visit *visit, const char *title, const char *at);

/* Renders and answers. `plugin` (may be NULL): its own template is taken when there is one. */
void page_end(struct visit *visit, unsigned status, const char *template_name, const char *plugin);

/* Answers with the page of an error, or with JSON to a tool. */
void page_fail(struct visit *visit, const struct fault *why, const char *part);
void page_error(struct visit *visit, unsigned status, const char *text, const char *part);

/* Finds the member whose name is the path's first parameter; answers itself when there is none. */
void page_find_member(struct visit *visit, void (*found)(struct visit *visit, const struct member *member));

/* 303 to a path of ours; `text` (may be NULL) is shown there. */
void page_redirect(struct visit *visit, const char *path, enum flash_kind kind, const char *text);

/* Writes the links of a list that goes on: `first_href` when the query names `param`, and `next_href` to the row `next`
 * (0: this is the last page). `path` may have a query of its own. */
void page_pager(struct visit *visit, const char *path, const char *param, uint64_t next);

/* {"error", "field"} or whatever a tool asked for. The writer's context goes out as JSON. */
void page_json(struct visit *visit, unsigned status);

/* Writes `errors` for a form from a fault that names its field, `error` from one that does not. */
void page_form_fault(struct visit *visit, const struct fault *why);

/* The catalog ends "it is here already" with where: "see /music/album/12#t34.". Writes that as `error_href`, and for
 * staff `merge_href`, where `entity` (0: nothing is there yet) becomes part of it. */
void page_write_there(struct visit *visit, uint64_t entity, const char *text);

/* The idempotency key of a form with the hidden input `once` (visit_once): sent twice, it changes a thing once. */
struct slice page_form_key(struct visit *visit);

/* The security headers of every answer; the latter for what has a policy of its own. */
void page_headers(struct http_request *http);
void page_headers_under(struct http_request *http, const char *policy);

#define PAGE(name) void page_##name(struct visit *visit)

PAGE(home);
PAGE(static);
PAGE(favicon);
PAGE(sign_in);
PAGE(sign_in_post);
PAGE(sign_out_post);
PAGE(sign_up);
PAGE(sign_up_post);
PAGE(reset);
PAGE(reset_post);
PAGE(browse);
PAGE(suggest);
PAGE(entity);
PAGE(upload);
PAGE(upload_post);
PAGE(upload_same_post);
PAGE(torrent);
PAGE(torrent_delete);
PAGE(torrent_delete_post);
PAGE(entity_delete);
PAGE(entity_delete_post);
PAGE(edit);
PAGE(edit_post);
PAGE(merge);
PAGE(merge_post);
PAGE(unmerge_post);
PAGE(move);
PAGE(move_post);
PAGE(person_edit);
PAGE(person_edit_post);
PAGE(alias_add_post);
PAGE(alias_remove);
PAGE(alias_remove_post);
PAGE(tag_add_post);
PAGE(tag_vote_post);
PAGE(tag_remove);
PAGE(tag_remove_post);
PAGE(comment_add_post);
PAGE(comment);
PAGE(comment_post);
PAGE(comment_delete);
PAGE(comment_delete_post);
PAGE(comment_versions);
PAGE(image);
PAGE(image_new);
PAGE(image_add_post);
PAGE(image_first_post);
PAGE(image_remove);
PAGE(image_remove_post);
PAGE(bookmarks);
PAGE(bookmark_post);
PAGE(subscriptions);
PAGE(subscription_post);
PAGE(searches);
PAGE(search);
PAGE(search_new);
PAGE(search_add_post);
PAGE(search_edit);
PAGE(search_edit_post);
PAGE(search_delete_post);
PAGE(collages);
PAGE(collage_new);
PAGE(collage_add_post);
PAGE(collage);
PAGE(collage_put_post);
PAGE(collage_subscription_post);
PAGE(collage_order);
PAGE(collage_order_post);
PAGE(collage_edit);
PAGE(collage_edit_post);
PAGE(collage_delete);
PAGE(collage_delete_post);
PAGE(collage_history);
PAGE(report);
PAGE(report_post);
PAGE(reports);
PAGE(report_handle_post);
PAGE(requests);
PAGE(request_new);
PAGE(request_add_post);
PAGE(request);
PAGE(request_vote_post);
PAGE(request_fill_post);
PAGE(request_edit);
PAGE(request_edit_post);
PAGE(request_reopen);
PAGE(request_reopen_post);
PAGE(request_delete);
PAGE(request_delete_post);
PAGE(history);
PAGE(log);
PAGE(member);
PAGE(evidence);
PAGE(staff_ratio);
PAGE(factor_post);
PAGE(event_post);
PAGE(grant_post);
PAGE(ledger);
PAGE(backup);
PAGE(space_post);
PAGE(backup_own);
PAGE(points_post);
PAGE(points_move_post);
PAGE(redundancy_post);
PAGE(keep_post);
PAGE(remind_post);
PAGE(holdings);
PAGE(drop);
PAGE(drop_post);
PAGE(offers);
PAGE(queue);
PAGE(explain);
PAGE(feed_rss);
PAGE(feed_json);
PAGE(feed_torrent);
PAGE(feed_newest);
PAGE(feed_bookmarks);
PAGE(feed_search);
PAGE(token_post);
PAGE(snatches);
PAGE(inbox);
PAGE(inbox_post);
PAGE(invites);
PAGE(invites_post);
PAGE(account);
PAGE(password_post);
PAGE(passkey_post);
PAGE(feed_key_post);
PAGE(sessions_post);
PAGE(tokens_post);

#undef PAGE

#endif
