"""What the running catalog tells members through its feed of notices: answers, and what is new where they have subscribed."""
import os, random

import msgpack, pytest

from service_kit import Replica, refused, until
from test_plugins import OWNER, fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)
from test_talk import ask_for, comment, end, fill_it, group, handle, report, talk  # noqa: F401 (fixtures)


def somebody():
    return random.getrandbits(40)


def told(bus, *members):
    """The notices of some members, in the order in which they were told: who, kind, title, text, path, what it is one of."""
    facts, seq = [], bus.ask("catalog.notices.since", {"seq": 0, "limit": 1})["head"]
    seq = max(seq - 20000, 0)
    while page := bus.ask("catalog.notices.since", {"seq": seq, "limit": 1000})["facts"]:
        facts += [msgpack.unpackb(fact[2]) for fact in page]
        seq = page[-1][0]
    return [(user, kind, title, text, href, about) for _, user, kind, title, text, _, href, about in facts if user in members]


def queue(sql):
    return sql("SELECT count(*) FROM catalog.news")[0][0]


def subscribe(bus, entity, actor, on=True):
    return bus.ask("catalog.subscription.set", {"entity": entity, "on": on}, actor=actor)


def subscriptions(bus, actor, **more):
    return bus.ask("catalog.subscription.list", {"limit": 50, **more}, actor=actor)["subscriptions"]


@pytest.fixture
def settled(sql):
    """Waits until everything has been told."""
    return lambda: until(lambda: queue(sql) == 0)


def test_the_reporter_reads_the_answer_and_who_answers_an_own_report_is_not_told(bus, group):
    reporter, staff = somebody(), somebody()
    for who in (reporter, staff):
        number = report(bus, "entity", group, actor=who)["report"]
        handle(bus, number, "claim", actor=staff)
        handle(bus, number, "resolve", "あ" * 400, actor=staff)
    (_, kind, title, text, href, about), = told(bus, reporter, staff)
    assert (kind, text, about) == ("report_resolved", "あ" * 400, "")
    assert title.startswith("Staff have answered") and href.startswith("/music/")


def test_who_asked_is_told_that_it_is_here_and_who_filled_it_that_it_is_not(bus, listed, tmp_path, fresh):  # noqa: F811
    author, filler = somebody(), somebody()
    torrent = upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh))["torrent"]
    number = ask_for(bus, "é" * 200, actor=author)["request"]
    fill_it(bus, number, torrent, actor=filler)
    end(bus, "unfill", number, actor=author, reason="That is another one.")
    fill_it(bus, number, torrent, actor=author)
    seen = told(bus, author, filler)
    assert [(user, kind) for user, kind, *_ in seen] == [(author, "request_filled"), (filler, "request_opened")]
    assert all(href == f"/request/{number}" and len(title.encode()) in (119, 120) for _, _, title, _, href, _ in seen)
    assert "That is another one." in seen[1][3]


def test_subscribers_of_a_group_and_of_its_person_are_told_once_of_what_is_new(bus, listed, group, tmp_path, fresh, settled):  # noqa: F811
    music, ann, bob, both = listed["music"], somebody(), somebody(), somebody()
    settled()  # of the group's own upload
    page = bus.ask("catalog.entity.get", {"entity": group})["page"]["group"]
    person = page["credits"][0]["people"][0]["entity"]
    for who, entity in ((ann, group), (bob, person), (both, group), (both, person)):
        subscribe(bus, entity, who)
        subscribe(bus, entity, who)
    assert [(one["entity"], one["level_title"]) for one in subscriptions(bus, both)] == [(person, "Artist"), (group, "Album")]
    assert talk(bus, group, ann)["subscribed"] and "subscribed" not in talk(bus, group, bob)
    more = dict(fields_of(music, fresh), format="MP3", bitrate="320", tags="")
    torrent = upload(bus, music, made(tmp_path), more, ann)["torrent"]
    number = comment(bus, group, "Two\nlines", bob)["comment"]
    comment(bus, person, "On tour", ann)
    settled()
    seen = told(bus, ann, bob, both)
    href = page["href"]
    where = {f"{href}#t{torrent}": "t", f"{href}?comment={number}#c{number}": "c"}
    assert sorted((user, where.get(at, "p")) for user, _, _, _, at, _ in seen) == sorted(
        [(ann, "c"), (bob, "t"), (both, "t"), (both, "c"), (bob, "p"), (both, "p")])
    assert {kind for _, kind, *_ in seen} == {"news"} and any(text == "New comment: Two lines" for _, _, _, text, *_ in seen)
    assert any(text.startswith("New Format: ") and "MP3" in text for _, _, _, text, *_ in seen)
    of_both = [about for user, _, _, _, at, about in seen if user == both and where.get(at) in ("t", "c")]
    assert len(of_both) == 2 and len(set(of_both)) == 1
    subscribe(bus, group, both, on=False)
    assert [one["entity"] for one in subscriptions(bus, both)] == [person]
    comment(bus, group, "Nobody but ann reads this", bob)
    settled()
    assert len(told(bus, both)) == len([one for one in seen if one[0] == both])


def test_who_comments_may_subscribe_with_it(bus, group, settled):
    ann = somebody()
    bus.ask("catalog.comment.add", {"key": os.urandom(16), "entity": group, "text": "First", "subscribe": True}, actor=ann)
    comment(bus, group, "Second", somebody())
    settled()
    assert [text for _, _, _, text, *_ in told(bus, ann)] == ["New comment: Second"]


def test_many_subscribers_are_told_once_each_while_a_replica_is_killed(bus, folder, group, sql, settled):
    third, start = Replica(folder), random.getrandbits(40)
    sql("INSERT INTO catalog.subscription (member, entity) SELECT %s + i, %s FROM generate_series(1, 1500) AS i RETURNING id", start, group)
    for number in range(3):
        comment(third.bus(), group, f"Number {number}", somebody())
    third.kill()
    settled()
    seen = told(bus, *range(start + 1, start + 1501))
    assert len(seen) == 4500 and len({(user, text) for user, _, _, text, *_ in seen}) == 4500


def test_what_concerns_nobody_is_passed_over(bus, group, sql, settled):
    ann = somebody()
    subscribe(bus, group, ann)
    sql("INSERT INTO catalog.news (what, entity, of, text, actor) SELECT CASE i %% 2 WHEN 0 THEN 'comment' ELSE 'search' END, %s, i, 'x', 1"
        " FROM generate_series(-250, -1) AS i RETURNING id", group)
    comment(bus, group, "Behind all these", somebody())
    settled()
    assert [text for _, _, _, text, *_ in told(bus, ann)] == ["New comment: Behind all these"]


def test_a_subscription_that_cannot_be_is_refused(bus, group, sql):
    assert refused(subscribe, bus, 999999999, somebody()).status == "not_found"
    assert refused(subscribe, bus, group, 0).status == "forbidden"
    full = somebody()
    sql("INSERT INTO catalog.entity (plugin, level, kind, same, added_by) SELECT 'music', 'album', 1, '', 1 FROM generate_series(1, 2000)"
        " RETURNING id")
    sql("INSERT INTO catalog.subscription (member, entity) SELECT %s, id FROM catalog.entity WHERE id <> %s ORDER BY id DESC LIMIT 2000"
        " RETURNING id", full, group)
    assert "the most" in str(refused(subscribe, bus, group, full))
    assert subscribe(bus, sql("SELECT entity FROM catalog.subscription WHERE member = %s LIMIT 1", full)[0][0], full)["href"]


def test_only_what_members_talk_about_is_subscribed_to(bus, plugin, sql, tmp_path, fresh):  # noqa: F811
    entity = page_of(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))["entity"]
    ann = somebody()
    if plugin["talks"]:
        assert subscribe(bus, entity, ann)["href"]
    else:
        assert refused(subscribe, bus, entity, ann).status == "forbidden"
        assert sql("SELECT count(*) FROM catalog.subscription WHERE entity = %s", entity)[0][0] == 0
