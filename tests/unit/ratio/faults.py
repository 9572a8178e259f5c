"""Faults at chosen places instead of random moments: both replicas are killed while a transaction of theirs waits at each table in turn;
while a commit is under way; PostgreSQL fails over to its standby in mid-commit, with that commit and without it. What was done under
a key is done once, whatever became of the answer.

Run by ctest: tests/postgres python3 faults.py DJEMBE-RATIO [name of one test]
"""
import contextlib, os, signal, subprocess, sys, threading, time

from audits import Archive
from books import DAY, GB, agree, insist
from ledger import COMPLETED, Client, check_totals, make_clients, report_until_taken, server, sql, wait_for
from runner import run



@contextlib.contextmanager
def locked(table):
    """Whoever wants to write to the table waits."""
    holder = subprocess.Popen(["psql", "-X", "-q", "-At", os.environ["DJEMBE_TEST_DATABASE"]], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    holder.stdin.write(f"BEGIN; LOCK TABLE ratio.{table} IN SHARE ROW EXCLUSIVE MODE; SELECT 'locked';\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "locked\n"
    try:
        yield
    finally:
        holder.communicate()


def is_waited_for(table):
    return sql(f"SELECT count(*) > 0 FROM pg_locks WHERE relation = 'ratio.{table}'::regclass AND NOT granted") == [["t"]]


ON_OTHER_DAYS = {"migration", "audit_secret", "book_heard", "book_warned", "book_snapshot", "book_snapshot_part"}


class Jobs:
    """Threads, and what they raised."""

    def __init__(self):
        self.all = []

    def start(self, job, *arguments):
        wrong = []

        def work():
            try:
                job(*arguments)
            except BaseException as error:
                wrong.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.all.append((thread, wrong))

    def end(self):
        for thread, wrong in self.all:
            thread.join(120)
            assert not thread.is_alive(), "not taken"
            if wrong:
                raise wrong[0]


class Day:
    """All kinds of changes of a site, each told until it is taken, with the same key: commands, reports, facts, audits."""

    def __init__(self, site):
        self.site, self.turns = site, 0
        self.clients, self.totals = make_clients(40, 90000), site.totals()
        self.version = site.version(5, GB, 20)
        self.seeder, self.newest = Client(2, 3, 96999), site.version(7, GB, 20, 307)

    def begin(self):
        """The jobs of one turn."""
        site, turn, new = self.site, self.turns, 5000 + self.turns
        self.turns += 1
        self.jobs = Jobs()
        rows = [row for client in self.clients for row in client.move()]
        rows += [Client(1 + turn % 4, self.version, 95000 + turn).row(), Client(1 + turn % 8, 1 + turn % 20, 96000 + turn).row(COMPLETED),
                 self.seeder.row()]
        for row in rows[-3:]:
            row[8] = 0  # a holder, a snatch, and one who seeds on
        site.catalog.tell(new, [new, bytes(20), b"", GB, 6, "redundancy", True, 106, 2, False, 0])
        site.member_class(3, f"class{turn}")
        for method, body in (("ratio.points.assign", {"user": 7, "backup": 307, "points": turn + 1, "expected_assigned": turn}),
                             ("ratio.points.grant", {"user": 8, "points": 1, "reason": "for the day"}),
                             ("ratio.token.grant", {"user": 4, "tokens": 1}),
                             ("ratio.factor.set", {"torrent": 1 + turn % 20, "upload": 100, "download": 100})):
            self.jobs.start(insist, site, method, {"key": os.urandom(16), **body})
        self.jobs.start(insist, site, "ratio.slot.ask", {"user": 1 + turn % 4, "version": self.newest})
        self.jobs.start(report_until_taken, site, rows)
        self.jobs.start(self.audit)

    def audit(self):
        """An auditor asks what is due, and reports."""
        for row in insist(self.site, "ratio.audit.due", {"most": 1, "lease": 600})["audits"]:
            insist(self.site, "ratio.audit.report", {"key": b"audit\0\0\0" + row[0].to_bytes(8, "big"), "audit": row[0],
                                                     "outcome": "passed", "piece": 5})

    def end(self):
        """All have been taken, once."""
        self.jobs.end()
        site = self.site
        wait_for(lambda: site.state(4999 + self.turns) not in (None, "missing"))
        profile = site.profile(8)
        assert site.profile(7)["points_assigned"] == self.turns and profile["points_total"] == 100 + self.turns, profile
        assert site.ask("ratio.token.list", user=4)["tokens"] == self.turns
        self.newest = 4999 + self.turns
        check_totals(site, self.totals, self.clients)
        sql("UPDATE ratio.audit SET due_at = '2020-01-01', leased_until = to_timestamp(0)")


def killed_while_a_transaction_waits_at_any_table_nothing_is_lost_or_done_twice(site):
    tables = {table for table, in sql("SELECT relname FROM pg_class WHERE relnamespace = 'ratio'::regnamespace AND relkind = 'r'")}
    day = Day(site)
    for table in sorted(tables - ON_OTHER_DAYS):
        with locked(table):
            day.begin()
            wait_for(lambda: is_waited_for(table))
            for replica in site.replicas:
                replica.kill()
            for replica in site.replicas:
                replica.start_soon()
        wait_for(lambda: all(replica.ready() for replica in site.replicas))
        day.end()
    agree(site)


def children(replica):
    try:
        with open(f"/proc/{replica.process.pid}/task/{replica.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def begun(pid):
    """It has closed what it need not have, or has had half a second for it."""
    until = time.monotonic() + 0.5
    while len(os.listdir(f"/proc/{pid}/fd")) > 3 and time.monotonic() < until:
        pass
    return True


def a_recount_under_way_holds_no_connection_of_the_books(site):
    """The child that recounts is stopped, PostgreSQL goes and comes: what the child had inherited would be heard of for ever."""
    stopped = []
    deadline = time.monotonic() + 60
    while not stopped and time.monotonic() < deadline:
        site.heard()
        site.move(DAY)
        until = time.monotonic() + 3
        while not stopped and time.monotonic() < until:
            for replica in site.replicas:
                for pid in children(replica):
                    with contextlib.suppress(OSError):
                        if begun(pid):
                            os.kill(pid, signal.SIGSTOP)
                            stopped.append(pid)
    assert stopped, "no child was met"
    try:
        for _ in range(2):
            server("kill")
            server("start")
            wait_for(site.opened)
        assert all(replica.process.poll() is None for replica in site.replicas)
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    site.heard()
    agree(site)


@contextlib.contextmanager
def commits_hang():
    """Each is stored, and waits for a standby that is not there: nobody is told of it."""
    sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    sql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        sql("ALTER SYSTEM RESET synchronous_standby_names")
        sql("SELECT pg_reload_conf()")


def hang():
    return int(sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0][0])


def killed_in_mid_commit_the_key_tells_that_it_was_done(site):
    assigned, events = site.profile(7)["points_assigned"], assigns()
    key = {"key": os.urandom(16), "user": 7, "backup": 307, "points": assigned + 1, "expected_assigned": assigned}
    with commits_hang():
        asked = threading.Thread(target=lambda: site.replicas[0].bus().ask("ratio.points.assign", key, seconds=30), daemon=True)
        asked.start()
        wait_for(lambda: hang() > 0)
        for replica in site.replicas:
            replica.kill()
    for replica in site.replicas:
        replica.start()
    for replica in site.replicas * 2:
        assert replica.bus().ask("ratio.points.assign", key)["points"] == assigned + 1
    assert assigns() == events + 1
    agree(site)


def assigns():
    return int(sql("SELECT count(*) FROM ratio.book_event WHERE kind = 'assign'")[0][0])


def at_standby(statement):
    return subprocess.run(["psql", "-X", "-q", "-At", f"host={cluster()}/standby user=djembe dbname=djembe", "-c", statement], check=True,
                          capture_output=True, text=True).stdout.strip()


def cluster():
    return os.environ["DJEMBE_TEST_CLUSTER"]


def failover(site, follows):
    """A commit hangs; the standby has it when it `follows`. The first server dies, and the standby is written to from then on."""
    assigned, granted, events = site.profile(7)["points_assigned"], site.profile(8)["points_total"], assigns()
    clients, before = make_clients(60, 97000 + 1000 * follows), site.totals()
    server("standby")
    if not follows:
        server("standby-stop")
    sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    sql("SELECT pg_reload_conf()")
    assign = {"key": os.urandom(16), "user": 7, "backup": 307, "points": assigned + 1, "expected_assigned": assigned}
    grant = {"key": os.urandom(16), "user": 8, "points": 1, "reason": "for the standby"}
    rows = [row for client in clients for row in client.move()]
    jobs = Jobs()
    jobs.start(insist, site, "ratio.points.assign", assign)
    jobs.start(insist, site, "ratio.points.grant", grant)
    jobs.start(report_until_taken, site, rows)
    wait_for(lambda: hang() >= 2)
    if follows:
        end = sql("SELECT pg_current_wal_flush_lsn()")[0][0]
        wait_for(lambda: at_standby(f"SELECT pg_last_wal_receive_lsn() >= '{end}'") == "t")
    server("kill")
    if not follows:
        server("standby-start")
    server("promote")
    os.environ["DJEMBE_TEST_CLUSTER"] += "/standby"
    jobs.end()
    wait_for(site.opened)
    assert insist(site, "ratio.points.assign", assign)["points"] == assigned + 1
    assert (site.profile(7)["points_assigned"], site.profile(8)["points_total"], assigns()) == (assigned + 1, granted + 1, events + 1)
    check_totals(site, before, clients)
    agree(site)


def postgresql_fails_over_with_the_commit_that_was_not_answered(site):
    failover(site, follows=True)


def postgresql_fails_over_without_it(site):
    failover(site, follows=False)


TESTS = [killed_while_a_transaction_waits_at_any_table_nothing_is_lost_or_done_twice,
         a_recount_under_way_holds_no_connection_of_the_books,
         killed_in_mid_commit_the_key_tells_that_it_was_done,
         postgresql_fails_over_with_the_commit_that_was_not_answered,
         postgresql_fails_over_without_it]

if __name__ == "__main__":
    hosts = ",".join(cluster() + "/standby" * i for i in range(3))
    os.environ["DJEMBE_TEST_DATABASE"] = f"host={hosts} user=djembe dbname=djembe target_session_attrs=read-write"
    run(Archive, TESTS, sys.argv[1:], before=Archive.heard, DJEMBE_AUDITOR="yes")
