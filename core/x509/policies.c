/* SPDX-License-Identifier: MIT
 *
 * Certificate policies, as far as they are needed to refuse safely: is an explicit policy required on this path, and
 * is there surely one (docs/x509.md, P rules)?
 */
#include "core/x509/path_check.h"

#include <string.h>

/* The policies of a certificate, at most TVT_POLICIES_MAX; more: none, since nobody compares them. anyPolicy is one, unless
 * it is left out. */
static size_t
collect_policies(struct tvt_span out[TVT_POLICIES_MAX], const struct tvt_certificate *certificate, bool without_any)
{
    static const uint8_t any[] = {0x55, 0x1d, 0x20, 0x00};
    struct tvt_reader r, list, information;
    size_t num = 0;
    tvt_reader_init(&r, tvt_certificate_extension(certificate, TVT_CEXT_POLICIES));
    if (tvt_reader_left(&r) == 0)
        return 0;
    tvt_der_enter(&r, &list, TVT_DER_SEQUENCE, "certificatePolicies");
    while (tvt_reader_left(&list) > 0) {
        tvt_der_enter(&list, &information, TVT_DER_SEQUENCE, "certificatePolicies");
        struct tvt_span oid = tvt_der_read_oid(&information, "policyIdentifier");
        if (list.bad != NULL || num == TVT_POLICIES_MAX)
            return 0;
        if (!without_any || !tvt_span_equal(oid, tvt_span(any, sizeof any)))
            out[num++] = oid;
    }
    return num;
}

/* True when an authority says how far anyPolicy counts below it (RFC 5280 6.1.4 j); its number is not looked at. */
static bool
inhibits_any(const struct tvt_path_place *path, size_t num)
{
    for (size_t i = 1; i < num; i++)
        if (tvt_certificate_has(path[i].certificate, TVT_CEXT_INHIBIT_ANY_POLICY))
            return true;
    return false;
}

/* Rule P4: one policy stands, by its own name, in every certificate, and nobody maps policies: then RFC 5280's tree has a
 * branch of that policy from top to bottom. */
static bool
has_common_policy(const struct tvt_path_place *path, size_t num, bool without_any)
{
    struct tvt_span common[TVT_POLICIES_MAX], policies[TVT_POLICIES_MAX];
    size_t left = 0;
    for (size_t i = 0; i < num; i++) {
        const struct tvt_certificate *c = path[i].certificate;
        if (tvt_certificate_has(c, TVT_CEXT_POLICY_MAPPINGS))
            return false;
        if (i == 0) {
            left = collect_policies(common, c, without_any);
            continue;
        }
        size_t n = collect_policies(policies, c, without_any), kept = 0;
        for (size_t k = 0; k < left; k++)
            if (tvt_oid_is_among(common[k], policies, n))
                common[kept++] = common[k];
        left = kept;
    }
    return left > 0;
}

bool
tvt_check_policies(struct tvt_refusal *out, const struct tvt_path_place *path, size_t num)
{
    /* Rules P1 to P3: RFC 5280 6.1.2 d, 6.1.3 f, 6.1.4 h and i, 6.1.5 a, b and g. An anchor's own requirement counts
     * too; `path` ends with it. */
    size_t explicit_policy = num;
    const struct tvt_path_place *by = NULL;
    for (size_t i = num; i-- > 0;) {
        const struct tvt_certificate *c = path[i].certificate;
        bool anchor = i == num - 1 && num > 1;
        if (!anchor && (i == 0 || !c->self_issued) && explicit_policy > 0)
            explicit_policy--;
        if (c->explicit_policy >= 0 && (size_t)c->explicit_policy < explicit_policy &&
            (i > 0 || c->explicit_policy == 0)) {
            explicit_policy = (size_t)c->explicit_policy;
            by = &path[i];
        }
    }
    if (explicit_policy > 0 || by == NULL || has_common_policy(path, num > 1 ? num - 1 : num, inhibits_any(path, num)))
        return true;
    memset(out, 0, sizeof(*out));
    out->code = TVT_E_CERT_POLICY;
    out->field = "policyConstraints.requireExplicitPolicy";
    out->certificate = by->certificate;
    out->index = by->index;
    return false;
}
