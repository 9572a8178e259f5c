-- For some time after that a disabled member may still fetch its own backups; NULL: it is not disabled, or was so before this was kept.
ALTER TABLE web.member ADD COLUMN disabled_at timestamptz;
