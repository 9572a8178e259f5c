-- After how many days without a new version a backup's owner is told (0: never), and of which version that was done last (books/remind.c).
ALTER TABLE @SCHEMA@.book_backup
    ADD COLUMN remind_days bigint NOT NULL DEFAULT 0,
    ADD COLUMN reminded bigint NOT NULL DEFAULT 0;
CREATE INDEX book_backup_remind ON @SCHEMA@.book_backup (backup_id) WHERE remind_days > 0;
