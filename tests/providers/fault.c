/* SPDX-License-Identifier: MIT
 *
 * The fault provider: a layer over a backend whose nth operation fails. A wrapped hash or AEAD context is a header
 * that names the wrapping descriptor, then the backend's own context.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/providers/fault.h"

enum { RUBBISH = 0xa5 };

struct fault {
    struct tvt_provider base;
    struct tvt_provider *inner;
    struct fault_hash *hash;
    struct fault_aead *aead;
    struct fault_kx *kx;
    struct fault_signature *signature;
    const struct tvt_hash **hashes;
    const struct tvt_aead **aeads;
    const struct tvt_kx **groups;
    const struct tvt_signature **signatures;
    atomic_uint_fast64_t count, count_of[TVT_FAULT_NUM_OPS];
    atomic_uint_fast64_t nth;
    atomic_int kind, failed;
};

struct fault_hash {
    struct tvt_hash base;
    const struct tvt_hash *inner;
    struct fault *owner;
};

struct fault_aead {
    struct tvt_aead base;
    const struct tvt_aead *inner;
    struct fault *owner;
};

struct fault_kx {
    struct tvt_kx base;
    const struct tvt_kx *inner;
    struct fault *owner;
};

struct fault_signature {
    struct tvt_signature base;
    const struct tvt_signature *inner;
    struct fault *owner;
};

struct fault_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    struct fault *owner;
};

static const char *const op_names[TVT_FAULT_NUM_OPS + 1] = {
    [TVT_FAULT_HASH_SETUP] = "hash setup",
    [TVT_FAULT_HASH_FINAL] = "hash final",
    [TVT_FAULT_AEAD_SETUP] = "AEAD setup",
    [TVT_FAULT_REKEY] = "rekey",
    [TVT_FAULT_SEAL] = "seal",
    [TVT_FAULT_OPEN] = "open",
    [TVT_FAULT_START] = "start",
    [TVT_FAULT_FINISH] = "finish",
    [TVT_FAULT_RESPOND] = "respond",
    [TVT_FAULT_VERIFY] = "verify",
    [TVT_FAULT_SIGN] = "sign",
    [TVT_FAULT_RANDOM] = "random",
    [TVT_FAULT_LOAD_KEY] = "load_key",
    [TVT_FAULT_NUM_OPS] = "none",
};

/* ---- counting -------------------------------------------------------------------------------------------- */
static struct fault *
fault_of(const struct tvt_provider *provider)
{
    return provider->self;
}

/* Counts an operation. True when it is to fail, with *result. */
static bool
fails_now(struct fault *f, enum tvt_fault_op op, int *result)
{
    uint64_t at = atomic_fetch_add(&f->count, 1) + 1;

    atomic_fetch_add(&f->count_of[op], 1);
    if (at != atomic_load(&f->nth))
        return false;
    atomic_store(&f->failed, (int)op);
    *result = tvt_crypto_failure((enum tvt_crypto_kind)atomic_load(&f->kind), 0);
    return true;
}

void
tvt_fault_arm(struct tvt_provider *fault, uint64_t nth, enum tvt_crypto_kind kind)
{
    struct fault *f = fault_of(fault);

    for (size_t i = 0; i < TVT_FAULT_NUM_OPS; i++)
        atomic_store(&f->count_of[i], 0);
    atomic_store(&f->count, 0);
    atomic_store(&f->kind, (int)kind);
    atomic_store(&f->failed, TVT_FAULT_NUM_OPS);
    atomic_store(&f->nth, nth);
}

uint64_t
tvt_fault_count(const struct tvt_provider *fault)
{
    return atomic_load(&fault_of(fault)->count);
}

uint64_t
tvt_fault_count_of(const struct tvt_provider *fault, enum tvt_fault_op op)
{
    return atomic_load(&fault_of(fault)->count_of[op]);
}

enum tvt_fault_op
tvt_fault_failed(const struct tvt_provider *fault)
{
    return (enum tvt_fault_op)atomic_load(&fault_of(fault)->failed);
}

const char *
tvt_fault_op_name(enum tvt_fault_op op)
{
    return (unsigned)op <= TVT_FAULT_NUM_OPS ? op_names[op] : "?";
}

/* ---- hashes ---------------------------------------------------------------------------------------------- */
struct hash_head {
    const struct fault_hash *hash;
};

static const struct fault_hash *
hash_of(const void *ctx)
{
    return ((const struct hash_head *)ctx)->hash;
}

static void *
inner_ctx(void *ctx)
{
    return (uint8_t *)ctx + TVT_ALIGN;
}

static int
setup_hash(const struct tvt_hash *hash, void *ctx)
{
    const struct fault_hash *h = (const struct fault_hash *)hash;
    int result;

    ((struct hash_head *)ctx)->hash = h;
    if (fails_now(h->owner, TVT_FAULT_HASH_SETUP, &result))
        return result;
    return h->inner->setup(h->inner, inner_ctx(ctx));
}

static void
reset_hash(void *ctx)
{
    hash_of(ctx)->inner->reset(inner_ctx(ctx));
}

static void
update_hash(void *ctx, const void *data, size_t len)
{
    hash_of(ctx)->inner->update(inner_ctx(ctx), data, len);
}

static int
finish_hash(void *ctx, uint8_t *out)
{
    const struct fault_hash *h = hash_of(ctx);
    int result;

    if (!fails_now(h->owner, TVT_FAULT_HASH_FINAL, &result))
        return h->inner->final(inner_ctx(ctx), out);
    memset(out, RUBBISH, h->base.out_len);
    return result;
}

static void
copy_hash(void *dst, const void *src)
{
    hash_of(dst)->inner->copy(inner_ctx(dst), (const uint8_t *)src + TVT_ALIGN);
}

static void
teardown_hash(void *ctx)
{
    hash_of(ctx)->inner->teardown(inner_ctx(ctx));
    memset(ctx, 0, sizeof(struct hash_head));
}

/* ---- AEADs ----------------------------------------------------------------------------------------------- */
struct aead_head {
    const struct fault_aead *aead;
};

static const struct fault_aead *
aead_of(const void *ctx)
{
    return ((const struct aead_head *)ctx)->aead;
}

static int
setup_aead(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    const struct fault_aead *a = (const struct fault_aead *)aead;
    int result;

    ((struct aead_head *)ctx)->aead = a;
    if (fails_now(a->owner, TVT_FAULT_AEAD_SETUP, &result))
        return result;
    return a->inner->setup(a->inner, inner_ctx(ctx), direction, key);
}

static int
rekey_aead(void *ctx, const uint8_t *key)
{
    const struct fault_aead *a = aead_of(ctx);
    int result;

    return fails_now(a->owner, TVT_FAULT_REKEY, &result) ? result : a->inner->rekey(inner_ctx(ctx), key);
}

static int
seal_aead(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    const struct fault_aead *a = aead_of(ctx);
    int result;

    if (fails_now(a->owner, TVT_FAULT_SEAL, &result))
        return result;
    return a->inner->seal(inner_ctx(ctx), out, in, num_in, nonce, aad, aad_len);
}

static int
open_aead(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    const struct fault_aead *a = aead_of(ctx);
    int result;

    if (!fails_now(a->owner, TVT_FAULT_OPEN, &result))
        return a->inner->open(inner_ctx(ctx), out, in, len, nonce, aad, aad_len);
    if (len > a->base.tag_len)
        memset(out, RUBBISH, len - a->base.tag_len);
    return result;
}

static void
teardown_aead(void *ctx)
{
    aead_of(ctx)->inner->teardown(inner_ctx(ctx));
    memset(ctx, 0, sizeof(struct aead_head));
}

/* ---- key exchange: functions take the descriptor, so the state is the backend's ---------------------------- */
static const struct fault_kx *
kx_of(const struct tvt_kx *kx)
{
    return (const struct fault_kx *)kx;
}

static int
start_kx(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    const struct fault_kx *k = kx_of(kx);
    int result;

    if (!fails_now(k->owner, TVT_FAULT_START, &result))
        return k->inner->start(k->inner, state, share);
    memset(share, RUBBISH, kx->initiator_len);
    return result;
}

static int
finish_kx(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    const struct fault_kx *k = kx_of(kx);
    int result;

    if (!fails_now(k->owner, TVT_FAULT_FINISH, &result))
        return k->inner->finish(k->inner, state, peer, secret);
    memset(secret, RUBBISH, kx->secret_len);
    return result;
}

static int
respond_kx(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    const struct fault_kx *k = kx_of(kx);
    int result;

    if (!fails_now(k->owner, TVT_FAULT_RESPOND, &result))
        return k->inner->respond(k->inner, peer, share, secret);
    memset(share, RUBBISH, kx->responder_len);
    memset(secret, RUBBISH, kx->secret_len);
    return result;
}

static void
discard_kx(const struct tvt_kx *kx, void *state)
{
    const struct fault_kx *k = kx_of(kx);

    k->inner->discard(k->inner, state);
}

static int
start_kx_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    const struct fault_kx *k = kx_of(kx);
    int result;

    if (fails_now(k->owner, TVT_FAULT_START, &result))
        return result;
    return k->inner->start_from(k->inner, state, share, seed, seed_len);
}

static int
respond_kx_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                size_t seed_len)
{
    const struct fault_kx *k = kx_of(kx);
    int result;

    if (fails_now(k->owner, TVT_FAULT_RESPOND, &result))
        return result;
    return k->inner->respond_from(k->inner, peer, share, secret, seed, seed_len);
}

/* ---- signatures ------------------------------------------------------------------------------------------ */
static int
verify(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
       size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    const struct fault_signature *s = (const struct fault_signature *)sig;
    int result;

    if (fails_now(s->owner, TVT_FAULT_VERIFY, &result))
        return result;
    return s->inner->verify(s->inner, hash, key, msg, msg_len, signature, signature_len);
}

static int
sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len, uint8_t *signature,
     size_t *signature_len, void **op)
{
    struct fault_signer *s = (struct fault_signer *)signer;
    int result;

    if (!fails_now(s->owner, TVT_FAULT_SIGN, &result))
        return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
    if (*op != NULL) { /* the result is final, so nobody else will give the operation back */
        s->inner->cancel(s->inner, *op);
        *op = NULL;
    }
    return result;
}

static void
cancel_signer(struct tvt_signer *signer, void *op)
{
    struct fault_signer *s = (struct fault_signer *)signer;

    s->inner->cancel(s->inner, op);
}

static void
free_signer(struct tvt_signer *signer)
{
    struct fault_signer *s = (struct fault_signer *)signer;

    if (s == NULL)
        return;
    s->inner->free(s->inner);
    free(s);
}

static int
load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct fault *f = fault_of(provider);
    struct fault_signer *s;
    int result;

    if (fails_now(f, TVT_FAULT_LOAD_KEY, &result))
        return result;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    result = f->inner->load_key(f->inner, key, &s->inner);
    if (result != TVT_CRYPTO_OK) {
        free(s);
        return result;
    }
    s->owner = f;
    s->base = *s->inner; /* its public spans live as long as the inner signer */
    s->base.sign = sign;
    s->base.cancel = s->inner->cancel != NULL ? cancel_signer : NULL;
    s->base.free = free_signer;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

/* ---- the provider ---------------------------------------------------------------------------------------- */
static int
fill_random(const struct tvt_provider *provider, void *out, size_t len)
{
    struct fault *f = fault_of(provider);
    int result;

    if (!fails_now(f, TVT_FAULT_RANDOM, &result))
        return f->inner->random(f->inner, out, len);
    if (len > 0)
        memset(out, RUBBISH, len);
    return result;
}

static void
describe_code(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    const struct fault *f = fault_of(provider);

    f->inner->describe(f->inner, code, out, cap);
}

/* Everything but the inner provider. */
static void
free_layer(struct fault *f)
{
    free(f->hash);
    free(f->aead);
    free(f->kx);
    free(f->signature);
    free(f->hashes);
    free(f->aeads);
    free(f->groups);
    free(f->signatures);
    free(f);
}

static void
free_provider(struct tvt_provider *provider)
{
    struct fault *f = fault_of(provider);

    f->inner->free(f->inner);
    free_layer(f);
}

/* Room for the descriptors of every list of `inner`, and its NULL at the end. */
static bool
make_room(struct fault *f, const struct tvt_provider *inner)
{
    size_t hashes = 1, aeads = 1, groups = 1, signatures = 1;

    while (inner->hashes[hashes - 1] != NULL)
        hashes++;
    while (inner->aeads[aeads - 1] != NULL)
        aeads++;
    while (inner->groups[groups - 1] != NULL)
        groups++;
    while (inner->signatures[signatures - 1] != NULL)
        signatures++;
    f->hash = calloc(hashes, sizeof *f->hash);
    f->aead = calloc(aeads, sizeof *f->aead);
    f->kx = calloc(groups, sizeof *f->kx);
    f->signature = calloc(signatures, sizeof *f->signature);
    f->hashes = calloc(hashes, sizeof *f->hashes);
    f->aeads = calloc(aeads, sizeof *f->aeads);
    f->groups = calloc(groups, sizeof *f->groups);
    f->signatures = calloc(signatures, sizeof *f->signatures);
    return f->hash != NULL && f->aead != NULL && f->kx != NULL && f->signature != NULL && f->hashes != NULL &&
           f->aeads != NULL && f->groups != NULL && f->signatures != NULL;
}

static bool
wrap_hashes(struct fault *f, const struct tvt_hash *const *inner)
{
    for (size_t i = 0; inner[i] != NULL; i++) {
        struct fault_hash *h = &f->hash[i];

        if (inner[i]->ctx_size + TVT_ALIGN > TVT_HASH_CTX_MAX)
            return false;
        *h = (struct fault_hash){.base = *inner[i], .inner = inner[i], .owner = f};
        h->base.ctx_size = (uint16_t)(inner[i]->ctx_size + TVT_ALIGN);
        h->base.setup = setup_hash;
        h->base.reset = reset_hash;
        h->base.update = update_hash;
        h->base.final = finish_hash;
        h->base.copy = copy_hash;
        h->base.teardown = teardown_hash;
        f->hashes[i] = &h->base;
    }
    return true;
}

static bool
wrap_aeads(struct fault *f, const struct tvt_aead *const *inner)
{
    for (size_t i = 0; inner[i] != NULL; i++) {
        struct fault_aead *a = &f->aead[i];

        if (inner[i]->ctx_size + TVT_ALIGN > TVT_AEAD_CTX_MAX)
            return false;
        *a = (struct fault_aead){.base = *inner[i], .inner = inner[i], .owner = f};
        a->base.ctx_size = (uint16_t)(inner[i]->ctx_size + TVT_ALIGN);
        a->base.setup = setup_aead;
        a->base.rekey = rekey_aead;
        a->base.seal = seal_aead;
        a->base.open = open_aead;
        a->base.teardown = teardown_aead;
        f->aeads[i] = &a->base;
    }
    return true;
}

static void
wrap_groups(struct fault *f, const struct tvt_kx *const *inner)
{
    for (size_t i = 0; inner[i] != NULL; i++) {
        struct fault_kx *k = &f->kx[i];

        *k = (struct fault_kx){.base = *inner[i], .inner = inner[i], .owner = f};
        k->base.start = start_kx;
        k->base.finish = finish_kx;
        k->base.respond = respond_kx;
        k->base.discard = discard_kx;
        k->base.start_from = inner[i]->start_from != NULL ? start_kx_from : NULL;
        k->base.respond_from = inner[i]->respond_from != NULL ? respond_kx_from : NULL;
        f->groups[i] = &k->base;
    }
}

static void
wrap_signatures(struct fault *f, const struct tvt_signature *const *inner)
{
    for (size_t i = 0; inner[i] != NULL; i++) {
        struct fault_signature *s = &f->signature[i];

        *s = (struct fault_signature){.base = *inner[i], .inner = inner[i], .owner = f};
        if (inner[i]->verify != NULL)
            s->base.verify = verify;
        f->signatures[i] = &s->base;
    }
}

int
tvt_fault_new(struct tvt_provider **out, struct tvt_provider *inner)
{
    struct fault *f = calloc(1, sizeof *f);

    if (f == NULL || !make_room(f, inner)) {
        if (f != NULL)
            free_layer(f);
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    }
    if (!wrap_hashes(f, inner->hashes) || !wrap_aeads(f, inner->aeads)) {
        free_layer(f);
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    }
    wrap_groups(f, inner->groups);
    wrap_signatures(f, inner->signatures);
    f->inner = inner;
    f->base = *inner;
    f->base.struct_size = sizeof f->base;
    f->base.name = "fault";
    f->base.hashes = f->hashes;
    f->base.aeads = f->aeads;
    f->base.groups = f->groups;
    f->base.signatures = f->signatures;
    f->base.random = fill_random;
    f->base.load_key = load_key;
    f->base.describe = describe_code;
    f->base.free = free_provider;
    f->base.self = f;
    *out = &f->base;
    tvt_fault_arm(&f->base, 0, TVT_CRYPTO_NONE);
    return TVT_CRYPTO_OK;
}
