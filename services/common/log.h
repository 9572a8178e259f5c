/* Log: one logfmt line an event, on stderr. The only way in which a daemon logs.
 *
 *   log_info("member added", "user=%" PRIu64 " class=%s", user, class);
 *   -> time=2026-11-23T06:20:00.123Z level=info service=web msg="member added" user=7 class=member
 *
 * Values that may hold spaces or come from outside go through log_quote. Never log an error and return it too. */
#ifndef DJEMBE_COMMON_LOG_H
#define DJEMBE_COMMON_LOG_H

#include "proto/slice.h"

enum log_level { LOG_LEVEL_debug, LOG_LEVEL_info, LOG_LEVEL_warning, LOG_LEVEL_error };

/* Called once, before anything logs. `service` is borrowed for ever. */
void log_start(const char *service, enum log_level least);

/* The trace id of the request being handled, added to each line until it is set to "" again. At most 16 letters. */
void log_trace(const char *trace);

void log_write(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_write(LOG_LEVEL_debug, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_info, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_warning, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_error, __VA_ARGS__)

/* `text` in double quotes, control bytes and quotes escaped, cut at `size`; returns `into`. */
const char *log_quote(struct slice text, char *into, size_t size);

/* The newest error logged, for /healthz; "" when there was none. `at` (may be NULL) gets its unix ms. */
const char *log_last_error(int64_t *at);

/* The world is broken at start (a wrong option, a port taken): one line on stderr, exit status 1. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
