"""How long an announce takes at 70 % of what the tracker can do: by itself, while a million silent peers are forgotten, and while
PostgreSQL stands still. A fixed reply (the floor) is asked for as often in turn with it: what two cores make an answer wait that takes
no work at all shows in it, and changes from one second to the next."""
import contextlib
import statistics
import sys

from part_speed import SPREAD
from servers import metric, result, wait_for

WIRES = {"HTTP, keep-alive": ("http", ["--keepalive", "1"]), "UDP": ("udp", [])}
TURNS, SECONDS, FLOOR_SECONDS, SHARE = 5, 3, 2, 0.7
SILENT, FORGOTTEN_IN = 1_000_000, len(WIRES) * TURNS * (SECONDS + FLOOR_SECONDS + 2)
FIGURES = ("p50_us", "p99_us", "p999_us")


def measure(servers, args):
    servers.forget()
    servers.up("djembe")  # makes the schema, and puts the feeds on file
    wait_for("the feeds are on file", lambda: metric("tracker_feeds_unsaved") == 0)
    servers.down("djembe")
    servers.store_peers(SILENT, args.lead, args.lead + FORGOTTEN_IN)
    servers.up("djembe", "floor")
    wait_for("the silent peers are there", lambda: metric("tracker_peers") >= SILENT, args.lead)
    servers.preload("djembe", SPREAD)
    servers.settle()
    rates = {wire: SHARE * float(run(servers, "djembe", wire, 3)["rps"]) for wire in WIRES}
    rows = []
    full = metric("tracker_peers")
    if full < SILENT:
        sys.exit(f"This took too long, and peers are forgotten already: try --lead {2 * args.lead}.")
    wait_for("the first are forgotten", lambda: metric("tracker_peers") < full - 1000, args.lead)
    for wire in WIRES:
        before = metric("tracker_peers")
        rows.append(("while they are forgotten", wire, turns(servers, wire, rates[wire])))
        print(f"{before - metric('tracker_peers'):.0f} forgotten meanwhile", file=sys.stderr)
    wait_for("all are forgotten", lambda: metric("tracker_peers") < full - 0.99 * SILENT, 300)
    rows += [("by itself", wire, turns(servers, wire, rates[wire])) for wire in WIRES]
    for wire in WIRES:
        servers.settle()
        with frozen(servers):
            rows.append(("while PostgreSQL stands still", wire, turns(servers, wire, rates[wire])))
    servers.down()
    print(f"\n| latency at {SHARE:.0%} of capacity, in ms | wire | announces/s | p50 | p99 | p99.9 | floor: p50 | p99 | p99.9 |\n"
          "|---|---|---|---|---|---|---|---|---|")
    for situation, wire, got in rows:
        ours, floor = ([statistics.median(float(one[key]) for one in got[server]) / 1000 for key in FIGURES] for server in got)
        print(f"| {situation} | {wire} | {rates[wire]:.0f} | " + " | ".join(f"{value:.2f}" for value in [*ours, *floor]) + " |")


def turns(servers, wire, rate):
    """What each turn told: the median of them is shown."""
    got = {"djembe": [], "floor": []}
    for _ in range(TURNS):
        got["djembe"].append(run(servers, "djembe", wire, SECONDS, rate))
        got["floor"].append(run(servers, "floor", wire, FLOOR_SECONDS, rate))
    return got


def run(servers, server, wire, seconds, rate=0):
    scheme, words = WIRES[wire]
    got = result(servers.generate(scheme, server, [*SPREAD, *words, "--preload", "0", "--seconds", seconds, "--rate", int(rate),
                                                   "--server-pid", servers.running[server].pid]))
    if got is None or int(got["fail"]) > 0:
        sys.exit(f"{server}: not every announce over {wire} was answered")
    print(f"{server}, {wire}: {got['rps']}/s, p50 {got['p50_us']} us, p99 {got['p99_us']} us, others' CPU {got['other_pct']} %,"
          f" its {got['cpu_pct']} %", file=sys.stderr)
    return got


@contextlib.contextmanager
def frozen(servers):
    servers.freeze(True)
    try:
        yield
    finally:
        servers.freeze(False)
