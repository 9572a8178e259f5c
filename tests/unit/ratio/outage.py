"""Days and weeks of the books: outages that are none of the holders' fault, the marks of a debt clock, starts from a snapshot, the
nightly recount. Time passes by leaps, the trackers being heard all the while; the announce interval is a day, so that a copy
stays HELD for 48 h and 10 min.

Run by ctest: tests/postgres python3 outage.py DJEMBE-RATIO [name of one test]
"""
import struct, sys, urllib.request

from books import DAY, GB, Library, agree, copies, figures, notices, stable
from ledger import Client, report, sql, wait_for
from runner import run

HOUR = 3600000
WRONG = "the books of backups do not add up: see the log"


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
    wait_for(lambda: "vanished within an hour" in site.health(site.replicas[0]))
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
    defaults = lambda: site.ask("ratio.backup.defaults", users=[1, owner, other, 99, "x"])["members"]
    assert defaults() == [[owner, True, False, False]], defaults()
    elapse(site, DAY)
    assert defaults() == [[owner, True, True, False]], defaults()
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
    for number, before_start, from_log in ((0, lambda: None, False), (1, lambda: spoil_snapshot(site), True),
                                           (0, lambda: sql("DELETE FROM ratio.book_snapshot"), True)):
        before_start()
        replica = site.replicas[number]
        found_wrong = told(site, number, "books do not add up")
        replica.kill()
        replica.start()
        opened = [line for line in log(site, number) if "books opened" in line][-1]
        assert ("snapshot=0" in opened) == from_log, opened
        assert told(site, number, "books do not add up") == found_wrong + number, "one that was spoiled is found out, and not used"
        assert WRONG not in site.health(replica)
    for replica in site.replicas:
        assert stable(figures(site, replica)) == stable(seen[0])
    assert copies(site) == seen[1]
    agree(site)


def log(site, number):
    return open(f"{site.folder}/log{number + 1}").readlines()


def told(site, number, words):
    return sum(f'"{words}"' in line for line in log(site, number))


def record(site, user, more=0):
    """The beginning of the member's record, as it lies in memory (rules/state.h), with so much more of a contribution."""
    seen = site.profile(user)
    return struct.pack("<5q", user, seen["contribution"] + more, seen["lent"], seen["obligation"], seen.get("incoming", 0))


def spoil_snapshot(site):
    """Changes one sum in the stored state, and seals that again as rules/save.c does."""
    [[seq, parts]], header = sql("SELECT seq, parts FROM ratio.book_snapshot ORDER BY seq DESC LIMIT 1"), 48
    assert parts == "1"
    stored = bytes.fromhex(sql(f"SELECT encode(data, 'hex') FROM ratio.book_snapshot_part WHERE seq = {seq}")[0][0])
    place = stored.index(record(site, 2))
    stored = stored[:place] + record(site, 2, 1) + stored[place + 40:]
    body, total = stored[header:], 1
    for (word,) in struct.iter_unpack("<Q", body + bytes(8 - len(body) % 8)):
        total = (total ^ word) * 0x9e3779b97f4a7c15 % 2**64
        total ^= total >> 29
    sql(f"UPDATE ratio.book_snapshot_part SET data = overlay(overlay(data PLACING '\\x{record(site, 2, 1).hex()}' FROM {place + 1})"
        f" PLACING '\\x{total.to_bytes(8, 'little').hex()}' FROM {header - 7}) WHERE seq = {seq}")


def spoil_memory(process, was, instead):
    """As a fault of the machine, or of the program, would; returns in how many places."""
    found = 0
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "r+b", 0) as memory:
        for line in maps:
            begin, end = (int(border, 16) for border in line.split()[0].split("-"))
            if " rw" not in line or end - begin > 1 << 28:
                continue
            memory.seek(begin)
            held = memory.read(end - begin)
            place = held.find(was)
            while place >= 0:
                memory.seek(begin + place)
                found += memory.write(instead) == len(instead)
                place = held.find(was, place + 1)
    return found


def every_night_all_is_recounted(site):
    before = [told(site, number, "books add up") for number in (0, 1)]
    elapse(site, DAY)
    for number in (0, 1):
        wait_for(lambda: told(site, number, "books add up") > before[number])
    assert not [replica for replica in site.replicas if WRONG in site.health(replica)]


def a_recount_that_finds_a_difference_says_so(site):
    one, other = site.replicas

    def metric(replica):
        page = urllib.request.urlopen(f"http://127.0.0.1:{replica.admin}/metrics").read().decode()
        return "djembe_ratio_book_adds_up 1\n" in page

    assert spoil_memory(one.process, record(site, 2), record(site, 2, 1)) > 0
    before = told(site, 1, "books add up")
    elapse(site, DAY)
    wait_for(lambda: WRONG in site.health(one))
    wait_for(lambda: told(site, 1, "books add up") > before)
    assert told(site, 0, "books do not add up") and not metric(one) and metric(other)
    assert WRONG not in site.health(other)
    one.kill()
    one.start()
    assert WRONG not in site.health(one) and metric(one)
    assert stable(figures(site, one)) == stable(figures(site, other))


TESTS = [
    more_than_thirty_percent_gone_within_an_hour_is_an_outage,
    a_debt_clock_is_told_of_at_each_mark_once,
    a_start_from_a_snapshot_is_as_one_from_the_log,
    every_night_all_is_recounted,
    a_recount_that_finds_a_difference_says_so]

if __name__ == "__main__":
    run(Library, TESTS, sys.argv[1:], DJEMBE_ANNOUNCE_INTERVAL="86400")
