/* What a factor is called: "freeleech", "double upload". Pure. */
#ifndef DJEMBE_WEB_FACTOR_LABEL_H
#define DJEMBE_WEB_FACTOR_LABEL_H

#include <stdint.h>

#define FACTOR_LABEL_MAX 80

/* How much of an upload and of a download counts, in percent. Writes NUL-terminated text and returns `into`. */
const char *factor_label(uint64_t upload, uint64_t download, char into[FACTOR_LABEL_MAX]);

#endif
