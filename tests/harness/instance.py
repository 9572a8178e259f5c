"""A whole Djembe under test: its own folder, ports and PostgreSQL, started and stopped by ./djembe as an operator does."""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from bus_client import Bus

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAEMONS = ("tracker", "web", "catalog", "ratio")
BUS_PORTS = {"catalog": 5551, "ratio": 5552, "web": 5553, "tracker": 5554}
HOST = "10.77.0.1"  # the site's address in the tests' network; clients are 10.77.0.2 and on


def wait_for(what, condition, seconds=120):
    """Returns the first true value of condition(); fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


def fetch(url, data=None, headers=None, timeout=20):
    """(status, headers, body) of one request, whatever the status."""
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class Instance:
    def __init__(self, folder, offset, **settings):
        self.folder = pathlib.Path(folder)
        self.offset = offset
        self.env = dict(
            os.environ,
            DJEMBE_VAR=str(self.folder),
            DJEMBE_PORT_OFFSET=str(offset),
            DJEMBE_BUILD=os.environ.get("DJEMBE_BUILD", "asan"),
            DJEMBE_NO_BUILD="1",
            DJEMBE_LISTEN=HOST,
            ASAN_OPTIONS="abort_on_error=0:detect_leaks=1",
            UBSAN_OPTIONS="print_stacktrace=1",
            **settings,
        )
        self.web = f"http://{HOST}:{8080 + offset}"
        self.tracker = f"http://{HOST}:{6969 + offset}"

    def port(self, usual):
        return usual + self.offset

    def run(self, *words, ok=True, timeout=180):
        done = subprocess.run(
            [str(ROOT / "djembe"), *words], env=self.env, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        if ok and done.returncode != 0:
            raise AssertionError(f"djembe {' '.join(words)} gave {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def up(self, *words):
        return self.run("up", *words).stdout

    def down(self, *words):
        return self.run("down", *words).stdout

    def admin(self, *words):
        """As `./djembe admin` does, without the script: tests ask again and again."""
        own = {f"DJEMBE_{daemon.upper()}": self.bus_address(daemon) for daemon in BUS_PORTS}
        env = {"DJEMBE_KEYS": str(self.folder / "keys"), **own, **self.env}
        done = subprocess.run([str(self.folder / "bin/djembe-admin"), *words], env=env, capture_output=True, text=True, timeout=180,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"djembe-admin {' '.join(words)} gave {done.returncode}:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def bus_address(self, daemon):
        return f"tcp://127.0.0.1:{self.port(BUS_PORTS[daemon])}"

    def bus(self, method, body=None):
        """As `./djembe admin bus` does, without a process of its own: with a key where none is given; bytes are bytes."""
        daemon = method.partition(".")[0]
        bus = Bus(str(self.folder / "keys"), self.bus_address(daemon), daemon)
        try:
            return bus.ask(method, {"key": os.urandom(16), **(body or {})}, seconds=60)
        finally:
            bus.close()

    def pid(self, daemon):
        """The daemon's process id, or None: whoever runs this instance's own copy of the program."""
        program = self.folder / "bin" / f"djembe-{'ratio' if daemon == 'auditor' else daemon}"
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    target = os.readlink(entry / "exe").removesuffix(" (deleted)")
                    # a starting daemon's environment is checked too: a replica of a test runs the same program
                    audits = b"--auditor" in (entry / "cmdline").read_bytes().split(b"\0")
                    if target == str(program) and audits == (daemon == "auditor") and \
                            b"DJEMBE_TEST_REPLICA=" not in (entry / "environ").read_bytes():
                        return int(entry.name)
                except OSError:
                    pass
        return None

    def kill(self, daemon, sig=signal.SIGKILL):
        pid = self.pid(daemon)
        assert pid, f"{daemon} does not run"
        os.kill(pid, sig)
        return pid

    def postgres_pid(self):
        for file in self.folder.rglob("postmaster.pid"):
            return int(file.read_text().split()[0])
        return None

    def health(self, daemon, page="readyz"):
        port = {"tracker": 9101, "web": 9102, "catalog": 9103, "ratio": 9104, "auditor": 9105}[daemon]
        try:
            status, _, body = fetch(f"http://127.0.0.1:{self.port(port)}/{page}", timeout=5)
            return status, body.decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, daemon, name):
        """Sum of a metric's samples."""
        _, text = self.health(daemon, "metrics")
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                  if line.startswith((f"djembe_{name} ", f"djembe_{name}{{"))]
        return sum(values) if values else None

    def wait_ready(self, *daemons, seconds=60):
        for daemon in daemons or DAEMONS:
            wait_for(f"{daemon} ready", lambda d=daemon: self.health(d)[0] == 200, seconds)

    def logs(self):
        return {file.name: file.read_text(errors="replace") for file in self.folder.glob("log/*.log")}

    def complaints(self):
        """What the sanitizers or assertions said in any log."""
        words = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "Assertion", "UndefinedBehavior")
        return [f"{name}: {line}" for name, text in self.logs().items() for line in text.splitlines()
                if any(word in line for word in words)]

    # What tests do as a member.

    def member(self, name, *more):
        return self.admin("member", "add", name, *more)

    def add_torrent(self, file, member, fields=None):
        words = ["torrent", "add", str(file), "--member", member, "--plugin", "music"]
        if fields:
            words += ["--fields", json.dumps(fields)]
        return self.admin(*words)

    def delete_torrent(self, torrent):
        self.bus("catalog.torrent.delete", {"torrent": torrent, "reason": "It is what the test is about."})

    def personal_torrent(self, torrent, token, into):
        """Downloads a member's own .torrent with the API token."""
        status, _, body = fetch(f"{self.web}/torrent/{torrent}.torrent", headers={"Authorization": f"Bearer {token}"})
        assert status == 200, body[:300]
        pathlib.Path(into).write_bytes(body)
        return pathlib.Path(into)

    def totals(self, user):
        got = self.bus("ratio.member.get", {"user": user})
        return got.get("uploaded", 0), got.get("downloaded", 0)
