/* Rows as they come over the bus, sorted into sessions and into what each member gains. */
#include "services/ratio/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t now = 1790000000000;
static const char peers[2][21] = {"-AA0001-000000000000", "-BB0001-000000000000"};

struct wire {
    msgpack_sbuffer buffer;
    msgpack_zone *zone;
    msgpack_object object;
    struct tree rows;
};

static struct session_total row_of(uint64_t user, uint64_t torrent, int peer, uint64_t up)
{
    return (struct session_total){.user = user,
                                  .torrent = torrent,
                                  .peer_id = slice_of(peers[peer], 20),
                                  .epoch = 1000,
                                  .up = up,
                                  .left = 5,
                                  .seen_at = now - 1000};
}

static void wire_fill(struct wire *wire, const struct session_total *rows, size_t count)
{
    msgpack_packer packer;
    struct fault why = {0};
    msgpack_sbuffer_init(&wire->buffer);
    msgpack_packer_init(&packer, &wire->buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++)
        row_pack(&session_total_row, &rows[i], &packer);
    wire->zone = msgpack_zone_new(4096);
    struct slice packed = slice_of(wire->buffer.data, wire->buffer.size);
    assert_true(object_read(packed, packed.size, wire->zone, &wire->object, &why));
    wire->rows = (struct tree){.object = &wire->object};
}

static void wire_clear(struct wire *wire)
{
    msgpack_zone_free(wire->zone);
    msgpack_sbuffer_destroy(&wire->buffer);
}

static void read_rows(struct wire *wire, struct batch *batch, const struct session_total *rows, size_t count)
{
    struct fault why = {0};
    wire_fill(wire, rows, count);
    assert_true(batch_read(batch, wire->rows, now, &why));
}

static void rows_are_sorted_into_sessions_and_entries(void **state)
{
    (void)state;
    struct wire wire;
    struct batch batch;
    read_rows(
        &wire, &batch,
        (struct session_total[]){row_of(2, 1, 0, 7), row_of(1, 9, 1, 20), row_of(1, 9, 0, 10), row_of(1, 8, 0, 1)}, 4);
    assert_int_equal(batch.sessions_count, 4);
    assert_int_equal(batch.sessions[0].torrent, 8);
    assert_int_equal(batch.sessions[3].user, 2);
    assert_int_equal(batch_apply(&batch), 4);
    assert_int_equal(batch.entries_count, 3);
    assert_int_equal(batch.entries[1].torrent, 9);
    assert_int_equal(batch.entries[1].gain.up, 30); /* two clients of one member */
    batch_free(&batch);
    wire_clear(&wire);
}

static void a_session_that_stands_twice_is_applied_in_order(void **state)
{
    (void)state;
    struct session_total closing = row_of(1, 1, 0, 100), fallen = row_of(1, 1, 0, 30);
    fallen.epoch = 2000;
    fallen.base_up = 10;
    struct wire wire;
    struct batch batch;
    read_rows(&wire, &batch, (struct session_total[]){fallen, closing, closing}, 3);
    assert_int_equal(batch.sessions_count, 1);
    assert_int_equal(batch_apply(&batch), 2);
    assert_int_equal(batch.entries[0].gain.up, 120);
    assert_int_equal(batch.sessions[0].state.up, 30);
    batch_free(&batch);
    wire_clear(&wire);
}

static void applied_again_after_a_rewind_it_comes_out_the_same(void **state)
{
    (void)state;
    struct wire wire;
    struct batch batch;
    read_rows(&wire, &batch, (struct session_total[]){row_of(1, 1, 0, 100)}, 1);
    assert_int_equal(batch_apply(&batch), 1);
    assert_int_equal(batch_apply(&batch), 0); /* its state is stored now */
    batch_rewind(&batch);
    assert_int_equal(batch_apply(&batch), 1);
    assert_int_equal(batch.entries[0].gain.up, 100);
    batch_free(&batch);
    wire_clear(&wire);
}

static void completed_is_told_once_an_entry(void **state)
{
    (void)state;
    struct session_total rows[] = {row_of(1, 1, 0, 1), row_of(1, 1, 1, 1), row_of(1, 2, 0, 1)};
    rows[0].flags = SESSION_COMPLETED;
    rows[1].flags = SESSION_COMPLETED | SESSION_STOPPED;
    struct wire wire;
    struct batch batch;
    read_rows(&wire, &batch, rows, 3);
    batch_apply(&batch);
    assert_int_equal(batch.entries_count, 2);
    assert_int_equal(batch.entries[0].completed_at, now - 1000);
    assert_int_equal(batch.entries[1].completed_at, 0);
    batch_free(&batch);
    wire_clear(&wire);
}

/* The seeder's session as it was stored, and what it reports now. */
static void apply_seeder(const struct session_total *row, enum batch_accounting accounting, struct batch *batch)
{
    struct wire wire;
    read_rows(&wire, batch, row, 1);
    batch->sessions[0].state = (struct credit_state){.epoch = 1000, .up = 100, .seen_at = row->seen_at - 60000};
    batch->sessions[0].stored = (struct batch_stored){.session = true, .entry = true, .accounting = accounting};
    batch_apply(batch);
    wire_clear(&wire);
}

static void a_seeder_that_stays_tells_a_backups_entry_nothing(void **state)
{
    (void)state;
    struct session_total row = row_of(1, 1, 0, 100);
    struct batch batch;
    row.left = 0;
    apply_seeder(&row, BATCH_BACKUP, &batch);
    assert_true(batch.sessions[0].changed && batch.sessions[0].stays);
    assert_false(batch.entries[0].changed);
    batch_free(&batch);

    apply_seeder(&row, BATCH_RATIO, &batch);
    assert_true(batch.sessions[0].stays && batch.entries[0].changed);
    batch_free(&batch);

    struct session_total others[] = {row, row, row, row};
    others[0].up = 101;
    others[1].left = 1;
    others[2].flags = SESSION_STOPPED;
    others[3].epoch++;
    for (size_t i = 0; i < 4; i++) {
        apply_seeder(&others[i], BATCH_BACKUP, &batch);
        assert_true(batch.sessions[0].changed && batch.entries[0].changed);
        assert_false(batch.sessions[0].stays);
        batch_free(&batch);
    }
}

static void a_time_out_of_reason_becomes_now(void **state)
{
    (void)state;
    struct session_total rows[] = {row_of(1, 1, 0, 1), row_of(1, 2, 0, 1)};
    rows[0].seen_at = ID_MAX;
    rows[1].seen_at = 0;
    struct wire wire;
    struct batch batch;
    read_rows(&wire, &batch, rows, 2);
    batch_apply(&batch);
    assert_int_equal(batch.entries[0].seen_at, now);
    assert_int_equal(batch.entries[1].seen_at, now);
    batch_free(&batch);
    wire_clear(&wire);
}

static void a_row_with_a_short_peer_id_is_refused(void **state)
{
    (void)state;
    struct wire wire;
    struct batch batch;
    struct fault why = {0};
    wire_fill(&wire, (struct session_total[]){row_of(1, 1, 0, 1)}, 1);
    assert_true(batch_read(&batch, wire.rows, now, &why));
    batch_free(&batch);

    wire.object.via.array.ptr[0].via.array.ptr[2].via.bin.size = 19;
    assert_false(batch_read(&batch, wire.rows, now, &why));
    assert_int_equal(why.status, STATUS_invalid);
    assert_null(batch.rows);
    wire_clear(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_into_sessions_and_entries),
        cmocka_unit_test(a_session_that_stands_twice_is_applied_in_order),
        cmocka_unit_test(applied_again_after_a_rewind_it_comes_out_the_same),
        cmocka_unit_test(completed_is_told_once_an_entry),
        cmocka_unit_test(a_seeder_that_stays_tells_a_backups_entry_nothing),
        cmocka_unit_test(a_time_out_of_reason_becomes_now),
        cmocka_unit_test(a_row_with_a_short_peer_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
