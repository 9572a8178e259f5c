-- The saved search with which a member's list of a plugin begins.
ALTER TABLE catalog.search ADD COLUMN opens boolean NOT NULL DEFAULT false;
CREATE INDEX search_opens ON catalog.search (member) WHERE opens;
