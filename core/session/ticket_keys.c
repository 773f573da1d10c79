/* SPDX-License-Identifier: MIT
 *
 * The keys of a server's tickets: held, rotated by time, shared between servers, or looked up by the program. What they do
 * to bytes is in sealed.c.
 */
#include "core/session/ticket_keys.h"

#include <string.h>

#define NAME "ticket keys"

/* ---- life -------------------------------------------------------------------------------------------------- */

static enum tvt_result
fill_key(struct tvt_ticket_keys *keys, struct tvt_ticket_key *key, struct tvt_error *error)
{
    int result = keys->provider->random(keys->provider, key->bytes, sizeof key->bytes);

    key->seals_until_ms = key->opens_until_ms = 0; /* its time begins with its first use: only then is the time known */
    if (result != TVT_CRYPTO_OK)
        return tvt_fail_crypto(error, TVT_E_RANDOM, NAME, NULL, keys->provider, result);
    tvt_secret(key->bytes + TVT_TICKET_NAME_LEN, sizeof key->bytes - TVT_TICKET_NAME_LEN);
    return TVT_OK;
}

enum tvt_result
tvt_ticket_keys_new(struct tvt_ticket_keys **out, const struct tvt_provider *provider, uint32_t rotate_s,
                    const struct tvt_mutex *mutex, struct tvt_error *error)
{
    *out = NULL;
    if (!tvt_sealers_possible(provider))
        return tvt_fail(error, TVT_E_NOT_OFFERED, NAME, "SHA-256 and an AEAD");
    struct tvt_ticket_keys *keys = tvt_alloc_aligned(NULL, sizeof *keys);
    if (keys == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NAME, NULL);
    atomic_init(&keys->refs, 1);
    keys->provider = provider;
    keys->rotate_ms = UINT64_C(1000) * rotate_s;
    keys->num = 1;
    enum tvt_result result = fill_key(keys, &keys->held[0], error);
    if (result == TVT_OK && !tvt_lock_make(&keys->lock, mutex))
        result = tvt_fail(error, TVT_E_NO_MEMORY, NAME, NULL);
    if (result != TVT_OK) {
        tvt_release_aligned(NULL, keys, sizeof *keys);
        return result;
    }
    *out = keys;
    return TVT_OK;
}

struct tvt_ticket_keys *
tvt_ticket_keys_ref(struct tvt_ticket_keys *keys)
{
    if (keys != NULL)
        (void)atomic_fetch_add_explicit(&keys->refs, 1, memory_order_relaxed);
    return keys;
}

void
tvt_ticket_keys_unref(struct tvt_ticket_keys *keys)
{
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < TVT_SEALERS; i++)
        tvt_sealer_free(&keys->sealers[i]);
    tvt_lock_free(&keys->lock);
    tvt_release_aligned(NULL, keys, sizeof *keys);
}

/* ---- sealers ----------------------------------------------------------------------------------------------- */

/* Keys went away: no sealer keeps one loaded. Those in use at the moment forget when they come back. */
static void
forget_loaded(struct tvt_ticket_keys *keys)
{
    keys->generation++;
    for (size_t i = 0; i < TVT_SEALERS; i++)
        if ((keys->busy & 1u << i) == 0)
            tvt_sealer_free(&keys->sealers[i]);
}

struct tvt_sealer *
tvt_ticket_keys_borrow(struct tvt_ticket_keys *keys, struct tvt_sealer *spare)
{
    struct tvt_sealer *sealer = spare;

    spare->live = false;
    tvt_lock_take(&keys->lock);
    for (unsigned i = 0; i < TVT_SEALERS && sealer == spare; i++) {
        if ((keys->busy & 1u << i) == 0) {
            keys->busy |= 1u << i;
            sealer = &keys->sealers[i];
            sealer->generation = keys->generation;
        }
    }
    tvt_lock_give(&keys->lock);
    return sealer;
}

void
tvt_ticket_keys_give_back(struct tvt_ticket_keys *keys, struct tvt_sealer *sealer, struct tvt_sealer *spare)
{
    if (sealer == spare) {
        tvt_sealer_free(spare);
        return;
    }
    tvt_lock_take(&keys->lock);
    if (sealer->generation != keys->generation)
        tvt_sealer_free(sealer);
    keys->busy &= ~(1u << (unsigned)(sealer - keys->sealers));
    tvt_lock_give(&keys->lock);
}

/* ---- rotation ---------------------------------------------------------------------------------------------- */

static void
drop_from(struct tvt_ticket_keys *keys, size_t index)
{
    if (index >= keys->num)
        return;
    tvt_wipe(&keys->held[index], (keys->num - index) * sizeof keys->held[0]);
    keys->num = index;
    forget_loaded(keys);
}

/* A key's times, which begin now; or are cut, where a clock that was set back would make them longer than they should be. */
static void
set_times(const struct tvt_ticket_keys *keys, struct tvt_ticket_key *key, uint64_t now_ms)
{
    if (key->opens_until_ms == 0) {
        key->seals_until_ms = now_ms + keys->rotate_ms;
        key->opens_until_ms = now_ms + 2 * keys->rotate_ms;
    }
    if (key->seals_until_ms > now_ms + keys->rotate_ms)
        key->seals_until_ms = now_ms + keys->rotate_ms;
    if (key->opens_until_ms > key->seals_until_ms + keys->rotate_ms)
        key->opens_until_ms = key->seals_until_ms + keys->rotate_ms;
}

/* With the lock held: a new key where the newest has had its time, and none that is too old to open. */
static enum tvt_result
rotate(struct tvt_ticket_keys *keys, uint64_t now_ms, struct tvt_error *error)
{
    struct tvt_ticket_key made;
    size_t num;

    if (keys->rotate_ms == 0)
        return TVT_OK;
    for (size_t i = 0; i < keys->num; i++)
        set_times(keys, &keys->held[i], now_ms);
    if (keys->held[0].seals_until_ms <= now_ms) {
        if (fill_key(keys, &made, error) != TVT_OK)
            return TVT_FAIL;
        set_times(keys, &made, now_ms);
        if (keys->num == TVT_TICKET_KEYS_MAX)
            drop_from(keys, TVT_TICKET_KEYS_MAX - 1);
        memmove(&keys->held[1], &keys->held[0], keys->num * sizeof keys->held[0]);
        keys->held[0] = made;
        keys->num++;
        tvt_wipe(&made, sizeof made);
    }
    for (num = 1; num < keys->num && keys->held[num].opens_until_ms > now_ms; num++)
        continue;
    drop_from(keys, num);
    return TVT_OK;
}

/* ---- which key --------------------------------------------------------------------------------------------- */

/* The program's own look-up, asked without the lock; false: there is none. */
static bool
ask_callback(struct tvt_ticket_keys *keys, const uint8_t *name, uint8_t *out, enum tvt_result *result)
{
    tvt_lock_take(&keys->lock);
    tvt_ticket_key_callback *callback = keys->callback;
    void *user = keys->user;
    tvt_lock_give(&keys->lock);
    if (callback == NULL)
        return false;
    *result = callback(user, name, out);
    return true;
}

enum tvt_result
tvt_ticket_keys_sealing(struct tvt_ticket_keys *keys, uint8_t out[TVT_TICKET_KEY_LEN], uint64_t now_ms,
                        struct tvt_error *error)
{
    enum tvt_result result;

    if (ask_callback(keys, NULL, out, &result))
        return result == TVT_OK ? TVT_OK : tvt_fail(error, TVT_E_NO_TICKET_KEY, NAME, "callback");
    tvt_lock_take(&keys->lock);
    result = rotate(keys, now_ms, error);
    if (result == TVT_OK)
        memcpy(out, keys->held[0].bytes, TVT_TICKET_KEY_LEN);
    tvt_lock_give(&keys->lock);
    return result;
}

bool
tvt_ticket_keys_opening(struct tvt_ticket_keys *keys, uint8_t out[TVT_TICKET_KEY_LEN], const uint8_t *name,
                        uint64_t now_ms)
{
    enum tvt_result result;
    bool found = false;

    if (ask_callback(keys, name, out, &result)) /* under another name than was asked for it would not open */
        return result == TVT_OK && memcmp(out, name, TVT_TICKET_NAME_LEN) == 0;
    tvt_lock_take(&keys->lock);
    bool usable = rotate(keys, now_ms, NULL) == TVT_OK;
    for (size_t i = 0; usable && !found && i < keys->num; i++) {
        found = memcmp(keys->held[i].bytes, name, TVT_TICKET_NAME_LEN) == 0; /* a name stands on the wire: no secret */
        if (found)
            memcpy(out, keys->held[i].bytes, TVT_TICKET_KEY_LEN);
    }
    tvt_lock_give(&keys->lock);
    return found;
}

/* ---- in and out -------------------------------------------------------------------------------------------- */

enum tvt_result
tvt_ticket_keys_set(struct tvt_ticket_keys *keys, const uint8_t *bytes, size_t num, struct tvt_error *error)
{
    if (num == 0 || num > TVT_TICKET_KEYS_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "num", TVT_TICKET_KEYS_MAX, num);
    tvt_lock_take(&keys->lock);
    drop_from(keys, 0);
    for (size_t i = 0; i < num; i++)
        memcpy(keys->held[i].bytes, bytes + i * TVT_TICKET_KEY_LEN, TVT_TICKET_KEY_LEN);
    keys->num = num;
    keys->rotate_ms = 0;
    tvt_lock_give(&keys->lock);
    return TVT_OK;
}

enum tvt_result
tvt_ticket_keys_get(struct tvt_ticket_keys *keys, uint8_t *out, size_t cap, size_t *num, struct tvt_error *error)
{
    enum tvt_result result = TVT_OK;

    tvt_lock_take(&keys->lock);
    *num = keys->num;
    if (cap < keys->num)
        result = tvt_fail_values(error, TVT_E_NO_ROOM, NAME, "out", keys->num, cap);
    for (size_t i = 0; result == TVT_OK && i < keys->num; i++)
        memcpy(out + i * TVT_TICKET_KEY_LEN, keys->held[i].bytes, TVT_TICKET_KEY_LEN);
    tvt_lock_give(&keys->lock);
    return result;
}

void
tvt_ticket_keys_set_callback(struct tvt_ticket_keys *keys, tvt_ticket_key_callback *callback, void *user)
{
    tvt_lock_take(&keys->lock);
    keys->callback = callback;
    keys->user = user;
    tvt_lock_give(&keys->lock);
}
