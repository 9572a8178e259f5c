-- How far the feeds of others have been read.
CREATE TABLE catalog.feed_position (
    feed text PRIMARY KEY,
    seq bigint NOT NULL
);
INSERT INTO catalog.feed_position (feed, seq) VALUES ('ratio.retired', 0);
