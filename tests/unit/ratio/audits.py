"""Audits as ratio keeps them: what is due, given out once, reported once; what each outcome leads to. Two replicas on a scratch
PostgreSQL; the test is the auditor.

Run by ctest: tests/postgres python3 audits.py DJEMBE-RATIO [name of one test]
"""
import os, sys, time

import msgpack

import books
from books import GB, at_once, refused
from ledger import Client, report, sql, wait_for
from runner import run

NAMES = "audit user version piece drawn reason inward refused".split()


class Archive(books.Library):
    """A version a test, held by member 2 for member 1."""

    def due(self, most=64, replica=None, lease=600):
        rows = self.ask("ratio.audit.due", replica, most=most, lease=lease)["audits"]
        return [dict(zip(NAMES, row)) for row in rows]

    def now(self, version, user=2):
        """The audit of a copy, as when its hour has come."""
        sql(f"UPDATE ratio.audit SET due_at = '2020-01-01' WHERE (user_id, version_id) = ({user}, {version})")
        for audit in self.due():
            if (audit["version"], audit["user"]) == (version, user):
                return audit
            sql("UPDATE ratio.audit SET leased_until = to_timestamp(0), due_at = now() + interval '1 year'"
                f" WHERE audit_id = {audit['audit']}")
        raise AssertionError("it is not given out")

    def tell(self, audit, outcome, replica=None, key=None, **more):
        piece = -1 if outcome == "unreachable" else 5
        return self.ask("ratio.audit.report", replica, key=key or b"audit\0\0\0" + audit["audit"].to_bytes(8, "big"), audit=audit["audit"],
                        outcome=outcome, piece=piece, **more).get("taken", False)

    def held(self, user=2):
        version = self.version(1, GB, 3)
        self.sight(user, version, 0)
        return version

    def plan(self, version, user=2):
        """(reason, minutes until it is due, piece), or None."""
        rows = sql("SELECT a.reason, (extract(epoch FROM a.due_at - now()) * 1000 - b.ahead) / 60000, a.piece"
                   f" FROM ratio.audit a, ratio.book b WHERE (user_id, version_id) = ({user}, {version})")
        return (rows[0][0], float(rows[0][1]), int(rows[0][2])) if rows else None

    def results(self, version, user=2):
        return [row[6] for row in self.ask("ratio.audit.list", version=version, user=user, limit=100)["audits"]]

    def events(self, version):
        return int(sql(f"SELECT count(*) FROM ratio.book_event WHERE kind = 'audit' AND version_id = {version}")[0][0])

    def notices(self, user, kind):
        rows = self.ask("ratio.notices.snapshot", limit=1000)["facts"]
        return [row[4] for row in (msgpack.unpackb(fact[2]) for fact in rows) if row[1] == user and row[2] == kind]


def whoever_was_not_seen_fetching_is_audited_at_once(site):
    version = site.held()
    reason, minutes, _ = site.plan(version)
    assert reason == "doubtful" and minutes <= 0, (reason, minutes)
    copy = site.copy(2, version)
    assert copy[5] == "held" and site.profile(2)["contribution"] == 0, copy  # Q13: it counts from its first PASS


def whoever_was_is_audited_within_two_hours(site):
    for downloaded, wanted in ((GB, "new"), (GB // 2, "doubtful")):
        version = site.version(3, GB, 3)
        for left, down in ((GB, 0), (0, downloaded)):
            row = Client(4, version, 900).row()
            row[7], row[8] = down, left
            row[10] = int(time.time() * 1000) + (left == 0)
            report(site.replicas[0].bus(), [row])
            wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])
        assert site.copy(4, version)[5] == "held", site.copy(4, version)
        reason, minutes, _ = site.plan(version, 4)
        assert reason == wanted, (reason, wanted)
        assert 9 <= minutes <= 120 if wanted == "new" else minutes <= 0, minutes


def two_auditors_do_not_get_the_same(site):
    versions = {site.held() for _ in range(6)}
    got = []
    at_once([lambda r=r: got.extend(site.due(replica=r)) for r in site.replicas * 3])
    mine = [audit for audit in got if audit["version"] in versions]
    assert sorted(audit["version"] for audit in mine) == sorted(versions), got
    assert len({audit["audit"] for audit in mine}) == 6 and len({audit["drawn"] for audit in mine}) == 6
    assert site.due() == []


def what_a_killed_auditor_had_is_given_out_again(site):
    version = site.held()
    first = site.now(version)
    assert site.due() == []
    sql(f"UPDATE ratio.audit SET leased_until = now() WHERE audit_id = {first['audit']}")
    second = next(audit for audit in site.due() if audit["version"] == version)
    assert second["audit"] > first["audit"] and second["drawn"] != first["drawn"]
    assert not site.tell(first, "wrong")  # it comes too late
    assert site.copy(2, version)[5] == "held" and site.tell(second, "passed")


def a_copy_that_passes_counts_and_is_audited_again_in_a_day(site):
    version = site.held()
    before = site.profile(2)["contribution"]
    audit = site.now(version)
    assert audit["piece"] == -1 and audit["reason"] == "doubtful" and not audit["inward"]
    assert site.tell(audit, "passed", received=262144, took_ms=1500, way="encrypted", family="ipv4")
    assert site.profile(2)["contribution"] == before + GB
    reason, minutes, piece = site.plan(version)
    assert reason == "routine" and 22 * 60 - 1 <= minutes <= 26 * 60 and piece == -1, minutes
    row = site.ask("ratio.audit.list", version=version, limit=10)["audits"][0]
    assert row[1:3] == [2, version] and row[4:] == ["doubtful", "passed", "pass", 5, 262144, 1500, "encrypted", "ipv4", False], row


def a_report_that_comes_again_changes_nothing(site):
    version = site.held()
    audit = site.now(version)
    taken = []
    at_once([lambda r=r: taken.append(site.tell(audit, "silent", r)) for r in site.replicas * 3])
    assert any(taken) and site.events(version) == 1 and site.results(version) == ["suspect"], taken
    site.tell(audit, "silent", key=os.urandom(16))
    assert site.events(version) == 1


def a_wrong_piece_ends_the_copy(site):
    version = site.held()
    assert site.tell(site.now(version), "wrong")
    assert site.copy(2, version) is None or site.copy(2, version)[5] == "failed"
    assert site.plan(version) is None and site.results(version) == ["fail"]
    assert any(str(version) in text for text in site.notices(2, "audit_failed"))


def a_refused_piece_is_decided_by_a_second_one(site):
    version = site.held()
    assert site.tell(site.now(version), "refused")
    reason, minutes, piece = site.plan(version)
    assert reason == "second" and 9.9 <= minutes <= 20 and piece == -1, minutes
    assert site.events(version) == 0 and site.results(version) == ["undecided"] and site.copy(2, version)[5] == "held"
    second = site.now(version)
    assert second["refused"] == 5
    assert site.tell(second, "refused")
    assert site.plan(version) is None and site.results(version) == ["fail", "undecided"]


def a_silent_one_is_asked_for_the_same_piece_and_fails_the_third_time(site):
    version = site.held()
    for hours in (1, 6):
        assert site.tell(site.now(version), "silent")
        reason, minutes, piece = site.plan(version)
        assert reason == "suspect" and abs(minutes - 60 * hours) < 1 and piece == 5, (minutes, piece)
        assert site.copy(2, version)[5] == "held"
    assert site.now(version)["piece"] == 5
    sql(f"UPDATE ratio.audit SET leased_until = to_timestamp(0) WHERE version_id = {version}")
    assert site.tell(site.now(version), "silent")
    assert site.plan(version) is None and site.results(version) == ["suspect"] * 3


def a_seed_mode_that_admits_it_loses_the_copy(site):
    version = site.held()
    assert site.tell(site.now(version), "silent")
    site.sight(2, version, GB)
    states = [row[11] for row in site.ask("ratio.history.list", user=2, version=version, limit=10)["entries"] if row[4] == "copy"]
    assert "dropped" in states, states
    assert site.plan(version) is None


def six_times_choked_is_as_good_as_unreachable(site):
    version = site.held()
    for _ in range(5):
        assert site.tell(site.now(version), "choked")
        assert site.plan(version)[0] == "busy"
    assert site.tell(site.now(version), "choked")
    assert site.results(version) == ["unreachable"] + ["busy"] * 5 and site.plan(version)[0] == "unreachable"
    assert site.now(version)["inward"]


def whoever_is_not_reached_for_a_day_is_told_once_and_loses_nothing_but_the_proof(site):
    version = site.held()
    assert site.tell(site.now(version), "unreachable")
    assert site.plan(version)[0] == "unreachable" and not [t for t in site.notices(2, "audit_unreachable") if str(version) in t]
    sql(f"UPDATE ratio.audit SET unreachable_since = unreachable_since - interval '25 hours' WHERE version_id = {version}")
    for _ in range(3):
        assert site.tell(site.now(version), "unreachable")
    assert len([t for t in site.notices(2, "audit_unreachable") if str(version) in t]) == 1
    assert site.copy(2, version)[5] == "held"
    audit = site.now(version)
    assert audit["inward"] and site.tell(audit, "passed", dialled_in=True)
    assert site.now(version)["inward"]  # the next time at once


def a_copy_that_is_away_or_deleted_is_not_given_out(site):
    version, other = site.held(), site.held()
    site.delete(other, 1)
    wait_for(lambda: site.state(other) == "deleted")
    site.ask("ratio.copy.drop", key=os.urandom(16), user=2, version=version)
    assert site.plan(version) is None
    sql("UPDATE ratio.audit SET due_at = '2020-01-01', leased_until = to_timestamp(0)")
    assert not [audit for audit in site.due() if audit["version"] in (version, other)]
    assert site.plan(other)[1] > 50


def it_is_told_when_and_why(site):
    version = site.held()
    steps = site.ask("ratio.explain", what="copy", user=2, version=version)["steps"]
    assert "does not show that it was fetched" in steps[-1]["sentence"] and steps[-1]["rule"] == "2.11", steps
    site.tell(site.now(version), "silent")
    site.tell(site.now(version), "passed", took_ms=77)
    steps = site.ask("ratio.explain", what="copy", user=2, version=version)["steps"][-3:]
    assert "proven" in steps[0]["sentence"] and steps[0]["figures"]["took_ms"] == 77, steps
    assert "fell silent" in steps[1]["sentence"] and "daily in its first week" in steps[2]["sentence"], steps
    assert steps[2]["figures"]["next_at"] > steps[0]["figures"]["at"]


def what_makes_no_sense_is_refused(site):
    version = site.held()
    audit = site.now(version)
    assert "no such outcome" in refused(lambda: site.tell(audit, "well done"), "invalid")
    assert not site.tell({"audit": 10 ** 12}, "passed")
    refused(lambda: site.ask("ratio.audit.due", most=0, lease=600), "invalid")
    refused(lambda: site.ask("ratio.audit.list", limit=5), "invalid")
    assert site.tell(audit, "passed")


def nothing_is_given_out_in_safe_mode(site):
    version = site.held()
    site.move(10 * 60000)
    wait_for(lambda: site.profile(1).get("safe_mode"))
    sql(f"UPDATE ratio.audit SET due_at = '2020-01-01' WHERE version_id = {version}")
    assert site.due() == []
    wait_for(lambda: site.heard() or not site.profile(1).get("safe_mode"))  # a replica may not know yet how late it is
    assert [audit for audit in site.due() if audit["version"] == version]


TESTS = [
    whoever_was_not_seen_fetching_is_audited_at_once,
    whoever_was_is_audited_within_two_hours,
    two_auditors_do_not_get_the_same,
    what_a_killed_auditor_had_is_given_out_again,
    a_copy_that_passes_counts_and_is_audited_again_in_a_day,
    a_report_that_comes_again_changes_nothing,
    a_wrong_piece_ends_the_copy,
    a_refused_piece_is_decided_by_a_second_one,
    a_silent_one_is_asked_for_the_same_piece_and_fails_the_third_time,
    a_seed_mode_that_admits_it_loses_the_copy,
    six_times_choked_is_as_good_as_unreachable,
    whoever_is_not_reached_for_a_day_is_told_once_and_loses_nothing_but_the_proof,
    a_copy_that_is_away_or_deleted_is_not_given_out,
    it_is_told_when_and_why,
    what_makes_no_sense_is_refused,
    nothing_is_given_out_in_safe_mode]

if __name__ == "__main__":
    run(Archive, TESTS, sys.argv[1:], before=Archive.heard, DJEMBE_AUDITOR="yes")
