-- A link by which a member sets a new password: the newest one of each member is good, until it is used.
CREATE TABLE web.reset (
    member     bigint PRIMARY KEY REFERENCES web.member ON DELETE CASCADE,
    hash       bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL
);
