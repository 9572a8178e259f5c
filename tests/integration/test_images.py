"""Covers, posters and photos on the pages, without JavaScript."""

import re

import pytest

import pictures
from test_talk import album, entity_of, press  # noqa: F401 (fixtures)
from test_web import admin, album_fields, member, torrent  # noqa: F401 (fixtures)
from visitor import Visitor, fill


def add(visitor, path, file, name="cover.png", **values):
    action = f"/image/on/{entity_of(path)}"
    return visitor.post_file(action, fill(visitor.get(path).form(action), **values), name, file, field="file")


def images_on(page):
    """Addresses of images, in order."""
    return re.findall(r'<img[^>]* src="(/image/[^"]+)"', page.html)


def number_on(page, act):
    return re.findall(rf'"/image/(\d+)/{act}"', page.html)


@pytest.fixture
def covered(member, album):  # noqa: F811
    """The album with a cover; where that is served."""
    done = add(member, album, pictures.png(size=(900, 600)))
    assert done.location == f"{album}#images", done.text
    return images_on(member.get(album))[0]


def test_a_cover_is_on_the_page_and_in_lists_without_anything_that_jumps(member, album, covered):  # noqa: F811
    page = member.get(album)
    large = covered.replace("medium", "large")
    assert f'<a href="{large}"><img src="{covered}" width="480" height="320" alt="Cover of Niafunké' in page.html
    thumb = covered.replace("medium", "thumb")
    person = re.search(r'href="(/music/artist/\d+)"', page.html).group(1)
    for path in ("/music", "/", person):
        shown = f'<img class="cover" src="{thumb}" width="160" height="107" loading="lazy" alt="Cover of Niafunké'
        assert shown in member.get(path).html, path
    for size, most in (("thumb", 160), ("medium", 480), ("large", 900)):
        image = pictures.opened(member.get(covered.replace("medium", size)).body)
        assert (image.format, image.size[0]) == ("JPEG", most)


def test_an_image_is_kept_by_browsers_and_served_to_members_alone(instance, member, covered):  # noqa: F811
    page = member.get(covered)
    assert page.headers["Content-Type"] == "image/jpeg" and page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    again = member.request("GET", covered, headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and again.body == b""
    assert member.request("GET", covered, headers={"If-None-Match": '"other"'}).status == 200
    guest = Visitor(instance.web)
    assert guest.get(covered).location.startswith("/sign-in")
    assert guest.request("GET", covered, headers={"If-None-Match": page.headers["ETag"]}).status == 303
    other, cut = re.sub(r"\w{64}", "0" * 64, covered), covered[:-5] + ".jpg"
    for wrong in (covered.replace("medium", "giant"), other, cut, covered.replace(".jpg", "")):
        assert member.get(wrong).status == 404, wrong


def test_several_stand_in_the_order_that_members_choose(member, admin, album, covered):  # noqa: F811
    add(admin, album, pictures.png())
    page = member.get(album)
    second = next(path for path in images_on(page) if path.startswith("/image/thumb/") and covered[13:] not in path)
    assert f'<a href="{second.replace("thumb", "large")}"><img src="{second}"' in page.html and "Cover 2 of" in page.html
    assert admin.name in page.text
    page = press(member, album, f"/image/{number_on(page, 'first')[1]}/first")
    assert images_on(page)[0] == second.replace("thumb", "medium") and second in images_on(member.get("/music"))
    assert f"{member.name} chose the first image of the Album" in member.get(f"/history/{entity_of(album)}").text


def test_an_image_is_removed_by_who_added_it_and_by_staff_with_a_reason(member, admin, album, covered):  # noqa: F811
    add(admin, album, pictures.png())
    own, = number_on(member.get(album), "remove")
    both = number_on(admin.get(album), "remove")
    other, = set(both) - {own}
    assert member.send(f"/image/{other}/remove", f"/image/{other}/remove", reason="Ugly.").status == 403
    again = member.send(f"/image/{own}/remove", f"/image/{own}/remove", reason=" ")
    assert again.status == 400 and "Say why it goes" in again.text
    done = admin.send(f"/image/{own}/remove", f"/image/{own}/remove", reason="It is another album's.")
    assert done.location == f"{album}#images" and member.get(covered).status == 404
    history = member.get(f"/history/{entity_of(album)}").text
    assert f"{admin.name} removed an image from the Album: It is another album's." in history
    assert f"{member.name} added an image to the Album" in history
    assert member.get(f"/image/{own}/remove").status == member.get("/image/0/remove").status == 404


@pytest.mark.parametrize("file, status, said", (
    (b"<html><script>alert(1)</script>", 400, "send a JPEG, PNG, GIF or WebP"), (pictures.bomb(50000, 50000), 413, "50000 × 50000 pixels"),
    (bytes((10 << 20) + 1), 413, "larger than 10 MiB"), (b"", 400, "Choose the image")), ids=("html", "bomb", "large", "none"))
def test_a_file_that_is_no_good_image_is_refused_beside_a_form_for_another(member, album, file, status, said):  # noqa: F811
    page = add(member, album, file, name="cover.png" if file else "")
    assert page.status == status and said in page.text
    action = f"/image/on/{entity_of(album)}"
    done = member.post_file(action, page.form(action), "cover.png", pictures.png(), field="file")
    assert done.location == f"{album}#images" and len(images_on(member.get(album))) == 2  # on top, and to be put in order


def test_a_form_sent_twice_adds_one_image(member, album):  # noqa: F811
    action, file = f"/image/on/{entity_of(album)}", pictures.png()
    form = member.get(album).form(action)
    done = [member.post_file(action, form, "cover.png", file, field="file") for _ in range(2)]
    assert [page.status for page in done] == [303, 303] and len(number_on(member.get(album), "first")) == 1
    page = member.post_file(action, member.get(album).form(action), "cover.png", file, field="file")
    assert page.status == 409 and "here already" in page.text


def test_a_person_has_a_photo_and_a_backup_nothing(member, album, instance):  # noqa: F811
    person = re.search(r'href="(/music/artist/\d+)"', member.get(album).html).group(1)
    assert add(member, person, pictures.jpeg(6)).location == f"{person}#images"
    page = member.get(person)
    assert re.search(r'src="/image/medium/\w+\.jpg" width="200" height="300" alt="Photo of Ali Farka"', page.html)
    assert member.get("/image/on/1099511627776").status == 404


def test_a_program_adds_one_with_a_token(instance, member, album):  # noqa: F811
    form = fill(member.get("/account").form("/account/tokens"), name="covers")
    member.post("/account/tokens", form)
    token = re.search(r'id="token"[^>]* value="([^"]+)"', member.get("/account").html).group(1)
    headers = {"Authorization": f"Bearer {token}"}
    told = Visitor(instance.web).post_file(f"/image/on/{entity_of(album)}", [], "a.png", pictures.png(), field="file", headers=headers)
    assert told.status == 201 and told.json()["href"].endswith(album), told.html
    assert member.get(told.json()["large"]).status == 200
    refused = Visitor(instance.web).post_file(f"/image/on/{entity_of(album)}", [], "a.png", b"x", field="file", headers=headers)
    assert refused.status == 400 and refused.json()["field"] == "file"


# ---- with an upload ----


def send_upload(visitor, form, torrent=None, image=None):  # noqa: F811
    files = [("torrent", "album.torrent", torrent), ("image", "front.png", image)]
    fields = [field for field in form if field[0] != "more"]
    return visitor.post_files("/upload/music", fields, [file for file in files if file[2]])


def test_a_cover_comes_with_the_upload(member, torrent):  # noqa: F811
    form, image = fill(member.get("/upload/music").form(), **album_fields()), pictures.png(size=(300, 200))
    done = [send_upload(member, form, torrent, image) for _ in range(2)]
    assert done[0].status == 303 and done[0].location == done[1].location, done[0].text
    page = member.get(done[0].location.split("#")[0])
    assert re.search(r'src="/image/medium/\w+\.jpg" width="300" height="200"', page.html) and len(number_on(page, "first")) == 1


def test_a_form_that_is_refused_keeps_the_cover_and_the_torrent(member, torrent):  # noqa: F811
    form = fill(member.get("/upload/music").form(), **(album_fields() | {"year": "1066"}))
    again = send_upload(member, form, torrent, pictures.png())
    assert again.status == 400 and "Kept from your last attempt: front.png" in again.text and "album.torrent" in again.text
    done = send_upload(member, fill(again.form(), year="1999"))
    assert done.status == 303, done.text
    assert images_on(member.get(done.location.split("#")[0]))
    lost = send_upload(member, fill(again.form(), year="1999", title="Another"), torrent)
    assert lost.status == 400 and "no longer kept" in lost.text and "album.torrent" in lost.text


def test_a_cover_that_is_too_large_leaves_the_torrent_as_it_is(member, torrent):  # noqa: F811
    form = fill(member.get("/upload/music").form(), **album_fields())
    again = send_upload(member, form, torrent, bytes((10 << 20) + 1))
    assert again.status == 413 and "send a smaller image" in again.text and "Kept from your last attempt: album.torrent" in again.text
    assert send_upload(member, again.form()).status == 303


def test_a_cover_that_is_none_does_not_keep_the_torrent_out(member, torrent):  # noqa: F811
    form = fill(member.get("/upload/music").form(), **album_fields())
    done = send_upload(member, form, torrent, b"<svg/>")
    assert done.status == 303, done.text
    page = member.get(done.location.split("#")[0])
    assert "Added, without its image. This is no image that is read here" in page.text and not images_on(page)


def test_what_is_there_or_has_no_images_is_asked_for_none(member, album):  # noqa: F811
    assert 'name="image"' in member.get("/upload/movies").html and 'name="image"' not in member.get("/upload/backup").html
    assert 'name="image"' not in member.get(f"/upload/music?group={entity_of(album)}").html
