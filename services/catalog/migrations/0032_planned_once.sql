-- As they were, but in plpgsql, whose plans a connection keeps: those of SQL that PostgreSQL cannot put into a statement are made anew in
-- each statement that calls them.
CREATE OR REPLACE FUNCTION catalog.same(text[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT sha256(convert_to(coalesce(string_agg(catalog.fold(part), chr(31) ORDER BY place), ''), 'UTF8'))
            FROM unnest($1) WITH ORDINALITY AS parts (part, place));
END
$$;
CREATE OR REPLACE FUNCTION catalog.slips(text) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT array_agg(DISTINCT ('x' || left(md5(left($1, i - 1) || substr($1, i + 1)), 8))::bit(32)::integer)
            FROM generate_series(1, CASE WHEN length($1) < 4 THEN 0 ELSE least(length($1), 40) + 1 END) AS i);
END
$$;
CREATE OR REPLACE FUNCTION catalog.keys(search tsvector) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT array_agg(DISTINCT key) FROM (
            SELECT lexeme, strpos(lexeme, '=') AS tag FROM unnest(tsvector_to_array(search)) AS lexeme) AS l
        CROSS JOIN LATERAL (
            SELECT lexeme AS key UNION ALL
            SELECT left(lexeme, tag + i) || '*' FROM generate_series(1, CASE WHEN substr(lexeme, tag + 1) ~ '^[0-9]+$' THEN 20 ELSE 3 END) AS i
            WHERE tag + i <= length(lexeme)) AS k);
END
$$;
