/* /member/NAME: what a member shares now, and has moved and added. What was moved of each torrent, and from where, is
 * shown to the member and to staff only. */
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/peers.h"

#include <stdio.h>

#define TORRENTS_SHOWN 50
#define TORRENTS_ASKED 100 /* what is shared now was seen last */
#define UPLOADS_SHOWN 50

struct profile {
    struct member member;
    bool is_me, sees_all;
    const struct answer *totals, *torrents, *uploads, *names, *peers;
};

/* Thousandths, as a ratio is written: "0.60", "0.125". */
static void write_ratio(struct tree_writer *out, const char *key, uint64_t thousandths)
{
    char text[FORMAT_MAX];
    int size = snprintf(text, sizeof text, "%llu.%03llu", (unsigned long long)(thousandths / 1000),
                        (unsigned long long)(thousandths % 1000));
    while (text[size - 1] == '0' && text[size - 3] != '.')
        text[--size] = '\0';
    tree_string(out, key, text);
}

static void write_required(struct visit *visit, const struct ratio_member_profile_reply *totals)
{
    struct tree_writer *out = visit->out;
    tree_flag(out, "met", totals->met);
    write_ratio(out, "required_text", totals->required);
    tree_flag(out, "is_required", totals->band_from > 0);
    tree_size(out, "size_missing", totals->missing);
    tree_count(out, "snatched", totals->snatched);
    tree_count(out, "seeding", totals->seeding);
    tree_count(out, "hit_and_runs", totals->hit_and_runs);
    tree_count(out, "tokens", totals->tokens);
    tree_flag(out, "tokens_one", totals->tokens == 1);
    tree_flag(out, "on_watch", slice_is(totals->watch, "watch"));
    tree_flag(out, "stopped", slice_is(totals->watch, "stopped"));
    tree_time(out, "watch_ends_at", totals->watch_ends_at, visit->now);
    tree_size(out, "size_watch_left", totals->watch_left);
}

static void write_totals(struct visit *visit, const struct ratio_member_profile_reply *totals)
{
    struct tree_writer *out = visit->out;
    char ratio[FORMAT_MAX];
    tree_open_map(out, "totals");
    tree_size(out, "size_up", totals->credited_up);
    tree_size(out, "size_down", totals->credited_down);
    tree_size(out, "size_raw_up", totals->uploaded);
    tree_size(out, "size_raw_down", totals->downloaded);
    tree_string(out, "ratio_text", format_ratio(totals->credited_up, totals->credited_down, ratio));
    write_required(visit, totals);
    tree_count(out, "snatches", totals->snatches);
    tree_flag(out, "may_leech", totals->may_leech);
    tree_text(out, "reason", totals->reason);
    tree_close(out);
}

static void write_name(struct tree_writer *out, const struct torrent_name *name, int64_t now)
{
    tree_text(out, "title", name->title);
    tree_text(out, "href", name->href);
    tree_size(out, "size", name->size);
    tree_time(out, "added_at", name->added_at, now);
}

static void write_uploads(struct visit *visit, const struct catalog_upload_list_reply *uploads)
{
    const struct profile *profile = visit->page;
    struct tree_writer *out = visit->out;
    struct torrent_name name = {0};
    size_t count = uploads != NULL ? rows_count(uploads->torrents) : 0;
    tree_flag(out, "has_uploads", count > 0);
    tree_count(out, "uploads_count", uploads != NULL ? uploads->count : 0);
    tree_open_array(out, "uploads");
    for (size_t i = 0; i < count; i++) {
        if (!row_read(&torrent_name_row, &name, rows_at(uploads->torrents, i), NULL))
            continue;
        tree_open_map(out, NULL);
        tree_count(out, "torrent", name.torrent);
        write_name(out, &name, visit->now);
        tree_close(out);
    }
    tree_close(out);
    page_pager(visit, arena_print(visit->arena, "/member/%s", profile->member.name), "before",
               count == UPLOADS_SHOWN ? name.torrent : 0);
}

static bool find_name(const struct answer *names, uint64_t torrent, struct torrent_name *into)
{
    const struct catalog_torrent_names_reply *reply = names != NULL ? names->reply : NULL;
    for (size_t i = 0; reply != NULL && i < rows_count(reply->torrents); i++)
        if (row_read(&torrent_name_row, into, rows_at(reply->torrents, i), NULL) && into->torrent == torrent)
            return true;
    return false;
}

static void write_torrent(struct visit *visit, const struct member_torrent *moved)
{
    const struct profile *profile = visit->page;
    struct tree_writer *out = visit->out;
    struct torrent_name name;
    tree_open_map(out, NULL);
    tree_count(out, "torrent", moved->torrent);
    if (find_name(profile->names, moved->torrent, &name))
        write_name(out, &name, visit->now);
    else
        tree_print(out, "title", "Torrent %llu", (unsigned long long)moved->torrent);
    tree_size(out, "size_up", moved->uploaded);
    tree_size(out, "size_down", moved->downloaded);
    tree_size(out, "size_left", moved->left);
    tree_time(out, "seen_at", moved->seen_at, visit->now);
    tree_time(out, "snatched_at", moved->snatched_at, visit->now);
    tree_flag(out, "done", moved->left == 0);
    char text[FORMAT_MAX];
    tree_string(out, "seeded_text", moved->seeded > 0 ? format_span(moved->seeded, text) : "–");
    tree_close(out);
}

static const struct ratio_member_torrents_reply *torrents_of(const struct profile *profile)
{
    return profile->torrents != NULL ? profile->torrents->reply : NULL;
}

static void write_torrents(struct visit *visit)
{
    const struct profile *profile = visit->page;
    const struct ratio_member_torrents_reply *reply = torrents_of(profile);
    size_t count = reply != NULL && profile->sees_all ? rows_count(reply->torrents) : 0;
    tree_flag(visit->out, "sees_torrents", profile->sees_all);
    tree_flag(visit->out, "has_torrents", count > 0);
    tree_open_array(visit->out, "torrents");
    for (size_t i = 0; i < count && i < TORRENTS_SHOWN; i++) {
        struct member_torrent moved;
        if (row_read(&member_torrent_row, &moved, rows_at(reply->torrents, i), NULL))
            write_torrent(visit, &moved);
    }
    tree_close(visit->out);
}

static void write_live_peer(struct visit *visit, const struct swarm_peer *peer)
{
    const struct profile *profile = visit->page;
    struct tree_writer *out = visit->out;
    struct torrent_name name = {0};
    tree_open_map(out, NULL);
    if (find_name(profile->names, peer->torrent, &name))
        write_name(out, &name, visit->now);
    else
        tree_print(out, "title", "Torrent %llu", (unsigned long long)peer->torrent);
    peer_write(out, peer, name.size, visit->now, profile->sees_all);
    tree_close(out);
}

static void write_live(struct visit *visit)
{
    const struct profile *profile = visit->page;
    const struct tracker_member_peers_reply *reply = profile->peers != NULL ? profile->peers->reply : NULL;
    size_t count = reply != NULL ? rows_count(reply->peers) : 0;
    tree_flag(visit->out, "has_live", count > 0);
    tree_count(visit->out, "live_count", count);
    tree_flag(visit->out, "sees_addresses", profile->sees_all);
    tree_open_array(visit->out, "live");
    for (size_t i = 0; i < count; i++) {
        struct swarm_peer peer;
        if (row_read(&swarm_peer_row, &peer, rows_at(reply->peers, i), NULL))
            write_live_peer(visit, &peer);
    }
    tree_close(visit->out);
}

static void write_member(struct visit *visit)
{
    const struct profile *profile = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, "member");
    tree_count(out, "user", profile->member.id);
    tree_string(out, "name", profile->member.name);
    tree_string(out, "class", account_class_title(slice_text(profile->member.class_name)));
    tree_string(out, "standing", profile->member.standing);
    tree_flag(out, "disabled", !member_is_active(&profile->member));
    tree_time(out, "joined_at", profile->member.joined_at, visit->now);
    tree_flag(out, "is_me", profile->is_me);
    tree_flag(out, "sees_ledger", profile->sees_all);
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct profile *profile = visit->page;
    if (profile->names != NULL)
        names_missing(visit, profile->names, "the torrents");
    if (profile->peers != NULL && profile->peers->reply == NULL)
        visit_missing(visit, "tracker", "What is shared now cannot be told for the moment.");
    page_begin(visit, profile->member.name, "member");
    write_member(visit);
    if (profile->totals->reply != NULL)
        write_totals(visit, profile->totals->reply);
    write_live(visit);
    write_torrents(visit);
    write_uploads(visit, profile->uploads->reply);
    page_end(visit, 200, "member", NULL);
}

static struct tree pack_ids(struct visit *visit, const struct ratio_member_torrents_reply *reply)
{
    size_t count;
    const struct member_torrent *moved = answer_rows(visit, reply->torrents, &member_torrent_row, &count);
    return ask_ids(visit, IDS_OF(visit, moved, count, torrent), count);
}

static void ask_names(struct visit *visit)
{
    struct profile *profile = visit->page;
    const struct ratio_member_torrents_reply *reply = torrents_of(profile);
    if (profile->totals->reply == NULL || (profile->torrents != NULL && reply == NULL))
        visit_missing(visit, "ratio",
                      "What was uploaded and downloaded cannot be told for the moment. Nothing is lost.");
    if (profile->uploads->reply == NULL)
        visit_missing(visit, "catalog", "What this member has added cannot be listed for the moment.");
    struct gather *gather = gather_new(visit, show);
    if (reply != NULL && rows_count(reply->torrents) > 0) {
        struct catalog_torrent_names ask = {.torrents = pack_ids(visit, reply)};
        struct tracker_member_peers live = {.user = profile->member.id, .torrents = ask.torrents};
        profile->names = gather_may(gather, &catalog_torrent_names_message, &ask);
        profile->peers = gather_may(gather, &tracker_member_peers_message, &live);
    }
    gather_go(gather);
}

static void on_found(struct visit *visit, const struct member *member)
{
    struct profile *profile = visit->page = arena_take(visit->arena, sizeof *profile);
    struct ratio_member_profile totals = {.user = member->id};
    struct ratio_member_torrents torrents = {.user = member->id, .limit = TORRENTS_ASKED};
    struct catalog_upload_list uploads = {
        .user = member->id, .before = form_id(&visit->query, "before"), .limit = UPLOADS_SHOWN};
    profile->member = *member;
    profile->is_me = member->id == visit->me.id;
    profile->sees_all = profile->is_me || visit_is_staff(visit);
    struct gather *gather = gather_new(visit, ask_names);
    profile->totals = gather_may(gather, &ratio_member_profile_message, &totals);
    profile->uploads = gather_may(gather, &catalog_upload_list_message, &uploads);
    profile->torrents = gather_may(gather, &ratio_member_torrents_message, &torrents);
    gather_go(gather);
}

void page_member(struct visit *visit)
{
    page_find_member(visit, on_found);
}
