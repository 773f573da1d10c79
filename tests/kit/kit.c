/* SPDX-License-Identifier: MIT
 *
 * The kit's checks, its counts, and the small helpers that every suite uses.
 */
#include "tests/kit/kit.h"

#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAILURES_SHOWN 200u

struct kit kit;

const struct kit_algorithm kit_algorithms[KIT_NUM_ROWS] = {
    [KIT_SHA256] = {"SHA-256", KIT_HASH, TVT_HASH_SHA256, 0, 0, true},
    [KIT_SHA384] = {"SHA-384", KIT_HASH, TVT_HASH_SHA384, 0, 0, true},
    [KIT_SHA512] = {"SHA-512", KIT_HASH, TVT_HASH_SHA512, 0, 0, true},
    [KIT_HMAC] = {"HMAC", KIT_CORE, 0, 0, 0, false},
    [KIT_HKDF] = {"HKDF", KIT_CORE, 0, 0, 0, false},
    [KIT_PRF12] = {"TLS-1.2-PRF", KIT_CORE, 0, 0, 0, false},
    [KIT_SCHEDULE13] = {"TLS-1.3-key-schedule", KIT_CORE, 0, 0, 0, false},
    [KIT_AES_128_GCM] = {"AES-128-GCM", KIT_AEAD, TVT_AEAD_AES_128_GCM, 0, 0, true},
    [KIT_AES_256_GCM] = {"AES-256-GCM", KIT_AEAD, TVT_AEAD_AES_256_GCM, 0, 0, true},
    [KIT_CHACHA20_POLY1305] = {"ChaCha20-Poly1305", KIT_AEAD, TVT_AEAD_CHACHA20_POLY1305, 0, 0, true},
    [KIT_AES_128_CCM] = {"AES-128-CCM", KIT_AEAD, TVT_AEAD_AES_128_CCM, 0, 0, true},
    [KIT_AES_128_CCM_8] = {"AES-128-CCM_8", KIT_AEAD, TVT_AEAD_AES_128_CCM_8, 0, 0, true},
    [KIT_X25519] = {"X25519", KIT_KX, TVT_GROUP_X25519, 0, 0, true},
    [KIT_X448] = {"X448", KIT_KX, TVT_GROUP_X448, 0, 0, true},
    [KIT_SECP256R1] = {"secp256r1", KIT_KX, TVT_GROUP_SECP256R1, TVT_KEY_P256, 256, true},
    [KIT_SECP384R1] = {"secp384r1", KIT_KX, TVT_GROUP_SECP384R1, TVT_KEY_P384, 384, true},
    [KIT_SECP521R1] = {"secp521r1", KIT_KX, TVT_GROUP_SECP521R1, TVT_KEY_P521, 521, true},
    [KIT_MLKEM768] = {"ML-KEM-768", KIT_KX, TVT_GROUP_MLKEM768, 0, 0, true},
    [KIT_X25519MLKEM768] = {"X25519MLKEM768", KIT_HYBRID, TVT_GROUP_X25519MLKEM768, 0, 0, true},
    [KIT_SECP256R1MLKEM768] = {"SecP256r1MLKEM768", KIT_HYBRID, TVT_GROUP_SECP256R1MLKEM768, 0, 0, true},
    [KIT_ECDSA_P256] = {"ECDSA-P-256", KIT_SIGNATURE, TVT_SIG_ECDSA, TVT_KEY_P256, 256, true},
    [KIT_ECDSA_P384] = {"ECDSA-P-384", KIT_SIGNATURE, TVT_SIG_ECDSA, TVT_KEY_P384, 384, true},
    [KIT_ECDSA_P521] = {"ECDSA-P-521", KIT_SIGNATURE, TVT_SIG_ECDSA, TVT_KEY_P521, 521, true},
    [KIT_ED25519] = {"Ed25519", KIT_SIGNATURE, TVT_SIG_EDDSA, TVT_KEY_ED25519, 255, true},
    [KIT_ED448] = {"Ed448", KIT_SIGNATURE, TVT_SIG_EDDSA, TVT_KEY_ED448, 448, true},
    [KIT_RSA_PKCS1] = {"RSA-PKCS1", KIT_SIGNATURE, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, 0, true},
    [KIT_RSA_PSS] = {"RSA-PSS", KIT_SIGNATURE, TVT_SIG_RSA_PSS, TVT_KEY_RSA, 0, true},
    [KIT_RSA_PSS_PSS] = {"RSA-PSS-PSS", KIT_SIGNATURE, TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, 0, true},
    [KIT_MLDSA44] = {"ML-DSA-44", KIT_SIGNATURE, TVT_SIG_MLDSA, TVT_KEY_MLDSA44, 1312 * 8, true},
    [KIT_MLDSA65] = {"ML-DSA-65", KIT_SIGNATURE, TVT_SIG_MLDSA, TVT_KEY_MLDSA65, 1952 * 8, true},
    [KIT_MLDSA87] = {"ML-DSA-87", KIT_SIGNATURE, TVT_SIG_MLDSA, TVT_KEY_MLDSA87, 2592 * 8, true},
    [KIT_RANDOM] = {"random", KIT_OTHER, 0, 0, 0, false},
    [KIT_PROVIDER] = {"provider", KIT_OTHER, 0, 0, 0, false},
};

/* ---- counting -------------------------------------------------------------------------------------------- */

static void
count(bool good)
{
    struct kit_cell *cell = &kit.now->cells[kit.row];

    if (!good) {
        cell->failed++;
        kit.failed++;
    } else {
        if (kit.in_vectors)
            cell->vectors++;
        else
            cell->checks++;
        kit.passed++;
    }
}

void
kit_where(const char *file, const char *format, ...)
{
    va_list args;
    int at = snprintf(kit.where, sizeof kit.where, "%s ", file);

    if (at < 0 || (size_t)at >= sizeof kit.where)
        return;
    va_start(args, format);
    (void)vsnprintf(kit.where + at, sizeof kit.where - (size_t)at, format, args);
    va_end(args);
}

bool
kit_check(bool good, const char *format, ...)
{
    const char *known = !good && kit.in_vectors ? kit_known(kit.now, kit.where) : NULL;

    if (known != NULL) {
        kit_skip(known);
        return false;
    }
    count(good);
    CU_assertImplementation(good ? CU_TRUE : CU_FALSE, 0, kit.where, "kit", "", CU_FALSE);
    if (!good && kit.failed <= MAX_FAILURES_SHOWN) {
        va_list args;

        printf("FAIL %s | %s | %s | ", kit.now->name, kit_algorithms[kit.row].name, kit.where);
        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
        (void)putchar('\n');
    } else if (!good && kit.failed == MAX_FAILURES_SHOWN + 1) {
        printf("FAIL ... (further failures are counted, not shown)\n");
    }
    return good;
}

static const char *
as_hex(struct tvt_span bytes, char out[160])
{
    size_t shown = bytes.len < 64 ? bytes.len : 64;

    for (size_t i = 0; i < shown; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes.data[i]);
    out[2 * shown] = '\0';
    (void)snprintf(out + 2 * shown, 160 - 2 * shown, "%s (%zu bytes)", shown < bytes.len ? "..." : "", bytes.len);
    return out;
}

bool
kit_equal(const char *what, struct tvt_span expected, struct tvt_span got)
{
    char a[160], b[160];

    if (tvt_span_equal(expected, got))
        return kit_check(true, "%s", what);
    return kit_check(false, "%s: expected %s, got %s", what, as_hex(expected, a), as_hex(got, b));
}

const char *
kit_result_text(int result)
{
    static const char *const names[] = {"NONE",   "AUTH",      "PEER_KEY", "KEY",    "UNSUPPORTED",
                                        "RANDOM", "NO_MEMORY", "BACKEND",  "NO_ROOM"};
    static char text[160];
    char words[96] = "";
    unsigned kind = (unsigned)tvt_crypto_kind(result);

    if (result == TVT_CRYPTO_OK)
        return "OK";
    if (result > 0)
        return "PENDING";
    if (kit.now->provider != NULL && kit.now->provider->describe != NULL && tvt_crypto_code(result) != 0)
        kit.now->provider->describe(kit.now->provider, tvt_crypto_code(result), words, sizeof words);
    (void)snprintf(text, sizeof text, "%s (code 0x%x%s%s)", kind < 9 ? names[kind] : "unknown kind",
                   (unsigned)tvt_crypto_code(result), words[0] != '\0' ? ": " : "", words);
    return text;
}

bool
kit_ok(const char *what, int result)
{
    return kit_check(result == TVT_CRYPTO_OK, "%s: expected OK, got %s", what, kit_result_text(result));
}

bool
kit_kind(const char *what, int result, enum tvt_crypto_kind kind)
{
    return kit_check(result < 0 && tvt_crypto_kind(result) == kind, "%s: expected %s, got %s", what,
                     kind == TVT_CRYPTO_AUTH          ? "AUTH"
                     : kind == TVT_CRYPTO_PEER_KEY    ? "PEER_KEY"
                     : kind == TVT_CRYPTO_KEY         ? "KEY"
                     : kind == TVT_CRYPTO_UNSUPPORTED ? "UNSUPPORTED"
                     : kind == TVT_CRYPTO_NO_ROOM     ? "NO_ROOM"
                                                      : "another kind",
                     kit_result_text(result));
}

bool
kit_refused(const char *what, int result)
{
    bool good = tvt_crypto_kind(result) == TVT_CRYPTO_AUTH || tvt_crypto_kind(result) == TVT_CRYPTO_KEY;

    return kit_check(good, "%s: expected AUTH or KEY, got %s", what, kit_result_text(result));
}

void
kit_skip(const char *reason)
{
    struct kit_subject *s = kit.now;

    for (size_t i = 0; i < s->num_skips; i++) {
        if (strcmp(s->skips[i].reason, reason) == 0) {
            s->skips[i].count++;
            return;
        }
    }
    if (!kit_check(s->num_skips < KIT_MAX_SKIPS, "more reasons for skipping than the kit has room for"))
        return;
    s->skips[s->num_skips].reason = reason;
    s->skips[s->num_skips].count = 1;
    s->num_skips++;
}

/* ---- rows and descriptors -------------------------------------------------------------------------------- */

enum kit_row
kit_row_named(const char *name)
{
    int row = 0;

    while (row < KIT_NUM_ROWS && strcmp(kit_algorithms[row].name, name) != 0)
        row++;
    return (enum kit_row)row;
}

enum kit_row
kit_row_of_hash(uint8_t hash)
{
    return hash == TVT_HASH_SHA256   ? KIT_SHA256
           : hash == TVT_HASH_SHA384 ? KIT_SHA384
           : hash == TVT_HASH_SHA512 ? KIT_SHA512
                                     : KIT_NUM_ROWS;
}

enum kit_row
kit_row_of_key(uint8_t key_type, uint8_t family)
{
    int row = 0;

    while (row < KIT_NUM_ROWS && !(kit_algorithms[row].kind == KIT_SIGNATURE && kit_algorithms[row].id == family &&
                                   kit_algorithms[row].key_type == key_type))
        row++;
    return (enum kit_row)row;
}

const struct tvt_hash *
kit_hash_of(const struct kit_subject *subject, enum kit_row row)
{
    return tvt_provider_hash(subject->provider, (uint8_t)kit_algorithms[row].id);
}

const struct tvt_aead *
kit_aead_of(const struct kit_subject *subject, enum kit_row row)
{
    return tvt_provider_aead(subject->provider, kit_algorithms[row].id);
}

const struct tvt_kx *
kit_kx_of(const struct kit_subject *subject, enum kit_row row)
{
    return tvt_provider_kx(subject->provider, kit_algorithms[row].id);
}

const struct tvt_signature *
kit_signature_of(const struct kit_subject *subject, enum kit_row row, uint8_t hash)
{
    return tvt_provider_signature(subject->provider, (uint8_t)kit_algorithms[row].id, kit_algorithms[row].key_type,
                                  hash);
}

uint8_t
kit_signature_hash(enum kit_row row, unsigned i)
{
    static const uint8_t hashes[] = {TVT_HASH_SHA256, TVT_HASH_SHA384, TVT_HASH_SHA512};

    return KIT_ALL_HASHES(row) == 1u ? (uint8_t)TVT_HASH_NONE : hashes[i];
}

static bool
has_signature(const struct kit_subject *subject, enum kit_row row)
{
    const struct tvt_signature *const *list = subject->provider->signatures;

    for (; list != NULL && *list != NULL; list++) {
        if ((*list)->family == kit_algorithms[row].id && (*list)->key_type == kit_algorithms[row].key_type)
            return true;
    }
    return false;
}

bool
kit_present(const struct kit_subject *subject, enum kit_row row)
{
    struct tvt_group group;

    if (subject->provider == NULL)
        return kit_present(subject->from, row) && kit_present(subject->to, row);
    switch (kit_algorithms[row].kind) {
    case KIT_HASH:
        return kit_hash_of(subject, row) != NULL;
    case KIT_AEAD:
        return kit_aead_of(subject, row) != NULL;
    case KIT_KX:
        return kit_kx_of(subject, row) != NULL;
    case KIT_HYBRID:
        return tvt_group_find(&group, subject->provider, kit_algorithms[row].id);
    case KIT_SIGNATURE:
        return has_signature(subject, row);
    case KIT_CORE:
    case KIT_OTHER:
        break;
    }
    return true;
}

bool
kit_begin(enum kit_row row)
{
    kit.row = row;
    return kit_present(kit.now, row);
}

/* ---- contexts and groups --------------------------------------------------------------------------------- */

#define GUARD 0xa5

void
kit_arm(struct kit_context *context)
{
    memset(context->memory, GUARD, sizeof context->memory);
}

bool
kit_guarded(const struct kit_context *context, size_t size)
{
    size_t i = size;

    while (i < sizeof context->memory && context->memory[i] == GUARD)
        i++;
    return kit_check(i == sizeof context->memory, "wrote at byte %zu of a context of %zu", i, size);
}

bool
kit_contains(const void *where, size_t where_len, const void *what, size_t len)
{
    const uint8_t *p = (const uint8_t *)where;

    for (size_t i = 0; i + len <= where_len; i++) {
        if (memcmp(p + i, what, len) == 0)
            return true;
    }
    return false;
}

int
kit_start_from(struct tvt_group_state *state, const struct tvt_provider *provider, uint16_t group, uint8_t *share,
               struct tvt_span seed)
{
    const struct tvt_kx *kx = tvt_provider_kx(provider, group);
    int result;

    memset(state, 0, sizeof *state);
    if (kx == NULL || kx->start_from == NULL || !tvt_group_find(&state->group, provider, group))
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    result = kx->start_from(kx, state->part[0], share, seed.data, seed.len);
    state->live[0] = result == TVT_CRYPTO_OK;
    return result;
}
