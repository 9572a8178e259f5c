-- What is asked for is offered while somebody types, as collages are.
CREATE INDEX request_words ON catalog.request USING gin (array_to_tsvector(array_remove(catalog.tokens(title), '')))
WHERE deleted_at IS NULL AND torrent IS NULL;
