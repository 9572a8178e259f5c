/* The process: its settings, its life, and asking ratio for work. */
#include "services/ratio/auditor/auditor.h"

#include "services/ratio/audit_plan.h"

#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/service.h"

#include <stdio.h>
#include <string.h>

enum { TICK_MS = 100, ASK_MS = 2000, BATCH_MOST = 64, WAITING_MOST = 256 };
/* A lease must outlast the longest outgoing audit: of a piece of 4 MiB, all addresses tried both ways, reported late.
 */
enum { LONGEST_PIECE = 4 << 20, TRIES_MOST = 16, REPORT_SECONDS = 900 };

static const char *listen_on, *address;
static int64_t connections, connect_time, handshake, unchoke, piece_time, piece_rate, inward;
static struct auditor auditor;
static struct door *door;
static struct loop_timer *ticker;
static bool asking;
static int64_t ask_at;

static const struct option options[] = {
    {.name = "DJEMBE_AUDITOR_LISTEN",
     .kind = OPTION_address,
     .into = &listen_on,
     .standard = "127.0.0.1:6970",
     .help = "Where holders who cannot be reached dial in; the auditor dials from that address, too."},
    {.name = "DJEMBE_AUDITOR_ADDRESS",
     .kind = OPTION_text,
     .into = &address,
     .standard = "",
     .low = 0,
     .high = 200,
     .help = "What they dial, as the internet sees it: IPv4:PORT, [IPv6]:PORT or both with a comma; empty: where it "
             "listens."},
    {.name = "DJEMBE_AUDITOR_CONNECTIONS",
     .kind = OPTION_number,
     .into = &connections,
     .standard = "32",
     .low = 1,
     .high = 1000,
     .help = "How many copies are audited at once."},
    {.name = "DJEMBE_AUDITOR_CONNECT",
     .kind = OPTION_seconds,
     .into = &connect_time,
     .standard = "10",
     .low = 1,
     .high = 300,
     .help = "How long a connection to a client may take."},
    {.name = "DJEMBE_AUDITOR_HANDSHAKE",
     .kind = OPTION_seconds,
     .into = &handshake,
     .standard = "10",
     .low = 1,
     .high = 300,
     .help = "How long its handshake may take then."},
    {.name = "DJEMBE_AUDITOR_UNCHOKE",
     .kind = OPTION_seconds,
     .into = &unchoke,
     .standard = "120",
     .low = 1,
     .high = 3600,
     .help = "How long a client may take until it lets the auditor have something."},
    {.name = "DJEMBE_AUDITOR_PIECE",
     .kind = OPTION_seconds,
     .into = &piece_time,
     .standard = "60",
     .low = 1,
     .high = 3600,
     .help = "How long a piece may take, besides what its size asks for."},
    {.name = "DJEMBE_AUDITOR_RATE",
     .kind = OPTION_bytes,
     .into = &piece_rate,
     .standard = "4K",
     .low = 1024,
     .high = 1 << 30,
     .help = "How many bytes a second a piece must come with, beyond that time."},
    {.name = "DJEMBE_AUDITOR_INWARD",
     .kind = OPTION_seconds,
     .into = &inward,
     .standard = "65m",
     .low = 5,
     .high = 21600,
     .help = "How long a holder who was asked to dial in is waited for: two announce intervals."},
    {.name = NULL},
};

/* ---- work ---- */

static void on_due(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct ratio_audit_due_reply *told = reply;
    (void)arg;
    (void)body;
    asking = false;
    if (why != NULL || auditor.stopping)
        return;
    size_t count = rows_count(told->audits);
    for (size_t i = 0; i < count; i++) {
        struct audit_due due;
        if (row_read(&audit_due_row, &due, rows_at(told->audits, i), NULL))
            audit_begin(&auditor, &due);
    }
    if (count > 0)
        ask_at = 0; /* there may be more */
}

static int64_t lease_seconds(void)
{
    return inward + TRIES_MOST * (connect_time + handshake) + unchoke + piece_time + LONGEST_PIECE / piece_rate +
           REPORT_SECONDS;
}

static void ask(int64_t now)
{
    int64_t room = connections - (auditor.count - auditor.waiting);
    if (auditor.waiting > WAITING_MOST - BATCH_MOST)
        room = 0;
    if (asking || room <= 0 || now < ask_at)
        return;
    asking = true;
    ask_at = now + ASK_MS;
    const struct ratio_audit_due due = {.most = (uint64_t)(room < BATCH_MOST ? room : BATCH_MOST),
                                        .lease = (uint64_t)lease_seconds()};
    bus_ask(auditor.bus, NULL, &ratio_audit_due_message, &due, NULL, on_due, NULL);
}

static void on_tick(void *arg)
{
    int64_t now = clock_ticks();
    (void)arg;
    door_tick(door, now);
    audits_tick(&auditor, now);
    ask(now);
}

/* ---- life ---- */

static bool read_public(struct slice text, struct fault *why)
{
    struct endpoint read;
    if (!endpoint_read(text, &read) || endpoint_is_any(&read))
        return fault_set(why, STATUS_invalid, "DJEMBE_AUDITOR_ADDRESS",
                         "DJEMBE_AUDITOR_ADDRESS is \"%.*s\", but it must be IPv4:PORT, [IPv6]:PORT or both with a "
                         "comma between.",
                         SLICE_ARGS(text));
    *(endpoint_is_six(&read) ? &auditor.public6 : &auditor.public4) = read;
    return true;
}

/* Where it listens is also where it dials from, and where it is dialled unless something else is said; not so when that
 * is every address. */
static bool read_addresses(struct fault *why)
{
    struct endpoint local;
    if (endpoint_read(slice_text(listen_on), &local) && !endpoint_is_any(&local)) {
        *(endpoint_is_six(&local) ? &auditor.local6 : &auditor.local4) = local;
        if (*address == '\0')
            *(endpoint_is_six(&local) ? &auditor.public6 : &auditor.public4) = local;
    }
    for (const char *at = address; *at != '\0';) {
        size_t size = strcspn(at, ",");
        if (!read_public(slice_of(at, size), why))
            return false;
        at += size + (at[size] == ',');
    }
    return true;
}

static bool start(struct fault *why)
{
    auditor.loop = service_loop();
    auditor.bus = service_bus();
    auditor.connect_ms = connect_time * 1000;
    auditor.handshake_ms = handshake * 1000;
    auditor.unchoke_ms = unchoke * 1000;
    auditor.fetch_ms = piece_time * 1000;
    auditor.fetch_rate = piece_rate;
    auditor.inward_ms = inward * 1000;
    if (!read_addresses(why))
        return false;
    auditor.encrypts = mse_start();
    if (!auditor.encrypts)
        log_warning("this OpenSSL has no RC4: clients that require encryption cannot be audited", "");
    door = door_new(&auditor, listen_on, why);
    if (door == NULL)
        return false;
    ticker = loop_timer_new(auditor.loop, TICK_MS, TICK_MS, on_tick, NULL);
    return true;
}

/* What is under way is given out again when its lease has ended. */
static void stop(void)
{
    auditor.stopping = true;
    loop_timer_cancel(&ticker);
    audits_end(&auditor);
    door_destroy(&door);
}

static const char *unhealthy(void)
{
    return auditor.encrypts
               ? NULL
               : "this OpenSSL has no RC4 (its legacy provider): clients that require encryption cannot be "
                 "audited";
}

static void metrics(struct buffer *into)
{
    for (int i = 0; i < AUDIT_OUTCOMES; i++) {
        char labels[40];
        snprintf(labels, sizeof labels, "outcome=\"%s\"", audit_outcome_names[i]);
        metric_counter(into, "auditor_audits_total", labels, auditor.total.outcomes[i],
                       i == 0 ? "Audits by what was met." : NULL);
    }
    metric_counter(into, "auditor_dialled_total", NULL, auditor.total.dialled, "Connections begun.");
    metric_counter(into, "auditor_accepted_total", NULL, auditor.total.accepted,
                   "Connections of holders who dialled in.");
    metric_counter(into, "auditor_encrypted_total", NULL, auditor.total.encrypted,
                   "Audits over encrypted connections.");
    metric_counter(into, "auditor_received_bytes_total", NULL, auditor.total.received, "Bytes of pieces.");
    metric_counter(into, "auditor_reports_repeated_total", NULL, auditor.total.unreported,
                   "Reports that ratio could not take at once.");
    metric_gauge(into, "auditor_audits", NULL, auditor.count, "Audits under way.");
    metric_gauge(into, "auditor_waiting", NULL, auditor.waiting, "Of these: wait for the holder to dial in.");
}

int auditor_main(int argc, char **argv)
{
    const struct service service = {
        .name = "auditor",
        .program = "djembe-ratio --auditor",
        .admin_port = 9105,
        .options = options,
        .only_asks = true,
        .start = start,
        .stop = stop,
        .unhealthy = unhealthy,
        .metrics = metrics,
    };
    int status = service_main(argc, argv, &service);
    audits_free(&auditor);
    mse_stop();
    return status;
}
