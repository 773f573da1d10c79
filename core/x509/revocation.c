/* SPDX-License-Identifier: MIT
 *
 * What the revocation lists of a store say of a path (RFC 5280 6.3, for lists that the certificate's own issuer signed).
 */
#include "core/x509/path_check.h"

#include "core/base/memory.h"

#include <string.h>

/* How far a list went that does not clear the certificate; the furthest one is reported. */
enum reach { NO_LIST, OTHER_SCOPE, UNSIGNED, STALE, CLEAR };

struct lookup {
    const struct tvt_path_request *request;
    const struct tvt_path_policy *policy;
    struct tvt_revocation_budget *budget;
    const struct tvt_certificate *certificate, *issuer;
    struct tvt_refusal *refusal; /* code, field, words, crl of the furthest list */
    enum reach reach;
    bool must_be_clear; /* a list is asked for */
    bool over; /* the refusal is final: the certificate is revoked, or a list that counts could not be checked */
};

static void
reached(struct lookup *q, enum reach reach, enum tvt_error_code code, const char *field, const char *words,
        const struct tvt_crl *crl)
{
    if (reach < q->reach || (reach == q->reach && reach != NO_LIST))
        return;
    q->reach = reach;
    q->refusal->code = code;
    q->refusal->field = field;
    q->refusal->words = words;
    q->refusal->crl = crl;
}

static void
end_with(struct lookup *q, enum tvt_error_code code, const char *field, const char *words, const struct tvt_crl *crl)
{
    q->over = true;
    q->refusal->code = code;
    q->refusal->field = field;
    q->refusal->words = words;
    q->refusal->crl = crl;
}

/* ---- rule C6: scope ---- */

/* Rule C12: a comparison of directory names takes as much of the budget as they are long. */
static bool
directories_equal(struct tvt_span a, struct tvt_span b, uint32_t *steps)
{
    uint32_t price = 1 + (uint32_t)((a.len + b.len) / 64);
    if (*steps <= price) {
        *steps = 0;
        return false;
    }
    *steps -= price;
    return tvt_name_equal(a, b);
}

/* WHOLE: it is among them; REVOKES: there are more than are compared, or what stands there is no list of names. */
static enum tvt_crl_scope
name_is_in(struct tvt_span names, uint8_t tag, struct tvt_span value, uint32_t *steps)
{
    struct tvt_reader r;
    struct tvt_span other;
    uint8_t other_tag;
    tvt_reader_init(&r, names);
    for (unsigned i = 0; i < TVT_CRL_NAMES_MAX && tvt_general_name_next(&r, &other_tag, &other); i++)
        if (tag == other_tag &&
            (tag == TVT_GN_DIRECTORY ? directories_equal(value, other, steps) : tvt_span_equal(value, other)))
            return TVT_CRL_WHOLE;
    return r.bad != NULL || tvt_reader_left(&r) > 0 ? TVT_CRL_REVOKES : TVT_CRL_OTHER;
}

static enum tvt_crl_scope
names_meet(struct tvt_span a, struct tvt_span b, uint32_t *steps)
{
    struct tvt_reader r;
    struct tvt_span value;
    enum tvt_crl_scope best = TVT_CRL_OTHER;
    uint8_t tag;
    tvt_reader_init(&r, a);
    for (unsigned i = 0; i < TVT_CRL_NAMES_MAX && tvt_general_name_next(&r, &tag, &value); i++) {
        enum tvt_crl_scope scope = name_is_in(b, tag, value, steps);
        if (scope == TVT_CRL_WHOLE)
            return scope;
        best = scope > best ? scope : best;
    }
    return r.bad != NULL || tvt_reader_left(&r) > 0 ? TVT_CRL_REVOKES : best;
}

/* The next DistributionPoint of the certificate against the names of a list. A point for some reasons, or with a cRLIssuer,
 * makes the list one that can revoke and clears nobody; so does one that is named relative to its issuer, which is not
 * compared. */
static enum tvt_crl_scope
point_scope(struct tvt_reader *r, struct tvt_span names, uint32_t *steps)
{
    struct tvt_reader in, name;
    struct tvt_span full = {NULL, 0}, other;
    bool relative = false;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "DistributionPoint");
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(&in, &name, TVT_DER_CONTEXT_CONSTRUCTED(0), "distributionPoint");
        if (!tvt_der_read_optional(&name, &full, TVT_DER_CONTEXT_CONSTRUCTED(0), "fullName"))
            relative = tvt_der_read_optional(&name, &other, TVT_DER_CONTEXT_CONSTRUCTED(1), "nameRelativeToCRLIssuer");
        tvt_der_leave(&in, &name, "distributionPoint");
    }
    bool part = tvt_der_read_optional(&in, &other, TVT_DER_CONTEXT(1), "reasons");
    part = tvt_der_read_optional(&in, &other, TVT_DER_CONTEXT_CONSTRUCTED(2), "cRLIssuer") || part;
    tvt_der_leave(r, &in, "DistributionPoint");
    if (r->bad != NULL || relative)
        return TVT_CRL_REVOKES;
    enum tvt_crl_scope scope = names_meet(full, names, steps);
    return part && scope == TVT_CRL_WHOLE ? TVT_CRL_REVOKES : scope;
}

enum tvt_crl_scope
tvt_crl_covers(const struct tvt_crl *crl, const struct tvt_certificate *c, uint32_t *steps)
{
    struct tvt_reader outer, points;
    if ((crl->only_user && c->is_ca) || (crl->only_ca && !c->is_ca))
        return TVT_CRL_OTHER;
    /* A list without a point's name is about all that its issuer issued. One with the issuer's own name, too: that is the
     * point of certificates that name none (RFC 5280 6.3.3, last paragraph). */
    if (crl->point.len == 0)
        return TVT_CRL_WHOLE;
    enum tvt_crl_scope best = name_is_in(crl->point, TVT_GN_DIRECTORY, c->issuer, steps);
    if (best == TVT_CRL_WHOLE || !tvt_certificate_has(c, TVT_CEXT_CRL_DISTRIBUTION))
        return best;
    tvt_reader_init(&outer, tvt_certificate_extension(c, TVT_CEXT_CRL_DISTRIBUTION));
    tvt_der_enter(&outer, &points, TVT_DER_SEQUENCE, "cRLDistributionPoints");
    for (unsigned i = 0; i < TVT_CRL_NAMES_MAX && tvt_reader_left(&points) > 0; i++) {
        enum tvt_crl_scope scope = point_scope(&points, crl->point, steps);
        if (scope == TVT_CRL_WHOLE)
            return scope;
        best = scope > best ? scope : best;
    }
    return outer.bad != NULL || points.bad != NULL || tvt_reader_left(&points) > 0 ? TVT_CRL_REVOKES : best;
}

/* ---- rules C7 and C8: the signature ---- */

static bool
may_sign_lists(const struct tvt_certificate *issuer)
{
    return !tvt_certificate_has(issuer, TVT_CEXT_KEY_USAGE) || (issuer->key_usage & TVT_KEY_USAGE_CRL_SIGN) != 0;
}

static bool
is_remembered(const struct tvt_crl_signer *signer, struct tvt_span spki)
{
    return atomic_load_explicit(&signer->state, memory_order_acquire) == 2 &&
           tvt_span_equal(tvt_span(signer->spki, signer->len), spki);
}

static void
remember(struct tvt_crl_signer *signer, struct tvt_span spki)
{
    unsigned nobody = 0;
    if (spki.len > sizeof signer->spki || !atomic_compare_exchange_strong_explicit(
                                              &signer->state, &nobody, 1, memory_order_relaxed, memory_order_relaxed))
        return;
    tvt_copy(signer->spki, spki.data, spki.len);
    signer->len = spki.len;
    atomic_store_explicit(&signer->state, 2, memory_order_release);
}

/* An RSA key whose certificate says that it makes other signatures of RSA than this one may be the one that made it (RFC 4055
 * 1.2): the authority has another certificate for it, perhaps, and the peer chose which one it sent. */
static bool
is_for_other_signatures(const struct tvt_signature_algorithm *algorithm, const struct tvt_certificate *issuer)
{
    return issuer->key.type == TVT_KEY_RSA_PSS &&
           (algorithm->family == TVT_SIG_RSA_PKCS1 ||
            (algorithm->family == TVT_SIG_RSA_PSS && issuer->key_pss_hash != TVT_HASH_NONE &&
             issuer->key_pss_hash != algorithm->hash));
}

/* A list that nobody can check refuses whom it names, and clears nobody. */
static void
not_checked(struct lookup *q, bool named, const char *words, const struct tvt_crl *crl)
{
    if (named)
        end_with(q, TVT_E_CRL_SIGNATURE, "signatureAlgorithm", words, crl);
    else
        reached(q, UNSIGNED, TVT_E_CRL_SIGNATURE, "signatureAlgorithm", words, crl);
}

/* False: the list is nobody's word; `q` has learnt why. */
static bool
is_signed(struct lookup *q, struct tvt_crl *crl, bool named)
{
    const struct tvt_signature_algorithm *algorithm = &crl->data.algorithm;
    const struct tvt_certificate *issuer = q->issuer;
    if (algorithm->family == TVT_SIG_NONE ||
        (algorithm->hash != TVT_HASH_NONE && (q->policy->hash_mask & TVT_HASH_BIT(algorithm->hash)) == 0)) {
        not_checked(q, named, "the list is signed with an algorithm that is not accepted", crl);
        return false;
    }
    if (is_for_other_signatures(algorithm, issuer)) {
        not_checked(q, named, "the issuer's certificate has an RSASSA-PSS key, which is not for the list's algorithm",
                    crl);
        return false;
    }
    if (is_remembered(&crl->signer, issuer->key.spki))
        return true;
    uint32_t price = tvt_signature_price(&issuer->key);
    if (q->budget->signatures < price) {
        end_with(q, TVT_E_CERT_BUDGET, "CRL", NULL, NULL);
        return false;
    }
    q->budget->signatures -= price;
    int result = tvt_check_signature(&crl->data, issuer, q->request->provider);
    switch (tvt_crypto_kind(result)) {
    case TVT_CRYPTO_NONE:
        remember(&crl->signer, issuer->key.spki);
        return true;
    case TVT_CRYPTO_AUTH:
        reached(q, UNSIGNED, TVT_E_CRL_SIGNATURE, "signatureValue",
                "the list has its issuer's name, and another key signed it", crl);
        return false;
    case TVT_CRYPTO_UNSUPPORTED:
        not_checked(q, named, "this backend cannot check the list's signature", crl);
        return false;
    default:
        end_with(q, TVT_E_CRYPTO, "signatureValue", NULL, NULL);
        q->refusal->native = result;
        return false;
    }
}

/* ---- one certificate ---- */

/* Two things about a list are asked in turn: whether it revokes the certificate, and whether it clears it. The second asks
 * for more: an entry that the issuer's key signed stands, also where the list says nothing of other reasons, or the
 * certificate of that key in this path lacks cRLSign (the peer chose which one it sent). Rule C12: a signature is checked
 * where it decides something: a list that names the certificate, or brings it nearer to being clear where that is asked. */
static void
look_at(struct lookup *q, struct tvt_crl *crl)
{
    struct tvt_crl_entry entry;
    int64_t now = q->request->time;
    bool named = tvt_crl_find(crl, q->certificate->serial, &entry);
    enum tvt_crl_scope scope = tvt_crl_covers(crl, q->certificate, q->budget->steps);
    if (*q->budget->steps == 0) {
        end_with(q, TVT_E_CERT_BUDGET, "CRL", NULL, NULL);
        return;
    }
    if (scope == TVT_CRL_OTHER || (scope == TVT_CRL_REVOKES && !named)) {
        reached(q, OTHER_SCOPE, TVT_E_CRL_MISSING, "issuingDistributionPoint",
                "the lists of its issuer are about other certificates", NULL);
        return;
    }
    bool current = now >= crl->this_update && now <= crl->next_update; /* rule C10 */
    /* Rule C11: whoever is revoked stays so, except from a hold, which a later list may have taken back. */
    if (named && (current || entry.reason != TVT_CRL_REASON_HOLD)) {
        if (!is_signed(q, crl, true))
            return;
        end_with(q, TVT_E_CERT_REVOKED, "serialNumber", NULL, crl);
        q->refusal->revoked = entry;
    } else if (!may_sign_lists(q->issuer)) {
        reached(q, UNSIGNED, TVT_E_CRL_SIGNATURE, "keyUsage", "its issuer may not sign lists: cRLSign is needed", crl);
    } else if (q->must_be_clear && q->reach < (current ? CLEAR : STALE) && is_signed(q, crl, false)) {
        if (current)
            reached(q, CLEAR, TVT_E_NONE, NULL, NULL, NULL);
        else
            reached(q, STALE, TVT_E_CRL_NOT_CURRENT, now < crl->this_update ? "thisUpdate" : "nextUpdate", NULL, crl);
    }
}

/* Rule C12: what looking at a list takes of the budget: more, the longer what is compared may be. */
static uint32_t
list_price(const struct lookup *q, const struct tvt_crl *crl)
{
    size_t points = crl->point.len > 0 ? tvt_certificate_extension(q->certificate, TVT_CEXT_CRL_DISTRIBUTION).len : 0;
    return 1 + (uint32_t)((points + q->certificate->issuer.len) / 256);
}

/* True when nothing stands against it; else the refusal has a code. */
static bool
check_one(struct lookup *q)
{
    struct tvt_crl *crl;
    size_t place = 0;
    reached(q, NO_LIST, TVT_E_CRL_MISSING, "issuer", "no list of its issuer is in the trust store", NULL);
    while (!q->over && (crl = tvt_trust_store_find_crl(q->request->store, q->certificate->issuer,
                                                       q->certificate->issuer_hash, &place)) != NULL) {
        uint32_t price = list_price(q, crl);
        if (*q->budget->steps < price) {
            end_with(q, TVT_E_CERT_BUDGET, "CRL", NULL, NULL);
            return false;
        }
        *q->budget->steps -= price;
        look_at(q, crl);
    }
    return !q->over && (!q->must_be_clear || q->refusal->code == TVT_E_NONE);
}

bool
tvt_check_revocation(struct tvt_refusal *out, const struct tvt_path_request *request,
                     const struct tvt_path_policy *policy, const struct tvt_path_place *path, size_t num,
                     struct tvt_revocation_budget *budget)
{
    bool any = tvt_trust_store_count_crls(request->store) > 0;
    struct tvt_refusal unclear = {.code = TVT_E_NONE};
    for (size_t i = 0; i + 1 < num; i++) {
        bool must = policy->revocation == TVT_REVOCATION_CHAIN || (policy->revocation == TVT_REVOCATION_LEAF && i == 0);
        struct lookup q = {.request = request,
                           .policy = policy,
                           .budget = budget,
                           .certificate = path[i].certificate,
                           .issuer = path[i + 1].certificate,
                           .refusal = out,
                           .reach = NO_LIST,
                           .must_be_clear = must};
        if (!any && !must)
            continue;
        memset(out, 0, sizeof *out);
        out->certificate = path[i].certificate;
        out->index = path[i].index;
        if (check_one(&q))
            continue;
        if (q.over)
            return false;
        if (unclear.code == TVT_E_NONE) /* one that is revoked, farther up, says more */
            unclear = *out;
    }
    *out = unclear;
    return out->code == TVT_E_NONE;
}
