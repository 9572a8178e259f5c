"""A backup as its owner and as another member meet it: uploaded through the form and by a tool, seen, downloaded, deleted."""

import os
import re
import uuid

import libtorrent
import pytest

from content import V1_ONLY
from visitor import Visitor, fill

SECRETS = ("beach.jpg", "For nobody else", "Where the key lies", "2026-02-03")


def joined(instance, prefix="m", kind="member"):
    visitor = Visitor(instance.web)
    visitor.name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    done = visitor.sign_up(instance.admin("invite", "--class", kind)["link"], visitor.name)
    assert done.status == 303, done.text
    return visitor


@pytest.fixture(scope="module")
def owner(instance):
    return joined(instance)


@pytest.fixture(scope="module")
def other(instance):
    return joined(instance)


def packed(tmp_path, *names, private=True):
    folder = tmp_path / uuid.uuid4().hex
    for name in names or ("aa", "ab"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.urandom(1 << 19))
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(folder))
    made = libtorrent.create_torrent(storage, piece_size=1 << 18, flags=V1_ONLY)
    made.set_priv(private)
    libtorrent.set_piece_hashes(made, str(tmp_path))
    return libtorrent.bencode(made.generate())


def back_up(visitor, content, path="/upload/backup", **values):
    fields = [field for field in fill(visitor.get(path).form(), **values) if field[0] != "more"]
    return visitor.post_file("/upload/backup", fields, "pack.torrent", content)


def token_of(visitor):
    visitor.send("/account", "/account/tokens", name="backup script")
    return re.search(r'id="token"[^>]* value="([^"]+)"', visitor.get("/account").html).group(1)


def test_a_backup_is_uploaded_and_only_its_owner_looks_inside(owner, other, tmp_path):
    form = owner.get("/upload/backup")
    assert "Encrypt before you upload" in form.text and dict(form.form())["redundancy"] == "3"
    refused = back_up(owner, packed(tmp_path, private=False), name="photos")
    assert refused.status == 400 and "not private" in refused.text and "photos" in refused.html
    name = f"photos {uuid.uuid4().hex[:8]}"
    made = packed(tmp_path, "beach.jpg", "ab")
    done = back_up(owner, made, name=name, redundancy="2", message="For nobody else", description="Where the key lies",
                   date="2026-02-03T04:05")
    assert done.status == 303, done.text
    page = done.location.split("#")[0]
    mine = owner.get(page)
    assert "read the warning" in mine.text and "Names in this torrent look readable" in mine.text
    assert all(secret in mine.html for secret in SECRETS) and "Copies wanted 2" in mine.text
    theirs = other.get(page)
    assert theirs.status == 200 and name in theirs.text and owner.name in theirs.text and "Version 1" in theirs.text
    listed = [other.get(path) for path in (f"/backup?q={owner.name}", f"/backup?q={name.split()[1]}", "/", f"/member/{owner.name}",
                                           re.search(r'href="(/backup/user/\d+)"', theirs.html).group(1))]
    for shown in [theirs, *listed]:
        assert shown.status == 200 and name in shown.text
        assert not [secret for secret in SECRETS if secret in shown.html]
    info_hash = str(libtorrent.torrent_info(libtorrent.bdecode(made)).info_hash())
    assert info_hash in mine.html and info_hash not in theirs.html
    assert "Nothing here" in other.get("/backup?q=beach").text or "did not match" in other.get("/backup?q=beach").text
    number = re.search(r'href="/torrent/(\d+)\.torrent"', theirs.html).group(1)
    for visitor in (owner, other):  # who may hold it needs it whole, and the owner always gets it back
        file = visitor.get(f"/torrent/{number}.torrent")
        assert file.status == 200 and libtorrent.bdecode(file.body)[b"info"] == libtorrent.bdecode(made)[b"info"]
    assert 'href="/upload/backup?group=' in mine.html and 'href="/upload/backup?group=' not in theirs.html
    assert "/delete" in mine.html and "/delete" not in theirs.html


def test_a_version_is_added_by_its_owner_only(owner, other, tmp_path):
    name = f"nas {uuid.uuid4().hex[:8]}"
    page = back_up(owner, packed(tmp_path), name=name).location.split("#")[0]
    add = re.search(r'href="(/upload/backup\?group=\d+)"', owner.get(page).html).group(1)
    form = owner.get(add)
    assert 'name="redundancy"' not in form.html and 'type="datetime-local"' in form.html
    done = back_up(owner, packed(tmp_path), path=add)
    assert done.status == 303 and done.location.split("#")[0] == page, done.text
    assert "Version 2" in other.get(page).text and "warning" not in owner.get(page).text
    refused = back_up(other, packed(tmp_path), path=add)
    assert refused.status == 403 and "another member's" in refused.text


def test_versions_and_backups_are_deleted_after_a_question(owner, other, tmp_path):
    name = f"mail {uuid.uuid4().hex[:8]}"
    page = back_up(owner, packed(tmp_path), name=name).location.split("#")[0]
    back_up(owner, packed(tmp_path), name=name)
    version = re.search(r'href="(/torrent/\d+/delete)"', owner.get(page).html).group(1)
    assert f"{name} – Version 2" in owner.get(version).text
    unsaid = owner.send(version, version, reason="  ")
    assert unsaid.status == 400 and "Say why" in unsaid.text
    stolen = other.send(version, version, reason="I want to")
    assert stolen.status == 403 and "not yours" in stolen.text
    done = owner.send(version, version, reason="Replaced")
    assert done.status == 303 and done.location == page
    shown = owner.get(page)
    assert "Deleted." in shown.text and "Version 1" in shown.text and "Version 2" not in shown.text
    assert owner.get(version).status == 404
    assert other.get(version.replace("/delete", ".torrent")).status == 404
    whole = re.search(r'href="(/backup/backup/\d+/delete)"', shown.html).group(1)
    assert "1 torrent," in owner.get(whole).text
    assert other.send(whole, whole, reason="I want to").status == 403
    assert owner.send(whole, whole, reason="No longer needed").location == "/backup"
    assert owner.get(page).status == 404 and name not in owner.get("/backup").text


def test_a_tool_backs_up_prunes_and_is_told(instance, owner, other, tmp_path):
    tool = Visitor(instance.web)
    bearer = {"Authorization": f"Bearer {token_of(owner)}"}
    name = f"cron {uuid.uuid4().hex[:8]}"
    told = tool.post_file("/upload/backup", [("name", name), ("number", "20261124")], "p.torrent", packed(tmp_path, "letter.txt"),
                          headers=bearer)
    assert told.status == 201, told.text
    told = told.json()
    assert told["title"] == f"{owner.name} – {name} – Version 20261124" and "letter.txt" in told["warning"] and not told["rehashed"]
    again = tool.post_file("/upload/backup", [("name", name)], "p.torrent", packed(tmp_path), headers=bearer).json()
    assert again["title"].endswith("Version 20261125") and again["joined"] and "warning" not in again
    wrong = tool.post_file("/upload/backup", [("name", name), ("redundancy", "21")], "p.torrent", packed(tmp_path), headers=bearer)
    assert wrong.status == 400 and wrong.json()["field"] == "redundancy"
    theirs = {"Authorization": f"Bearer {token_of(other)}"}
    assert tool.post(f"/torrent/{told['torrent']}/delete", {"reason": "x"}, headers=theirs).status == 403
    gone = tool.post(f"/torrent/{told['torrent']}/delete", {"reason": "older than a day"}, headers=bearer)
    assert gone.status == 200 and gone.json()["deleted"] == 1 and gone.json()["href"] == again["href"].split("#")[0]


def test_staff_delete_what_others_uploaded(instance, owner, tmp_path):
    admin = joined(instance, "admin", "administrator")
    page = back_up(owner, packed(tmp_path, "beach.jpg"), name=f"odd {uuid.uuid4().hex[:8]}").location.split("#")[0]
    shown = admin.get(page)
    assert "beach.jpg" not in shown.html  # not for staff either
    version = re.search(r'href="(/torrent/\d+/delete)"', shown.html).group(1)
    assert admin.send(version, version, reason="Against the rules").status == 303
    assert "No version is left" in owner.get(page).text
