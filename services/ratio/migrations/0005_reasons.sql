-- What the staff said with an event of the books (books/command.c): it stands beside the event's effects in the history.
CREATE TABLE @SCHEMA@.book_reason (
    seq bigint PRIMARY KEY,
    said_by bigint NOT NULL,
    reason text NOT NULL
);
