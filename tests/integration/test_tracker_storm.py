"""The accounting in bad weather: announces repeated, doubled, out of order and across clocks that step. A model works out the totals."""

import os
import pathlib
import random

import libtorrent
import pytest

import storm
from at_once import at_once
from content import make_album, make_torrent
from instance import HOST, wait_for

ADDRESSES = {"4": ("10.77.0.2", HOST), "6": ("fd77::2", "fd77::1")}


@pytest.fixture(scope="module")
def instance(wide_instance):
    return wide_instance


@pytest.fixture(scope="module")
def torrents(instance, tmp_path_factory):
    """name -> (id, v1 hash, v2 hash cut to 20 bytes); `hy` is a hybrid."""
    folder = tmp_path_factory.mktemp("torrents")
    owner, made = instance.member("owner"), {}
    for name in ("t1", "t2", "hy"):
        album = make_album(folder, f"Some Band - Storm {name} (2003) [FLAC]", size=60000)
        file = make_hybrid(album, folder / "hy.torrent") if name == "hy" else make_torrent(album, folder / f"{name}.torrent")
        added = instance.add_torrent(file, "owner")
        served = libtorrent.torrent_info(str(instance.personal_torrent(added["torrent"], owner["token"], folder / "own.torrent")))
        hashes = served.info_hashes()
        v1 = hashes.v1.to_bytes() if hashes.has_v1() else None
        assert v1.hex() == added["info_hash"]
        made[name] = added["torrent"], v1, hashes.v2.to_bytes()[:20]
    return made


def make_hybrid(album, file):
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(album))
    torrent = libtorrent.create_torrent(storage, piece_size=16 * 1024)
    torrent.set_priv(True)
    libtorrent.set_piece_hashes(torrent, str(album.parent))
    file.write_bytes(libtorrent.bencode(torrent.generate()))
    return file


class Weather:
    """Sends announces to the instance, and to the model."""

    def __init__(self, instance, torrents):
        self.instance, self.torrents, self.ledger, self.members = instance, torrents, storm.Ledger(), {}

    def member(self, name):
        """Made when first named; from then on the tracker knows it, and so does the model."""
        if name not in self.members:
            self.members[name] = self.instance.member(name)
            hello = storm.Line(f"{name} hy hello 4 started 0 0 1")
            wait_for(f"{name} is let in", lambda: self.is_taken(hello, "4"))
            self.ledger.announce(name, "hy", hello.peer_id, "started", 0, 0, 1)
        return self.members[name]

    def is_taken(self, line, family):
        _, v1, v2 = self.torrents[line.torrent]
        source, host = ADDRESSES[family]
        body = storm.send(source, (host, self.instance.port(6969)), self.members[line.member]["passkey"], v2 if line.v2 else v1, line)
        return b"14:failure reason" not in body

    def send(self, line, family):
        assert self.is_taken(line, family), vars(line)

    def play(self, line):
        self.member(line.member)
        at_once([lambda family=family: self.send(line, family) for family in line.families])
        self.ledger.announce(line.member, line.torrent, line.peer_id, line.event, line.up, line.down, line.left)

    def check(self, *names):
        """Every total, of members (those named, or all) and of each of their torrents, and every snatch."""
        for name in names or self.members:
            member = self.members[name]
            wanted = self.ledger.total(name)
            wait_for(f"{name} has {wanted}, not {self.instance.totals(member['user'])}",
                     lambda u=member["user"], w=wanted: self.instance.totals(u) == w)
            got = self.instance.bus("ratio.member.torrents", {"user": member["user"], "limit": 100})["torrents"]
            torrents = {made[0]: torrent for torrent, made in self.torrents.items()}
            assert {torrents[row[0]]: [row[1], row[2]] for row in got} == {
                torrent: moved for (who, torrent), moved in self.ledger.moved.items() if who == name}, name
            assert self.instance.bus("ratio.member.get", {"user": member["user"]}).get("snatches", 0) == self.ledger.snatches_of(name), name
        ids = [made[0] for made in self.torrents.values()]
        counts = {row[0]: row[1:4] for row in self.instance.bus("ratio.torrent.counts", {"torrents": ids})["torrents"]}
        for torrent, (number, _, _) in self.torrents.items():
            moved = [moved for (_, t), moved in self.ledger.moved.items() if t == torrent]
            snatches = sum(1 for _, t in self.ledger.snatches if t == torrent)
            assert counts[number] == [snatches, sum(up for up, _ in moved), sum(down for _, down in moved)], torrent


@pytest.fixture(scope="module")
def weather(instance, torrents):
    return Weather(instance, torrents)


def test_the_recorded_storm_adds_up(weather):
    for line in storm.recording():
        weather.play(line)
    weather.check()


def test_played_again_with_kills_between_it_adds_up(weather):
    """A replay begins with counters that fell, for every session is known already."""
    for number, line in enumerate(storm.recording()):
        if number % 40 == 0:
            restart_killed(weather.instance)
        weather.play(line)
    weather.check()


def restart_killed(instance):
    killed = instance.kill("tracker")
    wait_for("the tracker runs again", lambda: instance.pid("tracker") not in (None, killed))
    instance.wait_ready("tracker")


def test_clients_of_all_kinds_at_once_add_up(weather):
    """40 clients of 8 members in 8 threads, by a seed that is told."""
    seed = int(os.environ.get("DJEMBE_TEST_SEED") or random.randrange(1 << 32))
    print(f"DJEMBE_TEST_SEED={seed}")
    chance = random.Random(seed)
    names = [f"crowd-{i}" for i in range(8)]
    for name in names:
        weather.member(name)
    histories = [history(chance, chance.choice(names), chance.choice(["t1", "t2", "hy"]), f"crowd-{i:02}") for i in range(40)]

    def play(mine):
        for line in mine:
            for family in line.families:
                weather.send(line, family)

    at_once([lambda part=part: [play(lines) for lines in histories[part::8]] for part in range(8)])
    for lines in histories:
        for line in lines:
            weather.ledger.announce(line.member, line.torrent, line.peer_id, line.event, line.up, line.down, line.left)
    weather.check()


def history(chance, member, torrent, client):
    """What one client tells over its life: counters that mostly rise, sometimes fall, and stay."""
    lines, up, down, left = [], chance.randrange(1000), chance.randrange(1000), 10000
    for number in range(chance.randrange(10, 40)):
        if chance.random() < 0.1:
            up = chance.randrange(up + 1)
        if chance.random() < 0.1:
            down = chance.randrange(down + 1)
        if chance.random() < 0.7:
            up += 1 << chance.randrange(30)
            more = min(left, chance.randrange(2000))
            down, left = down + more, left - more
        event = chance.choice(["-"] * 8 + ["started", "stopped"] + (["completed"] if left == 0 else []))
        hashed = "v2" if torrent == "hy" and chance.random() < 0.5 else ""
        lines.append(storm.Line(f"{member} {torrent} {client} {chance.choice(['4', '6', '46', '44'])} "
                                f"{event if number else 'started'} {up} {down} {left} {hashed}"))
    return lines


def age(weather, hours, user):
    """What tracker and ratio have stored of a member was told by a clock that differs by so many hours."""
    instance = weather.instance
    for what in ("unstored", "unacknowledged"):
        wait_for(f"nothing is {what}", lambda w=what: instance.metric("tracker", f"tracker_{w}") == 0)
    instance.down("tracker")
    for segment in (pathlib.Path(os.path.realpath(instance.folder)) / "state/tracker").glob("journal-*.segment"):
        segment.unlink()  # what it holds is acknowledged, and told by the right clock
    for schema in ("tracker", "ratio"):
        instance.run("psql", "-qc", f"UPDATE {schema}.session SET epoch = epoch + {hours * 3600000},"
                     f" seen_at = seen_at + interval '{hours} hour' WHERE user_id = {user}")
    instance.up("tracker")
    instance.wait_ready("tracker")


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_steps_costs_nothing(weather, hours):
    """What is stored was written by a clock that went wrong: the next announces lie before it, or long after."""
    clock = weather.member(f"clock{hours}")
    play = lambda *words: weather.play(storm.Line(" ".join(str(word) for word in words)))
    name, client = f"clock{hours}", f"clock{hours}"
    play(name, "t1", client, "4", "started", 100, 100, 900)
    play(name, "t1", client, "4", "-", 200, 300, 700)
    weather.check(name)
    age(weather, hours, clock["user"])
    play(name, "t1", client, "4", "-", 250, 400, 600)
    play(name, "t1", client, "4", "-", 50, 450, 550)
    play(name, "t1", client, "4", "-", 60, 20, 500)
    play(name, "t1", client, "4", "-", 90, 40, 480)
    weather.check(name)


def test_a_client_that_was_silent_for_days_is_credited_what_it_moved_meanwhile(weather):
    """Its peer was forgotten after an hour or so; its counters were not."""
    play = lambda *words: weather.play(storm.Line(" ".join(str(word) for word in words)))
    late = weather.member("late")
    play("late", "t2", "late-1", "4", "started", 1000, 0, 5000)
    play("late", "t2", "late-1", "4", "-", 1500, 2000, 3000)
    weather.check("late")
    asked = {"user": late["user"], "torrents": [weather.torrents["t2"][0]]}
    assert weather.instance.bus("tracker.member.peers", asked)["peers"]
    age(weather, -48, late["user"])
    assert weather.instance.bus("tracker.member.peers", asked).get("peers", []) == []
    play("late", "t2", "late-1", "6", "-", 90000, 5000, 0)
    play("late", "t2", "late-1", "6", "started", 90000, 5000, 0)
    play("late", "t2", "late-1", "6", "-", 90007, 5000, 0)
    weather.check("late")
