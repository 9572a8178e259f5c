#!/usr/bin/python3
"""The law of the ratio service, read aloud: replays a history (JSON lines on standard input, answers on standard output) as
`djembe-ratio --replay` must. It is written from the text of the rules alone, to be compared with the service's own module.

State is what happened (members, backups, versions, copies); whatever follows from it (who counts, C, L, O, IF, tiers, queue) is worked
out anew in View. Time moves in steps that end where anything can change, so that every rate is constant within a step. Numbers like Q17
are those of the rules."""

import datetime
import json
import re
import sys

SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000
GIB = 2**30
POINT = 10 * GIB * 30 * DAY  # byte-milliseconds
SIZE_MAX, REDUNDANCY_MAX, VERSIONS_MAX = 2**42, 20, 1000
HOMES, LIVE_TOGETHER = 4, 16  # households that a member is in at once; members in one household
LAST = 253402300799999

DEFAULTS = {
    "loan": 10 * GIB, "loan_copies": 2, "loan_age": 0, "clock_overdue": 30 * 86400, "clock_release": 44 * 86400,
    "grace_min": 24 * 3600, "grace_max": 168 * 3600, "offer": 12 * 3600, "fetch_idle": 48 * 3600, "probation": 72 * 3600,
    "proof_ttl": 14 * 86400, "cooldown": 7 * 86400, "want_cap": 2**40, "p_max": 1000, "p_grant": 100, "t_max": 1000, "fair": 25,
    "interval": 1800, "auditor": False, "bounty": True}
TIMES = ("clock_overdue", "clock_release", "grace_min", "grace_max", "offer", "fetch_idle", "probation", "proof_ttl", "cooldown",
         "interval", "loan_age")

EVENTS = {
    "member": "user", "backup": "backup owner redundancy", "redundancy": "backup redundancy",
    "retention": "backup last? daily? weekly? monthly? within?", "version": "version backup size depends_on?",
    "delete_version": "version", "delete_backup": "backup", "announce": "user version left", "dropped": "user version",
    "audit": "user version result", "assign": "user backup points expected_assigned?", "free_space": "user bytes",
    "suspended": "user suspended", "household": "user household", "tracker": "up", "burn": "user points", "grant": "user points",
    "move": "user from to points", "tick": ""}
ASKS = {"profile": "user", "version": "version", "queue": "", "offers": "user", "verdict": "user version left?", "check": ""}
RESULTS = ("pass", "fail", "suspect", "busy", "unreachable")


class Malformed(Exception):
    pass


class Refused(Exception):
    pass


def settings(pairs):
    """The constants of 2.2 with times in milliseconds (Q4)."""
    values = dict(DEFAULTS)
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in values:
            raise Malformed(f"no setting {name}")
        if name in ("auditor", "bounty"):
            if value not in ("on", "off"):
                raise Malformed(f"{name} is on or off")
            values[name] = value == "on"
        elif re.fullmatch("[0-9]{1,18}", value):
            values[name] = int(value)
        else:
            raise Malformed(f"{name} is a number")
    return {name: value * SECOND if name in TIMES else value for name, value in values.items()}


class Member:
    def __init__(self, id, joined):
        self.id, self.joined = id, joined
        self.free, self.polled, self.offered = None, None, -1  # offered: `at` of the last offer
        self.clock, self.releases, self.restores = 0, [], []  # ms; instants (at, time); spans in which an own version was being restored
        self.expired, self.idle_until = [], 0  # fetches that ran out; until when no offers and no pause (Q19)
        self.strikes, self.barred_until = [], 0  # until when own versions have no tier (Q15)
        self.suspended = None  # since when
        self.homes = {}  # households: when it was seen there
        self.minted, self.burned = 0, 0
        self.byte_time, self.milli, self.bounties = 0, 0, []


class Backup:
    def __init__(self, id, owner, redundancy):
        self.id, self.owner, self.redundancy = id, owner, redundancy
        self.points, self.deleted, self.changed = 0, False, None
        self.keep = {}  # retention: last, daily, weekly, monthly, within; all 0 or missing: everything


class Version:
    def __init__(self, id, backup, size, at, depends_on=None):
        self.id, self.backup, self.size, self.created, self.depends_on = id, backup, size, at, depends_on
        self.deleted, self.seeded = None, None  # times: of deletion, of the owner's last left = 0
        self.wait, self.open = 0, False


class Copy:
    """The row of a member and a version. begin() starts a new life; the cooldown and STALE time outlast it."""

    def __init__(self, user, version):
        self.user, self.version = user, version
        self.state, self.cooldown, self.stale_spans, self.stake = None, 0, [], 0
        self.begin()

    def begin(self):
        self.held, self.held_at, self.seen, self.fetched = None, None, None, False  # held: time, held_at: `at` (for order)
        self.passed, self.suspects, self.rewarded = None, 0, False
        self.lefts, self.idle = [], 0

    def live(self):
        return self.state in ("OFFERED", "FETCHING", "HELD", "STALE")

    def in_flight(self):
        return self.state in ("OFFERED", "FETCHING")

    def holding(self):
        return self.state in ("HELD", "STALE")


class View:
    """All that follows from the state at one instant."""

    def __init__(self, rules):
        self.rules = rules
        self.of = {id: [] for id in rules.versions}  # version: its live copies
        self.by = {id: [] for id in rules.members}  # member: the live copies it has
        for copy in rules.copies.values():
            if copy.live():
                self.of[copy.version.id].append(copy)
                self.by[copy.user].append(copy)
        probation = set()
        for copies in self.by.values():
            probation |= self.probation(copies)
        self.C, self.L, self.O, self.IF = ({id: 0 for id in rules.members} for _ in range(4))
        self.counting, self.counted, self.n, self.k, self.R = {}, {}, {}, {}, {}
        superseded = {v for b in rules.backups.values() for v in rules.superseded(b)}
        for v in rules.newest_first():  # D5: of a superseded version the newest's n is known before its R*
            counts = [c for c in self.of[v.id] if c.holding() and (not rules.set["auditor"] or rules.proven(c) or c in probation)]
            counts.sort(key=lambda c: (c.held_at, c.user))
            self.R[v.id] = R = max(0, v.backup.redundancy - self.n[rules.active(v.backup)[0].id]) if v in superseded else rules.wanted(v)
            self.counting[v.id], self.counted[v.id] = counts, counts[:R]
            in_flight = sum(1 for c in self.of[v.id] if c.in_flight())
            self.n[v.id] = n = len(counts[:R])
            self.k[v.id] = n + in_flight
            for copy in counts[:R]:
                self.C[copy.user] += v.size
            owner = v.backup.owner
            self.L[owner] += v.size * n
            self.O[owner] += v.size * R
            self.IF[owner] += v.size * in_flight
        self.overdue = {m.id: m.clock >= rules.limit(m, "clock_overdue") for m in rules.members.values()}
        self.tier = {v.id: self.tier_of(v) for v in rules.versions.values()}
        self.serveable = {v.id: self.served(v) for v in rules.versions.values()}
        self.queue = self.order([v for v in rules.versions.values() if self.tier[v.id] and self.serveable[v.id]])
        self.score = {v.id: score for v, score in self.queue}

    def probation(self, copies):
        """Q13, Q14."""
        rules, room, found = self.rules, self.rules.set["loan"], set()
        young = [c for c in copies if c.holding() and c.fetched and not rules.proven(c) and rules.time - c.held < rules.set["probation"]]
        for copy in sorted(young, key=lambda c: (c.held_at, c.version.id)):
            if copy.version.size <= room:
                room -= copy.version.size
                found.add(copy)
        return found

    def debt(self, user):
        return max(0, self.O[user] - self.C[user])

    def surplus(self, user):
        return max(0, self.C[user] - self.O[user])

    def tier_of(self, v):
        """2.5, Q15, Q16: of the next slot."""
        rules, u = self.rules, v.backup.owner
        if (v.deleted is not None or self.k[v.id] >= self.R[v.id] or rules.time < rules.members[u].barred_until
                or rules.members[u].suspended is not None):
            return None
        young = rules.time - rules.members[u].joined < rules.set["loan_age"]
        loan = rules.set["loan"] if self.k[v.id] < rules.set["loan_copies"] and not self.overdue[u] and not young else 0
        if self.L[u] + self.IF[u] + v.size <= self.C[u] + loan:
            return 1
        return None if self.overdue[u] else 2

    def served(self, v):
        """Q18."""
        rules = self.rules
        by_owner = v.seeded is not None and rules.time - v.seeded < rules.window
        return by_owner or any(c.state == "HELD" for c in self.of[v.id])

    def base(self, v):
        n, R = self.n[v.id], self.R[v.id]
        points = 0 if self.overdue[v.backup.owner] else v.backup.points
        risk = 240 if n == 0 else 120 if n == 1 and R > 1 else 60 if 3 * n < R else 0
        return points + risk + v.wait // HOUR

    def order(self, queued):
        """2.7: (version, score) in order."""
        base = {v: self.base(v) for v in queued}
        scored = []
        for v in queued:
            own = sorted((w for w in queued if w.backup.owner == v.backup.owner), key=lambda w: (-base[w], w.created, w.id))
            scored.append((v, base[v] - self.rules.set["fair"] * own.index(v)))
        return sorted(scored, key=lambda pair: (self.tier[pair[0].id], -pair[1], pair[0].created, pair[0].id))

    def booked(self, user):
        return sum(c.version.size for c in self.by[user] if c.in_flight())

    def could_hold(self, user, v):
        copy = self.rules.copies.get((user, v.id))
        return v.backup.owner != user and (copy is None or (not copy.live() and self.rules.time >= copy.cooldown))

    def colocated(self, user, v):
        """2.6: its owner, or another who has a copy or will, is in a household of the member."""
        return any(self.rules.neighbours(user, other) for other in {v.backup.owner, *(c.user for c in self.of[v.id])} - {user})

    def items(self, user):
        """What is eligible for the member (Q17, 2.7): all of it, or tier 1 only when any is."""
        free, booked = self.rules.members[user].free, self.booked(user)
        found = [v for v, _ in self.queue if self.could_hold(user, v)
                 and (free is None or v.size + booked <= free) and not self.colocated(user, v)]
        first = [v for v in found if self.tier[v.id] == 1]
        return first or found

    def open_for(self, user, v):
        """None when v has a slot for the member now, else why not."""
        if self.tier[v.id] is None:
            return "no slot is open"
        if self.tier[v.id] == 2 and any(self.tier[w.id] == 1 for w in self.items(user)):
            return "tier 1 work waits"
        return None

    def rate(self, m):
        """Which way the member's clock runs (2.5, Q19)."""
        if self.L[m.id] > self.C[m.id]:
            work = any(self.could_hold(m.id, v) for v, _ in self.queue)
            return int(work and not self.qualifying(m) and not self.rules.restoring(m))
        return -1 if self.debt(m.id) == 0 and self.C[m.id] > 0 else 0

    def qualifying(self, m):
        if self.rules.time < m.idle_until:
            return False
        for copy in self.by[m.id]:
            if copy.state == "FETCHING":
                old = [left for time, left in copy.lefts if self.rules.time - time >= DAY] or [copy.lefts[0][1]]
                gained = min(old) - min(left for _, left in copy.lefts)
                if gained >= GIB or gained * 100 >= self.L[m.id] - self.C[m.id]:
                    return True
        return False


class Rules:
    def __init__(self, set):
        self.set = set
        self.window = 2 * set["interval"] + 600 * SECOND
        self.stays = self.window + set["grace_max"] + DAY  # how long a member is where it was seen
        self.at, self.time, self.up = None, 0, True  # time: tracker time (Q5)
        self.members, self.backups, self.versions, self.copies = {}, {}, {}, {}
        self.seen = None

    # What follows from the state

    def view(self):
        self.seen = self.seen or View(self)
        return self.seen

    def changed(self):
        self.seen = None

    def wanted(self, v):
        return v.backup.redundancy if v.deleted is None else 0

    # Retention (2.6)

    def newest_first(self):
        return list(self.versions.values())[::-1]

    def active(self, backup):
        """The backup's versions that are not deleted, the newest first."""
        return [v for v in self.newest_first() if v.backup is backup and v.deleted is None]

    def superseded(self, backup):
        """What is neither kept nor depended on."""
        versions, keep = self.active(backup), backup.keep
        if not any(keep.values()):
            return []
        kept = set(versions[:keep.get("last", 0)])
        kept |= {v for v in versions if versions[0].created - v.created < keep.get("within", 0) * DAY}
        for name, period in (("daily", day_of), ("weekly", lambda at: (day_of(at) - datetime.date(1970, 1, 5)).days // 7),
                             ("monthly", lambda at: (day_of(at).year, day_of(at).month))):
            newest = {}
            for v in versions:
                newest.setdefault(period(v.created), v)
            kept |= set(list(newest.values())[:keep.get(name, 0)])
        needed = {v.depends_on for v in versions}
        return [v for v in versions if v not in kept and v not in needed]

    def safe(self, v):
        """It, and all that it depends on, has min(R, 2) copies."""
        return v is None or (self.view().n[v.id] >= min(v.backup.redundancy, 2) and self.safe(v.depends_on))

    def retire(self):
        """A superseded version goes when a newer one is safe, or when nobody has or fetches it."""
        for backup in self.backups.values():
            while doomed := [v for v in self.superseded(backup) if not self.view().of[v.id] or any(
                    self.safe(w) for w in self.active(backup)[:self.active(backup).index(v)])]:
                for v in doomed:
                    self.on_delete_version(v.id)
                self.changed()

    def proven(self, copy):
        return copy.passed is not None and self.time - copy.passed < self.set["proof_ttl"]

    def limit(self, m, name):
        """Q22: halved by each release of the last 180 days, twice at most; halves are whole days."""
        recent = sum(1 for _, time in m.releases if self.time - time < 180 * DAY)
        return self.set[name] // (DAY * 2 ** min(2, recent)) * DAY if recent else self.set[name]

    def restored(self, m):
        """Time within the last 180 days in which the member was restoring."""
        total, end = 0, self.time - 180 * DAY
        for start, stop in m.restores:
            total += max(0, min(stop, self.time) - max(start, end))
        return total

    def restoring(self, m):
        return any(start <= self.time < stop for start, stop in m.restores) and self.restored(m) < 30 * DAY

    def homes(self, user):
        return {household for household, seen in self.members[user].homes.items() if self.time - seen < self.stays}

    def neighbours(self, one, other):
        crowds = (sum(household in self.homes(user) for user in self.members) for household in self.homes(one) & self.homes(other))
        return any(crowd <= LIVE_TOGETHER for crowd in crowds)

    def total(self, m):
        return m.minted - m.burned

    def assigned(self, m):
        return sum(b.points for b in self.backups.values() if b.owner == m.id)

    def want_cap(self, user):
        return max(self.set["want_cap"], 20 * self.view().C[user])

    # Time

    def advance(self, at):
        if self.at is None:
            self.at = self.time = at
        while self.up and self.at < at:
            step = min([end - self.time for end in self.deadlines() if end > self.time] + [at - self.at])
            self.flow(step)
            self.time += step
            self.at += step
            self.changed()
            self.settle()
        self.at = at

    def deadlines(self):
        """Instants at which something that has a rate or a state may change by itself."""
        view = self.view()
        for copy in self.copies.values():
            yield copy.cooldown
            if copy.state == "OFFERED":
                yield copy.expires
            elif copy.state == "FETCHING":
                yield copy.deadline
                if view.serveable[copy.version.id]:
                    yield self.time + self.set["fetch_idle"] - copy.idle
                yield from (time + DAY for time, _ in copy.lefts)
            elif copy.holding():
                yield copy.seen + self.window if copy.state == "HELD" else copy.lost
                yield copy.held + self.set["probation"]
                if copy.passed is not None:
                    yield copy.passed + self.set["proof_ttl"]
        for v in self.versions.values():
            if v.seeded is not None:
                yield v.seeded + self.window
        for m in self.members.values():
            yield from (m.idle_until, m.barred_until, m.joined + self.set["loan_age"])
            yield from (time + 180 * DAY for _, time in m.releases)
            for start, stop in m.restores:
                yield from (stop, start + 180 * DAY, stop + 180 * DAY)
            old = self.time - 180 * DAY
            if self.restoring(m) and not any(start <= old < stop for start, stop in m.restores):  # else as much leaves the window as enters
                yield self.time + 30 * DAY - self.restored(m)
            rate, overdue, release = view.rate(m), self.limit(m, "clock_overdue"), self.limit(m, "clock_release")
            if rate > 0:
                yield from (self.time + overdue - m.clock, self.time + release - m.clock)
            elif rate < 0 and overdue > 0:
                yield self.time + m.clock - overdue + 1

    def flow(self, step):
        """Everything that has a rate."""
        view = self.view()
        rates = {m: view.rate(m) for m in self.members.values()}
        earning = {m: 0 for m in self.members.values()}
        for counted in view.counted.values():
            for copy in counted:
                if self.proven(copy):
                    earning[self.members[copy.user]] += copy.version.size
        for m, rate in rates.items():
            m.clock = max(0, m.clock + rate * step)
            m.byte_time += earning[m] * step
            self.mint(m)
        for v in self.versions.values():
            if v.open and view.serveable[v.id]:
                v.wait += step
        for copy in self.copies.values():
            if copy.state == "FETCHING" and view.serveable[copy.version.id]:
                copy.idle += step

    def settle(self):
        """What is due now (Q6): states, then releases, then bounties."""
        for copy in self.copies.values():
            self.due(copy)
        self.changed()
        self.watch()
        if self.up:  # safe mode freezes releases
            while any([self.release(self.members[id]) for id in sorted(self.members)]):
                self.watch()
        self.reward()

    def due(self, copy):
        if copy.state == "HELD" and self.time >= copy.seen + self.window:
            since = self.time - 30 * DAY
            stale = sum(max(0, stop - max(start, since)) for start, stop in copy.stale_spans)
            grace = min(max(copy.seen - copy.held, self.set["grace_min"]), self.set["grace_max"])
            grace = self.set["grace_min"] if stale > 240 * HOUR else grace
            copy.state, copy.staled, copy.lost = "STALE", self.time, self.time + grace
        if copy.state == "STALE" and self.time >= copy.lost:
            self.gone(copy, "LOST")
        elif copy.state == "OFFERED" and self.time >= copy.expires:
            self.gone(copy, "EXPIRED")
        elif copy.state == "FETCHING" and (self.time >= copy.deadline or copy.idle >= self.set["fetch_idle"]):
            self.gone(copy, "EXPIRED")
            m = self.members[copy.user]
            m.expired.append(self.time)
            if sum(1 for time in m.expired if self.time - time < 30 * DAY) >= 2:
                m.idle_until = self.time + 30 * DAY

    def watch(self):
        """What the state leads to at once. Q25: waiting starts at 0 when the deficit opens."""
        self.retire()
        view = self.view()
        for v in self.versions.values():
            was, v.open = v.open, view.k[v.id] < view.R[v.id]
            if v.open and not was:
                v.wait = 0
                self.changed()

    def release(self, m):
        """Q22. True when anything was released."""
        done = False
        while m.clock >= self.limit(m, "clock_release") and self.view().L[m.id] > self.view().C[m.id]:
            view = self.view()
            own = [v for v in self.versions.values() if v.backup.owner == m.id and view.counted[v.id]]
            copy = max((c for v in own for c in view.counting[v.id]),
                       key=lambda c: (len(view.counting[c.version.id]), c.held_at, c.user, c.version.id))
            self.gone(copy, "RELEASED")
            copy.kept = True
            if not m.releases or m.releases[-1] != (self.at, self.time):
                m.releases.append((self.at, self.time))
            done = True
        return done

    def reward(self):
        """Q28: bounties."""
        for counted in self.view().counted.values():
            for copy in counted:
                if self.set["bounty"] and self.proven(copy) and not copy.rewarded:
                    copy.rewarded = True
                    m = self.members[copy.user]
                    room = 20_000 - sum(milli for time, milli in m.bounties if self.time - time < 30 * DAY)
                    milli = min(room, copy.version.size * copy.stake // 2**30)
                    m.bounties.append((self.time, milli))
                    m.milli += milli
                    self.mint(m)

    def mint(self, m):
        full = m.byte_time // POINT + m.milli // 1000
        m.byte_time, m.milli = m.byte_time % POINT, m.milli % 1000
        m.minted += max(0, min(full, self.set["t_max"] - self.total(m)))

    # Copies

    def gone(self, copy, state):
        if copy.state == "STALE":
            copy.stale_spans.append((copy.staled, self.time))
        copy.state, copy.kept = state, False
        self.changed()

    def grant(self, user, v):
        """A slot: the copy that took it, still without a state."""
        copy = self.copies.setdefault((user, v.id), Copy(user, v))
        copy.begin()
        copy.stake = v.backup.points
        v.wait = 0
        self.changed()
        return copy

    def fetch(self, copy, left):
        copy.state, copy.lefts, copy.idle = "FETCHING", [(self.time, left)], 0
        copy.deadline = self.time + 7 * DAY + copy.version.size * SECOND // 65536

    def hold(self, copy):
        copy.fetched = copy.state == "FETCHING"
        copy.state, copy.held, copy.held_at, copy.seen = "HELD", self.time, self.at, self.time

    def strike(self, copy):
        m = self.members[copy.user]
        m.strikes.append(self.time)
        if sum(1 for time in m.strikes if self.time - time < 30 * DAY) >= 3:
            m.barred_until = self.time + 30 * DAY

    def fail(self, copy):
        self.gone(copy, "FAILED")
        copy.cooldown = self.time + self.set["cooldown"]
        self.strike(copy)

    def drop(self, copy):
        """Q15: a strike when it is under SUSPECT and never passed."""
        if copy.holding() and copy.suspects and copy.passed is None:
            self.strike(copy)
        self.gone(copy, "DROPPED")

    # Events

    def on_member(self, user):
        self.fresh(user, self.members)
        self.members[user] = Member(user, self.time)
        self.members[user].minted = self.set["p_grant"]

    def on_backup(self, backup, owner, redundancy):
        self.fresh(backup, self.backups)
        self.known(owner, self.members, "member")
        self.need(1 <= redundancy <= REDUNDANCY_MAX, "redundancy is 1 to 20")
        self.need(self.members[owner].suspended is None, "suspended")
        self.backups[backup] = Backup(backup, owner, redundancy)

    def on_redundancy(self, backup, redundancy):
        b = self.living(backup)
        self.need(1 <= redundancy <= REDUNDANCY_MAX, "redundancy is 1 to 20")
        if redundancy == b.redundancy:
            return
        self.need(b.changed is None or self.time - b.changed >= DAY, "one change in 24 hours")
        was, before, cap = b.redundancy, self.view().O[b.owner], self.want_cap(b.owner)
        b.redundancy = redundancy
        self.changed()
        after = self.view().O[b.owner]
        if after > before and after > cap:
            b.redundancy = was
            self.changed()
            raise Refused("wants too much")
        b.changed = self.time

    def on_retention(self, backup, **keep):
        b = self.living(backup)
        self.need(all(0 <= number <= (36500 if name == "within" else 1000) for name, number in keep.items()), "out of range")
        b.keep = keep

    def on_version(self, version, backup, size, depends_on=0):
        self.fresh(version, self.versions)
        b = self.living(backup)
        self.need(self.members[b.owner].suspended is None, "suspended")
        self.need(0 < size <= SIZE_MAX, "size")
        count = sum(1 for v in self.versions.values() if v.backup.owner == b.owner and v.deleted is None)
        self.need(count < VERSIONS_MAX, "too many versions")
        self.need(self.view().O[b.owner] + size * b.redundancy <= self.want_cap(b.owner), "wants too much")
        base = self.versions.get(depends_on)
        self.need(depends_on == 0 or (base and base.backup is b and base.deleted is None), "no such version to depend on")
        self.versions[version] = Version(version, b, size, self.at, base)

    def on_delete_version(self, version):
        v = self.known(version, self.versions, "version")
        self.need(v.deleted is None, "deleted already")
        v.deleted = self.time
        for copy in self.copies.values():
            if copy.version is v and copy.in_flight():
                self.gone(copy, "RELEASED")

    def on_delete_backup(self, backup):
        b = self.living(backup)
        for v in self.versions.values():
            if v.backup is b and v.deleted is None:
                self.on_delete_version(v.id)
        b.deleted, b.points = True, 0

    def on_announce(self, user, version, left):
        m, v = self.known(user, self.members, "member"), self.known(version, self.versions, "version")
        self.need(left >= 0, "left is negative")
        if v.backup.owner == user:
            self.need(not self.late(v), "deleted or suspended 30 days ago")
            if left:
                start = m.restores.pop()[0] if m.restores and m.restores[-1][1] >= self.time else self.time
                m.restores.append((start, self.time + self.window))
            else:
                v.seeded = self.time
            return
        self.need(m.suspended is None, "suspended")
        copy = self.copies.get((user, version))
        self.need(copy is None or self.time >= copy.cooldown, "failed an audit lately")
        if copy and copy.holding():
            self.sighting(copy, left)
        elif copy and copy.in_flight():
            self.progress(copy, left)
        elif left or (copy and copy.state == "RELEASED"):
            why = self.view().open_for(user, v)
            self.need(not (why and left), why)
            if not why:
                copy = self.grant(user, v)
                copy.state = None
                if left:
                    self.fetch(copy, left)
                else:
                    self.hold(copy)
        else:  # a volunteer (Q10)
            copy = self.copies.setdefault((user, version), Copy(user, v))
            copy.begin()
            copy.stake, copy.state = 0, None
            self.hold(copy)

    def late(self, v):
        """2.6: restoring is over 30 days after the deletion, or after the owner was suspended."""
        since = self.members[v.backup.owner].suspended
        return any(start is not None and self.time - start >= 30 * DAY for start in (v.deleted, since))

    def on_suspended(self, user, suspended):
        m = self.known(user, self.members, "member")
        if suspended != (m.suspended is not None):
            m.suspended = self.time if suspended else None

    def on_household(self, user, household):
        homes = self.known(user, self.members, "member").homes
        self.need(household >= 1, "a household is at least 1")
        if household not in homes and len(homes) == HOMES:
            del homes[min(homes, key=lambda other: (homes[other], other))]
        homes[household] = self.time

    def sighting(self, copy, left):
        """Q8."""
        if left and copy.suspects:
            self.drop(copy)
        elif not left:
            if copy.state == "STALE":
                copy.stale_spans.append((copy.staled, self.time))
            copy.state, copy.seen = "HELD", self.time

    def progress(self, copy, left):
        """Q20."""
        if left == 0:
            self.hold(copy)
        elif copy.state == "OFFERED":
            self.fetch(copy, left)
        elif left < min(left for _, left in copy.lefts):
            copy.lefts.append((self.time, left))
            copy.idle = 0

    def on_dropped(self, user, version):
        self.known(user, self.members, "member")
        self.known(version, self.versions, "version")
        copy = self.copies.get((user, version))
        self.need(copy and (copy.live() or copy.state == "RELEASED"), "no copy")
        self.drop(copy)

    def on_audit(self, user, version, result):
        self.known(user, self.members, "member")
        self.known(version, self.versions, "version")
        copy = self.copies.get((user, version))
        self.need(copy and copy.holding(), "no copy to audit")
        if result == "pass":
            if copy.passed is None and not copy.fetched and self.set["auditor"]:
                copy.held, copy.held_at = self.time, self.at  # Q13
            copy.passed, copy.suspects = self.time, 0
        elif result == "suspect":
            copy.suspects += 1
        if result == "fail" or copy.suspects == 3:
            self.fail(copy)

    def on_assign(self, user, backup, points, expected_assigned=None):
        m = self.known(user, self.members, "member")
        b = self.living(backup, user)
        self.need(expected_assigned is None or expected_assigned == self.assigned(m), "expected_assigned is stale")
        self.need(0 <= points <= self.set["p_max"], "points")
        self.need(self.assigned(m) - b.points + points <= self.total(m), "not that many points")
        b.points = points

    def on_move(self, user, points, **between):
        self.known(user, self.members, "member")
        source, target = self.living(between["from"], user), self.living(between["to"], user)
        self.need(0 <= points <= source.points, "points")
        self.need(source is target or target.points + points <= self.set["p_max"], "too many points")
        source.points -= points
        target.points += points

    def on_burn(self, user, points):
        m = self.known(user, self.members, "member")
        self.need(0 <= points <= self.total(m) - self.assigned(m), "not that many free points")
        m.burned += points

    def on_grant(self, user, points):
        m = self.known(user, self.members, "member")
        self.need(0 <= points <= max(0, self.set["t_max"] - self.total(m)), "more than a member may have")
        m.minted += points

    def on_free_space(self, user, bytes):
        m = self.known(user, self.members, "member")
        self.need(bytes >= 0, "bytes are negative")
        m.free, m.polled = bytes, self.time

    def on_tracker(self, up):
        self.up = up

    def on_tick(self):
        """Q24."""
        for v, _ in self.view().queue:
            self.offer_holders(v)
            while self.view().tier[v.id]:
                takers = [m for m in self.members.values() if self.takes(m, v)]
                if not takers:
                    break
                m = min(takers, key=lambda m: (-self.view().debt(m.id), m.offered, m.id))
                self.offer(m, v)

    def offer(self, m, v):
        tier = self.view().tier[v.id]
        copy = self.grant(m.id, v)
        copy.state, copy.tier, copy.expires = "OFFERED", tier, self.time + self.set["offer"]
        m.offered = self.at

    def offer_holders(self, v):
        """2.6: holders of superseded versions have the first offers of the newest, whatever they owe."""
        if self.active(v.backup)[0] is not v:
            return
        for old in self.superseded(v.backup):
            for copy in self.view().counting[old.id]:
                m = self.members[copy.user]
                polls = m.suspended is None and m.polled is not None and self.time - m.polled < DAY and self.time >= m.idle_until
                if polls and self.view().tier[v.id] and v in self.view().items(m.id):
                    self.offer(m, v)

    def takes(self, m, v):
        view = self.view()
        room = view.debt(m.id) - view.booked(m.id)
        if m.suspended is not None or m.polled is None or self.time - m.polled >= DAY or self.time < m.idle_until or room <= 0:
            return False
        items = view.items(m.id)
        fits = any(w.size <= room for w in items)
        return v in items and (v.size <= room or (not fits and v.size == min(w.size for w in items)))

    # Refusals

    def need(self, truth, why):
        if not truth:
            raise Refused(why)

    def fresh(self, id, table):
        self.need(id >= 1 and id not in table, "the id is used, or below 1")

    def known(self, id, table, what):
        self.need(id in table, f"no such {what}")
        return table[id]

    def living(self, backup, owner=None):
        b = self.known(backup, self.backups, "backup")
        self.need(not b.deleted, "the backup is deleted")
        self.need(owner is None or b.owner == owner, "another member's backup")
        return b

    # Asks

    def ask_profile(self, user):
        m, view = self.known(user, self.members, "member"), self.view()
        return {"user": user, "contribution": view.C[user], "lent": view.L[user], "obligation": view.O[user], "debt": view.debt(user),
                "surplus": view.surplus(user), "clock_seconds": m.clock // SECOND, "overdue": view.overdue[user],
                "points_total": self.total(m), "points_assigned": self.assigned(m), "points_free": self.total(m) - self.assigned(m)}

    def ask_version(self, version):
        v, view = self.known(version, self.versions, "version"), self.view()
        queued, n, k, R = version in view.score, view.n[version], view.k[version], view.R[version]
        state = ("deleted" if v.deleted is not None else "complete" if n == R else "in_flight" if k >= R
                 else "queued" if queued else "waiting")
        return {"version": version, "size": v.size, "redundancy": R, "counted": [c.user for c in view.counted[version]],
                "spare": [c.user for c in view.counting[version][n:]],
                "fetching": sorted(c.user for c in view.of[version] if c.state == "FETCHING"), "points": v.backup.points,
                "tier": view.tier[version] if queued else None, "score": view.score.get(version), "state": state}

    def ask_queue(self):
        view = self.view()
        return {"queue": [{"version": v.id, "tier": view.tier[v.id], "score": score} for v, score in view.queue]}

    def ask_offers(self, user):
        self.known(user, self.members, "member")
        view = self.view()
        mine = sorted((c for c in self.copies.values() if c.user == user), key=lambda c: c.version.id)
        offers = [{"version": c.version.id, "tier": c.tier, "expires": self.at + c.expires - self.time}
                  for c in mine if c.state == "OFFERED"]
        spare = {c for copies in view.counting.values() for c in copies} - {c for copies in view.counted.values() for c in copies}
        free = [c.version.id for c in mine
                if c in spare or (c.holding() and c.version.deleted is not None) or (c.state == "RELEASED" and c.kept)]
        return {"user": user, "offers": offers, "may_delete": free}

    def ask_verdict(self, user, version, left=1):
        """Q30."""
        self.known(user, self.members, "member")
        v, view, copy = self.known(version, self.versions, "version"), self.view(), self.copies.get((user, version))
        self.need(left >= 0, "left is negative")
        if v.backup.owner == user:
            return self.verdict("DENY", "deleted 30 days ago") if self.late(v) else self.verdict("ALLOW_OWNER", "own")
        if self.members[user].suspended is not None:
            return self.verdict("DENY", "suspended")
        if copy and copy.live():
            slot = copy.in_flight() or copy in view.counted[version]
            return self.verdict("ALLOW_SLOT", "has a slot") if slot else self.verdict("ALLOW_SPARE", "not counted")
        if copy and self.time < copy.cooldown:
            return self.verdict("DENY", "failed an audit lately")
        why = view.open_for(user, v)
        if why and left == 0:
            return self.verdict("ALLOW_SPARE", "welcome without a slot")
        return self.verdict("DENY" if why else "ALLOW_SLOT", why or "a slot is open")

    def verdict(self, verdict, reason):
        return {"verdict": verdict, "reason": reason}

    def ask_check(self):
        view, members = self.view(), self.members.values()
        burned, assigned, total = (sum(each) for each in ([m.burned for m in members], [self.assigned(m) for m in members],
                                                          [self.total(m) for m in members]))
        return {"contribution": sum(view.C.values()), "lent": sum(view.L.values()),
                "missing_bytes": sum(v.size * (view.R[v.id] - view.n[v.id]) for v in self.versions.values()),
                "debt_minus_surplus": sum(view.debt(m.id) - view.surplus(m.id) for m in members), "points_minted": total + burned,
                "points_burned": burned, "points_assigned": assigned, "points_free": total - assigned, "recomputed": True}

    # Lines

    def line(self, number, text):
        """The answer to a line, or None."""
        kind, name, at, fields, refusal = parse(text, self.at)
        self.advance(at)
        try:
            self.need(not refusal, refusal)
            if kind == "ask":
                return getattr(self, f"ask_{name}")(**fields)
            getattr(self, f"on_{name}")(**fields)
        except Refused as why:
            return {"refused": name, "line": number, "at": at, "reason": str(why)}
        self.changed()
        self.watch()
        self.settle()
        return None


def day_of(at):
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=at // DAY)


def integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def no_constant(name):
    raise Malformed(f"{name} is no JSON")


def parse(text, before):
    """Q1: kind, name, at, fields, and why the line is to be refused, if it is."""
    try:
        line = json.loads(text, parse_constant=no_constant)
    except ValueError as error:
        raise Malformed(str(error))
    if not isinstance(line, dict) or ("event" in line) == ("ask" in line):
        raise Malformed("no object with either event or ask")
    kind, known = ("event", EVENTS) if "event" in line else ("ask", ASKS)
    name, at = line[kind], line.get("at")
    if not isinstance(name, str) or name not in known:
        raise Malformed(f"unknown {kind}")
    if not integer(at) or not (before or 0) <= at <= LAST:
        raise Malformed("at")
    fields, refusal = {}, None
    for field in known[name].split():
        optional, field = field.endswith("?"), field.rstrip("?")
        if field not in line:
            if optional:
                continue
            raise Malformed(f"no {field}")
        value = fields[field] = line[field]
        if field == "result":
            good = value in RESULTS if isinstance(value, str) else False
        elif field in ("up", "suspended"):
            good = isinstance(value, bool)
        else:
            good = integer(value) or isinstance(value, float)
            if good and not (integer(value) and -2**63 <= value < 2**63):
                refusal = f"{field} is no integer of 64 bits"
        if not good:
            raise Malformed(f"{field} is of another kind")
    return kind, name, at, fields, refusal


def replay(lines, pairs=()):
    """(answers with None where a line has none, why it stopped or None)."""
    answers = []
    try:
        rules = Rules(settings(pairs))
        for number, text in enumerate(lines, 1):
            try:
                answers.append(rules.line(number, text))
            except Malformed as why:
                return answers, f"line {number}: {why}"
    except Malformed as why:
        return answers, str(why)
    return answers, None


def main(arguments):
    text = sys.stdin.read()
    answers, stopped = replay(text.removesuffix("\n").split("\n") if text else [],
                              [word for word in arguments if word not in ("--replay", "--set")])
    for answer in answers:
        if answer is not None:
            print(json.dumps(answer, separators=(",", ":")))
    if stopped:
        print(stopped, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
