"""A client that announces over UDP finds one that does so over HTTP, and both are credited."""

import json

import libtorrent

import clients
from content import make_album, make_torrent, same_content
from instance import HOST, wait_for


def over_udp(torrent, instance, member, into):
    """The member's .torrent with a UDP announce URL in place of the HTTP one."""
    metainfo = libtorrent.bdecode(torrent.read_bytes())
    metainfo[b"announce"] = f"udp://{HOST}:{instance.port(6969)}/{member['passkey']}/announce".encode()
    into.write_bytes(libtorrent.bencode(metainfo))
    return into


def test_a_client_shares_over_udp_and_is_credited_to_the_byte(instance, tmp_path):
    giver, taker = instance.member("giver"), instance.member("taker")
    album = make_album(tmp_path / "giver", "Some Band - Record over UDP (1999) [FLAC]")
    added = instance.add_torrent(make_torrent(album, tmp_path / "plain.torrent"), giver["name"])
    for_giver = over_udp(instance.personal_torrent(added["torrent"], giver["token"], tmp_path / "giver.torrent"),
                         instance, giver, tmp_path / "giver-udp.torrent")
    for_taker = instance.personal_torrent(added["torrent"], taker["token"], tmp_path / "taker.torrent")
    seeder = clients.Libtorrent(tmp_path / "seeder", "10.77.0.2")
    leecher = clients.Transmission(tmp_path / "leecher", "10.77.0.3")
    fetched = tmp_path / "taker"
    fetched.mkdir()
    try:
        seeder.start(for_giver, album.parent)
        wait_for("the seeder has announced itself", lambda: instance.metric("tracker", "tracker_peers") == 1)
        assert instance.metric("tracker", "tracker_udp_requests_total") >= 2
        leecher.start(for_taker, fetched)
        wait_for("the leecher has it all", leecher.done, 120)
    finally:
        for client in (leecher, seeder):
            if client.process:
                client.stop()
    assert same_content(album, fetched / album.name)
    given = json.loads(seeder.status.read_text())["up"]
    size = sum(f.stat().st_size for f in album.iterdir())
    wait_for(f"the giver has {given}, not {instance.totals(giver['user'])}",
             lambda: instance.totals(giver["user"]) == (given, 0))
    wait_for("the taker's download counts", lambda: instance.totals(taker["user"])[1] >= size)
    assert given >= size
