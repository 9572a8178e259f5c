-- The catalog tells members things, too. `about`: notices with the same one stand as one until it is read; `href`: where it leads.
INSERT INTO web.feed_position (feed, seq) VALUES ('catalog.notices', 0);
ALTER TABLE web.notice ADD COLUMN href text NOT NULL DEFAULT '', ADD COLUMN about text NOT NULL DEFAULT '',
    ADD COLUMN times bigint NOT NULL DEFAULT 1; -- how often it was told since it was last read
CREATE INDEX notice_about ON web.notice (member, about, told_at DESC) WHERE about <> '';
