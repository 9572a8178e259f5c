/* Any bytes as a journal segment: read, and what is good in them taken into sessions and outbox as at a start. Records
 * are sealed first where the input says so, for no fuzzer guesses a checksum. */
#include "services/tracker/journal_record.h"
#include "services/tracker/outbox.h"
#include "services/tracker/registry.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
    struct registry *registry;
    struct sessions *sessions;
    struct outbox *outbox;
    uint64_t rows;
};

static void found(void *arg, uint64_t seq, const struct session_totals *totals, const struct contact *contact)
{
    (void)contact;
    struct memory *memory = arg;
    struct session_change change;
    uint32_t session = sessions_restore(memory->sessions, totals, &change);
    if (change.fell)
        outbox_close_epoch(memory->outbox, &change.closed, seq);
    struct session_totals kept;
    sessions_get(memory->sessions, session, &kept);
    assert(memcmp(kept.peer_id, totals->peer_id, PEER_ID_SIZE) == 0 && kept.user == totals->user);
    assert(!change.took || (kept.up == totals->up && kept.left == totals->left && kept.seen_at == totals->seen_at));
    outbox_add(memory->outbox, session, seq);
    memory->rows++;
}

/* The first byte of a record decides whether the rest becomes a good one. */
static void seal_some(uint8_t *at, size_t size)
{
    for (size_t place = 0; place + JOURNAL_RECORD_SIZE <= size; place += JOURNAL_RECORD_SIZE) {
        struct session_totals totals;
        uint8_t *record = at + place;
        if ((record[0] & 1) == 0)
            continue;
        struct contact contact;
        memcpy(&totals, record + 16, sizeof totals);
        memcpy(&contact, record + 16 + sizeof totals, sizeof contact);
        journal_record_write(record[1] + UINT64_C(1), &totals, &contact, record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory memory = {.registry = registry_new(&(struct hash_key){3, 4})};
    struct journal_findings findings = {0};
    const struct session_totals *rows;
    memory.sessions = sessions_new(&(struct hash_key){1, 2}, memory.registry);
    memory.outbox = outbox_new(memory.sessions);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    seal_some(copy, size);
    journal_segment_read(copy, size, found, &memory, &findings);
    assert(findings.good == memory.rows);
    assert((outbox_batch(memory.outbox, OUTBOX_BATCH_MAX, &rows) > 0) == (memory.rows > 0));
    free(copy);
    outbox_destroy(&memory.outbox);
    sessions_destroy(&memory.sessions);
    registry_destroy(&memory.registry);
    return 0;
}
