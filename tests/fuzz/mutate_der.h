/* SPDX-License-Identifier: MIT
 *
 * Mutation of DER: what a fuzzer does to bytes breaks a length nearly always, and the reader stops there. Here one value
 * inside the tree is changed, and the lengths around it are made right, so that the change reaches the code behind the reader.
 */
#ifndef TVT_TESTS_FUZZ_MUTATE_DER_H
#define TVT_TESTS_FUZZ_MUTATE_DER_H

#include <stddef.h>
#include <stdint.h>

/* Longest input whose tree is looked at; a longer one is changed as bytes. */
#define MUTATE_DER_MAX 32768u

/* Changes the `len` bytes at `data`, of which there is room for `max`: one time in four as bytes, else as a tree of DER.
 * `seed` chooses what and where. The new length, at most `max`. */
size_t mutate_der(uint8_t *data, size_t len, size_t max, unsigned seed);

/* libFuzzer's own mutation of bytes, the new length. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

/* libFuzzer calls these, where a target has them, instead of its own. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t len, const uint8_t *other, size_t other_len, uint8_t *out,
                                 size_t max, unsigned seed);

#endif
