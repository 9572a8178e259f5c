/* Numbers and times as people read them. Pure; no floating point. Every function writes NUL-terminated text of at most
 * FORMAT_MAX - 1 bytes and returns `into`. */
#ifndef DJEMBE_WEB_FORMAT_H
#define DJEMBE_WEB_FORMAT_H

#include "proto/slice.h"

#include <stdint.h>

#define FORMAT_MAX 48

/* Binary units with one digit behind the point below 100: "512 B", "1.4 GiB", "312 MiB". */
const char *format_size(uint64_t bytes, char into[FORMAT_MAX]);

/* The same, never more and never less than it is: for what is earned, and for what is owed. */
const char *format_size_down(uint64_t bytes, char into[FORMAT_MAX]);
const char *format_size_up(uint64_t bytes, char into[FORMAT_MAX]);

/* Thousands apart: "1,503,238,553". */
const char *format_number(uint64_t value, char into[FORMAT_MAX]);

/* "just now", "3 hours ago", "in 2 days"; "never" for 0. */
const char *format_relative(int64_t unix_ms, int64_t now, char into[FORMAT_MAX]);

/* How long, in the two largest units: "3 days 4 h", "12 min", "below a minute". */
const char *format_span(uint64_t seconds, char into[FORMAT_MAX]);

/* "2026-11-23T06:20:00Z", for <time datetime>. */
const char *format_iso(int64_t unix_ms, char into[FORMAT_MAX]);

/* "23 Nov 2026, 06:20 UTC". */
const char *format_stamp(int64_t unix_ms, char into[FORMAT_MAX]);

/* Uploaded by downloaded, cut (never rounded up) to two digits: "1.37"; "∞" when nothing was downloaded, "–" when
 * nothing was moved. */
const char *format_ratio(uint64_t uploaded, uint64_t downloaded, char into[FORMAT_MAX]);

/* "Firefox on Linux" from a User-Agent header; what is no known browser's is shown as it is, cut to fit. */
const char *format_agent(struct slice agent, char into[FORMAT_MAX]);

#endif
