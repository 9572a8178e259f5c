"""The books of backups as they are kept: replicas of djembe-ratio on one scratch PostgreSQL, killed, raced, cut off, moved in
time. Whatever happens, every event is applied once, all replicas agree, and a replay of what they wrote answers the same.

Run by ctest: tests/postgres python3 books.py DJEMBE-RATIO [name of one test]
"""
import json, os, random, subprocess, sys, threading, time, traceback, urllib.request

import ledger
from ledger import Client, NOW, Refused, at_once, report, server, sql, wait_for

GB = 10 ** 9
DAY = 86400000


class Library(ledger.Site):
    """Members 1..8; each has a backup 100+member. Versions are added as they are needed."""

    def __init__(self, program):
        self.next_version, self.next_client = 1000, 0
        super().__init__(program)
        wait_for(lambda: self.opened())

    def opened(self):
        try:
            return all(replica.bus().ask("ratio.backup.profile", {"user": 8}) for replica in self.replicas)
        except (Refused, TimeoutError):
            return False

    def version(self, owner, size=GB, redundancy=2, backup=None):
        self.next_version += 1
        self.catalog.tell(self.next_version, [self.next_version, bytes(20), b"", size, owner, "redundancy", True,
                                              backup or 100 + owner, redundancy])
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

    def ask(self, method, replica=None, seconds=5, **body):
        return (replica or random.choice(self.replicas)).bus().ask(method, body, seconds=seconds)

    def do(self, method, replica=None, seconds=5, **body):
        return self.ask(method, replica, seconds, key=os.urandom(16), **body)

    def profile(self, user, replica=None):
        got = self.ask("ratio.backup.profile", replica, user=user)
        return {**dict.fromkeys(("contribution", "lent", "obligation", "debt", "surplus", "clock_seconds", "points_assigned",
                                 "points_free", "points_total", "space"), 0), **got}

    def sight(self, user, version, left, replica=None, client=None):
        """A tracker reports; waits until the books have it."""
        self.next_client += 1
        row = (client or Client(user, version, self.next_client)).row()
        row[8] = left
        report((replica or random.choice(self.replicas)).bus(), [row])
        wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])

    def copy(self, user, version):
        copies = self.ask("ratio.version.get", version=version)["copies"]
        return next((copy for copy in copies if copy[4] == user), None)

    def move(self, ms):
        """Time passes; the trackers are heard all the while when it is short."""
        sql(f"UPDATE ratio.book SET ahead = ahead + {ms}")

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


def run(program, chosen):
    site, failed = Library(program), 0
    for name, test in TESTS.items():
        if chosen and name != chosen:
            continue
        began = time.monotonic()
        try:
            test(site)
            print(f"ok   {name.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name.replace('_', ' ')}", flush=True)
            traceback.print_exc()
    site.end(not failed)
    return failed


TESTS = {test.__name__: test for test in (the_mission_holds,)}

if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None) else 0)
