"""What comes over the tracker's two wires besides well-behaved announces."""

import contextlib
import os
import resource
import socket
import struct
import urllib.parse

import pytest

from announcer import Announcer, Storm
from content import make_album, make_torrent
from instance import HOST, wait_for

SETTINGS = {"DJEMBE_ANNOUNCE_WORKERS": "2", "DJEMBE_TRACKER_CONNECTIONS": "8000", "DJEMBE_TRACKER_IDLE": "120",
            "DJEMBE_TRACKER_PROXIES": "10.77.0.8, fd77::/64"}
MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
STARTED, STOPPED = 2, 3


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

    def ask(self, packet, seconds=20):
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

    def announce(self, passkey, info_hash, peer_id, up=0, down=0, left=0, event=0, port=7000, more=b"", seconds=20):
        url = f"/{passkey}/announce".encode()
        packet = struct.pack(">QII20s20sQQQIIIiH", self.id, ANNOUNCE, 9, info_hash, peer_id, down, left, up, event, 0, 0, -1, port)
        return self.ask(packet + bytes([2, len(url)]) + url + more, seconds)


class Http:
    """A connection from one address that sends what it is told, byte for byte."""

    def __init__(self, instance, address="10.77.0.2", first=b""):
        self.socket = socket.create_connection((HOST, instance.port(6969)), timeout=10, source_address=(address, 0))
        self.reader = self.socket.makefile("rb")
        self.socket.sendall(first)

    def answer(self):
        """The next answer's body, or None when the connection was closed instead."""
        try:
            lines = list(iter(lambda: self.reader.readline().strip(), b""))
        except ConnectionResetError:
            return None
        sizes = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
        return self.reader.read(sizes[0]) if lines else None

    def ask(self, request, *headers):
        self.socket.sendall(b"\r\n".join([request, b"Host: x", *headers, b"", b""]))
        return self.answer()


def get(member, info_hash, more="", version="1.1", path="/{}/announce", peer_id=b"-WW0001-" + b"h" * 12, up=0):
    query = urllib.parse.urlencode({"info_hash": info_hash, "peer_id": peer_id, "port": 7000, "uploaded": up, "downloaded": 0,
                                    "left": 0, "compact": 1}, quote_via=urllib.parse.quote)
    return f"GET {path.format(member['passkey'])}?{query}{more} HTTP/{version}".encode()


def external(body):
    """The address that the tracker saw."""
    at = body.index(b"11:external ip") + len(b"11:external ip")
    size, text = body[at:].split(b":", 1)
    return socket.inet_ntop(socket.AF_INET if size == b"4" else socket.AF_INET6, text[:int(size)])


@contextlib.contextmanager
def restarted(instance, **settings):
    """The tracker with other settings, and with its own again."""
    def start(values):
        instance.env.update(values)
        instance.down("tracker")
        instance.up("tracker")
        instance.wait_ready("tracker")

    start(settings)
    try:
        yield
    finally:
        start({name: "no" for name in settings})


def known(instance, member, info_hash):
    one = Announcer(instance, member, info_hash, "10.77.0.3", left=1)
    wait_for("the member is known and may leech", lambda: b"failure reason" not in one.announce())
    one.left = 0
    one.announce()
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
    connections = lambda: instance.metric("tracker", "tracker_http_connections")
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
        assert b"8:completei" in one.announce()
        for connection in held[number::97]:  # some say a little, again and again
            try:
                connection.send(b"GET /x?"[number % 7:][:1])
            except OSError:
                pass
    wait_for("all of it is credited", lambda: instance.totals(member["user"])[0] == one.up)
    wait_for("even those who say nothing are there", lambda: connections() > 4900)
    for connection in held:
        connection.close()
    wait_for("they are gone", lambda: connections() == 0)


def test_odd_requests_are_understood(instance, info_hash):
    member = instance.member("odd")
    known(instance, member, info_hash)
    good = b"8:completei"
    for request in (get(member, info_hash), get(member, info_hash, path="//{}//announce"), get(member, info_hash, "&&left&"),
                    get(member, info_hash, "?key=1"), get(member, info_hash, path="http://other/{}/announce"),
                    get(member, info_hash, "&x=(*!~)/;<>\x7f|"), get(member, info_hash, "&ip=192.0.2.1&ipv4=192.0.2.1&ipv6=2001:db8::1")):
        body = Http(instance).ask(request)
        assert good in body and external(body) == "10.77.0.2", request
    assert good in Http(instance).ask(get(member, info_hash, version="1.0"))
    slow = Http(instance)
    for byte in get(member, info_hash) + b"\r\nHost: x\r\n\r\n":
        slow.socket.send(bytes([byte]))
    assert good in slow.answer()
    assert good in slow.ask(get(member, info_hash)), "it was kept open"
    posted = Http(instance).ask(b"POST /" + b"a" * 32 + b"/announce HTTP/1.1", b"Content-Length: 0")
    assert b"nothing to see" in posted
    assert Http(instance, first=b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 200000).answer() is None


def test_pipelined_announces_are_credited_in_their_order(instance, info_hash):
    member = instance.member("pipeline")
    known(instance, member, info_hash)
    connection = Http(instance)
    connection.socket.sendall(b"".join(get(member, info_hash, up=up) + b"\r\nHost: x\r\n\r\n" for up in range(0, 30000, 1000)))
    for _ in range(30):
        assert b"8:completei" in connection.answer()
    wait_for("all of it is credited", lambda: instance.totals(member["user"])[0] == 29000)


def test_the_client_behind_a_listed_proxy_is_who_counts(instance, info_hash):
    member = instance.member("proxied")
    known(instance, member, info_hash)
    seen = lambda source, *headers: external(Http(instance, source).ask(get(member, info_hash, "&ip=192.0.2.1"), *headers))
    assert seen("10.77.0.8", b"X-Forwarded-For: 203.0.113.9") == "203.0.113.9"
    assert seen("10.77.0.8", b"x-forwarded-for: 198.51.100.1, 2001:db8::9, fd77::5") == "2001:db8::9"
    assert seen("10.77.0.8", b"X-Forwarded-For: 198.51.100.1", b"X-Forwarded-For: 203.0.113.10, 10.77.0.8") == "203.0.113.10"
    assert seen("10.77.0.8", b"X-Forwarded-For: 203.0.113.9, unknown") == "10.77.0.8"
    assert seen("10.77.0.8") == "10.77.0.8"
    assert seen("10.77.0.7", b"X-Forwarded-For: 203.0.113.9") == "10.77.0.7"  # nobody whom we know


def test_the_proxy_protocol_tells_who_counts(instance, info_hash):
    member = instance.member("haproxied")
    known(instance, member, info_hash)
    v2 = b"\r\n\r\n\0\r\nQUIT\n"
    four, six = socket.inet_aton("203.0.113.9") + socket.inet_aton(HOST), socket.inet_pton(socket.AF_INET6, "2001:db8::9") + bytes(16)
    good = {  # header: who is seen
        b"PROXY TCP4 203.0.113.9 10.77.0.1 4711 6969\r\n": "203.0.113.9",
        b"PROXY TCP6 2001:db8::9 ::1 4711 6969\r\n": "2001:db8::9",
        b"PROXY UNKNOWN\r\n": "10.77.0.8",
        v2 + b"\x21\x11\0\x0c" + four + b"\1\2\3\4": "203.0.113.9",
        v2 + b"\x21\x21\0\x28" + six + b"\1\2\3\4" + b"\4\0\1x": "2001:db8::9",
        v2 + b"\x20\0\0\0": "10.77.0.8",
    }
    with restarted(instance, DJEMBE_TRACKER_PROXY_PROTOCOL="yes"):
        for header, address in good.items():
            connection = Http(instance, "10.77.0.8", header)
            assert external(connection.ask(get(member, info_hash))) == address, header
            assert external(connection.ask(get(member, info_hash))) == address, "for as long as it is open"
            slow = Http(instance, "10.77.0.8")
            for byte in header:
                slow.socket.send(bytes([byte]))
            assert external(slow.ask(get(member, info_hash), b"X-Forwarded-For: 198.51.100.1")) == (
                "198.51.100.1" if address == "10.77.0.8" else address)
        assert external(Http(instance, "10.77.0.7").ask(get(member, info_hash))) == "10.77.0.7"  # comes without a proxy
        assert Http(instance, "10.77.0.7", b"PROXY TCP4 203.0.113.9 10.77.0.1 4711 6969\r\n").answer() != b"" # is no proxy
        refused = instance.metric("tracker", "tracker_proxied_refused_total")
        for wrong in (get(member, info_hash) + b"\r\nHost: x\r\n\r\n", v2 + b"\x21\x11\0\1x", b"PROXY TCP4 x\r\n"):
            assert Http(instance, "10.77.0.8", wrong).answer() is None
        assert Http(instance, "10.77.0.8", b"PROXY TCP4 203").answer() is None  # never goes on
        assert instance.metric("tracker", "tracker_proxied_refused_total") == refused + 4
        log = instance.logs()["tracker.log"]
        assert 1 <= log.count("a proxy did not say for whom it speaks") <= 2
    assert external(Http(instance).ask(get(member, info_hash))) == "10.77.0.2"


def test_a_stop_under_load_loses_nothing(instance, info_hash):
    """The tracker is stopped and killed in turn while clients announce over both workers: what was answered is credited."""
    members = [instance.member(f"stormy-{i}") for i in range(4)]
    announcers = [known(instance, member, info_hash) for member in members for _ in range(3)]
    storm = Storm(announcers)
    for how in ("restart", "kill", "restart"):
        goal = storm.answered + 100
        wait_for("announces go on", lambda: storm.answered >= goal)
        if how == "kill":
            killed = instance.kill("tracker")
            wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
        else:
            instance.run("restart", "tracker")
        instance.wait_ready("tracker")
    storm.stop()
    for member in members:
        wait_for(f"{member['name']} has {storm.expected(member)}", lambda m=member: instance.totals(m["user"]) == storm.expected(m))
