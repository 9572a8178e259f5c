"""A site that ran on Gazelle, as its database writes it: tables with torrents that are ones, in two forms of text."""

import csv
import hashlib
import random

USERS = "ID Username Email Enabled torrent_pass Uploaded Downloaded JoinDate".split()
GROUPS = "ID CategoryID Name Year CatalogueNumber RecordLabel ReleaseType TagList Time WikiBody WikiImage".split()
TORRENTS = ("ID GroupID UserID Media Format Encoding Remastered RemasterYear RemasterTitle RemasterCatalogueNumber RemasterRecordLabel "
            "Scene HasLog HasCue info_hash FileCount Size Snatched Time Description").split()
TABLES = {"users_main": USERS, "torrents_group": GROUPS, "torrents": TORRENTS, "torrents_files": ["TorrentID", "File"],
          "artists_group": ["ArtistID", "Name", "RevisionID"], "artists_alias": ["AliasID", "ArtistID", "Name", "Redirect"],
          "torrents_artists": ["GroupID", "ArtistID", "AliasID", "UserID", "Importance"],
          "tags": ["ID", "Name", "TagType", "Uses"], "torrents_tags": ["TagID", "GroupID", "PositiveVotes", "NegativeVotes", "UserID"]}


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def metainfo(chance, names=("01 - One.flac", "rip.log"), private=True):
    """(the .torrent, its info-hash)"""
    info = {b"name": b"album %d" % chance.getrandbits(60), b"piece length": 65536, b"pieces": chance.randbytes(20),
            b"files": [{b"length": 1000, b"path": [name.encode()]} for name in names]}
    if private:
        info[b"private"] = 1
    content = bencode({b"announce": b"http://old.example/announce", b"info": info})
    return content, hashlib.sha1(bencode(info)).digest()


class Site:
    """Its tables as lists of rows, by the columns' names. None is NULL, bytes are bytes."""

    def __init__(self, seed=1):
        self.chance = random.Random(seed)
        self.tables = {name: [] for name in TABLES}

    def put(self, table, **values):
        self.tables[table].append({name: values.get(name, "") for name in TABLES[table]})
        return self.tables[table][-1]

    def user(self, number, name, **more):
        secret = "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=32))
        return self.put("users_main", **{
            "ID": number, "Username": name, "Enabled": "1", "torrent_pass": secret, "Uploaded": 0, "Downloaded": 0,
            "JoinDate": "2009-02-03 04:05:06", **more})

    def artist(self, number, name):
        return self.put("artists_group", ArtistID=number, Name=name)

    def group(self, number, name, artists=((1, "1"),), **more):
        for artist, importance in artists:
            self.put("torrents_artists", GroupID=number, ArtistID=artist, AliasID=artist, UserID=1, Importance=importance)
        return self.put("torrents_group", **{
            "ID": number, "CategoryID": 1, "Name": name, "Year": 1999, "ReleaseType": 1, "WikiImage": None, **more})

    def torrent(self, number, group, names=("01 - One.flac", "rip.log"), private=True, **more):
        content, digest = metainfo(self.chance, names, private)
        self.put("torrents_files", TorrentID=number, File=more.pop("File", content))
        return self.put("torrents", **{
            "ID": number, "GroupID": group, "UserID": 1, "Media": "CD", "Format": "FLAC", "Encoding": "Lossless", "Remastered": "0",
            "Scene": "0", "RemasterYear": None, "info_hash": digest, "Snatched": 0, "Time": "2010-11-12 13:14:15", "Description": None,
            **more})

    def write_quoted(self, folder):
        """RFC 4180, as PostgreSQL and careful people write it; bytes in hexadecimal."""
        for name, columns in TABLES.items():
            with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                file.write(",".join(columns) + "\n")
                for row in self.tables[name]:
                    file.write(",".join(self.quoted(row[column]) for column in columns) + "\n")

    @staticmethod
    def quoted(value):
        if value is None:
            return "\\N"
        text = value.hex() if isinstance(value, bytes) else str(value)
        return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in ',"\r\n') or text == "\\N" else text

    def write_escaped(self, folder):
        """As mysqldump --tab does."""
        for name, columns in TABLES.items():
            lines = "".join(f"  `{column}` int(10) NOT NULL,\n" for column in columns)
            (folder / f"{name}.sql").write_text(f"CREATE TABLE `{name}` (\n{lines}  PRIMARY KEY (`{columns[0]}`)\n) ENGINE=InnoDB;\n")
            with open(folder / f"{name}.txt", "wb") as file:
                for row in self.tables[name]:
                    file.write(b"\t".join(self.escaped(row[column]) for column in columns) + b"\n")

    @staticmethod
    def escaped(value):
        if value is None:
            return b"\\N"
        value = value if isinstance(value, bytes) else str(value).encode()
        for letter, instead in ((b"\\", b"\\\\"), (b"\t", b"\\\t"), (b"\n", b"\\\n"), (b"\0", b"\\0")):
            value = value.replace(letter, instead)
        return value

    def line_of(self, table, row, folder):
        """Where a row of the quoted form begins."""
        with open(folder / f"{table}.csv", newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            next(reader)
            for at in self.tables[table]:
                line = reader.line_num + 1
                next(reader)
                if at is row:
                    return line
        raise AssertionError("no such row")
