/* SPDX-License-Identifier: MIT
 *
 * GENERAL_NAMES: what subjectAltName has, for programs that compare names themselves.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/ssl/view.h"
#include "core/x509/name.h"

/* A GENERAL_NAME with its string and the string's bytes behind it. */
struct owned_name {
    GENERAL_NAME name;
    struct tvt_asn1_string string;
    size_t size;
    uint8_t bytes[];
};

static GENERAL_NAME *
make_name(uint8_t tag, struct tvt_span value)
{
    int type = tag & 0x1f;
    bool text = type == GEN_EMAIL || type == GEN_DNS || type == GEN_URI || type == GEN_IPADD;
    size_t size = sizeof(struct owned_name) + value.len + 1;
    struct owned_name *own = tvt_alloc(NULL, size);
    if (own == NULL)
        return NULL;
    own->size = size;
    own->name.type = type;
    tvt_copy(own->bytes, value.data, value.len);
    own->string.type = type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING;
    own->string.text = tvt_span(own->bytes, value.len);
    own->name.d.ia5 = text ? &own->string : NULL;
    return &own->name;
}

void
GENERAL_NAME_free(GENERAL_NAME *name)
{
    struct owned_name *own = (struct owned_name *)name; /* its first member */
    if (name != NULL)
        tvt_release(NULL, own, own->size);
}

void
GENERAL_NAMES_free(GENERAL_NAMES *names)
{
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}

void *
GENERAL_NAME_get0_value(const GENERAL_NAME *name, int *type)
{
    if (name != NULL && type != NULL)
        *type = name->type;
    return name != NULL ? name->d.ia5 : NULL;
}

static GENERAL_NAMES *
read_names(struct tvt_span der)
{
    struct tvt_reader r, names;
    uint8_t tag;
    struct tvt_span value;
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    tvt_reader_init(&r, der);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subjectAltName");
    while (list != NULL && tvt_general_name_next(&names, &tag, &value)) {
        GENERAL_NAME *name = make_name(tag, value);
        if (name == NULL || sk_GENERAL_NAME_push(list, name) == 0) {
            GENERAL_NAME_free(name);
            GENERAL_NAMES_free(list);
            return NULL;
        }
    }
    return list;
}

void *
X509_get_ext_d2i(const X509 *certificate, int nid, int *critical, int *index)
{
    if (critical != NULL)
        *critical = -1;
    if (index != NULL)
        *index = -1;
    if (certificate == NULL)
        return NULL;
    if (nid != NID_subject_alt_name) {
        (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, "X509_get_ext_d2i",
                                 "extension %d: NID_subject_alt_name alone can be asked for", nid);
        return NULL;
    }
    const struct tvt_certificate *c = &certificate->certificate;
    if (!tvt_certificate_has(c, TVT_CEXT_SUBJECT_ALT_NAME))
        return NULL;
    if (critical != NULL)
        *critical = (c->critical & 1u << TVT_CEXT_SUBJECT_ALT_NAME) != 0;
    return read_names(tvt_certificate_extension(c, TVT_CEXT_SUBJECT_ALT_NAME));
}
