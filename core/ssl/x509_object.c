/* SPDX-License-Identifier: MIT
 *
 * ASN1_OBJECT: the kinds of names that certificates carry, by OpenSSL's numbers and names.
 */
#include "core/ssl/view.h"
#include "core/base/wire.h"

#include <stdio.h>
#include <string.h>

static const struct kind {
    int nid;
    const char *sn, *ln;
    const char *oid; /* contents */
    size_t oid_len;
} kinds[] = {
    {NID_undef, "UNDEF", "undefined", "", 0},
    {NID_commonName, "CN", "commonName", "\x55\x04\x03", 3},
    {NID_surname, "SN", "surname", "\x55\x04\x04", 3},
    {NID_serialNumber, "serialNumber", "serialNumber", "\x55\x04\x05", 3},
    {NID_countryName, "C", "countryName", "\x55\x04\x06", 3},
    {NID_localityName, "L", "localityName", "\x55\x04\x07", 3},
    {NID_stateOrProvinceName, "ST", "stateOrProvinceName", "\x55\x04\x08", 3},
    {NID_organizationName, "O", "organizationName", "\x55\x04\x0a", 3},
    {NID_organizationalUnitName, "OU", "organizationalUnitName", "\x55\x04\x0b", 3},
    {NID_title, "title", "title", "\x55\x04\x0c", 3},
    {NID_givenName, "GN", "givenName", "\x55\x04\x2a", 3},
    {NID_pkcs9_emailAddress, "emailAddress", "emailAddress", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9},
    {NID_domainComponent, "DC", "domainComponent", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10},
    {NID_userId, "UID", "userId", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10},
    {NID_subject_alt_name, "subjectAltName", "X509v3 Subject Alternative Name", "\x55\x1d\x11", 3},
};
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

int
tvt_oid_nid(struct tvt_span oid)
{
    for (size_t i = 1; i < NUM_KINDS; i++)
        if (tvt_span_equal(oid, tvt_span(kinds[i].oid, kinds[i].oid_len)))
            return kinds[i].nid;
    return NID_undef;
}

static const struct kind *
kind_of(int nid)
{
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (kinds[i].nid == nid)
            return &kinds[i];
    return NULL;
}

int
OBJ_obj2nid(const ASN1_OBJECT *object)
{
    return object != NULL ? object->nid : NID_undef;
}

const char *
OBJ_nid2sn(int nid)
{
    const struct kind *kind = kind_of(nid);
    return kind != NULL ? kind->sn : NULL;
}

const char *
OBJ_nid2ln(int nid)
{
    const struct kind *kind = kind_of(nid);
    return kind != NULL ? kind->ln : NULL;
}

int
OBJ_obj2txt(char *out, int size, const ASN1_OBJECT *object, int no_name)
{
    char dotted[256];
    if (object == NULL)
        return -1;
    const char *text = object->nid != NID_undef && no_name == 0 ? OBJ_nid2ln(object->nid)
                                                                : tvt_oid_text(dotted, sizeof dotted, object->oid);
    if (out != NULL && size > 0)
        (void)snprintf(out, (size_t)size, "%s", text);
    return (int)strlen(text);
}
