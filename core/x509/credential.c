/* SPDX-License-Identifier: MIT
 *
 * Credentials: chain and signer put together and checked against each other.
 */
#include "core/x509/credential.h"

#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/x509/pem.h"
#include "core/x509/private_key.h"

#include <string.h>

static const struct tvt_allocator *
allocator_of(const struct tvt_credential *credential)
{
    return credential->allocator.alloc != NULL ? &credential->allocator : NULL;
}

/* Staples, and the compressed messages that they are in. */
static void
drop_staples(struct tvt_credential *credential)
{
    const struct tvt_allocator *a = allocator_of(credential);
    for (size_t i = 0; i < TVT_COMPRESSED_MAX; i++) {
        struct tvt_compressed *one = atomic_exchange(&credential->compressed[i], NULL);
        if (one != NULL)
            tvt_release(a, one, sizeof *one + one->len);
    }
    tvt_release(a, credential->ocsp, credential->ocsp_len);
    tvt_release(a, credential->scts, credential->scts_len);
    credential->ocsp = credential->scts = NULL;
    credential->ocsp_len = credential->scts_len = 0;
}

/* Every CERTIFICATE block, decoded one behind the other into memory as long as the text. */
static enum tvt_result
read_pem_chain(struct tvt_credential *credential, struct tvt_span text, struct tvt_error *error)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    enum tvt_result result;
    size_t used = 0;
    tvt_pem_init(&pem, text);
    while ((result = tvt_pem_next(&pem, &block, error)) == TVT_OK) {
        size_t len;
        if (!tvt_pem_is_certificate(block.label))
            continue;
        if (credential->num_chain == TVT_CHAIN_MAX)
            return tvt_fail_values(error, TVT_E_CERT_CHAIN_TOO_LONG, "certificate chain", "CERTIFICATE", TVT_CHAIN_MAX,
                                   TVT_CHAIN_MAX + 1);
        if (tvt_pem_decode(&block, credential->memory + used, credential->size - used, &len, error) != TVT_OK)
            return TVT_FAIL;
        credential->chain[credential->num_chain++] = tvt_span(credential->memory + used, len);
        used += len;
    }
    if (result == TVT_FAIL)
        return TVT_FAIL;
    if (credential->num_chain == 0)
        return tvt_pem_not_found(error, "certificate chain", "a CERTIFICATE block, or a certificate in DER,", text);
    return TVT_OK;
}

/* Copies the chain and decodes all of it: a server should learn of a broken file when it starts. */
static enum tvt_result
read_chain(struct tvt_credential *credential, struct tvt_span chain, struct tvt_error *error)
{
    struct tvt_certificate other = {0};
    if (chain.len == 0 || chain.len > TVT_CHAIN_MAX * 2 * TVT_CERTIFICATE_MAX)
        return tvt_fail(error, TVT_E_NO_CREDENTIAL, "certificate chain", NULL);
    credential->memory = tvt_alloc(allocator_of(credential), chain.len);
    credential->size = chain.len;
    if (credential->memory == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "certificate chain", NULL);
    if (chain.data[0] == TVT_DER_SEQUENCE && !tvt_pem_looks_like(chain)) {
        memcpy(credential->memory, chain.data, chain.len);
        credential->chain[0] = tvt_span(credential->memory, chain.len);
        credential->num_chain = 1;
    } else if (read_pem_chain(credential, chain, error) != TVT_OK) {
        return TVT_FAIL;
    }
    if (tvt_certificate_parse(&credential->leaf, credential->chain[0], tvt_certificate_label(0), error) != TVT_OK)
        return TVT_FAIL;
    for (size_t i = 0; i < credential->num_chain; i++) {
        other = credential->leaf;
        if (i > 0 && tvt_certificate_parse(&other, credential->chain[i], tvt_certificate_label(i), error) != TVT_OK)
            return TVT_FAIL;
        credential->issuer[i] = other.issuer;
        credential->algorithm[i] = other.algorithm;
    }
    credential->ends_in_root = other.self_issued;
    return TVT_OK;
}

static enum tvt_result
check_match(const struct tvt_credential *credential, const struct tvt_signer *signer, struct tvt_error *error)
{
    char subject[64];
    if (tvt_public_key_equal(&credential->leaf.key, &signer->pub))
        return TVT_OK;
    return tvt_fail_detail(error, TVT_E_KEY_MISMATCH, "private key", NULL,
                           "a %s key; the certificate of %s has a %s key", tvt_key_type_name(signer->key_type),
                           tvt_name_short_text(subject, sizeof(subject), credential->leaf.subject),
                           tvt_key_type_name(credential->leaf.key.type));
}

/* The library made it from the private key, or checked it against that. */
static void
declare_public(struct tvt_signer *signer)
{
    tvt_public(signer, sizeof *signer);
    tvt_public(signer->pub.key.data, signer->pub.key.len);
    tvt_public(signer->pub.n.data, signer->pub.n.len);
    tvt_public(signer->pub.e.data, signer->pub.e.len);
}

/* An RSA-PSS certificate's key may come as plain rsaEncryption in its file: it signs as what the certificate says. */
static enum tvt_result
load_signer(struct tvt_signer **out, const struct tvt_provider *provider, const struct tvt_credential *credential,
            struct tvt_span key, struct tvt_error *error)
{
    struct tvt_private_key_file file;
    int result;
    if (tvt_private_key_parse(&file, key, allocator_of(credential), error) != TVT_OK)
        return TVT_FAIL;
    if (file.key.pub.type != credential->leaf.key.type &&
        !(file.key.pub.type == TVT_KEY_RSA && credential->leaf.key.type == TVT_KEY_RSA_PSS)) {
        uint8_t type = file.key.pub.type;
        tvt_private_key_free(&file);
        return tvt_fail_detail(error, TVT_E_KEY_MISMATCH, "private key", NULL, "a %s key; the certificate has a %s key",
                               tvt_key_type_name(type), tvt_key_type_name(credential->leaf.key.type));
    }
    if (file.key.pub.key.len > 0 && credential->leaf.key.key.len > 0 &&
        !tvt_public_key_equal(&file.key.pub, &credential->leaf.key)) {
        tvt_private_key_free(&file);
        return tvt_fail(error, TVT_E_KEY_MISMATCH, "private key", NULL);
    }
    result = provider->load_key(provider, &file.key, out);
    tvt_private_key_free(&file);
    tvt_public(&result, sizeof result);
    if (result == TVT_CRYPTO_OK) {
        declare_public(*out);
        return TVT_OK;
    }
    return tvt_fail_crypto(
        error, tvt_crypto_kind(result) == TVT_CRYPTO_UNSUPPORTED ? TVT_E_KEY_UNSUPPORTED : TVT_E_KEY_MALFORMED,
        "private key", NULL, provider, result);
}

static enum tvt_result
new_credential(struct tvt_credential **out, const struct tvt_allocator *allocator, struct tvt_error *error)
{
    struct tvt_credential *credential = tvt_alloc(allocator, sizeof(*credential));
    *out = credential;
    if (credential == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "credential", NULL);
    if (allocator != NULL)
        credential->allocator = *allocator;
    atomic_init(&credential->refs, 1);
    return TVT_OK;
}

/* Gives a half-made credential back; the program's own material was bad. */
static enum tvt_result
give_up(struct tvt_credential **out, struct tvt_error *error, bool first)
{
    tvt_credential_unref(*out);
    *out = NULL;
    if (first && error->origin == TVT_ORIGIN_LOCAL)
        error->origin = TVT_ORIGIN_CALLER;
    return TVT_FAIL;
}

enum tvt_result
tvt_credential_new(struct tvt_credential **out, const struct tvt_provider *provider, struct tvt_span chain,
                   struct tvt_span key, const struct tvt_allocator *allocator, struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    if (new_credential(out, allocator, error) != TVT_OK)
        return TVT_FAIL;
    if (read_chain(*out, chain, error) != TVT_OK ||
        load_signer(&(*out)->signer, provider, *out, key, error) != TVT_OK ||
        check_match(*out, (*out)->signer, error) != TVT_OK)
        return give_up(out, error, first);
    return TVT_OK;
}

enum tvt_result
tvt_credential_new_signer(struct tvt_credential **out, struct tvt_span chain, struct tvt_signer *signer,
                          const struct tvt_allocator *allocator, struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    if (new_credential(out, allocator, error) != TVT_OK)
        return TVT_FAIL;
    if (read_chain(*out, chain, error) != TVT_OK || check_match(*out, signer, error) != TVT_OK)
        return give_up(out, error, first);
    (*out)->signer = signer;
    return TVT_OK;
}

/* ---- a raw key ---- */

/* Its SubjectPublicKeyInfo is the whole of its "chain". */
static enum tvt_result
write_raw_key(struct tvt_credential *credential, struct tvt_error *error)
{
    const struct tvt_public_key *pub = &credential->signer->pub;
    struct tvt_reader r;
    credential->size = pub->key.len + 64; /* the two SEQUENCEs, the algorithm, the BIT STRING's header */
    credential->memory = tvt_alloc(allocator_of(credential), credential->size);
    if (credential->memory == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "raw key", NULL);
    size_t len = tvt_spki_write(credential->memory, credential->size, credential->signer->key_type, pub->key);
    tvt_reader_init(&r, tvt_span(credential->memory, len));
    tvt_public_key_read(&r, &credential->leaf.key, &credential->leaf.key_pss_hash);
    if (len == 0 || !tvt_reader_done(&r, "raw key"))
        return tvt_fail(error, TVT_E_KEY_UNSUPPORTED, "raw key", NULL);
    credential->chain[0] = tvt_span(credential->memory, len);
    credential->num_chain = 1;
    credential->raw_key = true;
    return TVT_OK;
}

enum tvt_result
tvt_credential_new_raw_key(struct tvt_credential **out, const struct tvt_provider *provider, struct tvt_span key,
                           const struct tvt_allocator *allocator, struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    struct tvt_private_key_file file;
    if (new_credential(out, allocator, error) != TVT_OK)
        return TVT_FAIL;
    if (tvt_private_key_parse(&file, key, allocator_of(*out), error) != TVT_OK)
        return give_up(out, error, first);
    (*out)->leaf.key.type = file.key.pub.type;
    tvt_private_key_free(&file);
    if (load_signer(&(*out)->signer, provider, *out, key, error) != TVT_OK || write_raw_key(*out, error) != TVT_OK)
        return give_up(out, error, first);
    return TVT_OK;
}

enum tvt_result
tvt_credential_new_raw_key_signer(struct tvt_credential **out, struct tvt_signer *signer,
                                  const struct tvt_allocator *allocator, struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    if (new_credential(out, allocator, error) != TVT_OK)
        return TVT_FAIL;
    (*out)->signer = signer;
    if (write_raw_key(*out, error) == TVT_OK)
        return TVT_OK;
    (*out)->signer = NULL; /* stays the caller's */
    return give_up(out, error, first);
}

/* ---- schemes ---- */

/* The next name of a ':' list into out[cap], cut to it; false at the end. */
static bool
next_name(const char **list, char *out, size_t cap)
{
    *list += strspn(*list, ":,");
    size_t len = strcspn(*list, ":,"), copy = len < cap ? len : cap - 1;
    memcpy(out, *list, copy);
    out[copy] = '\0';
    *list += len;
    return len > 0;
}

enum tvt_result
tvt_credential_set_schemes(struct tvt_credential *credential, const char *list, struct tvt_error *error)
{
    const struct tvt_scheme *schemes[TVT_CREDENTIAL_SCHEMES_MAX];
    char name[64];
    size_t num = 0;
    if (atomic_load(&credential->refs) != 1)
        return tvt_fail_detail(error, TVT_E_WRONG_CALL, NULL, __func__, "the credential is shared: make another one");
    while (list != NULL && next_name(&list, name, sizeof name)) {
        const struct tvt_scheme *s = tvt_scheme_by_name(name);
        if (s == NULL)
            return tvt_fail_detail(error, TVT_E_UNKNOWN_WORD, NULL, "signature algorithms",
                                   "'%s' is no signature algorithm", name);
        if (s->key_type != credential->signer->key_type)
            return tvt_fail_detail(error, TVT_E_KEY_UNSUPPORTED, NULL, "signature algorithms",
                                   "%s is not made with a %s key", s->name,
                                   tvt_key_type_name(credential->signer->key_type));
        if (num == TVT_CREDENTIAL_SCHEMES_MAX)
            return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "signature algorithms", "the list is too long");
        schemes[num++] = s;
    }
    if (list != NULL && num == 0)
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "signature algorithms", "the list is empty");
    for (size_t i = 0; i < num; i++)
        credential->schemes[i] = schemes[i];
    credential->num_schemes = num;
    return TVT_OK;
}

enum tvt_result
tvt_credential_set_issuer_named(struct tvt_credential *credential, bool on, struct tvt_error *error)
{
    if (atomic_load(&credential->refs) != 1)
        return tvt_fail_detail(error, TVT_E_WRONG_CALL, NULL, __func__, "the credential is shared: make another one");
    if (on && credential->raw_key)
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "issuer", "a raw key has none");
    credential->issuer_named = on;
    return TVT_OK;
}

/* ---- staples ---- */

static bool
scts_are_valid(struct tvt_span list)
{
    struct tvt_reader r, in;
    tvt_reader_init(&r, list);
    struct tvt_span scts = tvt_read_vec16(&r, 1, UINT16_MAX, "sct_list");
    tvt_reader_sub(&in, &r, scts);
    while (tvt_reader_left(&in) > 0)
        (void)tvt_read_vec16(&in, 1, UINT16_MAX, "serialized_sct");
    return tvt_reader_done(&r, "sct_list") && in.bad == NULL;
}

enum tvt_result
tvt_credential_set_staples(struct tvt_credential *credential, struct tvt_span ocsp_response, struct tvt_span sct_list,
                           struct tvt_error *error)
{
    const struct tvt_allocator *a = allocator_of(credential);
    if (atomic_load(&credential->refs) != 1)
        return tvt_fail_detail(error, TVT_E_WRONG_CALL, NULL, __func__, "the credential is shared: make another one");
    if (credential->raw_key && ocsp_response.len + sct_list.len > 0)
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "staples", "a raw key has no certificate to staple to");
    if (ocsp_response.len > 0xffff00u - 4u)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NULL, "OCSP response", 0xffff00u - 4u, ocsp_response.len);
    if (sct_list.len > 0 && !scts_are_valid(sct_list))
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "SCT list",
                               "two length bytes, then each SCT behind two length bytes (RFC 6962 3.3)");
    uint8_t *ocsp = ocsp_response.len > 0 ? tvt_alloc(a, ocsp_response.len) : NULL;
    uint8_t *scts = sct_list.len > 0 ? tvt_alloc(a, sct_list.len) : NULL;
    if ((ocsp == NULL && ocsp_response.len > 0) || (scts == NULL && sct_list.len > 0)) {
        tvt_release(a, ocsp, ocsp_response.len);
        tvt_release(a, scts, sct_list.len);
        return tvt_fail(error, TVT_E_NO_MEMORY, "staples", NULL);
    }
    tvt_copy(ocsp, ocsp_response.data, ocsp_response.len);
    tvt_copy(scts, sct_list.data, sct_list.len);
    drop_staples(credential);
    credential->ocsp = ocsp;
    credential->ocsp_len = ocsp_response.len;
    credential->scts = scts;
    credential->scts_len = sct_list.len;
    return TVT_OK;
}

struct tvt_credential *
tvt_credential_ref(struct tvt_credential *credential)
{
    if (credential != NULL)
        (void)atomic_fetch_add_explicit(&credential->refs, 1, memory_order_relaxed);
    return credential;
}

void
tvt_credential_unref(struct tvt_credential *credential)
{
    struct tvt_allocator allocator;
    if (credential == NULL || atomic_fetch_sub_explicit(&credential->refs, 1, memory_order_acq_rel) != 1)
        return;
    allocator = credential->allocator;
    const struct tvt_allocator *a = allocator.alloc != NULL ? &allocator : NULL;
    if (credential->signer != NULL)
        credential->signer->free(credential->signer);
    drop_staples(credential);
    tvt_release(a, credential->memory, credential->size);
    tvt_release(a, credential, sizeof(*credential));
}

bool
tvt_credential_matches_host(const struct tvt_credential *credential, const struct tvt_host *host)
{
    return tvt_certificate_matches_host(&credential->leaf, host, true);
}
