-- What members moved, and what is known of members and torrents from the feeds of their owners. Every row of a ledger carries
-- its member's id. Rows about members and torrents that the feeds have not told of yet are accepted: the feed comes later.

-- How far each feed has been applied. Moved in the transaction that stores what was applied.
CREATE TABLE @SCHEMA@.feed_position (
    feed text PRIMARY KEY,
    seq bigint NOT NULL
);
INSERT INTO @SCHEMA@.feed_position (feed, seq) VALUES ('web.members', 0), ('catalog.torrents', 0);

-- From web.members; seq: the fact it was learnt from, so that an older one never overwrites it.
CREATE TABLE @SCHEMA@.member (
    user_id bigint PRIMARY KEY,
    name text NOT NULL,
    standing text NOT NULL,
    class text NOT NULL,
    seq bigint NOT NULL
);

-- From catalog.torrents. The accounting of a torrent never changes.
CREATE TABLE @SCHEMA@.torrent (
    torrent_id bigint PRIMARY KEY,
    size bigint NOT NULL,
    owner bigint NOT NULL,
    accounting text NOT NULL,
    active boolean NOT NULL,
    seq bigint NOT NULL
);

-- What was last published about each member in ratio.permits.
CREATE TABLE @SCHEMA@.permit (
    user_id bigint PRIMARY KEY,
    may_leech boolean NOT NULL,
    reason text NOT NULL
);

-- The last totals of each session, as its client counts them.
CREATE TABLE @SCHEMA@.session (
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    peer_id bytea NOT NULL,
    epoch bigint NOT NULL,
    up bigint NOT NULL,
    down bigint NOT NULL,
    remaining bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, torrent_id, peer_id)
) WITH (fillfactor = 70);

-- What a member moved of a torrent over all sessions: raw figures, whatever the accounting.
CREATE TABLE @SCHEMA@.member_torrent (
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    uploaded bigint NOT NULL,
    downloaded bigint NOT NULL,
    remaining bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, torrent_id)
) WITH (fillfactor = 70);
CREATE INDEX member_torrent_torrent ON @SCHEMA@.member_torrent (torrent_id);

-- What a member moved in all of torrents with the accounting `ratio`: the sum of their rows in member_torrent.
CREATE TABLE @SCHEMA@.member_total (
    user_id bigint PRIMARY KEY,
    uploaded bigint NOT NULL,
    downloaded bigint NOT NULL
) WITH (fillfactor = 70);

-- Once a member and torrent.
CREATE TABLE @SCHEMA@.snatch (
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (user_id, torrent_id)
);

-- The number of its rows in snatch.
CREATE TABLE @SCHEMA@.torrent_total (
    torrent_id bigint PRIMARY KEY,
    snatches bigint NOT NULL
);

-- Adds without ever failing: a client may claim any number, and two absurd ones must not stop a batch.
CREATE FUNCTION @SCHEMA@.add_counts(a bigint, b numeric) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT least(a + b, 9223372036854775807)::bigint
$$;
