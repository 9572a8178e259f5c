"""What is long is found, too, in the running catalog: files by their names, and texts, a moment after the upload."""
import contextlib, os

import psycopg2, pytest

from service_kit import FLAC, MP3, add, browse, refused, torrent, until
from test_edit import edit, form
from test_news import settled, somebody, told  # noqa: F401 (fixtures)
from test_search import MUSIC, found
from test_searches import save


@pytest.fixture
def kept(sql):
    """Waits until what is long is listed, too."""
    return lambda: until(lambda: sql("SELECT count(*) FROM catalog.listed_later") == [(0,)])


def album(bus, tmp_path, fresh, title, files, fields=FLAC, **more):
    fields = dict(fields, artists=f"Who {fresh}", title=f"{title} {fresh}", **more)
    return add(bus, torrent(tmp_path, "x", files), fields)


@pytest.fixture
def two(bus, tmp_path, fresh, kept):
    """Blue in two formats, and Green."""
    blue = album(bus, tmp_path, fresh, "Blue", ["CD1/01 - Tåke Five.flac", f"CD1/bonus{fresh}.cue"],
                 description=f"Recorded in a *church{fresh}* at night.", format_description="Ripped with a fine drive.")
    entity = bus.ask("catalog.entity.get", {"entity": blue["entity"]})["page"]["entity"]
    add(bus, torrent(tmp_path, "x", [f"07 so what{fresh}.mp3"]), dict(MP3, format_description=f"Spectrals{fresh} shown."), parent=entity)
    album(bus, tmp_path, fresh, "Green", ["01 five take.flac", f"02 so{fresh}.flac"], description="A church of night at recorded.")
    kept()
    return entity, f"Blue {fresh}", f"Green {fresh}"


def test_names_of_files_are_found_as_words_are(bus, two, fresh):
    _, blue, green = two
    for query, names in (("file:take", [green, blue]), ('file:"TAKE five"', [blue]), ('file:"five flac"', [blue]),
                         ("file:tak*", [green, blue]),
                         (f"file:cd1/bonus{fresh}.cue", [blue]), ('file:"cue cd1 01"', []),
                         ("file:nothing", []), ("file:take -file:cd1", [green]), ("file:take blue", [blue]), ("FILE:take -blue", [green])):
        assert found(bus, f"{fresh} {query}") == names, query
    assert found(bus, f"bonus{fresh}") == [], "only where it is asked for"


def test_texts_of_groups_and_of_torrents_are_found(bus, two, fresh):
    _, blue, green = two
    assert found(bus, f"text:church{fresh}") == [blue] == found(bus, f'text:"a church{fresh} at"')
    assert found(bus, f"{fresh} text:night text:recorded") == [green, blue] and found(bus, f'{fresh} text:"night recorded"') == []
    assert found(bus, f"text:spectrals{fresh}") == [blue] and found(bus, f'{fresh} text:"night ripped"') == [], "two texts"
    assert found(bus, f"{fresh} -text:church{fresh}") == [green] and found(bus, f"{fresh} text:night file:bonus{fresh}") == [blue]


def test_what_is_asked_of_files_and_of_torrents_holds_for_one_of_them(bus, two, fresh):
    _, blue, green = two
    assert found(bus, f"file:bonus{fresh} format:FLAC") == [blue] and found(bus, f"file:bonus{fresh} format:MP3") == []
    group, = browse(bus, f"file:bonus{fresh}", **MUSIC)["groups"]
    assert [unit["title"] for edition in group["editions"] for unit in edition["formats"]] == ["FLAC / Lossless / Cue"]
    page = browse(bus, f"{fresh} file:so*", flat=True, sort="size", facets=True, **MUSIC)
    assert page["count"] == 2 == len(page["groups"])
    assert {value["value"] for facet in page["facets"] for value in facet["values"]} > {"FLAC"}
    assert browse(bus, f"{fresh} text:church*", flat=True, **MUSIC)["count"] == 3


def test_every_order_and_its_pages(bus, two, fresh):
    _, blue, green = two
    for sort in ("time", "year", "size", "snatches", "seeders", "leechers", "random"):
        for rising in (False, True):
            page = browse(bus, f"file:take {fresh}", sort=sort, rising=rising, limit=1, **MUSIC)
            assert page["count"] == 2, sort
            if sort == "random":
                continue
            rest = browse(bus, f"file:take {fresh}", sort=sort, rising=rising, limit=1, cursor=page["next"], **MUSIC)
            assert sorted(group["name"] for each in (page, rest) for group in each["groups"]) == [blue, green], sort
            assert "next" not in rest


def test_they_follow_what_changes(bus, two, kept, fresh, sql):
    entity, blue, green = two
    edit(bus, entity, dict(form(bus, entity, actor=5)["fields"], description=f"Nothing but a barn{fresh}."), actor=5)
    kept()
    assert found(bus, f"text:church{fresh}") == [] and found(bus, f"text:barn{fresh}") == [blue]
    group, = browse(bus, f"file:bonus{fresh}", **MUSIC)["groups"]
    torrent_ = group["editions"][0]["formats"][0]["torrent"]
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": torrent_, "reason": "x"}, actor=5)
    kept()
    assert found(bus, f"file:bonus{fresh}") == [] and found(bus, f"file:what{fresh}") == [blue]
    assert sql("SELECT count(*) FROM catalog.listed_files WHERE id = %s", torrent_) == [(0,)]


def test_what_is_sealed_has_neither(bus):
    for field in ("file", "text"):
        assert f'no field "{field}"' in str(refused(browse, bus, f"{field}:x", plugin="backup"))
        assert field in str(refused(browse, bus, "lable:x", **MUSIC))
        assert field in [each["name"] for plugin in bus.ask("catalog.plugin.list")["plugins"] if plugin["name"] == "music"
                         for each in plugin["search"]]
    assert "say what stands before" in str(refused(browse, bus, "file:*", **MUSIC))


def test_who_keeps_such_a_search_is_told_of_what_it_finds(bus, tmp_path, fresh, settled):  # noqa: F811
    by_file, by_text, missed = somebody(), somebody(), somebody()
    save(bus, by_file, f"file:song{fresh} format:FLAC")
    save(bus, by_text, f'text:"church{fresh} at"')
    save(bus, missed, f"file:song{fresh} -file:flac")
    album(bus, tmp_path, fresh, "Red", [f"song{fresh}.flac"], description=f"In a church{fresh} at night.")
    settled()
    assert sorted(user for user, *_ in told(bus, by_file, by_text, missed)) == sorted([by_file, by_text])


MANY = 20000


def test_much_is_found_as_little_is(replicas):
    """As many as no test could upload, in a transaction that is taken back: every other one has a file, one of 5000 another."""
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("""INSERT INTO catalog.listed (id, plugin, added, size, shuffle, search)
            SELECT 1000000000 + i, 'music', i, 1, hashint8extended(i, 1), 'x:1'::tsvector FROM generate_series(1, %s) AS i""", [MANY])
        cursor.execute("""INSERT INTO catalog.listed_files SELECT id, id, (CASE WHEN id % 2 = 0 THEN 'even:1 ' ELSE '' END ||
            CASE WHEN id % 5000 = 0 THEN 'rare:2' ELSE 'some:2' END)::tsvector FROM catalog.listed WHERE id > 1000000000""")
        cursor.execute("ANALYZE catalog.listed; ANALYZE catalog.listed_files")

        def page(files, sort="added", key=1 << 62, id=1 << 62, sampled=0):
            cursor.execute("SELECT found, at, total, about, sample FROM catalog.find_written('music', NULL, NULL, %s, NULL, false, %s,"
                           " false, %s, %s, 21, %s)", [files, sort, key, id, sampled])
            return cursor.fetchall()
        first = page("even", sampled=100)
        assert [row[0] for row in first] == [1000000000 + i for i in range(MANY, MANY - 42, -2)] and first[0][3]
        assert MANY / 3 < first[0][2] < MANY and len(first[0][4]) == 64 and all(i % 2 == 0 for i in first[0][4])
        assert [row[0] for row in page("even", key=first[-1][1], id=first[-1][0])][0] == 1000000000 + MANY - 42
        assert [row[0] for row in page("rare")] == [1000000000 + i for i in range(MANY, 0, -5000)] and not page("rare")[0][3]
        assert len(set(row[0] for row in page("even", "shuffle", -(1 << 62)))) == 21
        connection.rollback()
        cursor.execute("ANALYZE catalog.listed, catalog.listed_files")  # how many rows there are is not taken back
        connection.commit()
