-- The entities of all plugins, and the torrents that are their atomic units. A plugin adds nothing here: what is its own
-- stands in `attrs`, by the names of its attributes.

-- Text as it is compared and searched: without case, accents and punctuation. What is nothing but punctuation ("!!!") stays.
CREATE FUNCTION catalog.fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(nullif(btrim(regexp_replace(
               lower(translate(replace(replace(replace(replace(replace(
                   regexp_replace(normalize($1, NFKD), '[\u0300-\u036f''\u2019\u02bc]', '', 'g'),
                   'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'),
                   'ØøŁłĐđÐðÞþıŦŧĦħ', 'ooLlDdDdTtiTtHh') COLLATE "und-x-icu"),
               '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u3020]+', ' ', 'g')), ''),
           lower(btrim(regexp_replace($1, '\s+', ' ', 'g')) COLLATE "und-x-icu"))
$$;

-- What makes two entities the same one, of fixed size so that it can be indexed.
CREATE FUNCTION catalog.same(text[]) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT sha256(convert_to(coalesce(string_agg(catalog.fold(part), chr(31) ORDER BY place), ''), 'UTF8'))
    FROM unnest($1) WITH ORDINALITY AS parts (part, place)
$$;

CREATE FUNCTION catalog.words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_to_tsvector(array(
        SELECT DISTINCT left(word, 200) FROM unnest(string_to_array(catalog.fold($1), ' ')) AS word WHERE word <> ''))
$$;

-- All words must be there; each may be the beginning of one. NULL for a text without words.
CREATE FUNCTION catalog.query(text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_agg('''' || replace(replace(left(word, 200), '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    FROM unnest(string_to_array(catalog.fold($1), ' ')) AS word WHERE word <> ''
$$;

CREATE TABLE catalog.entity (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin text NOT NULL,
    level text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 3), -- 0 person, 1 group, 2 edition, 3 unit
    parent bigint REFERENCES catalog.entity,
    grp bigint REFERENCES catalog.entity,                 -- the group above an edition or a unit
    name text NOT NULL DEFAULT '',
    same bytea NOT NULL,                                  -- catalog.same() of what tells it from its siblings
    attrs jsonb NOT NULL DEFAULT '{}',
    words text NOT NULL DEFAULT '',                       -- its own searched words
    search tsvector,                                      -- of a group: its own, its persons' and all below; of a person: its name
    added_at timestamptz NOT NULL DEFAULT now(),
    added_by bigint NOT NULL,
    newest_at timestamptz,                                -- of a group: when its newest torrent was added
    CHECK ((kind >= 2) = (parent IS NOT NULL)),
    CHECK ((kind >= 2) = (grp IS NOT NULL))
);
CREATE UNIQUE INDEX entity_person ON catalog.entity (plugin, same) WHERE kind = 0;
CREATE UNIQUE INDEX entity_below ON catalog.entity (parent, same) WHERE parent IS NOT NULL;
CREATE INDEX entity_group ON catalog.entity (plugin, same) WHERE kind = 1;
CREATE INDEX entity_of_group ON catalog.entity (grp) WHERE grp IS NOT NULL;
CREATE INDEX entity_newest ON catalog.entity (newest_at DESC, id DESC) WHERE kind = 1 AND newest_at IS NOT NULL;
CREATE INDEX entity_plugin_newest ON catalog.entity (plugin, newest_at DESC, id DESC) WHERE kind = 1 AND newest_at IS NOT NULL;
CREATE INDEX entity_search ON catalog.entity USING gin (search) WHERE kind <= 1;

CREATE TABLE catalog.credit (
    grp bigint NOT NULL REFERENCES catalog.entity,
    place integer NOT NULL,
    person bigint NOT NULL REFERENCES catalog.entity,
    role text NOT NULL,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (grp, place),
    UNIQUE (grp, person, role)
);
CREATE INDEX credit_person ON catalog.credit (person);

CREATE TABLE catalog.tag (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);
CREATE TABLE catalog.entity_tag (
    entity bigint NOT NULL REFERENCES catalog.entity,
    tag bigint NOT NULL REFERENCES catalog.tag,
    added_by bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity, tag)
);
CREATE INDEX entity_tag_tag ON catalog.entity_tag (tag);

CREATE TABLE catalog.torrent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity bigint NOT NULL UNIQUE REFERENCES catalog.entity,
    info_hash bytea NOT NULL UNIQUE CHECK (octet_length(info_hash) = 20),
    info_hash_v2 bytea UNIQUE CHECK (octet_length(info_hash_v2) = 32),
    size bigint NOT NULL,
    files_count integer NOT NULL,
    files bytea NOT NULL,                                 -- the first of them, packed as the pages' trees have them
    metainfo bytea NOT NULL,                              -- without announce URLs, private
    uploader bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- a transaction may have waited for its turn
    active boolean NOT NULL DEFAULT true                  -- false: no longer served
);
ALTER TABLE catalog.torrent ALTER COLUMN metainfo SET STORAGE EXTERNAL; -- hashes do not compress
CREATE INDEX torrent_uploader ON catalog.torrent (uploader, id DESC);
CREATE INDEX torrent_cut ON catalog.torrent (substr(info_hash_v2, 1, 20)) WHERE info_hash_v2 IS NOT NULL;
