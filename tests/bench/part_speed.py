"""CPU time per announce, in rounds that take turns; and what one swarm of 50 000 costs beside 10 000 swarms. The cheapest round is shown,
for whoever else is on the machine only adds; ratios are taken within each round, where both sides met the same machine, and their median
is shown."""
import statistics
import subprocess
import sys

from servers import HERE, PORTS, SPREAD_TORRENTS, cpu_seconds, metric, result

SPREAD = ["--torrents", SPREAD_TORRENTS, "--peers", "200000", "--zipf", "1"]
HOT = ["--torrents", "1", "--peers", "50000", "--zipf", "0"]
CASES = {  # name: (URL's scheme, who takes part, what the generator is told)
    "HTTP, a connection each": ("http", ("floor", "opentracker", "djembe"), ["--keepalive", "0"]),
    "HTTP, keep-alive": ("http", ("floor", "djembe"), ["--keepalive", "1"]),
    "UDP, known connection id": ("udp", ("floor", "opentracker", "djembe"), []),
    "UDP, connect before each": ("udp", ("floor", "opentracker", "djembe"), ["--udp-connect", "each"]),
}


FORGED = "UDP, forged ids"


def measure(servers, args):
    cases = [case for case in CASES if any(word in case for word in args.cases.split(","))]
    hot = [*HOT, "--info-hashes", servers.hot]
    names = sorted({"djembe"} | {server for case in cases for server in CASES[case][1]})
    servers.forget()
    servers.up(*names)
    rows = {}
    for case in cases:  # what is compared stands side by side
        rows[case, "floor", "spread"] = SPREAD
        if "opentracker" in CASES[case][1]:
            rows |= {(case, "opentracker", "hot"): hot, (case, "opentracker", "spread"): SPREAD}
        rows |= {(case, "djembe", "spread"): SPREAD, (case, "djembe", "hot"): hot}
    for name in names:
        if name != "floor":
            servers.preload(name, SPREAD)
            servers.preload(name, hot)
    times = {row: [] for row in rows}
    for _ in range(args.rounds):
        for (case, server, load), words in rows.items():
            scheme, _, more = CASES[case]
            more = [*more, *(["--no-verify-peers"] if server == "floor" else [])]
            with servers.alone(server):
                got = result(servers.generate(scheme, server, [*words, *more, "--preload", "0", "--seconds", args.seconds,
                                                               "--server-pid", servers.running[server].pid]))
            times[case, server, load].append(float("nan") if got is None else float(got["cpu_us"]))
            if got is not None:
                print(f"{case}, {server}, {load}: {got['cpu_us']} us, {got['rps']}/s, fail {got['fail']}", file=sys.stderr)
    forged = measure_forged(servers, args) if any(word in FORGED for word in args.cases.split(",")) else None
    servers.down()
    table(cases, times)
    if forged is not None:
        print(f"| {FORGED} | – | – | {forged:.1f} | – | – | – | – |")


def measure_forged(servers, args):
    """CPU time for each packet that was thrown away, in a flood of them."""
    forger, pid, costs = servers.build("forger", HERE / "forger.c"), servers.running["djembe"].pid, []
    for _ in range(args.rounds):
        before, ignored = cpu_seconds(pid), metric("tracker_udp_ignored_total")
        told = subprocess.run(["taskset", "-c", "1", forger, str(PORTS["djembe"]), args.seconds], capture_output=True, text=True,
                              check=True).stdout
        ignored = metric("tracker_udp_ignored_total") - ignored
        costs.append((cpu_seconds(pid) - before) / ignored * 1e6)
        print(f"{FORGED}: {told.strip()} ignored={ignored:.0f} {costs[-1]:.2f} us", file=sys.stderr)
        if not told.endswith("answers=0\n"):
            sys.exit("A forged id was answered.")
    return min(costs)


def table(cases, times):
    def least(*row):
        return min((time for time in times.get(row, []) if time == time), default=float("nan"))

    def ratio(row, other):
        each = [one / two for one, two in zip(times.get(row, []), times.get(other, [])) if one / two == one / two]
        return statistics.median(each) if each else float("nan")

    print("\n| CPU µs per announce | kernel alone | opentracker | Djembe | of opentracker | Djembe, one hot swarm | of the spread load |"
          " opentracker's own |\n|---|---|---|---|---|---|---|---|")
    for case in cases:
        floor, other, ours, others_hot, hot = ((case, name, load) for name, load in (
            ("floor", "spread"), ("opentracker", "spread"), ("djembe", "spread"), ("opentracker", "hot"), ("djembe", "hot")))
        print(f"| {case} | {least(*floor):.1f} | {least(*other):.1f} | {least(*ours):.1f} | {ratio(ours, other):.2f} | {least(*hot):.1f} |"
              f" {ratio(hot, ours):.2f} | {ratio(others_hot, other):.2f} |".replace("nan", "–"))
