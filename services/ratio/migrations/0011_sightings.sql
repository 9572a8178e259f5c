-- What waits to be booked is gone in a moment: not worth compressing.
ALTER TABLE @SCHEMA@.book_inbox ALTER COLUMN payload SET STORAGE EXTERNAL;
