/* SPDX-License-Identifier: MIT
 *
 * BearSSL as a peer of the comparison. Its engines hold the records; what one has to send is copied into the other.
 */
#include "tests/bench/bearssl.h"

#if BENCH_HAVE_BEARSSL

#include "core/x509/pem.h"

#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#define DER_MAX     8192u
#define CACHE_BYTES 8192u
#define X25519      29
#define EPOCH_DAY   719528u /* 1970-01-01 in days since year 0 */

struct side {
    union {
        br_ssl_client_context client;
        br_ssl_server_context server;
        br_ssl_engine_context engine; /* the first member of either */
    } u;
    br_x509_minimal_context x509;
    uint8_t buffer[BR_SSL_BUFSIZE_BIDI];
};

struct name {
    uint8_t bytes[DER_MAX];
    size_t len;
};

struct bearssl {
    uint8_t leaf[DER_MAX], root[DER_MAX], key[DER_MAX];
    br_x509_certificate chain;
    br_x509_decoder_context root_decoder;
    br_skey_decoder_context key_decoder;
    struct name root_name;
    br_x509_trust_anchor anchor;
    br_ssl_session_cache_lru cache;
    uint8_t cache_bytes[CACHE_BYTES];
    br_ssl_session_parameters session; /* offered by the client; without an id: none */
    bool keep;                         /* the next handshake's session is that one */
    struct side *side[2];
};

static bool
decode(struct tvt_span pem, uint8_t *der, size_t *len)
{
    struct tvt_pem reader;
    struct tvt_pem_block block;
    struct tvt_error error;
    tvt_error_clear(&error);
    tvt_pem_init(&reader, pem);
    return tvt_pem_next(&reader, &block, &error) == TVT_OK &&
           tvt_pem_decode(&block, der, DER_MAX, len, &error) == TVT_OK;
}

static void
add_name(void *user, const void *bytes, size_t len)
{
    struct name *name = user;
    if (len <= sizeof name->bytes - name->len) {
        memcpy(name->bytes + name->len, bytes, len);
        name->len += len;
    }
}

static bool
load(struct bearssl *b, const struct bench_peers *peers)
{
    size_t len[3];
    uint8_t *der[3] = {b->leaf, b->root, b->key};
    for (size_t i = 0; i < 3; i++)
        if (!decode(tvt_span(peers->text[i], peers->text_len[i]), der[i], &len[i]))
            return false;
    b->chain = (br_x509_certificate){b->leaf, len[0]};
    br_x509_decoder_init(&b->root_decoder, add_name, &b->root_name);
    br_x509_decoder_push(&b->root_decoder, b->root, len[1]);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&b->root_decoder);
    br_skey_decoder_init(&b->key_decoder);
    br_skey_decoder_push(&b->key_decoder, b->key, len[2]);
    if (key == NULL || br_skey_decoder_get_ec(&b->key_decoder) == NULL)
        return false;
    b->anchor =
        (br_x509_trust_anchor){.dn = {b->root_name.bytes, b->root_name.len}, .flags = BR_X509_TA_CA, .pkey = *key};
    br_ssl_session_cache_lru_init(&b->cache, b->cache_bytes, sizeof b->cache_bytes);
    return true;
}

struct bearssl *
bearssl_new(const struct bench_peers *peers)
{
    if (strcmp(peers->what->suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256") != 0)
        return NULL;
    struct bearssl *b = calloc(1, sizeof *b);
    if (b != NULL && load(b, peers))
        return b;
    fprintf(stderr, "bench: BearSSL does not take the certificates of %s\n", peers->what->row);
    free(b);
    return NULL;
}

void
bearssl_free(struct bearssl *b)
{
    free(b);
}

/* ---- the handshake ---- */

static bool
begin(struct bearssl *b, int role)
{
    static const uint16_t suite[] = {BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    struct side *s = b->side[role] = malloc(sizeof *s);
    if (s == NULL)
        return false;
    if (role == TVT_CLIENT) {
        br_ssl_client_init_full(&s->u.client, &s->x509, &b->anchor, 1);
        br_x509_minimal_set_time(&s->x509, EPOCH_DAY + (uint32_t)(BENCH_TIME_MS / 86400000u),
                                 (uint32_t)(BENCH_TIME_MS / 1000u % 86400u));
    } else {
        br_ssl_server_init_full_ec(&s->u.server, &b->chain, 1, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&b->key_decoder));
        br_ssl_server_set_cache(&s->u.server, &b->cache.vtable);
    }
    br_ssl_engine_set_versions(&s->u.engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(&s->u.engine, suite, 1);
    br_ssl_engine_set_buffer(&s->u.engine, s->buffer, sizeof s->buffer, 1);
    if (role == TVT_SERVER)
        return br_ssl_server_reset(&s->u.server) == 1;
    bool again = b->session.session_id_len > 0;
    if (again)
        br_ssl_engine_set_session_parameters(&s->u.engine, &b->session);
    return br_ssl_client_reset(&s->u.client, BENCH_NAME, again) == 1;
}

/* All that one side has to send, into the other, and what that makes of it; in turns, until neither has anything. */
static void
carry(struct bearssl *b, uint64_t spent[2])
{
    int idle = 0;
    for (int to = TVT_SERVER; idle < 2; to = 1 - to) {
        br_ssl_engine_context *from_engine = &b->side[1 - to]->u.engine, *to_engine = &b->side[to]->u.engine;
        uint8_t *out, *in;
        size_t out_len, in_len;
        idle++;
        while ((out = br_ssl_engine_sendrec_buf(from_engine, &out_len)) != NULL &&
               (in = br_ssl_engine_recvrec_buf(to_engine, &in_len)) != NULL) {
            size_t len = out_len < in_len ? out_len : in_len;
            uint64_t start = bench_now();
            memcpy(in, out, len);
            br_ssl_engine_recvrec_ack(to_engine, len);
            uint64_t middle = bench_now();
            br_ssl_engine_sendrec_ack(from_engine, len);
            spent[to] += middle - start;
            spent[1 - to] += bench_now() - middle;
            idle = 0;
        }
    }
}

static bool
good(struct bearssl *b, int role)
{
    const br_ssl_engine_context *e = &b->side[role]->u.engine;
    if ((br_ssl_engine_current_state(e) & BR_SSL_SENDAPP) != 0 && br_ssl_engine_last_error(e) == BR_ERR_OK)
        return true;
    fprintf(stderr, "bench: BearSSL's %s: error %d\n", role == TVT_CLIENT ? "client" : "server",
            br_ssl_engine_last_error(e));
    return false;
}

/* What was meant to be measured: X25519, or the session that was offered. */
static bool
as_meant(struct bearssl *b)
{
    br_ssl_engine_context *client = &b->side[TVT_CLIENT]->u.engine;
    const br_ssl_session_parameters *offered = &b->session;
    br_ssl_session_parameters got;
    br_ssl_engine_get_session_parameters(client, &got);
    bool same = got.session_id_len == offered->session_id_len &&
                memcmp(got.session_id, offered->session_id, got.session_id_len) == 0;
    if (offered->session_id_len > 0 ? same : br_ssl_engine_get_ecdhe_curve(client) == X25519)
        return true;
    fprintf(stderr, "bench: BearSSL does another handshake than ours\n");
    return false;
}

bool
bearssl_handshake(struct bearssl *b, uint64_t spent[2])
{
    bool ok = true;
    spent[0] = spent[1] = 0;
    for (int role = 0; ok && role < 2; role++) {
        uint64_t start = bench_now();
        ok = begin(b, role);
        spent[role] += bench_now() - start;
    }
    if (ok) {
        carry(b, spent);
        ok = good(b, TVT_CLIENT) && good(b, TVT_SERVER) && as_meant(b);
        if (ok && b->keep)
            br_ssl_engine_get_session_parameters(&b->side[TVT_CLIENT]->u.engine, &b->session);
    }
    for (int role = 0; role < 2; role++) {
        uint64_t start = bench_now();
        free(b->side[role]);
        spent[role] += bench_now() - start;
        b->side[role] = NULL;
    }
    return ok;
}

bool
bearssl_resume(struct bearssl *b)
{
    uint64_t spent[2];
    b->keep = true;
    bool ok = bearssl_handshake(b, spent);
    b->keep = false;
    return ok && b->session.session_id_len > 0 && bearssl_handshake(b, spent);
}

#else

struct bearssl *
bearssl_new(const struct bench_peers *peers)
{
    (void)peers;
    return NULL;
}

void
bearssl_free(struct bearssl *b)
{
    (void)b;
}

bool
bearssl_resume(struct bearssl *b)
{
    (void)b;
    return false;
}

bool
bearssl_handshake(struct bearssl *b, uint64_t spent[2])
{
    (void)b;
    (void)spent;
    return false;
}

#endif
