/* The albums with their torrents, in the order of their numbers, in batches: each torrent takes the steps of an upload
 * (adding.h), all of a batch side by side in one transaction, which has the turn of uploads for a fraction of a second.
 * An album's first torrent makes or joins it, the others follow; an album of which no torrent can come does not come.
 */
#include "services/catalog/import/import.h"

#include "services/catalog/adding.h"
#include "services/catalog/catalog.h"
#include "services/catalog/change.h"
#include "services/catalog/fact.h"
#include "services/catalog/text.h"

#include <inttypes.h>
#include <stdio.h>

#define STEP "albums"
#define ALBUMS_MOST 40 /* of a batch */
#define TORRENTS_MOST 150
#define BYTES_MOST (8 << 20) /* of .torrents */

struct incoming {
    struct adding adding;
    struct album *album;
    const struct table_entry *entry;
    uint64_t source;
    struct slice row[TABLE_COLUMNS_MAX];
    bool out; /* it is left out, and told */
};

struct album {
    struct batch *batch;
    uint64_t source;
    const struct table_entry *entry;
    struct slice row[TABLE_COLUMNS_MAX];
    struct form form; /* what the album says */
    struct submission tags;
    int64_t *scores;
    struct incoming *incoming;
    size_t count, next; /* the next one to be tried as the first */
    uint64_t group;     /* once it is there */
};

struct batch {
    struct import *import;
    const struct plugin *plugin;
    struct album *albums;
    size_t count, torrents, bytes;
    size_t pending;
    struct import_ids known, members;
    struct slice *spellings, *names; /* another spelling of an artist, and the main one */
    size_t spellings_count, spellings_room;
    struct db_tx *tx;
};

/* ---- the next albums ---- */

/* Those of a key in a table by groups. */
static struct table_entries rows_of(const struct batch *batch, enum gazelle_table table, uint64_t group)
{
    return table_find(&batch->import->tables[table], group);
}

static const enum gazelle_table by_group[] = {GAZELLE_groups, GAZELLE_torrents, GAZELLE_credits, GAZELLE_tagged};
#define BY_GROUP (sizeof by_group / sizeof *by_group)

/* The least number of a group above `after` that any table has; 0: there is none. */
static uint64_t group_after(const struct import *import, uint64_t after)
{
    uint64_t least = 0;
    for (size_t i = 0; i < BY_GROUP; i++) {
        const struct table *table = &import->tables[by_group[i]];
        struct table_entries from = table_find(table, after + 1);
        if (from.at < table->entries + table->count && (least == 0 || from.at->key < least))
            least = from.at->key;
    }
    return least;
}

static void skip_all(struct batch *batch, enum gazelle_table table, uint64_t group, const char *reason)
{
    struct table_entries rows = rows_of(batch, table, group);
    for (size_t i = 0; i < rows.count; i++)
        import_skip(batch->import, &batch->import->tables[table], rows.at[i].line, reason);
}

static void skip_incoming(struct incoming *incoming, const char *reason)
{
    struct batch *batch = incoming->album->batch;
    import_skip(batch->import, &batch->import->tables[GAZELLE_torrents], incoming->entry->line, reason);
    incoming->out = true;
}

/* The album and all of its torrents. */
static void skip_album(struct album *album, const char *reason)
{
    struct batch *batch = album->batch;
    import_skip(batch->import, &batch->import->tables[GAZELLE_groups], album->entry->line, reason);
    const char *of_torrent = arena_print(batch->import->arena, "Its album is left out: %s", reason);
    for (size_t i = 0; i < album->count; i++)
        if (!album->incoming[i].out)
            skip_incoming(&album->incoming[i], of_torrent);
}

/* ---- what an album says ---- */

/* The row of that key; false: there is none, or it cannot be read. */
static bool row_find(struct batch *batch, enum gazelle_table which, uint64_t key, struct slice *row)
{
    const struct table *table = &batch->import->tables[which];
    struct table_entries found = table_find(table, key);
    struct fault why;
    return found.count > 0 && table_read(table, found.at, batch->import->arena, row, &why);
}

/* What the artist of a credit is called; empty: there is none. */
static struct slice artist_name(struct batch *batch, const struct slice *credit, uint64_t *id)
{
    struct slice artist[TABLE_COLUMNS_MAX], alias[TABLE_COLUMNS_MAX];
    uint64_t alias_id;
    if (!table_number(credit[CREDIT_artist], id) &&
        !(table_number(credit[CREDIT_alias], &alias_id) && row_find(batch, GAZELLE_aliases, alias_id, alias) &&
          table_number(alias[ALIAS_artist], id)))
        return (struct slice){0};
    if (!row_find(batch, GAZELLE_artists, *id, artist))
        return (struct slice){0};
    if (artist[ARTIST_name].size == 0 && table_number(artist[ARTIST_alias], &alias_id) &&
        row_find(batch, GAZELLE_aliases, alias_id, alias))
        return gazelle_line(alias[ALIAS_name], batch->import->arena);
    return gazelle_line(artist[ARTIST_name], batch->import->arena);
}

/* Other spellings of an artist who is credited. */
static void spellings_read(struct batch *batch, uint64_t artist, struct slice name)
{
    struct arena *arena = batch->import->arena;
    const struct table *table = &batch->import->tables[GAZELLE_spellings];
    struct table_entries rows = table_find(table, artist);
    for (size_t i = 0; i < rows.count; i++) {
        struct slice row[TABLE_COLUMNS_MAX];
        struct fault why;
        struct slice spelling = {0};
        if (table_read(table, &rows.at[i], arena, row, &why))
            spelling = gazelle_line(row[SPELLING_name], arena);
        if (spelling.size == 0 || text_letters(spelling) > 200 || text_same(spelling, name))
            continue;
        if (batch->spellings_count == batch->spellings_room) {
            size_t room = 2 * batch->spellings_room + 64, size = batch->spellings_count * sizeof(struct slice);
            struct slice *spellings = arena_take(arena, room * sizeof *spellings);
            struct slice *names = arena_take(arena, room * sizeof *names);
            if (size > 0) {
                memcpy(spellings, batch->spellings, size);
                memcpy(names, batch->names, size);
            }
            batch->spellings = spellings;
            batch->names = names;
            batch->spellings_room = room;
        }
        batch->spellings[batch->spellings_count] = spelling;
        batch->names[batch->spellings_count++] = name;
    }
}

static void credits_read(struct album *album)
{
    struct batch *batch = album->batch;
    const struct table *table = &batch->import->tables[GAZELLE_credits];
    struct table_entries rows = rows_of(batch, GAZELLE_credits, album->source);
    for (size_t i = 0; i < rows.count; i++) {
        struct slice row[TABLE_COLUMNS_MAX], name;
        struct fault why = {0};
        uint64_t artist;
        bool good = table_read(table, &rows.at[i], batch->import->arena, row, &why);
        if (good && (name = artist_name(batch, row, &artist)).size == 0)
            good = fault_set(&why, STATUS_invalid, NULL, "There is no such artist.");
        if (good && gazelle_credit(row, name, &album->form, &why))
            spellings_read(batch, artist, name);
        else
            import_skip(batch->import, table, rows.at[i].line, why.text);
    }
}

/* One of an album's tags; false: `why`. */
static bool tag_read(struct album *album, const struct table_entry *entry, struct slice *into, int64_t *score,
                     struct fault *why)
{
    static const struct attribute all = {.name = "tags", .label = "Tags", .required = true};
    struct import *import = album->batch->import;
    struct slice row[TABLE_COLUMNS_MAX], tag[TABLE_COLUMNS_MAX];
    struct submission one;
    uint64_t id, votes_for = 1, votes_against = 0;
    if (!table_read(&import->tables[GAZELLE_tagged], entry, import->arena, row, why))
        return false;
    struct table_entries found = {0};
    if (table_number(row[TAGGED_tag], &id))
        found = table_find(&import->tables[GAZELLE_tags], id);
    if (found.count == 0)
        return fault_set(why, STATUS_invalid, NULL, "There is no such tag.");
    if (!table_read(&import->tables[GAZELLE_tags], found.at, import->arena, tag, why) ||
        !form_tags(&all, gazelle_line(tag[TAG_name], import->arena), import->arena, &one, why))
        return false;
    if (album->tags.tags_count == TAGS_MAX)
        return fault_set(why, STATUS_invalid, NULL, "An album has at most %d tags.", TAGS_MAX);
    if ((row[TAGGED_for].size > 0 && !table_number(row[TAGGED_for], &votes_for)) ||
        (row[TAGGED_against].size > 0 && !table_number(row[TAGGED_against], &votes_against)) || votes_for > INT32_MAX ||
        votes_against > INT32_MAX)
        return fault_set(why, STATUS_invalid, NULL, "The votes are no numbers.");
    *into = one.tags[0];
    *score = (int64_t)votes_for - (int64_t)votes_against;
    return true;
}

static void tags_read(struct album *album)
{
    struct import *import = album->batch->import;
    struct table_entries rows = rows_of(album->batch, GAZELLE_tagged, album->source);
    struct slice *tags = arena_take(import->arena, TAGS_MAX * sizeof *tags);
    album->scores = arena_take(import->arena, TAGS_MAX * sizeof *album->scores);
    album->tags.tags = tags;
    for (size_t i = 0; i < rows.count; i++) {
        struct fault why;
        size_t at = album->tags.tags_count;
        struct slice tag = {0};
        int64_t score = 0;
        if (!tag_read(album, &rows.at[i], &tag, &score, &why)) {
            import_skip(import, &import->tables[GAZELLE_tagged], rows.at[i].line, why.text);
            continue;
        }
        tags[at] = tag;
        album->scores[at] = score;
        album->tags.tags_count++;
    }
}

/* ---- torrents ---- */

static bool content_read(struct incoming *incoming, struct fault *why)
{
    struct import *import = incoming->album->batch->import;
    const struct table *files = &import->tables[GAZELLE_files];
    struct adding *adding = &incoming->adding;
    struct slice row[TABLE_COLUMNS_MAX], file, hash;
    struct table_entries found = table_find(files, incoming->source);
    if (found.count == 0)
        return fault_set(why, STATUS_invalid, NULL, "There is no .torrent of it in torrents_files.");
    if (!table_read(files, found.at, import->arena, row, why))
        return false;
    if (!gazelle_content(row[FILE_content], import->arena, &file))
        return fault_set(why, STATUS_invalid, NULL,
                         "What torrents_files has of it is no .torrent, nor one in hexadecimal.");
    if (!metainfo_read(file, &catalog.limits, import->arena, &adding->metainfo, why))
        return false;
    if (adding->metainfo.rehashed)
        return fault_set(why, STATUS_invalid, NULL,
                         "Its .torrent is not private, so that it would have another info-hash here.");
    if (!gazelle_bytes(incoming->row[TORRENT_hash], 20, import->arena, &hash))
        return fault_set(why, STATUS_invalid, NULL, "info_hash is neither 20 bytes nor 40 hexadecimal digits.");
    if (!slice_equal(hash, slice_of(adding->metainfo.info_hash, 20)))
        return fault_set(why, STATUS_invalid, NULL, "Its .torrent has another info-hash than its row.");
    return plugin_admits(adding->plugin, &adding->metainfo, import->arena, why);
}

/* What the form says where it is at fault. */
static void fault_explain(struct fault *why, const struct form *form)
{
    int place = plugin_attribute(form->plugin, why->field);
    struct slice text = place >= 0 ? text_cut(form->text[place], 60) : (struct slice){0};
    size_t size = strlen(why->text);
    if (text.size > 0)
        snprintf(why->text + size, sizeof why->text - size, " It is \"%.*s\".", SLICE_ARGS(text));
}

static bool incoming_check(struct incoming *incoming, struct fault *why)
{
    struct album *album = incoming->album;
    struct import *import = album->batch->import;
    struct adding *adding = &incoming->adding;
    struct form *form = arena_take(import->arena, sizeof *form);
    if (!content_read(incoming, why))
        return false;
    *form = album->form;
    gazelle_torrent(album->row, incoming->row, form, import->arena);
    gazelle_tidy(form);
    if (!form_check(form, LEVEL_group, LEVEL_unit, &adding->metainfo, import->arena, &adding->submission, why)) {
        fault_explain(why, form);
        return false;
    }
    return true;
}

/* A second one of this batch; those of others are found in the database. */
static bool is_twin(const struct incoming *incoming)
{
    const struct batch *batch = incoming->album->batch;
    for (const struct album *album = batch->albums; album <= incoming->album; album++)
        for (size_t i = 0; i < album->count; i++) {
            const struct incoming *other = &album->incoming[i];
            const struct metainfo *one = &incoming->adding.metainfo, *two = &other->adding.metainfo;
            if (other == incoming)
                return false;
            if (!other->out && (memcmp(one->info_hash, two->info_hash, 20) == 0 ||
                                (one->v2 && two->v2 && memcmp(one->info_hash_v2, two->info_hash_v2, 32) == 0)))
                return true;
        }
    return false;
}

static void on_step(struct adding *adding);

static void incoming_prepare(struct incoming *incoming)
{
    struct batch *batch = incoming->album->batch;
    struct adding *adding = &incoming->adding;
    struct fault why = {0};
    uint64_t user;
    *adding = (struct adding){
        .arena = batch->import->arena, .plugin = batch->plugin, .to = LEVEL_unit, .done = on_step, .owner = incoming};
    if (table_number(incoming->row[TORRENT_user], &user))
        adding->actor = import_id(&batch->members, user);
    adding->added_at = gazelle_time(incoming->row[TORRENT_time]);
    if (!incoming_check(incoming, &why))
        skip_incoming(incoming, why.text);
    else if (is_twin(incoming))
        skip_incoming(incoming, "The same .torrent is there twice: this is the second.");
}

/* ---- reading a batch ---- */

/* About: up to the row of the next number, which mostly comes next. */
static size_t content_size(const struct table *files, uint64_t torrent)
{
    const struct table_entry *at = table_find(files, torrent).at, *end = files->entries + files->count;
    return at + 1 < end && at[1].at > at->at ? at[1].at - at->at : 0;
}

/* What is a torrent at all. */
static void incoming_read(struct album *album)
{
    struct batch *batch = album->batch;
    struct import *import = batch->import;
    const struct table *table = &import->tables[GAZELLE_torrents];
    struct table_entries rows = rows_of(batch, GAZELLE_torrents, album->source);
    album->incoming = arena_take(import->arena, (rows.count + 1) * sizeof *album->incoming);
    for (size_t i = 0; i < rows.count; i++) {
        struct incoming *incoming = &album->incoming[album->count];
        struct fault why;
        *incoming = (struct incoming){.album = album, .entry = &rows.at[i]};
        if (!table_read(table, &rows.at[i], import->arena, incoming->row, &why)) {
            import_skip(import, table, rows.at[i].line, why.text);
        } else if (!table_number(incoming->row[TORRENT_id], &incoming->source) || incoming->source == 0) {
            import_skip(import, table, rows.at[i].line, "ID is not a number above 0.");
        } else {
            batch->bytes += content_size(&import->tables[GAZELLE_files], incoming->source);
            album->count++;
            batch->torrents++;
        }
    }
}

/* False: there are rows of a group that there is not. */
static bool album_read(struct album *album)
{
    struct batch *batch = album->batch;
    struct import *import = batch->import;
    struct table_entries rows = rows_of(batch, GAZELLE_groups, album->source);
    struct fault why;
    if (rows.count == 0) {
        for (size_t i = 1; i < BY_GROUP; i++)
            skip_all(batch, by_group[i], album->source, "There is no such group in torrents_group.");
        return false;
    }
    for (size_t i = 1; i < rows.count; i++)
        import_skip(import, &import->tables[GAZELLE_groups], rows.at[i].line, "This ID is there twice.");
    album->entry = &rows.at[0];
    album->form.plugin = batch->plugin;
    incoming_read(album);
    if (!table_read(&import->tables[GAZELLE_groups], album->entry, import->arena, album->row, &why) ||
        !gazelle_group(album->row, &album->form, import->arena, &why)) {
        skip_album(album, why.text);
        return false;
    }
    return true;
}

static bool batch_read(struct batch *batch, size_t most, uint64_t from, uint64_t *to)
{
    struct import *import = batch->import;
    uint64_t next = group_after(import, from);
    batch->albums = arena_take(import->arena, most * sizeof *batch->albums);
    *to = from;
    for (size_t tried = 0; next != 0 && tried < most && batch->torrents < TORRENTS_MOST && batch->bytes < BYTES_MOST;
         tried++) {
        struct album *album = &batch->albums[batch->count];
        *album = (struct album){.batch = batch, .source = next};
        if (album_read(album))
            batch->count++;
        *to = next;
        next = group_after(import, next);
    }
    return *to > from;
}

/* Which of the torrents are here already, and who the uploaders are here. */
static bool batch_look(struct batch *batch, struct fault *why)
{
    struct arena *arena = batch->import->arena;
    int64_t *torrents = arena_take(arena, (batch->torrents + 1) * sizeof *torrents);
    int64_t *users = arena_take(arena, (batch->torrents + 1) * sizeof *users);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        for (size_t k = 0; k < batch->albums[i].count; k++) {
            uint64_t user;
            struct incoming *incoming = &batch->albums[i].incoming[k];
            torrents[count] = (int64_t)incoming->source;
            users[count++] = table_number(incoming->row[TORRENT_user], &user) ? (int64_t)user : 0;
        }
    return import_known(batch->import, "torrents", torrents, count, &batch->known, why) &&
           import_known(batch->import, "users_main", users, count, &batch->members, why);
}

/* Those that are here already are passed over in silence. */
static void album_prepare(struct album *album)
{
    struct batch *batch = album->batch;
    struct submission submission;
    struct fault why = {0};
    size_t left = 0, here = 0;
    for (size_t i = 0; i < album->count; i++)
        if (import_id(&batch->known, album->incoming[i].source) != 0) {
            album->incoming[i].out = true;
            here++;
        }
    if (here > 0 && here == album->count)
        return;
    credits_read(album);
    tags_read(album);
    gazelle_tidy(&album->form);
    memset(&submission, 0, sizeof submission);
    if (!form_check(&album->form, LEVEL_group, LEVEL_group, NULL, batch->import->arena, &submission, &why)) {
        fault_explain(&why, &album->form);
        skip_album(album, why.text);
        return;
    }
    for (size_t i = 0; i < album->count; i++) {
        if (!album->incoming[i].out)
            incoming_prepare(&album->incoming[i]);
        left += !album->incoming[i].out;
    }
    if (left == 0 && here == 0)
        import_skip(batch->import, &batch->import->tables[GAZELLE_groups], album->entry->line,
                    album->count == 0 ? "It has no torrents." : "None of its torrents can be taken over.");
}

/* ---- writing a batch ---- */

static void album_go_on(struct album *album);

static void incoming_run(struct incoming *incoming, enum level_kind from)
{
    struct adding *adding = &incoming->adding;
    adding->tx = incoming->album->batch->tx;
    adding->from = from;
    adding->group = incoming->album->group;
    incoming->album->batch->pending++;
    adding_run(adding);
}

/* A torrent has taken its steps, or was refused at one. */
static void on_step(struct adding *adding)
{
    struct incoming *incoming = adding->owner;
    struct album *album = incoming->album;
    struct batch *batch = album->batch;
    if (adding->torrent == 0)
        skip_incoming(incoming, adding->why.text);
    if (album->group == 0) {
        album->group = adding->group;
        album_go_on(album);
    }
    if (--batch->pending == 0)
        import_wake(batch->import);
}

/* The first one that can be, and once there is the album all others. */
static void album_go_on(struct album *album)
{
    const struct plugin *plugin = album->batch->plugin;
    while (album->next < album->count) {
        struct incoming *incoming = &album->incoming[album->next++];
        if (incoming->out)
            continue;
        if (album->group == 0) {
            incoming_run(incoming, LEVEL_group);
            return;
        }
        incoming_run(incoming, plugin->levels[LEVEL_edition].name != NULL ? LEVEL_edition : LEVEL_unit);
    }
}

/* The sum of the votes there is where they begin here. */
static const struct statement import_tags = {
    "import_tags",
    "WITH given AS (SELECT DISTINCT ON (grp, name) * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])"
    "  AS n (grp, name, score, added_by) ORDER BY grp, name),"
    " made AS (INSERT INTO catalog.tag (name) SELECT DISTINCT name FROM given ON CONFLICT (name) DO NOTHING"
    "  RETURNING id, name),"
    " known AS (SELECT id, name FROM made UNION SELECT id, name FROM catalog.tag WHERE name = ANY($2::text[]))"
    " INSERT INTO catalog.entity_tag (entity, tag, added_by, score)"
    " SELECT grp, id, added_by, score::integer FROM given JOIN known USING (name) ON CONFLICT (entity, tag) DO NOTHING",
};

static void tags_write(struct batch *batch)
{
    struct arena *arena = batch->import->arena;
    size_t room = batch->count * TAGS_MAX + 1, count = 0;
    int64_t *groups = arena_take(arena, room * sizeof *groups), *scores = arena_take(arena, room * sizeof *scores);
    int64_t *adders = arena_take(arena, room * sizeof *adders);
    struct slice *names = arena_take(arena, room * sizeof *names);
    for (size_t i = 0; i < batch->count; i++) {
        const struct album *album = &batch->albums[i];
        for (size_t k = 0; album->group != 0 && k < album->tags.tags_count; k++, count++) {
            groups[count] = (int64_t)album->group;
            names[count] = album->tags.tags[k];
            scores[count] = album->scores[k];
            adders[count] = (int64_t)album->incoming[0].adding.actor;
        }
    }
    struct db_args *args = db_ints(db_texts(db_ints(db_args(), groups, count), names, count), scores, count);
    db_tx_ask(batch->tx, &import_tags, db_ints(args, adders, count), NULL, NULL);
}

/* A spelling that is a person's already, or leads to one, stays so. */
static const struct statement import_spellings = {
    "import_spellings",
    "INSERT INTO catalog.entity (plugin, level, kind, name, same, added_by, leads_to)"
    " SELECT DISTINCT ON (g.same) p.plugin, p.level, 0, g.spelling, g.same, 0, coalesce(p.leads_to, p.id)"
    " FROM (SELECT spelling, catalog.same(ARRAY[spelling]) AS same, catalog.same(ARRAY[name]) AS main"
    "  FROM unnest($2::text[], $3::text[]) AS n (spelling, name)) AS g"
    " JOIN catalog.entity p ON p.plugin = $1 AND p.kind = 0 AND p.same = g.main AND p.deleted_at IS NULL"
    " WHERE g.same <> g.main ORDER BY g.same"
    " ON CONFLICT (plugin, same) WHERE kind = 0 AND deleted_at IS NULL DO NOTHING",
};

static void spellings_write(struct batch *batch)
{
    struct db_args *args = db_text(db_args(), slice_text(batch->plugin->name));
    args = db_texts(db_texts(args, batch->spellings, batch->spellings_count), batch->names, batch->spellings_count);
    db_tx_ask(batch->tx, &import_spellings, args, NULL, NULL);
}

/* As change_log does one by one, and at the time of the upload there. */
static const struct statement import_changes = {
    "import_changes",
    "INSERT INTO catalog.change (plugin, entity, grp, what, actor, at, why)"
    " SELECT e.plugin, e.id, e.grp, 'add', t.uploader, t.added_at, '' FROM catalog.torrent t"
    " JOIN catalog.entity e ON e.id = t.entity WHERE t.id = ANY($1::bigint[]) ORDER BY t.id",
};

static void fact_tell(struct batch *batch, const struct adding *adding)
{
    const struct metainfo *metainfo = &adding->metainfo;
    struct torrent_fact fact = {
        .torrent = adding->torrent,
        .info_hash = slice_of(metainfo->info_hash, 20),
        .info_hash_v2 = slice_of(metainfo->info_hash_v2, metainfo->v2 ? 32 : 0),
        .size = metainfo->size,
        .owner = adding->actor,
        .active = true,
    };
    fact_of_plugin(&fact, adding->plugin, &adding->submission.values, adding->group);
    fact_write(batch->tx, &fact);
}

/* What belongs to all that came; the facts last, for others wait from then on. */
static void batch_finish(struct batch *batch)
{
    struct arena *arena = batch->import->arena;
    size_t groups_count = 0, count = 0;
    int64_t *groups = arena_take(arena, (batch->count + 1) * sizeof *groups);
    int64_t *sources = arena_take(arena, (batch->torrents + 1) * sizeof *sources);
    int64_t *torrents = arena_take(arena, (batch->torrents + 1) * sizeof *torrents);
    for (size_t i = 0; i < batch->count; i++) {
        const struct album *album = &batch->albums[i];
        bool known = album->group == 0; /* two of the dump may be one here */
        for (size_t k = 0; k < groups_count; k++)
            known |= groups[k] == (int64_t)album->group;
        if (!known)
            groups[groups_count++] = (int64_t)album->group;
        for (size_t k = 0; k < album->count; k++)
            if (album->incoming[k].adding.torrent != 0) {
                sources[count] = (int64_t)album->incoming[k].source;
                torrents[count++] = (int64_t)album->incoming[k].adding.torrent;
            }
    }
    if (count == 0)
        return;
    tags_write(batch);
    spellings_write(batch);
    import_note(batch->tx, "torrents", sources, torrents, count);
    db_tx_ask(batch->tx, &import_changes, db_ints(db_args(), torrents, count), NULL, NULL);
    change_touch_all(batch->tx, groups, groups_count, NULL, NULL);
    for (size_t i = 0; i < batch->count; i++)
        for (size_t k = 0; k < batch->albums[i].count; k++)
            if (batch->albums[i].incoming[k].adding.torrent != 0)
                fact_tell(batch, &batch->albums[i].incoming[k].adding);
}

static enum import_end batch_write(struct batch *batch, uint64_t from, uint64_t to, struct fault *why)
{
    batch->tx = db_begin(batch->import->db);
    change_begin(batch->tx);
    batch->pending = 1;
    for (size_t i = 0; i < batch->count; i++)
        album_go_on(&batch->albums[i]);
    if (--batch->pending > 0)
        import_wait(batch->import, &batch->pending);
    batch_finish(batch);
    return import_commit(batch->import, batch->tx, STEP, from, to, why);
}

/* A single album that the database does not take. */
static enum import_end album_give_up(struct import *import, struct batch *batch, uint64_t from, uint64_t to,
                                     struct fault *why)
{
    import->skipped_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t k = 0; k < batch->albums[i].count; k++)
            batch->albums[i].incoming[k].out = false;
        skip_album(&batch->albums[i], arena_print(import->arena, "PostgreSQL does not take it: %s", why->text));
    }
    return import_commit(import, db_begin(import->db), STEP, from, to, why);
}

/* Up to `most` albums after `from`. */
static enum import_end batch_run(struct import *import, size_t most, uint64_t from, uint64_t *to, struct fault *why)
{
    struct batch batch = {.import = import, .plugin = plugin_find(slice_text("music"))};
    if (!batch_read(&batch, most, from, to))
        return IMPORT_done;
    if (!batch_look(&batch, why))
        return why->status == STATUS_unavailable ? IMPORT_again : IMPORT_failed;
    for (size_t i = 0; i < batch.count; i++)
        album_prepare(&batch.albums[i]);
    enum import_end end = batch_write(&batch, from, *to, why);
    return end == IMPORT_failed && most == 1 && why->status != STATUS_forbidden
               ? album_give_up(import, &batch, from, *to, why)
               : end;
}

/* Of a batch that fails its albums are done one by one, to find out which it is. */
static enum import_end albums_run(struct import *import, uint64_t from, uint64_t *to, struct fault *why)
{
    enum import_end end = batch_run(import, ALBUMS_MOST, from, to, why);
    if (end != IMPORT_failed || why->status == STATUS_forbidden)
        return end;
    import_afresh(import);
    return batch_run(import, 1, from, to, why);
}

bool import_albums(struct import *import, struct fault *why)
{
    return import_run(import, STEP, GAZELLE_groups, albums_run, why);
}

const struct statement *const import_albums_statements[] = {&import_tags, &import_spellings, &import_changes};
const size_t import_albums_statements_count = sizeof import_albums_statements / sizeof *import_albums_statements;
