-- Which BitTorrent clients may take part, by the beginning of their peer_id and the version behind it. A rule that was taken
-- back stays, inactive, for its id is the key of its fact.
CREATE TABLE web.client (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix text NOT NULL,
    low text NOT NULL,           -- '' any
    high text NOT NULL,
    allowed boolean NOT NULL,
    reason text NOT NULL,
    active boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (prefix, low, high)
);
