"""The ordinary ratio as a member meets it: a download below what is required, the watch, the stop at the tracker, and the way back."""

import re
import uuid

import libtorrent
import pytest

from announcer import Announcer
from content import make_album, make_torrent
from instance import wait_for
from test_backup import back_up, packed
from visitor import Visitor, fill

MIB = 1 << 20


@pytest.fixture(scope="module")
def site(make_instance):
    """An instance on which a ratio of a half is required from 1 MiB on, and a watch lasts half a minute; who gets more backed up than it
    holds is overdue after a minute."""
    made = make_instance("ratio", DJEMBE_RATIO_BANDS="1M:0.5/0", DJEMBE_RATIO_WATCH="30s", DJEMBE_RATIO_WATCH_BYTES="1G",
                         DJEMBE_RATIO_RULES="clock_overdue=60")
    yield made
    made.down()
    assert made.complaints() == []


@pytest.fixture(scope="module")
def staff(site):
    return visitor(site, "keeper", "--class", "administrator")


def visitor(site, name, *more):
    member = site.member(name, *more)
    guest = Visitor(site.web)
    guest.sign_in(member["name"], member["password"])
    guest.member = member
    return guest


def torrent(site, folder, owner):
    album = make_album(folder, f"Band - {uuid.uuid4().hex[:8]} (2003) [FLAC]", size=60000)
    added = site.add_torrent(make_torrent(album, folder / f"{uuid.uuid4().hex}.torrent"), owner)
    known = f"SELECT 1 FROM ratio.torrent WHERE torrent_id = {added['torrent']}"
    wait_for("ratio knows the torrent", lambda: site.run("psql", "-Atqc", known).stdout)
    return added


def client(site, who, added, address, left):
    made = Announcer(site, who.member, bytes.fromhex(added["info_hash"]), address, left)
    wait_for("the announce is taken", lambda: b"failure" not in made.announce("started"))
    return made


def counted(site, who):
    told = site.bus("ratio.member.profile", {"user": who.member["user"]})
    return told.get("credited_up", 0), told.get("credited_down", 0)


def test_below_the_requirement_a_member_is_told_stopped_and_let_in_again(site, staff, tmp_path):
    member = visitor(site, "listener")
    added = torrent(site, tmp_path, "keeper")
    page = member.get("/")
    assert 'id="watch"' not in page.html and "Nothing yet" in member.get("/inbox").text

    leech = client(site, member, added, "10.77.0.3", left=1000)
    leech.down = 4 * MIB
    leech.announce()
    banner = wait_for("the banner of the watch", lambda: re.search(r'id="watch".*?</p>', member.get("/music").html, re.S))
    assert "You are on ratio watch" in banner.group(0), banner.group(0)
    told = wait_for("the notice", lambda: "You are on ratio watch" in member.get("/inbox").html and member.get("/inbox"))
    assert "0.50 is required. Upload 2.0 MiB more" in told.text and "not read" in told.html
    mine = member.get("/member/listener").text
    assert "0.50 required, 2.0 MiB to upload" in mine, mine
    assert b"failure" not in leech.announce()

    refusal = wait_for("the tracker refuses to let it leech", lambda: (body := leech.announce()) and b"failure" in body and body)
    assert b"Ratio too low: seed until it is 0.50, then download again." in refusal
    page = wait_for("the banner of the stop", lambda: "Downloading is stopped" in (p := member.get("/account")).html and p)
    assert "Seeding goes on" in page.text
    seed = client(site, member, torrent(site, tmp_path, "listener"), "10.77.0.4", left=0)
    seed.up = 2 * MIB
    assert b"failure" not in seed.announce()

    wait_for("the tracker lets it leech", lambda: b"failure" not in leech.announce())
    wait_for("the banner is gone", lambda: 'id="watch"' not in member.get("/").html)
    titles = re.findall(r'<li class="notice[^>]*>\s*<h2>.*?</span>([^<]+)', member.get("/inbox").html)
    assert [title.strip() for title in titles][:1] == ["Downloading is allowed again"]
    assert [title.strip() for title in titles][-1] == "You are on ratio watch"
    assert len(titles) == len(set(titles)), titles


def test_who_invites_sees_who_of_the_invited_is_overdue(site, staff, tmp_path):
    friends, holder = [], visitor(site, "host")
    for name in ("debtor", "friend"):
        staff.send("/invites", "/invites")
        guest = Visitor(site.web)
        guest.sign_up(re.search(r'value="(http[^"]+/sign-up\?code=[^"]+)"', staff.get("/invites").html).group(1), name)
        passkey = re.search(r"/([a-z2-7]{32})/announce", guest.get("/account").html).group(1)
        guest.member = {"name": name, "passkey": passkey, "user": site.bus("web.member.get", {"name": name})["user"]}
        friends.append(guest)
    versions = {}
    for owner in (friends[0], holder):
        page = back_up(owner, packed(tmp_path), name="all", redundancy="2").location
        versions[owner] = int(re.search(r"#t(\d+)", page).group(1))
        wait_for("the books have it", lambda: site.bus("ratio.version.list", {"user": owner.member["user"], "limit": 1})["versions"])
    own, foreign = ({"info_hash": libtorrent.torrent_info(libtorrent.bdecode(owner.get(f"/torrent/{version}.torrent").body))
                     .info_hash().to_bytes().hex()} for owner, version in versions.items())
    client(site, holder, own, "10.77.0.4", left=0)
    client(site, holder, foreign, "10.77.0.4", left=0)  # work for whoever owes
    wait_for("more is lent than held", lambda: site.bus("ratio.backup.profile", {"user": friends[0].member["user"]}).get("lent"))
    assert "overdue" not in staff.get("/invites").text.partition("Made so far")[2]

    def overdue():
        site.run("psql", "-c", "UPDATE ratio.book SET ahead = ahead + 61000")  # a minute passes
        rows = re.findall(r"<tr>.*?</tr>", staff.get("/invites").html)
        return {name: "overdue" in row for row in rows for name in ("debtor", "friend") if f">{name}<" in row}

    wait_for("it is overdue", lambda: overdue() == {"debtor": True, "friend": False})
    site.run("down", "ratio")
    try:
        assert "debtor" in staff.get("/invites").text and staff.get("/invites").status == 200
    finally:
        site.run("up", "ratio")
        site.wait_ready()


def test_notices_are_read_one_by_one_and_all_together(site, staff):
    member, other = visitor(site, "reader"), visitor(site, "other")
    for number in range(3):
        form = fill(staff.get("/staff/ratio").form("/staff/ratio/tokens"), name="reader", tokens="2", note=f"gift {number} <&>")
        assert staff.post("/staff/ratio/tokens", form).status == 303
        assert staff.post("/staff/ratio/tokens", form).status == 303  # a double click
    wait_for("three notices", lambda: member.get("/inbox").html.count('class="notice new"') == 3)
    page = member.get("/inbox")
    assert "gift 0 &lt;&amp;&gt;" in page.html and "You have 6 now" in page.text
    wanted = [field for field in page.form("/inbox")]
    assert other.post("/inbox", {"csrf": other.get("/account").form("/sign-out")[0][1], "all": "1"}).status == 303
    assert member.get("/inbox").html.count('class="notice new"') == 3, "another's stay as they are"
    notice = re.search(r'name="notice" value="(\d+)"', page.html).group(1)
    assert member.post("/inbox", fill(wanted[:1], notice=notice)).location == "/inbox"
    assert member.get("/inbox").html.count('class="notice new"') == 2
    assert member.post("/inbox", wanted).status == 303
    page = member.get("/inbox")
    assert 'class="notice new"' not in page.html and 'class="count"' not in page.html
    assert member.post("/inbox", wanted[:1]).status == 400


def test_a_long_inbox_is_paged(site):
    member = visitor(site, "busy")
    site.run("psql", "-qc", "INSERT INTO web.notice SELECT 4000000000000000000 + n, " + str(member.member["user"]) +
             ", 'of a newer kind', 'Notice ' || n, 'Text', now() - n * interval '1 minute' FROM generate_series(1, 45) n")
    first = member.get("/inbox")
    second = member.get(re.search(r'rel="next" href="([^"]+)"', first.html).group(1))
    shown = re.findall(r"Notice (\d+) <span", first.html + second.html)
    assert shown == [str(number) for number in range(1, 46)]
    assert 'rel="next"' not in second.html and 'href="/inbox">« First page' in second.html


def test_freeleech_double_upload_and_a_token(site, staff, tmp_path):
    member = visitor(site, "spared")
    free, double, plain = (torrent(site, tmp_path, "keeper") for _ in range(3))
    assert 'action="/torrent' not in member.get(plain["href"].split("#")[0]).html, "no token to use yet"
    for added, upload, download in ((free, 100, 0), (double, 200, 100)):
        done = staff.send("/staff/ratio", "/staff/ratio/factor", torrent=str(added["torrent"]), upload=str(upload),
                          download=str(download))
        assert done.status == 303
    assert "freeleech" in staff.get("/staff/ratio").text and "double upload" in staff.get("/staff/ratio").text
    assert "freeleech" in member.get(free["href"].split("#")[0]).text
    staff.send("/staff/ratio", "/staff/ratio/tokens", name="spared", tokens="1")
    page = member.get(plain["href"].split("#")[0])
    action = f"/torrent/{plain['torrent']}/token"
    form = page.form(action)
    for _ in range(2):  # a double click
        assert member.post(action, form).location.startswith(plain["href"].split("#")[0])
    page = member.get(plain["href"].split("#")[0])
    assert "Tokens left: 0" in page.text and "your token" in page.text and 'action="/torrent' not in page.html

    for number, added in enumerate((free, double, plain)):
        one = client(site, member, added, f"10.77.0.{5 + number}", left=10)
        one.up, one.down = 100, 7
        one.announce()
    wait_for("what counts", lambda: counted(site, member) == (400, 7))
    ledger = member.get("/member/spared/ledger")
    assert "up 100 %, down 0 %" in ledger.text and "up 200 %, down 100 %" in ledger.text, ledger.text
    assert visitor(site, "curious").get("/member/spared/ledger").status == 403


def test_an_event_shows_on_every_torrent_until_it_is_over(site, staff, tmp_path):
    added = torrent(site, tmp_path, "keeper")
    assert staff.send("/staff/ratio", "/staff/ratio/event", title="Harvest", upload="100", download="50", hours="2").status == 303
    assert "Harvest" in staff.get("/staff/ratio").text
    assert "silver" in staff.get(added["href"].split("#")[0]).text
    refused = staff.send("/staff/ratio", "/staff/ratio/event", title="Again", upload="100", download="0", hours="1")
    assert refused.status == 303 and "Another event falls into that time" in staff.get("/staff/ratio").text
    assert visitor(site, "nobody").get("/staff/ratio").status == 403


def test_while_ratio_is_away_the_banner_and_the_inbox_stay(site, staff):
    site.run("down", "ratio")
    try:
        assert staff.get("/inbox").status == 200
        assert staff.get("/member/keeper").status == 200
        page = staff.get("/staff/ratio")
        assert page.status == 503 and page.text
    finally:
        site.up()
        site.wait_ready("ratio")
