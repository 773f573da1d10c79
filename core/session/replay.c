/* SPDX-License-Identifier: MIT
 *
 * ClientHello recording in the memory of this process (RFC 9846 8.2): exact, bounded, and sure or silent - where it cannot
 * know, it says "seen".
 *
 * Ids stand in chains of slots from one array; a heap by the time until which they must be remembered finds the ones that
 * may be forgotten. An open table would be smaller, but fills with ids that are over and not yet met again, and a search of
 * a full one takes as long as it is large, which a hostile client could make happen at every ClientHello.
 */
#include "core/base/wire.h"
#include "core/session/lock.h"
#include "core/session/table.h"

#include <string.h>

#define NONE     UINT32_MAX
#define FOR_GOOD UINT64_MAX /* until_ms of an id that has no age: of an external PSK */
/* Forgotten so long after its time: a thread that read the clock a little earlier still finds what it asks for. */
#define SLACK_MS UINT64_C(1000)

struct slot {
    uint8_t id[TVT_REPLAY_ID_LEN];
    uint64_t until_ms;
    uint32_t next; /* of its chain */
};

struct tvt_replay_memory {
    struct tvt_replay port;
    struct tvt_lock lock;
    uint64_t born_ms, window_ms;
    uint64_t forgotten_ms; /* latest until_ms of an id that was forgotten */
    struct slot *slots;
    uint32_t *heap;      /* indexes of slots: [0, count) in use, earliest first; behind them the free ones */
    uint32_t *chains;    /* first slot of each */
    uint32_t num_chains; /* a power of two     */
    uint32_t capacity, count;
};

/* An id is the output of a MAC: any of its bytes will do. A client that searches for ids of one chain pays for each with
 * handshake hashing, and makes us compare one id more. */
static uint32_t *
chain_of(struct tvt_replay_memory *m, const uint8_t *id)
{
    return &m->chains[((uint32_t)tvt_load_u16(id) << 16 | tvt_load_u16(id + 2)) & (m->num_chains - 1)];
}

/* ---- the heap ---------------------------------------------------------------------------------------------- */

static bool
earlier(const struct tvt_replay_memory *m, uint32_t a, uint32_t b)
{
    return m->slots[m->heap[a]].until_ms < m->slots[m->heap[b]].until_ms;
}

static void
swap(struct tvt_replay_memory *m, uint32_t a, uint32_t b)
{
    uint32_t index = m->heap[a];

    m->heap[a] = m->heap[b];
    m->heap[b] = index;
}

static void
sift_up(struct tvt_replay_memory *m, uint32_t at)
{
    for (; at > 0 && earlier(m, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(m, at, (at - 1) / 2);
}

static void
sift_down(struct tvt_replay_memory *m, uint32_t at)
{
    for (uint32_t child = 2 * at + 1; child < m->count; child = 2 * at + 1) {
        if (child + 1 < m->count && earlier(m, child + 1, child))
            child++;
        if (!earlier(m, child, at))
            return;
        swap(m, child, at);
        at = child;
    }
}

/* ---- ids --------------------------------------------------------------------------------------------------- */

static bool
is_there(struct tvt_replay_memory *m, const uint8_t *id)
{
    for (uint32_t i = *chain_of(m, id); i != NONE; i = m->slots[i].next)
        if (memcmp(m->slots[i].id, id, TVT_REPLAY_ID_LEN) == 0)
            return true;
    return false;
}

static void
forget_earliest(struct tvt_replay_memory *m)
{
    uint32_t index = m->heap[0], *link = chain_of(m, m->slots[index].id);

    while (*link != index)
        link = &m->slots[*link].next;
    *link = m->slots[index].next;
    if (m->slots[index].until_ms > m->forgotten_ms)
        m->forgotten_ms = m->slots[index].until_ms;
    m->count--;
    swap(m, 0, m->count);
    sift_down(m, 0);
}

static void
record(struct tvt_replay_memory *m, const uint8_t *id, uint64_t until_ms)
{
    uint32_t index = m->heap[m->count], *chain = chain_of(m, id);

    memcpy(m->slots[index].id, id, TVT_REPLAY_ID_LEN);
    m->slots[index].until_ms = until_ms;
    m->slots[index].next = *chain;
    *chain = index;
    m->count++;
    sift_up(m, m->count - 1);
}

/* With the lock held. */
static enum tvt_result
ask(struct tvt_replay_memory *m, const uint8_t *id, uint64_t now_ms, uint64_t until_ms)
{
    if (until_ms == FOR_GOOD) /* what came before its birth it cannot know, and no age ever tells */
        return TVT_FAIL;
    /* A ClientHello is fresh from one window before its time to one after it (RFC 9846 8.3): what was taken just before our
     * birth may come again until both are over. */
    if (now_ms < m->born_ms || now_ms - m->born_ms < 2 * m->window_ms)
        return TVT_FAIL;
    while (m->count > 0 && m->slots[m->heap[0]].until_ms < now_ms && now_ms - m->slots[m->heap[0]].until_ms >= SLACK_MS)
        forget_earliest(m);
    if (now_ms <= m->forgotten_ms) /* the clock was set back: it may be one of those that were forgotten */
        return TVT_FAIL;
    if (is_there(m, id) || m->count == m->capacity)
        return TVT_FAIL;
    record(m, id, until_ms);
    return TVT_OK;
}

static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    struct tvt_replay_memory *m = user;

    tvt_lock_take(&m->lock);
    enum tvt_result result = ask(m, id, now_ms, until_ms);
    tvt_lock_give(&m->lock);
    return result;
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static bool
make_slots(struct tvt_replay_memory *m, size_t capacity)
{
    m->capacity = (uint32_t)capacity;
    for (m->num_chains = 1; m->num_chains < m->capacity;)
        m->num_chains *= 2;
    m->slots = tvt_alloc(NULL, capacity * sizeof *m->slots);
    m->heap = tvt_alloc(NULL, capacity * sizeof *m->heap);
    m->chains = tvt_alloc(NULL, m->num_chains * sizeof *m->chains);
    if (m->slots == NULL || m->heap == NULL || m->chains == NULL)
        return false;
    for (uint32_t i = 0; i < m->capacity; i++)
        m->heap[i] = i;
    memset(m->chains, 0xff, m->num_chains * sizeof *m->chains); /* NONE */
    return true;
}

enum tvt_result
tvt_replay_memory_new(struct tvt_replay_memory **out, size_t capacity, uint64_t now_ms, uint32_t window_ms,
                      const struct tvt_mutex *mutex, struct tvt_error *error)
{
    *out = NULL;
    if (capacity == 0 || capacity > TVT_TABLE_CAPACITY_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, "replay memory", "capacity", TVT_TABLE_CAPACITY_MAX,
                               capacity);
    struct tvt_replay_memory *m = tvt_alloc(NULL, sizeof *m);
    if (m == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "replay memory", NULL);
    m->born_ms = now_ms;
    m->window_ms = window_ms;
    if (!make_slots(m, capacity) || !tvt_lock_make(&m->lock, mutex)) {
        tvt_replay_memory_free(m);
        return tvt_fail(error, TVT_E_NO_MEMORY, "replay memory", NULL);
    }
    m->port.user = m;
    m->port.first_time = first_time;
    *out = m;
    return TVT_OK;
}

void
tvt_replay_memory_free(struct tvt_replay_memory *memory)
{
    if (memory == NULL)
        return;
    tvt_release(NULL, memory->slots, memory->capacity * sizeof *memory->slots);
    tvt_release(NULL, memory->heap, memory->capacity * sizeof *memory->heap);
    tvt_release(NULL, memory->chains, memory->num_chains * sizeof *memory->chains);
    tvt_lock_free(&memory->lock);
    tvt_release(NULL, memory, sizeof *memory);
}

const struct tvt_replay *
tvt_replay_memory_port(struct tvt_replay_memory *memory)
{
    return &memory->port;
}
