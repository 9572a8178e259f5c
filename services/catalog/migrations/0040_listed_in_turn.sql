-- What catalog.list() does in less time. One statement for any number of groups, of some sixty parts, cost more to begin than to run: now each group
-- has its turn, and is read by statements of a few parts. What does not change is not written: a group or a torrent as it was, names that are
-- there, and words of these; and a new name is written with its uses, for each version of it is one more in all of its indexes.
CREATE OR REPLACE FUNCTION catalog.list_found(groups bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    described text := '';       -- the plugin at hand,
    known catalog.attribute[];  -- its attributes,
    below catalog.attribute[];  -- those of editions and torrents,
    told catalog.attribute[];   -- and what of these is searched without its name, or suggested
    a catalog.attribute;
    g record;
    r record;
    value text;
    lexed text[];
    leads integer;
    makers text;
    of_year bigint;
    texts text[];               -- each with the name by which its words are found, too; NULL: by none
    tags text[];
    plain boolean[];            -- they are found without it
    start integer;
    lexemes text[];             -- what the group is found by, each with its place
    places integer[];
    document tsvector;
    fields text[];              -- what has a name: the group itself, and more
    entities bigint[];
    called text[];
    hints text[];
    folds text;
    ids bigint[];               -- of these, but the group's own
    of_units bigint[];          -- its torrents,
    came bigint[];
    sizes bigint[];
    vectors tsvector[];         -- what each is,
    terms text[];               -- and all of them
    was integer;
    units integer;
    newest bigint;
    largest bigint;
    more bigint[] := '{}';      -- names that are used once more,
    fewer bigint[] := '{}';     -- and once less,
    more_by bigint[] := '{}';   -- by these groups
    fewer_by bigint[] := '{}';
    gone bigint[];
    coined text[] := '{}';      -- words of new ones
    plugins text[] := '{}';
    groups_by integer[] := '{}';
    units_by integer[] := '{}';
BEGIN
    FOR g IN SELECT e.id, e.plugin, e.level, e.name, e.attrs, e.deleted_at, l.id IS NOT NULL AS listed, coalesce(l.names, '{}') AS names
        FROM catalog.entity e LEFT JOIN catalog.listed l ON l.id = e.id WHERE e.id = ANY(groups) ORDER BY e.plugin, e.id LOOP
        IF g.plugin <> described THEN
            described := g.plugin;
            known := array(SELECT k FROM catalog.attribute k WHERE k.plugin = g.plugin ORDER BY k.place);
            below := array(SELECT k FROM unnest(known) AS k WHERE k.kind >= 2);
            told := array(SELECT k FROM unnest(below) AS k WHERE k.searched OR k.suggested);
        END IF;
        texts := '{}'; tags := '{}'; plain := '{}'; lexemes := '{}'; places := '{}'; start := 0;
        fields := ARRAY[g.level]; entities := ARRAY[g.id]; called := ARRAY[g.name]; hints := ARRAY['']; ids := '{}';
        of_units := '{}'; came := '{}'; sizes := '{}'; vectors := '{}'; terms := '{}';
        of_year := 0; leads := 0; makers := NULL; was := 0; units := 0; newest := 0; largest := 0;

        -- What it says of itself, who made it, what is below it, how it is tagged
        FOREACH a IN ARRAY known LOOP
            value := g.attrs->>a.name;
            CONTINUE WHEN a.kind <> 1 OR value IS NULL;
            IF a.type IN ('text', 'long') OR a.type = 'number' AND a.searched THEN
                texts := texts || value; tags := tags || CASE WHEN a.type <> 'number' THEN a.name END; plain := plain || a.searched;
            END IF;
            IF a.type IN ('number', 'choice', 'date', 'flag') THEN
                lexemes := lexemes || catalog.terms(a.type, a.name, value); places := places || NULL::integer;
            END IF;
            IF a.suggested AND g.deleted_at IS NULL THEN
                fields := fields || a.name; entities := entities || NULL::bigint; called := called || value; hints := hints || ''::text;
            END IF;
            IF a.year THEN
                of_year := value;
            END IF;
        END LOOP;
        FOR r IN SELECT c.role, p.id, p.level, p.name, p.id = c.person AS main, m.name AS led FROM catalog.credit c
            CROSS JOIN catalog.spellings(c.person) AS p LEFT JOIN catalog.entity m ON m.id = p.leads_to
            WHERE c.grp = g.id ORDER BY c.place, p.id <> c.person, p.id LOOP
            FOREACH a IN ARRAY known LOOP
                CONTINUE WHEN a.type <> 'credit';
                texts := texts || r.name; tags := tags || r.role; plain := plain || a.searched;
                IF r.main AND a.leads = r.role AND leads < 2 THEN
                    leads := leads + 1;
                    makers := concat_ws(' & ', makers, r.name);
                END IF;
            END LOOP;
            IF (r.id <> ALL(entities)) IS NOT FALSE THEN
                fields := fields || r.level; entities := entities || r.id; called := called || r.name; hints := hints || coalesce(r.led, '');
            END IF;
        END LOOP;
        hints[1] := concat_ws(', ', makers, nullif(of_year, 0));
        IF cardinality(told) > 0 THEN
            FOR r IN SELECT e.kind, e.attrs FROM catalog.entity e WHERE e.grp = g.id AND e.deleted_at IS NULL ORDER BY e.id LOOP
                FOREACH a IN ARRAY told LOOP
                    value := r.attrs->>a.name;
                    CONTINUE WHEN a.kind <> r.kind OR value IS NULL;
                    IF a.searched THEN
                        texts := texts || value; tags := tags || NULL::text; plain := plain || true;
                    END IF;
                    IF a.suggested THEN
                        fields := fields || a.name; entities := entities || NULL::bigint; called := called || value; hints := hints || ''::text;
                    END IF;
                END LOOP;
            END LOOP;
        END IF;
        FOREACH a IN ARRAY known LOOP
            CONTINUE WHEN a.type <> 'tags';
            FOR value IN SELECT t.name FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag WHERE e.entity = g.id AND e.score >= 0 LOOP
                fields := fields || a.name; entities := entities || NULL::bigint; called := called || value; hints := hints || ''::text;
                lexemes := lexemes || (a.name || '=' || left(catalog.fold(value), 300)); places := places || NULL::integer;
            END LOOP;
        END LOOP;

        -- Its words
        FOR i IN 1 .. cardinality(texts) LOOP
            lexed := catalog.tokens(texts[i]);
            FOR k IN 1 .. cardinality(lexed) LOOP
                IF plain[i] THEN
                    lexemes := lexemes || lexed[k]; places := places || least(start + k, 16383);
                END IF;
                IF tags[i] IS NOT NULL THEN
                    lexemes := lexemes || (tags[i] || '=' || lexed[k]); places := places || least(start + k, 16383);
                END IF;
            END LOOP;
            start := start + cardinality(lexed) + 1;
        END LOOP;

        -- Its torrents
        FOR r IN SELECT t.id, t.active, (extract(epoch FROM t.added_at) * 1000)::bigint AS added, t.size, coalesce(e.attrs, '{}') || m.attrs AS attrs,
            l.id IS NOT NULL AS listed FROM catalog.entity m JOIN catalog.torrent t ON t.entity = m.id
            LEFT JOIN catalog.entity e ON e.id = m.parent AND e.kind = 2 LEFT JOIN catalog.listed_unit l ON l.id = t.id
            WHERE m.grp = g.id AND m.kind = 3 AND (t.active OR l.id IS NOT NULL) ORDER BY t.id LOOP
            was := was + r.listed::integer;
            IF NOT r.active THEN
                DELETE FROM catalog.listed_unit l WHERE l.id = r.id;
                DELETE FROM catalog.tally_unit t WHERE t.id = r.id;
                CONTINUE;
            END IF;
            lexed := '{}';
            FOREACH a IN ARRAY below LOOP
                IF r.attrs ? a.name THEN
                    lexed := lexed || catalog.terms(a.type, a.name, r.attrs->>a.name);
                ELSIF a.type = 'flag' THEN
                    lexed := lexed || (a.name || '=no');
                END IF;
            END LOOP;
            of_units := of_units || r.id; came := came || r.added; sizes := sizes || r.size;
            vectors := vectors || array_to_tsvector(lexed); terms := terms || lexed;
            units := units + 1; newest := greatest(newest, r.added); largest := greatest(largest, r.size);
            lexed := lexed || '='::text;
            lexemes := lexemes || lexed; places := places || array_fill(1 + (units - 1) % 255, ARRAY[cardinality(lexed)]);
        END LOOP;

        -- Its names
        FOR i IN 1 .. cardinality(called) LOOP
            folds := left(catalog.fold(called[i]), 300);
            IF entities[i] IS NULL THEN
                SELECT n.id, n.name, n.hint, n.uses INTO r FROM catalog.name n
                WHERE n.entity IS NULL AND n.plugin = g.plugin AND n.field = fields[i] AND n.folded = folds;
            ELSE
                SELECT n.id, n.name, n.hint, n.uses INTO r FROM catalog.name n WHERE n.entity = entities[i];
            END IF;
            IF NOT FOUND THEN
                INSERT INTO catalog.name (plugin, field, entity, name, hint, folded, words, uses, groups_xor)
                VALUES (g.plugin, fields[i], entities[i], called[i], hints[i], folds, catalog.name_words(called[i]),
                    CASE WHEN i = 1 THEN units ELSE least(units, 1) END, CASE WHEN i > 1 AND units > 0 THEN g.id ELSE 0 END) RETURNING id INTO r;
                coined := coined || catalog.tokens(called[i]);
                ids := ids || r.id;
            ELSIF entities[i] IS NOT NULL AND (r.name, r.hint) <> (called[i], hints[i]) OR i = 1 AND r.uses <> units THEN
                UPDATE catalog.name n SET name = called[i], hint = hints[i], folded = folds, words = catalog.name_words(called[i]),
                    uses = CASE WHEN i = 1 THEN units ELSE n.uses END WHERE n.id = r.id;
                coined := coined || catalog.tokens(called[i]);
            END IF;
            IF i = 1 THEN
                ids := '{}';
            ELSIF r.id <> ALL(ids) THEN
                ids := ids || r.id;
                IF units > 0 AND r.id <> ALL(g.names) THEN
                    more := more || r.id; more_by := more_by || g.id;
                END IF;
            END IF;
        END LOOP;

        IF units > 0 THEN
            ids := array(SELECT id FROM unnest(ids) AS id ORDER BY id);
            SELECT string_agg(catalog.lexeme(left(l.lexeme, 400)) || coalesce(':' || l.place, ''), ' ')::tsvector INTO document
            FROM unnest(lexemes, places) AS l (lexeme, place) WHERE l.lexeme <> '';
            INSERT INTO catalog.listed_unit AS l (id, grp, plugin, added, year, size, shuffle, terms, marks)
            SELECT u.id, g.id, g.plugin, u.added, of_year, u.size, hashint8extended(u.id, 1), u.terms, catalog.marks(u.terms) | o.marks
            FROM unnest(of_units, came, sizes, vectors) AS u (id, added, size, terms), (SELECT catalog.marks(ts_delete(document, terms))) AS o (marks)
            ON CONFLICT (id) DO UPDATE SET terms = excluded.terms, year = excluded.year, marks = excluded.marks
            WHERE (l.terms, l.year, l.marks) <> (excluded.terms, excluded.year, excluded.marks);
            INSERT INTO catalog.tally_unit (id, plugin) SELECT unnest(of_units), g.plugin ON CONFLICT DO NOTHING;
            INSERT INTO catalog.listed AS l (id, plugin, added, year, size, shuffle, search, names)
            VALUES (g.id, g.plugin, newest, of_year, largest, hashint8extended(g.id, 1), document, ids)
            ON CONFLICT (id) DO UPDATE SET added = excluded.added, year = excluded.year, size = excluded.size, search = excluded.search,
                names = excluded.names
            WHERE (l.added, l.year, l.size, l.search, l.names) <> (excluded.added, excluded.year, excluded.size, excluded.search, excluded.names);
            gone := CASE WHEN g.names <@ ids THEN '{}' ELSE array(SELECT unnest(g.names) EXCEPT SELECT unnest(ids)) END;
        ELSIF g.listed THEN
            DELETE FROM catalog.listed l WHERE l.id = g.id;
            gone := g.names;
        ELSE
            gone := '{}';
        END IF;
        fewer := fewer || gone; fewer_by := fewer_by || array_fill(g.id, ARRAY[cardinality(gone)]);
        plugins := plugins || g.plugin; groups_by := groups_by || (units > 0)::integer - g.listed::integer; units_by := units_by || units - was;
    END LOOP;

    UPDATE catalog.name n SET uses = n.uses + c.by, groups_xor = n.groups_xor # c.groups_xor FROM (
        SELECT id, sum(by) AS by, bit_xor(grp) AS groups_xor FROM (
            SELECT unnest(more) AS id, unnest(more_by) AS grp, 1 AS by UNION ALL SELECT unnest(fewer), unnest(fewer_by), -1) AS each GROUP BY id) AS c
    WHERE n.id = c.id;
    INSERT INTO catalog.word (word, slips)
    SELECT word, catalog.slips(word) FROM (SELECT DISTINCT word FROM unnest(coined) AS word WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]') AS words
    WHERE NOT EXISTS (SELECT FROM catalog.word k WHERE k.word = words.word) ON CONFLICT DO NOTHING;
    INSERT INTO catalog.plugin AS p (name, groups, torrents)
    SELECT plugin, sum(b.groups), sum(b.units) FROM unnest(plugins, groups_by, units_by) AS b (plugin, groups, units)
    GROUP BY plugin HAVING sum(b.groups) <> 0 OR sum(b.units) <> 0
    ON CONFLICT (name) DO UPDATE SET groups = p.groups + excluded.groups, torrents = p.torrents + excluded.torrents;
END
$$;
DROP FUNCTION catalog.names_of(bigint[]);
DROP TYPE catalog.named;

-- As it was; what is of each torrent is kept where these are gone through.
CREATE OR REPLACE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM catalog.shelve(groups);
    PERFORM catalog.list_found(groups);
    PERFORM catalog.tally_groups(groups);
    PERFORM catalog.recent_list(groups);
END
$$;

-- As it was; what there is to go is looked up, and when there is any.
CREATE OR REPLACE FUNCTION catalog.recent_trim(most bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT name, (SELECT r.added FROM catalog.recent r WHERE r.plugin = name ORDER BY r.added DESC OFFSET most - 1 LIMIT 1) AS oldest
        FROM catalog.plugin LOOP
        CONTINUE WHEN p.oldest IS NULL;
        UPDATE catalog.plugin SET recent_from = p.oldest WHERE name = p.name AND recent_from < p.oldest;
        DELETE FROM catalog.recent r WHERE r.plugin = p.name AND r.added < p.oldest;
    END LOOP;
END
$$;

-- The persons of these names, in their order, made where there are none; by another spelling the one it leads to. In plpgsql, whose plan a
-- connection keeps: PostgreSQL made one anew for each upload, for it knew how many names there were.
CREATE FUNCTION catalog.persons(of_plugin text, of_level text, names text[], actor bigint) RETURNS TABLE (person bigint, called text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY WITH given AS (
        SELECT n.name, n.place, catalog.same(ARRAY[n.name]) AS same FROM unnest(names) WITH ORDINALITY AS n (name, place)),
    made AS (
        INSERT INTO catalog.entity AS e (plugin, level, kind, name, same, added_by)
        SELECT DISTINCT ON (g.same) of_plugin, of_level, 0, g.name, g.same, actor FROM given g ORDER BY g.same, g.place
        ON CONFLICT (plugin, same) WHERE kind = 0 AND deleted_at IS NULL DO NOTHING RETURNING e.id, e.same, e.name)
    SELECT coalesce(m.id, l.id, e.id), coalesce(m.name, l.name, e.name) FROM given g LEFT JOIN made m ON m.same = g.same
    LEFT JOIN catalog.entity e ON e.plugin = of_plugin AND e.kind = 0 AND e.same = g.same AND e.deleted_at IS NULL
    LEFT JOIN catalog.entity l ON l.id = e.leads_to ORDER BY g.place;
END
$$;
