-- What names a group beyond this site (a movie's IMDb number): two groups of a plugin with the same one are one.
ALTER TABLE catalog.entity ADD COLUMN joins text;
CREATE INDEX entity_joins ON catalog.entity (plugin, joins) WHERE joins IS NOT NULL;
