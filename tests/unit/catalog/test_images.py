"""Images in the running catalog, of whatever plugin: what comes in, what is made of it, who may do what. Books is among the plugins."""
import contextlib, hashlib, os, pathlib, signal, sys, threading, urllib.request

import pytest

from service_kit import ROOT, Refused, at_once, browse, refused, until
from test_edit import changes
from test_plugins import OWNER, fields_of, listed, made, page_of, plugin, upload  # noqa: F401 (fixtures)
from test_talk import ANN, BOB, group, talk  # noqa: F401 (fixtures)

sys.path.insert(0, str(ROOT / "tests" / "harness"))
import pictures  # noqa: E402
from pictures import BLUE, GREEN, RED, WHITE  # noqa: E402

SIZES = {"thumb": 160, "medium": 480, "large": 1280}


def picture(bus, entity, file=None, actor=OWNER, key=None, seconds=60):
    ask = {"key": key or os.urandom(16), "entity": entity, "file": pictures.png() if file is None else file}
    return bus.ask("catalog.image.add", ask, actor=actor, seconds=seconds)


def get(bus, hash_, size="large"):
    return bus.ask("catalog.image.get", {"hash": hash_, "size": size})["data"]


def shown(bus, told, size="large"):
    return pictures.opened(get(bus, told["hash"], size))


def images(bus, entity, actor=OWNER):
    return talk(bus, entity, actor)["images"]


def first(bus, image, actor=OWNER):
    return bus.ask("catalog.image.first", {"image": image}, actor=actor)


def remove(bus, image, actor=OWNER, reason="It is blurred.", **more):
    return bus.ask("catalog.image.remove", {"key": os.urandom(16), "image": image, "reason": reason, **more}, actor=actor)


def cover(bus, fresh):
    return browse(bus, fresh)["groups"][0].get("cover")


# ---- what comes in ----


@pytest.mark.parametrize("kind", ("PNG", "JPEG", "GIF", "WEBP"))
def test_each_kind_is_made_into_jpegs_of_three_sizes(bus, group, kind):
    told = picture(bus, group, pictures.saved(pictures.drawn((1500, 900)), kind))
    for size, side in SIZES.items():
        image = shown(bus, told, size)
        assert (image.format, image.size) == ("JPEG", (side, side * 900 // 1500)) and pictures.colors(image) == [GREEN, RED, RED, RED]
    one, = images(bus, group)
    assert (one["image"], one["hash"], one["author"], one["own"]) == (told["image"], told["hash"].hex(), OWNER, True)
    assert [one[side] for side in ("width", "height", "thumb_width", "thumb_height")] == [480, 288, 160, 96]


def test_nothing_is_made_larger_than_it_came(bus, group):
    told = picture(bus, group, pictures.png(size=(90, 300)))
    assert [shown(bus, told, size).size for size in SIZES] == [(48, 160), (90, 300), (90, 300)]


@pytest.mark.parametrize("orientation, quarters", (
    (1, [GREEN, RED, RED, RED]), (2, [RED, GREEN, RED, RED]), (3, [RED, RED, RED, GREEN]), (4, [RED, RED, GREEN, RED]),
    (5, [GREEN, RED, RED, RED]), (6, [RED, GREEN, RED, RED]), (7, [RED, RED, RED, GREEN]), (8, [RED, RED, GREEN, RED])))
def test_a_photo_is_turned_upright_and_says_no_more_where_it_was_taken(bus, group, orientation, quarters):
    told = picture(bus, group, pictures.jpeg(orientation))
    image = shown(bus, told)
    assert pictures.colors(image) == quarters and image.size == ((300, 200) if orientation < 5 else (200, 300))
    assert not image.getexif() and all(b"SECRET" not in get(bus, told["hash"], size) for size in SIZES)


@pytest.mark.parametrize("file, quarters", (
    (lambda: pictures.saved(pictures.drawn().convert("CMYK"), "JPEG"), [GREEN, RED, RED, RED]),
    (lambda: pictures.saved(pictures.drawn(), "JPEG", progressive=True), [GREEN, RED, RED, RED]),
    (lambda: pictures.saved(pictures.drawn().convert("L").convert("P"), "PNG"), None),
    (lambda: pictures.moving("GIF"), [GREEN, RED, RED, RED]),
    (lambda: pictures.moving("PNG"), [GREEN, RED, RED, RED]),
    (pictures.deep_png, [GREEN, WHITE, GREEN, WHITE]),
    (lambda: pictures.saved(pictures.drawn(mode="RGBA", background=(0, 0, 0, 0)), "WEBP", lossless=True), [GREEN, WHITE, WHITE, WHITE]),
), ids=("cmyk", "progressive", "palette", "moving gif", "moving png", "16 bits with alpha", "clear webp"))
def test_unusual_ones_are_read_too(bus, group, file, quarters):
    image = shown(bus, picture(bus, group, file()), "medium")
    assert (image.format, image.mode) == ("JPEG", "RGB") and (quarters is None or pictures.colors(image) == quarters)


def cut(kind):
    return lambda: (lambda whole: whole[:len(whole) * 3 // 4])(pictures.saved(pictures.drawn((700, 500)), kind))


@pytest.mark.parametrize("file, status, said", (
    (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "invalid", "send a JPEG, PNG, GIF or WebP"),
    (lambda: pictures.saved(pictures.drawn(), "BMP"), "invalid", "send a JPEG, PNG, GIF or WebP"),
    (lambda: b"GIF89a<script>alert(1)</script>" + bytes(99), "invalid", "damaged"),
    (lambda: b"\xff\xd8\xff" + os.urandom(5000), "invalid", "damaged"),
    (lambda: b"\x89PNG\r\n\x1a\n" + pictures.jpeg(), "too_large", "Make it smaller"),
    (lambda: b"\xff\xd8\xff\xe0" + pictures.png(), "invalid", "damaged"),
    (lambda: b"\0", "invalid", "send a JPEG"),
    (cut("PNG"), "invalid", "cut short"), (cut("JPEG"), "invalid", "cut short"), (cut("GIF"), "invalid", "cut short"),
    (cut("WEBP"), "invalid", "cut short"),
    (lambda: pictures.moving("WEBP"), "invalid", "moves"),
    (lambda: pictures.bomb(100000, 100000), "too_large", "100000 × 100000 pixels: it may have 30 million"),
    (lambda: pictures.bomb(16000, 16000), "too_large", "16000 × 16000"),
    (lambda: pictures.bomb(5000, 5000), "invalid", "damaged"),
    (lambda: pictures.png(size=(49, 200)), "invalid", "49 × 200 pixels: it must be at least 50"),
), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_no_good_image_is_refused_with_a_sentence(bus, group, file, status, said):
    fault = refused(picture, bus, group, file())
    assert (fault.status, fault.field) == (status, "file") and said in str(fault)
    assert images(bus, group) == []


def test_a_file_has_at_most_ten_mebibytes(bus, group):
    whole = pictures.png()
    picture(bus, group, whole + bytes((10 << 20) - len(whole)))  # what is behind an image is not read
    assert refused(picture, bus, group, whole + bytes((10 << 20) + 1 - len(whole))).field == "file"


# ---- the process that decodes ----


def children(replica):
    """Processes that decode for it now."""
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, rest = int(status.parent.name), status.read_text().rsplit(")", 1)[1].split()
            if int(rest[1]) == replica.process.pid and b"--image" in (status.parent / "cmdline").read_bytes():
                found.append(pid)
    return found


def crashes(replica):
    told = urllib.request.urlopen(f"http://127.0.0.1:{replica.admin_port}/metrics").read().decode()
    return int(next(line for line in told.splitlines() if line.startswith("djembe_catalog_image_crashes_total ")).split()[1])


def test_it_crashes_alone_and_the_next_image_has_another(replicas, bus, group, fresh):
    replica, faults, before = replicas[0], [], crashes(replicas[0])
    asked = threading.Thread(target=lambda: faults.append(refused(picture, replica.bus(), group, pictures.slow())))
    asked.start()
    child, = until(lambda: children(replica))
    assert bus.ask("bus.ping") is not None and browse(bus, fresh) is not None  # nobody else waits
    environment = pathlib.Path(f"/proc/{child}/environ").read_bytes()
    assert environment == b"", "it knows what the daemon knows"
    os.kill(child, signal.SIGKILL)
    asked.join()
    assert faults[0].status == "invalid" and "damaged" in str(faults[0]) and crashes(replica) == before + 1
    assert picture(bus, group)["image"] and children(replica) == []


def test_it_may_open_nothing_and_is_killed_when_it_takes_too_long(replicas, bus, group):
    replica, faults = replicas[0], []
    asked = threading.Thread(target=lambda: faults.append(refused(picture, replica.bus(), group, pictures.slow())))
    asked.start()
    child, = until(lambda: children(replica))
    status = until(lambda: (lambda text: text if "Seccomp:\t2" in text else None)(pathlib.Path(f"/proc/{child}/status").read_text()))
    assert "NoNewPrivs:\t1" in status
    assert len(os.listdir(f"/proc/{child}/fd")) == 3
    os.kill(child, signal.SIGSTOP)
    asked.join()
    assert "damaged" in str(faults[0]) and children(replica) == []


def test_images_of_one_member_are_read_one_after_the_other_and_not_without_end(replicas, group):
    file, buses = pictures.slow(2000, 1500), [replicas[0].bus() for _ in range(6)]
    told = at_once(*(lambda bus=bus: picture(bus, group, file) for bus in buses))
    statuses = sorted(one.status if isinstance(one, Refused) else "ok" for one in told)
    assert statuses == ["conflict"] * 3 + ["ok"] + ["unavailable"] * 2  # the same image is here once, and four may wait
    picture(buses[0], group)


# ---- on pages and in lists ----


def test_the_first_stands_in_lists_and_any_member_says_which_that_is(bus, group, fresh):
    assert cover(bus, fresh) is None
    one, two = picture(bus, group, pictures.png(size=(400, 300))), picture(bus, group, actor=ANN)
    assert [image["image"] for image in images(bus, group)] == [one["image"], two["image"]]
    assert cover(bus, fresh) == {"hash": one["hash"].hex(), "called": "Cover", "width": 160, "height": 120}
    assert first(bus, two["image"], BOB)["href"] == one["href"] == f"/music/album/{group}"
    assert [image["image"] for image in images(bus, group)] == [two["image"], one["image"]]
    assert cover(bus, fresh)["hash"] == two["hash"].hex() and page_of(bus, {"entity": group})["group"]["cover"] == cover(bus, fresh)
    remove(bus, two["image"], ANN)
    assert cover(bus, fresh)["hash"] == one["hash"].hex()
    remove(bus, one["image"])
    assert cover(bus, fresh) is None and images(bus, group) == []
    told = [(change["what"], change["actor"], change.get("why")) for change in changes(bus, group)][:5]
    assert told == [("unimage", OWNER, "It is blurred."), ("unimage", ANN, "It is blurred."), ("cover", BOB, None),
                    ("image", ANN, None), ("image", OWNER, None)]


def test_a_plugin_says_which_levels_have_images_and_what_they_are_called(bus, plugin, tmp_path, fresh):  # noqa: F811
    called = {level["kind"]: level.get("image", "") for level in plugin["levels"]}
    told = upload(bus, plugin, made(tmp_path), fields_of(plugin, fresh))
    page = page_of(bus, told)
    person = page["group"]["credits"][0]["people"][0]["entity"]
    for kind, entity in (("group", page["entity"]), ("person", person)):
        assert talk(bus, entity).get("pictured", "") == called[kind]
        if called[kind]:
            assert picture(bus, entity)["href"].endswith(str(entity)) and len(images(bus, entity)) == 1
        else:
            assert refused(picture, bus, entity).status == "forbidden"
    if called["group"]:
        assert picture(bus, told["entity"])["href"] == page["href"]  # named by a unit of it
    assert called["group"] == {"music": "Cover", "movies": "Poster", "books": "Cover", "backup": ""}[plugin["name"]]


def test_the_same_image_is_on_a_page_once_and_is_stored_once(bus, listed, group, tmp_path, fresh, sql):  # noqa: F811
    other = page_of(bus, upload(bus, listed["music"], made(tmp_path), fields_of(listed["music"], fresh + "z")))["entity"]
    file = pictures.png()
    one, two = picture(bus, group, file), picture(bus, other, file)
    fault = refused(picture, bus, group, file, ANN)
    assert (fault.status, str(fault)) == ("conflict", "This image is here already.")
    count = "SELECT count(*) FROM catalog.picture WHERE hash = %s"
    assert one["hash"] == two["hash"] and sql(count, one["hash"]) == [(3,)]
    remove(bus, one["image"])
    assert get(bus, one["hash"]) and sql(count, one["hash"]) == [(3,)]
    remove(bus, two["image"])
    assert refused(get, bus, one["hash"]).status == "not_found" and sql(count, one["hash"]) == [(0,)]
    assert picture(bus, group, file)["hash"] == one["hash"]


def test_only_what_a_page_shows_is_got(bus, group):
    told = picture(bus, group)
    assert get(bus, told["hash"], "thumb") and refused(get, bus, told["hash"], "giant").field == "size"
    assert refused(get, bus, hashlib.sha256(b"").digest()).status == "not_found"
    bus.ask("catalog.entity.delete", {"key": os.urandom(16), "entity": group, "reason": "It is gone."}, actor=0)
    assert refused(get, bus, told["hash"]).status == "not_found"
    assert refused(remove, bus, told["image"]).field == refused(first, bus, told["image"]).field == "image"


# ---- who, how many, how often ----


def test_an_image_is_taken_off_by_who_added_it_or_by_staff_with_a_reason(bus, group):
    one, two = (picture(bus, group)["image"] for _ in range(2))
    assert refused(remove, bus, one, ANN).status == "forbidden"
    assert refused(remove, bus, one, reason=" \t").field == "reason"
    remove(bus, one)
    remove(bus, two, ANN, staff=True)
    assert images(bus, group) == [] and refused(remove, bus, two, ANN, staff=True).status == "not_found"


def test_what_is_not_there_gets_no_image(bus, group):
    assert refused(picture, bus, 1 << 40).status == "not_found"
    assert refused(picture, bus, group, actor=0).status == refused(first, bus, 1, 0).status == "forbidden"
    assert refused(first, bus, 1 << 40).field == "image" and refused(bus.ask, "catalog.image.find", {"image": 1 << 40}).field == "image"


def test_an_image_is_found_with_its_page(bus, group, fresh):
    told = picture(bus, group)
    found = bus.ask("catalog.image.find", {"image": told["image"]})
    assert found["hash"] == told["hash"] and (found["called"], found["href"]) == ("Cover", told["href"]) and fresh in found["name"]


def test_a_page_has_at_most_twelve(bus, group):
    told = [picture(bus, group, actor=100 + i)["image"] for i in range(12)]
    assert "12 images here" in str(refused(picture, bus, group))
    remove(bus, told[0], 100)
    picture(bus, group)


def test_a_member_adds_at_most_sixty_an_hour(bus, group, sql):
    member = 4711
    told = picture(bus, group, actor=member)
    sql("INSERT INTO catalog.image (entity, hash, place, added_by, removed_at) SELECT %s, sha256(n::text::bytea), 9, %s, now()"
        " FROM generate_series(1, 59) n RETURNING 1", group, member)
    assert "60 images within an hour" in str(refused(picture, bus, group, actor=member))
    sql("UPDATE catalog.image SET added_at = now() - interval '61 minutes' WHERE id = %s RETURNING 1", told["image"])
    picture(bus, group, actor=member)


def test_a_request_that_is_repeated_adds_once(replicas, group):
    key, file, buses = os.urandom(16), pictures.png(), [replica.bus() for replica in replicas for _ in range(2)]
    told = at_once(*(lambda bus=bus: picture(bus, group, file, key=key) for bus in buses))
    assert all(one == told[0] for one in told) and len(images(buses[0], group)) == 1


def test_members_who_add_and_order_at_once_are_all_heard(replicas, group):
    buses = [replica.bus() for replica in replicas for _ in range(4)]
    told = at_once(*(lambda bus=bus, i=i: picture(bus, group, actor=100 + i) for i, bus in enumerate(buses)))
    assert sorted(image["image"] for image in images(buses[0], group)) == sorted(one["image"] for one in told)
    at_once(*(lambda bus=bus, i=i: first(bus, told[i]["image"]) for i, bus in enumerate(buses)))
    assert len(images(buses[0], group)) == 8
