"""./djembe import: a site that ran on Gazelle comes over, with its members, whatever is wrong in its tables, and whoever is killed when."""

import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import time

import pytest

from bus_client import Bus, Refused
from content import make_album, make_torrent
from gazelle import Site
from instance import fetch, wait_for
from visitor import Visitor, fill


def site_of(prefix):
    """A small one with all that there may be; names begin with the prefix, ids are the tests' own."""
    site = Site(prefix)
    base = random.Random(prefix).randrange(1, 10 ** 6) * 1000
    site.base, site.prefix = base, prefix
    site.user(base + 1, f"{prefix}-ada", Uploaded=7 * 10 ** 12, Downloaded=3 * 10 ** 12)
    site.user(base + 2, f"{prefix}-bob", Enabled="2")
    site.artist(base + 1, f"{prefix} &amp; the Bj&#246;rks")
    site.artist(base + 2, f"{prefix} Guest")
    site.put("artists_alias", AliasID=base + 1, ArtistID=base + 1, Name=f"{prefix} and those Bjorks", Redirect=0)
    site.put("artists_alias", AliasID=base + 2, ArtistID=base + 1, Name=f"{prefix} & the Björks", Redirect=0)
    for number, name in ((1, "jazz"), (2, "hip.hop"), (3, "bad")):
        site.put("tags", ID=base + number, Name=name)
    site.group(base + 1, f'{prefix} "One", and\nmore', ((base + 1, "1"), (base + 2, "2")), RecordLabel="Label", CatalogueNumber="CAT-1",
               WikiBody='It has a "quote", a comma\nand two lines.', Year=1990)
    for tag, votes in ((1, (9, 2)), (2, (4, 1)), (3, (1, 5))):
        site.put("torrents_tags", TagID=base + tag, GroupID=base + 1, PositiveVotes=votes[0], NegativeVotes=votes[1], UserID=base + 1)
    site.torrent(base + 1, base + 1, UserID=base + 1, Snatched=41, Description="Ripped with care and love.")
    site.torrent(base + 2, base + 1, ("1.mp3",), Format="MP3", Encoding="V0 (VBR)", Media="WEB", UserID=base + 2, Remastered="1",
                 RemasterYear=2005, RemasterTitle="Deluxe Edition", RemasterRecordLabel="Other Label", RemasterCatalogueNumber="CAT-2")
    site.group(base + 2, f"{prefix} Two", ((base + 1, "1"),), ReleaseType=9)
    site.torrent(base + 3, base + 2, ("1.mp3",), Format="MP3", Encoding="203", UserID=base + 99, Time="0000-00-00 00:00:00",
                 Remastered="1", RemasterYear=0)
    return site


@pytest.fixture
def folder(instance):
    folder = pathlib.Path(tempfile.mkdtemp(dir=instance.folder.parent))
    folder.chmod(0o755)
    return folder


def take(instance, folder, ok=True):
    return instance.run("import", str(folder), ok=ok)


def sql(instance, text):
    return instance.run("psql", "-At", "-c", text).stdout.strip()


def albums_of(instance, prefix):
    got = instance.bus("catalog.browse", {"limit": 100, "plugin": "music", "query": f'artist:"{prefix}"'})
    return {group["name"]: group for group in got["groups"]}


def pages_of(instance, entity):
    return instance.bus("catalog.entity.get", {"entity": entity})["page"]["group"]


def skipped(done):
    """What is told of rows: {file:line: reason}"""
    return dict(re.findall(r"^(\w+\.(?:csv|txt):\d+): (.*)$", done.stdout, re.M))


@pytest.mark.parametrize("form", ("quoted", "escaped"))
def test_a_site_comes_over(instance, folder, form):
    prefix = f"Site{form}"
    site = site_of(prefix)
    getattr(site, f"write_{form}")(folder)
    done = take(instance, folder)
    assert skipped(done) == {}, done.stdout
    assert "members: 2 of 2, 100 %" in done.stderr and "\r" not in done.stderr
    albums = albums_of(instance, prefix)
    assert set(albums) == {f'{prefix} "One", and more', f"{prefix} Two"}
    first, second = albums[f'{prefix} "One", and more'], albums[f"{prefix} Two"]
    assert (first["year"], first["type"], second["type"]) == (1990, "Album", "Single")
    page = pages_of(instance, first["entity"])
    assert [[person["name"] for person in row["people"]] for row in page["credits"]] == [[f"{prefix} & the Björks"], [f"{prefix} Guest"]]
    person = instance.bus("catalog.entity.get", {"entity": page["credits"][0]["people"][0]["entity"]})["page"]
    assert [alias["name"] for alias in person["aliases"]] == [f"{prefix} and those Bjorks"]
    assert set(albums_of(instance, f"{prefix} and those Bjorks")) == set(albums), "found by another spelling"
    assert page["description"] == 'It has a "quote", a comma\nand two lines.'
    assert [edition["title"] for edition in page["editions"]] == [
        "Original Release / Label / CAT-1 / CD", "2005 - Other Label / CAT-2 / Deluxe Edition / WEB"]
    flac, mp3 = [edition["formats"][0] for edition in page["editions"]]
    assert (flac["title"], mp3["title"]) == ("FLAC / Lossless / Log", "MP3 / V0 (VBR)")
    assert flac["info_hash"] == site.tables["torrents"][0]["info_hash"].hex() and flac["description"] == "Ripped with care and love."
    assert flac["added_at"] == 1289567655000
    talk = instance.bus("catalog.talk.get", {"entity": first["entity"]})
    assert [(tag["name"], tag["score"]) for tag in talk["tags"]] == [("jazz", 7), ("hip.hop", 3), ("bad", -4)]
    ada, bob = (instance.bus("web.member.get", {"name": f"{prefix}-{name}"}) for name in ("ada", "bob"))
    assert (flac["uploader"], mp3["uploader"]) == (ada["user"], bob["user"])
    assert (ada["standing"], bob["standing"], ada["class"], ada["joined_at"]) == ("active", "disabled", "member", 1233633906000)
    single = pages_of(instance, second["entity"])["editions"][0]["formats"][0]
    assert pages_of(instance, second["entity"])["editions"][0]["title"] == "Unknown Release(s) / CD"
    assert single["title"] == "MP3 / Other" and not single.get("uploader") and single["added_at"] > 1289567655000
    changes = instance.bus("catalog.change.list", {"entity": first["entity"], "limit": 10})["changes"]
    assert [(change["what"], change["actor"]) for change in changes] == [("add", bob["user"]), ("add", ada["user"])]
    wait_for("snatches", lambda: instance.bus("ratio.torrent.counts", {"torrents": [flac["torrent"]]})["torrents"])
    assert instance.bus("ratio.torrent.counts", {"torrents": [flac["torrent"]]})["torrents"][0][1] == 41
    # what the tracker learns
    passkey = site.tables["users_main"][0]["torrent_pass"]
    hashed = "".join(f"%{byte:02x}" for byte in site.tables["torrents"][0]["info_hash"])
    counters = f"peer_id=-TT0001-{'a' * 12}&port=7000&uploaded=0&downloaded=0&left=0"
    announce = f"{instance.tracker}/{passkey}/announce?info_hash={hashed}&{counters}"
    wait_for("the tracker knows both", lambda: b"failure" not in fetch(announce)[2])
    # and nothing twice
    again = take(instance, folder)
    assert skipped(again) == {} and "members: 2 of 2" in again.stderr
    assert albums_of(instance, prefix).keys() == albums.keys()
    assert instance.totals(ada["user"]) == (7 * 10 ** 12, 3 * 10 ** 12)
    # a file that is touched makes another dump: what is here is known
    os.utime(folder / ("torrents.csv" if form == "quoted" else "torrents.txt"))
    assert skipped(take(instance, folder)) == {}
    assert [group["torrents_count"] for group in albums_of(instance, prefix).values()] in ([2, 1], [1, 2])
    assert instance.totals(ada["user"]) == (7 * 10 ** 12, 3 * 10 ** 12)


def test_a_member_who_came_over_sets_a_password_by_a_link(instance, folder):
    site = site_of("Claim")
    site.write_quoted(folder)
    take(instance, folder)
    visitor = Visitor(instance.web)
    assert visitor.send("/sign-in", "/sign-in", name="claim-ada", password="correct horse battery").status == 403
    old = instance.bus("web.member.reset", {"name": "Claim-Ada"})["link"]
    link = instance.bus("web.member.reset", {"name": "Claim-Ada"})["link"]
    assert link.startswith(f"{instance.web}/reset?code=") and link != old
    assert visitor.get(old).status == 403, "the newest one alone is good"
    page = visitor.get(link)
    assert "A password for Claim-ada" in page.text
    refused = visitor.post("/reset", fill(page.form("/reset"), password="correct horse battery", again="another"))
    assert refused.status == 400 and "The two passwords differ" in refused.text
    form = fill(refused.form("/reset"), password="correct horse battery", again="correct horse battery")
    assert visitor.post("/reset", form).location == "/sign-in"
    assert "Your password is set" in visitor.get("/sign-in").html
    assert visitor.get(link).status == 403 and visitor.post("/reset", form).status == 403
    assert visitor.send("/sign-in", "/sign-in", name="claim-ada", password="correct horse battery").status == 303
    ledger = visitor.get("/member/Claim-ada/ledger").text
    assert "Brought along from the site before" in ledger and "6.4 TiB" in ledger
    assert site.tables["users_main"][0]["torrent_pass"] in visitor.get("/account").html


def test_only_the_operator_may(instance):
    keys = str(instance.folder / "keys")
    asks = (("web", "web.member.import", {"members": []}), ("web", "web.member.reset", {"key": os.urandom(16), "name": "ada"}),
            ("ratio", "ratio.opening.add", {"key": os.urandom(16), "members": [], "torrents": []}))
    for service, method, ask in asks:
        port = {"web": 5553, "ratio": 5552}[service]
        with pytest.raises(Refused) as told:
            Bus(keys, f"tcp://127.0.0.1:{instance.port(port)}", service).ask(method, ask, actor=1)
        assert told.value.status == "forbidden", method


def test_what_cannot_come_is_told_with_its_reason(instance, folder):
    site = site_of("Flaw")
    base, expected = site.base, []

    def wrong(table, row, reason):
        expected.append((table, row, reason))

    wrong("users_main", site.user(base + 10, "x"), "between 2 and 32 letters")
    wrong("users_main", site.user(base + 11, "what?"), "made of a-z")
    wrong("users_main", site.user(base + 12, "Flaw-new", Enabled="0"), "never confirmed")
    wrong("users_main", site.user(base + 13, "Flaw-odd", Uploaded="-5"), "not a number")
    wrong("users_main", site.user(base + 1, "Flaw-twice"), "there twice")
    site.user(base + 14, "Flaw-eve", torrent_pass=site.tables["users_main"][0]["torrent_pass"])  # gets one of her own
    site.user(base + 15, "Flaw-short", torrent_pass="short")
    book = site.group(base + 20, "Flaw Book", CategoryID=3)
    wrong("torrents_group", book, "Its category is 3")
    wrong("torrents", site.torrent(base + 20, base + 20), "Its album is left out")
    wrong("torrents_group", site.group(base + 21, "Flaw Type", ((base + 1, "1"),), ReleaseType=99), "Release type 99")
    wrong("torrents_group", site.group(base + 22, "Flaw Year", ((base + 1, "1"),), Year=0),
          'Year: give a number from 1860 to 2100. It is "0".')
    wrong("torrents", site.torrent(base + 22, base + 22), "Its album is left out: Year")
    wrong("torrents_group", site.group(base + 23, "Flaw Nobody", ()), "Artists: name at least one")
    wrong("torrents_group", site.group(base + 24, "Flaw Empty", ((base + 1, "1"),)), "It has no torrents")
    wrong("torrents_group", site.group(base + 1, "Flaw Twice", ()), "there twice")
    wrong("torrents", site.torrent(base + 30, base + 999), "There is no such group")
    good = site.group(base + 25, "Flaw Good", ((base + 1, "1"),))
    for artist, importance, reason in ((999, "2", "There is no such artist"), (2, "99", "Role 99")):
        row = site.put("torrents_artists", GroupID=good["ID"], ArtistID=base + artist, Importance=importance)
        wrong("torrents_artists", row, reason)
    wrong("torrents_tags", site.put("torrents_tags", GroupID=good["ID"], TagID=base + 999), "There is no such tag")
    site.torrent(base + 40, good["ID"])
    site.group(base + 26, "flaw good!", ((base + 1, "1"),))  # is the same one, though both come in one batch
    site.torrent(base + 60, base + 26, Format="AAC", Encoding="256")

    def torrent(number, reason, names=("1.flac",), **more):
        edition = {"Remastered": "1", "RemasterYear": 1900 + number, "Media": "WEB", **more}
        row = site.torrent(base + number, good["ID"], names, **edition)
        wrong("torrents", row, reason)
        return row

    torrent(41, 'Soundboard. It is "8-Track".', Media="8-Track")
    torrent(42, 'MP2. It is "WMA".', Format="WMA", Encoding="128")
    torrent(43, "FLAC is lossless", Encoding="320")
    torrent(44, "no .torrent, nor one in hexadecimal", File=b"Tzo3OiJUT1JSRU5U")
    torrent(45, "another info-hash than its row", info_hash=b"x" * 20)
    torrent(46, "is not private", private=False)
    torrent(47, ".exe", ("1.exe",))
    torrent(48, "neither 20 bytes nor 40", info_hash="zz")
    torrent(49, "There were no CDs before 1982", Media="CD", RemasterYear=1960)
    torrent(50, "There is no .torrent of it")
    site.tables["torrents_files"].pop()
    torrent(51, "The same Format of this Release is already here", Media="CD", Remastered="0")
    twin = site.tables["torrents"][[row["ID"] for row in site.tables["torrents"]].index(base + 40)]
    content = next(row["File"] for row in site.tables["torrents_files"] if row["TorrentID"] == base + 40)
    torrent(52, "there twice: this is the second", File=content, info_hash=twin["info_hash"])
    known = site.tables["torrents"][0]
    content = next(row["File"] for row in site.tables["torrents_files"] if row["TorrentID"] == base + 1)
    again = torrent(53, "there twice: this is the second", File=content, info_hash=known["info_hash"])
    torrent(54, "ID is not a number")
    site.tables["torrents"][-1]["ID"] = "many"
    site.write_quoted(folder)
    lines = {f"{table}.csv:{site.line_of(table, row, folder)}": reason for table, row, reason in expected}
    # lines that are no rows
    with open(folder / "tags.csv", "ab") as file:
        file.write(b'5,a"b,x,1\r\n\n7,"x"y,x,1\n8,too,few\n0,nought,x,1\n9,"never closed,x,1\n')
    with open(folder / "artists_group.csv", "ab") as file:
        file.write(b"%d,Bj\xf6rk,0\n" % (base + 3))
    done = take(instance, folder)
    told = skipped(done)
    count = len(site.tables["tags"]) + 1
    lines |= {f"tags.csv:{count + 1}": "has one in it", f"tags.csv:{count + 3}": "between the end of a quoted field",
              f"tags.csv:{count + 4}": "has 3 fields and the table 4", f"tags.csv:{count + 5}": "ID is not a number",
              f"tags.csv:{count + 6}": "never ends with one"}
    for place, reason in lines.items():
        assert reason in told.get(place, ""), (place, reason, told.get(place))
    orphans = {place for place in told if place not in lines}
    assert all(place.startswith(("torrents_artists.csv", "torrents.csv")) for place in orphans), {place: told[place] for place in orphans}
    assert set(albums_of(instance, "Flaw")) == {'Flaw "One", and more', "Flaw Two", "Flaw Good"}
    assert albums_of(instance, "Flaw")["Flaw Good"]["torrents_count"] == 2
    assert re.search(r"Rows left out of users_main.csv: 5$", done.stdout, re.M), done.stdout
    passkeys = sql(instance, "SELECT count(DISTINCT passkey), count(*), min(length(passkey)) FROM web.member WHERE name LIKE 'Flaw-%'")
    assert passkeys == "4|4|32"
    # corrected rows come with the next call
    site.tables["torrents"][[row["ID"] for row in site.tables["torrents"]].index(base + 42)].update(Format="MP3", Encoding="128")
    site.write_quoted(folder)
    told = skipped(take(instance, folder))
    assert not any("WMA" in reason for reason in told.values())
    assert "This torrent is already here" in told[f"torrents.csv:{site.line_of('torrents', again, folder)}"], "the first is passed over"
    assert albums_of(instance, "Flaw")["Flaw Good"]["torrents_count"] == 3


def test_a_folder_that_is_no_dump_is_refused_with_a_sentence(instance, folder):
    done = take(instance, folder, ok=False)
    assert done.returncode == 1 and "torrents_group.csv cannot be read (No such file or directory)" in done.stderr
    site_of("Header").write_quoted(folder)
    text = (folder / "torrents.csv").read_text()
    (folder / "torrents.csv").write_text(text.replace("info_hash", "hash", 1))
    done = take(instance, folder, ok=False)
    assert done.returncode == 1 and "torrents.csv has no column info_hash." in done.stderr
    (folder / "torrents.csv").write_text("")
    assert "has no line that names its columns" in take(instance, folder, ok=False).stderr
    assert instance.run("import", "/nowhere", ok=False).returncode != 0
    assert albums_of(instance, "Header") == {}


def large(prefix, albums):
    site = Site(prefix)
    base = random.Random(prefix).randrange(1, 10 ** 6) * 10000
    for number in range(1, 501):
        site.user(base + number, f"{prefix}-{number}", Uploaded=number * 1000, Downloaded=number)
    for number in range(1, 51):
        site.artist(base + number, f"{prefix} {number}")
    for number in range(1, albums + 1):
        site.group(base + number, f"{prefix} album {number // 2}", ((base + 1 + number % 50, "1"),), ReleaseType=1 + number % 2 * 8)
        for format, encoding in (("FLAC", "Lossless"), ("MP3", "320"), ("MP3", "V0 (VBR)")):
            site.torrent(base + len(site.tables["torrents"]) + 1, base + number, Format=format, Encoding=encoding,
                         UserID=base + 1 + number % 500, Snatched=number)
    return site


def came(prefix):
    """All torrents of a large one, as a part of a statement."""
    return ("FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity JOIN catalog.entity g ON g.id = u.grp"
            f" WHERE g.name LIKE '{prefix} album%'")


def test_it_is_killed_again_and_again_and_nothing_comes_twice(instance, folder):
    site = large("Kill", 700)
    site.write_quoted(folder)
    count = len(site.tables["torrents"])
    chance, kills = random.Random(7), 0
    while True:
        process = subprocess.Popen([str(pathlib.Path(__file__).parents[2] / "djembe"), "import", str(folder)], env=instance.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        before = sql(instance, "SELECT coalesce(sum(at), 0) FROM catalog.import_step")
        if kills < 12:
            wait_for("it goes on", lambda: process.poll() is not None or
                     sql(instance, "SELECT coalesce(sum(at), 0) FROM catalog.import_step") != before)
            time.sleep(chance.random() / 10)  # any moment
            process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=180)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, err
        kills += 1
    assert kills >= 5
    these = came("Kill")
    assert sql(instance, f"SELECT count(*), count(DISTINCT t.info_hash), count(DISTINCT u.grp) {these}") == f"{count}|{count}|700"
    assert sql(instance, f"SELECT count(*) FROM catalog.change WHERE what = 'add' AND entity IN (SELECT u.id {these})") == str(count)
    assert sql(instance, f"SELECT count(*) FROM catalog.listed_unit WHERE id IN (SELECT t.id {these})") == str(count)
    assert sql(instance, "SELECT count(*) FROM web.member WHERE name LIKE 'Kill-%'") == "500"
    opened = ("FROM ratio.ledger l JOIN ratio.member_total t USING (user_id) JOIN web.member m ON m.id = user_id"
              " WHERE torrent_id = 0 AND m.name LIKE 'Kill-%'")
    sums = sql(instance, f"SELECT sum(l.uploaded), sum(l.downloaded), sum(t.uploaded), count(*) {opened}")
    assert sums == f"{125250 * 1000}|125250|{125250 * 1000}|500"
    known = f"SELECT count(*) FROM ratio.torrent WHERE torrent_id IN (SELECT t.id {these})"
    wait_for("ratio knows all torrents", lambda: sql(instance, known) == str(count))
    snatches = f"SELECT sum(snatches) FROM ratio.torrent_total WHERE torrent_id IN (SELECT t.id {these})"
    assert sql(instance, snatches) == str(3 * 700 * 701 // 2)


def test_it_waits_for_daemons_and_database_and_uploads_go_on(instance, folder):
    """An upload of an album that is about to come joins it, or is joined."""
    site = large("Wait", 300)
    instance.member("Wait-1")
    site.write_quoted(folder)
    instance.down("web")
    process = subprocess.Popen([str(pathlib.Path(__file__).parents[2] / "djembe"), "import", str(folder)], env=instance.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    line = ""
    while "Nobody answers web.member.import, waiting" not in line:
        line = process.stderr.readline()
        assert line, "it ended"
    instance.up("web")
    wait_for("albums come", lambda: sql(instance, f"SELECT count(*) {came('Wait')}") != "0")
    last = site.tables["torrents_group"][-1]
    mine = make_torrent(make_album(folder, "mine", size=1 << 16), folder / "mine.torrent")
    told = instance.add_torrent(mine, "Wait-1", {
        "artists": "Wait 1", "title": last["Name"], "year": "1999", "release_type": "Album", "media": "Vinyl", "format": "FLAC",
        "bitrate": "Lossless"})
    assert told["title"].startswith(f"Wait 1 – {last['Name']} [1999]"), told
    assert process.poll() is None, "it still goes on"
    os.kill(instance.postgres_pid(), signal.SIGKILL)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, out + err
    instance.wait_ready()
    assert sql(instance, f"SELECT count(*), count(DISTINCT g.id) {came('Wait')}") == "901|300"
