-- The newest groups once more, a hundred thousand of each plugin: what is neither rare nor frequent is found among them as soon on a large
-- site as on a small one. In each snapshot they are all that was added at or after `recent_from`, so the first of them are the first of all.
CREATE TABLE catalog.recent (
    id bigint PRIMARY KEY,      -- as in catalog.listed
    plugin text NOT NULL,
    added bigint NOT NULL,
    search tsvector NOT NULL
);
ALTER TABLE catalog.recent ALTER COLUMN search SET STATISTICS 100;
ALTER TABLE catalog.plugin ADD recent_from bigint NOT NULL DEFAULT -9223372036854775808;

-- No more than so many of each plugin; the rest is left to catalog.listed.
CREATE FUNCTION catalog.recent_trim(most bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE catalog.plugin p SET recent_from = r.added
    FROM (SELECT name, (SELECT r.added FROM catalog.recent r WHERE r.plugin = name ORDER BY r.added DESC OFFSET most - 1 LIMIT 1) AS added
          FROM catalog.plugin) AS r
    WHERE r.name = p.name AND r.added > p.recent_from;
    DELETE FROM catalog.recent r USING catalog.plugin p WHERE p.name = r.plugin AND r.added < p.recent_from;
$$;

CREATE FUNCTION catalog.recent_list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    DELETE FROM catalog.recent r WHERE r.id = ANY($1) AND NOT EXISTS (
        SELECT FROM catalog.listed l JOIN catalog.plugin p ON p.name = l.plugin WHERE l.id = r.id AND l.added >= p.recent_from);
    INSERT INTO catalog.recent AS r (id, plugin, added, search)
    SELECT l.id, l.plugin, l.added, l.search FROM catalog.listed l JOIN catalog.plugin p ON p.name = l.plugin
    WHERE l.id = ANY($1) AND l.added >= p.recent_from
    ON CONFLICT (id) DO UPDATE SET added = excluded.added, search = excluded.search
    WHERE (r.added, r.search) <> (excluded.added, excluded.search);
    IF random() * 1000 < cardinality(groups) THEN -- to look how many there are takes 10 ms
        PERFORM catalog.recent_trim(100000);
    END IF;
END
$$;

-- As it was, and of these.
CREATE OR REPLACE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM catalog.shelve(groups);
    DELETE FROM catalog.tally_unit c USING catalog.listed_unit l JOIN catalog.torrent t ON t.id = l.id
    WHERE l.grp = ANY(groups) AND c.id = l.id AND NOT t.active;
    PERFORM catalog.list_found(groups);
    INSERT INTO catalog.tally_unit (id, plugin) SELECT u.id, u.plugin FROM catalog.listed_unit u WHERE u.grp = ANY(groups)
    ON CONFLICT DO NOTHING;
    PERFORM catalog.tally_groups(groups);
    PERFORM catalog.recent_list(groups);
END
$$;

UPDATE catalog.plugin p SET recent_from = coalesce(
    (SELECT l.added FROM catalog.listed l WHERE l.plugin = p.name ORDER BY l.added DESC OFFSET 99999 LIMIT 1), p.recent_from);
INSERT INTO catalog.recent SELECT l.id, l.plugin, l.added, l.search FROM catalog.plugin p
JOIN catalog.listed l ON l.plugin = p.name AND l.added >= p.recent_from;
CREATE INDEX recent_added ON catalog.recent (plugin, added, id);
CREATE INDEX recent_search ON catalog.recent USING gin (search) WITH (fastupdate = off);
ANALYZE catalog.recent;

-- As it was, and STABLE, as what it calls: so PostgreSQL puts it into the statements that use it. `other` is $3: of torrents (flat) what is
-- asked of them; of groups, when it is there, what they are looked up by, and of what is found so the rest is asked by a function, which no
-- index answers: what one word finds is soon looked through, and what most groups have is long to be looked up.
DROP FUNCTION catalog.source(text, tsquery, tsquery, boolean, boolean);
CREATE FUNCTION catalog.source(plugin text, whole tsquery, other tsquery, flat boolean, tallied boolean DEFAULT false) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN flat THEN ' FROM catalog.listed_unit l' ELSE ' FROM catalog.listed l' END ||
        CASE WHEN tallied THEN format(' JOIN catalog.%I n ON n.id = l.id', CASE WHEN flat THEN 'tally_unit' ELSE 'tally' END) ELSE '' END ||
        CASE WHEN flat AND whole IS NOT NULL THEN ' JOIN catalog.listed g ON g.id = l.grp AND g.search @@ $2' ELSE '' END ||
        ' WHERE ' || CASE WHEN plugin = '' THEN 'true' WHEN tallied THEN 'n.plugin = $1' ELSE 'l.plugin = $1' END ||
        CASE WHEN flat OR whole IS NULL THEN '' WHEN other IS NULL THEN ' AND l.search @@ $2'
            ELSE ' AND l.search @@ $3 AND ts_match_vq(l.search, $2)' END ||
        CASE WHEN flat AND other IS NOT NULL THEN ' AND l.terms @@ $3' ELSE '' END
$$;

-- How many a query finds, as PostgreSQL expects. `source`: of catalog.source().
CREATE FUNCTION catalog.expected(source text, plugin text, whole tsquery, other tsquery) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1' || source INTO plan USING plugin, whole, other;
    RETURN (plan->0->'Plan'->>'Plan Rows')::numeric::bigint;
END
$$;

-- As it was; exact up to a thousand. What is more, but less than one of sixty, is looked up among the newest first (+ 0: looked up, not met
-- in their order). above: what is asked of groups, when torrents are asked for something, too; looked: they are looked up by that.
DROP FUNCTION catalog.find(text, tsquery, tsquery, boolean, boolean, text, boolean, bigint, bigint, bigint, bigint);
CREATE FUNCTION catalog.find(plugin text, whole tsquery, below tsquery, above tsquery, flat boolean, sort text, rising boolean,
    key bigint, id bigint, most bigint, sampled bigint)
RETURNS TABLE (found bigint, of bigint, at bigint, total bigint, about boolean, sample bigint[], looked boolean)
LANGUAGE plpgsql SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    tallied boolean := sort IN ('seeders', 'leechers', 'snatches');
    other tsquery := CASE WHEN flat THEN below END;
    source text := catalog.source(plugin, whole, other, flat, tallied);
    grp text := CASE WHEN flat THEN 'grp' ELSE 'id' END;
    ordered text := CASE WHEN tallied THEN 'n' ELSE 'l' END;
    after text := CASE WHEN rising THEN '>' ELSE '<' END;
    falls text := CASE WHEN rising THEN 'ASC' ELSE 'DESC' END;
    ids bigint[];
    times bigint[];
    got bigint;
    few bigint;
BEGIN
    about := false;
    looked := false;
    IF whole IS NULL THEN
        SELECT coalesce(sum(CASE WHEN flat THEN p.torrents ELSE p.groups END), 0) INTO total FROM catalog.plugin p WHERE plugin IN ('', p.name);
    ELSE
        total := catalog.expected(catalog.source(plugin, whole, NULL, false), plugin, whole, NULL);
        about := total >= 1000;
        IF about AND flat THEN
            source := catalog.source(plugin, CASE WHEN above IS NOT NULL THEN whole END, below, true, tallied);
            total := greatest(total, catalog.expected(source, plugin, whole, below));
        ELSIF NOT flat AND above IS NOT NULL AND below IS NOT NULL THEN
            few := (SELECT greatest(3000, sum(p.groups) / 64) FROM catalog.plugin p WHERE plugin IN ('', p.name));
            looked := total < few AND catalog.expected(catalog.source(plugin, above, NULL, false), plugin, above, NULL) < few;
            other := CASE WHEN looked THEN above END;
            source := catalog.source(plugin, whole, other, false, tallied);
        END IF;
    END IF;
    IF whole IS NOT NULL AND NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, %s.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, n.sample, $8 FROM hits h, (SELECT (SELECT count(*) FROM hits), CASE WHEN $7 > 0 THEN'
            ' array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle) LIMIT (SELECT CASE WHEN count(*) > $7 THEN 64 ELSE $7 END FROM hits))'
            ' END AS sample) AS n', grp, ordered, sort, source) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $4 DESC, h.at DESC LIMIT $6'
                ELSE format(' WHERE (h.at, h.id) %s ($4, $5) ORDER BY h.at %s, h.id %2$s LIMIT $6', after, falls) END
        USING plugin, whole, other, key, id, most, sampled, looked;
        RETURN;
    END IF;
    IF about AND NOT flat AND sort = 'added' AND NOT rising AND EXISTS (
        SELECT FROM catalog.plugin p WHERE p.name = plugin AND p.recent_from < key AND p.groups > total * 64) THEN
        EXECUTE 'SELECT array_agg(l.id), array_agg(l.added) FROM (SELECT l.id, l.added' || replace(source, 'catalog.listed', 'catalog.recent') ||
            ' AND (l.added, l.id) < ($4, $5) ORDER BY l.added + 0 DESC, l.id DESC LIMIT $6) AS l' INTO ids, times
        USING plugin, whole, other, key, id, most;
        RETURN QUERY SELECT r.id, r.id, r.added, total, about, NULL::bigint[], looked FROM unnest(ids, times) AS r (id, added);
        GET DIAGNOSTICS got = ROW_COUNT;
        IF got = most THEN
            RETURN;
        ELSIF got > 0 THEN -- the others are older
            key := times[got];
            id := ids[got];
            most := most - got;
        END IF;
    END IF;
    RETURN QUERY EXECUTE format('SELECT l.id, l.%1$s, %6$s.%2$I, $7, $8, NULL::bigint[], $9%3$s AND (%6$s.%2$I, %6$s.id) %4$s ($4, $5)'
        ' ORDER BY %6$s.%2$I %5$s, %6$s.id %5$s LIMIT $6', grp, sort, source, after, falls, ordered)
    USING plugin, whole, other, key, id, most, total, about, looked;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF sort = 'shuffle' AND got < most THEN -- on from the other end, up to where it began
        RETURN QUERY EXECUTE format('SELECT l.id, l.%s, l.shuffle, $6, $7, NULL::bigint[], $8%s AND l.shuffle >= $4 ORDER BY l.shuffle DESC LIMIT $5', grp, source)
        USING plugin, whole, other, key, most - got, total, about, looked;
    END IF;
END
$$;

-- As it was, and tells what is asked of groups, and asks for any torrent at all only where nothing else must be there of one: to look that up reads as many places as there
-- are groups.
DROP FUNCTION catalog.query(bigint[], bigint[], text[], text[]);
CREATE FUNCTION catalog.query(clauses bigint[], kinds bigint[], tags text[], texts text[], OUT whole tsquery, OUT below tsquery,
    OUT above tsquery) LANGUAGE plpgsql STABLE AS $$
DECLARE
    tokens text[];
    term text;
    within text; -- the same of one torrent, to be asked of its group
    groups text := '';
    units text := '';
    united text := '';
    missing text := '''='' <0> '; -- what must not be needs a torrent to be missing of
BEGIN
    FOR i IN 1 .. cardinality(clauses) LOOP
        IF i = 1 OR clauses[i] <> clauses[i - 1] THEN
            term := '';
            within := '';
        END IF;
        tokens := CASE kinds[i] & 3 WHEN 0 THEN catalog.tokens(texts[i]) WHEN 1 THEN ARRAY[texts[i]] ELSE ARRAY[catalog.fold(texts[i])] END;
        -- The & between two names is no word of them; by itself a name of nothing but punctuation is found.
        IF kinds[i] & 3 = 0 AND tags[i] = '' AND clauses[1] <> clauses[cardinality(clauses)] AND catalog.fold(texts[i] || ' x') = 'x' THEN
            tokens := '{}';
        END IF;
        IF cardinality(tokens) > 0 AND tokens <> ARRAY[''] THEN
            FOR k IN 1 .. cardinality(tokens) LOOP
                tokens[k] := catalog.lexeme(left(tags[i] || tokens[k], 400));
            END LOOP;
            IF kinds[i] & 4 > 0 THEN
                tokens[cardinality(tokens)] := tokens[cardinality(tokens)] || ':*';
            END IF;
            IF kinds[i] & 8 > 0 THEN
                within := within || ' | (' || array_to_string(tokens, ' <0> ') || ')';
                term := term || ' | (' || array_to_string(tokens, ' & ') || ')';
            ELSE
                term := term || ' | (' || array_to_string(tokens, ' <-> ') || ')';
            END IF;
        END IF;
        CONTINUE WHEN i < cardinality(clauses) AND clauses[i] = clauses[i + 1] OR term = '';
        term := CASE WHEN clauses[i] < 0 THEN '!' ELSE '' END || '(' || substr(term, 4) || ')';
        IF kinds[i] & 8 > 0 THEN
            units := units || ' & ' || term;
            united := united || ' <0> ' || CASE WHEN clauses[i] < 0 THEN '!' ELSE '' END || '(' || substr(within, 4) || ')';
            missing := CASE WHEN clauses[i] < 0 THEN missing ELSE '' END;
        ELSE
            groups := groups || ' & ' || term;
        END IF;
    END LOOP;
    below := nullif(substr(units, 4), '')::tsquery;
    above := nullif(substr(groups, 4), '')::tsquery;
    whole := nullif(substr(groups || CASE WHEN units = '' THEN '' ELSE ' & ' || missing || substr(united, 6) END, 4), '')::tsquery;
END
$$;

-- Some of the groups found, taken at random: facets are counted in them. `above`: they are looked up by that; `total`: so many are found, about. The first sixteenth of the
-- random order, that of this one and that again have indexes of their own, so that few are read of what is found, however much it is. They
-- are told by a shift, for a range PostgreSQL would also look up in the index of that order.
DROP INDEX catalog.listed_sample;
CREATE INDEX listed_sample_16 ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle >> 60 = -8;
CREATE INDEX listed_sample_256 ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle >> 56 = -128;
CREATE INDEX listed_sample_4096 ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle >> 52 = -2048;
DROP FUNCTION catalog.sample(text, tsquery, bigint);
CREATE FUNCTION catalog.sample(plugin text, whole tsquery, above tsquery, most bigint, total bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    ids bigint[];
BEGIN
    FOR part IN REVERSE 3 .. 0 LOOP
        CONTINUE WHEN part > 0 AND total * 4 < most << 4 * part;
        EXECUTE 'SELECT array(SELECT l.id' || catalog.source(plugin, whole, above, false) ||
            CASE WHEN part > 0 THEN format(' AND l.shuffle >> %s = %s', 64 - 4 * part, -1 << 4 * part - 1) ELSE '' END ||
            ' ORDER BY l.shuffle LIMIT ' || most || ')'
        INTO ids USING plugin, whole, above;
        EXIT WHEN cardinality(ids) * 2 >= most;
    END LOOP;
    RETURN ids;
END
$$;
