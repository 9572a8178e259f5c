"""Prints what libtorrent makes of content that test_merkle.c makes as well: a line for each piece of a v2 torrent, with its first byte,
its size, the leaves of its tree and the root."""

import tempfile

import libtorrent

PIECE, BLOCK, V2 = 128 * 1024, 16384, 32
CONTENT = bytes((i * 31 + i // 251) & 255 for i in range(3 * PIECE))

SIZES = (1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 7, PIECE - 1, PIECE, PIECE + 1, PIECE + 3 * BLOCK, 2 * PIECE, 3 * PIECE - 5)

for size in SIZES:
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/file", "wb") as file:
            file.write(CONTENT[:size])
        storage = libtorrent.file_storage()
        libtorrent.add_files(storage, f"{folder}/file")
        torrent = libtorrent.create_torrent(storage, PIECE, V2)
        libtorrent.set_piece_hashes(torrent, folder)
        made = torrent.generate()
    root = made[b"info"][b"file tree"][b"file"][b""][b"pieces root"]
    layer = made[b"piece layers"].get(root, root)  # none for a file of one piece: its tree is as wide as its blocks need
    leaves = PIECE // BLOCK if size > PIECE else 1 << (-(-size // BLOCK) - 1).bit_length()
    for index, begin in enumerate(range(0, size, PIECE)):
        print(begin, min(PIECE, size - begin), leaves, layer[32 * index:32 * index + 32].hex())
