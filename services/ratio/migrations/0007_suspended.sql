-- Of a row `member` the amount says whether the member is suspended; those who were before are told of now.
INSERT INTO @SCHEMA@.book_inbox (kind, user_id, amount)
    SELECT 'member', user_id, 1 FROM @SCHEMA@.member WHERE standing <> 'active' ORDER BY user_id;
