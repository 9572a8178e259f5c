-- The secret in the addresses of a member's feeds: kept as the passkey is, because the pages show it. 122 random bits of a UUID, in hex.
ALTER TABLE web.member ADD COLUMN feed_key text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', '') UNIQUE;
