-- Audits of copies (RULES 2.11). Times are the books' but leased_until, which is the clock's.

-- The plan of each copy that is held, while the auditor is on. audit_id: the audit that is given out; 0: none is.
CREATE TABLE @SCHEMA@.audit (
    user_id bigint NOT NULL,
    version_id bigint NOT NULL,
    audit_id bigint NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT to_timestamp(0),
    due_at timestamptz NOT NULL,
    reason text NOT NULL,
    held_at timestamptz NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT to_timestamp(0),
    unreachable_since timestamptz NOT NULL DEFAULT to_timestamp(0),
    piece bigint NOT NULL DEFAULT -1,
    suspects bigint NOT NULL DEFAULT 0,
    told boolean NOT NULL DEFAULT false,
    inward boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, version_id)
) WITH (fillfactor = 70);
CREATE INDEX audit_due ON @SCHEMA@.audit (due_at);
CREATE INDEX audit_given ON @SCHEMA@.audit (audit_id) WHERE audit_id <> 0;

-- Ids of audits: what is drawn for one is drawn for no other.
CREATE SEQUENCE @SCHEMA@.audit_number;

-- From which the pieces are drawn; 244 random bits.
CREATE TABLE @SCHEMA@.audit_secret (
    id integer PRIMARY KEY CHECK (id = 1),
    secret bytea NOT NULL
);
INSERT INTO @SCHEMA@.audit_secret (id, secret) VALUES (1, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- What came of them; kept for half a year.
CREATE TABLE @SCHEMA@.audit_done (
    audit_id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    version_id bigint NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    outcome text NOT NULL,
    result text NOT NULL,
    piece bigint NOT NULL,
    received bigint NOT NULL,
    took_ms bigint NOT NULL,
    way text NOT NULL,
    family text NOT NULL,
    dialled_in boolean NOT NULL
);
CREATE INDEX audit_done_user ON @SCHEMA@.audit_done (user_id, version_id, audit_id);
CREATE INDEX audit_done_version ON @SCHEMA@.audit_done (version_id, audit_id);

-- Books that were kept with the auditor on have no plans yet: another setting makes them (books/audits.c).
UPDATE @SCHEMA@.book SET settings = '' WHERE settings LIKE '%auditor=on%';
