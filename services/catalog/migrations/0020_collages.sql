-- Lists that members make of what is here: of groups of any plugin, or of persons.
CREATE TABLE catalog.collage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category text NOT NULL,               -- proto/collages.def
    title text NOT NULL,
    same bytea NOT NULL,                  -- catalog.same() of the title
    words tsvector NOT NULL,              -- it is found by
    text text NOT NULL,                   -- wiki text
    owner bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when something was added last
    revision bigint NOT NULL DEFAULT 1,
    locked boolean NOT NULL DEFAULT false, -- staff alone change it
    deleted_at timestamptz
);
CREATE UNIQUE INDEX collage_same ON catalog.collage (same) WHERE deleted_at IS NULL AND category <> 'personal';
CREATE UNIQUE INDEX collage_own ON catalog.collage (owner, same) WHERE deleted_at IS NULL AND category = 'personal';
CREATE INDEX collage_newest ON catalog.collage (changed_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX collage_words ON catalog.collage USING gin (words) WHERE deleted_at IS NULL;

CREATE TABLE catalog.collage_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collage bigint NOT NULL REFERENCES catalog.collage,
    entity bigint NOT NULL REFERENCES catalog.entity,
    place bigint NOT NULL,                -- from 1 on
    added_by bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (collage, entity)
);
CREATE INDEX collage_entry_entity ON catalog.collage_entry (entity);

ALTER TABLE catalog.subscription ALTER COLUMN entity DROP NOT NULL,
    ADD COLUMN collage bigint REFERENCES catalog.collage,
    ADD CHECK ((entity IS NULL) <> (collage IS NULL)),
    ADD UNIQUE (collage, member);

-- The log tells of collages, too, which are of no plugin.
ALTER TABLE catalog.change DROP CONSTRAINT change_check,
    ADD COLUMN collage bigint REFERENCES catalog.collage,
    ADD CHECK ((entity IS NULL) = (grp IS NULL) AND num_nonnulls(entity, request, collage) = 1);
CREATE INDEX change_collage ON catalog.change (collage, id DESC) WHERE collage IS NOT NULL;
