/* See image_work.h. The file goes in and the answer comes out through files in memory, so that nothing here waits: the
 * loop is told when the process has ended. */
#include "services/catalog/image_work.h"

#include "services/catalog/catalog.h"
#include "services/catalog/image_child.h"
#include "services/common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNING_MOST 2
#define WAITING_MOST 32 /* 10 MiB each at most */
#define MEMBER_MOST 4
#define PATIENCE_MS 20000

static struct image_work *works; /* that run or wait, the oldest first */

static void work_next(void);

/* ---- the end ---- */

static bool refuse(const struct image_answer *answer, struct fault *why)
{
    switch (answer->verdict) {
    case IMAGE_unknown:
        return fault_set(why, STATUS_invalid, "file",
                         "This is no image that is read here: send a JPEG, PNG, GIF or WebP.");
    case IMAGE_moving:
        return fault_set(why, STATUS_invalid, "file", "This WebP moves: send one of its frames.");
    case IMAGE_small:
        return fault_set(why, STATUS_invalid, "file",
                         "This image is %" PRIu32 " × %" PRIu32 " pixels: it must be at least %d wide and high.",
                         answer->width, answer->height, IMAGE_SIDE_LEAST);
    case IMAGE_huge:
        return fault_set(why, STATUS_too_large, "file",
                         "This image is %" PRIu32 " × %" PRIu32
                         " pixels: it may have %d million in all, and %d each way. Make it smaller.",
                         answer->width, answer->height, IMAGE_PIXELS_MOST / 1000000, IMAGE_SIDE_MOST);
    default:
        return fault_set(why, STATUS_invalid, "file",
                         "This image is damaged or cut short: save it anew, or send another.");
    }
}

static void work_done(struct image_work *work, const struct image_answer *answer, const struct fault *why)
{
    struct image_work **at = &works;
    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    work->done(work->owner, answer, why); /* the work goes with it */
    work_next();
}

static struct slice output_read(const struct image_work *work)
{
    struct stat out;
    if (fstat(work->out, &out) != 0 || out.st_size <= 0)
        return (struct slice){0};
    char *bytes = arena_take(work->arena, (size_t)out.st_size);
    ssize_t count = pread(work->out, bytes, (size_t)out.st_size, 0);
    return slice_of(bytes, count > 0 ? (size_t)count : 0);
}

static void on_ended(void *arg, int events)
{
    struct image_work *work = arg;
    struct image_answer answer = {.verdict = IMAGE_damaged};
    struct fault why = {0};
    int status = 0;
    (void)events;
    waitpid(work->child, &status, 0);
    struct slice output = output_read(work);
    loop_unwatch(&work->watch);
    if (work->timer != NULL)
        loop_timer_cancel(&work->timer);
    close(work->end);
    close(work->out);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !image_answer_read(output, &answer)) {
        catalog.image_crashes++;
        log_warning("image process failed", "user=%" PRIu64 " signal=%d status=%d bytes=%zu", work->member,
                    WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                    work->file.size);
        answer.verdict = IMAGE_damaged;
    }
    bool good = answer.verdict == IMAGE_good || refuse(&answer, &why);
    work_done(work, good ? &answer : NULL, good ? NULL : &why);
}

/* ---- the start ---- */

static void on_late(void *arg)
{
    struct image_work *work = arg;
    work->timer = NULL;
    kill(work->child, SIGKILL);
}

/* -1 when there is no memory for it. */
static int file_in_memory(struct slice bytes)
{
    int fd = memfd_create("djembe-image", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, bytes.at, bytes.size) != (ssize_t)bytes.size || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Nothing of ours goes along: no descriptor, no variable, no signal that is blocked or ignored. */
static int child_spawn(int in, int out, pid_t *child)
{
    char *const argv[] = {"djembe-catalog", IMAGE_CHILD_FLAG, NULL}, *const environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t signals;
    sigset_t none, ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&signals);
    posix_spawnattr_setflags(&signals, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&signals, &none);
    posix_spawnattr_setsigdefault(&signals, &ignored);
    int error = posix_spawn(child, "/proc/self/exe", &files, &signals, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&signals);
    return error;
}

static void on_not_started(void *arg)
{
    struct fault why = {0};
    fault_set(&why, STATUS_unavailable, NULL, "Images cannot be read for the moment: try again in a minute.");
    work_done(arg, NULL, &why);
}

static void work_run(struct image_work *work)
{
    int in = file_in_memory(work->file), out = file_in_memory((struct slice){0});
    int error = in >= 0 && out >= 0 ? child_spawn(in, out, &work->child) : errno;
    if (in >= 0)
        close(in);
    work->runs = true;
    work->out = out;
    work->end = error == 0 ? pidfd_open(work->child, 0) : -1;
    if (work->end >= 0) {
        work->watch = loop_watch_fd(service_loop(), work->end, LOOP_READ, on_ended, work);
        work->timer = loop_timer_new(service_loop(), PATIENCE_MS, 0, on_late, work);
        return;
    }
    log_error("image process not started", "error=\"%s\"", strerror(error != 0 ? error : errno));
    if (error == 0) {
        kill(work->child, SIGKILL);
        waitpid(work->child, NULL, 0);
    }
    if (out >= 0)
        close(out);
    loop_timer_new(service_loop(), 0, 0, on_not_started, work);
}

static bool may_run(const struct image_work *work)
{
    unsigned running = 0;
    for (const struct image_work *other = works; other != NULL; other = other->next) {
        running += other->runs;
        if (other->runs && other->member == work->member)
            return false;
    }
    return !work->runs && running < RUNNING_MOST;
}

static void work_next(void)
{
    struct image_work *work = works;
    while (work != NULL && !may_run(work))
        work = work->next;
    if (work != NULL)
        work_run(work);
}

bool image_work_start(struct image_work *work, struct fault *why)
{
    unsigned all = 0, own = 0;
    struct image_work **at = &works;
    for (; *at != NULL; at = &(*at)->next) {
        all++;
        own += (*at)->member == work->member;
    }
    if (all >= WAITING_MOST || own >= MEMBER_MOST)
        return fault_set(why, STATUS_unavailable, NULL, "%s images are being read: send this one again in a minute.",
                         own >= MEMBER_MOST ? "Several of your" : "Many");
    *at = work;
    work_next();
    return true;
}
