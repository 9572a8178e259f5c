-- The books of backups: every event in one total order, and what it did. The rules' state itself is in the memory of each
-- replica, made from these events. Whoever appends locks the row of ratio.book first.

-- One row. seq: the last event. token: a random number of the transaction that wrote it, by which a commit whose answer was
-- lost is recognised. down_since, down_why: safe mode. ahead: ms by which the books' clock is ahead, for rehearsals and tests. settings: those that the state
-- in memory was made with.
CREATE TABLE @SCHEMA@.book (
    id integer PRIMARY KEY CHECK (id = 1),
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    token bytea NOT NULL,
    ticked_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    down_since timestamptz,
    down_why text NOT NULL DEFAULT '',
    ahead bigint NOT NULL DEFAULT 0,
    settings text NOT NULL DEFAULT ''
) WITH (fillfactor = 20);
INSERT INTO @SCHEMA@.book (id, seq, at, token, ticked_at, heard_at)
    VALUES (1, 0, date_trunc('milliseconds', now()), '\x', date_trunc('milliseconds', now()), date_trunc('milliseconds', now()));

-- The last report of a tracker that any replica got. A row of its own, so that hearing waits for no append.
CREATE TABLE @SCHEMA@.book_heard (
    id integer PRIMARY KEY CHECK (id = 1),
    at timestamptz NOT NULL
) WITH (fillfactor = 20);
INSERT INTO @SCHEMA@.book_heard (id, at) VALUES (1, now());

-- What happened, as RULES 6 names it, gapless. amount: redundancy, size, left, bytes, points, or what an audit found; other: the
-- backup that points are moved to, or the points expected to be assigned (-1: none). kind `sightings`: many announces in
-- one row, packed (event.h); kind `time`: nothing but the time.
CREATE TABLE @SCHEMA@.book_event (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    user_id bigint NOT NULL,
    backup_id bigint NOT NULL,
    version_id bigint NOT NULL,
    amount bigint NOT NULL,
    other bigint NOT NULL,
    packed bytea NOT NULL
);

-- What each event changed: for the ledger and for whoever wants to know why.
CREATE TABLE @SCHEMA@.book_effect (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    cause text NOT NULL,
    what text NOT NULL,
    user_id bigint NOT NULL,
    version_id bigint NOT NULL,
    backup_id bigint NOT NULL,
    before bigint NOT NULL,
    after bigint NOT NULL,
    state_before text NOT NULL,
    state_after text NOT NULL
);
CREATE INDEX book_effect_user ON @SCHEMA@.book_effect (user_id, entry);
CREATE INDEX book_effect_version ON @SCHEMA@.book_effect (version_id, entry);

-- What waits to be booked, written in the transaction that learnt of it. payload: three bigints each, user, version and
-- left, for `sightings`; else empty. amount: a version's size; other: the redundancy that its backup begins with.
CREATE TABLE @SCHEMA@.book_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    user_id bigint NOT NULL DEFAULT 0,
    backup_id bigint NOT NULL DEFAULT 0,
    version_id bigint NOT NULL DEFAULT 0,
    amount bigint NOT NULL DEFAULT 0,
    other bigint NOT NULL DEFAULT 0,
    payload bytea NOT NULL DEFAULT ''
);

-- What was last published in ratio.slots about each member and version.
CREATE TABLE @SCHEMA@.book_slot (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    version_id bigint NOT NULL,
    verdict text NOT NULL,
    reason text NOT NULL,
    UNIQUE (user_id, version_id)
);

-- The whole state as it was after an event, in parts, so that a start need not apply all events. parts: 0 until all are there.
CREATE TABLE @SCHEMA@.book_snapshot (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    format text NOT NULL,
    parts bigint NOT NULL
);
CREATE TABLE @SCHEMA@.book_snapshot_part (
    seq bigint NOT NULL,
    part bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (seq, part)
);
ALTER TABLE @SCHEMA@.book_snapshot_part ALTER COLUMN data SET STORAGE EXTERNAL;

-- The mark of the debt clock that a member was told of last (books/tell.c).
CREATE TABLE @SCHEMA@.book_warned (
    user_id bigint PRIMARY KEY,
    mark bigint NOT NULL
);

-- Backups and versions that catalog told of. refused: why the books would not take it; empty: they did.
ALTER TABLE @SCHEMA@.torrent
    ADD COLUMN backup_id bigint NOT NULL DEFAULT 0,
    ADD COLUMN refused text NOT NULL DEFAULT '';
CREATE INDEX torrent_owner ON @SCHEMA@.torrent (owner, torrent_id) WHERE accounting = 'redundancy';
CREATE INDEX torrent_backup ON @SCHEMA@.torrent (backup_id, torrent_id) WHERE accounting = 'redundancy';
CREATE TABLE @SCHEMA@.book_backup (
    backup_id bigint PRIMARY KEY,
    owner bigint NOT NULL
);
CREATE INDEX book_backup_owner ON @SCHEMA@.book_backup (owner, backup_id);

-- Members that are known already.
INSERT INTO @SCHEMA@.book_inbox (kind, user_id) SELECT 'member', user_id FROM @SCHEMA@.member ORDER BY user_id;
