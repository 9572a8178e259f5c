-- Facets are counted in what the groups of the sample are found by, which is read to find them anyway. The parts of the random order are a
-- fourth of each other, not a sixteenth: some 40 to 200 groups are read for 64.
CREATE INDEX listed_sample_64 ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle >> 58 = -32;
CREATE INDEX listed_sample_1024 ON catalog.listed USING gin (search) WITH (fastupdate = off) WHERE shuffle >> 54 = -512;
DROP FUNCTION catalog.sample(text, tsquery, tsquery, bigint, bigint);
CREATE FUNCTION catalog.sample(plugin text, whole tsquery, above tsquery, most bigint, total bigint)
RETURNS TABLE (id bigint, search tsvector) LANGUAGE plpgsql STABLE SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    part integer;
    got bigint[];
    vectors tsvector[];
BEGIN
    FOREACH part IN ARRAY ARRAY[12, 10, 8, 6, 4, 0] LOOP
        CONTINUE WHEN part > 0 AND total * 2 < most << part;
        EXECUTE 'SELECT array_agg(s.id), array_agg(s.search) FROM (SELECT l.id, l.search' || catalog.source(plugin, whole, above, false) ||
            CASE WHEN part > 0 THEN format(' AND l.shuffle >> %s = %s', 64 - part, -1 << part - 1) ELSE '' END ||
            ' ORDER BY l.shuffle LIMIT ' || most || ') AS s'
        INTO got, vectors USING plugin, whole, above;
        EXIT WHEN cardinality(got) * 2 >= most;
    END LOOP;
    RETURN QUERY SELECT * FROM unnest(got, vectors);
END
$$;
