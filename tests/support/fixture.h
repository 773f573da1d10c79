/* SPDX-License-Identifier: MIT
 *
 * Configurations for tests of connections: a client and a server over any backends, with keys of any kind.
 */
#ifndef TVT_TESTS_SUPPORT_FIXTURE_H
#define TVT_TESTS_SUPPORT_FIXTURE_H

#include "core/handshake/config.h"
#include "tests/support/pair.h"

#define TVT_FIXTURE_TIME_MS UINT64_C(1780272000000) /* 2026-06-01, when every good certificate of vectors/pki is valid */

struct tvt_fixture_options {
    const char *client, *server;               /* backends, "+" joins an overlay; NULL: the default one              */
    const struct tvt_provider *provider[2];    /* instead of the names, by role; NULL: by name. They stay the caller's */
    const char *key;                           /* the server's chain, a directory of vectors/pki; NULL: ed25519       */
    const char *root;                          /* whose root.pem the client trusts; NULL: that of `key`               */
    const char *client_key;                    /* the client's chain; NULL: none                                      */
    const char *client_root;                   /* whose root.pem the server trusts; NULL: none                        */
    const struct tvt_allocator *allocator[2];  /* by role; NULL: malloc                                               */
};

struct tvt_fixture {
    struct tvt_config *config[2]; /* by role; to be changed until connect */
    struct tvt_pair pair;
    bool connected;
    char problem[1024]; /* why opening failed */
};

/* The bytes of vectors/<path>, kept until tvt_fixture_cleanup(); an empty span (and words on stderr) when unreadable. */
struct tvt_span tvt_fixture_file(const char *path);
/* A provider by name, opened once; NULL: there is none of that name here. Stays the fixture's. */
const struct tvt_provider *tvt_fixture_provider(const char *names);
/* True when `provider` can use the key of vectors/pki/<key>: it signs, and all of the chain can be verified. */
bool tvt_fixture_can_sign(const struct tvt_provider *provider, const char *key);
bool tvt_fixture_can_verify(const struct tvt_provider *provider, const char *key);
/* A credential of vectors/pki/<key>; the caller's. NULL: `provider` cannot load the key, or a file is missing. */
struct tvt_credential *tvt_fixture_credential(const struct tvt_provider *provider, const char *key);
/* A store with vectors/pki/<key>/root.pem; the caller's. */
struct tvt_trust_store *tvt_fixture_trust(const char *key);
/* The clock of the tests: TVT_FIXTURE_TIME_MS. */
uint64_t tvt_fixture_clock(void *user);

/* Makes the configurations. False: `problem` says why. */
bool tvt_fixture_open(struct tvt_fixture *f, const struct tvt_fixture_options *options);
/* Makes the connections; the server's name is "localhost". */
bool tvt_fixture_connect(struct tvt_fixture *f);
/* connect, and the whole handshake. */
bool tvt_fixture_handshake(struct tvt_fixture *f);
void tvt_fixture_close(struct tvt_fixture *f);
/* Frees the files and providers that were kept; a suite calls it at its end. */
void tvt_fixture_cleanup(void);

static inline struct tvt_connection *
tvt_fixture_end(const struct tvt_fixture *f, enum tvt_role role)
{
    return f->pair.end[role].connection;
}

/* The error of an end in one line, in a static buffer. */
const char *tvt_fixture_error(const struct tvt_fixture *f, enum tvt_role role);

#endif
