"""A member's client keeps the member's word by itself: qBittorrent reads the feed of offers, fetches what is offered from its owner's
client, holds it, and is audited; what the member owes falls by its size."""

import re

import clients
from content import make_album, make_torrent, same_content
from instance import wait_for
from visitor import Visitor


SETTINGS = {"DJEMBE_AUDITOR": "yes"}


def back_up(instance, member, content, torrent, name, redundancy):
    """Uploads as a script does; (version's torrent id, the member's own .torrent)."""
    make_torrent(content, torrent, piece_size=1 << 18)
    told = Visitor(instance.web).post_file("/upload/backup", [("name", name), ("redundancy", redundancy)], torrent.name,
                                           torrent.read_bytes(), headers={"Authorization": f"Bearer {member['token']}"})
    assert told.status == 201, told.text
    version = told.json()["torrent"]
    return version, instance.personal_torrent(version, member["token"], torrent.with_suffix(".own.torrent"))


def feed_of(instance, member):
    visitor = Visitor(instance.web)
    assert visitor.sign_in(member["name"], member["password"]).status == 303
    return re.search(r'value="(http[^"]+/backup\.rss)"', visitor.get("/account").html).group(1)


def profile(instance, member):
    return instance.bus("ratio.backup.profile", {"user": member["user"]})


def copy_of(instance, version, member):
    copies = instance.bus("ratio.version.get", {"version": version})["copies"]
    return next((copy for copy in copies if copy[4] == member["user"]), None)


def audit_of(instance, version, member):
    """The newest audit of its copy. Its hour has come: it would be within two."""
    instance.run("psql", "-c", f"UPDATE ratio.audit SET due_at = '2020-01-01' WHERE user_id = {member['user']}")
    audits = instance.bus("ratio.audit.list", {"user": member["user"], "version": version, "limit": 1})["audits"]
    return audits[0] if audits and audits[0][6] == "pass" else None


def tick(instance):
    """A minute passes for the books: offers are made."""
    instance.run("psql", "-c", "UPDATE ratio.book SET ahead = ahead + 61000")
    return True


def test_qbittorrent_takes_an_offer_from_the_feed_and_holds_it(instance, tmp_path):
    owner, holder = instance.member("owner"), instance.member("holder")
    photos = make_album(tmp_path / "owner", "4f1d8a", size=4 << 20, files=2)
    letters = make_album(tmp_path / "holder", "b00c11", size=4 << 20, files=2)
    version, for_owner = back_up(instance, owner, photos, tmp_path / "photos.torrent", "photos", "1")
    _, for_holder = back_up(instance, holder, letters, tmp_path / "letters.torrent", "letters", "2")
    size = sum(file.stat().st_size for file in photos.iterdir())
    owed = sum(file.stat().st_size for file in letters.iterdir()) * 2
    wait_for("the holder owes", lambda: profile(instance, holder).get("debt") == owed)
    feed, kept = feed_of(instance, holder), tmp_path / "kept"
    kept.mkdir()
    giver = clients.Libtorrent(tmp_path / "giver", "10.77.0.2")
    taker = clients.QBittorrent(tmp_path / "taker", "10.77.0.3")
    try:
        giver.start(for_owner, photos.parent)
        taker.start(for_holder, letters.parent)
        taker.take_feed(feed, "djembe", kept)
        wait_for("the feed was read", lambda: profile(instance, holder).get("polled_at"))
        wait_for("an offer, or already more", lambda: tick(instance) and copy_of(instance, version, holder))
        wait_for("qBittorrent has taken it from the feed, and has it all",
                 lambda: [torrent for torrent in taker.of_category("djembe") if torrent["progress"] == 1], 180)
        wait_for("the books know that it is held", lambda: held(instance, version, holder))
        audit = wait_for("an audit passes", lambda: audit_of(instance, version, holder), 180)
        copy = wait_for("it is proven", lambda: (copy := held(instance, version, holder)) and copy[9] and copy)
    finally:
        for client in (taker, giver):
            if client.process:
                client.stop()
    assert same_content(photos, kept / photos.name)
    assert copy[11] and audit[8] > 0, f"it counts: {copy}, {audit}"
    assert profile(instance, holder)["contribution"] == size and profile(instance, holder)["debt"] == owed - size
    assert profile(instance, owner)["lent"] == size


def held(instance, version, member):
    copy = copy_of(instance, version, member)
    return copy if copy and copy[5] == "held" else None
