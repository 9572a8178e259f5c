"""Fills the database of djembe-ratio with the history of ratio_history.py, as if it had ended now: the log of the books, which the
service applies when it opens them, and what else it would have stored on the way (torrents, sessions, what members have of torrents)."""
import json, os, subprocess, time

import ratio_history
from ratio_history import HALF_HOUR, START, holders, households

GRID = 1000  # ms: what is announced within one of these is one row of the log, as a batch of trackers' reports is
ROUNDS = 1
MISSED = 100  # one version in so many was not seen in the last half hour
COLUMNS = {"member": (), "backup": ("redundancy",), "version": ("size",), "free_space": ("bytes",), "dropped": (), "tick": ()}


def holder_sql(k, members):
    """As ratio_history.holders: of version g."""
    return f"((g - 1) / 10 + 1 + (g::bigint * 7 + {k} * 13) % ({members} - 1)) % {members} + 1"


def number(value, into):
    while value >= 0x80:
        into.append(value & 0x7F | 0x80)
        value >>= 7
    into.append(value)


class Log:
    """Rows of ratio.book_event as COPY reads them."""

    def __init__(self, out, shift):
        self.out, self.shift, self.seq, self.at, self.sightings = out, shift, 0, 0, bytearray()

    def row(self, at, kind, user=0, backup=0, version=0, amount=0, packed=""):
        self.seq += 1
        moment = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(at // 1000))
        self.out.write(f"{self.seq}\t{moment}\t{kind}\t{user}\t{backup}\t{version}\t{amount}\t0\t\\\\x{packed}\n")

    def flush(self):
        if self.sightings:
            self.row(self.at, "sightings", packed=self.sightings.hex())
            self.sightings.clear()

    def write(self, line):
        event = json.loads(line)
        if "ask" in event:
            return
        at, kind = (event["at"] + self.shift) // GRID * GRID, event["event"]
        if kind == "announce" and event["version"] % MISSED == 0 and event["at"] >= START + 2 * HALF_HOUR:
            return
        seen = {"announce": ("user", "version", "left"), "household": ("user", "nowhere", "household")}.get(kind)
        if at != self.at or not seen:
            self.flush()
        self.at = at
        if seen:
            for name in seen:
                number(event.get(name, 0), self.sightings)
            return
        amount = sum(event[name] for name in COLUMNS[kind])
        self.row(at, kind, event.get("user", event.get("owner", 0)), event.get("backup", 0), event.get("version", 0), amount)


def fill(sql, members):
    sql("TRUNCATE ratio.book_event, ratio.book_effect, ratio.book_inbox, ratio.book_slot, ratio.book_snapshot, ratio.torrent")
    shift = int(time.time() * 1000) - START - (2 + ROUNDS) * HALF_HOUR
    copy = subprocess.Popen(["psql", "-X", "-q", os.environ["DJEMBE_TEST_DATABASE"], "-c", "COPY ratio.book_event FROM STDIN"],
                            stdin=subprocess.PIPE, text=True)
    log = Log(copy.stdin, shift)
    ratio_history.build(members, log.write), ratio_history.fetch(members, log.write), ratio_history.hold(members, ROUNDS, log.write)
    log.flush()
    copy.stdin.close()
    assert copy.wait() == 0
    sql(f"""UPDATE ratio.book SET seq = {log.seq}, at = e.at, ticked_at = e.at, heard_at = now() FROM ratio.book_event e
            WHERE e.seq = {log.seq}; UPDATE ratio.book_heard SET at = now()""")
    sql(f"""INSERT INTO ratio.torrent (torrent_id, size, owner, accounting, active, seq, backup_id)
            SELECT g, 1000000000, (g - 1) / 10 + 1, 'redundancy', true, 0, 2 * ((g - 1) / 10 + 1) - g % 2
            FROM generate_series(1, {10 * members}) g""")
    copies = " UNION ALL ".join(f"SELECT {holder_sql(k, members)} AS u, g FROM generate_series(1, {10 * members}) g" for k in range(5))
    sql(f"""INSERT INTO ratio.session (user_id, torrent_id, peer_id, epoch, up, down, remaining, seen_at, stopped)
            SELECT u, g, convert_to('-DJ0001-' || lpad(u::text, 12, '0'), 'UTF8'), {shift + START}, 0, 1000000000, 0,
            now() - interval '15 minutes', false FROM ({copies}) c""")
    sql(f"""INSERT INTO ratio.member_torrent (user_id, torrent_id, uploaded, downloaded, remaining, seen_at, seeded, seeded_until, client)
            SELECT user_id, torrent_id, 0, down, 0, seen_at, 0, 0, substr(peer_id, 1, 8) FROM ratio.session""")
    sql("VACUUM (ANALYZE) ratio.session, ratio.member_torrent, ratio.torrent, ratio.book_event")
    sql("CHECKPOINT")
    return shift + START


def rows_of(number, count, epoch, members, batch):
    """Session totals of some copies that exist, all of those that are seen before one comes again."""
    for i in range(number * batch, (number + 1) * batch):
        seen, k = i // 5 * 7919 % (10 * members // MISSED * (MISSED - 1)), i % 5
        version = seen // (MISSED - 1) * MISSED + seen % (MISSED - 1) + 1
        user = holders(version, members)[k]
        home = households(user)[0]
        yield [user, version, b"-DJ0001-%012d" % user, epoch, 0, 0, 0, 1000000000, 0, 0, 0,
               home.to_bytes(4, "big"), home.to_bytes(8, "big")]
