/* SPDX-License-Identifier: MIT
 *
 * Randomness: RAND_bytes, a kilobyte at a time (docs/decisions/0018). One call costs nearly as much for 64 bytes as for a
 * thousand, and a handshake draws no more: what is drawn ahead lies in a page that the kernel empties in the child of a fork
 * and leaves out of core files, any thread takes a part of it for itself, and bytes that are given out are wiped. Where
 * there is no such page, where a validated module serves, and for long draws RAND_bytes is called each time; it notices a
 * fork and has a generator for each thread.
 */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include <sys/mman.h>
#endif

#include "backends/openssl/internal.h"

#include <openssl/rand.h>

#include <string.h>

#define SHORT_DRAW 64u
#define NO_ADVICE  (-1) /* to madvise(): there is none of this number */

struct tvt_openssl_drawn {
    volatile size_t left; /* bytes at the front that were not given out; 0 in the child of a fork */
    uint8_t bytes[1024 - sizeof(size_t)];
};
#define PAGE_LEN (TVT_OPENSSL_DRAWN * sizeof(struct tvt_openssl_drawn))

void
tvt_openssl_open_random(struct tvt_openssl_random *random)
{
    random->drawn = NULL;
#if defined(__linux__) && defined(MADV_WIPEONFORK)
    void *page = mmap(NULL, PAGE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return;
    /* A system that takes any advice for good (qemu's emulation of Linux) does not do what it says: no page of it is relied on. */
    bool lies = madvise(page, PAGE_LEN, NO_ADVICE) == 0;
    if (!lies && madvise(page, PAGE_LEN, MADV_WIPEONFORK) == 0 && madvise(page, PAGE_LEN, MADV_DONTDUMP) == 0)
        random->drawn = page;
    else
        (void)munmap(page, PAGE_LEN);
#endif
}

void
tvt_openssl_close_random(struct tvt_openssl_random *random)
{
    if (random->drawn == NULL)
        return;
    OPENSSL_cleanse(random->drawn, PAGE_LEN);
#if defined(__linux__) && defined(MADV_WIPEONFORK)
    (void)munmap(random->drawn, PAGE_LEN);
#endif
    random->drawn = NULL;
}

static int
draw(uint8_t *out, size_t len)
{
    ERR_set_mark();
    while (len != 0) {
        size_t part = len < 65536 ? len : 65536;

        if (RAND_bytes(out, (int)part) <= 0)
            return tvt_openssl_end(TVT_CRYPTO_RANDOM);
        out += part;
        len -= part;
    }
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}

static int
give_out(struct tvt_openssl_drawn *drawn, uint8_t *out, size_t len)
{
    if (drawn->left < len) {
        drawn->left = 0;
        int result = draw(drawn->bytes, sizeof drawn->bytes);
        if (result != TVT_CRYPTO_OK)
            return result;
        drawn->left = sizeof drawn->bytes;
    }
    uint8_t *from = drawn->bytes + drawn->left - len;
    memcpy(out, from, len);
    OPENSSL_cleanse(from, len);
    if (drawn->left == 0) /* a signal's handler has forked: what was copied may have been empty */
        return draw(out, len);
    drawn->left -= len;
    return TVT_CRYPTO_OK;
}

int
tvt_openssl_random(struct tvt_openssl_random *random, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < TVT_OPENSSL_DRAWN && random->drawn != NULL && len <= SHORT_DRAW; i++) {
        bool busy = atomic_load_explicit(&random->busy[i], memory_order_relaxed);

        if (busy || atomic_exchange_explicit(&random->busy[i], true, memory_order_acquire))
            continue;
        int result = give_out(&random->drawn[i], out, len);
        atomic_store_explicit(&random->busy[i], false, memory_order_release);
        return result;
    }
    return draw(out, len);
}
