-- As it was, and bounded, however many names there are. Where one or two letters of the last word are there an index leads past all that begin
-- so: names are looked up by the words before it, and the beginning is asked of what these find; of three letters likewise, when those words are
-- rare. So many more than are used often are looked at, and no more. And slips are looked for only where a word is near.
CREATE OR REPLACE FUNCTION catalog.suggest(plugin text, field text, typed text, most bigint)
RETURNS TABLE (id bigint, of text, entity bigint, name text, hint text, uses integer) LANGUAGE plpgsql ROWS 10
SET max_parallel_workers_per_gather = 0 SET enable_seqscan = off AS $$
DECLARE
    tokens text[] := array_remove(catalog.tokens(typed), '');
    last integer := cardinality(tokens);
    source text := 'SELECT n.id, n.field, n.entity, n.name, n.hint, n.uses, n.words FROM catalog.name n WHERE n.plugin = $1 AND n.uses > 0' ||
        CASE WHEN field = '' THEN '' ELSE ' AND n.field = $2' END;
    known bigint[] := '{}';
    terms text[];
    begins tsquery;
    looked tsquery; -- what they are looked up by
    plan jsonb;
    n record;
BEGIN
    IF last = 0 THEN
        RETURN;
    END IF;
    terms := array(SELECT catalog.lexeme(token) || CASE WHEN place = last THEN ':*' ELSE '' END
                   FROM unnest(tokens) WITH ORDINALITY AS each (token, place) ORDER BY place);
    FOR n IN EXECUTE source || ' AND n.folded = $3 ORDER BY n.uses DESC LIMIT 3' USING plugin, field, left(catalog.fold(typed), 300) LOOP
        id := n.id; of := n.field; entity := n.entity; name := n.name; hint := n.hint; uses := n.uses;
        known := known || id;
        RETURN NEXT;
    END LOOP;
    -- Those that are used often are few, and mostly enough; then all; then what is a slip apart.
    FOR turn IN 1 .. 3 LOOP
        IF turn = 3 THEN
            EXIT WHEN cardinality(known) >= 3;
            SELECT array_agg(each.term || near.words ORDER BY each.place) INTO terms
            FROM unnest(tokens, terms) WITH ORDINALITY AS each (token, term, place) CROSS JOIN LATERAL (
                SELECT coalesce(string_agg(' | ' || catalog.lexeme(w.word), ''), '') FROM (
                    SELECT k.word FROM catalog.word k WHERE k.slips && catalog.slips(each.token) AND k.word <> each.token LIMIT 10) AS w) AS near (words)
            HAVING bool_or(near.words <> '');
            EXIT WHEN terms IS NULL;
        END IF;
        begins := ('(' || array_to_string(terms, ') & (') || ')')::tsquery;
        looked := begins;
        IF turn > 1 AND last > 1 AND length(tokens[last]) <= 3 THEN
            looked := ('(' || array_to_string(terms[:last - 1], ') & (') || ')')::tsquery;
            IF length(tokens[last]) = 3 THEN
                EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1 FROM catalog.name n WHERE n.words @@ $1' INTO plan USING looked;
                IF (plan->0->'Plan'->>'Plan Rows')::numeric > 1000 THEN
                    looked := begins;
                END IF;
            END IF;
        END IF;
        IF typed ~ '[0-9]' AND last > 1 THEN
            begins := begins || (catalog.lexeme(left(array_to_string(tokens, ''), 200)) || ':*')::tsquery;
            looked := looked || (catalog.lexeme(left(array_to_string(tokens, ''), 200)) || ':*')::tsquery;
        END IF;
        FOR n IN EXECUTE CASE WHEN turn = 1 THEN source || ' AND n.uses >= 8 AND n.words @@ $3 ORDER BY n.uses DESC LIMIT $4'
            ELSE 'SELECT n.* FROM (' || source || ' AND n.words @@ $5 LIMIT 2000) AS n WHERE n.words @@ $3 ORDER BY n.uses DESC LIMIT $4' END
            USING plugin, field, begins, most, looked LOOP
            CONTINUE WHEN n.id = ANY(known) OR cardinality(known) >= most;
            id := n.id; of := n.field; entity := n.entity; name := n.name; hint := n.hint; uses := n.uses;
            known := known || id;
            RETURN NEXT;
        END LOOP;
        EXIT WHEN cardinality(known) >= most;
    END LOOP;
END
$$;
