"""The daemon as it runs: two replicas of djembe-ratio on one scratch PostgreSQL, told the same totals at the same time,
killed, and cut off from their database. Whatever happens, each byte counts once.

Run by ctest: tests/postgres python3 ledger.py DJEMBE-RATIO [name of one test]
"""
import msgpack, os, pathlib, random, socket, subprocess, sys, tempfile, threading, time, urllib.request
import zmq, zmq.auth

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "harness"))
from at_once import at_once
from bus_client import Bus, Refused
from runner import run

COMPLETED = 1
NOW = int(time.time() * 1000)


def sql(statement):
    """Rows as lists of texts, by psql: outside of what is tested."""
    out = subprocess.run(["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", os.environ["DJEMBE_TEST_DATABASE"],
                          "-c", statement], check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def server(what):
    subprocess.run([os.environ["DJEMBE_TEST_POSTGRES"], "-" + what], check=True)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.02)


def free_port():
    """A port free for the bus, with the one 10 above free for facts."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 10))
                return port
            except OSError:
                continue


class Owner(threading.Thread):
    """Serves a feed as web and catalog do: ping, since, snapshot."""

    def __init__(self, keys, service, feed):
        super().__init__(daemon=True)
        self.service, self.feed, self.facts, self.port, self.going = service, feed, [], free_port(), True
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 0
        certificate = zmq.auth.load_certificate(f"{keys}/{service}.key_secret")
        self.socket.curve_publickey, self.socket.curve_secretkey = certificate
        self.socket.curve_server = True
        self.socket.bind(f"tcp://127.0.0.1:{self.port}")
        self.hurry = zmq.Context.instance().socket(zmq.PUB)
        self.hurry.linger = 0
        self.hurry.curve_publickey, self.hurry.curve_secretkey = certificate
        self.hurry.curve_server = True
        self.hurry.bind(f"tcp://127.0.0.1:{self.port + 10}")
        self.start()

    def tell(self, key, fact):
        self.facts.append([len(self.facts) + 1, key, msgpack.packb(fact)])
        self.hurry.send_multipart([self.feed.encode(), msgpack.packb([1, len(self.facts)])])

    def answer(self, method, body):
        head = len(self.facts)
        if method == "bus.ping":
            return {"service": self.service, "version": "0", "replica": "one"}
        if method == self.feed + ".since":
            return {"head": head, "facts": self.facts[body.get("seq", 0):][:body["limit"]]}
        newest = sorted({fact[1]: fact for fact in self.facts}.values(), key=lambda fact: fact[1])
        page = [fact for fact in newest if fact[1] > body.get("after", 0)]
        return {"head": head, "facts": page[:body["limit"]], "more": len(page) > body["limit"]}

    def run(self):
        while self.going:
            if self.socket.poll(100):
                peer, header, body = self.socket.recv_multipart()
                header = msgpack.unpackb(header)
                reply = self.answer(header[2], msgpack.unpackb(body))
                self.socket.send_multipart([peer, msgpack.packb([1, header[1], "ok"]), msgpack.packb(reply)])
        self.socket.close()


class Replica:
    def __init__(self, site, number):
        self.site, self.port, self.admin = site, free_port(), free_port()
        self.state = f"{site.folder}/state{number}"
        os.makedirs(self.state, exist_ok=True)
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.log = open(f"{site.folder}/log{number}", "a")
        self.start()

    def start(self):
        self.start_soon()
        wait_for(self.ready)

    def start_soon(self):
        site = self.site
        env = dict(os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"], DJEMBE_KEYS=site.keys,
                   DJEMBE_STATE=self.state, DJEMBE_BUS_LISTEN=self.address, DJEMBE_ADMIN_LISTEN=f"127.0.0.1:{self.admin}",
                   DJEMBE_WEB=f"tcp://127.0.0.1:{site.web.port}", DJEMBE_CATALOG=f"tcp://127.0.0.1:{site.catalog.port}",
                   DJEMBE_TRACKER=f"tcp://127.0.0.1:{site.nobody}", **site.settings)
        self.process = subprocess.Popen([site.program], env=env, stderr=self.log)

    def ready(self):
        assert self.process.poll() is None, "the daemon has ended"
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=2).status == 200
        except OSError:
            return False

    def bus(self):
        return Bus(self.site.keys, self.address, "ratio", "tracker")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(20) == 0, "the daemon did not end well"


class Site:
    def __init__(self, program, **settings):
        self.settings, self.program, self.folder = settings, program, tempfile.mkdtemp(prefix="djembe-ratio.")
        self.keys = f"{self.folder}/keys"
        os.makedirs(self.keys)
        for name in ("tracker", "web", "catalog", "ratio", "admin"):
            zmq.auth.create_certificates(self.keys, name)
            os.chmod(f"{self.keys}/{name}.key_secret", 0o600)
        sql("DROP SCHEMA IF EXISTS ratio CASCADE")
        self.web = Owner(self.keys, "web", "web.members")
        self.catalog = Owner(self.keys, "catalog", "catalog.torrents")
        self.nobody = free_port()  # no tracker of another instance
        for user in range(1, 9):
            self.member(user, "active")
        for torrent in range(1, 21):
            self.torrent(torrent, "ratio")
        self.replicas = [Replica(self, 1), Replica(self, 2)]

    def member(self, user, standing):
        self.web.tell(user, [user, f"name{user}", "a" * 32, standing, "member"])

    def torrent(self, torrent, accounting):
        self.catalog.tell(torrent, [torrent, bytes(20), b"", 1000, 1, accounting, True])

    def totals(self):
        return {int(user): (int(up), int(down)) for user, up, down in
                sql("SELECT user_id, uploaded, downloaded FROM ratio.member_total")}

    def member_class(self, user, name):
        self.web.tell(user, [user, f"name{user}", "a" * 32, "active", name])

    def end(self, well):
        for replica in self.replicas:
            if well:
                replica.end()
            else:
                replica.kill()
        self.web.going = self.catalog.going = False
        if well:
            subprocess.run(["rm", "-r", self.folder], check=True)
        else:
            print("the daemons' logs are in", self.folder)


class Client:
    """One session as a tracker sees it; `moved` is what it truly moved since the tracker knows it."""

    def __init__(self, user, torrent, number):
        self.key = [user, torrent, b"-DJ0001-%012d" % number]
        self.epoch = NOW + number
        self.base = [random.randrange(1000), random.randrange(1000)]
        self.counters, self.moved, self.user = list(self.base), [0, 0], user

    def move(self):
        """Gives the rows that a tracker would report: two when a counter fell."""
        rows = []
        if random.random() < 0.1:
            rows.append(self.row())
            self.epoch += 1
            fallen = random.randrange(2)
            self.counters[fallen] = random.randrange(self.counters[fallen] + 1)
            self.base = list(self.counters)
        for way in range(2):
            more = random.randrange(1 << random.randrange(1, 40))
            self.counters[way] += more
            self.moved[way] += more
        return rows + [self.row()]

    def row(self, flags=0):
        return self.key + [self.epoch, *self.base, *self.counters, 7, flags, int(time.time() * 1000)]


def expected(clients):
    totals = {}
    for client in clients:
        up, down = totals.get(client.user, (0, 0))
        totals[client.user] = (up + client.moved[0], down + client.moved[1])
    return totals


def report(bus, rows, seconds=20):
    return bus.ask("ratio.sessions.report", {"sessions": rows}, seconds=seconds).get("applied", 0)


def make_clients(count, first=0):
    return [Client(1 + i % 8, 1 + i % 20, first + i) for i in range(count)]


def the_same_batch_given_to_two_replicas_at_once_counts_once(site):
    clients = make_clients(200, 1000)
    before = site.totals()
    for _ in range(15):
        rows = [row for client in clients for row in client.move()]
        at_once([lambda r=r, rows=random.sample(rows, len(rows)): report(r.bus(), rows) for r in site.replicas * 2])
    check_totals(site, before, clients)


def check_totals(site, before, clients):
    for user, (up, down) in expected(clients).items():
        old = before.get(user, (0, 0))
        assert site.totals()[user] == (old[0] + up, old[1] + down), f"user {user}"
    sums = ("SELECT torrent_id, sum(uploaded), sum(downloaded) FROM ratio.{} GROUP BY torrent_id"
            " HAVING sum(uploaded + downloaded) > 0 ORDER BY torrent_id")
    assert sql(sums.format("member_torrent")) == sql(sums.format("torrent_total"))
    raw = sql("SELECT user_id, sum(uploaded), sum(downloaded) FROM ratio.member_torrent JOIN ratio.torrent USING (torrent_id)"
              " WHERE accounting = 'ratio' GROUP BY user_id")
    assert {int(user): (int(up), int(down)) for user, up, down in raw} == site.totals()
    check_credit()


def check_credit():
    """What counts is in the ledger entry by entry; the sums are made of it."""
    entries = sql("SELECT user_id, sum(uploaded), sum(downloaded), sum(l.credited_up), sum(l.credited_down) FROM ratio.ledger l"
                  " JOIN ratio.torrent t USING (torrent_id) WHERE t.accounting = 'ratio' GROUP BY user_id ORDER BY user_id")
    assert entries == sql("SELECT user_id, uploaded, downloaded, credited_up, credited_down FROM ratio.member_total"
                          " WHERE uploaded + downloaded > 0 ORDER BY user_id")
    assert entries == sql("SELECT user_id, sum(uploaded), sum(downloaded), sum(credited_up), sum(credited_down)"
                          " FROM ratio.member_torrent JOIN ratio.torrent USING (torrent_id) WHERE accounting = 'ratio'"
                          " GROUP BY user_id HAVING sum(uploaded + downloaded) > 0 ORDER BY user_id")


def batches_that_overlap_in_any_order_all_succeed(site):
    clients = make_clients(300, 2000)
    before = site.totals()
    for _ in range(10):
        rows = [row for client in clients for row in client.move()]
        parts = [[row for row in rows if random.random() < 0.6] for _ in range(6)] + [rows]
        for part in parts:
            random.shuffle(part)
        at_once([lambda b=site.replicas[i % 2], p=part: report(b.bus(), p) for i, part in enumerate(parts)])
    check_totals(site, before, clients)


def told_again_nothing_is_new(site):
    clients = make_clients(50, 3000)
    rows = [row for client in clients for row in client.move()]
    before = site.totals()
    assert report(site.replicas[0].bus(), rows) == len(rows)
    assert report(site.replicas[0].bus(), rows) == 0
    assert report(site.replicas[1].bus(), rows) == 0
    check_totals(site, before, clients)


def report_until_taken(site, rows):
    """As a tracker does: again and again, at any replica, until one has acknowledged."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            report(random.choice(site.replicas).bus(), rows, seconds=1)
            return
        except (Refused, TimeoutError) as error:
            assert not isinstance(error, Refused) or error.status == "unavailable", error.status
    raise AssertionError("not taken within a minute")


def a_replica_killed_in_the_middle_of_batches_costs_nothing(site):
    clients = make_clients(400, 4000)
    before = site.totals()
    for turn in range(6):
        rows = [row for client in clients for row in client.move()]
        victim = site.replicas[turn % 2]
        killer = threading.Timer(random.random() * 0.05, victim.kill)
        killer.start()
        at_once([lambda: report_until_taken(site, rows), lambda: report_until_taken(site, rows)])
        killer.join()
        victim.start()
    check_totals(site, before, clients)


def postgresql_killed_in_the_middle_of_batches_costs_nothing(site):
    clients = make_clients(400, 5000)
    before = site.totals()
    for _ in range(3):
        rows = [row for client in clients for row in client.move()]
        killer = threading.Timer(random.random() * 0.05, lambda: (server("kill"), server("start")))
        killer.start()
        at_once([lambda: report_until_taken(site, rows), lambda: report_until_taken(site, rows)])
        killer.join()
    wait_for(site.replicas[0].ready)
    check_totals(site, before, clients)


def what_came_before_the_torrent_was_known_counts_when_it_is(site):
    late, backup = Client(1, 501, 6000), Client(1, 502, 6001)
    before = site.totals()
    bus = site.replicas[0].bus()
    report(bus, late.move() + backup.move())
    assert site.totals() == before
    site.torrent(501, "ratio")
    site.torrent(502, "redundancy")
    wait_for(lambda: sql("SELECT count(*) FROM ratio.torrent WHERE torrent_id > 500") == [["2"]])
    report(bus, late.move() + backup.move())
    check_totals(site, before, [late])
    assert sql("SELECT uploaded, downloaded FROM ratio.member_torrent WHERE torrent_id = 502") == [
        [str(backup.moved[0]), str(backup.moved[1])]]


def a_torrent_becoming_known_while_it_is_reported_misses_nothing(site):
    clients = [Client(1 + i % 8, 600 + i % 40, 7000 + i) for i in range(120)]
    before = site.totals()
    done = threading.Event()

    def tell():
        for torrent in range(600, 640):
            site.torrent(torrent, "ratio")
            time.sleep(0.02)
        wait_for(lambda: sql("SELECT count(*) FROM ratio.torrent WHERE torrent_id BETWEEN 600 AND 639") == [["40"]])
        done.set()

    def keep_reporting():
        while not done.is_set():
            rows = [row for client in clients for row in client.move()]
            at_once([lambda r=r: report(r.bus(), rows) for r in site.replicas])

    at_once([tell, keep_reporting])
    check_totals(site, before, clients)


def a_snatch_counts_once_a_member_and_torrent(site):
    rows = []
    for number, user in enumerate((1, 1, 2)):
        rows.append(Client(user, 19, 8000 + number).row(COMPLETED))
    at_once([lambda r=r: report(r.bus(), rows) for r in site.replicas * 3])
    counts = site.replicas[1].bus().ask("ratio.torrent.counts", {"torrents": [18, 19, 999]})
    assert [row[:2] for row in counts["torrents"] if row[1]] == [[19, 2]], counts
    assert site.replicas[0].bus().ask("ratio.member.get", {"user": 2})["snatches"] == 1


def who_completed_a_torrent_is_listed_the_last_one_first(site):
    bus, start = site.replicas[0].bus(), int(time.time() * 1000) - 10000
    for user in (3, 5, 4):
        row = Client(user, 18, 8100 + user).row(COMPLETED)
        report(bus, [row])
    ask = lambda **more: [row[0] for row in bus.ask("ratio.snatch.list", {"torrent": 18, "limit": 2} | more)["snatches"]]  # noqa: E731
    whole = bus.ask("ratio.snatch.list", {"torrent": 18, "limit": 100})["snatches"]
    assert sorted(row[0] for row in whole) == [3, 4, 5] and all(row[1] >= start for row in whole), whole
    assert whole == sorted(whole, key=lambda row: (row[1], row[0]), reverse=True)
    users = [row[0] for row in whole]
    assert ask() == users[:2] and ask(before=users[1]) == users[2:] and ask(before=users[2]) == []
    assert bus.ask("ratio.snatch.list", {"torrent": 999, "limit": 2})["snatches"] == []


def figures_are_answered(site):
    client = Client(8, 20, 9000)
    bus = site.replicas[0].bus()
    report(bus, [client.row(COMPLETED)])
    totals = site.totals()[8]
    member = bus.ask("ratio.member.get", {"user": 8})
    assert (member.get("uploaded", 0), member.get("downloaded", 0)) == totals
    assert member["may_leech"] is True
    row = bus.ask("ratio.member.torrents", {"user": 8, "limit": 1})["torrents"][0]
    assert row[0] == 20 and row[3] == 7 and abs(row[4] - time.time() * 1000) < 60000 and row[5] == row[4], row
    stranger = bus.ask("ratio.member.get", {"user": 12345})
    assert "may_leech" not in stranger and stranger["reason"]


def sessions_of_long_ago_are_forgotten_where_a_new_one_begins(site):
    old, other, new = Client(7, 18, 9100), Client(7, 17, 9101), Client(7, 18, 9102)
    before = site.totals()
    bus = site.replicas[0].bus()
    report(bus, old.move() + other.move())
    sql("UPDATE ratio.session SET seen_at = now() - interval '200 days' WHERE user_id = 7")
    report(bus, new.move())
    peers = sql("SELECT convert_from(peer_id, 'UTF8') FROM ratio.session WHERE user_id = 7 AND torrent_id IN (17, 18)"
                " AND peer_id LIKE '%91__'")
    assert sorted(peers) == [[client.key[2].decode()] for client in (other, new)], peers
    check_totals(site, before, [old, other, new])


def seen(client, at, left, up=None, flags=0):
    """The row of a report at a time (seconds after the first) and with what is left."""
    row = client.row(flags)
    row[6] = client.counters[0] if up is None else up
    row[8], row[10] = left, NOW - 86400000 + at * 1000
    return row


def shown(bus, user, torrent):
    rows = bus.ask("ratio.member.torrents", {"user": user, "limit": 100})["torrents"]
    return next(row for row in rows if row[0] == torrent)


def seeding_is_timed(site):
    """From the second report that finds nothing missing on; a gap of more than two intervals and a goodbye end it; two clients count
    once."""
    bus, one, two = site.replicas[0].bus(), Client(6, 16, 9200), Client(6, 16, 9201)
    for at, left, flags, seconds in ((0, 100, 0, 0), (1000, 0, 1, 0), (2000, 0, 0, 1000), (2000, 0, 0, 1000), (5600, 0, 0, 4600),
                                     (9201, 0, 0, 4600), (9300, 0, 2, 4699), (9400, 0, 0, 4699), (9500, 50, 0, 4799), (9600, 50, 0, 4799)):
        report(bus, [seen(one, at, left, flags=flags)])
        assert shown(bus, 6, 16)[6] == seconds, (at, shown(bus, 6, 16))
    report(bus, [seen(two, 9000, 0), seen(one, 10000, 0)])
    report(bus, [seen(two, 10100, 0), seen(one, 10300, 0)])
    assert shown(bus, 6, 16)[6] == 4799 + 800, shown(bus, 6, 16)  # up to 9500 it was counted before
    report(bus, [seen(two, 10200, 0)])
    report(bus, [seen(two, 10400, 0)])
    row = shown(bus, 6, 16)
    assert row[6] == 4799 + 900 and row[7] == b"-DJ0001-" and row[5] == NOW - 86400000 + 1000000, row


def evidence(bus, torrent):
    return {row[0]: row for row in bus.ask("ratio.evidence.list", {"limit": 500})["evidence"] if row[2] == torrent}


def what_does_not_look_right_is_kept_with_its_figures(site):
    bus, one, two, most = site.replicas[0].bus(), Client(6, 700, 9300), Client(7, 700, 9301), 1 << 30
    one.counters = one.base = [0, 0]
    two.counters = two.base = [0, 0]
    report(bus, [seen(one, 0, 0), seen(two, 0, 500)])
    report(bus, [seen(one, 1000, 0, up=most)])
    assert list(evidence(bus, 700)) == ["balance"]  # somebody leeches, but tells nothing of it
    report(bus, [seen(two, 1500, 0, flags=1)])
    report(bus, [seen(one, 3000, 0, up=2 * most)])  # he has only just got the last of it
    assert "alone" not in evidence(bus, 700)
    report(bus, [seen(one, 6000, 0, up=3 * most)])
    assert "alone" not in evidence(bus, 700)
    report(bus, [seen(one, 9500, 0, up=4 * most)])
    assert evidence(bus, 700)["alone"][:8] == ["alone", 6, 700, 1, most, most, 0, 3500000], evidence(bus, 700)
    assert evidence(bus, 700)["balance"][:7] == ["balance", 0, 700, 4, 4 * most, 4 * most, 0]
    report(bus, [seen(one, 9501, 0, up=9 * most)])
    limit = 10 * 125 * 1024 * 1024
    assert evidence(bus, 700)["rate"][:8] == ["rate", 6, 700, 1, 5 * most - limit, 5 * most, limit, 1000]
    report(bus, [seen(two, 9600, 200 << 20)])
    report(bus, [seen(two, 9700, 201 << 20)])  # a piece that failed its hash
    assert evidence(bus, 700)["left"][:8] == ["left", 7, 700, 1, 200 << 20, 200 << 20, 0, 8100000]
    ranked = [row[0] for row in bus.ask("ratio.evidence.list", {"limit": 500})["evidence"] if row[2] == 700]
    assert ranked == ["alone", "balance", "rate", "left"], ranked
    counts = bus.ask("ratio.torrent.counts", {"torrents": [700]})["torrents"]
    assert counts[0][:3] == [700, 1, 9 * most], counts


def absurd_counters_stop_no_batch(site):
    most = 2 ** 63 - 1
    rows = [[8, 20, b"-XX0001-%012d" % i, NOW, 0, 0, most, most, 0, 0, most] for i in range(3)]
    bus = site.replicas[0].bus()
    report(bus, rows)
    assert site.totals()[8] == (most, most)
    assert bus.ask("ratio.member.get", {"user": 8})["uploaded"] == most
    for column, wrong in ((0, 0), (2, b"short"), (6, -1), (9, 256)):
        row = list(rows[0])
        row[column] = wrong
        try:
            report(bus, [row])
            raise AssertionError(f"column {column} was taken")
        except Refused as error:
            assert error.status in ("invalid", "too_large"), error.status


def a_permit_is_published_once_when_it_changes(site):
    bus = site.replicas[0].bus()
    page = bus.ask("ratio.permits.snapshot", {"limit": 100})
    head = page["head"]
    assert head == 8 and len(page["facts"]) == 8
    assert msgpack.unpackb(page["facts"][0][2]) [:3] == [1, True, ""]
    site.member(3, "disabled")
    site.member(4, "active")  # nothing changes
    wait_for(lambda: bus.ask("ratio.permits.since", {"seq": head, "limit": 100})["facts"])
    wait_for(lambda: sql("SELECT seq FROM ratio.feed_position WHERE feed = 'web.members'") == [["10"]])
    facts = bus.ask("ratio.permits.since", {"seq": head, "limit": 100})["facts"]
    assert len(facts) == 1
    user, may_leech, reason = msgpack.unpackb(facts[0][2])[:3]
    assert (user, may_leech) == (3, False) and reason


TESTS = [a_permit_is_published_once_when_it_changes, the_same_batch_given_to_two_replicas_at_once_counts_once,
         batches_that_overlap_in_any_order_all_succeed, told_again_nothing_is_new,
         what_came_before_the_torrent_was_known_counts_when_it_is,
         a_torrent_becoming_known_while_it_is_reported_misses_nothing, a_snatch_counts_once_a_member_and_torrent,
         who_completed_a_torrent_is_listed_the_last_one_first,
         figures_are_answered, a_replica_killed_in_the_middle_of_batches_costs_nothing,
         postgresql_killed_in_the_middle_of_batches_costs_nothing,
         sessions_of_long_ago_are_forgotten_where_a_new_one_begins,
         seeding_is_timed, what_does_not_look_right_is_kept_with_its_figures, absurd_counters_stop_no_batch]


if __name__ == "__main__":
    run(Site, TESTS, sys.argv[1:])
