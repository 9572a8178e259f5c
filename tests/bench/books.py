"""What the books of backups cost: djembe-ratio with its PostgreSQL, filled with members, versions and copies, then asked for pages
while session totals stream in. Prints one row of a table.

Run by tests/bench/books: tests/postgres python3 books.py DJEMBE-RATIO MEMBERS [SECONDS]
There are 10 versions a member and 5 copies a version.
"""
import multiprocessing, os, pathlib, random, re, resource, sys, time, urllib.request

import msgpack, zmq, zmq.auth

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "unit" / "ratio"))
import ledger
from ledger import sql, wait_for

VERSIONS, COPIES, BATCH, IN_FLIGHT = 10, 5, 1000, 4


class Shelf(ledger.Site):
    """One replica; the feeds tell of nothing, for the inbox is filled by hand."""

    def __init__(self, program):
        super().__init__(program)
        self.replicas.pop().end()

    def metric(self, name):
        page = urllib.request.urlopen(f"http://127.0.0.1:{self.replicas[0].admin}/metrics", timeout=30).read().decode()
        return int(re.search(rf"^djembe_{name} (-?\d+)$", page, re.M).group(1))


def fill(members):
    """Members 100+i; version v of member v // VERSIONS; its holders are members at fixed distances."""
    sql(f"INSERT INTO ratio.book_inbox (kind, user_id) SELECT 'member', 100 + g FROM generate_series(0, {members - 1}) g")
    sql(f"""INSERT INTO ratio.torrent (torrent_id, size, owner, accounting, active, seq, backup_id)
            SELECT 1000000 + g, 1000000 + g % 1000 * 1000000, 100 + g / {VERSIONS}, 'redundancy', true, 0, 1000 + g / {VERSIONS}
            FROM generate_series(0, {members * VERSIONS - 1}) g""")
    sql("""INSERT INTO ratio.book_inbox (kind, user_id, backup_id, version_id, amount, other)
           SELECT 'version', owner, backup_id, torrent_id, size, 6 FROM ratio.torrent WHERE torrent_id >= 1000000 ORDER BY torrent_id""")
    sql(f"""INSERT INTO ratio.book_inbox (kind, payload) SELECT 'sightings', string_agg(int8send(100 + (g / {VERSIONS} + 1 + c * 37)
            % {members}) || int8send(1000000 + g) || int8send(0), '') FROM generate_series(0, {members * VERSIONS - 1}) g,
            generate_series(0, {COPIES - 1}) c GROUP BY g / 100 ORDER BY g / 100""")
    sql("ANALYZE ratio.torrent")


def rows_of(members, number, at):
    """Session totals of copies that exist."""
    for i in range(number * BATCH, (number + 1) * BATCH):
        version, copy = i * 7919 % (members * VERSIONS), i % COPIES
        user = 100 + (version // VERSIONS + 1 + copy * 37) % members
        yield [user, 1000000 + version, b"-DJ0001-%012d" % copy, at - 86400000, 0, 0, at & 0xffffff, 0, 0, 0, at]


def dealer(site_keys, address):
    socket = zmq.Context().socket(zmq.DEALER)
    socket.linger = 0
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(f"{site_keys}/tracker.key_secret")
    socket.curve_serverkey, _ = zmq.auth.load_certificate(f"{site_keys}/ratio.key")
    socket.connect(address)
    return socket


def stream(keys, address, members, seconds, result):
    """Keeps a few batches on their way; the result is rows acknowledged a second."""
    count = members * VERSIONS * COPIES // 5 // BATCH or 1
    now = int(time.time() * 1000)
    batches = [list(rows_of(members, number, now)) for number in range(min(count, 200))]
    socket, sent, done, began = dealer(keys, address), 0, 0, time.monotonic()
    while time.monotonic() - began < seconds:
        while sent - done < IN_FLIGHT:
            at = int(time.time() * 1000)
            rows = [row[:10] + [at] for row in batches[sent % len(batches)]]
            sent += 1
            header = [1, sent, "ratio.sessions.report", 60000, 0, "0" * 16]
            socket.send_multipart([msgpack.packb(header), msgpack.packb({"sessions": rows})])
        header = msgpack.unpackb(socket.recv_multipart()[0])
        assert header[2] == "ok", header
        done += 1
    result.put(done * BATCH / (time.monotonic() - began))


def ask(keys, address, members, seconds, result):
    """Pages of random members, one after another: how long each took, ms."""
    socket, times, began, number = dealer(keys, address), {}, time.monotonic(), 0
    kinds = [("profile", "ratio.backup.profile", lambda user: {"user": user}),
             ("offers", "ratio.offer.list", lambda user: {"user": user}),
             ("queue", "ratio.queue.list", lambda user: {"limit": 50})]
    while time.monotonic() - began < seconds:
        number += 1
        name, method, body = kinds[number % 3]
        frames = [msgpack.packb([1, number, method, 60000, 0, "0" * 16]), msgpack.packb(body(100 + random.randrange(members)))]
        start = time.monotonic()
        socket.send_multipart(frames)
        header = msgpack.unpackb(socket.recv_multipart()[0])
        times.setdefault(name, []).append((time.monotonic() - start) * 1000)
        assert header[2] == "ok", header
        time.sleep(0.005)
    result.put({name: sorted(took)[int(len(took) * 0.99)] for name, took in times.items()})


def main(program, members, seconds=20):
    site, members, seconds = Shelf(program), int(members), int(seconds)
    began = time.monotonic()
    fill(members)
    replica = site.replicas[0]
    wait_for(lambda: site.metric("ratio_book_copies") == members * VERSIONS * COPIES and
             sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]], 3600)
    filled = time.monotonic() - began
    results = [multiprocessing.Queue() for _ in range(3)]
    args = (site.keys, replica.address, members, seconds)
    quiet = multiprocessing.Process(target=ask, args=(*args, results[0]))
    quiet.start(), quiet.join()
    both = [multiprocessing.Process(target=stream, args=(*args, results[1])), multiprocessing.Process(target=ask, args=(*args, results[2]))]
    [process.start() for process in both], [process.join() for process in both]
    quiet, rate, busy = (queue.get(timeout=5) for queue in results)
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]], 600)
    events = site.metric("ratio_book_events_total")
    sql("UPDATE ratio.book SET ahead = ahead + 61000")
    ticks = "SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'"
    before = sql(ticks)
    wait_for(lambda: sql(ticks) != before, 60)
    time.sleep(1)
    copies = members * VERSIONS * COPIES
    rss = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{replica.process.pid}/status").read()).group(1)) * 1024
    pages = lambda p99: ", ".join(f"{name} {took:.1f}" for name, took in p99.items())
    print(f"members {members}, versions {members * VERSIONS}, copies {copies}\n"
          f"filled in {filled:.0f} s ({events} events)\n"
          f"session totals applied: {rate:.0f} rows/s\n"
          f"p99 ms, quiet: {pages(quiet)}\np99 ms, while totals stream: {pages(busy)}\n"
          f"tick: {site.metric('ratio_book_tick_ms')} ms\n"
          f"memory: {site.metric('ratio_book_bytes') / copies:.0f} bytes a copy (rules), {rss / copies:.0f} (whole process)", flush=True)
    site.end(True)


if __name__ == "__main__":
    main(*sys.argv[1:])
