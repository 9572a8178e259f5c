"""Searches that members keep in the running catalog: whom an upload is told to, and that it is found with few of them looked at."""
import os

import pytest

from service_kit import FLAC, add, refused
from test_news import settled, somebody, told  # noqa: F401 (fixtures)
from test_plugins import fields_of, listed, made, upload  # noqa: F401 (fixtures)


def save(bus, actor, query="", name=None, plugin="music", tell=True, key=None, **more):
    ask = {"key": key or os.urandom(16), "plugin": plugin, "name": name or f"Of {query}", "query": query, "tell": tell, **more}
    return bus.ask("catalog.search.add", ask, actor=actor)["search"]


def saved(bus, actor, **more):
    reply = bus.ask("catalog.search.list", more, actor=actor)
    assert reply.get("count", 0) == len(reply["searches"])
    return reply["searches"]


def edit(bus, number, actor, name, tell=True, opens=False):
    return bus.ask("catalog.search.edit", {"search": number, "name": name, "tell": tell, "opens": opens}, actor=actor)


def forget(bus, number, actor):
    return bus.ask("catalog.search.delete", {"search": number}, actor=actor)


# {w}: a word of its own; {b}: its beginning.
FOUND = ("{w}", "{w} night", '"blue {w}"', "{b}*", "{w} -live", "-live", "", "artist:{w}a", "title:{b}*", "{w} year:1990..1999",
         "year:..2000", "year:1999", "{w} format:flac media:cd", "format:FLAC", "{w} -format:MP3", "release_type:album",
         'label:"{w} records"', "tags:{w}tag", "& {w}", "{w} log:no", "album:{w}", "año {w}")
MISSED = ("{w}x", '"{w} blue"', "{w} live", "-{w}", "artist:{w}", "{w} year:2000..", "{w} format:mp3", "format:FLAC media:vinyl {w}",
          "{w} -format:flac", "{b}7*", "tags:{w}", "year:1998 {w}")


@pytest.fixture
def album(fresh):
    return dict(FLAC, artists=[f"{fresh}a"], title=f"Blue {fresh} night año", label=f"{fresh} Records", tags=f"{fresh}tag")


def test_an_upload_is_told_to_whom_a_search_of_theirs_finds_it_and_to_no_others(bus, album, tmp_path, fresh, settled):  # noqa: F811
    wanted, missed = {}, {}
    for queries, into in ((FOUND, wanted), (MISSED, missed)):
        for query in queries:
            member, text = somebody(), query.format(w=fresh, b=fresh[:7])
            into[member] = text, save(bus, member, text, name=f"My {query}")
    silent, uploader = somebody(), somebody()
    save(bus, silent, fresh, tell=False)
    save(bus, uploader, fresh)
    save(bus, uploader, "", name="Everything")
    title = add(bus, made(tmp_path), album, actor=uploader)["title"]
    settled()
    seen = told(bus, *wanted, *missed, silent, uploader)
    users = [user for user, *_ in seen]
    assert [text for user, (text, _) in wanted.items() if user not in users] == []
    assert [text for user, (text, _) in missed.items() if user in users] == []
    assert sorted(users) == sorted(wanted)
    for user, kind, name, text, href, about in seen:
        number = wanted[user][1]
        assert (kind, href, about) == ("search_found", f"/search/{number}", f"search {number}") and name.startswith("Found: My")
        assert text == f"New Format: {title}"


def test_each_upload_is_found_once_and_what_is_asked_of_torrents_is_asked_of_it(bus, album, tmp_path, fresh, settled):  # noqa: F811
    flac, all_of_it = somebody(), somebody()
    save(bus, flac, f"{fresh} format:flac")
    save(bus, all_of_it, fresh)
    for more in ({}, {"format": "MP3", "bitrate": "320"}):
        add(bus, made(tmp_path), dict(album, **more))
    settled()
    assert len(told(bus, flac)) == 1 and len(told(bus, all_of_it)) == 2


def test_only_searches_with_a_word_of_the_upload_are_looked_at(bus, album, tmp_path, fresh, sql, settled):  # noqa: F811
    member = somebody()
    numbers = [save(bus, member, query) for query in (f"{fresh} format:flac", f"format:flac {fresh}x", f"year:1999 {fresh[:5]}*")]
    anchors = [sql("SELECT anchors FROM catalog.search WHERE id = %s", number)[0][0] for number in numbers]
    assert anchors[:2] == [[fresh], [f"{fresh}x"]] and anchors[2] in ([f"{fresh[:3]}*"], ["year=10000001999"])
    sql("INSERT INTO catalog.search (member, plugin, name, query, sort, rising, flat, tell, whole, anchors) SELECT i, 'music', 'x', '', '',"
        " false, false, true, 'nothing'::tsquery, ARRAY['nothing' || i] FROM generate_series(1, 20000) AS i RETURNING id")
    sql("ANALYZE catalog.search; SELECT 1")
    torrent = add(bus, made(tmp_path), album)["torrent"]
    settled()
    assert len(told(bus, member)) == 2
    looked_at, = sql("SELECT FROM catalog.searches(%s, 0, 0, 200); SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
                     " WHERE relid = 'catalog.search'::regclass", torrent)[0]
    sql("DELETE FROM catalog.search WHERE name = 'x' RETURNING id")
    assert looked_at < 100


def test_a_search_is_renamed_silenced_and_forgotten_by_its_member_alone(bus, album, tmp_path, fresh, settled):  # noqa: F811
    ann, bob, key = somebody(), somebody(), os.urandom(16)
    first, again = (save(bus, ann, fresh, "Blue things", key=key, sort="year", rising=True, flat=True) for _ in range(2))
    other = save(bus, ann, "", "All")
    assert first == again and [one["name"] for one in saved(bus, ann)] == ["All", "Blue things"]
    one, = saved(bus, ann, search=first)
    assert (one["plugin"], one["query"], one["sort"], one["rising"], one["flat"], one["tell"]) == ("music", fresh, "year", True, True, True)
    assert saved(bus, bob) == saved(bus, bob, search=first) == []
    assert refused(edit, bus, first, bob, "Mine").status == refused(forget, bus, first, bob).status == "not_found"
    assert refused(edit, bus, other, ann, "BLUE  things").field == refused(save, bus, ann, "x", "blue things").field == "name"
    edit(bus, first, ann, "Blue", tell=False)
    forget(bus, other, ann)
    add(bus, made(tmp_path), album)
    settled()
    assert [(one["name"], one["tell"]) for one in saved(bus, ann)] == [("Blue", False)] and told(bus, ann) == []


def test_what_cannot_be_saved_is_refused_by_name(bus, fresh):
    ann = somebody()
    for field, more in (("query", {"query": "nosuch:x"}), ("query", {"query": 'open "phrase'}), ("name", {"name": " \t"}),
                        ("name", {"name": "é" * 61}), ("plugin", {"plugin": "nothing"}), ("plugin", {"plugin": "backup"})):
        assert refused(save, bus, ann, **{"query": fresh, "name": "N", **more}).field == field, more
    assert refused(save, bus, 0, fresh).status == "forbidden"
    for number in range(50):
        save(bus, ann, fresh, f"Number {number}")
    assert "50 searches" in str(refused(save, bus, ann, fresh, "One more"))


def test_of_what_is_sealed_nobody_is_told(bus, listed, tmp_path, fresh, settled, sql):  # noqa: F811
    ann = somebody()
    sql("INSERT INTO catalog.search (member, plugin, name, query, sort, rising, flat, tell, anchors) VALUES"
        " (%s, 'backup', 'x', '', '', false, false, true, ARRAY['=']) RETURNING id", ann)
    upload(bus, listed["backup"], made(tmp_path), fields_of(listed["backup"], fresh))
    settled()
    assert told(bus, ann) == []


def test_a_list_begins_with_one_search_of_its_member(bus):
    member, other = somebody(), somebody()
    opens = lambda of=member: [one["search"] for one in saved(bus, of, opens=True)]
    first = save(bus, member, "one", opens=True)
    films = save(bus, member, "film", plugin="movies", opens=True)
    save(bus, other, "one", opens=True)
    assert sorted(opens()) == sorted([first, films])
    second = save(bus, member, "two", opens=True)  # takes the place of the first
    assert sorted(opens()) == sorted([second, films])
    assert [one["opens"] for one in saved(bus, member, search=first)] == [False]
    assert refused(save, bus, member, "again", name="Of two", opens=True).status == "conflict" and second in opens()
    edit(bus, first, member, "Of one", opens=True)
    assert sorted(opens()) == sorted([first, films])
    edit(bus, first, member, "Of one")
    assert opens() == [films]
    forget(bus, films, member)
    assert opens() == [] and len(opens(other)) == 1
