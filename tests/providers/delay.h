/* SPDX-License-Identifier: MIT
 *
 * The delaying provider (tests only): every operation that may say PENDING does so a random number of times before it
 * answers - signers made by its load_key(), and, through the callbacks below, verdicts, look-ups of keys and sessions, and
 * the memory against replays. The numbers come from a seed, so that a run can be repeated.
 */
#ifndef TVT_TESTS_PROVIDERS_DELAY_H
#define TVT_TESTS_PROVIDERS_DELAY_H

#include <trivet/tls.h>

/* Wraps `inner` (borrowed, outlives it). `most`: times that one operation says PENDING at most. NULL: no memory. */
struct tvt_provider *tvt_delay_new(const struct tvt_provider *inner, unsigned most, uint32_t seed);
/* Operations begun and not ended; PENDINGs said; operations cancelled. */
unsigned tvt_delay_open(const struct tvt_provider *delay);
unsigned tvt_delay_pending(const struct tvt_provider *delay);
unsigned tvt_delay_cancelled(const struct tvt_provider *delay);

/* A wait that a callback can use: PENDING a random number of times, then TVT_OK, then anew. */
struct tvt_delay_wait {
    struct tvt_provider *delay;
    unsigned left;
    bool begun;
    unsigned answered; /* TVT_OKs */
};
enum tvt_result tvt_delay_wait(struct tvt_delay_wait *wait);
/* A verdict that accepts, late; user: a struct tvt_delay_wait. */
tvt_verdict_callback tvt_delay_verdict;

#endif
