/* Any peer behind a good handshake, or behind none: it ends, or asks for no more than the piece. The first byte tells
 * which, and in what chunks it is heard; a byte 0xff between chunks lets a second pass. */
#include "services/ratio/auditor/wire.h"

#include <assert.h>
#include <openssl/evp.h>

#define PIECE_SIZE 40000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_goal goal = {.pieces = 20,
                             .piece = 3,
                             .piece_size = PIECE_SIZE,
                             .handshake_ms = 10000,
                             .unchoke_ms = 20000,
                             .fetch_ms = 60000,
                             .fetch_rate = 4096};
    static const char zeros[PIECE_SIZE];
    static const char handshake[HANDSHAKE_SIZE] = "\x13"
                                                  "BitTorrent protocol\0\0\0\0\0\0\0\4";
    if (size == 0)
        return 0;
    EVP_Digest(zeros, sizeof zeros, goal.sha1, NULL, EVP_sha1(), NULL);
    struct wire *wire = wire_new(&goal, 0);
    size_t chunk = (data[0] >> 1) + 1;
    int64_t now = 0;
    if ((data[0] & 1) != 0)
        wire_take(wire, slice_of(handshake, sizeof handshake), now);
    for (size_t at = 1; at < size; at += chunk) {
        now += data[at] == 0xff ? 1000 : 1;
        wire_take(wire, slice_of(data + at, size - at < chunk ? size - at : chunk), now);
        wire_tick(wire, now);
    }
    assert(wire_received(wire) <= PIECE_SIZE);
    assert(wire_closed(wire) != WIRE_GOES_ON);
    wire_destroy(&wire);
    return 0;
}
