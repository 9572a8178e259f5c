-- The version that a version told of by catalog depends on; 0: none.
ALTER TABLE @SCHEMA@.book_inbox ADD COLUMN depends_on bigint NOT NULL DEFAULT 0;
