-- What ratio tells members: notices for the inbox, and whether ratio watch is on. Each fact is applied once: how far a feed was
-- read is moved in the transaction that stores what was read.
CREATE TABLE web.feed_position (
    feed text PRIMARY KEY,
    seq bigint NOT NULL
);
INSERT INTO web.feed_position (feed, seq) VALUES ('ratio.notices', 0), ('ratio.permits', 0);

-- A notice may be about a member whose account this replica has not seen yet, so nothing is referenced.
CREATE TABLE web.notice (
    notice bigint PRIMARY KEY,   -- ratio's id
    member bigint NOT NULL,
    kind text NOT NULL,          -- proto/notices.def
    title text NOT NULL,
    body text NOT NULL,
    told_at timestamptz NOT NULL,
    read_at timestamptz
);
CREATE INDEX notice_member ON web.notice (member, told_at DESC, notice DESC);
CREATE INDEX notice_unread ON web.notice (member) WHERE read_at IS NULL;

-- The newest permit of each member on ratio watch, or whose leeching is stopped; all others have no row.
CREATE TABLE web.watch (
    member bigint PRIMARY KEY,
    state text NOT NULL,         -- `watch` or `stopped`
    reason text NOT NULL,
    ends_at timestamptz NOT NULL
);
