"""Catalog, web and ratio as far as a tracker needs them: their feeds out of files, and session totals taken at once.

    owners.py KEYS HASHES PASSKEYS CATALOG_PORT WEB_PORT RATIO_PORT

HASHES has an info-hash in hex a line, PASSKEYS a passkey a line. It speaks the real bus (ARCHITECTURE, "The bus"), so the
tracker under it is the whole daemon; the work of the others, which share a small machine with it, is left out.
"""
import os
import sys

import msgpack
import zmq
import zmq.auth


def facts(rows):
    return [[number, number, msgpack.packb(row)] for number, row in enumerate(rows, 1)]


def load(hashes, passkeys):
    torrents = [[n, bytes.fromhex(line), b"", 1 << 30, 1, "ratio", True]
                for n, line in enumerate(open(hashes).read().split(), 1)]
    keys = open(passkeys).read().split()
    return {
        "catalog.torrents": facts(torrents),
        "web.members": facts([n, f"member{n}", key, "active", "member"] for n, key in enumerate(keys, 1)),
        "ratio.permits": facts([n, True, ""] for n in range(1, len(keys) + 1)),
    }


def answer(feeds, service, method, ask):
    feed, _, what = method.rpartition(".")
    if method == "bus.ping":
        return {"service": service, "version": "bench", "replica": service}
    if what == "since":
        known, seq = feeds.get(feed, []), ask.get("seq", 0)
        return {"head": len(known), "facts": known[seq:seq + ask["limit"]]}
    if what == "snapshot":
        known, after = feeds.get(feed, []), ask.get("after", 0)
        return {"head": len(known), "more": after + ask["limit"] < len(known), "facts": known[after:after + ask["limit"]]}
    return {"applied": 0}


def main():
    keys, hashes, passkeys, *ports = sys.argv[1:]
    feeds, poller, names = load(hashes, passkeys), zmq.Poller(), {}
    for service, port in zip(("catalog", "web", "ratio"), ports):
        router = zmq.Context.instance().socket(zmq.ROUTER)
        router.curve_publickey, router.curve_secretkey = zmq.auth.load_certificate(os.path.join(keys, f"{service}.key_secret"))
        router.curve_server = True
        router.bind(f"tcp://127.0.0.1:{port}")
        poller.register(router, zmq.POLLIN)
        names[router] = service
    while True:
        for router, _ in poller.poll():
            caller, header, body = router.recv_multipart()
            header = msgpack.unpackb(header)
            ask = msgpack.unpackb(body) if not header[2].endswith(".report") else {}
            reply = answer(feeds, names[router], header[2], ask)
            router.send_multipart([caller, msgpack.packb([1, header[1], "ok"]), msgpack.packb(reply)])


main()
