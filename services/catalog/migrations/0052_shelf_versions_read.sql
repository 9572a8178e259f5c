-- Whether a group is as it was drawn is read in an index alone: of an artist's 300 albums, or a page's 50.
CREATE INDEX shelf_versions ON catalog.shelf (grp) INCLUDE (added, version);
