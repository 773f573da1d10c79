/* SPDX-License-Identifier: MIT
 *
 * What provider.h promises of an AEAD, for each one that a backend lists.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <string.h>

#define MAX_LEN 16400u

static struct kit_context sealer, opener;
static uint8_t plain[MAX_LEN], sealed[MAX_LEN + 64], opened[MAX_LEN + 64], other[MAX_LEN + 64];
static const uint8_t key[2][TVT_AEAD_KEY_MAX] = {"key number one, not full length", "another key; rekey equals one"};
static const uint8_t nonce[TVT_AEAD_NONCE_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t aad[13] = {23, 3, 3, 0, 17, 9, 9, 9, 9, 9, 9, 9, 9};

static void
for_each_aead(void (*test)(const struct tvt_aead *aead))
{
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 31 + i / 251 + 1);
    for (int row = KIT_AES_128_GCM; row <= KIT_AES_128_CCM_8; row++) {
        const struct tvt_aead *aead;

        if (!kit_begin((enum kit_row)row))
            continue;
        aead = kit_aead_of(kit.now, (enum kit_row)row);
        kit_arm(&sealer);
        kit_arm(&opener);
        if (!kit_ok("setup", aead->setup(aead, sealer.memory, TVT_SEAL, key[0])))
            continue;
        if (kit_ok("setup", aead->setup(aead, opener.memory, TVT_OPEN, key[0]))) {
            test(aead);
            kit_guarded(&opener, aead->ctx_size);
            aead->teardown(opener.memory);
        }
        kit_guarded(&sealer, aead->ctx_size);
        aead->teardown(sealer.memory);
    }
}

static int
seal_one(const struct tvt_aead *aead, uint8_t *out, const uint8_t *in, size_t len)
{
    struct tvt_span piece = {in, len};

    return aead->seal(sealer.memory, out, &piece, 1, nonce, aad, sizeof aad);
}

static int
open_one(const struct tvt_aead *aead, uint8_t *out, const uint8_t *in, size_t len)
{
    return aead->open(opener.memory, out, in, len, nonce, aad, sizeof aad);
}

/* Every size to 300, then those around the sizes at which libraries change their way. */
static size_t
next_size(size_t len)
{
    static const size_t sizes[] = {511,  512,  513,  1023, 1024,  1025,  1350,  2047, 2048,
                                   2049, 4096, 4097, 8191, 16383, 16384, 16385, 0};
    size_t i = 0;

    if (len < 300)
        return len + 1;
    while (sizes[i] != 0 && sizes[i] <= len)
        i++;
    return sizes[i];
}

static void
all_sizes(const struct tvt_aead *aead)
{
    size_t len = 0;

    do {
        size_t total = len + aead->tag_len;
        bool good;

        sealed[total] = opened[len] = 0x5c;
        good = seal_one(aead, sealed, plain, len) == TVT_CRYPTO_OK && sealed[total] == 0x5c &&
               open_one(aead, opened, sealed, total) == TVT_CRYPTO_OK && opened[len] == 0x5c &&
               memcmp(opened, plain, len) == 0;
        kit_check(good, "%zu bytes do not come back, or a byte behind the output was written", len);
        memcpy(other, plain, len); /* in place */
        good = seal_one(aead, other, other, len) == TVT_CRYPTO_OK && memcmp(other, sealed, total) == 0;
        kit_check(good, "%zu bytes sealed in place differ", len);
        good = open_one(aead, other, other, total) == TVT_CRYPTO_OK && memcmp(other, plain, len) == 0;
        kit_check(good, "%zu bytes opened in place differ", len);
        len = next_size(len);
    } while (len != 0);
}

/* Cuts `len` bytes into `num` pieces whose sizes depend on `seed`; some are empty. */
static void
cut(struct tvt_span *pieces, unsigned num, const uint8_t *from, size_t len, unsigned seed)
{
    size_t at = 0;

    for (unsigned i = 0; i < num; i++) {
        size_t take = i + 1 == num ? len - at : (seed * 2654435761u + i * 40503u) % (2 * len / num + 1);

        if (take > len - at)
            take = len - at;
        pieces[i].data = take > 0 ? from + at : NULL;
        pieces[i].len = take;
        at += take;
    }
}

static void
scattered(const struct tvt_aead *aead)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 64, 100, 1000, 2049, 5000, 16385};
    struct tvt_span pieces[8];

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t len = sizes[s];

        kit_ok("seal", seal_one(aead, sealed, plain, len));
        for (unsigned num = 1; num <= 8; num++) {
            for (unsigned seed = 0; seed < 6; seed++) {
                int result;

                cut(pieces, num, plain, len, seed);
                result = aead->seal(sealer.memory, other, pieces, num, nonce, aad, sizeof aad);
                kit_check(result == TVT_CRYPTO_OK && memcmp(other, sealed, len + aead->tag_len) == 0,
                          "%zu bytes in %u pieces (cut %u) differ from one piece", len, num, seed);
                if (pieces[0].len == 0)
                    continue;
                memcpy(other, pieces[0].data, pieces[0].len); /* the first piece in place */
                pieces[0].data = other;
                result = aead->seal(sealer.memory, other, pieces, num, nonce, aad, sizeof aad);
                kit_check(result == TVT_CRYPTO_OK && memcmp(other, sealed, len + aead->tag_len) == 0,
                          "%zu bytes in %u pieces (cut %u), the first in place, differ", len, num, seed);
            }
        }
    }
}

/* No window of 8 bytes of the plaintext stands where it would stand. */
static bool
no_plaintext(const uint8_t *out, size_t len)
{
    for (size_t i = 0; i + 8 <= len; i++) {
        if (memcmp(out + i, plain + i, 8) == 0)
            return false;
    }
    return true;
}

static void
bad_tags(const struct tvt_aead *aead)
{
    const size_t len = 100, total = len + aead->tag_len;

    kit_ok("seal", seal_one(aead, sealed, plain, len));
    for (size_t bit = 0; bit < 8u * aead->tag_len; bit++) {
        memcpy(other, sealed, total);
        other[len + bit / 8] = (uint8_t)(other[len + bit / 8] ^ (1u << bit % 8));
        kit_kind("a tag with one bit changed", open_one(aead, opened, other, total), TVT_CRYPTO_AUTH);
    }
    for (size_t bit = 0; bit < 8 * len; bit += 7) {
        memcpy(other, sealed, total);
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ (1u << bit % 8));
        kit_kind("a ciphertext with one bit changed", open_one(aead, opened, other, total), TVT_CRYPTO_AUTH);
    }
    kit_ok("the true one, after all those", open_one(aead, opened, sealed, total));
    kit_check(memcmp(opened, plain, len) == 0, "opened wrong");
}

static void
wipes_output(const struct tvt_aead *aead)
{
    static const size_t sizes[] = {8, 16, 17, 100, 1350, 4097, 16384};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t len = sizes[i], total = len + aead->tag_len;

        kit_ok("seal", seal_one(aead, sealed, plain, len));
        sealed[total - 1] ^= 1;
        memset(opened, 0, total);
        kit_kind("a bad tag", open_one(aead, opened, sealed, total), TVT_CRYPTO_AUTH);
        kit_check(no_plaintext(opened, len), "%zu bytes: plaintext is left after a bad tag", len);
        kit_kind("a bad tag, in place", open_one(aead, sealed, sealed, total), TVT_CRYPTO_AUTH);
        kit_check(no_plaintext(sealed, len), "%zu bytes: plaintext is left after a bad tag, in place", len);
    }
}

static void
truncated(const struct tvt_aead *aead)
{
    const size_t len = 40;

    kit_ok("seal", seal_one(aead, sealed, plain, len));
    for (size_t short_len = 0; short_len < len + aead->tag_len; short_len++)
        kit_kind("truncated input", open_one(aead, opened, sealed, short_len), TVT_CRYPTO_AUTH);
    kit_kind("no input", aead->open(opener.memory, opened, NULL, 0, nonce, aad, sizeof aad), TVT_CRYPTO_AUTH);
    sealed[len + aead->tag_len] = 0;
    kit_kind("one byte too many", open_one(aead, opened, sealed, len + aead->tag_len + 1), TVT_CRYPTO_AUTH);
}

static void
empty_input(const struct tvt_aead *aead)
{
    struct tvt_span none = {NULL, 0};

    kit_ok("seal of nothing", aead->seal(sealer.memory, sealed, &none, 1, nonce, NULL, 0));
    kit_ok("open of nothing", aead->open(opener.memory, opened, sealed, aead->tag_len, nonce, NULL, 0));
    kit_kind("with other additional data", open_one(aead, opened, sealed, aead->tag_len), TVT_CRYPTO_AUTH);
    kit_ok("seal of nothing with additional data", aead->seal(sealer.memory, sealed, &none, 1, nonce, aad, 5));
    kit_ok("open of it", aead->open(opener.memory, opened, sealed, aead->tag_len, nonce, aad, 5));
    kit_kind("open without it", aead->open(opener.memory, opened, sealed, aead->tag_len, nonce, NULL, 0),
             TVT_CRYPTO_AUTH);
}

static void
additional_data(const struct tvt_aead *aead)
{
    for (size_t len = 0; len <= 70; len++) {
        struct tvt_span piece = {plain, 33};

        kit_ok("seal", aead->seal(sealer.memory, sealed, &piece, 1, nonce, plain, len));
        kit_ok("open", aead->open(opener.memory, opened, sealed, 33u + aead->tag_len, nonce, plain, len));
        kit_kind("shifted additional data",
                 aead->open(opener.memory, opened, sealed, 33u + aead->tag_len, nonce, plain + 1, len + 1),
                 TVT_CRYPTO_AUTH);
    }
}

static void
other_nonce(const struct tvt_aead *aead)
{
    uint8_t n[TVT_AEAD_NONCE_MAX];

    kit_ok("seal", seal_one(aead, sealed, plain, 50));
    for (size_t i = 0; i < aead->nonce_len; i++) {
        memcpy(n, nonce, sizeof n);
        n[i] = (uint8_t)(n[i] ^ 0x80);
        kit_kind("another nonce", aead->open(opener.memory, opened, sealed, 50u + aead->tag_len, n, aad, sizeof aad),
                 TVT_CRYPTO_AUTH);
    }
}

static void
rekey(const struct tvt_aead *aead)
{
    static struct kit_context fresh;
    struct tvt_span piece = {plain, 333};
    const size_t total = 333u + aead->tag_len;

    kit_ok("setup", aead->setup(aead, fresh.memory, TVT_SEAL, key[1]));
    kit_ok("seal with a fresh context", aead->seal(fresh.memory, sealed, &piece, 1, nonce, aad, sizeof aad));
    kit_ok("seal before rekey", seal_one(aead, other, plain, 333));
    kit_check(memcmp(other, sealed, total) != 0, "two keys gave one ciphertext");
    kit_ok("rekey", aead->rekey(sealer.memory, key[1]));
    kit_ok("seal after rekey", seal_one(aead, other, plain, 333));
    kit_check(memcmp(other, sealed, total) == 0, "rekey differs from a fresh setup");
    kit_kind("open before rekey", open_one(aead, opened, sealed, total), TVT_CRYPTO_AUTH);
    kit_ok("rekey", aead->rekey(opener.memory, key[1]));
    kit_ok("open after rekey", open_one(aead, opened, sealed, total));
    kit_check(memcmp(opened, plain, 333) == 0, "opened wrong after rekey");
    for (int i = 0; i < 50; i++) {
        kit_ok("rekey", aead->rekey(sealer.memory, key[i % 2]));
        kit_ok("rekey", aead->rekey(opener.memory, key[i % 2]));
        kit_ok("seal", seal_one(aead, other, plain, 333));
        kit_ok("open", open_one(aead, opened, other, total));
    }
    aead->teardown(fresh.memory);
}

static void
key_is_copied(const struct tvt_aead *aead)
{
    static struct kit_context fresh;
    uint8_t mine[TVT_AEAD_KEY_MAX];
    struct tvt_span piece = {plain, 64};

    memcpy(mine, key[0], sizeof mine);
    kit_arm(&fresh);
    kit_ok("setup", aead->setup(aead, fresh.memory, TVT_SEAL, mine));
    memset(mine, 0, sizeof mine);
    kit_ok("seal", aead->seal(fresh.memory, other, &piece, 1, nonce, aad, sizeof aad));
    kit_ok("seal", seal_one(aead, sealed, plain, 64));
    kit_check(memcmp(other, sealed, 64u + aead->tag_len) == 0, "the key is kept by reference");
    aead->teardown(fresh.memory);
    kit_check(!kit_contains(fresh.memory, aead->ctx_size, key[0], 8), "the key is left after teardown");
    kit_guarded(&fresh, aead->ctx_size);
}

#define CASE(function)                                                                                                 \
    static void test_##function(void)                                                                                  \
    {                                                                                                                  \
        for_each_aead(function);                                                                                       \
    }
CASE(all_sizes)
CASE(scattered)
CASE(bad_tags)
CASE(wipes_output)
CASE(truncated)
CASE(empty_input)
CASE(additional_data)
CASE(other_nonce)
CASE(rekey)
CASE(key_is_copied)

const struct kit_case kit_contract_aead[] = {{"all sizes, in place and not", test_all_sizes},
                                             {"1 to 8 scattered pieces", test_scattered},
                                             {"every single-bit error of the tag is refused", test_bad_tags},
                                             {"open leaves no plaintext on a bad tag", test_wipes_output},
                                             {"truncated and extended input", test_truncated},
                                             {"zero-length input with NULL", test_empty_input},
                                             {"additional data of every length", test_additional_data},
                                             {"every byte of the nonce counts", test_other_nonce},
                                             {"rekey equals a fresh setup", test_rekey},
                                             {"the key is copied, and wiped", test_key_is_copied},
                                             {NULL, NULL}};
