-- What lists and pages show of each group, in one piece: read whole by what shows many groups, kept by catalog.list() in the transaction of
-- each change. `cells` are arrays as array_send() writes them, one after the other (shelf_read.c):
--   the group: plugin, name, owner, number of credits, of editions, of units, then names and values of its attributes;
--   each credit: person, name, role, note;
--   its tags;
--   each edition: its id (0: the plugin has none), number of units, its attributes; behind it each of its units: id, torrent, uploader, size,
--   number of files, when it was added (unix ms), its attributes.
-- Long texts and what is secret are not in it: a group's own page reads those beside.
CREATE TABLE catalog.shelf (
    grp bigint PRIMARY KEY,
    cells bytea NOT NULL
) WITH (toast_tuple_target = 4080);

CREATE FUNCTION catalog.shelve(groups bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog.shelf s WHERE s.grp = ANY(groups) AND NOT EXISTS (
        SELECT FROM catalog.entity g WHERE g.id = s.grp AND g.kind = 1 AND g.deleted_at IS NULL);
    INSERT INTO catalog.shelf AS s (grp, cells)
    SELECT g.id, array_send(ARRAY[g.plugin, g.name, g.added_by::text, c.count::text, e.count::text, e.units::text]
            || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(g.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))) || coalesce(c.cells, '') || array_send(t.names) || coalesce(e.cells, '')
    FROM unnest(groups) AS wanted (id) JOIN catalog.entity g ON g.id = wanted.id AND g.kind = 1 AND g.deleted_at IS NULL
    CROSS JOIN LATERAL (SELECT array_agg(a.name) AS names FROM catalog.attribute a WHERE a.plugin = g.plugin AND a.type <> 'long') AS p
    CROSS JOIN LATERAL (
        SELECT count(*), string_agg(array_send(ARRAY[p.id::text, p.name, c.role, c.note]), ''::bytea ORDER BY c.place) AS cells
        FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person WHERE c.grp = g.id) AS c
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(t.name ORDER BY e.score DESC, t.name), '{}') AS names
        FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag WHERE e.entity = g.id AND e.score >= 0) AS t
    CROSS JOIN LATERAL (
        SELECT count(*), coalesce(sum(u.count), 0) AS units, string_agg(array_send(ARRAY[coalesce(e.id, 0), u.count]::text[] || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(e.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))) || u.cells,
            ''::bytea ORDER BY u.parent) AS cells
        FROM (SELECT u.parent, count(*), string_agg(array_send(ARRAY[u.id, t.id, t.uploader, t.size, t.files_count,
                floor(extract(epoch FROM t.added_at) * 1000)::bigint]::text[] || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(u.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))), ''::bytea ORDER BY u.id) AS cells
            FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id AND t.active WHERE u.grp = g.id AND u.kind = 3 GROUP BY u.parent) AS u
        LEFT JOIN catalog.entity e ON e.id = u.parent AND e.kind = 2) AS e
    ON CONFLICT (grp) DO UPDATE SET cells = excluded.cells WHERE s.cells <> excluded.cells;
END
$$;

-- As they were, and soon done with what is plain.
CREATE OR REPLACE FUNCTION catalog.tokens(text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text;
BEGIN
    IF octet_length($1) <= 200 AND $1 ~ '^[A-Za-z0-9]+( [A-Za-z0-9]+)*$' THEN
        RETURN string_to_array(lower($1 COLLATE "C"), ' ');
    END IF;
    folded := catalog.fold($1);
    IF octet_length(folded) > length(folded) THEN
        folded := btrim(regexp_replace(folded,
            '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]) *',
            ' \1 ', 'g'));
    END IF;
    IF folded ~ '  |[^ ]{200}' THEN
        RETURN array(SELECT left(token, 200) FROM unnest(string_to_array(folded, ' ')) WITH ORDINALITY AS tokens (token, place)
                     WHERE token <> '' ORDER BY place);
    END IF;
    RETURN string_to_array(folded, ' ');
END
$$;
-- STABLE, for array_to_string is: so PostgreSQL puts it into the statements that use it, and calls nothing for what is no text.
CREATE OR REPLACE FUNCTION catalog.terms(type text, name text, value text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE type
        WHEN 'number' THEN ARRAY[name || '=' || catalog.padded(value::bigint)]
        WHEN 'flag' THEN ARRAY[name || '=yes']
        WHEN 'choice' THEN ARRAY[name || '=' || value]
        WHEN 'date' THEN ARRAY[name || '=' || value]
        ELSE string_to_array(name || '=' || array_to_string(catalog.tokens(value), chr(1) || name || '='), chr(1))
    END
$$;

ALTER FUNCTION catalog.list(bigint[]) RENAME TO list_found;
-- Lists, searches, names and pages learn what is in some groups now. Planned once for any groups: of what one upload costs, half was planning.
CREATE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM catalog.shelve(groups);
    PERFORM catalog.list_found(groups);
END
$$;

-- Some of the groups found, taken at random: facets are counted in them. The first sixteenth of the random order has an index of its own,
-- so that of what is neither rare nor frequent few are read.
CREATE INDEX listed_sample ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle < -8070450532247928832;
CREATE FUNCTION catalog.sample(plugin text, whole tsquery, most bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    ids bigint[];
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY[' AND l.shuffle < -8070450532247928832', ''] LOOP
        EXECUTE 'SELECT array(SELECT l.id' || catalog.source(plugin, whole, NULL, false) || part || ' ORDER BY l.shuffle LIMIT ' || most || ')'
        INTO ids USING plugin, whole;
        EXIT WHEN cardinality(ids) * 2 >= most;
    END LOOP;
    RETURN ids;
END
$$;
DROP FUNCTION catalog.facets(text, tsquery, tsquery, text[], bigint[], bigint);
DROP AGGREGATE catalog.together(tsvector);

-- Each search is planned by how frequent its words are: of a thousand that is known soon, of ten thousand it took most of the planning.
ALTER TABLE catalog.listed ALTER COLUMN search SET STATISTICS 100;
ALTER TABLE catalog.name ALTER COLUMN words SET STATISTICS 100;

SELECT catalog.shelve(array_agg(id)) FROM catalog.entity WHERE kind = 1 GROUP BY id / 10000;
