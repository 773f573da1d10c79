/* SPDX-License-Identifier: MIT
 *
 * Key exchange: X25519, X448 and the NIST curves in KEM shape, and ML-KEM-768 where libcrypto has it (3.5).
 */
#include "backends/openssl/internal.h"

/* Known by name, so that headers older than ML-KEM will do. */
#define MLKEM_SEED     "seed"
#define MLKEM_IKM      "ikme"
#define MLKEM_SEED_LEN 64u
#define MLKEM_IKM_LEN  32u

struct kx_state {
    EVP_PKEY *own;
};

static const struct tvt_openssl_kx *
kx_of(const struct tvt_kx *kx)
{
    return (const struct tvt_openssl_kx *)kx;
}

/* A fresh key of the kind of `model`; `params` NULL, or what decides the key. */
static EVP_PKEY *
generate(EVP_PKEY *model, const OSSL_PARAM *params)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, model, NULL);

    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
        (params != NULL && EVP_PKEY_CTX_set_params(ctx, params) <= 0) || EVP_PKEY_generate(ctx, &key) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The same with a context that is kept: libcrypto makes a new key of it each time. */
static EVP_PKEY *
generate_fresh(const struct tvt_openssl_kx *kx)
{
    struct tvt_openssl_worker *w;
    EVP_PKEY *key = NULL;

    if (kx->base.group == TVT_GROUP_MLKEM768) /* OpenSSL 3.5 cannot copy such a key, which a worker begins with */
        return generate(kx->model, NULL);
    w = tvt_openssl_take_worker(kx->workers, kx->model);
    if (w == NULL)
        return NULL;
    bool ok = EVP_PKEY_keygen_init(w->ctx) > 0 && EVP_PKEY_generate(w->ctx, &key) > 0;
    tvt_openssl_give_worker(kx->workers, w, ok);
    return ok ? key : NULL;
}

static EVP_PKEY *
generate_from(const struct tvt_openssl_kx *kx, const uint8_t *seed, size_t seed_len)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(MLKEM_SEED, (void *)seed, seed_len),
        OSSL_PARAM_construct_end(),
    };

    if (kx->curve != NULL)
        return tvt_openssl_curve_private(kx->curve, (struct tvt_span){seed, seed_len});
    if (kx->base.group == TVT_GROUP_MLKEM768)
        return seed_len == MLKEM_SEED_LEN ? generate(kx->model, params) : NULL;
    return EVP_PKEY_new_raw_private_key_ex(NULL, kx->base.name, NULL, seed, seed_len);
}

/* The peer's key, set into that of a worker, which costs a fifth of a key made by name; *worker is to be given back. */
static EVP_PKEY *
take_peer(const struct tvt_openssl_kx *kx, struct tvt_openssl_worker **worker, const uint8_t *peer, size_t len)
{
    *worker = tvt_openssl_take_worker(kx->workers, kx->model);
    if (*worker != NULL && EVP_PKEY_set1_encoded_public_key((*worker)->key, peer, len) > 0)
        return (*worker)->key;
    tvt_openssl_give_worker(kx->workers, *worker, false);
    *worker = NULL;
    return NULL;
}

static bool
write_share(EVP_PKEY *own, uint8_t *share, size_t len)
{
    size_t written = 0;

    return EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, share, len, &written) > 0 &&
           written == len;
}

/* The peer's key was checked when it was made from its encoding: EVP_PKEY_derive_set_peer() would multiply it by
 * the order of the curve once more. */
static bool
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret, size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    size_t written = len;
    bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) > 0 &&
              EVP_PKEY_derive(ctx, secret, &written) > 0 && written == len;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int
start_with(const struct tvt_kx *kx, void *state, uint8_t *share, EVP_PKEY *own)
{
    struct kx_state *s = state;

    if (own == NULL || !write_share(own, share, kx->initiator_len)) {
        EVP_PKEY_free(own);
        return tvt_openssl_end(TVT_CRYPTO_BACKEND);
    }
    s->own = own;
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}

static int
start(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    ERR_set_mark();
    return start_with(kx, state, share, generate_fresh(kx_of(kx)));
}

static int
start_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    ERR_set_mark();
    return start_with(kx, state, share, generate_from(kx_of(kx), seed, seed_len));
}

static int
finish_dh(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    struct kx_state *s = state;
    struct tvt_openssl_worker *worker;
    EVP_PKEY *theirs;
    bool ok;

    ERR_set_mark();
    theirs = take_peer(kx_of(kx), &worker, peer, kx->responder_len);
    ok = theirs != NULL && derive(s->own, theirs, secret, kx->secret_len);
    tvt_openssl_give_worker(kx_of(kx)->workers, worker, ok);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_PEER_KEY);
}

static int
respond_with(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, EVP_PKEY *own)
{
    enum tvt_crypto_kind kind = TVT_CRYPTO_NONE;
    struct tvt_openssl_worker *worker;
    EVP_PKEY *theirs = take_peer(kx_of(kx), &worker, peer, kx->initiator_len);

    if (own == NULL || !write_share(own, share, kx->responder_len))
        kind = TVT_CRYPTO_BACKEND;
    else if (theirs == NULL || !derive(own, theirs, secret, kx->secret_len))
        kind = TVT_CRYPTO_PEER_KEY;
    tvt_openssl_give_worker(kx_of(kx)->workers, worker, kind == TVT_CRYPTO_NONE);
    EVP_PKEY_free(own);
    return tvt_openssl_end(kind);
}

static int
respond_dh(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    ERR_set_mark();
    return respond_with(kx, peer, share, secret, generate_fresh(kx_of(kx)));
}

static int
respond_dh_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                size_t seed_len)
{
    ERR_set_mark();
    return respond_with(kx, peer, share, secret, generate_from(kx_of(kx), seed, seed_len));
}

static int
finish_kem(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    struct kx_state *s = state;
    EVP_PKEY_CTX *ctx;
    size_t len = kx->secret_len;
    bool ok;

    ERR_set_mark();
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->own, NULL);
    ok = ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) > 0 &&
         EVP_PKEY_decapsulate(ctx, secret, &len, peer, kx->responder_len) > 0 && len == kx->secret_len;
    EVP_PKEY_CTX_free(ctx);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_PEER_KEY);
}

static int
encapsulate(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const OSSL_PARAM *params)
{
    enum tvt_crypto_kind kind = TVT_CRYPTO_NONE;
    EVP_PKEY_CTX *ctx = NULL;
    EVP_PKEY *theirs;
    size_t share_len = kx->responder_len, secret_len = kx->secret_len;

    ERR_set_mark();
    theirs = EVP_PKEY_new_raw_public_key_ex(NULL, kx->name, NULL, peer, kx->initiator_len);
    if (theirs == NULL)
        kind = TVT_CRYPTO_PEER_KEY;
    else if ((ctx = EVP_PKEY_CTX_new_from_pkey(NULL, theirs, NULL)) == NULL ||
             EVP_PKEY_encapsulate_init(ctx, params) <= 0 ||
             EVP_PKEY_encapsulate(ctx, share, &share_len, secret, &secret_len) <= 0 || share_len != kx->responder_len ||
             secret_len != kx->secret_len)
        kind = TVT_CRYPTO_BACKEND;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(theirs);
    return tvt_openssl_end(kind);
}

static int
respond_kem(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    return encapsulate(kx, peer, share, secret, NULL);
}

static int
respond_kem_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                 size_t seed_len)
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(MLKEM_IKM, (void *)seed, seed_len),
        OSSL_PARAM_construct_end(),
    };

    if (seed_len != MLKEM_IKM_LEN)
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    return encapsulate(kx, peer, share, secret, params);
}

static void
discard(const struct tvt_kx *kx, void *state)
{
    struct kx_state *s = state;

    (void)kx;
    EVP_PKEY_free(s->own); /* wipes */
    s->own = NULL;
}

/* Best first. libcrypto's P-384 and P-521 are not written to run in constant time on every platform. */
static const struct tvt_kx kinds[TVT_OPENSSL_NUM_GROUPS] = {
    {.group = TVT_GROUP_X25519,
     .flags = TVT_FLAG_CONSTANT_TIME,
     .initiator_len = 32,
     .secret_len = 32,
     .name = "X25519"},
    {.group = TVT_GROUP_SECP256R1,
     .flags = TVT_FLAG_CONSTANT_TIME,
     .initiator_len = 65,
     .secret_len = 32,
     .name = "P-256"},
    {.group = TVT_GROUP_X448, .flags = TVT_FLAG_CONSTANT_TIME, .initiator_len = 56, .secret_len = 56, .name = "X448"},
    {.group = TVT_GROUP_SECP384R1, .initiator_len = 97, .secret_len = 48, .name = "P-384"},
    {.group = TVT_GROUP_SECP521R1, .initiator_len = 133, .secret_len = 66, .name = "P-521"},
    {.group = TVT_GROUP_MLKEM768,
     .flags = TVT_FLAG_CONSTANT_TIME,
     .initiator_len = 1184,
     .responder_len = 1088,
     .secret_len = 32,
     .name = "ML-KEM-768"},
};

static const struct tvt_openssl_curve *
curve_of_group(const struct tvt_openssl *provider, uint16_t group)
{
    for (size_t i = 0; i < TVT_OPENSSL_NUM_CURVES; i++)
        if (provider->curve[i].group == group)
            return &provider->curve[i];
    return NULL;
}

/* For a curve the domain will do; the others get a key that is never used. */
static EVP_PKEY *
make_model(const char *name, const struct tvt_openssl_curve *curve)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx;

    if (curve != NULL)
        return curve->domain != NULL && EVP_PKEY_up_ref(curve->domain) ? curve->domain : NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_generate(ctx, &key) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

void
tvt_openssl_list_groups(struct tvt_openssl *provider, uint16_t flags)
{
    size_t n = 0;

    for (size_t i = 0; i < TVT_OPENSSL_NUM_GROUPS; i++) {
        struct tvt_openssl_kx *kx = &provider->kx[n];
        bool is_kem = kinds[i].group == TVT_GROUP_MLKEM768;

        kx->curve = curve_of_group(provider, kinds[i].group);
        kx->model = make_model(kinds[i].name, kx->curve);
        if (kx->model == NULL)
            continue;
        kx->base = kinds[i];
        kx->base.flags |= flags;
        kx->base.state_size = sizeof(struct kx_state);
        kx->workers = &provider->kx_workers[n];
        if (!is_kem)
            kx->base.responder_len = kx->base.initiator_len;
        kx->base.start = start;
        kx->base.start_from = start_from;
        kx->base.finish = is_kem ? finish_kem : finish_dh;
        kx->base.respond = is_kem ? respond_kem : respond_dh;
        kx->base.respond_from = is_kem ? respond_kem_from : respond_dh_from;
        kx->base.discard = discard;
        provider->groups[n++] = &kx->base;
    }
}
