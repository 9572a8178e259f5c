"""What the ratio service costs: djembe-ratio beside its PostgreSQL, filled with members, versions and copies, then told session totals
as fast as it takes them, and at 20 000 a second while pages are asked for. Prints one column of the table in services/ratio/README.md.

Run by tests/bench/ratio: tests/postgres python3 ratio_bench.py DJEMBE-RATIO MEMBERS [SECONDS]
"""
import multiprocessing, os, pathlib, random, re, sys, time, urllib.request

import msgpack, zmq, zmq.auth

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "unit" / "ratio"))
import ledger
from ledger import sql, wait_for
from processes import cpu_of, postgres_cpu
from ratio_fill import fill, rows_of

BATCH, IN_FLIGHT, PACE, MOVING, MINUTES = 500, 4, 20000, 10, 25
ASKED = [("profile", "ratio.backup.profile", lambda user: {"user": user}), ("offers", "ratio.offer.list", lambda user: {"user": user}),
         ("queue", "ratio.queue.list", lambda user: {"limit": 50})]


class Service:
    """One replica on a filled database."""

    def __init__(self, program, members):
        self.site = ledger.Site(program)
        self.replica = self.site.replicas[0]
        for replica in self.site.replicas:
            replica.end()
        del self.site.replicas[1:]
        began = time.monotonic()
        self.epoch = fill(sql, members)
        self.filled = time.monotonic() - began
        self.replica.start_soon()
        wait_for(self.ready, 3600)

    def ready(self):
        return self.replica.ready() and self.metric("ratio_book_copies") > 0

    def metric(self, name):
        page = urllib.request.urlopen(f"http://127.0.0.1:{self.replica.admin}/metrics", timeout=600).read().decode()
        return int(re.search(rf"^djembe_{name} (-?\d+)$", page, re.M).group(1))

    def opened(self):
        """How long the books took to open, s, and how many events they applied in that time."""
        log = open(self.replica.log.name).read()
        return int(re.findall(r'msg="books opened".* ms=(\d+)', log)[-1]) / 1000

    def cpu(self):
        """Seconds that the service and all processes of PostgreSQL have worked."""
        return cpu_of(self.replica.process.pid), postgres_cpu()

    def rss(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.replica.process.pid}/status").read()).group(1)) * 1024

    def dealer(self):
        socket = zmq.Context().socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(f"{self.site.keys}/tracker.key_secret")
        socket.curve_serverkey, _ = zmq.auth.load_certificate(f"{self.site.keys}/ratio.key")
        socket.connect(self.replica.address)
        return socket


def ask(socket, number, method, body):
    socket.send_multipart([msgpack.packb([1, number, method, 60000, 0, "0" * 16]), msgpack.packb(body)])
    header = msgpack.unpackb(socket.recv_multipart()[0])
    assert header[2] == "ok", header


def stream(service, members, seconds, pace, result):
    """Keeps a few batches on their way, `pace` rows a second at most; one row in ten tells of bytes. The result is rows a second."""
    socket, sent, done = service.dealer(), 0, 0
    batches = [list(rows_of(n, 0, service.epoch, members, BATCH)) for n in range(min(50 * members // BATCH, 3000))]
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        while sent - done < IN_FLIGHT and sent * BATCH <= (time.monotonic() - began) * pace:
            at, rows = int(time.time() * 1000), batches[sent % len(batches)]
            for i, row in enumerate(rows):
                row[10] = at
                row[6] += (1 << 20) * (i % MOVING == 0)
            sent += 1
            body = msgpack.packb({"sessions": rows})
            socket.send_multipart([msgpack.packb([1, sent, "ratio.sessions.report", 60000, 0, "0" * 16]), body])
        if socket.poll(max(0, sent * BATCH / pace - (time.monotonic() - began)) * 1000 if sent - done < IN_FLIGHT else 1000):
            header = msgpack.unpackb(socket.recv_multipart()[0])
            assert header[2] == "ok", header
            done += 1
    result.put(done * BATCH / (time.monotonic() - began))


def echo(pipe):
    """A service that does nothing: what the machine itself makes of the times."""
    socket = zmq.Context().socket(zmq.ROUTER)
    pipe.send(socket.bind_to_random_port("tcp://127.0.0.1"))
    while True:
        socket.send_multipart(socket.recv_multipart())


def pages(service, members, seconds, pace, result):
    """Pages of random members and an echo, 200 of each a second: the time that each took, ms. Waits for no other process that works."""
    ours, theirs = multiprocessing.Pipe()
    mirror = multiprocessing.Process(target=echo, args=(theirs,), daemon=True)
    mirror.start()
    nothing = zmq.Context().socket(zmq.DEALER)
    nothing.connect(f"tcp://127.0.0.1:{ours.recv()}")
    os.nice(-10)
    socket, times, began, number = service.dealer(), {"nothing": []}, time.monotonic(), 0
    while time.monotonic() - began < seconds:
        name, method, body = ASKED[number % 3]
        number += 1
        socket.poll(max(0, number / 200 - (time.monotonic() - began)) * 1000)
        start = time.monotonic()
        ask(socket, number, method, body(1 + random.randrange(members)))
        times.setdefault(name, []).append((time.monotonic() - start) * 1000)
        start = time.monotonic()
        nothing.send(b"")
        nothing.recv()
        times["nothing"].append((time.monotonic() - start) * 1000)
    mirror.kill()
    result.put({name: sorted(took) for name, took in times.items()})


def run(service, members, seconds, *jobs):
    """The jobs at once: their results, and seconds of CPU meanwhile."""
    queues = [multiprocessing.Queue() for _ in jobs]
    processes = [multiprocessing.Process(target=job, args=(service, members, seconds, pace, queue))
                 for (job, pace), queue in zip(jobs, queues)]
    before = service.cpu()
    [process.start() for process in processes]
    results = [queue.get(timeout=seconds + 120) for queue in queues]
    [process.join() for process in processes]
    return results, [after - was for after, was in zip(service.cpu(), before)]


def ticks(service):
    """Minutes go by, in which those are missed that were not seen of late: the longest tick, ms, and how many copies fell due."""
    socket, longest = service.dealer(), 0
    effects = "SELECT count(*) FROM ratio.book_effect WHERE cause = 'time' AND what = 'copy'"
    ticked = "SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'"
    due = int(sql(effects)[0][0])
    for number in range(MINUTES):
        before = sql(ticked)
        sql("UPDATE ratio.book SET ahead = ahead + 60000")
        ask(socket, number + 1, "ratio.sessions.report", {"sessions": []})
        wait_for(lambda: sql(ticked) != before, 60)
        longest = max(longest, service.metric("ratio_book_tick_ms"))
    return longest, int(sql(effects)[0][0]) - due


def percentiles(times):
    return ", ".join(f"{name} {took[len(took) // 2]:.1f} / {took[int(len(took) * 0.99)]:.1f}" for name, took in times.items())


def main(program, members, seconds=20):
    members, seconds = int(members), int(seconds)
    service = Service(program, members)
    print(f"members {members}, versions {10 * members}, copies {service.metric('ratio_book_copies')}; filled in {service.filled:.0f} s, "
          f"opened in {service.opened():.0f} s", flush=True)
    if members >= 2000:  # so many events that they are worth a snapshot
        wait_for(lambda: service.metric("ratio_book_snapshots_total") > 0, 120)
    (quiet,), _ = run(service, members, seconds, (pages, None))
    (rate,), (ours, theirs) = run(service, members, seconds, (stream, 1e9))
    rows = rate * seconds
    print(f"session totals applied: {rate:.0f} rows/s; "
          f"CPU a row: ratio {ours / rows * 1e6:.1f} µs, PostgreSQL {theirs / rows * 1e6:.1f} µs", flush=True)
    (paced, busy), (ours, theirs) = run(service, members, seconds, (stream, PACE), (pages, None))
    print(f"p50 / p99 ms, quiet: {percentiles(quiet)}\np50 / p99 ms, at {paced:.0f} rows/s: {percentiles(busy)}; "
          f"CPU: ratio {ours / seconds * 100:.0f} %, PostgreSQL {theirs / seconds * 100:.0f} %", flush=True)
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]], 600)
    copies, longest = service.metric("ratio_book_copies"), ticks(service)
    print(f"tick, the longest of {MINUTES}: {longest[0]} ms; copies that fell due: {longest[1]}\n"
          f"memory: {service.metric('ratio_book_bytes') / copies:.0f} bytes a copy (rules), {service.rss() / copies:.0f} (whole process)",
          flush=True)
    service.site.end(True)


if __name__ == "__main__":
    main(*sys.argv[1:])
