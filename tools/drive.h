/* SPDX-License-Identifier: MIT
 *
 * Waiting for what a call on a non-blocking SSL needs.
 */
#ifndef TVT_TOOLS_DRIVE_H
#define TVT_TOOLS_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <trivet/ssl.h>

/* Events for poll() that the call which returned `result` waits for; 0: it does not wait. */
short drive_events(const SSL *ssl, int result);
/* Waits for them. True: call again. False: the call failed, or the deadline (tvt_clock_monotonic_us) passed, which
 * raises in `error`. */
bool drive_wait(const SSL *ssl, int result, uint64_t deadline, struct tvt_error *error);
/* Raises in `error` for a handshake that ended without a record: the peer closed in order, in the middle of it. */
void drive_explain(const SSL *ssl, int result, struct tvt_error *error);

#endif
