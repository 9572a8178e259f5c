"""Backup on the running catalog: whose a backup is, its numbers, what others are told of it, and deletion of anything."""
import itertools, os, random, time

import libtorrent, msgpack, pytest

from service_kit import FLAC, HYBRID, V2, Replica, add, at_once, browse, refused, torrent, until
from bus_client import Refused

members = itertools.count(900001)  # each test's own


@pytest.fixture
def owner():
    return next(members)


@pytest.fixture
def other():
    return next(members)


def sealed(folder, names=("aa", "ab"), piece=1 << 18, size=1 << 19, **more):
    return torrent(folder, f"{random.getrandbits(64):016x}", list(names), piece=piece, size=size, **more)


def back_up(bus, metainfo, name, actor, member="", **more):
    fields = {"name": name, **more.pop("fields", {})}
    return add(bus, metainfo, fields, actor=actor, plugin="backup", member=member, **more)


def page_of(bus, told, actor):
    return bus.ask("catalog.entity.get", {"entity": told["entity"]}, actor=actor)["page"]["group"]


def group_of(bus, told, actor):
    return page_of(bus, told, actor)["entity"]


def units(group):
    return [unit for edition in group["editions"] for unit in edition["formats"]]


def facts_of(bus, torrent_id):
    facts, seq = [], 0
    while batch := bus.ask("catalog.torrents.since", {"seq": seq, "limit": 1000})["facts"]:
        facts, seq = facts + batch, batch[-1][0]
    return [msgpack.unpackb(fact[2]) for fact in facts if fact[1] == torrent_id]


def remove(bus, what, number, actor, key=None, reason="No longer needed.", **more):
    ask = {"key": key or os.urandom(16), what: number, "reason": reason, **more}
    return bus.ask(f"catalog.{what}.delete", ask, actor=actor)


# ---- whose it is ----

def test_backups_are_named_by_their_numbers(bus, tmp_path, fresh, owner):
    told = [back_up(bus, sealed(tmp_path), f"{name} {fresh}", owner, "awa") for name in ("photos", "mail")]
    groups = [group_of(bus, one, owner) for one in told]
    ask = {"entities": groups + groups + [told[0]["entity"], 0, 2 ** 62, "x"]}  # a version is no group
    rows = bus.ask("catalog.entity.names", ask)["entities"]
    assert sorted(rows) == sorted([group, f"{name} {fresh}", f"/backup/backup/{group}"] for group, name in zip(groups, ("photos", "mail")))
    remove(bus, "entity", groups[0], owner)
    assert [row[0] for row in bus.ask("catalog.entity.names", {"entities": groups})["entities"]] == [groups[1]]


def test_a_backup_is_made_joined_by_its_owner_and_told_to_ratio(bus, tmp_path, fresh, owner):
    first = back_up(bus, sealed(tmp_path), f"photos {fresh}", owner, "awa", fields={"redundancy": "5", "message": "The first."})
    second = back_up(bus, sealed(tmp_path), f"Photos {fresh}", owner, "awa", fields={"redundancy": "2"})
    assert first["title"] == f"awa – photos {fresh} – Version 1" and not first.get("joined") and not first.get("warning")
    assert second["title"] == f"awa – photos {fresh} – Version 2" and second["joined"]
    group = page_of(bus, first, owner)
    assert [unit["title"] for unit in units(group)] == ["Version 2", "Version 1"] and group["own"] and group["owner"] == owner
    assert {fact["name"]: fact["value"] for fact in group["facts"]} == {"name": f"photos {fresh}", "redundancy": "5"}
    for told in (first, second):  # the backup keeps what it was made with
        fact, = facts_of(bus, told["torrent"])
        assert fact[3:9] == [1 << 20, owner, "redundancy", True, group["entity"], 5]
    assert bus.ask("catalog.torrent.get", {"torrent": first["torrent"]})["file_name"] == f"awa - photos {fresh} - version 1.torrent"
    person = bus.ask("catalog.entity.get", {"entity": group["artists"][0]["entity"]})["page"]
    assert (person["name"], person["href"].rsplit("/", 1)[0]) == ("awa", "/backup/user")
    assert person["sections"][0]["title"] == "Backups" and person["sections"][0]["groups"][0]["entity"] == group["entity"]


def test_names_are_each_owners_own(bus, tmp_path, fresh, owner, other):
    mine = back_up(bus, sealed(tmp_path), fresh, owner, "a.b")
    theirs = back_up(bus, sealed(tmp_path), fresh, other, "a-b")  # the same when folded
    assert not theirs.get("joined") and group_of(bus, mine, owner) != group_of(bus, theirs, owner)
    people = [group["artists"][0] for group in browse(bus, fresh)["groups"]]
    assert {person["name"] for person in people} == {"a.b", "a-b"} and len({person["entity"] for person in people}) == 2


def test_only_the_owner_adds_a_version(bus, tmp_path, fresh, owner, other):
    group = group_of(bus, back_up(bus, sealed(tmp_path), fresh, owner), owner)
    why = refused(back_up, bus, sealed(tmp_path), fresh, other, parent=group)
    assert (why.status, why.field) == ("forbidden", "parent") and "another member's" in str(why)
    assert back_up(bus, sealed(tmp_path), "", owner, parent=group)["title"].endswith("Version 2")


def test_a_member_without_a_name_has_a_number_until_one_is_told(bus, tmp_path, fresh, owner):
    assert back_up(bus, sealed(tmp_path), fresh, owner)["title"].startswith(f"Member {owner} – ")
    assert back_up(bus, sealed(tmp_path), fresh, owner, "kofi")["title"].startswith("kofi – ")
    assert back_up(bus, sealed(tmp_path), fresh, owner)["title"].startswith("kofi – ")


# ---- numbers ----

def test_numbers_have_no_gap_when_versions_come_at_once(replicas, tmp_path, fresh, owner):
    made = [sealed(tmp_path) for _ in range(6)]
    buses = [replicas[i % 2].bus() for i in range(len(made))]
    told = at_once(*(lambda i=i: back_up(buses[i], made[i], fresh, owner) for i in range(len(made))))
    assert sorted(one["title"].rsplit(" ", 1)[1] for one in told) == ["1", "2", "3", "4", "5", "6"]
    assert len({one["href"].split("#")[0] for one in told}) == 1


def test_a_number_may_be_told_and_is_never_given_twice(bus, tmp_path, fresh, owner):
    told = back_up(bus, sealed(tmp_path), fresh, owner, fields={"number": "7"})
    why = refused(back_up, bus, sealed(tmp_path), fresh, owner, fields={"number": "7"})
    assert (why.status, why.field) == ("conflict", "number") and told["href"] in str(why)
    remove(bus, "torrent", told["torrent"], owner)
    assert back_up(bus, sealed(tmp_path), fresh, owner)["title"].endswith("Version 8")
    assert refused(back_up, bus, sealed(tmp_path), fresh, owner, fields={"number": "0"}).field == "number"


def test_a_date_is_now_unless_told(bus, tmp_path, fresh, owner):
    told = back_up(bus, sealed(tmp_path), fresh, owner, fields={"date": "2026-02-28T23:05"})
    back_up(bus, sealed(tmp_path), fresh, owner)
    dates = [fact["value"] for unit in units(page_of(bus, told, owner)) for fact in unit["facts"] if fact["name"] == "date"]
    assert dates[1] == "2026-02-28 23:05 UTC" and dates[0] > dates[1]
    assert refused(back_up, bus, sealed(tmp_path), fresh, owner, fields={"date": "2026-02-30"}).field == "date"


# ---- what comes in ----

@pytest.mark.parametrize("wrong, says", [
    (dict(private=False), "not private"), (dict(piece=1 << 17), "256 KiB"), (dict(piece=1 << 23), "4 MiB")])
def test_a_torrent_that_others_cannot_hold_is_refused(bus, tmp_path, fresh, owner, wrong, says):
    why = refused(back_up, bus, sealed(tmp_path, **wrong), fresh, owner)
    assert (why.status, why.field) == ("invalid", "metainfo") and says in str(why)
    assert browse(bus, fresh)["groups"] == []


@pytest.mark.parametrize("flags", [64, V2, HYBRID])
def test_padding_and_filling_are_refused(bus, tmp_path, fresh, owner, flags):
    folder = tmp_path / "filled"
    folder.mkdir()
    (folder / "aa").write_bytes(os.urandom(1 << 18) + bytes(1 << 20))
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(folder))
    made = libtorrent.create_torrent(storage, 1 << 18, flags)
    made.set_priv(True)
    libtorrent.set_piece_hashes(made, str(tmp_path))
    why = refused(back_up, bus, libtorrent.bencode(made.generate()), fresh, owner)
    assert why.field == "metainfo" and "twice" in str(why)


@pytest.mark.parametrize("flags", [V2, HYBRID])
def test_other_kinds_of_torrents_are_sized_without_padding(bus, tmp_path, fresh, owner, flags):
    told = back_up(bus, sealed(tmp_path, size=300001, flags=flags), fresh, owner)
    assert facts_of(bus, told["torrent"])[0][3] == 600002


def test_a_member_has_at_most_a_thousand_versions(bus, tmp_path, fresh, owner, sql):
    first = back_up(bus, sealed(tmp_path), fresh, owner)
    sql("WITH made AS (INSERT INTO catalog.entity (plugin, level, kind, parent, grp, same, added_by)"
        " SELECT 'backup', 'version', 3, %s, %s, sha256(convert_to('x' || n, 'UTF8')), %s FROM generate_series(1, 999) n RETURNING id)"
        " INSERT INTO catalog.torrent (entity, info_hash, size, files_count, files, metainfo, uploader)"
        " SELECT id, substr(sha256(convert_to(%s || id::text, 'UTF8')), 1, 20), 1, 1, '', '', %s FROM made RETURNING 1",
        group_of(bus, first, owner), group_of(bus, first, owner), owner, fresh, owner)
    why = refused(back_up, bus, sealed(tmp_path), "another", owner)
    assert why.status == "conflict" and "1000 Versions" in str(why)
    remove(bus, "torrent", first["torrent"], owner)
    back_up(bus, sealed(tmp_path), "another", owner)
    sql("DELETE FROM catalog.torrent WHERE uploader = %s AND metainfo = '' RETURNING 1", owner)


def vast(size):
    """A torrent of a content that nobody has."""
    pieces = random.randbytes(20 * -(-size // (4 << 20)))
    return libtorrent.bencode({b"info": {b"length": size, b"name": f"{random.getrandbits(64):x}", b"piece length": 4 << 20,
                                         b"pieces": pieces, b"private": 1}})


def booked(ratio, told):
    """The books have it; else what they refused."""
    try:
        row = ratio.ask("ratio.version.get", {"version": told["torrent"]})["versions"][0]
    except Refused:
        return False
    return row[3] * row[5] or row[14]


def test_what_ratio_would_refuse_is_told_before_anything_is_stored(bus, ratio, fresh, owner, sql):
    """By its own rule and in its own sentence: here WANT_CAP, 1 TiB."""
    most, key, says = 54 * 10 ** 9, os.urandom(16), "This wants more than 1099511627776 bytes of others' space in all"
    why = refused(back_up, bus, vast(most + 10 ** 9), fresh, owner, fields={"redundancy": "20"})
    assert (why.status, why.field) == ("conflict", "metainfo") and says in str(why)
    assert sql("SELECT count(*) FROM catalog.entity WHERE added_by = %s", owner) == [(0,)]
    made = vast(most)
    told = back_up(bus, made, fresh, owner, fields={"redundancy": "20"}, key=key)
    assert until(lambda: booked(ratio, told)) == 20 * most
    # What another version of it costs goes by the copies that its backup wants, not by those that the form names.
    assert says in str(refused(back_up, bus, vast(10 ** 9), fresh, owner, fields={"redundancy": "1"}))
    assert says in str(refused(back_up, bus, vast(10 ** 9), "", owner, parent=group_of(bus, told, owner)))
    back_up(bus, vast(10 ** 9), f"{fresh} small", owner, fields={"redundancy": "1"})
    assert back_up(bus, made, fresh, owner, fields={"redundancy": "20"}, key=key) == told  # its answer was lost


def test_without_ratio_no_backup_is_stored_and_all_else_is(folder, tmp_path, fresh, owner, sql):
    alone = Replica(folder)
    try:
        why = refused(back_up, alone.bus(), sealed(tmp_path), fresh, owner)
        assert why.status == "unavailable" and "ratio is away: try again" in str(why)
        assert sql("SELECT count(*) FROM catalog.entity WHERE added_by = %s", owner) == [(0,)]
        add(alone.bus(), torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T"), actor=owner)
    finally:
        alone.stop()


# ---- what others see ----

SECRETS = ("Holiday", "taxes", "message for me", "note for me", "2001-02-03")


def test_what_is_inside_is_told_to_the_owner_alone(bus, tmp_path, fresh, owner, other):
    made = sealed(tmp_path, ["Holiday/beach.jpg", "taxes.pdf"])
    told = back_up(bus, made, fresh, owner, "awa",
                   fields={"message": "message for me", "description": "note for me", "date": "2001-02-03"})
    assert "taxes.pdf" in told["warning"] or "beach.jpg" in told["warning"]
    unit, = units(page_of(bus, told, owner))
    assert [file["path"] for file in unit["files"]] == ["Holiday/beach.jpg", "taxes.pdf"]
    assert unit["description"] == "message for me" and unit["warning"] == told["warning"] and unit["info_hash"]
    group = group_of(bus, told, owner)
    user = page_of(bus, told, owner)["artists"][0]["entity"]
    for actor in (other, 0):  # nobody else, not even who asks for nobody
        answers = [bus.ask("catalog.entity.get", {"entity": entity}, actor=actor) for entity in (group, told["entity"], user)]
        answers.append(bus.ask("catalog.browse", {"limit": 10, "query": fresh}, actor=actor))
        answers.append(bus.ask("catalog.browse", {"limit": 10, "query": told["info_hash"].hex()}, actor=actor))
        answers.append(bus.ask("catalog.torrent.names", {"torrents": [told["torrent"]]}, actor=actor))
        answers.append(bus.ask("catalog.upload.list", {"user": owner, "limit": 10}, actor=actor))
        for answer in answers:
            assert not [secret for secret in SECRETS if secret in repr(answer)], answer
        unit, = units(page_of(bus, told, actor))
        assert sorted(unit) == ["added_at", "entity", "facts", "href", "release", "size", "texts", "title", "torrent", "uploader"]
        assert unit["texts"] == []
        assert [fact["name"] for fact in unit["facts"]] == ["number"]
        assert not page_of(bus, told, actor)["own"]
    parent = refused(back_up, bus, made, fresh, other)
    assert parent.status == "conflict" and not [secret for secret in SECRETS if secret in str(parent)]


def test_backups_are_found_by_owner_and_name_and_not_by_what_is_inside(bus, tmp_path, fresh, owner):
    back_up(bus, sealed(tmp_path, ["holiday.jpg"]), f"nas {fresh}", owner, f"awa{fresh}", fields={"message": "about taxes"})
    for query in (f"awa{fresh}", f"nas {fresh}", f"awa{fresh} nas"):
        assert browse(bus, query)["count"] == 1, query
    for query in (f"{fresh} holiday", f"{fresh} taxes", f"{fresh} about"):
        assert bus.ask("catalog.browse", {"limit": 5, "query": query}, actor=owner).get("count", 0) == 0, query


# ---- deletion ----

def test_the_owner_deletes_a_version_and_then_all_of_it(bus, tmp_path, fresh, owner, other, sql):
    told = [back_up(bus, sealed(tmp_path), fresh, owner, fields={"redundancy": "4"}) for _ in range(3)]
    group = group_of(bus, told[0], owner)
    for actor in (other, 1 << 40):
        assert refused(remove, bus, "torrent", told[0]["torrent"], actor).status == "forbidden"
        assert refused(remove, bus, "entity", group, actor).status == "forbidden"
    assert refused(remove, bus, "torrent", told[0]["torrent"], owner, reason=" ").field == "reason"
    key = os.urandom(16)
    gone = remove(bus, "torrent", told[0]["torrent"], owner, key=key)
    assert gone == remove(bus, "torrent", told[0]["torrent"], owner, key=key) == {"deleted": 1, "href": f"/backup/backup/{group}"}
    assert refused(remove, bus, "torrent", told[0]["torrent"], owner).status == "not_found"
    assert refused(bus.ask, "catalog.torrent.get", {"torrent": told[0]["torrent"]}).status == "not_found"
    kept = bus.ask("catalog.torrent.get", {"torrent": told[0]["torrent"]}, actor=owner)  # to restore it
    assert kept["metainfo"] and kept["title"] == f"Deleted version {told[0]['torrent']}"
    assert refused(bus.ask, "catalog.torrent.get", {"torrent": told[0]["torrent"]}, actor=other).status == "not_found"
    sql("UPDATE catalog.torrent SET deleted_at = now() - interval '30 days' WHERE id = %s RETURNING id", told[0]["torrent"])
    assert refused(bus.ask, "catalog.torrent.get", {"torrent": told[0]["torrent"]}, actor=owner).status == "not_found"
    assert facts_of(bus, told[0]["torrent"])[-1][3:10] == [1 << 20, owner, "redundancy", False, group, 4, False]
    assert 0 < facts_of(bus, told[0]["torrent"])[-1][11] / 1000 - 30 * 86400 - time.time() + 60 < 61  # until when it can be restored
    assert len(units(page_of(bus, told[1], owner))) == 2
    assert remove(bus, "entity", group, owner) == {"deleted": 2, "href": "/backup"}
    for one in told:
        facts = facts_of(bus, one["torrent"])
        assert facts[-1][6] is False and len(facts) == 2 and facts[-1][9] is (one is not told[0])
    assert refused(bus.ask, "catalog.entity.get", {"entity": group}).status == "not_found"
    assert browse(bus, fresh)["groups"] == []
    assert sql("SELECT count(*), max(deleted_why) FROM catalog.torrent WHERE deleted_by = %s", owner) == [(3, "No longer needed.")]
    again = back_up(bus, sealed(tmp_path), fresh, owner)
    assert not again.get("joined") and again["title"].endswith("Version 1") and group_of(bus, again, owner) != group


def test_a_backup_without_versions_is_told_to_be_deleted(bus, tmp_path, fresh, owner):
    told = back_up(bus, sealed(tmp_path), fresh, owner)
    group = group_of(bus, told, owner)
    remove(bus, "torrent", told["torrent"], owner)
    assert facts_of(bus, told["torrent"])[-1][9] is False
    assert remove(bus, "entity", group, owner) == {"href": "/backup"}
    assert facts_of(bus, told["torrent"])[-1][6:10] == [False, group, 3, True]


def test_a_version_depends_on_another_of_its_backup(bus, tmp_path, fresh, owner, other):
    base = back_up(bus, sealed(tmp_path), fresh, owner)
    wrong = refused(back_up, bus, sealed(tmp_path), fresh, owner, fields={"depends_on": "7"})
    assert wrong.status == "invalid" and wrong.field == "depends_on" and "has no Version 7" in str(wrong), wrong
    built = back_up(bus, sealed(tmp_path), fresh, owner, fields={"depends_on": "1"})
    assert facts_of(bus, built["torrent"])[-1][10] == base["torrent"] and facts_of(bus, base["torrent"])[-1][10] == 0
    for actor, told in ((owner, ["1"]), (other, [])):
        facts = [fact for unit in units(page_of(bus, base, actor)) for fact in unit.get("facts", [])]
        assert [fact["value"] for fact in facts if fact["name"] == "depends_on"] == told
    waits = refused(remove, bus, "torrent", base["torrent"], owner)
    assert waits.status == "conflict" and "depends on this one" in str(waits), waits
    remove(bus, "torrent", built["torrent"], owner)
    remove(bus, "torrent", base["torrent"], owner)
    assert refused(back_up, bus, sealed(tmp_path), fresh, owner, fields={"depends_on": "1"}).field == "depends_on"


def test_what_was_deleted_does_not_come_back_as_it_was(bus, tmp_path, fresh, owner):
    made = sealed(tmp_path)
    told = back_up(bus, made, fresh, owner)
    remove(bus, "torrent", told["torrent"], owner)
    why = refused(back_up, bus, made, fresh, owner)
    assert (why.status, why.field) == ("conflict", "metainfo") and "was deleted" in str(why)


def test_an_uploader_staff_and_an_operator_delete_other_torrents(bus, tmp_path, fresh, owner, other):
    told = [add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title=f"T{i}"), actor=owner) for i in range(4)]
    assert refused(remove, bus, "torrent", told[0]["torrent"], other).status == "forbidden"
    album = browse(bus, f"{fresh} T3")["groups"][0]["entity"]
    assert refused(remove, bus, "entity", album, owner).status == "forbidden"  # an album is everybody's
    remove(bus, "torrent", told[0]["torrent"], owner)
    remove(bus, "torrent", told[1]["torrent"], other, staff=True)
    remove(bus, "torrent", told[2]["torrent"], 0)
    remove(bus, "entity", album, other, staff=True)
    assert browse(bus, fresh)["groups"] == []
    again = add(bus, torrent(tmp_path, "x", "1.flac"), dict(FLAC, artists=fresh, title="T0"), actor=other)  # the same format of it
    assert again["joined"] and browse(bus, fresh)["count"] == 1


def test_of_two_who_delete_at_once_one_is_told_that_it_is_gone(replicas, tmp_path, fresh, owner):
    told = back_up(replicas[0].bus(), sealed(tmp_path), fresh, owner)
    buses = [replicas[i % 2].bus() for i in range(4)]
    done = at_once(*(lambda bus=bus: remove(bus, "torrent", told["torrent"], owner) for bus in buses))
    assert sorted(isinstance(one, dict) for one in done) == [False, False, False, True]
    assert len(facts_of(buses[0], told["torrent"])) == 2
