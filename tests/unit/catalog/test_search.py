"""Searches in the running catalog: the syntax, facets, orders, flat lists, suggestions. What follows from a plugin's description is tried
with Books, which says nothing about search but its attributes."""
import contextlib, os, random, urllib.request

import psycopg2, pytest

from service_kit import FLAC, MP3, Refused, add, browse, refused, torrent, until

MUSIC = {"plugin": "music"}


def found(bus, query, **more):
    return [group["name"] for group in browse(bus, query, **MUSIC | more)["groups"]]


def album(bus, tmp_path, fresh, title, **more):
    return add(bus, torrent(tmp_path, "x", ["1.flac", "x.log"] if more.get("format") != "MP3" else ["1.mp3"], size=more.pop("size", 40000)),
               dict(FLAC, **{"artists": f"Who {fresh}", "title": title} | more))


def book(bus, tmp_path, **fields):
    return add(bus, torrent(tmp_path, "x", "1.epub"), {"format": "EPUB", **fields}, plugin="books")


@pytest.fixture
def shelf(bus, tmp_path, fresh):
    """Three albums of one artist, the first in two formats of two editions."""
    one = album(bus, tmp_path, fresh, f"Kind of {fresh}", label="Columbia", catalogue_number="CL 1355", tags="modal, hip hop")
    group = bus.ask("catalog.entity.get", {"entity": one["entity"]})["page"]["entity"]
    add(bus, torrent(tmp_path, "x", "1.mp3"), dict(MP3, media="Vinyl", label="Écoute", release_title="Deluxe"), parent=group)
    album(bus, tmp_path, fresh, "Blue in Green", year="1985", release_type="EP", scene="1", size=90000)
    album(bus, tmp_path, fresh, "Green", year="2003", media="WEB", format="MP3", bitrate="V0 (VBR)", size=10000,
          artists=[f"Who {fresh}", f"Guest {fresh}"], artists_role=["main", "guest"])
    return [f"Kind of {fresh}", "Blue in Green", "Green"]


def test_words_phrases_beginnings_and_what_must_not_be(bus, shelf, fresh):
    kind, blue, green = shelf
    assert found(bus, fresh) == [green, blue, kind]
    assert found(bus, f"{fresh} green") == [green, blue]
    assert found(bus, f'{fresh} "in green"') == [blue] and found(bus, f'{fresh} "green in"') == []
    assert found(bus, f"{fresh} green -blue") == [green] and found(bus, f'{fresh} -"in green"') == [green, kind]
    assert found(bus, f"{fresh} gre") == [] and found(bus, f"{fresh} gre*") == [green, blue]
    assert found(bus, f"{fresh} ecoute ÉCOUTE") == [kind]
    assert found(bus, f'"{fresh} who"') == [], "words of one text only are a phrase"


def test_punctuation_between_words_is_none_and_by_itself_a_name(bus, shelf, tmp_path, fresh):
    kind, blue, green = shelf
    assert found(bus, f"who & {fresh} - green") == [green, blue] and found(bus, f"{fresh} ! ... \u2019 blue") == [blue]
    album(bus, tmp_path, fresh, "¿¿¿")
    assert "¿¿¿" in found(bus, "¿¿¿") and found(bus, f'title:"¿¿¿" artist:{fresh}') == ["¿¿¿"]


def test_fields(bus, shelf, fresh):
    kind, blue, green = shelf
    for query, names in ((f"artist:{fresh}", [green, blue, kind]), (f"guest:{fresh}", [green]), (f"composer:{fresh}", []),
                         (f'main:"who {fresh}"', [green, blue, kind]), (f"title:{fresh}", [kind]), (f"{fresh} label:écou*", [kind]),
                         (f"{fresh} -label:columbia", [green, blue, kind]), (f"{fresh} tags:modal", [kind]), (f"{fresh} tag:modal", None),
                         (f'{fresh} tags:"Hip Hop"', [kind]), (f"{fresh} tags:hip", []), (f"{fresh} release_type:ep", [blue]),
                         (f"{fresh} catalogue_number:1355", [kind]), (f"{fresh} log:yes", [blue, kind]), (f"{fresh} scene:yes", [blue])):
        if names is None:
            assert refused(browse, bus, query, **MUSIC).field == "query"
        else:
            assert found(bus, query) == names, query


def test_numbers_and_ranges(bus, shelf, fresh):
    kind, blue, green = shelf
    for query, names in (("year:1999", [kind]), ("year:1985..1999", [blue, kind]), ("year:2000..", [green]), ("year:..1990", [blue]),
                         ("-year:1980..1989", [green, kind]), ("year:1999..1999", [kind]), ("year:1900..1984", [])):
        assert found(bus, f"{fresh} {query}") == names, query


def test_what_is_asked_of_torrents_is_asked_of_one_of_them(bus, shelf, fresh):
    kind = shelf[0]
    assert found(bus, f"{fresh} format:FLAC media:CD label:columbia") == [kind]
    assert found(bus, f"{fresh} format:FLAC media:Vinyl") == [], "one is FLAC and another vinyl, none is both"
    assert found(bus, f"{fresh} label:columbia -format:MP3") == [kind] and found(bus, f"{fresh} label:columbia -format:FLAC") == []
    group, = browse(bus, f"{fresh} media:vinyl", **MUSIC)["groups"]
    assert [unit["title"] for edition in group["editions"] for unit in edition["formats"]] == ["MP3 / 320"], "and only that one is shown"


def test_bad_syntax_and_unknown_fields_get_one_sentence(bus):
    for query, words in (('"kind of', "not closed"), ("lable:ecm", 'no field "lable"'), ("format:FLOC", "FLAC, MP3"),
            ("log:maybe", "yes or no"),
                         ("year:new", "year:10..20"), ("year:2..1", "ends before"), ("title:*", "title: say")):
        fault = refused(browse, bus, query, **MUSIC)
        assert (fault.status, fault.field) == ("invalid", "query") and words in str(fault), query
    for field in ("artists", "composer", "label", "catalogue_number", "year", "tags", "bitrate", "scene"):
        assert field in str(refused(browse, bus, "lable:ecm", **MUSIC))
    assert "one plugin" in str(refused(browse, bus, "year:1999"))


@pytest.mark.parametrize("title,queries,others", (
    ("東京の夜", ("東京", "夜", "京の", '"の夜"'), ("京東", "昼")), ("ガラスの靴", ("ガラス", "カラスの") [:1], ("ラガス",)),
    ("ความรัก", ("รัก", "ความ"), ("กรัร",)), ("Любовь и мир", ("любовь", "МИР"), ("люб",)), ("الليل الطويل", ("الليل",), ("ليل",)),
    ("노래의 날", ("노래의",), ("노래",)), ("Ångström Übung", ("angstrom", "ubung", "Übung"), ("angstr",))))
def test_text_of_any_script_is_found(bus, tmp_path, fresh, title, queries, others):
    album(bus, tmp_path, fresh, title)
    for query in queries:
        assert found(bus, f"{fresh} {query}") == [title], query
    for query in others:
        assert found(bus, f"{fresh} {query}") == [], query


def test_a_hash_leads_to_the_torrent(bus, tmp_path, fresh):
    told = album(bus, tmp_path, fresh, "T")
    other = add(bus, torrent(tmp_path, "x", "1.flac", flags=0), dict(MP3, artists=fresh, title="Hybrid"))
    unit = bus.ask("catalog.entity.get", {"entity": other["entity"]})["page"]["group"]["editions"][0]["formats"][0]
    for digits, href in ((told["info_hash"].hex(), told["href"]), (unit["info_hash"].upper(), other["href"]),
            (unit["info_hash_v2"], other["href"]),
                         (unit["info_hash_v2"][:40], other["href"])):
        group, = browse(bus, digits)["groups"]
        assert href.split("#")[0] == group["href"]
    assert browse(bus, "0" * 40)["groups"] == [] and browse(bus, "0" * 64)["groups"] == []


def test_orders_and_their_pages(bus, shelf, fresh):
    kind, blue, green = shelf
    for sort, names in (("time", [green, blue, kind]), ("year", [green, kind, blue]), ("size", [blue, kind, green])):
        assert found(bus, fresh, sort=sort) == names
        assert found(bus, fresh, sort=sort, rising=True) == names[::-1]
        for rising in (False, True):
            first = browse(bus, fresh, sort=sort, rising=rising, limit=2, **MUSIC)
            rest = browse(bus, fresh, sort=sort, rising=rising, limit=2, cursor=first["next"], **MUSIC)
            pages = [group["name"] for group in first["groups"] + rest["groups"]]
            assert pages == (names[::-1] if rising else names) and "next" not in rest
    seen = {tuple(found(bus, fresh, sort="random")) for _ in range(60)}
    assert all(sorted(one) == sorted(shelf) for one in seen) and len(seen) > 1
    assert refused(browse, bus, sort="peers").field == "sort"
    for cursor in ("x", "1", "1.", "1.x", "9-9"):
        assert refused(browse, bus, cursor=cursor).field == "cursor", cursor


def test_flat_lists_have_torrents(bus, shelf, fresh):
    page = browse(bus, fresh, flat=True, sort="size", **MUSIC)
    rows = [(group["name"], unit["title"]) for group in page["groups"] for edition in group["editions"] for unit in edition["formats"]]
    assert page["count"] == 4 and [len(group["editions"]) for group in page["groups"]] == [1] * 4
    assert rows[0] == ("Blue in Green", "FLAC / Lossless / Log / Scene") and rows[-1] == ("Green", "MP3 / V0 (VBR)")
    sizes = [group["size"] for group in page["groups"]]
    assert sizes == sorted(sizes, reverse=True)
    page = browse(bus, f"{fresh} media:CD -scene:yes", flat=True, **MUSIC)
    assert page["count"] == 1 and page["groups"][0]["name"] == shelf[0] and page["groups"][0]["torrents_count"] == 1
    first = browse(bus, fresh, flat=True, limit=3, **MUSIC)
    rest = browse(bus, fresh, flat=True, limit=3, cursor=first["next"], **MUSIC)
    torrents = [group["editions"][0]["formats"][0]["torrent"] for group in first["groups"] + rest["groups"]]
    assert len(set(torrents)) == 4 and torrents == sorted(torrents, reverse=True)


def test_facets_are_counted_and_each_leads_to_as_many(bus, shelf, fresh):
    def facets(query):
        return {facet["name"]: {value["value"]: (value["count"], value["query"]) for value in facet["values"]}
                for facet in browse(bus, query, facets=True, **MUSIC)["facets"]}
    assert facets("")["format"]["FLAC"][0] >= 2, "of all"
    told = facets(fresh)
    assert list(told) == ["year", "release_type", "tags", "media", "format", "bitrate", "log", "scene"]
    assert told["year"] == {"2000..2009": (1, "year:2000..2009"), "1990..1999": (1, "year:1990..1999"),
            "1980..1989": (1, "year:1980..1989")}
    assert told["format"] == {"FLAC": (2, "format:FLAC"), "MP3": (2, "format:MP3")} and told["scene"] == {"Yes": (1, "scene:yes")}
    assert told["tags"] == {"hip.hop": (1, "tags:hip.hop"), "modal": (1, "tags:modal")}
    for base in (fresh, f"{fresh} format:FLAC", f"{fresh} -media:CD", f"{fresh} label:écoute -log:yes",
                 f"{fresh} media:vinyl year:1990..2003"):
        for values in facets(base).values():
            for count, query in values.values():
                assert browse(bus, f"{base} {query}", **MUSIC)["count"] == count, (base, query)
    assert facets(f"{fresh} media:vinyl")["format"] == {"MP3": (1, "format:MP3")}
    assert "facets" not in browse(bus, fresh, **MUSIC)


def test_lists_follow_what_changes(bus, shelf, fresh, sql):
    before = browse(bus, **MUSIC)["count"], browse(bus, flat=True, **MUSIC)["count"]
    group, = browse(bus, f"title:{fresh}", **MUSIC)["groups"]
    torrents = [unit["torrent"] for edition in group["editions"] for unit in edition["formats"]]
    key = [os.urandom(16) for _ in torrents]
    bus.ask("catalog.torrent.delete", {"key": key[0], "torrent": torrents[0], "reason": "x"}, actor=5)
    assert browse(bus, f"title:{fresh}", flat=True, **MUSIC)["count"] == 1
    bus.ask("catalog.torrent.delete", {"key": key[1], "torrent": torrents[1], "reason": "x"}, actor=5)
    assert found(bus, f"title:{fresh}") == [] and "count" not in browse(bus, f"title:{fresh}", **MUSIC)
    assert (browse(bus, **MUSIC)["count"], browse(bus, flat=True, **MUSIC)["count"]) == (before[0] - 1, before[1] - 2)
    assert sql("SELECT (SELECT sum(groups) FROM catalog.plugin) = (SELECT count(*) FROM catalog.listed),"
               " (SELECT sum(torrents) FROM catalog.plugin) = (SELECT count(*) FROM catalog.listed_unit)") == [(True, True)]
    assert sql("SELECT count(*) FROM (SELECT unnest(names) AS id FROM catalog.listed) l RIGHT JOIN catalog.name n USING (id)"
               " WHERE n.entity IS NULL GROUP BY n.id, n.uses HAVING count(l.id) <> n.uses") == []
    recent, newest, listed = (f"SELECT id, plugin, added, search FROM catalog.{table}"
                              for table in ("recent", "newest", "listed"))
    assert all(sql(f"{kept} EXCEPT {listed}") == [] == sql(f"{listed} EXCEPT {kept}") for kept in (recent, newest))
    assert sql("""SELECT u.id FROM catalog.listed_unit u JOIN catalog.listed l ON l.id = u.grp WHERE u.marks <> catalog.marks(u.terms)
        | catalog.marks(ts_delete(l.search, array(SELECT unnest(tsvector_to_array(o.terms)) FROM catalog.listed_unit o WHERE o.grp = l.id)))
        """) == [] == sql("SELECT id FROM catalog.listed WHERE marks <> catalog.marks(search)")


def test_what_is_listed_again_as_it_was_is_not_written(bus, shelf, fresh, sql):
    groups = [group["entity"] for group in browse(bus, fresh, **MUSIC)["groups"]]

    def versions():
        return sql("SELECT l.id, l.xmin::text, array_agg(DISTINCT u.xmin::text), array_agg(DISTINCT n.xmin::text), r.xmin::text,"
                   " t.xmin::text FROM catalog.listed l JOIN catalog.listed_unit u ON u.grp = l.id"
                   " JOIN catalog.name n ON n.id = ANY(l.names) OR n.entity = l.id"
                   " JOIN catalog.recent r ON r.id = l.id JOIN catalog.tally t ON t.id = l.id WHERE l.id = ANY(%s)"
                   " GROUP BY l.id, r.id, t.id ORDER BY l.id", groups)
    before = versions()
    sql("SELECT catalog.list(%s)", groups)
    assert versions() == before and len(before) == 3
    bus.ask("catalog.tag.add", {"key": os.urandom(16), "entity": groups[0], "tags": "bebop"}, actor=5)
    assert [was == now for was, now in zip(before, versions())].count(False) == 1


def test_lists_and_pages_asked_for_again_are_the_same_until_something_changes(bus, shelf, fresh):
    def asked():
        groups = browse(bus, fresh, **MUSIC)["groups"]
        people = {one["entity"] for group in groups for one in group["artists"]}
        fitting, flat = (browse(bus, query, **MUSIC, **more)["groups"] for query, more in (
            (f"{fresh} format:MP3", {}), (fresh, {"flat": True, "sort": "size"})))
        return groups, fitting, flat, [bus.ask("catalog.entity.get", {"entity": one})["page"]["sections"] for one in sorted(people)]
    groups, fitting, flat, people = was = asked()
    assert asked() == was
    assert [len(groups), len(fitting), len(flat)] == [3, 2, 4] and flat[0]["name"] == "Blue in Green"
    assert [group["torrents_count"] for group in sorted(fitting + flat, key=lambda one: one["entity"])] == [1] * 6
    assert sorted((group["entity"], group["torrents_count"]) for one in people[0] for group in one["groups"]) == sorted(
        (group["entity"], group["torrents_count"]) for group in groups)
    bus.ask("catalog.tag.add", {"key": os.urandom(16), "entity": groups[0]["entity"], "tags": "bebop"}, actor=5)
    now = asked()
    assert now[0][0]["tags"] == groups[0]["tags"] + [{"name": "bebop"}] and now[0][1:] == groups[1:]
    assert now[1] != fitting and now[2] != flat and now[3] != people


def test_what_pages_read_is_what_there_is(shelf, sql):
    """After whatever the other tests have changed, but for the groups that one made by hand: they are the same as nothing."""
    kept = sql("SELECT s.*, l.added / 10 FROM catalog.shelf s LEFT JOIN catalog.listed l ON l.id = s.grp ORDER BY grp")
    assert all(added is None and listed is None or added // 10 - listed in (-1, 0, 1) for _, _, added, *_, listed in kept)
    assert kept and [row[0] for row in kept] == [row[0] for row in sql(
        "SELECT id FROM catalog.entity WHERE kind = 1 AND deleted_at IS NULL AND same <> '' ORDER BY id")]
    sql("SELECT catalog.shelve(array(SELECT id FROM catalog.entity WHERE kind = 1 AND same <> ''))")
    assert sql("SELECT s.*, l.added / 10 FROM catalog.shelf s LEFT JOIN catalog.listed l ON l.id = s.grp ORDER BY grp") == kept


# ---- much ----

MANY, FIRST = 40000, 1000000000

ADDED = f"""
    INSERT INTO catalog.listed (id, plugin, added, year, size, shuffle, search)
        SELECT {FIRST} + i, 'music', i / 3, i % 97, (i::bigint * 7919) % 10007, hashint8extended(i, 1),
            (CASE WHEN i % 50 = 0 THEN 'mid:4 ' ELSE '' END || CASE WHEN i % 200 = 0 THEN 'few:5 ' ELSE '' END ||
            'every:6 ''='':1,2 ''format=FLAC'':1 ''format=MP3'':2 ''media=CD'':' || 1 + i % 2)::tsvector
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO catalog.listed_unit (id, grp, plugin, added, year, size, shuffle, terms, marks)
        SELECT 2 * l.id + i, l.id, 'music', l.added, l.year, (l.id * 7919 + i * 31) % 10007, hashint8extended(l.id + i, 2), t.terms,
            l.marks | catalog.marks(t.terms)
        FROM catalog.listed l, generate_series(0, 1) AS i, LATERAL (SELECT array_to_tsvector(
            ARRAY[CASE i WHEN 0 THEN 'format=FLAC' ELSE 'format=MP3' END] ||
            CASE WHEN l.id % 2 = i THEN ARRAY['media=CD'] ELSE ARRAY[]::text[] END) AS terms) AS t WHERE l.id > {FIRST};
    INSERT INTO catalog.tally SELECT id, plugin, id % 11, 0, id % 1009 FROM catalog.listed WHERE id > {FIRST};
    INSERT INTO catalog.tally_unit SELECT id, plugin, id % 11, 0, id % 1009 FROM catalog.listed_unit WHERE id > {FIRST};
    INSERT INTO catalog.shelf (grp, cells) SELECT l.id, s.cells FROM catalog.listed l, catalog.shelf s
        WHERE l.id > {FIRST} AND l.search @@ '''mid''' AND s.grp = (SELECT max(grp) FROM catalog.shelf);
    UPDATE catalog.plugin SET groups = groups + {MANY}, torrents = torrents + 2 * {MANY} WHERE name = 'music';
    SELECT catalog.recent_list(array(SELECT id FROM catalog.listed));
    SELECT catalog.recent_trim({MANY} / 5)"""
TAKEN_BACK = f"""
    UPDATE catalog.plugin SET groups = groups - {MANY}, torrents = torrents - 2 * {MANY}, recent_from = -9223372036854775808,
        newest_from = -9223372036854775808 WHERE name = 'music';
    DELETE FROM catalog.listed WHERE id > {FIRST}; DELETE FROM catalog.listed_unit WHERE id > {FIRST};
    DELETE FROM catalog.tally WHERE id > {FIRST}; DELETE FROM catalog.tally_unit WHERE id > {FIRST};
    DELETE FROM catalog.shelf WHERE grp > {FIRST}; DELETE FROM catalog.recent WHERE id > {FIRST};
    DELETE FROM catalog.newest WHERE id > {FIRST};
    SELECT catalog.recent_list(array(SELECT id FROM catalog.listed))"""


def pages_of(bus, query, **more):
    """Where each of the first nine pages ends."""
    cursor, ends, counts = "", [], set()
    while len(ends) < 9:
        page = browse(bus, query, cursor=cursor, **MUSIC | {"limit": 20} | more)
        cursor = page["next"]
        ends.append(tuple(map(int, cursor.split("."))))
        counts.add(page["count"])
    assert len(counts) == 1, "the same on all pages"
    return ends


@pytest.fixture(scope="module")
def many(replicas, tmp_path_factory):
    """As many groups as no test could upload: one of 50 has a word, one of 200 another. Each has two torrents, the first FLAC and the
    second MP3; in every other group the first is from a CD, in the others the second. The newest fifth is in catalog.recent, a tenth of
    it in catalog.newest."""
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        def ask(text):
            cursor.execute(text)
            return cursor.description and cursor.fetchall()

        def look_anew():
            for table in ("listed", "recent", "newest", "listed_unit", "tally", "tally_unit"):
                ask(f"VACUUM ANALYZE catalog.{table}")
        album(replicas[0].bus(), tmp_path_factory.mktemp("many"), "many", "What all of them are drawn from")
        ask(ADDED)
        early = pages_of(replicas[0].bus(), "every")
        rows = ask(f"SELECT added, id FROM catalog.listed WHERE id > {FIRST} ORDER BY 1 DESC, 2 DESC LIMIT 200")
        assert early == rows[19:180:20], "what PostgreSQL knows nothing of yet is not few for that"
        look_anew()
        for flat in (False, True):
            until(lambda flat=flat: browse(
                replicas[0].bus(), f"mid format:flac -{random.getrandbits(60)}", flat=flat, **MUSIC).get("about"))
        yield ask
        ask(TAKEN_BACK)
        look_anew()


BOTH = "l.terms @@ '''format=FLAC'' & ''media=CD'''"
ASKED = {
    "mid": "g.search @@ '''mid'''", "few": "g.search @@ '''few'''", "format:flac": "l.terms @@ '''format=FLAC'''",
    "mid format:flac media:cd": f"{BOTH} AND g.search @@ '''mid'''", "few format:flac media:cd": f"{BOTH} AND g.search @@ '''few'''",
    "mid -media:cd": "NOT l.terms @@ '''media=CD''' AND g.search @@ '''mid'''"}
COLUMNS = {"time": "l.added", "year": "l.year", "size": "l.size", "seeders": "n.seeders", "snatches": "n.snatches"}


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("sort", COLUMNS)
def test_much_is_found_as_little_is(bus, many, sort, flat):
    """By each way to it: pages end where a look at every row tells that they do."""
    for query, where in ASKED.items():
        for falls in ("DESC", "ASC"):
            source = ("catalog.listed_unit l JOIN catalog.listed g ON g.id = l.grp JOIN catalog.tally_unit n ON n.id = l.id"
                      if flat else "catalog.listed l JOIN catalog.listed g ON g.id = l.id JOIN catalog.tally n ON n.id = l.id")
            if not flat and "l.terms" in where:
                where = f"EXISTS (SELECT FROM catalog.listed_unit u WHERE u.grp = l.id AND {where.replace('l.terms', 'u.terms')})"
            rows = many(f"SELECT {COLUMNS[sort]}, l.id FROM {source} WHERE l.plugin = 'music' AND {where}"
                        f" ORDER BY 1 {falls}, 2 {falls} LIMIT 200")
            assert pages_of(bus, query, flat=flat, sort=sort, rising=falls == "ASC") == rows[19:180:20], (query, falls)


def test_the_newest_are_kept_apart(many):
    for table, most in (("recent", MANY // 5), ("newest", MANY // 50)):
        (kept, oldest), = many(f"SELECT count(*), min(added) FROM catalog.{table} WHERE plugin = 'music'")
        assert most <= kept < most + 3, "and those that are as old as the last of them"
        assert many(f"SELECT {table}_from FROM catalog.plugin WHERE name = 'music'") == [(oldest,)]


def test_much_in_random_order_comes_around(bus, many):
    met = set()
    for _ in range(60):
        page = [group["entity"] for group in browse(bus, "mid", sort="random", **MUSIC | {"limit": 100})["groups"]]
        assert len(set(page)) == len(page) == 100 and all((entity - FIRST) % 50 == 0 for entity in page)
        met |= set(page)
    assert len(met) > MANY / 50 * 0.95


def test_what_much_can_be_narrowed_by_is_counted_in_a_sample(bus, many):
    for query, step in (("", 1), ("mid", 50), ("few", 200), ("mid format:flac media:cd", 100), ("format:flac", 1), ("-mid", 1)):
        told = browse(bus, query, facets=True, **MUSIC)
        counts = {facet["name"]: {value["value"]: value["count"] for value in facet["values"]} for facet in told["facets"]}
        assert MANY / step * 0.8 < told["count"] < MANY / step * 2.4, "what two words have in common is not known"
        assert 0.9 < counts["format"]["FLAC"] / told["count"] < 1.1, "each of them"
        assert 0.2 < counts["media"]["CD"] / told["count"] <= 1.1


# ---- suggestions ----

def suggested(bus, text, field="", plugin="music", limit=8):
    return bus.ask("catalog.suggest", {"plugin": plugin, "field": field, "text": text, "limit": limit})["names"]


def names(told):
    return [one["name"] for one in told]


def test_names_are_suggested_by_how_their_words_begin(bus, shelf, fresh):
    for typed in (f"who {fresh}", f"who {fresh[:8]}", f"{fresh[:8]}", f"{fresh} WHO", f"Whó {fresh[:9]}"):
        assert f"Who {fresh}" in names(suggested(bus, typed)), typed
    artist, = suggested(bus, f"who {fresh}", "artist")
    assert (artist["label"], artist["uses"]) == ("Artist", 3) and artist["href"].startswith("/music/artist/")
    page = bus.ask("catalog.entity.get", {"entity": int(artist["href"].rsplit("/", 1)[1])})["page"]
    assert page["name"] == f"Who {fresh}"
    kind, = suggested(bus, f"kind {fresh}", "album")
    assert (kind["name"], kind["hint"], kind["uses"]) == (f"Kind of {fresh}", f"Who {fresh}, 1999", 2)
    assert suggested(bus, f"kind {fresh}", "artist") == [] and suggested(bus, "") == [] == suggested(bus, "%_\\")
    assert names(suggested(bus, fresh, limit=1)) == [f"Who {fresh}"], "the most used first"
    music, = (each for each in bus.ask("catalog.plugin.list")["plugins"] if each["name"] == "music")
    kinds = {field["name"]: (field.get("suggest"), field.get("commas", False)) for field in music["fields"] if "suggest" in field}
    assert kinds["tags"] == ("tags", True) and kinds["label"] == ("label", False)
    assert "hip.hop" in names(suggested(bus, "hip h", kinds["tags"][0]))


def test_a_slip_is_forgiven(bus, tmp_path, fresh):
    album(bus, tmp_path, fresh, f"Symphony {fresh}", label=f"Ärztewerk{fresh}")
    for typed in ("symphoni", "smphony", "sympphony", "smyphony", "symphonyy"):
        assert f"Symphony {fresh}" in names(suggested(bus, f"{typed} {fresh}")), typed
    swapped = fresh[:5] + fresh[6] + fresh[5] + fresh[7:]
    assert swapped == fresh or f"Symphony {fresh}" in names(suggested(bus, f"symphony {swapped}"))
    assert names(suggested(bus, f"arztewrk{fresh}", "label")) == [f"Ärztewerk{fresh}"]
    assert suggested(bus, f"symfony-x {fresh}") == [], "two are not"
    album(bus, tmp_path, fresh, f"Sym{fresh} Yz")
    for typed in ("Y", "YZ"):  # which is no word yet
        assert names(suggested(bus, f"sim{fresh} {typed}")) == [f"Sym{fresh} Yz"], typed


@pytest.fixture
def taken_back(replicas):
    """In a transaction that is."""
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    with contextlib.closing(connection), connection.cursor() as cursor:
        yield lambda text, *values: (cursor.execute(text, values), cursor.description and cursor.fetchall())[1]
        connection.rollback()
        cursor.execute("ANALYZE catalog.name")  # how many rows there are is not
        connection.commit()


def test_of_many_names_some_are_looked_at(taken_back, fresh):
    taken_back("""INSERT INTO catalog.name (plugin, field, entity, name, hint, folded, words, uses)
        SELECT 'music', 'album', 1000000000 + i, n.name, '', n.name, catalog.name_words(n.name), 1 + i %% 7
        FROM generate_series(1, 20000) AS i, LATERAL (SELECT %s || CASE WHEN i %% 10 = 0 THEN ' sun' ELSE ' moon' END || i AS name) AS n
        """, fresh)
    taken_back("ANALYZE catalog.name")
    fetched = "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables WHERE relid = 'catalog.name'::regclass"
    for typed in ("s", "su", "m", "moon"):
        before, = taken_back(fetched)[0]
        told = taken_back("SELECT name FROM catalog.suggest('music', '', %s, 8)", f"{fresh} {typed}")
        assert len(told) == 8 and all(name.startswith(f"{fresh} {typed}") for name, in told)
        assert taken_back(fetched)[0][0] - before <= 2000, typed


def test_what_is_gone_is_no_longer_suggested(bus, tmp_path, fresh):
    told = album(bus, tmp_path, fresh, "T", artists=f"Gone {fresh}", label=f"Away {fresh}")
    assert len(suggested(bus, fresh)) == 2
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": told["torrent"], "reason": "x"}, actor=5)
    assert suggested(bus, fresh) == []


def test_what_one_group_alone_has_leads_there(bus, tmp_path, fresh):
    one = album(bus, tmp_path, fresh, f"Kind of {fresh}", catalogue_number=f"{fresh.upper()}-1355", release_title=f"Übung {fresh}")
    printed = f"{fresh.upper()}-1355"
    for typed, field, name in ((f"{fresh} 1355", "", printed), (fresh[:6], "catalogue_number", printed),
                               (f"{fresh[1:]}-13", "catalogue_number", printed), (f"{fresh}13", "catalogue_number", printed),
                               (f"ubvng {fresh}", "", f"Übung {fresh}")):
        told, = [each for each in suggested(bus, typed, field) if each["name"] == name]
        assert (told["href"], told["hint"]) == (one["href"].split("#")[0], f"Kind of {fresh}, Who {fresh}, 1999"), typed
        assert told["label"] in ("Catalogue number", "Edition title") and told["uses"] == 1

    album(bus, tmp_path, fresh, "Blue in Green", catalogue_number=f"{fresh}77X")
    for typed in (f"{fresh} 77 x", f"{fresh} 77", f"{fresh}-7"):
        assert names(suggested(bus, typed, "catalogue_number"))[0] == f"{fresh}77X", "with a space or without"

    other = album(bus, tmp_path, fresh, "Green", catalogue_number=f"{fresh} 1355")
    told, = suggested(bus, f"{fresh} 1355", "catalogue_number")
    assert told["uses"] == 2 and "href" not in told and "hint" not in told, "which one is nobody's to say"
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": one["torrent"], "reason": "x"}, actor=5)
    told, = suggested(bus, f"{fresh} 1355", "catalogue_number")
    assert told["href"] == other["href"].split("#")[0] and told["hint"].startswith("Green, ")
    assert suggested(bus, f"ubung {fresh}", "release_title") == []


def test_a_film_is_found_by_its_original_title_and_its_edition(bus, tmp_path, fresh):
    told = add(bus, torrent(tmp_path, "x", "1.mkv"), {
        "people": f"Who {fresh}", "title": f"Seven {fresh}", "original_title": f"Schichinin {fresh}", "year": "1954",
        "edition_title": f"Roadshow {fresh}", "source": "DVD", "codec": "x264", "container": "MKV", "resolution": "480p"}, plugin="movies")
    for typed, label in ((f"schichinjn {fresh}", "Original title"), (f"rodshow {fresh}", "Edition")):
        one, = suggested(bus, typed, plugin="movies")
        assert (one["label"], one["href"]) == (label, told["href"].split("#")[0])


# ---- plugins ----

def test_a_plugin_is_searched_by_what_it_says_of_itself(bus, tmp_path, fresh):
    book(bus, tmp_path, authors=[f"Ursula {fresh}", f"Tr {fresh}"], authors_role=["author", "translator"], title=f"Left {fresh}",
            year="-300",
         publisher=f"Ace {fresh}", isbn="0441478123", tags="novel")
    for query in (f"left {fresh}", f"author:ursula title:{fresh}", f"translator:{fresh}", f"publisher:ace work:{fresh}",
            f"{fresh} year:-305..-295",
                  f"{fresh} year:..-1", f"{fresh} isbn:0441478123", f"{fresh} tags:novel format:epub scan:no"):
        assert browse(bus, query, plugin="books").get("count") == 1, query
    for query in (f"translator:ursula {fresh}", f"{fresh} year:0..", f"{fresh} scan:yes"):
        assert "count" not in browse(bus, query, plugin="books"), query
    assert "translator" in str(refused(browse, bus, "x:y", plugin="books"))
    facets = browse(bus, fresh, plugin="books", facets=True)["facets"]
    assert [facet["name"] for facet in facets] == ["year", "tags", "format"] and facets[0]["values"][0]["value"] == "-300..-291"
    assert {one["label"] for one in suggested(bus, fresh, plugin="books")} == {"Author", "Work", "Publisher"}


def test_what_is_secret_is_neither_searched_nor_suggested(bus, tmp_path, fresh):
    add(bus, torrent(tmp_path, "x", "1.bin", piece=1 << 18), {"name": f"nas {fresh}", "redundancy": "2", "message": f"taxes{fresh}"},
            plugin="backup",
        member="owner")
    assert browse(bus, f"nas {fresh} number:1", plugin="backup")["count"] == 1
    assert "count" not in browse(bus, f"taxes{fresh}", plugin="backup") and suggested(bus, f"taxes{fresh}", plugin="backup") == []
    assert 'no field "message"' in str(refused(browse, bus, "message:x", plugin="backup"))


def test_what_was_listed_by_another_description_is_listed_again(bus, replicas, tmp_path, fresh, sql):
    """As after an update, or a change of a plugin: every group is found by what the plugin says now."""
    from service_kit import Replica
    told = album(bus, tmp_path, fresh, f"T {fresh}", label=f"Old {fresh}")
    sql("UPDATE catalog.attribute SET searched = false, suggested = false WHERE plugin = 'music' AND name = 'label' RETURNING 1")
    group = bus.ask("catalog.entity.get", {"entity": told["entity"]})["page"]["entity"]
    sql("SELECT catalog.list(ARRAY[%s]::bigint[])", group)
    assert found(bus, f"old {fresh}") == []
    folder = tmp_path / "another"
    folder.mkdir()
    os.symlink(replicas[0].keys, folder / "keys")
    replica = Replica(folder)
    try:
        until(lambda: found(bus, f"old {fresh}") == [f"T {fresh}"])
        assert names(suggested(bus, f"old {fresh}", "label")) == [f"Old {fresh}"]
    finally:
        replica.stop()
