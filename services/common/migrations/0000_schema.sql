-- What every schema holds before its service adds its own tables: feeds of facts, and replies kept under idempotency
-- keys. @SCHEMA@ is the service's name. db_migrate makes the schema and its table `migration` first.

-- The newest number of each feed. Its row is locked from feed_add until commit: that makes numbers gapless and puts
-- them in the order of commits.
CREATE TABLE @SCHEMA@.feed_head (
    feed text PRIMARY KEY,
    seq bigint NOT NULL
) WITH (fillfactor = 20);

-- The newest 100 000 facts or a little more.
CREATE TABLE @SCHEMA@.feed_fact (
    feed text NOT NULL,
    seq bigint NOT NULL,
    key bigint NOT NULL,
    fact bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, seq)
);

-- The newest fact about each key, for snapshots.
CREATE TABLE @SCHEMA@.feed_latest (
    feed text NOT NULL,
    key bigint NOT NULL,
    seq bigint NOT NULL,
    fact bytea NOT NULL,
    PRIMARY KEY (feed, key)
);

-- feed_add(feed, key, fact) gives the fact's number. Call it last in a transaction: others wait for the head row.
CREATE FUNCTION @SCHEMA@.feed_add(text, bigint, bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO @SCHEMA@.feed_head AS head (feed, seq) VALUES ($1, 1)
        ON CONFLICT (feed) DO UPDATE SET seq = head.seq + 1
        RETURNING head.seq INTO number;
    INSERT INTO @SCHEMA@.feed_fact (feed, seq, key, fact) VALUES ($1, number, $2, $3);
    INSERT INTO @SCHEMA@.feed_latest (feed, key, seq, fact) VALUES ($1, $2, number, $3)
        ON CONFLICT (feed, key) DO UPDATE SET seq = excluded.seq, fact = excluded.fact;
    IF number % 1000 = 0 THEN
        DELETE FROM @SCHEMA@.feed_fact WHERE feed = $1 AND seq <= number - 100000;
    END IF;
    RETURN number;
END
$$;

-- Replies kept under idempotency keys (services/common/kept.h).
CREATE TABLE @SCHEMA@.kept (
    key bytea PRIMARY KEY,
    reply bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX kept_at ON @SCHEMA@.kept (at);
