-- What was vacuumed is read in an index alone, by walks and by lists that were drawn already: on a large site the default is to wait for a
-- fifth of it to be new. Only the pages with new rows are read for it.
ALTER TABLE catalog.listed SET (autovacuum_vacuum_insert_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0);
ALTER TABLE catalog.listed_unit SET (autovacuum_vacuum_insert_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0);
ALTER TABLE catalog.shelf SET (autovacuum_vacuum_insert_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0);
