"""Lists in the order of who seeds, leeches and has completed, from real announces to the page."""

import re
import uuid

import pytest

from announcer import Announcer
from content import make_album, make_torrent
from instance import wait_for
from visitor import Visitor

WORD = uuid.uuid4().hex[:10]
SIZE = 60000


@pytest.fixture(scope="module")
def torrents(instance, tmp_path_factory):
    """Of three albums, the first in two formats."""
    folder = tmp_path_factory.mktemp("tallies")
    uploader = instance.member("uploader")

    def add(title, **fields):
        album = make_album(folder, f"{title} {fields['format']}", size=SIZE)
        fields = dict(artists=f"Who {WORD}", title=title, year="1999", release_type="Album", media="CD", bitrate="Lossless") | fields
        return instance.add_torrent(make_torrent(album, folder / f"{album.name}.torrent"), "uploader", fields)
    return {"one": add("one", format="FLAC"), "mp3": add("one", format="MP3", bitrate="320"), "two": add("two", format="FLAC"),
            "three": add("three", format="FLAC"), "uploader": uploader}


@pytest.fixture(scope="module")
def members(instance):
    return [instance.member(f"sharer{number}") for number in range(3)]


@pytest.fixture(scope="module")
def reader(instance):
    return signed_in(instance, instance.member("reader"))


def signed_in(instance, member):
    guest = Visitor(instance.web)
    guest.sign_in(member["name"], member["password"])
    return guest


def share(instance, torrent, member, left=0):
    """A session that has begun."""
    number = int(member["name"].removeprefix("sharer"))
    one = Announcer(instance, member, bytes.fromhex(torrent["info_hash"]), f"10.77.0.{number + 2}", left)
    wait_for("the announce is taken", lambda: b"failure" not in one.announce("started"))
    return one


def listed(reader, sort, **more):
    """Names of groups, or with view='flat' a name for each torrent."""
    query = "&".join(f"{name}={value}" for name, value in more.items())
    page = reader.get(f"/music?q={WORD}&sort={sort}&{query}")
    assert f'<option value="{sort}" selected>' in page.html
    return re.findall(r'<a class="title" href="[^"]*">(\w+)</a>', page.html)


def test_lists_follow_what_is_announced_and_survive_restarts(instance, reader, torrents, members):
    sessions = {(name, number): share(instance, torrents[name], members[number])
                for name, count in (("one", 2), ("mp3", 2), ("two", 3), ("three", 1)) for number in range(count)}
    leeching = [share(instance, torrents["three"], member, left=SIZE) for member in members[1:]]
    # Two and two that seed the formats of one are more than three of another group; by itself that is the first torrent.
    wait_for("groups by seeders", lambda: listed(reader, "seeders") == ["one", "two", "three"])
    wait_for("torrents by seeders", lambda: listed(reader, "seeders", view="flat") == ["two", "one", "one", "three"])
    wait_for("the least first", lambda: listed(reader, "seeders", order="rising") == ["three", "two", "one"])
    wait_for("by leechers", lambda: listed(reader, "leechers") == ["three", "two", "one"])
    assert listed(reader, "snatches") == ["three", "two", "one"], "nobody has any: the newest first"

    done = share(instance, torrents["one"], members[2], left=SIZE)
    done.down, done.left = SIZE, 0
    assert b"failure" not in done.announce("completed")
    wait_for("by snatches", lambda: listed(reader, "snatches") == ["one", "three", "two"])
    assert listed(reader, "snatches", view="flat")[0] == "one"

    for number in range(2):
        sessions["one", number].announce("stopped")
    sessions["mp3", 0].announce("stopped")
    done.announce("stopped")
    instance.kill("catalog")
    instance.kill("tracker")
    instance.up()
    instance.wait_ready()
    wait_for("who went away counts no more", lambda: listed(reader, "seeders") == ["two", "three", "one"])
    wait_for("those who leech do still", lambda: listed(reader, "leechers") == ["three", "two", "one"])
    assert listed(reader, "snatches") == ["one", "three", "two"]


def test_the_uploader_sees_who_completed_it(instance, reader, torrents, members):
    path, page = f"/torrent/{torrents['one']['torrent']}/snatches", torrents["one"]["href"].split("#")[0]
    uploader = signed_in(instance, torrents["uploader"])
    assert f'href="{path}"' in uploader.get(page).html and f'href="{path}"' not in reader.get(page).html
    shown = uploader.get(path)
    assert members[2]["name"] in shown.text and members[0]["name"] not in shown.text and f'href="{torrents["one"]["href"]}"' in shown.html
    assert reader.get(path).status == 403 and "Only its uploader and staff" in reader.get(path).text
    nobody = uploader.get(f"/torrent/{torrents['two']['torrent']}/snatches")
    assert "Nobody has completed it here yet." in nobody.text
    assert uploader.get("/torrent/999999/snatches").status == 404 == uploader.get("/torrent/0/snatches").status


def test_more_than_are_written_in_one_turn_come_right_too(instance, torrents):
    rows = "FROM catalog.tally_unit WHERE id > 900000"
    instance.run("psql", "-qc", "INSERT INTO catalog.tally_unit (id, plugin, seeders)"
                 " SELECT 900000 + i, 'music', 9 FROM generate_series(1, 120) AS i")
    wait_for("nobody seeds any of them",
             lambda: instance.run("psql", "-tAc", f"SELECT sum(seeders) {rows}").stdout.strip() == "0")
    instance.run("psql", "-qc", f"DELETE {rows}")
