-- All that lists show of a group stands in its row of catalog.shelf: the first of its images, which stood with the entity, too; and when
-- its newest torrent came, so that a person's groups are read from nothing else.
ALTER TABLE catalog.shelf RENAME TO shelf_before;
CREATE TABLE catalog.shelf (
    grp bigint NOT NULL,
    cells bytea NOT NULL,       -- as 0015_shelf.sql has it
    added bigint,               -- when its newest torrent was, unix ms; NULL: it has none
    cover bytea,                -- of its thumb
    cover_width smallint,
    cover_height smallint
) WITH (toast_tuple_target = 4080);
INSERT INTO catalog.shelf SELECT s.grp, s.cells, l.added, e.cover, e.cover_width, e.cover_height
FROM catalog.shelf_before s JOIN catalog.entity e ON e.id = s.grp LEFT JOIN catalog.listed l ON l.id = s.grp;
DROP TABLE catalog.shelf_before;
ALTER TABLE catalog.shelf ADD PRIMARY KEY (grp);
ALTER TABLE catalog.entity DROP COLUMN cover, DROP COLUMN cover_width, DROP COLUMN cover_height;

CREATE FUNCTION catalog.first_image(bigint) RETURNS TABLE (hash bytea, width smallint, height smallint) LANGUAGE sql STABLE AS $$
    SELECT p.hash, p.width, p.height FROM catalog.image i JOIN catalog.picture p ON p.hash = i.hash AND p.size = 0
    WHERE i.entity = $1 AND i.removed_at IS NULL ORDER BY i.place, i.id LIMIT 1
$$;
CREATE OR REPLACE FUNCTION catalog.cover(bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE catalog.shelf s SET (cover, cover_width, cover_height) = (SELECT * FROM catalog.first_image($1)) WHERE s.grp = $1
$$;

-- As it was, and of these. What comes back finds its image again.
CREATE OR REPLACE FUNCTION catalog.shelve(groups bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog.shelf s WHERE s.grp = ANY(groups) AND NOT EXISTS (
        SELECT FROM catalog.entity g WHERE g.id = s.grp AND g.kind = 1 AND g.deleted_at IS NULL);
    INSERT INTO catalog.shelf AS s (grp, cells, added, cover, cover_width, cover_height)
    SELECT g.id, array_send(ARRAY[g.plugin, g.name, g.added_by::text, c.count::text, e.count::text, e.units::text]
            || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(g.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))) || coalesce(c.cells, '') || array_send(t.names) || coalesce(e.cells, ''),
        e.added, i.hash, i.width, i.height
    FROM unnest(groups) AS wanted (id) JOIN catalog.entity g ON g.id = wanted.id AND g.kind = 1 AND g.deleted_at IS NULL
    CROSS JOIN LATERAL (SELECT array_agg(a.name) AS names FROM catalog.attribute a WHERE a.plugin = g.plugin AND a.type <> 'long') AS p
    CROSS JOIN LATERAL (
        SELECT count(*), string_agg(array_send(ARRAY[p.id::text, p.name, c.role, c.note]), ''::bytea ORDER BY c.place) AS cells
        FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person WHERE c.grp = g.id) AS c
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(t.name ORDER BY e.score DESC, t.name), '{}') AS names
        FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag WHERE e.entity = g.id AND e.score >= 0) AS t
    CROSS JOIN LATERAL (
        SELECT count(*), coalesce(sum(u.count), 0) AS units, max(u.added) AS added, string_agg(array_send(ARRAY[coalesce(e.id, 0), u.count]::text[] || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(e.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))) || u.cells,
            ''::bytea ORDER BY u.parent) AS cells
        FROM (SELECT u.parent, count(*), max(t.added) AS added, string_agg(array_send(ARRAY[u.id, t.id, t.uploader, t.size, t.files_count,
                t.added]::text[] || array(SELECT unnest(ARRAY[v.key, v.value]) FROM jsonb_each_text(u.attrs) AS v WHERE p.names IS NULL OR v.key = ANY(p.names))), ''::bytea ORDER BY u.id) AS cells
            FROM catalog.entity u JOIN (SELECT *, floor(extract(epoch FROM added_at) * 1000)::bigint AS added FROM catalog.torrent) AS t
            ON t.entity = u.id AND t.active WHERE u.grp = g.id AND u.kind = 3 GROUP BY u.parent) AS u
        LEFT JOIN catalog.entity e ON e.id = u.parent AND e.kind = 2) AS e
    LEFT JOIN LATERAL catalog.first_image(g.id) AS i ON true
    ON CONFLICT (grp) DO UPDATE SET cells = excluded.cells, added = excluded.added WHERE s.cells <> excluded.cells;
END
$$;
