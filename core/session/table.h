/* SPDX-License-Identifier: MIT
 *
 * Sessions by a key of bytes, a bounded number, the oldest dropped first: what a client's store and a server's cache are
 * made of. Not locked.
 */
#ifndef TVT_CORE_SESSION_TABLE_H
#define TVT_CORE_SESSION_TABLE_H

#include "core/session/session.h"

#define TVT_TABLE_CAPACITY_MAX (1u << 24) /* sessions */

struct tvt_table_entry;
struct tvt_session_table {
    struct tvt_table_entry *entries;
    uint32_t *buckets;       /* first entry of each chain, newest first          */
    uint32_t num_buckets;    /* a power of two                                   */
    uint32_t capacity, count;
    uint32_t oldest, newest; /* ends of the list by age                          */
    uint32_t unused;         /* first of the list of free entries                */
};

TVT_MUST_USE bool tvt_table_init(struct tvt_session_table *table, size_t capacity); /* capacity 1..; false: no memory */
void tvt_table_free(struct tvt_session_table *table); /* releases what it holds; a zeroed one is allowed */

/* Adds one, taking a reference. *dropped: the oldest, if it had to go, for the caller to release; else NULL.
 * False: no memory, nothing changed. */
TVT_MUST_USE bool tvt_table_put(struct tvt_session_table *table, struct tvt_span key, struct tvt_session *session,
                                struct tvt_session **dropped);
/* The newest of a key, for the caller to reference while nothing changes the table; NULL: none. */
struct tvt_session *tvt_table_find(const struct tvt_session_table *table, struct tvt_span key);
/* Takes out the newest of a key, with its reference; NULL: none. */
struct tvt_session *tvt_table_take(struct tvt_session_table *table, struct tvt_span key);

#endif
