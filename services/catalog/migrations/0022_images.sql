-- What groups and persons look like. The bytes lie apart, by their hash, each size a row: no list reads them, and the same
-- image on two pages is stored once.
CREATE TABLE catalog.picture (
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),   -- of all sizes together
    size smallint NOT NULL,                                -- 0 thumb, 1 medium, 2 large
    width smallint NOT NULL,
    height smallint NOT NULL,
    data bytea NOT NULL,                                   -- a JPEG, made here
    PRIMARY KEY (hash, size)
);
ALTER TABLE catalog.picture ALTER COLUMN data SET STORAGE EXTERNAL; -- it does not compress

CREATE TABLE catalog.image (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity bigint NOT NULL REFERENCES catalog.entity,
    hash bytea NOT NULL,
    place bigint NOT NULL,              -- the least stands first
    added_by bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz,             -- the row stays; the bytes go with the last that has them
    removed_by bigint,
    removed_why text
);
CREATE UNIQUE INDEX image_once ON catalog.image (entity, hash) WHERE removed_at IS NULL;
CREATE INDEX image_order ON catalog.image (entity, place, id) WHERE removed_at IS NULL;
CREATE INDEX image_hash ON catalog.image (hash) WHERE removed_at IS NULL;
CREATE INDEX image_author ON catalog.image (added_by, added_at);

-- The first of an entity's images stands in the entity's own row, for lists.
ALTER TABLE catalog.entity ADD COLUMN cover bytea, ADD COLUMN cover_width smallint, ADD COLUMN cover_height smallint;
CREATE FUNCTION catalog.cover(bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE catalog.entity e SET (cover, cover_width, cover_height) = (
        SELECT p.hash, p.width, p.height
        FROM catalog.image i JOIN catalog.picture p ON p.hash = i.hash AND p.size = 0
        WHERE i.entity = e.id AND i.removed_at IS NULL ORDER BY i.place, i.id LIMIT 1)
    WHERE id = $1
$$;
CREATE FUNCTION catalog.image_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog.cover(NEW.entity);
    IF OLD.entity <> NEW.entity THEN
        PERFORM catalog.cover(OLD.entity);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER image_changed AFTER INSERT OR UPDATE ON catalog.image
    FOR EACH ROW EXECUTE FUNCTION catalog.image_changed();
