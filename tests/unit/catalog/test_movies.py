"""Movies in the running catalog: headers in place of editions, slots, IMDb numbers, parts played."""
import itertools, os, random

from service_kit import Replica, add, browse, refused, torrent, until

FILM = {"type": "Feature film", "year": "1999", "source": "Blu-ray", "codec": "x264", "container": "MKV", "resolution": "1080p",
        "processing": "Encode"}
numbers = itertools.count(random.randrange(1000000, 8000000))


def film(bus, tmp_path, fresh, parent=None, **fields):
    form = dict(FILM, people=[f"{fresh} director"], title=fresh) | fields
    more = {"parent": parent} if parent else {}
    return add(bus, torrent(tmp_path, "x", "film.mkv"), form, plugin="movies", **more)


def page_of(bus, entity):
    return bus.ask("catalog.entity.get", {"entity": entity})["page"]


def test_rows_stand_under_headers_of_quality_whatever_their_edition(bus, tmp_path, fresh):
    first = film(bus, tmp_path, fresh)
    group = page_of(bus, first["entity"])["entity"]
    film(bus, tmp_path, fresh, resolution="576p", source="DVD", edition_title="Director's Cut", edition_year="2001")
    film(bus, tmp_path, fresh, resolution="2160p", codec="x265")
    film(bus, tmp_path, fresh, resolution="720p", edition_title="Director's Cut", edition_year="2001")
    film(bus, tmp_path, fresh, resolution="1080p", processing="Remux")
    film(bus, tmp_path, fresh, resolution="1080p", three_d="1")
    film(bus, tmp_path, fresh, resolution="480p", extras="1")
    shown = page_of(bus, group)["group"]
    assert [(part["title"], [unit["title"] for unit in part["formats"]]) for part in shown["editions"]] == [
        ("Standard Definition", ["x264 / DVD / 576p / MKV / Encode / Director's Cut / 2001"]),
        ("High Definition", ["x264 / Blu-ray / 720p / MKV / Encode / Director's Cut / 2001", "x264 / Blu-ray / 1080p / MKV / Encode",
                             "x264 / Blu-ray / 1080p / MKV / Remux"]),
        ("Ultra High Definition", ["x265 / Blu-ray / 2160p / MKV / Encode"]),
        ("3D", ["x264 / Blu-ray / 1080p / MKV / Encode / 3D"]),
        ("Other", ["x264 / Blu-ray / 480p / MKV / Encode / Extras"])]
    facts = {fact["name"]: fact["value"] for fact in shown["editions"][0]["formats"][0]["facts"]}
    assert facts["edition_title"] == "Director's Cut" and facts["edition_year"] == "2001" and facts["quality"] == "Standard Definition"
    listed, = browse(bus, fresh)["groups"]
    assert [part["title"] for part in listed["editions"]] == [part["title"] for part in shown["editions"]]
    assert shown["editions"][1]["formats"][2]["release"] == f"{fresh} 1999 1080p Blu-ray Remux x264"


def test_sound_and_hdr_stand_in_the_row_and_in_what_tools_read(bus, tmp_path, fresh):
    told = film(bus, tmp_path, fresh, resolution="2160p", codec="x265", hdr="Dolby Vision HDR10", audio="TrueHD", channels="7.1",
                people=[f"{fresh} director", f"{fresh} b", f"{fresh} c"], people_role=["director", "composer", "cinematographer"],
                release_group="GRP")
    assert told["title"].endswith("x265 / Blu-ray / 2160p / MKV / Encode / Dolby Vision HDR10 / TrueHD / GRP")
    group = page_of(bus, told["entity"])["group"]
    assert group["editions"][0]["formats"][0]["release"] == f"{fresh} 1999 2160p Blu-ray Encode TrueHD 7.1 Dolby Vision HDR10 x265-GRP"
    assert [part["title"] for part in group["credits"]] == ["Directed by", "Music by", "Cinematography by"]
    assert browse(bus, f'{fresh} hdr:"dolby vision hdr10" audio:truehd composer:"{fresh} b"', plugin="movies")["count"] == 1


def test_slots_tell_what_is_taken_for_each_edition_by_itself(bus, tmp_path, fresh):
    first = film(bus, tmp_path, fresh, release_group="A")

    def slots():
        return {slot["title"]: (slot["state"], [(one["title"].split(" / ")[-1], one["surplus"]) for one in slot["taken"]])
                for slot in page_of(bus, first["entity"])["group"]["slots"]}
    assert slots()["1080p encode"] == ("Occupied", [("A", False)]) and slots()["HD remux"] == ("Empty", [])
    film(bus, tmp_path, fresh, release_group="B", edition_title="Uncut")
    assert slots()["1080p encode"][0] == "Occupied"
    film(bus, tmp_path, fresh, release_group="C")
    assert slots()["1080p encode"][0] == "Full"
    film(bus, tmp_path, fresh, release_group="D")
    state, taken = slots()["1080p encode"]
    assert state == "Full" and sorted(taken) == [("A", True), ("B", False), ("C", True), ("D", True)]
    film(bus, tmp_path, fresh, processing="Remux")
    assert slots()["HD remux"] == ("Full", [("Remux", False)])


def test_a_movie_of_the_same_imdb_number_is_joined_whatever_it_is_called(bus, tmp_path, fresh):
    number = f"tt{next(numbers)}"
    one = film(bus, tmp_path, fresh, imdb=number)
    two = film(bus, tmp_path, fresh, imdb=f"https://www.imdb.com/title/{number}/", title=f"{fresh} abroad", year="2000",
               people=[f"{fresh} somebody else"], resolution="720p")
    assert two["joined"] and two["href"].split("#")[0] == one["href"].split("#")[0]
    assert two["title"].startswith(f"{fresh} director – {fresh} [1999]")  # it keeps its own values
    other = film(bus, tmp_path, fresh, imdb=f"tt{next(numbers)}")
    assert not other.get("joined")  # of the same name and year, but another film
    third = film(bus, tmp_path, fresh, resolution="480p")
    assert third["joined"] and third["href"].split("#")[0] == one["href"].split("#")[0]
    assert browse(bus, number)["count"] == 1


def test_a_movie_is_met_by_its_imdb_number_before_the_form_is_whole(bus, tmp_path, fresh):
    def met(fields, **more):
        return bus.ask("catalog.torrent.same", {"plugin": "movies", "fields": fields, **more}, actor=5)
    number = f"tt{next(numbers)}"
    told = film(bus, tmp_path, fresh, imdb=number)
    group = page_of(bus, told["entity"])["entity"]
    there = {"told": "It is added to the Movie that is already here:", "name": fresh, "href": told["href"].split("#")[0], "group": group}
    assert met({"imdb": f"https://www.imdb.com/title/{number}/"}) == there
    assert met({"imdb": number, "title": "Another", "year": "1066", "codec": "none"}) == there  # nor is it right
    for fields in ({"imdb": f"tt{next(numbers)}"}, {"imdb": "some day"}, {"title": fresh, "year": "1999"}, {}):
        assert met(fields) == {}
    assert met({"imdb": number}, parent=group) == {}


def test_a_person_is_shown_by_category_with_the_part_played(bus, tmp_path, fresh):
    told = film(bus, tmp_path, fresh, people=[f"{fresh} a", f"{fresh} a", f"{fresh} b", f"{fresh} c"],
                people_role=["director", "actor", "actor", "producer"], people_note=["", "The captain", "The cook", ""])
    film(bus, tmp_path, fresh, title=f"{fresh} two", year="2005", people=[f"{fresh} d", f"{fresh} a"], people_role=["director", "actor"],
         people_note=["", "Himself"])
    credits = {part["title"]: [(one["name"], one.get("note")) for one in part["people"]]
               for part in page_of(bus, told["entity"])["group"]["credits"]}
    assert credits == {"Directed by": [(f"{fresh} a", None)], "Produced by": [(f"{fresh} c", None)],
                       "Cast": [(f"{fresh} a", "The captain"), (f"{fresh} b", "The cook")]}
    person = browse(bus, f"{fresh} two")["groups"][0]
    assert person["line"] == f"{fresh} d"
    entity = page_of(bus, told["entity"])["group"]["credits"][0]["people"][0]["entity"]
    sections = page_of(bus, entity)["sections"]
    assert [(part["title"], [(one["name"], one.get("note")) for one in part["groups"]]) for part in sections] == [
        ("Directed", [(fresh, None)]), ("Acted", [(f"{fresh} two", "Himself"), (fresh, "The captain")])]


REPORT = """General
Format : Matroska

Video
Format : HEVC
Width : 3 840 pixels
Height : 2 160 pixels
HDR format : SMPTE ST 2086, HDR10 compatible

Audio
Format : E-AC-3
Channel(s) : 6 channels
"""


def test_light_and_sound_are_read_from_mediainfo(bus, tmp_path, fresh):
    told = film(bus, tmp_path, fresh, codec="", container="", resolution="", mediainfo=REPORT)
    assert told["title"].endswith("H.265 / Blu-ray / 2160p / MKV / Encode / HDR10 / E-AC3")
    assert browse(bus, f"{fresh} hdr:HDR10 audio:E-AC3 channels:5.1", plugin="movies")["count"] == 1


def test_what_was_here_before_is_told_apart_as_what_comes(bus, replicas, tmp_path, fresh, sql):
    """As after an update by which HDR became part of what is the same, and was read from reports."""
    told = film(bus, tmp_path, fresh, codec="", container="", resolution="", mediainfo=REPORT)
    other = film(bus, tmp_path, f"{fresh} two", resolution="2160p", hdr="HLG", release_group="GRP")
    sql("UPDATE catalog.entity SET attrs = attrs - '{hdr,audio,channels}'::text[], same = sha256(same) WHERE id = %s RETURNING 1",
        told["entity"])
    sql("UPDATE catalog.entity SET same = sha256(same) WHERE id = %s RETURNING 1", other["entity"])
    sql("UPDATE catalog.plugin SET alike = 'an older one' WHERE name = 'movies' RETURNING 1")
    folder = tmp_path / "another"
    folder.mkdir()
    os.symlink(replicas[0].keys, folder / "keys")
    replica = Replica(folder)
    try:
        until(lambda: sql("SELECT alike_to FROM catalog.plugin WHERE name = 'movies' AND alike <> 'an older one'") == [((1 << 63) - 1,)])
    finally:
        replica.stop()
    unit, = (unit for part in page_of(bus, told["entity"])["group"]["editions"] for unit in part["formats"])
    assert unit["title"].endswith("HDR10 / E-AC3") and browse(bus, f"{fresh} hdr:HDR10", plugin="movies")["count"] == 1
    assert refused(film, bus, tmp_path, fresh, codec="", container="", resolution="", mediainfo=REPORT).status == "conflict"
    assert refused(film, bus, tmp_path, f"{fresh} two", resolution="2160p", hdr="HLG", release_group="GRP").status == "conflict"
    film(bus, tmp_path, f"{fresh} two", resolution="2160p", release_group="GRP")


def test_mediainfo_fills_and_is_shown(bus, tmp_path, fresh):
    report = "General\nFormat : Matroska\nVideo\nFormat : HEVC\nWriting library : x265 3.5\nWidth : 3 840 pixels\nHeight : 1 608 pixels"
    told = film(bus, tmp_path, fresh, codec="", container="", resolution="", mediainfo=report)
    assert told["title"].endswith("x265 / Blu-ray / 2160p / MKV / Encode")
    unit = page_of(bus, told["entity"])["group"]["editions"][0]["formats"][0]
    assert unit["texts"] == [{"label": "MediaInfo or BDInfo", "value": report}]
    assert refused(film, bus, tmp_path, fresh, codec="", title=f"{fresh} x").field == "codec"


def test_bdinfo_fills_of_a_disc(bus, tmp_path, fresh):
    report = ("Disc Size: 38,214,582,272 bytes\nVideo: MPEG-4 AVC Video / 31951 kbps / 1080p / 23.976 fps / 16:9\n"
              "Audio: English / DTS-HD Master Audio / 5.1 / 48 kHz / 3917 kbps / 24-bit")
    told = film(bus, tmp_path, fresh, codec="", container="", resolution="", mediainfo=report)
    assert told["title"].endswith("BD50 / Blu-ray / 1080p / m2ts / Untouched / DTS-HD MA")
