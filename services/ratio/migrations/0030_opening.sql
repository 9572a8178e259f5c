-- How often a torrent was completed at the site that it comes from: part of its snatches, without rows of their own.
ALTER TABLE @SCHEMA@.torrent_total ADD COLUMN opening bigint NOT NULL DEFAULT 0;
