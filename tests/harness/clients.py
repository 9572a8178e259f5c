"""Ordinary BitTorrent clients, each a program of its own with an address of its own, told to talk to nobody but the tracker."""

import base64
import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from instance import wait_for

PYTHON = "/usr/bin/python3"


class Client:
    """start() with a .torrent and a content folder; done() tells whether all is there; stop() says goodbye to the tracker."""

    def __init__(self, folder, address, port=16881, upload_limit=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # the port lies below those that outgoing connections take, or one of them may hold it; upload_limit: KiB/s, 0 none
        self.address, self.port, self.upload_limit = address, port, upload_limit
        self.process = None

    goodbye = signal.SIGINT

    def launch(self, *words, **more):
        self.output = open(self.folder / "client.log", "ab")
        self.process = subprocess.Popen(words, stdout=self.output, stderr=subprocess.STDOUT, cwd=self.folder,
                                        stdin=subprocess.DEVNULL, **more)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.goodbye)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()


class Transmission(Client):
    name = "transmission"
    goodbye = signal.SIGTERM

    def start(self, torrent, content):
        self.rpc = f"http://{self.address}:{self.port + 1}/transmission/rpc"
        settings = {
            "bind-address-ipv4": self.address, "peer-port": self.port, "peer-port-random-on-start": False,
            "rpc-bind-address": self.address, "rpc-port": self.port + 1, "rpc-whitelist-enabled": False,
            "rpc-host-whitelist-enabled": False, "download-dir": str(content), "incomplete-dir-enabled": False,
            "dht-enabled": False, "pex-enabled": False, "lpd-enabled": False, "utp-enabled": False,
            "port-forwarding-enabled": False, "encryption": 0, "blocklist-enabled": False,
            "speed-limit-up-enabled": bool(self.upload_limit), "speed-limit-up": self.upload_limit or 100,
        }
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / "settings.json").write_text(json.dumps(settings))
        self.launch("transmission-daemon", "-f", "-g", str(home))
        self.session = ""
        wait_for("transmission's RPC", lambda: self.ask("session-get"))
        added = self.ask("torrent-add", metainfo=base64.b64encode(pathlib.Path(torrent).read_bytes()).decode())
        assert "torrent-added" in added, added

    def ask(self, method, **arguments):
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):
            try:
                request = urllib.request.Request(self.rpc, body, {"X-Transmission-Session-Id": self.session})
                with urllib.request.urlopen(request, timeout=10) as reply:
                    return json.loads(reply.read())["arguments"]
            except urllib.error.HTTPError as error:
                self.session = error.headers.get("X-Transmission-Session-Id", "")
            except OSError:
                return None
        return None

    def done(self):
        got = self.ask("torrent-get", fields=["percentDone", "status", "errorString"])
        return bool(got and got["torrents"] and got["torrents"][0]["percentDone"] == 1
                    and got["torrents"][0]["status"] == 6)

    def stop(self):
        if self.process.poll() is None:
            before = self.announced_at()
            wait_for("the next second, by which Transmission counts", lambda: int(time.time()) > before)
            self.ask("torrent-stop")
            wait_for("Transmission has said goodbye", lambda: self.announced_at() > before, 30)
        super().stop()

    def announced_at(self):
        return self.ask("torrent-get", fields=["trackerStats"])["torrents"][0]["trackerStats"][0]["lastAnnounceTime"]


class Aria2(Client):
    name = "aria2"

    def start(self, torrent, content):
        self.rpc = f"http://{self.address}:{self.port + 1}/jsonrpc"
        self.launch(
            "aria2c", "--no-conf", f"--interface={self.address}", f"--listen-port={self.port}", "--enable-dht=false",
            "--enable-peer-exchange=false", "--bt-enable-lpd=false", "--enable-rpc", "--rpc-listen-all",
            f"--rpc-listen-port={self.port + 1}", f"--dir={content}", "--seed-ratio=0", "--check-integrity=true",
            "--bt-seed-unverified=false", "--file-allocation=none", "--console-log-level=notice",
            "--summary-interval=0", "--bt-tracker-timeout=5", "--bt-tracker-connect-timeout=5", "--bt-request-peer-speed-limit=10M",
            f"--max-upload-limit={self.upload_limit}K", str(torrent))
        wait_for("aria2's RPC", lambda: self.ask("aria2.getVersion"))

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}).encode()
        try:
            with urllib.request.urlopen(self.rpc, body, timeout=10) as reply:
                return json.loads(reply.read())["result"]
        except OSError:
            return None

    def done(self):
        return any(entry.get("seeder") == "true" for entry in self.ask("aria2.tellActive") or [])


LIBTORRENT = r"""
import json, os, signal, sys, time
import libtorrent as lt
torrent, content, address, port, limit, status_file = sys.argv[1:7]
session = lt.session({
    "listen_interfaces": f"{address}:{port}", "outgoing_interfaces": address, "enable_dht": False, "enable_lsd": False,
    "enable_upnp": False, "enable_natpmp": False, "ssrf_mitigation": False, "enable_outgoing_utp": False,
    "enable_incoming_utp": False, "upload_rate_limit": int(limit) * 1024, "tracker_completion_timeout": 20,
    "allow_multiple_connections_per_ip": True, "stop_tracker_timeout": 15, "alert_mask": lt.alert.category_t.all_categories,
    "tracker_backoff": 10, "min_reconnect_time": 1, "out_enc_policy": 2, "in_enc_policy": 2, "rate_limit_ip_overhead": False,
})
handle = session.add_torrent({"ti": lt.torrent_info(torrent), "save_path": content})
ending = []
signal.signal(signal.SIGINT, lambda *_: ending.append(1))
while not ending:
    session.wait_for_alert(200)
    for alert in session.pop_alerts():
        if any(word in alert.what() for word in ("tracker", "peer", "error")):
            print(alert.what(), alert.message(), flush=True)
    status = handle.status()
    with open(status_file + ".new", "w") as file:
        json.dump({"seeding": status.is_seeding, "up": status.total_payload_upload, "down": status.total_payload_download}, file)
    os.replace(status_file + ".new", status_file)
# a goodbye to the tracker: removed torrents announce `stopped`; wait for its answer
session.remove_torrent(handle)
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    session.wait_for_alert(500)
    if any(a.what() in ("tracker_reply_alert", "tracker_reply", "tracker_error_alert", "tracker_error") for a in session.pop_alerts()):
        break
"""


class Libtorrent(Client):
    name = "libtorrent"

    def start(self, torrent, content):
        self.status = self.folder / "status.json"
        program = self.folder / "client.py"
        program.write_text(LIBTORRENT)
        self.launch(PYTHON, str(program), str(torrent), str(content), self.address, str(self.port),
                    str(self.upload_limit), str(self.status))

    def done(self):
        try:
            return json.loads(self.status.read_text())["seeding"]
        except (OSError, ValueError):
            return False


ALL = {client.name: client for client in (Transmission, Aria2, Libtorrent)}
