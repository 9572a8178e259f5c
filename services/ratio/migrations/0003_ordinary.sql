-- The ordinary ratio (RULES 5): what of the bytes moved counts, what is required, and the watch.

-- How much of what is moved counts, in percent. kind `torrent`: of a torrent; `event`: of all (torrent_id 0);
-- `token`: of a member's torrent. A span holds from starts_at on and no longer at ends_at (NULL: without end); spans of one kind
-- about the same never overlap. A span is ended, never deleted: late reports are about the time of the announce.
CREATE TABLE @SCHEMA@.factor (
    factor_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('torrent', 'event', 'token')),
    user_id bigint NOT NULL,    -- 0: of all members
    torrent_id bigint NOT NULL, -- 0: of all torrents
    upload integer NOT NULL,
    download integer NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    title text NOT NULL,
    set_by bigint NOT NULL      -- 0: the operator
);
CREATE INDEX factor_torrent ON @SCHEMA@.factor (torrent_id, ends_at);
CREATE INDEX factor_token ON @SCHEMA@.factor (user_id, ends_at) WHERE kind = 'token';

-- Tokens not yet used.
CREATE TABLE @SCHEMA@.token_balance (
    user_id bigint PRIMARY KEY,
    tokens bigint NOT NULL CHECK (tokens >= 0)
);

-- What counts of the raw figures beside them: each report's bytes times the factors of its moment. Up to now all counted.
ALTER TABLE @SCHEMA@.member_torrent
    ADD COLUMN credited_up bigint NOT NULL DEFAULT 0,
    ADD COLUMN credited_down bigint NOT NULL DEFAULT 0;
UPDATE @SCHEMA@.member_torrent SET credited_up = uploaded, credited_down = downloaded;
ALTER TABLE @SCHEMA@.member_total
    ADD COLUMN credited_up bigint NOT NULL DEFAULT 0,
    ADD COLUMN credited_down bigint NOT NULL DEFAULT 0;
UPDATE @SCHEMA@.member_total SET credited_up = uploaded, credited_down = downloaded;

-- The entries behind a member's figures: one a member, torrent, day (UTC, days since 1970) and factor (ten-thousandths).
-- Torrents that are not known yet have entries too; those of backups count nowhere and are not shown.
CREATE TABLE @SCHEMA@.ledger (
    ledger_id bigint GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    day bigint NOT NULL,
    upload_factor bigint NOT NULL,
    download_factor bigint NOT NULL,
    uploaded bigint NOT NULL,
    downloaded bigint NOT NULL,
    credited_up bigint NOT NULL,
    credited_down bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, torrent_id, day, upload_factor, download_factor)
);
CREATE UNIQUE INDEX ledger_page ON @SCHEMA@.ledger (user_id, ledger_id);
INSERT INTO @SCHEMA@.ledger (user_id, torrent_id, day, upload_factor, download_factor, uploaded, downloaded, credited_up,
        credited_down, first_at, last_at)
    SELECT user_id, torrent_id, extract(epoch FROM seen_at)::bigint / 86400, 10000, 10000, uploaded, downloaded, uploaded,
        downloaded, seen_at, seen_at
    FROM @SCHEMA@.member_torrent WHERE uploaded > 0 OR downloaded > 0 ORDER BY seen_at;

-- ms seeded within a day (UTC): a stretch between two reports belongs to the day in which it ended. A week is kept. The day comes
-- first, so that old ones go without a look at the others.
CREATE TABLE @SCHEMA@.seed_day (
    day bigint NOT NULL,
    user_id bigint NOT NULL,
    torrent_id bigint NOT NULL,
    ms bigint NOT NULL,
    PRIMARY KEY (day, user_id, torrent_id)
) WITH (fillfactor = 70);

-- Where each member stands. due_at: when to be looked at (NULL: not before something is reported). reason, fact: the permit
-- that this makes of a member in good standing; fact NULL: not looked at yet.
CREATE TABLE @SCHEMA@.standing (
    user_id bigint PRIMARY KEY,
    watch text NOT NULL DEFAULT 'clear' CHECK (watch IN ('clear', 'watch', 'stopped')),
    since timestamptz NOT NULL DEFAULT to_timestamp(0),
    ends_at timestamptz NOT NULL DEFAULT to_timestamp(0),
    stop_down bigint NOT NULL DEFAULT 0,
    warned boolean NOT NULL DEFAULT false,
    due_at timestamptz,
    may_leech boolean NOT NULL DEFAULT true,
    reason text NOT NULL DEFAULT '',
    fact bytea
) WITH (fillfactor = 70);
CREATE INDEX standing_due ON @SCHEMA@.standing (due_at) WHERE due_at IS NOT NULL;
INSERT INTO @SCHEMA@.standing (user_id, due_at) SELECT user_id, now() FROM @SCHEMA@.member_total;

-- The permit as published, whole: a change of the watch alone is told too.
ALTER TABLE @SCHEMA@.permit ADD COLUMN fact bytea;
