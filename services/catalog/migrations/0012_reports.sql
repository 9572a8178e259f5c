-- What members tell staff of a page, a torrent or a comment, and what became of it.
CREATE TABLE catalog.report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text NOT NULL CHECK (about IN ('entity', 'torrent', 'comment')),
    of bigint NOT NULL,                              -- which one
    entity bigint NOT NULL REFERENCES catalog.entity, -- on whose page it is
    kind text NOT NULL,                              -- proto/reports.def
    text text NOT NULL,
    reporter bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_by bigint,                               -- the member of staff who looks into it
    resolved_at timestamptz,
    resolved_by bigint,
    answer text
);
CREATE UNIQUE INDEX report_once ON catalog.report (reporter, about, of) WHERE resolved_at IS NULL;
CREATE INDEX report_open ON catalog.report (id DESC) WHERE resolved_at IS NULL;
CREATE INDEX report_reporter ON catalog.report (reporter, id DESC);
