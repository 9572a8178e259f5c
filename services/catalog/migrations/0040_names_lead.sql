-- A value that one group alone has, such as a catalogue number, leads there when it is offered. So the ids of the groups that use a name are
-- kept, by exclusive or: that of a single one is its id, and neither order nor number of changes matters.
ALTER TABLE catalog.name ADD COLUMN groups_xor bigint NOT NULL DEFAULT 0;
UPDATE catalog.name n SET groups_xor = u.groups_xor
FROM (SELECT name, bit_xor(grp) AS groups_xor FROM (SELECT l.id, unnest(l.names) FROM catalog.listed l) AS each (grp, name) GROUP BY name) AS u
WHERE n.id = u.name;

-- Kept where `uses` is, which is changed in its place.
DO $$
DECLARE
    change text[];
    def text := pg_get_functiondef('catalog.list_found'::regproc);
BEGIN
    FOREACH change SLICE 1 IN ARRAY ARRAY[
        ['SELECT id, sum(by) AS by FROM (', 'SELECT id, sum(by) AS by, bit_xor(grp) AS groups_xor FROM ('],
        ['SELECT unnest(names) AS id, 1 AS by FROM is_now', 'SELECT grp, unnest(names) AS id, 1 AS by FROM is_now'],
        ['SELECT unnest(names), -1 FROM catalog.listed l', 'SELECT l.id, unnest(names), -1 FROM catalog.listed l'],
        ['GROUP BY id HAVING sum(by) <> 0)', 'GROUP BY id HAVING sum(by) <> 0 OR bit_xor(grp) <> 0)'],
        ['SET uses = n.uses + c.by FROM', 'SET uses = n.uses + c.by, groups_xor = n.groups_xor # c.groups_xor FROM']] LOOP
        ASSERT strpos(def, change[1]) > 0, 'names are not counted so: ' || change[1];
        def := replace(def, change[1], change[2]);
    END LOOP;
    EXECUTE def;
END
$$;
