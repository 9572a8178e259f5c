"""Collages on the pages, without JavaScript: made, added to, put in order, locked, told of, and taken away."""

import html
import re

from test_notices import unread
from test_talk import album, entity_of, notices, press, see  # noqa: F401 (fixtures)
from test_web import admin, album_fields, member, torrent, upload  # noqa: F401 (fixtures)
from test_searches import add
from visitor import fill

NASTY = '<script>alert(1)</script>"&\''


def make(visitor, title, category="theme", **more):
    done = visitor.send("/collages/new", "/collages", title=title, category=category, **more)
    assert done.status == 303, done.text
    return done.location


def names(page):
    return [html.unescape(name) for name in re.findall(r'<th scope="row"><a href="/music/[^"]+"><bdi>(.*?)</bdi>', page.html)]


def test_a_collage_is_made_added_to_put_in_order_and_told_of(instance, member, admin, album, tmp_path):  # noqa: F811
    title = f"{NASTY} {entity_of(album)}"
    refused = member.send("/collages/new", "/collages", category="theme", title=" ", text="kept")
    assert refused.status == 400 and "this is needed" in refused.text and "kept" in refused.html
    path = make(member, title, text="**Nights**")
    page = member.get(path)
    assert title in page.text and "<strong>Nights</strong>" in page.html and "<script>alert" not in page.html
    assert member.send("/collages/new", "/collages", category="label", title=title.upper()).status == 409
    assert "Subscribed" in press(admin, path, f"{path}/subscription").text
    other = add(member, tmp_path, "another").split("#")[0]
    for entry in (f"{member.site}{album}#t1", entity_of(other)):
        done = member.send(path, f"{path}/add", entry=entry)
        assert done.location == path, done.text
    page = admin.get(path)
    assert f'href="{album}"' in page.html and page.html.index(f'href="{album}"') < page.html.index(f'href="{other}"')
    for entry, said in (("nonsense", "Give the address"), ("99999999", "no such page"), (album, "in this collage already")):
        wrong = member.send(path, f"{path}/add", entry=entry)
        assert wrong.status in (400, 404, 409) and said in wrong.text and entry in wrong.html, entry
    assert path in member.get(album).html and title in member.get(album).text
    told = notices(admin, "News of", times=2)[0]
    assert told[1].startswith("New entry: ") and told[2] == 2 and see(admin, told) == path
    assert title in admin.get("/subscriptions").text
    order = member.get(f"{path}/order")
    first = names(order)
    token = dict(order.form("/sign-out"))["csrf"]
    assert member.post(f"{path}/order", {"csrf": token, "entity": entity_of(other), "place": "1"}).location == f"{path}/order"
    assert names(member.get(f"{path}/order")) == first[::-1]
    assert member.post(f"{path}/order", {"csrf": token, "entity": entity_of(other), "take": "1"}).status == 303
    assert names(member.get(f"{path}/order")) == first[:1]
    assert member.post(f"{path}/order", {"csrf": token, "entity": entity_of(album), "place": "x"}).status == 400
    history = member.get(f"{path}/history").text
    assert f"{member.name} added to the collage: {first[0]}" in history and "put in order the collage" in history
    assert title in admin.get("/log").text and unread(admin) == []


def test_a_collage_is_edited_locked_and_taken_away_by_those_who_may(instance, member, admin, album):  # noqa: F811
    path = make(member, f"Mine {entity_of(album)}")
    old = fill(member.get(f"{path}/edit").form(f"{path}/edit"), title="From another window", text="kept")
    assert "Reworded" in press(member, f"{path}/edit", f"{path}/edit", title=f"Reworded {entity_of(album)}").text
    crossed = member.post(f"{path}/edit", old)
    assert crossed.status == 409 and "changed while you wrote" in crossed.text and "kept" in crossed.html
    assert 'name="locked"' not in member.get(f"{path}/edit").html
    assert "Locked: only staff change it" in press(admin, f"{path}/edit", f"{path}/edit", locked="1").text
    assert f'action="{path}/add"' not in member.get(path).html and f'href="{path}/edit"' not in member.get(path).html
    form = fill(member.get(path).form(f"{path}/subscription"), entry=entity_of(album))
    assert member.post(f"{path}/add", form).status == 403
    press(admin, path, f"{path}/add", entry=entity_of(album))
    listed = member.get(f"/collages?words=reworded+{entity_of(album)}")
    assert f'href="{path}"' in listed.html and "locked" in listed.text
    assert f'href="{path}"' in member.get(f"/collages?entity={entity_of(album)}").html
    assert f'href="{path}"' not in member.get("/collages?category=charts").html
    assert member.send(f"{path}/delete", f"{path}/delete", reason="Mine.").status == 403
    assert admin.send(f"{path}/delete", f"{path}/delete", reason=" ").status == 400
    assert admin.send(f"{path}/delete", f"{path}/delete", reason="Not one theme.").location == "/collages"
    assert member.get(path).status == 404 and "Not one theme." in member.get("/log").text
    assert path not in member.get(album).html


def test_people_stand_in_collages_of_artists_and_personal_ones_are_ones_own(member, admin, album):  # noqa: F811
    person = re.search(r'href="(/music/artist/\d+)"', member.get(album).html).group(1)
    people = make(member, f"People {entity_of(album)}", "artists")
    wrong = member.send(people, f"{people}/add", entry=album)
    assert wrong.status == 400 and "artists and other people" in wrong.text
    assert f'href="{person}"' in press(admin, people, f"{people}/add", entry=person).html and people in member.get(person).html
    own = make(member, f"Own {entity_of(album)}", "personal")
    assert f'action="{own}/add"' in member.get(own).html
    assert own in member.get("/collages").html and own not in admin.get("/collages").html
    assert 'value="staff"' not in member.get("/collages/new").html and 'value="staff"' in admin.get("/collages/new").html
