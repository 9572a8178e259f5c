"""What an upload would meet is told before it is sent, by every plugin's own rules. Books is among them (test_plugins.py)."""
from test_merge import edition_field, edition_of, other_format
from test_plugins import OWNER, fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)

from service_kit import refused


def same(bus, plugin, fields, actor=OWNER, **more):  # noqa: F811
    return bus.ask("catalog.torrent.same", {"plugin": plugin["name"], "fields": fields, **more}, actor=actor)


def test_the_same_unit_and_a_group_that_is_joined_are_told_before_the_upload(bus, plugin, tmp_path, fresh):  # noqa: F811
    fields = fields_of(plugin, fresh)
    assert not same(bus, plugin, fields).get("told")
    told = upload(bus, plugin, made(tmp_path), fields)
    if plugin["name"] == "backup":
        assert not same(bus, plugin, fields, actor=OWNER + 1).get("told")  # the same name by somebody else is another
        assert not same(bus, plugin, fields).get("same")  # a version is never the same
        return
    met = same(bus, plugin, fields)
    assert met["same"] and met["href"] == told["href"] and "already here" in met["told"]
    assert refused(upload, bus, plugin, made(tmp_path), fields).status == "conflict"
    other = other_format(plugin, fields)
    met = same(bus, plugin, other)
    assert not met.get("same") and met["href"] == told["href"].split("#")[0] and "It is added to" in met["told"]
    group, field = page_of(bus, told)["entity"], edition_field(plugin)
    edition = edition_of(bus, plugin, told["entity"])
    assert same(bus, plugin, fields, parent=group)["same"] and same(bus, plugin, fields, parent=edition)["same"]
    assert not same(bus, plugin, other, parent=group).get("told") and not same(bus, plugin, other, parent=edition).get("told")
    renamed = dict(fields, **{field["name"]: f"{fresh} named"[:field["high"]]})
    assert not same(bus, plugin, renamed, parent=group).get("told") and same(bus, plugin, renamed, parent=edition)["same"]


def test_whoever_leads_makes_it_another_group(bus, listed, tmp_path, fresh):  # noqa: F811
    music = listed["music"]
    fields = fields_of(music, fresh)
    upload(bus, music, made(tmp_path), fields)
    assert not same(bus, music, dict(fields, artists=[f"{fresh} junior"])).get("told")
    assert same(bus, music, dict(fields, artists=[f"{fresh} junior", fresh]))["same"]


def test_a_form_that_is_not_whole_meets_nothing_and_one_that_cannot_be_is_refused(bus, listed, tmp_path, fresh):  # noqa: F811
    music = listed["music"]
    fields = fields_of(music, fresh)
    upload(bus, music, made(tmp_path), fields)
    assert not same(bus, music, dict(fields, format="")).get("told") and not same(bus, music, {}).get("told")
    assert refused(same, bus, {"name": "nothing"}, fields).field == "plugin"
    assert refused(same, bus, music, fields, parent=1 << 40).field == "parent"


def test_an_unknown_release_is_an_edition_of_its_own(bus, listed, tmp_path, fresh, sql):  # noqa: F811
    music = listed["music"]
    fields = dict(fields_of(music, fresh), release_title="", release_year="", label="", catalogue_number="", media="CD", year="1990")
    first = upload(bus, music, made(tmp_path), fields)
    told = upload(bus, music, made(tmp_path), dict(fields, unknown_release="1", label="Blue"))
    editions = page_of(bus, told)["group"]["editions"]
    assert [edition["title"] for edition in editions] == ["Original Release / CD", "Unknown Release(s) / CD"]
    assert editions[0]["formats"][0]["torrent"] == first["torrent"]
    assert same(bus, music, dict(fields, unknown_release="1"))["href"] == told["href"]
    kept = "SELECT same = catalog.same(%s) FROM catalog.entity WHERE id = %s"  # others are told apart as before there was such a thing
    assert sql(kept, ["", "", "", "", "CD"], editions[0]["entity"]) == [(True,)]
