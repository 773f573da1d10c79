/* SPDX-License-Identifier: MIT
 *
 * Names and times for people to read, in bounded buffers.
 */
#include "core/base/registry.h"
#include "core/x509/name.h"

#include <stdio.h>
#include <string.h>

/* Text that grows in a buffer; what does not fit ends in "...". */
struct text {
    char *out;
    size_t cap, at;
    bool cut;
};

static void
text_init(struct text *t, char *out, size_t cap)
{
    t->out = out;
    t->cap = cap;
    t->at = 0;
    t->cut = cap == 0;
    if (cap > 0)
        out[0] = '\0';
}

static void
text_add(struct text *t, const char *piece)
{
    size_t len = strlen(piece);
    if (t->cut)
        return;
    if (len >= t->cap - t->at) {
        t->cut = true;
        if (t->cap < 4)
            return;
        if (t->at > t->cap - 4)
            t->at = t->cap - 4;
        memcpy(t->out + t->at, "...", 4);
        return;
    }
    memcpy(t->out + t->at, piece, len + 1);
    t->at += len;
}

/* The next one of a list. */
static void
text_add_item(struct text *t, const char *item)
{
    if (t->at > 0)
        text_add(t, ", ");
    text_add(t, item);
}

/* Printable ASCII as it is, the separators of a name behind a backslash, the rest as \xNN. */
static void
text_add_bytes(struct text *t, struct tvt_span bytes)
{
    for (size_t i = 0; i < bytes.len && !t->cut; i++) {
        uint8_t c = bytes.data[i];
        char piece[5];
        if (c < 0x20 || c > 0x7e)
            (void)snprintf(piece, sizeof(piece), "\\x%02x", c);
        else if (c == ',' || c == '+' || c == '\\' || c == '"')
            (void)snprintf(piece, sizeof(piece), "\\%c", c);
        else
            (void)snprintf(piece, sizeof(piece), "%c", c);
        text_add(t, piece);
    }
}

static const char *
attribute_label(struct tvt_span oid)
{
    static const char *const x520[] = {
        [3] = "CN",     [4] = "SN", [5] = "serialNumber", [6] = "C",      [7] = "L",  [8] = "ST",
        [9] = "STREET", [10] = "O", [11] = "OU",          [12] = "title", [42] = "GN"};
    if (oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x04 && oid.data[2] < sizeof(x520) / sizeof(x520[0]))
        return x520[oid.data[2]];
    if (tvt_span_equal(oid, tvt_span("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10)))
        return "DC";
    if (tvt_span_equal(oid, tvt_span("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10)))
        return "UID";
    if (tvt_span_equal(oid, tvt_span("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9)))
        return "emailAddress";
    return NULL;
}

/* One RelativeDistinguishedName's contents. */
static void
add_rdn(struct text *t, struct tvt_span rdn)
{
    struct tvt_reader set, attribute;
    bool first = true;
    tvt_reader_init(&set, rdn);
    while (tvt_reader_left(&set) > 0 && !t->cut) {
        char dotted[128];
        uint8_t tag;
        tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, "name");
        struct tvt_span oid = tvt_der_read_oid(&attribute, "name");
        struct tvt_span value = tvt_der_read_any(&attribute, &tag, "name");
        tvt_der_leave(&set, &attribute, "name");
        if (set.bad != NULL)
            return;
        const char *label = attribute_label(oid);
        if (!first)
            text_add(t, "+");
        first = false;
        text_add(t, label != NULL ? label : tvt_oid_text(dotted, sizeof(dotted), oid));
        text_add(t, "=");
        text_add_bytes(t, value);
    }
}

/* The relative names of a Name, those that come last: number i (of as many as it has) is at i % TVT_RDN_MAX. */
static size_t
collect_rdns(struct tvt_span rdn[TVT_RDN_MAX], struct tvt_span name)
{
    struct tvt_reader r, names;
    size_t num = 0;
    tvt_reader_init(&r, name);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "name");
    while (tvt_reader_left(&names) > 0) {
        struct tvt_span one = tvt_der_read(&names, TVT_DER_SET, "name");
        if (names.bad != NULL)
            break;
        rdn[num++ % TVT_RDN_MAX] = one;
    }
    return num;
}

/* Of `num` relative names, the first that is still there. */
static size_t
first_kept(size_t num)
{
    return num > TVT_RDN_MAX ? num - TVT_RDN_MAX : 0;
}

static void
add_name(struct text *t, struct tvt_span name)
{
    struct tvt_span rdn[TVT_RDN_MAX];
    size_t num = collect_rdns(rdn, name);
    if (num == 0)
        text_add(t, "(empty name)");
    for (size_t i = num; i > first_kept(num); i--) {
        add_rdn(t, rdn[(i - 1) % TVT_RDN_MAX]);
        if (i > 1)
            text_add(t, ", ");
    }
    if (first_kept(num) > 0)
        text_add(t, "...");
}

const char *
tvt_name_text(char *out, size_t cap, struct tvt_span name)
{
    struct text t;
    text_init(&t, out, cap);
    add_name(&t, name);
    return out;
}

const char *
tvt_name_short_text(char *out, size_t cap, struct tvt_span name)
{
    struct tvt_span rdn[TVT_RDN_MAX];
    size_t num = collect_rdns(rdn, name);
    struct text t;
    text_init(&t, out, cap);
    for (size_t i = num; i > first_kept(num); i--) {
        struct tvt_reader set, attribute;
        uint8_t tag;
        tvt_reader_init(&set, rdn[(i - 1) % TVT_RDN_MAX]);
        tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, "name");
        struct tvt_span oid = tvt_der_read_oid(&attribute, "name");
        struct tvt_span value = tvt_der_read_any(&attribute, &tag, "name");
        if (attribute.bad == NULL && tvt_span_equal(oid, tvt_span("\x55\x04\x03", 3))) {
            text_add_bytes(&t, value);
            return out;
        }
    }
    add_name(&t, name);
    return out;
}

/* The longest run of two or more zero groups, the first of equals: where it begins, and how long it is. */
static size_t
longest_zeros(size_t *len, struct tvt_span ip)
{
    size_t best = 8, run = 0;
    *len = 1;
    for (size_t i = 0; i < 8; i++) {
        run = tvt_load_u16(ip.data + 2 * i) == 0 ? run + 1 : 0;
        if (run > *len) {
            *len = run;
            best = i + 1 - run;
        }
    }
    return best;
}

/* RFC 5952 4; other lengths than an address has as hexadecimal. */
static void
add_ip(struct text *t, struct tvt_span ip)
{
    char piece[8];
    size_t zeros = 8, num_zeros = 1;
    bool v6 = ip.len == 16;
    if (v6)
        zeros = longest_zeros(&num_zeros, ip);
    for (size_t i = 0; i < (v6 ? 8 : ip.len); i++) {
        bool open = i > 0 && i != zeros + num_zeros;
        if (v6 && i == zeros) {
            text_add(t, "::");
            i += num_zeros - 1;
            continue;
        }
        if (v6)
            (void)snprintf(piece, sizeof(piece), "%s%x", open ? ":" : "", tvt_load_u16(ip.data + 2 * i));
        else if (ip.len == 4)
            (void)snprintf(piece, sizeof(piece), "%s%u", i > 0 ? "." : "", ip.data[i]);
        else
            (void)snprintf(piece, sizeof(piece), "%02x", ip.data[i]);
        text_add(t, piece);
    }
}

static void
add_general_name(struct text *t, uint8_t tag, struct tvt_span value)
{
    struct tvt_reader r;
    struct tvt_host host;
    char digits[128];
    switch (tag) {
    case TVT_GN_DNS:
        if (!tvt_dns_valid(value, true) || (tvt_host_parse_span(&host, value) && host.is_ip))
            text_add(t, "dNSName:"); /* so that it is not taken for an address, or a name of another kind */
        text_add_bytes(t, value);
        break;
    case TVT_GN_IP:
        add_ip(t, value);
        break;
    case TVT_GN_EMAIL:
        text_add(t, "email:");
        text_add_bytes(t, value);
        break;
    case TVT_GN_URI:
        text_add(t, "URI:");
        text_add_bytes(t, value);
        break;
    case TVT_GN_DIRECTORY:
        text_add(t, "directory:");
        add_name(t, value);
        break;
    case TVT_GN_REGISTERED_ID:
        text_add(t, "registeredID:");
        text_add(t, tvt_oid_text(digits, sizeof(digits), value));
        break;
    case TVT_GN_OTHER:
        tvt_reader_init(&r, value);
        text_add(t, "otherName:");
        text_add(t, tvt_oid_text(digits, sizeof(digits), tvt_der_read_oid(&r, "otherName")));
        break;
    default: /* x400Address, ediPartyName */
        text_add(t, tag == TVT_GN_X400 ? "(an X.400 address)" : "(a name of EDI)");
        break;
    }
}

const char *
tvt_general_name_text(char *out, size_t cap, uint8_t tag, struct tvt_span value)
{
    struct text t;
    text_init(&t, out, cap);
    add_general_name(&t, tag, value);
    return out;
}

const char *
tvt_certificate_names_text(char *out, size_t cap, const struct tvt_certificate *certificate)
{
    struct tvt_reader r, names;
    struct tvt_span value;
    struct text t;
    uint8_t tag;
    bool first = true;
    text_init(&t, out, cap);
    tvt_reader_init(&r, tvt_certificate_extension(certificate, TVT_CEXT_SUBJECT_ALT_NAME));
    if (tvt_reader_left(&r) == 0) {
        text_add(&t, "no names (it has no subjectAltName)");
        return out;
    }
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subjectAltName");
    while (tvt_general_name_next(&names, &tag, &value) && !t.cut) {
        if (!first)
            text_add(&t, ", ");
        first = false;
        add_general_name(&t, tag, value);
    }
    return out;
}

const char *
tvt_key_usage_text(char *out, size_t cap, uint16_t usage)
{
    static const char *const names[9] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                         "dataEncipherment", "keyAgreement",   "keyCertSign",
                                         "cRLSign",          "encipherOnly",   "decipherOnly"};
    struct text t;
    text_init(&t, out, cap);
    for (unsigned i = 0; i < 9; i++) {
        if ((usage & 1u << i) == 0)
            continue;
        text_add_item(&t, names[i]);
    }
    return out;
}

/* "serverAuth" for id-kp 1 and so on (RFC 5280 4.2.1.12), the OID for one that has no name here. */
static void
add_purpose(struct text *t, struct tvt_span oid)
{
    static const char *const names[10] = {[1] = "serverAuth",      [2] = "clientAuth",   [3] = "codeSigning",
                                          [4] = "emailProtection", [8] = "timeStamping", [9] = "OCSPSigning"};
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00}, kp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};
    const char *name = NULL;
    char digits[128];
    if (tvt_span_equal(oid, tvt_span(any, sizeof(any))))
        name = "any";
    else if (oid.len == sizeof(kp) + 1 && memcmp(oid.data, kp, sizeof(kp)) == 0 && oid.data[sizeof(kp)] < 10)
        name = names[oid.data[sizeof(kp)]];
    text_add_item(t, name != NULL ? name : tvt_oid_text(digits, sizeof(digits), oid));
}

const char *
tvt_purposes_text(char *out, size_t cap, const struct tvt_certificate *c)
{
    struct tvt_reader r, list;
    struct text t;
    text_init(&t, out, cap);
    if (!tvt_certificate_has(c, TVT_CEXT_EXTENDED_KEY_USAGE))
        return out;
    tvt_reader_init(&r, tvt_certificate_extension(c, TVT_CEXT_EXTENDED_KEY_USAGE));
    tvt_der_enter(&r, &list, TVT_DER_SEQUENCE, "extendedKeyUsage");
    while (tvt_reader_left(&list) > 0 && !t.cut)
        add_purpose(&t, tvt_der_read_oid(&list, "extendedKeyUsage"));
    return out;
}

const char *
tvt_serial_text(char *out, size_t cap, struct tvt_span serial)
{
    bool negative = serial.len > 0 && serial.data[0] >= 0x80, carry = true;
    uint8_t magnitude[TVT_SERIAL_MAX];
    size_t from = 0, at = 0;
    out[0] = '\0';
    if (serial.len > sizeof(magnitude) || cap < 2 * sizeof(magnitude) + 2)
        return out;
    for (size_t i = serial.len; i-- > 0;) { /* of a negative one, its bits turned, and 1 more */
        magnitude[i] = negative ? (uint8_t)(~serial.data[i] + carry) : serial.data[i];
        carry = carry && serial.data[i] == 0;
    }
    if (negative)
        out[at++] = '-';
    while (from + 1 < serial.len && magnitude[from] == 0)
        from++;
    for (size_t i = from; i < serial.len; i++, at += 2)
        (void)snprintf(out + at, 3, "%02x", magnitude[i]);
    return out;
}

/* The key is of a type that is not known here, or its form is not (RFC 5480 2.1.1, 2.2; RFC 4055 3.1). */
static const char *
unknown_key_text(char *out, size_t cap, const struct tvt_public_key *key)
{
    static const uint8_t ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    struct tvt_reader r, info, algorithm;
    char digits[128];
    tvt_reader_init(&r, key->spki);
    tvt_der_enter(&r, &info, TVT_DER_SEQUENCE, "subjectPublicKeyInfo");
    tvt_der_enter(&info, &algorithm, TVT_DER_SEQUENCE, "algorithm");
    struct tvt_span oid = tvt_der_read_oid(&algorithm, "algorithm");
    bool of_curve = tvt_span_equal(oid, tvt_span(ec, sizeof(ec)));
    if (of_curve && tvt_der_peek(&algorithm) != TVT_DER_OID) {
        (void)snprintf(out, cap, "EC without a named curve");
        return out;
    }
    struct tvt_span curve = of_curve ? tvt_der_read_oid(&algorithm, "namedCurve") : oid;
    uint8_t known = of_curve ? tvt_curve_by_oid(curve) : tvt_key_algorithm_by_oid(oid);
    if (known == TVT_KEY_NONE)
        (void)snprintf(out, cap, "%s %s", of_curve ? "EC on the curve" : "of the algorithm",
                       tvt_oid_text(digits, sizeof(digits), curve));
    else if (of_curve)
        (void)snprintf(out, cap, "%s with a compressed point", tvt_key_type_name(known));
    else
        (void)snprintf(out, cap, "%s with unusual parameters", tvt_key_type_name(known));
    return out;
}

const char *
tvt_key_text(char *out, size_t cap, const struct tvt_public_key *key)
{
    if (key->type == TVT_KEY_NONE)
        return unknown_key_text(out, cap, key);
    if (key->type == TVT_KEY_RSA || key->type == TVT_KEY_RSA_PSS)
        (void)snprintf(out, cap, "%s %u bits", tvt_key_type_name(key->type), key->bits);
    else
        (void)snprintf(out, cap, "%s", tvt_key_type_name(key->type));
    return out;
}

const char *
tvt_signature_algorithm_text(char *out, size_t cap, const struct tvt_certificate *c)
{
    static const struct {
        const char *oid;
        const char *name;
    } known[] = {
        {"1.2.840.113549.1.1.4", "MD5 with RSA"},      {"1.2.840.113549.1.1.5", "SHA-1 with RSA"},
        {"1.2.840.113549.1.1.14", "SHA-224 with RSA"}, {"1.2.840.10045.4.1", "ECDSA with SHA-1"},
        {"1.2.840.10040.4.3", "DSA with SHA-1"},       {"1.2.840.113549.1.1.10", "RSASSA-PSS with unusual parameters"},
    };
    const char *hash = c->algorithm.hash == TVT_HASH_SHA256   ? "SHA-256"
                       : c->algorithm.hash == TVT_HASH_SHA384 ? "SHA-384"
                                                              : "SHA-512";
    switch (c->algorithm.family) {
    case TVT_SIG_RSA_PKCS1:
        (void)snprintf(out, cap, "%s with RSA", hash);
        return out;
    case TVT_SIG_RSA_PSS:
        (void)snprintf(out, cap, "RSASSA-PSS with %s", hash);
        return out;
    case TVT_SIG_ECDSA:
        (void)snprintf(out, cap, "ECDSA with %s", hash);
        return out;
    case TVT_SIG_EDDSA:
    case TVT_SIG_MLDSA:
        return tvt_key_type_name(c->algorithm.key_type);
    default:
        break;
    }
    (void)tvt_oid_text(out, cap, c->signature_oid);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(out, known[i].oid) == 0)
            return known[i].name;
    return out;
}

const char *
tvt_time_text(char *out, size_t cap, int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    /* Counted from 0000-03-01, so that the leap day ends a year: 146097 days are 400 years. */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    (void)snprintf(out, cap, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)year, (int)month, (int)day,
                   (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    return out;
}
