/* What the files of one audit share: audit.c (its course), audit_questions.c (what must be known before anybody is
 * dialled). */
#ifndef DJEMBE_RATIO_AUDITOR_AUDIT_PRIVATE_H
#define DJEMBE_RATIO_AUDITOR_AUDIT_PRIVATE_H

#include "services/ratio/audit_plan.h"
#include "services/ratio/auditor/auditor.h"

enum { TARGETS_MAX = 8, AGAIN_MS = 3000, BUSY_ADDRESS_MS = 500 };

enum stage {
    STAGE_asking,   /* questions are under way, or come again at `next_at` */
    STAGE_dialling, /* a link is open, or comes at `next_at` */
    STAGE_waiting,  /* for the holder to dial in */
    STAGE_reporting,
    STAGE_over, /* audits_tick frees it */
};

struct audit {
    struct auditor *auditor;
    struct audit *next;
    uint64_t id, user, version;
    int64_t piece;   /* -1: none has been chosen */
    int64_t refused; /* not to be chosen; -1: any may be */
    uint8_t drawn[8];
    bool inward;

    enum stage stage;
    unsigned questions; /* under way */
    bool has_peers, has_torrent;
    int64_t next_at, waits_until, began_at, ended_at; /* ticks; began_at 0: nobody has been dialled */

    struct endpoint targets[TARGETS_MAX]; /* of port 0: does not listen, but may dial in */
    size_t targets_count, target;
    bool tried_encrypted; /* the present target */
    uint64_t piece_length, length;
    struct wire_goal goal;
    struct link *link;

    enum audit_outcome outcome;
    struct link_end met;
    bool introduced; /* a tracker has taken the introduction */
    bool met_six, dialled_in;
};

/* Asks where the holder is, how the torrent is cut, and for the hash of one piece: then the stage is STAGE_dialling; or
 * STAGE_over, when nobody can be asked for anything. */
void audit_ask(struct audit *audit);

#endif
