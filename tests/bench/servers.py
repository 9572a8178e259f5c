"""The servers that are measured, what a tracker needs around it, and the load generator. Servers run on CPU 0, all else on CPU 1: there the
generator goes before the others, or its own waiting would count as the tracker's."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = "/usr/bin/python3"
PORTS = {"floor": 7001, "opentracker": 7002, "djembe": 7003, "one worker": 7004, "two workers": 7005,
         "one thread": 7006, "two threads": 7007}
OURS = ("djembe", "one worker", "two workers")
BUS = {"catalog": 7051, "web": 7052, "ratio": 7053}
TORRENTS, SPREAD_TORRENTS = 100000, 10000  # that all know; those among them that the spread load is about
INTERVAL = 1800    # the tracker's standard; a peer is forgotten after two of them and ten minutes
PEER_TTL = 2 * INTERVAL + 600


def start(*words, cpu, env=None, log=None):
    out = open(log, "ab") if log else subprocess.DEVNULL
    return subprocess.Popen(["taskset", "-c", str(cpu), *map(str, words)], env=env, stdout=out, stderr=out,
                            stdin=subprocess.DEVNULL)


def step_aside(pid):
    os.sched_setaffinity(pid, {1})
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


def postgres():
    """The server and the processes that it always has: those of connections take after it."""
    server = (pathlib.Path(os.environ["DJEMBE_TEST_CLUSTER"]) / "data/postmaster.pid").read_text().split()[0]
    return [int(pid) for pid in (server, *pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split())]


def admin(server):
    return f"http://127.0.0.1:{PORTS[server] + 100}"


def metric(name, server="djembe"):
    with urllib.request.urlopen(f"{admin(server)}/metrics", timeout=30) as reply:
        return sum(float(line.rsplit(" ", 1)[1]) for line in reply.read().decode().splitlines()
                   if line.startswith((f"djembe_{name} ", f"djembe_{name}{{")))


def wait_for(what, condition, seconds=120, pause=0.1):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        return sum(int(word) for word in file.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")


def rss(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))


def result(output):
    line = next((line for line in output.splitlines() if line.startswith("RESULT")), None)
    if line is None:
        print(output, file=sys.stderr)
        return None
    return dict(word.split("=", 1) for word in line.split()[1:])


class Servers:
    def __init__(self, folder, args):
        self.folder, self.args, self.running = folder, args, {}
        folder.chmod(0o755)
        self.load = self.build("load", os.environ["DJEMBE_ANNOUNCE_LOAD"], "-std=c11", "-lm", "-lpthread")
        self.floor = self.build("floor", HERE / "floor.c", "-lpthread")
        self.hashes, self.passkeys, self.hot = folder / "hashes", folder / "passkeys", folder / "hot"
        self.generate("http", "djembe", ["--torrents", TORRENTS, "--write-hashes", self.hashes])
        self.generate("http", "djembe", ["--write-passkeys", self.passkeys])
        self.hot.write_text(self.hashes.read_text().split()[-1] + "\n")  # none of those that the spread load is about
        self.bin = pathlib.Path(args.build) / "bin"
        self.keys, self.state = folder / "keys", folder / "djembe"
        subprocess.run([self.bin / "djembe-admin", "keys", self.keys], check=True, stdout=subprocess.DEVNULL)
        self.owners = start(PYTHON, HERE / "owners.py", self.keys, self.hashes, self.passkeys,
                            *(BUS[name] for name in ("catalog", "web", "ratio")), cpu=1, log=folder / "owners.log")
        for pid in (self.owners.pid, *postgres()):
            step_aside(pid)

    def build(self, name, source, *more):
        program = self.folder / name
        subprocess.run(["cc", "-O2", "-o", program, source, *more], check=True)
        return program

    def generate(self, scheme, server, words, cpu="1", aside=False):
        """Runs the load generator, aside: in what the servers leave of the CPU; what it printed."""
        path = "/{passkey}/announce" if server in OURS else "/announce"
        url = f"{scheme}://127.0.0.1:{PORTS[server]}{path}"
        command = [*(("chrt", "-i", 0) if aside else ()), self.load, "--url-template", url, "--pin-self", cpu, *words]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600).stdout

    def preload(self, server, words):
        return self.generate("udp", server, [*words, "--preload-only"])

    def up(self, *names):
        for name in names:
            self.running[name] = self.start_djembe(name) if name in OURS else getattr(self, "start_" + name.replace(" ", "_"))()
            if name in OURS:
                wait_for("the tracker is ready", lambda: self.is_ready(name))

    def start_floor(self):
        return start(self.floor, PORTS["floor"], cpu=0)

    def start_one_thread(self):
        return start(self.floor, PORTS["one thread"], cpu="0,1")

    def start_two_threads(self):
        return start(self.floor, PORTS["two threads"], 2, cpu="0,1")

    def start_opentracker(self):
        config = self.folder / "opentracker.conf"
        # Debian's serves a list of torrents only; it reads it as another user, below its own root
        config.write_text(f"listen.tcp_udp 127.0.0.1:{PORTS['opentracker']}\naccess.whitelist /{self.hashes.name}\n"
                          f"tracker.rootdir {self.folder}\n")
        return start(self.args.opentracker, "-f", config, cpu=0, log=self.folder / "opentracker.log")

    def start_djembe(self, name="djembe"):
        state, port = self.folder / name.replace(" ", "-"), PORTS[name]
        state.mkdir(exist_ok=True)
        env = dict(os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"], DJEMBE_KEYS=str(self.keys),
                   DJEMBE_STATE=str(state), DJEMBE_TRACKER_LISTEN=f"127.0.0.1:{port}",
                   DJEMBE_ADMIN_LISTEN=f"127.0.0.1:{port + 100}", DJEMBE_BUS_LISTEN=f"tcp://127.0.0.1:{port + 200}",
                   DJEMBE_MEMBER_PEERS="0", DJEMBE_ANNOUNCE_WORKERS="2" if name == "two workers" else "1",
                   **{f"DJEMBE_{owner.upper()}": f"tcp://127.0.0.1:{at}" for owner, at in BUS.items()})
        # workers are compared where each of two has a core
        return start(self.bin / "djembe-tracker", cpu="0" if name == "djembe" else "0,1", env=env, log=self.folder / "tracker.log")

    def is_ready(self, name):
        try:
            return urllib.request.urlopen(f"{admin(name)}/readyz", timeout=5).status == 200
        except OSError:
            return False

    @contextlib.contextmanager
    def alone(self, server):
        """The others stand still: what they have yet to report and store is not this one's business."""
        others = [process for name, process in self.running.items() if name != server]
        for process in others:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in others:
                process.send_signal(signal.SIGCONT)

    def settle(self):
        """The trackers have reported and stored what they know."""
        for name in set(OURS) & set(self.running):
            wait_for("all is stored", lambda: metric("tracker_unstored", name) + metric("tracker_unacknowledged", name) < 3000, 300)

    def down(self, *names, how=signal.SIGKILL):
        for name in names or list(self.running):
            self.running[name].send_signal(how)
            self.running.pop(name).wait()

    def forget(self):
        """The next trackers know nothing of those before."""
        for name in OURS:
            shutil.rmtree(self.folder / name.replace(" ", "-"), ignore_errors=True)
        self.sql("DROP SCHEMA IF EXISTS tracker CASCADE")

    def close(self):
        self.down()
        self.owners.kill()
        self.owners.wait()

    # ---- PostgreSQL ----

    def sql(self, text):
        done = subprocess.run(["psql", "-Atqd", os.environ["DJEMBE_TEST_DATABASE"].replace("'", ""), "-c", text],
                              check=True, capture_output=True, text=True)
        return done.stdout

    def freeze(self, stopped):
        """All of PostgreSQL stands still, or goes on."""
        subprocess.run([os.environ["DJEMBE_TEST_POSTGRES"], "-freeze" if stopped else "-thaw"], check=True)

    def store_peers(self, count, first_gone, last_gone):
        """As if they had announced long ago, in torrents of their own: each will be forgotten at a moment between the two, in seconds
        from now."""
        self.sql(f"""INSERT INTO tracker.session (user_id, torrent, peer_id, epoch, base_up, base_down, up, down, missing, flags, seen_at,
                                                  ipv4, port4)
            SELECT 1 + i % 1000, {SPREAD_TORRENTS} + 1 + i % {TORRENTS - SPREAD_TORRENTS},
                   convert_to('-BB0001-' || lpad(i::text, 12, '0'), 'UTF8'), 1700000000000 + i, 0, 0, i, i, i % 2 * 1000, 0,
                   now() + make_interval(secs => {first_gone} - {PEER_TTL} + ({last_gone} - {first_gone}) * (i::float8 / {count})),
                   '10.1.0.0'::inet + i, 6881
            FROM generate_series(1, {count}) i""")
