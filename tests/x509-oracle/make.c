/* SPDX-License-Identifier: MIT
 *
 * Certificates as they were drawn, encoded and signed by libcrypto. The keys are new in every run: no verdict depends on
 * their values.
 */
#include "tests/x509-oracle/oracle.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define KEYS_MAX 16u
static EVP_PKEY *keys[KEYS_MAX];
static unsigned num_keys;

bool
oracle_make_open(unsigned wanted)
{
    for (num_keys = 0; num_keys < wanted && num_keys < KEYS_MAX; num_keys++)
        if ((keys[num_keys] = EVP_EC_gen("P-256")) == NULL)
            return false;
    return num_keys == wanted;
}

void
oracle_make_close(void)
{
    while (num_keys > 0)
        EVP_PKEY_free(keys[--num_keys]);
}

/* How a value is written: as it is, as a PrintableString, in capitals, with more space. All are the same name. */
static bool
add_attribute(X509_NAME *name, const char *type, const char *value, size_t len, unsigned form)
{
    char text[80];
    size_t out = 0;
    int tag = strcmp(type, "C") == 0              ? V_ASN1_PRINTABLESTRING
              : strcmp(type, "emailAddress") == 0 ? V_ASN1_IA5STRING
              : form == 1                         ? V_ASN1_PRINTABLESTRING
                                                  : V_ASN1_UTF8STRING;
    bool plain = strcmp(type, "C") == 0 || strcmp(type, "emailAddress") == 0;
    for (size_t i = 0; i < len && out + 2 < sizeof(text); i++) {
        char c = value[i];
        text[out++] = form == 2 && !plain && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        if (form == 3 && c == ' ')
            text[out++] = ' ';
    }
    return X509_NAME_add_entry_by_txt(name, type, tag, (const unsigned char *)text, (int)out, -1, 0) == 1;
}

/* "C=DE/O=Acme" */
static X509_NAME *
make_name(const char *text, unsigned form)
{
    X509_NAME *name = X509_NAME_new();
    while (name != NULL && *text != '\0') {
        char type[16];
        size_t len = strcspn(text, "/"), eq = strcspn(text, "=");
        if (eq >= sizeof(type) || eq >= len)
            break;
        memcpy(type, text, eq);
        type[eq] = '\0';
        if (!add_attribute(name, type, text + eq + 1, len - eq - 1, form))
            break;
        text += len + (text[len] == '/');
    }
    if (name != NULL && *text != '\0') {
        X509_NAME_free(name);
        return NULL;
    }
    return name;
}

static GENERAL_NAME *
make_general_name(const struct oracle_name *from)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    long len = (long)strlen(from->text);
    void *value = NULL;
    if (from->kind == GEN_DIRNAME) {
        value = make_name(from->text, 0);
    } else if (from->kind == GEN_RID) {
        value = OBJ_txt2obj(from->text, 1);
    } else if (from->kind == GEN_IPADD) {
        unsigned char *bytes = OPENSSL_hexstr2buf(from->text, &len);
        value = ASN1_OCTET_STRING_new();
        if (value != NULL && (bytes == NULL || ASN1_OCTET_STRING_set(value, bytes, (int)len) != 1)) {
            ASN1_OCTET_STRING_free(value);
            value = NULL;
        }
        OPENSSL_free(bytes);
    } else {
        value = ASN1_IA5STRING_new();
        if (value != NULL && ASN1_STRING_set(value, from->text, (int)len) != 1) {
            ASN1_IA5STRING_free(value);
            value = NULL;
        }
    }
    if (name == NULL || value == NULL) {
        GENERAL_NAME_free(name); /* what is left of the value is the end of the program */
        return NULL;
    }
    GENERAL_NAME_set0_value(name, from->kind, value);
    return name;
}

static bool
add_extension(X509 *x, int nid, void *value, bool critical)
{
    return value != NULL && X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) == 1;
}

static bool
add_basic(X509 *x, const struct oracle_spec *s)
{
    if (s->basic == ORACLE_BC_NONE)
        return true;
    BASIC_CONSTRAINTS *b = BASIC_CONSTRAINTS_new();
    if (b == NULL)
        return false;
    b->ca = s->basic == ORACLE_BC_CA ? 0xff : 0;
    bool good = true;
    if (s->path_len >= 0 && b->ca) {
        b->pathlen = ASN1_INTEGER_new();
        good = b->pathlen != NULL && ASN1_INTEGER_set(b->pathlen, s->path_len) == 1;
    }
    good = good && add_extension(x, NID_basic_constraints, b, true);
    BASIC_CONSTRAINTS_free(b);
    return good;
}

static bool
add_usage(X509 *x, const struct oracle_spec *s)
{
    if (s->key_usage < 0)
        return true;
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    bool good = bits != NULL;
    for (int i = 0; good && i < 8; i++) /* KU_DIGITAL_SIGNATURE is 0x80 and bit 0 */
        if ((s->key_usage & (0x80 >> i)) != 0)
            good = ASN1_BIT_STRING_set_bit(bits, i, 1) == 1;
    good = good && add_extension(x, NID_key_usage, bits, true);
    ASN1_BIT_STRING_free(bits);
    return good;
}

static bool
add_eku(X509 *x, const struct oracle_spec *s)
{
    static const int nids[] = {NID_server_auth, NID_client_auth, NID_anyExtendedKeyUsage, NID_code_sign};
    if (s->eku == 0)
        return true;
    EXTENDED_KEY_USAGE *list = sk_ASN1_OBJECT_new_null();
    bool good = list != NULL;
    for (unsigned i = 0; good && i < 4; i++)
        if ((s->eku & 1u << i) != 0)
            good = sk_ASN1_OBJECT_push(list, OBJ_nid2obj(nids[i])) > 0;
    good = good && add_extension(x, NID_ext_key_usage, list, false);
    sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
    return good;
}

static bool
add_names(X509 *x, const struct oracle_spec *s)
{
    if (s->num_names == 0)
        return true;
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    bool good = list != NULL;
    for (size_t i = 0; good && i < s->num_names; i++) {
        GENERAL_NAME *name = make_general_name(&s->name[i]);
        good = name != NULL && sk_GENERAL_NAME_push(list, name) > 0;
    }
    good = good && add_extension(x, NID_subject_alt_name, list, oracle_subject_text(s->subject)[0] == '\0');
    GENERAL_NAMES_free(list);
    return good;
}

static bool
add_subtrees(STACK_OF(GENERAL_SUBTREE) * *out, const struct oracle_name *base, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
        if (*out == NULL)
            *out = sk_GENERAL_SUBTREE_new_null();
        if (tree == NULL || *out == NULL)
            return false;
        GENERAL_NAME_free(tree->base);
        tree->base = make_general_name(&base[i]);
        if (tree->base == NULL || sk_GENERAL_SUBTREE_push(*out, tree) <= 0)
            return false;
    }
    return true;
}

static bool
add_constraints(X509 *x, const struct oracle_spec *s)
{
    if (s->num_permitted + s->num_excluded == 0)
        return true;
    NAME_CONSTRAINTS *n = NAME_CONSTRAINTS_new();
    bool good = n != NULL && add_subtrees(&n->permittedSubtrees, s->permitted, s->num_permitted) &&
                add_subtrees(&n->excludedSubtrees, s->excluded, s->num_excluded) &&
                add_extension(x, NID_name_constraints, n, true);
    NAME_CONSTRAINTS_free(n);
    return good;
}

static ASN1_OCTET_STRING *
identifier(enum oracle_identifier how, unsigned key)
{
    unsigned char id[8] = {'k', 'e', 'y', ' ', 'n', 'o', ' ', (unsigned char)(how == ORACLE_ID_WRONG ? 0xff : key)};
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    if (string != NULL && ASN1_OCTET_STRING_set(string, id, sizeof(id)) != 1) {
        ASN1_OCTET_STRING_free(string);
        return NULL;
    }
    return string;
}

static bool
add_identifiers(X509 *x, const struct oracle_spec *s)
{
    bool good = true;
    if (s->subject_id != ORACLE_ID_NONE) {
        ASN1_OCTET_STRING *id = identifier(s->subject_id, s->key);
        good = add_extension(x, NID_subject_key_identifier, id, false);
        ASN1_OCTET_STRING_free(id);
    }
    if (good && s->authority_id != ORACLE_ID_NONE) {
        AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
        good = id != NULL && (id->keyid = identifier(s->authority_id, s->signer_key)) != NULL &&
               add_extension(x, NID_authority_key_identifier, id, false);
        AUTHORITY_KEYID_free(id);
    }
    return good;
}

static bool
add_unknown(X509 *x)
{
    static const unsigned char null[] = {5, 0};
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    bool good = oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, null, sizeof(null)) == 1;
    X509_EXTENSION *e = good ? X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value) : NULL;
    good = e != NULL && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return good;
}

static bool
set_times(X509 *x, enum oracle_validity validity)
{
    const time_t day = 86400, from = ORACLE_TIME + day * (validity == ORACLE_FUTURE ? 10 : -400);
    const time_t to = ORACLE_TIME + day * (validity == ORACLE_EXPIRED ? -10 : 400);
    return ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL && ASN1_TIME_set(X509_getm_notAfter(x), to) != NULL;
}

static bool
set_names(X509 *x, const struct oracle_spec *s)
{
    X509_NAME *subject = make_name(oracle_subject_text(s->subject), s->subject_form);
    X509_NAME *issuer = make_name(oracle_subject_text(s->issuer), s->issuer_form);
    bool good = subject != NULL && issuer != NULL && X509_set_subject_name(x, subject) == 1 &&
                X509_set_issuer_name(x, issuer) == 1;
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    return good;
}

static bool
fill(X509 *x, const struct oracle_spec *s, size_t serial)
{
    if (X509_set_version(x, s->version1 ? 0 : 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(x), (long)serial + 1) != 1 || !set_names(x, s) ||
        !set_times(x, s->validity) || X509_set_pubkey(x, keys[s->key]) != 1)
        return false;
    if (!s->version1 && (!add_basic(x, s) || !add_usage(x, s) || !add_eku(x, s) || !add_names(x, s) ||
                         !add_constraints(x, s) || !add_identifiers(x, s) || (s->unknown_critical && !add_unknown(x))))
        return false;
    return X509_sign(x, keys[s->signer], s->sha1 ? EVP_sha1() : EVP_sha256()) > 0;
}

bool
oracle_make(struct oracle_world *w)
{
    for (size_t i = 0; i < w->num; i++) {
        X509 *x = X509_new();
        bool good = x != NULL && fill(x, &w->spec[i], i);
        int len = good ? i2d_X509(x, &w->der[i]) : 0;
        X509_free(x);
        if (len <= 0)
            return false;
        w->der_len[i] = (size_t)len;
        /* read again, so that everyone judges the same bytes */
        const unsigned char *from = w->der[i];
        if ((w->x509[i] = d2i_X509(NULL, &from, len)) == NULL)
            return false;
    }
    return true;
}

void
oracle_world_free(struct oracle_world *w)
{
    for (size_t i = 0; i < w->num; i++) {
        X509_free(w->x509[i]);
        OPENSSL_free(w->der[i]);
    }
}
