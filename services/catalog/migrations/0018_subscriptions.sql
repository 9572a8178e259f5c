-- The pages of which a member is told what is new.
CREATE TABLE catalog.subscription (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member bigint NOT NULL,
    entity bigint NOT NULL REFERENCES catalog.entity, -- a group or a person
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (entity, member)
);
CREATE INDEX subscription_member ON catalog.subscription (member, id DESC);

-- What has happened and members are still to be told of, in the order in which it did (news.c). A row goes when all have been told.
CREATE TABLE catalog.news (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL,      -- torrent, search (the same again), comment, entry (of a collage)
    entity bigint NOT NULL REFERENCES catalog.entity, -- on whose page it is
    of bigint NOT NULL,      -- the torrent or the comment
    text text NOT NULL,      -- what it is, in a line
    actor bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_to bigint NOT NULL DEFAULT 0 -- all up to this one have been told
);
