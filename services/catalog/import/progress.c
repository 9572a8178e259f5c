/* See progress.h. */
#include "services/catalog/import/progress.h"

#include "services/common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define DRAW_MS 200
#define LINE_MS 10000

static int percent(const struct progress *progress)
{
    return progress->total == 0 ? 100 : (int)((double)progress->done * 100 / (double)progress->total);
}

/* By how it went up to now; -1: nothing is known yet. */
static int64_t seconds_left(const struct progress *progress, int64_t now)
{
    uint64_t done = progress->done - progress->begun_with;
    if (done == 0)
        return -1;
    return (int64_t)((double)(now - progress->begun_at) / 1000 * (double)(progress->total - progress->done) /
                     (double)done);
}

void progress_write(const struct progress *progress, int64_t now, char *into, size_t size)
{
    static const char full[] = "##############################", empty[] = "..............................";
    int filled = percent(progress) * BAR_WIDTH / 100;
    int64_t left = seconds_left(progress, now);
    int wrote = 0;
    if (progress->terminal)
        wrote = snprintf(into, size, "[%.*s%.*s] ", filled, full, BAR_WIDTH - filled, empty);
    wrote += snprintf(into + wrote, size - (size_t)wrote, "%s: %" PRIu64 " of %" PRIu64 ", %d %%", progress->what,
                      progress->done, progress->total, percent(progress));
    if (left >= 0 && progress->done < progress->total)
        snprintf(into + wrote, size - (size_t)wrote, ", %" PRId64 ":%02d:%02d left", left / 3600, (int)(left / 60 % 60),
                 (int)(left % 60));
}

static void tell(struct progress *progress, int64_t now)
{
    char text[200];
    progress_write(progress, now, text, sizeof text);
    fprintf(stderr, progress->terminal ? "\r\033[K%s" : "%s\n", text);
    progress->told_at = now;
}

void progress_begin(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    int64_t now = clock_ticks();
    *progress = (struct progress){.what = what,
                                  .done = done,
                                  .total = total,
                                  .begun_with = done,
                                  .begun_at = now,
                                  .terminal = isatty(STDERR_FILENO) == 1};
    tell(progress, now);
}

void progress_to(struct progress *progress, uint64_t done)
{
    int64_t now = clock_ticks();
    progress->done = done;
    if (now - progress->told_at >= (progress->terminal ? DRAW_MS : LINE_MS))
        tell(progress, now);
}

void progress_end(struct progress *progress)
{
    progress->done = progress->total;
    tell(progress, clock_ticks());
    if (progress->terminal)
        fputc('\n', stderr);
}

void progress_clear(const struct progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
}
