"""How long an announce takes at 70 % of what the tracker can do: by itself, while a million silent peers are forgotten, and while
PostgreSQL stands still."""
import sys
import threading
import time

from part_speed import SPREAD
from servers import metric, result, wait_for

WIRES = {"HTTP, keep-alive": ("http", ["--keepalive", "1"]), "UDP": ("udp", [])}
SECONDS, FROZEN, SHARE = 12, 10, 0.7
SILENT = 1_000_000


def measure(servers, args):
    servers.forget()
    servers.up("djembe")  # makes the schema, and puts the feeds on file
    wait_for("the feeds are on file", lambda: metric("tracker_feeds_unsaved") == 0)
    servers.down("djembe")
    servers.store_peers(SILENT, args.lead, args.lead + 2 * SECONDS + 4)
    servers.up("djembe")
    wait_for("the silent peers are there", lambda: metric("tracker_peers") >= SILENT, args.lead)
    servers.preload("djembe", SPREAD)
    servers.settle()
    rates = {wire: SHARE * float(run(servers, wire, 3)["rps"]) for wire in WIRES}
    rows = [("1 M peers silent, none forgotten yet", wire, run(servers, wire, 5, rates[wire])) for wire in WIRES]
    full = metric("tracker_peers")
    if full < SILENT:
        sys.exit(f"This took too long, and peers are forgotten already: try --lead {2 * args.lead}.")
    wait_for("the first are forgotten", lambda: metric("tracker_peers") < full - 1000, args.lead)
    for wire in WIRES:
        before = metric("tracker_peers")
        rows.append(("while they are forgotten", wire, run(servers, wire, SECONDS, rates[wire])))
        print(f"{before - metric('tracker_peers'):.0f} forgotten meanwhile", file=sys.stderr)
    wait_for("all are forgotten", lambda: metric("tracker_peers") < full - 0.99 * SILENT, 300)
    rows += [("by itself", wire, run(servers, wire, SECONDS, rates[wire])) for wire in WIRES]
    for wire in WIRES:
        servers.settle()
        frozen = threading.Thread(target=stand_still, args=(servers,))
        frozen.start()
        rows.append((f"while PostgreSQL stands still for {FROZEN} s", wire, run(servers, wire, SECONDS, rates[wire])))
        frozen.join()
    servers.down()
    print(f"\n| latency at {SHARE:.0%} of capacity | wire | announces/s | p50 | p99 | p99.9 | failed |\n|---|---|---|---|---|---|---|")
    for situation, wire, got in rows:
        print(f"| {situation} | {wire} | {float(got['rps']):.0f} | " + " | ".join(
            f"{float(got[key]) / 1000:.2f} ms" for key in ("p50_us", "p99_us", "p999_us")) + f" | {got['fail']} |")


def run(servers, wire, seconds, rate=0):
    scheme, words = WIRES[wire]
    got = result(servers.generate(scheme, "djembe", [*SPREAD, *words, "--preload", "0", "--seconds", seconds, "--rate", int(rate),
                                                     "--server-pid", servers.running["djembe"].pid]))
    if got is None:
        sys.exit(f"no announce over {wire} was answered")
    print(f"{wire}: {got['rps']}/s, p50 {got['p50_us']} us, p99 {got['p99_us']} us, fail {got['fail']}, others' CPU {got['other_pct']} %,"
          f" tracker's {got['cpu_pct']} %", file=sys.stderr)
    return got


def stand_still(servers):
    time.sleep(1)
    servers.freeze(True)
    time.sleep(FROZEN)
    servers.freeze(False)
