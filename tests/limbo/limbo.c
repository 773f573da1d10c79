/* SPDX-License-Identifier: MIT
 *
 * One test case of x509-limbo: its certificates decoded, its questions put to core/x509.
 */
#include "tests/limbo/limbo.h"

#include "core/x509/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CERTIFICATES_MAX 256

/* What one test case holds while it runs. */
struct test {
    const json_t *json;
    struct limbo_result *out;
    struct tvt_trust_store *store;
    struct tvt_error error, root_error, crl_error;
    uint8_t *der[CERTIFICATES_MAX];
    struct tvt_span span[CERTIFICATES_MAX];
    struct tvt_certificate certificate[CERTIFICATES_MAX];
    size_t num;
};

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void
skip(struct test *t, const char *why)
{
    t->out->answer = LIMBO_SKIPPED;
    (void)snprintf(t->out->context, sizeof(t->out->context), "%s", why);
}

static void
refuse(struct test *t, const char *why)
{
    t->out->answer = LIMBO_FAILURE;
    if (why != NULL)
        (void)snprintf(t->out->context, sizeof(t->out->context), "%s", why);
    else
        (void)tvt_error_format_line(&t->error, t->out->context, sizeof(t->out->context));
}

/* "2024-01-01T00:00:00+00:00"; null: now. A fraction of a second is cut off. */
static bool
read_time(int64_t *out, const json_t *value)
{
    char form[32];
    const char *text = json_string_value(value);
    if (json_is_null(value)) {
        *out = (int64_t)time(NULL);
        return true;
    }
    if (text == NULL || strlen(text) < 20 || (strchr(text + 19, 'Z') == NULL && strstr(text + 19, "+00:00") == NULL))
        return false;
    (void)snprintf(form, sizeof(form), "%.4s%.2s%.2s%.2s%.2s%.2sZ", text, text + 5, text + 8, text + 11, text + 14,
                   text + 17);
    return tvt_der_time(out, TVT_DER_GENERALIZED_TIME, tvt_span_string(form), true);
}

static bool
add_certificate(struct test *t, const char *pem_text)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    size_t len;
    tvt_pem_init(&pem, tvt_span_string(pem_text));
    if (t->num == CERTIFICATES_MAX || tvt_pem_next(&pem, &block, &t->error) != TVT_OK)
        return false;
    uint8_t *der = malloc(tvt_pem_decoded_max(&block));
    if (der == NULL || tvt_pem_decode(&block, der, tvt_pem_decoded_max(&block), &len, &t->error) != TVT_OK) {
        free(der);
        return false;
    }
    t->der[t->num] = der;
    t->span[t->num++] = tvt_span(der, len);
    return true;
}

/* Roots that cannot be read are passed over, as those of a system's store are. */
static bool
load(struct test *t)
{
    size_t i;
    json_t *root, *other;
    if (tvt_trust_store_new(&t->store, NULL, &t->error) != TVT_OK ||
        !add_certificate(t, text_of(t->json, "peer_certificate")))
        return false;
    json_array_foreach(json_object_get(t->json, "untrusted_intermediates"), i, other)
    {
        if (json_string_value(other) == NULL || !add_certificate(t, json_string_value(other)))
            return false;
    }
    json_array_foreach(json_object_get(t->json, "trusted_certs"), i, root)
    {
        if (json_string_value(root) == NULL)
            return false;
        if (tvt_trust_store_add_pem(t->store, tvt_span_string(json_string_value(root)), NULL, NULL, &t->root_error) !=
            TVT_OK)
            continue;
    }
    json_array_foreach(json_object_get(t->json, "crls"), i, other)
    {
        const char *text = json_string_value(other);
        if (text == NULL)
            return false;
        if (tvt_trust_store_add_crl_bytes(t->store, tvt_span_string(text), NULL, &t->crl_error) != TVT_OK)
            break; /* a list that cannot be read refuses the test */
    }
    return true;
}

static bool
has_mailbox(const struct tvt_certificate *leaf, struct tvt_span mailbox)
{
    struct tvt_reader outer, names;
    struct tvt_span value;
    uint8_t tag;
    tvt_reader_init(&outer, tvt_certificate_extension(leaf, TVT_CEXT_SUBJECT_ALT_NAME));
    tvt_der_enter(&outer, &names, TVT_DER_SEQUENCE, "subjectAltName");
    while (tvt_general_name_next(&names, &tag, &value))
        if (tag == TVT_GN_EMAIL && tvt_span_equal(value, mailbox))
            return true;
    return false;
}

/* A name of { kind, value } against the leaf. */
static bool
has_name(const struct tvt_certificate *leaf, const json_t *name)
{
    struct tvt_host host;
    const char *value = text_of(name, "value");
    if (strcmp(text_of(name, "kind"), "RFC822") == 0)
        return has_mailbox(leaf, tvt_span_string(value));
    return tvt_host_parse(&host, value) && tvt_certificate_matches_host(leaf, &host, true);
}

/* The bits that "key_usage" asks for; false: a word that is none. */
static bool
read_usage(uint16_t *out, const json_t *list)
{
    static const char *const names[] = {"digitalSignature", "contentCommitment", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",      "keyCertSign",
                                        "cRLSign",          "encipherOnly",      "decipherOnly"};
    size_t i;
    json_t *word;
    *out = 0;
    json_array_foreach(list, i, word)
    {
        size_t k = 0;
        while (k < 9 && strcmp(names[k], json_string_value(word) != NULL ? json_string_value(word) : "") != 0)
            k++;
        if (k == 9)
            return false;
        *out = (uint16_t)(*out | 1u << k);
    }
    return true;
}

static bool
has_word(const json_t *list, const char *wanted)
{
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word)
    {
        if (json_string_value(word) != NULL && strcmp(json_string_value(word), wanted) == 0)
            return true;
    }
    return false;
}

/* False, with the reason as context: this is not asked of core/x509. */
static bool
can_run(struct test *t, bool server)
{
    const json_t *purposes = json_object_get(t->json, "extended_key_usage");
    if (json_array_size(json_object_get(t->json, "signature_algorithms")) > 0)
        skip(t, "the signature algorithms of a path are the policy object's");
    else if (json_array_size(purposes) > 1 ||
             (json_array_size(purposes) == 1 && !has_word(purposes, server ? "serverAuth" : "clientAuth")))
        skip(t, "another purpose than TLS");
    else
        return true;
    return false;
}

/* What the path said is good; the rest of what the test asks. */
static void
check_rest(struct test *t, uint16_t usage)
{
    const struct tvt_certificate *leaf = &t->certificate[0];
    size_t i;
    json_t *name;
    if (tvt_certificate_has(leaf, TVT_CEXT_KEY_USAGE) && (leaf->key_usage & usage) != usage) {
        refuse(t, "the leaf lacks a key usage that the test asks for");
        return;
    }
    json_array_foreach(json_object_get(t->json, "expected_peer_names"), i, name)
    {
        if (!has_name(leaf, name)) {
            refuse(t, "the leaf lacks a name that the test asks for");
            return;
        }
    }
    t->out->answer = LIMBO_SUCCESS;
}

static void
decide(struct test *t, const struct tvt_path_request *request, uint16_t usage)
{
    for (size_t i = 0; i < t->num; i++) {
        if (tvt_certificate_parse(&t->certificate[i], t->span[i], tvt_certificate_label(i), &t->error) != TVT_OK) {
            refuse(t, NULL);
            return;
        }
    }
    if (t->crl_error.code != TVT_E_NONE) {
        t->error = t->crl_error;
        refuse(t, NULL);
        return;
    }
    if (tvt_path_verify(NULL, request, &t->error) != TVT_OK) {
        if (t->error.code == TVT_E_CERT_UNKNOWN_ISSUER && t->root_error.code != TVT_E_NONE)
            t->error = t->root_error;
        refuse(t, NULL);
        return;
    }
    check_rest(t, usage);
}

static double
cpu_ms(void)
{
    return (double)clock() * 1e3 / CLOCKS_PER_SEC;
}

static void
run(struct test *t, const struct tvt_provider *provider, enum limbo_profile profile)
{
    const json_t *depth = json_object_get(t->json, "max_chain_depth");
    const json_t *name = json_object_get(t->json, "expected_peer_name");
    bool server = strcmp(text_of(t->json, "validation_kind"), "SERVER") == 0;
    bool better_tls = strncmp(text_of(t->json, "id"), "bettertls::", 11) == 0;
    bool lax = profile == LIMBO_RFC5280 || (profile == LIMBO_AUTO && better_tls);
    struct tvt_path_policy policy = lax ? tvt_path_policy_default : tvt_path_policy_web_pki;
    struct tvt_path_request request = {.provider = provider,
                                       .store = t->store,
                                       .policy = &policy,
                                       .purpose = server ? TVT_PURPOSE_SERVER : TVT_PURPOSE_CLIENT,
                                       .any_usage = true,
                                       .chain = t->certificate,
                                       .num_chain = t->num};
    uint16_t usage;
    if (!read_time(&request.time, json_object_get(t->json, "validation_time")) ||
        !read_usage(&usage, json_object_get(t->json, "key_usage"))) {
        t->out->answer = LIMBO_BROKEN;
        return;
    }
    if (json_array_size(json_object_get(t->json, "crls")) > 0)
        policy.revocation = TVT_REVOCATION_CHAIN;
    if (json_is_integer(depth))
        policy.max_depth = (uint16_t)json_integer_value(depth);
    if (server && json_is_object(name) && strcmp(text_of(name, "kind"), "RFC822") != 0)
        request.name = text_of(name, "value");
    request.no_name = request.name == NULL;
    double begin = cpu_ms();
    decide(t, &request, usage);
    t->out->ms = cpu_ms() - begin;
}

void
limbo_run(struct limbo_result *out, const json_t *test, const struct tvt_provider *provider, enum limbo_profile profile)
{
    struct test *t = calloc(1, sizeof(*t));
    memset(out, 0, sizeof(*out));
    out->answer = LIMBO_BROKEN;
    if (t == NULL)
        return;
    t->json = test;
    t->out = out;
    if (can_run(t, strcmp(text_of(test, "validation_kind"), "SERVER") == 0) && load(t))
        run(t, provider, profile);
    for (size_t i = 0; i < t->num; i++)
        free(t->der[i]);
    tvt_trust_store_unref(t->store);
    free(t);
}
