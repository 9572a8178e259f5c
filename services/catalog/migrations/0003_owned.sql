-- What is deleted stays in the tables: numbers of versions are never given twice, and who deleted what and why can be told.
ALTER TABLE catalog.entity ADD COLUMN deleted_at timestamptz, ADD COLUMN deleted_by bigint, ADD COLUMN deleted_why text;
ALTER TABLE catalog.torrent ADD COLUMN deleted_at timestamptz, ADD COLUMN deleted_by bigint, ADD COLUMN deleted_why text,
    ADD COLUMN warning text NOT NULL DEFAULT ''; -- what its uploader was told of it
DROP INDEX catalog.entity_below;
CREATE UNIQUE INDEX entity_below ON catalog.entity (parent, same) WHERE parent IS NOT NULL AND deleted_at IS NULL;
