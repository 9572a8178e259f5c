"""Content to share: a small album of random files, and the .torrent of it."""

import os
import pathlib

import libtorrent


def make_album(folder, name, size=6 << 20, files=3):
    """Writes `files` random files of `size` bytes in all below folder/name; returns that folder."""
    album = pathlib.Path(folder) / name
    album.mkdir(parents=True)
    for number in range(1, files + 1):
        (album / f"{number:02} - Track {number}.flac").write_bytes(os.urandom(size // files))
    (album / f"{name}.log").write_bytes(b"Exact copy of the disc\n")
    return album


V1_ONLY = 64  # libtorrent::create_torrent::v1_only, which its Python module does not name


def make_torrent(album, file, private=True, tracker="http://127.0.0.1:1/announce", piece_size=64 * 1024):
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(album))
    torrent = libtorrent.create_torrent(storage, piece_size=piece_size, flags=V1_ONLY)
    torrent.set_priv(private)
    torrent.add_tracker(tracker)
    libtorrent.set_piece_hashes(torrent, str(album.parent))
    pathlib.Path(file).write_bytes(libtorrent.bencode(torrent.generate()))
    return pathlib.Path(file)


def same_content(one, other):
    one, other = pathlib.Path(one), pathlib.Path(other)
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    return names == sorted(p.relative_to(other) for p in other.rglob("*") if p.is_file()) and all(
        (one / n).read_bytes() == (other / n).read_bytes() for n in names)
