/* See readable.h. Names are taken apart into words at anything that is no letter and no digit. A word is told from
 * random letters by its pairs: of those in European languages about two thirds are among the hundred commonest, of
 * random letters a sixth. What holds digits among its letters, or capitals inside, is nobody's word. */
#include "services/catalog/readable.h"

#include "services/catalog/text.h"

#include <ctype.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define WORD_MIN 4
#define WORD_MAX 40

/* Endings after which nothing else matters. */
static const char *const sealed_endings[] = {"age", "gpg", "pgp", "enc",  "aes", "crypt",  "cpt", "ccrypt",
                                             "gcm", "nc",  "eea", "luks", "sbx", "sealed", "c9r", "kopia"};

/* Endings of what is not encrypted, or cannot be told to be. */
static const char *const open_endings[] = {
    "jpg", "jpeg", "png",  "gif", "heic", "webp", "tif",   "tiff",   "raw", "cr2",  "nef", "dng",  "psd",
    "svg", "bmp",  "mp4",  "mkv", "avi",  "mov",  "webm",  "m4v",    "mpg", "mp3",  "m4a", "ogg",  "wav",
    "aac", "flac", "opus", "wma", "pdf",  "doc",  "docx",  "odt",    "xls", "xlsx", "ods", "ppt",  "odp",
    "rtf", "txt",  "md",   "csv", "epub", "tex",  "eml",   "mbox",   "pst", "vcf",  "ics", "html", "htm",
    "xml", "json", "sql",  "db",  "ini",  "conf", "log",   "sqlite", "zip", "rar",  "7z",  "tar",  "tgz",
    "gz",  "bz2",  "xz",   "zst", "iso",  "img",  "qcow2", "vmdk",   "vdi", "vhd",  "py",  "java", "cpp",
    "js",  "php",  "sh",   "exe", "dll",  "apk",  "deb",   "rpm",    "key", "pem",  "kdbx"};

/* Words of tools and of backups as such, which tell nothing. */
static const char *const plain_words[] = {
    "backup",   "backups",  "data",      "part",        "parts", "pack",   "packs",   "index",   "keys",
    "locks",    "snapshot", "snapshots", "config",      "chunk", "chunks", "volume",  "archive", "archives",
    "version",  "versions", "full",      "incremental", "base",  "restic", "borg",    "repo",    "segment",
    "manifest", "block",    "blocks",    "split",       "daily", "weekly", "monthly", "yearly",  "hourly"};

static const char pairs[] = " th he in er an re on en at es ed te ti or st ar nd to nt is of it al as ha ng co se me de"
                            " le ou sa ve ro ra ri hi ne ea li ce ll be ma si om ur ca el ta la ns di fo ho pe ec pr no"
                            " ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni"
                            " ts mo ow pa im mi ai sh ir su id os iv ia am ch ";

static bool is_one_of(struct slice word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_same(word, slice_text(list[i])))
            return true;
    return false;
}

/* All small, all large, or the first one large. */
static bool is_written_as_a_word(struct slice word)
{
    size_t small = 0;
    for (size_t i = 1; i < word.size; i++)
        small += islower((unsigned char)word.at[i]) != 0;
    return small == word.size - 1 || (small == 0 && isupper((unsigned char)word.at[0]));
}

static bool is_common_pair(char first, char second)
{
    char pair[5] = {' ', (char)tolower((unsigned char)first), (char)tolower((unsigned char)second), ' ', '\0'};
    return strstr(pairs, pair) != NULL;
}

static bool is_word(struct slice word)
{
    size_t common = 0;
    if (word.size < WORD_MIN || word.size > WORD_MAX || !is_written_as_a_word(word) ||
        is_one_of(word, plain_words, COUNT(plain_words)))
        return false;
    for (size_t i = 1; i < word.size; i++)
        common += is_common_pair(word.at[i - 1], word.at[i]);
    return common * 20 >= (word.size - 1) * 9;
}

/* Letters of other scripts are words: random names are made of ASCII. */
static bool part_readable(struct slice part)
{
    size_t start = 0;
    bool letters_only = true;
    for (size_t i = 0; i <= part.size; i++) {
        unsigned char letter = i < part.size ? (unsigned char)part.at[i] : ' ';
        if (letter >= 0x80)
            return true;
        if (isalpha(letter))
            continue;
        if (isdigit(letter)) {
            letters_only = false;
            continue;
        }
        if (letters_only && is_word(slice_of(part.at + start, i - start)))
            return true;
        start = i + 1;
        letters_only = true;
    }
    return false;
}

static bool is_number_or_split(struct slice ending)
{
    for (size_t i = 0; i < ending.size; i++)
        if (!isdigit((unsigned char)ending.at[i]))
            return ending.size <= 3 && ending.at[0] >= 'a' && ending.at[0] <= 'z' && ending.at[ending.size - 1] <= 'z';
    return true;
}

/* The last ending; what split adds behind it (".001", ".aa") is passed over, unless it is itself a known one. */
static struct slice ending_of(struct slice name)
{
    struct slice ending = {0};
    for (size_t i = name.size; i > 1; i--) {
        if (name.at[i - 1] != '.')
            continue;
        ending = slice_of(name.at + i, name.size - i);
        bool known = is_one_of(ending, open_endings, COUNT(open_endings)) ||
                     is_one_of(ending, sealed_endings, COUNT(sealed_endings));
        if (known || !is_number_or_split(ending))
            return ending;
        name.size = i - 1;
    }
    return ending;
}

static struct slice last_part(struct slice path)
{
    const char *slash = path.size > 0 ? memrchr(path.at, '/', path.size) : NULL;
    size_t start = slash != NULL ? (size_t)(slash - path.at) + 1 : 0;
    return slice_of(path.at + start, path.size - start);
}

bool path_readable(struct slice path)
{
    struct slice name = last_part(path), ending = ending_of(name);
    if (is_one_of(ending, sealed_endings, COUNT(sealed_endings)))
        return false;
    return is_one_of(ending, open_endings, COUNT(open_endings)) || part_readable(path);
}

size_t names_readable(const struct metainfo *metainfo, struct slice *first)
{
    size_t count = 0;
    *first = (struct slice){0};
    for (size_t i = 0; i < metainfo->files_count; i++) {
        if (!path_readable(metainfo->files[i].path))
            continue;
        if (count++ == 0)
            *first = metainfo->files[i].path;
    }
    bool folder = metainfo->files_count != 1 || !slice_equal(metainfo->name, metainfo->files[0].path);
    if (folder && path_readable(metainfo->name) && count++ == 0)
        *first = metainfo->name;
    return count;
}
