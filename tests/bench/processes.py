"""The CPU time of processes, from /proc."""
import os, pathlib


def stat(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(") ")[2].split()
    except FileNotFoundError:
        return None


def children(pid):
    return [int(other) for other in os.listdir("/proc") if other.isdigit() and (stat(other) or [0, 0])[1] == str(pid)]


def cpu_of(pid):
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0


def postgres_cpu():
    """Of all processes of the scratch server that there are now."""
    postmaster = int((pathlib.Path(os.environ["DJEMBE_TEST_CLUSTER"]) / "data/postmaster.pid").read_text().split()[0])
    return sum(cpu_of(pid) for pid in [postmaster, *children(postmaster)])
