-- Members vote on tags: the sum of the votes orders them. Who adds a tag votes for it.
ALTER TABLE catalog.entity_tag ADD COLUMN score integer NOT NULL DEFAULT 0; -- kept by the trigger below
CREATE TABLE catalog.tag_vote (
    entity bigint NOT NULL,
    tag bigint NOT NULL,
    member bigint NOT NULL,
    vote smallint NOT NULL CHECK (vote IN (-1, 1)),
    PRIMARY KEY (entity, tag, member),
    FOREIGN KEY (entity, tag) REFERENCES catalog.entity_tag ON DELETE CASCADE
);
CREATE FUNCTION catalog.tag_vote_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog.entity_tag SET score = score + coalesce(NEW.vote, 0) - coalesce(OLD.vote, 0)
    WHERE entity = coalesce(NEW.entity, OLD.entity) AND tag = coalesce(NEW.tag, OLD.tag);
    RETURN NULL;
END $$;
CREATE TRIGGER tag_vote_counted AFTER INSERT OR UPDATE OR DELETE ON catalog.tag_vote
    FOR EACH ROW EXECUTE FUNCTION catalog.tag_vote_counted();
INSERT INTO catalog.tag_vote (entity, tag, member, vote) SELECT entity, tag, added_by, 1 FROM catalog.entity_tag;
