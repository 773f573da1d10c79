/* SPDX-License-Identifier: MIT
 *
 * Sessions by key: chains of entries from one array, and a list through them by age.
 */
#include "core/session/table.h"

#include "core/base/wire.h"

#include <string.h>

#define NONE       UINT32_MAX
#define KEY_WITHIN 48u /* bytes of a key that an entry has room for; a longer one has memory of its own */

struct tvt_table_entry {
    struct tvt_session *session;
    uint8_t *long_key; /* NULL: the key is in `key` */
    size_t key_len;
    uint32_t next; /* of its chain, or of the free ones */
    uint32_t older, newer;
    uint8_t key[KEY_WITHIN];
};

/* FNV-1a. Who chooses the keys can make chains long, but no longer than the table. */
static uint32_t
bucket_of(const struct tvt_session_table *table, struct tvt_span key)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.data[i]) * 16777619u;
    return (hash ^ hash >> 16) & (table->num_buckets - 1);
}

static struct tvt_span
key_of(const struct tvt_table_entry *entry)
{
    return tvt_span(entry->long_key != NULL ? entry->long_key : entry->key, entry->key_len);
}

bool
tvt_table_init(struct tvt_session_table *table, size_t capacity)
{
    memset(table, 0, sizeof *table);
    if (capacity == 0 || capacity > TVT_TABLE_CAPACITY_MAX)
        return false;
    table->capacity = (uint32_t)capacity;
    for (table->num_buckets = 1; table->num_buckets < table->capacity;)
        table->num_buckets *= 2;
    table->entries = tvt_alloc(NULL, capacity * sizeof *table->entries);
    table->buckets = tvt_alloc(NULL, table->num_buckets * sizeof *table->buckets);
    if (table->entries == NULL || table->buckets == NULL) {
        tvt_table_free(table);
        return false;
    }
    memset(table->buckets, 0xff, table->num_buckets * sizeof *table->buckets); /* NONE */
    for (uint32_t i = 0; i < table->capacity; i++)
        table->entries[i].next = i + 1 < table->capacity ? i + 1 : NONE;
    table->oldest = table->newest = NONE;
    return true;
}

/* Takes an entry out of the list by age and puts it to the free ones; it is out of its chain already. */
static struct tvt_session *
retire(struct tvt_session_table *table, uint32_t index)
{
    struct tvt_table_entry *entry = &table->entries[index];
    struct tvt_session *session = entry->session;

    *(entry->older != NONE ? &table->entries[entry->older].newer : &table->oldest) = entry->newer;
    *(entry->newer != NONE ? &table->entries[entry->newer].older : &table->newest) = entry->older;
    tvt_release(NULL, entry->long_key, entry->key_len);
    memset(entry, 0, sizeof *entry);
    entry->next = table->unused;
    table->unused = index;
    table->count--;
    return session;
}

void
tvt_table_free(struct tvt_session_table *table)
{
    while (table->count > 0)
        tvt_session_unref(retire(table, table->oldest));
    tvt_release(NULL, table->entries, table->capacity * sizeof(struct tvt_table_entry));
    tvt_release(NULL, table->buckets, table->num_buckets * sizeof *table->buckets);
    memset(table, 0, sizeof *table);
}

static struct tvt_session *
take_oldest(struct tvt_session_table *table)
{
    uint32_t index = table->oldest;
    uint32_t *link = &table->buckets[bucket_of(table, key_of(&table->entries[index]))];

    while (*link != index)
        link = &table->entries[*link].next;
    *link = table->entries[index].next;
    return retire(table, index);
}

bool
tvt_table_put(struct tvt_session_table *table, struct tvt_span key, struct tvt_session *session,
              struct tvt_session **dropped)
{
    uint8_t *long_key = NULL;

    *dropped = NULL;
    if (key.len > KEY_WITHIN) {
        long_key = tvt_alloc(NULL, key.len);
        if (long_key == NULL)
            return false;
        memcpy(long_key, key.data, key.len);
    }
    if (table->unused == NONE)
        *dropped = take_oldest(table);
    uint32_t index = table->unused, *bucket = &table->buckets[bucket_of(table, key)];
    struct tvt_table_entry *entry = &table->entries[index];
    table->unused = entry->next;
    entry->session = tvt_session_ref(session);
    entry->long_key = long_key;
    entry->key_len = key.len;
    if (long_key == NULL)
        tvt_copy(entry->key, key.data, key.len);
    entry->next = *bucket;
    *bucket = index;
    entry->newer = NONE;
    entry->older = table->newest;
    *(table->newest != NONE ? &table->entries[table->newest].newer : &table->oldest) = index;
    table->newest = index;
    table->count++;
    return true;
}

/* What leads to the newest of a key; NONE stands there where there is none. */
static uint32_t *
find_link(const struct tvt_session_table *table, struct tvt_span key)
{
    uint32_t *link = &table->buckets[bucket_of(table, key)];

    while (*link != NONE && !tvt_span_equal(key_of(&table->entries[*link]), key))
        link = &table->entries[*link].next;
    return link;
}

struct tvt_session *
tvt_table_find(const struct tvt_session_table *table, struct tvt_span key)
{
    uint32_t index = *find_link(table, key);

    return index != NONE ? table->entries[index].session : NULL;
}

struct tvt_session *
tvt_table_take(struct tvt_session_table *table, struct tvt_span key)
{
    uint32_t *link = find_link(table, key);

    if (*link == NONE)
        return NULL;
    uint32_t index = *link;
    *link = table->entries[index].next;
    return retire(table, index);
}
