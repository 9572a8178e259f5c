"""What turns out to be one, to belong elsewhere, or to be called otherwise, in the running catalog: merging groups and people, moving
torrents and editions, names and other spellings of people. Books is among the plugins (test_plugins.py)."""
import os

import pytest

from service_kit import Refused, at_once, browse, refused
from test_collages import change, make, names
from test_edit import changes, edit, form
from test_images import images, picture, pictures
from test_news import somebody, subscriptions
from test_plugins import OWNER, fields_of, listed, made, page_of, upload  # noqa: F401 (fixtures)
from test_search import suggested
from test_talk import scores, tag, talk, vote

ANN, BOB, STAFF = OWNER + 1, OWNER + 2, OWNER + 3


@pytest.fixture(params=("music", "movies", "books"))
def plugin(request, listed):  # noqa: F811
    return listed[request.param]


def other_format(plugin, fields):
    """The same group and edition, another unit."""
    if plugin["name"] == "music":
        return dict(fields, format="MP3", bitrate="320")
    choice = next(field for field in plugin["fields"] if field["level"] == plugin["levels"][-1]["name"] and field["type"] == "choice")
    return dict(fields, **{choice["name"]: choice["choices"][1]})


def edition_field(plugin):
    """A text or year of an edition."""
    level = next(level["name"] for level in plugin["levels"] if level["kind"] == "edition")
    return next(field for field in plugin["fields"] if field["level"] == level and field["type"] == "text")


def put(bus, plugin, tmp_path, fields, actor=OWNER):
    """An upload: what was told of it, and its group as the page has it."""
    told = upload(bus, plugin, made(tmp_path), fields, actor)
    return told, page_of(bus, told)["group"]


def page(bus, entity, actor=OWNER):
    return bus.ask("catalog.entity.get", {"entity": entity}, actor=actor)["page"]


def merge(bus, entity, into, actor=STAFF, staff=True, reason="They are one.", key=None):
    ask = {"key": key or os.urandom(16), "entity": entity, "into": into, "reason": reason, "staff": staff}
    return bus.ask("catalog.entity.merge", ask, actor=actor)


def move(bus, entity, actor=STAFF, staff=True, reason="It belongs there.", key=None, **more):
    ask = {"key": key or os.urandom(16), "entity": entity, "reason": reason, "staff": staff, **more}
    return bus.ask("catalog.entity.move", ask, actor=actor)


def torrents_of(group):
    return sorted(unit["torrent"] for edition in group["editions"] for unit in edition["formats"])


def counters_are_true(sql):
    """What lists are counted by is what there is."""
    wrong = sql("SELECT p.name, p.torrents, p.groups FROM catalog.plugin p WHERE (p.torrents, p.groups) <> ("
                " (SELECT count(*) FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity WHERE t.active AND u.plugin = p.name),"
                " (SELECT count(DISTINCT u.grp) FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity"
                "  WHERE t.active AND u.plugin = p.name))")
    assert wrong == []
    assert sql("SELECT l.id FROM catalog.listed_unit l JOIN catalog.torrent t ON t.id = l.id JOIN catalog.entity u ON u.id = t.entity"
               " WHERE u.grp <> l.grp") == []
    assert sql("SELECT n.id FROM (SELECT id AS grp, unnest(names) AS id FROM catalog.listed) l RIGHT JOIN catalog.name n USING (id)"
               " WHERE n.entity IS NULL GROUP BY n.id HAVING (count(l.id), coalesce(bit_xor(l.grp), 0)) <> (n.uses, n.groups_xor)") == []


def facts(bus):
    return bus.ask("catalog.torrents.since", {"limit": 1})["head"]


def two_groups(bus, plugin, tmp_path, fresh):
    """Of two names, each with a torrent of the same edition."""
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    fields = fields_of(plugin, fresh)
    lost = put(bus, plugin, tmp_path, dict(fields, **{name: f"{fresh} twyce"}))
    kept = put(bus, plugin, tmp_path, other_format(plugin, dict(fields, **{name: f"{fresh} once"})))
    return lost, kept


# ---- merging groups ----


def test_a_group_becomes_part_of_another_with_all_that_is_below_and_was_said(bus, plugin, tmp_path, fresh, sql):
    (lost, gone), (kept, group) = two_groups(bus, plugin, tmp_path, fresh)
    gone, into, before = gone["entity"], group["entity"], facts(bus)
    for entity, tags in ((gone, "live, only.lost"), (into, "live")):
        tag(bus, entity, tags)
        vote(bus, entity, "live", 1, ANN)
    vote(bus, gone, "live", 1, BOB)
    comment = bus.ask("catalog.comment.add", {"key": os.urandom(16), "entity": gone, "text": "Which?"}, actor=ANN)["comment"]
    for actor, entity in ((ANN, gone), (ANN, into), (BOB, gone)):
        bus.ask("catalog.bookmark.set", {"entity": entity, "on": True}, actor=actor)
    for about, of in (("entity", gone), ("torrent", lost["torrent"])):
        bus.ask("catalog.report.add", {"key": os.urandom(16), "about": about, "of": of, "kind": "duplicate", "text": "Twice."}, actor=ANN)
    request = bus.ask("catalog.request.add", {"key": os.urandom(16), "plugin": plugin["name"], "title": fresh}, actor=ANN)["request"]
    bus.ask("catalog.request.fill", {"key": os.urandom(16), "request": request, "torrent": lost["torrent"]}, actor=BOB)

    key = os.urandom(16)
    done = [merge(bus, gone, into, key=key) for _ in range(2)]
    assert done[0] == done[1] == {"href": group["href"], "entity": into}

    now = page(bus, into)["group"]
    assert torrents_of(now) == sorted((lost["torrent"], kept["torrent"])) and len(now["editions"]) == len(group["editions"])
    assert now["name"] == group["name"] and now["credits"] == group["credits"]
    assert page(bus, gone)["entity"] == into and page(bus, gone)["asked"] == gone  # the old address
    found = browse(bus, fresh, plugin=plugin["name"])
    assert found["count"] == 1 and torrents_of(found["groups"][0]) == torrents_of(now)
    assert suggested(bus, f"{fresh} twyce"[:-1], plugin=plugin["name"]) in ([], suggested(bus, f"{fresh} once", plugin=plugin["name"]))
    of_edition, = suggested(bus, fresh, edition_field(plugin)["name"], plugin["name"])
    assert (of_edition["uses"], of_edition["href"]) == (1, group["href"])
    names = bus.ask("catalog.torrent.names", {"torrents": [lost["torrent"]]})["torrents"]
    assert names[0][2] == f"{group['href']}#t{lost['torrent']}"
    counters_are_true(sql)
    assert facts(bus) == before  # neither tracker nor ratio has anything to learn

    said = talk(bus, gone, ANN, limit=10)
    assert said["entity"] == into and said["bookmarked"] and [one["comment"] for one in said["comments"]] == [comment]
    assert {name: score for name, score in scores(bus, into) if "." in name or name == "live"} == {"live": 3, "only.lost": 1}
    assert [one["entity"] for one in bus.ask("catalog.bookmark.list", {"limit": 10}, actor=BOB)["groups"]][0] == into
    reports = {one["about"]: one["href"] for one in bus.ask("catalog.report.list", {"limit": 2}, actor=ANN)["reports"]}
    assert reports["entity"] == group["href"] and reports["torrent"] == f"{group['href']}#t{lost['torrent']}"
    asked = bus.ask("catalog.request.get", {"request": request}, actor=ANN)["request"]
    assert asked["filled_href"] == f"{group['href']}#t{lost['torrent']}"

    last, *rest = changes(bus, gone)
    assert (last["what"], last["actor"], last["why"], last["href"]) == ("merge", STAFF, "They are one.", group["href"])
    assert last["differences"] == [{"label": "Where", "before": f"{fresh} twyce", "after": f"{fresh} once"}]
    assert len([one for one in rest if one["what"] == "add"]) == 2 and changes(bus, into) == [last, *rest]
    late = other_format(plugin, fields_of(plugin, fresh)) | {"tags": ""}
    assert refused(upload, bus, plugin, made(tmp_path), late, parent=gone).status == "conflict"  # it is there: by the old address
    assert refused(merge, bus, gone, into).status == "not_found"


def test_subscriptions_collages_and_images_follow(bus, listed, tmp_path, fresh):  # noqa: F811
    (_, lost), (_, kept) = two_groups(bus, listed["music"], tmp_path, fresh)
    gone, into = lost["entity"], kept["entity"]
    ann, bob = somebody(), somebody()
    for actor, entity in ((ann, gone), (ann, into), (bob, gone)):
        bus.ask("catalog.subscription.set", {"entity": entity, "on": True}, actor=actor)
    both, alone = make(bus, ann, f"{fresh} both"), make(bus, ann, f"{fresh} alone")
    third = put(bus, listed["music"], tmp_path, dict(fields_of(listed["music"], fresh), title=f"{fresh} third"))[1]["entity"]
    for collage, entity in ((both, gone), (both, third), (both, into), (alone, gone), (alone, third)):
        change(bus, "put", collage, entity, ann)
    red, blue = pictures.png(), pictures.png()
    for entity, file in ((into, red), (gone, blue), (gone, red)):
        picture(bus, entity, file)
    cover = images(bus, into)[0]["hash"]

    merge(bus, gone, into)
    assert [[one["entity"] for one in subscriptions(bus, who)] for who in (ann, bob)] == [[into], [into]]
    assert (names(bus, both), names(bus, alone)) == ([third, into], [into, third])
    change(bus, "move", both, into, ann, place=1)
    assert names(bus, both) == [into, third]
    seen = [one["hash"] for one in images(bus, into)]
    assert len(seen) == len(set(seen)) == 2 and seen[0] == cover == browse(bus, f"{fresh} once")["groups"][0]["cover"]["hash"]


def test_what_the_other_does_not_say_of_itself_is_taken_over(bus, listed, tmp_path, fresh):  # noqa: F811
    movies = listed["movies"]
    fields = fields_of(movies, fresh)
    _, lost = put(bus, movies, tmp_path, dict(fields, title=f"{fresh} a", imdb="tt7654321" + str(os.getpid() % 9)))
    _, kept = put(bus, movies, tmp_path, other_format(movies, dict(fields, title=f"{fresh} b", imdb="")))
    imdb = form(bus, lost["entity"])["fields"]["imdb"]
    merge(bus, lost["entity"], kept["entity"])
    now = form(bus, kept["entity"])["fields"]
    assert (now["imdb"], now["title"]) == (imdb, f"{fresh} b")
    again = upload(bus, movies, made(tmp_path), dict(fields, title="whatever", imdb=imdb, **third_format(movies)))
    assert again["joined"] and page_of(bus, again)["entity"] == kept["entity"]


def third_format(plugin):
    choice = next(field for field in plugin["fields"] if field["level"] == plugin["levels"][-1]["name"] and field["type"] == "choice")
    return {choice["name"]: choice["choices"][2]}


def test_two_torrents_that_would_be_one_are_told_and_nothing_is_merged(bus, plugin, tmp_path, fresh):
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    fields = fields_of(plugin, fresh)
    (one, lost), (other, kept) = (put(bus, plugin, tmp_path, dict(fields, **{name: f"{fresh} {i}"})) for i in range(2))
    fault = refused(merge, bus, lost["entity"], kept["entity"])
    assert (fault.status, fault.field) == ("conflict", "into")
    assert f"#t{one['torrent']}" in str(fault) and f"#t{other['torrent']}" in str(fault)
    assert page(bus, lost["entity"])["group"]["torrents_count"] == 1
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": one["torrent"], "reason": "Twice."}, actor=OWNER)
    merge(bus, lost["entity"], kept["entity"])
    assert torrents_of(page(bus, lost["entity"])["group"]) == [other["torrent"]]


def test_what_was_merged_into_leads_on_when_it_is_merged_itself(bus, plugin, tmp_path, fresh):
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    first = fields_of(plugin, fresh)
    fields = [first, other_format(plugin, first), dict(first, **third_format(plugin))]
    if plugin["name"] == "music":
        fields[2]["bitrate"] = "128"
    told = [put(bus, plugin, tmp_path, dict(one, **{name: f"{fresh} {i}"})) for i, one in enumerate(fields)]
    ids = [group["entity"] for _, group in told]
    merge(bus, ids[0], ids[1])
    merge(bus, ids[1], ids[2])
    assert [page(bus, entity)["entity"] for entity in ids] == [ids[2]] * 3
    assert torrents_of(page(bus, ids[0])["group"]) == sorted(one["torrent"] for one, _ in told)
    assert form(bus, ids[0])["href"] == told[2][1]["href"]  # whatever else is asked of it, too
    assert tag(bus, ids[0], "late")["href"] == told[2][1]["href"]


def test_who_may_merge_and_what(bus, listed, tmp_path, fresh):  # noqa: F811
    music, books, backup = (listed[name] for name in ("music", "books", "backup"))
    (_, lost), (_, kept) = two_groups(bus, music, tmp_path, fresh)
    _, book = put(bus, books, tmp_path, fields_of(books, fresh))
    person = lost["credits"][0]["people"][0]["entity"]
    own = [put(bus, backup, tmp_path, dict(fields_of(backup, fresh), name=f"{fresh} {i}"))[1]["entity"] for i in range(2)]
    assert refused(merge, bus, lost["entity"], kept["entity"], actor=OWNER, staff=False).status == "forbidden"
    assert refused(merge, bus, lost["entity"], kept["entity"], reason=" ").field == "reason"
    for into in (lost["entity"], book["entity"], person, 1 << 40):
        fault = refused(merge, bus, lost["entity"], into)
        assert (fault.status, fault.field) == ("invalid", "into"), into
    assert refused(merge, bus, 1 << 40, kept["entity"]).status == "not_found"
    assert refused(merge, bus, own[0], own[1]).status == "forbidden"
    assert refused(move, bus, page(bus, own[0], OWNER)["group"]["editions"][0]["formats"][0]["entity"], into=own[1]).status == "forbidden"


def test_of_two_who_merge_the_same_at_once_one_is_told(replicas, listed, tmp_path, fresh):  # noqa: F811
    buses = [replica.bus() for replica in replicas]
    (_, one), (_, other) = two_groups(buses[0], listed["music"], tmp_path, fresh)
    one, other = one["entity"], other["entity"]
    told = at_once(lambda: merge(buses[0], one, other), lambda: merge(buses[1], other, one))
    assert len([answer for answer in told if isinstance(answer, Refused)]) == 1
    assert page(buses[0], one)["entity"] == page(buses[1], other)["entity"]


def test_all_that_points_at_an_entity_follows_it(replicas, sql):
    """A table that comes to point at entities is to be thought of in catalog.merge and catalog.unmerge: add it here when it is."""
    pointing = {f"{table}.{column}" for table, column in sql(
        "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND"
        " a.attnum = ANY(c.conkey) WHERE c.confrelid = 'catalog.entity'::regclass AND c.contype = 'f'")}
    assert pointing == {f"catalog.{one}" for one in (
        "entity.parent", "entity.grp", "entity.leads_to", "credit.grp", "credit.person", "entity_tag.entity", "torrent.entity",
        "change.entity", "change.grp", "comment.entity", "bookmark.entity", "report.entity", "subscription.entity", "news.entity",
        "collage_entry.entity", "image.entity", "merged.gone", "merged.kept", "merged.home")}


# ---- moving ----


def unit_of(group, torrent):
    return next(unit["entity"] for edition in group["editions"] for unit in edition["formats"] if unit["torrent"] == torrent)


def edition_of(bus, plugin, entity):
    """A unit's edition, wherever the page shows it."""
    for edition in page(bus, entity)["group"]["editions"]:
        for unit in edition["formats"]:
            if unit["entity"] == entity:
                return edition.get("entity") or unit["edition"]


def test_a_torrent_moves_to_another_edition_and_back(bus, plugin, tmp_path, fresh, sql):
    field = edition_field(plugin)
    fields = fields_of(plugin, fresh)
    one, group = put(bus, plugin, tmp_path, fields)
    value = f"{fresh} other"[:field["high"]]
    other, _ = put(bus, plugin, tmp_path, dict(other_format(plugin, fields), **{field["name"]: value}))
    unit, before = one["entity"], facts(bus)
    was, to = edition_of(bus, plugin, unit), edition_of(bus, plugin, other["entity"])
    places = page(bus, unit)["group"]["places"]
    assert {place["entity"] for place in places} == {was, to} and len({place["title"] for place in places}) == 2
    key = os.urandom(16)
    done = [move(bus, unit, OWNER, False, into=to, key=key) for _ in range(2)]  # its uploader may
    assert done[0] == done[1] == {"href": group["href"], "entity": unit}
    assert edition_of(bus, plugin, unit) == to and torrents_of(page(bus, unit)["group"]) == sorted((one["torrent"], other["torrent"]))
    last = changes(bus, group["entity"])[0]
    assert (last["what"], last["entity"], last["under"], last["why"]) == ("move", unit, was, "It belongs there.")
    (difference,) = last["differences"]
    assert difference["label"] == "Where" and difference["before"] != difference["after"] and fresh in difference["after"]
    move(bus, unit, into=last["under"], reason="Back again.")
    assert edition_of(bus, plugin, unit) == was and facts(bus) == before
    move(bus, unit, beside=other["torrent"])
    assert edition_of(bus, plugin, unit) == to
    counters_are_true(sql)


def test_a_torrent_moves_to_an_edition_that_is_named_here_or_elsewhere(bus, plugin, tmp_path, fresh, sql):
    field = edition_field(plugin)
    (one, lost), (_, kept) = two_groups(bus, plugin, tmp_path, fresh)
    unit, value = one["entity"], f"{fresh} named"[:field["high"]]
    edition = {name: text for name, text in form(bus, edition_of(bus, plugin, unit))["fields"].items()}
    move(bus, unit, into=lost["entity"], fields=dict(edition, **{field["name"]: value}))
    assert form(bus, edition_of(bus, plugin, unit))["fields"][field["name"]] == value
    done = move(bus, unit, into=kept["entity"], fields=dict(edition, **{field["name"]: value}))
    assert done["href"] == kept["href"] and one["torrent"] in torrents_of(page(bus, kept["entity"])["group"])
    found = browse(bus, fresh, plugin=plugin["name"])
    assert found["count"] == 1 and one["torrent"] in torrents_of(found["groups"][0])  # what has nothing left is in no list
    counters_are_true(sql)
    assert [one["what"] for one in changes(bus, kept["entity"])][:2] == ["move", "move"]  # its history goes with it


def test_a_torrent_moves_to_a_group_of_its_own(bus, plugin, tmp_path, fresh, sql):
    (one, lost), _ = two_groups(bus, plugin, tmp_path, fresh)
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    fields = dict(fields_of(plugin, fresh), **{name: f"{fresh} alone"})
    if plugin["name"] == "movies":
        fields["imdb"] = ""
    done = move(bus, one["entity"], fields=fields)
    now = page(bus, one["entity"])["group"]
    assert (now["name"], torrents_of(now), now["href"]) == (f"{fresh} alone", [one["torrent"]], done["href"])
    left = page(bus, lost["entity"])  # shows what became of it, and its history does
    assert torrents_of(left["group"]) == [] and left["left"].pop("gone_at") > 0
    assert left["left"] == {"why": "It belongs there.", "name": f"{fresh} alone", "href": done["href"]}
    assert changes(bus, lost["entity"])[0]["what"] == "leave" and "left" not in page(bus, one["entity"])
    assert now["entity"] != lost["entity"] and now["credits"] == lost["credits"]
    counters_are_true(sql)


def test_an_edition_moves_and_joins_one_like_it(bus, plugin, tmp_path, fresh, sql):
    field = edition_field(plugin)
    (one, lost), (two, kept) = two_groups(bus, plugin, tmp_path, fresh)
    edition, there = (edition_of(bus, plugin, told["entity"]) for told in (one, two))
    assert move(bus, edition, into=kept["entity"]) == {"href": kept["href"], "entity": there}
    assert edition_of(bus, plugin, one["entity"]) == there and page(bus, edition)["entity"] == kept["entity"]
    assert torrents_of(page(bus, kept["entity"])["group"]) == sorted((one["torrent"], two["torrent"]))
    counters_are_true(sql)
    other = f"{fresh} other"[:field["high"]]
    move(bus, two["entity"], into=kept["entity"], fields=dict(form(bus, there)["fields"], **{field["name"]: other}))
    name = next(field["name"] for field in plugin["fields"] if field.get("similar"))
    alone = dict(fields_of(plugin, fresh), **{name: f"{fresh} alone"}, **({"imdb": ""} if plugin["name"] == "movies" else {}))
    whole = edition_of(bus, plugin, two["entity"])
    done = move(bus, whole, fields=alone)  # and to a group of its own
    assert done["entity"] == whole and page(bus, whole)["group"]["name"] == f"{fresh} alone"
    assert torrents_of(page(bus, whole)["group"]) == [two["torrent"]]
    counters_are_true(sql)


def test_what_cannot_be_moved_is_refused(bus, listed, tmp_path, fresh):  # noqa: F811
    music = listed["music"]
    one, group = put(bus, music, tmp_path, dict(fields_of(music, fresh), media="CD"))
    other, _ = put(bus, music, tmp_path, dict(fields_of(music, fresh), media="WEB"))
    unit, there = one["entity"], edition_of(bus, music, other["entity"])
    here = edition_of(bus, music, unit)
    fault = refused(move, bus, unit, into=there)  # the same format is there
    assert (fault.status, fault.field) == ("conflict", "into") and f"#t{other['torrent']}" in str(fault)
    assert refused(move, bus, here, into=there).field == "into"  # an edition is where it is
    assert refused(move, bus, unit, into=here).field == "into"
    assert refused(move, bus, unit, into=1 << 40).field == "into" and refused(move, bus, unit, beside=1 << 40).field == "into"
    assert refused(move, bus, unit, into=group["entity"], fields={"media": "Shellac"}).field == "media"
    assert refused(move, bus, unit, fields={"title": fresh}).field == "artists"
    assert refused(move, bus, unit, into=there, reason=" ").field == "reason"
    assert refused(move, bus, group["entity"], into=there).status == "invalid"
    assert refused(move, bus, unit, ANN, False, into=there).status == "forbidden"
    assert refused(move, bus, here, OWNER, False, into=there).status == "forbidden"  # an edition is staff's to move
    assert refused(move, bus, 1 << 40, into=there).status == "not_found"


# ---- people ----


def person_form(bus, person, **more):
    return bus.ask("catalog.person.form", {"person": person, **more})


def person_edit(bus, person, actor=OWNER, key=None, revision=None, reason="It was wrong.", **more):
    now = person_form(bus, person)
    ask = {"key": key or os.urandom(16), "person": person, "revision": revision or now["revision"], "name": now["name"],
           "text": now.get("text", ""), "reason": reason, **more}
    return bus.ask("catalog.person.edit", ask, actor=actor)


def alias_add(bus, person, name, actor=OWNER, key=None):
    return bus.ask("catalog.alias.add", {"key": key or os.urandom(16), "person": person, "name": name}, actor=actor)


def alias_remove(bus, alias, actor=OWNER, reason="It is somebody else.", **more):
    return bus.ask("catalog.alias.remove", {"key": os.urandom(16), "alias": alias, "reason": reason, **more}, actor=actor)


def aliases_of(bus, person, actor=OWNER):
    return {one["name"]: one for one in page(bus, person, actor)["aliases"]}


def credited(bus, plugin, tmp_path, fresh, name, title):
    """The id of a person who leads a group of that title, and the group's."""
    field = next(field for field in plugin["fields"] if field["type"] == "credit")
    role = field["roles"][0]["name"]
    named = next(one["name"] for one in plugin["fields"] if one.get("similar"))
    fields = fields_of(plugin, fresh) | {field["name"]: [name], f"{field['name']}_role": [role], named: title}
    if plugin["name"] == "movies":
        fields["imdb"] = ""
    told, group = put(bus, plugin, tmp_path, fields)
    return next(one for part in group["credits"] for one in part["people"] if part["role"] == role)["entity"], group["entity"]


def test_a_person_is_found_by_every_spelling_until_it_is_removed(bus, plugin, tmp_path, fresh):
    person, group = credited(bus, plugin, tmp_path, fresh, f"{fresh}right", f"title {fresh}")
    name, level = f"{fresh}wrong", plugin["levels"][0]["name"]
    key = os.urandom(16)
    added, again = (alias_add(bus, person, name, ANN, key=key) for _ in range(2))
    assert added == again and page(bus, added["alias"])["entity"] == person and page(bus, added["alias"])["asked"] == added["alias"]
    assert aliases_of(bus, person, ANN) == {name: {"alias": added["alias"], "name": name, "own": True}}
    assert not aliases_of(bus, person, BOB)[name]["own"]
    assert credited(bus, plugin, tmp_path, fresh, name.upper(), f"more {fresh}")[0] == person  # whoever uploads
    for query in (name, f"{level}:{name}"):
        assert browse(bus, query, plugin=plugin["name"])["count"] == 2, query
    (offered,) = suggested(bus, name, level, plugin["name"])
    assert (offered["name"], offered["hint"], offered["href"], offered["uses"]) == (name, f"{fresh}right", page(bus, person)["href"], 2)
    assert form(bus, group)["fields"][next(field["name"] for field in plugin["fields"] if field["type"] == "credit")] == [f"{fresh}right"]
    log = changes(bus, person)[0]
    assert (log["what"], log["actor"], log["href"]) == ("alias", ANN, page(bus, person)["href"])
    assert log["differences"] == [{"label": "Other spelling", "before": "", "after": name}]

    assert refused(alias_add, bus, person, name).field == "name" and refused(alias_add, bus, person, f"{fresh}right").field == "name"
    assert refused(alias_remove, bus, added["alias"], BOB).status == "forbidden"
    assert refused(alias_remove, bus, added["alias"], ANN, reason=" ").field == "reason"
    alias_remove(bus, added["alias"], BOB, staff=True)
    assert aliases_of(bus, person) == {} and suggested(bus, name, level, plugin["name"]) == []
    assert browse(bus, name, plugin=plugin["name"])["groups"] == []
    assert page(bus, added["alias"])["entity"] == person  # addresses go on
    assert changes(bus, person)[0]["what"] == "unalias" and refused(alias_remove, bus, added["alias"], ANN).status == "not_found"
    other, _ = credited(bus, plugin, tmp_path, fresh, name, f"third {fresh}")
    fault = refused(alias_add, bus, person, name)
    assert other != person and (fault.status, fault.field) == ("conflict", "name") and page(bus, other)["href"] in str(fault)


def test_an_edit_that_names_a_person_by_another_spelling_changes_nothing(bus, listed, tmp_path, fresh):  # noqa: F811
    person, group = credited(bus, listed["music"], tmp_path, fresh, f"{fresh}right", f"title {fresh}")
    alias_add(bus, person, f"{fresh}wrong")
    fields = form(bus, group)["fields"]
    assert refused(edit, bus, group, dict(fields, artists=[f"{fresh}wrong"])).status == "invalid"
    edit(bus, group, dict(fields, artists=[f"{fresh}wrong", f"{fresh}right"], artists_role=["guest", "main"]))
    assert [one["artists"] for one in [form(bus, group)["fields"]]] == [[f"{fresh}right"] * 2]


def test_a_person_is_called_otherwise_and_found_by_both_names(bus, plugin, tmp_path, fresh):
    person, group = credited(bus, plugin, tmp_path, fresh, f"{fresh}old", f"title {fresh}")
    done = person_edit(bus, person, ANN, name=f"{fresh}new", text="*Who* it is.")
    now = person_form(bus, person)
    assert (now["name"], now["text"], now["revision"]) == (f"{fresh}new", "*Who* it is.", done["revision"])
    told = page(bus, person)
    assert (told["name"], told["text"], list(aliases_of(bus, person))) == (f"{fresh}new", "*Who* it is.", [f"{fresh}old"])
    for query in (f"{fresh}new", f"{fresh}old"):
        assert group in [one["entity"] for one in browse(bus, query, plugin=plugin["name"])["groups"]]
        assert credited(bus, plugin, tmp_path, fresh, query, f"{query[-3:]} {fresh}")[0] == person
    last = next(one for one in changes(bus, person) if one["what"] == "edit")
    assert (last["actor"], last["why"], last["level"], last["person"]) == (ANN, "It was wrong.", plugin["levels"][0]["name"], True)
    assert last["differences"] == [{"label": "Name", "before": f"{fresh}old", "after": f"{fresh}new"},
                                   {"label": "About", "before": "", "after": "*Who* it is."}]
    before = person_form(bus, person, change=last["change"])
    assert (before["name"], before.get("text", ""), before["called"]) == (f"{fresh}old", "", f"{fresh}new")
    person_edit(bus, person, name=before["name"], text="")  # undone: the two names change places
    assert page(bus, person)["name"] == f"{fresh}old" and list(aliases_of(bus, person)) == [f"{fresh}new"]
    person_edit(bus, person, name=f"{fresh}OLD")  # but for case
    assert page(bus, person)["name"] == f"{fresh}OLD" and list(aliases_of(bus, person)) == [f"{fresh}new"]


def test_what_is_wrong_with_a_name_is_told(bus, listed, tmp_path, fresh):  # noqa: F811
    music, backup = listed["music"], listed["backup"]
    person, _ = credited(bus, music, tmp_path, fresh, f"{fresh}one", f"title {fresh}")
    other, _ = credited(bus, music, tmp_path, fresh, f"{fresh}two", f"other {fresh}")
    fault = refused(person_edit, bus, person, name=f"{fresh}TWO")
    assert (fault.status, fault.field) == ("conflict", "name") and page(bus, other)["href"] in str(fault) and f"{fresh}two" in str(fault)
    for wrong, field in ((dict(name=" "), "name"), (dict(name="x" * 201), "name"), (dict(text="x" * 20001), "text"),
                         (dict(reason=" "), "reason"), (dict(revision=99), "revision"), ({}, None)):
        assert refused(person_edit, bus, person, **wrong).field == field, wrong
    assert refused(person_form, bus, 1 << 40).status == "not_found"
    assert refused(person_form, bus, person, change=1 << 40).field == "change"
    _, own = put(bus, backup, tmp_path, fields_of(backup, fresh))
    member = own["credits"][0]["people"][0]["entity"]
    assert refused(person_form, bus, member).status == refused(alias_add, bus, member, fresh).status == "forbidden"


def test_two_people_become_one_and_each_name_leads_there(bus, plugin, tmp_path, fresh, sql):
    lost, album = credited(bus, plugin, tmp_path, fresh, f"{fresh}wrong", f"title {fresh}")
    kept, other = credited(bus, plugin, tmp_path, fresh, f"{fresh}right", f"other {fresh}")
    alias_add(bus, lost, f"{fresh}worse")
    field = next(field for field in plugin["fields"] if field["type"] == "credit")
    fields = form(bus, other)["fields"]  # both in one group, in the same role and in another
    roles = [field["roles"][0]["name"]] * 2 + [field["roles"][-1]["name"]]
    fields |= {field["name"]: [f"{fresh}right", f"{fresh}wrong", f"{fresh}wrong"], f"{field['name']}_role": roles}
    edit(bus, other, fields)
    person_edit(bus, lost, text="Known.")
    if plugin["talks"]:
        bus.ask("catalog.comment.add", {"key": os.urandom(16), "entity": lost, "text": "Hello."}, actor=ANN)
    bus.ask("catalog.bookmark.set", {"entity": lost, "on": True}, actor=ANN)
    assert merge(bus, lost, kept)["href"] == page(bus, kept)["href"]
    told = page(bus, lost)
    assert (told["entity"], told["name"], told["text"]) == (kept, f"{fresh}right", "Known.")
    assert sorted(aliases_of(bus, kept)) == [f"{fresh}worse", f"{fresh}wrong"]
    assert {group["entity"] for section in told["sections"] for group in section["groups"]} == {album, other}
    people = [(part["role"], one["entity"]) for part in page(bus, other)["group"]["credits"] for one in part["people"]]
    assert sorted(people) == sorted({(role, kept) for role in roles})
    for name in (f"{fresh}wrong", f"{fresh}worse", f"{fresh}right"):
        assert browse(bus, name, plugin=plugin["name"])["count"] == 2, name
        assert suggested(bus, name, plugin["levels"][0]["name"], plugin["name"])[0]["href"] == told["href"]
    assert talk(bus, lost, ANN, limit=5)["comments"][0]["text"] == "Hello." and talk(bus, kept, ANN)["bookmarked"]
    last = changes(bus, kept)[0]
    assert (last["what"], last["why"]) == ("merge", "They are one.")
    assert last["differences"] == [{"label": "Where", "before": f"{fresh}wrong", "after": f"{fresh}right"}]
    assert refused(merge, bus, kept, lost).field == "into"  # that is itself
    counters_are_true(sql)
