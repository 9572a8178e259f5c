"""Edits in the running catalog, of whatever plugin: what is read is what can be sent back, who may, crossing ones, history, undoing, the
log. Books is among the plugins (test_plugins.py)."""
import itertools, os, random

import pytest

from service_kit import Refused, at_once, browse, refused
from test_plugins import OWNER, fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)

UNIT, EDITION, GROUP = "unit", "edition", "group"


def form(bus, entity, actor=OWNER, **more):
    return bus.ask("catalog.entity.form", {"entity": entity, **more}, actor=actor)


def edit(bus, entity, fields, actor=OWNER, revision=None, key=None, reason="It was wrong.", **more):
    revision = revision or form(bus, entity, actor, **more)["revision"]
    ask = {"key": key or os.urandom(16), "entity": entity, "revision": revision, "fields": fields, "reason": reason, **more}
    return bus.ask("catalog.entity.edit", ask, actor=actor)


def changes(bus, entity=0, actor=OWNER, **more):
    return bus.ask("catalog.change.list", {"entity": entity, "limit": 50, **more}, actor=actor)["changes"]


def entities(bus, told, actor=OWNER):
    """Of an upload, by kind of level."""
    group = page_of(bus, told, actor)["group"]
    return {GROUP: group["entity"], EDITION: group["editions"][0].get("entity"), UNIT: group["editions"][0]["formats"][0]["entity"]}


def text_field(plugin, kind):  # noqa: F811
    level = next(level["name"] for level in plugin["levels"] if level["kind"] == kind)
    return next(field for field in plugin["fields"] if field["level"] == level and field["type"] in ("text", "long") and
                field["name"] not in ("imdb", "tags", "mediainfo"))


def test_what_is_read_can_be_sent_back_changed_in_one_field_and_undone(bus, plugin, tmp_path, fresh):  # noqa: F811
    told = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    at = entities(bus, told)
    for level in plugin["levels"]:
        kind = level["kind"]
        if kind == "person" or at[kind] is None:
            continue
        before = form(bus, at[kind])
        assert (before["plugin"], before["level"], before["href"]) == (plugin["name"], level["name"], told["href"].split("#")[0])
        assert refused(edit, bus, at[kind], before["fields"]).status == "invalid"  # nothing is different
        names = [field for field in plugin["fields"] if field["level"] == level["name"] and field["type"] in ("text", "long")]
        if not [field for field in names if field["name"] in before["fields"]]:
            continue
        field = text_field(plugin, kind)
        value = f"{fresh} changed text"
        done = edit(bus, at[kind], dict(before["fields"], **{field["name"]: value[:field["high"]]}))
        assert done["href"] == before["href"] and done["revision"] == before["revision"] + 1
        now = form(bus, at[kind])
        assert now["fields"] == dict(before["fields"], **{field["name"]: value[:field["high"]]})
        last = changes(bus, at[GROUP])[0]
        assert (last["what"], last["actor"], last["why"], last["entity"], last["level"]) == (
            "edit", OWNER, "It was wrong.", at[kind], level["name"])
        assert last["differences"] == [{"label": field["label"], "before": before["fields"][field["name"]], "after": value[:field["high"]]}]
        undo = form(bus, at[kind], change=last["change"])
        assert undo["fields"] == before["fields"] and undo["revision"] == now["revision"]
        edit(bus, at[kind], undo["fields"], reason="Back again.")
        assert form(bus, at[kind])["fields"] == before["fields"]
    assert changes(bus, at[GROUP])[-1]["what"] == "add"


def test_of_two_edits_that_cross_the_second_is_told(replicas, plugin, tmp_path, fresh):  # noqa: F811
    buses = [replica.bus() for replica in replicas]
    group = entities(buses[0], upload(buses[0], plugin, made(tmp_path), fields_of(plugin, fresh)))[GROUP]
    field, read = text_field(plugin, GROUP)["name"], form(buses[0], group)
    texts = [f"{fresh} number {i} of two" for i in range(2)]
    told = at_once(*(lambda i=i: edit(buses[i], group, dict(read["fields"], **{field: texts[i]}), revision=read["revision"])
                     for i in range(2)))
    late = [one for one in told if isinstance(one, Refused)]
    assert len(late) == 1 and late[0].status == "conflict" and "Somebody else changed this" in str(late[0])
    assert form(buses[0], group)["fields"][field] in texts and form(buses[0], group)["revision"] == read["revision"] + 1


def test_the_same_edit_sent_twice_happens_once(bus, plugin, tmp_path, fresh):  # noqa: F811
    group = entities(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))[GROUP]
    read, key = form(bus, group), os.urandom(16)
    fields = dict(read["fields"], **{text_field(plugin, GROUP)["name"]: f"{fresh} once"})
    first, again = (edit(bus, group, fields, revision=read["revision"], key=key) for _ in range(2))
    assert first == again and len([one for one in changes(bus, group) if one["what"] == "edit"]) == 1


def test_what_is_wrong_is_refused_by_its_field_and_nothing_is_changed(bus, plugin, tmp_path, fresh):  # noqa: F811
    group = entities(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))[GROUP]
    read = form(bus, group)
    needed = next(field for field in plugin["fields"] if field["name"] in read["fields"] and field["type"] == "text" and field["required"])
    assert refused(edit, bus, group, dict(read["fields"], **{needed["name"]: ""})).field == needed["name"]
    assert refused(edit, bus, group, dict(read["fields"], **{needed["name"]: "x" * 5000})).field == needed["name"]
    assert refused(edit, bus, group, read["fields"], reason=" \t ").field == "reason"
    assert refused(edit, bus, 1 << 40, {}, revision=1).status == "not_found"
    assert form(bus, group) == read and len(changes(bus, group)) == 1


def test_who_may_edit(bus, plugin, tmp_path, fresh):  # noqa: F811
    at = entities(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))
    owned, other = plugin["owned"], OWNER + 1
    for kind, staff, may in ((GROUP, False, not owned), (UNIT, False, False), (UNIT, True, not owned)):
        if may:
            assert form(bus, at[kind], other, staff=staff)["revision"] == 1
        else:
            assert refused(form, bus, at[kind], other, staff=staff).status == "forbidden"
            assert refused(edit, bus, at[kind], {}, other, revision=1, staff=staff).status == "forbidden"
    seen = [one["entity"] for one in changes(bus, at[GROUP], other)]
    assert seen == ([] if owned else [at[UNIT]])  # what is sealed is in nobody's list
    assert [one["entity"] for one in changes(bus, actor=other, limit=1)] != [at[UNIT]] or not owned


def test_a_group_cannot_become_another_that_is_here(bus, plugin, tmp_path, fresh):  # noqa: F811
    first = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    name = next(field["name"] for field in plugin["fields"] if field["type"] == "text" and field["required"])
    other = upload(bus, plugin, made(tmp_path), dict(fields_of(plugin, fresh), **{name: f"{fresh} other"}))
    group = entities(bus, other)[GROUP]
    fault = refused(edit, bus, group, dict(form(bus, group)["fields"], **{name: fresh}))
    assert fault.status == "conflict" and first["href"].split("#")[0] in str(fault)


def test_an_edited_group_is_found_by_its_new_name_and_people_and_joined_by_it(bus, plugin, tmp_path, fresh):  # noqa: F811
    group = entities(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))[GROUP]
    name = next(field["name"] for field in plugin["fields"] if field["type"] == "text" and field["required"])
    fields = dict(form(bus, group)["fields"], **{name: f"{fresh}new name"})
    credit = next((field for field in plugin["fields"] if field["type"] == "credit"), None)
    if credit is not None:
        fields |= {credit["name"]: [f"{fresh}person"], f"{credit['name']}_role": [credit["roles"][0]["name"]]}
    edit(bus, group, fields)
    assert browse(bus, f"{fresh}new")["groups"][0]["entity"] == group
    assert credit is None or browse(bus, f"{fresh}person")["count"] == 1
    rest = fields_of(plugin, fresh) | {key: value for key, value in fields.items() if value}
    unit = next(level["name"] for level in plugin["levels"] if level["kind"] == "unit")
    choice = next((field for field in plugin["fields"] if field["level"] == unit and field["type"] == "choice"), None)
    if choice is not None:
        rest |= {choice["name"]: choice["choices"][1]} | ({"bitrate": "320"} if plugin["name"] == "music" else {})
    again = upload(bus, plugin, made(tmp_path), rest)
    assert again["joined"] and entities(bus, again)[GROUP] == group


def test_the_log_tells_of_every_change_newest_first_in_pages(bus, listed, tmp_path, fresh):  # noqa: F811
    music, member = listed["music"], random.getrandbits(40)
    told = upload(bus, music, made(tmp_path), fields_of(music, fresh), member)
    at = entities(bus, told, member)
    edit(bus, at[GROUP], dict(form(bus, at[GROUP])["fields"], title=f"{fresh} edited"), OWNER)
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": told["torrent"], "reason": "Bad rip."}, actor=member)
    seen, before = [], 0
    for _ in itertools.count():
        page = changes(bus, before=before, limit=2)
        seen += page
        if len(seen) >= 3:
            break
        before = page[-1]["change"]
    assert [(one["what"], one["actor"], one.get("why"), one["entity"]) for one in seen[:3]] == [
        ("delete", member, "Bad rip.", at[UNIT]), ("edit", OWNER, "It was wrong.", at[GROUP]), ("add", member, None, at[UNIT])]
    assert all(one["name"] == f"{fresh} edited" and one["href"] for one in seen[:3])


def test_log_and_cue_follow_the_files_when_the_format_is_edited(bus, listed, tmp_path, fresh):  # noqa: F811
    from service_kit import torrent
    music = listed["music"]
    fields = dict(fields_of(music, fresh), format="MP3", bitrate="320")
    told = upload(bus, music, torrent(tmp_path, "x", ["1.flac", "rip.log"], piece=1 << 18), fields)
    unit = entities(bus, told)[UNIT]
    edit(bus, unit, dict(form(bus, unit)["fields"], format="FLAC", bitrate="Lossless"))
    assert "FLAC / Lossless / Log" in page_of(bus, told)["group"]["editions"][0]["formats"][0]["title"]


@pytest.mark.parametrize("fields", ([1], {"title": 7.5}, {"artists": [[]]}))
def test_what_is_no_form_is_refused(bus, listed, tmp_path, fresh, fields):  # noqa: F811
    group = entities(bus, upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh)))[GROUP]
    assert refused(edit, bus, group, fields).status == "invalid"


def test_each_disc_has_a_log_and_a_cue_of_its_own(bus, listed, tmp_path, fresh):  # noqa: F811
    from service_kit import torrent
    music = listed["music"]
    files = [f"CD{disc}/{name}" for disc in (1, 2) for name in ("1.flac", "Rip.LOG", "album.cue")] + ["CD2/more.log", "notes.txt"]
    fields = dict(fields_of(music, fresh), format="FLAC", bitrate="Lossless")
    told = upload(bus, music, torrent(tmp_path, "x", files, piece=1 << 18), fields)
    unit = page_of(bus, told)["group"]["editions"][0]["formats"][0]
    assert unit["title"].startswith("FLAC / Lossless / Log / Cue") and unit["title"].count("Log") == 1
    facts = {fact["name"]: fact["value"] for fact in unit["facts"]}
    assert (facts["log"], facts["cue"]) == ("Yes, 3 files", "Yes, 2 files")


@pytest.mark.parametrize("name, files, word", (
    ("x", ["1.flac", "Torrent Downloaded From somewhere.txt"], "downloaded from"),
    ("x", ["VISIT OUR SITE/1.flac"], "visit our site"), ("INCOMPLETE~x", ["1.flac", "2.flac"], "incomplete~")))
def test_names_with_advertisements_are_refused(bus, listed, tmp_path, fresh, name, files, word):  # noqa: F811
    from service_kit import torrent
    music = listed["music"]
    fields = dict(fields_of(music, fresh), format="FLAC", bitrate="Lossless")
    fault = refused(upload, bus, music, torrent(tmp_path, name, files, piece=1 << 18), fields)
    assert (fault.status, fault.field) == ("invalid", "metainfo") and f'"{word}"' in str(fault)
    other = upload(bus, listed["books"], torrent(tmp_path, name, files, piece=1 << 18), fields_of(listed["books"], fresh))
    assert other["torrent"]  # each plugin says what it refuses
