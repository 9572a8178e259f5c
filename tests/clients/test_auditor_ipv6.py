"""The auditor where there is nothing but IPv6: it dials a holder's client, and is dialled by one that it does not reach."""

import pytest

import clients
from instance import wait_for
from test_auditor import CLOSED_PORT, MATRIX, Backup, Firewall, Holder, note, print_matrix, times_audited

SIX = "fd77::1"


@pytest.fixture(scope="module")
def instance(make_instance):
    made = make_instance("auditor6", start=False, DJEMBE_AUDITOR="yes", DJEMBE_AUDITOR_UNCHOKE="15", DJEMBE_AUDITOR_INWARD="60",
                         DJEMBE_AUDITOR_CONNECT="5", DJEMBE_AUDITOR_HANDSHAKE="5", DJEMBE_AUDITOR_PIECE="30", DJEMBE_AUDITOR_RATE="16K",
                         DJEMBE_MEMBER_PEERS="0", DJEMBE_ANNOUNCE_INTERVAL="30", DJEMBE_ANNOUNCE_MIN_INTERVAL="5")
    made.env["DJEMBE_TRACKER_LISTEN"] = f"[::]:{made.port(6969)}"
    made.env["DJEMBE_AUDITOR_LISTEN"] = made.env["DJEMBE_AUDITOR_ADDRESS"] = f"[{SIX}]:{made.port(6970)}"
    made.up()
    made.wait_ready("auditor")
    yield made
    made.down()
    assert made.complaints() == []


@pytest.fixture(scope="module")
def backup(instance, tmp_path_factory):
    return Backup(instance, tmp_path_factory.mktemp("backup"), "owner", host=f"[{SIX}]")


def test_over_ipv6_a_client_is_dialled_and_one_that_is_not_reached_dials_in(instance, backup):
    closed = instance.port(CLOSED_PORT)
    firewall = Firewall(SIX, closed, instance.port(6969))
    habits = {"announces_each": 2}
    holders = [Holder(backup, "open", clients.Libtorrent, "[fd77::2]", habits=habits),
               Holder(backup, "shut", clients.Libtorrent, "[fd77::3]", habits=habits, announces_to=closed)]
    try:
        audit = note(holders[0], "honest, IPv6", holders[0].audited())
        assert (audit["outcome"], audit["family"], audit["dialled_in"]) == ("passed", "ipv6", False), audit
        wait_for("the copy counts", lambda: backup.state(holders[0].user)[9])
        first = note(holders[1], "not reachable, IPv6", holders[1].audited(again=()))
        assert (first["outcome"], first["family"]) == ("unreachable", ""), first
        backup.make_due(holders[1].user)
        second = note(holders[1], "not reachable, the reverse way, IPv6", holders[1].audited())
        assert (second["outcome"], second["family"], second["dialled_in"]) == ("passed", "ipv6", True), second
        assert times_audited(backup, holders[1].user, 1)["outcome"] == "unreachable"
    finally:
        for holder in holders:
            holder.client.kill()
        firewall.close()
        print_matrix(MATRIX)
