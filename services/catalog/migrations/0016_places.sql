-- Two entities that turn out to be one, parts that belong elsewhere, other spellings of a person's name, and comments as they were before an edit.

-- Where an entity leads that is none of its own any more: a group or an edition that was merged into another (and is deleted), or a person's
-- other spelling (which is not: that name finds the person). Never further than one step.
ALTER TABLE catalog.entity ADD COLUMN leads_to bigint REFERENCES catalog.entity;
CREATE INDEX entity_leads_to ON catalog.entity (leads_to) WHERE leads_to IS NOT NULL;
CREATE INDEX bookmark_entity ON catalog.bookmark (entity);
CREATE INDEX report_entity ON catalog.report (entity);
DROP INDEX catalog.entity_person;
CREATE UNIQUE INDEX entity_person ON catalog.entity (plugin, same) WHERE kind = 0 AND deleted_at IS NULL;

CREATE FUNCTION catalog.led(bigint) RETURNS bigint LANGUAGE sql STABLE STRICT AS $$
    SELECT coalesce(leads_to, id) FROM catalog.entity WHERE id = $1
$$;

-- A person as all of its spellings.
CREATE FUNCTION catalog.spellings(person bigint) RETURNS SETOF catalog.entity LANGUAGE sql STABLE AS $$
    SELECT * FROM catalog.entity e WHERE e.id = $1
    UNION ALL SELECT * FROM catalog.entity e WHERE e.leads_to = $1 AND e.kind = 0 AND e.deleted_at IS NULL
$$;

-- A person is found, and offered, by all of them. Changed where it stands, for all else of what lists and names is not this migration's.
DO $$
DECLARE
    change text[];
    place regprocedure;
BEGIN
    FOREACH change SLICE 1 IN ARRAY ARRAY[
        ['c.role, p.name, a.searched, true FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person',
            'c.role, p.name, a.searched, true FROM catalog.credit c CROSS JOIN catalog.spellings(c.person) AS p'],
        ['p.name, '''' FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person',
            'p.name, coalesce((SELECT m.name FROM catalog.entity m WHERE m.id = p.leads_to), '''') FROM catalog.credit c
        CROSS JOIN catalog.spellings(c.person) AS p']] LOOP
        FOR place IN SELECT oid FROM pg_proc WHERE pronamespace = 'catalog'::regnamespace AND strpos(prosrc, change[1]) > 0 LOOP
            EXECUTE replace(pg_get_functiondef(place), change[1], change[2]);
        END LOOP;
        ASSERT FOUND, 'nothing reads credits so: ' || change[1];
    END LOOP;
END
$$;

-- A torrent that moves below `under` (or below an edition like its own there), and one that is there already and the same; or none.
CREATE FUNCTION catalog.clash(moved bigint, under bigint, OUT one bigint, OUT other bigint) LANGUAGE sql STABLE AS $$
    SELECT t.id, r.id FROM catalog.entity m
    JOIN catalog.entity u ON u.grp = coalesce(m.grp, m.id) AND u.kind = 3 AND u.deleted_at IS NULL AND (m.kind = 1 OR m.id IN (u.id, u.parent))
    JOIN catalog.entity p ON p.id = u.parent
    LEFT JOIN catalog.entity a ON m.kind < 3 AND p.kind = 2 AND a.parent = under AND a.same = p.same AND a.deleted_at IS NULL
    JOIN catalog.entity o ON o.parent = CASE WHEN m.kind < 3 AND p.kind = 2 THEN a.id ELSE under END AND o.same = u.same
        AND o.deleted_at IS NULL AND o.id <> u.id
    JOIN catalog.torrent t ON t.entity = u.id JOIN catalog.torrent r ON r.entity = o.id
    WHERE m.id = moved ORDER BY t.id LIMIT 1
$$;

-- Lists learn of these by catalog.list of both groups, which is the caller's to call.
CREATE FUNCTION catalog.move_units(units bigint[], under bigint, grp bigint) RETURNS void LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM catalog.listed_unit l USING catalog.torrent t WHERE t.entity = ANY(units) AND l.id = t.id RETURNING l.plugin)
    UPDATE catalog.plugin p SET torrents = p.torrents - g.count
    FROM (SELECT plugin, count(*) FROM gone GROUP BY plugin) AS g WHERE p.name = g.plugin;
    UPDATE catalog.change c SET grp = $3 FROM catalog.entity u WHERE u.id = ANY(units) AND c.grp = u.grp AND c.entity = u.id;
    UPDATE catalog.report r SET entity = $3 FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id
    WHERE u.id = ANY(units) AND r.entity = u.grp AND r.about = 'torrent' AND r.of = t.id;
    UPDATE catalog.entity SET parent = under, grp = $3, revision = revision + 1 WHERE id = ANY(units);
$$;

-- Into one like it, when the group has such.
CREATE FUNCTION catalog.move_edition(edition bigint, grp bigint, actor bigint, why text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    alike bigint := (SELECT o.id FROM catalog.entity e JOIN catalog.entity o ON o.parent = move_edition.grp AND o.same = e.same AND o.kind = 2
        AND o.deleted_at IS NULL WHERE e.id = edition);
    units bigint[] := array(SELECT u.id FROM catalog.entity e JOIN catalog.entity u ON u.grp = e.grp AND u.parent = e.id WHERE e.id = edition);
BEGIN
    PERFORM catalog.move_units(units, coalesce(alike, edition), move_edition.grp);
    UPDATE catalog.change c SET grp = move_edition.grp FROM catalog.entity e WHERE e.id = edition AND c.grp = e.grp AND c.entity = e.id;
    UPDATE catalog.entity e SET leads_to = alike WHERE e.leads_to = edition AND alike IS NOT NULL;
    UPDATE catalog.entity e SET parent = move_edition.grp, grp = move_edition.grp, revision = revision + 1, leads_to = alike,
        deleted_at = CASE WHEN alike IS NOT NULL THEN now() END, deleted_by = CASE WHEN alike IS NOT NULL THEN actor END,
        deleted_why = CASE WHEN alike IS NOT NULL THEN why END WHERE e.id = edition;
    RETURN coalesce(alike, edition);
END
$$;

CREATE FUNCTION catalog.groups_of(person bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT array(SELECT DISTINCT c.grp FROM catalog.credit c WHERE c.person = $1)
$$;

-- A group or a person becomes part of another: what is below it, and all that members said of it, goes there. What that one does not say
-- of itself it says as this one did, but for what it is `told_by`.
CREATE FUNCTION catalog.merge(gone bigint, kept bigint, told_by text[], actor bigint, why text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lost catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = gone);
BEGIN
    PERFORM catalog.move_edition(e.id, kept, actor, why) FROM catalog.entity e WHERE e.parent = gone AND e.kind = 2 AND e.deleted_at IS NULL;
    PERFORM catalog.move_units(array(SELECT u.id FROM catalog.entity u WHERE u.grp = gone AND u.parent = gone AND u.kind = 3), kept, kept);
    UPDATE catalog.entity e SET grp = kept, parent = CASE e.parent WHEN gone THEN kept ELSE e.parent END
    WHERE e.grp = gone; -- what was deleted before
    DELETE FROM catalog.credit c USING catalog.credit k WHERE c.person = gone AND k.person = kept AND k.grp = c.grp AND k.role = c.role;
    UPDATE catalog.credit c SET person = kept WHERE c.person = gone;

    INSERT INTO catalog.entity_tag (entity, tag, added_by, added_at)
    SELECT kept, t.tag, t.added_by, t.added_at FROM catalog.entity_tag t WHERE t.entity = gone ON CONFLICT DO NOTHING;
    INSERT INTO catalog.tag_vote (entity, tag, member, vote)
    SELECT kept, v.tag, v.member, v.vote FROM catalog.tag_vote v WHERE v.entity = gone ON CONFLICT DO NOTHING;
    DELETE FROM catalog.entity_tag t WHERE t.entity = gone;
    UPDATE catalog.comment c SET entity = kept WHERE c.entity = gone AND c.deleted_at IS NULL;
    DELETE FROM catalog.bookmark b USING catalog.bookmark k WHERE b.entity = gone AND k.entity = kept AND k.member = b.member;
    UPDATE catalog.bookmark b SET entity = kept WHERE b.entity = gone;
    DELETE FROM catalog.subscription s USING catalog.subscription k WHERE s.entity = gone AND k.entity = kept AND k.member = s.member;
    UPDATE catalog.subscription s SET entity = kept WHERE s.entity = gone;
    UPDATE catalog.news n SET entity = kept WHERE n.entity = gone;
    WITH twice AS (
        DELETE FROM catalog.collage_entry e USING catalog.collage_entry k
        WHERE e.entity = gone AND k.entity = kept AND k.collage = e.collage RETURNING e.collage, e.place)
    UPDATE catalog.collage_entry e SET place = e.place - 1 FROM twice t WHERE e.collage = t.collage AND e.place > t.place;
    UPDATE catalog.collage_entry e SET entity = kept WHERE e.entity = gone;
    UPDATE catalog.image i SET removed_at = now(), removed_by = actor, removed_why = why
    WHERE i.entity = gone AND i.removed_at IS NULL
        AND EXISTS (SELECT FROM catalog.image k WHERE k.entity = kept AND k.hash = i.hash AND k.removed_at IS NULL);
    UPDATE catalog.image i SET entity = kept, place = i.place + (SELECT coalesce(max(k.place), 0) FROM catalog.image k WHERE k.entity = kept)
    WHERE i.entity = gone;
    UPDATE catalog.report r SET entity = kept WHERE r.entity = gone;
    UPDATE catalog.change c SET grp = kept WHERE c.grp = gone;

    UPDATE catalog.entity e SET leads_to = kept, revision = revision + 1, joins = NULL, deleted_at = CASE WHEN e.kind = 1 THEN now() END,
        deleted_by = CASE WHEN e.kind = 1 THEN actor END, deleted_why = CASE WHEN e.kind = 1 THEN why END WHERE e.id = gone;
    UPDATE catalog.entity e SET leads_to = kept WHERE e.leads_to = gone;
    UPDATE catalog.entity e SET attrs = (lost.attrs - told_by) || e.attrs, joins = coalesce(e.joins, lost.joins), revision = revision + 1
    WHERE e.id = kept;
    PERFORM catalog.list(CASE lost.kind WHEN 1 THEN ARRAY[gone, kept] ELSE catalog.groups_of(kept) END);
END
$$;

-- Calls a person otherwise. The name it had goes on leading to it, unless it is the same but for case, accents and punctuation.
CREATE FUNCTION catalog.rename(person bigint, called text, actor bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    was catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = person);
    folded bytea := catalog.same(ARRAY[called]);
BEGIN
    UPDATE catalog.entity e SET deleted_at = now(), deleted_by = actor WHERE e.leads_to = person AND e.same = folded AND e.deleted_at IS NULL;
    UPDATE catalog.entity e SET name = called, same = folded WHERE e.id = person;
    INSERT INTO catalog.entity (plugin, level, kind, name, same, added_by, leads_to)
    SELECT was.plugin, was.level, 0, was.name, was.same, actor, person WHERE was.same <> folded;
    PERFORM catalog.list(catalog.groups_of(person));
END
$$;

-- What a comment said before an edit.
CREATE TABLE catalog.comment_version (
    comment bigint NOT NULL REFERENCES catalog.comment,
    revision bigint NOT NULL,
    text text NOT NULL,
    until timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (comment, revision)
);
