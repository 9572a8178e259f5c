/* Segments in the order of their numbers: the last is written, those before wait until nobody needs them, and one
 * spare is made ahead of need. No segment is ever appended to by a second process life: each start begins a new one. */
#include "services/tracker/journal.h"

#include "services/common/arena.h"
#include "services/common/log.h"
#include "services/tracker/journal_sync.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_FORMAT "journal-%016" PRIx64 ".segment"

struct segment {
    uint64_t number;
    uint64_t last_seq; /* 0: it has no records */
    size_t size;
};

struct journal {
    int folder, lock;
    size_t segment_size;
    struct segment *old; /* read at start or written full, oldest first */
    size_t old_count;
    struct segment current, spare; /* number 0: there is none */
    int current_fd, spare_fd;
    uint8_t *map, *spare_map;
    size_t used;   /* bytes of the current segment */
    bool unsynced; /* appended to since the last tick */
    bool lost;     /* a record found no room */
    uint64_t next_seq, next_number;
    char complaint[160];
    struct journal_sync *sync;
};

static void name_of(uint64_t number, char into[48])
{
    snprintf(into, 48, NAME_FORMAT, number);
}

/* 0: the file is none of ours. */
static uint64_t number_of(const char *name)
{
    char ours[48];
    static const char prefix[] = "journal-";
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return 0;
    uint64_t number = strtoull(name + strlen(prefix), NULL, 16);
    name_of(number, ours);
    return strcmp(name, ours) == 0 ? number : 0;
}

/* ---- making segments ---- */

static bool complain(struct journal *journal, const char *what)
{
    if (journal->complaint[0] == '\0')
        log_error("journal cannot grow", "what=\"%s\" errno=%d", what, errno);
    snprintf(journal->complaint, sizeof journal->complaint,
             "The journal cannot grow (%s: %s): make room on the disk; announces go on.", what, strerror(errno));
    return false;
}

/* Opens, gives it its room on disk and maps it. On trouble the file is removed again. */
static bool make_file(struct journal *journal, const char *name, int *fd, uint8_t **map)
{
    *fd = openat(journal->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd < 0)
        return complain(journal, "open");
    int error = posix_fallocate(*fd, 0, (off_t)journal->segment_size);
    *map = error == 0 ? mmap(NULL, journal->segment_size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0) : MAP_FAILED;
    if (*map != MAP_FAILED) {
        madvise(*map, journal->segment_size, MADV_RANDOM); /* no page is to be read ahead of its first record */
        return true;
    }
    if (error != 0)
        errno = error;
    complain(journal, error != 0 ? "reserve" : "map");
    unlinkat(journal->folder, name, 0);
    close(*fd);
    *fd = -1;
    *map = NULL;
    return false;
}

static bool make_spare(struct journal *journal)
{
    char name[48];
    name_of(journal->next_number, name);
    if (!make_file(journal, name, &journal->spare_fd, &journal->spare_map))
        return false;
    journal->spare = (struct segment){.number = journal->next_number++, .size = journal->segment_size};
    journal_head_write(journal->spare.number, journal->spare_map);
    journal_sync_ask(journal->sync, journal->spare_fd);
    journal_sync_ask(journal->sync, journal->folder);
    journal->complaint[0] = '\0';
    return true;
}

static void retire_current(struct journal *journal)
{
    if (journal->current.number == 0)
        return;
    journal_sync_ask(journal->sync, journal->current_fd);
    munmap(journal->map, journal->segment_size);
    close(journal->current_fd);
    journal->old = mem_grow(journal->old, (journal->old_count + 1) * sizeof *journal->old);
    journal->old[journal->old_count++] = journal->current;
    journal->current = (struct segment){0};
    journal->map = NULL;
    journal->current_fd = -1;
}

static bool begin_segment(struct journal *journal)
{
    if (journal->spare.number == 0 && !make_spare(journal))
        return false;
    retire_current(journal);
    journal->current = journal->spare;
    journal->current_fd = journal->spare_fd;
    journal->map = journal->spare_map;
    journal->used = JOURNAL_RECORD_SIZE;
    journal->spare = (struct segment){0};
    journal->spare_map = NULL;
    journal->spare_fd = -1;
    return true;
}

/* ---- reading at start ---- */

static int compare_segments(const void *a, const void *b)
{
    uint64_t x = ((const struct segment *)a)->number, y = ((const struct segment *)b)->number;
    return (x > y) - (x < y);
}

static void list_segments(struct journal *journal)
{
    int fd = dup(journal->folder);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL)
        fatal("Cannot list the state folder: %s.", strerror(errno));
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t number = number_of(entry->d_name);
        if (number == 0)
            continue;
        journal->old = mem_grow(journal->old, (journal->old_count + 1) * sizeof *journal->old);
        journal->old[journal->old_count++] = (struct segment){.number = number};
        if (number >= journal->next_number)
            journal->next_number = number + 1;
    }
    closedir(folder);
    if (journal->old_count > 0)
        qsort(journal->old, journal->old_count, sizeof *journal->old, compare_segments);
}

static size_t read_file(int fd, uint8_t *into, size_t size)
{
    size_t done = 0;
    for (ssize_t n; done < size && (n = read(fd, into + done, size - done)) > 0;)
        done += (size_t)n;
    return done;
}

static void read_segment(struct journal *journal, struct segment *segment, journal_found_fn *found, void *arg,
                         struct journal_findings *findings)
{
    char name[48];
    struct stat about;
    name_of(segment->number, name);
    int fd = openat(journal->folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0 || about.st_size > (off_t)1 << 32) {
        findings->segments++;
        findings->unreadable++;
        log_error("journal segment not read", "file=%s errno=%d", name, errno);
        if (fd >= 0)
            close(fd);
        return;
    }
    struct journal_findings here = {0};
    uint8_t *bytes = mem_take((size_t)about.st_size + 1);
    segment->size = read_file(fd, bytes, (size_t)about.st_size);
    journal_segment_read(bytes, segment->size, found, arg, &here);
    free(bytes);
    close(fd);
    segment->last_seq = here.last_seq;
    findings->segments++;
    findings->unreadable += here.unreadable;
    findings->good += here.good;
    findings->damaged += here.damaged;
    if (here.last_seq > findings->last_seq)
        findings->last_seq = here.last_seq;
    if (here.damaged > 0 || here.unreadable > 0)
        log_warning("journal segment is damaged", "file=%s good=%" PRIu64 " skipped=%" PRIu64, name, here.good,
                    here.damaged);
}

/* ---- life ---- */

static bool claim_folder(struct journal *journal, const char *folder, struct fault *why)
{
    journal->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->folder < 0)
        return fault_set(why, STATUS_internal, "DJEMBE_STATE", "Cannot open the state folder %s: %s.", folder,
                         strerror(errno));
    journal->lock = openat(journal->folder, "journal.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal->lock < 0)
        return fault_set(why, STATUS_internal, "DJEMBE_STATE", "Cannot write to the state folder %s: %s.", folder,
                         strerror(errno));
    if (flock(journal->lock, LOCK_EX | LOCK_NB) != 0)
        return fault_set(why, STATUS_conflict, "DJEMBE_STATE",
                         "Another tracker uses the state folder %s: give each its own, or stop that one.", folder);
    return true;
}

struct journal *journal_open(const char *folder, size_t segment_size, journal_found_fn *found, void *arg,
                             struct journal_findings *findings, struct fault *why)
{
    assert(segment_size / JOURNAL_RECORD_SIZE >= 2);
    struct journal *journal = mem_zero(1, sizeof *journal);
    journal->lock = journal->current_fd = journal->spare_fd = -1;
    journal->segment_size = segment_size - segment_size % JOURNAL_RECORD_SIZE;
    journal->next_number = 1;
    *findings = (struct journal_findings){0};
    if (!claim_folder(journal, folder, why)) {
        journal_close(&journal);
        return NULL;
    }
    list_segments(journal);
    for (size_t i = 0; i < journal->old_count; i++)
        read_segment(journal, &journal->old[i], found, arg, findings);
    journal->next_seq = findings->last_seq + 1;
    journal->sync = journal_sync_new();
    begin_segment(journal);
    return journal;
}

static void remove_segment(struct journal *journal, const struct segment *segment)
{
    char name[48];
    name_of(segment->number, name);
    unlinkat(journal->folder, name, 0);
}

void journal_close(struct journal **journal)
{
    struct journal *j = *journal;
    if (j == NULL)
        return;
    if (j->spare_map != NULL) {
        munmap(j->spare_map, j->segment_size);
        close(j->spare_fd);
        remove_segment(j, &j->spare);
    }
    if (j->sync != NULL)
        retire_current(j);
    journal_sync_destroy(&j->sync);
    if (j->lock >= 0)
        close(j->lock);
    if (j->folder >= 0)
        close(j->folder);
    free(j->old);
    free(j);
    *journal = NULL;
}

uint64_t journal_append(struct journal *journal, const struct session_totals *totals, const struct contact *contact,
                        bool *kept)
{
    uint64_t seq = journal->next_seq++;
    bool full = journal->map == NULL || journal->segment_size - journal->used < JOURNAL_RECORD_SIZE;
    /* While there is no room only the tick tries to make some: announces must not wait for a sick disk. */
    *kept = !full || (!journal->lost && begin_segment(journal));
    if (!*kept) {
        journal->lost = true;
        return seq;
    }
    journal_record_write(seq, totals, contact, journal->map + journal->used);
    journal->used += JOURNAL_RECORD_SIZE;
    journal->current.last_seq = seq;
    journal->unsynced = true;
    return seq;
}

uint64_t journal_next(const struct journal *journal)
{
    return journal->next_seq;
}

void journal_forget(struct journal *journal, uint64_t seq)
{
    size_t gone = 0;
    while (gone < journal->old_count && journal->old[gone].last_seq < seq)
        remove_segment(journal, &journal->old[gone++]);
    if (gone == 0)
        return;
    journal->old_count -= gone;
    memmove(journal->old, journal->old + gone, journal->old_count * sizeof *journal->old);
}

/* Whole pages that were written are not looked at again: they need not count as memory of this process. */
static void let_go_of_pages(const struct journal *journal)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = journal->used / page * page;
    if (whole > 0)
        madvise(journal->map, whole, MADV_DONTNEED);
}

bool journal_tick(struct journal *journal)
{
    if (journal->unsynced && journal->current.number != 0) {
        journal_sync_ask(journal->sync, journal->current_fd);
        let_go_of_pages(journal);
    }
    journal->unsynced = false;
    bool half_full = journal->map == NULL || journal->used > journal->segment_size / 2;
    if (half_full && journal->spare.number == 0)
        make_spare(journal);
    if (!journal->lost || (journal->spare.number == 0 && !make_spare(journal)))
        return false;
    if (journal->map == NULL || journal->segment_size - journal->used < JOURNAL_RECORD_SIZE)
        begin_segment(journal);
    journal->lost = false;
    log_info("journal works again", "segment=%" PRIu64, journal->current.number);
    return true;
}

const char *journal_complaint(const struct journal *journal)
{
    return journal->complaint[0] != '\0' ? journal->complaint : NULL;
}

size_t journal_bytes(const struct journal *journal)
{
    size_t bytes = (journal->current.number != 0 ? journal->segment_size : 0) +
                   (journal->spare.number != 0 ? journal->segment_size : 0);
    for (size_t i = 0; i < journal->old_count; i++)
        bytes += journal->old[i].size;
    return bytes;
}
