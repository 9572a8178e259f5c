"""The pages and feeds of Backup as members meet them: what is owed and held, forms and their refusals, offers, the queue, why."""

import contextlib
import random
import re
import subprocess
import xml.etree.ElementTree as xml

import libtorrent
import pytest

from announcer import Announcer
from bus_client import Refused
from instance import ROOT, wait_for
from test_backup import back_up, bearer, joined, known, packed, token_of
from test_web import album_fields, torrent, upload  # noqa: F401 (fixture)
from visitor import Visitor, fill

MIB = 1 << 20


class Person:
    """A member with a browser, and what the tests know of it."""

    def __init__(self, instance, prefix):
        self.instance, self.visitor = instance, joined(instance, prefix)
        self.name = self.visitor.name
        page = self.visitor.get("/account")
        self.passkey = re.search(r"/([a-z2-7]{32})/announce", page.html).group(1)
        self.feed = re.search(r'value="[^"]*(/feed/[0-9a-f]{32}/backup)\.rss"', page.html).group(1)
        self.user = instance.bus("web.member.get", {"name": self.name})["user"]

    def profile(self):
        return self.instance.bus("ratio.backup.profile", {"user": self.user})

    def back_up(self, tmp_path, **values):
        """A new version; its torrent's id, backup's id and info-hash as the catalog has them."""
        page = back_up(self.visitor, packed(tmp_path), **values).location
        version = int(re.search(r"#t(\d+)", page).group(1))
        backup = int(re.search(r"/backup/backup/(\d+)", page).group(1))
        row = wait_for("the books have the version", lambda: book_version(self.instance, version))
        assert row[1] == backup
        return version, backup

    def seen(self, version, left=0):
        """A client of the member's reports of the version, as if it had all of it (or `left` to get)."""
        page = self.visitor.get(f"/backup/backup/{backup_of(self.instance, version)}")
        hashes = re.search(r"Info-hash</dt><dd><code>([0-9a-f]{40})", page.html)
        info_hash = bytes.fromhex(hashes.group(1)) if hashes else hash_of(self.visitor, version)
        member = {"name": self.name, "passkey": self.passkey}
        one = Announcer(self.instance, member, info_hash, self.visitor.address, left)
        wait_for("the tracker answers", lambda: b"failure" not in one.announce("started"))
        return one


def hash_of(visitor, version):
    page = wait_for("ratio knows of it", lambda: known(visitor.get(f"/torrent/{version}.torrent")))
    return libtorrent.torrent_info(libtorrent.bdecode(page.body)).info_hash().to_bytes()


def book_version(instance, version):
    try:
        row = instance.bus("ratio.version.get", {"version": version})["versions"][0]
    except Refused:
        return None
    return row if row[4] else None


def backup_of(instance, version):
    return instance.bus("ratio.version.get", {"version": version})["versions"][0][1]


def move(instance, ms):
    """The books' clock goes ahead."""
    instance.run("psql", "-c", f"UPDATE ratio.book SET ahead = ahead + {ms}")


def tick(instance):
    move(instance, 61000)
    return True


@pytest.fixture(scope="module")
def owner(instance):
    return Person(instance, "owner")


@pytest.fixture(scope="module")
def holder(instance):
    """It owes and reads its feed, so it would be offered what other tests make: in the end it says that it has no room."""
    person = Person(instance, "holder")
    yield person
    instance.bus("ratio.space.set", {"user": person.user, "declare": True, "bytes": 0})


@pytest.fixture(scope="module")
def kept(instance, owner, tmp_path_factory):
    """A backup of the owner's with two copies wanted, and its owner's client online: (version, backup)."""
    version, backup = owner.back_up(tmp_path_factory.mktemp("kept"), name="photos", redundancy="2")
    owner.seen(version)
    return version, backup


@pytest.fixture(scope="module")
def offered(instance, owner, holder, kept, tmp_path_factory):
    """The holder owes something too, reads its feed, and is offered the owner's version."""
    holder.back_up(tmp_path_factory.mktemp("owed"), name="letters", redundancy="20")
    holder.visitor.get(holder.feed + ".rss")
    wait_for("an offer", lambda: tick(instance) and offers_of(instance, holder))
    return kept


def offers_of(instance, person):
    return instance.bus("ratio.offer.list", {"user": person.user})["offers"]


def number(page, name):
    return re.search(rf'id="{name}"[^>]*>([^<]*)<', page.html).group(1)


# ---- where one stands ----


def test_the_dashboard_tells_what_is_owed_and_why(owner, kept):
    page = owner.visitor.get("/backup")
    assert page.status == 200 and 'aria-current="true">Backup' in page.html
    assert number(page, "obligation") == "2.0 MiB" and number(page, "debt") == "2.0 MiB" and number(page, "points") == "100 free"
    assert "photos" in page.text and "0 of 2" in page.text and "The debt clock stands" in page.text
    assert f'href="/backup/own/{kept[1]}"' in page.html
    assert "overdue at 30 days" in page.text and "released at 44 days" in page.text
    why = owner.visitor.get("/backup/explain?figure=debt")
    assert "Where the debt comes from" in why.text and "D5" in why.text and "asked for (O)" in why.text
    assert "a version was added" in why.text and "2.0 MiB" in why.text
    for figure in ("", "contribution", "obligation", "lent", "clock", "points"):
        assert owner.visitor.get(f"/backup/explain?figure={figure}").status == 200
    assert owner.visitor.get("/backup/explain?figure=weather").status == 404
    assert owner.visitor.get("/backup/explain?what=version").status == 404
    assert owner.visitor.get("/backup/explain?what=version&version=999999999").status == 404


def test_free_space_is_declared_and_refused_with_what_was_typed(holder):
    page = holder.visitor.send("/backup", "/backup/space", amount="much")
    assert page.status == 400 and "as a number" in page.text and 'value="much"' in page.html
    done = holder.visitor.send("/backup", "/backup/space", amount="1,5", unit="GiB")
    assert done.status == 303 and done.location == "/backup"
    assert "1.5 GiB free" in holder.visitor.get("/backup").text
    assert holder.profile()["space"] == 3 << 29
    holder.visitor.send("/backup", "/backup/space", unlimited="1")
    assert not holder.profile().get("space_declared") and "no limit now" in holder.visitor.get("/backup").text


def test_everybodys_backups_are_still_searched(holder, owner, kept):
    assert "photos" in holder.visitor.get(f"/backup?q={owner.name}").text


# ---- one backup ----


def test_points_are_assigned_and_a_crossing_change_is_told(owner, kept, tmp_path):
    path = f"/backup/own/{kept[1]}"
    page = owner.visitor.get(path)
    assert page.status == 200 and "0 of 2 copies" in page.text and "waits for holders, in tier 1" in page.text
    fields = dict(page.form(path + "/points"))
    done = owner.visitor.post(path + "/points", fields | {"points": "30"})
    assert done.status == 303 and owner.profile()["points_assigned"] == 30
    again = owner.visitor.post(path + "/points", fields | {"points": "30"})
    assert again.status == 303 and owner.profile()["points_assigned"] == 30, "a double click sets them once"
    crossed = owner.visitor.post(path + "/points", fields | {"points": "40"})
    assert crossed.status == 409 and "30 points assigned by now" in crossed.text and 'value="40"' in crossed.html
    kept_fields = dict(crossed.form(path + "/points"))
    assert kept_fields["expected_assigned"] == "30" and kept_fields["points"] == "40"
    assert owner.visitor.post(path + "/points", kept_fields).status == 303 and owner.profile()["points_assigned"] == 40
    for wrong, said in (("101", "of the 100 that you have"), ("-1", "between 0 and 1000"), ("many", "between 0 and 1000"),
                        ("1.5", "between 0 and 1000")):
        refused = owner.visitor.send(path, path + "/points", points=wrong)
        assert refused.status in (400, 409) and said in refused.text and f'value="{wrong}"' in refused.html, refused.text
        assert 'id="points-wrong"' in refused.html and owner.profile()["points_assigned"] == 40


def test_a_grant_of_the_staff_is_told_with_its_reason(instance, owner, kept):
    said = {"user": owner.user, "points": 7, "reason": "for the <translation>"}
    instance.bus("ratio.points.grant", {"key": b"\1" * 16, **said})
    assert 'href="/backup/explain?figure=points"' in owner.visitor.get(f"/backup/own/{kept[1]}").html
    why = owner.visitor.get("/backup/explain?figure=points")
    assert "staff gave points" in why.text and "for the &lt;translation&gt;" in why.html
    instance.bus("ratio.points.burn", {"key": b"\2" * 16, "user": owner.user, "points": 7})


def test_points_move_between_own_backups(owner, holder, kept, tmp_path):
    _, other = owner.back_up(tmp_path, name="mail", redundancy="1")
    path = f"/backup/own/{kept[1]}"
    assert owner.visitor.send(path, path + "/move", move="5", to=str(other)).status == 303
    assert "Points: 5" in owner.visitor.get(f"/backup/own/{other}").text
    refused = owner.visitor.send(path, path + "/move", move="500", to=str(other))
    assert refused.status == 400 and "35 points to move" in refused.text and 'value="500"' in refused.html
    nowhere = owner.visitor.send(path, path + "/move", move="5", to="")
    assert nowhere.status == 400 and "Choose the backup" in nowhere.text and 'value="5"' in nowhere.html
    foreign = owner.visitor.send(path, path + "/move", move="5", to="999999999")
    assert foreign.status == 404 and "no backup" in foreign.text


def test_redundancy_is_set_once_a_day(owner, kept, tmp_path):
    _, backup = owner.back_up(tmp_path, name="notes", redundancy="1")
    path = f"/backup/own/{backup}"
    wrong = owner.visitor.send(path, path + "/redundancy", redundancy="21")
    assert wrong.status == 400 and 'value="21"' in wrong.html and 'id="redundancy-wrong"' in wrong.html
    assert owner.visitor.send(path, path + "/redundancy", redundancy="2").status == 303
    assert "Copies wanted: 2" in owner.visitor.get(path).text
    soon = owner.visitor.send(path, path + "/redundancy", redundancy="3")
    assert soon.status == 409 and "once in 24 hours" in soon.text and 'value="3"' in soon.html


def test_a_version_says_what_it_depends_on(owner, tmp_path):
    base, backup = owner.back_up(tmp_path, name="borg", redundancy="1")
    owner.back_up(tmp_path, name="borg", depends_on="1")
    shown = owner.visitor.get(f"/backup/own/{backup}").text
    assert "It cannot be restored without" in shown and "A newer version depends on it, so it stays." in shown
    path = f"/torrent/{base}/delete"
    waits = owner.visitor.send(path, path, reason="Too old")
    assert waits.status == 409 and "depends on this one" in waits.text


def vast(size):
    """A torrent of a content that nobody has."""
    info = {b"length": size, b"name": f"{random.getrandbits(64):x}", b"piece length": 4 << 20, b"private": 1,
            b"pieces": random.randbytes(20 * -(-size // (4 << 20)))}
    return libtorrent.bencode({b"info": info})


def test_what_the_books_would_refuse_is_refused_before_it_is_added(instance):
    greedy = Person(instance, "greedy")
    made, says = vast(60 * 10 ** 9), "This wants more than 1099511627776 bytes of others' space in all"
    refused = back_up(greedy.visitor, made, name="all-i-have", redundancy="20", message="All of it")
    assert refused.status == 409 and says in refused.text, refused.text
    assert 'id="torrent-wrong"' in refused.html and 'value="all-i-have"' in refused.html and "All of it" in refused.html
    assert "all-i-have" not in greedy.visitor.get(f"/backup?q={greedy.name}").text
    assert "all-i-have" not in greedy.visitor.get("/backup").text and greedy.profile().get("obligation", 0) == 0
    tool = Visitor(instance.web).post_file("/upload/backup", [("name", "all-i-have"), ("redundancy", "20")], "p.torrent", made,
                                           headers=bearer({"token": token_of(greedy.visitor)}))
    assert tool.status == 409 and tool.json()["field"] == "torrent" and "wants more than" in tool.json()["error"]
    assert back_up(greedy.visitor, made, name="all-i-have", redundancy="10").status == 303


def test_an_owner_asks_to_be_told_when_no_version_comes(owner, kept):
    path = f"/backup/own/{kept[1]}"
    assert "You are not told when no new version comes" in owner.visitor.get(path).text
    wrong = owner.visitor.send(path, path + "/remind", days="soon")
    assert wrong.status == 400 and 'value="soon"' in wrong.html and 'id="days-wrong"' in wrong.html
    assert owner.visitor.send(path, path + "/remind", days="2").status == 303
    assert "no new version has come for 2 days" in owner.visitor.get(path).text
    assert owner.visitor.send(path, path + "/remind", days="").status == 303
    assert "You are not told when no new version comes" in owner.visitor.get(path).text


def test_only_its_owner_sees_who_holds_a_backup(owner, holder, kept):
    assert holder.visitor.get(f"/backup/own/{kept[1]}").status == 403
    path = f"/backup/own/{kept[1]}"
    csrf = dict(holder.visitor.get("/backup").form("/backup/space"))["csrf"]
    stolen = holder.visitor.post(path + "/points", {"csrf": csrf, "points": "1", "expected_assigned": "0"})
    assert stolen.status == 403, stolen.text
    assert owner.visitor.post(path + "/points", {"points": "1", "expected_assigned": "40"}).status == 403, "no CSRF token"
    assert owner.visitor.get("/backup/own/999999999").status == 404


def test_staff_read_another_members_pages_and_change_nothing(instance, owner, holder, kept):
    staff = joined(instance, "mod", "moderator")
    of, path = f"of={owner.user}", f"/backup/own/{kept[1]}"
    assert f'href="/backup?{of}"' in staff.get(f"/member/{owner.name}").html
    pages = [f"/backup?{of}", f"/backup/holdings?{of}", path, f"/backup/explain?figure=debt&{of}"]
    for page in pages:
        shown = staff.get(page)
        assert shown.status == 200 and owner.name in shown.text and "nothing can be changed" in shown.text, (page, shown.text)
        main = shown.html[shown.html.index("<main"):]
        assert "<form" not in main and "/drop" not in main and "/upload/backup" not in main
        assert holder.visitor.get(page).status == 403
    assert "photos" in staff.get(pages[0]).text and f'href="{path}"' in staff.get(pages[0]).html
    assert number(staff.get(pages[0]), "obligation") == number(owner.visitor.get("/backup"), "obligation")
    assert f'href="/backup/explain?figure=debt&amp;{of}"' in staff.get(pages[0]).html
    csrf = dict(staff.get("/account").form("/sign-out"))["csrf"]
    assert staff.post(path + "/keep", {"csrf": csrf, "last": "1"}).status == 403
    assert "nothing can be changed" not in owner.visitor.get(path).text
    assert staff.get("/backup?of=0").status == 404


# ---- offers, the queue, holding ----


def test_the_queue_tells_how_each_place_comes_about(owner, holder, kept):
    page = holder.visitor.get("/backup/queue")
    assert page.status == 200 and "photos" in page.text and owner.name in page.text and "240 risk" in page.text
    assert holder.visitor.get("/backup/queue?tier=2").status == 200
    mine = owner.visitor.get("/backup/queue?mine=1")
    assert f"version={kept[0]}" not in mine.html, "nobody holds its own"
    assert holder.visitor.get("/backup/queue?cursor=x").status == 400
    why = holder.visitor.get(f"/backup/explain?what=version&version={kept[0]}")
    assert "2.7" in why.text and "Its score is" in why.text and "what concerns you" in why.text
    assert "What you would get" in holder.visitor.get(f"/backup/explain?what=verdict&version={kept[0]}").text


def test_an_offer_is_on_the_page_in_rss_and_in_json(instance, owner, holder, offered):
    version = offered[0]
    page = holder.visitor.get("/backup/offers")
    assert "photos" in page.text and f'href="/torrent/{version}.torrent"' in page.html and holder.feed in page.html
    why = holder.visitor.get(f"/backup/explain?what=offer&version={version}")
    assert "Q24" in why.text and "Your feed was read within 24 hours" in why.text
    assert "It is offered to you: the slot is yours" in why.text
    stranger = Visitor(instance.web)  # no cookie
    rss = stranger.get(holder.feed + ".rss")
    assert rss.status == 200 and rss.headers["Content-Type"].startswith("application/rss+xml"), rss.text
    items = xml.fromstring(rss.body).findall("channel/item")
    mine = next(item for item in items if f"offer-{version}-" in item.findtext("guid"))
    assert "photos" in mine.findtext("title") and "[1.0 MiB]" in mine.findtext("title")
    enclosure = mine.find("enclosure")
    assert enclosure.get("type") == "application/x-bittorrent" and enclosure.get("length") == str(MIB)
    file = stranger.get(enclosure.get("url"))
    assert file.status == 200 and holder.passkey.encode() in file.body
    told = stranger.get(holder.feed + ".json").json()
    assert {offer["version"] for offer in told["offers"]} == {row[0] for row in offers_of(instance, holder)}
    assert next(o for o in told["offers"] if o["version"] == version)["torrent"] == enclosure.get("url")
    assert told["may_delete"] == [] and told["summary"]["debt"] == holder.profile()["debt"]
    assert told["summary"]["points"] == {"total": 100, "assigned": 0, "free": 100}


def test_a_feed_that_has_not_changed_is_not_sent_again(holder, offered, instance):
    stranger = Visitor(instance.web)
    first = stranger.get(holder.feed + ".rss")
    again = stranger.get(holder.feed + ".rss", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304 and again.body == b"" and again.headers["ETag"] == first.headers["ETag"]
    assert stranger.get(holder.feed + ".rss", headers={"If-None-Match": '"old"'}).status == 200


def test_a_feed_of_another_key_is_refused_in_a_sentence(instance, holder, offered):
    stranger = Visitor(instance.web)
    wrong = stranger.get(f"/feed/{'0' * 32}/backup.rss")
    assert wrong.status == 404 and "not known here" in wrong.html and "<" not in wrong.html
    for path in (f"/feed/{'0' * 32}/{offered[0]}.torrent", f"/feed/{'0' * 32}/backup.json"):
        assert stranger.get(path).status == 404


def test_reading_the_feed_is_noted(instance, holder):
    fresh = Person(instance, "reader")
    assert not fresh.profile().get("polled_at") and "never read" in fresh.visitor.get("/backup/offers").text
    Visitor(instance.web).get(fresh.feed + ".rss")
    wait_for("it is noted", lambda: fresh.profile().get("polled_at"))
    other = Person(instance, "presser")
    assert other.visitor.send("/backup/offers", "/backup/space").location == "/backup/offers"
    assert other.profile().get("polled_at")


def test_a_copy_is_held_shown_explained_and_dropped(instance, owner, holder, offered):
    version, backup = offered
    holder.seen(version, left=0)
    copy = wait_for("the copy", lambda: held(instance, holder, version))
    page = holder.visitor.get("/backup/holdings")
    assert "photos" in page.text and owner.name in page.text and f"/backup/holdings/{version}/drop" in page.html
    why = holder.visitor.get(f"/backup/explain?what=copy&version={version}")
    assert "D2" in why.text and "a client reported" in why.text and "yours" in why.text
    mine = owner.visitor.get(f"/backup/own/{backup}")
    assert holder.name in mine.text and f"{1 if copy[11] else 0} of 2 copies" in mine.text
    events = owner.visitor.get(f"/backup/explain?what=version&version={version}")
    assert holder.name in events.text and "copy" in events.text
    question = holder.visitor.get(f"/backup/holdings/{version}/drop")
    assert question.status == 200 and "Drop your copy of" in question.text
    done = holder.visitor.send(f"/backup/holdings/{version}/drop", f"/backup/holdings/{version}/drop")
    assert done.location == "/backup/holdings" and "Dropped" in holder.visitor.get("/backup/holdings").text
    assert not held(instance, holder, version)
    assert holder.visitor.get(f"/backup/holdings/{version}/drop").status == 404


def held(instance, person, version):
    copies = instance.bus("ratio.version.get", {"version": version})["copies"]
    return next((copy for copy in copies if copy[4] == person.user and copy[5] == "held"), None)


# ---- the key ----


def test_a_renewed_feed_key_revokes_the_old_one(instance, holder, offered):
    assert holder.visitor.send("/account", "/account/feed").location == "/account"
    page = holder.visitor.get("/account")
    fresh = re.search(r'value="[^"]*(/feed/[0-9a-f]{32}/backup)\.rss"', page.html).group(1)
    stranger = Visitor(instance.web)
    assert fresh != holder.feed and stranger.get(fresh + ".rss").status == 200
    gone = stranger.get(holder.feed + ".rss")
    assert gone.status == 404 and "not known here (any more)" in gone.html
    holder.feed = fresh


def test_a_disabled_members_feed_is_refused(instance):
    gone = Person(instance, "gone")
    instance.bus("web.member.set", {"user": gone.user, "standing": "disabled"})
    refused = Visitor(instance.web).get(gone.feed + ".rss")
    assert refused.status == 403 and "disabled" in refused.html


def test_what_is_kept_is_set_in_words_and_what_is_not_goes_in_the_catalog_too(instance, owner, holder, tmp_path):
    old, backup = owner.back_up(tmp_path, name="nightly", redundancy="1")
    holder.seen(old)
    path, group = f"/backup/own/{backup}", f"/backup/backup/{backup}"
    assert "Every version is kept until you delete it" in owner.visitor.get(path).text
    wrong = owner.visitor.send(path, path + "/keep", last="1001", daily="7")
    assert wrong.status == 400 and 'value="1001"' in wrong.html and 'value="7"' in wrong.html and 'id="last-wrong"' in wrong.html
    csrf = dict(holder.visitor.get("/backup").form("/backup/space"))["csrf"]
    assert holder.visitor.post(path + "/keep", {"csrf": csrf, "last": "1"}).status == 403
    assert owner.visitor.send(path, path + "/keep", last="1", monthly="").status == 303
    assert "Kept: the newest version." in owner.visitor.get(path).text and "Copies wanted: 1" in owner.visitor.get(path).text
    wait_for("the copy counts", lambda: book_version(instance, old)[6] == 1)

    new, _ = owner.back_up(tmp_path, name="nightly")
    shown = owner.visitor.get(path).text
    assert "superseded" in shown and "deleted as soon as a newer version has enough copies" in shown
    assert "superseded: keep it until a newer version" in holder.visitor.get("/backup/holdings").text
    client = Announcer(instance, {"name": holder.name, "passkey": holder.passkey}, hash_of(holder.visitor, new), holder.visitor.address, 0)
    instance.down("catalog")
    try:
        wait_for("the tracker answers", lambda: b"failure" not in client.announce("started"), 30)
        wait_for("the books delete the old one", lambda: book_version(instance, old)[11] == "deleted", 30)
        killed = instance.kill("ratio")
        wait_for("ratio runs again", lambda: instance.pid("ratio") not in (None, killed))
    finally:
        instance.up("catalog")
        instance.wait_ready()
    wait_for("the catalog deletes it", lambda: "Version 1" not in owner.visitor.get(group).text, 30)
    killed = instance.kill("catalog")
    wait_for("the catalog runs again", lambda: instance.pid("catalog") not in (None, killed))
    instance.wait_ready()
    rows = instance.run("psql", "-Atqc", "SELECT active, deleted_by, deleted_why FROM catalog.torrent"
                        f" WHERE id IN ({old}, {new}) ORDER BY id").stdout
    assert rows.splitlines() == ["f|0|superseded: the backup's retention does not keep it", "t||"]
    facts = instance.run("psql", "-Atqc", f"SELECT count(*) FROM catalog.feed_fact WHERE feed = 'catalog.torrents' AND key = {old}").stdout
    assert facts.strip() == "2"
    assert "you may delete it: it is superseded by a newer version" in holder.visitor.get("/backup/holdings").text
    assert "superseded and deleted" in owner.visitor.get(f"/backup/explain?what=version&version={old}").text
    assert owner.visitor.get(f"/torrent/{old}.torrent").status == 200  # its owner's to restore


def test_a_copy_at_the_owners_address_counts_and_is_shown_as_co_located(instance, tmp_path):
    """Told by a tracker that was killed before ratio heard of it: its journal knows the addresses."""
    landlord, lodger, stranger = (Person(instance, name) for name in ("landlord", "lodger", "stranger"))
    landlord.visitor.address = lodger.visitor.address = "10.77.0.8"
    stranger.visitor.address = "10.77.0.9"
    version, backup = landlord.back_up(tmp_path, name="doubles", redundancy="2")
    landlord.seen(version)
    clients = [Announcer(instance, {"name": one.name, "passkey": one.passkey}, hash_of(one.visitor, version), one.visitor.address, 0)
               for one in (lodger, stranger)]
    instance.run("down", "ratio")
    try:
        for client in clients:
            wait_for("the tracker answers", lambda: b"failure" not in client.announce("started"))
        killed = instance.kill("tracker")
        wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
    finally:
        instance.run("up", "ratio")
    instance.wait_ready()
    held = wait_for("both copies count", lambda: len(copies := [copy for copy in copies_of(instance, version) if copy[11]]) == 2 and copies)
    assert {copy[4]: copy[16] for copy in held} == {lodger.user: True, stranger.user: False}
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", landlord.visitor.get(f"/backup/own/{backup}").html)
    shown = {name: "co-located" in row for row in rows for name in (lodger.name, stranger.name) if name in row}
    assert shown == {lodger.name: True, stranger.name: False}, rows
    why = lodger.visitor.get(f"/backup/explain?what=copy&version={version}")
    assert "at the same address as its owner" in why.text
    assert "at the same address" not in stranger.visitor.get(f"/backup/explain?what=copy&version={version}").text


def copies_of(instance, version):
    return instance.bus("ratio.version.get", {"version": version})["copies"]


@contextlib.contextmanager
def members_unheard(instance):
    """What web tells of members waits in ratio for a lock."""
    psql = subprocess.Popen([str(ROOT / "djembe"), "psql", "-Atq"], env=instance.env, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    psql.stdin.write("BEGIN; LOCK TABLE ratio.member IN SHARE MODE; SELECT 'locked';\n")
    psql.stdin.flush()
    try:
        assert psql.stdout.readline() == "locked\n"
        yield
    finally:
        psql.communicate("COMMIT;\n")


def test_who_has_just_signed_up_is_told_to_wait(instance):
    newcomer = Visitor(instance.web)
    with members_unheard(instance):
        invitation = instance.admin("invite", "--class", "member")["link"]
        assert newcomer.sign_up(invitation, f"newcomer-{random.getrandbits(32):08x}").status == 303
        feed = re.search(r'value="[^"]*(/feed/[0-9a-f]{32}/backup)\.rss"', newcomer.get("/account").html).group(1)
        for path in ("/backup", "/backup/holdings", "/backup/offers", "/backup/explain", feed + ".rss"):
            page = newcomer.get(path)
            assert page.status == 503 and "being set up for Backup: try again in a few seconds" in page.text, (path, page.text)
            assert "The part that is away" not in page.text
    wait_for("it is set up", lambda: newcomer.get("/backup").status == 200)
    assert newcomer.get("/backup/own/999999999").status == 404 and newcomer.get(feed + ".rss").status == 200
    staff = joined(instance, "mod", "moderator")
    nobody = staff.get("/backup?of=999999999")
    assert nobody.status == 404 and "no member 999999999" in nobody.text


def test_pages_say_so_while_the_books_are_away(instance, owner, kept, torrent, tmp_path):  # noqa: F811
    instance.run("down", "ratio")
    try:
        refused = back_up(owner.visitor, packed(tmp_path), name="meanwhile")
        assert refused.status == 503 and "The service ratio is away: try again" in refused.text and "is kept" in refused.text, refused.text
        assert "meanwhile" not in owner.visitor.get(f"/backup?q={owner.name}").text
        assert upload(owner.visitor, torrent, **album_fields()).status == 303
        for path in ("/backup", f"/backup/own/{kept[1]}", "/backup/holdings", "/backup/offers", "/backup/queue", "/backup/explain"):
            page = owner.visitor.get(path)
            assert page.status == 503 and page.text, path
        feed = Visitor(instance.web).get(owner.feed + ".rss")
        assert feed.status == 503 and "<" not in feed.html
    finally:
        instance.run("up", "ratio")
    form = [field for field in fill(refused.form()) if field[0] != "more"]
    wait_for("the form is taken, with the torrent kept", lambda: owner.visitor.post_files("/upload/backup", form, []).status == 303)
