/* SPDX-License-Identifier: MIT
 *
 * A provider that counts what another one does: every descriptor is wrapped, and a context begins with a pointer to
 * its wrapper, in a slot of TVT_ALIGN bytes so that the inner context keeps its alignment.
 */
#include "core/crypto/provider.h"

#include "core/base/error.h"
#include "core/base/memory.h"

#include <stdatomic.h>
#include <string.h>

#define SLOT TVT_ALIGN

struct meter;

struct meter_hash {
    struct tvt_hash base;
    const struct tvt_hash *inner;
    struct meter *meter;
};
struct meter_aead {
    struct tvt_aead base;
    const struct tvt_aead *inner;
    struct meter *meter;
};
struct meter_kx {
    struct tvt_kx base;
    const struct tvt_kx *inner;
    struct meter *meter;
};
struct meter_signature {
    struct tvt_signature base;
    const struct tvt_signature *inner;
    struct meter *meter;
};
struct meter_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    struct meter *meter;
};

/* One wrapper per descriptor, and a list of pointers to them; one allocation for each kind. */
struct meter {
    struct tvt_provider base;
    struct tvt_provider *inner;
    size_t num[4]; /* hashes, aeads, groups, signatures */
    struct meter_hash *hash;
    struct meter_aead *aead;
    struct meter_kx *kx;
    struct meter_signature *signature;
    const struct tvt_hash **hashes;
    const struct tvt_aead **aeads;
    const struct tvt_kx **groups;
    const struct tvt_signature **signatures;
    _Atomic uint64_t counts[TVT_METER_NUM_OPS];
};

static void
count(struct meter *meter, enum tvt_meter_op op)
{
    (void)atomic_fetch_add_explicit(&meter->counts[op], 1, memory_order_relaxed);
}

static void *
inner_ctx(void *ctx)
{
    return (uint8_t *)ctx + SLOT;
}

/* ---- hash ------------------------------------------------------------------------------------------------- */

static const struct meter_hash *
hash_of(const void *ctx)
{
    const struct meter_hash *h;

    memcpy(&h, ctx, sizeof(h));
    return h;
}

static int
hash_setup(const struct tvt_hash *hash, void *ctx)
{
    const struct meter_hash *h = (const struct meter_hash *)hash;

    memcpy(ctx, &h, sizeof(h));
    return h->inner->setup(h->inner, inner_ctx(ctx));
}

static void
hash_reset(void *ctx)
{
    hash_of(ctx)->inner->reset(inner_ctx(ctx));
}

static void
hash_update(void *ctx, const void *data, size_t len)
{
    hash_of(ctx)->inner->update(inner_ctx(ctx), data, len);
}

static int
hash_final(void *ctx, uint8_t *out)
{
    count(hash_of(ctx)->meter, TVT_METER_HASH_FINAL);
    return hash_of(ctx)->inner->final(inner_ctx(ctx), out);
}

static void
hash_copy(void *dst, const void *src)
{
    count(hash_of(src)->meter, TVT_METER_HASH_COPY);
    hash_of(src)->inner->copy(inner_ctx(dst), (const uint8_t *)src + SLOT);
}

static void
hash_teardown(void *ctx)
{
    hash_of(ctx)->inner->teardown(inner_ctx(ctx));
    memset(ctx, 0, sizeof(void *));
}

/* ---- AEAD ------------------------------------------------------------------------------------------------- */

static const struct meter_aead *
aead_of(const void *ctx)
{
    const struct meter_aead *a;

    memcpy(&a, ctx, sizeof(a));
    return a;
}

static int
aead_setup(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    const struct meter_aead *a = (const struct meter_aead *)aead;

    memcpy(ctx, &a, sizeof(a));
    count(a->meter, TVT_METER_AEAD_SETUP);
    return a->inner->setup(a->inner, inner_ctx(ctx), direction, key);
}

static int
aead_rekey(void *ctx, const uint8_t *key)
{
    count(aead_of(ctx)->meter, TVT_METER_AEAD_REKEY);
    return aead_of(ctx)->inner->rekey(inner_ctx(ctx), key);
}

static int
aead_seal(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    count(aead_of(ctx)->meter, TVT_METER_SEAL);
    return aead_of(ctx)->inner->seal(inner_ctx(ctx), out, in, num_in, nonce, aad, aad_len);
}

static int
aead_open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    count(aead_of(ctx)->meter, TVT_METER_OPEN);
    return aead_of(ctx)->inner->open(inner_ctx(ctx), out, in, len, nonce, aad, aad_len);
}

static void
aead_teardown(void *ctx)
{
    aead_of(ctx)->inner->teardown(inner_ctx(ctx));
    memset(ctx, 0, sizeof(void *));
}

/* ---- key exchange ----------------------------------------------------------------------------------------- */

static int
kx_start(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    count(k->meter, TVT_METER_KX_START);
    return k->inner->start(k->inner, state, share);
}

static int
kx_finish(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    count(k->meter, TVT_METER_KX_FINISH);
    return k->inner->finish(k->inner, state, peer, secret);
}

static int
kx_respond(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    count(k->meter, TVT_METER_KX_RESPOND);
    return k->inner->respond(k->inner, peer, share, secret);
}

static void
kx_discard(const struct tvt_kx *kx, void *state)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    k->inner->discard(k->inner, state);
}

static int
kx_start_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    count(k->meter, TVT_METER_KX_START);
    return k->inner->start_from(k->inner, state, share, seed, seed_len);
}

static int
kx_respond_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                size_t seed_len)
{
    const struct meter_kx *k = (const struct meter_kx *)kx;

    count(k->meter, TVT_METER_KX_RESPOND);
    return k->inner->respond_from(k->inner, peer, share, secret, seed, seed_len);
}

/* ---- signatures ------------------------------------------------------------------------------------------- */

static int
signature_verify(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
                 size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    const struct meter_signature *s = (const struct meter_signature *)sig;

    count(s->meter, TVT_METER_VERIFY);
    return s->inner->verify(s->inner, hash, key, msg, msg_len, signature, signature_len);
}

/* A signature that is asked for again after PENDING is one operation. */
static int
signer_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
            uint8_t *signature, size_t *signature_len, void **op)
{
    struct meter_signer *s = (struct meter_signer *)signer;

    if (op == NULL || *op == NULL)
        count(s->meter, TVT_METER_SIGN);
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
signer_cancel(struct tvt_signer *signer, void *op)
{
    struct meter_signer *s = (struct meter_signer *)signer;

    s->inner->cancel(s->inner, op);
}

static void
signer_free(struct tvt_signer *signer)
{
    struct meter_signer *s = (struct meter_signer *)signer;

    s->inner->free(s->inner);
    tvt_release(NULL, s, sizeof(*s));
}

/* ---- provider --------------------------------------------------------------------------------------------- */

static int
meter_random(const struct tvt_provider *provider, void *out, size_t len)
{
    struct meter *meter = provider->self;

    count(meter, TVT_METER_RANDOM);
    return meter->inner->random(meter->inner, out, len);
}

static int
meter_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct meter *meter = provider->self;
    struct meter_signer *s = tvt_alloc(NULL, sizeof(*s));

    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    int result = meter->inner->load_key(meter->inner, key, &s->inner);
    if (result != TVT_CRYPTO_OK) {
        tvt_release(NULL, s, sizeof(*s));
        return result;
    }
    s->meter = meter;
    s->base.key_type = s->inner->key_type;
    s->base.signature_max = s->inner->signature_max;
    s->base.pub = s->inner->pub;
    s->base.sign = signer_sign;
    s->base.cancel = s->inner->cancel != NULL ? signer_cancel : NULL;
    s->base.free = signer_free;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

static void
meter_describe(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    const struct meter *meter = provider->self;

    meter->inner->describe(meter->inner, code, out, cap);
}

static void
free_wrappers(struct meter *m)
{
    tvt_release(NULL, m->hash, m->num[0] * sizeof(*m->hash));
    tvt_release(NULL, m->aead, m->num[1] * sizeof(*m->aead));
    tvt_release(NULL, m->kx, m->num[2] * sizeof(*m->kx));
    tvt_release(NULL, m->signature, m->num[3] * sizeof(*m->signature));
    tvt_release(NULL, m->hashes, (m->num[0] + 1) * sizeof(*m->hashes));
    tvt_release(NULL, m->aeads, (m->num[1] + 1) * sizeof(*m->aeads));
    tvt_release(NULL, m->groups, (m->num[2] + 1) * sizeof(*m->groups));
    tvt_release(NULL, m->signatures, (m->num[3] + 1) * sizeof(*m->signatures));
    tvt_release(NULL, m, sizeof(*m));
}

static void
meter_free(struct tvt_provider *provider)
{
    struct meter *meter = provider->self;

    tvt_provider_free(meter->inner);
    free_wrappers(meter);
}

static void
wrap_hashes(struct meter *m)
{
    for (size_t i = 0; i < m->num[0]; i++) {
        struct meter_hash *h = &m->hash[i];
        h->inner = m->inner->hashes[i];
        h->meter = m;
        h->base = *h->inner;
        h->base.ctx_size = (uint16_t)(h->inner->ctx_size + SLOT);
        h->base.setup = hash_setup;
        h->base.reset = hash_reset;
        h->base.update = hash_update;
        h->base.final = hash_final;
        h->base.copy = hash_copy;
        h->base.teardown = hash_teardown;
        m->hashes[i] = &h->base;
    }
}

static void
wrap_aeads(struct meter *m)
{
    for (size_t i = 0; i < m->num[1]; i++) {
        struct meter_aead *a = &m->aead[i];
        a->inner = m->inner->aeads[i];
        a->meter = m;
        a->base = *a->inner;
        a->base.ctx_size = (uint16_t)(a->inner->ctx_size + SLOT);
        a->base.setup = aead_setup;
        a->base.rekey = aead_rekey;
        a->base.seal = aead_seal;
        a->base.open = aead_open;
        a->base.teardown = aead_teardown;
        m->aeads[i] = &a->base;
    }
}

static void
wrap_groups(struct meter *m)
{
    for (size_t i = 0; i < m->num[2]; i++) {
        struct meter_kx *k = &m->kx[i];
        k->inner = m->inner->groups[i];
        k->meter = m;
        k->base = *k->inner;
        k->base.start = kx_start;
        k->base.finish = kx_finish;
        k->base.respond = kx_respond;
        k->base.discard = kx_discard;
        k->base.start_from = k->inner->start_from != NULL ? kx_start_from : NULL;
        k->base.respond_from = k->inner->respond_from != NULL ? kx_respond_from : NULL;
        m->groups[i] = &k->base;
    }
}

static void
wrap_signatures(struct meter *m)
{
    for (size_t i = 0; i < m->num[3]; i++) {
        struct meter_signature *s = &m->signature[i];
        s->inner = m->inner->signatures[i];
        s->meter = m;
        s->base = *s->inner;
        s->base.verify = s->inner->verify != NULL ? signature_verify : NULL;
        m->signatures[i] = &s->base;
    }
}

static bool
alloc_wrappers(struct meter *m)
{
    m->hash = tvt_alloc(NULL, m->num[0] * sizeof(*m->hash));
    m->aead = tvt_alloc(NULL, m->num[1] * sizeof(*m->aead));
    m->kx = tvt_alloc(NULL, m->num[2] * sizeof(*m->kx));
    m->signature = tvt_alloc(NULL, m->num[3] * sizeof(*m->signature));
    m->hashes = tvt_alloc(NULL, (m->num[0] + 1) * sizeof(*m->hashes));
    m->aeads = tvt_alloc(NULL, (m->num[1] + 1) * sizeof(*m->aeads));
    m->groups = tvt_alloc(NULL, (m->num[2] + 1) * sizeof(*m->groups));
    m->signatures = tvt_alloc(NULL, (m->num[3] + 1) * sizeof(*m->signatures));
    return m->hash != NULL && m->aead != NULL && m->kx != NULL && m->signature != NULL && m->hashes != NULL &&
           m->aeads != NULL && m->groups != NULL && m->signatures != NULL;
}

/* A context with its slot must fit where the core keeps contexts. */
static enum tvt_result
check_room(const struct tvt_provider *p, struct tvt_error *error)
{
    for (const struct tvt_hash *const *h = p->hashes; *h != NULL; h++)
        if ((*h)->ctx_size > TVT_HASH_CTX_MAX - SLOT)
            return tvt_fail_values(error, TVT_E_BAD_PROVIDER, "hash descriptor", "ctx_size", TVT_HASH_CTX_MAX - SLOT,
                                   (*h)->ctx_size);
    for (const struct tvt_aead *const *a = p->aeads; *a != NULL; a++)
        if ((*a)->ctx_size > TVT_AEAD_CTX_MAX - SLOT)
            return tvt_fail_values(error, TVT_E_BAD_PROVIDER, "AEAD descriptor", "ctx_size", TVT_AEAD_CTX_MAX - SLOT,
                                   (*a)->ctx_size);
    return TVT_OK;
}

enum tvt_result
tvt_meter_new(struct tvt_provider **out, struct tvt_provider *inner, struct tvt_error *error)
{
    *out = NULL;
    if (tvt_provider_check(inner, error) != TVT_OK || check_room(inner, error) != TVT_OK)
        return TVT_FAIL;
    struct meter *m = tvt_alloc(NULL, sizeof(*m));
    if (m == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "meter", NULL);
    TVT_LIST_COUNT(inner->hashes, m->num[0]);
    TVT_LIST_COUNT(inner->aeads, m->num[1]);
    TVT_LIST_COUNT(inner->groups, m->num[2]);
    TVT_LIST_COUNT(inner->signatures, m->num[3]);
    m->inner = inner;
    if (!alloc_wrappers(m)) {
        free_wrappers(m);
        return tvt_fail(error, TVT_E_NO_MEMORY, "meter", NULL);
    }
    wrap_hashes(m);
    wrap_aeads(m);
    wrap_groups(m);
    wrap_signatures(m);
    m->base = *inner; /* name, version, licence, flags: errors read the same with and without a meter */
    m->base.struct_size = sizeof(m->base);
    m->base.hashes = m->hashes;
    m->base.aeads = m->aeads;
    m->base.groups = m->groups;
    m->base.signatures = m->signatures;
    m->base.random = meter_random;
    m->base.load_key = meter_load_key;
    m->base.describe = meter_describe;
    m->base.free = meter_free;
    m->base.self = m;
    *out = &m->base;
    return TVT_OK;
}

uint64_t
tvt_meter_count(const struct tvt_provider *meter, enum tvt_meter_op op)
{
    struct meter *m = meter->self;

    if (meter->free != meter_free || (unsigned)op >= TVT_METER_NUM_OPS)
        return 0;
    return atomic_load_explicit(&m->counts[op], memory_order_relaxed);
}

void
tvt_meter_reset(struct tvt_provider *meter)
{
    struct meter *m = meter->self;

    for (size_t i = 0; meter->free == meter_free && i < TVT_METER_NUM_OPS; i++)
        atomic_store_explicit(&m->counts[i], 0, memory_order_relaxed);
}

const char *
tvt_meter_op_name(enum tvt_meter_op op)
{
    static const char *const names[TVT_METER_NUM_OPS] = {
        [TVT_METER_RANDOM] = "random",
        [TVT_METER_HASH_FINAL] = "hash final",
        [TVT_METER_HASH_COPY] = "hash copy",
        [TVT_METER_AEAD_SETUP] = "aead setup",
        [TVT_METER_AEAD_REKEY] = "aead rekey",
        [TVT_METER_SEAL] = "seal",
        [TVT_METER_OPEN] = "open",
        [TVT_METER_KX_START] = "kx start",
        [TVT_METER_KX_FINISH] = "kx finish",
        [TVT_METER_KX_RESPOND] = "kx respond",
        [TVT_METER_SIGN] = "sign",
        [TVT_METER_VERIFY] = "verify",
    };

    return (unsigned)op < TVT_METER_NUM_OPS ? names[op] : "unknown";
}
