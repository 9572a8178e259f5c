-- What lists show of a group as a number: who has drawn it by that need not read it again.
ALTER TABLE catalog.shelf ADD version bigint NOT NULL
    GENERATED ALWAYS AS (('x' || left(md5(cells || coalesce(cover, '')), 15))::bit(60)::bigint) STORED;
