-- Searches that members keep, and of whose new finds they may want to be told.
CREATE TABLE catalog.search (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member bigint NOT NULL,
    plugin text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,     -- as it was typed (query.h)
    sort text NOT NULL,
    rising boolean NOT NULL,
    flat boolean NOT NULL,
    tell boolean NOT NULL,
    whole tsquery,           -- what catalog.query() makes of it
    below tsquery,
    anchors text[] NOT NULL, -- an upload that it finds has one of these among its catalog.keys()
    at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX search_name ON catalog.search (member, catalog.fold(name));
CREATE INDEX search_anchors ON catalog.search USING gin (anchors) WHERE tell;

-- A word as an anchor, and the beginning of one: whole when it is a number, for these are long and alike, else of three letters.
CREATE FUNCTION catalog.anchor(lexeme text, begins boolean) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN NOT begins THEN left(lexeme, 400)
        WHEN substr(lexeme, strpos(lexeme, '=') + 1) ~ '^[0-9]+$' THEN left(lexeme, 400) || '*'
        ELSE left(lexeme, least(strpos(lexeme, '=') + 3, 400)) || '*' END
$$;

-- Everything that could be an anchor of what finds a group: its lexemes, and their beginnings.
CREATE FUNCTION catalog.keys(search tsvector) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT key) FROM (
        SELECT lexeme, strpos(lexeme, '=') AS tag FROM unnest(tsvector_to_array(search)) AS lexeme) AS l
    CROSS JOIN LATERAL (
        SELECT lexeme AS key UNION ALL
        SELECT left(lexeme, tag + i) || '*' FROM generate_series(1, CASE WHEN substr(lexeme, tag + 1) ~ '^[0-9]+$' THEN 20 ELSE 3 END) AS i
        WHERE tag + i <= length(lexeme)) AS k
$$;

-- What must be there for a search to find something: one word of each alternative of that clause which finds least. '=' is in all.
CREATE FUNCTION catalog.anchors(of text, clauses bigint[], kinds bigint[], tags text[], texts text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    clause bigint;
    tokens text[];
    keys text[];
    best text[] := ARRAY['='];
    least_rows numeric := 'infinity';
    found_rows numeric;
    plan jsonb;
    begins boolean;
    wanted tsquery;
BEGIN
    FOR clause IN SELECT DISTINCT each FROM unnest(clauses) AS each WHERE each > 0 LOOP
        SELECT (catalog.query(array_agg(clauses[i]), array_agg(kinds[i]), array_agg(tags[i]), array_agg(texts[i]))).whole
        INTO wanted FROM generate_subscripts(clauses, 1) AS i WHERE clauses[i] = clause;
        CONTINUE WHEN wanted IS NULL;
        keys := '{}';
        FOR i IN 1 .. cardinality(clauses) LOOP
            CONTINUE WHEN clauses[i] <> clause;
            tokens := CASE kinds[i] & 3 WHEN 0 THEN catalog.tokens(texts[i]) WHEN 1 THEN ARRAY[texts[i]] ELSE ARRAY[catalog.fold(texts[i])] END;
            CONTINUE WHEN cardinality(tokens) = 0 OR tokens = ARRAY[''] OR kinds[i] & 3 = 0 AND tags[i] = '' AND
                clauses[1] <> clauses[cardinality(clauses)] AND catalog.fold(texts[i] || ' x') = 'x'; -- as catalog.query() does
            begins := kinds[i] & 4 > 0 AND cardinality(tokens) = 1;
            keys := keys || (SELECT catalog.anchor(left(tags[i] || token, 400), begins) FROM unnest(tokens) WITH ORDINALITY AS t (token, place)
                WHERE begins OR kinds[i] & 4 = 0 OR place < cardinality(tokens) ORDER BY length(token) DESC LIMIT 1);
        END LOOP;
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT FROM catalog.listed l WHERE l.plugin = $1 AND l.search @@ $2' INTO plan USING of, wanted;
        -- Of equals a whole word of any text is the rarest.
        found_rows := (plan->0->'Plan'->>'Plan Rows')::numeric + CASE WHEN keys::text LIKE '%=%' OR keys::text LIKE '%*%' THEN 0.5 ELSE 0 END;
        IF found_rows < least_rows AND cardinality(keys) > 0 THEN
            least_rows := found_rows;
            best := keys;
        END IF;
    END LOOP;
    RETURN best;
END
$$;

-- The searches of others after one that find a torrent: those with an anchor of its group are looked at, and no others.
CREATE FUNCTION catalog.searches(torrent bigint, after bigint, uploader bigint, most bigint)
RETURNS TABLE (search bigint, member bigint, name text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    unit catalog.listed_unit;
    grp catalog.listed;
BEGIN
    SELECT * INTO unit FROM catalog.listed_unit u WHERE u.id = torrent;
    SELECT * INTO grp FROM catalog.listed l WHERE l.id = unit.grp;
    RETURN QUERY EXECUTE 'SELECT s.id, s.member, s.name FROM catalog.search s WHERE s.tell AND s.anchors && $1 AND s.plugin = $2 AND s.id > $3 AND s.member <> $7'
        ' AND (s.whole IS NULL OR $4 @@ s.whole) AND (s.below IS NULL OR $5 @@ s.below) ORDER BY s.id LIMIT $6'
    USING catalog.keys(grp.search), grp.plugin, after, grp.search, unit.terms, most, uploader;
END
$$;
