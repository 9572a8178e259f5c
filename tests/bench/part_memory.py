"""Memory per peer, of the process and of the tracker's own records."""
import sys

from servers import metric, rss

LOAD = ["--torrents", "100000", "--peers", "1000000", "--zipf", "0"]


def measure(servers, args):
    print("\n| memory per peer, 1 M peers in 100 000 torrents | bytes |\n|---|---|")
    for name in ("opentracker", "djembe"):
        servers.forget()
        servers.up(name)
        before = rss(servers.running[name].pid)
        servers.preload(name, LOAD)
        servers.settle()
        print(f"| {name} | {(rss(servers.running[name].pid) - before) / 1e6:.0f} |", flush=True)
        if name == "djembe":
            known = {what: metric(f"tracker_{what}") for what in ("peers", "peers_bytes", "sessions", "sessions_bytes")}
            print(known, file=sys.stderr)
            print(f"| djembe, its peers' records alone | {known['peers_bytes'] / max(known['peers'], 1):.0f} |", flush=True)
        servers.down()
