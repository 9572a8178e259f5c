#!/usr/bin/python3
"""Random histories that look for trouble. The author follows each with the oracle, so that it knows who holds what and which instants
matter, and goes there to the millisecond. One seed, number of steps and profile give one history (as long as the oracle stays the same)."""

import argparse
import json
import random

import oracle

GB = 10**9
HOUR, DAY = 3_600_000, 86_400_000

# Constants so small that all of the rules happen within a few hundred lines. Clock limits are whole days: their halves are rounded to days.
PROFILES = {
    "plain": [],
    "slow": ["interval=400000"],
    "slow_audit": ["interval=400000", "auditor=on", "clock_overdue=864000", "clock_release=1296000"],
    "audit": ["auditor=on", "interval=21600"],
    "daily": ["interval=86400"],
    "quick": ["clock_overdue=172800", "clock_release=345600", "grace_min=3600", "grace_max=40000", "interval=7200", "fetch_idle=20000",
              "offer=5000", "cooldown=7200", "probation=9000"],
    "quick_audit": ["auditor=on", "clock_overdue=86400", "clock_release=172800", "grace_min=3600", "grace_max=86400", "interval=43200",
                    "fetch_idle=200000", "offer=90000", "cooldown=172800", "probation=9000", "proof_ttl=100000", "loan=3000000000"],
    "debts": ["clock_overdue=86400", "clock_release=259200", "interval=172800", "loan=1000000000", "loan_copies=1", "fair=3"],
    "points": ["interval=864000", "t_max=130", "p_max=60", "fair=1", "proof_ttl=864000", "auditor=on", "probation=864000"],
    "prove": ["auditor=on", "interval=200000", "loan=2000000000", "proof_ttl=500000"],
    "strict": ["clock_overdue=86400", "clock_release=0", "interval=200000", "loan_copies=20"],
    "release": ["clock_overdue=345600", "clock_release=518400", "interval=400000", "loan_copies=20", "loan=1000000000000"],
    "poor": ["t_max=5", "p_grant=7", "bounty=off", "interval=100000", "want_cap=30000000000", "loan=0"],
    "instant": ["grace_min=0", "grace_max=0", "probation=0", "auditor=on", "cooldown=0", "interval=30000"],
}
SIZES = (1, 1000, 65536, GB // 2, GB, GB, GB, 2 * GB, 3 * GB, 5 * GB, 10 * 2**30, 10 * 2**30 + 1, 200 * GB, 10**12, 2**42)


class Enough(Exception):
    pass


class Author:
    def __init__(self, seed, profile=None):
        self.random = random.Random(seed)
        self.pairs = list(PROFILES[profile]) if profile else self.any_profile()
        self.rules = oracle.Rules(oracle.settings(self.pairs))
        self.lines, self.most = [], 0
        self.at = self.random.choice((0, 1, 1_700_000_000_000))
        self.pace = self.random.choice((1, 3, 10))  # how rarely much time passes
        self.usual = self.random.choice(((GB, 2 * GB, 3 * GB), (GB, 5 * GB, 12 * GB), (10**11, 10**12, 2 * 10**11), (1, 10, 2**30), (GB,)))

    def any_profile(self):
        pairs = list(self.random.choice(sorted(PROFILES.items()))[1])
        for switch in ("auditor=on", "bounty=off", "loan_copies=0", "loan=2000000000", "loan_age=200000", "fetch_idle=600",
                       "proof_ttl=7200", "grace_max=999999", "offer=0"):
            if self.random.random() < 0.1:
                pairs.append(switch)
        return pairs

    def chance(self, odds):
        return self.random.random() < odds

    def say(self, **fields):
        self.put(json.dumps({**fields, "at": self.at}))

    def put(self, text):
        if len(self.lines) >= self.most:
            raise Enough
        self.lines.append(text)
        self.rules.line(len(self.lines), text)

    # Picks: mostly what exists

    def pick(self, things, default=None):
        things = list(things)
        return self.random.choice(things) if things else default

    def id(self, table):
        if self.chance(0.02):
            return self.random.choice((0, -1, 99, 2**63, 2**70, 1.5))
        return self.pick(table, 1)

    def user(self):
        return self.id(self.rules.members)

    def backup(self):
        return self.id(self.rules.backups)

    def version(self):
        return self.id(self.rules.versions)

    def copy(self, *states):
        return self.pick(c for c in self.rules.copies.values() if c.state in states)

    # Time

    def ends(self):
        """Instants at which something ends, by itself or for the next line that asks."""
        yield from self.rules.deadlines()
        for m in self.rules.members.values():
            yield from (time + 30 * DAY for time in m.expired + m.strikes + [time for time, _ in m.bounties])
            if m.polled is not None:
                yield m.polled + DAY
        yield from (seen + self.rules.stays for m in self.rules.members.values() for seen in m.homes.values())
        yield from (m.suspended + 30 * DAY for m in self.rules.members.values() if m.suspended is not None)
        yield from (v.deleted + 30 * DAY for v in self.rules.versions.values() if v.deleted is not None)

    def wait(self):
        roll = self.random.random()
        if roll < 0.35:
            return
        if roll < 0.5 and self.rules.up and self.rules.at is not None:
            ends = sorted({end - self.rules.time for end in self.ends() if end > self.rules.time})
            if ends:
                step = ends[int(len(ends) * self.random.random() ** 3 / self.pace)] + self.random.choice((-1, 0, 0, 0, 1))
                self.at = max(self.at, self.rules.at + step)
                return
        window = self.rules.window
        longest = self.random.choice((1, 1000, window // 200, window // 50, window // 10, window // 4))
        if self.chance(0.05 / self.pace):
            longest = self.random.choice((window + 1, 3 * window, 60 * DAY))
        self.at += self.random.randint(0, longest)

    # Events

    def member(self):
        self.say(event="member", user=self.fresh(self.rules.members))

    def fresh(self, table):
        if self.chance(0.03):
            return self.id(table)
        return self.random.choice((len(table) + 1, max(table, default=0) + 1, max(table, default=0) + 3))

    def new_backup(self):
        redundancy = self.random.choice((1, 1, 2, 2, 3, 5, 20, 21, 0, 1.5) if self.chance(0.2) else (1, 1, 2, 2, 3, 4))
        self.say(event="backup", backup=self.fresh(self.rules.backups), owner=self.user(), redundancy=redundancy)

    def new_version(self):
        size = self.random.choice(SIZES + (0, -5, 2**42 + 1, 2**63, self.rules.set["loan"], self.rules.set["loan"] + 1))
        size = self.random.choice(self.usual) if self.chance(0.7) else size
        version = self.fresh(self.rules.versions)
        self.say(event="version", version=version, backup=self.backup(), size=size)
        made = self.rules.versions.get(version) if isinstance(version, int) else None
        if made and self.chance(0.8):
            self.say(event="announce", user=made.backup.owner, version=version, left=0)

    def retention(self):
        b = self.pick(self.rules.backups.values())
        keep = {name: self.random.choice((0, 0, 1, 1, 2, 5))
                for name in ("last", "daily", "weekly", "monthly", "within") if self.chance(0.4)}
        if self.chance(0.03):
            keep["last"] = self.random.choice((-1, 1001, 2**70))
        self.say(event="retention", backup=b.id if b else 1, **keep)

    def chain(self):
        """One backup gets version after version, its holders come along."""
        b = self.pick(b for b in self.rules.backups.values() if not b.deleted)
        if b is None:
            return
        self.say(event="retention", backup=b.id,
                 **{self.random.choice(("last", "daily", "weekly", "monthly")): self.random.choice((1, 1, 2))})
        holders = [user for user in self.rules.members if user != b.owner and self.chance(0.6)]
        for _ in range(self.random.randint(2, 5)):
            base = self.pick(self.rules.active(b))
            version = max(self.rules.versions, default=0) + 1
            depends = {"depends_on": base.id} if base and self.chance(0.4) else {}
            self.say(event="version", version=version, backup=b.id, size=self.random.choice(self.usual), **depends)
            self.say(event="announce", user=b.owner, version=version, left=0)
            for user in holders:
                self.say(event="free_space", user=user, bytes=10**14)
            self.say(event="tick")
            for user in holders:
                if self.chance(0.6):
                    self.say(event="announce", user=user, version=version, left=self.random.choice((0, 0, 1)))
                self.say(ask="offers", user=user)
            if self.rules.set["auditor"]:
                self.audits()
            for v in self.rules.newest_first():
                if v.backup is b:
                    self.say(ask="version", version=v.id)
            self.at += self.random.choice((0, 1000, HOUR, DAY, 8 * DAY))

    def redundancy(self):
        b = self.pick(self.rules.backups.values())
        if b and b.changed is not None and self.rules.up and self.chance(0.5):
            self.at = max(self.at, self.rules.at + b.changed + DAY - self.rules.time + self.random.choice((-1, 0, 1)))
        self.say(event="redundancy", backup=b.id if b else 1, redundancy=self.random.choice((1, 1, 2, 2, 3, 4, 5, 20, 21, 0)))

    def delete(self):
        if self.chance(0.75):
            self.say(event="delete_version", version=self.version())
        else:
            self.say(event="delete_backup", backup=self.backup())

    def announce(self):
        """Whoever has something to say about a copy says it, else anyone about anything."""
        roll, copy = self.random.random(), None
        if roll < 0.15:
            copy = self.copy("OFFERED")
        elif roll < 0.35:
            copy = self.copy("FETCHING")
        elif roll < 0.6:
            copy = self.copy("HELD", "STALE")
        elif roll < 0.7:
            copy = self.copy("RELEASED", "LOST", "DROPPED", "EXPIRED", "FAILED")
        if copy:
            user, version, size = copy.user, copy.version.id, copy.version.size
        else:
            user, version = self.user(), self.version()
            size = self.rules.versions[version].size if version in self.rules.versions else 7
        self.say(event="announce", user=user, version=version, left=self.left(copy, size))
        if copy and self.chance(0.1):
            self.put(self.lines[-1])  # told twice

    def left(self, copy, size):
        if copy and copy.state == "FETCHING" and self.chance(0.8):
            least = min(left for _, left in copy.lefts)
            return self.random.choice((0, 0, 0, least, max(1, least - 1), max(1, least - size // 100), max(1, least - 2**30),
                                       max(1, least // 2), least + 5))
        if copy and copy.state in ("HELD", "STALE") and self.chance(0.8):
            return 0
        return self.random.choice((0, 0, 1, size, size, size, size // 2 + 1, size + 1000, -1 if self.chance(0.1) else 3))

    def owner(self):
        v = self.pick(self.rules.versions.values())
        if v:
            self.say(event="announce", user=v.backup.owner, version=v.id, left=self.random.choice((0, 0, 0, 0, v.size)))

    def restore(self):
        """An own version is fetched for long."""
        v = self.pick(self.rules.versions.values())
        if v:
            for _ in range(self.random.randint(1, 8)):
                self.say(event="announce", user=v.backup.owner, version=v.id, left=v.size)
                self.at += self.rules.window - self.random.choice((0, 1, 1, -1, HOUR // 10))

    def alive(self):
        """Everybody goes on for a while: holders hold, owners seed, fetches progress."""
        absent = self.pick(self.rules.members) if self.chance(0.5) else None
        for _ in range(self.random.randint(1, 4)):
            for v in list(self.rules.versions.values()):
                if v.deleted is None and v.backup.owner != absent and not (v.seeded == self.rules.time and self.chance(0.9)):
                    self.say(event="announce", user=v.backup.owner, version=v.id, left=0)
            for copy in list(self.rules.copies.values()):
                if copy.user == absent or not copy.live() or copy.state == "OFFERED" and self.chance(0.2):
                    continue
                self.say(event="announce", user=copy.user, version=copy.version.id, left=self.left(copy, copy.version.size))
            if self.chance(0.5):
                self.polls()
            window = self.rules.window
            self.at += self.random.choice((window - 1, window - 1, window, window // 2, window // 3))

    def polls(self):
        for user in list(self.rules.members):
            if self.chance(0.8):
                self.say(event="free_space", user=user, bytes=self.random.choice((10**14,) * 6 + (10**12, 4 * GB, GB, 0)))
        self.tick()
        for copy in list(self.rules.copies.values()):
            if copy.state == "OFFERED" and self.chance(0.4):
                self.say(event="announce", user=copy.user, version=copy.version.id, left=self.left(copy, copy.version.size))
        if self.chance(0.3):
            self.ask_all()

    def free_space(self):
        self.say(event="free_space", user=self.user(), bytes=self.random.choice((0, 1, GB, 5 * GB, 10**12, 10**14, 2**63 - 1, 2**63, -1)))

    def tick(self):
        self.say(event="tick")

    def dropped(self):
        copy = self.copy("OFFERED", "FETCHING", "HELD", "STALE", "RELEASED") if self.chance(0.8) else None
        self.say(event="dropped", user=copy.user if copy else self.user(), version=copy.version.id if copy else self.version())

    def audit(self):
        copy = self.copy("HELD", "STALE") if self.chance(0.95) else None
        result = self.random.choice(oracle.RESULTS + ("pass",) * 6 + ("suspect",) * 3)
        self.say(event="audit", user=copy.user if copy else self.user(), version=copy.version.id if copy else self.version(), result=result)
        if copy and result == "suspect" and self.chance(0.4):
            self.say(event="announce", user=copy.user, version=copy.version.id, left=self.random.choice((0, 5)))

    def audits(self):
        for copy in list(self.rules.copies.values()):
            if copy.holding():
                result = "pass" if self.chance(0.9) else self.random.choice(oracle.RESULTS)
                self.say(event="audit", user=copy.user, version=copy.version.id, result=result)

    def streak(self):
        """One member's copies fail, one after the other."""
        copy = self.copy("HELD", "STALE")
        for other in list(self.rules.copies.values()):
            if copy and other.user == copy.user and other.holding():
                results = self.random.choice((("fail",), ("suspect",) * 3, ("suspect",), ("pass", "suspect")))
                for result in results:
                    self.say(event="audit", user=other.user, version=other.version.id, result=result)
                if other.holding():
                    self.say(event="announce", user=other.user, version=other.version.id, left=1)
                self.at += self.random.choice((0, 1000, self.rules.window // 9, 14 * DAY, 15 * DAY))

    def swarm(self):
        """Several members fetch one version, or pretend to."""
        v = self.pick(v for v in self.rules.versions.values() if v.deleted is None)
        users = [user for user in self.rules.members if self.chance(0.6)] if v else []
        self.random.shuffle(users)
        for left in (v.size if v else 0, self.random.choice((0, 1))):
            for user in users:
                self.say(event="announce", user=user, version=v.id, left=left)
            self.at += self.random.choice((0, 0, 1, 1000, self.rules.window // 20))

    def household(self):
        self.say(event="household", user=self.user(),
                 household=self.random.choice((1, 1, 1, 1, 2, 3, 4, 5, 6, 0 if self.chance(0.1) else 2**62)))

    def neighbours(self):
        """Some live together, and all want something to hold."""
        household = self.random.choice((1, 2, 7))
        for user in list(self.rules.members):
            if self.chance(0.5):
                self.say(event="household", user=user, household=household)
        self.keep()
        self.polls()
        self.ask_all()

    def race(self):
        """Debtors' fetches progress by just enough, or not quite, to stop their clocks."""
        for copy in list(self.rules.copies.values()):
            if copy.state == "FETCHING":
                view, least = self.rules.view(), min(left for _, left in copy.lefts)
                over = view.L[copy.user] - view.C[copy.user]
                left = least - self.random.choice((2**30, 2**30, 2**30 - 1, max(0, over // 100), max(0, -(-over // 100)), 1))
                self.say(event="announce", user=copy.user, version=copy.version.id, left=max(1, left))
        self.at += self.random.choice((HOUR, 7 * HOUR, DAY - 1, DAY, DAY + 1000))
        for user in list(self.rules.members):
            self.say(ask="profile", user=user)

    def repent(self):
        """Whose clock is highest wants less, so that it runs backward."""
        m = max(self.rules.members.values(), key=lambda m: (m.clock, m.id))
        for v in list(self.rules.versions.values()):
            if v.backup.owner == m.id and v.deleted is None and self.chance(0.8):
                self.say(event="delete_version", version=v.id)
        self.say(ask="profile", user=m.id)
        self.at += self.random.choice((1000, HOUR, DAY))

    def assign(self):
        b = self.pick(self.rules.backups.values())
        user, backup = (b.owner, b.id) if b and self.chance(0.9) else (self.user(), self.backup())
        points = self.random.choice((0, 1, 10, 40, 50, 60, 61, 100, 101, 1000, 1001, -1))
        fields = {"event": "assign", "user": user, "backup": backup, "points": points}
        if self.chance(0.4) and user in self.rules.members:
            fields["expected_assigned"] = self.rules.assigned(self.rules.members[user]) + self.random.choice((0, 0, 0, 1))
        self.say(**fields)

    def move(self):
        b = self.pick(b for b in self.rules.backups.values() if b.points)
        mine = [c.id for c in self.rules.backups.values() if b and c.owner == b.owner and c is not b]
        target = self.pick(mine, 1) if self.chance(0.9) else self.backup()
        self.say(**{"event": "move", "user": b.owner if b else self.user(), "from": b.id if b else self.backup(), "to": target,
                    "points": self.random.choice((0, 1, 5, b.points if b else 3, 101, -1))})

    def burn(self):
        self.say(event="burn", user=self.user(), points=self.random.choice((0, 1, 10, 50, 200, -1)))

    def suspended(self):
        self.say(event="suspended", user=self.user(), suspended=self.chance(0.4))

    def grant(self):
        m = self.pick(self.rules.members.values())
        room = self.rules.set["t_max"] - self.rules.total(m) if m else 1
        self.say(event="grant", user=m.id if m else 1, points=self.random.choice((0, 1, 5, 20, max(0, room), room + 1, -1)))

    def tracker(self):
        self.say(event="tracker", up=self.chance(0.5))
        if not self.rules.up and self.chance(0.5):
            self.at += self.random.choice((0, 1, HOUR, 10 * DAY))
            self.announce()
            self.at += self.random.choice((0, 1, HOUR, 40 * DAY))
            self.say(event="tracker", up=True)

    def nonsense(self):
        self.say(**self.random.choice((
            {"event": "announce", "user": 1, "version": 1, "left": 0.5}, {"event": "burn", "user": 1.5, "points": 1},
            {"event": "tick", "more": [1]}, {"ask": "profile", "user": 2**70}, {"ask": "verdict", "user": 1, "version": 1, "left": -1},
            {"ask": "version", "version": -3}, {"ask": "offers", "user": 0}, {"event": "version", "version": 1, "backup": 1, "size": 5},
            {"event": "member", "user": 2**63 - 1})))

    # Scenes: a few lines that belong together

    def keep(self):
        """Who seeds or holds goes on."""
        for v in list(self.rules.versions.values()):
            if v.deleted is None:
                self.say(event="announce", user=v.backup.owner, version=v.id, left=0)
        for copy in list(self.rules.copies.values()):
            if copy.holding():
                self.say(event="announce", user=copy.user, version=copy.version.id, left=0)

    def stay(self, span):
        """Time passes while everybody goes on, as far as a few rounds reach."""
        end = self.at + span
        for _ in range(6):
            if self.at < end:
                self.keep()
                self.at = min(end, self.at + self.rules.window - 1)

    def own(self, user, sizes, redundancy):
        backup = max(self.rules.backups, default=0) + 1
        self.say(event="backup", backup=backup, owner=user, redundancy=redundancy)
        for size in sizes:
            version = max(self.rules.versions, default=0) + 1
            self.say(event="version", version=version, backup=backup, size=size)
            if version in self.rules.versions:
                self.say(event="announce", user=user, version=version, left=0)
        return [v for v in self.rules.versions.values() if v.backup.id == backup]

    def debtor(self):
        """A member's content fills up with copies and spares while the clock runs."""
        user, other = self.pick(self.rules.members), self.pick(self.rules.members)
        versions = self.own(user, self.random.choices(self.usual, k=self.random.randint(1, 4)), self.random.choice((1, 2, 2, 3, 4)))
        self.own(other, [2 * 10**11], self.random.choice((1, 20)))
        for _ in range(self.random.randint(1, 3)):
            for v in versions:
                for holder in self.rules.members:
                    if self.chance(0.4):
                        self.say(event="announce", user=holder, version=v.id, left=0)
                        self.at += self.random.choice((0, 0, 0, 1, 1000))
            if self.rules.set["auditor"]:
                self.audits()
            self.stay(self.random.choice((HOUR, DAY, self.rules.window)))
        for _ in range(4):
            self.wait()
            self.keep()
            self.ask_all()

    def cheat(self):
        """One member's copies fail within about 30 days."""
        user = self.pick(self.rules.members)
        self.own(user, [GB], 3)
        gap = self.random.choice((1000, 10 * DAY, 15 * DAY - 1, 15 * DAY, 15 * DAY + 1))
        for v in self.random.sample(list(self.rules.versions.values()), min(5, len(self.rules.versions))):
            self.say(event="announce", user=user, version=v.id, left=0)
            self.say(event="audit", user=user, version=v.id, result="fail")
            self.keep()
            self.say(ask="queue")
            self.at += gap

    def lender(self):
        """One member fetches much and has some of it proven."""
        holder, other = self.pick(self.rules.members), self.pick(self.rules.members)
        loan = self.rules.set["loan"]
        versions = self.own(other, self.random.choices((loan // 3 + 1, loan // 2, loan // 2 + 1, loan, loan + 1, GB), k=5), 3)
        versions += self.own(other, self.random.choices(self.usual, k=2), 2)
        backup = versions[-1].backup.id if versions else 1
        self.say(event="assign", user=other, backup=backup, points=self.random.choice((20, 60, 100)))
        for v in versions:
            self.say(event="announce", user=holder, version=v.id, left=v.size)
        self.random.shuffle(versions)
        for v in versions:
            self.say(event="announce", user=holder, version=v.id, left=0)
            if self.chance(0.5):
                self.say(event="audit", user=holder, version=v.id, result="pass")
            self.at += self.random.choice((0, 0, 1, 1000, self.rules.set["probation"] // 3))
            self.say(ask="profile", user=holder)
        for _ in range(3):
            self.wait()
            self.keep()
            if self.chance(0.5):
                self.audits()
            self.ask_all()

    def ties(self):
        """Equal debts, and offers that come and go."""
        for user in list(self.rules.members):
            if self.chance(0.5):
                self.own(user, [GB], 2)
        for _ in range(3):
            self.polls()
            for user in list(self.rules.members):
                self.say(ask="offers", user=user)
            wait = self.rules.set["offer"] if self.chance(0.5) else DAY
            self.at += max(0, wait - self.random.choice((0, 1)))
            self.keep()
            self.tick()

    def recover(self):
        """The tracker is away while things go on."""
        self.say(event="tracker", up=False)
        self.at += self.random.choice((0, 5, DAY, 30 * DAY))
        for _ in range(3):
            self.random.choice((self.swarm, self.tick, self.audits, self.keep, self.redundancy, self.ask_all))()
            self.at += self.random.choice((0, 5, DAY))
        self.say(event="tracker", up=True)
        self.ask_all()

    # Asks

    def ask(self):
        kind = self.random.choice(("profile", "version", "queue", "offers", "verdict", "verdict", "check"))
        fields = {"profile": {"user": self.user}, "version": {"version": self.version}, "offers": {"user": self.user},
                  "verdict": {"user": self.user, "version": self.version}}.get(kind, {})
        fields = {name: pick() for name, pick in fields.items()}
        if kind == "verdict" and self.chance(0.5):
            fields["left"] = self.random.choice((0, 0, 1, 10**12))
        self.say(ask=kind, **fields)

    def ask_all(self):
        for user in list(self.rules.members):
            self.say(ask="profile", user=user)
            self.say(ask="offers", user=user)
        for version in list(self.rules.versions):
            self.say(ask="version", version=version)
            if self.rules.members:
                self.say(ask="verdict", user=self.pick(self.rules.members), version=version, left=self.random.choice((0, 1)))
        self.say(ask="queue")
        self.say(ask="check")

    def broken(self):
        """The last line stops the replay."""
        last = self.random.choice((
            "", "[]", "{", '{"event":"tick"}', '{"ask":"check","event":"tick","at":%d}', '{"event":"tack","at":%d}',
            '{"event":"tick","at":-1}', '{"event":"tick","at":1.5}', '{"event":"tick","at":253402300800000}',
            '{"event":"member","at":%d}', '{"event":"tick","at":"%d"}', '{"event":"member","user":"1","at":%d}', 
            '{"event":"member","user":null,"at":%d}', '{"event":"tracker","up":1,"at":%d}',
            '{"event":"audit","user":1,"version":1,"result":"good","at":%d}', '{"event":"member","user":true,"at":%d}',
            '{"ask":"verdict","user":1,"version":1,"left":"x","at":%d}', '{"event":"tick","at":%d} x', '{"event":7,"at":%d}'))
        self.lines.append(last.replace("%d", str(self.at)))

    def write(self, steps):
        """Lines: `steps`, and asks about all that there is then."""
        odds = {self.member: 2, self.new_backup: 4, self.new_version: 6, self.redundancy: 3, self.retention: 3, self.chain: 4,
                self.delete: 0.4, self.announce: 40, self.owner: 6, self.restore: 1, self.alive: 5, self.polls: 4, self.free_space: 3,
                self.tick: 6, self.dropped: 3, self.audit: 8, self.audits: 2, self.streak: 0.5, self.swarm: 4, self.household: 5,
                self.neighbours: 2, self.race: 2, self.repent: 0.7, self.assign: 5, self.move: 2, self.burn: 1, self.grant: 1,
                self.suspended: 2, self.tracker: 1,
                self.nonsense: 1, self.debtor: 0.5, self.cheat: 0.3, self.lender: 0.5, self.ties: 0.3, self.recover: 0.3}
        actions, weights = list(odds), [weight * self.random.choice((0.1, 0.3, 1, 1, 3, 6)) for weight in odds.values()]
        self.most = steps
        try:
            for _ in range(self.random.choice((3, 4, 5, 9))):
                self.member()
                self.new_backup()
                self.new_version()
            self.assign()
            self.polls()
            self.random.choice((self.debtor, self.cheat, self.lender, self.ties, self.recover, self.tick))()
            while True:
                self.wait()
                if len(self.rules.members) > 30 or len(self.rules.versions) > 60:
                    weights[:3] = 0, 0, 0
                self.random.choices(actions, weights)[0]()
                if self.chance(0.4):
                    self.ask()
                if self.chance(0.04):
                    self.ask_all()
        except Enough:
            self.most = 2 * steps + 1000
            self.ask_all()
        if self.chance(0.1):
            self.broken()
        return self.lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--profile", choices=sorted(PROFILES), help="default: one by the seed")
    parser.add_argument("--settings", action="store_true", help="print the history's settings instead, one a line")
    options = parser.parse_args()
    author = Author(options.seed, options.profile)
    for line in author.pairs if options.settings else author.write(options.steps):
        print(line)


if __name__ == "__main__":
    main()
