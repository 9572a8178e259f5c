-- Where a torrent's v1 piece hashes lie in its metainfo: learnt when it is first asked for one (catalog.torrent.piece).
-- pieces_at: the first byte, from 0; pieces: how many, 0 for a torrent of v2 alone. content: bytes with padding files.
ALTER TABLE catalog.torrent
    ADD COLUMN piece_length bigint,
    ADD COLUMN pieces bigint,
    ADD COLUMN pieces_at bigint,
    ADD COLUMN content bigint;
