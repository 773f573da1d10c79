/* SPDX-License-Identifier: MIT
 *
 * AEADs over EVP ciphers that are fetched once; a context keeps its EVP_CIPHER_CTX and its key schedule from
 * setup to teardown, and a message sets the nonce alone.
 */
#include "backends/openssl/internal.h"

#include <string.h>

#define NONCE_LEN 12u
/* Pieces shorter than this are gathered in the output first: a call of its own costs more than copying them. */
#define PIECE_MIN 2048u
/* EVP counts in int. */
#define UPDATE_MAX ((size_t)1 << 30)

struct aead_ctx {
    EVP_CIPHER_CTX *live;
    uint8_t tag_len;
};

static int
failed_setup(struct aead_ctx *c)
{
    EVP_CIPHER_CTX_free(c->live);
    c->live = NULL;
    return tvt_openssl_end(TVT_CRYPTO_BACKEND);
}

static int
set_up(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    const struct tvt_openssl_aead *self = (const struct tvt_openssl_aead *)aead;
    struct aead_ctx *c = ctx;

    c->tag_len = aead->tag_len;
    ERR_set_mark();
    c->live = EVP_CIPHER_CTX_new();
    if (c->live == NULL || !EVP_CipherInit_ex2(c->live, self->cipher, key, NULL, direction == TVT_SEAL, NULL))
        return failed_setup(c);
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}

/* CCM takes the lengths of tag and nonce into its key schedule: they come before the key. */
static int
set_up_ccm(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    const struct tvt_openssl_aead *self = (const struct tvt_openssl_aead *)aead;
    struct aead_ctx *c = ctx;
    size_t nonce_len = NONCE_LEN;
    const OSSL_PARAM lengths[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len),
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, aead->tag_len),
        OSSL_PARAM_construct_end(),
    };

    c->tag_len = aead->tag_len;
    ERR_set_mark();
    c->live = EVP_CIPHER_CTX_new();
    if (c->live == NULL || !EVP_CipherInit_ex2(c->live, self->cipher, NULL, NULL, direction == TVT_SEAL, lengths) ||
        !EVP_CipherInit_ex2(c->live, NULL, key, NULL, -1, NULL))
        return failed_setup(c);
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}

static int
rekey(void *ctx, const uint8_t *key)
{
    struct aead_ctx *c = ctx;
    int ok;

    ERR_set_mark();
    ok = EVP_CipherInit_ex2(c->live, NULL, key, NULL, -1, NULL);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_BACKEND);
}

static void
tear_down(void *ctx)
{
    struct aead_ctx *c = ctx;

    EVP_CIPHER_CTX_free(c->live); /* wipes the key schedule */
    c->live = NULL;
}

/* `out` NULL: additional data. */
static bool
feed(EVP_CIPHER_CTX *live, uint8_t *out, const uint8_t *in, size_t len)
{
    int written;

    while (len != 0) {
        size_t part = len < UPDATE_MAX ? len : UPDATE_MAX;

        if (!EVP_CipherUpdate(live, out, &written, in, (int)part))
            return false;
        out = out != NULL ? out + part : NULL;
        in += part;
        len -= part;
    }
    return true;
}

/* Long pieces are encrypted from where they lie. A run of short ones is gathered at its place in `out` and
 * encrypted there, together with a first piece that is there already. */
static bool
feed_pieces(EVP_CIPHER_CTX *live, uint8_t **out, const struct tvt_span *in, unsigned num_in)
{
    uint8_t *run = *out, *end = *out;

    for (unsigned i = 0; i < num_in; i++) {
        const uint8_t *data = in[i].data;
        size_t len = in[i].len;

        if (len < PIECE_MIN || data == end) {
            if (len != 0 && data != end)
                memcpy(end, data, len);
        } else {
            if (!feed(live, run, run, (size_t)(end - run)) || !feed(live, end, data, len))
                return false;
            run = end + len;
        }
        end += len;
    }
    *out = end;
    return feed(live, run, run, (size_t)(end - run));
}

/* Tags go the shortest way, as measured: as parameters, without the control call that makes parameters of them. */
static bool
take_tag(const struct aead_ctx *c, uint8_t *tag)
{
    OSSL_PARAM want[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, c->tag_len),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CIPHER_CTX_get_params(c->live, want) > 0;
}

static bool
begin_seal(const struct aead_ctx *c, const uint8_t *nonce)
{
    return EVP_EncryptInit_ex2(c->live, NULL, NULL, nonce, NULL) > 0;
}

static bool
begin_open(const struct aead_ctx *c, const uint8_t *nonce, const uint8_t *tag)
{
    const OSSL_PARAM give[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)tag, c->tag_len),
        OSSL_PARAM_construct_end(),
    };

    return EVP_DecryptInit_ex2(c->live, NULL, NULL, nonce, NULL) > 0 && EVP_CIPHER_CTX_set_params(c->live, give) > 0;
}

static int
seal(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
     size_t aad_len)
{
    struct aead_ctx *c = ctx;
    int written;

    if (!begin_seal(c, nonce) || !feed(c->live, NULL, aad, aad_len) || !feed_pieces(c->live, &out, in, num_in) ||
        !EVP_EncryptFinal_ex(c->live, out, &written) || !take_tag(c, out))
        return tvt_openssl_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

static int
open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead_ctx *c = ctx;
    uint8_t none[1];
    int written;

    if (len < c->tag_len)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    len -= c->tag_len;
    /* Only EVP_DecryptFinal_ex() checks the tag of every cipher on every release: EVP_Cipher() with a NULL output, which
     * is quicker, does not look at ChaCha20-Poly1305's on 3.0.20. */
    ERR_set_mark();
    bool fed = begin_open(c, nonce, in + len) && feed(c->live, NULL, aad, aad_len) && feed(c->live, out, in, len);
    if (fed && EVP_DecryptFinal_ex(c->live, none, &written) > 0)
        return tvt_openssl_end(TVT_CRYPTO_NONE);
    if (len != 0)
        OPENSSL_cleanse(out, len);
    return tvt_openssl_end(fed ? TVT_CRYPTO_AUTH : TVT_CRYPTO_BACKEND);
}

/* CCM wants the length of the message first and then the whole of it in one call. That call also makes or checks
 * the tag. An empty message needs the call too, with pointers that are not NULL. */
static bool
ccm_message(struct aead_ctx *c, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *aad, size_t aad_len)
{
    uint8_t none[1] = {0};
    int written;

    return EVP_CipherUpdate(c->live, NULL, &written, NULL, (int)len) && feed(c->live, NULL, aad, aad_len) &&
           EVP_CipherUpdate(c->live, len != 0 ? out : none, &written, len != 0 ? in : none, (int)len);
}

static int
seal_ccm(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    struct aead_ctx *c = ctx;
    uint8_t *end = out;
    bool ok;

    for (unsigned i = 0; i < num_in; i++) {
        if (in[i].len != 0 && in[i].data != end)
            memcpy(end, in[i].data, in[i].len);
        end += in[i].len;
    }
    ERR_set_mark();
    ok = (size_t)(end - out) <= UPDATE_MAX && begin_seal(c, nonce) &&
         ccm_message(c, out, out, (size_t)(end - out), aad, aad_len) && take_tag(c, end);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_BACKEND);
}

static int
open_ccm(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    struct aead_ctx *c = ctx;
    enum tvt_crypto_kind kind = TVT_CRYPTO_NONE;

    if (len < c->tag_len)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    len -= c->tag_len;
    ERR_set_mark();
    if (len > UPDATE_MAX || !begin_open(c, nonce, in + len))
        kind = TVT_CRYPTO_BACKEND;
    else if (!ccm_message(c, out, in, len, aad, aad_len))
        kind = TVT_CRYPTO_AUTH;
    if (kind != TVT_CRYPTO_NONE && len != 0)
        OPENSSL_cleanse(out, len);
    return tvt_openssl_end(kind);
}

/* Best first where AES has instructions. `leaks`: without them AES and GCM work on tables, which is slow and shows
 * through the cache. */
static const struct {
    uint16_t id;
    uint8_t key_len, tag_len;
    bool is_ccm, leaks;
    const char *name, *fetch;
} kinds[TVT_OPENSSL_NUM_AEADS] = {
    {TVT_AEAD_AES_128_GCM, 16, 16, false, true, "AES-128-GCM", "AES-128-GCM"},
    {TVT_AEAD_AES_256_GCM, 32, 16, false, true, "AES-256-GCM", "AES-256-GCM"},
    {TVT_AEAD_CHACHA20_POLY1305, 32, 16, false, false, "ChaCha20-Poly1305", "ChaCha20-Poly1305"},
    {TVT_AEAD_AES_128_CCM, 16, 16, true, true, "AES-128-CCM", "AES-128-CCM"},
    {TVT_AEAD_AES_128_CCM_8, 16, 8, true, true, "AES-128-CCM-8", "AES-128-CCM"},
};

static uint16_t
flags_of(size_t kind, bool has_aes)
{
    unsigned flags = TVT_FLAG_NO_HEAP;

    if (!kinds[kind].is_ccm)
        flags |= TVT_FLAG_GATHER;
    if (kinds[kind].leaks && has_aes)
        flags |= TVT_FLAG_HARDWARE;
    flags |= kinds[kind].leaks && !has_aes ? TVT_FLAG_SLOW : TVT_FLAG_CONSTANT_TIME;
    return (uint16_t)flags;
}

static void
fill(struct tvt_aead *out, size_t kind, uint16_t flags)
{
    const bool is_ccm = kinds[kind].is_ccm;

    *out = (struct tvt_aead){
        .id = kinds[kind].id,
        .ctx_size = sizeof(struct aead_ctx),
        .flags = flags,
        .key_len = kinds[kind].key_len,
        .nonce_len = NONCE_LEN,
        .tag_len = kinds[kind].tag_len,
        .name = kinds[kind].name,
        .setup = is_ccm ? set_up_ccm : set_up,
        .rekey = rekey,
        .seal = is_ccm ? seal_ccm : seal,
        .open = is_ccm ? open_ccm : open,
        .teardown = tear_down,
    };
}

void
tvt_openssl_list_aeads(struct tvt_openssl *provider, unsigned cpu, uint16_t flags)
{
    const bool has_aes = (cpu & TVT_OPENSSL_CPU_AES) != 0;
    size_t n = 0;

    for (int slow = 0; slow <= 1; slow++) /* the slow ones last */
        for (size_t i = 0; i < TVT_OPENSSL_NUM_AEADS; i++) {
            struct tvt_openssl_aead *aead = &provider->aead[n];
            uint16_t own = flags_of(i, has_aes);

            if (((own & TVT_FLAG_SLOW) != 0) != slow ||
                (aead->cipher = EVP_CIPHER_fetch(NULL, kinds[i].fetch, NULL)) == NULL)
                continue;
            fill(&aead->base, i, own | flags);
            provider->aeads[n++] = &aead->base;
        }
}
