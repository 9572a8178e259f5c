/* djembe-ratio --auditor: a process of its own that audits copies (RULES 2.11). It knows no rules and keeps nothing:
 * ratio gives out what is due, and is told what was met. */
#ifndef DJEMBE_RATIO_AUDITOR_AUDITOR_H
#define DJEMBE_RATIO_AUDITOR_AUDITOR_H

#include "services/common/bus.h"
#include "services/ratio/auditor/link.h"

int auditor_main(int argc, char **argv);

struct audit;

struct auditor {
    struct loop *loop;
    struct bus *bus;
    struct endpoint local4, local6;   /* from which it dials; of size 0: any */
    struct endpoint public4, public6; /* under which holders can dial it; of size 0: they cannot */
    int64_t connect_ms, handshake_ms, unchoke_ms, fetch_ms, fetch_rate, inward_ms;
    bool encrypts;
    bool stopping;
    struct audit *audits;    /* under way */
    unsigned count, waiting; /* of these: wait for the holder to dial in */
    struct {
        uint64_t outcomes[8]; /* by enum audit_outcome */
        uint64_t dialled, accepted, encrypted, received, unreported;
    } total;
};

/* audit.c: one audit, from what ratio gave out to the report. It frees itself when that is acknowledged. */
void audit_begin(struct auditor *auditor, const struct audit_due *due);
void audits_tick(struct auditor *auditor, int64_t now);
void audits_end(struct auditor *auditor);  /* closes all connections; leases end by themselves */
void audits_free(struct auditor *auditor); /* when no question is under way any more */
/* A peer that dialled in, for the audit that waits for it. */
bool audits_know(void *auditor, const uint8_t mark[20], uint8_t info_hash[20]);
bool audits_claim(void *auditor, struct link *link, const uint8_t info_hash[20], struct wire_goal *goal);

/* door.c: where holders dial in. NULL with `why` when it cannot listen. */
struct door;
struct door *door_new(struct auditor *auditor, const char *address, struct fault *why);
void door_tick(struct door *door, int64_t now);
void door_destroy(struct door **door);

#endif
