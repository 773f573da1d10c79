/* SPDX-License-Identifier: MIT
 *
 * From SSL_get_error() to poll().
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/drive.h"

#include "core/base/error.h"
#include "tools/net.h"

#include <errno.h>
#include <poll.h>

short
drive_events(const SSL *ssl, int result)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return POLLIN;
    case SSL_ERROR_WANT_WRITE:
        return POLLOUT;
    default:
        return 0;
    }
}

bool
drive_wait(const SSL *ssl, int result, uint64_t deadline, struct tvt_error *error)
{
    struct pollfd p = {.fd = SSL_get_fd(ssl), .events = drive_events(ssl, result)};
    if (p.events == 0)
        return false;
    for (;;) {
        int n = poll(&p, 1, net_poll_time(deadline));
        if (n > 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        (void)tvt_fail_os(error, TVT_E_IO_READ, NULL, NULL, n < 0 ? errno : ETIMEDOUT,
                          "the peer did not answer in time");
        return false;
    }
}

void
drive_explain(const SSL *ssl, int result, struct tvt_error *error)
{
    if (SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN)
        (void)tvt_fail_detail(error, TVT_E_EOF_IN_HANDSHAKE, NULL, NULL, "it said so with close_notify");
}
