/* SPDX-License-Identifier: MIT
 *
 * What provider.h promises of a hash, for each one that a backend lists.
 */
#include "tests/kit/kit.h"

#include <string.h>

static struct kit_context one, two;
static uint8_t message[3000];

static void
for_each_hash(void (*test)(const struct tvt_hash *hash))
{
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7 + i / 256);
    for (int row = KIT_SHA256; row <= KIT_SHA512; row++) {
        if (!kit_begin((enum kit_row)row))
            continue;
        kit_arm(&one);
        kit_arm(&two);
        test(kit_hash_of(kit.now, (enum kit_row)row));
    }
}

static void
whole(const struct tvt_hash *hash, size_t len, uint8_t *out)
{
    kit_ok("setup", hash->setup(hash, two.memory));
    hash->update(two.memory, message, len);
    kit_ok("final", hash->final(two.memory, out));
    hash->teardown(two.memory);
}

static void
pieces(const struct tvt_hash *hash)
{
    static const size_t sizes[] = {1, 3, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000};
    uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        whole(hash, sizeof message, a);
        kit_ok("setup", hash->setup(hash, one.memory));
        for (size_t at = 0; at < sizeof message; at += sizes[i])
            hash->update(one.memory, message + at, sizeof message - at < sizes[i] ? sizeof message - at : sizes[i]);
        kit_ok("final", hash->final(one.memory, b));
        hash->teardown(one.memory);
        kit_equal("digest in pieces", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    }
    kit_guarded(&one, hash->ctx_size);
}

static void
reset(const struct tvt_hash *hash)
{
    uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

    whole(hash, 100, a);
    kit_ok("setup", hash->setup(hash, one.memory));
    hash->update(one.memory, message, 777);
    hash->reset(one.memory); /* in the middle */
    hash->update(one.memory, message, 100);
    kit_ok("final", hash->final(one.memory, b));
    kit_equal("after a reset in the middle", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    for (int i = 0; i < 3; i++) {
        hash->reset(one.memory); /* after final */
        hash->update(one.memory, message, 100);
        kit_ok("final", hash->final(one.memory, b));
        kit_equal("after final and reset", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    }
    hash->teardown(one.memory);
    kit_guarded(&one, hash->ctx_size);
}

static void
copy(const struct tvt_hash *hash)
{
    static struct kit_context other;
    uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

    kit_arm(&other);
    kit_ok("setup", hash->setup(hash, one.memory));
    kit_ok("setup", hash->setup(hash, other.memory));
    for (size_t at = 0; at <= 300; at += 50) { /* a transcript with its snapshots */
        hash->copy(other.memory, one.memory);
        kit_ok("final of the copy", hash->final(other.memory, b));
        whole(hash, at, a);
        kit_equal("snapshot", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
        hash->update(one.memory, message + at, 50);
    }
    hash->copy(other.memory, one.memory); /* then the two go different ways */
    hash->update(other.memory, message + 350, 20);
    kit_ok("final of the source", hash->final(one.memory, b));
    whole(hash, 350, a);
    kit_equal("the source", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    kit_ok("final of the copy", hash->final(other.memory, b));
    whole(hash, 370, a);
    kit_equal("the copy", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    hash->teardown(one.memory);
    hash->teardown(other.memory);
    kit_guarded(&other, hash->ctx_size);
}

/* final() and copy() out of a finished context: each context stands on its own. */
static void
copy_revives(const struct tvt_hash *hash)
{
    static struct kit_context fresh;
    uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

    whole(hash, 64, a);
    kit_ok("setup", hash->setup(hash, one.memory));
    kit_ok("setup", hash->setup(hash, fresh.memory));
    hash->update(one.memory, message, 64);
    kit_ok("final of an unrelated message", hash->final(fresh.memory, b));
    hash->copy(fresh.memory, one.memory);
    hash->teardown(one.memory); /* the source may go first */
    kit_ok("final", hash->final(fresh.memory, b));
    kit_equal("copied into a finished context", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    hash->teardown(fresh.memory);
}

static void
empty(const struct tvt_hash *hash)
{
    uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

    whole(hash, 0, a);
    kit_ok("setup", hash->setup(hash, one.memory));
    hash->update(one.memory, NULL, 0);
    hash->update(one.memory, NULL, 0);
    kit_ok("final after NULL", hash->final(one.memory, b));
    kit_equal("NULL is the empty string", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    hash->reset(one.memory);
    hash->update(one.memory, message, 10);
    hash->update(one.memory, NULL, 0);
    hash->update(one.memory, message + 10, 10);
    kit_ok("final", hash->final(one.memory, b));
    whole(hash, 20, a);
    kit_equal("NULL in the middle", tvt_span(a, hash->out_len), tvt_span(b, hash->out_len));
    hash->teardown(one.memory);
}

/* The digest state of a secret input is a secret: nothing of the message or the digest may stay. */
static void
wiped(const struct tvt_hash *hash)
{
    static const char secret[] = "the secret that was hashed here!";
    uint8_t out[TVT_HASH_MAX];

    kit_ok("setup", hash->setup(hash, one.memory));
    hash->update(one.memory, secret, sizeof secret - 1);
    hash->teardown(one.memory);
    kit_check(!kit_contains(one.memory, hash->ctx_size, secret, 8), "the message is left after teardown");
    kit_ok("setup", hash->setup(hash, one.memory));
    hash->update(one.memory, secret, sizeof secret - 1);
    kit_ok("final", hash->final(one.memory, out));
    hash->teardown(one.memory);
    kit_check(!kit_contains(one.memory, hash->ctx_size, out, 8), "the digest is left after teardown");
    kit_guarded(&one, hash->ctx_size);
}

static void
test_pieces(void)
{
    for_each_hash(pieces);
}
static void
test_reset(void)
{
    for_each_hash(reset);
}
static void
test_copy(void)
{
    for_each_hash(copy);
}
static void
test_copy_revives(void)
{
    for_each_hash(copy_revives);
}
static void
test_empty(void)
{
    for_each_hash(empty);
}
static void
test_wiped(void)
{
    for_each_hash(wiped);
}

const struct kit_case kit_contract_hash[] = {{"pieces of every size give one digest", test_pieces},
                                             {"reset, in the middle and after final", test_reset},
                                             {"copy: snapshots, then two ways", test_copy},
                                             {"copy into a finished context, source gone", test_copy_revives},
                                             {"NULL and zero length", test_empty},
                                             {"teardown wipes", test_wiped},
                                             {NULL, NULL}};
