"""The auditor and the clients that people use: who has a copy is proven, who only says so is not, whoever cannot be reached is asked to
dial in. All run at once; what each came to is a row of the matrix that `-s` prints."""

import os
import re
import shutil
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import libtorrent
import pytest

import clients
from announcer import Announcer
from bus_client import Refused
from content import V1_ONLY
from instance import HOST, wait_for
from recorder import Recorder

PIECE = 256 * 1024
V2_ONLY = 32  # libtorrent::create_torrent::v2_only
CLOSED = 19  # a port where nobody listens
CLOSED_PORT = 6900  # of a way to the tracker on which clients seem to listen there


@pytest.fixture(scope="module")
def instance(make_instance):
    made = make_instance("auditor", DJEMBE_AUDITOR="yes", DJEMBE_AUDITOR_UNCHOKE="15", DJEMBE_AUDITOR_INWARD="60", DJEMBE_MEMBER_PEERS="0",
                         DJEMBE_ANNOUNCE_INTERVAL="30", DJEMBE_ANNOUNCE_MIN_INTERVAL="5")
    made.wait_ready("auditor")
    yield made
    made.down()
    assert made.complaints() == []


class Firewall(Recorder):
    """Clients that announce through it are not to be reached where they say that they are."""

    def forward(self, handler, host, tracker_port):
        handler.path = re.sub(r"([?&]port=)\d+", rf"\g<1>{CLOSED}", handler.path)
        super().forward(handler, host, tracker_port)


class Backup:
    """One version of a backup, its content, and everybody's copies of it. `host`: where their clients find the tracker."""

    def __init__(self, instance, folder, owner, flags=V1_ONLY, files=(("aa", 24 * PIECE + 1000),), host=HOST):
        self.instance, self.folder, self.host = instance, folder, host
        self.content = folder / "pack"
        self.content.mkdir()
        for name, size in files:
            (self.content / name).write_bytes(os.urandom(size))
        storage = libtorrent.file_storage()
        libtorrent.add_files(storage, str(self.content))
        made = libtorrent.create_torrent(storage, piece_size=PIECE, flags=flags)
        made.set_priv(True)
        libtorrent.set_piece_hashes(made, str(folder))
        self.info_hash = libtorrent.torrent_info(made.generate()).info_hash().to_bytes()
        (folder / "plain.torrent").write_bytes(libtorrent.bencode(made.generate()))
        instance.member(owner)
        added = instance.admin("torrent", "add", str(folder / "plain.torrent"), "--member", owner, "--plugin", "backup",
                               "--fields", '{"name": "pack", "redundancy": "20"}')
        self.version = added["torrent"]
        wait_for("the books know the version", self.known)

    def known(self):
        try:
            row = self.instance.bus("ratio.version.get", {"version": self.version})["versions"][0]
        except Refused as error:  # ratio has not heard of it yet
            assert error.status == "not_found", error
            return False
        return bool(row[4])

    def sql(self, text):
        return self.instance.run("psql", "-Atqc", text).stdout.strip()

    def audits(self, user):
        """Newest first."""
        names = "audit user version at reason outcome result piece received took_ms way family dialled_in".split()
        return [dict(zip(names, row)) for row in self.instance.bus("ratio.audit.list", {"user": user, "limit": 100})["audits"]]

    def state(self, user):
        copies = self.instance.bus("ratio.holding.list", {"user": user, "limit": 10}).get("copies", [])
        return copies[0] if copies else None

    def explained(self, user):
        steps = self.instance.bus("ratio.explain", {"what": "copy", "user": user, "version": self.version})["steps"]
        return [step["sentence"] for step in steps if step["rule"] == "2.11"]

    def states(self, user):
        """The states that a member's copy came to, newest first."""
        entries = self.instance.bus("ratio.history.list", {"user": user, "version": self.version, "limit": 100})["entries"]
        return [entry[11] for entry in entries if entry[4] == "copy"]

    def make_due(self, user):
        """As when the hours until the next audit have passed."""
        self.sql(f"UPDATE ratio.audit SET due_at = '2020-01-01' WHERE user_id = {user}")


@pytest.fixture(scope="module")
def backup(instance, tmp_path_factory):
    return Backup(instance, tmp_path_factory.mktemp("backup"), "owner")


@pytest.fixture(scope="module")
def lonely(instance, tmp_path_factory):
    """One that nobody has, so that who lies cannot fetch it either."""
    return Backup(instance, tmp_path_factory.mktemp("lonely"), "other")


V2_FILES = (("aa", PIECE + 1000), ("ab", 1000), ("ac", 0), ("ad", PIECE - 20000), ("ae", PIECE))
V2_PIECES = (PIECE, 1000, 1000, PIECE - 20000, PIECE)


@pytest.fixture(scope="module")
def v2_alone(instance, tmp_path_factory):
    """One whose torrent has no v1 pieces."""
    return Backup(instance, tmp_path_factory.mktemp("v2"), "third", V2_ONLY, V2_FILES)


class Holder:
    """A member with a client that seeds a copy of its own."""

    def __init__(self, backup, name, client, address, content="real", announces_to=None, **settings):
        self.backup, self.name, self.audits = backup, name, 0
        self.member = backup.instance.member(name)
        self.folder = backup.folder / name
        self.folder.mkdir()
        shutil.copytree(backup.content, self.folder / "pack")
        if content == "none":  # a file of the right size, as a client makes one before it downloads
            os.truncate(self.folder / "pack/aa", 0)
            os.truncate(self.folder / "pack/aa", os.path.getsize(backup.content / "aa"))
        self.client = client(self.folder / "client", address)
        for setting, value in settings.items():
            setattr(self.client, setting, value)
        # the site gives a .torrent only with a slot; whoever has the content already may seed without one
        metainfo = libtorrent.bdecode((backup.folder / "plain.torrent").read_bytes())
        port = announces_to or backup.instance.port(6969)
        metainfo[b"announce"] = f"http://{backup.host}:{port}/{self.member['passkey']}/announce".encode()
        torrent = self.folder / "own.torrent"
        torrent.write_bytes(libtorrent.bencode(metainfo))
        self.client.start(torrent, self.folder)

    @property
    def user(self):
        return self.member["user"]

    def audited(self, again=("unreachable", "busy")):
        """The next audit. One that a slow machine was late for is asked for twice more, as ratio does an hour later."""
        for _ in range(3):
            self.audits += 1
            try:
                audit = times_audited(self.backup, self.user, self.audits, 120)
            except AssertionError:
                print((self.folder / "client/client.log").read_text(errors="replace")[-3000:])
                raise
            if audit["result"] not in again:
                break
            self.backup.make_due(self.user)
        return audit


MATRIX = []


def note(holder, situation, audit):
    MATRIX.append((holder.client.name, holder.client.version() or "", situation, audit["outcome"], audit["result"], audit["took_ms"] / 1000,
                   audit["way"] + (", dialled in" if audit["dialled_in"] else "")))
    return audit


def print_matrix(rows):
    print("\n\n| client | version | situation | met | result | seconds | connection |\n|---|---|---|---|---|---|---|")
    for row in rows:
        print("| {} | {} | {} | {} | {} | {:.1f} | {} |".format(*row))


@pytest.fixture(scope="module")
def holders(backup, lonely, v2_alone):
    """All situations at once: {name: holder}."""
    closed_port = backup.instance.port(CLOSED_PORT)
    firewall = Firewall(HOST, closed_port, backup.instance.port(6969))
    never = {"settings": {"unchoke_slots_limit": 0, "num_optimistic_unchoke_slots": 0}, "chokes": True}
    made = {}
    try:
        situations = (
                ("transmission", clients.Transmission, 2, {}),
                ("qbittorrent", clients.QBittorrent, 3, {}),
                ("libtorrent", clients.Libtorrent, 4, {}),
                ("encrypted", clients.Transmission, 5, {"encryption": 2}),
                ("seed-mode", clients.Libtorrent, 6, {"content": "none", "habits": {"seed_mode": True, "announces_each": 2}}),
                ("firewalled", clients.Libtorrent, 7, {"habits": {"announces_each": 2}, "announces_to": closed_port}),
                ("chokes", clients.Libtorrent, 8, {"habits": never}),
                ("deletes", clients.Transmission, 9, {}),
                ("v2", clients.Libtorrent, 10, {}))
        held = {"seed-mode": lonely, "v2": v2_alone}
        with ThreadPoolExecutor() as pool:
            begun = {name: pool.submit(Holder, held.get(name, backup), name, client, f"10.77.0.{address}", **more)
                     for name, client, address, more in situations}
        made = {name: holder.result() for name, holder in begun.items()}
        yield made
    finally:
        for holder in made.values():
            holder.client.kill()
        firewall.close()
        print_matrix(MATRIX)


@pytest.mark.parametrize("name", ("transmission", "qbittorrent", "libtorrent"))
def test_a_client_that_has_its_copy_is_proven(holders, backup, name):
    holder = holders[name]
    audit = note(holder, "honest", holder.audited())
    assert (audit["outcome"], audit["result"], audit["dialled_in"]) == ("passed", "pass", False), audit
    assert times_audited(backup, holder.user, 1)["reason"] == "doubtful"
    way = {"transmission": "plain", "qbittorrent": "encrypted", "libtorrent": "plain"}[name]  # Transmission prefers that when it may
    assert audit["received"] in (PIECE, 1000) and audit["way"] == way and audit["family"] == "ipv4", audit
    wait_for("the copy counts", lambda: backup.state(holder.user)[5] == "held" and backup.state(holder.user)[9])
    told = backup.explained(holder.user)
    assert "proven" in told[0] and "daily in its first week" in told[1], told


def test_a_client_that_requires_encryption_is_proven(holders):
    audit = note(holders["encrypted"], "requires encryption", holders["encrypted"].audited())
    assert (audit["outcome"], audit["way"], audit["dialled_in"]) == ("passed", "encrypted", False), audit


def test_a_version_without_v1_pieces_is_proven(holders, v2_alone):
    """Whichever piece is drawn: a whole one, what is left of a file, a file of one block, one of less than a piece, one of a piece."""
    holder = holders["v2"]
    for times in range(1, 5):
        audit = note(holder, "v2 alone", holder.audited())
        assert (audit["outcome"], audit["result"], audit["received"]) == ("passed", "pass", V2_PIECES[audit["piece"]]), audit
        if times == 1:
            wait_for("the copy counts", lambda: v2_alone.state(holder.user)[5] == "held" and v2_alone.state(holder.user)[9])
        v2_alone.make_due(holder.user)


def test_seed_mode_without_data_is_never_proven(holders, lonely):
    """What A1 is made of: it is caught when the piece is asked for, admits that it has nothing, and loses the copy with a strike."""
    holder = holders["seed-mode"]
    audit = note(holder, "seed mode, no data", holder.audited())
    assert audit["result"] == "suspect", audit
    wait_for("the copy is gone", lambda: "dropped" in lonely.states(holder.user))
    assert all(audit["result"] != "pass" for audit in lonely.audits(holder.user))


def test_a_client_that_never_unchokes_is_busy(holders, backup):
    holder = holders["chokes"]
    audit = note(holder, "never unchokes", holder.audited(again=("unreachable",)))
    assert (audit["outcome"], audit["result"]) == ("choked", "busy"), audit
    assert not backup.state(holder.user)[9] and "let us have nothing" in backup.explained(holder.user)[0]


def test_a_client_that_cannot_be_reached_is_asked_to_dial_in(holders, backup):
    holder = holders["firewalled"]
    audit = note(holder, "not reachable", holder.audited(again=()))
    assert (audit["outcome"], audit["result"], audit["way"]) == ("unreachable", "unreachable", ""), audit
    backup.make_due(holder.user)
    audit = note(holder, "not reachable, the reverse way", holder.audited())
    assert (audit["outcome"], audit["dialled_in"], audit["reason"]) == ("passed", True, "unreachable"), audit
    assert backup.instance.metric("auditor", "auditor_accepted_total") >= 1


def test_a_client_whose_files_were_deleted_is_found_out(holders, backup):
    """A4: it downloads, passes, deletes, and stays online."""
    holder = holders["deletes"]
    assert note(holder, "before it deletes its files", holder.audited())["result"] == "pass"
    os.truncate(holder.folder / "pack/aa", 0)  # an open file would live on
    shutil.rmtree(holder.folder / "pack")
    backup.make_due(holder.user)
    audit = note(holder, "deleted its files", holder.audited())
    assert audit["result"] in ("fail", "suspect", "undecided"), audit


class Cheat:
    """A peer of our own that says it has everything and unchokes at once; `answer` makes what it sends for a request."""

    def __init__(self, backup, name, address, answer, port=7000):
        self.backup, self.answer, self.asked = backup, answer, []
        self.member = backup.instance.member(name)
        self.listener = socket.create_server((address, port))
        threading.Thread(target=self.serve, daemon=True).start()
        self.announcer = Announcer(backup.instance, self.member, backup.info_hash, address, left=0, port=port)
        self.announcer.announce("started")

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                self.talk(connection)
            except (OSError, struct.error):
                pass
            connection.close()

    def talk(self, connection):
        data = connection.makefile("rb")
        if data.read(20) != b"\x13BitTorrent protocol":
            return  # it knows no encryption
        data.read(48)
        connection.sendall(b"\x13BitTorrent protocol" + bytes(7) + b"\4" + self.backup.info_hash + b"-XX0001-abcdefghijkl")
        connection.sendall(struct.pack(">IBIB", 1, 14, 1, 1))
        while head := data.read(4):
            message = data.read(struct.unpack(">I", head)[0])
            if message[:1] == b"\6":
                piece, begin, size = struct.unpack(">III", message[1:])
                self.asked.append(piece)
                connection.sendall(self.answer(piece, begin, size))

    def close(self):
        self.listener.close()


def rejects(piece, begin, size):
    return struct.pack(">IBIII", 13, 16, piece, begin, size)


def lies(piece, begin, size):
    return struct.pack(">IBII", 9 + size, 7, piece, begin) + bytes(size)


def times_audited(backup, user, times, seconds=180):
    def newest():
        audits = backup.audits(user)
        return audits[-times] if len(audits) >= times else None

    return wait_for(f"audit {times} of member {user}", newest, seconds)


def test_a_wrong_piece_fails_at_once(backup):
    cheat = Cheat(backup, "liar", "10.77.0.1", lies)
    try:
        audit = times_audited(backup, cheat.member["user"], 1)
        assert (audit["outcome"], audit["result"], audit["way"]) == ("wrong", "fail", "plain"), audit
        wait_for("the copy is gone", lambda: backup.state(cheat.member["user"]) is None)
        wait_for("the holder is told", lambda: backup.sql(
            f"SELECT count(*) FROM web.notice WHERE member = {cheat.member['user']} AND kind = 'audit_failed'") == "1")
    finally:
        cheat.close()


def test_a_wrong_piece_of_a_version_without_v1_pieces_fails_at_once(v2_alone):
    cheat = Cheat(v2_alone, "v2-liar", "10.77.0.1", lies, port=7002)
    try:
        audit = times_audited(v2_alone, cheat.member["user"], 1)
        assert (audit["outcome"], audit["result"], audit["received"]) == ("wrong", "fail", V2_PIECES[audit["piece"]]), audit
        wait_for("the copy is gone", lambda: v2_alone.state(cheat.member["user"]) is None)
    finally:
        cheat.close()


def test_a_peer_that_rejects_twice_fails(backup):
    """Ten minutes lie between the two pieces: the books' clock is moved."""
    cheat = Cheat(backup, "rejecter", "10.77.0.1", rejects, port=7001)
    user = cheat.member["user"]
    try:
        assert times_audited(backup, user, 1)["result"] == "undecided" and backup.state(user)[5] == "held"
        backup.sql("UPDATE ratio.book SET ahead = ahead + 21 * 60000")
        wait_for("the trackers are heard again", lambda: backup.instance.bus("ratio.sessions.report", {"sessions": []}) is not None
                 and not backup.instance.bus("ratio.backup.profile", {"user": user}).get("safe_mode"))
        assert times_audited(backup, user, 2)["result"] == "fail" and len(set(cheat.asked)) == 2, cheat.asked
    finally:
        cheat.close()


def test_the_auditor_is_a_process_of_the_instance_and_comes_back(instance):
    assert " up " in next(line for line in instance.run("status").stdout.splitlines() if line.startswith("auditor"))
    killed = instance.kill("auditor")
    wait_for("another one", lambda: instance.pid("auditor") not in (None, killed))
    instance.wait_ready("auditor")
    wait_for("it has found its neighbours", lambda: all(
        f"ok {name}: 1 answering" in instance.health("auditor", "healthz")[1] for name in ("tracker", "catalog", "ratio")))
    status, health = instance.health("auditor", "healthz")
    assert status == 200 and "database" not in health, health
