"""What members say of what is here, on the pages and without JavaScript: tags with votes, wiki text, comments,
bookmarks, reports, requests."""

import html
import re

import pytest

from test_web import admin, album_fields, member, torrent, upload  # noqa: F401 (fixtures)
from instance import wait_for
from visitor import fill

NASTY = '<script>alert(1)</script>"&\''


@pytest.fixture
def album(member, torrent):  # noqa: F811
    """The path of an album that the member has added."""
    page = upload(member, torrent, **album_fields())
    assert page.status == 303, page.text
    return page.location.split("#")[0]


def entity_of(path):
    return path.rsplit("/", 1)[1]


def press(visitor, path, action, **values):
    """Sends a form of a page, as it stands there but for some values, and follows it to the page it leads to."""
    done = visitor.send(path, action, **values)
    return visitor.get(done.location.split("#")[0]) if done.status == 303 else done


def notices(visitor, title, count=1, times=1):
    """What the inbox has of that title as (title, text, how often), the newest first, when it has so many, and the first so often."""
    def told():
        found = re.findall(r'<li class="notice.*?</span>(.*?)(?: <span.*?(?:(\d+) times</span>)?)?</h2>\s*<p class="prose">(.*?)</p>',
                           visitor.get("/inbox").html, re.S)
        found = [(html.unescape(what), html.unescape(text), int(times or 1)) for what, times, text in found]
        return [notice for notice in found if notice[0].startswith(title)]
    return wait_for(f"{count} of {title}", lambda: len(found := told()) == count and found[0][2] >= times and found)


def see(visitor, notice):
    """Where an unread notice leads; it is read then."""
    page = visitor.get("/inbox")
    item = next(item for item in re.findall(r'<li class="notice new">.*?</li>', page.html, re.S) if notice[0] in html.unescape(item))
    token = dict(page.form("/sign-out"))["csrf"]
    return visitor.post("/inbox", {"csrf": token, "notice": re.search(r'name="notice" value="(\d+)"', item).group(1), "go": "1"}).location


def tags_on(page):
    """Each tag of a page with its score and the path of its form."""
    found = re.findall(r'<bdi>(.*?)</bdi></span> <span class="score">(-?\d+)<.*?action="(/tag/\d+/\d+)"', page.html, re.S)
    return {html.unescape(name): (int(score), action) for name, score, action in found}


def test_a_tag_is_added_voted_on_and_removed_with_a_reason_that_the_log_has(member, admin, album):  # noqa: F811
    page = press(member, album, f"/tag/{entity_of(album)}", tags=f"live, {NASTY}")
    assert set(tags_on(page)) == {"live", NASTY} and "<script>alert" not in page.html
    score, action = tags_on(page)["live"]
    assert score == 1
    assert tags_on(press(admin, album, action, vote="1"))["live"][0] == 2
    assert tags_on(press(member, album, action, vote="0"))["live"][0] == 1
    assert member.post(action, fill(member.get(album).form(action), vote="7")).status == 400
    assert f"{action}/remove" in admin.get(album).html and f"{action}/remove" not in member.get(album).html
    refused = member.send(f"{action}/remove", f"{action}/remove", reason="I do not like it.")
    assert refused.status == 403 and "Others have voted" in refused.text
    again = admin.send(f"{action}/remove", f"{action}/remove", reason=" ")
    assert again.status == 400 and "Say why it goes" in again.text
    assert set(tags_on(press(admin, f"{action}/remove", f"{action}/remove", reason="It is a studio album."))) == {NASTY}
    history = admin.get(f"/history/{entity_of(album)}").text
    assert f"{admin.name} took a tag off the Album: It is a studio album." in history and f"{member.name} tagged the Album" in history
    assert admin.get(f"{action}/remove").status == 404


def test_tags_that_are_refused_are_kept_to_be_corrected(member, album):  # noqa: F811
    action = f"/tag/{entity_of(album)}"
    page = member.send(album, action, tags=NASTY + "x" * 60)
    assert page.status == 400 and "at most 50 letters" in page.text
    assert dict(page.form(action))["tags"] == NASTY + "x" * 60 and "<script>alert" not in page.html
    done = member.post(action, fill(page.form(action), tags="jazz"))
    assert done.location == f"{album}#tags" and set(tags_on(member.get(album))) == {"jazz"}


def test_who_is_disabled_says_nothing_any_more(instance, member, album):  # noqa: F811
    form = fill(member.get(album).form(f"/tag/{entity_of(album)}"), tags="late")
    assert instance.bus("web.member.set", {"name": member.name, "standing": "disabled"})["standing"] == "disabled"
    assert member.post(f"/tag/{entity_of(album)}", form).status == 403
    assert "late" not in str(instance.bus("catalog.talk.get", {"entity": int(entity_of(album))}))


# ---- wiki text ----


def test_a_description_is_wiki_text_in_which_no_markup_gets_through(member, torrent):  # noqa: F811
    text = f"**Bold** {NASTY}\n[there](https://example.org/) [nowhere](javascript:alert(1)) ![i](https://example.org/i.png)"
    page = upload(member, torrent, **album_fields(description=text, format_description="1. cut\n2. cleaned"))
    assert page.status == 303, page.text
    shown = member.get(page.location.split("#")[0])
    assert "<strong>Bold</strong> &lt;script&gt;" in shown.html and "<li>cut</li>" in shown.html
    assert ('<a href="https://example.org/" rel="nofollow noopener noreferrer">there</a> nowhere'
            ' <a href="https://example.org/i.png"') in shown.html
    assert "<script>alert" not in shown.html and "javascript:" not in shown.html and "<img src=\"https" not in shown.html


# ---- comments ----


def comments_on(page):
    """The comments of a page, newest first: who, and the HTML of what."""
    return re.findall(r'<li id="c\d+">\s*<p class="head"><a href="/member/([^"]+)">.*?<div class="wiki">(.*?)</div>', page.html, re.S)


def test_a_comment_is_written_edited_and_deleted(member, admin, album):  # noqa: F811
    action = f"/comment/on/{entity_of(album)}"
    form = fill(member.get(album).form(action), text=f"*Loud*\n{NASTY}")
    done = [member.post(action, form) for _ in range(2)]  # a double click
    assert done[0].location == done[1].location and done[0].location.startswith(f"{album}?comment=")
    page = member.get(done[0].location.split("#")[0])
    (who, what), = comments_on(page)
    assert who == member.name and "<em>Loud</em>" in what and "<script>alert" not in page.html
    number = re.search(r"#c(\d+)$", done[0].location).group(1)
    assert f'id="c{number}"' in page.html and f'href="/comment/{number}"' in page.html
    assert f'href="/comment/{number}"' not in admin.get(album).html and f"/comment/{number}/delete" in admin.get(album).html
    other = fill(member.get(f"/comment/{number}").form(f"/comment/{number}"), text="From another window")
    assert comments_on(press(member, f"/comment/{number}", f"/comment/{number}", text="Quiet"))[0][1].strip() == "<p>Quiet</p>"
    crossed = member.post(f"/comment/{number}", other)
    assert crossed.status == 409 and "elsewhere while you wrote" in crossed.text and "From another window" in crossed.html
    assert "edited" in press(member, f"/comment/{number}", f"/comment/{number}", text="Quiet again").text
    assert admin.get(f"/comment/{number}").status == 403
    gone = admin.send(f"/comment/{number}/delete", f"/comment/{number}/delete", reason="Off topic.")
    assert gone.location == album and comments_on(admin.get(album)) == []
    assert "deleted a comment on the Album" in admin.get(f"/history/{entity_of(album)}").text and "Off topic." in admin.get("/log").text
    assert member.get(f"/comment/{number}").status == 404


def test_a_comment_that_is_refused_is_kept(member, album):  # noqa: F811
    for text, said in ((" ", "needed"), ("é" * 10001, "at most 10000 letters"), ("x" * 50000, "40000 bytes")):
        page = member.send(album, f"/comment/on/{entity_of(album)}", text=text)
        assert page.status in (400, 413) and said in page.text, text[:9]
        assert text.strip() in page.html and 'name="subscribe" value="1">' in page.html
    ticked = member.send(album, f"/comment/on/{entity_of(album)}", text=" ", subscribe="1")
    assert 'name="subscribe" value="1" checked>' in ticked.html
    assert comments_on(member.get(album)) == []


def test_many_comments_come_in_pages_and_each_has_an_address(member, album):  # noqa: F811
    action = f"/comment/on/{entity_of(album)}"
    told = [member.send(album, action, text=f"Number {i}").location for i in range(21)]
    first = member.get(album)
    assert len(comments_on(first)) == 20 and "Number 0" not in first.text
    rest = member.get(album + re.search(r'rel="next" href="[^"?]+(\?[^"]+)"', first.html).group(1))
    assert [what.strip() for _, what in comments_on(rest)] == ["<p>Number 0</p>"]
    there = member.get(told[3].split("#")[0])
    assert f'id="{told[3].split("#")[1]}"' in there.html and comments_on(there)[0][1].strip() == "<p>Number 3</p>"
    assert "First page" in there.text


def test_a_person_is_talked_about(member, album):  # noqa: F811
    person = re.search(r'href="(/music/artist/\d+)"', member.get(album).html).group(1)
    page = press(member, person, f"/comment/on/{entity_of(person)}", text="On tour again.")
    assert comments_on(page) == [(member.name, "<p>On tour again.</p>\n")]


# ---- bookmarks ----


def test_a_page_is_bookmarked_and_no_more(member, admin, album):  # noqa: F811
    person = re.search(r'href="(/music/artist/\d+)"', member.get(album).html).group(1)
    assert "Nothing yet" in member.get("/bookmarks").text
    for path in (album, person):
        assert "Bookmarked" in press(member, path, f"/bookmark/{entity_of(path)}").text
    listed = member.get("/bookmarks")
    assert f'href="{album}"' in listed.html and f'href="{person}"' in listed.html and "1 bookmarked" in listed.text
    assert f'href="{album}"' not in admin.get("/bookmarks").html and "Bookmarked" not in admin.get(album).text
    assert "Bookmarked" not in press(member, album, f"/bookmark/{entity_of(album)}").text
    assert "1 bookmarked" not in member.get("/bookmarks").text
    assert member.post("/bookmark/999999", fill(member.get(album).form(f"/bookmark/{entity_of(album)}"))).status == 404


# ---- reports ----


def test_a_member_tells_staff_who_answer(member, admin, album):  # noqa: F811
    page = member.get(album)
    torrent_report, = set(re.findall(r'href="(/report/torrent/\d+)"', page.html))
    refused = member.send(torrent_report, torrent_report, text=NASTY)
    assert refused.status == 400 and "choose one of the list" in refused.text
    assert html.escape(NASTY) in refused.html.replace("&#39;", "&#x27;")
    form = fill(refused.form(torrent_report), kind="broken", text=NASTY)
    assert member.post(torrent_report, form).location.startswith(f"{album}#t")
    assert member.send(torrent_report, torrent_report, kind="other", text="Again").status == 409
    mine = member.get("/reports")
    assert "It is broken" in mine.text and "<script>alert" not in mine.html and 'name="act"' not in mine.html
    queue = admin.get("/reports")
    action = re.search(r'action="(/reports/\d+)"', queue.html[queue.html.index(f'href="{album}#t'):]).group(1)
    assert member.post(action, fill(member.get(album).form(f"/bookmark/{entity_of(album)}"), act="claim")).status == 403
    assert "you look into it" in press(admin, "/reports", action, act="claim").text
    assert member.name in queue.text and "looks into it" in member.get("/reports").text
    wrong = admin.send("/reports", action, act="resolve", answer="x" * 401)
    assert wrong.status == 400 and "at most 400 letters" in wrong.text and "x" * 401 in wrong.html
    press(admin, "/reports", action, act="resolve", answer="Taken away: thank you.")
    told = notices(member, "Staff have answered your report")
    assert told[0][1] == "Taken away: thank you." and see(member, told[0]).startswith(f"{album}#t")
    assert 'class="notice new"' not in member.get("/inbox").html
    assert "Taken away: thank you." in member.get("/reports?resolved=1").text and f'href="{album}#t' not in member.get("/reports").html
    late = admin.post(action, fill(wrong.form(action), act="claim"))
    assert late.location == "/reports" and "resolved already" in admin.get("/reports").text


def test_a_comment_and_a_page_are_reported(member, admin, album):  # noqa: F811
    where = admin.send(album, f"/comment/on/{entity_of(album)}", text="Buy here!").location
    number = where.split("#c")[1]
    assert member.send(f"/report/comment/{number}", f"/report/comment/{number}", kind="manners", text="An advertisement.").location == where
    entity = f"/report/entity/{entity_of(album)}"
    assert member.send(entity, entity, kind="duplicate", text="See the other one.").location == album
    told = member.get("/reports").text
    assert "It is rude, or advertises something: comment on" in told and "It is here twice: Album" in told
    for path in ("/report/comment/99999999", "/report/member/1", "/report/torrent/0"):
        assert member.get(path).status == 404


# ---- requests ----


def test_a_request_is_made_voted_for_filled_and_opened_again(member, admin, album):  # noqa: F811
    wanted = f"Mopti {NASTY} {entity_of(album)}-{member.name}"
    refused = member.send("/requests/new?plugin=music", "/requests", title=" ")
    assert refused.status == 400 and "this is needed" in refused.text
    done = member.send("/requests/new?plugin=music", "/requests", title=wanted, text="The *vinyl*.")
    path = done.location
    page = member.get(path)
    assert "1 vote." in page.text and "<em>vinyl</em>" in page.html and "<script>alert" not in page.html
    again = admin.send("/requests/new?plugin=music", "/requests", title=wanted.upper())
    assert again.status == 409 and path in again.text and dict(again.form("/requests"))["title"] == wanted.upper()
    assert "2 votes." in press(admin, path, f"{path}/vote").text and f'href="{path}"' in admin.get("/requests?plugin=music").html
    assert f'href="{path}/delete"' not in member.get(path).html
    assert member.send(f"{path}/edit", f"{path}/edit", title=" ").status == 400
    old = fill(member.get(f"{path}/edit").form(f"{path}/edit"), text="From another window")
    reworded = press(member, f"{path}/edit", f"{path}/edit", title=f"{wanted} [1987]", text="The tape will do.")
    assert "The tape will do." in reworded.text and "[1987]" in reworded.text and "2 votes." in reworded.text
    crossed = member.post(f"{path}/edit", old)
    assert crossed.status == 409 and "changed while you wrote" in crossed.text and "From another window" in crossed.html
    torrent = re.search(r'id="(t\d+)"', member.get(album).html).group(1)
    wrong = admin.send(path, f"{path}/fill", torrent="https://example.org/")
    assert wrong.status == 400 and "Give the torrent" in wrong.text and "https://example.org/" in wrong.html
    filled = press(admin, path, f"{path}/fill", torrent=f"{admin.site}{album}#{torrent}")
    assert "It is here" in filled.text and f'href="{album}#{torrent}"' in filled.html and admin.name in filled.text
    assert f'href="{path}"' in member.get("/requests?filled=1").html and f'href="{path}"' not in member.get("/requests").html
    told = notices(member, "Filled: Mopti")
    assert "What you asked for is here" in told[0][1] and see(member, told[0]) == path
    assert "This is it" in press(member, f"{path}/reopen", f"{path}/reopen", reason="That is the tape.").text
    assert "It is here" not in member.get(path).text and "That is the tape." in member.get("/log").text
    assert "That is the tape." in notices(admin, f"Open again: {wanted}")[0][1]
    gone = admin.send(f"{path}/delete", f"{path}/delete", reason="Nobody answers.")
    assert gone.location == "/requests" and member.get(path).status == 404
    assert f"{admin.name} deleted the request" in member.get("/log").text


def test_of_a_backup_nobody_is_asked(member):  # noqa: F811
    assert 'value="backup"' not in member.get("/requests/new").html
    assert member.post("/requests", fill(member.get("/requests/new").form("/requests"), plugin="backup", title="Yours")).status == 403
