"""What holds for every plugin in the running catalog, whatever it says of itself: upload, search, page, download, joining. Asks the
catalog which plugins there are; Books is among them, which is one file in plugins/ here and no part of the product."""
import random

import pytest

from service_kit import Refused, add, at_once, browse, refused, torrent

PLUGINS = ("backup", "books", "movies", "music")
OWNER = 7


@pytest.fixture(scope="module")
def listed(replicas):
    plugins = replicas[0].bus().ask("catalog.plugin.list")["plugins"]
    assert sorted(plugin["name"] for plugin in plugins) == sorted(PLUGINS)
    return {plugin["name"]: plugin for plugin in plugins}


@pytest.fixture(params=PLUGINS)
def plugin(request, listed):
    return listed[request.param]


def good(field, fresh):
    """Something that the field takes."""
    if field["type"] in ("choice", "number"):
        return field["choices"][0] if field["type"] == "choice" else field["high"]
    if field["type"] == "date":
        return "2026-11-24"
    if field["type"] == "flag":
        return "1"
    return fresh.ljust(field.get("low", 1), "x")


NOT_ANYTHING = ("imdb", "number", "depends_on", "unknown_release")  # fields that do not take just what good() gives, or empty others


def fields_of(plugin, fresh, whole=True):
    """A form with all that can be given, or with no more than is needed. `required` is not told of what may be read from the torrent."""
    asked = [field for field in plugin["fields"] if whole or field["required"] or field["type"] == "choice"]
    return {field["name"]: [good(field, fresh)] if field["repeat"] else good(field, fresh)
            for field in asked if field["name"] not in NOT_ANYTHING}


def group_field(plugin, kinds):
    level = next(level["name"] for level in plugin["levels"] if level["kind"] == "group")
    return next(field for field in plugin["fields"] if field["level"] == level and field["type"] in kinds and field["required"])


def made(tmp_path):
    """Such as every plugin takes: private, in pieces of 256 KiB of which none is there twice."""
    return torrent(tmp_path, "x", ["one.txt", "two.txt"], piece=1 << 18)


def upload(bus, plugin, metainfo, fields, actor=OWNER, **more):
    return add(bus, metainfo, fields, actor=actor, plugin=plugin["name"], member="owner", **more)


def page_of(bus, told, actor=OWNER):
    return bus.ask("catalog.entity.get", {"entity": told["entity"]}, actor=actor)["page"]


@pytest.mark.parametrize("whole", (True, False))
def test_an_upload_is_found_shown_listed_and_downloaded(bus, plugin, tmp_path, fresh, whole):
    told = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh, whole))
    group, = browse(bus, fresh, plugin=plugin["name"])["groups"]
    assert told["href"] == f"{group['href']}#t{told['torrent']}" and group["title"] and told["title"].startswith(group["title"])
    assert browse(bus, fresh, plugin="nothing")["groups"] == []
    unit = group["editions"][0]["formats"][0]
    assert unit["title"] and unit["href"] == told["href"] and not {"release", "uploader"} & set(unit)
    alone, = browse(bus, fresh, plugin=plugin["name"], flat=True)["groups"]
    assert alone["editions"][0]["formats"][0]["release"]
    page = page_of(bus, told)
    assert (page["kind"], page["entity"], page["asked"]) == ("group", group["entity"], told["entity"])
    shown = page["group"]["editions"][0]["formats"][0]
    assert [file["path"] for file in shown["files"]] == ["one.txt", "two.txt"] and len(shown["info_hash"]) == 40
    assert shown["release"] == alone["editions"][0]["formats"][0]["release"] and shown["uploader"] == OWNER
    got = bus.ask("catalog.torrent.get", {"torrent": told["torrent"]})
    assert got["file_name"].endswith(".torrent") and got["accounting"] == plugin["accounting"]
    names = bus.ask("catalog.torrent.names", {"torrents": [told["torrent"]]})["torrents"]
    assert names[0][:3] == [told["torrent"], told["title"], told["href"]] and names[0][5] == OWNER


def test_all_that_was_said_is_on_the_page(bus, plugin, tmp_path, fresh):
    fields = fields_of(plugin, fresh)
    group = page_of(bus, upload(bus, plugin, made(tmp_path), fields))["group"]
    edition = group["editions"][0]
    unit = edition["formats"][0]
    told = {fact["name"] for part in (group, edition, unit) for fact in part.get("facts", [])}
    told |= {"tags"} if group["tags"] else set()
    texts = {text["label"] for text in unit["texts"]}
    texts |= {"description"} if group.get("description") or unit.get("description") else set()
    for field in plugin["fields"]:
        if field["name"] not in fields or field["type"] == "credit" or (field["name"] == "tags" and group["tags"]):
            continue
        assert field["name"] in told or field["label"] in texts or field["type"] == "long" and "description" in texts, field["name"]


def test_each_person_has_a_page_with_the_group_in_each_role(bus, plugin, tmp_path, fresh):
    credit = next((field for field in plugin["fields"] if field["type"] == "credit"), None)
    fields = fields_of(plugin, fresh)
    if credit is not None:
        roles = [role["name"] for role in credit["roles"]]
        fields |= {credit["name"]: [fresh] * len(roles), f"{credit['name']}_role": roles, f"{credit['name']}_note": ["part"] * len(roles)}
    member = random.getrandbits(40)  # of whom nothing else is there
    page = page_of(bus, upload(bus, plugin, made(tmp_path), fields, member), member)
    people = [one for part in page["group"]["credits"] for one in part["people"]]
    assert people and len({one["entity"] for one in people}) == 1
    person = bus.ask("catalog.entity.get", {"entity": people[0]["entity"]}, actor=member)["page"]
    assert person["kind"] == "person" and len(person["sections"]) == max(1, len(credit["roles"]) if credit else 1)
    for section in person["sections"]:
        shown, = section["groups"]
        assert shown["entity"] == page["entity"]
        assert shown.get("note") == ("part" if credit and "note" in credit else None)


def test_the_same_again_is_told_with_where_it_is_and_leaves_nothing(bus, plugin, tmp_path, fresh, sql):
    fields, metainfo = fields_of(plugin, fresh), made(tmp_path)
    if any(field["name"] == "number" for field in plugin["fields"]):
        fields["number"] = 1  # the catalog counts where nothing is said
    first = upload(bus, plugin, metainfo, fields)
    before = sql("SELECT count(*) FROM catalog.entity")
    same_torrent = refused(upload, bus, plugin, metainfo, fields)
    same_unit = refused(upload, bus, plugin, made(tmp_path), fields)
    assert same_torrent.field == "metainfo" and all(
        one.status == "conflict" and first["href"] in str(one) for one in (same_torrent, same_unit))
    assert sql("SELECT count(*) FROM catalog.entity") == before


def test_two_at_once_share_one_group(replicas, plugin, tmp_path, fresh):
    unit = next(level["name"] for level in plugin["levels"] if level["kind"] == "unit")
    choice = next((field for field in plugin["fields"] if field["level"] == unit and field["type"] == "choice" and
                   not field["name"] == "bitrate"), None)
    forms = [fields_of(plugin, fresh) for _ in range(2)]
    if choice is not None:
        forms[1][choice["name"]] = choice["choices"][1]
        forms[1] |= {"bitrate": "320"} if "bitrate" in forms[1] else {}
    files = [made(tmp_path), made(tmp_path)]
    told = at_once(*(lambda i=i: upload(replicas[i].bus(), plugin, files[i], forms[i]) for i in range(2)))
    assert not any(isinstance(one, Refused) for one in told), told
    assert len({one["href"].split("#")[0] for one in told}) == 1 and sum(not one.get("joined", False) for one in told) == 1


def test_a_unit_is_added_below_a_group_without_its_fields(bus, plugin, tmp_path, fresh):
    group = {level["name"]: level["kind"] for level in plugin["levels"]}
    first = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh, whole=False))
    entity = page_of(bus, first)["entity"]
    rest = {field["name"]: good(field, fresh) for field in plugin["fields"]
            if group[field["level"]] != "group" and field["name"] not in NOT_ANYTHING}
    second = upload(bus, plugin, made(tmp_path), rest, parent=entity)
    assert second["joined"] and second["href"].split("#")[0] == first["href"].split("#")[0]
    assert page_of(bus, second)["group"]["torrents_count"] == 2


def test_what_is_needed_is_asked_for_by_name(bus, plugin, tmp_path, fresh):
    needed = group_field(plugin, ("text", "credit"))
    fields = fields_of(plugin, fresh)
    del fields[needed["name"]]
    fault = refused(upload, bus, plugin, made(tmp_path), fields)
    assert (fault.status, fault.field) == ("invalid", needed["name"]) and str(fault).count(needed["label"])


@pytest.mark.parametrize("text", ("عربي ‏نص", "👩‍👩‍👧 family", "Z̷a̴l̵g̶o̷", "ｆｕｌｌ", "<b>&amp;</b>'\"", "-" * 60, "\u202eevil"))
def test_text_of_any_script_survives(bus, plugin, tmp_path, fresh, text):
    name = next(field for field in plugin["fields"] if field["type"] == "text" and field["required"])["name"]
    told = upload(bus, plugin, made(tmp_path), dict(fields_of(plugin, fresh), **{name: f"{fresh} {text}"}))
    group = page_of(bus, told)["group"]
    assert group["name"] == f"{fresh} {text}"
    assert bus.ask("catalog.torrent.get", {"torrent": told["torrent"]})["file_name"].endswith(".torrent")


@pytest.mark.parametrize("text", ("a\0b", "x" * (1 << 20), 7.5, ["a", "b"], {"a": "b"}))
def test_what_is_no_text_for_a_field_is_refused_by_its_name(bus, plugin, tmp_path, fresh, text):
    name = next(field for field in plugin["fields"] if field["type"] == "text" and field["required"])["name"]
    fault = refused(upload, bus, plugin, made(tmp_path), dict(fields_of(plugin, fresh), **{name: text}))
    assert fault.status == "invalid" and fault.field in (name, "fields"), str(fault)  # no text at all is no tree either


def test_its_uploader_takes_it_away(bus, plugin, tmp_path, fresh):
    told = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    ask = {"key": fresh.ljust(16)[:16].encode(), "torrent": told["torrent"], "reason": "A mistake."}
    assert refused(bus.ask, "catalog.torrent.delete", ask, actor=OWNER + 1).status == "forbidden"
    assert bus.ask("catalog.torrent.delete", ask, actor=OWNER)["deleted"] == 1
    assert browse(bus, fresh)["groups"] == []
