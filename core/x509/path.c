/* SPDX-License-Identifier: MIT
 *
 * The search for a path: depth first from the leaf to an anchor, without recursion, under a budget of work.
 *
 * It runs strict first: what fails a check is cut off at once. When that finds nothing, it runs once more and
 * tolerates all but signatures, to learn what keeps the best candidate from being good: a path to an anchor with one
 * expired certificate says more than "unknown issuer". Signatures that were checked are remembered: the second run
 * repeats none. docs/x509.md has the rules (B1 to B9) that the comments name.
 */
#include "core/x509/path_check.h"

#include <string.h>

#define DEFAULT_POLICY                                                                                                 \
    .rsa_min_bits = 2048, .rsa_max_bits = TVT_RSA_BITS_MAX,                                                            \
    .hash_mask = TVT_HASH_BIT(TVT_HASH_SHA256) | TVT_HASH_BIT(TVT_HASH_SHA384) | TVT_HASH_BIT(TVT_HASH_SHA512),        \
    .max_depth = TVT_CHAIN_MAX - 1, .max_signatures = TVT_PATH_SIGNATURES_MAX, .max_steps = TVT_PATH_STEPS_MAX

const struct tvt_path_policy tvt_path_policy_default = {DEFAULT_POLICY};
const struct tvt_path_policy tvt_path_policy_web_pki = {DEFAULT_POLICY, .web_pki = true};

/* Rule B4: in which order candidates are tried: those whose key identifiers agree, or say nothing, come first. */
enum phase { PHASE_ANCHORS, PHASE_CHAIN, PHASE_OTHER_ANCHORS, PHASE_OTHER_CHAIN, PHASE_END };

struct frame {
    enum phase phase;
    size_t next;                          /* in the chain                              */
    const struct tvt_certificate *anchor; /* last one that was given                   */
    struct tvt_refusal refusal;           /* first thing wrong from the leaf to here   */
    unsigned faults;                      /* certificates from the leaf to here with something wrong */
};

/* A signature that was checked, and how that ended. */
struct checked {
    const struct tvt_certificate *certificate, *issuer;
    int result;
};

struct search {
    const struct tvt_path_request *request;
    const struct tvt_path_policy *policy;
    const struct tvt_host *host;
    bool lenient;
    uint32_t signatures, steps, constraint_steps; /* left to spend */
    struct tvt_revocation_budget revocation;
    bool exhausted, too_deep, searched;
    struct checked checked[TVT_PATH_SIGNATURES_MAX];
    size_t num_checked;
    struct tvt_refusal fatal; /* a failure of the provider: ends everything               */
    struct tvt_refusal best;  /* of the path that reaches an anchor with fewest faults    */
    unsigned best_faults;
    struct tvt_refusal near_miss;                  /* a signature that should have verified                    */
    const struct tvt_certificate *near_miss_below; /* whose signature it is                    */
    struct tvt_path_place deepest;                 /* last certificate of the longest path without an issuer   */
    size_t deepest_depth;
    struct tvt_path_place path[TVT_PATH_MAX];
    struct frame frame[TVT_PATH_MAX];
    size_t num; /* of path and frame */
};

enum outcome { NOT_THIS, GO_ON, FOUND };

/* Rule B7: what looking at a candidate takes of the budget: more, the longer what is compared may be, with each certificate of the
 * path. */
static uint32_t
step_price(const struct tvt_certificate *candidate)
{
    return (uint32_t)(1 + (candidate->subject.len + candidate->key.spki.len) / 256);
}

/* Rule B3: names chain as RFC 5280 7.1 compares them. */
static bool
is_named(const struct tvt_certificate *candidate, const struct tvt_certificate *below)
{
    return candidate->subject_hash == below->issuer_hash && tvt_name_equal(candidate->subject, below->issuer);
}

/* The next candidate of the top frame; false when there is none. */
static bool
next_candidate(struct search *s, struct tvt_path_place *out)
{
    struct frame *f = &s->frame[s->num - 1];
    const struct tvt_certificate *top = s->path[s->num - 1].certificate;
    while (f->phase != PHASE_END && s->steps > 0) {
        bool want_differ = f->phase == PHASE_OTHER_ANCHORS || f->phase == PHASE_OTHER_CHAIN;
        const struct tvt_certificate *candidate = NULL;
        int8_t index = -1;
        if (f->phase == PHASE_ANCHORS || f->phase == PHASE_OTHER_ANCHORS) {
            candidate = f->anchor = tvt_trust_store_find(s->request->store, top->issuer, top->issuer_hash, f->anchor);
        } else if (f->next < s->request->num_chain) {
            index = (int8_t)f->next;
            candidate = &s->request->chain[f->next++];
        }
        if (candidate == NULL) {
            f->phase++;
            f->next = 1;
            continue;
        }
        uint32_t price = step_price(candidate);
        s->steps = s->steps > price ? s->steps - price : 0;
        if (tvt_identifiers_differ(top, candidate) == want_differ && (index < 0 || is_named(candidate, top))) {
            out->certificate = candidate;
            out->index = index;
            return true;
        }
    }
    return false;
}

/* Rule B5: the same authority again leads nowhere new (RFC 4158 5.2). What an RSA key signed under one algorithm identifier, it
 * may not have under another: these are two. */
static bool
in_path(const struct search *s, const struct tvt_certificate *candidate)
{
    for (size_t i = 0; i < s->num; i++)
        if (s->path[i].certificate->subject_hash == candidate->subject_hash &&
            tvt_span_equal(s->path[i].certificate->key.spki, candidate->key.spki) &&
            tvt_name_equal(s->path[i].certificate->subject, candidate->subject))
            return true;
    return false;
}

static unsigned
count_intermediates(const struct search *s)
{
    unsigned count = 0;
    for (size_t i = 1; i < s->num; i++)
        count += !s->path[i].certificate->self_issued;
    return count;
}

/* Everything but the signature. */
static bool
check_candidate(struct search *s, struct tvt_path_place candidate, struct tvt_refusal *refusal)
{
    bool is_anchor = candidate.index < 0;
    return tvt_check_certificate(refusal, s->request, s->policy, candidate, is_anchor) &&
           tvt_check_authority(refusal, s->request, candidate, is_anchor, count_intermediates(s)) &&
           tvt_check_constraints(refusal, candidate, s->path, s->num, &s->constraint_steps) &&
           (!is_anchor || tvt_check_anchor_limits(refusal, s->request, candidate.certificate, s->path, s->num,
                                                  count_intermediates(s), &s->constraint_steps)) &&
           (!s->policy->web_pki || tvt_check_web_pki(refusal, s->request, candidate, false));
}

/* Whether the candidate's key made the signature of the path's end: remembered, or checked and paid for. False: the budget
 * does not have it. */
static bool
check_signature(struct search *s, const struct tvt_certificate *issuer, int *result)
{
    const struct tvt_certificate *top = s->path[s->num - 1].certificate;
    for (size_t i = 0; i < s->num_checked; i++) {
        if (s->checked[i].certificate == top && s->checked[i].issuer == issuer) {
            *result = s->checked[i].result;
            return true;
        }
    }
    uint32_t price = tvt_signature_price(&issuer->key);
    if (s->signatures < price) {
        s->exhausted = true;
        return false;
    }
    s->signatures -= price;
    *result = tvt_check_signature(top, issuer, s->request->provider);
    if (s->num_checked < TVT_PATH_SIGNATURES_MAX)
        s->checked[s->num_checked++] = (struct checked){top, issuer, *result};
    return true;
}

/* True when some candidate's key was found to have made the certificate's signature: others of the name say nothing then. */
static bool
has_signer(const struct search *s, const struct tvt_certificate *certificate)
{
    for (size_t i = 0; i < s->num_checked; i++)
        if (s->checked[i].certificate == certificate && s->checked[i].result == TVT_CRYPTO_OK)
            return true;
    return false;
}

/* The first of what would have been an issuer, but for its key; nothing where the issuer was found. */
static void
note_near_miss(struct search *s, const struct tvt_refusal *wrong)
{
    const struct tvt_certificate *top = s->path[s->num - 1].certificate;
    if (s->near_miss.code != TVT_E_NONE || has_signer(s, top))
        return;
    s->near_miss = *wrong;
    s->near_miss_below = top;
}

/* The signature of the path's end under the candidate's key. */
static bool
check_link(struct search *s, struct tvt_path_place candidate, struct tvt_refusal *refusal)
{
    struct tvt_path_place top = s->path[s->num - 1];
    struct tvt_refusal wrong = {.code = TVT_E_CERT_BAD_SIGNATURE,
                                .field = "signatureValue",
                                .certificate = top.certificate,
                                .index = top.index};
    bool differ = tvt_identifiers_differ(top.certificate, candidate.certificate);
    int result;
    if (!check_signature(s, candidate.certificate, &result))
        return false;
    switch (tvt_crypto_kind(result)) {
    case TVT_CRYPTO_NONE:
        if (s->near_miss.code != TVT_E_NONE && s->near_miss_below == top.certificate)
            s->near_miss.code = TVT_E_NONE;
        return true;
    case TVT_CRYPTO_AUTH:
        if (!differ)
            note_near_miss(s, &wrong);
        return false;
    case TVT_CRYPTO_UNSUPPORTED:
        /* Nobody can tell whether this is the issuer: good enough to say what is missing, never to accept. */
        wrong.code = TVT_E_CERT_SIGNATURE_ALGORITHM;
        wrong.field = "signatureAlgorithm";
        if (refusal->code == TVT_E_NONE)
            *refusal = wrong;
        return s->lenient && !differ;
    case TVT_CRYPTO_KEY:
        wrong.code = TVT_E_CERT_KEY_UNSUPPORTED;
        wrong.field = "subjectPublicKeyInfo";
        wrong.certificate = candidate.certificate;
        wrong.index = candidate.index;
        wrong.native = result;
        if (!differ)
            note_near_miss(s, &wrong);
        return false;
    default:
        wrong.code = TVT_E_CRYPTO;
        wrong.native = result;
        s->fatal = wrong;
        return false;
    }
}

/* Rule B8: what stands in the path by now reaches an anchor. True when the search is over: the path is good, or has as few
 * faults as any can have. */
static bool
reaches_anchor(struct search *s, const struct frame *end)
{
    if (end->faults == 0)
        return true;
    if (s->best.code == TVT_E_NONE || end->faults < s->best_faults) {
        s->best = end->refusal;
        s->best_faults = end->faults;
    }
    return end->faults == 1;
}

static void
push(struct search *s, struct tvt_path_place place, const struct tvt_refusal *refusal, unsigned faults)
{
    s->path[s->num] = place;
    s->frame[s->num].phase = PHASE_ANCHORS;
    s->frame[s->num].next = 1;
    s->frame[s->num].anchor = NULL;
    s->frame[s->num].refusal = *refusal;
    s->frame[s->num].faults = faults;
    s->num++;
}

/* Rule B6. As with pathLenConstraint, self-issued ones do not count; what stands in the path already does. */
static bool
is_too_deep(struct search *s, const struct tvt_certificate *candidate)
{
    bool too_deep =
        count_intermediates(s) + !candidate->self_issued > s->policy->max_depth || s->num > TVT_PATH_MAX - 2;
    s->too_deep = s->too_deep || too_deep;
    return too_deep;
}

static void
note_fault(struct frame *f, const struct tvt_refusal *found)
{
    f->faults++;
    if (f->refusal.code == TVT_E_NONE)
        f->refusal = *found;
}

/* Rule B1: a candidate that breaks a rule leads nowhere. */
static enum outcome
try_candidate(struct search *s, struct tvt_path_place candidate)
{
    struct tvt_refusal refusal = s->frame[s->num - 1].refusal, found;
    unsigned faults = s->frame[s->num - 1].faults;
    bool is_anchor = candidate.index < 0;
    if (in_path(s, candidate.certificate) || (!is_anchor && is_too_deep(s, candidate.certificate)))
        return NOT_THIS;
    found.code = TVT_E_NONE;
    if (!check_candidate(s, candidate, &found)) {
        if (found.code == TVT_E_CERT_BUDGET)
            s->exhausted = true;
        if (!s->lenient || s->exhausted)
            return NOT_THIS;
        faults++;
        if (refusal.code == TVT_E_NONE)
            refusal = found;
    }
    bool silent = refusal.code == TVT_E_NONE;
    if (!check_link(s, candidate, &refusal))
        return NOT_THIS;
    faults += silent && refusal.code != TVT_E_NONE;
    push(s, candidate, &refusal, faults);
    if (!is_anchor)
        return GO_ON;
    struct frame *end = &s->frame[s->num - 1];
    if (!tvt_check_policies(&found, s->path, s->num))
        note_fault(end, &found);
    if (!tvt_check_revocation(&found, s->request, s->policy, s->path, s->num, &s->revocation))
        note_fault(end, &found);
    if ((end->faults == 0 || s->lenient) && reaches_anchor(s, end))
        return FOUND;
    s->num--;
    return NOT_THIS;
}

/* Rule B2: the leaf by itself; true when the search may go on from it. */
static bool
start(struct search *s)
{
    struct tvt_path_place leaf = {&s->request->chain[0], 0};
    struct tvt_refusal found = {.code = TVT_E_NONE};
    /* A leaf that is in the store is trusted by itself: nobody's signature vouches for it. */
    const struct tvt_certificate *anchor = tvt_trust_store_find_same(s->request->store, leaf.certificate);
    bool is_anchor = anchor != NULL;
    s->num = 0;
    s->deepest = leaf;
    s->deepest_depth = 0;
    bool good =
        tvt_check_certificate(&found, s->request, s->policy, leaf, is_anchor) &&
        tvt_check_leaf(&found, s->request, leaf, s->host) &&
        (anchor == NULL || tvt_check_anchor_limits(&found, s->request, anchor, &leaf, 1, 0, &s->constraint_steps)) &&
        (!s->policy->web_pki || tvt_check_web_pki(&found, s->request, leaf, true));
    if (good)
        found.code = TVT_E_NONE;
    push(s, leaf, &found, !good);
    if (is_anchor && !good)
        s->best = found;
    return good || s->lenient;
}

static bool
leaf_is_anchor(const struct search *s)
{
    return tvt_trust_store_find_same(s->request->store, &s->request->chain[0]) != NULL;
}

/* True when a path to an anchor was found: it is in s->path, and good unless s->best has a code. */
static bool
run(struct search *s)
{
    struct tvt_path_place candidate;
    if (!start(s))
        return false;
    s->searched = true;
    if (leaf_is_anchor(s))
        return true;
    while (s->num > 0 && !s->exhausted && s->fatal.code == TVT_E_NONE) {
        if (!next_candidate(s, &candidate)) {
            if (s->steps == 0) {
                s->exhausted = true;
                break;
            }
            if (s->num > s->deepest_depth) {
                s->deepest = s->path[s->num - 1];
                s->deepest_depth = s->num;
            }
            s->num--;
            continue;
        }
        if (try_candidate(s, candidate) == FOUND)
            return true;
    }
    return false;
}

/* A root: an authority of its name with another key is not held against it. */
static bool
signs_itself(const struct search *s, const struct tvt_certificate *c)
{
    return c->self_issued && tvt_check_signature(c, c, s->request->provider) == TVT_CRYPTO_OK;
}

/* Rule B9: no path reaches an anchor: the leaf is its own issuer, a signature is wrong, or somebody is missing. */
static enum tvt_result
refuse_unreached(struct search *s, struct tvt_error *error)
{
    const struct tvt_certificate *leaf = &s->request->chain[0];
    struct tvt_refusal refusal = {.code = TVT_E_CERT_UNKNOWN_ISSUER,
                                  .field = "issuer",
                                  .certificate = s->deepest.certificate,
                                  .index = s->deepest.index};
    if (s->exhausted) {
        refusal.code = TVT_E_CERT_BUDGET;
        refusal.field = NULL;
    } else if (s->too_deep) {
        refusal.code = TVT_E_CERT_CHAIN_TOO_LONG;
        refusal.field = "certificate_list";
        refusal.has_values = true;
        refusal.expected = s->policy->max_depth;
        refusal.got = s->deepest_depth;
    } else if (s->near_miss.code != TVT_E_NONE && !signs_itself(s, s->near_miss_below)) {
        refusal = s->near_miss;
    } else if (leaf->self_issued && !tvt_identifiers_differ(leaf, leaf) && s->deepest.index == 0) {
        if (tvt_crypto_kind(tvt_check_signature(leaf, leaf, s->request->provider)) != TVT_CRYPTO_AUTH) {
            refusal.code = TVT_E_CERT_SELF_SIGNED;
        } else if (leaf->authority_key_id.len > 0 &&
                   leaf->subject_key_id.len > 0) { /* its key, it says, and it is not */
            refusal.code = TVT_E_CERT_BAD_SIGNATURE;
            refusal.field = "signatureValue";
        }
    }
    return tvt_path_refuse(error, &refusal, s->request);
}

static enum tvt_result
check_request(const struct tvt_path_request *request, struct tvt_host *host, struct tvt_error *error)
{
    if (request->store == NULL)
        return tvt_fail(error, TVT_E_NO_TRUST, "Certificate", NULL);
    if (request->num_chain == 0 || request->chain == NULL || request->provider == NULL ||
        (request->purpose != TVT_PURPOSE_SERVER && request->purpose != TVT_PURPOSE_CLIENT))
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, "Certificate", "request");
    if (request->num_chain > TVT_POOL_MAX)
        return tvt_fail_values(error, TVT_E_CERT_CHAIN_TOO_LONG, "Certificate", "certificate_list", TVT_POOL_MAX,
                               request->num_chain);
    if (request->name == NULL && !request->no_name)
        return tvt_fail(error, TVT_E_NO_NAME, "Certificate", "name");
    if (request->name != NULL && (request->no_name || !tvt_host_parse(host, request->name)))
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, "Certificate", "name",
                               request->no_name ? "a name and no_name exclude each other: %.60s"
                                                : "neither a host name nor an address: %.60s",
                               request->name);
    return TVT_OK;
}

static void
give_path(struct tvt_verified_path *out, const struct search *s)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < s->num; i++) {
        out->certificate[i] = s->path[i].certificate;
        out->index[i] = s->path[i].index;
    }
    out->num = s->num;
    out->signatures = s->policy->max_signatures - s->signatures;
}

enum tvt_result
tvt_path_verify(struct tvt_verified_path *out, const struct tvt_path_request *request, struct tvt_error *error)
{
    struct tvt_host host;
    struct search s;
    if (check_request(request, &host, error) != TVT_OK)
        return TVT_FAIL;
    s.request = request;
    s.policy = request->policy != NULL ? request->policy : &tvt_path_policy_default;
    s.host = request->name != NULL ? &host : NULL;
    s.signatures = s.policy->max_signatures;
    s.steps = s.policy->max_steps;
    s.constraint_steps = TVT_CONSTRAINT_STEPS_MAX;
    s.revocation = (struct tvt_revocation_budget){TVT_CRL_SIGNATURES_MAX, &s.steps};
    s.exhausted = s.too_deep = s.searched = s.lenient = false;
    s.num_checked = 0;
    s.fatal.code = s.best.code = s.near_miss.code = TVT_E_NONE;
    if (run(&s) && s.best.code == TVT_E_NONE) {
        if (out != NULL)
            give_path(out, &s);
        return TVT_OK;
    }
    if (s.fatal.code == TVT_E_NONE && !s.exhausted && s.best.code == TVT_E_NONE) {
        bool complete = s.searched;
        s.lenient = true;
        s.revocation.signatures = TVT_CRL_SIGNATURES_MAX;
        s.near_miss.code = TVT_E_NONE;
        /* A path without a fault now: the strict run lacked the budget for lists that are remembered since. */
        bool unpaid = run(&s) && s.best.code == TVT_E_NONE;
        s.exhausted = (s.exhausted && !complete) || unpaid; /* what there is to be found, the strict run saw */
    }
    if (s.fatal.code != TVT_E_NONE)
        return tvt_path_refuse(error, &s.fatal, request);
    if (s.best.code != TVT_E_NONE)
        return tvt_path_refuse(error, &s.best, request);
    return refuse_unreached(&s, error);
}
