"""The books of backups as they are kept: replicas of djembe-ratio on one scratch PostgreSQL, killed, raced, cut off, moved in
time. Whatever happens, every event is applied once, all replicas agree, and a replay of what they wrote answers the same.

Run by ctest: tests/postgres python3 books.py DJEMBE-RATIO [name of one test]
"""
import json, os, random, subprocess, sys, threading, time, urllib.request

import msgpack

import ledger
from ledger import Client, NOW, Refused, at_once, report, server, sql, wait_for
from runner import run

GB = 10 ** 9
DAY = 86400000
CONSTANTS = "offer=39600"  # 11 h instead of 12


class Library(ledger.Site):
    """Members 1..8; each has a backup 100+member. Versions are added as they are needed."""

    def __init__(self, program, **settings):
        self.next_version, self.next_client = 1000, 0
        super().__init__(program, **settings)
        wait_for(lambda: self.opened())

    def opened(self):
        try:
            return all(replica.bus().ask("ratio.backup.profile", {"user": 8}) for replica in self.replicas)
        except (Refused, TimeoutError):
            return False

    def version(self, owner, size=GB, redundancy=2, backup=None, depends_on=0):
        self.next_version += 1
        self.catalog.tell(self.next_version, [self.next_version, bytes(20), b"", size, owner, "redundancy", True,
                                              backup or 100 + owner, redundancy, False, depends_on])
        version = self.next_version
        wait_for(lambda: self.state(version) not in (None, "missing"))
        return version

    def state(self, version):
        try:
            row = self.ask("ratio.version.get", version=version)["versions"][0]
        except Refused:
            return None
        return row[11] if row[4] else "refused" if row[14] else "missing"

    def delete(self, version, owner):
        self.catalog.tell(version, [version, bytes(20), b"", GB, owner, "redundancy", False, 100 + owner, 0])

    def ask(self, method, replica=None, seconds=20, **body):
        return (replica or random.choice(self.replicas)).bus().ask(method, body, seconds=seconds)

    def do(self, method, replica=None, seconds=20, **body):
        return self.ask(method, replica, seconds, key=os.urandom(16), **body)

    def profile(self, user, replica=None):
        got = self.ask("ratio.backup.profile", replica, user=user)
        return {**dict.fromkeys(("contribution", "lent", "obligation", "debt", "surplus", "clock_seconds", "points_assigned",
                                 "points_free", "points_total", "space", "fetching"), 0), **got}

    def sight(self, user, version, left, replica=None, client=None, flags=0, ipv4=b"", ipv6=b""):
        """A tracker reports; waits until the books have it."""
        self.next_client += 1
        row = (client or Client(user, version, self.next_client)).row(flags)
        row[8] = left
        row += [ipv4, ipv6]
        report((replica or random.choice(self.replicas)).bus(), [row])
        wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])

    def copy(self, user, version):
        copies = self.ask("ratio.version.get", version=version)["copies"]
        return next((copy for copy in copies if copy[4] == user), None)

    def move(self, ms):
        """Time passes; the trackers are heard all the while when it is short."""
        sql(f"UPDATE ratio.book SET ahead = ahead + {ms}")

    def tick(self):
        """A minute passes."""
        self.heard()
        count = lambda: int(sql("SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'")[0][0])
        before = count()
        self.move(61000)
        wait_for(lambda: count() > before)
        return True

    def health(self, replica):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{replica.admin}/healthz", timeout=5).read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def heard(self):
        report(random.choice(self.replicas).bus(), [])


def refused(job, status=None):
    try:
        job()
    except Refused as error:
        assert status is None or error.status == status, (error.status, str(error))
        return str(error)
    raise AssertionError("it was accepted")


def head():
    return int(sql("SELECT seq FROM ratio.book")[0][0])


def the_mission_holds(site):
    version = site.version(1, GB, 5)
    profile = site.profile(1)
    assert profile["obligation"] == 5 * GB and profile["debt"] == 5 * GB, profile
    site.sight(2, version, 0)
    assert site.profile(2)["contribution"] == GB and site.profile(1)["lent"] == GB
    row = site.ask("ratio.version.get", version=version)
    assert row["versions"][0][5:7] == [5, 1] and row["copies"][0][4] == 2 and row["copies"][0][5] == "held", row
    listed = site.ask("ratio.version.list", user=1, limit=10)["versions"]
    assert [row[0] for row in listed] == [version] and listed[0][11] == "queued", listed


def every_replica_shows_what_was_done_at_another(site):
    version = site.version(1, GB, 1)
    site.sight(1, version, 0)
    for turn in range(20):
        one, other = site.replicas[turn % 2], site.replicas[1 - turn % 2]
        assigned = site.profile(1, one)["points_assigned"]
        site.do("ratio.points.assign", one, user=1, backup=101, points=turn, expected_assigned=assigned)
        assert site.profile(1, other)["points_assigned"] == turn
        row = site.ask("ratio.queue.list", other, limit=100)["versions"]
        assert next(r[9] for r in row if r[0] == version) == turn, row


def a_slot_is_published_and_taken_back(site):
    version = site.version(2, GB, 1)
    head_before = site.ask("ratio.slots.since", limit=1).get("head", 0)
    verdict = site.ask("ratio.slot.ask", user=3, version=version)
    assert verdict["verdict"] == "slot", verdict
    assert slots(site)[3, version] == ("slot", ""), slots(site)
    verdict = site.ask("ratio.slot.ask", user=4, version=version)
    assert verdict["verdict"] == "deny" and "slots are taken" in verdict["reason"], verdict
    assert (4, version) not in slots(site)
    site.sight(4, version, 500)  # a tracker that did not know it yet
    assert slots(site)[4, version][0] == "deny"
    assert site.copy(3, version)[5] == "fetching"
    site.sight(3, version, 0)
    assert slots(site)[3, version] == ("slot", "")
    site.do("ratio.copy.drop", user=3, version=version)
    assert site.copy(3, version) is None and site.profile(3)["contribution"] == 0
    assert slots(site)[3, version] == ("deny", "")  # a slot is open again, and not yet anybody's
    assert site.ask("ratio.slots.since", limit=1)["head"] > head_before


def a_client_without_a_slot_asks_for_one_and_a_goodbye_asks_for_nothing(site):
    version = site.version(2, GB, 1)
    site.sight(5, version, 500, flags=2)
    assert site.copy(5, version) is None and (5, version) not in slots(site)
    site.sight(6, version, 500)
    assert site.copy(6, version)[5] == "fetching" and slots(site)[6, version] == ("slot", "")
    site.sight(5, version, 0, flags=2)  # it has it all: a copy, whether its client goes on or not
    assert site.copy(5, version)[5] == "held"


def a_holder_who_is_merely_still_there_touches_no_sums(site):
    version, client = site.version(2), Client(3, 0, 77)
    client.key[1] = version
    bus, written = site.replicas[0].bus(), lambda: sql(f"SELECT xmin, downloaded FROM ratio.member_torrent WHERE torrent_id = {version}")
    shown = lambda: next(row for row in bus.ask("ratio.member.torrents", {"user": 3, "limit": 100})["torrents"] if row[0] == version)
    site.sight(3, version, 0, client=client)
    before, seen = written(), shown()[4]
    for replica in site.replicas:
        site.sight(3, version, 0, replica, client)
    assert written() == before and shown()[4] > seen and site.copy(3, version)[5] == "held"
    client.counters[1] += 5
    site.sight(3, version, 0, client=client)
    assert written()[0][1] == str(int(before[0][1]) + 5) and written()[0][0] != before[0][0]
    before = written()
    site.sight(3, version, 7, client=client)
    site.sight(3, version, 7, client=client)  # a leecher: whether somebody fetches is evidence
    assert written() != before


def a_start_takes_the_snapshot_and_what_came_after(site):
    version, one = site.version(2), site.replicas[0]
    site.sight(4, version, 0)
    sighting = f"int8send(4) || int8send({version}) || int8send(0)"
    sql(f"INSERT INTO ratio.book_inbox (kind, payload) SELECT 'sightings', decode(repeat(encode({sighting}, 'hex'), 16000), 'hex')"
        " FROM generate_series(1, 13)")
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_snapshot WHERE parts > 0") == [["1"]], 60)
    site.sight(5, version, 0)
    one.kill()
    one.start()
    opened = [line for line in open(one.log.name) if "books opened" in line][-1]
    assert f"snapshot={sql('SELECT seq FROM ratio.book_snapshot')[0][0]} " in opened, opened
    for user in (2, 4, 5):
        assert site.profile(user, one) == site.profile(user, site.replicas[1])
    assert site.copy(4, version)[5] == site.copy(5, version)[5] == "held"


def slots(site):
    facts = site.ask("ratio.slots.snapshot", limit=1000)["facts"]
    rows = [msgpack.unpackb(fact[2]) for fact in facts]
    return {(row[1], row[2]): (row[3], row[4]) for row in rows}


def the_last_slot_goes_to_one_of_two_replicas(site):
    for _ in range(8):
        version, got = site.version(5, GB, 1), []
        at_once([lambda r=r, u=u: got.append(site.ask("ratio.slot.ask", r, user=u, version=version)["verdict"])
                 for u, r in enumerate(site.replicas * 2, 1)])
        assert sorted(got) == ["deny", "deny", "deny", "slot"], got
        assert len(site.ask("ratio.version.get", version=version)["copies"]) == 1


def the_last_point_goes_to_one_of_two_replicas(site):
    site.version(6, GB, 1, 206)
    site.version(6, GB, 1, 207)
    site.do("ratio.points.assign", user=6, backup=206, points=90, expected_assigned=0)
    outcomes = []

    def more(replica):
        try:
            site.do("ratio.points.assign", replica, user=6, backup=207, points=10, expected_assigned=90)
            outcomes.append("ok")
        except Refused as error:
            outcomes.append(error.status)

    at_once([lambda r=r: more(r) for r in site.replicas * 25])
    assert outcomes.count("ok") == 1 and outcomes.count("conflict") == 49, outcomes
    profile = site.profile(6)
    assert (profile["points_assigned"], profile["points_free"]) == (100, 0), profile


def a_key_acts_once(site):
    key = os.urandom(16)
    body = {"key": key, "user": 6, "from": 206, "to": 207, "points": 5}
    answers = []
    at_once([lambda r=r: answers.append(json.dumps(r.bus().ask("ratio.points.move", body))) for r in site.replicas * 4])
    assert set(answers) == {'{"from_points": 85, "to_points": 15}'}, answers
    assert [row[3] for row in site.ask("ratio.backup.list", user=6, limit=10)["backups"]] == [85, 15]


def bad_commands_change_nothing(site):
    version = site.version(7, GB, 2)
    before, told = figures(site), head()
    huge, ask = 2 ** 63 - 1, lambda method, **body: refused(lambda: site.do(method, **body))
    ask("ratio.points.assign", user=7, backup=107, points=-1, expected_assigned=0)
    ask("ratio.points.assign", user=7, backup=107, points=huge, expected_assigned=0)
    ask("ratio.points.assign", user=7, backup=107, points=2 ** 63, expected_assigned=0)
    ask("ratio.points.assign", user=7, backup=107, points=101, expected_assigned=0)
    ask("ratio.points.assign", user=7, backup=107, points=1.5, expected_assigned=0)
    ask("ratio.points.assign", user=7, backup=107, points=1, expected_assigned=1)  # stale
    ask("ratio.points.assign", user=7, backup=106, points=1, expected_assigned=0)  # foreign or unknown
    ask("ratio.points.assign", user=99, backup=107, points=1, expected_assigned=0)
    ask("ratio.points.move", user=7, **{"from": 107, "to": 206}, points=1)
    ask("ratio.points.burn", user=7, points=huge)
    ask("ratio.backup.set", user=6, backup=107, redundancy=3)
    ask("ratio.backup.set", user=7, backup=107, redundancy=21)
    ask("ratio.backup.delete", user=6, backup=107)
    ask("ratio.copy.drop", user=8, version=version)
    ask("ratio.copy.drop", user=8, version=huge)
    refused(lambda: site.ask("ratio.space.set", user=8, declare=True, bytes=-1), "invalid")
    refused(lambda: site.ask("ratio.slot.ask", user=99, version=version), "not_found")
    refused(lambda: site.ask("ratio.version.get", version=huge), "not_found")
    refused(lambda: site.ask("ratio.queue.list", limit=5, cursor="x"), "invalid")
    assert figures(site) == before
    kinds = sql(f"SELECT DISTINCT kind FROM ratio.book_event WHERE seq > {told}")
    assert kinds in ([], [["time"]], [["tick"]], [["tick"], ["time"]]), kinds


def points_are_set_without_knowing_what_is_assigned(site):
    """`expected_assigned` is optional (Q27); where it is given it is compared, 0 too."""
    site.version(7, GB, 1)
    set_points = lambda **more: site.do("ratio.points.assign", user=7, backup=107, **more)
    assert set_points(points=4)["points_assigned"] == 4
    assert set_points(points=6)["points_assigned"] == 6
    refused(lambda: set_points(points=7, expected_assigned=0), "conflict")
    refused(lambda: set_points(points=7, expects=True), "conflict")
    assert set_points(points=0, expected_assigned=6) == {"points_free": 100}


def the_staff_grants_points_and_says_why(site):
    body = {"key": os.urandom(16), "user": 8, "points": 40, "reason": "for the translation"}
    answers = []
    at_once([lambda r=r: answers.append(json.dumps(r.bus().ask("ratio.points.grant", body))) for r in site.replicas * 3])
    assert set(answers) == {'{"points_total": 140, "points_free": 140}'}, answers
    assert "860 can be given" in refused(lambda: site.do("ratio.points.grant", user=8, points=861, reason="x"), "invalid")
    refused(lambda: site.do("ratio.points.grant", user=8, points=1, reason=""), "invalid")
    refused(lambda: site.do("ratio.points.grant", user=99, points=1, reason="x"), "not_found")
    refused(lambda: site.replicas[0].bus().ask("ratio.points.grant", {**body, "key": os.urandom(16)}, actor=7), "forbidden")
    entry = next(row for row in pages(site, user=8) if row[4] == "points" and row[3] == "grant")
    assert (entry[8], entry[9], entry[12]) == (100, 140, "for the translation"), entry
    told = [notice for notice in notices(site) if notice[1] == 8 and notice[2] == "points_granted"]
    assert len(told) == 1 and "40 priority points: for the translation" in told[0][4], told
    site.do("ratio.points.burn", user=8, points=40)


def notices(site):
    """All that members were told, the oldest first."""
    facts, seq = [], 0
    while True:
        page = site.ask("ratio.notices.since", seq=seq, limit=1000).get("facts", [])
        facts += [msgpack.unpackb(fact[2]) for fact in page]
        if len(page) < 1000:
            return facts
        seq = page[-1][0]


def a_superseded_version_goes_when_the_next_is_safe(site):
    backup = 401
    old = site.version(1, GB, 2, backup)
    site.sight(2, old, 0)
    site.sight(3, old, 0)
    keep = {"redundancy": 2, "keep": True, "keep_last": 1, "keep_within": 3650}
    site.do("ratio.backup.set", user=1, backup=backup, **keep)
    assert site.ask("ratio.backup.get", backup=backup)["backups"][0][7:12] == [1, 0, 0, 0, 3650]
    refused(lambda: site.do("ratio.backup.set", user=1, backup=backup, **{**keep, "keep_last": 1001}), "invalid")
    refused(lambda: site.do("ratio.backup.set", user=2, backup=backup, **keep), "forbidden")
    refused(lambda: site.do("ratio.backup.set", user=1, backup=backup), "invalid")  # nothing is to change
    site.do("ratio.backup.set", user=1, backup=backup, keep=True, keep_last=1)
    assert site.ask("ratio.backup.get", backup=backup)["backups"][0][2:12:5] == [2, 1]
    based = site.version(1, GB, 2, backup, depends_on=old)
    assert not row(site, old)[15] and row(site, old)[17] and row(site, based)[16] == old
    new = site.version(1, GB, 2, backup)
    assert site.state(based) == "deleted" and row(site, based)[15]  # nobody had it
    assert retired(site, backup) == [based]
    assert site.state(old) != "deleted" and row(site, old)[15]
    site.sight(2, new, 0)
    assert site.state(old) != "deleted"
    site.sight(4, new, 0)
    assert site.state(old) == "deleted" and row(site, old)[15]
    deletable = site.ask("ratio.offer.list", user=3)["may_delete"]
    assert [old, "superseded"] in [listed[0::3] for listed in deletable], deletable
    assert retired(site, backup) == [based, old]
    change, = [entry for entry in site.ask("ratio.history.list", version=old, limit=50)["entries"] if entry[4] == "retired"]
    assert change[8:10] == [0, 1]
    held, = [copy for copy in site.ask("ratio.holding.list", user=3, limit=100)["copies"] if copy[0] == old]
    assert held[14:16] == [True, True]
    site.delete(old, 1)  # what the catalog makes of it is no news
    wait_for(lambda: sql("SELECT active FROM ratio.torrent WHERE torrent_id = %d" % old) == [["f"]])
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])
    assert row(site, old)[11] == "deleted" and retired(site, backup) == [based, old]
    agree(site)


def retired(site, backup):
    facts, seq = [], 0
    while batch := site.ask("ratio.retired.since", seq=seq, limit=1000)["facts"]:
        facts, seq = facts + batch, batch[-1][0]
    return [version for version, of in (msgpack.unpackb(fact[2]) for fact in facts) if of == backup]


def an_owner_is_told_once_when_no_new_version_comes(site):
    backup = 411
    site.version(1, GB, 2, backup)
    refused(lambda: site.ask("ratio.backup.remind", user=2, backup=backup, days=3), "forbidden")
    refused(lambda: site.ask("ratio.backup.remind", user=1, backup=999999, days=3), "not_found")
    assert site.ask("ratio.backup.remind", user=1, backup=backup, days=3) == {"days": 3}
    assert site.ask("ratio.backup.get", backup=backup)["remind_days"] == 3

    def told():
        return [notice for notice in notices(site) if notice[2] == "backup_lapsed"]

    def pass_days(days):
        site.move(days * DAY)
        site.tick()

    for _ in range(2):
        before = len(told())
        pass_days(2)
        assert len(told()) == before
        for _ in range(3):
            pass_days(1)
        assert len(told()) == before + 1 and told()[-1][1] == 1 and f"backup {backup} " in told()[-1][4]
        site.version(1, GB, 2, backup)
    site.ask("ratio.backup.remind", user=1, backup=backup)
    pass_days(9)
    assert len(told()) == before + 1


def row(site, version):
    return site.ask("ratio.version.get", version=version)["versions"][0]


def who_is_disabled_gets_and_places_nothing(site):
    version = site.version(4, GB, 2)
    other = site.version(3, GB, 2)
    site.sight(4, other, 0)
    site.member(4, "disabled")
    wait_for(lambda: any("suspended" in step["figures"] for step in site.ask("ratio.explain", what="profile", user=4)["steps"]))
    assert site.ask("ratio.slot.ask", user=5, version=version)["verdict"] == "deny"
    assert slots(site)[4, other][0] == "deny", slots(site)
    assert site.copy(4, other)[5] == "held"  # until its grace is over
    site.member(4, "active")
    wait_for(lambda: site.ask("ratio.slot.ask", user=5, version=version)["verdict"] == "slot")
    assert slots(site)[4, other][0] == "slot"


def holders_hear_that_a_version_is_being_restored(site):
    version = site.version(5, GB, 2)
    site.sight(6, version, 0)
    told = lambda: [notice for notice in notices(site) if notice[2] == "restore_wanted" and str(version) in notice[4]]
    site.sight(6, version, 5)  # who is not the owner restores nothing
    assert not told()
    site.sight(5, version, 5)
    site.sight(5, version, 4)
    assert [notice[1] for notice in told()] == [6], told()


def an_owner_is_told_of_copies_that_come_and_go(site):
    version = site.version(6, GB, 2)
    told = lambda: [notice[1:3] for notice in notices(site) if f"Version {version} " in notice[4]]
    site.sight(7, version, 0)
    assert told() == []
    site.sight(8, version, 0)
    assert told() == [[6, "backup_complete"]], told()
    site.do("ratio.copy.drop", user=8, version=version)
    assert sorted(told()) == [[6, "backup_complete"], [6, "backup_thin"], [6, "copy_lost"]], told()


def points_return_when_the_whole_backup_is_deleted(site):
    """Not when all of its versions are."""
    version = site.version(8, GB, 2, 208)
    site.do("ratio.points.assign", user=8, backup=208, points=30)
    fact = [version, bytes(20), b"", GB, 8, "redundancy", False, 208, 0]
    site.catalog.tell(version, fact)
    wait_for(lambda: site.state(version) == "deleted")
    assert site.profile(8)["points_assigned"] == 30
    site.catalog.tell(version, fact + [True])
    wait_for(lambda: site.profile(8)["points_assigned"] == 0)
    assert [row[5] for row in site.ask("ratio.backup.get", backup=208)["backups"]] == [True]


def figures(site, replica=None):
    return [site.profile(user, replica) for user in range(1, 9)]


def redundancy_and_deletion_move_the_debt(site):
    version = site.version(8, GB, 2)
    assert site.profile(8)["debt"] == 2 * GB
    assert site.do("ratio.backup.set", user=8, backup=108, redundancy=4)["debt"] == 4 * GB
    why = refused(lambda: site.do("ratio.backup.set", user=8, backup=108, redundancy=5), "conflict")
    assert "once in 24 hours" in why, why
    site.sight(7, version, 0)
    site.delete(version, 8)
    wait_for(lambda: site.state(version) == "deleted")
    assert site.profile(8)["debt"] == 0 and site.profile(7)["contribution"] == 0
    offers = site.ask("ratio.offer.list", user=7)
    assert [row[0::3] for row in offers["may_delete"]] == [[version, "deleted"]], offers


def a_version_that_the_books_refuse_says_why(site):
    version = site.version(8, 5 * 2 ** 40, 1)
    row = site.ask("ratio.version.get", version=version)["versions"][0]
    assert row[11] == "refused" and "4 TiB" in row[14], row


def whether_a_version_would_be_taken_is_told_beforehand(site):
    """By any replica, also of an owner and a backup that the books do not know; asking makes neither."""
    check = lambda **more: site.ask("ratio.version.check", **{"user": 777, "redundancy": 5, "size": GB, **more})
    assert check() == {} and check(backup=7777) == {}
    refused(lambda: site.profile(777), "not_found")
    assert "wants more than 1099511627776 bytes" in refused(lambda: check(redundancy=20, size=60 * GB), "conflict")
    assert "4 TiB" in refused(lambda: check(size=5 * 2 ** 40), "invalid")
    assert "1 and 20 copies" in refused(lambda: check(redundancy=21), "invalid")
    version = site.version(8, GB, 2, 408)
    assert check(user=8, backup=408, redundancy=20, size=60 * GB) == {}, "two copies are wanted of it, not twenty"
    site.catalog.tell(version, [version, bytes(20), b"", GB, 8, "redundancy", False, 408, 0, True])
    wait_for(lambda: site.state(version) == "deleted")
    assert "was deleted" in refused(lambda: check(user=8, backup=408), "conflict")
    site.member(4, "disabled")
    suspended = lambda: any("suspended" in step["figures"] for step in site.ask("ratio.explain", what="profile", user=4)["steps"])
    wait_for(suspended)
    assert "suspended" in refused(lambda: check(user=4), "forbidden")
    site.member(4, "active")
    wait_for(lambda: not suspended())


def offers_come_at_a_tick_to_who_reads_his_feed(site):
    version = site.version(3, GB, 1)
    site.sight(3, version, 0)
    site.version(4, 3 * GB, 1)
    assert site.ask("ratio.space.set", user=4) == {}
    wait_for(lambda: site.tick() and any(row[0] == version for row in site.ask("ratio.offer.list", user=4)["offers"]))
    offer = next(row for row in site.ask("ratio.offer.list", user=4)["offers"] if row[0] == version)
    hours = (offer[4] - 1000 * float(sql("SELECT extract(epoch FROM now()) + ahead / 1000.0 FROM ratio.book")[0][0])) / 3600000
    assert 10.9 < hours <= 11, f"the setting says 11: {hours}, {offer}"
    steps = site.ask("ratio.explain", what="offer", user=4, version=version)["steps"]
    assert steps[0]["rule"] == "Q24" and "It is offered to you" in steps[2]["sentence"], steps
    got = site.ask("ratio.space.set", user=4, declare=True, bytes=5)
    assert got == {"space_declared": True, "space": 5}, got
    assert site.ask("ratio.space.set", user=4) == got
    assert site.ask("ratio.space.set", user=4, declare=True, bytes=0) == {"space_declared": True}


def who_has_too_little_space_is_told_of(site):
    """2.6: a version that nobody has the space for, and backups that want more than there is."""
    version = site.version(4, 50 * GB, 2, 404)
    site.sight(4, version, 0)
    for user in range(1, 9):
        site.ask("ratio.space.set", user=user, declare=True, bytes=user * GB)
    steps = site.ask("ratio.explain", what="version", version=version)["steps"]
    assert steps[-1]["rule"] == "2.6" and "unplaceable" in steps[-1]["sentence"], steps
    assert steps[-1]["figures"]["largest"] == 8 * GB and steps[-1]["figures"]["size"] == 50 * GB, steps
    told = next(step for step in site.ask("ratio.explain", what="profile", user=4)["steps"] if "shortfall" in step["figures"])
    figures = told["figures"]
    assert figures["shortfall"] == figures["wanted"] - figures["together"] > 0 and figures["together"] <= 32 * GB, told
    queued = [row[0] for row in site.ask("ratio.queue.list", limit=100)["versions"]]
    assert version in queued, "it is passed over, not taken out"
    site.ask("ratio.space.set", user=1, declare=True, bytes=60 * GB)
    steps = site.ask("ratio.explain", what="version", version=version)["steps"]
    assert all("unplaceable" not in step["sentence"] for step in steps), steps
    site.delete(version, 4)
    wait_for(lambda: site.state(version) == "deleted")
    for user in range(1, 9):
        site.ask("ratio.space.set", user=user, declare=True, bytes=2 ** 62)


def constants_that_are_none_stop_the_start(site):
    for wrong, said in (("loan", "name=value"), ("loan=x", "whole number"), ("loam=5", "no setting"),
                        ("offer=5 interval=60", "DJEMBE_ANNOUNCE_INTERVAL")):
        env = dict(os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"], DJEMBE_KEYS=site.keys, DJEMBE_RATIO_RULES=wrong,
                   DJEMBE_STATE=site.folder, DJEMBE_BUS_LISTEN=f"tcp://127.0.0.1:{ledger.free_port()}")
        done = subprocess.run([site.program], env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "DJEMBE_RATIO_RULES: " in done.stderr and said in done.stderr, (wrong, done)


def who_is_at_the_owners_address_is_offered_nothing(site):
    here, there, network = b"\x0a\x4d\x01\x02", b"\x0a\x4d\x01\x03", bytes.fromhex("20010db800770001")
    version = site.version(1, GB, 20)
    site.sight(1, version, 0, ipv4=here, ipv6=network)
    site.sight(6, 3, 0, ipv4=here)  # a torrent of another kind tells as much
    site.sight(7, 3, 0, ipv4=there)
    site.sight(8, 3, 0, ipv4=there[::-1], ipv6=network)
    for user in (6, 7, 8):
        site.version(user, 300 * GB, 3)  # debt enough for all that there is
        site.ask("ratio.space.set", user=user)
    offered = lambda user: any(row[0] == version for row in site.ask("ratio.offer.list", user=user)["offers"])
    wait_for(lambda: site.tick() and offered(7))
    assert not offered(6) and not offered(8)
    rules = lambda what, user: [step["rule"] for step in site.ask("ratio.explain", what=what, user=user, version=version)["steps"]]
    assert "2.6" in rules("offer", 6) and "2.6" not in rules("offer", 7)
    for user in (6, 7):
        site.sight(user, version, 0)
    site.replicas[0].kill()
    site.replicas[0].start()
    for replica in site.replicas:
        copies = {copy[4]: copy for copy in site.ask("ratio.version.get", replica, version=version)["copies"]}
        assert [copies[user][11] and copies[user][16] for user in (6, 7)] == [True, False], copies
    assert "2.6" in rules("copy", 6) and "2.6" not in rules("copy", 7)
    told = households(site)
    site.sight(6, version, 0, ipv4=here)
    site.sight(6, 3, 0, ipv4=here)
    assert households(site) == told and len(told) == 6, told  # once a day
    assert told[0] == told[2] and told[1] == told[5] and len(set(told)) == 4, told
    for address in (here, there, network):
        assert sql(f"SELECT count(*) FROM ratio.book_event WHERE position('\\x{address.hex()}'::bytea in packed) > 0") == [["0"]]


def households(site):
    """What the log tells of where members were seen."""
    return [event["household"] for event in map(json.loads, exported(site)) if event["event"] == "household"]


def exported(site):
    env = dict(os.environ, DJEMBE_DATABASE=os.environ["DJEMBE_TEST_DATABASE"])
    return subprocess.run([site.program, "--export"], env=env, capture_output=True, text=True, check=True).stdout.splitlines()


def a_backup_tells_its_worst_version_and_lists_the_newest_first(site):
    versions = [site.version(5, GB, 3, 405) for _ in range(4)]
    site.sight(6, versions[1], 0)
    for version in (versions[2], versions[3]):
        site.sight(6, version, 0)
        site.sight(7, version, 0)
    row = site.ask("ratio.backup.get", backup=405)["backups"][0]
    assert row[12:] == [4, versions[0], 0], row
    site.delete(versions[0], 5)
    wait_for(lambda: site.state(versions[0]) == "deleted")
    assert site.ask("ratio.backup.get", backup=405)["backups"][0][12:] == [3, versions[1], 1]
    page = site.ask("ratio.version.list", backup=405, newest=True, limit=2)
    assert [r[0] for r in page["versions"]] == versions[:1:-1] and page["more"], page
    rest = site.ask("ratio.version.list", backup=405, newest=True, limit=2, after=page["versions"][-1][0])
    assert [r[0] for r in rest["versions"]] == [versions[1]] and not rest.get("more"), rest


def an_offer_keeps_its_number_and_a_later_one_has_a_greater(site):
    version = site.version(1, GB, 1)
    site.sight(1, version, 0)

    def offered():
        return next((row for row in site.ask("ratio.offer.list", user=2)["offers"] if row[0] == version), None)

    def offer():
        site.ask("ratio.space.set", user=2)
        wait_for(lambda: site.tick() and offered())
        return offered()

    site.version(2, 200 * GB, 1)  # debt enough for all that there is
    first = offer()
    site.tick()
    again = offered()
    assert again[5] == first[5] > 0, (first, again)  # when it expires moves while no tracker is heard
    site.do("ratio.copy.drop", user=2, version=version)
    second = offer()
    assert second[5] > first[5], (first, second)


def the_history_of_one_figure_is_asked_for(site):
    entries = pages(site, user=1, what="obligation,lent")
    assert {row[4] for row in entries} == {"obligation", "lent"}, entries
    both = [row for row in pages(site, user=1) if row[4] in ("obligation", "lent")]
    assert entries == both, (entries, both)


def two_replicas_tick_once(site):
    """Of a minute's tick there is one row, however many replicas want it."""
    before = int(sql("SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'")[0][0])
    for _ in range(5):
        site.tick()
    assert int(sql("SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'")[0][0]) == before + 5


def the_queue_is_paged_and_filtered(site):
    versions = [site.version(owner, (owner + 1) * GB, 2, 600 + owner) for owner in (1, 2, 3, 4, 5)]
    for owner, version in enumerate(versions, 1):
        site.sight(owner, version, 0)
    whole = [row[0] for row in site.ask("ratio.queue.list", limit=100)["versions"]]
    assert set(versions) <= set(whole), (versions, whole)

    def paged(**filters):
        rows, cursor = [], {}
        while True:
            page = site.ask("ratio.queue.list", limit=2, **filters, **cursor)
            assert page["count"] == len(whole), page
            rows += page["versions"]
            if not page.get("next"):
                return rows
            cursor = {"cursor": page["next"]}

    assert [row[0] for row in paged()] == whole
    tiers = {row[0]: row[7] for row in paged()}
    assert [row[0] for row in paged(tier=1)] == [version for version in whole if tiers[version] == 1]
    assert [row[0] for row in paged(tier=2)] == [version for version in whole if tiers[version] == 2]
    site.sight(1, versions[1], 0)
    site.ask("ratio.space.set", user=1, declare=True, bytes=site.profile(1)["fetching"] + 5 * GB - 1)
    could = [row[0] for row in paged(user=1)]
    assert versions[2] in could and not {versions[0], versions[1], versions[3], versions[4]} & set(could), could
    site.ask("ratio.space.set", user=1, declare=True, bytes=2 ** 62)


def it_is_told_why(site):
    version = site.version(2, GB, 3)
    site.sight(2, version, 0)
    site.sight(5, version, 0)
    for what, body in (("profile", {"user": 5}), ("version", {"version": version}), ("verdict", {"user": 6, "version": version}),
                       ("copy", {"user": 5, "version": version}), ("offer", {"user": 6, "version": version})):
        steps = site.ask("ratio.explain", what=what, **body)["steps"]
        assert steps and all(step["rule"] and step["sentence"].endswith(".") and step["figures"] for step in steps), steps
        if os.environ.get("SHOW"):
            print(what, json.dumps(steps, indent=1))
    refused(lambda: site.ask("ratio.explain", what="weather"), "invalid")


def every_number_opens_to_its_events(site):
    """The ledger's changes of a figure lead from nothing to what the profile shows."""
    for user in range(1, 9):
        entries = pages(site, user=user)
        profile = site.profile(user)
        for what, shown in (("contribution", "contribution"), ("lent", "lent"), ("obligation", "obligation"),
                            ("points", "points_total"), ("assigned", "points_assigned")):
            steps = [row for row in entries if row[4] == what and row[6] == 0]
            assert opened(steps) == profile[shown], (user, what, steps, profile)
        for row in site.ask("ratio.version.list", user=user, limit=500)["versions"]:
            told = pages(site, version=row[0])
            for what, shown in (("counted", row[6]), ("redundancy", row[5])):
                assert shown == opened([entry for entry in told if entry[4] == what]), (row, what, told)
        for row in site.ask("ratio.backup.list", user=user, limit=500)["backups"]:
            for what, shown in (("stake", row[3]), ("redundancy", 0 if row[5] else row[2])):
                about = [entry for entry in entries if entry[4] == what and entry[7] == row[0]]
                assert opened(about) == shown, (row, what, about)


def opened(entries):
    """What the changes of one figure, the newest first, lead to."""
    at = 0
    for row in reversed(entries):
        assert row[8] == at, entries
        at = row[9]
    return at


def pages(site, **about):
    rows, before = [], 0
    while True:
        page = site.ask("ratio.history.list", before=before, limit=50, **about)["entries"]
        rows += page
        if len(page) < 50:
            return rows
        before = page[-1][0]


def reports_again_late_and_mixed_up_change_nothing(site):
    version = site.version(1, GB, 2)
    client = Client(6, version, 77000)
    first, second = client.move()[-1], client.move()[-1]
    for row in (first, second):
        row[8] = 0
    old = list(first)
    old[10] = NOW - 10 * DAY
    report(site.replicas[0].bus(), [second])
    wait_for(lambda: site.copy(6, version))
    before, told = figures(site), head()
    for rows in ([first], [second], [second, first], [old], [second] * 5):
        at_once([lambda r=r: report(r.bus(), rows) for r in site.replicas])
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])
    assert figures(site) == before
    assert sql(f"SELECT count(*) FROM ratio.book_event WHERE seq > {told} AND kind = 'sightings'") == [["0"]]
    report(site.replicas[0].bus(), [[99, 987654, b"-DJ0001-000000000000", NOW, 0, 0, 0, 0, 0, 0, NOW]])  # foreign


def trackers_silent_for_ten_days_cost_nobody_anything(site):
    """Invariant 25: the books' clock is moved; no report comes before ratio notices."""
    site.heard()
    version = site.version(2, GB, 2)
    site.sight(1, version, 0)
    wait_for(lambda: site.ask("ratio.backup.profile", user=1).get("safe_mode") is None)
    before, states = figures(site), copies(site)
    site.move(10 * DAY)
    wait_for(lambda: site.ask("ratio.backup.profile", user=1).get("safe_mode"))
    assert at_rest(figures(site), before)
    assert copies(site) == states
    assert "no tracker" in site.health(site.replicas[0])
    site.heard()
    wait_for(lambda: not site.ask("ratio.backup.profile", user=1).get("safe_mode"))
    assert at_rest(figures(site), before) and copies(site) == states
    down = sql("SELECT extract(epoch FROM max(u.at) - max(d.at)) FROM ratio.book_event d, ratio.book_event u WHERE d.kind ="
               " 'tracker' AND d.amount = 0 AND u.kind = 'tracker' AND u.amount = 1")
    assert abs(float(down[0][0]) - 10 * 86400) < 300, down


def ten_days_without_ratio_itself_cost_nobody_anything(site):
    before, states = figures(site), copies(site)
    for replica in site.replicas:
        replica.kill()
    sql(f"UPDATE ratio.book SET ahead = ahead + {10 * DAY}")
    for replica in site.replicas:
        replica.start()
    site.heard()
    wait_for(lambda: not site.ask("ratio.backup.profile", user=1).get("safe_mode"))
    site.heard()
    assert copies(site) == states and at_rest(figures(site), before)


def at_rest(now, before):
    """The same, but for the two minutes that it takes to notice that nobody reports."""
    moved = [abs(row["clock_seconds"] - old["clock_seconds"]) for row, old in zip(now, before)]
    assert stable(now) == stable(before) and max(moved) <= 200, (moved, now, before)
    return True


def copies(site):
    rows = [row for user in range(1, 9) for row in site.ask("ratio.holding.list", user=user, limit=500)["copies"]]
    return sorted((row[4], row[0], row[5], row[11]) for row in rows)


def kill_9_at_any_moment_leaves_before_or_after(site):
    """Replicas are killed while members assign, ask for slots and trackers report. Each accepted change is there, none twice."""
    site.version(7, GB, 20, 307)
    versions = [site.version(5, GB, 20, 305) for _ in range(3)]
    for turn in range(6):
        victim = site.replicas[turn % 2]
        killer = threading.Timer(random.random() * 0.2, victim.kill)
        killer.start()
        key, target = os.urandom(16), turn + 1

        def assign():
            insist(site, "ratio.points.assign", {"key": key, "user": 7, "backup": 307, "points": target, "expected_assigned": turn})

        def ask_slots():
            for user in (1, 2, 3, 4):
                insist(site, "ratio.slot.ask", {"user": user, "version": random.choice(versions)})

        def sightings():
            rows = []
            for user in (6, 8):
                site.next_client += 1
                rows.append(Client(user, random.choice(versions), 80000 + site.next_client).row())
                rows[-1][8] = 0
            ledger.report_until_taken(site, rows)

        at_once([assign, ask_slots, sightings])
        killer.join()
        victim.start()
        assert site.profile(7)["points_assigned"] == target
    agree(site)


def insist(site, method, body):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return random.choice([r for r in site.replicas if r.process.poll() is None]).bus().ask(method, body, seconds=2)
        except TimeoutError:
            continue
        except Refused as error:
            assert error.status == "unavailable", (error.status, str(error))
    raise AssertionError("not taken within a minute")


def a_commit_in_doubt_is_resolved(site):
    """PostgreSQL is killed while the books are written."""
    assigned = site.profile(7)["points_assigned"]
    for turn in range(4):
        killer = threading.Timer(random.random() * 0.06, lambda: (server("kill"), server("start")))
        killer.start()
        for step in range(6):
            points = 10 + turn * 6 + step
            insist(site, "ratio.points.assign", {"key": os.urandom(16), "user": 7, "backup": 307, "points": points,
                                                 "expected_assigned": assigned})
            assigned = points
        killer.join()
        wait_for(site.opened)
    assert site.profile(7)["points_assigned"] == assigned
    agree(site)


def agree(site):
    """All replicas say the same, the log is gapless, and replicas that begin anew come to the same."""
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])
    assert sql("SELECT count(*) = max(seq) AND max(seq) = (SELECT seq FROM ratio.book) FROM ratio.book_event") == [["t"]]
    seen = [(stable(figures(site, replica)), site.ask("ratio.queue.list", replica, limit=100)["versions"]) for replica in site.replicas]
    assert seen[0][0] == seen[1][0], seen
    site.replicas[0].kill()
    site.replicas[0].start()
    assert stable(figures(site, site.replicas[0])) == stable(figures(site, site.replicas[1]))


def stable(rows):
    return [{k: v for k, v in row.items() if k not in ("clock_seconds", "polled_at", "safe_mode", "clock_direction")} for row in rows]


def what_is_exported_replays_to_the_same_answers(site):
    """Invariants 23 and 24: the log through djembe-ratio --replay."""
    while True:  # until nothing was booked meanwhile
        told, lines = head(), exported(site)
        profiles = [site.profile(user) for user in range(1, 9)]
        queue = sorted(row[0] for row in site.ask("ratio.queue.list", limit=100)["versions"])
        if head() == told:
            break
    at = json.loads(lines[-1])["at"]
    asks = [json.dumps({"ask": "profile", "at": at, "user": user}) for user in range(1, 9)]
    asks += [json.dumps({"ask": "check", "at": at}), json.dumps({"ask": "queue", "at": at})]
    replay = subprocess.run([site.program, "--replay", "--set", "interval=1800", "--set", CONSTANTS], input="\n".join(lines + asks) + "\n",
                            capture_output=True, text=True)
    assert replay.returncode == 0, replay.stderr
    answers = [json.loads(line) for line in replay.stdout.splitlines()]
    assert not [answer for answer in answers if "refused" in answer], replay.stdout[:2000]
    names = {"contribution": "contribution", "lent": "lent", "obligation": "obligation", "debt": "debt", "surplus": "surplus",
             "points_total": "points_total", "points_assigned": "points_assigned", "points_free": "points_free"}
    for answer in answers[:8]:
        shown = profiles[answer["user"] - 1]
        assert {name: answer[name] for name in names} == {name: shown[name] for name in names}, (answer, shown)
    assert answers[8]["recomputed"] is True and answers[8]["contribution"] == answers[8]["lent"], answers[8]
    assert sorted(row["version"] for row in answers[9]["queue"]) == queue, (answers[9], queue)


TESTS = [the_mission_holds,
         every_replica_shows_what_was_done_at_another,
         a_slot_is_published_and_taken_back,
         a_client_without_a_slot_asks_for_one_and_a_goodbye_asks_for_nothing,
         the_last_slot_goes_to_one_of_two_replicas,
         the_last_point_goes_to_one_of_two_replicas,
         a_key_acts_once,
         bad_commands_change_nothing,
         redundancy_and_deletion_move_the_debt,
         a_version_that_the_books_refuse_says_why,
         whether_a_version_would_be_taken_is_told_beforehand,
         offers_come_at_a_tick_to_who_reads_his_feed,
         a_backup_tells_its_worst_version_and_lists_the_newest_first,
         the_history_of_one_figure_is_asked_for,
         two_replicas_tick_once,
         it_is_told_why,
         every_number_opens_to_its_events,
         reports_again_late_and_mixed_up_change_nothing,
         trackers_silent_for_ten_days_cost_nobody_anything,
         ten_days_without_ratio_itself_cost_nobody_anything,
         points_are_set_without_knowing_what_is_assigned,
         the_staff_grants_points_and_says_why,
         a_superseded_version_goes_when_the_next_is_safe,
         an_owner_is_told_once_when_no_new_version_comes,
         who_is_disabled_gets_and_places_nothing,
         holders_hear_that_a_version_is_being_restored,
         an_owner_is_told_of_copies_that_come_and_go,
         points_return_when_the_whole_backup_is_deleted,
         a_holder_who_is_merely_still_there_touches_no_sums,
         kill_9_at_any_moment_leaves_before_or_after,
         a_commit_in_doubt_is_resolved,
         an_offer_keeps_its_number_and_a_later_one_has_a_greater,
         who_is_at_the_owners_address_is_offered_nothing,
         the_queue_is_paged_and_filtered,
         who_has_too_little_space_is_told_of,
         constants_that_are_none_stop_the_start,
         what_is_exported_replays_to_the_same_answers,
         a_start_takes_the_snapshot_and_what_came_after]  # its 200 000 sightings would be read again by all that restart or replay

if __name__ == "__main__":
    run(Library, TESTS, sys.argv[1:], DJEMBE_RATIO_RULES=CONSTANTS)
