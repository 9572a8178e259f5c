"""Days and weeks of the books: outages that are none of the holders' fault, the marks of a debt clock, starts from a snapshot, the
nightly recount. Time passes by leaps, the trackers being heard all the while; the announce interval is a day, so that a copy
stays HELD for 48 h and 10 min.

Run by ctest: tests/postgres python3 outage.py DJEMBE-RATIO [name of one test]
"""
import sys

from books import DAY, GB, Library, agree, copies, figures, notices, stable
from ledger import Client, report, sql, wait_for
from runner import run

HOUR = 3600000


def elapse(site, ms):
    """A tick ends it. In one statement each, so that no posting sees half of it."""
    ticks = lambda: int(sql("SELECT count(*) FROM ratio.book_event WHERE kind = 'tick'")[0][0])
    before, leap = ticks(), f"interval '{ms} milliseconds'"
    site.heard()
    sql(f"WITH heard AS (UPDATE ratio.book_heard SET at = at + {leap}) UPDATE ratio.book SET ahead = ahead + {ms}, at = at + {leap}")
    wait_for(lambda: ticks() > before)


def sight(site, pairs):
    """Each member has all of that version."""
    rows = []
    for user, version in pairs:
        site.next_client += 1
        rows.append(Client(user, version, site.next_client).row())
        rows[-1][8] = 0
    report(site.replicas[0].bus(), rows)
    wait_for(lambda: sql("SELECT count(*) FROM ratio.book_inbox") == [["0"]])


def states(site, pairs):
    known = {(user, version): state for user, version, state, _ in copies(site)}
    return [known.get(pair) for pair in pairs]


def in_safe_mode(site):
    return bool(site.profile(1).get("safe_mode"))


def more_than_thirty_percent_gone_within_an_hour_is_an_outage(site):
    pairs = [(user, version) for version in [site.version(8, GB, 4) for _ in range(10)] for user in range(1, 5)]
    sight(site, pairs)
    elapse(site, 30 * HOUR)
    sight(site, pairs[12:])
    elapse(site, 19 * HOUR)
    assert states(site, pairs).count("stale") == 12 and not in_safe_mode(site)  # 30 %, not more
    sight(site, pairs)
    assert states(site, pairs).count("held") == 40
    elapse(site, 20 * HOUR)
    sight(site, pairs[13:])
    before = figures(site)
    elapse(site, 29 * HOUR)
    wait_for(lambda: in_safe_mode(site))
    assert sql("SELECT down_why FROM ratio.book") == [["mass"]]
    assert "vanished within an hour" in site.health(site.replicas[0])
    elapse(site, 23 * HOUR)  # without safe mode the others, too, would be stale: they were seen 52 h ago
    assert states(site, pairs).count("stale") == 13 and in_safe_mode(site)
    sight(site, pairs[:13])
    elapse(site, 61000)
    wait_for(lambda: not in_safe_mode(site))
    assert states(site, pairs).count("held") == 40
    assert stable(figures(site)) == stable(before)
    agree(site)


def a_debt_clock_is_told_of_at_each_mark_once(site):
    owner, other = 5, 6
    own, foreign = site.version(owner, 20 * GB, 2), site.version(other, GB, 20)
    pairs = [(7, own), (3, own), (other, foreign), (owner, own)]

    def told():
        return [notice for notice in notices(site) if notice[1] == owner and notice[2] == "debt_clock"]

    sight(site, pairs)
    seen = {}
    for day in range(1, 45):
        elapse(site, DAY)
        sight(site, pairs)
        seen[int(site.profile(owner)["clock_seconds"] / 86400)] = len(told())
    marks = {clock: count for clock, count in seen.items() if clock in (14, 15, 22, 23, 29, 30, 36, 37, 42, 43)}
    assert marks == {14: 0, 15: 1, 22: 1, 23: 2, 29: 2, 30: 3, 36: 3, 37: 4, 42: 4, 43: 5}, seen
    texts = [notice[3] for notice in told()]
    assert texts == 2 * ["You will be overdue"] + 3 * ["Copies of your backups will be released"], texts
    elapse(site, DAY)
    assert any(notice[2] == "copies_released" for notice in notices(site) if notice[1] == owner)


def a_start_from_a_snapshot_is_as_one_from_the_log(site):
    version = site.version(1, GB, 3)
    sight(site, [(2, version), (3, version)])
    stored = lambda: int(sql("SELECT count(*) FROM ratio.book_snapshot WHERE parts > 0")[0][0])
    before = stored()
    sql("INSERT INTO ratio.book_inbox (kind, payload) SELECT 'sightings', string_agg(int8send(2) || int8send(%d) || int8send(0), '')"
        " FROM generate_series(1, 200000)" % version)
    site.heard()
    wait_for(lambda: stored() > before, 120)
    sight(site, [(4, version)])  # and events after it
    site.do("ratio.points.assign", user=1, backup=101, points=7)
    seen = figures(site), copies(site)
    for replica, from_log in zip(site.replicas, (False, True)):
        if from_log:
            sql("DELETE FROM ratio.book_snapshot")
        replica.kill()
        replica.start()
        opened = [line for line in open(f"{site.folder}/log{site.replicas.index(replica) + 1}") if "books opened" in line][-1]
        assert ("snapshot=0" in opened) == from_log, opened
        assert "add up" not in site.health(replica)
    for replica in site.replicas:
        assert stable(figures(site, replica)) == stable(seen[0])
    assert copies(site) == seen[1]
    agree(site)


def every_night_all_is_recounted(site):
    def recounted(number):
        return sum("books add up" in line for line in open(f"{site.folder}/log{number}"))

    before = [recounted(number) for number in (1, 2)]
    elapse(site, DAY)
    for number in (1, 2):
        wait_for(lambda: recounted(number) > before[number - 1])
    assert not [replica for replica in site.replicas if "do not add up" in site.health(replica)]


TESTS = [
    more_than_thirty_percent_gone_within_an_hour_is_an_outage,
    a_debt_clock_is_told_of_at_each_mark_once,
    a_start_from_a_snapshot_is_as_one_from_the_log,
    every_night_all_is_recounted]

if __name__ == "__main__":
    run(Library, TESTS, sys.argv[1:], DJEMBE_ANNOUNCE_INTERVAL="86400")
