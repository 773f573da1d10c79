/* SPDX-License-Identifier: MIT
 *
 * A client and a server of ours, set up from the test certificates, and their handshake through memory.
 */
#include "tests/bench/bench.h"

#include "core/base/memory.h"
#include "core/x509/pem.h"

#include <stdlib.h>
#include <string.h>

const struct bench_case bench_cases[] = {
    {"openssl", "openssl", "TLS_AES_128_GCM_SHA256", "x25519", "ec256-direct", "root.pem"},
    {"libsodium+openssl", "libsodium+openssl", "TLS_AES_128_GCM_SHA256", "x25519", "ec256-direct", "root.pem"},
    {"wolfcrypt", "wolfcrypt", "TLS_AES_128_GCM_SHA256", "x25519", "ec256-direct", "root.pem"},
    {"libsodium chacha20", "libsodium", "TLS_CHACHA20_POLY1305_SHA256", "x25519", "ed25519", "intermediate.pem"},
    {"libsodium aes256", "libsodium", "TLS_AES_256_GCM_SHA384", "x25519", "ed25519", "intermediate.pem"},
};
const size_t bench_num_cases = sizeof bench_cases / sizeof bench_cases[0];

#define AES128 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define AES256 "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
#define CHACHA "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
/* A server looks for its certificate's curve, too, in the client's list (RFC 8422 5.3); X25519 is the one that is taken. */
#define GROUPS12 "x25519:secp256r1"
const struct bench_case bench_cases12[] = {
    {"openssl", "openssl", AES128, GROUPS12, "ec256-direct", "root.pem"},
    {"libsodium+openssl", "libsodium+openssl", AES128, GROUPS12, "ec256-direct", "root.pem"},
    {"wolfcrypt", "wolfcrypt", AES128, GROUPS12, "ec256-direct", "root.pem"},
    {"libsodium chacha20", "libsodium", CHACHA, "x25519", "ed25519", "intermediate.pem"},
    {"libsodium aes256", "libsodium", AES256, "x25519", "ed25519", "intermediate.pem"},
};
const size_t bench_num_cases12 = sizeof bench_cases12 / sizeof bench_cases12[0];

bool
bench_has_backend(const char *name)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t i = 0; i < num; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool
bench_is_built(const struct bench_case *what)
{
    char names[64];
    (void)snprintf(names, sizeof names, "%s", what->backend);
    for (char *p = strtok(names, "+"); p != NULL; p = strtok(NULL, "+"))
        if (!bench_has_backend(p))
            return false;
    return true;
}

bool
bench_read(const struct bench_case *what, const char *file, uint8_t **bytes, size_t *len)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/vectors/pki/%s/%s", TRIVET_SOURCE_DIR, what->pki, file);
    FILE *f = fopen(path, "rb");
    *bytes = malloc(65536);
    if (f == NULL || *bytes == NULL) {
        fprintf(stderr, "bench: cannot read %s\n", path);
        return false;
    }
    *len = fread(*bytes, 1, 65536, f);
    fclose(f);
    return *len > 0;
}

bool
bench_certificate(struct tvt_span pem, uint8_t *der, size_t cap, struct tvt_certificate *out)
{
    struct tvt_pem reader;
    struct tvt_pem_block block;
    struct tvt_error error;
    size_t len;
    tvt_error_clear(&error);
    tvt_pem_init(&reader, pem);
    return tvt_pem_next(&reader, &block, &error) == TVT_OK &&
           tvt_pem_decode(&block, der, cap, &len, &error) == TVT_OK &&
           tvt_certificate_parse(out, tvt_span(der, len), "Certificate", &error) == TVT_OK;
}

static uint64_t
fixed_clock(void *user)
{
    (void)user;
    return BENCH_TIME_MS;
}

static void *
count_alloc(void *user, size_t size)
{
    struct bench_core_heap *h = user;
    void *p = malloc(size);
    if (p == NULL)
        return NULL;
    h->now += size;
    h->peak = h->now > h->peak ? h->now : h->peak;
    h->allocations++;
    return p;
}

static void
count_release(void *user, void *memory, size_t size)
{
    struct bench_core_heap *h = user;
    h->now -= size;
    free(memory);
}

static bool
open_provider(struct bench_peers *p, bool metered, struct tvt_error *e)
{
    struct tvt_provider *inner;
    if (tvt_provider_open(&inner, p->what->backend, e) != TVT_OK)
        return false;
    if (!metered) {
        p->provider = inner;
        return true;
    }
    if (tvt_meter_new(&p->provider, inner, e) == TVT_OK)
        return true;
    tvt_provider_free(inner);
    return false;
}

static bool
open_identity(struct bench_peers *p, struct tvt_error *e)
{
    static const char *const files[3] = {"leaf.pem", NULL, "key.pem"};
    for (size_t i = 0; i < 3; i++)
        if (!bench_read(p->what, files[i] != NULL ? files[i] : p->what->root, &p->text[i], &p->text_len[i]))
            return false;
    return tvt_trust_store_new(&p->trust, NULL, e) == TVT_OK &&
           tvt_trust_store_add_pem(p->trust, tvt_span(p->text[1], p->text_len[1]), NULL, NULL, e) == TVT_OK &&
           tvt_credential_new(&p->credential, p->provider, tvt_span(p->text[0], p->text_len[0]),
                              tvt_span(p->text[2], p->text_len[2]), NULL, e) == TVT_OK;
}

/* TLS 1.2 alone, or what a configuration speaks that nobody told. */
static bool
set_version(struct tvt_config *c, const char *suite, struct tvt_error *e)
{
    const struct tvt_suite *s = tvt_suite_by_name(suite);
    return s == NULL || s->version != TVT_VERSION_TLS12 ||
           tvt_config_set_versions(c, TVT_VERSION_TLS12, TVT_VERSION_TLS12, e) == TVT_OK;
}

static bool
open_configs(struct bench_peers *p, const char *suite, struct tvt_error *e)
{
    for (int role = 0; role < 2; role++) {
        struct tvt_allocator counting = {count_alloc, count_release, &p->heap[role]};
        struct tvt_config **c = &p->config[role];
        if (tvt_config_new(c, p->provider, e) != TVT_OK || tvt_config_set_allocator(*c, &counting, e) != TVT_OK ||
            !set_version(*c, suite, e) || tvt_config_set_suites(*c, suite, e) != TVT_OK ||
            tvt_config_set_groups(*c, p->what->group, e) != TVT_OK)
            return false;
    }
    return tvt_config_set_trust(p->config[TVT_CLIENT], p->trust, e) == TVT_OK &&
           tvt_config_set_clock(p->config[TVT_CLIENT], fixed_clock, NULL, e) == TVT_OK &&
           tvt_config_set_clock(p->config[TVT_SERVER], fixed_clock, NULL, e) == TVT_OK &&
           tvt_config_add_credential(p->config[TVT_SERVER], p->credential, e) == TVT_OK;
}

bool
bench_peers_open(struct bench_peers *p, const struct bench_case *what, const char *suite, bool metered)
{
    struct tvt_error e;
    char text[2048];
    tvt_error_clear(&e);
    memset(p, 0, sizeof *p);
    p->what = what;
    if (open_provider(p, metered, &e) && open_identity(p, &e) &&
        open_configs(p, suite != NULL ? suite : what->suite, &e))
        return true;
    tvt_error_format(&e, text, sizeof text);
    fprintf(stderr, "bench: %s: %s\n", what->row, text);
    bench_peers_close(p);
    return false;
}

void
bench_peers_close(struct bench_peers *p)
{
    tvt_config_free(p->config[TVT_CLIENT]);
    tvt_config_free(p->config[TVT_SERVER]);
    tvt_session_unref(p->session);
    tvt_ticket_keys_unref(p->keys);
    tvt_credential_unref(p->credential);
    tvt_trust_store_unref(p->trust);
    tvt_provider_free(p->provider);
    for (size_t i = 0; i < 3; i++)
        free(p->text[i]);
    memset(p, 0, sizeof *p);
}

/* ---- the handshake ---- */

static bool
send_output(struct bench_pair *pair, enum tvt_role role)
{
    struct tvt_connection *c = pair->connection[role];
    struct bench_wire *w = &pair->wire[1 - role];
    while (tvt_connection_has_output(c)) {
        size_t n;
        if (tvt_connection_output(c, pair->buffer, sizeof pair->buffer, &n) != TVT_OK || n > sizeof w->bytes - w->len)
            return false;
        memcpy(w->bytes + w->len, pair->buffer, n);
        w->len += n;
    }
    return true;
}

static bool
take_input(struct bench_pair *pair, enum tvt_role role)
{
    struct bench_wire *w = &pair->wire[role];
    size_t len = w->len, at = 0, used;
    struct tvt_span app;
    memcpy(pair->buffer, w->bytes, len);
    w->len = 0;
    while (at < len) {
        if (tvt_connection_input(pair->connection[role], pair->buffer + at, len - at, &used, &app) != TVT_OK)
            return false;
        at += used;
    }
    return true;
}

/* One side's turn, with the clock around it. */
static bool
turn(struct bench_pair *pair, enum tvt_role role, struct tvt_config *begin_with, struct tvt_session *session)
{
    struct tvt_error e;
    bool ok = true;
    if (pair->switch_to != NULL)
        pair->switch_to(pair->user, (int)role);
    uint64_t start = bench_now();
    if (begin_with != NULL) {
        tvt_error_clear(&e);
        ok = tvt_connection_new(&pair->connection[role], begin_with, role, &e) == TVT_OK &&
             (role == TVT_SERVER || tvt_connection_set_name(pair->connection[role], BENCH_NAME) == TVT_OK) &&
             (session == NULL || tvt_connection_add_session(pair->connection[role], session) == TVT_OK);
    }
    ok = ok && (pair->wire[role].len == 0 || take_input(pair, role));
    if (ok) {
        enum tvt_result r = tvt_connection_handshake(pair->connection[role]);
        ok = r != TVT_FAIL && send_output(pair, role);
    }
    pair->spent[role] += bench_now() - start;
    if (pair->switch_to != NULL)
        pair->switch_to(pair->user, -1);
    return ok;
}

bool
bench_pair_handshake(struct bench_pair *pair, struct bench_peers *p)
{
    char text[2048];
    pair->spent[0] = pair->spent[1] = 0;
    pair->wire[0].len = pair->wire[1].len = 0;
    pair->connection[0] = pair->connection[1] = NULL;
    if (turn(pair, TVT_CLIENT, p->config[TVT_CLIENT], p->session) &&
        turn(pair, TVT_SERVER, p->config[TVT_SERVER], NULL) && turn(pair, TVT_CLIENT, NULL, NULL) &&
        turn(pair, TVT_SERVER, NULL, NULL) && (pair->wire[TVT_CLIENT].len == 0 || turn(pair, TVT_CLIENT, NULL, NULL)) &&
        tvt_connection_established(pair->connection[TVT_CLIENT]) &&
        tvt_connection_established(pair->connection[TVT_SERVER]))
        return true;
    for (int role = 0; role < 2; role++) {
        if (pair->connection[role] == NULL)
            continue;
        tvt_error_format(tvt_connection_error(pair->connection[role]), text, sizeof text);
        fprintf(stderr, "bench: %s, %s: %s\n", p->what->row, role == TVT_CLIENT ? "client" : "server", text);
    }
    bench_pair_free(pair);
    return false;
}

void
bench_pair_free(struct bench_pair *pair)
{
    for (int role = 0; role < 2; role++) {
        if (pair->switch_to != NULL)
            pair->switch_to(pair->user, role);
        uint64_t start = bench_now();
        tvt_connection_free(pair->connection[role]);
        pair->spent[role] += bench_now() - start;
        if (pair->switch_to != NULL)
            pair->switch_to(pair->user, -1);
        pair->connection[role] = NULL;
    }
}

static void
keep_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct bench_peers *p = user;
    (void)connection;
    if (p->session == NULL)
        p->session = tvt_session_ref(session);
}

bool
bench_peers_resume(struct bench_peers *p)
{
    static struct bench_pair pair;
    struct tvt_info info;
    struct tvt_error e;
    tvt_error_clear(&e);
    memset(&pair, 0, sizeof pair);
    bool ok = tvt_ticket_keys_new(&p->keys, p->provider, 0, NULL, &e) == TVT_OK &&
              tvt_config_set_ticket_keys(p->config[TVT_SERVER], p->keys, &e) == TVT_OK &&
              tvt_config_set_new_session(p->config[TVT_CLIENT], keep_session, p, &e) == TVT_OK &&
              bench_pair_handshake(&pair, p);
    if (!ok)
        return false;
    if (p->session == NULL) /* TLS 1.2 gives it within the handshake */
        ok = tvt_connection_send_tickets(pair.connection[TVT_SERVER], 0) == TVT_OK && send_output(&pair, TVT_SERVER) &&
             take_input(&pair, TVT_CLIENT) && p->session != NULL;
    bench_pair_free(&pair);
    if (!ok || !bench_pair_handshake(&pair, p))
        return false;
    tvt_connection_info(pair.connection[TVT_SERVER], &info);
    bench_pair_free(&pair);
    return info.resumed;
}
