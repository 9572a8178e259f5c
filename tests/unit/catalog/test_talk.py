"""What members say of entities in the running catalog, of whatever plugin: tags with votes, comments, bookmarks,
reports, requests. Books is among the plugins (test_plugins.py)."""
import os, random

import pytest

from service_kit import Refused, at_once, browse, refused
from test_edit import changes
from test_plugins import OWNER, fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)

ANN, BOB = OWNER + 1, OWNER + 2
WORDS = ("ジャズ", "موسيقى", "e\u0301\u0327\u0310", "🥁👩‍👩‍👧", "שיר", "a<b>&\"'")  # scripts, right to left, combining marks, emoji, markup


@pytest.fixture
def group(bus, listed, tmp_path, fresh):  # noqa: F811
    """An album without tags."""
    fields = dict(fields_of(listed["music"], fresh), tags="")
    return page_of(bus, upload(bus, listed["music"], made(tmp_path), fields))["entity"]


def talk(bus, entity, actor=OWNER, **more):
    return bus.ask("catalog.talk.get", {"entity": entity, **more}, actor=actor)


def tag(bus, entity, tags, actor=OWNER):
    return bus.ask("catalog.tag.add", {"entity": entity, "tags": tags}, actor=actor)


def tags_of(bus, entity, actor=OWNER):
    return {one["name"]: one for one in talk(bus, entity, actor)["tags"]}


def vote(bus, entity, name, way, actor=OWNER):
    return bus.ask("catalog.tag.vote", {"entity": entity, "tag": tags_of(bus, entity)[name]["tag"], "vote": way}, actor=actor)


def untag(bus, entity, name, actor=OWNER, reason="It does not fit.", **more):
    ask = {"entity": entity, "tag": tags_of(bus, entity)[name]["tag"], "reason": reason, **more}
    return bus.ask("catalog.tag.remove", ask, actor=actor)


def scores(bus, entity):
    return [(one["name"], one["score"]) for one in talk(bus, entity)["tags"]]


def test_tags_stand_by_votes_and_each_member_has_one(bus, group):
    assert tag(bus, group, "Jazz, hip hop, JAZZ")["added"] == 2
    assert scores(bus, group) == [("hip.hop", 1), ("jazz", 1)]
    vote(bus, group, "jazz", 1, ANN)
    vote(bus, group, "jazz", 1, ANN)
    assert scores(bus, group) == [("jazz", 2), ("hip.hop", 1)]
    vote(bus, group, "jazz", -1, ANN)
    vote(bus, group, "jazz", -1, BOB)
    assert scores(bus, group) == [("hip.hop", 1), ("jazz", -1)]
    assert (tags_of(bus, group, ANN)["jazz"]["vote"], tags_of(bus, group)["jazz"]["vote"]) == (-1, 1)
    vote(bus, group, "jazz", 0, ANN)
    vote(bus, group, "jazz", 0, ANN)
    assert scores(bus, group) == [("hip.hop", 1), ("jazz", 0)] and tags_of(bus, group, ANN)["jazz"]["vote"] == 0


def test_what_members_vote_down_is_in_no_list_but_on_the_page(bus, group, fresh):
    tag(bus, group, "jazz, live")
    vote(bus, group, "jazz", -1)
    assert [one["name"] for one in browse(bus, fresh)["groups"][0]["tags"]] == ["live"]
    assert [name for name, _ in scores(bus, group)] == ["live", "jazz"]
    found = [tagged for tagged in ("live", "jazz") if browse(bus, f"{fresh} tags:{tagged}", plugin="music").get("groups")]
    vote(bus, group, "jazz", 0)
    assert found == ["live"] and browse(bus, f"{fresh} tags:jazz", plugin="music")["groups"]


def test_an_upload_votes_for_its_tags(bus, listed, tmp_path, fresh):  # noqa: F811
    fields = dict(fields_of(listed["music"], fresh), tags="jazz")
    entity = page_of(bus, upload(bus, listed["music"], made(tmp_path), fields))["entity"]
    more = dict(fields, format="MP3", bitrate="320", tags="jazz, live")
    assert upload(bus, listed["music"], made(tmp_path), more, ANN)["joined"]
    assert scores(bus, entity) == [("jazz", 2), ("live", 1)]


def test_members_who_vote_and_tag_at_once_are_all_counted(replicas, group):
    buses = [replica.bus() for replica in replicas for _ in range(4)]
    told = at_once(*(lambda bus=bus, i=i: tag(bus, group, "jazz, live", 100 + i) for i, bus in enumerate(buses)))
    assert sum(one.get("added", 0) for one in told) == 2 and scores(buses[0], group) == [("jazz", 8), ("live", 8)]
    at_once(*(lambda bus=bus, i=i: vote(bus, group, "jazz", -1, 100 + i // 2) for i, bus in enumerate(buses)))
    assert scores(buses[0], group) == [("live", 8), ("jazz", 0)]  # 4 of the 8 have turned round, each twice
    assert [one["what"] for one in changes(buses[0], group)] == ["tag", "add"]


def test_tags_come_and_go_in_the_log_with_who_and_why(bus, group):
    tag(bus, group, "live, jazz", ANN)
    untag(bus, group, "jazz", ANN)
    gone, came = changes(bus, group)[:2]
    assert (came["what"], came["actor"], came.get("why")) == ("tag", ANN, None)
    assert came["differences"] == [{"label": "Tags", "before": "", "after": "jazz, live"}]
    assert (gone["what"], gone["actor"], gone["why"]) == ("untag", ANN, "It does not fit.")
    assert gone["differences"] == [{"label": "Tags", "before": "jazz", "after": ""}]


def test_a_tag_is_taken_off_by_staff_or_by_who_added_it_while_nobody_else_voted(bus, group):
    tag(bus, group, "jazz, live")
    assert refused(untag, bus, group, "jazz", ANN).status == "forbidden"
    vote(bus, group, "jazz", -1, BOB)
    assert refused(untag, bus, group, "jazz").status == "forbidden"
    assert not tags_of(bus, group)["jazz"]["alone"] and tags_of(bus, group)["live"]["alone"]
    assert refused(untag, bus, group, "live", reason=" \t").field == "reason"
    number = tags_of(bus, group)["jazz"]["tag"]
    untag(bus, group, "jazz", BOB, staff=True)
    untag(bus, group, "live")
    assert scores(bus, group) == []
    for ask, more in (("vote", {"vote": 1}), ("remove", {"reason": "Again.", "staff": True})):
        assert refused(bus.ask, f"catalog.tag.{ask}", {"entity": group, "tag": number, **more}, actor=OWNER).field == "tag"


@pytest.mark.parametrize("word", WORDS)
def test_a_tag_may_be_of_any_script(bus, group, word):
    tag(bus, group, word)
    assert scores(bus, group) == [(word, 1)]


@pytest.mark.parametrize("tags, said", (
    (" , ,", "at least one"), ("jazz\0", "UTF-8"), ("x" * 51, "50 letters"), (",".join(map(str, range(41))), "at most 40"),
    ("x" * 1601, "1600"), ("x" * (1 << 20), "1600")), ids=lambda value: str(len(value)))
def test_tags_that_are_wrong_are_refused_by_name(bus, group, tags, said):
    fault = refused(tag, bus, group, tags)
    assert fault.field == "tags" and said in str(fault)
    assert scores(bus, group) == []


def test_a_group_has_at_most_forty_tags(bus, group):
    tag(bus, group, ",".join(f"t{i}" for i in range(39)))
    tag(bus, group, "t1, t2, last")
    assert refused(tag, bus, group, "one.more").field == "tags"
    assert len(scores(bus, group)) == 40


def test_control_letters_are_no_part_of_a_tag(bus, group):
    tag(bus, group, "ja\tzz\r\n, \x1b[31mlive")
    assert sorted(name for name, _ in scores(bus, group)) == ["[31mlive", "ja.zz"]


def test_a_plugin_without_tags_takes_none(bus, plugin, tmp_path, fresh):  # noqa: F811
    entity = page_of(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))["entity"]
    tagged = any(field["name"] == "tags" for field in plugin["fields"])
    assert talk(bus, entity).get("tagged", False) == tagged == (plugin["name"] != "backup")
    if tagged:
        tag(bus, entity, "new.one")
        assert "new.one" in tags_of(bus, entity)
    else:
        assert refused(tag, bus, entity, "jazz").status == "forbidden"


def test_nobody_says_anything_of_what_is_not_there(bus, group):
    assert refused(talk, bus, 1 << 40).status == refused(tag, bus, 1 << 40, "jazz").status == "not_found"
    assert refused(tag, bus, group, "jazz", 0).status == "forbidden"
    tag(bus, group, "jazz")
    assert refused(vote, bus, group, "jazz", 2).field == "vote" and refused(vote, bus, group, "jazz", 1, 0).status == "forbidden"


# ---- comments ----


def comment(bus, entity, text, actor=OWNER, key=None):
    return bus.ask("catalog.comment.add", {"key": key or os.urandom(16), "entity": entity, "text": text}, actor=actor)


def comments(bus, entity, actor=OWNER, **more):
    return talk(bus, entity, actor, **({"limit": 20} | more))["comments"]


def rewrite(bus, number, text, revision=1, actor=OWNER, key=None):
    ask = {"key": key or os.urandom(16), "comment": number, "revision": revision, "text": text}
    return bus.ask("catalog.comment.edit", ask, actor=actor)


def uncomment(bus, number, actor=OWNER, reason="Off topic.", **more):
    return bus.ask("catalog.comment.delete", {"key": os.urandom(16), "comment": number, "reason": reason, **more}, actor=actor)


def test_comments_stand_newest_first_in_pages(bus, group):
    numbers = [comment(bus, group, f"Number {i}", (OWNER, ANN)[i % 2])["comment"] for i in range(5)]
    first = comments(bus, group, limit=3)
    assert [(one["text"], one["author"], one["own"]) for one in first] == [
        ("Number 4", OWNER, True), ("Number 3", ANN, False), ("Number 2", OWNER, True)]
    rest = comments(bus, group, limit=3, before=first[-1]["comment"])
    assert [one["comment"] for one in first + rest] == numbers[::-1] and talk(bus, group)["comments_count"] == 5
    assert talk(bus, group).get("comments", []) == []


def test_a_comment_is_told_where_it_stands(bus, group):
    told = comment(bus, group, "Here")
    assert told["href"] == f"/music/album/{group}?comment={told['comment']}#c{told['comment']}"
    got = bus.ask("catalog.comment.get", {"comment": told["comment"]}, actor=ANN)
    assert (got["text"], got["author"], got["revision"], got["href"]) == ("Here", OWNER, 1, told["href"])


def test_a_comment_is_its_authors_to_edit_and_of_two_edits_the_second_is_told(replicas, bus, group):
    number = comment(bus, group, "First")["comment"]
    assert refused(rewrite, bus, number, "Mine now", actor=ANN).status == "forbidden"
    told = at_once(*(lambda i=i: rewrite(replicas[i].bus(), number, f"Text {i}") for i in range(2)))
    late, = [one for one in told if isinstance(one, Refused)]
    assert late.status == "conflict" and late.field == "revision"
    one, = comments(bus, group)
    assert one["text"] in ("Text 0", "Text 1") and one["edited_at"] >= one["written_at"]
    rewrite(bus, number, "Third", 2)
    assert comments(bus, group)[0]["text"] == "Third"


def test_what_is_sent_twice_is_written_once(bus, group):
    key = os.urandom(16)
    first, again = (comment(bus, group, "Once", key=key) for _ in range(2))
    assert first == again and len(comments(bus, group)) == 1
    key = os.urandom(16)
    assert rewrite(bus, first["comment"], "Twice", key=key) == rewrite(bus, first["comment"], "Twice", key=key)


def test_a_comment_is_deleted_by_its_author_or_staff_and_the_log_has_why(bus, group):
    one, other = (comment(bus, group, text)["comment"] for text in ("One", "Other"))
    assert refused(uncomment, bus, one, ANN).status == "forbidden" and refused(uncomment, bus, one, reason="\t").field == "reason"
    uncomment(bus, one)
    uncomment(bus, other, ANN, "Rude.", staff=True)
    assert comments(bus, group) == [] and talk(bus, group).get("comments_count", 0) == 0
    assert [(line["what"], line["actor"], line["why"], line["href"]) for line in changes(bus, group)[:2]] == [
        ("uncomment", ANN, "Rude.", f"/music/album/{group}"), ("uncomment", OWNER, "Off topic.", f"/music/album/{group}")]
    for ask in (lambda: uncomment(bus, one), lambda: rewrite(bus, one, "Back"), lambda: bus.ask("catalog.comment.get", {"comment": one})):
        assert refused(ask).status == "not_found"


def test_a_person_is_talked_about_too(bus, listed, tmp_path, fresh):  # noqa: F811
    page = page_of(bus, upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh)))
    person = page["group"]["credits"][0]["people"][0]
    told = comment(bus, person["entity"], "Saw them live.")
    assert told["href"].startswith(person["href"] + "?") and comments(bus, person["entity"])[0]["text"] == "Saw them live."
    uncomment(bus, told["comment"])
    assert changes(bus, person["entity"])[0]["href"] == person["href"]


@pytest.mark.parametrize("word", WORDS)
def test_a_comment_may_be_of_any_script(bus, group, word):
    comment(bus, group, f"\r\n{word}\r\n\r\n{word}\x07 \n")
    assert comments(bus, group)[0]["text"] == f"{word}\n\n{word}" and comment(bus, group, word * 1000)


@pytest.mark.parametrize("text, said", (
    (" \r\n\t", "needed"), ("a\0b", "UTF-8"), ("x" * 10001, "at most 10000 letters"),
    ("é" * 20001, "40000"), ("x" * (1 << 20), "40000")), ids=lambda value: str(len(value)))
def test_a_comment_that_is_wrong_is_refused_by_name(bus, group, text, said):
    number = comment(bus, group, "x" * 10000)["comment"]
    for fault in (refused(comment, bus, group, text), refused(rewrite, bus, number, text)):
        assert fault.field == "text" and said in str(fault)
    assert [one["text"] for one in comments(bus, group)] == ["x" * 10000]


def test_a_member_writes_at_most_so_many_comments_an_hour(bus, group, sql):
    writer = random.getrandbits(40)
    sql("INSERT INTO catalog.comment (entity, author, text) SELECT %s, %s, i::text FROM generate_series(1, 200) AS i RETURNING id",
        group, writer)
    fault = refused(comment, bus, group, "One more", writer)
    assert fault.status == "conflict" and "within an hour" in str(fault)
    sql("UPDATE catalog.comment SET at = at - interval '1 hour' WHERE id = (SELECT min(id) FROM catalog.comment WHERE author = %s)"
        " RETURNING id", writer)
    assert comment(bus, group, "One more", writer) and refused(comment, bus, group, "And another", writer)


def test_nobody_talks_about_what_is_sealed(bus, plugin, tmp_path, fresh):  # noqa: F811
    told = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    entity = page_of(bus, told)["entity"]
    open_ = plugin["name"] != "backup"
    assert talk(bus, told["entity"]).get("discussed", False) == open_  # asked of a unit: its group's
    if open_:
        comment(bus, entity, "Good.")
        assert comments(bus, told["entity"], ANN)[0]["text"] == "Good."
    else:
        assert refused(comment, bus, entity, "Mine.").status == "forbidden"
    assert refused(comment, bus, told["entity"], "Below a group.").status == "not_found"
    assert refused(comment, bus, entity, "Nobody.", 0).status == "forbidden"


# ---- bookmarks ----


def mark(bus, entity, on=True, actor=OWNER):
    return bus.ask("catalog.bookmark.set", {"entity": entity, "on": on}, actor=actor)


def marks(bus, actor=OWNER, limit=50, **more):
    return bus.ask("catalog.bookmark.list", {"limit": limit, **more}, actor=actor)


def test_what_a_member_has_marked_is_listed_newest_first_in_pages_and_for_nobody_else(bus, listed, plugin, tmp_path, fresh):  # noqa: F811
    reader, other = random.getrandbits(40), random.getrandbits(40)
    pages = [page_of(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh + str(i)))) for i in range(3)]
    groups = [page["entity"] for page in pages]
    person = next((one for part in pages[0]["group"]["credits"] for one in part["people"]), None)
    for entity in groups + ([person["entity"]] if person else []):
        mark(bus, entity, actor=reader)
        mark(bus, entity, actor=reader)
    first = marks(bus, reader, 2)
    assert [one["entity"] for one in first["groups"]] == groups[:0:-1] and first["count"] == 3
    rest = marks(bus, reader, 2, before=first["next"])
    assert [one["entity"] for one in rest["groups"]] == groups[:1] and "next" not in rest
    assert [one["name"] for one in first["people"]] == ([person["name"]] if person else [])
    assert all(unit["release"] for one in first["groups"] for part in one["editions"] for unit in part["formats"]), "the feed has it"
    assert "files_count" not in str(first) or plugin["name"] != "backup"  # what is sealed stays so
    assert talk(bus, groups[0], reader)["bookmarked"] and not talk(bus, groups[0], other).get("bookmarked")
    assert marks(bus, other) == {"groups": [], "people": []}
    mark(bus, groups[0], False, reader)
    assert marks(bus, reader)["count"] == 2 and not talk(bus, groups[0], reader).get("bookmarked")
    assert changes(bus, groups[1], OWNER)[0]["what"] == "add"  # nobody is told


def test_what_is_deleted_is_no_bookmark_and_nobody_marks_it(bus, group):
    reader = random.getrandbits(40)
    mark(bus, group, actor=reader)
    bus.ask("catalog.entity.delete", {"key": os.urandom(16), "entity": group, "reason": "Gone."})
    assert marks(bus, reader) == {"groups": [], "people": []}
    assert refused(mark, bus, group).status == refused(mark, bus, 1 << 40).status == "not_found"
    assert refused(mark, bus, group, actor=0).status == "forbidden"


def test_a_member_has_at_most_so_many_bookmarks(bus, group, sql):
    reader = random.getrandbits(40)
    sql("WITH put AS (INSERT INTO catalog.entity (plugin, level, kind, name, same, added_by) SELECT 'music', 'artist', 0, i::text,"
        " catalog.same(ARRAY[i::text, %s::text]), 1 FROM generate_series(1, 10000) AS i RETURNING id)"
        " INSERT INTO catalog.bookmark (member, entity) SELECT %s, id FROM put RETURNING id", reader, reader)
    fault = refused(mark, bus, group, actor=reader)
    assert fault.status == "conflict" and "10000 bookmarks" in str(fault)
    mark(bus, group, False, reader)


# ---- reports ----


def report(bus, about, of, text="The last track is cut.", kind="broken", actor=OWNER, key=None):
    ask = {"key": key or os.urandom(16), "about": about, "of": of, "kind": kind, "text": text}
    return bus.ask("catalog.report.add", ask, actor=actor)


def reports(bus, actor, **more):
    return bus.ask("catalog.report.list", {"limit": 50, **more}, actor=actor)


def paged(ask, what, limit):
    """The ids of all pages; the last one says that it is."""
    seen, before = [], 0
    while True:
        page = ask(limit=limit, before=before)
        seen += [one[what] for one in page[f"{what}s"]]
        if "next" not in page:
            return seen
        before = page["next"]
        assert len(page[f"{what}s"]) == limit and before == seen[-1]


def test_reports_stand_newest_first_in_pages_and_each_list_is_counted(bus, group):
    reporter = random.getrandbits(40)
    numbers = [report(bus, "comment", comment(bus, group, f"{i}")["comment"], actor=reporter)["report"] for i in range(5)][::-1]
    for limit in (1, 2, 5):
        assert paged(lambda **more: reports(bus, reporter, **more), "report", limit) == numbers
    for number in numbers[:2]:
        handle(bus, number, "resolve", "Done.")
    now, done = reports(bus, reporter), reports(bus, reporter, resolved=True)
    assert [(one["open"], one["count"], len(one["reports"])) for one in (now, done)] == [(3, 3, 3), (3, 2, 2)]
    assert paged(lambda **more: reports(bus, reporter, resolved=True, **more), "report", 2) == numbers[:2]


def handle(bus, number, act, answer="", actor=ANN, staff=True):
    return bus.ask("catalog.report.handle", {"report": number, "act": act, "answer": answer, "staff": staff}, actor=actor)


def test_a_page_a_torrent_and_a_comment_are_reported_of_every_plugin(bus, plugin, tmp_path, fresh):  # noqa: F811
    reporter, told = random.getrandbits(40), upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    page = page_of(bus, told)
    asks = [("entity", page["entity"], page["href"]), ("torrent", told["torrent"], told["href"])]
    if plugin["name"] != "backup":
        number = comment(bus, page["entity"], "Buy here!")["comment"]
        asks.append(("comment", number, f"{page['href']}?comment={number}#c{number}"))
    for about, of, href in asks:
        assert report(bus, about, of, f"{about} {fresh}", actor=reporter)["href"] == href
    listed_ = reports(bus, reporter)["reports"]
    assert [(one["about"], one["of"], one["href"], one["text"], one["reporter"]) for one in listed_] == [
        (about, of, href, f"{about} {fresh}", reporter) for about, of, href in asks[::-1]]
    assert all(one["name"] == page["group"]["name"] and one["kind"] == "broken" for one in listed_)
    assert reports(bus, random.getrandbits(40)) == {"reports": []}  # nobody else's
    assert reports(bus, ANN, staff=True)["reports"][:len(asks)] == listed_
    assert [one["what"] for one in changes(bus, page["entity"])] == ["add"]


def test_staff_claim_release_and_resolve_and_the_reporter_reads_the_answer(bus, group):
    reporter = random.getrandbits(40)
    number = report(bus, "entity", group, actor=reporter)["report"]
    handle(bus, number, "claim")
    handle(bus, number, "claim")  # twice is once
    assert reports(bus, reporter)["reports"][0]["claimed_by"] == ANN
    for act in ("claim", "resolve"):
        assert "Somebody else" in str(refused(handle, bus, number, act, "No.", BOB))
    handle(bus, number, "release", actor=BOB)
    assert "claimed_by" not in reports(bus, reporter)["reports"][0]
    handle(bus, number, "resolve", " Mended:\nthank\0 you. ".replace("\0", ""), BOB)
    assert reports(bus, reporter) == {"reports": []}
    done, = reports(bus, reporter, resolved=True)["reports"]
    assert (done["answer"], done["resolved_by"]) == ("Mended: thank you.", BOB) and done["resolved_at"] >= done["reported_at"]
    for act in ("claim", "release", "resolve"):
        assert "resolved already" in str(refused(handle, bus, number, act, "Again.", ANN))


def test_of_two_who_claim_or_resolve_at_once_one_does(replicas, bus, group):
    for act in ("claim", "resolve"):
        number = report(bus, "entity", group, actor=random.getrandbits(40))["report"]
        told = at_once(*(lambda i=i: handle(replicas[i].bus(), number, act, "Done.", (ANN, BOB)[i]) for i in range(2)))
        assert sum(isinstance(one, Refused) and one.status == "conflict" for one in told) == 1


def test_who_may_handle_reports_and_with_what(bus, group):
    number = report(bus, "entity", group, actor=random.getrandbits(40))["report"]
    assert refused(handle, bus, number, "claim", staff=False).status == "forbidden"
    assert refused(handle, bus, number, "burn").field == "act" and refused(handle, bus, 1 << 40, "claim").status == "not_found"
    assert refused(handle, bus, number, "resolve", " \t").field == refused(handle, bus, number, "resolve", "x" * 401).field == "answer"


def test_the_same_is_reported_once_by_a_member_until_it_is_resolved(bus, group, sql):
    reporter, key = random.getrandbits(40), os.urandom(16)
    first, again = (report(bus, "entity", group, actor=reporter, key=key) for _ in range(2))
    assert first == again and "already" in str(refused(report, bus, "entity", group, actor=reporter))
    report(bus, "entity", group, actor=random.getrandbits(40))
    handle(bus, first["report"], "resolve", "Seen.")
    report(bus, "entity", group, actor=reporter)
    sql("INSERT INTO catalog.report (about, of, entity, kind, text, reporter) SELECT 'comment', i, %s, 'other', 'x', %s"
        " FROM generate_series(1, 49) AS i RETURNING id", group, reporter)
    person = page_of(bus, {"entity": group})["group"]["credits"][0]["people"][0]["entity"]
    assert "50 reports" in str(refused(report, bus, "entity", person, actor=reporter))


@pytest.mark.parametrize("field, value, said", (
    ("kind", "nothing", "choose"), ("text", " \n ", "needed"),
    ("text", "x" * 1001, "at most 1000 letters"), ("text", "x" * (1 << 20), "4000"),
    ("about", "member", "entity, a torrent or a comment"), ("of", 1 << 40, "not here")), ids=lambda value: str(value)[:12])
def test_a_report_that_is_wrong_is_refused_by_name(bus, group, field, value, said):
    fault = refused(report, bus, **{"about": "entity", "of": group, field: value})
    assert fault.field == field and said in str(fault)


@pytest.mark.parametrize("word", WORDS)
def test_a_report_may_be_of_any_script(bus, group, word):
    reporter = random.getrandbits(40)
    report(bus, "entity", group, word, actor=reporter)
    assert reports(bus, reporter)["reports"][0]["text"] == word


# ---- requests ----


def ask_for(bus, title, plugin="music", text="", actor=OWNER, key=None):  # noqa: F811
    ask = {"key": key or os.urandom(16), "plugin": plugin, "title": title, "text": text}
    return bus.ask("catalog.request.add", ask, actor=actor)


def request(bus, number, actor=OWNER):
    return bus.ask("catalog.request.get", {"request": number}, actor=actor)["request"]


def want(bus, number, on=True, actor=OWNER):
    return bus.ask("catalog.request.vote", {"request": number, "on": on}, actor=actor)


def fill_it(bus, number, torrent, actor=ANN, key=None):
    return bus.ask("catalog.request.fill", {"key": key or os.urandom(16), "request": number, "torrent": torrent}, actor=actor)


def end(bus, what, number, actor=OWNER, reason="Not that.", **more):
    ask = {"key": os.urandom(16), "request": number, "reason": reason, **more}
    return bus.ask(f"catalog.request.{what}", ask, actor=actor)


def wanted(bus, actor=OWNER, limit=100, **more):
    return bus.ask("catalog.request.list", {"limit": limit, **more}, actor=actor)


def test_requests_stand_by_votes_in_pages_and_each_member_has_one(bus, fresh):
    numbers = [ask_for(bus, f"{fresh} {i}")["request"] for i in range(3)]
    for actor in (ANN, BOB, ANN):
        want(bus, numbers[1], actor=actor)
    want(bus, numbers[0], actor=ANN)
    ours = [one for one in wanted(bus)["requests"] if one["request"] in numbers]
    assert [(one["request"], one["votes"]) for one in ours] == [(numbers[1], 3), (numbers[0], 2), (numbers[2], 1)]
    seen = paged(lambda **more: wanted(bus, **more), "request", 2)
    assert [one for one in seen if one in numbers] == [numbers[1], numbers[0], numbers[2]] and len(set(seen)) == len(seen)
    assert paged(lambda **more: wanted(bus, **more), "request", 1) == seen and "next" not in wanted(bus, limit=len(seen))
    assert wanted(bus)["count"] == len(seen) == wanted(bus, plugin="music")["count"] + wanted(bus, plugin="movies").get("count", 0)
    want(bus, numbers[1], False, ANN)
    want(bus, numbers[1], False, ANN)
    one = request(bus, numbers[1], BOB)
    assert (one["votes"], one["voted"], one["own"], one["alone"]) == (2, True, False, False)


def test_who_votes_at_once_is_counted(replicas, bus, fresh):
    number = ask_for(bus, fresh)["request"]
    buses = [replica.bus() for replica in replicas for _ in range(4)]
    at_once(*(lambda bus=bus, i=i: want(bus, number, actor=100 + i // 2) for i, bus in enumerate(buses)))
    assert request(bus, number)["votes"] == 5


def test_a_request_is_filled_once_opened_again_and_the_log_has_it(replicas, bus, listed, tmp_path, fresh):  # noqa: F811
    number = ask_for(bus, fresh)["request"]
    told = upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh), ANN)
    both = at_once(*(lambda i=i: fill_it(replicas[i].bus(), number, told["torrent"], (ANN, BOB)[i]) for i in range(2)))
    assert sum(isinstance(one, Refused) and one.status == "conflict" for one in both) == 1
    one = request(bus, number)
    assert one["filler"] in (ANN, BOB) and one["filled_href"] == told["href"] and one["filled_name"] == fresh
    assert number in [one["request"] for one in wanted(bus, filled=True)["requests"]]
    assert number not in [one["request"] for one in wanted(bus)["requests"]]
    assert refused(want, bus, number, actor=12).status == "conflict"
    assert refused(end, bus, "unfill", number, 12).status == refused(end, bus, "delete", number).status == "forbidden"
    assert refused(end, bus, "unfill", number, reason="\t").field == "reason"
    end(bus, "unfill", number)
    assert "filler" not in request(bus, number) and refused(end, bus, "unfill", number).status == "conflict"
    told = [line for line in changes(bus) if line["name"] == fresh and "level" not in line]
    assert [(line["what"], line.get("why"), line["name"], line["href"]) for line in told] == [
        ("unfill", "Not that.", fresh, f"/request/{number}"), ("fill", None, fresh, f"/request/{number}"),
        ("request", None, fresh, f"/request/{number}")]


def test_what_filled_a_request_and_was_deleted_fills_it_no_more(bus, listed, tmp_path, fresh):  # noqa: F811
    number = ask_for(bus, fresh)["request"]
    told = upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh), ANN)
    fill_it(bus, number, told["torrent"])
    bus.ask("catalog.torrent.delete", {"key": os.urandom(16), "torrent": told["torrent"], "reason": "Bad."}, actor=ANN)
    assert "filler" not in request(bus, number)
    assert refused(fill_it, bus, number, told["torrent"]).field == "torrent"


def test_a_request_is_filled_by_its_own_kind_only(bus, listed, tmp_path, fresh):  # noqa: F811
    number = ask_for(bus, fresh)["request"]
    film = upload(bus, listed["movies"], made(tmp_path), fields_of(listed["movies"], fresh))
    for torrent in (film["torrent"], 1 << 40):
        fault = refused(fill_it, bus, number, torrent)
        assert (fault.status, fault.field) == ("invalid", "torrent")


def test_a_request_goes_by_its_author_while_nobody_else_wants_it_or_by_staff(bus, fresh):
    one, other = (ask_for(bus, f"{fresh} {i}")["request"] for i in range(2))
    want(bus, other, actor=ANN)
    assert refused(end, bus, "delete", one, ANN).status == refused(end, bus, "delete", other).status == "forbidden"
    end(bus, "delete", one)
    end(bus, "delete", other, ANN, staff=True)
    for number in (one, other):
        assert refused(request, bus, number).status == refused(want, bus, number).status == "not_found"
    assert ask_for(bus, f"{fresh} 0")["request"] > other  # may be asked for again


def test_the_same_is_asked_for_once(bus, fresh, sql):
    key = os.urandom(16)
    first, again = (ask_for(bus, f"{fresh} É", key=key) for _ in range(2))
    fault = refused(ask_for, bus, f"  {fresh.upper()}   e ", actor=ANN)
    assert first == again and fault.field == "title" and f"/request/{first['request']}" in str(fault)
    ask_for(bus, f"{fresh} É", "movies")
    member = random.getrandbits(40)
    sql("INSERT INTO catalog.request (plugin, title, same, text, author) SELECT 'music', i::text, sha256((i || %s)::bytea), '', %s"
        " FROM generate_series(1, 100) AS i RETURNING id", fresh, member)
    assert "100 open requests" in str(refused(ask_for, bus, f"{fresh} more", actor=member))


@pytest.mark.parametrize("word", WORDS)
def test_a_request_may_be_of_any_script(bus, fresh, word):
    number = ask_for(bus, f" {fresh} {word}\n", text=f"{word}\r\n{word}")["request"]
    assert (request(bus, number)["title"], request(bus, number)["text"]) == (f"{fresh} {word}", f"{word}\n{word}")


@pytest.mark.parametrize("field, value, said", (
    ("title", " \t", "between 1 and 200"), ("title", "x" * 201, "between 1 and 200"),
    ("title", "x" * (1 << 20), "800"), ("title", "a\0", "UTF-8"),
    ("text", "x" * 10001, "at most 10000 letters"), ("text", "x" * (1 << 20), "40000"), ("plugin", "nothing", "choose one of the list")),
    ids=lambda value: str(value)[:12])
def test_a_request_that_is_wrong_is_refused_by_name(bus, fresh, field, value, said):
    fault = refused(ask_for, bus, **{"title": fresh, field: value})
    assert fault.field == field and said in str(fault)


def test_nobody_asks_for_what_is_sealed_or_without_a_name(bus, fresh):
    assert refused(ask_for, bus, fresh, "backup").status == refused(ask_for, bus, fresh, actor=0).status == "forbidden"
    assert ask_for(bus, fresh, "books")["request"]


def reword(bus, number, title, revision=1, text="", actor=OWNER, **more):
    ask = {"key": os.urandom(16), "request": number, "revision": revision, "title": title, "text": text, **more}
    return bus.ask("catalog.request.edit", ask, actor=actor)


def test_a_request_is_reworded_by_its_author_and_of_two_who_do_the_second_is_told(replicas, bus, fresh):
    number, other = (ask_for(bus, f"{fresh} {i}")["request"] for i in range(2))
    want(bus, number, actor=ANN)
    assert refused(reword, bus, number, fresh, actor=ANN).status == "forbidden"
    told = at_once(*(lambda i=i: reword(replicas[i].bus(), number, f"{fresh} new {i}", text="*more*") for i in range(2)))
    late, = [one for one in told if isinstance(one, Refused)]
    assert (late.status, late.field) == ("conflict", "revision")
    one = request(bus, number)
    assert one["title"] in (f"{fresh} new 0", f"{fresh} new 1") and (one["text"], one["revision"], one["votes"]) == ("*more*", 2, 2)
    assert refused(reword, bus, number, f"{fresh.upper()} 1", 2).field == "title"  # what the other asks for
    assert refused(reword, bus, other, "x" * 201).field == "title" and refused(reword, bus, other, fresh, text="x" * 10001).field == "text"
    reword(bus, number, fresh, 2, actor=BOB, staff=True)
    assert [line["what"] for line in changes(bus) if line["name"] == fresh] == ["rerequest", "rerequest", "request"]
    assert ask_for(bus, f"{fresh} 0")["request"] not in (number, other)  # its first title is free
