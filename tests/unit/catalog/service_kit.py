"""What the tests of the running catalog share: a daemon, torrents of random content, and short ways to ask."""
import concurrent.futures, contextlib, os, pathlib, random, signal, socket, subprocess, sys, time, urllib.request

import libtorrent, pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from bus_client import Bus, Refused  # noqa: E402

V1, V2, HYBRID = 64, 32, 0  # libtorrent's flags
SERVICES = ("tracker", "web", "catalog", "ratio", "admin")


def free_port():
    """Below those that connections are given, and with one for facts 10 above."""
    while True:
        port = random.randrange(15000, 32000)
        with contextlib.suppress(OSError), socket.socket() as probe, socket.socket() as facts:
            probe.bind(("127.0.0.1", port))
            facts.bind(("127.0.0.1", port + 10))
            return port


def until(reached, seconds=60):
    deadline = time.monotonic() + seconds
    while not (result := reached()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return result


class Replica:
    """One running daemon; those it could ask are away, unless the settings say where they are."""

    def __init__(self, folder, service="catalog", bus_port=None, **settings):
        self.service, self.bus_port, self.admin_port = service, bus_port or free_port(), free_port()
        state = folder / f"state-{self.bus_port}"
        state.mkdir()
        self.keys = str(folder / "keys")
        away = {f"DJEMBE_{name.upper()}": f"tcp://127.0.0.1:{free_port()}" for name in ("tracker", "web", "ratio") if name != service}
        environment = dict(
            os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"], DJEMBE_KEYS=self.keys, DJEMBE_STATE=str(state),
            DJEMBE_BUS_LISTEN=f"tcp://127.0.0.1:{self.bus_port}", DJEMBE_ADMIN_LISTEN=f"127.0.0.1:{self.admin_port}",
            **{**away, **settings})
        self.log = open(folder / f"log-{self.bus_port}", "w+")
        self.process = subprocess.Popen([os.environ[f"DJEMBE_TEST_{service.upper()}"]], env=environment, stderr=self.log)
        until(self.is_ready)

    def is_ready(self):
        assert self.process.poll() is None, "the daemon ended"
        with contextlib.suppress(OSError, Refused, TimeoutError):
            if self.service == "ratio":  # ready it is once it has heard of web's members; its books are open before
                return self.bus().ask("ratio.queue.list", {"limit": 1}, seconds=2)
            return urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=2).status == 200
        return False

    def bus(self):
        return Bus(self.keys, f"tcp://127.0.0.1:{self.bus_port}", self.service)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(20) == 0
        self.log.seek(0)
        assert "Sanitizer" not in self.log.read()


def torrent(folder, name, files, flags=V1, private=True, size=40000, piece=16384):
    """`files`: a path, several, or {path: size}."""
    root = folder / f"{random.getrandbits(60):x}" / name
    for path in [files] if isinstance(files, str) else files:
        at = root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(random.randbytes(files[path] if isinstance(files, dict) else size))
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(root))
    made = libtorrent.create_torrent(storage, piece, flags)
    made.set_priv(private)
    made.add_tracker("http://elsewhere.example/announce")
    libtorrent.set_piece_hashes(made, str(root.parent))
    return libtorrent.bencode(made.generate())


FLAC = {"release_type": "Album", "media": "CD", "format": "FLAC", "bitrate": "Lossless", "year": "1999"}
MP3 = dict(FLAC, format="MP3", bitrate="320")


def add(bus, metainfo, fields, actor=5, key=None, **more):
    ask = {"key": key or os.urandom(16), "plugin": "music", "metainfo": metainfo, "fields": fields, **more}
    return bus.ask("catalog.torrent.add", ask, actor=actor, seconds=60)


def refused(ask, *args, **more):
    with pytest.raises(Refused) as told:
        ask(*args, **more)
    return told.value


def browse(bus, query="", **more):
    return bus.ask("catalog.browse", {"limit": 50, "query": query, **more})


def at_once(*calls):
    """Runs them side by side; a result or the exception of each."""
    def run(call):
        try:
            return call()
        except Refused as why:
            return why
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
