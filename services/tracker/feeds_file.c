/* A new file is written beside the old one, put on disk, and then takes its name: a process killed at any moment leaves
 * one of the two. */
#include "services/tracker/feeds_file.h"

#include "services/common/arena.h"
#include "services/common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define FILE_MOST ((off_t)1 << 32)

struct feeds_file {
    char path[PATH_SIZE], fresh[PATH_SIZE];
    struct buffer image; /* the thread's, while it runs */
    pthread_t thread;
    bool started;
    atomic_bool done;
};

struct feeds_file *feeds_file_new(const char *folder)
{
    struct feeds_file *file = mem_zero(1, sizeof *file);
    snprintf(file->path, sizeof file->path, "%s/feeds.state", folder);
    snprintf(file->fresh, sizeof file->fresh, "%s/feeds.state.new", folder);
    return file;
}

void feeds_file_wait(struct feeds_file *file)
{
    if (file->started)
        pthread_join(file->thread, NULL);
    file->started = false;
}

void feeds_file_destroy(struct feeds_file **file)
{
    if (*file == NULL)
        return;
    feeds_file_wait(*file);
    free(*file);
    *file = NULL;
}

/* ---- reading ---- */

static size_t read_whole(int fd, char *into, size_t size)
{
    size_t done = 0;
    for (ssize_t n; done < size && (n = read(fd, into + done, size - done)) > 0;)
        done += (size_t)n;
    return done;
}

void feeds_file_read(struct feeds_file *file, struct tracker *tracker, struct feed_place places[FEED_count])
{
    struct stat about;
    memset(places, 0, FEED_count * sizeof *places);
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return;
    char *bytes =
        fd >= 0 && fstat(fd, &about) == 0 && about.st_size < FILE_MOST ? mem_take((size_t)about.st_size + 1) : NULL;
    size_t size = bytes != NULL ? read_whole(fd, bytes, (size_t)about.st_size) : 0;
    if (feeds_image_read(slice_of(bytes, size), tracker, places)) {
        log_info("what the feeds had told is known from a file", "members=%u torrents=%u",
                 registry_members_count(tracker->registry), registry_torrents_count(tracker->registry));
    } else {
        memset(places, 0, FEED_count * sizeof *places);
        log_warning("the file of what the feeds had told is damaged and not used", "file=%s", file->path);
    }
    free(bytes);
    if (fd >= 0)
        close(fd);
}

/* ---- writing ---- */

static bool write_whole(int fd, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t n = write(fd, bytes.at, bytes.size);
        if (n < 0)
            return false;
        bytes = slice_of(bytes.at + n, bytes.size - (size_t)n);
    }
    return fsync(fd) == 0;
}

static void *run(void *arg)
{
    struct feeds_file *file = arg;
    int fd = open(file->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_whole(fd, buffer_slice(&file->image));
    int error = errno;
    if (fd >= 0 && close(fd) != 0)
        good = false;
    if (good && rename(file->fresh, file->path) != 0) {
        error = errno;
        good = false;
    }
    if (!good) {
        log_warning("what the feeds have told is not on file", "file=%s errno=%d", file->path, error);
        unlink(file->fresh);
    }
    buffer_free(&file->image);
    atomic_store(&file->done, true);
    return NULL;
}

bool feeds_file_is_busy(struct feeds_file *file)
{
    return file->started && !atomic_load(&file->done);
}

bool feeds_file_write(struct feeds_file *file, struct buffer *image)
{
    if (feeds_file_is_busy(file))
        return false;
    feeds_file_wait(file);
    file->image = *image;
    *image = (struct buffer){0};
    atomic_store(&file->done, false);
    file->started = pthread_create(&file->thread, NULL, run, file) == 0;
    if (!file->started)
        buffer_free(&file->image);
    return file->started;
}
