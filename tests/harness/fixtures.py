"""Every run of these tests, and each of the processes that share them, has a network and a view of /etc of its own: nothing here can meet
another run, or leave the machine."""

import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from instance import Instance

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000


def pytest_configure(config):
    if os.environ.get("DJEMBE_TEST_NETWORK") == str(os.getpid()):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise pytest.UsageError(f"a network of one's own needs root: {os.strerror(ctypes.get_errno())}")
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["ip", "link", "set", "lo", "up"],
        *(["ip", "address", "add", f"10.77.0.{i}/24", "dev", "lo"] for i in range(1, 10)),
        *(["ip", "-6", "address", "add", f"fd77::{i}/64", "dev", "lo"] for i in range(1, 10)),
    ):
        subprocess.run(command, check=True)
    os.environ["DJEMBE_TEST_NETWORK"] = str(os.getpid())


_offsets = iter(range(0, 60000, 100))


@pytest.fixture(scope="session")
def make_instance():
    """make_instance(name, **settings): a running instance, stopped at the end of the session at the latest. Its folder is one that
    the daemons may enter, which pytest's are not; it stays when DJEMBE_TEST_KEEP is set."""
    made = []

    def make(name, start=True, **settings):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"djembe-{name}-"))
        folder.chmod(0o755)
        instance = Instance(folder / "var", next(_offsets), **settings)
        made.append(instance)
        if start:
            instance.up()
        return instance

    yield make
    for instance in made:
        instance.run("down", ok=False)
        if not os.environ.get("DJEMBE_TEST_KEEP"):
            shutil.rmtree(instance.folder.parent)


@pytest.fixture(scope="module")
def instance(make_instance, request):
    """One running instance for the tests of a module, which may have SETTINGS. At its end no sanitizer may have complained."""
    made = make_instance(request.module.__name__, **getattr(request.module, "SETTINGS", {}))
    yield made
    made.down()
    assert made.complaints() == []


@pytest.fixture(scope="session")
def wide_instance(make_instance):
    """One for the modules that want both address families and no limit of clients a member."""
    made = make_instance("wide", start=False, DJEMBE_MEMBER_PEERS="0", DJEMBE_ANNOUNCE_WORKERS="2")
    made.env["DJEMBE_TRACKER_LISTEN"] = f"[::]:{made.port(6969)}"
    made.up()
    yield made
    made.down()
    assert made.complaints() == []
