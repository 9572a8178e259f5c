"""One member shares, another fetches, with the clients that people use; both are credited to the byte."""

import contextlib

import pytest

import clients
from content import make_album, make_torrent, same_content
from instance import HOST, wait_for
from recorder import Recorder


@pytest.fixture(scope="module")
def instance(make_instance):
    made = make_instance("exchange", start=False)
    made.env["DJEMBE_ANNOUNCE_URL"] = f"http://{HOST}:{made.port(6900)}"  # the recorder's address
    made.up()
    yield made
    made.down()
    assert made.complaints() == []


@pytest.fixture(scope="module")
def recorder(instance):
    recorder = Recorder(HOST, instance.port(6900), instance.port(6969))
    yield recorder
    recorder.close()


PAIRS = [("transmission", "aria2"), ("aria2", "libtorrent"), ("libtorrent", "transmission"),
         ("qbittorrent", "rtorrent"), ("rtorrent", "deluge"), ("deluge", "qbittorrent")]


@pytest.mark.parametrize("seeding, leeching", PAIRS)
def test_a_member_fetches_from_another_and_both_are_credited_to_the_byte(instance, recorder, tmp_path, seeding, leeching):
    giver = instance.member(f"giver-{seeding}")
    taker = instance.member(f"taker-{seeding}")
    album = make_album(tmp_path / "giver", f"Some Band - Record from {seeding} (1999) [FLAC]")
    added = instance.add_torrent(make_torrent(album, tmp_path / "plain.torrent"), giver["name"])
    for_giver = instance.personal_torrent(added["torrent"], giver["token"], tmp_path / "giver.torrent")
    for_taker = instance.personal_torrent(added["torrent"], taker["token"], tmp_path / "taker.torrent")

    seeder = clients.ALL[seeding](tmp_path / "seeder", "10.77.0.2")
    leecher = clients.ALL[leeching](tmp_path / "leecher", "10.77.0.3")
    fetched = tmp_path / "taker"
    fetched.mkdir()
    with contextlib.ExitStack() as running:
        for client in (seeder, leecher):
            running.callback(lambda c=client: c.process and c.stop())
        seeder.start(for_giver, album.parent)
        wait_for("the seeder has announced itself", lambda: any(
            a.passkey == giver["passkey"] and a.left == 0 for a in recorder.answered))
        leecher.start(for_taker, fetched)
        wait_for("the leecher has it all", leecher.done)
        if leeching not in ("aria2", "rtorrent"):  # which keep `completed` back for the minimum interval
            wait_for("completed", lambda: "completed" in recorder.events(taker["passkey"]))

    assert same_content(album, fetched / album.name)
    for member in (giver, taker):
        wait_for("a goodbye", lambda m=member: "stopped" in recorder.events(m["passkey"]))
        reported = recorder.totals(member["passkey"])
        wait_for(f"{member['name']} credited {reported}, not {instance.totals(member['user'])}",
                 lambda m=member, r=reported: instance.totals(m["user"]) == r)
    size = sum(f.stat().st_size for f in album.iterdir())
    assert recorder.totals(taker["passkey"])[1] >= size
    assert recorder.totals(giver["passkey"])[0] >= size
    assert instance.bus("ratio.member.get", {"user": taker["user"]}).get("snatches") == 1, recorder.events(taker["passkey"])
    assert recorder.failed == []
