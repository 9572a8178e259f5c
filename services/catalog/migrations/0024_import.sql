-- What `djembe-catalog import` took over from another site, and how far it is.
CREATE TABLE catalog.imported (
    file text NOT NULL,         -- torrents, users_main
    source bigint NOT NULL,     -- the id there
    id bigint NOT NULL,         -- the id here: of the torrent, of the member
    PRIMARY KEY (file, source)
);
CREATE TABLE catalog.import_skipped (
    file text NOT NULL,
    line bigint NOT NULL,       -- where the row begins
    reason text NOT NULL,
    PRIMARY KEY (file, line)
);
-- Each step goes by the ids of the dump: those up to `at` are done. `dump` tells which files these are.
CREATE TABLE catalog.import_step (
    step text PRIMARY KEY,
    dump text NOT NULL,
    at bigint NOT NULL
);
