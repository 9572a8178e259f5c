"""The entry script itself: what an operator types, what it says, and what it does when something is in the way."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from instance import DAEMONS, HOST, ROOT, wait_for

PROCESSES = ("postgresql", *DAEMONS)


def djembe(*words, before=(), **settings):
    """The script by itself, without an instance; `before`: a command that runs it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DJEMBE_")}
    return subprocess.run([*before, str(ROOT / "djembe"), *words], env=env | settings, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300)


def rows(instance):
    """name -> the words of its row in `status`."""
    lines = instance.run("status", ok=False).stdout.splitlines()[1:]
    return {line.split()[0]: line.split() for line in lines}


def pids(instance):
    return {name: row[2] for name, row in rows(instance).items()}


def one_line(done):
    """What is wrong, said in one line on stderr."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("djembe: "), done.stderr
    return lines[0]


def commands(folder, **scripts):
    """A folder of commands that stand in for the system's, to be put first on the PATH."""
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        file = folder / name.replace("_", "-")
        file.write_text("#!/bin/sh\n" + text + "\n")
        file.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


# An instance in good order.


def test_a_second_up_changes_nothing_and_says_so(instance):
    before = pids(instance)
    said = instance.up()
    assert "nothing was changed" in said
    assert f"http://{HOST}:{instance.port(8080)}" in said
    assert pids(instance) == before


def test_status_has_a_row_a_process_and_is_content(instance):
    done = instance.run("status")
    assert done.returncode == 0
    table = rows(instance)
    assert set(table) == set(PROCESSES)
    for name, row in table.items():
        assert row[1] == "up" and int(row[2]) > 1, row
        assert os.path.exists(f"/proc/{row[2]}"), row
        assert re.search(r"\d+\.\d MiB +\d+\.\d", " ".join(row)), row
    assert table["web"][4] == str(instance.port(8080))
    assert table["tracker"][4] == str(instance.port(6969))


def test_daemons_run_without_privileges(instance):
    owner = pwd.getpwnam("djembe").pw_uid
    for name, pid in pids(instance).items():
        about = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert re.search(rf"^Uid:\t{owner}\t{owner}\t{owner}", about, re.M), name
        assert re.search(r"^NoNewPrivs:\t1", about, re.M), name
    assert stat.S_IMODE((instance.folder / "keys").stat().st_mode) == 0o700
    for secret in (instance.folder / "keys").glob("*_secret"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(list((instance.folder / "keys").glob("*_secret"))) == 6


def test_postgresql_listens_on_no_port(instance):
    assert instance.run("psql", "-Atc", "SHOW listen_addresses").stdout.strip() == ""
    assert instance.run("psql", "-Atc", "SHOW fsync").stdout.strip() == "on"


def test_a_daemon_that_is_killed_comes_back_by_itself(instance):
    before = instance.kill("ratio")
    wait_for("ratio again", lambda: instance.pid("ratio") not in (None, before))
    instance.wait_ready("ratio")
    assert "ended by itself (1×)" in instance.run("status").stdout
    assert 'msg="ratio ended by itself" exit=137' in instance.logs()["ratio.log"]


def test_a_daemon_whose_supervisor_is_killed_is_started_anew(instance):
    supervisor = int((instance.folder / "run/web.supervisor").read_text().split()[0])
    os.kill(supervisor, signal.SIGKILL)
    wait_for("web gone with it", lambda: instance.pid("web") is None)
    assert rows(instance)["web"][1] == "down"
    assert "Starting web" in instance.up()
    assert rows(instance)["web"][1] == "up"


def test_one_daemon_is_stopped_started_and_restarted_alone(instance):
    before = pids(instance)
    instance.down("tracker")
    done = instance.run("status", ok=False)
    assert done.returncode == 1
    assert rows(instance)["tracker"][1] == "down"
    instance.up("tracker")
    instance.run("restart", "catalog")
    after = pids(instance)
    assert {name for name in PROCESSES if before[name] != after[name]} == {"tracker", "catalog"}
    assert rows(instance)["tracker"][1] == "up"


def test_postgresql_can_be_stopped_under_running_daemons(instance):
    before = pids(instance)
    instance.down("postgresql")
    wait_for("unwell daemons", lambda: rows(instance)["web"][1] == "unwell")
    assert "PostgreSQL" in instance.run("status", ok=False).stdout
    instance.up("postgresql")
    wait_for("all well", lambda: instance.run("status", ok=False).returncode == 0)
    after = pids(instance)
    assert {name for name in PROCESSES if before[name] != after[name]} == {"postgresql"}


def test_a_changed_setting_restarts_and_is_kept(instance):
    instance.env["DJEMBE_SITE_NAME"] = "A name with spaces"
    assert "its settings changed" in instance.up()
    del instance.env["DJEMBE_SITE_NAME"]
    assert "DJEMBE_SITE_NAME=A name with spaces\n" in (instance.folder / "djembe.conf").read_text()
    assert "nothing was changed" in instance.up()
    environment = pathlib.Path(f"/proc/{instance.pid('web')}/environ").read_bytes()
    assert b"DJEMBE_SITE_NAME=A name with spaces\0" in environment


def test_the_port_offset_is_remembered(instance):
    del instance.env["DJEMBE_PORT_OFFSET"]
    try:
        assert instance.run("status").returncode == 0
    finally:
        instance.env["DJEMBE_PORT_OFFSET"] = str(instance.offset)


def test_logs_show_one_daemon_or_all(instance):
    assert "service=tracker" in instance.run("logs", "tracker").stdout
    everything = instance.run("logs").stdout
    assert all(f"{name}.log" in everything for name in PROCESSES)
    follower = subprocess.Popen([str(ROOT / "djembe"), "logs", "web", "-f"], env=instance.env, stdout=subprocess.PIPE)
    assert b"service=web" in follower.stdout.readline()
    follower.terminate()
    follower.wait(10)


# djembe-admin.


def test_the_invitation_is_shown_until_somebody_has_an_account(make_instance):
    instance = make_instance("invitation", start=False)
    link = re.search(r"^  (http\S+)$", instance.up(), re.M).group(1)
    assert link.startswith(f"http://{HOST}:{instance.port(8080)}/")
    assert link in instance.up()
    member = instance.member("first", "--class", "administrator")
    assert set(member) >= {"user", "passkey", "announce", "token"}
    assert member["announce"] == f"http://{HOST}:{instance.port(6969)}/{member['passkey']}/announce"
    assert link not in instance.up()
    assert "sign" in instance.admin("invite")["link"]
    instance.down()
    assert "Nothing to stop" in instance.down()


def test_any_request_can_be_sent_on_the_bus(instance):
    assert instance.bus("catalog.plugin.list")["plugins"][0]["name"] == "music"
    done = instance.run("admin", "bus", "catalog.torrent.get", '{"torrent": 999999}', ok=False)
    assert done.returncode == 1 and "(not_found: torrent)" in done.stderr and len(done.stderr.splitlines()) == 1
    done = instance.run("admin", "bus", "catalog.torrent.get", '{"torrent": -1}', ok=False)
    assert done.returncode == 1 and "(invalid: torrent)" in done.stderr
    done = instance.run("admin", "bus", "catalog.torrent.get", "{torrent", ok=False)
    assert done.returncode == 1 and "not JSON" in done.stderr
    done = instance.run("admin", "member", "add", ok=False)
    assert done.returncode == 1 and "missing" in done.stderr


# Two instances, strange places.


def test_two_instances_live_side_by_side(instance, make_instance):
    before = pids(instance)
    other = make_instance("other")
    assert other.run("status").returncode == 0
    assert pids(instance) == before
    other.down()
    assert instance.run("status").returncode == 0


def test_a_folder_with_a_long_name_works(make_instance):
    instance = make_instance("long", start=False)
    instance.env["DJEMBE_VAR"] = str(instance.folder / ("long" * 25))
    instance.up()
    assert instance.run("psql", "-Atc", "SELECT 1").stdout.strip() == "1"
    instance.down()


def test_a_folder_that_the_daemons_may_not_enter_becomes_a_link(make_instance):
    instance = make_instance("closed", start=False)
    instance.folder.mkdir()
    instance.folder.chmod(0o700)
    inner = instance.folder / "var"
    instance.env["DJEMBE_VAR"] = str(inner)
    try:
        assert "is a link to it" in instance.up("postgresql")
        assert inner.is_symlink() and inner.resolve().parent == pathlib.Path("/var/lib/djembe")
        assert instance.run("psql", "-Atc", "SELECT 1").stdout.strip() == "1"
        instance.down()
    finally:
        if inner.is_symlink():
            shutil.rmtree(inner.resolve())


def test_an_interrupted_start_can_be_repeated(make_instance):
    instance = make_instance("interrupted", start=False)
    half = instance.folder / "state/postgres.making"
    started = subprocess.Popen([str(ROOT / "djembe"), "up"], env=instance.env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for("a database half made", half.exists)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert not (instance.folder / "postgres").exists()
    instance.up()
    assert instance.run("status").returncode == 0 and not half.exists()
    # a machine that lost its power: nothing runs, but the files say so
    files = {file: file.read_text() for file in (instance.folder / "run").iterdir()
             if file.suffix in (".pid", ".supervisor")}
    instance.down()
    for file, text in files.items():
        file.write_text(" ".join([str(os.getpid()), *text.split()[1:]]))
    assert rows(instance)["web"][1] == "down"
    instance.up()
    assert instance.run("status").returncode == 0
    assert os.getpid() not in map(int, pids(instance).values())
    instance.down()


# What is in the way gets one line.


def test_a_taken_port_is_told_with_its_holder(make_instance):
    instance = make_instance("taken", start=False)
    with socket.create_server((HOST, instance.port(8080))):
        said = one_line(instance.run("up", "web", ok=False))
    assert f"Port {instance.port(8080)} (pages of web)" in said
    assert f"(pid {os.getpid()})" in said and "DJEMBE_PORT_OFFSET=" in said


def test_a_full_disk_is_told(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", str(disk)], check=True)
    try:
        said = one_line(djembe("up", DJEMBE_VAR=str(disk / "var"), DJEMBE_NO_BUILD="1"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert "50 MB are free" in said and "Make room" in said


def test_missing_packages_are_told_to_those_who_may_not_install(tmp_path):
    os.chmod(tmp_path, 0o755)
    path = commands(tmp_path / "bin", dpkg_query="exit 0", id='[ "$1" = -u ] && echo 1000 || exec /usr/bin/id "$@"')
    said = one_line(djembe("up", DJEMBE_VAR=str(tmp_path / "var"), PATH=path))
    assert "sudo apt-get install" in said and "libczmq4" in said and not (tmp_path / "var").exists()


def test_no_network_is_told(tmp_path):
    path = commands(tmp_path / "bin", dpkg_query="exit 0", dpkg="exit 0",
                    apt_get="echo \"Temporary failure resolving 'packages.example'\"; exit 100")
    done = djembe("up", DJEMBE_VAR=str(tmp_path / "var"), PATH=path)
    assert done.returncode == 1
    assert "No package server can be reached" in done.stderr.splitlines()[-1]


def test_another_system_is_told(tmp_path):
    release = tmp_path / "os-release"
    release.write_text('ID=fedora\nPRETTY_NAME="Fedora Linux 40"\n')
    mounted = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$(readlink -f /etc/os-release)" && exec "$@"', str(release)]
    done = djembe("up", before=mounted, DJEMBE_VAR=str(tmp_path / "var"))
    assert "This is Fedora Linux 40" in one_line(done) and "docker-compose" in done.stderr


@pytest.mark.parametrize("words, settings, part", [
    (["fly"], {}, 'There is no "fly"'),
    (["up", "sql"], {}, "no process called sql"),
    (["up", "web", "tracker"], {}, "One process at a time"),
    (["status"], {"DJEMBE_PORT_OFFSET": "many"}, "a number from 0 to 55000"),
    (["up"], {"DJEMBE_BUILD": "fast"}, "release or asan"),
    (["test", "everything"], {}, "no tests called everything"),
])
def test_wrong_words_are_told(tmp_path, words, settings, part):
    assert part in one_line(djembe(*words, DJEMBE_VAR=str(tmp_path / "var"), **settings))


def test_commands_without_an_instance_say_so(tmp_path):
    for command in (["status"], ["logs"], ["restart"], ["psql"], ["admin", "invite"]):
        assert "run ./djembe up first" in one_line(djembe(*command, DJEMBE_VAR=str(tmp_path / "var")))
    assert "Nothing to stop" in djembe("down", DJEMBE_VAR=str(tmp_path / "var")).stdout
    assert "./djembe up" in djembe("help").stdout
