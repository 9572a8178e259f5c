-- What an upload asks in its turn, in two statements instead of five that waited for one another, and in plpgsql, whose plans a connection keeps.

-- The group that one of these joins; NULL: none. persons: those of the role `lead` that are known. owned: by its owner alone.
CREATE FUNCTION catalog.met(of_plugin text, told_by text[], actor bigint, persons bigint[], lead text, owned boolean, joined_by text) RETURNS bigint
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    mark bytea := catalog.same(told_by);
BEGIN
    RETURN (SELECT g.id FROM catalog.entity g WHERE g.plugin = of_plugin AND g.kind = 1 AND g.deleted_at IS NULL AND (NOT owned OR g.added_by = actor)
        AND (g.joins = nullif(joined_by, '') OR g.same = mark AND (g.joins IS NULL OR joined_by = '') AND (cardinality(persons) = 0
            OR EXISTS (SELECT FROM catalog.credit c WHERE c.grp = g.id AND c.role = lead AND c.person = ANY(persons))))
        ORDER BY (g.joins = nullif(joined_by, '')) DESC NULLS LAST, g.id LIMIT 1);
END
$$;

-- Gives a group tags, each with the actor's vote; the names are of those that it did not have.
CREATE FUNCTION catalog.tag(grp bigint, names text[], actor bigint) RETURNS SETOF text
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY WITH made AS (INSERT INTO catalog.tag (name) SELECT unnest(names) ON CONFLICT (name) DO NOTHING RETURNING id, name),
    tags AS (SELECT id, name FROM made UNION SELECT t.id, t.name FROM catalog.tag t WHERE t.name = ANY(names)),
    put AS (INSERT INTO catalog.entity_tag (entity, tag, added_by) SELECT tag.grp, id, actor FROM tags ON CONFLICT DO NOTHING RETURNING entity_tag.tag),
    voted AS (INSERT INTO catalog.tag_vote (entity, tag, member, vote) SELECT tag.grp, id, actor, 1 FROM tags
        ON CONFLICT (entity, tag, member) DO UPDATE SET vote = 1)
    SELECT t.name FROM tags t JOIN put ON put.tag = t.id ORDER BY t.name;
END
$$;

-- Where an upload goes: finds or makes its persons, group and edition. levels: their names, '' of editions for none. `owner` is the first of those
-- credited, before `names`; 0: none is. of_group, of_edition: those that are known, or 0. When the torrent is here already, it is told, and nothing is done.
-- A row for each who is credited now, at least one.
CREATE FUNCTION catalog.place(of_plugin text, levels text[], actor bigint, hash bytea, hash_v2 bytea, of_group bigint, of_edition bigint,
    group_name text, group_told text[], group_attrs jsonb, joined_by text, owned boolean, owner bigint, names text[], roles text[], notes text[],
    lead text, tags text[], edition_name text, edition_told text[], edition_attrs jsonb)
RETURNS TABLE (known bigint, at_group bigint, called text, described text, joined boolean, at_edition bigint, credited text, person text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    persons bigint[] := CASE WHEN owner > 0 THEN ARRAY[owner] ELSE '{}' END;
    mark bytea;
BEGIN
    known := (SELECT t.id FROM catalog.torrent t WHERE t.info_hash = hash OR t.info_hash_v2 = hash_v2 LIMIT 1);
    IF known IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    at_group := nullif(of_group, 0);
    at_edition := of_edition;
    IF at_group IS NULL THEN
        IF cardinality(names) > 0 THEN
            persons := persons || array(SELECT p.person FROM catalog.persons(of_plugin, levels[1], names, actor) AS p);
        END IF;
        at_group := catalog.met(of_plugin, group_told, actor, array(SELECT c.id FROM unnest(persons, roles) AS c (id, role) WHERE c.role = lead),
            lead, owned, joined_by);
        joined := at_group IS NOT NULL;
        IF NOT joined THEN
            INSERT INTO catalog.entity (plugin, level, kind, name, same, attrs, added_by, joins)
            VALUES (of_plugin, levels[2], 1, group_name, catalog.same(group_told), group_attrs, actor, nullif(joined_by, '')) RETURNING id INTO at_group;
            INSERT INTO catalog.credit (grp, place, person, role, note) SELECT at_group, c.place, c.id, c.role, c.note
            FROM unnest(persons, roles, notes) WITH ORDINALITY AS c (id, role, note, place) ON CONFLICT DO NOTHING;
        END IF;
        IF cardinality(tags) > 0 THEN
            PERFORM catalog.tag(at_group, tags, actor);
        END IF;
    END IF;
    IF at_edition = 0 AND levels[3] <> '' THEN
        mark := catalog.same(edition_told);
        SELECT e.id INTO at_edition FROM catalog.entity e WHERE e.parent = at_group AND e.same = mark AND e.deleted_at IS NULL;
        IF NOT FOUND THEN
            INSERT INTO catalog.entity (plugin, level, kind, parent, grp, name, same, attrs, added_by)
            VALUES (of_plugin, levels[3], 2, at_group, at_group, edition_name, mark, edition_attrs, actor) RETURNING id INTO at_edition;
        END IF;
    END IF;
    RETURN QUERY SELECT known, g.id, g.name, g.attrs::text, joined, at_edition, c.role, p.name FROM catalog.entity g
    LEFT JOIN (catalog.credit c JOIN catalog.entity p ON p.id = c.person) ON c.grp = g.id WHERE g.id = at_group ORDER BY c.place;
END
$$;

-- A torrent as a unit below `under`; or the unit that is the same there, which is then told. No row: the group was deleted.
CREATE FUNCTION catalog.add_unit(of_plugin text, of_level text, told_by text[], described jsonb, actor bigint, under bigint, of_group bigint,
    hash bytea, hash_v2 bytea, bytes bigint, files_many bigint, files_packed bytea, stored bytea, told text, base bigint, at timestamptz)
RETURNS TABLE (unit bigint, there boolean, added bigint) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    mark bytea := catalog.same(told_by);
BEGIN
    SELECT e.id, true, coalesce(t.id, 0) INTO unit, there, added FROM catalog.entity e LEFT JOIN catalog.torrent t ON t.entity = e.id
    WHERE e.parent = under AND e.same = mark AND e.deleted_at IS NULL;
    IF NOT FOUND THEN
        INSERT INTO catalog.entity (plugin, level, kind, parent, grp, same, attrs, added_by)
        SELECT of_plugin, of_level, 3, under, g.id, mark, described, actor FROM catalog.entity g WHERE g.id = of_group AND g.deleted_at IS NULL
        RETURNING id, false INTO unit, there;
        IF unit IS NULL THEN
            RETURN;
        END IF;
        INSERT INTO catalog.torrent (entity, info_hash, info_hash_v2, size, files_count, files, metainfo, uploader, warning, depends_on, added_at)
        VALUES (unit, hash, nullif(hash_v2, ''), bytes, files_many, files_packed, stored, actor, told, nullif(base, 0), coalesce(at, clock_timestamp()))
        RETURNING id INTO added;
    END IF;
    RETURN NEXT;
END
$$;

-- An upload like the newest one, of names that nobody has, which is taken back: a connection that has done it has made the plans, and read what it needs
-- of the system's tables, that its first upload would wait for. To be called by whose turn it is.
CREATE FUNCTION catalog.warm() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    u catalog.entity := (SELECT u FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity WHERE u.deleted_at IS NULL ORDER BY t.id DESC LIMIT 1);
    e catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = u.parent AND e.kind = 2);
    g catalog.entity := (SELECT g FROM catalog.entity g WHERE g.id = u.grp);
    any_name text := translate(md5(random()::text), '0123456789', 'ghijklmnop');
    any_hash bytea := substr(sha256(any_name::bytea), 1, 20);
    place record;
    made bigint;
BEGIN
    IF u IS NULL THEN
        RETURN;
    END IF;
    SELECT p.* INTO place FROM (SELECT array_agg(any_name || ' ' || c.place) AS names, array_agg(c.role) AS roles, array_agg(c.note) AS notes, max(p.level) AS level
        FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person WHERE c.grp = g.id) AS c, catalog.place(g.plugin,
        ARRAY[coalesce(c.level, ''), g.level, coalesce(e.level, '')], 0, any_hash, NULL, 0, 0, any_name, ARRAY[any_name], g.attrs, '', false, 0,
        coalesce(c.names, '{}'), c.roles, c.notes, coalesce(c.roles[1], ''),
        array(SELECT t.name FROM catalog.entity_tag k JOIN catalog.tag t ON t.id = k.tag WHERE k.entity = g.id), coalesce(e.name, ''), ARRAY[any_name],
        e.attrs) AS p;
    made := (SELECT a.added FROM catalog.add_unit(g.plugin, u.level, ARRAY[any_name], u.attrs, 0, coalesce(nullif(place.at_edition, 0), place.at_group),
        place.at_group, any_hash, '', 1, 1, '', '', '', 0, NULL) AS a);
    PERFORM catalog.list(ARRAY[place.at_group]);
    INSERT INTO catalog.change (plugin, entity, grp, what, actor, why) VALUES (g.plugin, place.at_group, place.at_group, 'add', 0, '');
    INSERT INTO catalog.news (what, entity, of, actor, text) VALUES ('torrent', place.at_group, made, 0, '');
    PERFORM catalog.feed_add('catalog.torrents', made, '');
    RAISE SQLSTATE 'DJ000';
EXCEPTION WHEN SQLSTATE 'DJ000' THEN
END
$$;
