-- A value that one group alone has, such as a catalogue number, leads there when it is offered. So the ids of the groups that use a name are
-- kept, by exclusive or: that of a single one is its id, and neither order nor number of changes matters.
ALTER TABLE catalog.name ADD COLUMN groups_xor bigint NOT NULL DEFAULT 0;
UPDATE catalog.name n SET groups_xor = u.groups_xor
FROM (SELECT name, bit_xor(grp) AS groups_xor FROM (SELECT l.id, unnest(l.names) FROM catalog.listed l) AS each (grp, name) GROUP BY name) AS u
WHERE n.id = u.name;
