"""What announces must add up to, worked out apart from Djembe, and the recorded storm (tests/integration/storm.txt)."""

import http.client
import pathlib
import urllib.parse


class Ledger:
    """The rules in a dozen lines. A session is (member, torrent, peer_id). It begins where its counters stand; a counter that rises earns
    the difference, one that falls begins anew there and earns nothing, and the other goes on."""

    def __init__(self):
        self.sessions, self.moved, self.snatches = {}, {}, set()

    def announce(self, member, torrent, peer_id, event, up, down, left):
        session = self.sessions.setdefault((member, torrent, peer_id), {"up": up, "down": down, "base": down, "left": None})
        moved = self.moved.setdefault((member, torrent), [0, 0])
        moved[0] += max(0, up - session["up"])
        moved[1] += max(0, down - session["down"])
        if up < session["up"] or down < session["down"]:
            session["base"] = down if down < session["down"] else session["down"]
        arrived = session["left"] and left == 0 and down > session["base"]  # `completed` may never be told
        if event == "completed" or arrived:
            self.snatches.add((member, torrent))
        session.update(up=up, down=down, left=left)

    def total(self, member):
        mine = [moved for (who, _), moved in self.moved.items() if who == member]
        return sum(up for up, _ in mine), sum(down for _, down in mine)

    def snatches_of(self, member):
        return sum(1 for who, _ in self.snatches if who == member)


class Line:
    """An announce of the recording: member torrent client families event uploaded downloaded left [hash]."""

    def __init__(self, text):
        words = text.split()
        self.member, self.torrent, self.client, self.families, self.event = words[:5]
        self.event = self.event.replace("-", "")
        self.up, self.down, self.left = (int(word) for word in words[5:8])
        self.v2 = words[8:] == ["v2"]
        self.peer_id = self.client.encode().ljust(20, b"-")


def recording(file=pathlib.Path(__file__).parents[1] / "integration/storm.txt"):
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [Line(line) for line in lines if line]


def send(source, address, passkey, info_hash, line):
    """One announce on a connection of its own; the reply's body."""
    query = urllib.parse.urlencode({
        "info_hash": info_hash, "peer_id": line.peer_id, "port": 7000, "uploaded": line.up, "downloaded": line.down, "left": line.left,
        "compact": 1, **({"event": line.event} if line.event else {})}, quote_via=urllib.parse.quote)
    connection = http.client.HTTPConnection(*address, timeout=20, source_address=(source, 0))
    try:
        connection.request("GET", f"/{passkey}/announce?{query}")
        return connection.getresponse().read()
    finally:
        connection.close()
