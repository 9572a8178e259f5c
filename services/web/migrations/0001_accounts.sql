-- Who may come in. Secrets that open an account are kept as SHA-256 (32 random bytes need no salt), passwords as scrypt;
-- the passkey as it is, because the tracker must know it.
CREATE TABLE web.member (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    name_key   text NOT NULL UNIQUE,             -- the name in lower case: names differ by more than case
    password   text NOT NULL,
    class      text NOT NULL CHECK (class IN ('member', 'power', 'moderator', 'administrator')),
    standing   text NOT NULL DEFAULT 'active' CHECK (standing IN ('active', 'disabled')),
    passkey    text NOT NULL UNIQUE CHECK (length(passkey) = 32),
    invites    int NOT NULL CHECK (invites >= 0), -- invitations left to make; administrators need none
    invited_by bigint REFERENCES web.member,
    joined_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE web.session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    member     bigint NOT NULL REFERENCES web.member ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    address    text NOT NULL,
    agent      text NOT NULL
);
CREATE INDEX session_member ON web.session (member);
CREATE INDEX session_expires ON web.session (expires_at);

CREATE TABLE web.invite (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    class      text NOT NULL CHECK (class IN ('member', 'power', 'moderator', 'administrator')),
    made_by    bigint REFERENCES web.member ON DELETE CASCADE, -- NULL: the operator
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    bigint REFERENCES web.member ON DELETE SET NULL
);
CREATE INDEX invite_made_by ON web.invite (made_by);

CREATE TABLE web.token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    member     bigint NOT NULL REFERENCES web.member ON DELETE CASCADE,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX token_member ON web.token (member);

-- A torrent that came with a form which could not be accepted yet, kept for an hour.
CREATE TABLE web.draft (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member     bigint NOT NULL REFERENCES web.member ON DELETE CASCADE,
    name       text NOT NULL,
    content    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX draft_member ON web.draft (member);
CREATE INDEX draft_created ON web.draft (created_at);

-- What was done to accounts, by whom and from where.
CREATE TABLE web.audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    member  bigint NOT NULL,
    event   text NOT NULL,
    address text NOT NULL DEFAULT ''
);
CREATE INDEX audit_member ON web.audit (member, id);
