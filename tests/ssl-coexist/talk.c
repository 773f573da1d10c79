/* SPDX-License-Identifier: MIT
 *
 * A program that resumes, sends early data and uses pre-shared keys, for either library.
 */
#ifdef TALK_THEIRS
#include <openssl/err.h>
#include <openssl/ssl.h>
#define TALK talk_theirs
#else
#include <trivet/ssl.h>
#include <trivet/tls.h>
#define TALK talk_ours
#endif
#include "tests/ssl-coexist/talk.h"

#include <stdio.h>
#include <string.h>

static const unsigned char key[32] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3,
                                      2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9, 5};
static const unsigned char name[] = "the two of us";
static const char early_words[] = "said at once", late_words[] = "said in time";

/* ---- pre-shared keys ---- */

static _Thread_local const struct talk *current;

static int
give_psk(SSL *ssl, SSL_SESSION **session)
{
    *session = SSL_SESSION_new();
    return *session != NULL && SSL_SESSION_set1_master_key(*session, key, sizeof key) == 1 &&
           SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, current->suite)) == 1 &&
           SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION) == 1;
}

static int
use_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    (void)md;
    *id = name;
    *id_len = sizeof name;
    return give_psk(ssl, session);
}

static int
find_psk(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    *session = NULL;
    return len == sizeof name && memcmp(id, name, len) == 0 ? give_psk(ssl, session) : 1;
}

/* ---- the two sides ---- */

static SSL_CTX *
context(const struct talk *talk)
{
    char root[512], chain[512], file[512];
#ifdef TALK_THEIRS
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
#else
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), talk->backend, NULL);
#endif
    (void)snprintf(root, sizeof root, "%s/%s/root.pem", talk->pki, talk->kind);
    (void)snprintf(chain, sizeof chain, "%s/%s/chain.pem", talk->pki, talk->kind);
    (void)snprintf(file, sizeof file, "%s/%s/key.pem", talk->pki, talk->kind);
    bool good = ctx != NULL && SSL_CTX_set_min_proto_version(ctx, talk->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(ctx, talk->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
                SSL_CTX_set_ciphersuites(ctx, talk->ciphersuite) == 1;
    if (good && talk->server)
        good = SSL_CTX_use_certificate_chain_file(ctx, chain) == 1 &&
               SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) == 1 &&
               (!talk->early || SSL_CTX_set_max_early_data(ctx, 1000) == 1);
    else if (good)
        good = SSL_CTX_load_verify_locations(ctx, root, NULL) == 1;
    if (good && !talk->server)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (good && talk->psk && talk->server)
        SSL_CTX_set_psk_find_session_callback(ctx, find_psk);
    else if (good && talk->psk)
        SSL_CTX_set_psk_use_session_callback(ctx, use_psk);
    if (good)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

/* Early data, of which there is `expected`, to its end. */
static bool
read_early(SSL *ssl, const char *expected)
{
    char text[64];
    size_t have = 0, n;
    int r;
    while ((r = SSL_read_early_data(ssl, text + have, sizeof text - have, &n)) == SSL_READ_EARLY_DATA_SUCCESS)
        have += n;
    return r == SSL_READ_EARLY_DATA_FINISH && have == strlen(expected) && memcmp(text, expected, have) == 0;
}

/* The two libraries, word for word the same: none, one that is asked not to be used, empty ones, a full one. */
static bool
export_keys(SSL *ssl, unsigned char out[TALK_EXPORTS][32])
{
    static const struct {
        const char *label, *context;
        size_t len;
        int use;
    } kinds[TALK_EXPORTS] = {{"EXPORTER-a", NULL, 0, 0},   {"EXPORTER-a", "word", 4, 0},
                             {"EXPORTER-a", NULL, 0, 1},   {"EXPORTER-a", "word", 0, 1},
                             {"EXPORTER-a", "word", 4, 1}, {"EXPORTER-Channel-Binding", "", 0, 1}};
    bool good = true;
    for (int i = 0; i < TALK_EXPORTS; i++)
        good = SSL_export_keying_material(ssl, out[i], 32, kinds[i].label, strlen(kinds[i].label),
                                          (const unsigned char *)kinds[i].context, kinds[i].len, kinds[i].use) == 1 &&
               good;
#ifndef TALK_THEIRS
    unsigned char binding[32];
    good = good && tvt_connection_channel_binding(SSL_get0_tvt_connection(ssl), binding) == TVT_OK &&
           memcmp(binding, out[TALK_EXPORTS - 1], 32) == 0;
#endif
    return good;
}

static bool
serve(SSL *ssl, const struct talk *talk, bool early)
{
    char text[64];
    int n;
    if (talk->early && !read_early(ssl, early ? early_words : ""))
        return false;
    return SSL_accept(ssl) == 1 && (n = SSL_read(ssl, text, sizeof text)) > 0 && SSL_write(ssl, text, n) == n &&
           SSL_read(ssl, text, sizeof text) == 0 && SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN &&
           SSL_shutdown(ssl) == 1;
}

static bool
ask(SSL *ssl, SSL_SESSION **session, bool early)
{
    const int len = sizeof late_words;
    char text[64];
    size_t put;
    bool good = SSL_set_tlsext_host_name(ssl, "localhost") == 1 && SSL_set1_host(ssl, "localhost") == 1 &&
                (*session == NULL || SSL_set_session(ssl, *session) == 1);
    SSL_set_connect_state(ssl);
    if (good && early)
        good = SSL_write_early_data(ssl, early_words, strlen(early_words), &put) == 1 && put == strlen(early_words);
    good = good && SSL_connect(ssl) == 1 && SSL_write(ssl, late_words, len) == len &&
           SSL_read(ssl, text, sizeof text) == len && memcmp(text, late_words, (size_t)len) == 0;
    if (good) {
        SSL_SESSION_free(*session);
        *session = SSL_get1_session(ssl);
        good = SSL_SESSION_is_resumable(*session) == 1;
    }
    return good && SSL_shutdown(ssl) == 0 && SSL_shutdown(ssl) == 1;
}

static bool
talk_once(const struct talk *talk, int turn, SSL_CTX *ctx, SSL_SESSION **session)
{
    SSL *ssl = SSL_new(ctx);
    bool resumed = turn > 0, early = talk->early && resumed;
    bool good = ssl != NULL && SSL_set_fd(ssl, talk->fd[turn]) == 1 &&
                (talk->server ? serve(ssl, talk, early) : ask(ssl, session, early));
    if (good && SSL_session_reused(ssl) != (talk->psk || resumed)) {
        fprintf(stderr, "talk: resumed %d\n", SSL_session_reused(ssl));
        good = false;
    }
    if (good && SSL_get_early_data_status(ssl) != (early ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_NOT_SENT)) {
        fprintf(stderr, "talk: early data: %d\n", SSL_get_early_data_status(ssl));
        good = false;
    }
    if (good && strcmp(SSL_get_version(ssl), talk->tls12 ? "TLSv1.2" : "TLSv1.3") != 0) {
        fprintf(stderr, "talk: %s\n", SSL_get_version(ssl));
        good = false;
    }
    if (good && !export_keys(ssl, talk->exported[turn])) {
        fprintf(stderr, "talk: nothing exported\n");
        good = false;
    }
    SSL_free(ssl);
    return good;
}

bool
TALK(const struct talk *talk)
{
    SSL_SESSION *session = NULL;
    SSL_CTX *ctx = context(talk);
    bool good = ctx != NULL;
    current = talk;
    for (int turn = 0; good && turn < TALKS; turn++)
        good = talk_once(talk, turn, ctx, &session);
    if (!good)
        ERR_print_errors_fp(stderr);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    return good;
}
