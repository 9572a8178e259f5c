-- What members miss: others vote for it, and somebody fills it with a torrent.
CREATE TABLE catalog.request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin text NOT NULL,
    title text NOT NULL,
    same bytea NOT NULL,                 -- catalog.same() of the title
    text text NOT NULL,                  -- wiki text
    author bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revision bigint NOT NULL DEFAULT 1,
    votes integer NOT NULL DEFAULT 0,    -- kept by the trigger below
    filled_by bigint,
    filled_at timestamptz,
    torrent bigint REFERENCES catalog.torrent, -- that fills it
    deleted_at timestamptz,
    CHECK ((torrent IS NULL) = (filled_by IS NULL) AND (torrent IS NULL) = (filled_at IS NULL))
);
CREATE UNIQUE INDEX request_same ON catalog.request (plugin, same) WHERE deleted_at IS NULL AND torrent IS NULL;
CREATE INDEX request_open ON catalog.request (votes DESC, id DESC) WHERE deleted_at IS NULL AND torrent IS NULL;
CREATE INDEX request_filled ON catalog.request (filled_at DESC, id DESC) WHERE deleted_at IS NULL AND torrent IS NOT NULL;
CREATE INDEX request_torrent ON catalog.request (torrent) WHERE torrent IS NOT NULL;
CREATE INDEX request_author ON catalog.request (author) WHERE deleted_at IS NULL AND torrent IS NULL;

CREATE TABLE catalog.request_vote (
    request bigint NOT NULL REFERENCES catalog.request,
    member bigint NOT NULL,
    PRIMARY KEY (request, member)
);
CREATE FUNCTION catalog.request_vote_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog.request SET votes = votes + CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
    WHERE id = coalesce(NEW.request, OLD.request);
    RETURN NULL;
END $$;
CREATE TRIGGER request_vote_counted AFTER INSERT OR DELETE ON catalog.request_vote
    FOR EACH ROW EXECUTE FUNCTION catalog.request_vote_counted();

-- The log tells of requests, too, which are no entities.
ALTER TABLE catalog.change ALTER COLUMN entity DROP NOT NULL, ALTER COLUMN grp DROP NOT NULL,
    ADD COLUMN request bigint REFERENCES catalog.request,
    ADD CHECK ((entity IS NULL) = (request IS NOT NULL) AND (grp IS NULL) = (request IS NOT NULL));
