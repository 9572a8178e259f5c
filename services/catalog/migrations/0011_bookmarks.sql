-- What members have marked for themselves: groups and persons.
CREATE TABLE catalog.bookmark (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member bigint NOT NULL,
    entity bigint NOT NULL REFERENCES catalog.entity,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (member, entity)
);
CREATE INDEX bookmark_newest ON catalog.bookmark (member, id DESC);
