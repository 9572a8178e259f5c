"""Members fetch copies of another's backup with ordinary clients: one takes the .torrent with its slot from the web, one client comes
without and is given a slot by what it announces. What they then hold counts."""

import json

import libtorrent

import clients
from content import make_album, make_torrent, same_content
from instance import HOST, fetch, wait_for


def backed_up(instance, owner, tmp_path, redundancy):
    folder = make_album(tmp_path / "owner", "f3a9c2")
    file = make_torrent(folder, tmp_path / "plain.torrent", piece_size=256 * 1024)
    added = instance.admin("torrent", "add", str(file), "--member", owner["name"], "--plugin", "backup",
                           "--fields", json.dumps({"name": "photos", "redundancy": redundancy}))
    return folder, file, added["torrent"]


def with_its_slot(instance, torrent, member, into):
    """The member's own .torrent; without a slot for it there is none. Ratio may hear of the version a moment later."""
    def download():
        status, _, body = fetch(f"{instance.web}/torrent/{torrent}.torrent", headers={"Authorization": f"Bearer {member['token']}"})
        return None if status == 503 else (status, body)
    status, body = wait_for("ratio knows of the version", download)
    assert status == 200, body
    into.write_bytes(body)
    return into


def without_a_slot(instance, file, member, into):
    """As the file comes from a friend: the member has only put its own announce URL into it."""
    metainfo = libtorrent.bdecode(file.read_bytes())
    metainfo[b"announce"] = f"http://{HOST}:{instance.port(6969)}/{member['passkey']}/announce".encode()
    into.write_bytes(libtorrent.bencode(metainfo))
    return into


def copies(instance, torrent):
    version = instance.bus("ratio.version.get", {"version": torrent})
    return version["versions"][0][6], {copy[4]: copy[5] for copy in version.get("copies", [])}


def test_copies_of_a_backup_are_fetched_with_a_slot_from_the_web_and_with_one_given_to_the_client(instance, tmp_path):
    owner, first, second, late = (instance.member(name) for name in ("owner", "first", "second", "late"))
    folder, file, torrent = backed_up(instance, owner, tmp_path, 2)
    own = instance.personal_torrent(torrent, owner["token"], tmp_path / "owner.torrent")
    seeder = clients.Transmission(tmp_path / "seeder", "10.77.0.2")
    one = clients.Aria2(tmp_path / "one", "10.77.0.3")
    other = clients.Libtorrent(tmp_path / "other", "10.77.0.4")
    fetched = [tmp_path / "first", tmp_path / "second"]
    for place in fetched:
        place.mkdir()
    try:
        seeder.start(own, folder.parent)
        wait_for("the owner's client has announced itself", lambda: instance.metric("tracker", "tracker_peers") == 1)
        one.start(with_its_slot(instance, torrent, first, tmp_path / "first.torrent"), fetched[0])
        wait_for("the first holder has it all", one.done, 120)
        other.start(without_a_slot(instance, file, second, tmp_path / "second.torrent"), fetched[1])
        info_hash = str(libtorrent.torrent_info(str(file)).info_hash())
        wait_for("the client shows that there is no slot yet", lambda: "No slot for this copy yet" in other.shown(info_hash))
        wait_for("ratio has given it one", lambda: copies(instance, torrent)[1].get(second["user"]) == "fetching")
        wait_for("the second holder has it all", other.done, 150)  # it comes again after the minute that it was told
        wait_for("both copies count", lambda: copies(instance, torrent) == (2, {first["user"]: "held", second["user"]: "held"}))
        status, _, body = fetch(f"{instance.web}/torrent/{torrent}.torrent", headers={"Authorization": f"Bearer {late['token']}"})
        assert status == 403 and b"all slots are taken" in body
    finally:
        for client in (one, other, seeder):
            if client.process:
                client.stop()
    assert all(same_content(folder, place / folder.name) for place in fetched)
    assert instance.totals(owner["user"]) == instance.totals(first["user"]) == (0, 0)  # a backup's traffic is no ratio
