"""What a second announce worker is worth. Generator and workers share both cores; the generator steps aside, so that no worker is put off
the core while it holds the lock."""
import sys

from part_speed import CASES, SPREAD
from servers import metric, result

CASES_HERE = ("HTTP, a connection each", "HTTP, keep-alive")
WORKERS = {case: [*CASES[case][2], "--connections", "512"] for case in CASES_HERE}  # many, for the system deals them out
NAMES, FLOORS = ("one worker", "two workers"), ("one thread", "two threads")


def measure(servers, args):
    costs = {}
    servers.forget()
    servers.up(*NAMES, *FLOORS)
    for name in NAMES:
        servers.preload(name, SPREAD)
    for _ in range(args.rounds):
        for case, words in WORKERS.items():
            for name in (*NAMES, *FLOORS):
                cost = measured(servers, args, name, words)
                if cost is not None:
                    costs.setdefault((case, name), []).append(cost)
                    print(f"{case}, {name}: {cost} us", file=sys.stderr)
    servers.down(*NAMES, *FLOORS)
    print("\n| announces a second and worker's core | one worker | two workers | two are worth | of the kernel alone, two are worth |\n"
          "|---|---|---|---|---|")
    for case in WORKERS:
        one, two, *floors = (min(costs[case, name], key=sum) for name in (*NAMES, *FLOORS))
        print(f"| {case} | {1e6 / sum(one):.0f} ({one[0]:.1f} µs, {one[1]:.2f} waiting) "
              f"| {2e6 / sum(two):.0f} ({two[0]:.1f} µs, {two[1]:.2f} waiting) | {2 * sum(one) / sum(two):.2f} "
              f"| {2 * sum(floors[0]) / sum(floors[1]):.2f} |")


def waits(name):
    return [metric(f"tracker_{what}_total", name) if name in NAMES else 0 for what in ("lock_sleep_nanoseconds", "announces")]


def measured(servers, args, name, words):
    """What an announce costs a worker, in µs: (CPU time, waiting for the other one)."""
    before, more = waits(name), [] if name in NAMES else ["--no-verify-peers"]
    with servers.alone(name):
        got = result(servers.generate("http", name, [*SPREAD, *words, *more, "--preload", "0", "--seconds", args.seconds,
                                                     "--server-pid", servers.running[name].pid], cpu="0,1", aside=True))
    waited, announces = (now - was for now, was in zip(waits(name), before))
    return (float(got["cpu_us"]), waited / max(announces, 1) / 1e3) if got is not None else None
