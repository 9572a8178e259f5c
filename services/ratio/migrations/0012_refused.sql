-- The piece that a holder refused, for another one decides (RULES 2.11); -1: none.
ALTER TABLE @SCHEMA@.audit ADD COLUMN refused bigint NOT NULL DEFAULT -1;
