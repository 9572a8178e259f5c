"""The tracker between clients, ratio and PostgreSQL, when these are away, it is killed itself, or its journal suffers."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess

import pytest

from announcer import Announcer, Storm
from bus_client import Refused
from content import make_album, make_torrent
from instance import HOST, fetch, wait_for

SETTINGS = {"DJEMBE_JOURNAL_SEGMENT": "64K"}
SEED, LEECH = "10.77.0.2", "10.77.0.3"


@pytest.fixture(scope="module")
def torrents(instance, tmp_path_factory):
    """Gives a fresh torrent's info-hash at each call."""
    folder = tmp_path_factory.mktemp("torrents")
    instance.member("uploader")
    numbers = iter(range(100))

    def make():
        number = next(numbers)
        album = make_album(folder, f"Some Band - Volume {number} (2003) [FLAC]", size=6000)
        added = instance.add_torrent(make_torrent(album, folder / f"{number}.torrent"), "uploader")
        return bytes.fromhex(added["info_hash"])

    return make


_numbers = iter(range(1000))


@pytest.fixture
def pair(instance, torrents):
    """A seeder and a leecher of a torrent of their own, known to the tracker."""
    number, info_hash = next(_numbers), torrents()
    one = Announcer(instance, instance.member(f"seeder-{number}"), info_hash, SEED, left=0)
    two = Announcer(instance, instance.member(f"leecher-{number}"), info_hash, LEECH, left=5000)
    for who in (one, two):
        wait_for(Told(who), lambda w=who: answered(w, "started"))
    one.refusals.clear()
    two.refusals.clear()
    return one, two


class Told:
    """What the tracker told last, read only when the waiting was in vain."""

    def __init__(self, announcer):
        self.announcer = announcer

    def __str__(self):
        return f"{self.announcer.member['name']} is known; told {self.announcer.refusals[-1:]}"


def answered(announcer, event="", **more):
    try:
        return b"14:failure reason" not in announcer.announce(event, **more)
    except OSError:
        return False


def move(pair, up, down):
    """The seeder gives `up` more, the leecher has got `down` more; both tell the tracker."""
    pair[0].up += up
    pair[1].down += down
    for who in pair:
        wait_for("announces are answered", lambda w=who: answered(w))


def totals_now(instance, user):
    try:
        return instance.totals(user)
    except (Refused, TimeoutError) as away:  # ratio may notice only now that PostgreSQL was away
        return str(away)


def totals_are(instance, announcer, up, down):
    user = announcer.member["user"]
    wait_for(f"{user} has {(up, down)}, not {totals_now(instance, user)}", lambda: totals_now(instance, user) == (up, down))


def restart_killed(instance):
    killed = instance.kill("tracker")
    wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))


def state(instance):
    return pathlib.Path(os.path.realpath(instance.folder)) / "state" / "tracker"


def test_members_find_each_other_and_scrape(instance, pair):
    one, two = pair
    assert socket.inet_aton(SEED) + (7000).to_bytes(2, "big") in two.announce()
    status, _, body = fetch(f"{instance.tracker}/{one.member['passkey']}/scrape?info_hash="
                            + "".join(f"%{b:02x}" for b in one.info_hash))
    assert status == 200
    assert body.startswith(b"d5:filesd20:" + one.info_hash + b"d8:completei1e10:downloadedi0e11:downloadersi1e10:incompletei1ee")


def test_pipelined_announces_are_each_answered(instance, pair):
    one, _ = pair
    query = "".join(f"%{b:02x}" for b in one.info_hash)
    request = (f"GET /{one.member['passkey']}/announce?info_hash={query}&peer_id=-PP0001-{'p' * 12}&port=1"
               "&downloaded=0&left=0&uploaded={} HTTP/1.1\r\nHost: tracker\r\n\r\n")
    with socket.create_connection((HOST, instance.port(6969)), 10) as connection:
        connection.sendall("".join(request.format(up) for up in (0, 10, 20)).encode())
        for _ in range(3):
            reply = http.client.HTTPResponse(connection)
            # read the reply byte by byte: a buffer would swallow the next one
            reply.fp = connection.makefile("rb", 0)
            reply.begin()
            assert reply.status == 200 and b"8:completei" in reply.read()
    totals_are(instance, one, 20, 0)


def test_strangers_are_told_what_to_do_and_stopping_never_fails(instance, pair):
    one, _ = pair
    stranger = Announcer(instance, {"passkey": "a" * 32}, one.info_hash, SEED, left=0)
    assert b"Unknown passkey" in stranger.announce("started") and b"8:retry in" in stranger.announce()
    assert b"14:failure reason" not in stranger.announce("stopped")
    elsewhere = Announcer(instance, one.member, b"x" * 20, SEED, left=0)
    assert b"Unknown torrent" in elsewhere.announce("started")


def test_a_disabled_member_is_refused_within_seconds(instance, pair):
    one, two = pair
    assert b"8:completei1e" in two.announce()
    instance.bus("web.member.set", {"name": one.member["name"], "standing": "disabled"})
    wait_for("its peer has left the swarm", lambda: b"8:completei0e" in two.announce(), 20)
    wait_for("the member is refused", lambda: b"disabled" in one.announce(), 20)
    assert b"14:failure reason" not in one.announce("stopped")


def test_a_client_is_denied_and_allowed_again_while_it_shares(instance, pair):
    one, two = pair
    rule = {"prefix": "-TT", "high": "0001"}
    instance.bus("web.client.set", {**rule, "verdict": "deny", "reason": "Update your client to 2.0"})
    wait_for("the client is refused", lambda: b"Update your client" in one.announce())
    assert b"8:retry in" in one.announce() and b"14:failure reason" not in one.announce("stopped")
    assert "-TT" in str(instance.bus("web.client.list")["clients"])
    instance.bus("web.client.set", {**rule, "verdict": "forget"})
    wait_for("the client is taken again", lambda: answered(one))
    assert answered(two) and instance.bus("web.client.list")["clients"] == []
    assert instance.run("admin", "bus", "web.client.set", '{"prefix": "-TT", "verdict": "perhaps"}', ok=False).returncode != 0


def test_nothing_is_lost_while_ratio_is_away_and_the_tracker_is_killed(instance, pair):
    move(pair, 1000, 900)
    instance.down("ratio")
    move(pair, 500, 400)
    pair[0].up = 100  # the client began anew: what it reports now earns nothing
    move(pair, 0, 0)
    move(pair, 50, 3)
    for _ in range(3):
        restart_killed(instance)
        move(pair, 7, 5)
    instance.up("ratio")
    totals_are(instance, pair[0], 1500 + 50 + 21, 0)
    totals_are(instance, pair[1], 0, 1303 + 15)
    wait_for("all is acknowledged", lambda: instance.metric("tracker", "tracker_unacknowledged") == 0)


def test_the_swarm_is_there_after_a_kill(instance, pair):
    for _ in range(3):
        assert answered(pair[0])
        restart_killed(instance)  # nothing was stored meanwhile: the journal alone knows
        wait_for("announces are answered", lambda: answered(pair[1]))
        assert socket.inet_aton(SEED) in pair[1].announce()
        assert b"8:completei1e" in pair[1].announce()
    assert answered(pair[0], "stopped")
    restart_killed(instance)
    wait_for("announces are answered", lambda: answered(pair[1]))
    assert b"8:completei0e" in pair[1].announce()


def test_it_starts_without_postgresql_and_catches_up(instance, pair):
    move(pair, 10, 10)
    totals_are(instance, pair[0], 10, 0)
    wait_for("the feeds are on file", lambda: instance.metric("tracker", "tracker_feeds_unsaved") == 0)
    instance.down("postgresql")
    restart_killed(instance)
    wait_for("announces are answered", lambda: answered(pair[0]))
    instance.up("postgresql")
    instance.wait_ready()
    move(pair, 20, 20)
    totals_are(instance, pair[0], 30, 0)
    totals_are(instance, pair[1], 0, 30)


def test_it_starts_while_everybody_is_away(instance, pair):
    move(pair, 10, 10)
    totals_are(instance, pair[0], 10, 0)
    wait_for("the feeds are on file", lambda: instance.metric("tracker", "tracker_feeds_unsaved") == 0)
    for part in ("ratio", "catalog", "web", "postgresql"):
        instance.down(part)
    restart_killed(instance)
    wait_for("announces are answered", lambda: answered(pair[1]))
    assert socket.inet_aton(SEED) in pair[1].announce()
    assert "has not been heard since the start" in instance.health("tracker", "healthz")[1]
    stranger = Announcer(instance, {"passkey": "a" * 32}, pair[0].info_hash, SEED, left=0)
    assert b"Unknown passkey" in stranger.announce("started")
    move(pair, 5, 5)
    instance.up()
    instance.wait_ready()
    totals_are(instance, pair[0], 15, 0)
    totals_are(instance, pair[1], 0, 15)
    wait_for("all is well again", lambda: instance.health("tracker", "healthz")[0] == 200)


def test_a_damaged_file_of_the_feeds_stops_nobody(instance, pair):
    instance.down("tracker")
    with open(state(instance) / "feeds.state", "r+b") as file:
        file.seek(40)
        file.write(b"\xff\xff")
    instance.up("tracker")
    instance.wait_ready("tracker")
    move(pair, 10, 10)
    assert "is damaged and not used" in instance.logs()["tracker.log"]


def test_announces_go_on_while_postgresql_is_away(instance, pair):
    instance.down("postgresql")
    for _ in range(50):
        move(pair, 3, 2)
    instance.up("postgresql")
    totals_are(instance, pair[0], 150, 0)
    totals_are(instance, pair[1], 0, 100)
    wait_for("all is stored", lambda: instance.metric("tracker", "tracker_unstored") == 0)


def test_a_journal_damaged_in_every_way_stops_nobody_and_costs_nothing(instance, pair):
    """What the damaged part held is in the clients' next totals."""
    instance.down("ratio")
    storm = Storm(list(pair))
    wait_for("the journal has many segments", lambda: len(segments(instance)) >= 7)
    storm.stop()
    instance.down("tracker")
    bent, cut, zeroed, rubbish, emptied, longer, *_ = (file for file in segments(instance))
    write_at(bent, 144 + 40, b"\xff\xff\xff")
    os.truncate(cut, cut.stat().st_size // 2 + 77)
    write_at(zeroed, 0, bytes(zeroed.stat().st_size))
    write_at(rubbish, 0, os.urandom(rubbish.stat().st_size))
    os.truncate(emptied, 0)
    write_at(longer, longer.stat().st_size, os.urandom(1000))
    foreign = state(instance) / "journal-00000000000fffff.segment"
    foreign.write_bytes(os.urandom(5000))
    shutil.chown(foreign, bent.owner(), bent.group())
    instance.up("tracker")
    instance.up("ratio")
    instance.wait_ready("tracker")
    read = instance.logs()["tracker.log"].rpartition("journal read")[2].partition("\n")[0]
    told = dict(word.split("=") for word in read.split() if "=" in word)
    assert int(told["skipped"]) > 400 and int(told["unreadable"]) >= 4 and int(told["records"]) > 400, read
    assert "journal segment is damaged" in instance.logs()["tracker.log"]
    move(pair, 10, 10)
    for one in pair:
        totals_are(instance, one, *one.acknowledged)
    wait_for("all is acknowledged", lambda: instance.metric("tracker", "tracker_unacknowledged") == 0)


def segments(instance):
    return sorted(state(instance).glob("journal-*.segment"))


def write_at(file, at, what):
    with open(file, "r+b") as opened:
        opened.seek(at)
        opened.write(what)


def test_a_full_disk_is_told_and_announces_go_on(instance, pair):
    instance.down("tracker")
    folder = state(instance)
    owner = folder.stat()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=256k,uid={owner.st_uid},gid={owner.st_gid},mode=700", "none",
                    str(folder)], check=True)
    try:
        instance.up("tracker")
        instance.wait_ready("tracker")
        wait_for("announces are answered", lambda: answered(pair[0]))
        instance.down("ratio")
        storm = Storm(list(pair))
        wait_for("the disk is full", lambda: "make room" in instance.health("tracker", "healthz")[1])
        goal = storm.answered + 300
        wait_for("announces go on", lambda: storm.answered > goal)
        storm.stop()
        subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
        wait_for("the journal grows again", lambda: "make room" not in instance.health("tracker", "healthz")[1])
        restart_killed(instance)
        instance.up("ratio")
        instance.wait_ready("tracker")
        totals_are(instance, pair[0], *pair[0].acknowledged)
        totals_are(instance, pair[1], *pair[1].acknowledged)
    finally:
        instance.down("tracker")
        subprocess.run(["umount", str(folder)], check=True)
        instance.up()
