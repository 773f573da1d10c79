/* SPDX-License-Identifier: MIT
 *
 * The delaying provider (tests only).
 */
#include "tests/providers/delay.h"

#include <stdlib.h>
#include <string.h>

struct delay {
    struct tvt_provider base;
    const struct tvt_provider *inner;
    unsigned most, open, pending, cancelled;
    uint32_t state;
};

struct delayed_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    struct delay *delay;
};

struct operation {
    unsigned left;
    uint32_t sum; /* of the message: the same question each time */
};

static unsigned
times(struct delay *d)
{
    d->state = d->state * 1664525u + 1013904223u;
    return (d->state >> 16) % (d->most + 1);
}

static struct delay *
self_of(const struct tvt_provider *provider)
{
    return provider->self;
}

static uint32_t
sum_of(const uint8_t *msg, size_t len)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ msg[i]) * 16777619u;
    return sum;
}

static int
delayed_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
             uint8_t *signature, size_t *signature_len, void **op)
{
    struct delayed_signer *s = (struct delayed_signer *)signer;
    struct operation *o = *op;
    if (o == NULL) {
        o = malloc(sizeof *o);
        if (o == NULL)
            return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
        o->left = times(s->delay);
        o->sum = sum_of(msg, msg_len);
        s->delay->open++;
        *op = o;
    }
    if (o->sum == sum_of(msg, msg_len) && o->left > 0) {
        o->left--;
        s->delay->pending++;
        return TVT_CRYPTO_PENDING;
    }
    bool same = o->sum == sum_of(msg, msg_len);
    free(o);
    *op = NULL;
    s->delay->open--;
    if (!same)
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 1);
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
delayed_cancel(struct tvt_signer *signer, void *op)
{
    struct delayed_signer *s = (struct delayed_signer *)signer;
    free(op);
    s->delay->open--;
    s->delay->cancelled++;
}

static void
delayed_free(struct tvt_signer *signer)
{
    struct delayed_signer *s = (struct delayed_signer *)signer;
    s->inner->free(s->inner);
    free(s);
}

static int
load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct delay *d = self_of(provider);
    struct delayed_signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    int rc = d->inner->load_key(d->inner, key, &s->inner);
    if (rc != TVT_CRYPTO_OK) {
        free(s);
        return rc;
    }
    s->base = *s->inner;
    s->base.sign = delayed_sign;
    s->base.cancel = delayed_cancel;
    s->base.free = delayed_free;
    s->delay = d;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

static int
inner_random(const struct tvt_provider *provider, void *out, size_t len)
{
    struct delay *d = self_of(provider);
    return d->inner->random(d->inner, out, len);
}

static void
inner_describe(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    struct delay *d = self_of(provider);
    d->inner->describe(d->inner, code, out, cap);
}

static void
free_delay(struct tvt_provider *provider)
{
    free(self_of(provider));
}

struct tvt_provider *
tvt_delay_new(const struct tvt_provider *inner, unsigned most, uint32_t seed)
{
    struct delay *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->base = *inner;
    d->base.self = d;
    d->base.random = inner_random;
    d->base.describe = inner_describe;
    d->base.load_key = load_key;
    d->base.free = free_delay;
    d->inner = inner;
    d->most = most;
    d->state = seed;
    return &d->base;
}

unsigned
tvt_delay_open(const struct tvt_provider *delay)
{
    return self_of(delay)->open;
}

unsigned
tvt_delay_pending(const struct tvt_provider *delay)
{
    return self_of(delay)->pending;
}

unsigned
tvt_delay_cancelled(const struct tvt_provider *delay)
{
    return self_of(delay)->cancelled;
}

enum tvt_result
tvt_delay_wait(struct tvt_delay_wait *wait)
{
    struct delay *d = self_of(wait->delay);
    if (!wait->begun) {
        wait->begun = true;
        wait->left = times(d);
    }
    if (wait->left > 0) {
        wait->left--;
        d->pending++;
        return TVT_PENDING;
    }
    wait->begun = false;
    wait->answered++;
    return TVT_OK;
}

enum tvt_result
tvt_delay_verdict(void *user, const struct tvt_span *chain, size_t num)
{
    (void)chain;
    (void)num;
    return tvt_delay_wait(user);
}
