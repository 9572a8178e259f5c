"""What clients are known to send (TRACKERS 5 and 6), byte for byte, and what it must mean. The tables are the tests: a row is what is sent
and what the tracker must have understood. A witness, who asks for the long form, tells that: it names the peer_id, address and port of
each peer."""

import socket
import struct
from types import SimpleNamespace

import pytest

import bencode
from content import make_album, make_torrent
from instance import HOST, wait_for
from raw import ANNOUNCE, COMPLETED, ERROR, MAGIC, PAUSED, SCRAPE, STARTED, STOPPED, Http, Udp, url_option

SENDER, WITNESS, CROWD = "10.77.0.2", "10.77.0.3", "10.77.0.4"
PEER = b"-qB4240-KB72l4CJR7~P"
_numbers = iter(range(10000))


def fresh():
    """The peer_id of a client that nobody has met."""
    return b"-qB4240-KB72l4CJ%04d" % next(_numbers)


@pytest.fixture(scope="module")
def instance(wide_instance):
    return wide_instance


def escaped(text, hexadecimal="%%%02x"):
    return b"".join(hexadecimal.encode() % byte for byte in text)


def unreserved(text):
    """Raw wherever a byte may be raw in a query, as libtorrent and others do it."""
    raw = b"-_.!~*()+,/:;<>@$'|{}[]\\^`\"" + bytes(range(0x30, 0x3a)) + bytes(range(0x41, 0x5b)) + bytes(range(0x61, 0x7b))
    return b"".join(bytes([byte]) if byte in raw else b"%%%02X" % byte for byte in text)


@pytest.fixture(scope="module")
def door(instance, tmp_path_factory):
    """Members, two torrents, and a witness who leeches the first."""
    folder, made = tmp_path_factory.mktemp("torrents"), SimpleNamespace(port=instance.port(6969), instance=instance)
    members = {name: instance.member(name) for name in ("sender", "witness", "crowd")}
    made.user = {name: member["user"] for name, member in members.items()}
    made.key = {name: member["passkey"].encode() for name, member in members.items()}
    made.added = [instance.add_torrent(make_torrent(make_album(folder, f"Some Band - Door {i} (2003) [FLAC]", size=6000),
                                                    folder / f"{i}.torrent"), "sender") for i in range(3)]
    made.hash, made.busy, made.doomed = (bytes.fromhex(added["info_hash"]) for added in made.added)
    for who, source in (("sender", SENDER), ("witness", WITNESS), ("crowd", CROWD)):
        wait_for(f"{who} is let in", lambda w=who, s=source: b"failure reason" not in get(made, announce_of(made, b"5", who=w), s))
    for who, source in (("sender", SENDER), ("crowd", CROWD)):
        get(made, announce_of(made, b"5&event=stopped", who=who), source)
    return made


def announce_of(door, left, who="sender", peer=None, info_hash=None):
    """The target of a plain announce."""
    return (b"/%s/announce?info_hash=%s&peer_id=%s&port=7000&uploaded=0&downloaded=0&left=" % (
        door.key[who], escaped(info_hash or door.hash), peer or b"-TT0001-" + who.encode().ljust(12, b"-"))) + left


def get(door, target, source=SENDER):
    """The body of a reply to one request; none but 200 is understood by clients."""
    with Http(door.port, source) as connection:
        status, _, body = connection.send(b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % target).reply()
    assert status == b"HTTP/1.1 200 OK", (status, body)
    return body


def told(door, target, source=SENDER):
    reply = bencode.read(get(door, target, source))
    assert b"failure reason" not in reply, reply
    return reply


def swarm(door):
    """(what a witness is told, {peer_id: (address, port)} of the others)."""
    reply = told(door, announce_of(door, b"5&numwant=200&compact=0", who="witness"), WITNESS)
    return reply, {peer[b"peer id"]: (peer[b"ip"].decode(), peer[b"port"]) for peer in reply[b"peers"]}


def goodbye(door, peer=PEER):
    told(door, announce_of(door, b"0&event=stopped", peer=escaped(peer)))
    assert swarm(door)[1] == {}


@pytest.fixture(autouse=True)
def leave(door):
    """What a test that failed left behind hurts none that follow."""
    yield
    for peer in swarm(door)[1]:
        told(door, announce_of(door, b"0&event=stopped", peer=escaped(peer)))


# ---- HTTP: the query ----

IDS = b"info_hash={hash}&peer_id={peer}"
REST = b"port=7000&uploaded=0&downloaded=0&left=0"
SEEDER, LEECHER = (1, 1), (0, 2)  # complete and incomplete, the witness included


def means(role=SEEDER, port=7000, peer=None):
    """As what the row's client is then known; peer: its peer_id, when the row spells one."""
    return SimpleNamespace(role=role, port=port, peer=peer)


QUERIES = {
    "bytes in capital hex": (b"info_hash={HASH}&peer_id={peer}&" + REST, means()),
    "bytes in small hex": (b"info_hash={hash}&peer_id={peer}&" + REST, means()),
    "each byte raw that may be": (b"info_hash={raw}&peer_id={peer}&" + REST, means()),
    "a peer_id of raw marks": (b"info_hash={hash}&peer_id=-XX-_.!~*()+,/:;<>@$&" + REST, means(peer=b"-XX-_.!~*()+,/:;<>@$")),
    "a plus that stands for itself": (b"info_hash={hash}&peer_id=-XX0000-+++a+b%2B%20cd..&" + REST, means(peer=b"-XX0000-+++a+b+ cd..")),
    "plain letters escaped": (b"info%5Fhash={hash}&peer_id={peer}&p%6Frt=7000&l%65ft=0&uploaded=%30&downloaded=0", means()),
    "a NUL byte escaped": (b"info_hash={hash}&peer_id=-XX0000-%00%00%00abcdefghi&" + REST, means(peer=b"-XX0000-\0\0\0abcdefghi")),
    "bytes that are no UTF-8": (b"info_hash={hash}&peer_id=-XX0000-%ff%fe%80%c3%28efghijk&" + REST,
                                means(peer=b"-XX0000-\xff\xfe\x80\xc3(efghijk")),
    "such bytes raw": (b"info_hash={hash}&peer_id=-XX0000-\xff\xfe\x80\xc3(efghijk&" + REST,
                       means(peer=b"-XX0000-\xff\xfe\x80\xc3(efghijk")),
    "stray separators": (b"&&" + IDS + b"&&&" + REST + b"&&", means()),
    "parameters without =": (b"left&a&" + IDS + b"&supportcrypto&" + REST + b"&trackerid", means()),
    "= in a value": (IDS + b"&x=a=b=c&" + REST + b"&key==", means()),
    "a second ?": (b"?" + IDS + b"&port=7000&uploaded=0&downloaded=0?left=0", means()),
    "addresses of its own choice": (IDS + b"&" + REST + b"&ip=1.2.3.4&ipv4=5.6.7.8&ipv4=5.6.7.9&ipv6=2001%3adb8%3a%3a1&ipv6=fe80%3a%3a1",
                                    means()),
    "an address of the other family": (IDS + b"&" + REST + b"&ip=2001:db8::1", means()),
    "an address that is a name": (IDS + b"&" + REST + b"&ip=ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p", means()),
    "what clients add": (IDS + b"&" + REST + b"&corrupt=0&redundant=7&supportcrypto=1&requirecrypto=1&cryptoport=1&trackerid=x"
                         b"&key=0A1b2C3d", means()),
    "left absent": (IDS + b"&port=7000&uploaded=0&downloaded=0", means(LEECHER)),
    "left without value": (IDS + b"&port=7000&uploaded=0&downloaded=0&left=", means(LEECHER)),
    "left without =": (IDS + b"&port=7000&uploaded=0&downloaded=0&left", means(LEECHER)),
    "left before the metadata": (IDS + b"&port=7000&left=16384", means(LEECHER)),
    "left as large as may be": (IDS + b"&port=7000&left=9223372036854775807", means(LEECHER)),
    "left larger than may be": (IDS + b"&port=7000&left=18446744073709551615", means(LEECHER)),
    "left a multiple of 2^32": (IDS + b"&port=7000&left=8589934592", means(LEECHER)),
    "left negative": (IDS + b"&port=7000&left=-1", means(LEECHER)),
    "left no number": (IDS + b"&port=7000&left=0x0", means(LEECHER)),
    "no counters": (IDS + b"&port=7000&left=0", means()),
    "counters without value": (IDS + b"&port=7000&left=0&uploaded=&downloaded=", means()),
    "an event without value": (IDS + b"&event=&" + REST, means()),
    "an event without =": (IDS + b"&event&" + REST, means()),
    "the event `empty`": (IDS + b"&event=empty&" + REST, means()),
    "the event `none`": (IDS + b"&event=none&" + REST, means()),
    "an event nobody knows": (IDS + b"&event=update&" + REST, means()),
    "the event `paused`": (IDS + b"&port=7000&event=paused&left=16384", means(LEECHER)),
    "port 0": (IDS + b"&port=0&left=0", means(port=None)),
    "port -1": (IDS + b"&port=-1&left=0", means(port=None)),
    "the least port": (IDS + b"&port=1&left=0", means(port=1)),
    "the greatest port": (IDS + b"&port=65535&left=0", means(port=65535)),
}


def filled(door, query, peer=PEER):
    for name, value in ((b"{hash}", escaped(door.hash)), (b"{HASH}", escaped(door.hash, "%%%02X")), (b"{raw}", unreserved(door.hash)),
                        (b"{peer}", escaped(peer))):
        query = query.replace(name, value)
    return query


def is_understood(door, reply, meant, peer=PEER):
    assert (reply[b"complete"], reply[b"incomplete"]) == meant.role, reply
    witnessed, others = swarm(door)
    assert (witnessed[b"complete"], witnessed[b"incomplete"]) == meant.role
    assert others == ({} if meant.port is None else {meant.peer or peer: (SENDER, meant.port)})


@pytest.mark.parametrize("query, meant", QUERIES.values(), ids=QUERIES)
def test_an_announce_is_understood_that_has(door, query, meant):
    peer = fresh()
    is_understood(door, told(door, b"/%s/announce?%s" % (door.key["sender"], filled(door, query, peer))), meant, peer)
    goodbye(door, meant.peer or peer)


PATHS = {
    "the usual path": b"/{key}/announce?",
    "doubled slashes": b"//{key}//announce?",
    "a slash at the end": b"/{key}/announce/?",
    "a space before the ?": b"/{key}/announce ?",
    "an escaped space before the ?": b"/{key}/announce%20?",
    "a query in the announce URL": b"/{key}/announce?site=djembe&",
    "a query in the announce URL, and another ?": b"/{key}/announce?site=djembe?",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_an_announce_is_understood_at(door, path):
    is_understood(door, told(door, path.replace(b"{key}", door.key["sender"]) + filled(door, IDS + b"&" + REST)), means())
    goodbye(door)


# ---- HTTP: the request ----

def request_of(door, query=IDS + b"&" + REST, version=b"1.1", method=b"GET", lines=b"Host: t\r\n"):
    return b"%s /%s/announce?%s HTTP/%s\r\n%s\r\n" % (method, door.key["sender"], filled(door, query), version, lines)


REQUESTS = {  # lines of the head, HTTP's version, whether the connection is kept
    "no header but Host, so no User-Agent": (b"Host: t\r\n", b"1.1", True),
    "no header at all, in HTTP 1.0": (b"", b"1.0", False),
    "HTTP 1.0 that wants to stay": (b"Host: t\r\nConnection: keep-alive\r\n", b"1.0", True),
    "HTTP 1.1 that wants to go": (b"Host: t\r\nConnection: close\r\n", b"1.1", False),
    "Connection in other letters": (b"HOST: t\r\ncONNECTION: Keep-ALIVE\r\n", b"1.1", True),
    "libtorrent's headers": (b"Host: t:6969\r\nUser-Agent: libtorrent/2.0.8.0\r\nAccept-Encoding: gzip\r\nConnection: close\r\n",
                             b"1.1", False),
    "values with colons, equals signs and nothing": (b"Host: [fd77::1]:6969\r\nX-A: a:b=c:d\r\nX-B:\r\nCookie: a=b=c; d:e\r\n",
                                                     b"1.1", True),
    "addresses from a proxy nobody knows": (b"Host: t\r\nX-Forwarded-For: 1.2.3.4\r\nX-Real-Ip: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n",
                                            b"1.1", True),
}


@pytest.mark.parametrize("lines, version, stays", REQUESTS.values(), ids=REQUESTS)
def test_an_announce_is_answered_that_comes_with(door, lines, version, stays):
    request = request_of(door, version=version, lines=lines)
    with Http(door.port) as connection:
        for _ in range(2 if stays else 1):
            status, headers, body = connection.send(request).reply()
            assert status.endswith(b" 200 OK") and b"content-encoding" not in headers
            reply = bencode.read(body)
            is_understood(door, reply, means())
            assert reply[b"external ip"] == socket.inet_aton(SENDER)
        assert stays or connection.ended()
    goodbye(door)


def test_a_request_may_come_byte_by_byte(door):
    with Http(door.port) as connection:
        for byte in request_of(door):
            connection.send(bytes([byte]))
        is_understood(door, bencode.read(connection.reply()[2]), means())
    goodbye(door)


@pytest.mark.parametrize("behind", (b"", b"\r\n", b"GET /more HTTP/1.1\r\n\r\n"))
def test_whoever_asks_for_the_end_gets_the_answer_whole_and_then_the_end(door, behind):
    for _ in range(20):
        with Http(door.port) as connection:
            target = announce_of(door, b"5", peer=escaped(PEER))
            connection.send(b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: Close\r\n\r\n%s" % (target, behind))
            status, headers, body = connection.reply()
            assert (status, headers[b"connection"]) == (b"HTTP/1.1 200 OK", b"close")
            assert b"failure reason" not in bencode.read(body) and connection.ended()
    goodbye(door)


def test_a_head_request_gets_no_body_and_the_next_is_answered(door):
    with Http(door.port) as connection:
        connection.send(request_of(door, method=b"HEAD") + request_of(door))
        status, headers, _ = connection.reply(head=True)
        assert status == b"HTTP/1.1 200 OK" and int(headers[b"content-length"]) > 0
        status, _, body = connection.reply()
        assert status == b"HTTP/1.1 200 OK"
        is_understood(door, bencode.read(body), means())
    goodbye(door)


def test_all_goodbyes_pipelined_at_shutdown_are_taken(door):
    peers = [b"-XX0000-%012d" % number for number in range(60)]
    for peer in peers:
        told(door, b"/%s/announce?%s" % (door.key["sender"], filled(door, IDS + b"&" + REST, peer)))
    assert len(swarm(door)[1]) == 60
    with Http(door.port) as connection:
        connection.send(b"".join(request_of(door, filled(door, IDS + b"&event=stopped&port=0&left=0&uploaded=%d" % (1000 + at), peer))
                                 for at, peer in enumerate(peers)))
        for _ in peers:
            status, _, body = connection.reply()
            assert status == b"HTTP/1.1 200 OK" and b"failure reason" not in bencode.read(body)
    assert swarm(door)[1] == {}
    wait_for("the last totals count", lambda: door.instance.totals(door.user["sender"])[0] == 60 * 1000 + sum(range(60)))


def test_requests_that_are_none_harm_nobody(door):
    for rubbish in (b"\0" * 50, b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET /\0/announce?info_hash= HTTP/1.1\r\nHost: t\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01", b"GET http://\r\n HTTP/1.1\r\n\r\n", b"GET /a HTTP/9.9\r\n\r\n",
                    b"POST /announce HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"BitTorrent protocol",
                    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"X: y\r\n" * 9000):
        with Http(door.port) as connection:
            try:
                connection.send(rubbish)
                connection.socket.shutdown(socket.SHUT_WR)
                reply = connection.reply()
            except OSError:
                reply = None  # closed in our face
            assert reply is None or not reply[0].endswith(b" 200 OK") or b"failure reason" in reply[2], (rubbish[:40], reply)
    assert swarm(door)[1] == {}


def test_a_raw_nul_in_a_request_plants_no_other_peer(door):
    with Http(door.port) as connection:
        reply = connection.send(request_of(door).replace(b"&peer_id=", b"\0&peer_id=")).reply()
    assert reply is None or not reply[0].endswith(b" 200 OK") or b"failure reason" in reply[2]
    assert swarm(door)[1] == {}


# ---- HTTP: the answer ----

FORMS = {  # words of the query: the kind of `peers`, the keys of each
    "compact absent": (b"", bytes, None),
    "compact=1": (b"&compact=1", bytes, None),
    "compact without value": (b"&compact=", bytes, None),
    "compact=0": (b"&compact=0", list, [b"ip", b"peer id", b"port"]),
    "compact=0 and no_peer_id=1": (b"&compact=0&no_peer_id=1", list, [b"ip", b"port"]),
    "no_peer_id=0": (b"&compact=0&no_peer_id=0", list, [b"ip", b"peer id", b"port"]),
}


@pytest.mark.parametrize("words, kind, keys", FORMS.values(), ids=FORMS)
def test_peers_come_in_the_form_asked_for_by(door, words, kind, keys):
    told(door, b"/%s/announce?%s" % (door.key["sender"], filled(door, IDS + b"&" + REST)))
    peers = told(door, announce_of(door, b"5" + words, who="witness"), WITNESS)[b"peers"]
    assert isinstance(peers, kind)
    assert peers == socket.inet_aton(SENDER) + struct.pack(">H", 7000) if kind is bytes else [list(peer) for peer in peers] == [keys]
    goodbye(door)


def test_a_client_of_both_families_is_given_out_with_both_and_told_how_it_looks(door):
    target = b"/%s/announce?%s" % (door.key["sender"], filled(door, IDS + b"&uploaded=0&downloaded=0&left=0&port="))
    for port, source, server, packed in ((b"7000", SENDER, HOST, socket.inet_aton(SENDER)),
                                         (b"7001", "fd77::2", "fd77::1", socket.inet_pton(socket.AF_INET6, "fd77::2"))):
        with Http(door.port, source, server) as connection:
            reply = bencode.read(connection.send(b"GET %s HTTP/1.1\r\nHost: t\r\n\r\n" % (target + port)).reply()[2])
        assert reply[b"external ip"] == packed and (reply[b"complete"], reply[b"incomplete"]) == SEEDER
    reply = told(door, announce_of(door, b"5", who="witness"), WITNESS)
    assert reply[b"peers"] == socket.inet_aton(SENDER) + struct.pack(">H", 7000)
    assert reply[b"peers6"] == socket.inet_pton(socket.AF_INET6, "fd77::2") + struct.pack(">H", 7001)
    goodbye(door)


@pytest.fixture(scope="module")
def crowd(door):
    """60 seeders of the second torrent."""
    for number in range(60):
        told(door, announce_of(door, b"0", who="crowd", peer=b"-CC0000-%012d" % number, info_hash=door.busy), CROWD)


WANTED = {b"": 50, b"&numwant=": 50, b"&numwant": 50, b"&numwant=0": 0, b"&numwant=1": 1, b"&numwant=80": 60, b"&numwant=200": 60,
          b"&numwant=-1": 50, b"&numwant=4294967295": 60, b"&numwant=99999999999999999999": 50, b"&numwant=all": 50}


@pytest.mark.parametrize("words", WANTED, ids=lambda words: words.decode() or "nothing")
def test_as_many_peers_come_as_are_asked_for_by(door, crowd, words):
    reply = told(door, announce_of(door, b"5" + words, info_hash=door.busy))
    assert len(reply[b"peers"]) == 6 * WANTED[words]
    told(door, announce_of(door, b"5&event=stopped", info_hash=door.busy))


def test_the_asker_its_other_clients_and_seeders_for_a_seeder_are_never_given_out(door, crowd):
    other = b"-TT0001-other-client"
    told(door, announce_of(door, b"5", peer=other, info_hash=door.busy))
    mine = [told(door, announce_of(door, left, info_hash=door.busy))
            for left in (b"5&numwant=200", b"0&numwant=200", b"5&numwant=200&event=paused")]
    assert [len(reply[b"peers"]) // 6 for reply in mine] == [60, 0, 0]
    lists = [[peer[b"peer id"] for peer in told(door, announce_of(door, b"5&numwant=10&compact=0", info_hash=door.busy))[b"peers"]]
             for _ in range(30)]
    assert all(len(set(peers)) == 10 for peers in lists)
    assert len({peer for peers in lists for peer in peers}) > 50  # not always the same ones
    for peer in (None, other):
        told(door, announce_of(door, b"5&event=stopped", peer=peer, info_hash=door.busy))


# ---- HTTP: refusals ----

REFUSED = {  # what is sent, what the reason holds
    "a passkey nobody has": (b"/" + b"x" * 32 + b"/announce?" + IDS + b"&" + REST, b"Unknown passkey"),
    "no passkey": (b"/announce?" + IDS + b"&" + REST, b"passkey"),
    "a passkey cut short": (b"/abc/announce?" + IDS + b"&" + REST, b"passkey"),
    "an unknown torrent": (b"/{key}/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id={peer}&" + REST, b"Unknown torrent"),
    "a deleted torrent": (b"/{key}/announce?info_hash={doomed}&peer_id={peer}&" + REST, b"deleted"),
    "no info_hash": (b"/{key}/announce?peer_id={peer}&" + REST, b"info_hash"),
    "two info_hashes": (b"/{key}/announce?info_hash={hash}&" + IDS + b"&" + REST, b"info_hash"),
    "a short info_hash": (b"/{key}/announce?info_hash=abc&peer_id={peer}&" + REST, b"info_hash"),
    "a long info_hash": (b"/{key}/announce?info_hash={hash}a&peer_id={peer}&" + REST, b"info_hash"),
    "an escape that is none": (b"/{key}/announce?info_hash=%zz{hash}&peer_id={peer}&" + REST, b"info_hash"),
    "an escape cut short": (b"/{key}/announce?info_hash=aaaaaaaaaaaaaaaaaaa%a&peer_id={peer}&" + REST, b"info_hash"),
    "no peer_id": (b"/{key}/announce?info_hash={hash}&" + REST, b"peer_id"),
    "a long peer_id": (b"/{key}/announce?info_hash={hash}&peer_id={peer}%00&" + REST, b"peer_id"),
    "a peer_id escaped twice": (b"/{key}/announce?info_hash={hash}&peer_id=-qB4240-%25ff%25fe%25801234567&" + REST, b"peer_id"),
    "no port": (b"/{key}/announce?" + IDS + b"&left=0", b"port"),
    "a port that is none": (b"/{key}/announce?" + IDS + b"&left=0&port=65536", b"port"),
    "a counter below zero": (b"/{key}/announce?" + IDS + b"&port=1&left=0&uploaded=-1", b"counter"),
    "a counter that is none": (b"/{key}/announce?" + IDS + b"&port=1&left=0&downloaded=1e9", b"counter"),
    "too much": (b"/{key}/announce?" + IDS + b"&" + REST + b"&x=" + b"y" * 5200, b"too long"),
    "a scrape of everything": (b"/{key}/scrape", b"site"),
    "a scrape of nothing sound": (b"/{key}/scrape?info_hash=abc", b"info_hash"),
    "a scrape by nobody": (b"/" + b"x" * 32 + b"/scrape?info_hash={hash}", b"passkey"),
}


@pytest.fixture(scope="module")
def doomed(door):
    """A torrent that was deleted."""
    door.instance.delete_torrent(door.added[2]["torrent"])
    wait_for("it is refused", lambda: b"deleted" in get(door, announce_of(door, b"0", info_hash=door.doomed)))


@pytest.mark.parametrize("target, reason", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_in_short_with_the_time_to_come_again_for(door, doomed, target, reason):
    target = filled(door, target.replace(b"{key}", door.key["sender"]).replace(b"{doomed}", escaped(door.doomed)))
    for event in (b"", b"&event=started", b"&event=completed"):
        reply = bencode.read(get(door, target + (event if b"announce" in target else b"")))
        assert reason in reply[b"failure reason"] and len(reply[b"failure reason"]) < 64, reply
        assert list(reply) == [b"failure reason", b"interval", b"retry in"]
        # libtorrent obeys the one, BEP 31 names the other, in minutes; nobody is told to come at once
        assert reply[b"interval"] >= 60 and reply[b"retry in"] == reply[b"interval"] // 60
        assert b"unregistered" not in reply[b"failure reason"].lower()  # which rTorrent reads as something else
    assert swarm(door)[1] == {}


@pytest.mark.parametrize("target", [target for target, _ in REFUSED.values() if b"/announce" in target and b"yyy" not in target],
                         ids=[name for name, (target, _) in REFUSED.items() if b"/announce" in target and b"yyy" not in target])
def test_a_goodbye_is_never_refused_not_even_with(door, doomed, target):
    target = filled(door, target.replace(b"{key}", door.key["sender"]).replace(b"{doomed}", escaped(door.doomed)))
    for words in (b"&event=stopped", b"&event=stopped&numwant=0&compact=1"):
        reply = told(door, target + words)
        assert reply[b"interval"] > 0 and reply[b"peers"] == b""


GOODBYES = {"port 0": b"port=0", "port -1": b"port=-1", "no port": b"", "a port without value": b"port=", "a port too large": b"port=70000"}


@pytest.mark.parametrize("port", GOODBYES.values(), ids=GOODBYES)
def test_a_goodbye_counts_that_has(door, port):
    peer = b"-XX0000-goodbye" + b"%05d" % len(port)
    base = filled(door, b"/%s/announce?" % door.key["sender"] + IDS + b"&downloaded=0&left=0&", peer)
    before = door.instance.totals(door.user["sender"])[0]
    told(door, base + b"uploaded=0&port=7000")
    assert peer in swarm(door)[1]
    told(door, base + b"uploaded=777&event=stopped&" + port)
    assert swarm(door)[1] == {}
    wait_for("its last bytes are credited", lambda: door.instance.totals(door.user["sender"])[0] == before + 777)


# ---- scrape ----

def test_a_scrape_tells_of_each_known_torrent_once_and_in_order(door, crowd):
    asked = [door.busy, b"?" * 20, door.hash, door.busy]
    told(door, announce_of(door, b"5&event=paused"))
    query = b"&".join(b"info_hash=" + unreserved(info_hash) for info_hash in asked)
    reply = bencode.read(get(door, b"/%s/scrape?" % door.key["sender"] + query))
    assert list(reply[b"files"]) == sorted([door.hash, door.busy])
    assert reply[b"files"][door.busy] == {b"complete": 60, b"downloaded": 0, b"downloaders": 0, b"incomplete": 0}
    assert reply[b"files"][door.hash][b"incomplete"] == 2 and reply[b"files"][door.hash][b"downloaders"] == 1  # one is a partial seed
    assert reply[b"flags"][b"min_request_interval"] > 0
    reply = bencode.read(get(door, b"//%s//scrape ?&x&info_hash=%s" % (door.key["sender"], escaped(b"?" * 20))))
    assert reply[b"files"] == {}
    told(door, announce_of(door, b"5&event=stopped"))


# ---- UDP ----

def sent_over_udp(door, options=None, udp=None, peer=PEER, **fields):
    udp = udp or Udp(door.port, fields.pop("source", SENDER), fields.pop("server", HOST)).connect()
    if options is None:
        options = url_option(b"/%s/announce" % door.key["sender"])
    return udp.ask(udp.packet(door.hash, peer, options=options, **fields))


URLS = {
    "the path of the URL": lambda url: url_option(url),
    "the URL and its query": lambda url: url_option(url + b"?site=djembe"),
    "the URL cut in three": lambda url: url_option(url[:5]) + url_option(url[5:30]) + url_option(url[30:]),
    "a URL longer than one option": lambda url: url_option(url + b"?" + b"a" * (254 - len(url))) + url_option(b"b" * 90),
    "options nobody knows before it": lambda url: bytes([77, 3]) + b"abc" + bytes([200, 0]) + url_option(url),
    "options nobody knows behind it": lambda url: url_option(url) + bytes([9, 4]) + b"auth" + bytes([250, 1, 1]),
    "options of nothing around it": lambda url: b"\1\1\1" + url_option(url) + b"\1\1",
    "the end told": lambda url: url_option(url) + b"\0",
    "rubbish behind the end": lambda url: url_option(url) + b"\0" + b"\xff" * 60,
    "an option cut at the packet's end": lambda url: url_option(url) + bytes([9, 200]) + b"short",
}


@pytest.mark.parametrize("options", URLS.values(), ids=URLS)
def test_a_passkey_is_found_over_udp_in(door, options):
    answer = sent_over_udp(door, options(b"/%s/announce" % door.key["sender"]))
    assert struct.unpack(">IIIII", answer[:20])[:2] == (ANNOUNCE, 9)
    assert struct.unpack(">II", answer[12:20]) == (1, 1) and swarm(door)[1] == {PEER: (SENDER, 7000)}
    goodbye(door)


def test_udp_tells_leechers_seeders_events_and_numwant_as_http_does(door, crowd):
    for fields, role in (({"left": 0}, SEEDER), ({"left": 1 << 33}, LEECHER), ({"left": (1 << 63) - 1}, LEECHER),
                         ({"left": (1 << 64) - 1}, LEECHER), ({"left": 16384, "event": PAUSED}, LEECHER),
                         ({"left": 5, "event": 77}, LEECHER), ({"event": COMPLETED}, SEEDER),
                         ({"event": STARTED, "numwant": 0}, SEEDER), ({"numwant": -2}, SEEDER)):
        peer = fresh()
        answer = sent_over_udp(door, peer=peer, **fields)
        assert struct.unpack(">I", answer[:4])[0] == ANNOUNCE
        assert struct.unpack(">II", answer[12:20]) == role[::-1], fields
        goodbye(door, peer)
    udp = Udp(door.port, WITNESS).connect()
    for wanted, given in ((-1, 50), (0, 0), (7, 7), (200, 60), (0x7fffffff, 60), (-0x80000000, 50)):
        answer = udp.ask(udp.packet(door.busy, PEER, left=5, numwant=wanted, options=url_option(b"/%s/announce" % door.key["witness"])))
        assert len(answer) == 20 + 6 * given, wanted
    assert len(udp.ask(udp.packet(door.busy, PEER, event=STOPPED, options=url_option(b"/%s/announce" % door.key["witness"])))) == 20


def test_each_family_gets_peers_of_its_own_over_udp(door):
    def contacts(source, server):
        udp = Udp(door.port, source, server).connect()
        answer = udp.ask(udp.packet(door.hash, b"-TT0001-witness-----", left=5, options=url_option(b"/%s/announce" % door.key["witness"])))
        assert struct.unpack(">I", answer[:4])[0] == ANNOUNCE
        return answer[20:]

    four, six = (WITNESS, HOST), ("fd77::3", "fd77::1")
    sent_over_udp(door, port=7000)
    assert contacts(*four) == socket.inet_aton(SENDER) + struct.pack(">H", 7000) and contacts(*six) == b""
    sent_over_udp(door, source="fd77::2", server="fd77::1", port=7001)
    assert contacts(*four) == socket.inet_aton(SENDER) + struct.pack(">H", 7000)
    assert contacts(*six) == socket.inet_pton(socket.AF_INET6, "fd77::2") + struct.pack(">H", 7001)
    goodbye(door)


def test_udp_answers_come_from_the_address_that_was_asked(door):
    for source, server in ((SENDER, "10.77.0.8"), ("fd77::2", "fd77::8")):
        assert sent_over_udp(door, source=source, server=server)[:4] == struct.pack(">I", ANNOUNCE)  # Udp.answer looks whence
    goodbye(door)


def test_a_connection_id_belongs_to_an_address_and_not_to_a_port(door):
    first, moved, foreign = Udp(door.port).connect(), Udp(door.port), Udp(door.port, CROWD)
    moved.id = foreign.id = first.id
    assert sent_over_udp(door, udp=moved)[:4] == struct.pack(">I", ANNOUNCE)
    foreign.socket.sendto(foreign.packet(door.hash, PEER), foreign.server)
    for constant in (MAGIC, 0, first.id ^ 1 << 48, first.id ^ 1):
        first.id, good = constant, first.id
        first.socket.sendto(first.packet(door.hash, PEER, options=url_option(b"/%s/announce" % door.key["sender"])), first.server)
        first.id = good
    for udp in (first, foreign):  # what is answered now is a request of now: those before were not
        transaction = struct.unpack(">QII", udp.ask(struct.pack(">QII", MAGIC, 0, 99)).ljust(16)[:16])[0] & 0xffffffff
        assert transaction == 99
    goodbye(door)


def test_a_refusal_over_udp_is_short_and_no_longer_than_its_request(door, doomed):
    udp = Udp(door.port).connect()
    for info_hash, options, reason in ((door.hash, b"", b"passkey"),
                                       (door.hash, url_option(b"/" + b"x" * 32 + b"/announce"), b"Unknown passkey"),
                                       (b"?" * 20, url_option(b"/%s/announce" % door.key["sender"]), b"Unknown torrent"),
                                       (door.doomed, url_option(b"/%s/announce" % door.key["sender"]), b"deleted")):
        for event in (0, STARTED, COMPLETED):
            packet = udp.packet(info_hash, PEER, event=event, options=options)
            answer = udp.ask(packet)
            assert struct.unpack(">II", answer[:8]) == (ERROR, 9) and reason in answer[8:] and len(answer) < min(8 + 64, len(packet))
        assert udp.ask(udp.packet(info_hash, PEER, event=STOPPED, options=options))[:8] == struct.pack(">II", ANNOUNCE, 9), reason
    assert udp.ask(struct.pack(">QII", udp.id, ANNOUNCE, 5) + b"short")[:8] == struct.pack(">II", ERROR, 5)
    assert swarm(door)[1] == {}


def test_packets_that_cannot_be_answered_do_not_cost_their_neighbours_an_answer(door):
    """One from port 0, to which nothing can be sent, among others that wait at the same time (torrust#1450)."""
    one, two = Udp(door.port).connect(), Udp(door.port, CROWD).connect()
    pid = door.instance.kill("tracker", 19)  # SIGSTOP, so that all are read at once
    try:
        one.socket.sendto(struct.pack(">QII", MAGIC, 0, 1), one.server)
        from_port_0(door, struct.pack(">QII", MAGIC, 0, 2))
        two.socket.sendto(struct.pack(">QII", MAGIC, 0, 3), two.server)
    finally:
        assert door.instance.kill("tracker", 18) == pid
    assert (one.answer() or b"")[:8] == struct.pack(">II", 0, 1)
    assert (two.answer() or b"")[:8] == struct.pack(">II", 0, 3)


def from_port_0(door, body):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.bind((SENDER, 0))
        raw.sendto(struct.pack(">HHHH", 0, door.port, 8 + len(body), 0) + body, (HOST, 0))


def test_a_scrape_over_udp_is_in_the_order_asked(door, crowd):
    udp = Udp(door.port).connect()
    sent_over_udp(door, udp=udp)
    answer = udp.ask(struct.pack(">QII", udp.id, SCRAPE, 3) + b"?" * 20 + door.busy + door.hash)
    action, transaction, *counts = struct.unpack(">II9I", answer)
    assert (action, transaction, counts[:6]) == (SCRAPE, 3, [0, 0, 0, 60, 0, 0]) and (counts[6], counts[8]) == SEEDER
    goodbye(door)
