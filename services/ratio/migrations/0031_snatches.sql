-- Who completed a torrent, the last one first.
CREATE INDEX snatch_torrent ON @SCHEMA@.snatch (torrent_id, at, user_id);
