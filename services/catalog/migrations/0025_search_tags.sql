-- A tag that more members are against than for is not found. As in 0009, but for the score.
CREATE OR REPLACE FUNCTION catalog.names_of(bigint[]) RETURNS SETOF catalog.named LANGUAGE sql STABLE AS $$
    SELECT n.grp, n.plugin, n.field, n.entity, n.name, n.hint, left(catalog.fold(n.name), 300), catalog.tokens(n.name) FROM (
        SELECT g.id, g.plugin, g.level, g.id, g.name, concat_ws(', ', (SELECT string_agg(p.name, ' & ') FROM (
                SELECT p.name FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person JOIN catalog.attribute a
                ON a.plugin = g.plugin AND a.leads = c.role WHERE c.grp = g.id ORDER BY c.place LIMIT 2) AS p),
            (SELECT g.attrs->>a.name FROM catalog.attribute a WHERE a.plugin = g.plugin AND a.year))
        FROM catalog.entity g WHERE g.id = ANY($1)
        UNION ALL
        SELECT DISTINCT c.grp, p.plugin, p.level, p.id, p.name, '' FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person
        WHERE c.grp = ANY($1)
        UNION ALL
        SELECT DISTINCT coalesce(e.grp, e.id), e.plugin, a.name, NULL::bigint, e.attrs->>a.name, '' FROM catalog.entity e
        JOIN catalog.attribute a ON a.plugin = e.plugin AND a.kind = e.kind AND a.suggested
        WHERE (e.id = ANY($1) OR e.grp = ANY($1)) AND e.deleted_at IS NULL AND e.attrs ? a.name
        UNION ALL
        SELECT e.entity, a.plugin, a.name, NULL, t.name, '' FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag
        JOIN catalog.entity g ON g.id = e.entity JOIN catalog.attribute a ON a.plugin = g.plugin AND a.type = 'tags'
        WHERE e.entity = ANY($1) AND e.score >= 0) AS n (grp, plugin, field, entity, name, hint)
$$;
