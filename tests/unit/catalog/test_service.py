"""djembe-catalog on a scratch PostgreSQL, asked over the bus: uploads, joins, duplicates, idempotency, races between replicas,
searches, paging, limits, faults. Run by ctest through tests/postgres."""
import hashlib, os, random, subprocess

import libtorrent, msgpack, pytest

from service_kit import FLAC, HYBRID, MP3, V1, V2, Refused, Replica, add, at_once, browse, refused, torrent, until


# ---- uploads ----

def test_an_upload_is_found_shown_and_downloaded(bus, tmp_path, fresh):
    made = torrent(tmp_path, "x", ["01 - One.flac", "rip.log", "rip.cue"], HYBRID)
    told = add(bus, made, dict(FLAC, artists=[f"Ärtist {fresh}", "Guest"], artists_role=["main", "guest"], title="Fünf & Sechs",
                               tags="Jazz, hip hop", description="A text that is long enough.", format_description="Ripped with care."))
    assert not told.get("rehashed") and not told.get("joined")
    assert told["title"] == f"Ärtist {fresh} – Fünf & Sechs [1999] [Album] – Original Release / CD – FLAC / Lossless / Log / Cue"
    group, = browse(bus, f"artist {fresh} funf")["groups"]
    assert told["href"] == f"{group['href']}#t{told['torrent']}"
    assert [tag["name"] for tag in group["tags"]] == ["hip.hop", "jazz"]
    page = bus.ask("catalog.entity.get", {"entity": told["entity"]})["page"]
    assert (page["kind"], page["entity"], page["asked"]) == ("group", group["entity"], told["entity"])
    unit = page["group"]["editions"][0]["formats"][0]
    assert [file["path"] for file in unit["files"]] == ["01 - One.flac", "rip.cue", "rip.log"]
    assert unit["description"] == "Ripped with care." and unit["uploader"] == 5 and unit["size"] == 120000
    assert [row["title"] for row in page["group"]["credits"]] == ["Artists", "With"]
    person = bus.ask("catalog.entity.get", {"entity": group["artists"][0]["entity"]})["page"]
    assert person["sections"][0]["title"] == "Albums" and person["sections"][0]["groups"][0]["entity"] == group["entity"]
    got = bus.ask("catalog.torrent.get", {"torrent": told["torrent"]})
    assert got["file_name"] == f"Ärtist {fresh} - Fünf & Sechs (1999) [CD FLAC Lossless].torrent"
    info = libtorrent.torrent_info(libtorrent.bdecode(got["metainfo"]))
    assert info.info_hashes().v1.to_bytes() == got["info_hash"] == told["info_hash"]
    assert info.priv() and not list(info.trackers())
    for digest in (info.info_hashes().v1, info.info_hashes().v2):
        assert browse(bus, str(digest)[:40].upper())["groups"][0]["entity"] == group["entity"]


def test_a_public_torrent_is_told_to_be_rehashed(bus, tmp_path, fresh):
    made = torrent(tmp_path, "x", "1.flac", private=False)
    told = add(bus, made, dict(FLAC, artists=fresh, title="T"))
    assert told["rehashed"]
    assert told["info_hash"] != libtorrent.torrent_info(libtorrent.bdecode(made)).info_hashes().v1.to_bytes()


@pytest.mark.parametrize("flags", (V1, HYBRID))
def test_the_hash_of_each_piece_is_told_by_itself(bus, tmp_path, fresh, sql, flags):
    made = torrent(tmp_path, "x", ["1.flac", "2.flac"], flags)
    told = add(bus, made, dict(FLAC, artists=fresh, title="T"))
    info = libtorrent.torrent_info(libtorrent.bdecode(made))
    stored = "SELECT count(*) FROM catalog.torrent WHERE pieces IS NOT NULL AND id = %s" % told["torrent"]
    assert sql(stored) == [(0,)]
    for _ in range(2):  # read from the file, then found
        for piece in (-1, 0, 1, info.num_pieces() - 1, info.num_pieces(), 4294967295):
            got = bus.ask("catalog.torrent.piece", {"torrent": told["torrent"], "piece": piece})
            assert (got["info_hash"], got["pieces"], got["piece_length"], got["length"]) == (
                told["info_hash"], info.num_pieces(), info.piece_length(), info.total_size())
            there = 0 <= piece < info.num_pieces()
            assert got.get("sha1", b"") == (info.hash_for_piece(piece) if there else b"")
        until(lambda: sql(stored) == [(1,)])
    assert refused(bus.ask, "catalog.torrent.piece", {"torrent": 10 ** 9}).status == "not_found"


PIECE = 65536
SIZES = {"a.flac": 1000, "b/1.flac": PIECE - 20000, "b/2.flac": 0, "b.flac": PIECE, "c.flac": 2 * PIECE, "d.flac": 3 * PIECE + 20000,
         "e.flac": 5}


def root_of(content, leaves):
    """BEP 52: of blocks of 16 KiB, and zeros for those that are not there."""
    row = [hashlib.sha256(content[at:at + 16384]).digest() for at in range(0, len(content), 16384)]
    row += [bytes(32)] * (leaves - len(row))
    while len(row) > 1:
        row = [hashlib.sha256(row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


@pytest.mark.parametrize("files", (SIZES, {"a.flac": 3 * PIECE + 1}, {"a.flac": 1}))
def test_of_v2_alone_the_root_of_each_piece_is_told(bus, tmp_path, fresh, sql, files):
    """Each file begins a piece, an empty one has none, and only a file of more than one piece has a tree as wide as a piece."""
    made = torrent(tmp_path, "x", files, V2, piece=PIECE)
    told = add(bus, made, dict(FLAC, artists=fresh, title="T"))
    info = libtorrent.torrent_info(libtorrent.bdecode(made))
    root, = tmp_path.glob("*/x")
    stored, wanted = info.files(), []
    for index in range(stored.num_files()):
        path, size = stored.file_path(index), stored.file_size(index)
        if "/.pad/" in path:
            continue
        content = (root / path.removeprefix("x/")).read_bytes()  # who has one file needs no folder
        assert len(content) == size
        leaves = 4 if size > PIECE else 1 << (-(-size // 16384) - 1).bit_length()
        pieces = [content[at:at + PIECE] for at in range(0, size, PIECE)]
        assert not pieces or stored.file_offset(index) == len(wanted) * PIECE
        wanted += [{"root": root_of(piece, leaves), "size": len(piece), "leaves": leaves} for piece in pieces]
        last = len(wanted) * PIECE - PIECE + len(pieces[-1]) if pieces else last
    assert len(wanted) == info.num_pieces()
    for piece in (-1, *range(len(wanted)), len(wanted), 4294967295):
        got = bus.ask("catalog.torrent.piece", {"torrent": told["torrent"], "piece": piece})
        assert (got["info_hash"], got["pieces"], got["piece_length"], got["length"]) == (
            info.info_hashes().v2.to_bytes()[:20], info.num_pieces(), PIECE, last)
        assert not got.get("sha1")
        there = {name: got[name] for name in ("root", "size", "leaves") if got.get(name)}
        assert there == (wanted[piece] if 0 <= piece < len(wanted) else {})
    sql("UPDATE catalog.torrent SET piece_length = %s, pieces = 0, pieces_at = 0, content = 0 WHERE id = %s RETURNING id",
        PIECE, told["torrent"])
    got = bus.ask("catalog.torrent.piece", {"torrent": told["torrent"], "piece": 0})
    assert got["root"] == wanted[0]["root"], "as it was stored before roots were told"


def test_nobody_adds_nothing(bus, tmp_path, fresh):
    assert refused(add, bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T"), actor=0).status == "forbidden"


def test_missing_fields_are_guessed_from_the_name(bus, tmp_path, fresh):
    made = torrent(tmp_path, f"{fresh} - Some Album (2004) [FLAC]", ["1.flac", "a.log"])
    assert refused(add, bus, made, {}).field == "artists"
    told = add(bus, made, {}, guess=True)
    assert told["title"] == f"{fresh} – Some Album [2004] [Album] – Original Release / CD – FLAC / Lossless / Log"


def test_the_same_album_is_joined_however_it_is_spelt(bus, tmp_path, fresh, sql):
    first = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"Motörhead {fresh}", title="Ace of Spades!"))
    again = add(bus, torrent(tmp_path, "x", "1.mp3"), dict(MP3, artists=f"MOTORHEAD {fresh}", title="ace of spädes", label="Bronze"))
    assert again["joined"] and again["href"].split("#")[0] == first["href"].split("#")[0]
    assert "Ace of Spades! [1999]" in again["title"]  # the album keeps its own values
    group, = browse(bus, fresh)["groups"]
    assert group["torrents_count"] == 2 and len(group["editions"]) == 2
    assert sql("SELECT count(*) FROM catalog.entity WHERE kind = 0 AND name ILIKE %s", f"%{fresh}") == [(1,)]


def test_the_same_title_by_another_artist_is_another_album(bus, tmp_path, fresh):
    one = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"{fresh} one", title="Live"))
    two = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"{fresh} two", title="Live"))
    assert one["href"].split("#")[0] != two["href"].split("#")[0] and not two.get("joined")


@pytest.mark.parametrize("other", [{"year": "2005"}, {"release_type": "Single"}])
def test_albums_of_one_title_differ_by_year_and_type(bus, tmp_path, fresh, other):
    one = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title=fresh))
    two = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title=fresh) | other)
    assert not two.get("joined") and one["href"].split("#")[0] != two["href"].split("#")[0]
    assert len(browse(bus, fresh)["groups"]) == 2


def test_a_format_is_added_below_an_album_and_below_a_release(bus, tmp_path, fresh):
    first = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T"))
    group, = browse(bus, fresh)["groups"]
    second = add(bus, torrent(tmp_path, "x", "1.mp3"), {"media": "Vinyl", "release_year": 2001, "format": "MP3", "bitrate": "V0"},
                 parent=group["entity"])
    assert second["joined"] and second["title"].endswith("2001 - Vinyl – MP3 / V0 (VBR)")
    release = browse(bus, fresh)["groups"][0]["editions"][1]["entity"]
    third = add(bus, torrent(tmp_path, "x", "1.mp3"), {"format": "MP3", "bitrate": "192"}, parent=release)
    assert third["title"].endswith("2001 - Vinyl – MP3 / 192")
    assert refused(add, bus, torrent(tmp_path, "x", "1.mp3"), MP3, parent=first["entity"]).field == "parent"
    assert refused(add, bus, torrent(tmp_path, "x", "1.mp3"), MP3, parent=1 << 40).status == "not_found"


# ---- refusals ----

def test_a_duplicate_is_told_with_where_it_is(bus, tmp_path, fresh, sql):
    made = torrent(tmp_path, "x", "1.flac")
    first = add(bus, made, dict(FLAC, artists=fresh, title="T"))
    same_file = refused(add, bus, made, dict(MP3, artists=f"{fresh} b", title="U"))
    assert same_file.status == "conflict" and first["href"] in str(same_file) and same_file.field == "metainfo"
    same_format = refused(add, bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="t"))
    assert same_format.status == "conflict" and first["href"] in str(same_format) and same_format.field == "format"
    assert sql("SELECT count(*) FROM catalog.entity WHERE name = %s", f"{fresh} b") == [(0,)]  # nothing is left behind


def test_faults_name_the_field(bus, tmp_path, fresh):
    made = torrent(tmp_path, "x", "1.flac")
    assert refused(add, bus, b"<html>", FLAC).field == "metainfo"
    assert refused(add, bus, made, dict(FLAC, artists=fresh)).field == "title"
    assert refused(add, bus, made, dict(FLAC, artists=fresh, title="T", bitrate="320")).field == "bitrate"
    assert refused(add, bus, made, dict(FLAC, artists="Various Artists", title="T")).field == "artists"
    assert refused(add, bus, made, [1]).field == "fields"
    wrong = {"key": os.urandom(16), "plugin": "nothing", "metainfo": made}
    assert refused(bus.ask, "catalog.torrent.add", wrong).field == "plugin"


def test_limits_are_settings(folder, tmp_path, fresh):
    replica = Replica(folder, DJEMBE_TORRENT_FILES="3", DJEMBE_TORRENT_BYTES="2K", DJEMBE_TORRENT_CONTENT="1M")
    bus, fields = replica.bus(), dict(FLAC, artists=fresh, title="T")
    many = refused(add, bus, torrent(tmp_path, "x", ["1.flac", "2.flac", "3.flac", "4.flac"]), fields)
    assert many.status == "too_large" and "more than 3 files" in str(many)
    assert refused(add, bus, torrent(tmp_path, "x", ["1.flac", "2.flac"], size=700000), fields).status == "too_large"
    assert refused(add, bus, torrent(tmp_path, "x" * 100, "1.flac", size=1000000) + b" " * 2048, fields).status == "too_large"
    add(bus, torrent(tmp_path, "x", ["1.flac", "2.flac", "3.flac"]), fields)
    replica.stop()


def test_ten_megabytes_with_a_hundred_thousand_files_come_in(bus, fresh):
    """As much as a .torrent may be."""
    files = [{b"length": 1000, b"path": [b"%03d" % (i // 1000), b"%05d %s.flac" % (i, b"n" * 61)]} for i in range(100000)]
    pieces = {b"piece length": 1 << 20, b"pieces": os.urandom(20 * 96)}
    made = libtorrent.bencode({b"info": {b"name": b"all", b"private": 1, b"files": files, **pieces}})
    assert 9.9 < len(made) / (1 << 20) <= 10
    told = add(bus, made, dict(FLAC, artists=fresh, title="All"))
    page = bus.ask("catalog.entity.get", {"entity": told["entity"]}, actor=5, seconds=20)["page"]
    unit = page["group"]["editions"][0]["formats"][0]
    assert (unit["files_count"], len(unit["files"]), unit["files_more"]) == (100000, 1000, 99000)
    assert len(bus.ask("catalog.torrent.get", {"torrent": told["torrent"]}, actor=5, seconds=20)["metainfo"]) == len(made)


def test_what_is_not_there_is_not_found(bus):
    assert refused(bus.ask, "catalog.entity.get", {"entity": 1 << 40}).status == "not_found"
    assert refused(bus.ask, "catalog.torrent.get", {"torrent": 1 << 40}).status == "not_found"
    assert bus.ask("catalog.torrent.names", {"torrents": [1 << 40, "x", -1]})["torrents"] == []
    for cursor in ("zzz", "-", "1-", "-1", "1-g", "1-1-1", "f" * 17 + "-1", "f" * 16 + "-1"):
        assert refused(bus.ask, "catalog.browse", {"limit": 5, "cursor": cursor}).field == "cursor", cursor


# ---- once and only once ----

def test_the_same_key_gives_the_same_reply_and_one_torrent(bus, tmp_path, fresh, sql):
    made, key = torrent(tmp_path, "x", "1.flac"), os.urandom(16)
    fields = dict(FLAC, artists=fresh, title="T")
    first, again = add(bus, made, fields, key=key), add(bus, made, fields, key=key)
    assert first == again
    assert sql("SELECT count(*) FROM catalog.torrent WHERE info_hash = %s", first["info_hash"]) == [(1,)]
    assert sql("SELECT count(*) FROM catalog.feed_fact WHERE key = %s", first["torrent"]) == [(1,)]


def test_the_same_key_at_two_replicas_at_once_gives_one_torrent(replicas, tmp_path, fresh, sql):
    for turn in range(5):
        made, key = torrent(tmp_path, "x", "1.flac"), os.urandom(16)
        fields = dict(FLAC, artists=f"{fresh} {turn}", title="T")
        buses = [replicas[i % 2].bus() for i in range(4)]
        told = at_once(*(lambda bus=bus: add(bus, made, fields, key=key) for bus in buses))
        assert all(one == told[0] for one in told), told
        assert sql("SELECT count(*) FROM catalog.feed_fact WHERE key = %s", told[0]["torrent"]) == [(1,)]


def test_of_two_members_with_the_same_torrent_one_is_told_so(replicas, tmp_path, fresh):
    for turn in range(5):
        made = torrent(tmp_path, "x", "1.flac")
        fields = dict(FLAC, artists=f"{fresh} {turn}", title="T")
        buses = [replicas[i % 2].bus() for i in range(4)]
        told = at_once(*(lambda bus=bus, i=i: add(bus, made, fields, actor=10 + i) for i, bus in enumerate(buses)))
        good = [one for one in told if isinstance(one, dict)]
        assert len(good) == 1
        assert all(one.status == "conflict" and good[0]["href"] in str(one) for one in told if one not in good)


def test_formats_of_one_new_album_at_once_make_one_album(replicas, tmp_path, fresh, sql):
    bitrates = ["320", "256", "192", "V0", "V2", "128"]
    buses = [replicas[i % 2].bus() for i in range(len(bitrates))]
    made = [torrent(tmp_path, "x", "1.mp3") for _ in bitrates]
    told = at_once(*(lambda i=i: add(buses[i], made[i], dict(MP3, artists=[fresh, fresh + " b"], title="T", tags="new, " + fresh,
                                                             bitrate=bitrates[i])) for i in range(len(bitrates))))
    assert len({one["href"].split("#")[0] for one in told}) == 1
    assert sum(not one.get("joined", False) for one in told) == 1
    group, = browse(buses[0], fresh)["groups"]
    assert [unit["title"] for unit in group["editions"][0]["formats"]] == [
        "MP3 / 320", "MP3 / V0 (VBR)", "MP3 / 256", "MP3 / V2 (VBR)", "MP3 / 192", "MP3 / 128"]
    assert sql("SELECT count(*) FROM catalog.tag WHERE name = %s", fresh) == [(1,)]


def test_each_torrent_has_one_fact_and_numbers_have_no_gap(bus, tmp_path, fresh, sql):
    told = add(bus, torrent(tmp_path, "x", "1.flac", V2), dict(FLAC, artists=fresh, title="T"), actor=77)
    facts, seq = [], 0
    while batch := bus.ask("catalog.torrents.since", {"seq": seq, "limit": 1000})["facts"]:
        facts, seq = facts + batch, batch[-1][0]
    assert [fact[0] for fact in facts] == list(range(1, len(facts) + 1))
    row = msgpack.unpackb(next(fact[2] for fact in facts if fact[1] == told["torrent"]))
    assert row[:2] == [told["torrent"], told["info_hash"]] and row[2][:20] == told["info_hash"] and len(row[2]) == 32
    assert row[3:9] == [40000, 77, "ratio", True, 0, 0]
    assert sql("SELECT count(*) FROM catalog.torrent") == [(len(facts),)]


# ---- lists ----

def test_pages_show_each_group_once_even_when_something_is_added_meanwhile(bus, tmp_path, fresh):
    for i in range(12):
        add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"{fresh} {i}", title=f"Number {i}"))
    seen, cursor = [], ""
    while True:
        page = browse(bus, fresh, limit=5, cursor=cursor)
        seen += [group["name"] for group in page["groups"]]
        assert page["count"] >= 12
        if "next" not in page:
            break
        cursor = page["next"]
        add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"{fresh} more", title=f"Later {cursor}"))
    assert seen == [f"Number {i}" for i in reversed(range(12))]
    everything = browse(bus, limit=3, plugin="music")
    assert len(everything["groups"]) == 3 and everything["groups"][0]["name"].startswith("Later")
    assert browse(bus, plugin="nothing")["groups"] == []


def test_words_are_found_without_case_accents_and_punctuation(bus, tmp_path, fresh):
    add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=f"Sigur Rós {fresh}", title="Ágætis byrjun: AC/DC's “Straße”",
                                                    label="Smekkleysa"))
    for query in ("sigur ros", "ROS Agaetis", "agæt*", "byrjun ac dcs", "ac", "ac/dc's", "strasse", "1999", "smekk*", "\u2019 ros"):
        assert browse(bus, f"{fresh} {query}").get("count") == 1, query
    for query in ("sigurros", "byrjunx", "2001", "smekk", "byrjun-agaetis"):
        assert browse(bus, f"{fresh} {query}").get("count", 0) == 0, query


def test_names_of_nothing_but_punctuation_are_told_apart(bus, tmp_path, fresh):
    one = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="( )"))
    two = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="÷"))
    assert not two.get("joined") and one["href"].split("#")[0] != two["href"].split("#")[0]
    for query in ("'", "\\", "' | !", ":*", "&", '"a:*b"', "%", "\x7f", "()"):
        browse(bus, query)


def test_uploads_of_a_member_are_listed_newest_first(bus, tmp_path, fresh):
    actor = random.getrandbits(40)
    told = [add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title=f"T{i}"), actor=actor) for i in range(3)]
    page = bus.ask("catalog.upload.list", {"user": actor, "limit": 2})
    assert page["count"] == 3 and [row[0] for row in page["torrents"]] == [told[2]["torrent"], told[1]["torrent"]]
    rest = bus.ask("catalog.upload.list", {"user": actor, "limit": 2, "before": told[1]["torrent"]})
    assert [row[:3] for row in rest["torrents"]] == [[told[0]["torrent"], told[0]["title"], told[0]["href"]]]
    assert bus.ask("catalog.upload.list", {"user": actor + 1, "limit": 2})["torrents"] == []


def test_long_names_and_odd_letters_survive(bus, tmp_path, fresh):
    name = fresh + " " + "\ufdfa" * 100 + "日本語が" * 10
    told = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=[name, name + "2"], title="é" * 200))
    assert len(told["title"].encode()) <= 1024
    assert len(bus.ask("catalog.torrent.get", {"torrent": told["torrent"]})["file_name"].encode()) <= 255
    assert browse(bus, fresh)["groups"][0]["line"] == f"{name} & {name}2"


def test_each_connection_has_planned_an_upload_before_the_first(bus, folder, sql, tmp_path, fresh, monkeypatch):
    add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T"))
    there = " UNION ALL ".join(f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM catalog.{table} t" for table in (
        "entity", "credit", "entity_tag", "torrent", "change", "news", "listed", "name", "plugin", "feed_head", "feed_fact"))
    planned = lambda: dict(sql("SELECT funcname, sum(calls)::integer FROM pg_stat_user_functions WHERE schemaname = 'catalog'"
                               " AND funcname IN ('persons', 'add_unit', 'marks', 'feed_add') GROUP BY funcname"))
    until(lambda: sql("SELECT count(*) FROM catalog.news") == [(0,)])
    before, was = planned(), sql(there)
    monkeypatch.setenv("DJEMBE_TEST_DATABASE", os.environ["DJEMBE_TEST_DATABASE"] + " options='-c track_functions=pl'")
    replica = Replica(folder, DJEMBE_DATABASE_CONNECTIONS="3")
    until(lambda: planned().get("persons", 0) == before.get("persons", 0) + 3)
    assert planned()["add_unit"] - before.get("add_unit", 0) == planned()["feed_add"] - before.get("feed_add", 0) == 3, "a whole one,"
    assert planned()["marks"] - before.get("marks", 0) >= 3, "which is listed"
    assert sql(there) == was, "and taken back"
    replica.stop()
    sql("SELECT pg_advisory_lock(hashtextextended('djembe catalog add', 0))")
    Replica(folder).stop()  # comes up though it does not have its turn
    sql("SELECT pg_advisory_unlock_all()")


def test_in_a_turn_no_small_table_is_read_whole(bus, tmp_path, fresh, sql):
    def told(column, table):
        return sql(f"SELECT {column} FROM pg_stat_user_tables WHERE relid = 'catalog.{table}'::regclass")[0][0]
    add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T", tags="jazz, live"))
    scans, written = told("seq_scan", "tag"), told("n_tup_ins", "torrent")
    for turn in range(8):
        add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title=f"T {turn}", tags="jazz, live"))
    until(lambda: told("n_tup_ins", "torrent") >= written + 8)
    assert told("seq_scan", "tag") == scans


# ---- faults ----

def test_a_replica_killed_in_the_middle_leaves_all_or_nothing(folder, replicas, tmp_path, fresh, sql):
    for turn in range(4):
        victim = Replica(folder)
        bus, other = victim.bus(), replicas[0].bus()
        made, key = torrent(tmp_path, "x", "1.flac"), os.urandom(16)
        fields = dict(FLAC, artists=f"{fresh} {turn}", title="T")
        ask = {"key": key, "plugin": "music", "metainfo": made, "fields": fields}
        bus.socket.send_multipart([msgpack.packb([1, 1, "catalog.torrent.add", 5000, 5, "0" * 16]), msgpack.packb(ask)])
        bus.socket.poll(turn)  # a little later each time
        victim.kill()
        told = add(other, made, fields, key=key)
        assert sql("SELECT count(*) FROM catalog.torrent WHERE info_hash = %s", told["info_hash"]) == [(1,)]
        assert sql("SELECT count(*) FROM catalog.feed_fact WHERE key = %s", told["torrent"]) == [(1,)]


def test_postgresql_away_is_told_and_survived(replicas, tmp_path, fresh):
    postgres = os.environ.get("DJEMBE_TEST_POSTGRES")
    if postgres is None:
        pytest.skip("the cluster is not ours to stop")
    bus, made = replicas[0].bus(), torrent(tmp_path, "x", "1.flac")
    fields = dict(FLAC, artists=fresh, title="T")
    subprocess.run([postgres, "-kill"], check=True)
    assert refused(browse, bus).status == "unavailable"
    assert refused(add, bus, made, fields).status == "unavailable"
    assert bus.ask("catalog.plugin.list")["plugins"][0]["name"] == "music"
    subprocess.run([postgres, "-start"], check=True)
    key = os.urandom(16)

    def is_added():
        """One connection may be there again before the others."""
        try:
            return add(bus, made, fields, key=key)
        except Refused as told:
            assert told.status == "unavailable"

    until(is_added)
    assert browse(bus, fresh)["count"] == 1
