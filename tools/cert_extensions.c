/* SPDX-License-Identifier: MIT
 *
 * trivet cert: the extensions of a certificate, which was decoded, so that each that is known here has its form.
 */
#include "core/x509/name.h"
#include "core/x509/name_constraints.h"
#include "tools/cert.h"

#include <string.h>

enum { BEFORE_MAX = 32 }; /* bytes at the front of the text that stay free for what stands before a value */

/* Where the text of a value goes. */
static char *
room(const struct listing *l)
{
    return l->text + BEFORE_MAX;
}

static size_t
room_cap(const struct listing *l)
{
    return l->cap - BEFORE_MAX;
}

/* One of the things that an extension says, which is in the room; `before`, of at most BEFORE_MAX bytes, goes in front of it. */
static void
tell_value(const struct listing *l, bool *first, const char *before)
{
    size_t len = strlen(before);
    char *value = room(l) - len;
    memcpy(value, before, len);
    if (l->j == NULL)
        printf("%s%s", *first ? ": " : ", ", value);
    else
        json_text(l->j, NULL, value);
    *first = false;
}

/* A reader at the contents of the SEQUENCE that the extension is. */
static struct tvt_reader
contents(struct tvt_reader *outer, struct tvt_span extension)
{
    struct tvt_reader in;
    tvt_reader_init(outer, extension);
    tvt_der_enter(outer, &in, TVT_DER_SEQUENCE, "extension");
    return in;
}

/* RFC 5280 4.2.1.13: where its lists are. */
static void
tell_points(const struct listing *l, struct tvt_span extension, bool *first)
{
    struct tvt_reader outer, point, name, full, points = contents(&outer, extension);
    struct tvt_span value;
    uint8_t tag;
    while (tvt_reader_left(&points) > 0) {
        tvt_der_enter(&points, &point, TVT_DER_SEQUENCE, "DistributionPoint");
        if (tvt_der_peek(&point) != TVT_DER_CONTEXT_CONSTRUCTED(0))
            continue;
        tvt_der_enter(&point, &name, TVT_DER_CONTEXT_CONSTRUCTED(0), "distributionPoint");
        if (tvt_der_peek(&name) != TVT_DER_CONTEXT_CONSTRUCTED(0))
            continue;
        tvt_der_enter(&name, &full, TVT_DER_CONTEXT_CONSTRUCTED(0), "fullName");
        while (tvt_general_name_next(&full, &tag, &value)) {
            (void)tvt_general_name_text(room(l), room_cap(l), tag, value);
            tell_value(l, first, "");
        }
    }
}

/* RFC 5280 4.2.2.1: where its issuer's certificate is, and who answers whether it is revoked. */
static void
tell_access(const struct listing *l, struct tvt_span extension, bool *first)
{
    static const uint8_t pkix_ad[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30};
    struct tvt_reader outer, one, list = contents(&outer, extension);
    while (tvt_reader_left(&list) > 0) {
        uint8_t tag;
        tvt_der_enter(&list, &one, TVT_DER_SEQUENCE, "AccessDescription");
        struct tvt_span method = tvt_der_read_oid(&one, "accessMethod");
        struct tvt_span value = tvt_der_read_any(&one, &tag, "accessLocation");
        bool known = method.len == sizeof pkix_ad + 1 && memcmp(method.data, pkix_ad, sizeof pkix_ad) == 0;
        uint8_t number = known ? method.data[sizeof pkix_ad] : 0;
        (void)tvt_general_name_text(room(l), room_cap(l), tag, value);
        tell_value(l, first, number == 1 ? "OCSP " : number == 2 ? "issuer " : "other ");
    }
}

/* RFC 5280 4.2.1.4: their OIDs. */
static void
tell_policies(const struct listing *l, struct tvt_span extension, bool *first)
{
    struct tvt_reader outer, one, list = contents(&outer, extension);
    while (tvt_reader_left(&list) > 0) {
        tvt_der_enter(&list, &one, TVT_DER_SEQUENCE, "PolicyInformation");
        (void)tvt_oid_text(room(l), room_cap(l), tvt_der_read_oid(&one, "policyIdentifier"));
        tell_value(l, first, "");
    }
}

/* RFC 5280 4.2.1.10: which names stand under it. */
static void
tell_constraints(const struct listing *l, struct tvt_span extension, bool *first)
{
    static const struct {
        uint8_t tag;
        const char *words[2];
    } kinds[] = {{TVT_GN_DNS, {"permitted hosts ", "excluded hosts "}},
                 {TVT_GN_IP, {"permitted addresses ", "excluded addresses "}},
                 {TVT_GN_EMAIL, {"permitted mail ", "excluded mail "}},
                 {TVT_GN_URI, {"permitted URIs ", "excluded URIs "}},
                 {TVT_GN_DIRECTORY, {"permitted directories ", "excluded directories "}},
                 {TVT_GN_OTHER, {"permitted other names ", "excluded other names "}},
                 {TVT_GN_REGISTERED_ID, {"permitted ids ", "excluded ids "}}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (int excluded = 0; excluded < 2; excluded++) {
            (void)tvt_name_constraints_text(room(l), room_cap(l), extension, excluded != 0, kinds[i].tag);
            if (room(l)[0] != '\0')
                tell_value(l, first, kinds[i].words[excluded]);
        }
    }
}

/* What is in no other line. */
static const struct {
    enum tvt_certificate_extension id;
    void (*tell)(const struct listing *l, struct tvt_span extension, bool *first);
} told[] = {{TVT_CEXT_CRL_DISTRIBUTION, tell_points},
            {TVT_CEXT_AUTHORITY_INFO_ACCESS, tell_access},
            {TVT_CEXT_POLICIES, tell_policies},
            {TVT_CEXT_NAME_CONSTRAINTS, tell_constraints}};

static void
tell_contents(const struct listing *l, const struct tvt_certificate *c, enum tvt_certificate_extension id)
{
    bool first = true;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (told[i].id == id)
            told[i].tell(l, tvt_certificate_extension(c, id), &first);
}

static void
tell_extension(const struct listing *l, const struct tvt_certificate *c, enum tvt_certificate_extension id,
               const char *oid, bool critical)
{
    const char *name = id < TVT_CEXT_NUM ? tvt_certificate_extension_name(id) : NULL;
    if (l->j == NULL) {
        printf("  %-11s %s%s%s", "extension", name != NULL ? name : oid, critical ? ", critical" : "",
               critical && name == NULL ? ", not known here" : "");
        tell_contents(l, c, id);
        putchar('\n');
        return;
    }
    json_open(l->j, NULL, '{');
    json_text(l->j, "name", name);
    json_text(l->j, "oid", oid);
    json_bool(l->j, "critical", critical);
    json_open(l->j, "values", '[');
    tell_contents(l, c, id);
    json_close(l->j, ']');
    json_close(l->j, '}');
}

/* Which one stands at `value`; TVT_CEXT_NUM: none that is known here. */
static enum tvt_certificate_extension
extension_at(const struct tvt_certificate *c, struct tvt_span value)
{
    for (unsigned id = 0; id < TVT_CEXT_NUM; id++)
        if (tvt_certificate_has(c, (enum tvt_certificate_extension)id) && c->der.data + c->ext[id].offset == value.data)
            return (enum tvt_certificate_extension)id;
    return TVT_CEXT_NUM;
}

void
cert_tell_extensions(const struct listing *l, const struct tvt_certificate *c)
{
    struct tvt_reader r, one;
    char oid[128];
    if (l->j != NULL)
        json_open(l->j, "extensions", '[');
    tvt_reader_init(&r, c->extensions);
    while (tvt_reader_left(&r) > 0) {
        tvt_der_enter(&r, &one, TVT_DER_SEQUENCE, "extension");
        (void)tvt_oid_text(oid, sizeof oid, tvt_der_read_oid(&one, "extnID"));
        bool critical = tvt_der_read_boolean_default_false(&one, "critical");
        struct tvt_span value = tvt_der_read(&one, TVT_DER_OCTET_STRING, "extnValue");
        tell_extension(l, c, extension_at(c, value), oid, critical);
        tvt_der_leave(&r, &one, "extension");
    }
    if (l->j == NULL)
        return;
    json_close(l->j, ']');
    json_text(l->j, "unknown_critical",
              c->unknown_critical.len > 0 ? tvt_oid_text(oid, sizeof oid, c->unknown_critical) : NULL);
}
