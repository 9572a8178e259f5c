/* Who announced lately over UDP, each address in its one place: a scrape has no room for a passkey. Shared by the
 * workers under the tracker's lock. Pure. */
#ifndef DJEMBE_TRACKER_CALLERS_H
#define DJEMBE_TRACKER_CALLERS_H

#include "services/tracker/announce.h"
#include "services/tracker/hash.h"

struct callers;

struct callers *callers_new(const struct hash_key *key);
void callers_destroy(struct callers **callers);

void callers_note(struct callers *callers, const struct address *address, const char passkey[PASSKEY_SIZE]);
/* Empty: that address has not announced, or others in its place have since. */
struct slice callers_passkey(const struct callers *callers, const struct address *address);

#endif
