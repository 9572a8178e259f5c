"""What the catalog tells members through the inbox: once each, whoever is killed when."""

import re

from content import make_album, make_torrent
from instance import wait_for
from test_talk import album, entity_of, notices, press, see  # noqa: F401 (fixtures)
from test_web import admin, album_fields, member, torrent, upload  # noqa: F401 (fixtures)
from visitor import fill


def unread(visitor):
    return re.findall(r'class="notice new"', visitor.get("/inbox").html)


def test_what_the_catalog_tells_comes_once_whoever_is_killed(instance, member, admin, album):  # noqa: F811
    """Each request is filled and told of while the catalog or web is killed in turn, before and after it has read."""
    given = re.search(r'id="(t\d+)"', member.get(album).html).group(1)
    wanted = [f"Wanted {number} {entity_of(album)}" for number in range(6)]
    paths = [member.send("/requests/new?plugin=music", "/requests", title=title).location for title in wanted]
    forms = [fill(admin.get(path).form(f"{path}/fill"), torrent=f"{album}#{given}") for path in paths]
    for number, (path, form) in enumerate(zip(paths, forms)):
        daemon = ("catalog", "web")[number % 2]
        assert admin.post(f"{path}/fill", form).status == 303
        if number >= 3:
            notices(member, "Filled: Wanted", number + 1)
        killed = instance.kill(daemon)
        wait_for(f"{daemon} runs again", lambda: instance.pid(daemon) not in (None, killed))
        instance.wait_ready("catalog", "web")
    told = notices(member, "Filled: Wanted", len(wanted))
    assert sorted(title for title, _, _ in told) == [f"Filled: {title}" for title in wanted] and len(unread(member)) == len(wanted)


def test_what_oneself_does_is_no_news(member, admin, album):  # noqa: F811
    given = re.search(r'id="(t\d+)"', member.get(album).html).group(1)
    paths = [member.send("/requests/new?plugin=music", "/requests", title=f"{whose} {entity_of(album)}").location
             for whose in ("Mine", "Theirs")]
    press(member, paths[0], f"{paths[0]}/fill", torrent=given[1:])
    press(admin, paths[1], f"{paths[1]}/fill", torrent=given[1:])
    notices(member, "Filled: Theirs")
    assert len(unread(member)) == 1


def test_what_is_new_on_a_page_is_one_notice_until_it_is_read(member, admin, album):  # noqa: F811
    """A busy page does not flood its subscribers; what is there since the last look begins where the notice leads."""
    assert "Subscribed" in press(member, album, f"/subscription/{entity_of(album)}").text
    assert f'href="{album}"' in member.get("/subscriptions").html and f'href="{album}"' not in admin.get("/subscriptions").html
    where = [admin.send(album, f"/comment/on/{entity_of(album)}", text=f"Number {number}").location for number in range(3)]
    told, = wait_for("three as one", lambda: [one for one in notices(member, "News of") if one[2] == 3])
    assert told[1] == "New comment: Number 2" and len(unread(member)) == 1
    assert see(member, told) == where[0] and unread(member) == []
    more = admin.send(album, f"/comment/on/{entity_of(album)}", text="Number 3").location
    newest = notices(member, "News of", 2)[0]
    assert newest[1:] == ("New comment: Number 3", 1) and see(member, newest) == more
    member.send(album, f"/comment/on/{entity_of(album)}", text="My own")
    assert "Nothing yet" in press(member, "/subscriptions", f"/subscription/{entity_of(album)}").text
    admin.send(album, f"/comment/on/{entity_of(album)}", text="Not told")
    assert len(notices(member, "News of", 2)) == 2 and "Subscribe" in member.get(album).text


def test_who_comments_may_subscribe_and_new_torrents_of_an_artist_are_told(member, admin, album, tmp_path):  # noqa: F811
    person = re.search(r'href="(/music/artist/\d+)"', member.get(album).html).group(1)
    press(member, person, f"/comment/on/{entity_of(person)}", text="More, please.", subscribe="1")
    assert "Subscribed" in member.get(person).text and "Tell me what is new here" not in member.get(person).text
    other = make_torrent(make_album(tmp_path, "other", size=1 << 18), tmp_path / "other.torrent").read_bytes()
    done = upload(admin, other, **album_fields())
    assert done.status == 303, done.text
    told = notices(member, "News of Ali Farka")[0]
    assert told[1].startswith("New Format: Ali Farka") and see(member, told) == done.location


def test_what_is_read_again_from_the_beginning_is_told_once_all_the_same(instance, member, admin, album):  # noqa: F811
    """As when the catalog was restored from a backup: the feed comes as a snapshot, with all that was stored before."""
    press(member, album, f"/subscription/{entity_of(album)}")
    for number in range(3):
        admin.send(album, f"/comment/on/{entity_of(album)}", text=f"Number {number}")
    told, = wait_for("three as one", lambda: [one for one in notices(member, "News of") if one[2] == 3])
    see(member, told)
    instance.run("psql", "-qc", "UPDATE web.feed_position SET seq = 0 WHERE feed = 'catalog.notices'")
    killed = instance.kill("web")
    wait_for("web runs again", lambda: instance.pid("web") not in (None, killed))
    instance.wait_ready("web")
    position = ("psql", "-tAc", "SELECT seq FROM web.feed_position WHERE feed = 'catalog.notices'")
    wait_for("the feed is read again", lambda: int(instance.run(*position).stdout) > 0)
    assert notices(member, "News of")[0][1] == "New comment: Number 2" and unread(member) == []
