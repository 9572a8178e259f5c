"""A backup as its owner and as other members meet it: uploaded through the form and by a tool, seen, downloaded with a slot, copied by
clients that announce, deleted."""

import contextlib
import os
import re
import uuid

import libtorrent
import pytest

import bencode
from announcer import Announcer
from content import V1_ONLY
from instance import wait_for
from visitor import Visitor, fill

SECRETS = ("beach.jpg", "For nobody else", "Where the key lies", "2026-02-03")


def joined(instance, prefix="m", kind="member"):
    """A new member, of whom ratio has heard."""
    visitor = Visitor(instance.web)
    visitor.name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    done = visitor.sign_up(instance.admin("invite", "--class", kind)["link"], visitor.name)
    assert done.status == 303, done.text
    wait_for("ratio knows the member", lambda: visitor.get("/backup").status == 200)
    return visitor


@pytest.fixture(scope="module")
def owner(instance):
    return joined(instance)


@pytest.fixture(scope="module")
def other(instance):
    return joined(instance)


def packed(tmp_path, *names, private=True):
    folder = tmp_path / uuid.uuid4().hex
    for name in names or ("aa", "ab"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.urandom(1 << 19))
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(folder))
    made = libtorrent.create_torrent(storage, piece_size=1 << 18, flags=V1_ONLY)
    made.set_priv(private)
    libtorrent.set_piece_hashes(made, str(tmp_path))
    return libtorrent.bencode(made.generate())


def back_up(visitor, content, path="/upload/backup", **values):
    fields = [field for field in fill(visitor.get(path).form(), **values) if field[0] != "more"]
    return visitor.post_file("/upload/backup", fields, "pack.torrent", content)


def known(page):
    """The page, once ratio has heard of the version."""
    return None if page.status == 503 else page


def token_of(visitor):
    visitor.send("/account", "/account/tokens", name="backup script")
    return re.search(r'id="token"[^>]* value="([^"]+)"', visitor.get("/account").html).group(1)


def test_a_backup_is_uploaded_and_only_its_owner_looks_inside(owner, other, tmp_path):
    form = owner.get("/upload/backup")
    assert "Encrypt before you upload" in form.text and dict(form.form())["redundancy"] == "3"
    refused = back_up(owner, packed(tmp_path, private=False), name="photos")
    assert refused.status == 400 and "not private" in refused.text and "photos" in refused.html
    name = f"photos {uuid.uuid4().hex[:8]}"
    made = packed(tmp_path, "beach.jpg", "ab")
    done = back_up(owner, made, name=name, redundancy="2", message="For nobody else", description="Where the key lies",
                   date="2026-02-03T04:05")
    assert done.status == 303, done.text
    page = done.location.split("#")[0]
    mine = owner.get(page)
    assert "read the warning" in mine.text and "Names in this torrent look readable" in mine.text
    assert all(secret in mine.html for secret in SECRETS) and "Copies wanted 2" in mine.text
    theirs = other.get(page)
    assert theirs.status == 200 and name in theirs.text and owner.name in theirs.text and "Version 1" in theirs.text
    listed = [other.get(path) for path in (f"/backup?q={owner.name}", f"/backup?q={name.split()[1]}", "/", f"/member/{owner.name}",
                                           re.search(r'href="(/backup/user/\d+)"', theirs.html).group(1))]
    for shown in [theirs, *listed]:
        assert shown.status == 200 and name in shown.text
        assert not [secret for secret in SECRETS if secret in shown.html]
    info_hash = str(libtorrent.torrent_info(libtorrent.bdecode(made)).info_hash())
    assert info_hash in mine.html and info_hash not in theirs.html
    assert "Nothing here" in other.get("/backup?q=beach").text or "did not match" in other.get("/backup?q=beach").text
    number = re.search(r'href="/torrent/(\d+)\.torrent"', theirs.html).group(1)
    for visitor in (owner, other):  # who may hold it needs it whole, and the owner always gets it back
        file = wait_for("ratio knows of it", lambda v=visitor: known(v.get(f"/torrent/{number}.torrent")))
        assert file.status == 200 and libtorrent.bdecode(file.body)[b"info"] == libtorrent.bdecode(made)[b"info"]
    assert 'href="/upload/backup?group=' in mine.html and 'href="/upload/backup?group=' not in theirs.html
    assert "/delete" in mine.html and "/delete" not in theirs.html


def test_a_version_is_added_by_its_owner_only(owner, other, tmp_path):
    name = f"nas {uuid.uuid4().hex[:8]}"
    page = back_up(owner, packed(tmp_path), name=name).location.split("#")[0]
    add = re.search(r'href="(/upload/backup\?group=\d+)"', owner.get(page).html).group(1)
    form = owner.get(add)
    assert 'name="redundancy"' not in form.html and 'type="datetime-local"' in form.html
    done = back_up(owner, packed(tmp_path), path=add)
    assert done.status == 303 and done.location.split("#")[0] == page, done.text
    assert "Version 2" in other.get(page).text and "warning" not in owner.get(page).text
    refused = back_up(other, packed(tmp_path), path=add)
    assert refused.status == 403 and "another member's" in refused.text


def test_versions_and_backups_are_deleted_after_a_question(owner, other, tmp_path):
    name = f"mail {uuid.uuid4().hex[:8]}"
    page = back_up(owner, packed(tmp_path), name=name).location.split("#")[0]
    back_up(owner, packed(tmp_path), name=name)
    version = re.search(r'href="(/torrent/\d+/delete)"', owner.get(page).html).group(1)
    assert f"{name} – Version 2" in owner.get(version).text
    unsaid = owner.send(version, version, reason="  ")
    assert unsaid.status == 400 and "Say why" in unsaid.text
    stolen = other.send(version, version, reason="I want to")
    assert stolen.status == 403 and "not yours" in stolen.text
    done = owner.send(version, version, reason="Replaced")
    assert done.status == 303 and done.location == page
    shown = owner.get(page)
    assert "Deleted." in shown.text and "Version 1" in shown.text and "Version 2" not in shown.text
    assert owner.get(version).status == 404
    assert other.get(version.replace("/delete", ".torrent")).status == 404
    whole = re.search(r'href="(/backup/backup/\d+/delete)"', shown.html).group(1)
    assert "1 torrent," in owner.get(whole).text
    assert other.send(whole, whole, reason="I want to").status == 403
    assert owner.send(whole, whole, reason="No longer needed").location == "/backup"
    assert owner.get(page).status == 404 and name not in owner.get("/backup").text


def test_a_tool_backs_up_prunes_and_is_told(instance, owner, other, tmp_path):
    tool = Visitor(instance.web)
    bearer = {"Authorization": f"Bearer {token_of(owner)}"}
    name = f"cron {uuid.uuid4().hex[:8]}"
    told = tool.post_file("/upload/backup", [("name", name), ("number", "20261124")], "p.torrent", packed(tmp_path, "letter.txt"),
                          headers=bearer)
    assert told.status == 201, told.text
    told = told.json()
    assert told["title"] == f"{owner.name} – {name} – Version 20261124" and "letter.txt" in told["warning"] and not told["rehashed"]
    again = tool.post_file("/upload/backup", [("name", name)], "p.torrent", packed(tmp_path), headers=bearer).json()
    assert again["title"].endswith("Version 20261125") and again["joined"] and "warning" not in again
    wrong = tool.post_file("/upload/backup", [("name", name), ("redundancy", "21")], "p.torrent", packed(tmp_path), headers=bearer)
    assert wrong.status == 400 and wrong.json()["field"] == "redundancy"
    theirs = {"Authorization": f"Bearer {token_of(other)}"}
    assert tool.post(f"/torrent/{told['torrent']}/delete", {"reason": "x"}, headers=theirs).status == 403
    gone = tool.post(f"/torrent/{told['torrent']}/delete", {"reason": "older than a day"}, headers=bearer)
    assert gone.status == 200 and gone.json()["deleted"] == 1 and gone.json()["href"] == again["href"].split("#")[0]


def test_staff_delete_what_others_uploaded(instance, owner, tmp_path):
    admin = joined(instance, "admin", "administrator")
    page = back_up(owner, packed(tmp_path, "beach.jpg"), name=f"odd {uuid.uuid4().hex[:8]}").location.split("#")[0]
    shown = admin.get(page)
    assert "beach.jpg" not in shown.html  # not for staff either
    version = re.search(r'href="(/torrent/\d+/delete)"', shown.html).group(1)
    assert admin.send(version, version, reason="Against the rules").status == 303
    assert "No version is left" in owner.get(page).text


# ---- slots ----


class Held:
    """A version as its holders see it: `size` bytes of the member `owner`."""

    def __init__(self, instance, owner, redundancy, tmp_path):
        self.instance, self.owner = instance, owner
        content = packed(tmp_path)
        info = libtorrent.torrent_info(libtorrent.bdecode(content))
        self.info_hash, self.size = info.info_hash().to_bytes(), info.total_size()
        fields = [("name", f"slots {uuid.uuid4().hex[:8]}"), ("redundancy", str(redundancy))]
        told = Visitor(instance.web).post_file("/upload/backup", fields, "p.torrent", content, headers=bearer(owner))
        assert told.status == 201, told.text
        self.number = told.json()["torrent"]
        wait_for("ratio knows of it", self.row)

    def row(self):
        rows = self.instance.bus("ratio.version.list", {"user": self.owner["user"], "limit": 100}).get("versions", [])
        return next((row for row in rows if row[0] == self.number), None)

    def counted(self):
        return self.row()[6]

    def download(self, member):
        return Visitor(self.instance.web).get(f"/torrent/{self.number}.torrent", headers=bearer(member))

    def client(self, member, address, left=None):
        return Announcer(self.instance, member, self.info_hash, address, self.size if left is None else left)


def bearer(member):
    return {"Authorization": f"Bearer {member['token']}"}


def told(client, event=""):
    return bencode.read(client.announce(event))


def let_in(client):
    """What it is told, once it is not refused."""
    def try_again():
        reply = told(client, "started")
        return None if b"failure reason" in reply else reply
    return wait_for("the announce is taken", try_again)


def addresses(reply):
    return {".".join(map(str, reply[b"peers"][i:i + 4])) for i in range(0, len(reply[b"peers"]), 6)}


@contextlib.contextmanager
def tracker_alone(instance, away):
    """The tracker was killed and started again while the daemon `away`, whose feed it reads, was gone."""
    wait_for("the feeds are on file", lambda: instance.metric("tracker", "tracker_feeds_unsaved") == 0)
    instance.down(away)
    try:
        killed = instance.kill("tracker")
        wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
        wait_for("announces are answered", lambda: instance.health("tracker")[0] == 200)
        yield
    finally:
        instance.up(away)
        instance.wait_ready()


FULL = b"all slots are taken; see your feed for other work"


def test_copies_are_fetched_by_those_who_have_a_slot(instance, tmp_path):
    a, b, c, d = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "abcd")
    version = Held(instance, a, 2, tmp_path)
    assert b"failure reason" not in told(version.client(a, "10.77.0.2", left=0), "started")
    for member in (b, c):
        assert wait_for("its slot", lambda m=member: known(version.download(m))).status == 200
    refused = wait_for("ratio's word", lambda: known(version.download(d)))
    assert refused.status == 403 and refused.json()["error"] == f"There is no slot for you on this version: {FULL.decode()}."
    e = joined(instance)
    page = wait_for("ratio knows the member", lambda: known(e.get(f"/torrent/{version.number}.torrent")))
    assert page.status == 403 and "all slots are taken" in page.text and "Content-Disposition" not in page.headers
    assert version.download(a).status == 200

    fetching = [version.client(b, "10.77.0.3"), version.client(c, "10.77.0.4")]
    for client in fetching:
        let_in(client)
    assert addresses(told(fetching[0])) == {"10.77.0.2", "10.77.0.4"}
    without = version.client(d, "10.77.0.5")
    first = told(without, "started")
    assert first[b"failure reason"] == b"No slot for this copy yet: see your Backup page" and first[b"interval"] == 60
    assert b"retry in" in first
    wait_for("the tracker says why", lambda: told(without, "started").get(b"failure reason") == FULL)
    assert b"failure reason" not in told(without, "stopped")
    assert addresses(told(fetching[0])) == {"10.77.0.2", "10.77.0.4"}  # nobody is told of who has no slot

    fetching[0].left = 0
    told(fetching[0], "completed")
    wait_for("the copy counts", lambda: version.counted() == 1)
    assert addresses(told(fetching[1])) == {"10.77.0.2", "10.77.0.3"}

    restoring = version.client(a, "10.77.0.6")  # the owner's disk died
    assert addresses(told(restoring, "started")) >= {"10.77.0.3", "10.77.0.4"}
    assert version.download(a).status == 200
    without.left = 0  # a volunteer who has it from elsewhere
    assert b"failure reason" not in told(without, "started")
    wait_for("it counts, too, for the other is not there yet", lambda: version.counted() == 2)


def test_a_client_that_comes_without_a_slot_is_let_in_when_ratio_has_given_one(instance, tmp_path):
    a, b = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "ab")
    version = Held(instance, a, 1, tmp_path)
    client = version.client(b, "10.77.0.3")
    reason = wait_for("the tracker knows the member", lambda: b"Unknown" not in (why := told(client)[b"failure reason"]) and why)
    assert reason == b"No slot for this copy yet: see your Backup page"
    let_in(client)
    assert [copy[4:6] for copy in instance.bus("ratio.version.get", {"version": version.number})["copies"]] == [[b["user"], "fetching"]]


def test_who_gives_up_a_copy_leaves_its_swarm(instance, tmp_path):
    a, b, c = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "abc")
    version = Held(instance, a, 1, tmp_path)
    own = version.client(a, "10.77.0.2", left=0)
    told(own, "started")
    assert wait_for("its slot", lambda: known(version.download(b))).status == 200
    dropped = version.client(b, "10.77.0.3")
    let_in(dropped)
    assert addresses(told(own)) == {"10.77.0.3"}
    wait_for("ratio has heard all that it said: a report behind the drop would ask for the slot again",
             lambda: instance.metric("tracker", "tracker_unacknowledged") == 0)
    instance.bus("ratio.copy.drop", {"user": b["user"], "version": version.number})
    wait_for("nobody is told of it any more", lambda: addresses(told(own)) == set())
    wait_for("its slot", lambda: version.download(c).status == 200)
    let_in(version.client(c, "10.77.0.4"))
    wait_for("it may not go on", lambda: told(dropped, "started").get(b"failure reason") == FULL)
    assert addresses(told(own)) == {"10.77.0.4"}


def test_slots_are_known_while_ratio_is_away(instance, tmp_path):
    a, b, d, e = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "abde")
    version = Held(instance, a, 1, tmp_path)
    assert wait_for("its slot", lambda: known(version.download(b))).status == 200
    holder, without, stranger = version.client(b, "10.77.0.3"), version.client(d, "10.77.0.4"), version.client(e, "10.77.0.5")
    let_in(holder)
    wait_for("the tracker says why", lambda: told(without, "started").get(b"failure reason") == FULL)
    with tracker_alone(instance, "ratio"):
        assert b"failure reason" not in told(holder)
        assert told(without, "started")[b"failure reason"] == FULL
        assert told(stranger, "started")[b"failure reason"] == b"No slot for this copy yet: see your Backup page"
        assert b"failure reason" not in told(version.client(a, "10.77.0.2"), "started")
        assert "has not been heard since the start" in instance.health("tracker", "healthz")[1]
        away = version.download(e)
        assert away.status == 503 and away.json()["error"]
        assert version.download(a).status == 200
    wait_for("ratio hears of the stranger, who is told why", lambda: told(stranger, "started").get(b"failure reason") == FULL)


def test_a_deleted_version_is_restored_from_its_holders_and_by_nobody_else(instance, tmp_path):
    a, b, c = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "abc")
    version = Held(instance, a, 2, tmp_path)
    holder, fetching = version.client(b, "10.77.0.3"), version.client(c, "10.77.0.4")
    for member, client in ((b, holder), (c, fetching)):
        assert wait_for("its slot", lambda m=member: known(version.download(m))).status == 200
        let_in(client)
    holder.left = 0
    told(holder, "completed")
    wait_for("the copy counts", lambda: version.counted() == 1)
    gone = Visitor(instance.web).post(f"/torrent/{version.number}/delete", {"reason": "by mistake"}, headers=bearer(a))
    assert gone.status == 200, gone.text
    deleted = b"This torrent was deleted: remove it from your client"
    wait_for("who only fetched it is sent away", lambda: told(fetching).get(b"failure reason") == deleted)
    restoring = version.client(a, "10.77.0.6")
    assert version.download(a).status == 200
    assert addresses(told(restoring, "started")) == {"10.77.0.3"}
    with tracker_alone(instance, "catalog"):
        assert addresses(told(restoring)) == {"10.77.0.3"}
        assert addresses(told(holder)) == {"10.77.0.6"}
        assert told(fetching, "started")[b"failure reason"] == deleted


def test_a_disabled_member_may_still_restore(instance, tmp_path):
    a, b = (instance.member(f"{letter}-{uuid.uuid4().hex[:8]}") for letter in "ab")
    own, foreign = Held(instance, a, 1, tmp_path), Held(instance, b, 1, tmp_path)
    told(own.client(b, "10.77.0.3", left=0), "started")
    instance.bus("web.member.set", {"user": a["user"], "standing": "disabled"})
    refused = b"Your account is disabled: see the site"
    wait_for("the tracker knows", lambda: told(foreign.client(a, "10.77.0.6")).get(b"failure reason") == refused)
    assert told(foreign.client(a, "10.77.0.6", left=0), "started")[b"failure reason"] == refused
    assert addresses(told(own.client(a, "10.77.0.6"), "started")) == {"10.77.0.3"}
