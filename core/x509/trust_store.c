/* SPDX-License-Identifier: MIT
 *
 * Trust anchors in a hash table over their subjects, as RFC 5280 7.1 compares them. Every anchor is a block of its own, so that pointers to it stay
 * good while the store grows.
 */
#include "core/x509/trust_store.h"

#include "core/base/memory.h"
#include "core/x509/name.h"
#include "core/x509/pem.h"

#include <stdatomic.h>
#include <string.h>

struct anchor {
    struct tvt_certificate certificate;
    struct anchor *next; /* in the same bucket, in the order of adding */
    uint32_t hash;       /* of the subject: a peer chooses what is looked up, never what is in the table */
    size_t size;         /* bytes of this block, the DER behind the struct included */
    uint8_t der[];
};

struct tvt_trust_store {
    struct tvt_allocator allocator;
    struct anchor **anchors; /* in the order of adding */
    struct anchor **buckets;
    size_t num, cap; /* cap: of `anchors`; 0 or a power of two, and as many buckets */
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

void
tvt_trust_store_unref(struct tvt_trust_store *store)
{
    struct tvt_allocator allocator;
    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    allocator = store->allocator;
    const struct tvt_allocator *a = allocator.alloc != NULL ? &allocator : NULL;
    for (size_t i = 0; i < store->num; i++)
        tvt_release(a, store->anchors[i], store->anchors[i]->size);
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
        if (first)
            error->origin = TVT_ORIGIN_CALLER;
        drop_anchor(store, anchor);
        return TVT_FAIL;
    }
    if (tvt_trust_store_find_same(store, &anchor->certificate) != NULL) {
        drop_anchor(store, anchor);
        return TVT_OK;
    }
    if (store->num >= TVT_ANCHORS_MAX || (store->num == store->cap && !grow(store))) {
        drop_anchor(store, anchor);
        return tvt_fail_values(error, TVT_E_NO_MEMORY, "trust store", "anchors", TVT_ANCHORS_MAX, store->num);
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

enum tvt_result
tvt_trust_store_add_pem(struct tvt_trust_store *store, struct tvt_span pem, size_t *added_out, size_t *skipped,
                        struct tvt_error *error)
{
    struct tvt_pem reader;
    struct tvt_pem_block block;
    struct tvt_error passed_over; /* what a call that skips does not report */
    size_t added = 0, found = 0, passed = 0;
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
        if (result == TVT_OK && !tvt_pem_is_certificate(block.label))
            continue;
        found += result != TVT_CLOSED;
        if (result == TVT_FAIL || (result == TVT_OK && add_block(store, &block, &added, into) != TVT_OK)) {
            if (skipped == NULL)
                return TVT_FAIL;
            if (passed_over.code == TVT_E_NO_MEMORY)
                return tvt_fail(error, TVT_E_NO_MEMORY, "trust store", "anchors");
            passed++;
        }
    } while (result == TVT_OK); /* behind a broken block nothing is certain: the text ends there */
    if (found == 0)
        return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, "trust store", NULL, "a CERTIFICATE block is needed");
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
