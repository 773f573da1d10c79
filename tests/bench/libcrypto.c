/* SPDX-License-Identifier: MIT
 *
 * libcrypto verifying a chain: decoding, building, signatures, name, purpose and time, as libssl asks for them.
 */
#include "tests/bench/libcrypto.h"

#if BENCH_HAVE_LIBSSL

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

struct libcrypto_chain {
    struct tvt_span der[2]; /* leaf, intermediate */
    X509_STORE *store;
    const char *name;
    time_t time;
};

struct libcrypto_chain *
libcrypto_chain_new(const struct tvt_span der[3], const char *name, uint64_t time)
{
    struct libcrypto_chain *c = calloc(1, sizeof *c);
    const unsigned char *p = der[2].data;
    X509 *root = d2i_X509(NULL, &p, (long)der[2].len);
    if (c == NULL || root == NULL)
        abort();
    c->der[0] = der[0];
    c->der[1] = der[1];
    c->name = name;
    c->time = (time_t)time;
    c->store = X509_STORE_new();
    if (c->store == NULL || X509_STORE_add_cert(c->store, root) != 1)
        abort();
    X509_free(root);
    return c;
}

void
libcrypto_chain_free(struct libcrypto_chain *chain)
{
    if (chain == NULL)
        return;
    X509_STORE_free(chain->store);
    free(chain);
}

bool
libcrypto_chain_verify(const struct libcrypto_chain *chain)
{
    const unsigned char *p[2] = {chain->der[0].data, chain->der[1].data};
    X509 *leaf = d2i_X509(NULL, &p[0], (long)chain->der[0].len);
    X509 *intermediate = d2i_X509(NULL, &p[1], (long)chain->der[1].len);
    STACK_OF(X509) *others = sk_X509_new_null();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ok = leaf != NULL && intermediate != NULL && others != NULL && sk_X509_push(others, intermediate) > 0 &&
              ctx != NULL && X509_STORE_CTX_init(ctx, chain->store, leaf, others) == 1;
    if (ok) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        ok = X509_STORE_CTX_set_default(ctx, "ssl_server") == 1 &&
             X509_VERIFY_PARAM_set1_host(param, chain->name, 0) == 1;
        X509_VERIFY_PARAM_set_time(param, chain->time);
        ok = ok && X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_free(others);
    X509_free(intermediate);
    X509_free(leaf);
    return ok;
}

#else

struct libcrypto_chain *
libcrypto_chain_new(const struct tvt_span der[3], const char *name, uint64_t time)
{
    (void)der;
    (void)name;
    (void)time;
    return NULL;
}

void
libcrypto_chain_free(struct libcrypto_chain *chain)
{
    (void)chain;
}

bool
libcrypto_chain_verify(const struct libcrypto_chain *chain)
{
    (void)chain;
    return false;
}

#endif
