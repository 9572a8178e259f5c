-- Members are offered by how their names begin.
CREATE INDEX member_begins ON web.member (name_key text_pattern_ops);
