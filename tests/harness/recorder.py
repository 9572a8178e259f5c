"""Stands between the clients and the tracker and writes down every announce that was answered, so that a test knows what the
clients reported without asking the tracker. It goes on from the client's own address, so the tracker sees the client's."""

import http.client
import socket
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Announce:
    def __init__(self, passkey, query):
        values = dict(part.partition("=")[::2] for part in query.split("&"))
        self.passkey = passkey
        self.info_hash = urllib.parse.unquote_to_bytes(values["info_hash"])
        self.peer_id = urllib.parse.unquote_to_bytes(values["peer_id"])
        self.uploaded = int(values["uploaded"])
        self.downloaded = int(values["downloaded"])
        self.left = int(values.get("left") or 0)
        self.event = values.get("event", "")


class Recorder:
    """Listens on (host, port); announces go on to (host, tracker_port). `answered` lists those the tracker acknowledged."""

    def __init__(self, host, port, tracker_port):
        self.answered = []
        self.failed = []  # (announce, what the client was told)
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self):
                recorder.forward(self, host, tracker_port)

            def log_message(self, *words):
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        self.server = Server((host, port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forward(self, handler, host, tracker_port):
        path, _, query = handler.path.partition("?")
        announce = Announce(path.split("/")[1], query) if path.endswith("/announce") else None
        try:
            onward = http.client.HTTPConnection(host, tracker_port, timeout=30,
                                                source_address=(handler.client_address[0], 0))
            onward.request("GET", handler.path, headers={"Host": handler.headers.get("Host", host),
                                                         "User-Agent": handler.headers.get("User-Agent", "")})
            reply = onward.getresponse()
            body = reply.read()
            onward.close()
        except OSError as error:
            if announce:
                self.failed.append((announce, str(error)))
            handler.connection.close()  # what a client meets when the tracker is gone
            handler.close_connection = True
            return
        if announce:
            if b"14:failure reason" in body:
                self.failed.append((announce, body))
            else:
                self.answered.append(announce)
        try:
            handler.send_response(reply.status)
            handler.send_header("Content-Type", "text/plain")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass

    def totals(self, passkey):
        """(uploaded, downloaded) that this member's clients reported: each session's last value less its first."""
        up = down = 0
        for session in {(a.info_hash, a.peer_id) for a in self.answered if a.passkey == passkey}:
            mine = [a for a in self.answered if (a.info_hash, a.peer_id) == session and a.passkey == passkey]
            up += mine[-1].uploaded - mine[0].uploaded
            down += mine[-1].downloaded - mine[0].downloaded
        return up, down

    def events(self, passkey):
        return [a.event for a in self.answered if a.passkey == passkey]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
