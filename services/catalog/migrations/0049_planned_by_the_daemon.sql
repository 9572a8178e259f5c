-- How a search is looked up is decided in the daemon, by statements that are planned once (find.c): to plan each search anew, up to four times,
-- took half of its time.
DROP FUNCTION catalog.find(text, tsquery, tsquery, tsquery, boolean, text, boolean, bigint, bigint, bigint, bigint, bit);
DROP FUNCTION catalog.walk(text, tsquery, tsquery, boolean, text, boolean, bigint, bigint, bigint, bit);
DROP FUNCTION catalog.sample(text, tsquery, tsquery, bigint, bigint);
DROP FUNCTION catalog.expected(text, text, tsquery, tsquery);
DROP FUNCTION catalog.source(text, tsquery, tsquery, boolean, boolean);
