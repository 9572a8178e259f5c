-- Numbers are written with a space or without ("ECM 1064", "ECM1064"): a name with a digit is found by its words written together, too, and
-- what is typed with one likewise.
CREATE FUNCTION catalog.joined(text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN cardinality($1) > 1 THEN $1 || left(array_to_string($1, ''), 200) ELSE $1 END
$$;
UPDATE catalog.name SET words = words || array_to_tsvector(ARRAY[left(replace(folded, ' ', ''), 200)]) WHERE folded ~ '[0-9]' AND folded ~ ' ';

-- Both are changed where they stand.
DO $$
DECLARE
    change text[];
    def text;
BEGIN
    FOREACH change SLICE 1 IN ARRAY ARRAY[
        ['names_of', 'left(catalog.fold(n.name), 300), catalog.tokens(n.name)',
            'left(catalog.fold(n.name), 300), CASE WHEN n.name ~ ''[0-9]'' THEN catalog.joined(catalog.tokens(n.name)) ELSE catalog.tokens(n.name) END'],
        ['suggest', '    IF whole IS NOT NULL THEN', '    IF typed ~ ''[0-9]'' AND cardinality(tokens) > 1 THEN
        begins := begins || (catalog.lexeme(left(array_to_string(tokens, ''''), 200)) || '':*'')::tsquery;
        whole := whole || (catalog.lexeme(left(array_to_string(tokens, ''''), 200)) || '':*'')::tsquery;
    END IF;
    IF whole IS NOT NULL THEN']] LOOP
        def := pg_get_functiondef(('catalog.' || change[1])::regproc);
        ASSERT strpos(def, change[2]) > 0, change[1] || ' does not read so: ' || change[2];
        EXECUTE replace(def, change[2], change[3]);
    END LOOP;
END
$$;
