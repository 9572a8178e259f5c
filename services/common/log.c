/* One line an event, written with one write(2) so that lines of several daemons on one terminal do not mix. A line
 * stays one line whatever a caller puts into it: control bytes are replaced. */
#include "services/common/log.h"
#include "services/common/clock.h"
#include "services/common/encode.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 4096

static struct {
    const char *service;
    enum log_level least;
    pthread_mutex_t lock; /* over the last error: any thread may log */
    char last_error[256];
    int64_t last_error_at;
} log_state = {.service = "djembe", .least = LOG_LEVEL_info, .lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local char trace_now[17];

static const char *const level_names[] = {
    [LOG_LEVEL_debug] = "debug",
    [LOG_LEVEL_info] = "info",
    [LOG_LEVEL_warning] = "warning",
    [LOG_LEVEL_error] = "error",
};

void log_start(const char *service, enum log_level least)
{
    log_state.service = service;
    log_state.least = least;
}

void log_trace(const char *trace)
{
    snprintf(trace_now, sizeof trace_now, "%s", trace != NULL ? trace : "");
}

/* Appends and returns the new length, at most size - 1. */
static size_t append(char *line, size_t used, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static size_t append(char *line, size_t used, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + used, size - used, format, args);
    va_end(args);
    assert(more >= 0);
    return (size_t)more < size - used ? used + (size_t)more : size - 1;
}

static size_t append_head(char *line, size_t size, enum log_level level, const char *event)
{
    int64_t now = clock_now();
    time_t seconds = now / 1000;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char at[32], quoted[256];
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &parts);
    size_t used = append(line, 0, size, "time=%s.%03dZ level=%s service=%s msg=%s", at, (int)(now % 1000),
                         level_names[level], log_state.service, log_quote(slice_text(event), quoted, sizeof quoted));
    if (trace_now[0] != '\0')
        used = append(line, used, size, " trace=%s", trace_now);
    return used;
}

static void remember_error(const char *event, const char *fields)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.last_error_at = clock_now();
    snprintf(log_state.last_error, sizeof log_state.last_error, "%s%s%s", event, *fields != '\0' ? " " : "", fields);
    pthread_mutex_unlock(&log_state.lock);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    if (level < log_state.least)
        return;
    char line[LINE_SIZE];
    size_t room = sizeof line - 1; /* for the line's end */
    size_t used = append_head(line, room, level, event);
    size_t head = used;
    if (format != NULL && *format != '\0') {
        used = append(line, used, room, " ");
        va_list args;
        va_start(args, format);
        int more = vsnprintf(line + used, room - used, format, args);
        va_end(args);
        assert(more >= 0);
        used = (size_t)more < room - used ? used + (size_t)more : room - 1;
    }
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    if (level == LOG_LEVEL_error)
        remember_error(event, used > head ? line + head + 1 : "");
    line[used++] = '\n';
    /* A log that cannot be written must not stop the work: nothing can be done about it here. */
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
}

/* How many bytes from `at` on make one whole UTF-8 letter; 0 when they make none. */
static size_t letter_size(struct slice text, size_t at)
{
    for (size_t size = 1; size <= 4 && at + size <= text.size; size++)
        if (utf8_valid(slice_of(text.at + at, size)))
            return size;
    return 0;
}

/* The escape of the letter at `at`, or the letter itself, in `into` (5 bytes); gives how many bytes of text it covers.
 */
static size_t quote_letter(struct slice text, size_t at, char into[5])
{
    unsigned char byte = (unsigned char)text.at[at];
    size_t size = letter_size(text, at);
    if (byte == '"' || byte == '\\')
        snprintf(into, 5, "\\%c", byte);
    else if (byte == '\n')
        snprintf(into, 5, "\\n");
    else if (byte < ' ' || byte == 0x7f || size == 0)
        snprintf(into, 5, "\\x%02x", byte);
    else
        snprintf(into, 5, "%.*s", (int)size, text.at + at);
    return size > 0 ? size : 1;
}

const char *log_quote(struct slice text, char *into, size_t size)
{
    assert(size >= 3);
    size_t used = 0;
    into[used++] = '"';
    for (size_t i = 0; i < text.size;) {
        char letter[5] = "";
        i += quote_letter(text, i, letter);
        size_t length = strlen(letter);
        if (used + length + 2 > size)
            break;
        memcpy(into + used, letter, length);
        used += length;
    }
    into[used++] = '"';
    into[used] = '\0';
    return into;
}

const char *log_last_error(int64_t *at)
{
    static _Thread_local char text[sizeof log_state.last_error];
    pthread_mutex_lock(&log_state.lock);
    if (at != NULL)
        *at = log_state.last_error_at;
    memcpy(text, log_state.last_error, sizeof text);
    pthread_mutex_unlock(&log_state.lock);
    return text;
}

void fatal(const char *format, ...)
{
    char text[1024], quoted[1100];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(LOG_LEVEL_error, "cannot go on", "reason=%s", log_quote(slice_text(text), quoted, sizeof quoted));
    fflush(stdout);
    /* No atexit handlers: the messaging library's would wait for sockets that nobody will close any more. */
    _exit(1);
}
