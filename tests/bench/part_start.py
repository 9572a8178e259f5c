"""From exec to the first announce that is answered, with a million peers to load: out of PostgreSQL, and out of the journal."""
import signal
import statistics
import time
import urllib.request

from part_memory import LOAD
from servers import PORTS, metric, wait_for

PEERS = 1_000_000
ROUNDS = 2


def measure(servers, args):
    passkey, info_hash = servers.passkeys.read_text().split()[0], servers.hashes.read_text().split()[0]
    target = (f"http://127.0.0.1:{PORTS['djembe']}/{passkey}/announce?info_hash="
              + "".join(f"%{info_hash[i:i + 2]}" for i in range(0, 40, 2))
              + "&peer_id=-ST0001-000000000001&port=7000&uploaded=0&downloaded=0&left=0")
    print("\n| start with 1 M peers to load | first announce answered | all peers there |\n|---|---|---|")
    servers.forget()
    servers.up("djembe")
    wait_for("the feeds are on file", lambda: metric("tracker_feeds_unsaved") == 0)
    servers.down("djembe", how=signal.SIGTERM)
    servers.store_peers(PEERS, 3000, 3600)
    row("from PostgreSQL", [timed(servers, target) for _ in range(ROUNDS)])
    servers.forget()
    fill_journal(servers)
    size = sum(file.stat().st_size for file in servers.state.glob("journal-*"))
    row(f"from the journal ({size >> 20} MiB)", [timed(servers, target)])


def fill_journal(servers):
    """Nothing is stored or acknowledged, so that the journal keeps all of it; then kill -9."""
    servers.up("djembe")
    wait_for("the feeds are on file", lambda: metric("tracker_feeds_unsaved") == 0)
    servers.owners.send_signal(signal.SIGSTOP)
    servers.freeze(True)
    try:
        servers.preload("djembe", LOAD)
        wait_for("the peers are there", lambda: metric("tracker_peers") >= PEERS)
        servers.down("djembe")
    finally:
        servers.freeze(False)
        servers.owners.send_signal(signal.SIGCONT)
    servers.sql("TRUNCATE tracker.session")  # what was on its way when PostgreSQL went on


def answered(target):
    try:
        return b"14:failure reason" not in urllib.request.urlopen(target, timeout=5).read()
    except OSError:
        return False


def timed(servers, target):
    """Seconds to the first answer, and to the last peer; then kill -9."""
    began = time.monotonic()
    servers.running["djembe"] = servers.start_djembe()
    wait_for("an announce is answered", lambda: answered(target), pause=0.002)
    first = time.monotonic() - began
    wait_for("all peers are there", lambda: metric("tracker_peers") >= PEERS)
    whole = time.monotonic() - began
    servers.down("djembe")
    return first, whole


def row(name, runs):
    first, whole = (statistics.median(column) for column in zip(*runs))
    print(f"| {name} | {first:.2f} s | {whole:.1f} s |", flush=True)
