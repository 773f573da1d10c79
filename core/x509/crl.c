/* SPDX-License-Identifier: MIT
 *
 * Certificate revocation lists from DER (RFC 5280 5.1 to 5.3), and the index that finds a serial number in them.
 */
#include "core/x509/crl.h"

#include "core/base/memory.h"
#include "core/x509/name.h"

#include <string.h>

#define NAME "CRL"

/* Extensions of a list and of its entries: the last arc of 2.5.29. */
enum {
    ISSUER_ALT_NAME = 18,
    NUMBER = 20,
    REASON = 21,
    INVALIDITY = 24,
    DELTA = 27,
    POINT = 28,
    CERTIFICATE_ISSUER = 29,
    AUTHORITY_KEY_ID = 35,
    FRESHEST = 46
};

/* What decoding carries from one part to the next. */
struct decoding {
    struct tvt_crl *out;
    const char *field; /* rule C3: what of it is well-formed, and not used here; NULL: nothing */
    const char *words; /* NULL: a critical extension that nobody here understands: `unknown` */
    struct tvt_span oid, unknown;
    bool has_version, has_extensions;
};

/* Takes an extension's value; false: it is nobody's, and was passed over. */
typedef bool extension_reader(struct tvt_reader *r, struct decoding *d, unsigned id, bool critical);

static void
unsupported(struct decoding *d, const char *field, const char *words)
{
    if (d->field == NULL) {
        d->field = field;
        d->words = words;
        d->unknown = d->oid;
    }
}

/* ---- extensions ---- */

/* The last arc of an extension of RFC 5280; 0: another. */
static unsigned
known_extension(struct tvt_span oid)
{
    bool known = oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d && oid.data[2] < 64;
    return known ? oid.data[2] : 0;
}

/* Extensions ::= SEQUENCE SIZE (1..MAX): none twice; `read` takes the value of those that it knows. */
static void
read_extensions(struct tvt_reader *r, struct decoding *d, extension_reader *read, const char *field)
{
    struct tvt_span seen[TVT_EXTENSIONS_MAX];
    struct tvt_reader list, one, value;
    size_t num = 0;
    tvt_der_enter(r, &list, TVT_DER_SEQUENCE, field);
    do {
        const uint8_t *at = list.p;
        tvt_der_enter(&list, &one, TVT_DER_SEQUENCE, field);
        struct tvt_span oid = tvt_der_read_oid(&one, "extnID");
        bool critical = tvt_der_read_boolean_default_false(&one, "extension.critical");
        struct tvt_span octets = tvt_der_read(&one, TVT_DER_OCTET_STRING, "extnValue");
        tvt_der_leave(&list, &one, field);
        if (list.bad != NULL)
            break;
        if (num == TVT_EXTENSIONS_MAX)
            tvt_der_fault_at(&list, field, at, (enum tvt_der_fault)TVT_READ_LENGTH);
        else if (tvt_oid_is_among(oid, seen, num))
            tvt_der_fault_at(&list, field, at, TVT_DER_FAULT_REPEATED);
        else
            seen[num++] = oid;
        tvt_reader_sub(&value, &list, octets);
        d->oid = oid;
        if (!read(&value, d, known_extension(oid), critical))
            continue;
        if (!tvt_reader_done(&value, "extnValue"))
            tvt_reader_adopt(&list, &value);
    } while (list.bad == NULL && tvt_reader_left(&list) > 0);
    tvt_der_leave(r, &list, field);
}

/* BOOLEAN DEFAULT FALSE under a tag of its own. */
static bool
read_flag(struct tvt_reader *r, uint8_t tag, const char *field)
{
    struct tvt_span v;
    if (!tvt_der_read_optional(r, &v, tag, field))
        return false;
    if (v.len != 1 || v.data[0] != 0xff)
        tvt_der_fault_at(r, field, v.data, TVT_DER_FAULT_VALUE);
    return true;
}

/* RFC 5280 5.2.5. */
static void
read_point(struct tvt_reader *r, struct decoding *d)
{
    static const char field[] = "issuingDistributionPoint";
    struct tvt_reader in, name, full;
    struct tvt_span reasons;
    const uint8_t *at = r->p;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, field);
    bool empty = in.bad == NULL && tvt_reader_left(&in) == 0;
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(&in, &name, TVT_DER_CONTEXT_CONSTRUCTED(0), "distributionPoint");
        if (tvt_der_peek(&name) == TVT_DER_CONTEXT_CONSTRUCTED(1)) {
            (void)tvt_der_read(&name, TVT_DER_CONTEXT_CONSTRUCTED(1), "nameRelativeToCRLIssuer");
            unsupported(d, "nameRelativeToCRLIssuer", "a point that is named relative to the issuer is not compared");
        } else {
            tvt_der_enter(&name, &full, TVT_DER_CONTEXT_CONSTRUCTED(0), "fullName");
            d->out->point = tvt_span(full.p, tvt_reader_left(&full));
            tvt_point_names_read(&full, "fullName");
            tvt_der_leave(&name, &full, "fullName");
        }
        tvt_der_leave(&in, &name, "distributionPoint");
    }
    d->out->only_user = read_flag(&in, TVT_DER_CONTEXT(1), "onlyContainsUserCerts");
    d->out->only_ca = read_flag(&in, TVT_DER_CONTEXT(2), "onlyContainsCACerts");
    if (tvt_der_read_optional(&in, &reasons, TVT_DER_CONTEXT(3), "onlySomeReasons"))
        unsupported(d, "onlySomeReasons", "a list of some reasons alone clears nobody");
    if (read_flag(&in, TVT_DER_CONTEXT(4), "indirectCRL"))
        unsupported(d, "indirectCRL", "an indirect list speaks of other issuers' certificates");
    bool attribute = read_flag(&in, TVT_DER_CONTEXT(5), "onlyContainsAttributeCerts");
    if (attribute)
        unsupported(d, "onlyContainsAttributeCerts", "it is about attribute certificates");
    tvt_der_leave(r, &in, field);
    if (empty || d->out->only_user + d->out->only_ca + attribute > 1)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
}

/* A non-negative INTEGER of at most 20 octets (RFC 5280 5.2.3). */
static void
read_number(struct tvt_reader *r, const char *field)
{
    const uint8_t *at = r->p;
    if (tvt_der_read_unsigned(r, field).len > TVT_SERIAL_MAX)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
}

static void
refuse_critical(struct tvt_reader *r, bool critical, const char *field)
{
    if (critical)
        tvt_der_fault_at(r, field, r->p, TVT_DER_FAULT_VALUE);
}

/* Rules C2 and C3. */
static bool
read_list_extension(struct tvt_reader *r, struct decoding *d, unsigned id, bool critical)
{
    switch (id) {
    case AUTHORITY_KEY_ID: /* a hint that is not needed: the signature decides */
        refuse_critical(r, critical, "authorityKeyIdentifier");
        (void)tvt_der_read(r, TVT_DER_SEQUENCE, "authorityKeyIdentifier");
        break;
    case NUMBER:
        refuse_critical(r, critical, "cRLNumber");
        read_number(r, "cRLNumber");
        break;
    case FRESHEST:
        refuse_critical(r, critical, "freshestCRL");
        (void)tvt_der_read(r, TVT_DER_SEQUENCE, "freshestCRL");
        break;
    case ISSUER_ALT_NAME:
        (void)tvt_der_read(r, TVT_DER_SEQUENCE, "issuerAltName");
        break;
    case DELTA:
        read_number(r, "deltaCRLIndicator");
        unsupported(d, "deltaCRLIndicator", "a delta list is of use only with the list that it adds to");
        break;
    case POINT:
        read_point(r, d);
        break;
    default:
        if (critical)
            unsupported(d, "crlExtensions", NULL);
        return false;
    }
    return true;
}

/* RFC 5280 5.3. What the entry's own date and reason are, tvt_crl_find() reads again. */
static bool
read_entry_extension(struct tvt_reader *r, struct decoding *d, unsigned id, bool critical)
{
    const uint8_t *at = r->p;
    struct tvt_span v;
    int64_t unused;
    switch (id) {
    case REASON:
        refuse_critical(r, critical, "reasonCode");
        v = tvt_der_read(r, TVT_DER_ENUMERATED, "reasonCode");
        if (v.len != 1 || v.data[0] > TVT_CRL_REASON_MAX || v.data[0] == 7 || v.data[0] == TVT_CRL_REASON_REMOVE)
            tvt_der_fault_at(r, "reasonCode", at, TVT_DER_FAULT_VALUE);
        break;
    case INVALIDITY:
        refuse_critical(r, critical, "invalidityDate");
        v = tvt_der_read(r, TVT_DER_GENERALIZED_TIME, "invalidityDate");
        if (r->bad == NULL && !tvt_der_time(&unused, TVT_DER_GENERALIZED_TIME, v, true))
            tvt_der_fault_at(r, "invalidityDate", at, TVT_DER_FAULT_VALUE);
        break;
    case CERTIFICATE_ISSUER:
        (void)tvt_der_read(r, TVT_DER_SEQUENCE, "certificateIssuer");
        unsupported(d, "certificateIssuer", "an indirect list speaks of other issuers' certificates");
        break;
    default:
        if (critical)
            unsupported(d, "crlEntryExtensions", NULL);
        return false;
    }
    return true;
}

/* ---- the list ---- */

/* A time as RFC 5280 5.1.2.4 to 5.1.2.6 has it: UTCTime before 2050. */
static int64_t
read_time(struct tvt_reader *r, const char *field)
{
    const uint8_t *at = r->p;
    bool odd = false;
    int64_t t = tvt_der_read_time(r, &odd, field);
    if (odd)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
    return t;
}

static void
read_entry(struct tvt_reader *r, struct decoding *d)
{
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "revokedCertificates");
    const uint8_t *at = in.p;
    if (tvt_der_read_integer(&in, "userCertificate").len > TVT_SERIAL_MAX)
        tvt_der_fault_at(&in, "userCertificate", at, TVT_DER_FAULT_VALUE);
    (void)read_time(&in, "revocationDate");
    if (tvt_der_peek(&in) != 0) {
        d->has_extensions = true;
        read_extensions(&in, d, read_entry_extension, "crlEntryExtensions");
    }
    tvt_der_leave(r, &in, "revokedCertificates");
}

static void
read_entries(struct tvt_reader *r, struct decoding *d)
{
    struct tvt_reader list;
    tvt_der_enter(r, &list, TVT_DER_SEQUENCE, "revokedCertificates");
    do { /* RFC 5280 5.1.2.6: absent, or one at least */
        read_entry(&list, d);
        d->out->num++;
    } while (list.bad == NULL && tvt_reader_left(&list) > 0);
    tvt_der_leave(r, &list, "revokedCertificates");
}

/* Rules C1 and C2. *algorithm: the AlgorithmIdentifier as it stands. */
static void
read_tbs(struct tvt_reader *r, struct decoding *d, struct tvt_span *algorithm)
{
    struct tvt_reader in, sub;
    struct tvt_crl *out = d->out;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "tbsCertList");
    const uint8_t *at = in.p;
    if (tvt_der_peek(&in) == TVT_DER_INTEGER) {
        d->has_version = true;
        if (tvt_der_read_small(&in, 1, "version") != 1) /* RFC 5280 5.1.2.1 */
            tvt_der_fault_at(&in, "version", at, TVT_DER_FAULT_VALUE);
    }
    *algorithm = tvt_der_read_whole(&in, TVT_DER_SEQUENCE, "signature");
    out->issuer = tvt_name_read(&in, false, "issuer");
    out->this_update = read_time(&in, "thisUpdate");
    out->next_update = read_time(&in, "nextUpdate"); /* RFC 5280 5.1.2.5: never left out */
    at = in.p;
    if (tvt_der_peek(&in) == TVT_DER_SEQUENCE)
        read_entries(&in, d);
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        d->has_extensions = true;
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(0), "crlExtensions");
        read_extensions(&sub, d, read_list_extension, "crlExtensions");
        tvt_der_leave(&in, &sub, "crlExtensions");
    }
    if (d->has_extensions && !d->has_version) /* RFC 5280 5.1.2.1 */
        tvt_der_fault_at(&in, "version", at, TVT_DER_FAULT_VALUE);
    tvt_der_leave(r, &in, "tbsCertList");
}

static void
read_list(struct tvt_reader *r, struct decoding *d)
{
    struct tvt_reader in;
    struct tvt_span inner, outer;
    struct tvt_certificate *data = &d->out->data;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "CertificateList");
    const uint8_t *from = in.p;
    read_tbs(&in, d, &inner);
    const uint8_t *at = in.p;
    data->tbs = tvt_span(from, in.bad == NULL ? (size_t)(at - from) : 0);
    data->algorithm = tvt_signature_algorithm_read(&in, &data->signature_oid);
    outer = tvt_span(at, in.bad == NULL ? (size_t)(in.p - at) : 0);
    if (in.bad == NULL && !tvt_span_equal(inner, outer)) /* RFC 5280 5.1.1.2 */
        tvt_der_fault_at(&in, "signatureAlgorithm", at, TVT_DER_FAULT_VALUE);
    data->signature = tvt_der_read_bits(&in, NULL, "signatureValue");
    tvt_der_leave(r, &in, "CertificateList");
}

static enum tvt_result
decode(struct tvt_crl *crl, struct tvt_error *error)
{
    struct decoding d = {.out = crl};
    struct tvt_reader r;
    char oid[64];
    bool first = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result = TVT_OK;
    tvt_reader_init(&r, crl->der);
    read_list(&r, &d);
    if (!tvt_reader_done(&r, "CertificateList"))
        result = tvt_der_fail(error, TVT_E_CRL_MALFORMED, NAME, &r);
    else if (d.field != NULL && d.words != NULL)
        result = tvt_fail_detail(error, TVT_E_CRL_UNSUPPORTED, NAME, d.field, "%s", d.words);
    else if (d.field != NULL)
        result = tvt_fail_detail(error, TVT_E_CRL_UNSUPPORTED, NAME, d.field, "critical extension %s",
                                 tvt_oid_text(oid, sizeof oid, d.unknown));
    if (result != TVT_OK && first)
        error->origin = TVT_ORIGIN_CALLER;
    return result;
}

/* ---- the index ---- */

/* Contents of the entry at an offset: decoded once, so that its lengths are in bounds. */
static struct tvt_span
serial_at(const struct tvt_crl *crl, uint32_t offset)
{
    const uint8_t *p = crl->der.data + offset + 1;
    p += *p < 0x80 ? 1 : 1 + (*p & 0x7f);
    return tvt_span(p + 2, p[1]); /* INTEGER of at most 20 octets */
}

/* Less, equal, greater, in some order; shorter first. */
static int
compare(struct tvt_span a, struct tvt_span b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len > 0 ? memcmp(a.data, b.data, a.len) : 0;
}

static void
sift(const struct tvt_crl *crl, size_t root, size_t num)
{
    uint32_t *e = crl->entries, moved = e[root];
    struct tvt_span serial = serial_at(crl, moved);
    for (size_t child; (child = 2 * root + 1) < num; root = child) {
        if (child + 1 < num && compare(serial_at(crl, e[child]), serial_at(crl, e[child + 1])) < 0)
            child++;
        if (compare(serial, serial_at(crl, e[child])) >= 0)
            break;
        e[root] = e[child];
    }
    e[root] = moved;
}

/* Heapsort: bounded whatever the order is that the list comes in, and without memory of its own. */
static void
sort(const struct tvt_crl *crl)
{
    uint32_t *e = crl->entries;
    for (size_t i = crl->num / 2; i-- > 0;)
        sift(crl, i, crl->num);
    for (size_t end = crl->num; end-- > 1;) {
        uint32_t largest = e[0];
        e[0] = e[end];
        e[end] = largest;
        sift(crl, 0, end);
    }
}

/* The contents of revokedCertificates. */
static struct tvt_span
entries_of(const struct tvt_crl *crl)
{
    struct tvt_reader r, list, tbs;
    struct tvt_span out = {NULL, 0};
    uint8_t tag;
    bool odd;
    tvt_reader_init(&r, crl->der);
    tvt_der_enter(&r, &list, TVT_DER_SEQUENCE, NAME);
    tvt_der_enter(&list, &tbs, TVT_DER_SEQUENCE, NAME);
    struct tvt_span version;
    (void)tvt_der_read_optional(&tbs, &version, TVT_DER_INTEGER, NAME);
    (void)tvt_der_read_any(&tbs, &tag, NAME); /* signature */
    (void)tvt_der_read_any(&tbs, &tag, NAME); /* issuer    */
    (void)tvt_der_read_time(&tbs, &odd, NAME);
    (void)tvt_der_read_time(&tbs, &odd, NAME);
    (void)tvt_der_read_optional(&tbs, &out, TVT_DER_SEQUENCE, NAME);
    return out;
}

/* Rule C9. */
static void
make_index(struct tvt_crl *crl)
{
    struct tvt_reader r;
    bool in_order = true;
    tvt_reader_init(&r, entries_of(crl));
    for (size_t i = 0; i < crl->num; i++) {
        crl->entries[i] = (uint32_t)(r.p - crl->der.data);
        (void)tvt_der_read(&r, TVT_DER_SEQUENCE, NAME);
        in_order =
            in_order && (i == 0 || compare(serial_at(crl, crl->entries[i - 1]), serial_at(crl, crl->entries[i])) <= 0);
    }
    if (!in_order)
        sort(crl);
}

static void
read_found(const struct tvt_crl *crl, uint32_t offset, struct tvt_crl_entry *out)
{
    struct tvt_reader r, in, list, one;
    bool odd;
    tvt_reader_init(&r, tvt_span(crl->der.data + offset, crl->der.len - offset));
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, NAME);
    (void)tvt_der_read_integer(&in, NAME);
    out->date = tvt_der_read_time(&in, &odd, NAME);
    out->reason = 0;
    if (tvt_der_peek(&in) == 0)
        return;
    tvt_der_enter(&in, &list, TVT_DER_SEQUENCE, NAME);
    while (tvt_reader_left(&list) > 0) {
        tvt_der_enter(&list, &one, TVT_DER_SEQUENCE, NAME);
        unsigned id = known_extension(tvt_der_read_oid(&one, NAME));
        (void)tvt_der_read_boolean_default_false(&one, NAME);
        struct tvt_span value = tvt_der_read(&one, TVT_DER_OCTET_STRING, NAME);
        if (id == REASON && value.len == 3)
            out->reason = value.data[2];
    }
}

static bool
has_serial(const struct tvt_crl *crl, size_t place, struct tvt_span serial)
{
    return place < crl->num && compare(serial, serial_at(crl, crl->entries[place])) == 0;
}

bool
tvt_crl_find(const struct tvt_crl *crl, struct tvt_span serial, struct tvt_crl_entry *out)
{
    size_t low = 0, high = crl->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(serial, serial_at(crl, crl->entries[middle]));
        if (order == 0) {
            if (out != NULL)
                read_found(crl, crl->entries[middle], out);
            /* one that is named twice: a hold does not hide the other reason */
            if (out != NULL && out->reason == TVT_CRL_REASON_HOLD &&
                (has_serial(crl, middle + 1, serial) || (middle > 0 && has_serial(crl, middle - 1, serial))))
                out->reason = 0;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

const char *
tvt_crl_reason_text(uint8_t reason)
{
    static const char *const words[TVT_CRL_REASON_MAX + 1] = {
        "no reason given", "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",      "cessationOfOperation", "certificateHold", "?",
        "removeFromCRL",   "privilegeWithdrawn",   "aACompromise",
    };
    return reason <= TVT_CRL_REASON_MAX ? words[reason] : "?";
}

/* ---- the object ---- */

enum tvt_result
tvt_crl_new(struct tvt_crl **out, struct tvt_span der, const struct tvt_allocator *allocator, struct tvt_error *error)
{
    *out = NULL;
    if (der.len > TVT_CRL_MAX)
        return tvt_fail_values(error, TVT_E_FILE_TOO_LONG, NAME, "length", TVT_CRL_MAX, der.len);
    struct tvt_crl *crl = tvt_alloc(allocator, sizeof *crl + der.len);
    if (crl == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NAME, NULL);
    if (allocator != NULL)
        crl->allocator = *allocator;
    atomic_init(&crl->refs, 1);
    atomic_init(&crl->signer.state, 0);
    crl->size = sizeof *crl + der.len;
    tvt_copy(crl->bytes, der.data, der.len);
    crl->der = tvt_span(crl->bytes, der.len);
    enum tvt_result result = decode(crl, error);
    if (result == TVT_OK && crl->num > 0) {
        crl->entries = tvt_alloc_raw(allocator, crl->num * sizeof *crl->entries);
        if (crl->entries == NULL)
            result = tvt_fail(error, TVT_E_NO_MEMORY, NAME, "revokedCertificates");
        else
            make_index(crl);
    }
    if (result != TVT_OK) {
        tvt_crl_unref(crl);
        return result;
    }
    crl->issuer_hash = tvt_name_hash(crl->issuer);
    *out = crl;
    return TVT_OK;
}

struct tvt_crl *
tvt_crl_ref(struct tvt_crl *crl)
{
    if (crl != NULL)
        (void)atomic_fetch_add_explicit(&crl->refs, 1, memory_order_relaxed);
    return crl;
}

void
tvt_crl_unref(struct tvt_crl *crl)
{
    if (crl == NULL || atomic_fetch_sub_explicit(&crl->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct tvt_allocator allocator = crl->allocator;
    const struct tvt_allocator *a = allocator.alloc != NULL ? &allocator : NULL;
    if (crl->entries != NULL)
        tvt_release(a, crl->entries, crl->num * sizeof *crl->entries);
    tvt_release(a, crl, crl->size);
}
