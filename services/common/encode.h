/* Text forms of bytes: hex, base32 (RFC 4648, lower case, no padding), percent-encoding (RFC 3986). utf8_valid is in
 * proto/slice.h, where the codec needs it. */
#ifndef DJEMBE_COMMON_ENCODE_H
#define DJEMBE_COMMON_ENCODE_H

#include "proto/slice.h"

/* Lower-case hex; `into` holds 2 * from.size + 1 bytes and is NUL-terminated. */
void hex_write(struct slice from, char *into);
/* False unless `from` is exactly 2 * size hex digits of either case. */
bool hex_read(struct slice from, void *into, size_t size);

/* `into` holds (from.size * 8 + 4) / 5 + 1 bytes. 20 bytes give 32 letters. */
void base32_write(struct slice from, char *into);
bool base32_read(struct slice from, void *into, size_t size);

/* Decodes %XX in either case; everything else, `+` included, stands for itself. Returns the decoded size, or SIZE_MAX
 * when it does not fit in `size` or an escape is cut or not hex. */
size_t percent_read(struct slice from, void *into, size_t size);
/* Encodes all but unreserved letters; `into` holds 3 * from.size + 1 bytes. Returns the length. */
size_t percent_write(struct slice from, char *into);

/* Random bytes from OpenSSL's generator. */
void random_bytes(void *into, size_t size);

/* Same bytes? Takes equal time whatever they are. */
bool secret_equal(struct slice a, struct slice b);

#endif
