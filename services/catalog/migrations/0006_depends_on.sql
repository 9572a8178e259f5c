-- The torrent without which one cannot be used: of a version of a backup the one that it builds on.
ALTER TABLE catalog.torrent ADD COLUMN depends_on bigint REFERENCES catalog.torrent;
CREATE INDEX torrent_depends_on ON catalog.torrent (depends_on) WHERE depends_on IS NOT NULL;
