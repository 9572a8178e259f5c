"""Lists that members make of what is in the running catalog, of whatever plugin."""
import os

import pytest

from service_kit import at_once, refused
from test_edit import changes
from test_news import settled, somebody, subscriptions, told  # noqa: F401 (fixtures)
from test_plugins import fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)
from test_talk import WORDS, group, talk  # noqa: F401 (fixtures)


def make(bus, actor, title, category="theme", text="", key=None, **more):
    ask = {"key": key or os.urandom(16), "category": category, "title": title, "text": text, **more}
    return bus.ask("catalog.collage.add", ask, actor=actor)["collage"]


def get(bus, collage, actor=1, limit=50, **more):
    return bus.ask("catalog.collage.get", {"collage": collage, "limit": limit, **more}, actor=actor)


def collages(bus, actor=1, limit=100, **more):
    return bus.ask("catalog.collage.list", {"limit": limit, **more}, actor=actor)


def change(bus, what, collage, entity, actor, **more):
    return bus.ask(f"catalog.collage.{what}", {"collage": collage, "entity": entity, **more}, actor=actor)["href"]


def reword(bus, collage, actor, title, revision=1, text="", **more):
    ask = {"key": os.urandom(16), "collage": collage, "revision": revision, "title": title, "text": text, **more}
    return bus.ask("catalog.collage.edit", ask, actor=actor)


def end(bus, collage, actor, reason="It is empty.", **more):
    return bus.ask("catalog.collage.delete", {"key": os.urandom(16), "collage": collage, "reason": reason, **more}, actor=actor)


def names(bus, collage):
    return [one["entity"] for one in get(bus, collage)["entries"]]


@pytest.fixture
def groups(bus, listed, tmp_path, fresh):  # noqa: F811
    """Four albums of one artist, and the artist."""
    found = [page_of(bus, upload(bus, listed["music"], made(tmp_path), dict(fields_of(listed["music"], fresh), title=f"{fresh} {i}")))
             for i in range(4)]
    return [page["entity"] for page in found], found[0]["group"]["credits"][0]["people"][0]["entity"]


def test_entries_stand_in_the_order_that_its_owner_gives_them(bus, groups, fresh):
    ann, bob = somebody(), somebody()
    (one, two, three, four), _ = groups
    collage = make(bus, ann, fresh, text="*Four*")
    for entity, who in ((one, ann), (two, bob), (three, ann), (four, bob)):
        change(bus, "put", collage, entity, who)
    assert names(bus, collage) == [one, two, three, four]
    for entity, place, order in ((four, 1, [four, one, two, three]), (four, 3, [one, two, four, three]), (one, 99, [two, four, three, one]),
                                 (one, 4, [two, four, three, one])):
        change(bus, "move", collage, entity, ann, place=place)
        assert names(bus, collage) == order
    assert refused(change, bus, "move", collage, one, bob, place=1).status == "forbidden"
    assert refused(change, bus, "take", collage, one, bob).status == "forbidden"
    change(bus, "take", collage, four, bob)
    change(bus, "take", collage, two, ann)
    whole = get(bus, collage, ann)
    assert [entry["place"] for entry in whole["entries"]] == [1, 2] and names(bus, collage) == [three, one]
    assert [group["entity"] for group in whole["groups"]] == [three, one] and "next" not in whole  # noqa: F402
    about = whole["collage"]
    assert (about["title"], about["text"], about["category"], about["author"], about["entries"]) == (fresh, "*Four*", "theme", ann, 2)
    page = get(bus, collage, limit=1)
    assert [group["entity"] for group in page["groups"]] == [three] and page["next"] == 1
    assert [group["entity"] for group in get(bus, collage, limit=1, after=1)["groups"]] == [one]
    assert [line["what"] for line in bus.ask("catalog.change.list", {"collage": collage, "limit": 50})["changes"]] == \
        ["uncollect"] * 2 + ["reorder"] * 4 + ["collect"] * 4 + ["collage"]
    assert changes(bus)[0]["href"] == f"/collage/{collage}" and changes(bus)[0]["why"] == f"{fresh} 1"


def test_the_page_of_an_entry_tells_which_collages_have_it(bus, groups, fresh):
    (one, *_), person = groups
    ann = somebody()
    shared = [make(bus, ann, f"{fresh} {i}") for i in range(6)]
    own = [make(bus, ann, f"{fresh} {i}", "personal") for i in range(4)]
    people = make(bus, ann, f"{fresh} people", "artists")
    for collage in shared + own:
        change(bus, "put", collage, one, ann)
    assert change(bus, "put", people, person, ann).endswith(f"/{person}")
    assert [held["collage"] for held in talk(bus, one)["collages"]] == shared[:0:-1] + own[:0:-1]
    assert [held["title"] for held in talk(bus, person)["collages"]] == [f"{fresh} people"]
    assert len(collages(bus, entity=one)["collages"]) == 10 and collages(bus, entity=one)["count"] == 10
    assert get(bus, people)["groups"] == [] and names(bus, people) == [person]
    assert refused(change, bus, "put", people, one, ann).field == refused(change, bus, "put", shared[0], person, ann).field == "entity"


def test_a_personal_collage_and_a_locked_one_are_changed_by_those_who_may(bus, groups, fresh):
    (one, two, *_), _ = groups
    ann, bob = somebody(), somebody()
    own, shared = make(bus, ann, fresh, "personal"), make(bus, ann, fresh)
    assert refused(change, bus, "put", own, one, bob).status == "forbidden"
    change(bus, "put", own, one, ann)
    change(bus, "put", own, two, bob, staff=True)
    assert refused(reword, bus, shared, ann, f"{fresh} x", locked=True, revision=7).field == "revision"
    reword(bus, shared, ann, f"{fresh} x", locked=True)
    assert not get(bus, shared)["collage"]["locked"]
    reword(bus, shared, bob, f"{fresh} x", 2, locked=True, staff=True)
    for refusal in (lambda: change(bus, "put", shared, one, ann), lambda: reword(bus, shared, ann, "x", 3), lambda: end(bus, shared, ann)):
        assert "locked" in str(refused(refusal))
    change(bus, "put", shared, one, bob, staff=True)
    assert refused(make, bus, ann, fresh, "staff").field == "category" and make(bus, ann, f"{fresh} s", "staff", staff=True)
    assert own not in [one["collage"] for one in collages(bus, bob, words=fresh)["collages"]]
    assert own in [one["collage"] for one in collages(bus, ann, words=fresh)["collages"]]
    assert own in [one["collage"] for one in collages(bus, bob, words=fresh[:6], category="personal")["collages"]]


def test_a_collage_goes_with_a_reason_by_its_owner_while_it_is_the_owners_alone(bus, groups, fresh):
    (one, *_), _ = groups
    ann, bob = somebody(), somebody()
    mine, ours = make(bus, ann, fresh), make(bus, ann, f"{fresh} ours")
    change(bus, "put", ours, one, bob)
    assert refused(end, bus, mine, bob).status == "forbidden" and "Others have added" in str(refused(end, bus, ours, ann))
    assert refused(end, bus, mine, ann, " ").field == "reason"
    end(bus, mine, ann)
    end(bus, ours, bob, "Not one theme.", staff=True)
    assert refused(get, bus, mine).status == refused(change, bus, "put", ours, one, bob).status == "not_found"
    assert collages(bus, words=fresh)["collages"] == [] and talk(bus, one)["collages"] == []
    assert changes(bus)[0]["what"] == "uncollage" and changes(bus)[0]["why"] == "Not one theme."
    assert make(bus, bob, fresh)  # may be made again


def test_subscribers_are_told_of_what_is_added(bus, groups, fresh, settled):  # noqa: F811
    (one, two, *_), _ = groups
    ann, bob = somebody(), somebody()
    collage = make(bus, ann, fresh)
    for who in (ann, bob):
        bus.ask("catalog.subscription.set", {"collage": collage, "on": True}, actor=who)
    assert [(sub["collage"], sub["name"], sub["href"]) for sub in subscriptions(bus, bob)] == [(collage, fresh, f"/collage/{collage}")]
    assert get(bus, collage, bob)["collage"]["subscribed"] and get(bus, collage)["collage"]["subscribers"] == 2
    change(bus, "put", collage, one, ann)
    change(bus, "put", collage, two, ann)
    settled()
    seen = told(bus, ann, bob)
    assert [(user, text, href) for user, _, _, text, href, _ in seen] == [
        (bob, f"New entry: {fresh} {i}", f"/collage/{collage}") for i in range(2)] and len({about for *_, about in seen}) == 1
    bus.ask("catalog.subscription.set", {"collage": collage, "on": False}, actor=bob)
    assert subscriptions(bus, bob) == []
    assert refused(bus.ask, "catalog.subscription.set", {"collage": 999999999, "on": True}, actor=bob).status == "not_found"


def test_two_who_make_and_add_the_same_at_once_make_and_add_it_once(replicas, groups, fresh):
    (one, *_), _ = groups
    ann, buses = somebody(), [replica.bus() for replica in replicas]
    done = at_once(*(lambda b=b: make(b, ann, fresh) for b in buses))
    collage, = [one for one in done if isinstance(one, int)]
    buses = [replica.bus() for replica in replicas]
    assert sum(isinstance(one, str) for one in at_once(*(lambda b=b: change(b, "put", collage, one, ann) for b in buses))) == 1
    assert names(replicas[0].bus(), collage) == [one]


@pytest.mark.parametrize("word", WORDS)
def test_a_collage_may_be_of_any_script(bus, fresh, word):
    collage = make(bus, somebody(), f" {fresh} {word}\n", text=f"{word}\r\n{word}")
    about = get(bus, collage)["collage"]
    assert (about["title"], about["text"]) == (f"{fresh} {word}", f"{word}\n{word}")
    assert collage in [one["collage"] for one in collages(bus, words=f"{fresh} {word}")["collages"]]


def test_a_collage_that_is_wrong_is_refused_by_name(bus, fresh, sql):
    ann, key = somebody(), os.urandom(16)
    for field, more in (("title", {"title": " "}), ("title", {"title": "é" * 101}), ("text", {"text": "é" * 10001}),
                        ("category", {"category": "none"})):
        assert refused(make, bus, ann, **{"title": fresh, **more}).field == field
    assert refused(make, bus, 0, fresh).status == "forbidden"
    first, again = (make(bus, ann, fresh, key=key) for _ in range(2))
    assert first == again and f"/collage/{first}" in str(refused(make, bus, ann, fresh.upper()))
    other = make(bus, ann, f"{fresh} 2")
    assert refused(reword, bus, other, ann, fresh).field == "title"
    for number in range(10):
        make(bus, ann, f"{fresh} {number}", "personal")
    assert "as many" in str(refused(make, bus, ann, "More", "personal"))
    for call in (lambda: change(bus, "put", first, 999999999, ann), lambda: change(bus, "take", first, 5, ann),
                 lambda: change(bus, "move", first, 5, ann, place=1)):
        assert refused(call).status == "not_found"


def test_what_members_do_not_talk_about_stands_in_no_collage(bus, plugin, tmp_path, fresh):  # noqa: F811
    ann = somebody()
    collage, entity = make(bus, ann, fresh), page_of(bus, upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh)))["entity"]
    if plugin["talks"]:
        assert change(bus, "put", collage, entity, ann) and "already" in str(refused(change, bus, "put", collage, entity, ann))
    else:
        assert refused(change, bus, "put", collage, entity, ann).status == "forbidden"


def test_collages_come_in_pages_the_one_added_to_last_first(bus, groups, fresh):
    (one, two, *_), _ = groups
    ann = somebody()
    made_ = [make(bus, ann, f"{fresh} {i}", "charts") for i in range(3)]
    change(bus, "put", made_[0], one, ann)
    change(bus, "put", made_[1], two, ann)
    order, before = [], 0
    while page := collages(bus, limit=1, words=fresh, before=before)["collages"]:
        order += [page[0]["collage"]]
        before = order[-1]
    assert order == [made_[1], made_[0], made_[2]] and collages(bus, words=fresh, category="theme")["collages"] == []


def test_collages_and_open_requests_are_offered_to_a_search_box(bus, fresh):
    suggested = lambda text, **more: [(one["name"], one["label"], one["href"]) for one in
                                      bus.ask("catalog.suggest", {"plugin": "music", "text": text, "limit": 20, **more})["names"]]
    collage = make(bus, 7, f"Nights of {fresh}")
    make(bus, 7, f"My {fresh}", category="personal")
    asked = bus.ask("catalog.request.add", {"key": os.urandom(16), "plugin": "music", "title": f"Mopti {fresh}"}, actor=7)["request"]
    bus.ask("catalog.request.add", {"key": os.urandom(16), "plugin": "movies", "title": f"A film of {fresh}"}, actor=7)
    assert suggested(fresh[:8]) == [(f"Nights of {fresh}", "Collage", f"/collage/{collage}"),
                                    (f"Mopti {fresh}", "Request", f"/request/{asked}")]
    assert suggested(f"nig {fresh[:5]}") == [(f"Nights of {fresh}", "Collage", f"/collage/{collage}")]
    assert suggested(fresh, field="artist") == []  # a form's field wants its own names
    bus.ask("catalog.request.delete", {"key": os.urandom(16), "request": asked, "reason": "Found."}, actor=7)
    assert [label for _, label, _ in suggested(fresh)] == ["Collage"]
    many = [make(bus, 7, f"Many {fresh} {i}") for i in range(5)]
    assert len(many) == 5 and len(suggested(f"many {fresh}")) == 3
