"""What breaks, and what must not: any process killed at any moment, PostgreSQL away, strangers on the bus, replicas that come and go."""

import os
import random
import signal
import subprocess
import threading
import urllib.parse

import msgpack
import pytest
import zmq

import bencode
import clients
from announcer import Announcer, Storm
from bus_client import Refused
from content import make_album, make_torrent, same_content
from instance import DAEMONS, HOST, fetch, wait_for
from raw import ANNOUNCE, STARTED, Udp, url_option
from recorder import Recorder
from visitor import Visitor


@pytest.fixture(scope="module")
def shared(instance, tmp_path_factory):
    """A torrent that is there, and the members who share it."""
    folder = tmp_path_factory.mktemp("shared")
    album = make_album(folder, "Some Band - Faults (2003) [FLAC]", size=60000)
    members = [instance.member(f"member-{i}") for i in range(3)]
    added = instance.add_torrent(make_torrent(album, folder / "plain.torrent"), "member-0")
    return members, bytes.fromhex(added["info_hash"])


def storm(instance, shared):
    members, info_hash = shared
    return Storm([Announcer(instance, member, info_hash, f"10.77.0.{2 + i}", left=0 if i == 0 else 5000)
                  for i, member in enumerate(members)])


def check_totals(instance, before, members, running):
    for member in members:
        up, down = running.expected(member)
        wanted = before[member["user"]][0] + up, before[member["user"]][1] + down
        wait_for(f"{member['name']} has {wanted}, not {instance.totals(member['user'])}",
                 lambda m=member, w=wanted: instance.totals(m["user"]) == w)


def totals_now(instance, members):
    return {member["user"]: instance.totals(member["user"]) for member in members}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_daemon_killed_under_load_loses_nothing_that_was_acknowledged(instance, shared, daemon):
    members, _ = shared
    before = totals_now(instance, members)
    running = storm(instance, shared)
    try:
        for _ in range(5):
            goal = running.answered + random.randint(20, 120)
            wait_for("announces go on", lambda: running.answered >= goal)
            killed = instance.kill(daemon)
            wait_for(f"{daemon} runs again", lambda: instance.pid(daemon) not in (None, killed))
            instance.wait_ready(daemon)
    finally:
        running.stop()
    for one in running.announcers:
        one.announce("stopped")
    check_totals(instance, before, members, running)
    assert not any(one.refusals for one in running.announcers) or daemon == "tracker"


def test_postgresql_away_for_20_seconds_costs_nothing(instance, shared):
    members, _ = shared
    before = totals_now(instance, members)
    visitor = Visitor(instance.web)
    visitor.sign_in(members[1]["name"], members[1]["password"])
    assert visitor.get("/music").status == 200
    pids = {daemon: instance.pid(daemon) for daemon in DAEMONS}
    running = storm(instance, shared)
    try:
        instance.down("postgresql")
        stopped = threading.Event()
        timer = threading.Timer(20, stopped.set)
        timer.start()
        at_start = running.answered
        wait_for("announces are answered all the time", lambda: running.answered > at_start + 500)
        page = visitor.get("/music")
        assert page.status == 503 and "The part that is away" in page.text
        assert instance.run("status", ok=False).returncode != 0
        stopped.wait()
        assert running.unanswered == 0
        instance.up()
        instance.wait_ready()
    finally:
        running.stop()
    for one in running.announcers:
        one.announce("stopped")
    wait_for("pages are whole again", lambda: visitor.get("/music").status == 200)
    check_totals(instance, before, members, running)
    assert {daemon: instance.pid(daemon) for daemon in DAEMONS} == pids
    assert not any(one.refusals for one in running.announcers)


def test_a_stranger_on_the_bus_gets_nothing(instance):
    server_key = certificate(instance, "catalog.key")["public-key"]
    own = certificate(instance, "admin.key_secret")
    with zmq.Context() as context:
        assert not ping(context, instance, server_key, *zmq.curve_keypair(), patience=3000)
        assert ping(context, instance, server_key, own["public-key"].encode(), own["secret-key"].encode(), patience=20000)


def certificate(instance, name):
    """The values of a CZMQ certificate file."""
    lines = (line.partition("=") for line in (instance.folder / "keys" / name).read_text().splitlines())
    return {key.strip(): value.strip().strip('"') for key, _, value in lines if value}


def ping(context, instance, server_key, public, secret, patience):
    with context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.curve_serverkey, dealer.curve_publickey, dealer.curve_secretkey = server_key.encode(), public, secret
        dealer.connect(f"tcp://127.0.0.1:{instance.port(5551)}")
        dealer.send_multipart([msgpack.packb([1, 7, "bus.ping", patience, 0, "0" * 16]), msgpack.packb({})])
        return bool(dealer.poll(patience))


def test_replicas_of_catalog_and_ratio_come_and_go_and_no_request_fails(make_instance, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost djembe-catalog djembe-ratio\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    try:
        instance = make_instance("replicas", start=False)
        for service, port in (("catalog", 5551), ("ratio", 5552)):
            instance.env[f"DJEMBE_{service.upper()}"] = f"tcp://djembe-{service}:{instance.port(port)}"
            instance.env["DJEMBE_BUS_LISTEN"] = ""
        instance.env.pop("DJEMBE_BUS_LISTEN")
        instance.up()
        replicas_come_and_go(instance, hosts)
        instance.down()
        assert instance.complaints() == []
    finally:
        subprocess.run(["umount", "/etc/hosts"], check=True)


def replicas_come_and_go(instance, hosts):
    member = instance.member("asker")
    failures, ending, asked = [], threading.Event(), []

    visitor = Visitor(instance.web)
    visitor.sign_in("asker", member["password"])

    def ask():
        while not ending.is_set():
            page = visitor.get("/member/asker")
            asked.append(page.status)
            if page.status != 200 or "Not everything is here" in page.text:
                failures.append((page.status, page.text))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            second = [replica(instance, service, port, admin) for service, port, admin in
                      (("catalog", 5551, 9113), ("ratio", 5552, 9114))]
            hosts.write_text("127.0.0.1 localhost djembe-catalog djembe-ratio\n127.0.0.2 djembe-catalog djembe-ratio\n")
            for service in ("catalog", "ratio"):
                wait_for(f"web sees two of {service}", lambda s=service: replicas_seen(instance, s) == 2)
            goal = len(asked) + 40
            wait_for("requests run", lambda: len(asked) >= goal)
            hosts.write_text("127.0.0.1 localhost djembe-catalog djembe-ratio\n")
            for process in second:
                process.send_signal(signal.SIGTERM)
            for process in second:
                assert process.wait(20) == 0
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert failures == [] and len(asked) > 100


def replica(instance, service, port, admin, **more):
    state = instance.folder / f"state-{service}-2"
    state.mkdir(exist_ok=True)
    pid = instance.pid(service)
    with open(f"/proc/{pid}/environ", "rb") as file:
        env = dict(part.split("=", 1) for part in file.read().decode().split("\0") if "=" in part)
    env.update(DJEMBE_BUS_LISTEN=f"tcp://127.0.0.2:{instance.port(port)}", DJEMBE_STATE=str(state), DJEMBE_TEST_REPLICA="1",
               DJEMBE_ADMIN_LISTEN=f"127.0.0.1:{instance.port(admin)}", **more)
    owner = os.stat(f"/proc/{pid}")
    os.chown(state, owner.st_uid, owner.st_gid)
    log = open(instance.folder / "log" / f"{service}-2.log", "ab")
    process = subprocess.Popen([str(instance.folder / "bin" / f"djembe-{service}")], env=env, stderr=log, stdout=log,
                               user=owner.st_uid, group=owner.st_gid, extra_groups=[])
    wait_for(f"the second {service} is ready",
             lambda: fetch_status(f"http://127.0.0.1:{instance.port(admin)}/readyz") == 200)
    return process


def test_two_trackers_know_the_same_swarms_and_each_byte_is_credited_once(make_instance, tmp_path):
    instance = make_instance("trackers", start=False)
    instance.env["DJEMBE_TRACKER"] = f"tcp://127.0.0.1:{instance.port(5554)},tcp://127.0.0.2:{instance.port(5554)}"
    instance.up()
    giver, taker = instance.member("giver"), instance.member("taker")
    album = make_album(tmp_path, "Some Band - Trackers (2005) [FLAC]", size=60000)
    info_hash = bytes.fromhex(instance.add_torrent(make_torrent(album, tmp_path / "plain.torrent"), "giver")["info_hash"])
    one, other = instance.port(6969), instance.port(6959)
    second = replica(instance, "tracker", 5554, 9111, DJEMBE_TRACKER_LISTEN=f"{HOST}:{other}")
    seeder = Announcer(instance, giver, info_hash, "10.77.0.2", left=0)
    leecher = Announcer(instance, taker, info_hash, "10.77.0.3", left=50000)
    both = (seeder, leecher)

    def announce(client, port, up=0, down=0, event=""):
        client.tracker_port, client.up, client.down = port, client.up + up, client.down + down
        return client.announce(event)

    def credited():
        for client in both:
            moved = client.up, client.down
            wait_for(f"{client.member['name']} has {moved}, not {instance.totals(client.member['user'])}",
                     lambda c=client, m=moved: instance.totals(c.member["user"]) == m)

    def both_count(seeders, leechers):
        for port in (one, other):
            wait_for(f"{port} counts {seeders} and {leechers}",
                     lambda p=port: counts(p, giver, info_hash) == (seeders, leechers), 30)

    try:
        wait_for("each sees the other", lambda: instance.metric("tracker", "tracker_others") == 1)
        for client, port in ((seeder, one), (leecher, other)):
            wait_for("the announce is taken", lambda c=client, p=port: b"failure" not in announce(c, p, event="started"))
        both_count(1, 1)
        wait_for("both members are known to both", lambda: counts(one, taker, info_hash) == (1, 1))
        for client in both:
            client.refusals.clear()
        assert b"\x0a\x4d\x00\x02\x1b\x58" in announce(leecher, other) and b"\x0a\x4d\x00\x03\x1b\x58" in announce(seeder, one)
        for turn in range(40):
            for client in both:
                announce(client, (one, other)[turn % 2], *((1000, 0) if client is seeder else (0, 999)))
        credited()
        for rows in ([[1, 2]], [[1, 2, bytes(19)] + [0] * 8]):
            with pytest.raises(Refused, match="Row 1 of sessions: peer_id"):
                instance.bus("tracker.sessions.heard", {"sessions": rows})
        announce(seeder, one, event="stopped")
        both_count(0, 1)
        udp = Udp(other)
        udp.id = Udp(one).connect().id  # a connection id that the first one gave
        answer = udp.ask(udp.packet(info_hash, seeder.peer_id, up=seeder.up, event=STARTED,
                                    options=url_option(f"/{giver['passkey']}/announce".encode())))
        assert answer is not None and answer[:4] == ANNOUNCE.to_bytes(4, "big")
        both_count(1, 1)

        for client in both:
            announce(client, one, up=500, down=70)
        killed = instance.kill("tracker")
        for client in both:
            announce(client, other, up=7, down=3)
        wait_for("the killed tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
        instance.wait_ready("tracker")
        wait_for("each sees the other again", lambda: instance.metric("tracker", "tracker_others") == 1)
        both_count(1, 1)
        second.kill()
        second.wait()
        for client in both:
            announce(client, one, up=11, down=13)
        credited()
        assert not seeder.refusals and not leecher.refusals
        instance.down()
        assert instance.complaints() == []
    finally:
        second.kill()
        second.wait()


def counts(port, member, info_hash):
    """Seeders and leechers as a scrape at that port tells them."""
    status, _, body = fetch(f"http://{HOST}:{port}/{member['passkey']}/scrape?info_hash={urllib.parse.quote(info_hash)}")
    assert status == 200
    told = bencode.read(body).get(b"files", {}).get(info_hash, {})
    return told.get(b"complete"), told.get(b"incomplete")


def fetch_status(url):
    try:
        return fetch(url, timeout=5)[0]
    except OSError:
        return 0


def replicas_seen(instance, service):
    _, text = instance.health("web", "metrics")
    for line in text.splitlines():
        if line.startswith(f'djembe_bus_replicas{{service="{service}"}}'):
            return int(float(line.rsplit(" ", 1)[1]))
    return None


def test_the_exchange_completes_while_each_daemon_is_killed(make_instance, tmp_path):
    instance = make_instance("killed", start=False)
    instance.env["DJEMBE_ANNOUNCE_URL"] = f"http://{HOST}:{instance.port(6900)}"
    instance.up()
    recorder = Recorder(HOST, instance.port(6900), instance.port(6969))
    giver, taker = instance.member("giver"), instance.member("taker")
    album = make_album(tmp_path / "giver", "Some Band - Killed (2004) [FLAC]", size=16 << 20)
    added = instance.add_torrent(make_torrent(album, tmp_path / "plain.torrent"), "giver")
    own = {m["name"]: instance.personal_torrent(added["torrent"], m["token"], tmp_path / f"{m['name']}.torrent") for m in (giver, taker)}
    seeder = clients.Transmission(tmp_path / "seeder", "10.77.0.2", upload_limit=1000)
    leecher = clients.Libtorrent(tmp_path / "leecher", "10.77.0.3")
    fetched = tmp_path / "taker"
    fetched.mkdir()
    try:
        seeder.start(own["giver"], album.parent)
        wait_for("the seeder has announced itself", lambda: any(a.passkey == giver["passkey"] for a in recorder.answered))
        leecher.start(own["taker"], fetched)
        wait_for("the leecher has announced itself", lambda: any(a.passkey == taker["passkey"] for a in recorder.answered))
        for daemon in DAEMONS:
            assert not leecher.done()
            killed = instance.kill(daemon)
            wait_for(f"{daemon} runs again", lambda: instance.pid(daemon) not in (None, killed))
            instance.wait_ready(daemon)
        wait_for("the leecher has it all", leecher.done, 120)
    except AssertionError as error:
        raise AssertionError(f"{error}: leecher {leecher.status.read_text()}, seeder {seeder.ask('torrent-get', fields=['peers'])},"
                             f" {(leecher.folder / 'client.log').read_text()[-3000:]}") from None
    finally:
        for client in (leecher, seeder):
            if client.process:
                client.stop()
    assert same_content(album, fetched / album.name)
    for member in (giver, taker):
        wait_for("a goodbye", lambda m=member: "stopped" in recorder.events(m["passkey"]))
        reported = recorder.totals(member["passkey"])
        wait_for(f"{member['name']} credited {reported}", lambda m=member, r=reported: instance.totals(m["user"]) == r)
    recorder.close()
    instance.down()
    assert instance.complaints() == []
