/* SPDX-License-Identifier: MIT
 *
 * Key structs for the tests: a small DER writer for RSAPublicKey and SubjectPublicKeyInfo, and the test keys.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_INTEGER      0x02
#define TAG_BIT_STRING   0x03
#define TAG_OCTET_STRING 0x04
#define TAG_SEQUENCE     0x30

/* AlgorithmIdentifiers: RFC 3279 2.3.1, RFC 4055 1.2, RFC 5480 2.1.1, RFC 8410 3, RFC 9881 2 */
static const uint8_t alg_rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 5, 0};
static const uint8_t alg_rsa_pss[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
static const uint8_t alg_p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                   0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t alg_p384[] = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                   0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t alg_p521[] = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                   0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
static const uint8_t alg_ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t alg_ed448[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71};
static const uint8_t alg_mldsa44[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11};
static const uint8_t alg_mldsa65[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12};
static const uint8_t alg_mldsa87[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13};

static struct tvt_span
algorithm_of(uint8_t type)
{
    switch (type) {
    case TVT_KEY_RSA:
        return tvt_span(alg_rsa, sizeof alg_rsa);
    case TVT_KEY_RSA_PSS:
        return tvt_span(alg_rsa_pss, sizeof alg_rsa_pss);
    case TVT_KEY_P256:
        return tvt_span(alg_p256, sizeof alg_p256);
    case TVT_KEY_P384:
        return tvt_span(alg_p384, sizeof alg_p384);
    case TVT_KEY_P521:
        return tvt_span(alg_p521, sizeof alg_p521);
    case TVT_KEY_ED25519:
        return tvt_span(alg_ed25519, sizeof alg_ed25519);
    case TVT_KEY_ED448:
        return tvt_span(alg_ed448, sizeof alg_ed448);
    case TVT_KEY_MLDSA44:
        return tvt_span(alg_mldsa44, sizeof alg_mldsa44);
    case TVT_KEY_MLDSA65:
        return tvt_span(alg_mldsa65, sizeof alg_mldsa65);
    case TVT_KEY_MLDSA87:
        return tvt_span(alg_mldsa87, sizeof alg_mldsa87);
    default:
        return tvt_span(NULL, 0);
    }
}

/* ---- DER ------------------------------------------------------------------------------------------------- */

static struct tvt_span
write_element(uint8_t tag, const struct tvt_span *parts, size_t num)
{
    size_t len = 0, at = 0;
    uint8_t *out;

    for (size_t i = 0; i < num; i++)
        len += parts[i].len;
    out = (uint8_t *)kit_take(len + 4);
    out[at++] = tag;
    if (len >= 256) {
        out[at++] = 0x82;
        out[at++] = (uint8_t)(len >> 8);
    } else if (len >= 128) {
        out[at++] = 0x81;
    }
    out[at++] = (uint8_t)len;
    for (size_t i = 0; i < num; i++) {
        if (parts[i].len > 0)
            memcpy(out + at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return tvt_span(out, at);
}

static struct tvt_span
write_unsigned(struct tvt_span number)
{
    static const uint8_t zero = 0;
    struct tvt_span parts[2] = {{&zero, number.len == 0 || number.data[0] >= 0x80}, number};

    return write_element(TAG_INTEGER, parts, 2);
}

static struct tvt_span
write_spki(uint8_t type, struct tvt_span key)
{
    static const uint8_t no_unused_bits = 0;
    struct tvt_span bits[2] = {{&no_unused_bits, 1}, key};
    struct tvt_span parts[2] = {algorithm_of(type), write_element(TAG_BIT_STRING, bits, 2)};

    return write_element(TAG_SEQUENCE, parts, 2);
}

/* The content of the element at the front of `in`, which must have `tag`; `in` moves behind it. */
static struct tvt_span
read_element(struct tvt_span *in, uint8_t tag)
{
    size_t head = 2, len;
    struct tvt_span content;

    if (in->len < 2 || in->data[0] != tag)
        return tvt_span(NULL, 0);
    len = in->data[1];
    if (len >= 0x80) {
        size_t width = len & 0x7f;

        head += width;
        if (width > 2 || in->len < head)
            return tvt_span(NULL, 0);
        len = width == 2 ? tvt_load_u16(in->data + 2) : width == 1 ? in->data[2] : 0;
    }
    if (in->len - head < len)
        return tvt_span(NULL, 0);
    content = tvt_span(in->data + head, len);
    in->data += head + len;
    in->len -= head + len;
    return content;
}

struct tvt_span
kit_pkcs8_rsa(struct tvt_span pkcs8)
{
    struct tvt_span inside = read_element(&pkcs8, TAG_SEQUENCE);

    (void)read_element(&inside, TAG_INTEGER);
    (void)read_element(&inside, TAG_SEQUENCE);
    return read_element(&inside, TAG_OCTET_STRING);
}

struct tvt_span
kit_spki_point(struct tvt_span spki, uint8_t type)
{
    struct tvt_span algorithm = algorithm_of(type);
    struct tvt_span whole = spki, inside = read_element(&whole, TAG_SEQUENCE), bits;

    if (whole.len != 0 || inside.len < algorithm.len || memcmp(inside.data, algorithm.data, algorithm.len) != 0)
        return tvt_span(NULL, 0);
    inside.data += algorithm.len;
    inside.len -= algorithm.len;
    bits = read_element(&inside, TAG_BIT_STRING);
    if (inside.len != 0 || bits.len < 1 || bits.data[0] != 0)
        return tvt_span(NULL, 0);
    return tvt_span(bits.data + 1, bits.len - 1);
}

/* ---- public keys ----------------------------------------------------------------------------------------- */

static unsigned
bits_of(struct tvt_span n)
{
    unsigned bits = (unsigned)n.len * 8;

    for (uint8_t top = n.len > 0 ? n.data[0] : 0xff; (top & 0x80) == 0 && bits > 0; top = (uint8_t)(top << 1))
        bits--;
    return bits;
}

void
kit_public_rsa(struct tvt_public_key *out, uint8_t type, struct tvt_span n, struct tvt_span e)
{
    struct tvt_span parts[2] = {write_unsigned(n), write_unsigned(e)};

    memset(out, 0, sizeof *out);
    out->type = type;
    out->bits = (uint16_t)bits_of(n);
    out->n = n;
    out->e = e;
    out->key = write_element(TAG_SEQUENCE, parts, 2);
    out->spki = write_spki(type, out->key);
}

void
kit_public_raw(struct tvt_public_key *out, uint8_t type, struct tvt_span key)
{
    memset(out, 0, sizeof *out);
    out->type = type;
    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        if (kit_algorithms[row].kind == KIT_SIGNATURE && kit_algorithms[row].key_type == type)
            out->bits = kit_algorithms[row].bits;
    }
    out->key = key;
    out->spki = write_spki(type, key);
}

/* ---- the test keys --------------------------------------------------------------------------------------- */

#define MAX_TEST_KEYS 32u
struct test_key {
    char name[24];
    struct tvt_private_key key;
    uint8_t memory[12288];
    size_t used;
};
static struct test_key *test_keys;
static size_t num_test_keys;

static struct tvt_span
keep(struct test_key *k, const json_t *object, const char *field)
{
    struct tvt_span s = kit_bytes(object, field);
    uint8_t *at = k->memory + k->used;

    if (s.len == 0 || s.len > sizeof k->memory - k->used)
        return tvt_span(NULL, 0);
    memcpy(at, s.data, s.len);
    k->used += s.len;
    return tvt_span(at, s.len);
}

static uint8_t
type_named(const char *name)
{
    static const char *const names[] = {"",        "RSA",   "RSA-PSS",   "P-256",     "P-384",    "P-521",
                                        "Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};

    for (uint8_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return TVT_KEY_NONE;
}

static void
load_test_keys(void)
{
    json_t *root = kit_load(kit.options.vectors, "keys/test-keys.json");
    const json_t *tests = json_object_get(root, "tests");

    test_keys = (struct test_key *)calloc(MAX_TEST_KEYS, sizeof *test_keys);
    for (size_t i = 0; test_keys != NULL && i < json_array_size(tests) && i < MAX_TEST_KEYS; i++) {
        const json_t *t = json_array_get(tests, i);
        struct test_key *k = &test_keys[num_test_keys++];

        (void)snprintf(k->name, sizeof k->name, "%s", kit_text(t, "name"));
        k->key.pub.type = type_named(kit_text(t, "type"));
        k->key.pub.bits = (uint16_t)kit_int(t, "bits");
        k->key.pub.key = keep(k, t, "key");
        k->key.pub.n = keep(k, t, "n");
        k->key.pub.e = keep(k, t, "e");
        k->key.pub.spki = keep(k, t, "spki");
        k->key.scalar = keep(k, t, "scalar");
        k->key.rsa = keep(k, t, "rsa");
        k->key.pkcs8 = keep(k, t, "pkcs8");
        k->key.expanded = keep(k, t, "expanded");
    }
    json_decref(root);
}

const struct tvt_private_key *
kit_test_key(const char *name)
{
    if (test_keys == NULL)
        load_test_keys();
    for (size_t i = 0; i < num_test_keys; i++) {
        if (strcmp(test_keys[i].name, name) == 0)
            return &test_keys[i].key;
    }
    kit_check(false, "no test key is named %s", name);
    exit(2);
}

const char *
kit_test_key_name(enum kit_row row, char variant)
{
    static const char *const names[2][11] = {{"p-256-a", "p-384-a", "p-521-a", "ed25519-a", "ed448-a", "rsa-2048-a",
                                              "rsa-2048-a", "rsa-pss-2048-a", "mldsa-44-a", "mldsa-65-a", "mldsa-87-a"},
                                             {"p-256-b", "p-384-b", "p-521-b", "ed25519-b", "ed448-b", "rsa-2048-b",
                                              "rsa-2048-b", "rsa-pss-2048-b", "mldsa-44-b", "mldsa-65-b",
                                              "mldsa-87-b"}};

    return names[variant == 'b'][row - KIT_ECDSA_P256];
}

struct tvt_signer *
kit_signer(const struct tvt_provider *provider, const char *name)
{
    struct tvt_signer *signer = NULL;

    if (!kit_ok("load_key", provider->load_key(provider, kit_test_key(name), &signer)))
        return NULL;
    return kit_check(signer != NULL, "load_key says OK and gives no signer") ? signer : NULL;
}
