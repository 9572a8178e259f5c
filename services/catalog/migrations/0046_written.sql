-- What is long is searched, too, by file: and text:, apart from all else: a row a torrent with the names of its files, a row a group with its texts.
-- They are kept behind the changes (written.c), so that no upload waits for them, and only searches that ask for them read them.
CREATE TABLE catalog.listed_files (
    id bigint PRIMARY KEY,      -- of the torrent
    grp bigint NOT NULL,
    search tsvector NOT NULL    -- the words of each path, one path after the other
);
CREATE TABLE catalog.listed_texts (
    id bigint PRIMARY KEY,      -- of the group
    search tsvector NOT NULL
);
CREATE INDEX listed_files_group ON catalog.listed_files (grp);
CREATE INDEX listed_files_search ON catalog.listed_files USING gin (search) WITH (fastupdate = off);
CREATE INDEX listed_texts_search ON catalog.listed_texts USING gin (search) WITH (fastupdate = off);
ALTER TABLE catalog.listed_files ALTER COLUMN search SET STATISTICS 1000;
ALTER TABLE catalog.listed_texts ALTER COLUMN search SET STATISTICS 1000;

-- Groups that were changed, the last one first: so what is new does not wait for what is there already.
CREATE TABLE catalog.listed_later (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grp bigint NOT NULL
);
CREATE INDEX listed_later_group ON catalog.listed_later (grp);
INSERT INTO catalog.listed_later (grp) SELECT id FROM catalog.listed ORDER BY added, id;

-- As it was, and these later.
CREATE OR REPLACE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM catalog.shelve(groups);
    PERFORM catalog.list_found(groups);
    PERFORM catalog.tally_groups(groups);
    PERFORM catalog.recent_list(groups);
    INSERT INTO catalog.listed_later (grp) SELECT unnest(groups);
END
$$;

-- Words at their places, with room between two texts; as many as a tsvector takes.
CREATE FUNCTION catalog.placed(texts text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(catalog.lexeme(token) || ':' || place, ' '), '')::tsvector FROM (
        SELECT w.token, row_number() OVER turn + t.place AS place, sum(octet_length(w.token) + 8) OVER turn AS bytes
        FROM unnest(texts) WITH ORDINALITY AS t (text, place), unnest(catalog.tokens(t.text)) WITH ORDINALITY AS w (token, place)
        WHERE w.token <> '' WINDOW turn AS (ORDER BY t.place, w.place ROWS UNBOUNDED PRECEDING)) AS words
    WHERE place < 16384 AND bytes < 1000000
$$;

-- What is gone is taken away, and texts are written anew: the attributes `names` of `plugins`.
CREATE FUNCTION catalog.list_texts(groups bigint[], plugins text[], names text[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    DELETE FROM catalog.listed_files f WHERE f.grp = ANY(groups)
    AND NOT EXISTS (SELECT FROM catalog.listed_unit u WHERE u.id = f.id AND u.grp = f.grp);
    DELETE FROM catalog.listed_texts t WHERE t.id = ANY(groups) AND NOT EXISTS (SELECT FROM catalog.listed l WHERE l.id = t.id);
    INSERT INTO catalog.listed_texts AS t (id, search)
    SELECT l.id, catalog.placed(array(SELECT e.attrs->>n.name FROM catalog.entity e, unnest(plugins, list_texts.names) AS n (plugin, name)
        WHERE (e.id = l.id OR e.grp = l.id) AND e.deleted_at IS NULL AND n.plugin = l.plugin AND e.attrs ? n.name ORDER BY e.id, n.name))
    FROM catalog.listed l WHERE l.id = ANY(groups) AND l.plugin = ANY(plugins)
    ON CONFLICT (id) DO UPDATE SET search = excluded.search WHERE t.search <> excluded.search;
END
$$;

-- The torrents (flat) or groups that a search of these finds, too. $1 to $5: the plugin, what is asked of groups and of torrents (catalog.query), of
-- files, of texts. What is asked of torrents and of files holds for one torrent.
CREATE FUNCTION catalog.source_written(plugin text, whole tsquery, below tsquery, files tsquery, texts tsquery, flat boolean, tallied boolean)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN flat THEN ' FROM catalog.listed_unit l' ELSE ' FROM catalog.listed l' END ||
        CASE WHEN tallied THEN format(' JOIN catalog.%I n ON n.id = l.id', CASE WHEN flat THEN 'tally_unit' ELSE 'tally' END) ELSE '' END ||
        CASE WHEN flat AND whole IS NOT NULL THEN ' JOIN catalog.listed g ON g.id = l.grp AND g.search @@ $2' ELSE '' END ||
        CASE WHEN flat AND files IS NOT NULL THEN ' JOIN catalog.listed_files f ON f.id = l.id AND f.search @@ $4' ELSE '' END ||
        CASE WHEN texts IS NOT NULL THEN format(' JOIN catalog.listed_texts t ON t.id = l.%s AND t.search @@ $5', CASE WHEN flat THEN 'grp' ELSE 'id' END)
            ELSE '' END ||
        ' WHERE ' || CASE WHEN plugin = '' THEN 'true' WHEN tallied THEN 'n.plugin = $1' ELSE 'l.plugin = $1' END ||
        CASE WHEN NOT flat AND whole IS NOT NULL THEN ' AND l.search @@ $2' ELSE '' END ||
        CASE WHEN flat AND below IS NOT NULL THEN ' AND l.terms @@ $3' ELSE '' END ||
        CASE WHEN NOT flat AND files IS NOT NULL THEN ' AND l.id IN (SELECT f.grp FROM catalog.listed_files f' ||
            CASE WHEN below IS NOT NULL THEN ' JOIN catalog.listed_unit u ON u.id = f.id AND u.terms @@ $3' ELSE '' END ||
            ' WHERE f.search @@ $4)' ELSE '' END
$$;

-- As catalog.find(): what is expected to be less than three thousand is looked up and counted, what is more is met in the order asked for, or looked up
-- where PostgreSQL expects that to be less. sample: always there when it is asked for.
CREATE FUNCTION catalog.find_written(plugin text, whole tsquery, below tsquery, files tsquery, texts tsquery, flat boolean, sort text, rising boolean,
    key bigint, id bigint, most bigint, sampled bigint)
RETURNS TABLE (found bigint, of bigint, at bigint, total bigint, about boolean, sample bigint[], groups bigint)
LANGUAGE plpgsql SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    tallied boolean := sort IN ('seeders', 'leechers', 'snatches');
    source text := catalog.source_written(plugin, whole, below, files, texts, flat, tallied);
    grp text := CASE WHEN flat THEN 'grp' ELSE 'id' END;
    ordered text := CASE WHEN tallied THEN 'n' ELSE 'l' END;
    falls text := CASE WHEN rising THEN 'ASC' ELSE 'DESC' END;
    plan text;
    got bigint;
BEGIN
    EXECUTE 'EXPLAIN SELECT 1' || source INTO plan USING plugin, whole, below, files, texts;
    total := substring(plan FROM 'rows=(\d+)')::bigint;
    about := total >= 3000;
    IF NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, %s.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, n.sample, n.groups FROM hits h, (SELECT (SELECT count(*) FROM hits),'
            ' CASE WHEN $9 > 0 THEN (SELECT count(DISTINCT grp) FROM hits) END AS groups, CASE WHEN $9 > 0 THEN'
            ' array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle) LIMIT (SELECT CASE WHEN count(*) > $9 THEN 64 ELSE $9 END FROM hits))'
            ' END AS sample) AS n', grp, ordered, sort, source) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $6 DESC, h.at DESC LIMIT $8'
                ELSE format(' WHERE (h.at, h.id) %s ($6, $7) ORDER BY h.at %s, h.id %2$s LIMIT $8', CASE WHEN rising THEN '>' ELSE '<' END, falls) END
        USING plugin, whole, below, files, texts, key, id, most, sampled;
        RETURN;
    END IF;
    IF sampled > 0 THEN
        EXECUTE format('SELECT array_agg(s.id) FROM (SELECT l.id%s ORDER BY l.shuffle LIMIT 64) AS s',
            catalog.source_written(plugin, whole, below, files, texts, false, false)) INTO sample USING plugin, whole, below, files, texts;
        SELECT least(total, coalesce(sum(p.groups), 0)) INTO groups FROM catalog.plugin p WHERE plugin IN ('', p.name);
    END IF;
    RETURN QUERY EXECUTE format('SELECT l.id, l.%1$s, %6$s.%2$I, $9, true, $10, $11%3$s AND (%6$s.%2$I, %6$s.id) %4$s ($6, $7)'
        ' ORDER BY %6$s.%2$I %5$s, %6$s.id %5$s LIMIT $8', grp, sort, source, CASE WHEN rising THEN '>' ELSE '<' END, falls, ordered)
    USING plugin, whole, below, files, texts, key, id, most, total, sample, groups;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF sort = 'shuffle' AND got < most THEN -- on from the other end, up to where it began
        RETURN QUERY EXECUTE format('SELECT l.id, l.%s, l.shuffle, $8, true, $9, $10%s AND l.shuffle >= $6 ORDER BY l.shuffle DESC LIMIT $7', grp, source)
        USING plugin, whole, below, files, texts, key, most - got, total, sample, groups;
    END IF;
END
$$;

-- Searches that are kept may ask for these, too; who is told of an upload is told when they are kept (news.c).
ALTER TABLE catalog.search ADD files tsquery, ADD texts tsquery;
CREATE INDEX search_written ON catalog.search (plugin) WHERE tell AND (files IS NOT NULL OR texts IS NOT NULL);
CREATE OR REPLACE FUNCTION catalog.searches(torrent bigint, after bigint, uploader bigint, most bigint)
RETURNS TABLE (search bigint, member bigint, name text) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    unit catalog.listed_unit;
    grp catalog.listed;
BEGIN
    SELECT * INTO unit FROM catalog.listed_unit u WHERE u.id = torrent;
    SELECT * INTO grp FROM catalog.listed l WHERE l.id = unit.grp;
    RETURN QUERY EXECUTE 'WITH near AS MATERIALIZED (SELECT * FROM catalog.search s WHERE s.tell AND s.anchors && $1)'
        ' SELECT s.id, s.member, s.name FROM near s WHERE s.plugin = $2 AND s.id > $3 AND s.member <> $7'
        ' AND (s.whole IS NULL OR $4 @@ s.whole) AND (s.below IS NULL OR $5 @@ s.below)'
        ' AND (s.files IS NULL OR EXISTS (SELECT FROM catalog.listed_files f WHERE f.id = $8 AND f.search @@ s.files))'
        ' AND (s.texts IS NULL OR EXISTS (SELECT FROM catalog.listed_texts t WHERE t.id = $9 AND t.search @@ s.texts)) ORDER BY s.id LIMIT $6'
    USING catalog.keys(grp.search), grp.plugin, after, grp.search, unit.terms, most, uploader, torrent, grp.id;
END
$$;
