"""Orders by how many seed, leech and have completed. There is no tracker: what it and ratio would tell is put where tallies.c
puts it (tests/integration/test_tallies.py has all of them)."""
import os

import pytest

from service_kit import browse
from test_merge import edition_of, listed, merge, move, put, two_groups  # noqa: F401 (fixture)
from test_plugins import fields_of
from test_search import MUSIC, album, shelf  # noqa: F401 (fixture)

ORDERS = ("seeders", "leechers", "snatches")


def tell(sql, **counts):
    """t34=(seeders, leechers, snatches)"""
    columns = [[int(torrent[1:]) for torrent in counts], *map(list, zip(*counts.values()))]
    sql("SELECT catalog.tally_units(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])", *columns)


def torrents_of(groups):
    return [unit["torrent"] for group in groups for edition in group["editions"] for unit in edition["formats"]]


def pages(bus, query, limit, **more):
    """All pages of a list: their groups."""
    page, groups = browse(bus, query, limit=limit, **more), []
    while True:
        groups += page["groups"]
        if "next" not in page:
            return groups
        page = browse(bus, query, limit=limit, cursor=page["next"], **more)


def sums_are_true(sql):
    """A tally for all that is listed and for nothing else; of a group what its torrents have."""
    assert sql("SELECT id, plugin FROM catalog.tally_unit EXCEPT SELECT id, plugin FROM catalog.listed_unit") == []
    assert sql("SELECT id, plugin FROM catalog.listed_unit EXCEPT SELECT id, plugin FROM catalog.tally_unit") == []
    assert sql("SELECT * FROM catalog.tally EXCEPT SELECT u.grp, u.plugin, sum(c.seeders), sum(c.leechers), sum(c.snatches)"
               " FROM catalog.listed_unit u JOIN catalog.tally_unit c ON c.id = u.id GROUP BY u.grp, u.plugin") == []
    assert sql("SELECT id FROM catalog.listed EXCEPT SELECT id FROM catalog.tally") == []


def test_orders_of_groups_and_of_torrents_and_their_pages(bus, shelf, fresh, sql):  # noqa: F811
    kind, blue, green = shelf
    flat = browse(bus, fresh, flat=True, sort="time", rising=True, **MUSIC)["groups"]
    one, two, three, four = torrents_of(flat)
    for sort in ORDERS:  # nobody: the newest first
        assert [group["name"] for group in browse(bus, fresh, sort=sort, **MUSIC)["groups"]] == [green, blue, kind]
    # Two torrents of `kind` have together more than each of the others: in each column another group is the first.
    tell(sql, **{f"t{one}": (3, 0, 5), f"t{two}": (3, 1, 5), f"t{three}": (5, 9, 20), f"t{four}": (1, 2, 7)})
    of_groups = {"seeders": [kind, blue, green], "leechers": [blue, green, kind], "snatches": [blue, kind, green]}
    of_torrents = {"seeders": [three, two, one, four], "leechers": [three, four, two, one], "snatches": [three, four, two, one]}
    for sort in ORDERS:
        for rising in (False, True):
            names, torrents = (of[sort][::-1] if rising else of[sort] for of in (of_groups, of_torrents))
            for limit in (1, 2, 50):
                found = pages(bus, fresh, limit, sort=sort, rising=rising, **MUSIC)
                assert [group["name"] for group in found] == names, (sort, rising, limit)
                found = pages(bus, fresh, limit, sort=sort, rising=rising, flat=True, **MUSIC)
                assert torrents_of(found) == torrents, (sort, rising, limit)
            # The same without a search, among all that other tests have made.
            found = pages(bus, "", 7, sort=sort, rising=rising, **MUSIC)
            assert [group["name"] for group in found if fresh in group["line"]] == names
            assert len(found) == len({group["entity"] for group in found}) == browse(bus, "", **MUSIC)["count"]
            found = torrents_of(pages(bus, "", 7, sort=sort, rising=rising, flat=True, **MUSIC))
            assert [torrent for torrent in found if torrent in torrents] == torrents
    # Narrowed to some torrents of a group it is the group's sum still; torrents alone count where they are listed.
    assert [group["name"] for group in browse(bus, f"{fresh} format:FLAC", sort="seeders", **MUSIC)["groups"]] == [kind, blue]
    assert torrents_of(browse(bus, f"{fresh} format:FLAC", sort="seeders", flat=True, **MUSIC)["groups"]) == [three, one]
    assert browse(bus, fresh, sort="seeders", facets=True, **MUSIC)["facets"]
    sums_are_true(sql)


def test_what_is_deleted_counts_no_more(bus, tmp_path, fresh, sql):
    one = album(bus, tmp_path, fresh, f"{fresh} one")
    two = album(bus, tmp_path, fresh, f"{fresh} one", format="MP3", bitrate="320")
    other = album(bus, tmp_path, fresh, f"{fresh} two")
    tell(sql, **{f"t{one['torrent']}": (9, 0, 0), f"t{two['torrent']}": (1, 0, 0), f"t{other['torrent']}": (5, 0, 0)})

    def names():
        return [group["name"] for group in browse(bus, fresh, sort="seeders", **MUSIC)["groups"]]

    def delete(told):
        bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": told["torrent"], "reason": "Wrong."}, actor=5)
        sums_are_true(sql)
    assert names() == [f"{fresh} one", f"{fresh} two"]
    delete(one)
    assert names() == [f"{fresh} two", f"{fresh} one"]
    tell(sql, **{f"t{one['torrent']}": (9, 0, 0)})  # told late: of what is not listed
    sums_are_true(sql)
    delete(two)
    assert names() == [f"{fresh} two"]


@pytest.mark.parametrize("plugin", ("music", "movies", "books"))
def test_what_is_merged_and_moved_keeps_its_own(bus, listed, plugin, tmp_path, fresh, sql):  # noqa: F811
    (lost, gone), (kept, group) = two_groups(bus, listed[plugin], tmp_path, fresh)
    tell(sql, **{f"t{lost['torrent']}": (4, 1, 2), f"t{kept['torrent']}": (3, 0, 8)})

    def tallies():
        return sql("SELECT id, seeders, leechers, snatches FROM catalog.tally WHERE id = ANY(%s) ORDER BY id",
                   [gone["entity"], group["entity"]])
    assert tallies() == [(gone["entity"], 4, 1, 2), (group["entity"], 3, 0, 8)]
    merge(bus, gone["entity"], group["entity"])
    assert tallies() == [(group["entity"], 7, 1, 10)]
    sums_are_true(sql)

    (one, before), (other, after) = two_groups(bus, listed[plugin], tmp_path, fresh[::-1])
    tell(sql, **{f"t{one['torrent']}": (6, 2, 1), f"t{other['torrent']}": (1, 0, 1)})
    move(bus, edition_of(bus, listed[plugin], one["entity"]), into=after["entity"])
    assert sql("SELECT id, seeders, leechers, snatches FROM catalog.tally WHERE id = ANY(%s)",
               [before["entity"], after["entity"]]) == [(after["entity"], 7, 2, 2)]
    sums_are_true(sql)


def test_a_sealed_plugin_has_these_orders_too(bus, listed, tmp_path, fresh, sql):  # noqa: F811
    (one, _), (two, _) = (put(bus, listed["backup"], tmp_path, fields_of(listed["backup"], f"{fresh} {name}")) for name in "ab")
    tell(sql, **{f"t{one['torrent']}": (2, 0, 0), f"t{two['torrent']}": (1, 0, 0)})
    for rising in (False, True):
        found = torrents_of(pages(bus, "", 5, sort="seeders", rising=rising, plugin="backup"))
        mine = [torrent for torrent in found if torrent in (one["torrent"], two["torrent"])]
        assert mine == sorted((one["torrent"], two["torrent"]), reverse=rising)
