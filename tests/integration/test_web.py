"""The site as its members meet it: accounts, invitations, sessions, uploads, downloads, and what a page says when a part is away."""

import concurrent.futures
import contextlib
import html
import itertools
import json
import os
import re
import signal
import socket
import urllib.parse
import uuid

import pytest

from content import make_album, make_torrent
from instance import HOST, fetch, wait_for
from visitor import Visitor, fill

SETTINGS = {"DJEMBE_WEB_PROXIES": f"{HOST}, fd77::/64"}


def somebody(prefix="m"):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def admin(instance):
    visitor = Visitor(instance.web)
    visitor.name = somebody("admin")
    done = visitor.sign_up(instance.admin("invite", "--class", "administrator")["link"], visitor.name)
    assert done.status == 303, done.text
    return visitor


@pytest.fixture
def member(instance):
    """A new member, signed in."""
    visitor = Visitor(instance.web)
    visitor.name = somebody()
    done = visitor.sign_up(instance.admin("invite", "--class", "member")["link"], visitor.name)
    assert done.status == 303, done.text
    return visitor


@pytest.fixture
def torrent(tmp_path):
    name = f"album {uuid.uuid4().hex[:8]}"
    return make_torrent(make_album(tmp_path, name, size=1 << 18), tmp_path / f"{name}.torrent").read_bytes()


def album_fields(**more):
    return dict(artists="Ali Farka", title=f"Niafunké {uuid.uuid4().hex[:8]}", year="1999", release_type="Album", media="CD",
                format="FLAC", bitrate="Lossless", **more)


def upload(visitor, content, path="/upload/music", name="album.torrent", **values):
    fields = fill(visitor.get(path).form(), **values)
    fields = [field for field in fields if field[0] != "more"]
    return visitor.post_file("/upload/music", fields, name, content)


def announce_of(body):
    return re.search(rb"8:announce\d+:(.*?/announce)", body).group(1).decode()


# ---- signing up ----


def test_an_invitation_opens_one_account(instance, admin):
    assert admin.send("/invites", "/invites").location == "/invites"
    page = admin.get("/invites")
    link = re.search(r'value="(http[^"]+/sign-up\?code=[^"]+)"', page.html).group(1)
    assert link not in admin.get("/invites").html, "it is shown once"
    first, second = Visitor(instance.web), Visitor(instance.web)
    name = somebody()
    assert first.sign_up(link, name).location == "/"
    assert name in first.get("/").html
    refused = second.sign_up(link, somebody())
    assert refused.status == 403 and "used already" in refused.text
    assert name in admin.get("/invites").text


def test_two_people_race_for_one_invitation_and_one_gets_in(instance):
    link = instance.admin("invite")["link"]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: Visitor(instance.web).sign_up(link, somebody()).status, range(6)))
    assert sorted(done) == [303] + [403] * 5


def test_names_differ_by_more_than_case(instance, member):
    link = instance.admin("invite")["link"]
    refused = Visitor(instance.web).sign_up(link, member.name.upper())
    assert refused.status == 409 and "called that already" in refused.text
    assert Visitor(instance.web).sign_up(link, somebody()).status == 303, "the invitation is still good"


@pytest.mark.parametrize("wrong, said", [
    (dict(name="a b"), "a-z"),
    (dict(name="x"), "between 2 and 32"),
    (dict(password="short", again="short"), "at least 10"),
    (dict(again="something else"), "differ"),
    (dict(code="nonsense"), "no invitation"),
])
def test_a_sign_up_that_is_refused_says_why_and_keeps_what_was_typed(instance, wrong, said):
    visitor = Visitor(instance.web)
    good = dict(name=somebody(), password="the old drum speaks", again="the old drum speaks")
    link = instance.admin("invite")["link"].removeprefix(instance.web)
    page = visitor.post("/sign-up", fill(visitor.get(link).form("/sign-up"), **(good | wrong)))
    assert page.status in (400, 403) and said in page.text
    assert (good | wrong)["name"] in page.html
    assert visitor.get("/account").status == 303, "not signed in"


def test_a_member_has_three_invitations(member):
    for _ in range(3):
        member.send("/invites", "/invites")
        assert member.get("/invites").status == 200
    page = member.get("/invites")
    assert 'action="/invites"' not in page.html
    token = page.form("/sign-out")[0][1]
    member.post("/invites", {"csrf": token})
    assert "no invitation left" in member.get("/invites").text


def test_a_double_click_on_an_invitation_uses_one_and_tells_its_link(member):
    member.send("/invites", "/invites")
    links = []
    for _ in range(2):  # with the last one too: for its second click none is left
        form = member.get("/invites").form("/invites")
        for _ in range(2):
            member.post("/invites", form)
            page = member.get("/invites")
            links.append(re.search(r'value="([^"]+/sign-up[^"]+)"', page.html).group(1))
    assert links[0] == links[1] != links[2] == links[3]
    assert 'action="/invites"' not in page.html and page.html.count("open, ends") == 3


def test_a_double_click_on_a_token_makes_one(member):
    form = fill(member.get("/account").form("/account/tokens"), name="feed reader")
    tokens = []
    for _ in range(2):
        member.post("/account/tokens", form)
        page = member.get("/account")
        tokens.append(re.search(r'id="token"[^>]* value="([^"]+)"', page.html).group(1))
    assert tokens[0] == tokens[1] and page.text.count("feed reader") == 2  # its row, and the word on its button


# ---- sessions ----


def test_the_visitor_behind_a_listed_proxy_is_who_counts(instance, member):
    def seen(source, forwarded):
        visitor = Visitor(instance.web)
        visitor.address = source
        form = fill(visitor.get("/sign-in").form("/sign-in"), name=member.name, password="the old drum speaks")
        assert visitor.post("/sign-in", form, headers={"X-Forwarded-For": forwarded}).status == 303
        return re.search(r"this one</span></th><td>(.*?)</td>", visitor.get("/account").html).group(1)

    assert seen(HOST, "203.0.113.9") == "203.0.113.9"
    assert seen(HOST, "198.51.100.1, 2001:db8::9, fd77::5") == "2001:db8::9"
    assert seen(HOST, "203.0.113.9, unknown") == HOST
    assert seen("10.77.0.7", "203.0.113.9") == "10.77.0.7"  # nobody whom we know


def test_guesses_from_behind_a_proxy_are_limited_by_who_makes_them(instance):
    def guess(source, forwarded):
        visitor = Visitor(instance.web)
        visitor.address = source
        form = fill(visitor.get("/sign-in").form("/sign-in"), name=somebody(), password="something else")
        return visitor.post("/sign-in", form, headers={"X-Forwarded-For": forwarded}).status

    forged = itertools.count(1)
    wait_for("guesses are limited", lambda: guess(HOST, f"192.0.2.{next(forged) % 255}, 203.0.113.77") == 429)
    assert guess(HOST, "203.0.113.78") == 403

def test_a_guest_is_led_to_sign_in_and_back(instance, member):
    guest = Visitor(instance.web)
    page = guest.get("/music?q=niaf")
    assert page.status == 303 and page.location == "/sign-in?next=%2Fmusic%3Fq%3Dniaf"
    done = guest.send(page.location, "/sign-in", name=member.name.upper(), password="the old drum speaks")
    assert done.location == "/music?q=niaf"
    assert guest.get("/music?q=niaf").status == 200


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", ""])
def test_sign_in_leads_to_no_other_site(instance, member, next_page):
    guest = Visitor(instance.web)
    done = guest.send("/sign-in", "/sign-in", name=member.name, password="the old drum speaks", next=next_page)
    assert done.status == 303 and done.location == "/"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(instance, member):
    wrong = Visitor(instance.web).sign_in(member.name, "something else")
    unknown = Visitor(instance.web).sign_in(somebody(), "something else")
    assert wrong.status == unknown.status == 403
    assert "do not belong together" in wrong.text and "do not belong together" in unknown.text


def test_the_session_cookie_is_closed_to_scripts(instance, member):
    guest = Visitor(instance.web)
    lines = guest.sign_in(member.name).headers.get_all("Set-Cookie")
    cookie = next(line for line in lines if line.startswith("djembe="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=2592000" in cookie


def test_signing_out_ends_the_session_for_good(member):
    cookie = dict(member.cookies)
    assert member.send("/account", "/sign-out").location == "/sign-in"
    assert "signed out" in member.get("/sign-in").text
    member.cookies = cookie
    assert member.get("/account").status == 303


def test_a_session_can_be_ended_from_another(instance, member):
    other = Visitor(instance.web)
    other.sign_in(member.name)
    assert other.get("/account").status == 200
    assert member.send("/account", "/account/sessions").status == 303
    assert other.get("/account").status == 303
    assert member.get("/account").status == 200


def test_a_new_password_ends_every_other_session(instance, member):
    other = Visitor(instance.web)
    other.sign_in(member.name)
    new = dict(password="a new song every day", again="a new song every day")
    refused = member.send("/account", "/account/password", old="not this one", **new)
    assert refused.status == 403 and "present password" in refused.text
    assert member.send("/account", "/account/password", old="the old drum speaks", **new).status == 303
    assert member.get("/account").status == 200 and other.get("/account").status == 303
    assert Visitor(instance.web).sign_in(member.name).status == 403
    assert Visitor(instance.web).sign_in(member.name, "a new song every day").status == 303


def test_guessing_is_slowed_down(instance, member):
    last = None
    for _ in range(12):
        last = Visitor(instance.web).sign_in(member.name, "a wrong guess 123")
    assert last.status == 429 and "try again in" in last.text
    assert Visitor(instance.web).sign_in(member.name).status == 429, "the right one too, until it is over"


# ---- forms ----


def test_a_form_that_is_not_ours_does_nothing(instance, member):
    before = member.get("/account").html
    passkey = re.search(r"/([a-z2-7]{32})/announce", before).group(1)
    other = Visitor(instance.web)
    other.sign_up(instance.admin("invite")["link"], somebody())
    foreign = dict(other.get("/account").form("/account/passkey"))
    assert member.post("/account/passkey", {}).status == 403
    assert member.post("/account/passkey", foreign).status == 403
    assert member.get("/account/passkey").status in (404, 405)
    assert passkey in member.get("/account").html


@pytest.mark.parametrize("body", ["csrf=%zz", "csrf=%ff", "a=" + "x" * 300000, "&".join(["a"] * 2000)])
def test_a_form_that_cannot_be_read_is_refused(member, body):
    page = member.request("POST", "/invites", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert page.status in (400, 403, 413)


def test_every_answer_carries_the_security_headers(instance, member):
    for path in ("/", "/music", "/account", "/static/style.css", "/nothing-here", "/sign-in", "/favicon.ico"):
        for visitor in (member, Visitor(instance.web)):
            headers = visitor.get(path).headers
            assert "default-src 'self'" in headers["Content-Security-Policy"], path
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in member.get("/account").headers["Cache-Control"]


def test_static_files_are_kept_by_browsers(instance):
    guest = Visitor(instance.web)
    address = re.search(r'href="(/static/style\.css\?v=[^"]+)"', guest.get("/sign-in").html).group(1)
    page = guest.get(address)
    assert "immutable" in page.headers["Cache-Control"]
    again = guest.get(address, headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and again.body == b""
    assert guest.get("/static/../main.c").status == 303 and guest.get("/static/%2e%2e%2fmain.c").status == 404


# ---- uploads ----


def test_an_upload_that_is_refused_keeps_what_was_typed_and_the_torrent(member, torrent):
    fields = album_fields()
    page = upload(member, torrent, name="niafunké.torrent", **(fields | {"year": ""}))
    assert page.status == 400 and "niafunké.torrent" in page.text and fields["title"] in page.html
    again = member.post_file("/upload/music", fill(page.form(), year="1999"), "", None)
    assert again.status == 303, again.text
    assert "Added" in member.get(again.location.split("#")[0]).text


def test_a_draft_is_its_members_own(instance, member, torrent):
    page = upload(member, torrent, **(album_fields() | {"year": ""}))
    draft = dict(page.form())["draft"]
    thief = Visitor(instance.web)
    thief.sign_up(instance.admin("invite")["link"], somebody())
    fields = fill(thief.get("/upload/music").form(), draft=draft, **album_fields())
    stolen = thief.post_file("/upload/music", fields, "", None)
    assert stolen.status == 400 and "no longer kept" in stolen.text


def test_a_double_click_adds_once(instance, member, torrent):
    fields = fill(member.get("/upload/music").form(), **album_fields())

    def click(_):
        visitor = Visitor(instance.web)
        visitor.cookies = dict(member.cookies)
        return visitor.post_file("/upload/music", fields, "a.torrent", torrent)

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        pages = list(pool.map(click, range(5)))
    assert [page.status for page in pages] == [303] * 5, [page.text for page in pages]
    assert len({page.location for page in pages}) == 1


def test_the_same_torrent_again_is_told_with_its_page(member, torrent):
    first = upload(member, torrent, **album_fields())
    assert first.status == 303, first.text
    second = upload(member, torrent, **album_fields())
    assert second.status == 409 and f'href="{first.location}"' in second.html


def test_a_format_is_added_to_an_album(member, torrent, tmp_path):
    fields = album_fields()
    page = upload(member, torrent, **fields)
    group = page.location.split("#")[0]
    more = make_torrent(make_album(tmp_path, "more", size=1 << 18), tmp_path / "more.torrent", private=False).read_bytes()
    add = re.search(r'href="(/upload/music\?group=\d+)"', member.get(group).html).group(1)
    assert fields["title"] in member.get(add).text and 'name="title"' not in member.get(add).html
    done = upload(member, more, path=add, media="CD", format="MP3", bitrate="320")
    assert done.status == 303 and done.location.split("#")[0] == group, done.text
    shown = member.get(group).text
    assert "not private" in shown and "MP3 / 320" in shown


@pytest.mark.parametrize("content, status", [(b"", 400), (b"not a torrent", 400), (b"d4:infod4:name1:aee", 400),
                                             (b"x" * (10 * 1024 * 1024 + 1), 413)])
def test_what_is_no_torrent_is_refused_and_the_text_kept(member, content, status):
    fields = album_fields()
    page = upload(member, content, **fields)
    assert page.status == status and "Nothing was added yet" in page.text and fields["title"] in page.html
    assert "Kept from your last attempt" not in page.text, "a file that is itself wrong is not offered again"


def test_a_file_far_too_large_is_told_on_a_page(member):
    page = upload(member, b"x" * (12 << 20), **album_fields())
    assert page.status == 413 and "at most 10 MiB" in page.text and member.name in page.html


def test_uploads_under_way_are_limited_in_sum(instance, member, torrent):
    big = b"Content-Length: 10485760\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    address = urllib.parse.urlsplit(instance.web)
    with contextlib.ExitStack() as stack:
        for _ in range(6):  # 60 of 64 MiB, never finished
            slow = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            slow.sendall(b"POST /upload/music HTTP/1.1\r\nHost: h\r\n" + big)
            slow.sendall(b"x" * (10 * 1024 * 1024 - 1))
        wait_for("an upload more is put off", lambda: upload(member, b"x" * (5 << 20), **album_fields()).status == 503)
        assert upload(member, torrent, **album_fields()).status == 303, "a small one passes"
    wait_for("room again", lambda: upload(member, b"x" * (5 << 20), **album_fields()).status == 400)


def test_more_rows_come_without_javascript(member, torrent):
    fields = fill(member.get("/upload/music").form(), artists="One", more="artists")
    page = member.post_file("/upload/music", fields, "a.torrent", torrent)
    assert page.status == 200 and page.html.count('name="artists"') == 4 and "a.torrent" in page.text


def test_a_tool_uploads_with_a_token(instance, torrent):
    made = instance.admin("member", "add", somebody("tool"))
    bearer = {"Authorization": f"Bearer {made['token']}"}
    tool = Visitor(instance.web)
    page = tool.post_file("/upload/music", list(album_fields().items()), "a.torrent", torrent, headers=bearer)
    assert page.status == 201, page.html
    added = page.json()
    status, _, body = fetch(added["download"], headers=bearer)
    assert status == 200 and announce_of(body) == made["announce"]
    refused = tool.post_file("/upload/music", [("title", "x")], "a.torrent", torrent, headers=bearer)
    assert refused.status == 400 and refused.json()["field"]
    again = tool.post_file("/upload/music", list(album_fields().items()), "a.torrent", torrent, headers=bearer)
    assert again.status == 409 and again.json()["field"] == "torrent", again.text
    wrong = tool.post_file("/upload/music", [], "a.torrent", torrent, headers={"Authorization": "Bearer nonsense"})
    assert wrong.status == 403 and "token" in wrong.json()["error"]


# ---- downloads ----


def test_each_member_downloads_an_own_torrent(instance, admin, member, torrent):
    location = upload(member, torrent, **album_fields()).location
    number = re.search(r"#t(\d+)", location).group(1)
    mine, other = member.get(f"/torrent/{number}.torrent"), admin.get(f"/torrent/{number}.torrent")
    assert mine.headers["Content-Type"] == "application/x-bittorrent"
    assert re.fullmatch(r"attachment; filename=\"[ -~]+\.torrent\"; filename\*=UTF-8''[\w%.~-]+\.torrent",
                        mine.headers["Content-Disposition"])
    assert "Niafunk%C3%A9" in mine.headers["Content-Disposition"]
    assert announce_of(mine.body) in member.get("/account").html
    assert announce_of(other.body) in admin.get("/account").html
    assert announce_of(mine.body) != announce_of(other.body)
    assert Visitor(instance.web).get(f"/torrent/{number}.torrent").status == 303
    assert member.get("/torrent/999999.torrent").status == 404


def test_a_token_downloads_in_the_query_too_until_it_is_revoked(instance, member, torrent):
    number = re.search(r"#t(\d+)", upload(member, torrent, **album_fields()).location).group(1)
    member.send("/account", "/account/tokens", name="feed reader")
    page = member.get("/account")
    fields = page.form("/account/tokens")
    token = re.search(r'value="([a-z2-7]{52})"', page.html).group(1)
    path = f"/torrent/{number}.torrent?token={token}"
    assert Visitor(instance.web).get(path).status == 200
    assert Visitor(instance.web).get(f"/account?token={token}").status == 303, "good for tools' addresses only"
    assert member.post("/account/tokens", fields).status == 303
    assert Visitor(instance.web).get(path).status == 403


def failure(announce):
    status, _, body = fetch(announce + "?info_hash=" + "%00" * 20
                            + "&peer_id=-TS0001-000000000000&port=6881&uploaded=0&downloaded=0&left=0")
    return body


def test_a_new_passkey_replaces_the_old_one_at_the_tracker(member):
    before = re.search(r'value="(http[^"]+/announce)"', member.get("/account").html).group(1)
    wait_for("the passkey is known", lambda: b"asskey" not in failure(before))
    member.send("/account", "/account/passkey")
    after = re.search(r'value="(http[^"]+/announce)"', member.get("/account").html).group(1)
    assert before != after
    wait_for("the old passkey is refused", lambda: b"asskey" in failure(before))
    wait_for("the new passkey is known", lambda: b"asskey" not in failure(after))


def test_a_disabled_member_is_out_everywhere(instance, member):
    announce = re.search(r'value="(http[^"]+/announce)"', member.get("/account").html).group(1)
    wait_for("the passkey is known", lambda: b"isabled" not in failure(announce) and b"asskey" not in failure(announce))
    assert instance.bus("web.member.set", {"name": member.name, "standing": "disabled"})["standing"] == "disabled"
    assert member.get("/account").status == 303
    page = Visitor(instance.web).sign_in(member.name)
    assert page.status == 403 and "disabled" in page.text
    wait_for("the passkey is refused", lambda: b"failure reason" in failure(announce))


# ---- pages ----


@pytest.mark.parametrize("path", ["/music/album/999999", "/music/artist/0", "/music/album/x", "/nothing", "/a/b/c", "/member/nobody-x",
                                  "/upload/nothing", "/%ff", "/music/album/99999999999999999999"])
def test_what_is_not_there_is_not_found(member, path):
    page = member.get(path)
    assert page.status == 404 and "404" in page.text


def test_a_page_that_takes_another_request_says_so(member):
    assert member.post("/music", {}).status == 405
    assert member.request("DELETE", "/account").status == 405
    assert member.request("HEAD", "/account").status == 200


def test_what_is_typed_is_never_markup(member, torrent):
    nasty = '<script>alert(1)</script>"&\''
    page = upload(member, torrent, **(album_fields() | {"title": nasty, "artists": "<b>x</b>"}))
    assert page.status == 303, page.text
    for path in (page.location.split("#")[0], "/music", "/", f"/member/{member.name}", "/music?q=" + urllib.parse.quote(nasty)):
        assert "<script>alert" not in member.get(path).html and "<b>x" not in member.get(path).html, path


def test_a_search_for_an_info_hash_leads_to_the_torrent(member, torrent):
    page = upload(member, torrent, **album_fields())
    info_hash = re.search(r"\b([0-9a-f]{40})\b", member.get(page.location.split("#")[0]).text).group(1)
    assert member.get(f"/music?q={info_hash}").location == page.location
    assert member.get(f"/music?q={'0' * 40}").status == 200


def test_names_are_suggested_to_members_and_their_tools(instance, member, torrent):
    name = f"Tinariwen {uuid.uuid4().hex[:8]}"
    upload(member, torrent, **album_fields() | {"artists": name})
    bearer = {"Authorization": f"Bearer {instance.admin('member', 'add', somebody('tool'))['token']}"}
    path = f"/suggest/music?q={urllib.parse.quote(name[:14])}"
    for page in (member.get(path), Visitor(instance.web).get(f"{path}&field=artist", headers=bearer)):
        assert page.headers["Content-Type"] == "application/json" and name in [one["name"] for one in page.json()["names"]]
    wrong = member.get("/suggest/nothing?q=x")
    assert wrong.status == 400 and "no plugin" in wrong.json()["error"]
    assert Visitor(instance.web).get("/suggest/music?q=x").status in (303, 401)


def test_a_search_that_cannot_be_read_says_why_and_keeps_what_was_typed(member):
    page = member.get("/music?q=lable%3Aecm&sort=year&view=flat")
    assert page.status == 400 and 'no field "lable"' in html.unescape(page.html) and 'value="lable:ecm"' in page.html
    assert ("sort", "year") in page.form("/music") and ("view", "flat") in page.form("/music")


def test_the_operator_repeats_a_request_and_it_happens_once(instance):
    body = {"key": uuid.uuid4().bytes, "name": somebody("op")}
    assert instance.bus("web.member.add", body) == instance.bus("web.member.add", body)
    invite = {"key": uuid.uuid4().bytes}
    assert instance.bus("web.invite.add", invite) == instance.bus("web.invite.add", invite)


# ---- when a part is away ----


class Asleep:
    """asleep(daemon): that daemon hangs, until asleep.wake() or the end of the test."""

    def __init__(self, instance):
        self.instance, self.pids = instance, []

    def __call__(self, daemon):
        pid = self.instance.postgres_pid() if daemon == "postgres" else self.instance.pid(daemon)
        for each in [pid, *children(pid)] if daemon == "postgres" else [pid]:
            os.kill(each, signal.SIGSTOP)
            self.pids.append(each)

    def wake(self):
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):  # PostgreSQL's, when the daemons have given up on it
                os.kill(pid, signal.SIGCONT)
        self.pids = []
        self.instance.wait_ready()


@pytest.fixture
def asleep(instance):
    sleeper = Asleep(instance)
    yield sleeper
    sleeper.wake()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


@pytest.mark.parametrize("daemon, path, said", [
    ("tracker", "/music", "seed and leech"),
    ("ratio", "/music", "Snatches"),
    ("ratio", "/member/{name}", "Nothing is lost"),
    ("catalog", "/", "cannot be listed"),
    ("catalog", "/member/{name}", "cannot be listed"),
])
def test_a_page_without_a_part_that_hangs_says_what_is_missing(member, torrent, asleep, daemon, path, said):
    assert upload(member, torrent, **album_fields()).status == 303
    asleep(daemon)
    page = member.get(path.format(name=member.name), timeout=20)
    assert page.status == 200 and said in page.text, page.text


@pytest.mark.parametrize("path", ["/music", "/music/album/1", "/torrent/1.torrent"])
def test_a_page_that_needs_the_catalog_says_that_it_is_away(member, asleep, path):
    asleep("catalog")
    page = member.get(path, timeout=20)
    assert page.status == 503 and "catalog" in page.text and page.headers["Retry-After"]


def test_an_upload_while_the_catalog_hangs_keeps_everything(member, torrent, asleep):
    fields = fill(member.get("/upload/music").form(), **album_fields())
    asleep("catalog")
    page = member.post_file("/upload/music", fields, "kept.torrent", torrent)
    assert page.status == 503 and "kept.torrent" in page.text and "away" in page.text
    asleep.wake()
    again = member.post_file("/upload/music", page.form(), "", None)
    assert again.status == 303, again.text


def test_without_the_database_a_session_is_not_lost(member, asleep, instance):
    asleep("postgres")
    page = member.get("/account")
    assert page.status == 503 and "stay signed in" in page.text
    assert member.get("/static/style.css").status == 200
    assert Visitor(instance.web).get("/sign-in").status == 200
    asleep.wake()
    wait_for("pages are back", lambda: member.get("/account").status == 200)


# ---- settings ----


def test_an_open_site_over_https(make_instance):
    site = make_instance("web-open", DJEMBE_SIGN_UP="open", DJEMBE_WEB_URL="https://drum.example", DJEMBE_SITE_NAME="Drum & <Co>")
    guest = Visitor(site.web)
    page = guest.get("/sign-up")
    assert "Drum &amp; &lt;Co&gt;" in page.html
    assert page.headers["Strict-Transport-Security"]
    cookie = page.headers.get_all("Set-Cookie")[0]
    assert cookie.startswith("__Host-djembe_guest=") and "; Secure" in cookie
    refused = guest.sign_up("/sign-up", somebody())
    assert refused.status == 403 and "first account" in refused.text, "nobody comes before the operator's own"
    link = site.admin("invite")["link"]
    assert link.startswith("https://drum.example/sign-up?code=")
    first = Visitor(site.web)
    assert first.sign_up(link.removeprefix("https://drum.example"), somebody()).status == 303
    assert "unlimited" in first.get("/invites").html or "as many" in first.get("/invites").text, "the first is its administrator"
    assert guest.sign_up("/sign-up", somebody()).status == 303
    assert "Invitations left" in guest.get("/invites").text
    site.down()
    assert site.complaints() == []


def test_json_is_what_a_tool_gets_for_a_fault(instance):
    made = instance.admin("member", "add", somebody("tool"))
    status, headers, body = fetch(f"{instance.web}/torrent/999999.torrent", headers={"Authorization": f"Bearer {made['token']}"})
    assert status == 404 and headers["Content-Type"] == "application/json" and json.loads(body)["error"]
