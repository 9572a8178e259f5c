-- Sessions and the peers that they have now. A row a session, so that one upsert writes both; an address is there while the
-- client is in the swarm.
CREATE TABLE tracker.session (
    user_id bigint NOT NULL,
    torrent bigint NOT NULL,
    peer_id bytea NOT NULL,
    epoch bigint NOT NULL,       -- unix ms; an identity, not a moment to reckon with
    base_up bigint NOT NULL,     -- bytes when the epoch began: credited nothing
    base_down bigint NOT NULL,
    up bigint NOT NULL,          -- bytes as the client reports them
    down bigint NOT NULL,
    missing bigint NOT NULL,     -- bytes; 0: a seeder; 2^63-1: unknown
    flags integer NOT NULL,      -- 1 completed, 2 stopped
    seen_at timestamptz NOT NULL,
    ipv4 inet,
    port4 integer,
    ipv6 inet,
    port6 integer,
    PRIMARY KEY (user_id, torrent, peer_id)
) WITH (fillfactor = 70);        -- every announce updates a row: leave room to do it in its page

CREATE VIEW tracker.peer AS
    SELECT torrent, user_id, peer_id, missing = 0 AS seeder, ipv4, port4, ipv6, port6, seen_at
    FROM tracker.session
    WHERE ipv4 IS NOT NULL OR ipv6 IS NOT NULL;
