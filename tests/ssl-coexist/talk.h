/* SPDX-License-Identifier: MIT
 *
 * Sessions, early data, pre-shared keys and exported keys, between two libraries: one source file (talk.c), compiled against the headers of
 * each, word for word the same.
 */
#ifndef TVT_TESTS_SSL_COEXIST_TALK_H
#define TVT_TESTS_SSL_COEXIST_TALK_H

#include <stdbool.h>

#define TALKS        2
#define TALK_EXPORTS 6 /* kinds of keying material */

struct talk {
    int fd[TALKS]; /* one connection after the other */
    bool server;
    const char *pki, *kind, *ciphersuite;
    unsigned char suite[2]; /* of ciphersuite */
    const char *backend;    /* of Trivet */
    bool early;             /* the second connection has early data */
    bool tls12;             /* TLS 1.2, and no other */
    /* what each connection exports: without a context, with an empty one, with one; channel binding last */
    unsigned char (*exported)[TALK_EXPORTS][32]; /* [TALKS] */
    bool psk; /* both rest on an external key; else the second on the first one's session */
};

/* True if all of it went well; else words on stderr. */
bool talk_ours(const struct talk *talk);
bool talk_theirs(const struct talk *talk);

#endif
