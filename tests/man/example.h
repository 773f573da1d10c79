/* SPDX-License-Identifier: MIT
 *
 * What the example of a man page finds, and how it is run. The headers are those that any program has; the function's name
 * says what it is given:
 *
 *   example(SSL *)         a client over a socket pair, with trust and name, not connected; the peer echoes until close_notify
 *   example_accept(SSL *)  a server with a certificate, over a socket pair; the peer connects, writes "hello\n", reads an
 *                          answer, closes
 *   example_ctx(SSL_CTX *) a new SSL_CTX of TLS_method()
 *   example_plain(void)    nothing
 *
 * The working directory has root.pem, chain.pem and key.pem (Ed25519, for localhost) and list.pem (a revocation
 * list of the chain's intermediate), and may be written to. It returns 1.
 */
#ifndef TESTS_MAN_EXAMPLE_H
#define TESTS_MAN_EXAMPLE_H

#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <trivet/bio.h>
#include <trivet/certs.h>
#include <trivet/compat.h>
#include <trivet/error.h>
#include <trivet/provider.h>
#include <trivet/session.h>
#include <trivet/ssl.h>
#include <trivet/tls.h>
#include <trivet/x509.h>

struct man_example {
    const char *page;
    int (*connection)(SSL *ssl);
    int (*context)(SSL_CTX *ctx);
    int (*plain)(void);
    bool accepts; /* of `connection`: a server */
};

#endif
