-- As it was, but words are looked up among the newest groups where that reads less than their order leads past (of what is asked of torrents
-- nobody knows well enough how much there is), and in that order no walk is taken: both were measured to cost more than to read these rows.
-- What is asked of groups is looked up alone where it finds less than one of 256: a row that is found so and does not fit costs as much as the
-- index has to unpack for as many groups.
CREATE OR REPLACE FUNCTION catalog.find(plugin text, whole tsquery, below tsquery, above tsquery, flat boolean, sort text, rising boolean,
    key bigint, id bigint, most bigint, sampled bigint, marks bit DEFAULT 0::bit(256))
RETURNS TABLE (found bigint, of bigint, at bigint, total bigint, about boolean, sample bigint[], looked boolean, groups bigint)
LANGUAGE plpgsql SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    tallied boolean := sort IN ('seeders', 'leechers', 'snatches');
    other tsquery := CASE WHEN flat THEN below END;
    source text := catalog.source(plugin, whole, other, flat, tallied);
    grp text := CASE WHEN flat THEN 'grp' ELSE 'id' END;
    ordered text := CASE WHEN tallied THEN 'n' ELSE 'l' END;
    after text := CASE WHEN rising THEN '>' ELSE '<' END;
    falls text := CASE WHEN rising THEN 'ASC' ELSE 'DESC' END;
    ids bigint[];
    times bigint[];
    got bigint;
    all_groups bigint;
    all_torrents bigint;
    walked boolean;
BEGIN
    about := false;
    looked := false;
    SELECT coalesce(sum(p.groups), 0), coalesce(sum(p.torrents), 0) INTO all_groups, all_torrents FROM catalog.plugin p WHERE plugin IN ('', p.name);
    IF whole IS NULL THEN
        groups := all_groups;
        total := CASE WHEN flat THEN all_torrents ELSE all_groups END;
    ELSE
        IF NOT flat OR below IS NULL OR sampled > 0 THEN
            groups := catalog.expected(catalog.source(plugin, whole, NULL, false), plugin, whole, NULL);
        END IF;
        IF NOT flat THEN
            total := groups;
        ELSIF below IS NULL THEN
            total := all_torrents::numeric * groups / greatest(all_groups, 1);
        ELSE
            total := catalog.expected(catalog.source(plugin, NULL, below, true), plugin, NULL, below);
            IF above IS NOT NULL THEN
                total := total::numeric / greatest(all_groups, 1) * catalog.expected(catalog.source(plugin, above, NULL, false), plugin, above, NULL);
            END IF;
            groups := coalesce(groups, least(total, all_groups));
        END IF;
        about := groups >= 500;
        IF about AND flat THEN -- what is asked of torrents is asked of them alone
            whole := CASE WHEN below IS NULL THEN whole ELSE above END;
            source := catalog.source(plugin, whole, below, true, tallied);
            total := greatest(total, groups);
        ELSIF NOT flat AND above IS NOT NULL AND below IS NOT NULL AND total < all_groups / 256 THEN
            looked := catalog.expected(catalog.source(plugin, above, NULL, false), plugin, above, NULL) < all_groups / 256;
            other := CASE WHEN looked THEN above END;
            source := catalog.source(plugin, whole, other, false, tallied);
        END IF;
    END IF;
    IF whole IS NOT NULL AND NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, %s.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, %s, $8, %s FROM hits h, (SELECT count(*) FROM hits) AS n', grp, ordered, sort, source,
            CASE WHEN sampled > 0 THEN 'array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle)'
                ' LIMIT (SELECT CASE WHEN count(*) > $7 THEN 64 ELSE $7 END FROM hits))' ELSE 'NULL::bigint[]' END,
            CASE WHEN sampled > 0 THEN '(SELECT count(DISTINCT grp) FROM hits)' ELSE 'NULL::bigint' END) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $4 DESC, h.at DESC LIMIT $6'
                ELSE format(' WHERE (h.at, h.id) %s ($4, $5) ORDER BY h.at %s, h.id %2$s LIMIT $6', after, falls) END
        USING plugin, whole, other, key, id, most, sampled, looked;
        RETURN;
    END IF;
    IF about AND NOT flat AND sort = 'added' AND NOT rising AND EXISTS (
        SELECT FROM catalog.plugin p WHERE p.name = plugin AND p.recent_from < key
            AND (p.groups > total * 64 OR below IS NULL AND most * p.groups > total * total * 3)) THEN
        EXECUTE 'SELECT array_agg(l.id), array_agg(l.added) FROM (SELECT l.id, l.added' || replace(source, 'catalog.listed', 'catalog.recent') ||
            ' AND (l.added, l.id) < ($4, $5) ORDER BY l.added + 0 DESC, l.id DESC LIMIT $6) AS l' INTO ids, times
        USING plugin, whole, other, key, id, most;
        RETURN QUERY SELECT r.id, r.id, r.added, total, about, NULL::bigint[], looked, groups FROM unnest(ids, times) AS r (id, added);
        GET DIAGNOSTICS got = ROW_COUNT;
        IF got = most THEN
            RETURN;
        ELSIF got > 0 THEN -- the others are older
            key := times[got];
            id := ids[got];
            most := most - got;
        END IF;
    END IF;
    -- To walk or to look up: a row that is looked up, or looked at because it has the marks, costs ten times what one in an index does. The
    -- newest groups, whose rows lie together, are looked through as soon.
    walked := about AND bit_count(marks) > 0 AND NOT tallied AND plugin <> '' AND (flat OR sort <> 'added') AND
        groups::numeric * groups > most * all_groups::numeric * (0.1 + 0.2 ^ bit_count(marks));
    IF walked THEN
        RETURN QUERY SELECT w.found, w.of, w.at, total, about, NULL::bigint[], looked, groups
        FROM catalog.walk(plugin, whole, CASE WHEN flat THEN below END, flat, sort, rising, key, id, most, marks) AS w;
    ELSE
        RETURN QUERY EXECUTE format('SELECT l.id, l.%1$s, %6$s.%2$I, $7, $8, NULL::bigint[], $9, $10%3$s AND (%6$s.%2$I, %6$s.id) %4$s ($4, $5)'
            ' ORDER BY %6$s.%2$I %5$s, %6$s.id %5$s LIMIT $6', grp, sort, source, after, falls, ordered)
        USING plugin, whole, other, key, id, most, total, about, looked, groups;
    END IF;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF sort = 'shuffle' AND got < most THEN -- on from the other end, up to where it began
        IF walked THEN
            RETURN QUERY SELECT w.found, w.of, w.at, total, about, NULL::bigint[], looked, groups
            FROM catalog.walk(plugin, whole, CASE WHEN flat THEN below END, flat, sort, false, 9223372036854775807, 9223372036854775807, most - got, marks) AS w
            WHERE w.at >= key;
        ELSE
            RETURN QUERY EXECUTE format('SELECT l.id, l.%s, l.shuffle, $6, $7, NULL::bigint[], $8, $9%s AND l.shuffle >= $4 ORDER BY l.shuffle DESC LIMIT $5', grp, source)
            USING plugin, whole, other, key, most - got, total, about, looked, groups;
        END IF;
    END IF;
END
$$;
