-- Whom an upload is told to: its keys are looked up one by one in the index, where PostgreSQL would rather read all searches in the
-- order of their numbers; and not in a list of those that wait for their place in it.
ALTER INDEX catalog.search_anchors SET (fastupdate = off);
SELECT gin_clean_pending_list('catalog.search_anchors');
CREATE OR REPLACE FUNCTION catalog.searches(torrent bigint, after bigint, uploader bigint, most bigint)
RETURNS TABLE (search bigint, member bigint, name text) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    unit catalog.listed_unit;
    grp catalog.listed;
BEGIN
    SELECT * INTO unit FROM catalog.listed_unit u WHERE u.id = torrent;
    SELECT * INTO grp FROM catalog.listed l WHERE l.id = unit.grp;
    RETURN QUERY EXECUTE 'WITH near AS MATERIALIZED (SELECT * FROM catalog.search s WHERE s.tell AND s.anchors && $1)'
        ' SELECT s.id, s.member, s.name FROM near s WHERE s.plugin = $2 AND s.id > $3 AND s.member <> $7'
        ' AND (s.whole IS NULL OR $4 @@ s.whole) AND (s.below IS NULL OR $5 @@ s.below) ORDER BY s.id LIMIT $6'
    USING catalog.keys(grp.search), grp.plugin, after, grp.search, unit.terms, most, uploader;
END
$$;
