"""Searches that members keep: saved from the list, opened with one click, told of in the inbox, and followed as feeds."""

import html
import re
import xml.etree.ElementTree

from content import make_album, make_torrent
from instance import wait_for
from test_notices import unread
from test_talk import album, entity_of, notices, press, see  # noqa: F401 (fixtures)
from test_web import admin, album_fields, announce_of, member, torrent, upload  # noqa: F401 (fixtures)
from visitor import Visitor, fill

NASTY = '<b>"&\''


def add(visitor, folder, name, **fields):
    content = make_torrent(make_album(folder, name, size=1 << 18), folder / f"{name}.torrent").read_bytes()
    done = upload(visitor, content, **{**album_fields(), **fields})
    assert done.status == 303, done.text
    return done.location


def save_link(page):
    return html.unescape(re.search(r'<a href="(/searches/new[^"]+)"', page.html).group(1))


def items(instance, address):
    """What a feed has, without a cookie: (title, path, address of the .torrent), in order."""
    page = Visitor(instance.web).get(address)
    assert page.status == 200, page.text
    channel = xml.etree.ElementTree.fromstring(page.body).find("channel")
    return [(item.find("title").text, item.find("link").text.removeprefix(instance.web), item.find("enclosure").get("url"))
            for item in channel.findall("item")]


def test_a_search_is_saved_opened_told_of_renamed_and_forgotten(instance, member, admin, tmp_path):  # noqa: F811
    word = f"w{entity_of(member.name.replace('-', '/'))}"
    form = save_link(member.get(f"/music?q={word}+format:flac&sort=year&order=rising&view=flat"))
    refused = member.send(form, "/searches", name=" ")
    assert refused.status == 400 and "Give it a name" in refused.text
    again = fill(refused.form("/searches"), name=f"My {NASTY}")
    assert [member.post("/searches", again).location for _ in range(2)] == ["/searches"] * 2  # a double click
    listed = member.get("/searches")
    number, = set(re.findall(r'href="/search/(\d+)"', listed.html))
    assert f"My {NASTY}" in listed.text and f"{word} format:flac" in listed.text and "<b>" not in listed.html
    assert member.get(f"/search/{number}").location == f"/music?q={word}%20format%3Aflac&sort=year&order=rising&view=flat"
    twice = member.send(save_link(member.get(f"/music?q={word}")), "/searches", name=f"MY {NASTY}")
    assert twice.status == 409 and "Another search of yours" in twice.text and dict(twice.form("/searches"))["q"] == word
    first = add(admin, tmp_path, "one", title=f"{word} one")
    add(member, tmp_path, "mine", title=f"{word} mine")
    add(admin, tmp_path, "other", title=f"{word} other", format="MP3", bitrate="320")
    second = add(admin, tmp_path, "two", title=f"{word} two")
    told, = wait_for("two as one", lambda: [one for one in notices(member, "Found: My") if one[2] == 2])
    assert f"{word} two" in told[1] and see(member, told) == f"/search/{number}" and unread(member) == []
    feed = re.search(r'href="([^"]+/search/\d+\.rss)"', listed.html).group(1).removeprefix(instance.web)
    found = items(instance, feed)
    assert [path.split("#")[0] for _, path, _ in found][::2] == [second.split("#")[0], first.split("#")[0]] and len(found) == 3
    signed_in = member.get(f"/torrent/{second.split('#t')[1]}.torrent")
    assert announce_of(Visitor(instance.web).get(found[0][2]).body) == announce_of(signed_in.body)
    assert "My own" in press(member, f"/search/{number}/edit", f"/search/{number}/edit", name="My own", tell="1").text
    for path in (f"/search/{number}", f"/search/{number}/edit", "/search/0", "/search/99999999"):
        assert admin.get(path).status == 404, path
    stranger = fill(admin.get("/searches").form("/sign-out"))
    assert admin.post(f"/search/{number}/delete", stranger).status == 404
    assert "Nothing yet" in press(member, "/searches", f"/search/{number}/delete").text
    assert Visitor(instance.web).get(feed).status == 404


def test_a_list_begins_with_the_search_that_opens_it(member):
    form = save_link(member.get("/music?q=nothing+is+so&sort=year"))
    refused = member.send(form, "/searches", name=" ", opens="1")
    assert dict(refused.form("/searches")).get("opens") == "1"  # what was ticked is ticked still
    assert member.post("/searches", fill(refused.form("/searches"), name="Mine")).location == "/searches"
    assert member.get("/music").location == "/music?q=nothing%20is%20so&sort=year"
    found = member.get("/music?q=nothing%20is%20so&sort=year")
    everything, = set(re.findall(r'<a [^>]*href="([^"]+)">Show all</a>', found.html))
    assert member.get(everything).status == 200 and "opens Music" in member.get("/searches").text
    assert member.get("/movies").status == 200
    edit = re.search(r'href="(/search/\d+/edit)"', member.get("/searches").html).group(1)
    form = member.get(edit).form(edit)
    assert member.post(edit, [field for field in form if field[0] != "opens"]).location == "/searches"
    assert member.get("/music").status == 200


def test_feeds_of_bookmarks_and_of_the_newest_of_a_plugin(instance, member, album):  # noqa: F811
    feeds = re.findall(r'href="([^"]+\.rss)"', member.get("/searches").html)
    marked, = [feed.removeprefix(instance.web) for feed in feeds if "bookmarks" in feed]
    newest, = [feed.removeprefix(instance.web) for feed in feeds if "music" in feed]
    assert items(instance, marked) == [] and not [feed for feed in feeds if "backup" in feed]
    press(member, album, f"/bookmark/{entity_of(album)}")
    (title, path, address), = items(instance, marked)
    assert path.startswith(album) and items(instance, newest)[0] == (title, path, address)
    assert "FLAC" in title and Visitor(instance.web).get(address).status == 200
    page = Visitor(instance.web).get(marked)
    same = Visitor(instance.web).get(marked, headers={"If-None-Match": page.headers["ETag"]})
    assert same.status == 304
    for wrong in (marked.replace("/bookmarks", "/nothing"), re.sub(r"feed/\w+", "feed/" + "0" * 32, marked)):
        assert Visitor(instance.web).get(wrong).status in (401, 403, 404), wrong


def test_what_is_sealed_is_neither_saved_nor_followed(instance, member):  # noqa: F811
    assert "/searches/new" not in member.get("/backup?q=x").html
    refused = member.send("/searches/new?plugin=backup&q=x", "/searches", name="Theirs")
    assert refused.status == 403
    feed = re.search(r'href="([^"]+)/bookmarks\.rss"', member.get("/searches").html).group(1).removeprefix(instance.web)
    assert Visitor(instance.web).get(f"{feed}/movies.rss").status == 200
