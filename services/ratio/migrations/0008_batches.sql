-- What a batch of session totals is stored with: it was worked out from what had been read, and fails when that is no more.

-- serialization_failure: the same transaction, tried again, may succeed.
CREATE FUNCTION @SCHEMA@.expect(rows bigint, expected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows <> expected THEN
        RAISE EXCEPTION 'another batch came first' USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;

-- The same sum, of two numbers of which none is negative, without a detour by numeric.
CREATE FUNCTION @SCHEMA@.add_counts(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN a > 9223372036854775807 - b THEN 9223372036854775807 ELSE a + b END
$$;
