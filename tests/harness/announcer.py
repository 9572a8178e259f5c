"""A client made of nothing but announces: its counters only grow, and it keeps what the tracker acknowledged."""

import http.client
import os
import threading
import time
import urllib.parse

from instance import HOST, wait_for


class Announcer:
    """One session of one member on one torrent."""

    def __init__(self, instance, member, info_hash, address, left, peer_id=None, port=7000):
        self.instance, self.member, self.info_hash = instance, member, info_hash
        self.address, self.left, self.port = address, left, port
        self.peer_id = peer_id or b"-TT0001-" + os.urandom(6).hex().encode()
        self.tracker_port = instance.port(6969)
        self.up = self.down = 0
        self.acknowledged = None  # (up, down) of the newest announce that was answered
        self.refusals = []

    def announce(self, event="", timeout=10):
        """The reply's body; raises OSError when there is none."""
        query = urllib.parse.urlencode({
            "info_hash": self.info_hash, "peer_id": self.peer_id, "port": self.port, "uploaded": self.up,
            "downloaded": self.down, "left": self.left, "compact": 1, "numwant": 10, **({"event": event} if event else {})},
            quote_via=urllib.parse.quote)  # as clients do: a space is %20, for `+` stands for itself
        connection = http.client.HTTPConnection(HOST, self.tracker_port, timeout=timeout,
                                                source_address=(self.address, 0))
        sent = (self.up, self.down)
        try:
            connection.request("GET", f"/{self.member['passkey']}/announce?{query}")
            body = connection.getresponse().read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        if b"14:failure reason" in body:
            self.refusals.append(body)
        else:
            self.acknowledged = sent
        return body


class Storm:
    """Announcers that go on, each in turn, with growing counters, until stop(). An announce without answer is sent again."""

    def __init__(self, announcers):
        self.announcers, self.ending, self.answered, self.unanswered = announcers, threading.Event(), 0, 0
        for one in announcers:
            wait_for("the tracker knows the member and the torrent", lambda o=one: b"failure" not in o.announce("started"))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ending.is_set():
            for one in self.announcers:
                one.up += 1000 + len(one.member["name"])
                one.down += 77
                self.insist(one)

    def insist(self, one):
        """What was not answered may have been taken: only when it is told again is all acknowledged that was taken. A tracker that starts
        refuses until it knows its members: that acknowledges nothing."""
        for _ in range(3000):
            try:
                one.announce(timeout=20)
            except OSError:
                self.unanswered += 1
            if one.acknowledged == (one.up, one.down):
                self.answered += 1
                return
            time.sleep(0.02)

    def stop(self):
        self.ending.set()
        self.thread.join()

    def expected(self, member):
        mine = [one.acknowledged for one in self.announcers if one.member is member]
        return sum(up for up, _ in mine), sum(down for _, down in mine)
