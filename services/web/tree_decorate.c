/* Finds what a catalog tree speaks of, and copies it with what the other daemons and the clock know about that. */
#include "services/web/factor_label.h"
#include "services/web/tree.h"
#include "services/web/wiki.h"

#include <stdio.h>

#define KEY_MAX 80 /* a longer key is copied but gets no text beside it */

static uint64_t id_of(const msgpack_object *map, const char *key)
{
    const msgpack_object *value = map_find(map, key);
    return value != NULL && value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? value->via.u64 : 0;
}

/* Keys whose value is a member's id; each gains KEY_name. */
static const char *const members[] = {"uploader", "author", "filler"};

/* ---- collecting ---- */

/* Where it is among ascending ids, or would be. */
static size_t place_of(const uint64_t *ids, size_t count, uint64_t id)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t at = from + (to - from) / 2;
        if (ids[at] < id) {
            from = at + 1;
        } else {
            to = at;
        }
    }
    return from;
}

/* Keeps `ids` ascending and each once; what does not fit is left out. */
static void insert(uint64_t *ids, size_t *count, size_t most, uint64_t id)
{
    size_t at = place_of(ids, *count, id);
    if (id == 0 || *count == most || (at < *count && ids[at] == id)) {
        return;
    }
    memmove(ids + at + 1, ids + at, (*count - at) * sizeof *ids);
    ids[at] = id;
    *count += 1;
}

void tree_collect(const msgpack_object *tree, struct tree_ids *ids)
{
    if (tree->type == MSGPACK_OBJECT_ARRAY) {
        for (uint32_t i = 0; i < tree->via.array.size; i++) {
            tree_collect(&tree->via.array.ptr[i], ids);
        }
    } else if (tree->type == MSGPACK_OBJECT_MAP) {
        insert(ids->torrents, &ids->torrents_count, TREE_TORRENTS_MAX, id_of(tree, "torrent"));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            insert(ids->members, &ids->members_count, TREE_IDS_MAX, id_of(tree, members[i]));
        }
        for (uint32_t i = 0; i < tree->via.map.size; i++) {
            tree_collect(&tree->via.map.ptr[i].val, ids);
        }
    }
}

/* ---- what is known ---- */

static bool was_asked(const struct tree_extra *extra, uint64_t torrent)
{
    const struct tree_ids *asked = extra->asked;
    if (asked == NULL) {
        return true;
    }
    size_t at = place_of(asked->torrents, asked->torrents_count, torrent);
    return at < asked->torrents_count && asked->torrents[at] == torrent;
}

static const struct swarm_count *swarm_of(const struct tree_extra *extra, uint64_t torrent)
{
    static const struct swarm_count nobody;
    for (size_t i = 0; i < extra->swarms_count; i++) {
        if (extra->swarms[i].torrent == torrent) {
            return &extra->swarms[i];
        }
    }
    return extra->swarms_known && was_asked(extra, torrent) ? &nobody : NULL;
}

static const struct torrent_count *snatches_of(const struct tree_extra *extra, uint64_t torrent)
{
    static const struct torrent_count none;
    for (size_t i = 0; i < extra->snatches_count; i++) {
        if (extra->snatches[i].torrent == torrent) {
            return &extra->snatches[i];
        }
    }
    return extra->snatches_known && was_asked(extra, torrent) ? &none : NULL;
}

struct counts {
    uint64_t seeders, leechers, snatches;
    bool swarm_known, snatches_known;     /* of one at least */
    bool swarm_unknown, snatches_unknown; /* likewise: then there is no sum */
};

static void count_torrent(struct counts *counts, uint64_t torrent, const struct tree_extra *extra)
{
    const struct swarm_count *swarm = swarm_of(extra, torrent);
    const struct torrent_count *snatched = snatches_of(extra, torrent);
    if (swarm != NULL) {
        counts->swarm_known = true;
        counts->seeders += swarm->seeders;
        counts->leechers += swarm->leechers;
    } else {
        counts->swarm_unknown = true;
    }
    if (snatched != NULL) {
        counts->snatches_known = true;
        counts->snatches += snatched->snatches;
    } else {
        counts->snatches_unknown = true;
    }
}

/* Sums over every torrent in and below `tree`. */
static void count_below(struct counts *counts, const msgpack_object *tree, const struct tree_extra *extra)
{
    if (tree->type == MSGPACK_OBJECT_ARRAY) {
        for (uint32_t i = 0; i < tree->via.array.size; i++) {
            count_below(counts, &tree->via.array.ptr[i], extra);
        }
    } else if (tree->type == MSGPACK_OBJECT_MAP) {
        uint64_t torrent = id_of(tree, "torrent");
        if (torrent > 0) {
            count_torrent(counts, torrent, extra);
        }
        for (uint32_t i = 0; i < tree->via.map.size; i++) {
            count_below(counts, &tree->via.map.ptr[i].val, extra);
        }
    }
}

static void add_count(struct tree_writer *writer, const char *key, bool known, uint64_t value)
{
    if (known) {
        tree_count(writer, key, value);
    } else {
        tree_nil(writer, key);
    }
}

/* Unknown counts are nil and not left out: a map further out may have the same key. */
static void add_counts(struct tree_writer *writer, const msgpack_object *map, const struct tree_extra *extra)
{
    struct counts counts = {0};
    count_below(&counts, map, extra);
    counts.swarm_known = counts.swarm_known && !counts.swarm_unknown;
    counts.snatches_known = counts.snatches_known && !counts.snatches_unknown;
    tree_flag(writer, "swarm_known", counts.swarm_known);
    tree_flag(writer, "dead", counts.swarm_known && counts.seeders == 0);
    add_count(writer, "seeders", counts.swarm_known, counts.seeders);
    add_count(writer, "leechers", counts.swarm_known, counts.leechers);
    tree_flag(writer, "snatches_known", counts.snatches_known);
    add_count(writer, "snatches", counts.snatches_known, counts.snatches);
}

/* nil: all of it counts, or that is not known. */
static void add_factor(struct tree_writer *writer, uint64_t torrent, const struct tree_extra *extra)
{
    char label[FACTOR_LABEL_MAX];
    const struct torrent_count *counts = snatches_of(extra, torrent);
    if (counts == NULL || !counts->has_factor) {
        tree_nil(writer, "factor");
        return;
    }
    tree_open_map(writer, "factor");
    tree_string(writer, "label", factor_label(counts->upload_percent, counts->download_percent, label));
    tree_flag(writer, "ends", counts->factor_ends_at != 0);
    tree_time(writer, "ends_at", counts->factor_ends_at, extra->now);
    tree_close(writer);
}

static void add_name(struct tree_writer *writer, const char *member, uint64_t user, const struct tree_extra *extra)
{
    char key[32];
    snprintf(key, sizeof key, "%.20s_name", member);
    for (size_t i = 0; user > 0 && i < extra->names_count; i++) {
        if (extra->names[i].user == user) {
            tree_text(writer, key, extra->names[i].name);
            return;
        }
    }
    if (user > 0) {
        tree_nil(writer, key);
    }
}

/* ---- copying ---- */

static void copy(struct tree_writer *writer, const char *key, const msgpack_object *value,
                 const struct tree_extra *extra);

static bool ends_with(const char *key, const char *end)
{
    size_t size = strlen(key), tail = strlen(end);
    return size > tail && strcmp(key + size - tail, end) == 0;
}

/* KEY_html of a text that members write. */
static void add_html(struct tree_writer *writer, const char *key, const msgpack_object *value)
{
    char html_key[32];
    snprintf(html_key, sizeof html_key, "%.20s_html", key);
    tree_wiki(writer, html_key, slice_of(value->via.str.ptr, value->via.str.size));
}

static void copy_entry(struct tree_writer *writer, const char *key, const msgpack_object *value,
                       const struct tree_extra *extra)
{
    bool is_count = value->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    bool fits = strlen(key) < KEY_MAX;
    if (is_count && fits && value->via.u64 <= INT64_MAX && ends_with(key, "_at")) {
        tree_time(writer, key, (int64_t)value->via.u64, extra->now);
    } else if (is_count && fits &&
               (strcmp(key, "size") == 0 || strncmp(key, "size_", 5) == 0 || ends_with(key, "_size"))) {
        tree_size(writer, key, value->via.u64);
    } else {
        copy(writer, key, value, extra);
    }
    if (value->type == MSGPACK_OBJECT_STR && (strcmp(key, "description") == 0 || strcmp(key, "text") == 0)) {
        add_html(writer, key, value);
    }
    char flag[KEY_MAX + 8];
    if (value->type == MSGPACK_OBJECT_ARRAY && fits) {
        snprintf(flag, sizeof flag, "has_%.*s", KEY_MAX, key);
        tree_flag(writer, flag, value->via.array.size > 0);
    } else if (is_count && fits && ends_with(key, "_count")) {
        snprintf(flag, sizeof flag, "%.*s_one", KEY_MAX, key);
        tree_flag(writer, flag, value->via.u64 == 1);
    }
}

/* A key as C text: false for one that is empty, too long, or holds a NUL. */
static bool read_key(const msgpack_object_str *key, char *into, size_t room)
{
    if (key->size == 0 || key->size >= room || memchr(key->ptr, 0, key->size) != NULL) {
        return false;
    }
    memcpy(into, key->ptr, key->size);
    into[key->size] = '\0';
    return true;
}

static void copy_map(struct tree_writer *writer, const char *key, const msgpack_object *map,
                     const struct tree_extra *extra)
{
    tree_open_map(writer, key);
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *entry = &map->via.map.ptr[i];
        char name[256];
        if (entry->key.type != MSGPACK_OBJECT_STR || !read_key(&entry->key.via.str, name, sizeof name)) {
            continue; /* no template can name it */
        }
        copy_entry(writer, name, &entry->val, extra);
    }
    if (id_of(map, "torrent") > 0 || map_find(map, "torrents_count") != NULL) {
        add_counts(writer, map, extra);
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        add_name(writer, members[i], id_of(map, members[i]), extra);
    }
    if (id_of(map, "torrent") > 0) {
        add_factor(writer, id_of(map, "torrent"), extra);
    }
    if (extra->torrent != NULL && id_of(map, "torrent") > 0) {
        extra->torrent(extra->torrent_arg, writer, map);
    }
    tree_close(writer);
}

static void copy(struct tree_writer *writer, const char *key, const msgpack_object *value,
                 const struct tree_extra *extra)
{
    if (value->type == MSGPACK_OBJECT_MAP) {
        copy_map(writer, key, value, extra);
    } else if (value->type == MSGPACK_OBJECT_ARRAY) {
        tree_open_array(writer, key);
        for (uint32_t i = 0; i < value->via.array.size; i++) {
            copy(writer, NULL, &value->via.array.ptr[i], extra);
        }
        tree_close(writer);
    } else {
        tree_object(writer, key, value);
    }
}

void tree_decorate(struct tree_writer *writer, const char *key, const msgpack_object *tree,
                   const struct tree_extra *extra)
{
    copy(writer, key, tree, extra);
}
