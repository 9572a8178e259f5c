-- Merges that can be undone: of what became part of another, every row that pointed at it, as it was just before.
CREATE TABLE catalog.merged (
    change bigint PRIMARY KEY REFERENCES catalog.change,
    gone bigint NOT NULL REFERENCES catalog.entity,
    kept bigint NOT NULL REFERENCES catalog.entity,
    home bigint NOT NULL REFERENCES catalog.entity, -- on whose page it was
    was jsonb NOT NULL          -- rows by table; `twice` in one: the other had it too
);

-- The change is that which the log has got last, in this transaction.
CREATE FUNCTION catalog.remember(gone bigint, kept bigint, told_by text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO catalog.merged (change, gone, kept, home, was)
    SELECT currval(pg_get_serial_sequence('catalog.change', 'id')), gone, kept, coalesce(l.grp, l.id), jsonb_strip_nulls(jsonb_build_object(
        'same', k.same, 'joined', k.joins IS NULL AND l.joins IS NOT NULL,
        'attrs', (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') FROM jsonb_each(l.attrs - told_by) AS a WHERE NOT k.attrs ? a.key),
        'entity', (SELECT jsonb_agg(to_jsonb(e) - ARRAY['name', 'same', 'attrs']) FROM catalog.entity e
            WHERE e.id = gone OR e.grp = gone OR e.parent = gone OR e.leads_to = gone),
        'credit', (SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.credit o WHERE o.person = kept AND o.grp = c.grp AND o.role = c.role)))
            FROM catalog.credit c WHERE c.person = gone),
        'entity_tag', (SELECT jsonb_agg(to_jsonb(t) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.entity_tag o WHERE o.entity = kept AND o.tag = t.tag)))
            FROM catalog.entity_tag t WHERE t.entity = gone),
        'tag_vote', (SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.tag_vote o WHERE o.entity = kept AND o.tag = v.tag AND o.member = v.member)))
            FROM catalog.tag_vote v WHERE v.entity = gone),
        'bookmark', (SELECT jsonb_agg(to_jsonb(b) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.bookmark o WHERE o.entity = kept AND o.member = b.member)))
            FROM catalog.bookmark b WHERE b.entity = gone),
        'subscription', (SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.subscription o WHERE o.entity = kept AND o.member = s.member)))
            FROM catalog.subscription s WHERE s.entity = gone),
        'collage_entry', (SELECT jsonb_agg(to_jsonb(e) || jsonb_build_object('twice', EXISTS (
                SELECT FROM catalog.collage_entry o WHERE o.entity = kept AND o.collage = e.collage)))
            FROM catalog.collage_entry e WHERE e.entity = gone),
        'image', (SELECT jsonb_agg(to_jsonb(i)) FROM catalog.image i WHERE i.entity = gone),
        'comment', (SELECT jsonb_agg(c.id) FROM catalog.comment c WHERE c.entity = gone AND c.deleted_at IS NULL),
        'report', (SELECT jsonb_agg(r.id) FROM catalog.report r WHERE r.entity = gone),
        'news', (SELECT jsonb_agg(n.id) FROM catalog.news n WHERE n.entity = gone),
        'change', (SELECT jsonb_agg(c.id) FROM catalog.change c WHERE c.grp = gone)))
    FROM catalog.entity l, catalog.entity k WHERE l.id = gone AND k.id = kept
$$;

-- As it was, and remembered.
ALTER FUNCTION catalog.merge(bigint, bigint, text[], bigint, text) RENAME TO merge_all;
CREATE FUNCTION catalog.merge(gone bigint, kept bigint, told_by text[], actor bigint, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog.remember(gone, kept, told_by);
    PERFORM catalog.merge_all(gone, kept, told_by, actor, why);
END
$$;
-- An edition that moves becomes part of one like it: that is a merge, too.
CREATE FUNCTION catalog.move_whole(edition bigint, grp bigint, actor bigint, why text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog.remember(e.id, o.id, '{}') FROM catalog.entity e JOIN catalog.entity o ON o.parent = move_whole.grp AND o.same = e.same
        AND o.kind = 2 AND o.deleted_at IS NULL WHERE e.id = edition;
    RETURN catalog.move_edition(edition, grp, actor, why);
END
$$;

-- What is in the way of undoing one: `what`, and the torrent or the entity, with its name, that it is about. NULL: nothing is.
CREATE FUNCTION catalog.hindered(change bigint, OUT what text, OUT id bigint, OUT name text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    m catalog.merged := (SELECT r FROM catalog.merged r WHERE r.change = $1);
    lost catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = m.gone);
    kept catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = m.kept);
    was catalog.entity[] := array(SELECT e FROM jsonb_populate_recordset(NULL::catalog.entity, m.was->'entity') AS e);
    joined text := (SELECT w.joins FROM unnest(was) AS w WHERE w.id = m.gone);
    above catalog.entity;
BEGIN
    SELECT e.* INTO above FROM unnest(was) AS w JOIN catalog.entity e ON e.id = w.parent WHERE w.id = m.gone;
    IF lost.leads_to IS DISTINCT FROM m.kept OR kept.deleted_at IS NOT NULL OR kept.leads_to IS NOT NULL OR above.deleted_at IS NOT NULL THEN
        what := 'gone';
        RETURN;
    END IF;
    SELECT 'moved', t.id INTO what, id FROM unnest(was) AS w JOIN catalog.entity u ON u.id = w.id AND u.kind = 3 AND u.deleted_at IS NULL
    JOIN catalog.torrent t ON t.entity = u.id
    WHERE u.parent <> catalog.led(w.parent) OR lost.kind = 1 AND u.grp <> m.kept ORDER BY t.id LIMIT 1;
    IF what IS NULL AND lost.kind = 0 THEN
        SELECT 'same', o.id, o.name INTO what, id, name FROM catalog.entity o
        WHERE o.plugin = lost.plugin AND o.kind = 0 AND o.same = lost.same AND o.deleted_at IS NULL AND o.id <> lost.id;
    ELSIF what IS NULL AND lost.kind = 1 THEN -- as an edit looks for another, but for what was there then
        SELECT 'same', o.id, o.name INTO what, id, name FROM catalog.entity o WHERE o.plugin = lost.plugin AND o.kind = 1 AND o.deleted_at IS NULL
            AND (o.joins = joined AND NOT (o.id = m.kept AND (m.was->>'joined')::boolean)
                OR o.same = lost.same AND (o.joins IS NULL OR joined IS NULL) AND (o.id <> m.kept OR to_jsonb(o.same) <> m.was->'same')
                AND (SELECT coalesce(bool_or(EXISTS (SELECT FROM catalog.credit d WHERE d.grp = o.id AND d.person = c.person AND d.role = c.role)), true)
                    FROM catalog.credit c JOIN catalog.attribute a ON a.plugin = lost.plugin AND a.leads = c.role WHERE c.grp = m.gone)) LIMIT 1;
    END IF;
    IF what IS NULL THEN -- editions, below the one parent
        SELECT 'same', p.id, p.name INTO what, id, name FROM unnest(was) AS w JOIN catalog.entity e ON e.id = w.id AND e.kind = 2
        JOIN catalog.entity p ON p.id = w.parent CROSS JOIN LATERAL (
            SELECT o.id FROM catalog.entity o WHERE o.parent = w.parent AND o.same = e.same AND o.deleted_at IS NULL
            UNION ALL SELECT o.id FROM unnest(was) AS v JOIN catalog.entity o ON o.id = v.id
            WHERE v.parent = w.parent AND v.deleted_at IS NULL AND o.same = e.same) AS o
        WHERE w.deleted_at IS NULL AND o.id <> e.id LIMIT 1;
    END IF;
END
$$;

-- Takes a merge apart: what was moved goes back, and what has come since stays.
CREATE FUNCTION catalog.unmerge(change bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    m catalog.merged := (SELECT r FROM catalog.merged r WHERE r.change = $1);
    lost catalog.entity := (SELECT e FROM catalog.entity e WHERE e.id = m.gone);
    was catalog.entity[] := array(SELECT e FROM jsonb_populate_recordset(NULL::catalog.entity, m.was->'entity') AS e);
    here bigint := coalesce(lost.grp, m.kept);
    one record;
    more bigint[];
    copied bigint;
    said text;
BEGIN
    -- What is below. An edition that came as it was goes back as it is; what is in it beside stays in one like it.
    UPDATE catalog.entity e SET leads_to = NULL, parent = w.parent, grp = w.grp, joins = w.joins, revision = e.revision + 1,
        deleted_at = NULL, deleted_by = NULL, deleted_why = NULL FROM unnest(was) AS w WHERE e.id = m.gone AND w.id = e.id;
    FOR one IN SELECT w.*, e.leads_to IS NULL AS whole FROM unnest(was) AS w JOIN catalog.entity e ON e.id = w.id
        WHERE w.kind = 2 AND w.id <> m.gone AND e.grp = here LOOP
        UPDATE catalog.entity e SET parent = one.parent, grp = one.grp, leads_to = one.leads_to, deleted_at = one.deleted_at,
            deleted_by = one.deleted_by, deleted_why = one.deleted_why, revision = e.revision + 1 WHERE e.id = one.id;
        more := array(SELECT u.id FROM catalog.entity u WHERE u.parent = one.id AND NOT EXISTS (SELECT FROM unnest(was) AS w WHERE w.id = u.id));
        IF one.whole AND cardinality(more) > 0 THEN
            INSERT INTO catalog.entity (plugin, level, kind, parent, grp, name, same, attrs, added_at, added_by)
            SELECT plugin, level, kind, here, here, e.name, same, attrs, added_at, added_by FROM catalog.entity e WHERE e.id = one.id
            RETURNING entity.id INTO copied;
            PERFORM catalog.move_units(more, copied, here);
            UPDATE catalog.entity e SET leads_to = copied
            WHERE e.leads_to = one.id AND NOT EXISTS (SELECT FROM unnest(was) AS w WHERE w.id = e.id);
        END IF;
    END LOOP;
    PERFORM catalog.move_units(array_agg(w.id), w.parent, w.grp) FROM unnest(was) AS w JOIN catalog.entity e ON e.id = w.id
        WHERE w.kind = 3 AND e.grp = here GROUP BY w.parent, w.grp;
    UPDATE catalog.entity e SET leads_to = m.gone FROM unnest(was) AS w WHERE w.id = e.id AND w.leads_to = m.gone AND e.leads_to = m.kept;

    -- Credits.
    UPDATE catalog.credit c SET person = m.gone FROM jsonb_to_recordset(m.was->'credit') AS w (grp bigint, role text, twice boolean)
    WHERE NOT w.twice AND c.grp = w.grp AND c.role = w.role AND c.person = m.kept;
    FOR one IN SELECT w.* FROM jsonb_to_recordset(m.was->'credit') AS w (grp bigint, place integer, role text, note text, twice boolean)
        JOIN catalog.credit k ON k.grp = w.grp AND k.role = w.role AND k.person = m.kept WHERE w.twice LOOP
        INSERT INTO catalog.credit (grp, place, person, role, note)
        SELECT one.grp, CASE WHEN bool_or(c.place = one.place) THEN max(c.place) + 1 ELSE one.place END, m.gone, one.role, one.note
        FROM catalog.credit c WHERE c.grp = one.grp;
    END LOOP;

    -- What was said of it.
    INSERT INTO catalog.entity_tag (entity, tag, added_by, added_at)
    SELECT entity, tag, added_by, added_at FROM jsonb_populate_recordset(NULL::catalog.entity_tag, m.was->'entity_tag');
    INSERT INTO catalog.tag_vote SELECT * FROM jsonb_populate_recordset(NULL::catalog.tag_vote, m.was->'tag_vote');
    DELETE FROM catalog.tag_vote v USING jsonb_to_recordset(m.was->'tag_vote') AS w (tag bigint, member bigint, vote integer, twice boolean)
    WHERE NOT w.twice AND v.entity = m.kept AND v.tag = w.tag AND v.member = w.member AND v.vote = w.vote;
    DELETE FROM catalog.entity_tag t USING jsonb_to_recordset(m.was->'entity_tag') AS w (tag bigint, twice boolean)
    WHERE NOT w.twice AND t.entity = m.kept AND t.tag = w.tag
        AND NOT EXISTS (SELECT FROM catalog.tag_vote v WHERE v.entity = t.entity AND v.tag = t.tag);
    UPDATE catalog.comment c SET entity = m.gone
    WHERE c.id IN (SELECT w::bigint FROM jsonb_array_elements_text(m.was->'comment') AS w) AND c.entity = m.kept;
    FOREACH said IN ARRAY ARRAY['bookmark', 'subscription'] LOOP
        EXECUTE format('INSERT INTO catalog.%1$I (member, entity, at) SELECT w.member, $1, w.at'
            ' FROM jsonb_to_recordset($3) AS w (member bigint, at timestamptz, twice boolean) JOIN catalog.%1$I o ON o.member = w.member'
            ' AND o.entity = $2 WHERE w.twice', said) USING m.gone, m.kept, m.was->said;
    END LOOP;
    FOREACH said IN ARRAY ARRAY['bookmark', 'subscription', 'collage_entry'] LOOP
        EXECUTE format('UPDATE catalog.%I o SET entity = $1 FROM jsonb_to_recordset($3) AS w (id bigint, twice boolean)'
            ' WHERE NOT w.twice AND o.id = w.id AND o.entity = $2', said) USING m.gone, m.kept, m.was->said;
    END LOOP;
    FOR one IN SELECT w.* FROM jsonb_to_recordset(m.was->'collage_entry') AS w (collage bigint, place bigint, added_by bigint, at timestamptz,
        twice boolean) JOIN catalog.collage_entry o ON o.collage = w.collage AND o.entity = m.kept WHERE w.twice LOOP
        UPDATE catalog.collage_entry e SET place = e.place + 1 WHERE e.collage = one.collage AND e.place >= one.place;
        INSERT INTO catalog.collage_entry (collage, entity, place, added_by, at)
        SELECT one.collage, m.gone, least(one.place, count(*) + 1), one.added_by, one.at
        FROM catalog.collage_entry e WHERE e.collage = one.collage;
    END LOOP;
    UPDATE catalog.image i SET entity = m.gone, place = w.place, removed_at = CASE WHEN back.again THEN NULL ELSE i.removed_at END,
        removed_by = CASE WHEN back.again THEN NULL ELSE i.removed_by END, removed_why = CASE WHEN back.again THEN NULL ELSE i.removed_why END
    FROM jsonb_populate_recordset(NULL::catalog.image, m.was->'image') AS w CROSS JOIN LATERAL (
        SELECT w.removed_at IS NULL AND EXISTS (SELECT FROM catalog.image k WHERE k.entity = m.kept AND k.hash = w.hash AND k.id <> w.id
            AND k.removed_at IS NULL) AS again) AS back
    WHERE i.id = w.id AND i.entity = m.kept;
    UPDATE catalog.report r SET entity = m.gone WHERE r.entity = m.kept
        AND (m.was->'report' @> to_jsonb(r.id) OR r.about = 'comment' AND m.was->'comment' @> to_jsonb(r.of));
    UPDATE catalog.news n SET entity = m.gone WHERE n.entity = m.kept AND m.was->'news' @> to_jsonb(n.id);
    UPDATE catalog.change c SET grp = m.home WHERE c.grp = here AND c.id <> m.change AND (m.was->'change' @> to_jsonb(c.id)
        OR c.entity IN (SELECT w.id FROM unnest(was) AS w JOIN catalog.entity e ON e.id = w.id WHERE w.kind = 2 AND e.grp = m.home));

    -- What the other took over and has not changed since is its own no more.
    UPDATE catalog.entity k SET revision = k.revision + 1,
        joins = CASE WHEN (m.was->>'joined')::boolean AND k.joins = (SELECT e.joins FROM catalog.entity e WHERE e.id = m.gone) THEN NULL ELSE k.joins END,
        attrs = (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') FROM jsonb_each(k.attrs) AS a
            WHERE (m.was->'attrs'->a.key) IS DISTINCT FROM a.value)
    WHERE k.id = m.kept AND lost.kind < 2;
    DELETE FROM catalog.merged d WHERE d.change = m.change;
    PERFORM catalog.list(CASE lost.kind WHEN 0 THEN array(SELECT DISTINCT unnest(catalog.groups_of(m.gone) || catalog.groups_of(m.kept)))
        ELSE ARRAY[m.home, here] END);
END
$$;
