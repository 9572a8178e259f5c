/* Each rule has a threshold below which ordinary clients stray: doubled announces, rechecks of a piece or two. */
#include "services/ratio/evidence.h"

/* Reports of both families come within ms of each other: no rate is taken over less than this. */
static const int64_t shortest_ms = 10000;
/* Pieces that failed their hash, or a recheck of a file that was being written. */
static const uint64_t pieces = UINT64_C(64) << 20;

const char *evidence_name(enum evidence_kind kind)
{
    static const char *const names[EVIDENCE_count] = {"alone", "rate", "left", "balance"};
    return names[kind];
}

static uint64_t most_of(const struct evidence_rules *rules, int64_t span)
{
    uint64_t ms = (uint64_t)(span > shortest_ms ? span : shortest_ms);
    uint64_t limit = (uint64_t)rules->rate_limit;
    return ms / 1000 > ID_MAX / limit ? ID_MAX : ms / 1000 * limit;
}

static bool is_left_known(uint64_t left)
{
    return left < ID_MAX;
}

size_t evidence_find(const struct evidence_rules *rules, const struct credit_state *before,
                     const struct session_total *row, const struct credit_gain *gain,
                     struct evidence into[EVIDENCE_EACH])
{
    size_t count = 0;
    if (before->seen_at == 0) /* its first report: there is nothing to compare with */
        return 0;
    int64_t span = row->seen_at > before->seen_at ? row->seen_at - before->seen_at : 0;
    struct evidence common = {.user = row->user, .torrent = row->torrent, .at = row->seen_at, .span = span};
    uint64_t moved = gain->up > gain->down ? gain->up : gain->down, most = most_of(rules, span);
    if (gain->up > 0) {
        into[count] = common;
        into[count].kind = EVIDENCE_alone;
        into[count].unexplained = into[count].claimed = gain->up;
        into[count++].since = before->seen_at - 2 * rules->interval * 1000;
    }
    if (moved > most) {
        into[count] = common;
        into[count].kind = EVIDENCE_rate;
        into[count].claimed = moved;
        into[count].possible = most;
        into[count++].unexplained = moved - most;
    }
    if (is_left_known(before->left) && is_left_known(row->left) && row->left > before->left &&
        row->left - before->left > pieces && row->epoch == before->epoch) {
        into[count] = common;
        into[count].kind = EVIDENCE_left;
        into[count].claimed = row->left;
        into[count].possible = before->left;
        into[count++].unexplained = row->left - before->left;
    }
    return count;
}

struct span seeding_between(const struct evidence_rules *rules, const struct credit_state *before,
                            const struct session_total *row)
{
    struct span none = {0, 0};
    if (before->seen_at == 0 || before->left != 0 || before->stopped || row->seen_at <= before->seen_at ||
        row->seen_at - before->seen_at > 2 * rules->interval * 1000)
        return none;
    return (struct span){before->seen_at, row->seen_at};
}

void seeding_add(struct span *covered, struct span more, int64_t *counted)
{
    if (more.to <= more.from)
        return;
    if (covered->to <= covered->from) {
        *covered = more;
        *counted += more.to - more.from;
        return;
    }
    struct span both = {more.from < covered->from ? more.from : covered->from,
                        more.to > covered->to ? more.to : covered->to};
    bool apart = more.from > covered->to || more.to < covered->from;
    *counted += apart ? more.to - more.from : (both.to - both.from) - (covered->to - covered->from);
    *covered = both;
}
