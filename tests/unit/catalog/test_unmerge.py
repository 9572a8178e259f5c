"""Merges that are undone, in the running catalog: all is as it was, what has come since stays, and what is in the way is told."""
import os

import pytest

from service_kit import Refused, at_once, browse, refused
from test_collages import change, make, names
from test_edit import changes, edit, form
from test_images import images, picture, pictures, remove
from test_merge import (ANN, BOB, STAFF, alias_remove, aliases_of, counters_are_true, credited, edition_of, merge, move, other_format, page,
                        person_edit, plugin, put, third_format, torrents_of, two_groups)  # noqa: F401 (fixtures)
from test_news import somebody
from test_plugins import OWNER, fields_of, listed, made, page_of, upload  # noqa: F401 (fixtures)
from test_search import suggested
from test_talk import comment, comments, mark, report, tag, tags_of, vote

SAID = ("comment", "bookmark", "subscription", "collage_entry", "image", "report", "entity_tag", "tag_vote")
AGAIN = {"bookmark", "subscription", "collage_entry"}  # rows that go and come back have another id


def unmerge(bus, number, actor=STAFF, staff=True, reason="They are two.", key=None):
    ask = {"key": key or os.urandom(16), "change": number, "reason": reason, "staff": staff}
    return bus.ask("catalog.entity.unmerge", ask, actor=actor)


def reword(bus, entity, **fields):
    return edit(bus, entity, dict(form(bus, entity)["fields"], **fields))


def merge_of(bus, entity, what="merge"):
    """The newest merge on a page."""
    return next(one for one in changes(bus, entity) if one["what"] == what)


def all_of(sql, *entities):
    """Every row that is about them, but for how often they were changed."""
    groups, = sql("SELECT array(SELECT coalesce(grp, id) FROM catalog.entity WHERE id = ANY(%s) AND kind > 0 UNION"
                  " SELECT grp FROM catalog.credit WHERE person = ANY(%s))", list(entities), list(entities))[0]
    rows = {table: sql(f"SELECT to_jsonb(t) - %s::text[] FROM catalog.{table} t WHERE entity = ANY(%s) ORDER BY (to_jsonb(t) - 'id')::text",
                       ["id"] if table in AGAIN else [], list(entities)) for table in SAID}
    rows["entity"] = sql("SELECT to_jsonb(e) - 'revision' FROM catalog.entity e WHERE %s::bigint[] && ARRAY[id, grp, leads_to] ORDER BY id",
                         list({*entities, *groups}))
    rows["credit"] = sql("SELECT * FROM catalog.credit WHERE grp = ANY(%s) ORDER BY grp, place", groups)
    rows["change"] = sql("SELECT id, grp FROM catalog.change WHERE grp = ANY(%s) AND what NOT IN ('merge', 'move', 'unmerge', 'leave')"
                         " ORDER BY id", list({*entities, *groups}))
    rows["collages"] = sql("SELECT collage, entity, place FROM catalog.collage_entry WHERE collage IN (SELECT collage"
                           " FROM catalog.collage_entry WHERE entity = ANY(%s)) ORDER BY 1, 2", list(entities))
    rows["listed"] = sql("SELECT id, added, year, size, search, names FROM catalog.listed WHERE id = ANY(%s) ORDER BY id", groups)
    rows["listed_unit"] = sql("SELECT * FROM catalog.listed_unit WHERE grp = ANY(%s) ORDER BY id", groups)
    rows["shelf"] = sql("SELECT * FROM catalog.shelf WHERE grp = ANY(%s) ORDER BY grp", groups)
    return rows


def same(before, now):
    for table in before:
        assert now[table] == before[table], table
    return True


def say_much(bus, gone, into, torrent=None):
    """What members say of two things: of one, of the other, of both."""
    for entity, file in ((gone, RED), (gone, BLUE), (into, RED)):
        picture(bus, entity, file, somebody())  # a member adds so many an hour
    for actor, entity in ((ANN, gone), (ANN, into), (BOB, gone)):
        mark(bus, entity, actor=actor)
        bus.ask("catalog.subscription.set", {"entity": entity, "on": True}, actor=actor)
    comment(bus, gone, "Which?", ANN)
    comment(bus, into, "This.", BOB)
    report(bus, "entity", gone, kind="duplicate", actor=ANN)
    if torrent:
        report(bus, "torrent", torrent, actor=ANN)


RED, BLUE = pictures.png(), pictures.png()


@pytest.fixture
def two(bus, plugin, tmp_path, fresh):  # noqa: F811
    return two_groups(bus, plugin, tmp_path, fresh)


def test_a_merge_of_groups_is_undone_and_all_is_as_it_was(bus, two, fresh, sql):
    (lost, gone), (_, kept) = two
    gone, into = gone["entity"], kept["entity"]
    say_much(bus, gone, into, lost["torrent"])
    for entity, tags in ((gone, "live, only.lost"), (into, "live")):
        tag(bus, entity, tags)
        vote(bus, entity, "live", 1, ANN)
    vote(bus, gone, "live", 1, BOB)
    lists = [make(bus, ANN, f"{fresh} {i}") for i in range(2)]
    for collage, entity in ((lists[0], gone), (lists[0], into), (lists[1], into), (lists[1], gone)):
        change(bus, "put", collage, entity, ANN)
    before = all_of(sql, gone, into)
    merge(bus, gone, into)
    assert len(torrents_of(page(bus, gone)["group"])) == 2 and merge_of(bus, into)["merged"]

    key = os.urandom(16)
    done = [unmerge(bus, merge_of(bus, into)["change"], key=key) for _ in range(2)]
    assert done[0] == done[1] == {"href": page(bus, gone)["href"], "entity": gone}
    assert same(before, all_of(sql, gone, into))
    counters_are_true(sql)
    assert page(bus, gone)["entity"] == gone and torrents_of(page(bus, gone)["group"]) == [lost["torrent"]]
    assert browse(bus, fresh, plugin=page(bus, gone)["plugin"])["count"] == 2

    last, *_ = changes(bus, gone)
    assert (last["what"], last["why"], last["actor"]) == ("unmerge", "They are two.", STAFF)
    assert last["differences"] == [{"label": "Where", "before": f"{fresh} once", "after": f"{fresh} twyce"}]
    assert [one["what"] for one in changes(bus, into)][:2] == ["leave", "merge"] and not merge_of(bus, into).get("merged")
    assert refused(unmerge, bus, merge_of(bus, into)["change"]).status == "not_found"
    merge(bus, gone, into)  # and again
    unmerge(bus, merge_of(bus, into)["change"])
    assert same(before, all_of(sql, gone, into))


def test_a_merge_of_people_is_undone_and_all_is_as_it_was(bus, plugin, tmp_path, fresh, sql):  # noqa: F811
    credit = next(field for field in plugin["fields"] if field["type"] == "credit")
    roles = [role["name"] for role in credit["roles"]]
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))

    def by(title, *people):
        fields = dict(fields_of(plugin, fresh), **{name: f"{fresh} {title}", credit["name"]: [who for who, _ in people],
                                                   f"{credit['name']}_role": [role for _, role in people]})
        return put(bus, plugin, tmp_path, dict(fields, imdb="") if plugin["name"] == "movies" else fields)[1]
    wrong, right = f"{fresh} Tumani", f"{fresh} Toumani"
    group = by("one", (wrong, roles[0]), (right, roles[1]))
    both = by("both", (right, roles[0]), (f"{fresh} third", roles[1]), (wrong, roles[1]), (right, roles[1]))
    other = by("other", (right, roles[0]))
    ids = {one["name"]: one["entity"] for credit in both["credits"] for one in credit["people"]}
    gone, into = ids[wrong], ids[right]
    bus.ask("catalog.alias.add", {"key": os.urandom(16), "person": gone, "name": f"{fresh} Toumany"}, actor=ANN)
    if "image" in plugin["levels"][0]:
        say_much(bus, gone, into)
    before = all_of(sql, gone, into)
    merge(bus, gone, into)
    assert set(aliases_of(bus, into)) == {wrong, f"{fresh} Toumany"} and page(bus, gone)["entity"] == into
    late = reword(bus, other["entity"], **{credit["name"]: [right, wrong], f"{credit['name']}_role": [roles[0], roles[1]]})
    assert late["href"] == other["href"]  # is one, and stays one

    assert unmerge(bus, merge_of(bus, into)["change"])["entity"] == gone
    now = all_of(sql, gone, into)
    for table in before.keys() - {"credit", "listed", "shelf", "change"}:
        assert now[table] == before[table], table
    there = [one for one in now["credit"] if one[0] != other["entity"]]
    assert there == [one for one in before["credit"] if one[0] != other["entity"]]
    assert page(bus, gone)["entity"] == gone and list(aliases_of(bus, gone)) == [f"{fresh} Toumany"] and aliases_of(bus, into) == {}
    for one in (group, both):
        assert one["credits"] == page(bus, one["entity"])["group"]["credits"]
    level = plugin["levels"][0]["name"]
    assert suggested(bus, wrong, level, plugin["name"])[0]["href"] == page(bus, gone)["href"]
    counters_are_true(sql)


def test_an_edition_that_became_part_of_another_is_one_again(bus, plugin, two, sql):  # noqa: F811
    (one, gone), (other, kept) = two
    edition = edition_of(bus, plugin, one["entity"])
    before = all_of(sql, gone["entity"], kept["entity"])
    move(bus, edition, into=kept["entity"])
    assert merge_of(bus, kept["entity"], "move")["merged"] and "left" in page(bus, gone["entity"])
    assert unmerge(bus, merge_of(bus, kept["entity"], "move")["change"]) == {"href": gone["href"], "entity": edition}
    assert same(before, all_of(sql, gone["entity"], kept["entity"]))
    counters_are_true(sql)
    assert changes(bus, kept["entity"])[0]["what"] == "leave" and changes(bus, gone["entity"])[0]["what"] == "unmerge"


def test_what_has_come_since_stays(bus, listed, tmp_path, fresh, sql):  # noqa: F811
    music = listed["music"]
    base = fields_of(music, fresh)
    put_as = lambda title, **more: put(bus, music, tmp_path, dict(base, title=f"{fresh} {title}", **more))
    (first, gone), (second, into), (third, other) = (
        put_as("gone", media="WEB"), put_as("kept", media="CD"), put_as("other", media="WEB", format="MP3", bitrate="320"))
    gone, into, other = gone["entity"], into["entity"], other["entity"]
    edition = edition_of(bus, music, first["entity"])
    tag(bus, gone, "only.lost")
    mark(bus, gone, actor=ANN)
    mark(bus, into, actor=ANN)
    mark(bus, gone, actor=BOB)
    painter = somebody()
    picture(bus, gone, RED, painter)
    merge(bus, gone, into)
    merge(bus, other, into)  # its edition became part of that which came with the first
    late = upload(bus, music, made(tmp_path), dict(base, title=f"{fresh} kept", media="WEB", format="AAC", bitrate="256"))
    assert late["joined"] and edition_of(bus, music, late["entity"]) == edition == edition_of(bus, music, third["entity"])
    vote(bus, into, "only.lost", 1, ANN)
    mark(bus, into, False, actor=BOB)
    mark(bus, into, False, actor=ANN)
    said = comment(bus, into, "Late.", ANN)["comment"]
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": first["torrent"], "reason": "Bad."}, actor=OWNER)
    remove(bus, images(bus, into)[0]["image"], painter)

    first_merge = [one for one in changes(bus, into) if one["what"] == "merge"][-1]
    unmerge(bus, first_merge["change"])
    assert torrents_of(page(bus, gone)["group"]) == [] and page(bus, gone)["left"]["why"] == "Bad."
    assert torrents_of(page(bus, into)["group"]) == sorted((second["torrent"], third["torrent"], late["torrent"]))
    stays = edition_of(bus, music, late["entity"])
    assert stays != edition and stays == edition_of(bus, music, third["entity"]) and form(bus, stays)["fields"]["media"] == "WEB"
    assert [one["comment"] for one in comments(bus, into)] == [said] and comments(bus, gone) == []
    assert "only.lost" in tags_of(bus, into) and "only.lost" in tags_of(bus, gone)
    assert sql("SELECT member FROM catalog.bookmark WHERE entity = ANY(%s)", [gone, into]) == []  # they took them off
    assert images(bus, gone) == images(bus, into) == []
    counters_are_true(sql)
    unmerge(bus, merge_of(bus, into)["change"])
    assert torrents_of(page(bus, other)["group"]) == [third["torrent"]]
    assert torrents_of(page(bus, into)["group"]) == sorted((second["torrent"], late["torrent"]))
    counters_are_true(sql)


def test_what_the_other_took_over_is_its_own_no_more(bus, listed, tmp_path, fresh):  # noqa: F811
    movies = listed["movies"]
    fields = fields_of(movies, fresh)
    first = dict(fields, title=f"{fresh} a", imdb=f"tt8654321{os.getpid() % 9}", synopsis="All of it is told.")
    _, lost = put(bus, movies, tmp_path, first)
    _, kept = put(bus, movies, tmp_path, other_format(movies, dict(fields, title=f"{fresh} b", imdb="", synopsis="", original_title="")))
    was = form(bus, lost["entity"])["fields"]
    merge(bus, lost["entity"], kept["entity"])
    reword(bus, kept["entity"], synopsis="Another story, as it is.")
    unmerge(bus, merge_of(bus, kept["entity"])["change"])
    now = form(bus, kept["entity"])["fields"]
    assert now["imdb"] == now["original_title"] == "" and now["synopsis"] == "Another story, as it is."
    assert form(bus, lost["entity"])["fields"] == was
    again = upload(bus, movies, made(tmp_path), dict(fields, title="whatever", imdb=was["imdb"], **third_format(movies)))
    assert again["joined"] and page_of(bus, again)["entity"] == lost["entity"]


def test_one_merge_after_the_other_is_undone_the_other_way_round(bus, plugin, tmp_path, fresh, sql):  # noqa: F811
    (_, one), (_, two) = two_groups(bus, plugin, tmp_path, fresh)
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    more = {"bitrate": "128"} if plugin["name"] == "music" else {}
    _, three = put(bus, plugin, tmp_path, dict(fields_of(plugin, fresh), **third_format(plugin), **more, **{name: f"{fresh} thrice"}))
    ids = [group["entity"] for group in (one, two, three)]
    before = all_of(sql, *ids)
    merge(bus, ids[0], ids[1])
    merge(bus, ids[1], ids[2])
    second, first = (entry["change"] for entry in changes(bus, ids[2]) if entry["what"] == "merge")
    fault = refused(unmerge, bus, first)
    assert fault.status == "conflict" and "undo that first" in str(fault)
    unmerge(bus, second)
    unmerge(bus, first)
    assert same(before, all_of(sql, *ids))


def test_what_is_in_the_way_is_told_and_nothing_is_undone(bus, listed, tmp_path, fresh, sql):  # noqa: F811
    music = listed["music"]
    base = fields_of(music, fresh)
    ids = []
    for title, more in (("gone", dict(media="WEB")), ("kept", dict(media="CD"))):
        ids.append(put(bus, music, tmp_path, dict(base, title=f"{fresh} {title}", **more)))
    (told, gone), (_, kept) = ids
    gone, into = gone["entity"], kept["entity"]
    merge(bus, gone, into)
    number = merge_of(bus, into)["change"]
    assert refused(unmerge, bus, number, actor=OWNER, staff=False).status == "forbidden"
    assert refused(unmerge, bus, number, reason=" ").field == "reason"
    assert refused(unmerge, bus, 1 << 40).status == "not_found"

    def hindered(*words):
        fault = refused(unmerge, bus, number)
        assert fault.status == "conflict" and all(word in str(fault) for word in words), str(fault)
        assert merge_of(bus, into)["merged"]
    was = edition_of(bus, music, told["entity"])
    to = next(place["entity"] for place in page(bus, into)["group"]["places"] if place["entity"] != was)
    move(bus, told["entity"], into=into, fields=dict(form(bus, to)["fields"], media="Vinyl"))
    hindered(f"#t{told['torrent']} was moved since")
    move(bus, told["entity"], into=was)

    reword(bus, into, title=f"{fresh} gone")
    hindered("The same Album is here", f"\"{fresh} gone\"", f"see {kept['href']}")
    reword(bus, into, title=f"{fresh} kept")
    new, there = put(bus, music, tmp_path, dict(base, title=f"{fresh} gone", media="DVD"))
    assert not new.get("joined")
    hindered("The same Album is here", f"see {there['href']}")
    bus.ask("catalog.entity.delete", {"key": os.urandom(16), "entity": there["entity"], "reason": "No.", "staff": True}, actor=STAFF)
    assert unmerge(bus, number)["entity"] == gone
    counters_are_true(sql)


def test_an_edition_that_is_there_again_is_in_the_way(bus, plugin, two, tmp_path, fresh):  # noqa: F811
    (one, gone), (_, kept) = two
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    move(bus, edition_of(bus, plugin, one["entity"]), into=kept["entity"])
    more = {"bitrate": "128"} if plugin["name"] == "music" else {}
    again = upload(bus, plugin, made(tmp_path), dict(fields_of(plugin, fresh), **third_format(plugin), **more, **{name: f"{fresh} twyce"}))
    assert again["href"].split("#")[0] == gone["href"]
    fault = refused(unmerge, bus, merge_of(bus, kept["entity"], "move")["change"])
    assert fault.status == "conflict" and f"is here again by now, in \"{fresh} twyce\": see {gone['href']}" in str(fault)


def test_two_editions_that_would_be_one_are_in_the_way(bus, listed, tmp_path, fresh):  # noqa: F811
    music = listed["music"]
    base = fields_of(music, fresh)
    _, kept = put(bus, music, tmp_path, dict(base, title=f"{fresh} kept", media="CD"))
    one, gone = put(bus, music, tmp_path, dict(base, title=f"{fresh} gone", media="CD", format="MP3", bitrate="320"))
    two, _ = put(bus, music, tmp_path, dict(base, title=f"{fresh} gone", media="WEB"))
    merge(bus, gone["entity"], kept["entity"])
    reword(bus, edition_of(bus, music, one["entity"]), media="DVD")
    reword(bus, edition_of(bus, music, two["entity"]), media="CD")
    number = merge_of(bus, kept["entity"])["change"]
    assert refused(unmerge, bus, number).status == "conflict"
    reword(bus, edition_of(bus, music, two["entity"]), media="WEB")
    assert unmerge(bus, number)["entity"] == gone["entity"]


def test_a_name_that_another_person_has_by_now_is_in_the_way(bus, listed, tmp_path, fresh):  # noqa: F811
    music = listed["music"]
    people = [credited(bus, music, tmp_path, fresh, f"{fresh} {name}", f"{fresh} {name}")[0] for name in ("gone", "kept")]
    merge(bus, *people)
    number = merge_of(bus, people[1])["change"]
    person_edit(bus, people[1], name=f"{fresh} gone")
    fault = refused(unmerge, bus, number)
    assert fault.status == "conflict" and f"Another Artist is called so by now, \"{fresh} gone\"" in str(fault)
    person_edit(bus, people[1], name=f"{fresh} kept")
    fault = refused(unmerge, bus, number)  # the name leads to it still, as another spelling
    assert fault.status == "conflict" and fresh in str(fault)
    alias_remove(bus, aliases_of(bus, people[1])[f"{fresh} gone"]["alias"], staff=True)
    assert unmerge(bus, number)["entity"] == people[0] and page(bus, people[0])["name"] == f"{fresh} gone"


def test_of_two_who_undo_the_same_at_once_one_is_told(replicas, listed, tmp_path, fresh):  # noqa: F811
    buses = [replica.bus() for replica in replicas]
    (_, one), (_, other) = two_groups(buses[0], listed["music"], tmp_path, fresh)
    merge(buses[0], one["entity"], other["entity"])
    number = merge_of(buses[0], other["entity"])["change"]
    told = at_once(*(lambda bus=bus: unmerge(bus, number) for bus in buses))
    assert [answer.status for answer in told if isinstance(answer, Refused)] == ["not_found"]
