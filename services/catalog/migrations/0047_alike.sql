-- What makes units the same, and what is read from their reports, as the running daemon has it (alike.c), and up to which entity that is mended:
-- 9223372036854775807 is all.
ALTER TABLE catalog.plugin ADD alike text NOT NULL DEFAULT '', ADD alike_to bigint NOT NULL DEFAULT 9223372036854775807;
