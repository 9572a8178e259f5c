-- What members write below a group or a person. What is deleted stays, so that staff can see what there was.
CREATE TABLE catalog.comment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity bigint NOT NULL REFERENCES catalog.entity,
    author bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    text text NOT NULL,                 -- wiki text, as it was typed
    revision bigint NOT NULL DEFAULT 1,
    edited_at timestamptz,
    deleted_at timestamptz,
    deleted_by bigint,
    deleted_why text
);
CREATE INDEX comment_author ON catalog.comment (author, at);
CREATE INDEX comment_entity ON catalog.comment (entity, id DESC) WHERE deleted_at IS NULL;
