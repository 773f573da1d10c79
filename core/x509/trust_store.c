/* SPDX-License-Identifier: MIT
 *
 * Trust anchors in a hash table over their subjects, as RFC 5280 7.1 compares them. Every anchor is a block of its own, so that pointers to it stay
 * good while the store grows.
 */
#include "core/x509/trust_store.h"

#include "core/base/memory.h"
#include "core/x509/crl.h"
#include "core/x509/name_constraints.h"
#include "core/x509/pem.h"

#include <stdatomic.h>
#include <string.h>

struct anchor {
    struct tvt_certificate certificate;
    struct anchor *next;                  /* in the same bucket, in the order of adding */
    struct tvt_anchor_own_limits *limits; /* NULL: none */
    uint32_t hash; /* of the subject: a peer chooses what is looked up, never what is in the table */
    size_t size;   /* bytes of this block, the DER behind the struct included */
    uint8_t der[];
};

struct tvt_trust_store {
    struct tvt_allocator allocator;
    struct anchor **anchors; /* in the order of adding */
    struct anchor **buckets;
    size_t num, cap;       /* cap: of `anchors`; 0 or a power of two, and as many buckets */
    struct tvt_crl **crls; /* references, in the order of adding */
    size_t num_crls, cap_crls;
    atomic_uint refs;
};

#define FIRST_CAP 16u

static const struct tvt_allocator *
allocator_of(const struct tvt_trust_store *store)
{
    return store->allocator.alloc != NULL ? &store->allocator : NULL;
}

enum tvt_result
tvt_trust_store_new(struct tvt_trust_store **out, const struct tvt_allocator *allocator, struct tvt_error *error)
{
    struct tvt_trust_store *store = tvt_alloc(allocator, sizeof(*store));
    *out = store;
    if (store == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "trust store", NULL);
    if (allocator != NULL)
        store->allocator = *allocator;
    atomic_init(&store->refs, 1);
    return TVT_OK;
}

struct tvt_trust_store *
tvt_trust_store_ref(struct tvt_trust_store *store)
{
    if (store != NULL)
        (void)atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

static void
free_anchor(const struct tvt_allocator *a, struct anchor *anchor)
{
    if (anchor->limits != NULL)
        tvt_release(a, anchor->limits, anchor->limits->size);
    tvt_release(a, anchor, anchor->size);
}

void
tvt_trust_store_unref(struct tvt_trust_store *store)
{
    struct tvt_allocator allocator;
    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    allocator = store->allocator;
    const struct tvt_allocator *a = allocator.alloc != NULL ? &allocator : NULL;
    for (size_t i = 0; i < store->num; i++)
        free_anchor(a, store->anchors[i]);
    for (size_t i = 0; i < store->num_crls; i++)
        tvt_crl_unref(store->crls[i]);
    tvt_release(a, store->crls, store->cap_crls * sizeof(struct tvt_crl *));
    tvt_release(a, store->anchors, store->cap * sizeof(*store->anchors));
    tvt_release(a, store->buckets, store->cap * sizeof(*store->buckets));
    tvt_release(a, store, sizeof(*store));
}

static void
link_anchor(struct anchor **buckets, size_t num_buckets, struct anchor *anchor)
{
    struct anchor **place = &buckets[anchor->hash & (num_buckets - 1)];
    while (*place != NULL)
        place = &(*place)->next;
    anchor->next = NULL;
    *place = anchor;
}

static bool
grow(struct tvt_trust_store *store)
{
    const struct tvt_allocator *a = allocator_of(store);
    size_t cap = store->cap == 0 ? FIRST_CAP : store->cap * 2;
    struct anchor **anchors = tvt_alloc(a, cap * sizeof(*anchors));
    struct anchor **buckets = tvt_alloc(a, cap * sizeof(*buckets));
    if (anchors == NULL || buckets == NULL) {
        tvt_release(a, anchors, cap * sizeof(*anchors));
        tvt_release(a, buckets, cap * sizeof(*buckets));
        return false;
    }
    for (size_t i = 0; i < store->num; i++) {
        anchors[i] = store->anchors[i];
        link_anchor(buckets, cap, anchors[i]);
    }
    tvt_release(a, store->anchors, store->cap * sizeof(*anchors));
    tvt_release(a, store->buckets, store->cap * sizeof(*buckets));
    store->anchors = anchors;
    store->buckets = buckets;
    store->cap = cap;
    return true;
}

/* A block with room for `len` bytes of DER behind the struct. */
static struct anchor *
new_anchor(const struct tvt_trust_store *store, size_t len)
{
    struct anchor *anchor = tvt_alloc(allocator_of(store), sizeof(*anchor) + len);
    if (anchor != NULL)
        anchor->size = sizeof(*anchor) + len;
    return anchor;
}

static void
drop_anchor(const struct tvt_trust_store *store, struct anchor *anchor)
{
    tvt_release(allocator_of(store), anchor, anchor->size);
}

/* Decodes the `len` bytes in the block and puts it into the table; the block is the store's from here, or gone. */
static enum tvt_result
add_anchor(struct tvt_trust_store *store, struct anchor *anchor, size_t len, size_t *added, struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    if (tvt_certificate_parse(&anchor->certificate, tvt_span(anchor->der, len), "trust anchor", error) != TVT_OK) {
        if (first) {
            error->origin = TVT_ORIGIN_CALLER;
            error->alert = TVT_ALERT_NONE; /* no peer is to blame, or told */
        }
        drop_anchor(store, anchor);
        return TVT_FAIL;
    }
    if (tvt_trust_store_find_same(store, &anchor->certificate) != NULL) {
        drop_anchor(store, anchor);
        return TVT_OK;
    }
    bool full = store->num >= TVT_ANCHORS_MAX;
    if (full || (store->num == store->cap && !grow(store))) {
        drop_anchor(store, anchor);
        return full
                   ? tvt_fail_values(error, TVT_E_STORE_FULL, "trust store", "anchors", TVT_ANCHORS_MAX, store->num + 1)
                   : tvt_fail(error, TVT_E_NO_MEMORY, "trust store", "anchors");
    }
    anchor->hash = anchor->certificate.subject_hash;
    store->anchors[store->num++] = anchor;
    link_anchor(store->buckets, store->cap, anchor);
    ++*added;
    return TVT_OK;
}

enum tvt_result
tvt_trust_store_check_unshared(const struct tvt_trust_store *store, struct tvt_error *error)
{
    if (atomic_load_explicit(&store->refs, memory_order_acquire) != 1)
        return tvt_fail_detail(error, TVT_E_WRONG_CALL, "trust store", NULL,
                               "a trust store that is in use cannot be changed: build a new one");
    return TVT_OK;
}

enum tvt_result
tvt_trust_store_add_der(struct tvt_trust_store *store, struct tvt_span der, struct tvt_error *error)
{
    size_t added = 0;
    struct anchor *anchor;
    if (tvt_trust_store_check_unshared(store, error) != TVT_OK)
        return TVT_FAIL;
    if (der.len > TVT_CERTIFICATE_MAX)
        return tvt_fail_values(error, TVT_E_CERT_MALFORMED, "trust anchor", "length", TVT_CERTIFICATE_MAX, der.len);
    anchor = new_anchor(store, der.len);
    if (anchor == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "trust anchor", NULL);
    tvt_copy(anchor->der, der.data, der.len);
    return add_anchor(store, anchor, der.len, &added, error);
}

static enum tvt_result
add_block(struct tvt_trust_store *store, const struct tvt_pem_block *block, size_t *added, struct tvt_error *error)
{
    size_t max = tvt_pem_decoded_max(block), len;
    struct anchor *anchor;
    if (max > TVT_CERTIFICATE_MAX + 3)
        return tvt_fail_values(error, TVT_E_CERT_MALFORMED, "trust anchor", "length", TVT_CERTIFICATE_MAX, max);
    anchor = new_anchor(store, max);
    if (anchor == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "trust anchor", NULL);
    if (tvt_pem_decode(block, anchor->der, max, &len, error) != TVT_OK) {
        drop_anchor(store, anchor);
        return TVT_FAIL;
    }
    return add_anchor(store, anchor, len, added, error);
}

/* Which block of a file it was. The offset of the error is inside of what stood there, when its DER is at fault. */
static enum tvt_result
name_block(struct tvt_error *error, bool first, const struct tvt_pem_block *block, size_t index)
{
    if (first)
        tvt_error_add_detail(error, "in block %zu, counted from 0, which begins at byte %zu", index, block->offset);
    return TVT_FAIL;
}

bool
tvt_trust_store_takes_no_more(struct tvt_error *error, const struct tvt_error *passed_over)
{
    if (passed_over->code != TVT_E_NO_MEMORY && passed_over->code != TVT_E_STORE_FULL)
        return false;
    if (error != NULL && error->code == TVT_E_NONE)
        *error = *passed_over;
    return true;
}

enum tvt_result
tvt_trust_store_add_pem(struct tvt_trust_store *store, struct tvt_span pem, size_t *added_out, size_t *skipped,
                        struct tvt_error *error)
{
    struct tvt_pem reader;
    struct tvt_pem_block block;
    struct tvt_error passed_over; /* what a call that skips does not report */
    size_t added = 0, found = 0, passed = 0, blocks = 0;
    bool first = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result;
    if (added_out != NULL)
        *added_out = 0;
    if (skipped != NULL)
        *skipped = 0;
    if (tvt_trust_store_check_unshared(store, error) != TVT_OK)
        return TVT_FAIL;
    if (pem.len > TVT_PEM_MAX)
        return tvt_fail_values(error, TVT_E_FILE_TOO_LONG, "trust store", NULL, TVT_PEM_MAX, pem.len);
    tvt_pem_init(&reader, pem);
    do {
        struct tvt_error *into = skipped != NULL ? &passed_over : error;
        tvt_error_clear(&passed_over);
        result = tvt_pem_next(&reader, &block, into);
        blocks++;
        if (result == TVT_OK && !tvt_pem_is_certificate(block.label))
            continue;
        found += result != TVT_CLOSED;
        if (result == TVT_FAIL || (result == TVT_OK && add_block(store, &block, &added, into) != TVT_OK)) {
            if (skipped == NULL)
                return result == TVT_OK ? name_block(error, first, &block, blocks - 1) : TVT_FAIL;
            if (tvt_trust_store_takes_no_more(error, &passed_over))
                return TVT_FAIL;
            passed++;
        }
    } while (result != TVT_CLOSED);
    if (found == 0)
        return tvt_pem_not_found(error, "trust store", "a CERTIFICATE block", pem);
    if (skipped != NULL)
        *skipped = passed;
    if (added_out != NULL)
        *added_out = added;
    return TVT_OK;
}

size_t
tvt_trust_store_count(const struct tvt_trust_store *store)
{
    return store->num;
}

const struct tvt_certificate *
tvt_trust_store_get(const struct tvt_trust_store *store, size_t index)
{
    return index < store->num ? &store->anchors[index]->certificate : NULL;
}

const struct tvt_certificate *
tvt_trust_store_find(const struct tvt_trust_store *store, struct tvt_span subject, uint32_t hash,
                     const struct tvt_certificate *after)
{
    const struct anchor *anchor;
    if (store->num == 0)
        return NULL;
    /* `certificate` is the first member, so the two have one address. */
    if (after != NULL)
        anchor = ((const struct anchor *)(const void *)after)->next;
    else
        anchor = store->buckets[hash & (store->cap - 1)];
    for (; anchor != NULL; anchor = anchor->next)
        if (anchor->hash == hash && tvt_name_equal(anchor->certificate.subject, subject))
            return &anchor->certificate;
    return NULL;
}

const struct tvt_certificate *
tvt_trust_store_find_same(const struct tvt_trust_store *store, const struct tvt_certificate *certificate)
{
    const struct anchor *anchor = store->num > 0 ? store->buckets[certificate->subject_hash & (store->cap - 1)] : NULL;
    for (; anchor != NULL; anchor = anchor->next)
        if (anchor->hash == certificate->subject_hash && tvt_span_equal(anchor->certificate.der, certificate->der))
            return &anchor->certificate;
    return NULL;
}

/* ---- limits ---- */

const struct tvt_anchor_own_limits *
tvt_trust_store_limits(const struct tvt_certificate *anchor)
{
    return ((const struct anchor *)(const void *)anchor)->limits;
}

static struct tvt_anchor_own_limits *
new_limits(const struct tvt_trust_store *store, unsigned purposes, int path_len, struct tvt_span constraints)
{
    struct tvt_anchor_own_limits *own = tvt_alloc(allocator_of(store), sizeof(*own) + constraints.len);
    if (own == NULL)
        return NULL;
    own->size = sizeof(*own) + constraints.len;
    own->purposes = purposes;
    own->path_len = path_len;
    tvt_copy(own->bytes, constraints.data, constraints.len);
    own->constraints = tvt_span(own->bytes, constraints.len);
    return own;
}

static struct anchor *
find_der(const struct tvt_trust_store *store, struct tvt_span der)
{
    for (size_t i = store->num; i-- > 0;)
        if (tvt_span_equal(store->anchors[i]->certificate.der, der))
            return store->anchors[i];
    return NULL;
}

/* The limits are there before the anchor is: a failure leaves none that is trusted for more than was said. */
static enum tvt_result
add_with_limits(struct tvt_trust_store *store, struct tvt_span der, unsigned purposes, int path_len,
                struct tvt_span constraints, struct tvt_error *error)
{
    struct tvt_anchor_own_limits *own = new_limits(store, purposes, path_len, constraints);
    enum tvt_result result;
    if (own == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "trust anchor", "limits");
    result = tvt_trust_store_add_der(store, der, error);
    struct anchor *anchor = result == TVT_OK ? find_der(store, der) : NULL;
    if (anchor != NULL && anchor->limits == NULL) {
        anchor->limits = own;
        return TVT_OK;
    }
    if (anchor != NULL && (anchor->limits->purposes != purposes || anchor->limits->path_len != path_len ||
                           !tvt_span_equal(anchor->limits->constraints, constraints)))
        result = tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, "trust anchor", "limits",
                                 "this anchor has other limits already");
    tvt_release(allocator_of(store), own, own->size);
    return result;
}

enum tvt_result
tvt_trust_store_add_limited(struct tvt_trust_store *store, struct tvt_span der, const struct tvt_anchor_limits *limits,
                            struct tvt_error *error)
{
    uint8_t room[TVT_ANCHOR_CONSTRAINTS_MAX];
    struct tvt_span constraints;
    if (limits->path_len < -1 || (limits->purposes & ~(TVT_ANCHOR_SERVERS | TVT_ANCHOR_CLIENTS)) != 0)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, "trust anchor", limits->path_len < -1 ? "path_len" : "purposes");
    if (!tvt_name_constraints_write(&constraints, room, sizeof(room), limits->permitted, limits->excluded))
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, "trust anchor", "limits",
                               "names are host names and ranges of addresses, with ',' between: %.80s%s%.80s",
                               limits->permitted != NULL ? limits->permitted : "",
                               limits->permitted != NULL && limits->excluded != NULL ? "; " : "",
                               limits->excluded != NULL ? limits->excluded : "");
    return add_with_limits(store, der, limits->purposes, limits->path_len, constraints, error);
}

enum tvt_result
tvt_trust_store_add_store(struct tvt_trust_store *store, const struct tvt_trust_store *other, struct tvt_error *error)
{
    for (size_t i = 0; i < other->num; i++) {
        const struct tvt_anchor_own_limits *own = other->anchors[i]->limits;
        struct tvt_span der = other->anchors[i]->certificate.der;
        if (own == NULL ? tvt_trust_store_add_der(store, der, error) != TVT_OK
                        : add_with_limits(store, der, own->purposes, own->path_len, own->constraints, error) != TVT_OK)
            return TVT_FAIL;
    }
    for (size_t i = 0; i < other->num_crls; i++)
        if (tvt_trust_store_add_crl(store, other->crls[i], error) != TVT_OK)
            return TVT_FAIL;
    return TVT_OK;
}

/* ---- revocation lists ---- */

static bool
grow_crls(struct tvt_trust_store *store)
{
    const struct tvt_allocator *a = allocator_of(store);
    size_t cap = store->cap_crls == 0 ? FIRST_CAP : store->cap_crls * 2;
    struct tvt_crl **crls = tvt_alloc(a, cap * sizeof(struct tvt_crl *));
    if (crls == NULL)
        return false;
    tvt_copy(crls, store->crls, store->num_crls * sizeof(struct tvt_crl *));
    tvt_release(a, store->crls, store->cap_crls * sizeof(struct tvt_crl *));
    store->crls = crls;
    store->cap_crls = cap;
    return true;
}

static bool
has_crl(const struct tvt_trust_store *store, const struct tvt_crl *crl)
{
    for (size_t i = 0; i < store->num_crls; i++)
        if (store->crls[i] == crl || tvt_span_equal(store->crls[i]->der, crl->der))
            return true;
    return false;
}

enum tvt_result
tvt_trust_store_add_crl(struct tvt_trust_store *store, struct tvt_crl *crl, struct tvt_error *error)
{
    if (tvt_trust_store_check_unshared(store, error) != TVT_OK)
        return TVT_FAIL;
    if (has_crl(store, crl))
        return TVT_OK;
    if (store->num_crls >= TVT_CRLS_MAX)
        return tvt_fail_values(error, TVT_E_STORE_FULL, "trust store", "CRLs", TVT_CRLS_MAX, store->num_crls + 1);
    if (store->num_crls == store->cap_crls && !grow_crls(store))
        return tvt_fail(error, TVT_E_NO_MEMORY, "trust store", "CRLs");
    store->crls[store->num_crls++] = tvt_crl_ref(crl);
    return TVT_OK;
}

static enum tvt_result
add_crl_der(struct tvt_trust_store *store, struct tvt_span der, struct tvt_error *error)
{
    struct tvt_crl *crl;
    enum tvt_result result = tvt_crl_new(&crl, der, allocator_of(store), error);
    if (result == TVT_OK)
        result = tvt_trust_store_add_crl(store, crl, error);
    tvt_crl_unref(crl);
    return result;
}

static enum tvt_result
add_crl_block(struct tvt_trust_store *store, const struct tvt_pem_block *block, struct tvt_error *error)
{
    size_t max = tvt_pem_decoded_max(block), len;
    uint8_t *der = tvt_alloc_raw(allocator_of(store), max);
    if (der == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "CRL", NULL);
    enum tvt_result result = tvt_pem_decode(block, der, max, &len, error);
    if (result == TVT_OK)
        result = add_crl_der(store, tvt_span(der, len), error);
    tvt_release(allocator_of(store), der, max);
    return result;
}

enum tvt_result
tvt_trust_store_add_crl_bytes(struct tvt_trust_store *store, struct tvt_span bytes, size_t *added,
                              struct tvt_error *error)
{
    struct tvt_pem reader;
    struct tvt_pem_block block;
    size_t before = store->num_crls, found = 0, blocks = 0;
    bool first = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result;
    if (added != NULL)
        *added = 0;
    if (tvt_trust_store_check_unshared(store, error) != TVT_OK)
        return TVT_FAIL;
    if (bytes.len > TVT_CRL_FILE_MAX)
        return tvt_fail_values(error, TVT_E_FILE_TOO_LONG, "CRL", NULL, TVT_CRL_FILE_MAX, bytes.len);
    if (bytes.len > 0 && bytes.data[0] == TVT_DER_SEQUENCE && !tvt_pem_looks_like(bytes)) {
        if (add_crl_der(store, bytes, error) != TVT_OK)
            return TVT_FAIL;
        found = 1;
    }
    tvt_pem_init(&reader, found > 0 ? tvt_span(NULL, 0) : bytes);
    for (; (result = tvt_pem_next(&reader, &block, error)) == TVT_OK; blocks++) {
        if (!tvt_span_is(block.label, "X509 CRL"))
            continue;
        found++;
        if (add_crl_block(store, &block, error) != TVT_OK)
            return name_block(error, first, &block, blocks);
    }
    if (result == TVT_FAIL)
        return TVT_FAIL;
    if (found == 0)
        return tvt_pem_not_found(error, "CRL", "an X509 CRL block, or a list in DER,", bytes);
    if (added != NULL)
        *added = store->num_crls - before;
    return TVT_OK;
}

size_t
tvt_trust_store_count_crls(const struct tvt_trust_store *store)
{
    return store->num_crls;
}

struct tvt_crl *
tvt_trust_store_get_crl(const struct tvt_trust_store *store, size_t index)
{
    return index < store->num_crls ? store->crls[index] : NULL;
}

struct tvt_crl *
tvt_trust_store_find_crl(const struct tvt_trust_store *store, struct tvt_span issuer, uint32_t hash, size_t *place)
{
    while (*place < store->num_crls) {
        struct tvt_crl *crl = store->crls[(*place)++];
        if (crl->issuer_hash == hash && tvt_name_equal(crl->issuer, issuer))
            return crl;
    }
    return NULL;
}
