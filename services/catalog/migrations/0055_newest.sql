-- The newest ten thousand groups of each plugin a third time: on a site of a million, words that one of a hundred groups has are met there ten
-- times as soon as among a hundred thousand. As catalog.recent (0028): in each snapshot they are all that was added at or after `newest_from`.
CREATE TABLE catalog.newest (LIKE catalog.recent INCLUDING ALL);
ALTER TABLE catalog.plugin ADD newest_from bigint NOT NULL DEFAULT -9223372036854775808;

-- As it was, and a tenth of `most` in catalog.newest.
CREATE OR REPLACE FUNCTION catalog.recent_trim(most bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT name, (SELECT r.added FROM catalog.recent r WHERE r.plugin = name ORDER BY r.added DESC OFFSET most - 1 LIMIT 1) AS oldest,
        (SELECT r.added FROM catalog.newest r WHERE r.plugin = name ORDER BY r.added DESC OFFSET most / 10 - 1 LIMIT 1) AS oldest_of_newest
        FROM catalog.plugin LOOP
        IF p.oldest IS NOT NULL THEN
            UPDATE catalog.plugin SET recent_from = p.oldest WHERE name = p.name AND recent_from < p.oldest;
            DELETE FROM catalog.recent r WHERE r.plugin = p.name AND r.added < p.oldest;
        END IF;
        IF p.oldest_of_newest IS NOT NULL THEN
            UPDATE catalog.plugin SET newest_from = p.oldest_of_newest WHERE name = p.name AND newest_from < p.oldest_of_newest;
            DELETE FROM catalog.newest r WHERE r.plugin = p.name AND r.added < p.oldest_of_newest;
        END IF;
    END LOOP;
END
$$;

-- As it was, and of these. newest_from is never before recent_from.
CREATE OR REPLACE FUNCTION catalog.recent_list(groups bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    DELETE FROM catalog.recent r WHERE r.id = ANY($1) AND NOT EXISTS (
        SELECT FROM catalog.listed l JOIN catalog.plugin p ON p.name = l.plugin WHERE l.id = r.id AND l.added >= p.recent_from);
    INSERT INTO catalog.recent AS r (id, plugin, added, search)
    SELECT l.id, l.plugin, l.added, l.search FROM catalog.listed l JOIN catalog.plugin p ON p.name = l.plugin
    WHERE l.id = ANY($1) AND l.added >= p.recent_from
    ON CONFLICT (id) DO UPDATE SET added = excluded.added, search = excluded.search
    WHERE (r.added, r.search) <> (excluded.added, excluded.search);
    DELETE FROM catalog.newest n WHERE n.id = ANY($1) AND NOT EXISTS (
        SELECT FROM catalog.recent r JOIN catalog.plugin p ON p.name = r.plugin WHERE r.id = n.id AND r.added >= p.newest_from);
    INSERT INTO catalog.newest AS n (id, plugin, added, search)
    SELECT r.id, r.plugin, r.added, r.search FROM catalog.recent r JOIN catalog.plugin p ON p.name = r.plugin
    WHERE r.id = ANY($1) AND r.added >= p.newest_from
    ON CONFLICT (id) DO UPDATE SET added = excluded.added, search = excluded.search
    WHERE (n.added, n.search) <> (excluded.added, excluded.search);
    IF random() * 1000 < cardinality(groups) THEN -- to look how many there are takes 10 ms
        PERFORM catalog.recent_trim(100000);
    END IF;
END
$$;

UPDATE catalog.plugin p SET newest_from = greatest(p.recent_from, coalesce(
    (SELECT r.added FROM catalog.recent r WHERE r.plugin = p.name ORDER BY r.added DESC OFFSET 9999 LIMIT 1), p.newest_from));
INSERT INTO catalog.newest SELECT r.* FROM catalog.plugin p JOIN catalog.recent r ON r.plugin = p.name AND r.added >= p.newest_from;
ANALYZE catalog.newest;
