-- Albums of one artist and title are told apart by year and type too: those that are there learn it.
UPDATE catalog.entity
SET same = catalog.same(ARRAY[name, coalesce(attrs->>'year', ''), coalesce(attrs->>'release_type', '')])
WHERE plugin = 'music' AND kind = 1;
