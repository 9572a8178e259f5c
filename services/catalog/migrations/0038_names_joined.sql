-- Numbers are written with a space or without ("ECM 1064", "ECM1064"): a name with a digit is found by its words written together, too, and
-- what is typed with one likewise.
CREATE FUNCTION catalog.joined(text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN cardinality($1) > 1 THEN $1 || left(array_to_string($1, ''), 200) ELSE $1 END
$$;
UPDATE catalog.name SET words = words || array_to_tsvector(ARRAY[left(replace(folded, ' ', ''), 200)]) WHERE folded ~ '[0-9]' AND folded ~ ' ';
CREATE FUNCTION catalog.name_words(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(CASE WHEN name ~ '[0-9]' THEN catalog.joined(catalog.tokens(name)) ELSE catalog.tokens(name) END)
$$;

-- Changed where it stands; 0040_listed_in_turn.sql writes the words of names so.
DO $$
DECLARE
    def text := pg_get_functiondef('catalog.suggest'::regproc);
    start text := '    IF whole IS NOT NULL THEN';
BEGIN
    ASSERT strpos(def, start) > 0, 'catalog.suggest does not read so';
    EXECUTE replace(def, start, '    IF typed ~ ''[0-9]'' AND cardinality(tokens) > 1 THEN
        begins := begins || (catalog.lexeme(left(array_to_string(tokens, ''''), 200)) || '':*'')::tsquery;
        whole := whole || (catalog.lexeme(left(array_to_string(tokens, ''''), 200)) || '':*'')::tsquery;
    END IF;
' || start);
END
$$;
-- A thousand are expected of a function: then all names were read to tell more of the ten.
ALTER FUNCTION catalog.suggest(text, text, text, bigint) ROWS 10;
