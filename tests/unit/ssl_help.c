/* SPDX-License-Identifier: MIT
 *
 * The wire of the SSL tests.
 */
#include "tests/unit/ssl_help.h"

#include "core/ssl/bio.h"
#include "tests/support/fixture.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the BIO ---- */

static bool
holds_back(struct tap *t)
{
    t->held = t->stutter && !t->held;
    return t->held;
}

static int
tap_read(BIO *bio, char *data, size_t len, size_t *got)
{
    struct tap *t = bio->data;
    if (t->read_errno != 0) {
        errno = t->read_errno;
        return -1;
    }
    if (t->len == 0 && t->eof)
        return 0;
    if (t->len == 0 || holds_back(t)) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = len < t->len ? len : t->len;
    if (t->chunk != 0 && n > t->chunk)
        n = t->chunk;
    memcpy(data, t->bytes, n);
    memmove(t->bytes, t->bytes + n, t->len - n);
    t->len -= n;
    *got = n;
    return 1;
}

static int
tap_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    struct tap *t = bio->data;
    if (t->write_errno != 0) {
        errno = t->write_errno;
        return -1;
    }
    size_t n = len < t->room ? len : t->room, space = WIRE_MAX - t->peer->len;
    n = n < space ? n : space;
    if (t->chunk != 0 && n > t->chunk)
        n = t->chunk;
    if (n == 0 || holds_back(t)) {
        BIO_set_retry_write(bio);
        return -1;
    }
    memcpy(t->peer->bytes + t->peer->len, data, n);
    t->peer->len += n;
    t->total += n;
    t->writes++;
    t->room -= n;
    *put = n;
    return 1;
}

static long
tap_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct tap *t = bio->data;
    (void)num;
    (void)ptr;
    t->flushes += cmd == BIO_CTRL_FLUSH;
    if (cmd == BIO_C_TVT_QUICK_ACK) {
        t->quick_acks++;
        t->len_at_ack = t->len;
    }
    return cmd == BIO_CTRL_FLUSH || cmd == BIO_C_TVT_QUICK_ACK;
}

static const struct tvt_bio_method tap_method = {
    .type = 100 | BIO_TYPE_SOURCE_SINK, .name = "tap", .read = tap_read, .write = tap_write, .ctrl = tap_ctrl};

const BIO_METHOD *
duo_socket(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_SOCKET, .name = "tap", .read = tap_read, .write = tap_write, .ctrl = tap_ctrl};
    return &method;
}

/* ---- certificates ---- */

const char *
pki(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/vectors/pki/%s", TRIVET_SOURCE_DIR, name);
    return path;
}

const char *
pki_file(const char *kind, const char *file)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s/%s", kind, file);
    return pki(name);
}

const char *
kind_of_two(const char *p256, const char *ed25519)
{
    return tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256") ? p256 : ed25519;
}

const char *
good_kind(void)
{
    return kind_of_two("ec256", "ed25519");
}

SSL_CTX *
make_ctx(int role, const char *backend, const char *kind)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), backend, NULL);
    int ok = role == TVT_CLIENT
                 ? SSL_CTX_load_verify_locations(ctx, pki_file(kind, "root.pem"), NULL)
                 : SSL_CTX_use_certificate_chain_file(ctx, pki_file(kind, "chain.pem")) == 1 &&
                       SSL_CTX_use_PrivateKey_file(ctx, pki_file(kind, "key.pem"), SSL_FILETYPE_PEM) == 1;
    if (ok == 1)
        return ctx;
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(ctx);
    return NULL;
}

/* ---- the two ---- */

bool
duo_connect(struct duo *d)
{
    for (int role = 0; role < 2; role++) {
        BIO *bio = BIO_new(&tap_method);
        d->tap[role] = (struct tap){.peer = &d->tap[1 - role], .bytes = malloc(WIRE_MAX), .room = SIZE_MAX};
        d->ssl[role] = SSL_new(d->ctx[role]);
        if (bio == NULL || d->ssl[role] == NULL || d->tap[role].bytes == NULL)
            return false;
        bio->data = &d->tap[role];
        SSL_set_bio(d->ssl[role], bio, bio);
    }
    SSL_set_connect_state(d->ssl[TVT_CLIENT]);
    SSL_set_accept_state(d->ssl[TVT_SERVER]);
    return SSL_set_tlsext_host_name(d->ssl[TVT_CLIENT], "localhost") == 1;
}

bool
duo_open(struct duo *d, const char *kind)
{
    memset(d, 0, sizeof *d);
    ERR_clear_error();
    for (int role = 0; role < 2; role++)
        d->ctx[role] = make_ctx(role, NULL, kind);
    return d->ctx[0] != NULL && d->ctx[1] != NULL && duo_connect(d);
}

void
duo_close(struct duo *d)
{
    for (int role = 0; role < 2; role++) {
        SSL_free(d->ssl[role]);
        SSL_CTX_free(d->ctx[role]);
        free(d->tap[role].bytes);
    }
    memset(d, 0, sizeof *d);
}

void
duo_share(struct duo *d, SSL_CTX *const ctx[2])
{
    memset(d, 0, sizeof *d);
    for (int role = 0; role < 2; role++) {
        (void)SSL_CTX_up_ref(ctx[role]); /* in threads, where nothing is asserted */
        d->ctx[role] = ctx[role];
    }
}

bool
duo_again(struct duo *d)
{
    for (int role = 0; role < 2; role++) {
        SSL_free(d->ssl[role]);
        free(d->tap[role].bytes);
        d->ssl[role] = NULL;
        d->tap[role].bytes = NULL;
    }
    return duo_connect(d);
}

void
duo_each_backend(void (*test)(struct duo *d))
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t i = 0; i < num; i++) {
        struct duo d;
        const struct tvt_provider *p = tvt_fixture_provider(names[i]);
        bool has_p256 = tvt_fixture_can_sign(p, "ec256") && tvt_fixture_can_verify(p, "ec256");
        memset(&d, 0, sizeof d);
        ERR_clear_error();
        for (int role = 0; role < 2; role++)
            d.ctx[role] = make_ctx(role, names[i], has_p256 ? "ec256" : "ed25519");
        if (d.ctx[0] != NULL && d.ctx[1] != NULL)
            test(&d);
        else
            CU_FAIL("no contexts");
        duo_close(&d);
    }
}

static bool
waits(const SSL *ssl, int r)
{
    int why = SSL_get_error(ssl, r);
    return r == -1 && (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE);
}

bool
duo_handshake(struct duo *d, int r[2])
{
    bool stuck = false, was_stuck = false;
    r[0] = r[1] = -1;
    do {
        size_t before = d->tap[0].total + d->tap[1].total + d->tap[0].len + d->tap[1].len;
        for (int role = 0; role < 2; role++)
            r[role] = SSL_do_handshake(d->ssl[role]);
        was_stuck = stuck;
        stuck = before == d->tap[0].total + d->tap[1].total + d->tap[0].len + d->tap[1].len;
    } while ((r[0] != 1 || r[1] != 1) && !(stuck && was_stuck) && (r[0] == 1 || waits(d->ssl[0], r[0])) &&
             (r[1] == 1 || waits(d->ssl[1], r[1])));
    return r[0] == 1 && r[1] == 1;
}

bool
duo_ready(struct duo *d, const char *kind)
{
    int r[2];
    return duo_open(d, kind) && duo_handshake(d, r);
}

bool
duo_move(struct duo *d, int from, const void *data, size_t len)
{
    uint8_t *back = malloc(len + 1);
    size_t got = 0, turns = 0;
    bool written = false, good = back != NULL;
    while (good && (!written || got < len) && turns++ < 40 * len + 1000) {
        if (!written) {
            int r = SSL_write(d->ssl[from], data, (int)len);
            written = r == (int)len;
            good = written || waits(d->ssl[from], r);
        }
        int r = SSL_read(d->ssl[1 - from], back + got, (int)(len + 1 - got));
        good = good && (r > 0 || waits(d->ssl[1 - from], r));
        got += r > 0 ? (size_t)r : 0;
    }
    good = good && written && got == len && memcmp(back, data, len) == 0;
    free(back);
    return good;
}

bool
duo_first_word(struct duo *d)
{
    return duo_move(d, TVT_SERVER, "word", 4);
}

void
duo_inject(struct duo *d, int to, const void *bytes, size_t len)
{
    struct tap *t = &d->tap[to];
    memmove(t->bytes + len, t->bytes, t->len);
    memcpy(t->bytes, bytes, len);
    t->len += len;
}

enum tvt_error_code
code_of(const SSL *ssl)
{
    return SSL_get0_error_record(ssl)->code;
}

void
pattern(uint8_t *out, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * 31 + i / 253 + seed);
}
