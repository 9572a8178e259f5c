-- Every change of what exists: who, when, why; of an edit what it said before and after.
ALTER TABLE catalog.entity ADD COLUMN revision bigint NOT NULL DEFAULT 1;
CREATE TABLE catalog.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin text NOT NULL,
    entity bigint NOT NULL REFERENCES catalog.entity,
    grp bigint NOT NULL REFERENCES catalog.entity, -- on whose page it is
    what text NOT NULL,                            -- add, edit, delete
    actor bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    why text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX change_group ON catalog.change (grp, id DESC);
