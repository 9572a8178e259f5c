-- What members, staff and the rules of an ordinary ratio want to know of the sessions beside the bytes.

-- stopped: its client has said goodbye.
ALTER TABLE @SCHEMA@.session ADD COLUMN stopped boolean NOT NULL DEFAULT false;

-- seeded: ms, each moment once however many clients seeded in it; counted up to seeded_until (unix ms).
-- leeched_at: the last report before or after which bytes were missing. client: the first 8 bytes of the last peer_id.
ALTER TABLE @SCHEMA@.member_torrent
    ADD COLUMN seeded bigint NOT NULL DEFAULT 0,
    ADD COLUMN seeded_until bigint NOT NULL DEFAULT 0,
    ADD COLUMN leeched_at timestamptz,
    ADD COLUMN client bytea;
DROP INDEX @SCHEMA@.member_torrent_torrent;
CREATE INDEX member_torrent_torrent ON @SCHEMA@.member_torrent (torrent_id, leeched_at);

-- The sums of its rows in member_torrent.
ALTER TABLE @SCHEMA@.torrent_total
    ADD COLUMN uploaded bigint NOT NULL DEFAULT 0,
    ADD COLUMN downloaded bigint NOT NULL DEFAULT 0;
INSERT INTO @SCHEMA@.torrent_total AS old (torrent_id, snatches, uploaded, downloaded)
    SELECT torrent_id, 0, @SCHEMA@.add_counts(0, sum(uploaded)), @SCHEMA@.add_counts(0, sum(downloaded))
    FROM @SCHEMA@.member_torrent GROUP BY torrent_id
    ON CONFLICT (torrent_id) DO UPDATE SET uploaded = excluded.uploaded, downloaded = excluded.downloaded;

-- What does not look right, never acted on alone. One row a kind, member and torrent; user_id 0: the torrent as a whole.
CREATE TABLE @SCHEMA@.evidence (
    kind text NOT NULL CHECK (kind IN ('alone', 'rate', 'left', 'balance')),
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    times bigint NOT NULL,      -- how often
    unexplained bigint NOT NULL, -- bytes that cannot be, in all; for balance: now
    claimed bigint NOT NULL,    -- the figures of the last time: what was told (left: bytes left then; balance: Σ uploaded)
    possible bigint NOT NULL,   -- what could have been (left: bytes left before; balance: Σ downloaded)
    span bigint NOT NULL,       -- ms between the two reports; 0: no matter
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (kind, user_id, torrent_id)
);
