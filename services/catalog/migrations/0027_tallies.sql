-- How many seed, leech and have completed each torrent, and those of each group together, to put lists in order by: what trackers and
-- ratio told last (tallies.c). A row for each of listed_unit and of listed, apart from these, so that a change touches none of their indexes.
CREATE TABLE catalog.tally_unit (
    id bigint PRIMARY KEY,      -- of the torrent
    plugin text NOT NULL,
    seeders bigint NOT NULL DEFAULT 0,
    leechers bigint NOT NULL DEFAULT 0,
    snatches bigint NOT NULL DEFAULT 0
);
CREATE TABLE catalog.tally (
    id bigint PRIMARY KEY,      -- of the group
    plugin text NOT NULL,
    seeders bigint NOT NULL,
    leechers bigint NOT NULL,
    snatches bigint NOT NULL
);
INSERT INTO catalog.tally_unit (id, plugin) SELECT id, plugin FROM catalog.listed_unit;
INSERT INTO catalog.tally SELECT id, plugin, 0, 0, 0 FROM catalog.listed;
CREATE INDEX tally_unit_seeders ON catalog.tally_unit (plugin, seeders, id);
CREATE INDEX tally_unit_leechers ON catalog.tally_unit (plugin, leechers, id);
CREATE INDEX tally_unit_snatches ON catalog.tally_unit (plugin, snatches, id);
CREATE INDEX tally_seeders ON catalog.tally (plugin, seeders, id);
CREATE INDEX tally_leechers ON catalog.tally (plugin, leechers, id);
CREATE INDEX tally_snatches ON catalog.tally (plugin, snatches, id);

CREATE FUNCTION catalog.tally_groups(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    DELETE FROM catalog.tally t WHERE t.id = ANY(groups) AND NOT EXISTS (SELECT FROM catalog.listed l WHERE l.id = t.id);
    INSERT INTO catalog.tally AS t (id, plugin, seeders, leechers, snatches)
    SELECT u.grp, u.plugin, sum(c.seeders), sum(c.leechers), sum(c.snatches)
    FROM catalog.listed_unit u JOIN catalog.tally_unit c ON c.id = u.id WHERE u.grp = ANY(groups) GROUP BY u.grp, u.plugin
    ON CONFLICT (id) DO UPDATE SET seeders = excluded.seeders, leechers = excluded.leechers, snatches = excluded.snatches
    WHERE (t.seeders, t.leechers, t.snatches) <> (excluded.seeders, excluded.leechers, excluded.snatches);
END
$$;

-- What was told of some torrents; to be called by whose turn it is (change_begin), so that none of them moves meanwhile.
CREATE FUNCTION catalog.tally_units(ids bigint[], seeders bigint[], leechers bigint[], snatches bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE catalog.tally_unit t SET seeders = n.seeders, leechers = n.leechers, snatches = n.snatches
    FROM unnest($1, $2, $3, $4) AS n (id, seeders, leechers, snatches) WHERE t.id = n.id;
    SELECT catalog.tally_groups(array(SELECT DISTINCT u.grp FROM catalog.listed_unit u WHERE u.id = ANY(ids)));
$$;

-- As it was, and of tallies. What moves keeps its own, what is deleted loses it.
CREATE OR REPLACE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM catalog.shelve(groups);
    DELETE FROM catalog.tally_unit c USING catalog.listed_unit l JOIN catalog.torrent t ON t.id = l.id
    WHERE l.grp = ANY(groups) AND c.id = l.id AND NOT t.active;
    PERFORM catalog.list_found(groups);
    INSERT INTO catalog.tally_unit (id, plugin) SELECT u.id, u.plugin FROM catalog.listed_unit u WHERE u.grp = ANY(groups)
    ON CONFLICT DO NOTHING;
    PERFORM catalog.tally_groups(groups);
END
$$;

-- As it was, and with tallies (n) where the order is one of theirs: `n` stands for what has the order, `l` for what is listed.
DROP FUNCTION catalog.source(text, tsquery, tsquery, boolean);
CREATE FUNCTION catalog.source(plugin text, whole tsquery, below tsquery, flat boolean, tallied boolean DEFAULT false) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN flat THEN ' FROM catalog.listed_unit l' ELSE ' FROM catalog.listed l' END ||
        CASE WHEN tallied THEN format(' JOIN catalog.%I n ON n.id = l.id', CASE WHEN flat THEN 'tally_unit' ELSE 'tally' END) ELSE '' END ||
        CASE WHEN flat AND whole IS NOT NULL THEN ' JOIN catalog.listed g ON g.id = l.grp AND g.search @@ $2' ELSE '' END ||
        ' WHERE ' || CASE WHEN plugin = '' THEN 'true' WHEN tallied THEN 'n.plugin = $1' ELSE 'l.plugin = $1' END ||
        CASE WHEN NOT flat AND whole IS NOT NULL THEN ' AND l.search @@ $2' ELSE '' END ||
        CASE WHEN flat AND below IS NOT NULL THEN ' AND l.terms @@ $3' ELSE '' END
$$;

-- Each row is joined to its own, and never a whole table read for it: a page of 1554 groups found among 100 000 took 7 to 9 ms so, at best,
-- instead of 22 to 32.
CREATE OR REPLACE FUNCTION catalog.find(plugin text, whole tsquery, below tsquery, alone boolean, flat boolean, sort text, rising boolean,
    key bigint, id bigint, most bigint, sampled bigint)
RETURNS TABLE (found bigint, of bigint, at bigint, total bigint, about boolean, sample bigint[]) LANGUAGE plpgsql
SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    tallied boolean := sort IN ('seeders', 'leechers', 'snatches');
    source text := catalog.source(plugin, whole, below, flat, tallied);
    grp text := CASE WHEN flat THEN 'grp' ELSE 'id' END;
    ordered text := CASE WHEN tallied THEN 'n' ELSE 'l' END;
    after text := CASE WHEN rising THEN '>' ELSE '<' END;
    falls text := CASE WHEN rising THEN 'ASC' ELSE 'DESC' END;
    plan jsonb;
    got bigint;
BEGIN
    about := false;
    IF whole IS NULL THEN
        SELECT coalesce(sum(CASE WHEN flat THEN p.torrents ELSE p.groups END), 0) INTO total FROM catalog.plugin p WHERE plugin IN ('', p.name);
    ELSE
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1' || catalog.source(plugin, whole, below, false) INTO plan USING plugin, whole, below;
        total := (plan->0->'Plan'->>'Plan Rows')::numeric::bigint;
        about := total >= CASE WHEN flat THEN 1000 ELSE 3000 END;
        IF about AND flat THEN
            source := catalog.source(plugin, CASE WHEN alone THEN NULL ELSE whole END, below, true);
            EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1' || source INTO plan USING plugin, whole, below;
            total := greatest(total, (plan->0->'Plan'->>'Plan Rows')::numeric::bigint);
            source := catalog.source(plugin, CASE WHEN alone THEN NULL ELSE whole END, below, true, tallied);
        END IF;
    END IF;
    IF whole IS NOT NULL AND NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, %s.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, n.sample FROM hits h, (SELECT (SELECT count(*) FROM hits), CASE WHEN $7 > 0 THEN'
            ' array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle) LIMIT $7) END AS sample) AS n', grp, ordered, sort, source) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $4 DESC, h.at DESC LIMIT $6'
                ELSE format(' WHERE (h.at, h.id) %s ($4, $5) ORDER BY h.at %s, h.id %2$s LIMIT $6', after, falls) END
        USING plugin, whole, below, key, id, most, sampled;
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format('SELECT l.id, l.%1$s, %6$s.%2$I, $7, $8, NULL::bigint[]%3$s AND (%6$s.%2$I, %6$s.id) %4$s ($4, $5)'
        ' ORDER BY %6$s.%2$I %5$s, %6$s.id %5$s LIMIT $6', grp, sort, source, after, falls, ordered)
    USING plugin, whole, below, key, id, most, total, about;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF sort = 'shuffle' AND got < most THEN -- on from the other end, up to where it began
        RETURN QUERY EXECUTE format('SELECT l.id, l.%s, l.shuffle, $6, $7, NULL::bigint[]%s AND l.shuffle >= $4 ORDER BY l.shuffle DESC LIMIT $5', grp, source)
        USING plugin, whole, below, key, most - got, total, about;
    END IF;
END
$$;
