-- What lists and searches read, apart from the entities: a row a group and a row a torrent that is there, kept by catalog.list().

-- The attributes of each plugin that search knows, as the running daemon describes them (listing.c).
CREATE TABLE catalog.attribute (
    plugin text NOT NULL,
    name text NOT NULL,
    place bigint NOT NULL,
    kind bigint NOT NULL,         -- the level that has it, as in catalog.entity
    type text NOT NULL,
    searched boolean NOT NULL,    -- its words are found without its name
    suggested boolean NOT NULL,   -- its values are offered while somebody types
    year boolean NOT NULL,        -- it is the year of a group
    leads text NOT NULL,          -- of a credit: the role that leads
    PRIMARY KEY (plugin, name)
);
-- listed_to: groups with a greater id are still listed as an earlier description had it.
CREATE TABLE catalog.plugin (
    name text PRIMARY KEY,
    listed_to bigint NOT NULL DEFAULT 0,
    groups bigint NOT NULL DEFAULT 0,
    torrents bigint NOT NULL DEFAULT 0
);

-- As it was, and soon done with what needs no more than small letters.
CREATE OR REPLACE FUNCTION catalog.fold(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF $1 ~ '^[A-Za-z0-9]+( [A-Za-z0-9]+)*$' THEN
        RETURN lower($1 COLLATE "C");
    END IF;
    RETURN coalesce(nullif(btrim(regexp_replace(
               lower(translate(replace(replace(replace(replace(replace(
                   regexp_replace(normalize($1, NFKD), '[\u0300-\u036f''\u2019\u02bc]', '', 'g'),
                   'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'),
                   'ØøŁłĐđÐðÞþıŦŧĦħ', 'ooLlDdDdTtiTtHh') COLLATE "und-x-icu"),
               '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u3020]+', ' ', 'g')), ''),
           lower(btrim(regexp_replace($1, '\s+', ' ', 'g')) COLLATE "und-x-icu"));
END
$$;

-- Words of a text as they are searched: folded; of scripts that put no space between words, each letter by itself.
CREATE FUNCTION catalog.tokens(text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := catalog.fold($1);
BEGIN
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

-- A number so that an order of texts is its own, and each range a few beginnings (query.c).
CREATE FUNCTION catalog.padded(bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lpad(($1 + 10000000000)::text, 11, '0')
$$;

-- What is found by an attribute's name and its value.
CREATE FUNCTION catalog.terms(type text, name text, value text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF type = 'number' THEN
        RETURN ARRAY[name || '=' || catalog.padded(value::bigint)];
    ELSIF type = 'flag' THEN
        RETURN ARRAY[name || '=yes'];
    ELSIF type IN ('choice', 'date') THEN
        RETURN ARRAY[name || '=' || value];
    END IF;
    RETURN array(SELECT name || '=' || token FROM unnest(catalog.tokens(value)) AS token);
END
$$;

-- A lexeme as the text form of tsvector and tsquery has it.
CREATE FUNCTION catalog.lexeme(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT '''' || replace(replace($1, '\', '\\'), '''', '''''') || ''''
$$;

CREATE TABLE catalog.listed (
    id bigint PRIMARY KEY,      -- of the group
    plugin text NOT NULL,
    added bigint NOT NULL,      -- when its newest torrent was, unix ms
    year bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL,       -- of its largest torrent
    shuffle bigint NOT NULL,    -- a random place
    -- Words at their places in the group's texts; 'attribute=word'; and what its torrents are ('format=FLAC'), each torrent a
    -- position of its own, so that 'format=FLAC' <0> 'media=CD' is one that is both. '=' stands at all of these.
    search tsvector NOT NULL,
    names bigint[] NOT NULL DEFAULT '{}' -- of catalog.name, but the group's own
);
CREATE TABLE catalog.listed_unit (
    id bigint PRIMARY KEY,      -- of the torrent
    grp bigint NOT NULL,
    plugin text NOT NULL,
    added bigint NOT NULL,
    year bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL,
    shuffle bigint NOT NULL,
    terms tsvector NOT NULL     -- what it and its edition are
);

-- Everything that has a name, to be offered while somebody types.
CREATE TABLE catalog.name (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin text NOT NULL,
    field text NOT NULL,        -- a level's name or an attribute's
    entity bigint,              -- a group or a person
    name text NOT NULL,
    hint text NOT NULL DEFAULT '', -- of a group: whose it is
    folded text NOT NULL,
    words tsvector NOT NULL,
    uses integer NOT NULL DEFAULT 0 -- a group's torrents, else groups
);
-- Each word of these with itself and itself less one letter, as numbers: two words of which these meet are one slip apart.
CREATE TABLE catalog.word (
    word text PRIMARY KEY,
    slips integer[] NOT NULL
);

CREATE FUNCTION catalog.slips(text) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT ('x' || left(md5(left($1, i - 1) || substr($1, i + 1)), 8))::bit(32)::integer)
    FROM generate_series(1, CASE WHEN length($1) < 4 THEN 0 ELSE least(length($1), 40) + 1 END) AS i
$$;

-- What has a name in some groups.
CREATE TYPE catalog.named AS (grp bigint, plugin text, field text, entity bigint, name text, hint text, folded text, tokens text[]);
CREATE FUNCTION catalog.names_of(bigint[]) RETURNS SETOF catalog.named LANGUAGE sql STABLE AS $$
    SELECT n.grp, n.plugin, n.field, n.entity, n.name, n.hint, left(catalog.fold(n.name), 300), catalog.tokens(n.name) FROM (
        SELECT g.id, g.plugin, g.level, g.id, g.name, concat_ws(', ', (SELECT string_agg(p.name, ' & ') FROM (
                SELECT p.name FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person JOIN catalog.attribute a
                ON a.plugin = g.plugin AND a.leads = c.role WHERE c.grp = g.id ORDER BY c.place LIMIT 2) AS p),
            (SELECT g.attrs->>a.name FROM catalog.attribute a WHERE a.plugin = g.plugin AND a.year))
        FROM catalog.entity g WHERE g.id = ANY($1)
        UNION ALL
        SELECT DISTINCT c.grp, p.plugin, p.level, p.id, p.name, '' FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person
        WHERE c.grp = ANY($1)
        UNION ALL
        SELECT DISTINCT coalesce(e.grp, e.id), e.plugin, a.name, NULL::bigint, e.attrs->>a.name, '' FROM catalog.entity e
        JOIN catalog.attribute a ON a.plugin = e.plugin AND a.kind = e.kind AND a.suggested
        WHERE (e.id = ANY($1) OR e.grp = ANY($1)) AND e.deleted_at IS NULL AND e.attrs ? a.name
        UNION ALL
        SELECT e.entity, a.plugin, a.name, NULL, t.name, '' FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag
        JOIN catalog.entity g ON g.id = e.entity JOIN catalog.attribute a ON a.plugin = g.plugin AND a.type = 'tags'
        WHERE e.entity = ANY($1) AND e.score >= 0) AS n (grp, plugin, field, entity, name, hint)
$$;

-- Lists, searches and names learn what is in some groups now.
CREATE FUNCTION catalog.list(groups bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    named catalog.named[] := array(SELECT n FROM catalog.names_of(groups) AS n);
BEGIN
    UPDATE catalog.plugin p SET groups = p.groups - was.groups, torrents = p.torrents - was.torrents
    FROM (SELECT l.plugin, count(*) AS groups,
            sum((SELECT count(*) FROM catalog.listed_unit u WHERE u.grp = l.id)) AS torrents
          FROM catalog.listed l WHERE l.id = ANY(groups) GROUP BY l.plugin) AS was WHERE p.name = was.plugin;

    DELETE FROM catalog.listed_unit l USING catalog.torrent t WHERE l.grp = ANY(groups) AND t.id = l.id AND NOT t.active;
    INSERT INTO catalog.listed_unit AS l (id, grp, plugin, added, year, size, shuffle, terms)
    SELECT u.id, u.grp, u.plugin, u.added, u.year, u.size, hashint8extended(u.id, 1), array_to_tsvector(array(
        SELECT DISTINCT term FROM catalog.attribute a CROSS JOIN LATERAL unnest(CASE
            WHEN a.type = 'flag' AND NOT u.attrs ? a.name THEN ARRAY[a.name || '=no']
            WHEN u.attrs ? a.name THEN catalog.terms(a.type, a.name, u.attrs->>a.name) END) AS term
        WHERE a.plugin = u.plugin AND a.kind >= 2))
    FROM (SELECT t.id, u.grp, u.plugin, (extract(epoch FROM t.added_at) * 1000)::bigint AS added, t.size,
            coalesce(e.attrs, '{}') || u.attrs AS attrs, coalesce((SELECT (g.attrs->>a.name)::bigint FROM catalog.attribute a
                WHERE a.plugin = g.plugin AND a.year), 0) AS year
          FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id AND t.active JOIN catalog.entity g ON g.id = u.grp
          LEFT JOIN catalog.entity e ON e.id = u.parent AND e.kind = 2 WHERE u.grp = ANY(groups) AND u.kind = 3) AS u
    ON CONFLICT (id) DO UPDATE SET terms = excluded.terms, year = excluded.year
    WHERE l.terms <> excluded.terms OR l.year <> excluded.year;

    INSERT INTO catalog.name AS n (plugin, field, entity, name, hint, folded, words)
    SELECT DISTINCT ON (w.entity) w.plugin, w.field, w.entity, w.name, w.hint, w.folded, array_to_tsvector(w.tokens)
    FROM unnest(named) AS w WHERE w.entity IS NOT NULL ORDER BY w.entity
    ON CONFLICT (entity) WHERE entity IS NOT NULL DO UPDATE
    SET name = excluded.name, hint = excluded.hint, folded = excluded.folded, words = excluded.words
    WHERE (n.name, n.hint) <> (excluded.name, excluded.hint);
    INSERT INTO catalog.name (plugin, field, name, folded, words)
    SELECT DISTINCT ON (w.plugin, w.field, w.folded) w.plugin, w.field, w.name, w.folded, array_to_tsvector(w.tokens)
    FROM unnest(named) AS w WHERE w.entity IS NULL ORDER BY w.plugin, w.field, w.folded
    ON CONFLICT (plugin, field, folded) WHERE entity IS NULL DO NOTHING;
    INSERT INTO catalog.word (word, slips)
    SELECT word, catalog.slips(word) FROM (SELECT DISTINCT word FROM unnest(named) AS w, unnest(w.tokens) AS word
        WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]') AS words
    WHERE NOT EXISTS (SELECT FROM catalog.word known WHERE known.word = words.word) ON CONFLICT DO NOTHING;

    -- The rows of groups; and how often each name is used: what was, less what is.
    WITH units AS (
        SELECT u.grp, u.id, u.added, u.year, u.size, u.terms, 1 + (row_number() OVER (PARTITION BY u.grp ORDER BY u.id) - 1) % 255 AS at
        FROM catalog.listed_unit u WHERE u.grp = ANY(groups)),
    texts AS (
        SELECT g.id AS grp, a.place AS at, a.name AS tag, g.attrs->>a.name AS text, a.searched, a.type <> 'number' AS tagged
        FROM catalog.entity g JOIN catalog.attribute a ON a.plugin = g.plugin AND a.kind = 1 AND g.attrs ? a.name
        WHERE g.id = ANY(groups) AND (a.type IN ('text', 'long') OR a.type = 'number' AND a.searched)
        UNION ALL
        SELECT c.grp, 100 + c.place, c.role, p.name, a.searched, true FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person
        JOIN catalog.attribute a ON a.plugin = p.plugin AND a.type = 'credit' WHERE c.grp = ANY(groups)
        UNION ALL
        SELECT e.grp, 1000 + row_number() OVER (), a.name, e.attrs->>a.name, true, false FROM catalog.entity e
        JOIN catalog.attribute a ON a.plugin = e.plugin AND a.kind = e.kind AND a.searched AND e.attrs ? a.name
        WHERE e.grp = ANY(groups) AND e.deleted_at IS NULL),
    words AS (
        SELECT t.grp, t.tag, t.searched, t.tagged, t.tokens, coalesce(sum(cardinality(t.tokens) + 1) OVER
            (PARTITION BY t.grp ORDER BY t.at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS start
        FROM (SELECT *, catalog.tokens(text) AS tokens FROM texts) AS t),
    lexemes AS (
        SELECT w.grp, lexeme, least(w.start + place, 16383) AS at FROM words w,
            unnest(w.tokens) WITH ORDINALITY AS token (token, place), unnest(ARRAY[
                CASE WHEN w.searched THEN token END, CASE WHEN w.tagged THEN w.tag || '=' || token END]) AS lexeme
        UNION ALL
        SELECT g.id, unnest(catalog.terms(a.type, a.name, g.attrs->>a.name)), NULL FROM catalog.entity g
        JOIN catalog.attribute a ON a.plugin = g.plugin AND a.kind = 1 AND g.attrs ? a.name AND a.type IN ('number', 'choice', 'date', 'flag')
        WHERE g.id = ANY(groups)
        UNION ALL
        SELECT w.grp, w.field || '=' || w.folded, NULL FROM unnest(named) AS w
        JOIN catalog.attribute a ON a.plugin = w.plugin AND a.name = w.field AND a.type = 'tags'
        UNION ALL
        SELECT u.grp, term, u.at FROM units u, unnest(tsvector_to_array(u.terms) || '='::text) AS term),
    documents AS (
        SELECT grp, string_agg(catalog.lexeme(left(lexeme, 400)) || coalesce(':' || at, ''), ' ')::tsvector AS search
        FROM lexemes WHERE lexeme <> '' GROUP BY grp),
    is_now AS (
        SELECT grp, array_agg(DISTINCT id) AS names FROM (
            SELECT w.grp, n.id FROM unnest(named) AS w JOIN catalog.name n ON n.entity = w.entity WHERE w.entity <> w.grp
            UNION ALL
            SELECT w.grp, n.id FROM unnest(named) AS w JOIN catalog.name n ON n.entity IS NULL AND n.plugin = w.plugin
            AND n.field = w.field AND n.folded = w.folded WHERE w.entity IS NULL) AS named
        WHERE grp IN (SELECT grp FROM units) GROUP BY grp),
    changes AS (
        SELECT id, sum(by) AS by FROM (
            SELECT unnest(names) AS id, 1 AS by FROM is_now UNION ALL
            SELECT unnest(names), -1 FROM catalog.listed l WHERE l.id = ANY(groups)) AS each GROUP BY id HAVING sum(by) <> 0),
    counted AS (UPDATE catalog.name n SET uses = n.uses + c.by FROM changes c WHERE n.id = c.id),
    own AS (
        UPDATE catalog.name n SET uses = u.count FROM (
            SELECT g.id, count(units.id) FROM unnest(groups) AS g (id) LEFT JOIN units ON units.grp = g.id GROUP BY g.id) AS u
        WHERE n.entity = u.id AND n.uses <> u.count),
    gone AS (DELETE FROM catalog.listed l WHERE l.id = ANY(groups) AND NOT EXISTS (SELECT FROM units u WHERE u.grp = l.id))
    INSERT INTO catalog.listed (id, plugin, added, year, size, shuffle, search, names)
    SELECT g.id, g.plugin, u.added, u.year, u.size, hashint8extended(g.id, 1), d.search, coalesce(i.names, '{}')
    FROM (SELECT grp, max(added) AS added, max(year) AS year, max(size) AS size FROM units GROUP BY grp) AS u
    JOIN catalog.entity g ON g.id = u.grp JOIN documents d ON d.grp = g.id LEFT JOIN is_now i ON i.grp = g.id
    ON CONFLICT (id) DO UPDATE SET added = excluded.added, year = excluded.year, size = excluded.size, search = excluded.search,
        names = excluded.names;

    INSERT INTO catalog.plugin AS p (name, groups, torrents)
    SELECT l.plugin, count(*), sum((SELECT count(*) FROM catalog.listed_unit u WHERE u.grp = l.id))
    FROM catalog.listed l WHERE l.id = ANY(groups) GROUP BY l.plugin
    ON CONFLICT (name) DO UPDATE SET groups = p.groups + excluded.groups, torrents = p.torrents + excluded.torrents;
END
$$;

-- What daemons say of their plugins: an attribute a place of the arrays; flags: 1 searched, 2 suggested, 4 year. Where that is something
-- new, all groups are to be listed again.
CREATE FUNCTION catalog.describe(plugins text[], names text[], kinds bigint[], types text[], flags bigint[], leads text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told text;
    given catalog.attribute[];
BEGIN
    FOR told IN SELECT DISTINCT unnest(plugins) LOOP
        given := array(SELECT ROW(told, g.name, g.place, g.kind, g.type, g.flags & 1 > 0, g.flags & 2 > 0, g.flags & 4 > 0, g.leads)
            FROM unnest(plugins, names, kinds, types, flags, leads) WITH ORDINALITY AS g (plugin, name, kind, type, flags, leads, place)
            WHERE g.plugin = told ORDER BY g.place);
        IF given <> array(SELECT a FROM catalog.attribute a WHERE a.plugin = told ORDER BY a.place) THEN
            DELETE FROM catalog.attribute a WHERE a.plugin = told;
            INSERT INTO catalog.attribute SELECT * FROM unnest(given);
            INSERT INTO catalog.plugin (name) VALUES (told) ON CONFLICT (name) DO UPDATE SET listed_to = 0;
        END IF;
    END LOOP;
END
$$;

-- Lists the next groups that wait for it; false: none did.
CREATE FUNCTION catalog.list_more(most bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    waiting catalog.plugin;
    ids bigint[];
BEGIN
    SELECT * INTO waiting FROM catalog.plugin WHERE listed_to < 9223372036854775807 ORDER BY name LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    ids := array(SELECT g.id FROM catalog.entity g WHERE g.id > waiting.listed_to AND g.plugin = waiting.name AND g.kind = 1
        ORDER BY g.id LIMIT most);
    PERFORM catalog.list(ids);
    UPDATE catalog.plugin SET listed_to = coalesce(ids[cardinality(ids)], 9223372036854775807) WHERE name = waiting.name;
    RETURN true;
END
$$;

-- What was typed (query.c: terms with the number of their clause, of which they are alternatives; negative: not; those of one clause stand
-- together), as a query of groups, and as one of torrents. Every text is folded here. NULL: nothing is asked.
CREATE FUNCTION catalog.query(clauses bigint[], kinds bigint[], tags text[], texts text[], OUT whole tsquery, OUT below tsquery)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    tokens text[];
    term text;
    within text; -- the same of one torrent, to be asked of its group
    above text := '';
    units text := '';
    united text := '';
    missing text := ''; -- what must not be needs a torrent to be missing of
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
            missing := CASE WHEN clauses[i] < 0 THEN '''='' <0> ' ELSE missing END;
        ELSE
            above := above || ' & ' || term;
        END IF;
    END LOOP;
    below := nullif(substr(units, 4), '')::tsquery;
    whole := nullif(substr(above || CASE WHEN units = '' THEN '' ELSE ' & ' || missing || substr(united, 6) END, 4), '')::tsquery;
END
$$;

-- Statements below are made as texts so that PostgreSQL plans each with what is asked: what is frequent is met soon in any order, what is
-- rare is looked up. Values stay parameters.
CREATE FUNCTION catalog.source(plugin text, whole tsquery, below tsquery, flat boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN flat THEN ' FROM catalog.listed_unit l' ELSE ' FROM catalog.listed l' END ||
        CASE WHEN flat AND whole IS NOT NULL THEN ' JOIN catalog.listed g ON g.id = l.grp AND g.search @@ $2' ELSE '' END ||
        ' WHERE ' || CASE WHEN plugin = '' THEN 'true' ELSE 'l.plugin = $1' END ||
        CASE WHEN NOT flat AND whole IS NOT NULL THEN ' AND l.search @@ $2' ELSE '' END ||
        CASE WHEN flat AND below IS NOT NULL THEN ' AND l.terms @@ $3' ELSE '' END
$$;

-- A page of groups (flat: of torrents) after the one of that key and id; and how many there are in all: exactly, or, beyond some
-- thousands, about as many as PostgreSQL expects. Few are read once, many met in the order that is wanted. alone: nothing is asked of
-- groups, so that torrents may be met without them. sample: of few, as many groups taken at random, for catalog.facets.
CREATE FUNCTION catalog.find(plugin text, whole tsquery, below tsquery, alone boolean, flat boolean, sort text, rising boolean, key bigint,
    id bigint, most bigint, sampled bigint)
RETURNS TABLE (found bigint, of bigint, at bigint, total bigint, about boolean, sample bigint[]) LANGUAGE plpgsql
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    source text := catalog.source(plugin, whole, below, flat);
    grp text := CASE WHEN flat THEN 'grp' ELSE 'id' END;
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
        END IF;
    END IF;
    IF whole IS NOT NULL AND NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, l.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, n.sample FROM hits h, (SELECT (SELECT count(*) FROM hits), CASE WHEN $7 > 0 THEN'
            ' array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle) LIMIT $7) END AS sample) AS n', grp, sort, source) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $4 DESC, h.at DESC LIMIT $6'
                ELSE format(' WHERE (h.at, h.id) %s ($4, $5) ORDER BY h.at %s, h.id %2$s LIMIT $6', after, falls) END
        USING plugin, whole, below, key, id, most, sampled;
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format('SELECT l.id, l.%1$s, l.%2$I, $7, $8, NULL::bigint[]%3$s AND (l.%2$I, l.id) %4$s ($4, $5) ORDER BY l.%2$I %5$s, l.id %5$s LIMIT $6',
        grp, sort, source, after, falls)
    USING plugin, whole, below, key, id, most, total, about;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF sort = 'shuffle' AND got < most THEN -- on from the other end, up to where it began
        RETURN QUERY EXECUTE format('SELECT l.id, l.%s, l.shuffle, $6, $7, NULL::bigint[]%s AND l.shuffle >= $4 ORDER BY l.shuffle DESC LIMIT $5', grp, source)
        USING plugin, whole, below, key, most - got, total, about;
    END IF;
END
$$;

CREATE AGGREGATE catalog.together(tsvector) (SFUNC = tsvector_concat, STYPE = tsvector, INITCOND = '');

-- How many of some of the groups found have each value: of those, or of `most` taken at random. Field and value as they are in `search`;
-- `sampled` is how many groups were looked at. Of torrents only those count that were asked for.
CREATE FUNCTION catalog.facets(plugin text, whole tsquery, below tsquery, fields text[], ids bigint[], most bigint)
RETURNS TABLE (field text, value text, groups bigint, sampled bigint) LANGUAGE plpgsql STABLE
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    sample text := 'SELECT l.%s' || replace(replace(replace(catalog.source(plugin, whole, NULL, false), '%', '%%'),
        '$1', quote_literal(plugin)), '$2', replace(coalesce(quote_literal(whole), ''), '%', '%%')) || ' ORDER BY l.shuffle LIMIT ' || most;
    above text[] := fields;
BEGIN
    IF ids IS NULL AND below IS NOT NULL THEN
        EXECUTE 'SELECT array(' || format(sample, 'id') || ')' INTO ids;
    END IF;
    IF ids IS NOT NULL THEN
        sample := format('SELECT l.%%s FROM catalog.listed l WHERE l.id = ANY(%L::bigint[])', ids);
    END IF;
    IF below IS NOT NULL THEN
        above := array(SELECT a.name FROM catalog.attribute a WHERE a.plugin = $1 AND a.kind = 1 AND a.name = ANY(fields));
        RETURN QUERY SELECT split_part(s.word, '=', 1), substr(s.word, strpos(s.word, '=') + 1), s.ndoc::bigint, cardinality(ids)::bigint
        FROM ts_stat(format('SELECT catalog.together(u.terms) FROM catalog.listed_unit u WHERE u.grp = ANY(%L::bigint[]) AND u.terms @@ %L'
            ' GROUP BY u.grp', ids, below)) AS s
        WHERE split_part(s.word, '=', 1) = ANY(fields);
    END IF;
    RETURN QUERY SELECT t.field, t.value, t.ndoc, t.sampled FROM (
        SELECT split_part(s.word, '=', 1) AS field, substr(s.word, strpos(s.word, '=') + 1) AS value, s.ndoc::bigint,
            max(s.ndoc) FILTER (WHERE s.word = '=') OVER ()::bigint AS sampled
        FROM ts_stat(format(sample, 'search')) AS s WHERE strpos(s.word, '=') > 0) AS t WHERE t.field = ANY(above);
END
$$;

-- Names that begin so, or whose words do; when there are few, those that are one slip apart too. field '': of any.
CREATE FUNCTION catalog.suggest(plugin text, field text, typed text, most bigint)
RETURNS TABLE (id bigint, of text, entity bigint, name text, hint text, uses integer) LANGUAGE plpgsql
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    tokens text[] := catalog.tokens(typed);
    source text := 'SELECT n.id, n.field, n.entity, n.name, n.hint, n.uses FROM catalog.name n WHERE n.plugin = $1 AND n.uses > 0' ||
        CASE WHEN field = '' THEN '' ELSE ' AND n.field = $2' END;
    known bigint[] := '{}';
    begins tsquery;
    whole tsquery;
    among text;
    plan jsonb;
BEGIN
    SELECT string_agg(catalog.lexeme(token) || CASE WHEN place = cardinality(tokens) THEN ':*' ELSE '' END, ' & ')::tsquery INTO begins
    FROM unnest(tokens) WITH ORDINALITY AS each (token, place) WHERE token <> '';
    IF begins IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(catalog.lexeme(token), ' & ')::tsquery INTO whole FROM unnest(tokens) WITH ORDINALITY AS each (token, place)
    WHERE token <> '' AND place < cardinality(tokens) AND length(tokens[cardinality(tokens)]) <= 3;
    IF whole IS NOT NULL THEN
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1 FROM catalog.name n WHERE n.words @@ $1' INTO plan USING whole;
    END IF;
    IF whole IS NULL OR (plan->0->'Plan'->>'Plan Rows')::numeric > 1000 THEN
        whole := begins;
    END IF;
    FOR id, of, entity, name, hint, uses IN EXECUTE source || ' AND n.folded = $3 ORDER BY n.uses DESC LIMIT 3'
        USING plugin, field, left(catalog.fold(typed), 300) LOOP
        known := known || id;
        RETURN NEXT;
    END LOOP;
    -- Those that are used often are few, and mostly enough. Of all the others none is met soon, so that they are looked up, and by the
    -- whole words, when these are not frequent, where the last has just begun.
    FOREACH among IN ARRAY ARRAY[' AND n.uses >= 8 AND n.words @@ $3 ORDER BY n.uses', ' AND n.words @@ $5' ||
        CASE WHEN whole <> begins THEN ' AND (n.words || $6) @@ $3' ELSE '' END || ' ORDER BY n.uses + 0'] LOOP
        EXIT WHEN cardinality(known) >= most;
        FOR id, of, entity, name, hint, uses IN EXECUTE source || among || ' DESC LIMIT $4'
            USING plugin, field, begins, most, whole, ''::tsvector LOOP
            CONTINUE WHEN id = ANY(known) OR cardinality(known) >= most;
            known := known || id;
            RETURN NEXT;
        END LOOP;
    END LOOP;
    IF cardinality(known) >= least(most, 3) THEN
        RETURN;
    END IF;
    SELECT string_agg('(' || catalog.lexeme(token) || CASE WHEN place = cardinality(tokens) THEN ':*' ELSE '' END || coalesce((
            SELECT string_agg(' | ' || catalog.lexeme(near.word), '') FROM (
                SELECT w.word FROM catalog.word w WHERE w.slips && catalog.slips(token) AND w.word <> token LIMIT 10) AS near), '') || ')',
            ' & ')::tsquery INTO begins
    FROM unnest(tokens) WITH ORDINALITY AS each (token, place) WHERE token <> '';
    FOR id, of, entity, name, hint, uses IN EXECUTE source || ' AND n.words @@ $3 ORDER BY n.uses + 0 DESC LIMIT $4'
        USING plugin, field, begins, most LOOP
        CONTINUE WHEN id = ANY(known) OR cardinality(known) >= most;
        known := known || id;
        RETURN NEXT;
    END LOOP;
END
$$;

-- What is there already is found by its words at once, and all by fields when listing.c has gone through it.
INSERT INTO catalog.listed (id, plugin, added, size, shuffle, search)
SELECT g.id, g.plugin, (extract(epoch FROM g.newest_at) * 1000)::bigint,
    (SELECT max(t.size) FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id AND t.active WHERE u.grp = g.id), hashint8extended(g.id, 1),
    coalesce(g.search, '')
FROM catalog.entity g WHERE g.kind = 1 AND g.newest_at IS NOT NULL;
INSERT INTO catalog.plugin (name, groups, torrents) SELECT plugin, count(*), 0 FROM catalog.listed GROUP BY plugin;

CREATE INDEX listed_search ON catalog.listed USING gin (search) WITH (fastupdate = off);
ALTER TABLE catalog.listed ALTER COLUMN search SET STATISTICS 1000;
CREATE INDEX listed_newest ON catalog.listed (added, id);
CREATE INDEX listed_added ON catalog.listed (plugin, added, id);
CREATE INDEX listed_year ON catalog.listed (plugin, year, id);
CREATE INDEX listed_size ON catalog.listed (plugin, size, id);
CREATE INDEX listed_shuffle ON catalog.listed (plugin, shuffle, id);
CREATE INDEX listed_unit_group ON catalog.listed_unit (grp);
CREATE INDEX listed_unit_added ON catalog.listed_unit (plugin, added, id);
CREATE INDEX listed_unit_year ON catalog.listed_unit (plugin, year, id);
CREATE INDEX listed_unit_size ON catalog.listed_unit (plugin, size, id);
CREATE INDEX listed_unit_shuffle ON catalog.listed_unit (plugin, shuffle, id);
CREATE UNIQUE INDEX name_entity ON catalog.name (entity) WHERE entity IS NOT NULL;
CREATE UNIQUE INDEX name_value ON catalog.name (plugin, field, folded) WHERE entity IS NULL;
CREATE INDEX name_folded ON catalog.name (plugin, folded, uses DESC) WHERE uses > 0;
CREATE INDEX name_uses ON catalog.name (plugin, uses DESC) WHERE uses > 0;
CREATE INDEX name_words ON catalog.name USING gin (words) WITH (fastupdate = off);
CREATE INDEX name_often ON catalog.name USING gin (words) WITH (fastupdate = off) WHERE uses >= 8;
ALTER TABLE catalog.name ALTER COLUMN words SET STATISTICS 1000;
CREATE INDEX word_slips ON catalog.word USING gin (slips) WITH (fastupdate = off);

DROP INDEX catalog.entity_newest, catalog.entity_plugin_newest, catalog.entity_search;
ALTER TABLE catalog.entity DROP COLUMN newest_at, DROP COLUMN search, DROP COLUMN words;
DROP FUNCTION catalog.query(text), catalog.words(text);
