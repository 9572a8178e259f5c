"""Tidying the catalog on the pages and without JavaScript: albums and artists that are one, torrents that belong elsewhere, names and other
spellings, an upload that fills a request, what a comment said before."""

import html
import re

from test_talk import entity_of, press
from test_web import admin, album_fields, member, somebody, torrent, upload  # noqa: F401 (fixtures)
from content import make_album, make_torrent
from visitor import fill


def made(tmp_path, **more):
    name = somebody("album")
    return make_torrent(make_album(tmp_path, name, size=1 << 18), tmp_path / f"{name}.torrent", **more).read_bytes()


def album(visitor, tmp_path, **more):
    """The path of a new album, and the number of its torrent."""
    done = upload(visitor, made(tmp_path), **(album_fields() | more))
    assert done.status == 303, done.text
    return done.location.split("#t")


def artist_of(page):
    return re.search(r'href="(/music/artist/\d+)"', page.html).group(1)


def errors_lead_to(page):
    note = page.html[page.html.index('role="alert"'):]
    return re.findall(r'<li><a href="(/[^"]*)"', note[:note.index("</ul>")])


# ---- merging ----


def test_staff_merge_an_album_that_is_here_twice_and_its_address_leads_on(member, admin, tmp_path):  # noqa: F811
    title, artist = somebody("Nuit"), somebody("Toumani")
    lost, number = album(member, tmp_path, title=f"{title} (wrong)", artists=artist)
    kept, other = album(member, tmp_path, title=title, artists=artist, format="MP3", bitrate="320")
    where = member.send(lost, f"/comment/on/{entity_of(lost)}", text="Which of the two?").location
    path = f"/merge/{entity_of(lost)}"
    assert f'href="{path}"' not in member.get(lost).html and member.get(path).status == 403
    assert f'href="{path}"' in admin.get(lost).html
    asked = admin.get(f"{path}?into={kept}")
    assert f'href="{kept}"' in asked.html and dict(asked.form(path))["into"] == kept
    for into, reason, said in (("/nowhere", "Twice.", "Give the other one"), (lost, "Twice.", "is this Album itself"),
                               ("999999999", "Twice.", "nothing at that address"), (kept, " ", "Say why")):
        page = admin.send(path, path, into=into, reason=reason)
        assert page.status == 400 and said in page.text and dict(page.form(path))["into"] == into, into
    form = fill(asked.form(path), into=admin.site + kept + "#torrents", reason="The title was wrong.")
    assert [admin.post(path, form).location for _ in range(2)] == [kept] * 2  # a double click
    page = admin.get(kept)
    assert "Merged" in page.text and f'id="t{number}"' in page.html and f'id="t{other}"' in page.html and "Which of the two?" in page.text
    led = member.get(where.split("#")[0])
    assert led.status == 303 and led.location == f"{kept}?comment={where.split('#c')[1]}"
    assert member.get(f"/edit/{entity_of(lost)}").status == 200  # whatever else knows the old number
    history = member.get(f"/history/{entity_of(lost)}")
    assert f"{admin.name} merged another into the Album: The title was wrong." in history.text and f"{title} (wrong)" in history.text
    assert f"{admin.name} merged another into the Album in {title} : The title was wrong." in member.get("/log").text
    assert member.get(f"/music?q={title}").html.count('class="group"') == 1
    assert member.get(f"/torrent/{number}.torrent").status == 200


def undo_of(page):
    return re.search(r'action="(/unmerge/\d+)"', page.html).group(1)


def test_staff_undo_a_merge_from_the_history_unless_something_is_in_the_way(member, admin, tmp_path):  # noqa: F811
    title, artist = somebody("Nuit"), somebody("Toumani")
    lost, number = album(member, tmp_path, title=f"{title} (wrong)", artists=artist)
    kept, other = album(member, tmp_path, title=title, artists=artist, format="MP3", bitrate="320")
    history, path = f"/history/{entity_of(kept)}", f"/merge/{entity_of(lost)}"
    admin.send(path, path, into=kept, reason="The title was wrong.")
    assert "/unmerge/" not in member.get(history).html
    undo = undo_of(admin.get(history))
    form = admin.get(history).form(undo)
    edit = f"/edit/{entity_of(kept)}"
    assert admin.send(edit, edit, title=f"{title} (wrong)", reason="x").location == kept
    refused = admin.post(undo, form)
    assert refused.status == 409 and f'The same Album is here again by now, in "{title} (wrong)"' in html.unescape(refused.text)
    assert admin.send(edit, edit, title=title, reason="x").location == kept
    assert member.post(undo, fill(member.get(kept).form("/sign-out"), once="1")).status == 403

    done = admin.post(undo, admin.get(history).form(undo))
    assert done.location == lost and "Undone" in admin.get(lost).text
    assert f'id="t{number}"' in member.get(lost).html and f'id="t{number}"' not in member.get(kept).html
    assert f"{admin.name} undid the merge of the Album: Undone." in member.get(f"/history/{entity_of(lost)}").text
    assert "/unmerge/" not in admin.get(history).html and admin.post(undo, form).status == 404


def test_an_edit_that_makes_two_alike_leads_staff_to_merge_them(member, admin, tmp_path):  # noqa: F811
    title, artist = somebody("Nuit"), somebody("Toumani")
    kept, _ = album(member, tmp_path, title=title, artists=artist)
    other, _ = album(member, tmp_path, title=somebody("Jour"), artists=artist)
    edit = f"/edit/{entity_of(other)}"
    refused = member.send(edit, edit, title=title, reason="Its name.")
    assert refused.status == 409 and title in refused.text and errors_lead_to(refused) == [kept]
    told = admin.send(edit, edit, title=title, reason="Its name.")
    assert errors_lead_to(told) == [kept, f"/merge/{entity_of(other)}?into={kept}"]
    assert "What is left" in admin.get(errors_lead_to(told)[1]).text


def test_an_imdb_number_that_another_movie_has_names_that_one(member, admin, tmp_path):  # noqa: F811
    fields = dict(title=somebody("Yeelen"), year="1987", imdb=f"tt{int(somebody('x')[2:], 16) % 10**7:07}", source="Blu-ray", codec="H.264",
                  container="MKV", resolution="1080p", processing="Encode", type="Feature film", people=somebody("Souleymane"))
    paths = []
    for imdb, title in ((fields["imdb"], fields["title"]), ("", somebody("Brightness"))):
        form = fill(member.get("/upload/movies").form(), **(fields | dict(imdb=imdb, title=title)))
        done = member.post_file("/upload/movies", [field for field in form if field[0] != "more"], "m.torrent", made(tmp_path))
        assert done.status == 303, done.text
        paths.append(done.location.split("#")[0])
    edit = f"/edit/{entity_of(paths[1])}"
    refused = admin.send(edit, edit, imdb=fields["imdb"], reason="Looked up.")
    assert refused.status == 409 and fields["title"] in refused.text
    assert errors_lead_to(refused) == [paths[0], f"/merge/{entity_of(paths[1])}?into={paths[0]}"]
    assert 'field wrong" id="field-imdb"' in refused.html


# ---- moving ----


def test_a_torrent_is_moved_by_its_uploader_and_moved_back(member, admin, tmp_path):  # noqa: F811
    path, number = album(member, tmp_path)
    page = member.get(path)
    move = re.search(r'href="(/move/\d+)">Move this', page.html).group(1)
    form = member.get(move).form(move)
    assert dict(form)["media"] == "CD"  # what it is now
    for values, said in ((dict(where="there", address="/nowhere"), "Give an address"), (dict(where="here"), "where it is"),
                         (dict(where="here", media=""), "Correct what is marked"), (dict(where="own", reason=" "), "Say why")):
        wrong = member.post(move, fill(form, **(dict(reason="It is not a CD.") | values)))
        assert wrong.status == 400 and said in wrong.text, said
    done = member.post(move, fill(form, where="here", media="Vinyl", reason="It is not a CD."))
    assert done.location == path and "Original Release / Vinyl" in member.get(path).text
    history = member.get(f"/history/{entity_of(path)}")
    assert f"{member.name} moved the Format: It is not a CD." in history.text and "Vinyl" in history.text
    undo = re.search(rf'href="({move}\?to=\d+)"', history.html).group(1)
    assert "Where it was before" in member.get(undo).text
    back = member.post(move, fill(member.get(undo).form(move), reason="It is."))
    assert back.location == path and "Original Release / CD" in member.get(path).text
    assert admin.get(move).status == 200  # staff may, too


def test_a_torrent_is_moved_elsewhere_by_address_or_to_an_album_of_its_own(member, admin, tmp_path):  # noqa: F811
    path, number = album(member, tmp_path)
    there, other = album(member, tmp_path, media="WEB", format="MP3", bitrate="320")
    move = re.search(r'href="(/move/\d+)">Move this', member.get(path).html).group(1)
    done = admin.send(move, move, where="there", address=f"{admin.site}{there}#t{other}", reason="It is that one.")
    assert done.location == there and f'id="t{number}"' in member.get(there).html
    clash, third = album(member, tmp_path, media="WEB")
    refused = admin.send(move, move, where="there", address=f"{clash}#t{third}", reason="Or that.")
    assert refused.status == 409 and f"#t{third}" in refused.text
    title = somebody("Alone")
    done = admin.send(move, move, where="own", title=title, reason="Neither.")
    assert done.location not in (path, there) and title in member.get(done.location).text
    edition = re.search(r'href="(/move/\d+)">Move<span class="sr"> Original', admin.get(there).html).group(1)
    assert edition not in member.get(there).html and member.get(edition).status == 200  # the catalog says who may
    done = admin.send(edition, edition, where="there", address=clash, reason="A second one of it.")
    assert done.location == clash and f'id="t{other}"' in member.get(clash).html and f'id="t{other}"' not in member.get(there).html


def test_only_staff_and_its_uploader_move_a_torrent(instance, member, admin, tmp_path):  # noqa: F811
    path, _ = album(admin, tmp_path)
    assert "Move this" not in member.get(path).html
    move = re.search(r'href="(/move/\d+)">Move this', admin.get(path).html).group(1)
    assert member.get(move).status == 403


# ---- people ----


def test_an_artist_is_called_otherwise_told_of_and_found_by_other_spellings(member, admin, tmp_path):  # noqa: F811
    name, new, alias = (somebody(word) for word in ("Tumani", "Toumani", "Toumany"))
    path, _ = album(member, tmp_path, artists=name)
    artist = artist_of(member.get(path))
    edit = f"/person/{entity_of(artist)}/edit"
    assert f'href="{edit}"' in member.get(artist).html
    for values, said in ((dict(name=" "), "this is needed"), (dict(name="x" * 201), "between 1 and 200"), (dict(reason=" "), "Say why"),
                         (dict(name=name, reason="x"), "Nothing is different")):
        refused = member.send(edit, edit, **(dict(reason="Misspelt.", name=new) | values))
        assert refused.status == 400 and said in refused.text, said
    old = fill(member.get(edit).form(edit), text="From another window", reason="x")
    page = press(member, edit, edit, name=new, text="Plays the **kora**.", reason="Misspelt.")
    assert new in page.text and "<strong>kora</strong>" in page.html and name in page.text  # as another spelling
    crossed = member.post(edit, old)
    assert crossed.status == 409 and "Somebody else changed" in crossed.text and "From another window" in crossed.html
    assert new in member.get(path).text and f'href="{path}"' in member.get(f"/music?q={name}").html
    history = member.get(f"/history/{entity_of(artist)}")
    undo = re.search(r'href="(/person/\d+/edit\?change=\d+)"', history.html).group(1)
    assert dict(member.get(undo).form(edit))["name"] == name and f"{member.name} edited the Artist: Misspelt." in history.text

    action = f"/person/{entity_of(artist)}/alias"
    assert alias in press(member, artist, action, name=alias).text
    again = member.send(artist, action, name=alias.upper())
    assert again.status == 409 and "leads here already" in again.text
    assert artist_of(member.get(album(member, tmp_path, artists=alias)[0])) == artist
    offered = member.get(f"/suggest/music?q={alias}&field=artist").json()["names"]
    assert [(one["name"], one["hint"], one["href"]) for one in offered] == [(alias, new, artist)]
    remove = re.search(rf'<bdi>{alias}</bdi></span> <a href="([^"]+/remove)"', member.get(artist).html).group(1)
    assert member.send(remove, remove, reason=" ").status == 400
    assert alias not in press(admin, remove, remove, reason="Somebody else.").text
    assert f"{admin.name} took a spelling off the Artist: Somebody else." in member.get(f"/history/{entity_of(artist)}").text
    assert admin.get(remove).status == 404
    assert member.get(f"/music/artist/{remove.split('/')[4]}").location == artist


def test_two_artists_of_one_name_are_merged(member, admin, tmp_path):  # noqa: F811
    wrong, right = somebody("Tumani"), somebody("Toumani")
    lost, kept = (artist_of(member.get(album(member, tmp_path, artists=name)[0])) for name in (wrong, right))
    edit = f"/person/{entity_of(lost)}/edit"
    refused = member.send(edit, edit, name=right, reason="Misspelt.")
    assert refused.status == 409 and right in refused.text and errors_lead_to(refused) == [kept]
    merge = errors_lead_to(admin.send(edit, edit, name=right, reason="Misspelt."))[1]
    assert merge == f"/merge/{entity_of(lost)}?into={kept}"
    done = admin.post(merge.split("?")[0], fill(admin.get(merge).form(merge.split("?")[0]), reason="Misspelt."))
    assert done.location == kept and wrong in admin.get(kept).text
    led = member.get(lost)
    history = admin.get(f"/history/{entity_of(kept)}")
    assert f"{admin.name} merged another into the Artist" in history.text
    assert led.location == kept and len(re.findall(r'href="/music/album/\d+"', member.get(kept).html)) >= 2
    assert admin.post(undo_of(history), history.form(undo_of(history))).location == lost and wrong in member.get(lost).text


# ---- what was missing beside ----


def test_an_upload_that_comes_from_a_request_fills_it(member, admin, tmp_path):  # noqa: F811
    wanted = f"{somebody('Mopti')} <b>&\"'"
    request = admin.send("/requests/new?plugin=music", "/requests", title=wanted).location
    link = re.search(r'href="(/upload/music\?request=\d+)"', member.get(request).html).group(1)
    form = member.get(link)
    assert dict(form.form())["title"] == wanted and f'href="{request}"' in form.html
    artist = somebody("Awa")
    apart = admin.send("/requests/new?plugin=music", "/requests", title=f"{artist} - Nuit (1987) [FLAC / Vinyl]").location
    begun = [field for field in member.get(f"/upload/music?request={apart.split('/')[2]}").form() if field[1]]
    assert {("artists", artist), ("title", "Nuit"), ("year", "1987"), ("format", "FLAC"), ("media", "Vinyl")} <= set(begun)
    refused = upload(member, made(tmp_path), link, artists="")
    assert refused.status == 400 and dict(refused.form())["request"] == request.split("/")[2]
    fields = album_fields()
    fields.pop("title")
    done = upload(member, made(tmp_path), link, **fields)
    assert done.status == 303, done.text
    page = member.get(request)
    assert "It is here" in page.text and f'href="{done.location}"' in page.html and member.name in page.text
    late = upload(member, made(tmp_path), link, **(fields | dict(title=somebody("Late"))))
    shown = member.get(late.location.split("#")[0])
    assert "The request is not filled by it: Somebody has filled this request already." in shown.text


def test_staff_see_what_a_comment_said_before(member, admin, tmp_path):  # noqa: F811
    path, _ = album(member, tmp_path)
    number = member.send(path, f"/comment/on/{entity_of(path)}", text="You <b>are</b> wrong.").location.split("#c")[1]
    for text in ("I *think* so.", "Perhaps."):
        member.send(f"/comment/{number}", f"/comment/{number}", text=text)
    versions = f"/comment/{number}/versions"
    assert f'href="{versions}"' in admin.get(path).html and f'href="{versions}"' not in member.get(path).html
    page = admin.get(versions)
    said = [html.unescape(re.sub("<[^>]+>", "", one)).strip() for one in re.findall(r'<div class="wiki">(.*?)</div>', page.html, re.S)]
    assert said == ["Perhaps.", "I think so.", "You <b>are</b> wrong."] and member.name in page.text
    assert member.get(versions).status == 403 and admin.get("/comment/99999999/versions").status == 404


def test_an_owner_calls_a_backup_otherwise(member, admin, tmp_path):  # noqa: F811
    fields = [field for field in fill(member.get("/upload/backup").form(), name=somebody("nas")) if field[0] != "more"]
    done = member.post_file("/upload/backup", fields, "b.torrent", made(tmp_path, piece_size=1 << 18))
    assert done.status == 303, done.text
    path, name = done.location.split("#")[0], somebody("photos")
    edit = f"/edit/{entity_of(path)}"
    assert f'href="{edit}"' in member.get(path).html and f'href="{edit}"' not in admin.get(path).html
    assert f"/merge/{entity_of(path)}" not in admin.get(path).html
    assert name in press(member, edit, edit, name=name, reason="It holds those now.").text
