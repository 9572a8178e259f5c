"""Ordinary BitTorrent clients, each a program of its own with an address of its own, told to talk to nobody but the tracker."""

import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import xmlrpc.client

from instance import wait_for

PYTHON = "/usr/bin/python3"


class Client:
    """start() with a .torrent and a content folder; done() tells whether all is there; stop() says goodbye to the tracker. `also`:
    torrents besides. shown(hash) is what the client tells its user of the tracker, shown_in where; version() is the client's own word."""

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
                self.process.wait(120)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()

    def kill(self):
        """Ends it without a word to anybody."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.output.close()


class Transmission(Client):
    name = "transmission"
    goodbye = signal.SIGTERM
    encryption = 0  # 2: required

    def start(self, torrent, content, also=()):
        self.rpc = f"http://{self.address}:{self.port + 1}/transmission/rpc"
        settings = {
            "bind-address-ipv4": self.address, "peer-port": self.port, "peer-port-random-on-start": False,
            "rpc-bind-address": self.address, "rpc-port": self.port + 1, "rpc-whitelist-enabled": False,
            "rpc-host-whitelist-enabled": False, "download-dir": str(content), "incomplete-dir-enabled": False,
            "dht-enabled": False, "pex-enabled": False, "lpd-enabled": False, "utp-enabled": False,
            "port-forwarding-enabled": False, "encryption": self.encryption, "blocklist-enabled": False,
            "speed-limit-up-enabled": bool(self.upload_limit), "speed-limit-up": self.upload_limit or 100,
        }
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / "settings.json").write_text(json.dumps(settings))
        self.launch("transmission-daemon", "-f", "-g", str(home))
        self.session = ""
        wait_for("transmission's RPC", lambda: self.ask("session-get"))
        for file in (torrent, *also):
            added = self.ask("torrent-add", metainfo=base64.b64encode(pathlib.Path(file).read_bytes()).decode())
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
        try:
            if self.process.poll() is None:
                before = self.tracker_stats()["lastAnnounceTime"]
                wait_for("the next second, by which Transmission counts", lambda: int(time.time()) > before)
                wait_for("Transmission has said goodbye", lambda: self.ask("torrent-stop") is not None and self.was_told(before))
        finally:
            super().stop()

    shown_in = "`trackerStats[].lastAnnounceResult`"

    def shown(self, info_hash):
        got = self.ask("torrent-get", ids=[info_hash], fields=["trackerStats"])
        return got["torrents"][0]["trackerStats"][0]["lastAnnounceResult"] if got and got["torrents"] else ""

    def version(self):
        return self.ask("session-get")["version"].split()[0]

    def tracker_stats(self):
        return self.ask("torrent-get", fields=["trackerStats"])["torrents"][0]["trackerStats"][0]

    def was_told(self, before):
        """It has announced something since, and has nothing more to announce."""
        stats = self.tracker_stats()
        return stats["lastAnnounceTime"] > before and stats["announceState"] == 0


class Aria2(Client):
    name = "aria2"

    def start(self, torrent, content, also=()):
        self.rpc = f"http://{self.address}:{self.port + 1}/jsonrpc"
        self.launch(
            "aria2c", "--no-conf", f"--interface={self.address}", f"--listen-port={self.port}", "--enable-dht=false",
            "--enable-peer-exchange=false", "--bt-enable-lpd=false", "--enable-rpc", "--rpc-listen-all",
            f"--rpc-listen-port={self.port + 1}", f"--dir={content}", "--seed-ratio=0", "--check-integrity=true",
            "--bt-seed-unverified=false", "--file-allocation=none", "--console-log-level=notice",
            "--summary-interval=0", "--bt-tracker-timeout=5", "--bt-tracker-connect-timeout=5", "--bt-request-peer-speed-limit=10M",
            f"--max-upload-limit={self.upload_limit}K", str(torrent))
        wait_for("aria2's RPC", lambda: self.ask("aria2.getVersion"))
        for file in also:
            self.ask("aria2.addTorrent", base64.b64encode(pathlib.Path(file).read_bytes()).decode())

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}).encode()
        try:
            with urllib.request.urlopen(self.rpc, body, timeout=10) as reply:
                return json.loads(reply.read())["result"]
        except OSError:
            return None

    shown_in = "its output, when refused; nothing when taken"

    def shown(self, _):
        return (self.folder / "client.log").read_text(errors="replace")

    def version(self):
        return self.ask("aria2.getVersion")["version"]

    def done(self):
        return any(entry.get("seeder") == "true" for entry in self.ask("aria2.tellActive") or [])


LIBTORRENT = r"""
import json, os, signal, sys, time
import libtorrent as lt
torrent, content, address, port, limit, status_file, habits, *also = sys.argv[1:]
habits = json.loads(habits)
session = lt.session({
    "listen_interfaces": f"{address}:{port}", "outgoing_interfaces": address.strip("[]"), "enable_dht": False, "enable_lsd": False,
    "enable_upnp": False, "enable_natpmp": False, "ssrf_mitigation": False, "enable_outgoing_utp": False,
    "enable_incoming_utp": False, "upload_rate_limit": int(limit) * 1024, "tracker_completion_timeout": 60,
    "allow_multiple_connections_per_ip": True, "stop_tracker_timeout": 60, "alert_mask": lt.alert.category_t.all_categories,
    "tracker_backoff": 10, "min_reconnect_time": 1, "out_enc_policy": 2, "in_enc_policy": 2, "rate_limit_ip_overhead": False,
    **habits.get("settings", {}),
})
local = session.get_peer_class(lt.session.local_peer_class_id)  # which is served beyond all slots
local["ignore_unchoke_slots"] = not habits.get("chokes")
session.set_peer_class(lt.session.local_peer_class_id, local)
flags = {"flags": lt.torrent_flags.default_flags | lt.torrent_flags.seed_mode} if habits.get("seed_mode") else {}
handle, *others = (session.add_torrent({"ti": lt.torrent_info(file), "save_path": content, **flags}) for file in (torrent, *also))
ending = []
signal.signal(signal.SIGINT, lambda *_: ending.append(1))
announced = time.monotonic()
while not ending:
    if habits.get("announces_each") and time.monotonic() - announced > habits["announces_each"]:
        announced = time.monotonic()
        handle.force_reannounce(0, -1, lt.torrent_handle.ignore_min_interval)
    session.wait_for_alert(200)
    for alert in session.pop_alerts():
        if any(word in alert.what() for word in ("tracker", "peer", "error")):
            print(alert.what(), alert.message(), flush=True)
    status = handle.status()
    with open(status_file + ".new", "w") as file:
        json.dump({"seeding": status.is_seeding, "up": status.total_payload_upload, "down": status.total_payload_download,
                   "version": lt.__version__,
                   "trackers": {str(one.info_hash()): [[tracker["message"], tracker["verified"]] for tracker in one.trackers()]
                                for one in (handle, *others)}}, file)
    os.replace(status_file + ".new", status_file)
# a goodbye to the tracker: removed torrents announce `stopped`; wait for its answer
session.remove_torrent(handle)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    session.wait_for_alert(500)
    if any(a.what() in ("tracker_reply_alert", "tracker_reply", "tracker_error_alert", "tracker_error") for a in session.pop_alerts()):
        break
"""


class Libtorrent(Client):
    name = "libtorrent"
    # settings: of the session; seed_mode: believes that it has all; announces_each: seconds; chokes: no favours for its network
    habits = {}

    def start(self, torrent, content, also=()):
        self.status = self.folder / "status.json"
        program = self.folder / "client.py"
        program.write_text(LIBTORRENT)
        self.launch(PYTHON, str(program), str(torrent), str(content), self.address, str(self.port),
                    str(self.upload_limit), str(self.status), json.dumps(self.habits), *map(str, also))

    shown_in = "`trackers()`: `message`, `verified`"

    def tells(self, what):
        try:
            return json.loads(self.status.read_text())[what]
        except (OSError, ValueError):
            return None

    def shown(self, info_hash):
        trackers = (self.tells("trackers") or {}).get(info_hash)
        return trackers[0][0] or ("verified" if trackers[0][1] else "") if trackers else ""

    def version(self):
        return self.tells("version")

    def done(self):
        return bool(self.tells("seeding"))



class QBittorrent(Client):
    name = "qbittorrent"
    goodbye = signal.SIGTERM

    def start(self, torrent, content, also=()):
        self.api = f"http://{self.address}:{self.port + 1}/api/v2"
        settings = self.folder / "qBittorrent/config/qBittorrent.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text("\n".join((
            "[LegalNotice]", "Accepted=true", "[BitTorrent]", "Session\\DHTEnabled=false", "Session\\PeXEnabled=false",
            "Session\\LSDEnabled=false", "Session\\BTProtocol=TCP", f"Session\\InterfaceAddress={self.address}",
            f"Session\\Port={self.port}", "Session\\MultiConnectionsPerIp=true", "Session\\SSRFMitigation=false",
            "Session\\QueueingSystemEnabled=false", f"Session\\GlobalUPSpeedLimit={self.upload_limit}", "[Network]",
            "PortForwardingEnabled=false", "[Preferences]", "WebUI\\Enabled=true", f"WebUI\\Address={self.address}",
            f"WebUI\\Port={self.port + 1}", "WebUI\\UseUPnP=false", "WebUI\\AuthSubnetWhitelistEnabled=true",
            "WebUI\\AuthSubnetWhitelist=10.77.0.0/24", "WebUI\\CSRFProtection=false", "WebUI\\HostHeaderValidation=false", "")))
        self.launch("qbittorrent-nox", f"--profile={self.folder}", env={**os.environ, "HOME": str(self.folder)})
        wait_for("qBittorrent's interface", lambda: self.ask("/app/version"))
        mark = "----the-end-of-a-part"
        body = (f'--{mark}\r\nContent-Disposition: form-data; name="savepath"\r\n\r\n{content}\r\n'
                f'--{mark}\r\nContent-Disposition: form-data; name="torrents"; filename="a.torrent"\r\n'
                'Content-Type: application/x-bittorrent\r\n\r\n').encode()
        for file in (torrent, *also):
            added = self.ask("/torrents/add", body + pathlib.Path(file).read_bytes() + f"\r\n--{mark}--\r\n".encode(),
                             {"Content-Type": f"multipart/form-data; boundary={mark}"})
            assert added == b"Ok.", added

    def ask(self, path, body=None, headers=None):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.api + path, body, headers or {}), timeout=10) as reply:
                return reply.read()
        except OSError:
            return None

    def take_feed(self, url, category, content):
        """Downloads every article of a feed by itself, as a member sets it up: a feed, read each minute, and a rule."""
        def form(**fields):
            return urllib.parse.urlencode(fields).encode()
        assert self.ask("/app/setPreferences", form(json=json.dumps({
            "rss_processing_enabled": True, "rss_auto_downloading_enabled": True, "rss_refresh_interval": 1}))) is not None
        assert self.ask("/torrents/createCategory", form(category=category, savePath=str(content))) is not None
        rule = {"enabled": True, "mustContain": "", "affectedFeeds": [url], "assignedCategory": category, "savePath": str(content),
                "addPaused": False}
        assert self.ask("/rss/setRule", form(ruleName=category, ruleDef=json.dumps(rule))) is not None
        assert self.ask("/rss/addFeed", form(url=url, path=category)) is not None

    def of_category(self, category):
        return json.loads(self.ask(f"/torrents/info?category={category}") or "[]")

    shown_in = "Trackers tab: status, message"

    def shown(self, info_hash):
        trackers = json.loads(self.ask(f"/torrents/trackers?hash={info_hash}") or "[]")
        names = {0: "Disabled", 1: "Not contacted yet", 2: "Working", 3: "Updating...", 4: "Not working"}
        return next((f"{names[tracker['status']]} {tracker['msg']}".strip()
                     for tracker in trackers if tracker["url"].startswith("http")), "")

    def version(self):
        return self.ask("/app/version").decode().removeprefix("v")

    def done(self):
        listed = json.loads(self.ask("/torrents/info") or "[]")
        return bool(listed and listed[0]["progress"] == 1 and listed[0]["state"] in ("uploading", "stalledUP", "forcedUP"))


class RTorrent(Client):
    name = "rtorrent"

    def start(self, torrent, content, also=()):
        session = self.folder / "session"
        session.mkdir()
        settings = self.folder / "settings.rc"
        settings.write_text("\n".join((
            f"network.bind_address.set = {self.address}", f"network.port_range.set = {self.port}-{self.port}",
            "network.port_random.set = no", "dht.mode.set = disable", "protocol.pex.set = no", "trackers.use_udp.set = no",
            f"session.path.set = {session}", f'directory.default.set = "{content}"',
            f"network.scgi.open_port = {self.address}:{self.port + 1}", f"throttle.global_up.max_rate.set_kb = {self.upload_limit}",
            "system.daemon.set = true", f'load.start = "{torrent}"', "")))
        self.launch("rtorrent", "-n", "-o", f"import={settings}", env={**os.environ, "HOME": str(self.folder), "TERM": "dumb"})
        wait_for("rTorrent's interface", lambda: self.ask("system.client_version"))
        for file in also:
            self.ask("load.start", "", str(file))

    def ask(self, method, *params):
        """XML-RPC over SCGI."""
        body = xmlrpc.client.dumps(params, method).encode()
        head = b"CONTENT_LENGTH\0%d\0SCGI\0001\0" % len(body)
        try:
            with socket.create_connection((self.address, self.port + 1), 10) as connection:
                connection.sendall(b"%d:%s,%s" % (len(head), head, body))
                reply = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return None
        return xmlrpc.client.loads(reply.partition(b"\r\n\r\n")[2])[0][0]

    shown_in = "message line (`d.message`), success count of the tracker list"

    def shown(self, info_hash):
        listed = dict(self.ask("d.multicall2", "", "main", "d.hash=", "d.message=") or [])
        if info_hash.upper() not in listed:
            return ""
        counts = self.ask("t.multicall", info_hash, "", "t.success_counter=", "t.failed_counter=")
        return listed[info_hash.upper()] or (f"S/F {counts[0][0]}/{counts[0][1]}" if counts and any(counts[0]) else "")

    def version(self):
        return self.ask("system.client_version")

    def done(self):
        listed = self.ask("d.multicall2", "", "main", "d.complete=", "d.is_active=", "d.hashing=")
        return bool(listed and listed[0] == [1, 1, 0])


class Deluge(Client):
    name = "deluge"
    goodbye = signal.SIGTERM

    def start(self, torrent, content, also=()):
        settings = {
            "listen_interface": self.address, "outgoing_interface": self.address, "listen_ports": [self.port, self.port],
            "random_port": False, "dht": False, "lsd": False, "utpex": False, "upnp": False, "natpmp": False,
            "new_release_check": False, "allow_remote": False,
            "enc_in_policy": 2, "enc_out_policy": 2, "max_upload_speed": float(self.upload_limit or -1),
        }
        (self.folder / "core.conf").write_text(json.dumps({"file": 1, "format": 1}) + json.dumps(settings))
        (self.folder / "auth").write_text("tester:secret:10\n")
        self.launch("deluged", "-d", "-c", str(self.folder), "-u", self.address, "-p", str(self.port + 1), "-L", "info",
                    env={**os.environ, "HOME": str(self.folder)})
        wait_for("deluged answers", lambda: "Failed" not in (told := self.ask("status")) and "DHT" in told)
        self.ask("; ".join(f"add -p '{content}' '{file}'" for file in (torrent, *also)))

    def ask(self, command):
        where = f"connect {self.address}:{self.port + 1} tester secret"
        return subprocess.run(["deluge-console", "-c", str(self.folder / "console"), f"{where}; {command}"], capture_output=True, text=True,
                              timeout=180, env={**os.environ, "HOME": str(self.folder)}).stdout

    shown_in = "`Tracker status`"

    def shown(self, info_hash):
        told = self.ask(f"info -v {info_hash}").splitlines()
        return next((line.partition(":")[2].strip() for line in told if line.startswith("Tracker status")), "")

    def version(self):
        told = subprocess.run(["deluged", "--version"], capture_output=True, text=True).stdout
        return told.split()[1]

    def done(self):
        return "State: Seeding" in self.ask("info -v")


ALL = {client.name: client for client in (Transmission, Aria2, Libtorrent, QBittorrent, RTorrent, Deluge)}
