/* SPDX-License-Identifier: MIT
 *
 * Configuration of authentication beyond chain and key: authorities, filters, staples, raw keys, compression.
 */
#include "core/base/memory.h"
#include "core/handshake/config.h"
#include "core/x509/oid_filter.h"

/* ---- life ---- */

static bool
copy_bytes(uint8_t **bytes, size_t len)
{
    uint8_t *copy = len > 0 ? tvt_alloc(NULL, len) : NULL;
    tvt_copy(copy, *bytes, copy != NULL ? len : 0);
    *bytes = copy;
    return copy != NULL || len == 0;
}

bool
tvt_config_auth_copied(struct tvt_config *c)
{
    struct tvt_config_auth *a = &c->auth;
    bool good = copy_bytes(&a->authorities, a->authorities_len);
    good = copy_bytes(&a->oid_filters, a->oid_filters_len) && good;
    for (size_t i = 0; i < a->num_peer_keys; i++) {
        uint8_t *copy = tvt_alloc(NULL, a->peer_key[i].len);
        tvt_copy(copy, a->peer_key[i].data, copy != NULL ? a->peer_key[i].len : 0);
        a->peer_key[i].data = copy;
        good = copy != NULL && good;
    }
    if (!good)
        tvt_config_auth_free(c);
    return good;
}

void
tvt_config_auth_free(struct tvt_config *c)
{
    struct tvt_config_auth *a = &c->auth;
    tvt_release(NULL, a->authorities, a->authorities_len);
    tvt_release(NULL, a->oid_filters, a->oid_filters_len);
    for (size_t i = 0; i < a->num_peer_keys; i++)
        tvt_release(NULL, (void *)(uintptr_t)a->peer_key[i].data, a->peer_key[i].len);
    a->authorities = a->oid_filters = NULL;
    a->authorities_len = a->oid_filters_len = a->num_peer_keys = 0;
}

/* ---- setters ---- */

enum tvt_result
tvt_config_set_strict_name(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->auth.strict_name = on;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_web_pki(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->policy.web_pki = on;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_public_suffixes(struct tvt_config *c, struct tvt_public_suffixes *suffixes, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    struct tvt_public_suffixes *old = c->suffixes;
    c->suffixes = tvt_public_suffixes_ref(suffixes);
    tvt_public_suffixes_unref(old);
    return TVT_OK;
}

enum tvt_result
tvt_config_set_revocation(struct tvt_config *c, enum tvt_revocation which, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (which != TVT_REVOCATION_GIVEN && which != TVT_REVOCATION_LEAF && which != TVT_REVOCATION_CHAIN)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "revocation", TVT_REVOCATION_CHAIN, (uint64_t)which);
    c->policy.revocation = which;
    return TVT_OK;
}

/* Puts a copy of bytes[0..len) in the place of *to. */
static enum tvt_result
replace_bytes(uint8_t **to, size_t *to_len, const uint8_t *bytes, size_t len, const char *field, struct tvt_error *e)
{
    uint8_t *copy = len > 0 ? tvt_alloc(NULL, len) : NULL;
    if (len > 0 && copy == NULL)
        return tvt_fail(e, TVT_E_NO_MEMORY, NULL, field);
    tvt_copy(copy, bytes, len);
    tvt_release(NULL, *to, *to_len);
    *to = copy;
    *to_len = len;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_authorities(struct tvt_config *c, const uint8_t *names, size_t len, struct tvt_error *e)
{
    struct tvt_span list = tvt_span(names, len), name;
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (len > UINT16_MAX - 2u)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "authorities", UINT16_MAX - 2u, len);
    while (list.len > 0) {
        if (!tvt_list_next_vec16(&list, &name) || name.len == 0)
            return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "authorities",
                                   "each name is two length bytes and a DER Name");
        struct tvt_reader r;
        tvt_reader_init(&r, name);
        (void)tvt_name_read(&r, false, "authority");
        if (!tvt_reader_done(&r, "authority"))
            return tvt_der_fail(e, TVT_E_BAD_ARGUMENT, NULL, &r);
    }
    return replace_bytes(&c->auth.authorities, &c->auth.authorities_len, names, len, "authorities", e);
}

enum tvt_result
tvt_config_set_oid_filters(struct tvt_config *c, const uint8_t *filters, size_t len, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (len > UINT16_MAX - 2u)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "OID filters", UINT16_MAX - 2u, len);
    if (!tvt_oid_filters_valid(tvt_span(filters, len)))
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "OID filters",
                               "each is a length byte and an OID, two length bytes and DER values; no OID twice");
    return replace_bytes(&c->auth.oid_filters, &c->auth.oid_filters_len, filters, len, "OID filters", e);
}

enum tvt_result
tvt_config_set_certificate_schemes(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (list == NULL) {
        c->auth.num_certificate_schemes = 0;
        return TVT_OK;
    }
    const struct tvt_scheme *read[TVT_CONFIG_SCHEMES_MAX];
    size_t num = 0;
    if (tvt_config_read_schemes(c, list, read, &num, e) != TVT_OK)
        return TVT_FAIL;
    for (size_t i = 0; i < num; i++)
        if (tvt_scheme_is_legacy(read[i]))
            return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "signature algorithms",
                                   "%s is not for certificates (RFC 9963 3)", read[i]->name);
    tvt_copy(c->auth.certificate_schemes, read, num * sizeof *read);
    c->auth.num_certificate_schemes = num;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_staples(struct tvt_config *c, enum tvt_staple ocsp, bool sct, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (ocsp != TVT_STAPLE_NONE && ocsp != TVT_STAPLE_ASK && ocsp != TVT_STAPLE_REQUIRE)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "staples");
    c->auth.ocsp = ocsp;
    c->auth.sct = sct;
    return TVT_OK;
}

static bool
types_are_valid(const uint8_t *types, size_t num)
{
    if (num > TVT_CONFIG_CERTIFICATE_TYPES_MAX)
        return false;
    for (size_t i = 0; i < num; i++)
        if ((types[i] != TVT_CERTIFICATE_X509 && types[i] != TVT_CERTIFICATE_RAW_KEY) ||
            (i > 0 && types[i] == types[0]))
            return false;
    return true;
}

enum tvt_result
tvt_config_set_certificate_types(struct tvt_config *c, const uint8_t *server, size_t num_server, const uint8_t *client,
                                 size_t num_client, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (!types_are_valid(server, num_server) || !types_are_valid(client, num_client))
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "certificate types",
                               "X.509 (0) and raw public key (2), each at most once");
    tvt_copy(c->auth.server_types, server, num_server);
    tvt_copy(c->auth.client_types, client, num_client);
    c->auth.num_server_types = num_server;
    c->auth.num_client_types = num_client;
    return TVT_OK;
}

enum tvt_result
tvt_config_add_peer_key(struct tvt_config *c, struct tvt_span spki, struct tvt_error *e)
{
    struct tvt_config_auth *a = &c->auth;
    struct tvt_public_key key;
    struct tvt_error why;
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    tvt_error_clear(&why);
    if (tvt_public_key_parse(&key, spki, NULL, &why) != TVT_OK)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "peer key", "it is not a DER SubjectPublicKeyInfo");
    if (key.type == TVT_KEY_NONE)
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, "peer key", "a kind of key that is not supported");
    if (a->num_peer_keys == TVT_CONFIG_PEER_KEYS_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "peer keys", TVT_CONFIG_PEER_KEYS_MAX,
                               TVT_CONFIG_PEER_KEYS_MAX + 1);
    uint8_t *copy = tvt_alloc(NULL, spki.len);
    if (copy == NULL)
        return tvt_fail(e, TVT_E_NO_MEMORY, NULL, "peer key");
    tvt_copy(copy, spki.data, spki.len);
    a->peer_key[a->num_peer_keys++] = tvt_span(copy, spki.len);
    return TVT_OK;
}

/* ---- compression ---- */

static const struct tvt_compression *
find_compression(uint16_t algorithm)
{
    for (const struct tvt_compression *const *one = tvt_compressions; *one != NULL; one++)
        if ((*one)->id == algorithm)
            return *one;
    return NULL;
}

bool
tvt_compression_available(uint16_t algorithm)
{
    return find_compression(algorithm) != NULL;
}

bool
tvt_config_add_compression(struct tvt_config *c, const struct tvt_compression *compression)
{
    struct tvt_config_auth *a = &c->auth;
    if (a->num_compression == TVT_CONFIG_COMPRESSION_MAX)
        return false;
    a->compression[a->num_compression++] = compression;
    return true;
}

enum tvt_result
tvt_config_set_compression(struct tvt_config *c, const uint16_t *algorithms, size_t num, struct tvt_error *e)
{
    const struct tvt_compression *found[TVT_CONFIG_COMPRESSION_MAX];
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (num > TVT_CONFIG_COMPRESSION_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "compression", TVT_CONFIG_COMPRESSION_MAX, num);
    for (size_t i = 0; i < num; i++) {
        found[i] = find_compression(algorithms[i]);
        if (found[i] == NULL)
            return tvt_fail_detail(
                e, TVT_E_NOT_OFFERED, NULL, "compression",
                "this build has no certificate compression %u: 1 is zlib, 3 is zstd; their libraries "
                "must be there when Trivet is configured",
                algorithms[i]);
        for (size_t k = 0; k < i; k++)
            if (found[k] == found[i])
                return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "compression", "%s stands twice", found[i]->name);
    }
    for (size_t i = 0; i < num; i++)
        c->auth.compression[i] = found[i];
    c->auth.num_compression = num;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_post_handshake_auth(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->auth.post_handshake = on;
    return TVT_OK;
}
