-- Two bits of 256 for each word by which something is found, of a torrent its group's with its own: in the indexes of the orders they tell
-- what cannot be it without a look at its row. So a page is found by a walk along an index alone, and of some hundred rows that an order
-- leads past few are read. A word of a text and the same by its name ('title=war') have the same, else there were too many.
CREATE FUNCTION catalog.marks(text[]) RETURNS bit(256) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(bit_or(set_bit(set_bit(0::bit(256), get_byte(hash, 0), 1), get_byte(hash, 1), 1)), 0::bit(256)) FROM (
        SELECT decode(md5(CASE WHEN word IN ('yes', 'no') THEN lexeme ELSE word END), 'hex') AS hash FROM (
            SELECT lexeme, substr(lexeme, strpos(lexeme, '=') + 1) AS word FROM unnest($1) AS lexeme) AS l OFFSET 0) AS h);
END
$$;
-- Of a number its tens, too, for ranges of years mostly are such.
CREATE FUNCTION catalog.marks(tsvector) RETURNS bit(256) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN catalog.marks(tsvector_to_array($1) || array(SELECT left(lexeme, -1) FROM unnest(tsvector_to_array($1)) AS lexeme
        WHERE lexeme LIKE '%=___________' AND lexeme ~ '=[0-9]{11}$'));
END
$$;

DROP INDEX catalog.listed_newest, catalog.listed_added, catalog.listed_year, catalog.listed_size, catalog.listed_shuffle;
ALTER TABLE catalog.listed ADD marks bit(256) NOT NULL GENERATED ALWAYS AS (catalog.marks(search)) STORED;
CREATE INDEX listed_newest ON catalog.listed (added, id) INCLUDE (marks);
CREATE INDEX listed_added ON catalog.listed (plugin, added, id) INCLUDE (marks);
CREATE INDEX listed_year ON catalog.listed (plugin, year, id) INCLUDE (marks);
CREATE INDEX listed_size ON catalog.listed (plugin, size, id) INCLUDE (marks);
CREATE INDEX listed_shuffle ON catalog.listed (plugin, shuffle, id) INCLUDE (marks);

ALTER TABLE catalog.listed_unit RENAME TO listed_unit_before;
CREATE TABLE catalog.listed_unit (
    id bigint NOT NULL,         -- of the torrent
    grp bigint NOT NULL,
    plugin text NOT NULL,
    added bigint NOT NULL,
    year bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL,
    shuffle bigint NOT NULL,
    terms tsvector NOT NULL,    -- what it and its edition are
    marks bit(256) NOT NULL     -- of these, and of what its group is found by but what other torrents are
);
INSERT INTO catalog.listed_unit SELECT u.id, u.grp, u.plugin, u.added, u.year, u.size, u.shuffle, u.terms, catalog.marks(u.terms) | g.marks
FROM catalog.listed_unit_before u JOIN (
    SELECT u.grp, catalog.marks(ts_delete((SELECT l.search FROM catalog.listed l WHERE l.id = u.grp), array_agg(t.term))) AS marks
    FROM catalog.listed_unit_before u, unnest(tsvector_to_array(u.terms)) AS t (term) GROUP BY u.grp) AS g ON g.grp = u.grp;
DROP TABLE catalog.listed_unit_before;
ALTER TABLE catalog.listed_unit ADD PRIMARY KEY (id);
CREATE INDEX listed_unit_group ON catalog.listed_unit (grp);
CREATE INDEX listed_unit_added ON catalog.listed_unit (plugin, added, id) INCLUDE (marks);
CREATE INDEX listed_unit_year ON catalog.listed_unit (plugin, year, id) INCLUDE (marks);
CREATE INDEX listed_unit_size ON catalog.listed_unit (plugin, size, id) INCLUDE (marks);
CREATE INDEX listed_unit_shuffle ON catalog.listed_unit (plugin, shuffle, id) INCLUDE (marks);
ANALYZE catalog.listed, catalog.listed_unit;

-- As it was, and tells the marks of what must be there: of alternatives, and of beginnings but those of numbers, there are none.
DROP FUNCTION catalog.query(bigint[], bigint[], text[], text[]);
CREATE FUNCTION catalog.query(clauses bigint[], kinds bigint[], tags text[], texts text[], OUT whole tsquery, OUT below tsquery,
    OUT above tsquery, OUT marks bit(256)) LANGUAGE plpgsql STABLE AS $$
DECLARE
    tokens text[];
    term text;
    within text; -- the same of one torrent, to be asked of its group
    groups text := '';
    units text := '';
    united text := '';
    must text[] := '{}'; -- lexemes that are there in all that is found
    missing text := '''='' <0> '; -- what must not be needs a torrent to be missing of
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
                IF clauses[i] > 0 AND clauses[i] IS DISTINCT FROM clauses[i - 1] AND clauses[i] IS DISTINCT FROM clauses[i + 1] AND
                    (kinds[i] & 4 = 0 OR k < cardinality(tokens) OR tags[i] || tokens[k] ~ '=[0-9]{10}$') THEN
                    must := must || left(tags[i] || tokens[k], 400);
                END IF;
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
            missing := CASE WHEN clauses[i] < 0 THEN missing ELSE '' END;
        ELSE
            groups := groups || ' & ' || term;
        END IF;
    END LOOP;
    marks := catalog.marks(must);
    below := nullif(substr(units, 4), '')::tsquery;
    above := nullif(substr(groups, 4), '')::tsquery;
    whole := nullif(substr(groups || CASE WHEN units = '' THEN '' ELSE ' & ' || missing || substr(united, 6) END, 4), '')::tsquery;
END
$$;

-- A page in the order of an index, by its marks alone: what has them is looked at, in portions, until there is enough of what is asked for.
CREATE FUNCTION catalog.walk(plugin text, whole tsquery, other tsquery, flat boolean, sort text, rising boolean, key bigint, id bigint,
    most bigint, marks bit)
RETURNS TABLE (found bigint, of bigint, at bigint) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0 SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    portion bigint := most + most / 4;
    ids bigint[];
    ats bigint[];
    got bigint;
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(w.id), array_agg(w.at) FROM (SELECT m.id, m.%1$I AS at FROM catalog.%2$I m WHERE m.marks & $5 = $5%3$s'
            ' AND (m.%1$I, m.id) %4$s ($2, $3) ORDER BY m.%1$I %5$s, m.id %5$s LIMIT $4) AS w',
            sort, CASE WHEN flat THEN 'listed_unit' ELSE 'listed' END, CASE WHEN plugin = '' THEN '' ELSE ' AND m.plugin = $1' END,
            CASE WHEN rising THEN '>' ELSE '<' END, CASE WHEN rising THEN 'ASC' ELSE 'DESC' END)
        INTO ids, ats USING plugin, key, id, portion, marks;
        IF flat THEN
            RETURN QUERY SELECT l.id, l.grp, w.at FROM unnest(ids, ats) WITH ORDINALITY AS w (id, at, place)
            JOIN catalog.listed_unit l ON l.id = w.id AND (other IS NULL OR l.terms @@ other)
            JOIN catalog.listed g ON g.id = l.grp AND (whole IS NULL OR g.search @@ whole) ORDER BY w.place LIMIT most;
        ELSE
            RETURN QUERY SELECT l.id, l.id, w.at FROM unnest(ids, ats) WITH ORDINALITY AS w (id, at, place)
            JOIN catalog.listed l ON l.id = w.id AND l.search @@ whole ORDER BY w.place LIMIT most;
        END IF;
        GET DIAGNOSTICS got = ROW_COUNT;
        most := most - got;
        EXIT WHEN most = 0 OR ids IS NULL OR cardinality(ids) < portion;
        key := ats[portion];
        id := ids[portion];
        portion := least(portion * 2, 2000);
    END LOOP;
END
$$;

-- As it was, and told in text, which is sooner made and read.
CREATE OR REPLACE FUNCTION catalog.expected(source text, plugin text, whole tsquery, other tsquery) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'EXPLAIN SELECT 1' || source INTO plan USING plugin, whole, other;
    RETURN substring(plan FROM 'rows=(\d+)')::bigint;
END
$$;

-- As it was, and from five hundred on what is frequent enough is walked to. `marks`: of catalog.query(); groups: how many of these there are,
-- about, when `about` says so.
DROP FUNCTION catalog.find(text, tsquery, tsquery, tsquery, boolean, text, boolean, bigint, bigint, bigint, bigint);
CREATE FUNCTION catalog.find(plugin text, whole tsquery, below tsquery, above tsquery, flat boolean, sort text, rising boolean,
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
        ELSIF NOT flat AND above IS NOT NULL AND below IS NOT NULL AND total < greatest(3000, all_groups / 64) THEN
            looked := catalog.expected(catalog.source(plugin, above, NULL, false), plugin, above, NULL) < greatest(3000, all_groups / 64);
            other := CASE WHEN looked THEN above END;
            source := catalog.source(plugin, whole, other, false, tallied);
        END IF;
    END IF;
    IF whole IS NOT NULL AND NOT about THEN
        RETURN QUERY EXECUTE format('WITH hits AS MATERIALIZED (SELECT l.id, l.%s AS grp, %s.%I AS at, l.shuffle%s LIMIT 20000)'
            ' SELECT h.id, h.grp, h.at, n.count, n.count = 20000, n.sample, $8, n.groups FROM hits h, (SELECT (SELECT count(*) FROM hits),'
            ' CASE WHEN $7 > 0 THEN (SELECT count(DISTINCT grp) FROM hits) END AS groups, CASE WHEN $7 > 0 THEN'
            ' array(SELECT grp FROM hits GROUP BY grp ORDER BY min(shuffle) LIMIT (SELECT CASE WHEN count(*) > $7 THEN 64 ELSE $7 END FROM hits))'
            ' END AS sample) AS n', grp, ordered, sort, source) ||
            CASE WHEN sort = 'shuffle' THEN ' ORDER BY h.at < $4 DESC, h.at DESC LIMIT $6'
                ELSE format(' WHERE (h.at, h.id) %s ($4, $5) ORDER BY h.at %s, h.id %2$s LIMIT $6', after, falls) END
        USING plugin, whole, other, key, id, most, sampled, looked;
        RETURN;
    END IF;
    IF about AND NOT flat AND sort = 'added' AND NOT rising AND EXISTS (
        SELECT FROM catalog.plugin p WHERE p.name = plugin AND p.recent_from < key AND p.groups > total * 64) THEN
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
    -- To walk or to look up: a row that is looked up, or looked at because it has the marks, costs ten times what one in an index does. Of the
    -- newest groups, whose rows lie together, some hundred are looked through as soon.
    walked := about AND bit_count(marks) > 0 AND NOT tallied AND (plugin <> '' OR NOT flat AND sort = 'added') AND
        (flat OR sort <> 'added' OR groups * 20 < all_groups) AND
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
