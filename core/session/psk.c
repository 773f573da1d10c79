/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys that did not come from a ticket: external ones (RFC 9846 2.2), imported ones (RFC 9258), and what both
 * need for 0-RTT data.
 */
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/crypto/kdf.h"
#include "core/session/session.h"

#include <string.h>

#define NAME     "external PSK"
#define ALPN_MAX 255u
/* RFC 9258 5.1: an ImportedIdentity that does not fit pre_shared_key is refused. Around one identity stand the lengths of
 * both lists, its own length and age, and a binder of SHA-384 with its length (RFC 9846 4.3.11). */
#define IMPORTED_MAX (UINT16_MAX - 2u - 2u - 4u - 2u - 1u - 48u)

/* The TLS KDF Identifiers registry, RFC 9258 10; 0: has none. */
static uint16_t
kdf_number(enum tvt_hash_id hash)
{
    return hash == TVT_HASH_SHA256 ? 1 : hash == TVT_HASH_SHA384 ? 2 : 0;
}

static enum tvt_result
check_key(struct tvt_span identity, struct tvt_span key, struct tvt_error *error)
{
    if (identity.len == 0 || identity.len > TVT_LIMIT_PSK_IDENTITY)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "identity", TVT_LIMIT_PSK_IDENTITY, identity.len);
    if (key.len < TVT_PSK_KEY_MIN || key.len > TVT_LIMIT_PSK_KEY)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "key",
                               key.len < TVT_PSK_KEY_MIN ? TVT_PSK_KEY_MIN : TVT_LIMIT_PSK_KEY, key.len);
    return TVT_OK;
}

enum tvt_result
tvt_session_new_external(struct tvt_session **out, struct tvt_span identity, struct tvt_span key, enum tvt_hash_id hash,
                         struct tvt_error *error)
{
    struct tvt_session fields;

    *out = NULL;
    if (check_key(identity, key, error) != TVT_OK)
        return TVT_FAIL;
    if (kdf_number(hash) == 0)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "hash", TVT_HASH_SHA256, (uint64_t)hash);
    memset(&fields, 0, sizeof fields);
    fields.kind = TVT_SESSION_EXTERNAL;
    fields.version = TVT_VERSION_TLS13;
    fields.hash = (uint8_t)hash;
    fields.identity = identity;
    fields.secret_len = key.len;
    memcpy(fields.secret, key.data, key.len);
    enum tvt_result result = tvt_session_make(out, &fields, error);
    tvt_wipe(&fields, sizeof fields);
    return result;
}

/* ---- RFC 9258 ---------------------------------------------------------------------------------------------- */

/* struct ImportedIdentity, RFC 9258 5.1, into a buffer of its length. */
static void
write_imported_identity(struct tvt_writer *w, struct tvt_span identity, struct tvt_span context, uint16_t kdf)
{
    size_t mark = tvt_write_open(w, 2);

    tvt_write_span(w, identity);
    tvt_write_close(w, mark, 2);
    mark = tvt_write_open(w, 2);
    tvt_write_span(w, context);
    tvt_write_close(w, mark, 2);
    tvt_write_u16(w, TVT_VERSION_TLS13);
    tvt_write_u16(w, kdf);
}

/* epskx = HKDF-Extract(0, epsk); ipskx = HKDF-Expand-Label(epskx, "derived psk", Hash(ImportedIdentity), L), with the
 * hash of the external key, and L of the target's. */
static int
derive_imported(const struct tvt_hash *hash, struct tvt_span key, struct tvt_span imported, uint8_t *out, size_t len)
{
    uint8_t digest[TVT_HASH_MAX], extracted[TVT_HASH_MAX];
    struct tvt_kdf kdf;
    int result = tvt_kdf_init(&kdf, hash);

    if (result != TVT_CRYPTO_OK)
        return result;
    result = tvt_kdf_digest(&kdf, &imported, 1, digest);
    if (result == TVT_CRYPTO_OK)
        result = tvt_kdf_extract(&kdf, tvt_span(NULL, 0), key, extracted);
    if (result == TVT_CRYPTO_OK) {
        tvt_kdf_key(&kdf, extracted, hash->out_len);
        result = tvt_kdf_expand_label(&kdf, "derived psk", tvt_span(digest, hash->out_len), out, len);
    }
    tvt_kdf_free(&kdf);
    tvt_wipe(extracted, sizeof extracted);
    return result;
}

/* The session of an ImportedIdentity. */
static enum tvt_result
make_imported(struct tvt_session **out, const struct tvt_provider *provider, const struct tvt_hash *hash,
              struct tvt_span key, struct tvt_span imported, enum tvt_hash_id target, struct tvt_error *error)
{
    struct tvt_session fields;
    enum tvt_result result;

    memset(&fields, 0, sizeof fields);
    fields.kind = TVT_SESSION_IMPORTED;
    fields.version = TVT_VERSION_TLS13;
    fields.hash = (uint8_t)target;
    fields.identity = imported;
    fields.secret_len = tvt_hash_len((uint8_t)target);
    int derived = derive_imported(hash, key, imported, fields.secret, fields.secret_len);
    if (derived != TVT_CRYPTO_OK)
        result = tvt_fail_crypto(error, TVT_E_CRYPTO, NAME, "derived psk", provider, derived);
    else
        result = tvt_session_make(out, &fields, error);
    tvt_wipe(&fields, sizeof fields);
    return result;
}

enum tvt_result
tvt_session_new_imported(struct tvt_session **out, const struct tvt_provider *provider, struct tvt_span identity,
                         struct tvt_span key, enum tvt_hash_id key_hash, struct tvt_span context,
                         enum tvt_hash_id target, struct tvt_error *error)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, (uint8_t)key_hash);
    struct tvt_writer w;

    *out = NULL;
    if (check_key(identity, key, error) != TVT_OK)
        return TVT_FAIL;
    if (kdf_number(target) == 0)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "target", TVT_HASH_SHA256, (uint64_t)target);
    if (hash == NULL)
        return tvt_fail_values(error, TVT_E_NOT_OFFERED, NAME, "key_hash", TVT_HASH_SHA256, (uint64_t)key_hash);
    if (context.len > IMPORTED_MAX || 2 + identity.len + 2 + context.len + 2 + 2 > IMPORTED_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "context", IMPORTED_MAX - 8 - identity.len,
                               context.len);
    size_t len = 2 + identity.len + 2 + context.len + 2 + 2;
    uint8_t *imported = tvt_alloc(NULL, len);
    if (imported == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NAME, NULL);
    tvt_writer_init(&w, imported, len);
    write_imported_identity(&w, identity, context, kdf_number(target));
    enum tvt_result result = make_imported(out, provider, hash, key, tvt_span(imported, len), target, error);
    tvt_release(NULL, imported, len);
    return result;
}

/* ---- 0-RTT ------------------------------------------------------------------------------------------------- */

enum tvt_result
tvt_session_with_early_data(struct tvt_session **out, const struct tvt_session *session, uint32_t max_early_data,
                            uint16_t suite, struct tvt_span alpn, struct tvt_error *error)
{
    const struct tvt_suite *row = tvt_suite_find(suite);
    struct tvt_session fields;

    *out = NULL;
    if (session->kind == TVT_SESSION_RESUMPTION) /* a ticket brings its own, RFC 9846 4.3.10 */
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, NAME, "session");
    if (row == NULL || row->version != TVT_VERSION_TLS13 || row->hash != session->hash)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "suite", session->hash, row != NULL ? row->hash : 0);
    if (alpn.len > ALPN_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NAME, "alpn", ALPN_MAX, alpn.len);
    memset(&fields, 0, sizeof fields);
    tvt_session_copy_fields(&fields, session);
    fields.max_early_data = max_early_data;
    fields.suite = suite;
    fields.alpn = alpn;
    enum tvt_result result = tvt_session_make(out, &fields, error);
    tvt_wipe(&fields, sizeof fields);
    return result;
}
