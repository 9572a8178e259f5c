"""What members read in their clients of the tracker: that all is well, or our sentence that says what to do.

    DJEMBE_TEST_CLIENTS_PAGE=1 ./djembe test tests/clients/test_tracker_tab.py

writes what was seen to docs/CLIENTS.md."""

import os
import re

import libtorrent
import pytest

import clients
from announcer import Announcer
from content import make_album, make_torrent
from instance import ROOT, wait_for

SETTINGS = {"DJEMBE_MEMBER_PEERS": "0"}
REASONS = {"unknown passkey": "Unknown passkey: download the torrent file again",
           "deleted torrent": "This torrent was deleted: remove it from your client"}
TAKEN = {"transmission": "Success", "aria2": None, "libtorrent": "verified", "qbittorrent": "Working", "rtorrent": "S/F 1/0",
         "deluge": "Announce OK"}
PAGE = ROOT / "docs/CLIENTS.md"
HEAD = """# Clients and what they show

Written by `DJEMBE_TEST_CLIENTS_PAGE=1 ./djembe test tests/clients/test_tracker_tab.py`, which runs each of these programs with a torrent
that is taken, with a passkey that nobody has, and with a torrent that was deleted. `tests/clients/test_exchange.py` has each of
them seed and leech, and its traffic credited to the byte.

| client | version | where it shows the tracker | all is well | unknown passkey | deleted torrent |
|---|---|---|---|---|---|
"""


@pytest.fixture(scope="module")
def torrents(instance, tmp_path_factory):
    """{situation: (info-hash, a member's .torrent)}, and the content, which is whole."""
    folder = tmp_path_factory.mktemp("torrents")
    member, made = instance.member("member"), {}
    for situation in ("all is well", *REASONS):
        album = make_album(folder / "content", f"Some Band - {situation} (1999) [FLAC]", size=30000)
        added = instance.add_torrent(make_torrent(album, folder / "plain.torrent"), "member")
        made[situation] = added["info_hash"], instance.personal_torrent(added["torrent"], member["token"], folder / f"{situation}.torrent")
    _, foreign = made["unknown passkey"]
    metainfo = libtorrent.bdecode(foreign.read_bytes())
    metainfo[b"announce"] = metainfo[b"announce"].replace(member["passkey"].encode(), b"x" * 32)
    foreign.write_bytes(libtorrent.bencode(metainfo))
    instance.delete_torrent(added["torrent"])
    probe = Announcer(instance, member, bytes.fromhex(added["info_hash"]), "10.77.0.9", left=0)
    wait_for("the torrent is refused", lambda: b"deleted" in probe.announce())
    return made, folder / "content"


@pytest.fixture(scope="module")
def seen(torrents, tmp_path_factory):
    """{client: {situation: what it showed}}, all clients at once."""
    made, content = torrents
    files = [file for _, file in made.values()]
    running = [client(tmp_path_factory.mktemp(name), f"10.77.0.{2 + number}") for number, (name, client) in enumerate(clients.ALL.items())]
    try:
        for client in running:
            client.start(files[0], content, files[1:])
        return {client.name: {"version": client.version(), "where": client.shown_in} | {
            situation: settled(client, info_hash, REASONS.get(situation, TAKEN[client.name])) for situation, (info_hash, _) in made.items()}
            for client in running}
    finally:
        for client in running:
            client.kill()


def settled(client, info_hash, wanted):
    """What it shows when that holds the wanted words, or at last."""
    if wanted is None:
        return ""
    try:
        return wait_for(wanted, lambda: told if wanted in (told := client.shown(info_hash)) else None)
    except AssertionError:
        return client.shown(info_hash)


@pytest.mark.parametrize("name", clients.ALL)
def test_a_member_reads_in_the_client_how_the_tracker_is(seen, name):
    for situation, reason in REASONS.items():
        assert reason in seen[name][situation], seen[name]
    assert TAKEN[name] is None or TAKEN[name] in seen[name]["all is well"], seen[name]


def test_the_page_of_clients_names_each_of_them(seen):
    if os.environ.get("DJEMBE_TEST_CLIENTS_PAGE"):
        PAGE.write_text(HEAD + "".join(row(name, told) for name, told in seen.items()))
    page = PAGE.read_text()
    for name in seen:
        assert re.search(rf"^\| {name} \|.*{REASONS['unknown passkey']}.*{REASONS['deleted torrent']}", page, re.M), name


def row(name, told):
    def words(situation):
        line = next((line for line in told[situation].splitlines() if REASONS.get(situation, "") in line), "")
        return line.strip().replace("|", "\\|") or "nothing"

    cells = name, told["version"], told["where"], words("all is well"), words("unknown passkey"), words("deleted torrent")
    return f"| {' | '.join(cells)} |\n"
