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

/* ---- TLS 1.2: every message but Finished is in the clear ---- */

struct tap12 {
    struct bench_pair *pair;
    struct floor_lengths *out;
};

/* The plain messages of a flight: the handshake records before anything else. */
static void
look12(void *user, int role)
{
    struct tap12 *t = user;
    static uint8_t plain[sizeof t->pair->wire[0].bytes];
    size_t at = 0, len, plain_len = 0;
    uint8_t type;
    for (int to = 0; role == -1 && to < 2; to++) {
        const struct bench_wire *w = &t->pair->wire[to];
        at = plain_len = 0;
        while (record_at(w, &at, &type, &len) && type == 22) {
            memcpy(plain + plain_len, w->bytes + at - len, len);
            plain_len += len;
        }
        for (at = 0; at + 4 <= plain_len; at += len) {
            len = 4u + (size_t)tvt_load_u24(plain + at + 1);
            if (plain[at] == 1)
                t->out->client_hello = len;
            else if (plain[at] == 2)
                t->out->server_hello = len;
            else if (plain[at] == 11)
                t->out->certificate = len;
            else if (plain[at] == 12)
                t->out->server_key_exchange = len;
            else if (plain[at] == 16)
                t->out->client_key_exchange = len;
        }
    }
}

static bool
measure12(struct floor_lengths *out, struct bench_peers *peers, bool resumed)
{
    static struct bench_pair pair;
    static struct tap12 tap;
    struct tvt_session_info info;
    tap = (struct tap12){&pair, out};
    memset(out, 0, sizeof *out);
    memset(&pair, 0, sizeof pair);
    pair.switch_to = look12;
    pair.user = &tap;
    if (resumed != (peers->session != NULL) || !bench_pair_handshake(&pair, peers))
        return false;
    bench_pair_free(&pair);
    if (!resumed)
        return out->client_hello > 0 && out->server_hello > 0 && out->certificate > 0 && out->server_key_exchange > 0 &&
               out->client_key_exchange > 0;
    tvt_session_info(peers->session, &info);
    out->ticket = info.identity.len;
    return out->client_hello > 0 && out->server_hello > 0 && out->certificate == 0 && out->ticket > 65;
}

/* ---- TLS 1.3 ---- */

bool
floor_measure_resumed(struct floor_lengths *out, struct bench_peers *peers)
{
    static struct bench_pair pair;
    static struct tap tap;
    const struct tvt_suite *suite = tvt_suite_by_name(peers->what->suite);
    struct tvt_session_info info;
    if (suite != NULL && suite->version == TVT_VERSION_TLS12)
        return measure12(out, peers, true);
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
    if (suite != NULL && suite->version == TVT_VERSION_TLS12)
        return measure12(out, peers, false);
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
