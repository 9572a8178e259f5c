"""What comes over the tracker's two wires besides well-behaved announces."""

import os
import resource
import socket
import struct

import pytest

from announcer import Announcer
from content import make_album, make_torrent
from instance import HOST, wait_for

MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
STARTED, STOPPED = 2, 3


@pytest.fixture(scope="module")
def instance(make_instance):
    made = make_instance("wires", DJEMBE_TRACKER_CONNECTIONS="8000")
    yield made
    made.down()
    assert made.complaints() == []


@pytest.fixture(scope="module")
def info_hash(instance, tmp_path_factory):
    folder = tmp_path_factory.mktemp("torrent")
    instance.member("uploader")
    album = make_album(folder, "Some Band - Wires (2004) [FLAC]", size=6000)
    return bytes.fromhex(instance.add_torrent(make_torrent(album, folder / "it.torrent"), "uploader")["info_hash"])


class Udp:
    """A client at one address; connected() first."""

    def __init__(self, instance, address="10.77.0.2", family=socket.AF_INET, server=HOST):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.server = (server, instance.port(6969))
        self.id = 0

    def ask(self, packet, seconds=5.0):
        """The answer, or None."""
        self.socket.settimeout(seconds)
        self.socket.sendto(packet, self.server)
        try:
            answer, server = self.socket.recvfrom(4096)
        except TimeoutError:
            return None
        assert server[:2] == self.server
        return answer

    def connected(self):
        answer = self.ask(struct.pack(">QII", MAGIC, CONNECT, 7))
        action, transaction, self.id = struct.unpack(">IIQ", answer)
        assert (action, transaction) == (CONNECT, 7)
        return self

    def announce(self, passkey, info_hash, peer_id, up=0, down=0, left=0, event=0, port=7000, more=b"", seconds=5.0):
        url = f"/{passkey}/announce".encode()
        packet = struct.pack(">QII20s20sQQQIIIiH", self.id, ANNOUNCE, 9, info_hash, peer_id, down, left, up, event, 0, 0, -1, port)
        return self.ask(packet + bytes([2, len(url)]) + url + more, seconds)


def known(instance, member, info_hash):
    one = Announcer(instance, member, info_hash, "10.77.0.3", left=0)
    wait_for("the member is known", lambda: b"failure reason" not in one.announce())
    return one


def test_both_wires_lead_to_one_session(instance, info_hash):
    member, other = instance.member("both"), instance.member("other")
    http = known(instance, member, info_hash)
    udp = Udp(instance).connected()
    http.up = 1000
    http.announce()
    assert struct.unpack(">II", udp.announce(member["passkey"], info_hash, http.peer_id, up=1500)[:8]) == (ANNOUNCE, 9)
    http.up = 1700
    http.announce()
    wait_for("all of it is credited once", lambda: instance.totals(member["user"]) == (1700, 0))
    leech = udp.announce(other["passkey"], info_hash, b"-UU0001-" + b"x" * 12, left=5, event=STARTED)
    assert socket.inet_aton("10.77.0.3") + (7000).to_bytes(2, "big") in leech[20:]  # where the session announced last
    assert struct.unpack(">IIII", leech[4:20])[1:] == (1800, 1, 1)


def test_a_scrape_is_answered_to_who_has_announced(instance, info_hash):
    member = instance.member("scraper")
    known(instance, member, info_hash)
    udp = Udp(instance, "10.77.0.5").connected()
    scrape = struct.pack(">QII", udp.id, SCRAPE, 3) + info_hash + b"?" * 20
    assert udp.ask(scrape)[:4] == struct.pack(">I", ERROR)
    udp.announce(member["passkey"], info_hash, b"-UU0002-" + b"y" * 12)
    answer = udp.ask(scrape)
    assert answer[:8] == struct.pack(">II", SCRAPE, 3) and len(answer) == 8 + 24
    assert struct.unpack(">I", answer[8:12])[0] >= 1 and answer[20:] == bytes(12)


def test_nothing_is_answered_that_could_flood_somebody(instance, info_hash):
    one, other = Udp(instance, "10.77.0.2").connected(), Udp(instance, "10.77.0.4")
    other.id = one.id
    ignored = instance.metric("tracker", "tracker_udp_ignored_total")
    assert other.announce("a" * 32, info_hash, b"z" * 20, seconds=0.5) is None  # an id of another address
    for rubbish in (b"", b"x" * 15, b"x" * 16, os.urandom(400), struct.pack(">QII", 5, CONNECT, 7), bytes(3000)):
        assert other.ask(rubbish, 0.2) is None
    assert instance.metric("tracker", "tracker_udp_ignored_total") >= ignored + 6
    error = one.announce("a" * 32, info_hash, b"z" * 20, event=STARTED)
    assert error[:4] == struct.pack(">I", ERROR) and b"Unknown passkey" in error
    assert one.announce("a" * 32, info_hash, b"z" * 20, event=STOPPED)[:4] == struct.pack(">I", ANNOUNCE)


def test_a_connection_id_outlives_the_tracker(instance, info_hash):
    member = instance.member("faithful")
    known(instance, member, info_hash)
    udp = Udp(instance).connected()
    killed = instance.kill("tracker")
    wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
    wait_for("the id is taken", lambda: (udp.announce(member["passkey"], info_hash, b"-UU0003-" + b"w" * 12, seconds=0.5)
                                         or b"")[:4] == struct.pack(">I", ANNOUNCE))


def test_idle_slow_and_half_open_connections_stop_nobody(instance, info_hash):
    member = instance.member("patient")
    one = known(instance, member, info_hash)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    held = []
    for number in range(5000):
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((f"10.77.0.{4 + number % 5}", 0))
        connection.connect_ex((HOST, instance.port(6969)))
        held.append(connection)
    for number in range(1, 50):
        one.up += 1000
        assert b"8:completei" in one.announce(timeout=5)
        for connection in held[number::97]:  # some say a little, again and again
            try:
                connection.send(b"GET /x?"[number % 7:][:1])
            except OSError:
                pass
    wait_for("all of it is credited", lambda: instance.totals(member["user"])[0] == one.up)
    for connection in held:
        connection.close()
