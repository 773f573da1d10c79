/* SPDX-License-Identifier: MIT
 *
 * What the certificates of a question are to say, drawn from a seed: a chain that would be good, then faults, cross-signs,
 * expired and strange alternates of its authorities, and name constraints.
 */
#include "tests/x509-oracle/oracle.h"

#include <string.h>
#include <openssl/x509v3.h>

#define NUM_KEYS 10u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The first ones are roots' and intermediates', the rest leaves'. */
static const char *const subjects[] = {
    "C=DE/O=Acme/CN=Root 1",
    "C=DE/O=Acme/CN=Root 2",
    "C=DE/O=Acme/CN=Issuer 1",
    "C=DE/O=Acme/CN=Issuer 2",
    "C=FR/O=Other/CN=Issuer 3",
    "C=DE/O=Acme/CN=leaf",
    "C=FR/O=Other/CN=leaf",
    "CN=www.example.com",
    "C=DE/O=Acme/CN=leaf/emailAddress=user@example.com",
    "C=DE/O=Acme/CN=leaf/emailAddress=user@other.test",
    "",
};
#define SUBJECT_ISSUER 2u
#define SUBJECT_LEAF   5u

static const struct oracle_name dns_names[] = {
    {GEN_DNS, "www.example.com"},
    {GEN_DNS, "www.example.com"},
    {GEN_DNS, "example.com"},
    {GEN_DNS, "*.example.com"},
    {GEN_DNS, "WWW.Example.COM"},
    {GEN_DNS, "a.example.org"},
    {GEN_DNS, "badexample.com"},
    {GEN_DNS, "*.www.example.com"},
    {GEN_DNS, "xn--bcher-kva.example.com"},
    {GEN_DNS, "w_1.example.com"},
    {GEN_DNS, "*.com"},
    {GEN_DNS, "w*.example.com"},
};
static const struct oracle_name other_names[] = {
    {GEN_IPADD, "0a010203"},
    {GEN_IPADD, "c0000201"},
    {GEN_IPADD, "20010db8000000000000000000000001"},
    {GEN_IPADD, "20010db9000000000000000000000001"},
    {GEN_EMAIL, "user@example.com"},
    {GEN_EMAIL, "User@example.com"},
    {GEN_EMAIL, "user@mail.EXAMPLE.com"},
    {GEN_EMAIL, "user@other.test"},
    {GEN_EMAIL, "nobody"},
    {GEN_EMAIL, "\"a@b\"@example.com"},
    {GEN_URI, "https://www.example.com/x"},
    {GEN_URI, "HTTPS://WWW.EXAMPLE.COM:443/"},
    {GEN_URI, "https://example.com"},
    {GEN_URI, "https://user@www.example.com/"},
    {GEN_URI, "https://other.test@www.example.com:8443?x"},
    {GEN_URI, "https://www.example.com@other.test/"},
    {GEN_URI, "https://10.1.2.3/"},
    {GEN_URI, "urn:example:1"},
    {GEN_DIRNAME, "C=DE/O=Acme/CN=alias"},
    {GEN_DIRNAME, "O=Other"},
    {GEN_RID, "1.2.3.4"},
};
static const struct oracle_name bases[] = {
    {GEN_DNS, "example.com"},
    {GEN_DNS, "EXAMPLE.com"},
    {GEN_DNS, "example.com"},
    {GEN_DNS, "www.example.com"},
    {GEN_DNS, "com"},
    {GEN_DNS, ""},
    {GEN_DNS, "example.org"},
    {GEN_DNS, ".example.com"},
    {GEN_DNS, "a.www.example.com"},
    {GEN_DNS, "*.example.com"},
    {GEN_IPADD, "0a000000ff000000"},
    {GEN_IPADD, "0a010203ffffffff"},
    {GEN_IPADD, "0000000000000000"},
    {GEN_IPADD, "0a000003ff0000ff"},
    {GEN_IPADD, "20010db8000000000000000000000000ffffffff000000000000000000000000"},
    {GEN_EMAIL, "example.com"},
    {GEN_EMAIL, ".example.com"},
    {GEN_EMAIL, "user@example.com"},
    {GEN_EMAIL, "user@EXAMPLE.com"},
    {GEN_URI, "www.example.com"},
    {GEN_URI, ".example.com"},
    {GEN_URI, "example.com"},
    {GEN_DIRNAME, "C=DE"},
    {GEN_DIRNAME, "C=DE/O=Acme"},
    {GEN_DIRNAME, "C=DE/O=ACME"},
    {GEN_DIRNAME, "C=DE/O=Acme"},
    {GEN_DIRNAME, "C=FR"},
    {GEN_DIRNAME, "O=Other"},
    {GEN_RID, "1.2.3"},
};
static const char *const hosts[] = {"www.example.com", "WWW.EXAMPLE.COM",   "example.com", "a.example.org",
                                    "10.1.2.3",        "x.www.example.com", "2001:db8::1"};

struct draw {
    uint64_t state;
    struct oracle_world *world;
};

/* splitmix64 */
static uint64_t
next(struct draw *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned
below(struct draw *d, size_t limit)
{
    return (unsigned)(next(d) % limit);
}

static bool
chance(struct draw *d, unsigned percent)
{
    return below(d, 100) < percent;
}

static struct oracle_spec *
add(struct draw *d)
{
    struct oracle_spec *s = &d->world->spec[d->world->num++];
    memset(s, 0, sizeof(*s));
    s->path_len = s->key_usage = -1;
    s->subject_id = s->authority_id = ORACLE_ID_RIGHT;
    s->sent = true;
    return s;
}

static void
draw_constraints(struct draw *d, struct oracle_spec *s)
{
    unsigned kind = below(d, 3);
    if (kind != 0)
        s->num_permitted = 1 + below(d, ORACLE_SUBTREES_MAX);
    if (kind != 1)
        s->num_excluded = 1 + below(d, ORACLE_SUBTREES_MAX);
    for (size_t i = 0; i < s->num_permitted; i++)
        s->permitted[i] = bases[below(d, COUNT(bases))];
    for (size_t i = 0; i < s->num_excluded; i++)
        s->excluded[i] = bases[below(d, COUNT(bases))];
}

static unsigned
draw_eku(struct draw *d)
{
    static const unsigned sets[] = {ORACLE_EKU_SERVER, ORACLE_EKU_SERVER | ORACLE_EKU_CLIENT,
                                    ORACLE_EKU_CLIENT, ORACLE_EKU_ANY,
                                    ORACLE_EKU_CODE,   ORACLE_EKU_SERVER};
    return chance(d, 60) ? ORACLE_EKU_SERVER | ORACLE_EKU_CLIENT : sets[below(d, COUNT(sets))];
}

/* What may be wrong, or only unusual, with any certificate. */
static void
spoil(struct draw *d, struct oracle_spec *s)
{
    switch (below(d, 12)) {
    case 0:
        s->validity = ORACLE_EXPIRED;
        break;
    case 1:
        s->validity = ORACLE_FUTURE;
        break;
    case 2:
        s->basic = s->basic == ORACLE_BC_CA ? ORACLE_BC_NOT_CA : ORACLE_BC_CA;
        break;
    case 3:
        s->basic = ORACLE_BC_NONE;
        break;
    case 4:
        s->path_len = (int)below(d, 2);
        break;
    case 5:
        s->key_usage = chance(d, 50) ? KU_CRL_SIGN : KU_KEY_ENCIPHERMENT;
        break;
    case 6:
        s->eku = ORACLE_EKU_CODE;
        break;
    case 7:
        s->unknown_critical = true;
        break;
    case 8:
        s->sha1 = true;
        break;
    case 9:
        s->signer = (uint8_t)((s->signer + 1 + below(d, NUM_KEYS - 1)) % NUM_KEYS);
        break;
    case 10:
        s->authority_id = ORACLE_ID_WRONG;
        break;
    default:
        s->version1 = true;
        s->num_names = s->num_permitted = s->num_excluded = 0;
        break;
    }
}

static void
draw_common(struct draw *d, struct oracle_spec *s)
{
    if (chance(d, 10))
        s->subject_id = ORACLE_ID_NONE;
    if (chance(d, 10))
        s->authority_id = ORACLE_ID_NONE;
    if (chance(d, 10))
        s->issuer_form = (uint8_t)(1 + below(d, 3));
    if (chance(d, 4))
        s->subject_form = (uint8_t)(1 + below(d, 3));
}

static void
draw_authority(struct draw *d, struct oracle_spec *s, uint8_t subject, uint8_t key, const struct oracle_spec *issuer)
{
    s->subject = subject;
    s->key = key;
    s->issuer = issuer != NULL ? issuer->subject : subject;
    s->signer = s->signer_key = issuer != NULL ? issuer->key : key;
    s->basic = ORACLE_BC_CA;
    if (chance(d, 25))
        s->path_len = (int)below(d, 4);
    if (chance(d, 70))
        s->key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    if (chance(d, 25))
        s->eku = draw_eku(d);
    if (chance(d, 30))
        draw_constraints(d, s);
    draw_common(d, s);
    if (chance(d, 5))
        spoil(d, s);
}

static void
draw_leaf(struct draw *d, struct oracle_spec *s)
{
    static const int usages[] = {KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE,
                                 KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
                                 KU_KEY_ENCIPHERMENT,  KU_KEY_AGREEMENT};
    s->subject = (uint8_t)(SUBJECT_LEAF + (chance(d, 60) ? 0 : below(d, COUNT(subjects) - SUBJECT_LEAF)));
    s->key = 0;
    s->basic = chance(d, 50) ? ORACLE_BC_NONE : ORACLE_BC_NOT_CA;
    s->key_usage = chance(d, 30) ? -1 : usages[below(d, COUNT(usages))];
    s->eku = chance(d, 70) ? draw_eku(d) : 0;
    s->num_names = below(d, ORACLE_NAMES_MAX + 1);
    for (size_t i = 0; i < s->num_names; i++)
        s->name[i] = chance(d, 55) ? dns_names[below(d, COUNT(dns_names))] : other_names[below(d, COUNT(other_names))];
    draw_common(d, s);
}

/* A self-issued certificate is not bound by the constraints above it, what it issues is (RFC 5280 6.1.3 b). */
static void
forbid_own_name(struct draw *d, struct oracle_spec *issuer)
{
    if (issuer->version1 || !chance(d, 40))
        return;
    issuer->num_excluded = 1;
    issuer->excluded[0] = (struct oracle_name){GEN_DIRNAME, subjects[issuer->subject]};
}

/* Another certificate for an authority that is there: by another issuer, expired, with another key, with other
 * constraints, or by what stands below it. */
static void
draw_alternate(struct draw *d)
{
    struct oracle_world *w = d->world;
    const struct oracle_spec *like = &w->spec[1 + below(d, w->num - 1)];
    const struct oracle_spec *issuer = &w->spec[1 + below(d, w->num - 1)];
    struct oracle_spec *s = add(d);
    draw_authority(d, s, like->subject, like->key, issuer);
    switch (below(d, 6)) {
    case 0:
        s->validity = ORACLE_EXPIRED;
        break;
    case 1:
        s->key = (uint8_t)(1 + below(d, NUM_KEYS - 1));
        break;
    case 2:
        draw_constraints(d, s);
        break;
    case 3: /* a root of its own */
        s->issuer = s->subject;
        s->signer = s->signer_key = s->key;
        s->trusted = chance(d, 60);
        break;
    default:
        break;
    }
    s->trusted = s->trusted || chance(d, 10);
    s->sent = !s->trusted || chance(d, 20);
}

/* The order in which they are sent is part of the question; the leaf stays in front. */
static void
shuffle(struct draw *d)
{
    struct oracle_world *w = d->world;
    for (size_t i = w->num - 1; i > 1; i--) {
        size_t k = 1 + below(d, i);
        struct oracle_spec other = w->spec[i];
        w->spec[i] = w->spec[k];
        w->spec[k] = other;
    }
}

void
oracle_world_draw(struct oracle_world *out, uint64_t seed)
{
    struct draw d = {seed * 0x2545f4914f6cdd1du + 1, out};
    memset(out, 0, sizeof(*out));
    out->seed = seed;
    out->client = chance(&d, 15);
    draw_leaf(&d, add(&d));
    struct oracle_spec *root = add(&d);
    draw_authority(&d, root, 0, 1, NULL);
    root->trusted = chance(&d, 97);
    root->sent = !root->trusted || chance(&d, 20);
    struct oracle_spec *issuer = root;
    size_t depth = below(&d, 4);
    for (size_t i = 0; i < depth; i++) {
        struct oracle_spec *s = add(&d);
        /* now and then a self-issued one: the same name with another key */
        uint8_t subject = chance(&d, 15) ? issuer->subject : (uint8_t)(SUBJECT_ISSUER + below(&d, 3));
        draw_authority(&d, s, subject, (uint8_t)(2 + i), issuer);
        if (subject == issuer->subject)
            forbid_own_name(&d, issuer);
        issuer = s;
    }
    struct oracle_spec *leaf = &out->spec[0];
    leaf->issuer = issuer->subject;
    leaf->signer = leaf->signer_key = issuer->key;
    if (chance(&d, 8))
        spoil(&d, leaf);
    size_t alternates = chance(&d, 60) ? below(&d, 8) : 0;
    while (alternates-- > 0)
        draw_alternate(&d);
    shuffle(&d);
    leaf->trusted = chance(&d, 1);
    if (!out->client && leaf->num_names > 0 && chance(&d, 50))
        out->host = hosts[chance(&d, 60) ? 0 : below(&d, COUNT(hosts))];
}

const char *
oracle_subject_text(unsigned index)
{
    return subjects[index];
}

unsigned
oracle_num_keys(void)
{
    return NUM_KEYS;
}
