/* SPDX-License-Identifier: MIT
 *
 * The half of the program that is compiled against OpenSSL's headers.
 */
#ifndef TVT_TESTS_SSL_COEXIST_THEIRS_H
#define TVT_TESTS_SSL_COEXIST_THEIRS_H

#include <stdbool.h>

/* libssl at one end of a connection over `fd`: handshake with the certificates of directory `pki`/`kind`, one message
 * echoed, shutdown in order. `ciphersuite` and `group` (may be NULL) are the only ones allowed. True if all of it went
 * well; else words on stderr. */
bool their_server(int fd, const char *pki, const char *kind, const char *ciphersuite, const char *group);
bool their_client(int fd, const char *pki, const char *kind, const char *ciphersuite, const char *group);

#endif
