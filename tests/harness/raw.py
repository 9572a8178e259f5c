"""The tracker's two wires, byte by byte: what is sent is what the test wrote."""

import socket
import struct

from instance import HOST

MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
COMPLETED, STARTED, STOPPED, PAUSED = range(1, 5)


class Http:
    """One connection."""

    def __init__(self, port, source="10.77.0.2", server=HOST):
        self.socket = socket.create_connection((server, port), 10, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, request):
        self.socket.sendall(request)
        return self

    def reply(self, head=False):
        """(status line, headers with names in lower case, body) of the next reply; None when the connection ends before one."""
        while b"\r\n\r\n" not in self.read:
            if not self._more():
                return None
        start, _, self.read = self.read.partition(b"\r\n\r\n")
        status, *lines = start.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        size = 0 if head else int(headers[b"content-length"])
        while len(self.read) < size:
            assert self._more(), "cut"
        body, self.read = self.read[:size], self.read[size:]
        return status, headers, body

    def ended(self):
        """Waits for the server to close, and has got nothing more."""
        return not self._more() and self.read == b""

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.read += got
        return got != b""


class Udp:
    """A client at one address; connect() first."""

    def __init__(self, port, source="10.77.0.2", server=HOST):
        self.socket = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.server, self.id = (server, port), 0

    def connect(self):
        self.id = struct.unpack(">Q", self.ask(struct.pack(">QII", MAGIC, CONNECT, 7))[8:])[0]
        return self

    def packet(self, info_hash, peer_id, up=0, down=0, left=0, event=0, numwant=-1, port=7000, options=b""):
        return struct.pack(">QII20s20sQQQIIIiH", self.id, ANNOUNCE, 9, info_hash, peer_id, down, left, up, event, 0, 0, numwant,
                           port) + options

    def ask(self, packet, seconds=20):
        """The answer, or None; it must come from where the packet went."""
        self.socket.sendto(packet, self.server)
        return self.answer(seconds)

    def answer(self, seconds=20):
        self.socket.settimeout(seconds)
        try:
            answer, server = self.socket.recvfrom(4096)
        except TimeoutError:
            return None
        assert server[:2] == self.server, server
        return answer


def url_option(url):
    return bytes([2, len(url)]) + url
