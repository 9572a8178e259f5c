"""Two replicas of djembe-catalog, and the djembe-ratio that they ask about backups, on a scratch PostgreSQL, for all tests of a run."""
import os, random

import psycopg2, pytest, zmq.auth

from service_kit import Replica, SERVICES, free_port


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "keys").mkdir()
    for name in SERVICES:
        zmq.auth.create_certificates(str(folder / "keys"), name)
        os.chmod(folder / "keys" / f"{name}.key_secret", 0o600)
    return folder


@pytest.fixture(scope="session")
def daemons(folder):
    port = free_port()
    both = [Replica(folder, DJEMBE_RATIO=f"tcp://127.0.0.1:{port}") for _ in range(2)]
    catalog = ",".join(f"tcp://127.0.0.1:{replica.bus_port}" for replica in both)
    all_three = [*both, Replica(folder, "ratio", port, DJEMBE_CATALOG=catalog)]
    yield all_three
    for daemon in all_three:
        daemon.stop()


@pytest.fixture(scope="session")
def replicas(daemons):
    return daemons[:2]


@pytest.fixture
def ratio(daemons):
    return daemons[2].bus()


@pytest.fixture
def bus(replicas):
    return replicas[0].bus()


@pytest.fixture
def sql():
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield lambda text, *values: (cursor.execute(text, values), cursor.fetchall())[1]
    connection.close()


@pytest.fixture
def fresh():
    """A name that no other test uses."""
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=12))
