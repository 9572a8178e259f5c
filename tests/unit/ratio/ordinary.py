"""The ordinary ratio as the daemon keeps it: factors, tokens, ratio watch, on two replicas and one scratch PostgreSQL.

Run by ctest: tests/postgres python3 ordinary.py DJEMBE-RATIO [name of one test]
"""
import msgpack, os, sys, threading, time

from ledger import COMPLETED, Client, Refused, Site, at_once, check_credit, random, report, report_until_taken, server, sql, wait_for
from runner import run

MIB = 1 << 20
DAY = 86400000
BANDS = "1M:0.5/0 100M:0.8/0.4"


def now():
    return int(time.time() * 1000)


def client_of(user, torrent, number):
    client = Client(user, torrent, number)
    client.counters, client.base = [0, 0], [0, 0]
    return client


def row(client, up=0, down=0, at=None, left=0, flags=0):
    client.counters = [client.counters[0] + up, client.counters[1] + down]
    made = client.row(flags)
    made[8], made[10] = left, at or now()
    return made


def counted(user):
    rows = sql(f"SELECT uploaded, downloaded, credited_up, credited_down FROM ratio.member_total WHERE user_id = {user}")
    return [int(number) for number in rows[0]] if rows else [0, 0, 0, 0]


def ask(site, method, body, replica=0, actor=0):
    return site.replicas[replica].bus().ask(method, body, actor=actor)


def refused(site, method, body, actor=0):
    try:
        ask(site, method, body, actor=actor)
    except Refused as error:
        return error.status, error.field, str(error)
    raise AssertionError(f"{method} was done")


def key():
    return os.urandom(16)


def notices(site, user, after=0):
    facts = ask(site, "ratio.notices.since", {"seq": after, "limit": 1000})["facts"]
    return [fact for fact in (msgpack.unpackb(packed) for _, _, packed in facts) if fact[1] == user]


def profile(site, user):
    return ask(site, "ratio.member.profile", {"user": user})


def watch_of(site, user):
    return profile(site, user).get("watch", "")


def look_again(user):
    """As if a day had gone by."""
    sql(f"UPDATE ratio.standing SET due_at = now() WHERE user_id = {user}")
    wait_for(lambda: sql(f"SELECT 1 FROM ratio.standing WHERE user_id = {user} AND (due_at IS NULL OR due_at > now())"))


# ---- factors ----


def a_factor_counts_from_when_it_is_set_until_it_ends(site):
    client, bus = client_of(1, 1, 1), site.replicas[0].bus()
    report(bus, [row(client, 1000, 500)])
    ask(site, "ratio.factor.set", {"key": key(), "torrent": 1, "upload": 200, "download": 0})
    report(bus, [row(client, 1000, 500)])
    assert counted(1) == [2000, 1000, 3000, 500]
    counts = ask(site, "ratio.torrent.counts", {"torrents": [1, 2]})["torrents"]
    assert [given[4:7] for given in counts if given[0] == 1] == [[True, 200, 0]], counts
    ask(site, "ratio.factor.set", {"key": key(), "torrent": 1, "upload": 100, "download": 50}, 1)
    report(bus, [row(client, 1000, 501)])
    assert counted(1) == [3000, 1501, 4000, 750]
    ask(site, "ratio.factor.set", {"key": key(), "torrent": 1, "upload": 100, "download": 100})
    report(bus, [row(client, 1000, 500)])
    assert counted(1) == [4000, 2001, 5000, 1250]
    entries = ask(site, "ratio.ledger.list", {"user": 1, "limit": 100})["entries"]
    assert [entry[2:8] for entry in entries] == [[1000, 501, 1000, 250, 10000, 5000], [1000, 500, 2000, 0, 20000, 0],
                                                 [2000, 1000, 2000, 1000, 10000, 10000]], entries
    page = ask(site, "ratio.ledger.list", {"user": 1, "limit": 1, "before": entries[0][0]})["entries"]
    assert page == entries[1:2]
    assert ask(site, "ratio.ledger.list", {"user": 1, "limit": 100, "before": 2 ** 62})["entries"] == entries


def an_events_edges_are_exact_by_the_time_of_the_announce(site):
    client, bus, start = client_of(2, 2, 2), site.replicas[0].bus(), now() - 3600000
    event = {"key": key(), "title": "Harvest", "upload": 300, "download": 0, "starts_at": start, "ends_at": start + 1000}
    made = ask(site, "ratio.event.set", event)["event"]
    for at, counts in ((start - 1, [10, 10]), (start, [40, 10]), (start + 999, [70, 10]), (start + 1000, [80, 20])):
        report(bus, [row(client, 10, 10, at)])
        assert counted(2)[2:] == counts, (at - start, counted(2))
    # several reports in one batch are counted each by its own time
    other = client_of(2, 3, 3)
    other.epoch = start - 5000
    early = row(other, 100, 0, start - 1)
    other.epoch, other.base = start + 1, [0, 0]
    other.counters = [0, 0]
    late = row(other, 100, 0, start + 500)
    report(bus, [late, early])
    assert counted(2)[2] == 80 + 100 + 300
    assert refused(site, "ratio.event.set", dict(event, key=key(), starts_at=start + 999, ends_at=start + 5000))[0] == "conflict"
    assert refused(site, "ratio.event.set", dict(event, key=key(), ends_at=start))[:2] == ("invalid", "ends_at")
    after = ask(site, "ratio.event.set", dict(event, key=key(), starts_at=start + 1000, ends_at=start + 5000))["event"]
    assert after != made
    changed = ask(site, "ratio.event.set", dict(event, key=key(), event=after, starts_at=start + 2000, ends_at=now() + DAY))
    assert changed["event"] == after
    listed = ask(site, "ratio.factor.list", {"limit": 100})["factors"]
    assert [given[1:5] for given in listed if given[0] == after] == [["event", 0, 300, 0]], listed
    ask(site, "ratio.event.set", dict(event, key=key(), event=after, starts_at=start + 2000, ends_at=start + 2001))


def a_factor_is_for_staff_and_set_once_for_a_key(site):
    wanted = {"key": key(), "torrent": 4, "upload": 100, "download": 0}
    assert refused(site, "ratio.factor.set", wanted, actor=3)[0] == "forbidden"
    site.member_class(3, "moderator")
    wait_for(lambda: sql("SELECT 1 FROM ratio.member WHERE user_id = 3 AND class = 'moderator'"))
    numbers = []
    at_once([lambda r=r: numbers.append(ask(site, "ratio.factor.set", wanted, r, 3)["factor"]) for r in (0, 1, 0, 1)])
    assert len(set(numbers)) == 1
    assert sql("SELECT count(*), max(set_by) FROM ratio.factor WHERE torrent_id = 4") == [["1", "3"]]
    assert refused(site, "ratio.factor.set", dict(wanted, key=key(), ends_at=5))[:2] == ("invalid", "ends_at")
    assert refused(site, "ratio.event.set", {"key": key(), "title": "x", "upload": 1, "download": 1, "starts_at": 1,
                                             "ends_at": 2}, actor=4)[0] == "forbidden"
    assert refused(site, "ratio.token.grant", {"key": key(), "user": 4, "tokens": 5}, actor=4)[0] == "forbidden"


# ---- tokens ----


def a_token_is_used_once_and_spares_its_member_the_download(site):
    grant = {"key": key(), "user": 5, "tokens": 2, "note": "for the translation"}
    assert ask(site, "ratio.token.grant", grant)["tokens"] == ask(site, "ratio.token.grant", grant, 1)["tokens"] == 2
    assert [fact[2] for fact in notices(site, 5)] == ["tokens_granted"] and "translation" in notices(site, 5)[0][4]
    assert refused(site, "ratio.token.grant", {"key": key(), "user": 999, "tokens": 1})[0] == "not_found"
    assert refused(site, "ratio.token.use", {"key": key(), "user": 5, "torrent": 5}, actor=6)[0] == "forbidden"
    use = {"key": key(), "user": 5, "torrent": 5}
    replies = []
    at_once([lambda r=r: replies.append(ask(site, "ratio.token.use", use, r, 5)) for r in (0, 1, 1, 0)])
    assert all(reply == replies[0] for reply in replies) and replies[0]["tokens"] == 1
    assert refused(site, "ratio.token.use", {"key": key(), "user": 5, "torrent": 5}, actor=5)[0] == "conflict"
    mine, others = client_of(5, 5, 10), client_of(6, 5, 11)
    report(site.replicas[0].bus(), [row(mine, 70, 900), row(others, 70, 900)])
    assert counted(5) == [70, 900, 70, 0] and counted(6) == [70, 900, 70, 900]
    held = ask(site, "ratio.token.list", {"user": 5})
    assert held["tokens"] == 1 and [token[0] for token in held["used"]] == [5], held
    report(site.replicas[1].bus(), [row(mine, 0, 50, held["used"][0][2] - 1 if held["used"][0][2] < now() else now())])
    sql("UPDATE ratio.factor SET ends_at = now() WHERE kind = 'token' AND user_id = 5")
    report(site.replicas[1].bus(), [row(mine, 0, 31)])
    assert counted(5)[3] == 31
    assert ask(site, "ratio.token.use", {"key": key(), "user": 5, "torrent": 6}).get("tokens", 0) == 0
    assert refused(site, "ratio.token.use", {"key": key(), "user": 5, "torrent": 7}, actor=5)[0] == "forbidden"
    assert refused(site, "ratio.token.use", {"key": key(), "user": 5, "torrent": 777}, actor=5)[0] == "not_found"


def two_tokens_at_once_on_one_torrent_cost_one(site):
    ask(site, "ratio.token.grant", {"key": key(), "user": 7, "tokens": 5})
    done = []

    def use(replica):
        try:
            done.append(ask(site, "ratio.token.use", {"key": key(), "user": 7, "torrent": 8}, replica, 7))
        except Refused as error:
            done.append(error.status)

    at_once([lambda r=r: use(r) for r in (0, 1, 0, 1)])
    assert done.count("conflict") == 3 and sql("SELECT tokens FROM ratio.token_balance WHERE user_id = 7") == [["4"]], done


# ---- opening figures ----


def what_is_brought_along_counts_once_whoever_asks_how_often(site):
    client, bus = client_of(2001, 19, 2001), site.replicas[0].bus()
    before = dict(row[:2] for row in ask(site, "ratio.torrent.counts", {"torrents": [19, 92]})["torrents"]).get(19, 0)
    report(bus, [row(client, 100, 50, flags=COMPLETED)])
    opening = {"members": [[2001, 7000, 3000], [90, 5, 0], [91, 0, 0], [2001, 7000, 3000]], "torrents": [[19, 41], [92, 7]]}
    same = {"key": key(), **opening}
    told = []
    at_once([lambda r=r: told.append(ask(site, "ratio.opening.add", same, r)) for r in (0, 1, 0, 1)])
    assert all(reply.get("members") == 2 for reply in told), told
    assert "members" not in ask(site, "ratio.opening.add", {"key": key(), **opening}), "nor with another key"
    assert counted(2001) == [7100, 3050, 7100, 3050] and counted(90) == [5, 0, 5, 0] and counted(91) == [0, 0, 0, 0]
    entries = ask(site, "ratio.ledger.list", {"user": 2001, "limit": 10})["entries"]
    assert [entry[1:6] for entry in entries] == [[0, 7000, 3000, 7000, 3000], [19, 100, 50, 100, 50]], entries
    assert profile(site, 2001)["credited_up"] == 7100
    snatches = lambda: dict(row[:2] for row in ask(site, "ratio.torrent.counts", {"torrents": [19, 92]})["torrents"])  # noqa: E731
    assert snatches() == {19: before + 42, 92: 7}
    ask(site, "ratio.opening.add", {"key": key(), "members": [], "torrents": [[19, 40]]})
    assert snatches() == {19: before + 41, 92: 7}, "the number told last stands"
    assert refused(site, "ratio.opening.add", {"key": key(), **opening}, actor=5)[0] == "forbidden"


# ---- ratio watch ----


def backups_never_enter_it(site):
    site.torrent(900, "redundancy")
    wait_for(lambda: sql("SELECT 1 FROM ratio.torrent WHERE torrent_id = 900"))
    client = client_of(8, 900, 20)
    report(site.replicas[0].bus(), [row(client, 0, 500 * MIB, flags=COMPLETED)])
    report(site.replicas[0].bus(), [row(client, 70 * MIB, 0)])
    look_again(8)
    told = profile(site, 8)
    assert "credited_down" not in told and "required" not in told and watch_of(site, 8) == "", told
    assert ask(site, "ratio.ledger.list", {"user": 8, "limit": 10})["entries"] == []
    assert sql("SELECT credited_up, credited_down, uploaded > 0 FROM ratio.member_torrent WHERE user_id = 8 AND torrent_id = 900"
               ) == [["0", "0", "t"]]
    assert sql("SELECT 1 FROM ratio.seed_day WHERE torrent_id = 900") == []


def a_member_below_is_watched_stopped_and_let_in_again(site):
    user, bus = 8, site.replicas[0].bus()
    client = client_of(user, 10, 30)
    report(bus, [row(client, 0, 20 * MIB, left=5)])
    wait_for(lambda: watch_of(site, user) == "watch")
    told = profile(site, user)
    assert (told["required"], told["missing"], told["band_from"], told["band_most"]) == (500, 10 * MIB, MIB, 500), told
    assert told["may_leech"] and told["watch_left"] == 10 * MIB and abs(told["watch_ends_at"] - now() - 14 * DAY) < 60000
    assert [fact[2] for fact in notices(site, user)] == ["watch_begun"]
    fact = msgpack.unpackb(ask(site, "ratio.permits.snapshot", {"limit": 100})["facts"][user - 1][2])
    assert fact[:2] == [user, True] and fact[3:] == ["watch", told["watch_ends_at"], 30 * MIB], fact
    report(bus, [row(client, 0, 8 * MIB, left=5)])
    wait_for(lambda: len(notices(site, user)) == 2)
    report(bus, [row(client, 0, 2 * MIB, left=5)])
    wait_for(lambda: watch_of(site, user) == "stopped")
    told = profile(site, user)
    assert "may_leech" not in told and told["reason"] == "Ratio too low: seed until it is 0.50, then download again."
    why = ask(site, "ratio.ratio.explain", {"user": user})["sentences"]
    assert "30.0 MiB of what was downloaded counts" in why[0] and "15.0 MiB more to upload" in why[2], why
    site.member(user, "disabled")
    wait_for(lambda: "disabled" in profile(site, user)["reason"])
    site.member(user, "active")
    wait_for(lambda: "Ratio too low" in profile(site, user)["reason"])
    report(bus, [row(client, 15 * MIB - 1, 0)])
    look_again(user)
    assert watch_of(site, user) == "stopped"
    report(bus, [row(client, 1, 0)])
    wait_for(lambda: watch_of(site, user) == "")
    assert profile(site, user)["may_leech"]
    assert [fact[2] for fact in notices(site, user)] == ["watch_begun", "watch_warned", "leech_stopped", "leech_allowed"]


def a_watch_ends_by_time_alone(site):
    user, bus = 7, site.replicas[0].bus()
    report(bus, [row(client_of(user, 11, 40), 0, 2 * MIB)])
    wait_for(lambda: watch_of(site, user) == "watch")
    sql(f"UPDATE ratio.standing SET ends_at = now() + interval '1 hour', due_at = now() WHERE user_id = {user}")
    wait_for(lambda: len([1 for fact in notices(site, user) if fact[2] == "watch_warned"]) == 1)
    sql(f"UPDATE ratio.standing SET ends_at = now(), due_at = now() WHERE user_id = {user}")
    wait_for(lambda: watch_of(site, user) == "stopped")


def what_is_seeded_for_three_days_of_the_week_relaxes_it(site):
    user, bus, today = 6, site.replicas[0].bus(), now() // DAY
    for torrent in (12, 13):
        report(bus, [row(client_of(user, torrent, 50 + torrent), 0, MIB, flags=COMPLETED)])
    wait_for(lambda: watch_of(site, user) == "watch")
    hours = 3600000
    seeded = [(today, 12, 23 * hours), (today - 3, 12, 24 * hours), (today - 6, 12, 25 * hours - 1),
              (today - 7, 12, 80 * hours), (today - 7, 13, 80 * hours)]
    for day, torrent, ms in seeded:
        sql(f"INSERT INTO ratio.seed_day VALUES ({day}, {user}, {torrent}, {ms})")
    told = profile(site, user)
    assert (told["snatched"], told.get("seeding", 0), told["required"]) == (2, 0, 500), told
    sql(f"UPDATE ratio.seed_day SET ms = ms + 1 WHERE user_id = {user} AND day = {today}")
    told = profile(site, user)
    assert (told["snatched"], told["seeding"], told["required"]) == (2, 1, 250), told
    sql(f"UPDATE ratio.torrent SET active = false WHERE torrent_id = 13")  # deleted: nobody can seed it
    assert "required" not in profile(site, user)
    look_again(user)
    assert watch_of(site, user) == ""
    sql(f"UPDATE ratio.torrent SET active = true WHERE torrent_id = 13")


def hit_and_runs_over_the_bound_are_watched(site):
    user, bus = 3, site.replicas[0].bus()
    for torrent in (17, 18):
        report(bus, [row(client_of(user, torrent, 55 + torrent), 0, 1000, flags=COMPLETED)])
    look_again(user)
    assert "hit_and_runs" not in profile(site, user), "there is time to seed yet"
    sql(f"UPDATE ratio.snatch SET at = at - interval '15 days' WHERE user_id = {user}")
    assert profile(site, user)["hit_and_runs"] == 2
    look_again(user)
    assert watch_of(site, user) == "watch" and "2 hit-and-runs" in notices(site, user)[-1][4]
    report(bus, [row(client_of(user, 17, 99), 1000, 0)])  # as much as was downloaded
    wait_for(lambda: watch_of(site, user) == "")
    assert profile(site, user)["hit_and_runs"] == 1


def seeding_is_kept_by_the_day(site):
    bus, start = site.replicas[0].bus(), now() - 600000
    client = client_of(4, 14, 60)
    for at in (0, 100000, 250000):
        report(bus, [row(client, at=start + at)])
    assert sql("SELECT sum(ms) FROM ratio.seed_day WHERE user_id = 4 AND torrent_id = 14") == [["250000"]]


def two_replicas_at_one_tick_take_each_step_once(site):
    """Many members due at the same moment, again and again, with a replica killed among it."""
    users, bus = list(range(1000, 1100)), site.replicas[0].bus()
    for user in users:
        site.member(user, "active")
    wait_for(lambda: sql("SELECT count(*) FROM ratio.member WHERE user_id >= 1000") == [["100"]])
    clients = {user: client_of(user, 15, user) for user in users}
    rows = [row(client, 0, 2 * MIB, left=1) for client in clients.values()]
    killer = threading.Timer(0.3, site.replicas[1].kill)
    killer.start()
    report_until_taken(site, rows)
    wait_for(lambda: sql("SELECT count(*) FROM ratio.standing WHERE user_id >= 1000 AND watch = 'watch'") == [["100"]])
    killer.join()
    site.replicas[1].start()
    report_until_taken(site, [row(client, 0, 30 * MIB, left=1) for client in clients.values()])
    wait_for(lambda: sql("SELECT count(*) FROM ratio.standing WHERE user_id >= 1000 AND watch = 'stopped'") == [["100"]])
    killer = threading.Timer(0.2, lambda: (server("kill"), server("start")))
    killer.start()
    report_until_taken(site, [row(client, 400 * MIB, 0) for client in clients.values()])
    killer.join()
    wait_for(lambda: sql("SELECT count(*) FROM ratio.standing WHERE user_id >= 1000 AND watch = 'clear'") == [["100"]])
    for replica in site.replicas:
        wait_for(replica.ready)
    told = {}
    for seq, _, packed in all_facts(site, "ratio.notices"):
        fact = msgpack.unpackb(packed)
        told.setdefault(fact[1], []).append(fact[2])
    assert all(told[user] == ["watch_begun", "leech_stopped", "leech_allowed"] for user in users), told
    permits = {}
    for _, user, packed in all_facts(site, "ratio.permits"):
        permits.setdefault(user, []).append(msgpack.unpackb(packed)[3])
    assert all(permits[user] == ["", "watch", "stopped", ""] for user in users), permits


def all_facts(site, feed):
    facts = []
    while True:
        try:
            page = ask(site, feed + ".since", {"seq": facts[-1][0] if facts else 0, "limit": 1000})["facts"]
        except Refused as error:  # its database has only just come back
            assert error.status == "unavailable"
            continue
        facts += page
        if not page:
            assert [fact[0] for fact in facts] == list(range(1, len(facts) + 1))
            return facts


def every_entry_adds_up(site):
    bus = site.replicas[1].bus()
    ask(site, "ratio.factor.set", {"key": key(), "torrent": 16, "upload": 33, "download": 77})
    clients = [Client(1 + i % 8, 16 + i % 3, 70 + i) for i in range(40)]
    for _ in range(5):
        rows = [made for client in clients for made in client.move()]
        at_once([lambda r=r: report(r.bus(), random.sample(rows, len(rows))) for r in site.replicas * 2])
    check_credit()


def what_nobody_looks_at_any_more_is_forgotten(site):
    sql(f"INSERT INTO ratio.seed_day VALUES ({now() // DAY - 8}, 1, 1, 5)")
    sql("INSERT INTO ratio.feed_latest SELECT feed, n, seq + n - 100002, '' FROM ratio.feed_head, (VALUES (1), (2000)) keys(n)"
        " WHERE feed = 'ratio.notices'")
    site.replicas[0].end()
    site.replicas[0].start()
    wait_for(lambda: sql(f"SELECT 1 FROM ratio.seed_day WHERE day < {now() // DAY - 7}") == [])
    wait_for(lambda: sql("SELECT key FROM ratio.feed_latest WHERE feed = 'ratio.notices' AND fact = ''") == [["2000"]])


TESTS = [a_factor_counts_from_when_it_is_set_until_it_ends, an_events_edges_are_exact_by_the_time_of_the_announce,
         a_factor_is_for_staff_and_set_once_for_a_key, a_token_is_used_once_and_spares_its_member_the_download,
         two_tokens_at_once_on_one_torrent_cost_one, backups_never_enter_it,
         a_member_below_is_watched_stopped_and_let_in_again, a_watch_ends_by_time_alone,
         what_is_seeded_for_three_days_of_the_week_relaxes_it, hit_and_runs_over_the_bound_are_watched, seeding_is_kept_by_the_day,
         two_replicas_at_one_tick_take_each_step_once, every_entry_adds_up,
         what_is_brought_along_counts_once_whoever_asks_how_often, what_nobody_looks_at_any_more_is_forgotten]

run(Site, TESTS, sys.argv[1:], DJEMBE_RATIO_BANDS=BANDS, DJEMBE_RATIO_WATCH_BYTES="10M", DJEMBE_HIT_AND_RUN="30d",
    DJEMBE_HIT_AND_RUN_MOST="1")
