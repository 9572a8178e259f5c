"""Fills the database of djembe-catalog with music: so many albums, three times as many torrents, half as many artists. Rows go in by COPY,
and are listed by the same function as after an upload.

Names are made of words whose frequency follows Zipf's law, as the popularity of artists, labels and tags does. One artist has 300 albums,
and one album 40 formats."""
import contextlib, hashlib, io, json, multiprocessing, os, random, time, unicodedata

import psycopg2

COMMON = ("the of and in to love a live you night my blue on for best world with from time black man heart red dark house no dream "
          "sun one moon city home life music soul fire new gold day way road light dance rain girl we it boy baby king sea good "
          "last down big out war").split()
OTHERS = ("été naïve über señora fjörd čas łódź søster ağaç élan дом ночь любовь мир песня 東京 愛 夜 夏の空 サクラ 노래 사랑 ليل حب שיר").split()
BEGINNINGS = "b br c ch cl d dr f fl g gr h j k kr l m n p pr qu r s sh sl st t th tr v w y z".split()
MIDDLES = "a e i o u ai ea ee ie oo ou ay".split()
ENDS = "n r l s t m ck nd rt st x ng lla sta rin ton ria lo den ver mo ny tte sk".split()
WORDS = 200000
TYPES = ["Album"] * 8 + ["EP"] * 3 + ["Single"] * 3 + ["Compilation", "Live album", "Soundtrack", "Remix", "Unknown"]
MEDIA = ["CD"] * 6 + ["WEB"] * 4 + ["Vinyl"] * 2 + ["DVD", "SACD", "Cassette"]
FORMATS = [("FLAC", "Lossless"), ("MP3", "320"), ("MP3", "V0 (VBR)"), ("FLAC", "24bit Lossless"), ("MP3", "V2 (VBR)"), ("AAC", "256"),
           ("Ogg Vorbis", "q8.x (VBR)"), ("MP3", "192")]
TAGS = "rock electronic jazz pop hip.hop classical metal folk ambient punk soul blues techno house experimental".split()
PROLIFIC, ALBUMS_OF_ONE, MANY_FORMATS, FORMATS_OF_ONE = "Prolific Quartet", 300, "All the Formats", 40
START, CHUNK, LISTED_AT_ONCE = 1420070400, 5000, 500
METAINFO = "\\\\x" + b"d4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa7:privatei1eee".hex()
FILES = "\\\\x" + (bytes([0x91, 0x82, 0xa4]) + b"path" + bytes([0xa1]) + b"x" + bytes([0xa4]) + b"size").hex() + "01"


def word(rank):
    """The word of that rank, the same each time."""
    if rank < len(COMMON):
        return COMMON[rank]
    if rank % 50 == 0:
        return OTHERS[rank // 50 % len(OTHERS)] + ("" if rank < 2000 else syllables(rank, 1))
    return syllables(rank, 2)


def syllables(rank, count):
    made, rank = "", rank * 2654435761 % 2**32
    for _ in range(count):
        made += BEGINNINGS[rank % len(BEGINNINGS)] + MIDDLES[rank // 31 % len(MIDDLES)] + ENDS[rank // 372 % len(ENDS)]
        rank //= 9000
    return made


def zipf(choice, many):
    return int(many ** choice.random())  # 1 .. many


def title(choice, least, most):
    return " ".join(word(zipf(choice, WORDS) - 1).title() for _ in range(choice.randint(least, most)))


def fold(text):
    return "".join(letter for letter in unicodedata.normalize("NFKD", str(text)) if not "\u0300" <= letter <= "\u036f").lower()


def same(*parts):
    return "\\\\x" + hashlib.sha256("\x1f".join(fold(part) for part in parts).encode()).hexdigest()


def attrs(**values):
    return json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False).replace("\\", "\\\\")


def person_name(number):
    choice = random.Random(-number)
    return PROLIFIC if number == 1 else f"{title(choice, 1, 2)} {syllables(number, 2).title()}"


class Rows:
    """Rows of some tables, until they are written."""

    TABLES = {"entity": "id, plugin, level, kind, parent, grp, name, same, attrs, added_by", "credit": "grp, place, person, role",
              "entity_tag": "entity, tag, added_by",
              "torrent": "id, entity, info_hash, size, files_count, files, metainfo, uploader, added_at"}

    def __init__(self):
        self.of = {table: [] for table in self.TABLES}

    def add(self, table, *values):
        self.of[table].append("\t".join("\\N" if value is None else str(value) for value in values) + "\n")

    def write(self, cursor):
        for table, rows in self.of.items():
            cursor.copy_expert(f"COPY catalog.{table} ({self.TABLES[table]}) FROM STDIN", io.StringIO("".join(rows)))


class Sizes:
    """Where the ids of each kind begin."""

    def __init__(self, albums):
        self.albums, self.persons = albums, max(1, albums // 2)
        self.editions, self.units = self.persons + albums, self.persons + 3 * albums
        self.end = self.persons + 6 * albums + 3 * FORMATS_OF_ONE
        self.labels = max(50, albums // 50)


def unit(rows, choice, sizes, torrent, album, edition, kind, media):
    entity = sizes.units + torrent
    log = media == "CD" and kind[1] == "Lossless" and choice.random() < 0.7
    at = START + int((album / sizes.albums) ** 0.7 * 340000000) + choice.randrange(86400 * 300)
    rows.add("entity", entity, "music", "format", 3, edition, sizes.persons + album, "", same(*kind),
             attrs(format=kind[0], bitrate=kind[1], log=log, cue=log, scene=choice.random() < 0.1), 1)
    rows.add("torrent", torrent, entity, f"\\\\x{hashlib.sha1(b'%d' % torrent).hexdigest()}", choice.randrange(1 << 25, 1 << 30),
             choice.randint(1, 30), FILES, METAINFO, choice.randint(1, 10000), time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(at)))


def album(rows, number, sizes):
    choice, group = random.Random(number), sizes.persons + number
    many = number == ALBUMS_OF_ONE + 1
    name, year, kind = title(choice, 1, 4), 1950 + int(75 * choice.random() ** 0.5), choice.choice(TYPES)
    name = MANY_FORMATS if many else name
    rows.add("entity", group, "music", "album", 1, None, None, name, same(name, year, kind),
             attrs(title=name, year=year, release_type=kind), 1)
    people = {1 if number <= ALBUMS_OF_ONE else min(sizes.persons, 1 + zipf(choice, sizes.persons)): "main"}
    while choice.random() < 0.3:
        people.setdefault(min(sizes.persons, 2 + zipf(choice, sizes.persons)), choice.choice(("main", "guest", "composer", "producer")))
    for place, (person, role) in enumerate(people.items(), 1):
        rows.add("credit", group, place, person, role)
    for tag in {zipf(choice, 1000) for _ in range(3)}:
        rows.add("entity_tag", group, tag, 1)
    torrent = 3 * (number - 1) + 1
    for place in range(2 if choice.random() < 0.4 or many else 1):
        edition, media = sizes.editions + 2 * number + place - 1, choice.choice(MEDIA)
        label = title(random.Random(-zipf(choice, sizes.labels) * 7), 1, 2) + " Records" if choice.random() < 0.8 else None
        printed = f"{label[:3].upper()}{choice.randrange(10000):04}" if label else None
        said = dict(media=media, label=label, catalogue_number=printed,
                    release_title="Deluxe Edition" if place else None, release_year=year + 20 if place else None)
        rows.add("entity", edition, "music", "release", 2, group, group, said["release_title"] or "", same(*said.values()), attrs(**said),
                1)
        for kind_ in FORMATS[:1 if place else 2] if choice.random() < 0.5 or place else FORMATS[:3]:
            if torrent <= 3 * number:
                unit(rows, choice, sizes, torrent, number, edition, kind_, media)
                torrent += 1
    while torrent <= 3 * number:
        unit(rows, choice, sizes, torrent, number, edition, FORMATS[3 + 3 * number - torrent], media)
        torrent += 1
    for more in range(FORMATS_OF_ONE - 3 if many else 0):
        unit(rows, choice, sizes, 3 * sizes.albums + 1 + more, number, sizes.editions + 2 * number, (f"F{more}", "Other"), "WEB")


def write(job):
    """One process's share of the chunks."""
    sizes, first = job
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        rows = Rows()
        for number in range(first, min(first + CHUNK, sizes.persons + 1)):
            name = person_name(number)
            rows.add("entity", number, "music", "artist", 0, None, None, name, same(name, number), "{}", 1)
        for number in range(first, min(first + CHUNK, sizes.albums + 1)):
            album(rows, number, sizes)
        rows.write(cursor)
    connection.close()


def listed(groups):
    """Two processes meet where they write the same names: one of them begins again. Files and texts, which are listed later, are not: no
    row of the bench asks for them, and it would take longer than all else."""
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    connection.autocommit = True
    cursor, done = connection.cursor(), False
    cursor.execute("SET synchronous_commit = off")
    while not done:
        with contextlib.suppress(psycopg2.errors.DeadlockDetected, psycopg2.errors.UniqueViolation):
            cursor.execute("SELECT catalog.list(array(SELECT generate_series(%s::bigint, %s)));"
                           " DELETE FROM catalog.listed_later WHERE grp BETWEEN %s AND %s", (*groups, *groups))
            done = True
    connection.close()


INDEXES = ("listed_search", "listed_sample_16", "listed_sample_64", "listed_sample_256", "listed_sample_1024", "listed_sample_4096",
           "recent_added", "recent_search", "newest_plugin_added_id_idx", "newest_search_idx",
           "listed_newest", "listed_added", "listed_year", "listed_size", "listed_shuffle", "listed_unit_added", "listed_unit_year",
           "listed_unit_size", "listed_unit_shuffle", "name_folded", "name_uses", "name_words", "name_often", "word_slips")


def fill(albums):
    """Tells how it gets on; gives the seconds that it took."""
    began, sizes = time.monotonic(), Sizes(albums)
    connection = psycopg2.connect(os.environ["DJEMBE_TEST_DATABASE"])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO catalog.tag (id, name) OVERRIDING SYSTEM VALUE VALUES (%s, %s)", [
        (number, TAGS[number - 1] if number <= len(TAGS) else f"{syllables(number, 1)}.{number}") for number in range(1, 1001)])
    with multiprocessing.Pool(2) as pool:
        pool.map(write, [(sizes, first) for first in range(1, albums + 1, CHUNK)], chunksize=1)
    for table, last in (("entity", sizes.end), ("torrent", 3 * albums + FORMATS_OF_ONE), ("tag", 1000)):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('catalog.{table}', 'id'), {last + 1})")
    print(f"rows written in {time.monotonic() - began:.0f} s", flush=True)
    cursor.execute("VACUUM (ANALYZE, FREEZE) catalog.entity, catalog.torrent, catalog.credit, catalog.entity_tag, catalog.tag")
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'catalog' AND indexname = ANY(%s)", (list(INDEXES),))
    indexes = [row[0] for row in cursor.fetchall()]
    for index in INDEXES:
        cursor.execute(f"DROP INDEX catalog.{index}")
    first, last = sizes.persons + 1, sizes.persons + albums
    with multiprocessing.Pool(2) as pool:
        jobs = [(at, min(at + LISTED_AT_ONCE - 1, last)) for at in range(first, last + 1, LISTED_AT_ONCE)]
        for count, _ in enumerate(pool.imap_unordered(listed, jobs)):
            if count % 100 == 0:
                print(f"{count * LISTED_AT_ONCE} listed after {time.monotonic() - began:.0f} s", flush=True)
    for index in indexes:
        cursor.execute(index)
    cursor.execute("VACUUM (ANALYZE) catalog.listed, catalog.listed_unit, catalog.recent, catalog.newest, catalog.name, catalog.word,"
                   " catalog.shelf, catalog.tally, catalog.tally_unit")
    connection.close()
    return time.monotonic() - began


if __name__ == "__main__":
    import sys
    print(fill(int(sys.argv[1])))
