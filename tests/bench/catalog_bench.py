"""What the catalog costs: djembe-catalog beside its PostgreSQL, filled with albums, asked by eight callers at a time; then the
same as pages through djembe-web. Prints one column of the table in services/catalog/README.md.

Run by tests/bench/catalog: tests/postgres python3 catalog_bench.py PROGRAMS ALBUMS [SECONDS]
"""
import os, pathlib, random, secrets, subprocess, sys, tempfile, threading, time, urllib.parse

import msgpack, zmq, zmq.auth

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("unit/catalog", "harness", "integration")]
os.environ["DJEMBE_TEST_CATALOG"] = f"{sys.argv[1]}/djembe-catalog"
import catalog_fill
from catalog_fill import COMMON, MANY_FORMATS, PROLIFIC, START, Sizes, fill, syllables, title, word, zipf
from processes import cpu_of, postgres_cpu
from service_kit import SERVICES, Bus, Refused, Replica, free_port, until
from visitor import Visitor

CALLERS, PAUSE = 8, 0.1  # each thinks so long before it asks again
WARM = 3  # seconds before each case, in which each connection to PostgreSQL makes its plans
TRIES, CALM = 6, 0.01  # a case is measured again while the machine's host takes more than this share of the time; the calmest counts
GROUPS = 50


class Site:
    """A catalog and a web daemon on a filled database, without the others."""

    def __init__(self, programs, albums):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="djembe-bench-"))
        (self.folder / "keys").mkdir()
        for name in SERVICES:
            zmq.auth.create_certificates(str(self.folder / "keys"), name)
            os.chmod(self.folder / "keys" / f"{name}.key_secret", 0o600)
        self.catalog = Replica(self.folder)
        self.sizes = Sizes(albums)
        if self.sql("SELECT count(*) FROM (SELECT FROM catalog.listed LIMIT 1) AS l") == "0":
            print(f"filled in {fill(albums):.0f} s", flush=True)
        self.port, bus, state = free_port(), f"tcp://127.0.0.1:{free_port()}", self.folder / "web"
        state.mkdir()
        environment = dict(
            os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"], DJEMBE_KEYS=self.catalog.keys, DJEMBE_STATE=str(state),
            DJEMBE_WEB_LISTEN=f"127.0.0.1:{self.port}", DJEMBE_WEB_URL=f"http://127.0.0.1:{self.port}",
            DJEMBE_BUS_LISTEN=bus, DJEMBE_ADMIN_LISTEN=f"127.0.0.1:{free_port()}",
            DJEMBE_CATALOG=f"tcp://127.0.0.1:{self.catalog.bus_port}",
                    **{f"DJEMBE_{name}": f"tcp://127.0.0.1:{free_port()}" for name in ("TRACKER", "RATIO")})
        self.web = subprocess.Popen([f"{programs}/djembe-web"], env=environment, stderr=open(self.folder / "web.log", "w"))
        self.visitor = Visitor(f"http://127.0.0.1:{self.port}")
        self.visitor.address = "127.0.0.1"
        name = f"bench-{secrets.token_hex(4)}"
        ask = {"key": secrets.token_bytes(16), "name": name, "password": "the old drum speaks"}
        until(lambda: self.answers(lambda: Bus(self.catalog.keys, bus, "web").ask("web.member.add", ask, seconds=2)))
        until(lambda: self.answers(lambda: self.visitor.sign_in(name)) and self.visitor.get("/music").status == 200)

    @staticmethod
    def answers(ask):
        try:
            return ask() is not None
        except (OSError, AssertionError, Refused, TimeoutError):
            return False

    @staticmethod
    def sql(text):
        return subprocess.run(["psql", "-XAtqd", os.environ["DJEMBE_TEST_DATABASE"], "-c", text], check=True, capture_output=True,
                text=True).stdout.strip()

    def cpu(self):
        return cpu_of(self.catalog.process.pid) + postgres_cpu()

    def dealer(self):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(f"{self.catalog.keys}/web.key_secret")
        socket.curve_serverkey, _ = zmq.auth.load_certificate(f"{self.catalog.keys}/catalog.key")
        socket.connect(f"tcp://127.0.0.1:{self.catalog.bus_port}")
        return socket

    def end(self):
        self.web.kill()
        self.catalog.kill()
        subprocess.run(["rm", "-rf", self.folder], check=True)


# ---- what is asked: for the bus, and as a page ----

def browse(**ask):
    return "catalog.browse", {"plugin": "music", "limit": GROUPS, **ask}


def page(**ask):
    return "/music?" + urllib.parse.urlencode({{"query": "q"}.get(name, name): value for name, value in ask.items()})


def cases(site):
    choice, sizes = random.Random(7), site.sizes
    newest = START + 340000000
    artist = 1
    many = sizes.persons + catalog_fill.ALBUMS_OF_ONE + 1
    kinds = ["format:FLAC media:Vinyl", "format:MP3 bitrate:320 year:1990..1999", "release_type:EP media:CD log:yes",
            "tags:jazz format:FLAC -scene:yes"]

    def rare():
        return word(choice.randrange(20000, 150000))

    def typed():
        name = catalog_fill.person_name(zipf(choice, sizes.persons)) if choice.random() < 0.5 else title(choice, 1, 2)
        name = name[:choice.randint(2, max(2, len(name)))].lower()
        slip = choice.randrange(len(name))
        return name[:slip] + name[slip + 1:] if choice.random() < 0.2 and len(name) > 5 else name

    def deep():
        return f"{(START + choice.randrange(newest - START)) * 1000}.{choice.randrange(1 << 40)}"

    ways = {
        "browse, first page": lambda: {},
        "browse, deep page": lambda: {"cursor": deep()},
        "word, rare": lambda: {"query": rare()},
        "words, frequent": lambda: {"query": " ".join(choice.sample(COMMON, choice.randint(1, 2)))},
        "fields with facets": lambda: {"query": choice.choice(kinds) + choice.choice(("", f" {choice.choice(COMMON)}")), "facets": True},
        "flat, by size": lambda: {"query": choice.choice(kinds), "flat": True, "sort": "size"},
    }
    asked = {name: (lambda way=way: browse(**way())) for name, way in ways.items()}
    asked["autocomplete"] = lambda: ("catalog.suggest", {"plugin": "music", "text": typed(), "limit": 10})
    asked[f"artist with {catalog_fill.ALBUMS_OF_ONE} albums"] = lambda: ("catalog.entity.get", {"entity": artist})
    asked[f"album with {catalog_fill.FORMATS_OF_ONE} formats"] = lambda: ("catalog.entity.get", {"entity": many})
    pages = {name: (lambda way=way: page(**{key: value for key, value in way().items() if key not in ("facets", "flat")})) for name,
            way in ways.items()}
    pages["flat, by size"] = lambda: page(query=choice.choice(kinds), sort="size", view="flat")
    pages["autocomplete"] = lambda: "/suggest/music?" + urllib.parse.urlencode({"q": typed()})
    pages[f"artist with {catalog_fill.ALBUMS_OF_ONE} albums"] = lambda: f"/music/artist/{artist}"
    pages[f"album with {catalog_fill.FORMATS_OF_ONE} formats"] = lambda: f"/music/album/{many}"
    return asked, pages


def upload():
    """A new album of one torrent."""
    choice, pieces = random.Random(), secrets.token_bytes(20)
    info = (b"d6:lengthi40000000e4:name6:1.flac12:piece lengthi67108864e6:pieces20:" + pieces + b"7:privatei1ee")
    fields = {"artists": [title(choice, 2, 2)], "artists_role": ["main"],
            "title": f"{title(choice, 1, 3)} {syllables(choice.getrandbits(30), 2)}", "year": "1999",
              "release_type": "Album", "media": "CD", "format": "FLAC", "bitrate": "Lossless", "label": title(choice, 1, 1) + " Records",
                  "tags": "jazz, live"}
    return "catalog.torrent.add", {"key": secrets.token_bytes(16), "plugin": "music", "metainfo": b"d4:info" + info + b"e",
            "fields": fields}


# ---- measuring ----

def call(socket, method, body, actor=1):
    socket.send_multipart([msgpack.packb([1, 1, method, 60000, actor, "0" * 16]), msgpack.packb(body)])
    header, reply = socket.recv_multipart()
    header = msgpack.unpackb(header)
    if header[2] != "ok":
        raise RuntimeError(f"{method} {body}: {msgpack.unpackb(reply)}")


def run(seconds, callers):
    """Each caller, a function of its own, again and again in a thread: ms that each call took, by caller."""
    times, threads, end = [[] for _ in callers], [], time.monotonic() + seconds

    def work(ask, took):
        time.sleep(random.random() * PAUSE)
        while time.monotonic() < end:
            began = time.monotonic()
            ask()
            took.append((time.monotonic() - began) * 1000)
            time.sleep(PAUSE * (0.5 + random.random()))
    for ask, took in zip(callers, times):
        threads.append(threading.Thread(target=work, args=(ask, took)))
        threads[-1].start()
    [thread.join() for thread in threads]
    return times


def stolen():
    """The machine's time so far, and what its host has taken of it."""
    spent = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return sum(spent), spent[7]


def measure(name, seconds, callers, counted, cpu):
    """`counted`: that many of the callers count. `cpu`: seconds that the daemons have spent, or nothing."""
    calmest = None
    for _ in range(TRIES):
        spent, before = cpu(), stolen()
        times = sorted(sum(run(seconds, callers)[:counted], []))
        after = stolen()
        share = (after[1] - before[1]) / (after[0] - before[0])
        if calmest is None or share < calmest[0]:
            calmest = share, times, (cpu() - spent) / len(times) * 1000
        if share <= CALM:
            break
    share, times, spent = calmest
    print(f"| {name} | {times[len(times) // 2]:.1f} | {times[int(len(times) * 0.99)]:.1f} | {spent:.1f} | {len(times)} | {share:.1%} |",
          flush=True)


def at_the_service(site, asked, seconds):
    sockets = [site.dealer() for _ in range(CALLERS)]
    for name, make in asked.items():
        callers = [lambda socket=socket, make=make: call(socket, *make()) for socket in sockets]
        run(WARM, callers)
        measure(name, seconds, callers, CALLERS, site.cpu)
    read = list(asked.values())
    uploads = [lambda socket=socket: call(socket, *upload()) for socket in sockets[:2]]
    reads = [lambda socket=socket: call(socket, *random.choice(read)()) for socket in sockets[2:]]
    measure("upload, while six others read", seconds, uploads + reads, 2, lambda: 0)


def as_pages(site, pages, seconds):
    def visit(make):
        got = site.visitor.get(make())
        assert got.status == 200, (got.status, got.text)
    for name, make in pages.items():
        run(WARM, [lambda: visit(make)] * CALLERS)
        measure(f"page: {name}", seconds, [lambda: visit(make)] * CALLERS, CALLERS, lambda: site.cpu() + cpu_of(site.web.pid))


def main(programs, albums, seconds=10):
    site = Site(programs, int(albums))
    torrents = int(site.sql("SELECT count(*) FROM catalog.torrent"))
    site.sql("CHECKPOINT")
    lists = int(site.sql("SELECT sum(pg_total_relation_size('catalog.' || t))"
                         " FROM unnest(ARRAY['listed', 'listed_unit', 'recent', 'name', 'word', 'shelf']) AS t"))
    whole = int(site.sql("SELECT pg_database_size(current_database())"))
    print(f"{torrents} torrents; {whole / torrents:.0f} bytes of the database a torrent, "
          f"without its .torrent; of these {lists / torrents:.0f} for lists, searches and names\n"
          f"{CALLERS} callers, each {PAUSE * 1000:.0f} ms after its last answer\n"
          "| | p50 ms | p99 ms | CPU ms | calls | the host took |\n|---|---|---|---|---|---|", flush=True)
    asked, pages = cases(site)
    at_the_service(site, asked, float(seconds))
    as_pages(site, pages, float(seconds))
    site.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
