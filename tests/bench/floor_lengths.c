/* SPDX-License-Identifier: MIT
 *
 * The lengths that a floor is made for, as on the wire of a handshake of ours.
 */
#include "tests/bench/floor.h"

#include "core/base/wire.h"

#include <string.h>

/* Keeps what each side sent: the hellos are the first records, the server's flight the last of its records. */
static bool
record_at(const struct bench_wire *w, size_t *at, uint8_t *type, size_t *len)
{
    if (w->len - *at < 5)
        return false;
    *type = w->bytes[*at];
    *len = tvt_load_u16(w->bytes + *at + 3);
    *at += 5 + *len;
    return *at <= w->len;
}

struct tap {
    struct bench_pair *pair;
    struct floor_lengths *out;
    size_t flight;
    unsigned turns;
};

static void
look(void *user, int role)
{
    struct tap *t = user;
    size_t at = 0, len;
    uint8_t type;
    if (role != -1)
        return;
    t->turns++;
    if (t->turns == 1 && record_at(&t->pair->wire[TVT_SERVER], &at, &type, &len))
        t->out->client_hello = len;
    if (t->turns != 2)
        return;
    if (record_at(&t->pair->wire[TVT_CLIENT], &at, &type, &len))
        t->out->server_hello = len;
    while (record_at(&t->pair->wire[TVT_CLIENT], &at, &type, &len))
        if (type == 23)
            t->flight += len - 17;
}

bool
floor_measure_resumed(struct floor_lengths *out, struct bench_peers *peers)
{
    static struct bench_pair pair;
    static struct tap tap;
    const struct tvt_suite *suite = tvt_suite_by_name(peers->what->suite);
    struct tvt_session_info info;
    tap = (struct tap){&pair, out, 0, 0};
    memset(out, 0, sizeof *out);
    memset(&pair, 0, sizeof pair);
    pair.switch_to = look;
    pair.user = &tap;
    if (suite == NULL || peers->session == NULL || !bench_pair_handshake(&pair, peers))
        return false;
    bench_pair_free(&pair);
    tvt_session_info(peers->session, &info);
    size_t finished_len = 4u + (suite->hash == TVT_HASH_SHA384 ? 48u : 32u);
    out->ticket = info.identity.len;
    out->encrypted_extensions = tap.flight - finished_len;
    return tap.flight >= finished_len && out->client_hello > 0 && out->server_hello > 0 && out->ticket > 65;
}

bool
floor_measure_lengths(struct floor_lengths *out, struct bench_peers *peers)
{
    static struct bench_pair pair;
    static struct tap tap; /* pair points to it, and stays */
    const struct tvt_suite *suite = tvt_suite_by_name(peers->what->suite);
    tap = (struct tap){&pair, out, 0, 0};
    memset(out, 0, sizeof *out);
    memset(&pair, 0, sizeof pair);
    pair.switch_to = look;
    pair.user = &tap;
    if (suite == NULL || !bench_pair_handshake(&pair, peers))
        return false;
    out->certificate = 4 + 1 + 3 + 3 + tvt_connection_peer_certificate(pair.connection[TVT_CLIENT], 0).len + 2;
    bench_pair_free(&pair);
    size_t hash_len = suite->hash == TVT_HASH_SHA384 ? 48 : 32, known = out->certificate + 4 + hash_len;
    out->certificate_verify = 8 + 72; /* the longest of P-256; a little more than one of Ed25519 */
    if (tap.flight < known + out->certificate_verify || out->client_hello == 0 || out->server_hello == 0)
        return tap.flight >= known && out->client_hello > 0 && (out->certificate_verify = tap.flight - known) > 0;
    out->encrypted_extensions = tap.flight - known - out->certificate_verify;
    return true;
}
