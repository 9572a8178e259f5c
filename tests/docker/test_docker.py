"""deploy/docker-compose.yml on a real engine: the images build, the site comes up, two clients exchange through the containers."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from content import make_album, make_torrent, same_content  # noqa: E402
from instance import wait_for  # noqa: E402

PROJECT = "djembetest"
PORTS = {"DJEMBE_WEB_PORT": "18080", "DJEMBE_TRACKER_PORT": "16969-16970"}


def docker(*words, ok=True, timeout=1500):
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    assert not ok or done.returncode == 0, f"docker {' '.join(words)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def compose(*words, ok=True, timeout=1500):
    env = dict(os.environ, **PORTS, COMPOSE_PROJECT_NAME=PROJECT, DJEMBE_ANNOUNCE_URL="http://tracker:6969",
               DJEMBE_WEB_URL="http://127.0.0.1:18080")
    done = subprocess.run(["docker-compose", "-f", str(ROOT / "deploy/docker-compose.yml"), *words],
                          capture_output=True, text=True, timeout=timeout, env=env, stdin=subprocess.DEVNULL)
    assert not ok or done.returncode == 0, f"compose {' '.join(words)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def admin(*words, volume=()):
    return json.loads(compose("run", "--rm", "-T", *volume, "admin", *words))


@pytest.fixture(scope="module")
def site():
    docker("info")
    compose("down", "-v", ok=False)
    compose("build")
    docker("build", "-q", "-t", "djembe-test/clients", str(ROOT / "tests/docker"))
    compose("up", "-d")
    wait_for("all containers are healthy", lambda: all(healthy(s) for s in ("postgres", "tracker", "web", "catalog", "ratio")), 120)
    yield
    print(compose("logs", "--tail", "40", ok=False))
    compose("down", "-v", ok=False)


def healthy(service):
    ids = compose("ps", "-q", service).split()
    return ids and all(docker("inspect", "-f", "{{.State.Health.Status}}", i).strip() == "healthy" for i in ids)


def client(name, content, *command):
    docker("rm", "-f", name, ok=False)
    docker("run", "-d", "--stop-signal", "INT", "--name", name, "--network", f"{PROJECT}_outside", "-v", f"{content}:/content",
           "djembe-test/clients", *command)


def aria2(torrent):
    return ("aria2c", "--no-conf", "--enable-dht=false", "--enable-peer-exchange=false", "--bt-enable-lpd=false", "--seed-ratio=0",
            "--check-integrity=true", "--bt-seed-unverified=false", "--file-allocation=none", "--dir=/content", torrent)


def totals(user):
    got = admin("bus", "ratio.member.get", json.dumps({"user": user}))
    return got.get("uploaded", 0), got.get("downloaded", 0)


def test_two_clients_exchange_through_the_containers(site, tmp_path):
    giver, taker = admin("member", "add", "giver"), admin("member", "add", "taker")
    album = make_album(tmp_path / "giver", "Some Band - In Boxes (2001) [FLAC]")
    make_torrent(album, tmp_path / "plain.torrent")
    os.chmod(tmp_path, 0o755)
    added = admin("torrent", "add", "/t/plain.torrent", "--member", "giver", "--plugin", "music", volume=("-v", f"{tmp_path}:/t:ro"))
    for member in (giver, taker):
        folder = tmp_path / member["name"]
        folder.mkdir(exist_ok=True)
        request = urllib.request.Request(f"http://127.0.0.1:18080/torrent/{added['torrent']}.torrent",
                                         headers={"Authorization": f"Bearer {member['token']}"})
        (folder / "own.torrent").write_bytes(urllib.request.urlopen(request, timeout=20).read())
    size = sum(f.stat().st_size for f in album.iterdir())
    try:
        client("djembe-test-giver", tmp_path / "giver", *aria2("/content/own.torrent"))
        wait_for("the seeder is in the swarm", lambda: admin(
            "bus", "tracker.swarm.counts", json.dumps({"torrents": [added["torrent"]]}))["torrents"] != [], 60)
        client("djembe-test-taker", tmp_path / "taker", *aria2("/content/own.torrent"))
        wait_for("the leecher has it all", lambda: same_content(album, tmp_path / "taker" / album.name), 120)
    finally:
        for name in ("djembe-test-taker", "djembe-test-giver"):
            docker("stop", "-t", "30", name, ok=False)
    said = docker("logs", "djembe-test-taker") + docker("logs", "djembe-test-giver")
    seen = []

    def both():
        seen[:] = [totals(giver["user"]), totals(taker["user"])]
        return seen == [(size, 0), (0, size)]

    try:
        wait_for("both are credited to the byte", both, 30)
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen}, {size}\n{said[-3000:]}") from None
    for name in ("djembe-test-taker", "djembe-test-giver"):
        docker("rm", "-f", name, ok=False)


def test_replicas_of_catalog_and_ratio_come_and_go(site):
    compose("up", "-d", "--no-recreate", "--scale", "catalog=2", "--scale", "ratio=2")
    wait_for("both replicas are healthy", lambda: healthy("catalog") and healthy("ratio"), 60)
    for _ in range(5):
        assert admin("bus", "catalog.browse", '{"limit": 10}')["count"] == 1
    compose("up", "-d", "--no-recreate", "--scale", "catalog=1", "--scale", "ratio=1")
    assert admin("bus", "catalog.browse", '{"limit": 10}')["count"] == 1


def test_a_second_tracker_has_a_folder_of_its_own_on_the_volume(site):
    compose("up", "-d", "--no-recreate", "--scale", "tracker=2")
    wait_for("both trackers are healthy", lambda: healthy("tracker"), 60)
    assert "journal.lock" in compose("exec", "-T", "tracker", "ls", "/var/lib/djembe/2").split()
    compose("up", "-d", "--no-recreate", "--scale", "tracker=1")
    wait_for("one tracker is healthy", lambda: healthy("tracker"), 60)


def test_an_image_holds_what_runs_and_nothing_else(site):
    for service in ("tracker", "web", "catalog", "ratio"):
        found = docker("run", "--rm", "--entrypoint", "sh", f"djembe/{service}", "-c",
                       "ls /usr/local/bin; command -v gcc cmake psql python3; id -u").split()
        assert found == [f"djembe-{service}", "healthy", *(["run-tracker"] if service == "tracker" else []), "10001"]
