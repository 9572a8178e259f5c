"""kill -9 of the tracker, of ratio and of PostgreSQL at random moments while clients announce: what was acknowledged is credited, to
the byte.

Five kills; DJEMBE_TEST_KILLS says how many (`./djembe test chaos`: 50), DJEMBE_TEST_SEED which.
"""

import contextlib
import os
import pathlib
import random
import signal
import threading
import time

from announcer import Announcer
from content import make_album, make_torrent
from instance import wait_for

# small segments, so that kills meet the moments in which a journal file begins and ends
SETTINGS = {"DJEMBE_JOURNAL_SEGMENT": "64K", "DJEMBE_ANNOUNCE_WORKERS": "2"}
KILLS = int(os.environ.get("DJEMBE_TEST_KILLS") or 5)
SEED = int(os.environ.get("DJEMBE_TEST_SEED") or random.randrange(1 << 32))
MEMBERS, CLIENTS_EACH, THREADS = 6, 4, 4


class Uncertain(Announcer):
    """Its counters fall now and then. Only what was answered is owed; what was sent in vain is sent again before the client goes on."""

    def __init__(self, *words, chance):
        super().__init__(*words)
        self.chance, self.owed, self.told = chance, [0, 0], None

    def go_on(self):
        if self.chance.random() < 0.03:
            self.up = self.chance.randrange(self.up + 1)
        elif self.chance.random() < 0.03:
            self.down = self.chance.randrange(self.down + 1)
        else:
            self.up += self.chance.randrange(1 << 20)
            self.down += self.chance.randrange(1 << 16)

    def insist(self):
        """Announces until it is answered; gives how many tries were in vain."""
        for vain in range(100000):
            try:
                if b"14:failure reason" not in self.announce("" if self.told else "started", timeout=5):
                    self.settle()
                    return vain
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("never answered")

    def settle(self):
        now = (self.up, self.down)
        if self.told:
            for way in range(2):
                self.owed[way] += max(0, now[way] - self.told[way])
        self.told = now


class Load:
    def __init__(self, clients):
        self.clients, self.ending, self.answered, self.vain, self.wrong = clients, threading.Event(), 0, 0, []
        self.threads = [threading.Thread(target=self.run, args=(clients[i::THREADS],), daemon=True) for i in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self, mine):
        try:
            while not self.ending.is_set():
                for client in mine:
                    client.go_on()
                    self.vain += client.insist()
                    self.answered += 1
        except BaseException as error:
            self.wrong.append(error)

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        assert self.wrong == []


def cut_pause(instance, daemon):
    """A supervisor waits longer after each kill, up to half a minute: its `sleep` is ended."""
    supervisor = (instance.folder / f"run/{daemon}.supervisor").read_text().split()[0]
    for child in pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{child}/comm").read_text() == "sleep\n":
                os.kill(int(child), signal.SIGTERM)


def kill(instance, victim):
    if victim == "postgresql":
        os.kill(instance.postgres_pid(), signal.SIGKILL)
        wait_for("PostgreSQL runs again", lambda: instance.run("up", "postgresql", ok=False).returncode == 0)
    else:
        killed = instance.kill(victim)
        wait_for(f"{victim} runs again", lambda: cut_pause(instance, victim) or instance.pid(victim) not in (None, killed))


def test_what_was_acknowledged_is_credited_whatever_is_killed(instance, tmp_path):
    print(f"DJEMBE_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    album = make_album(tmp_path, "Some Band - Chaos (2003) [FLAC]", size=60000)
    members = [instance.member(f"member-{i}") for i in range(MEMBERS)]
    added = instance.add_torrent(make_torrent(album, tmp_path / "plain.torrent"), "member-0")
    clients = [Uncertain(instance, member, bytes.fromhex(added["info_hash"]), f"10.77.0.{2 + i}", 5000 * (i % 2),
                         chance=random.Random(chance.random())) for i, member in enumerate(members) for _ in range(CLIENTS_EACH)]
    for client in clients:
        client.insist()
    load = Load(clients)
    victims = (["tracker", "ratio", "tracker", "postgresql", "tracker"] * KILLS)[:KILLS]
    try:
        for victim in victims:
            goal = load.answered + chance.randrange(1, 200)
            wait_for("announces go on", lambda: load.answered >= goal or load.wrong, 90)
            time.sleep(chance.random() * 0.3)  # the moment is what is random here
            kill(instance, victim)
    finally:
        load.stop()
    instance.wait_ready()
    for member in members:
        mine = [client.owed for client in clients if client.member is member]
        owed = sum(up for up, _ in mine), sum(down for _, down in mine)
        wait_for(f"{member['name']} has {owed}, not {instance.totals(member['user'])}",
                 lambda m=member, o=owed: instance.totals(m["user"]) == o)
    wait_for("all is acknowledged", lambda: instance.metric("tracker", "tracker_unacknowledged") == 0)
    assert load.vain > 0
    print(f"{KILLS} kills, {load.answered} announces answered, {load.vain} in vain")
