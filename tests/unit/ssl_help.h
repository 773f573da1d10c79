/* SPDX-License-Identifier: MIT
 *
 * Two SSLs in one thread, joined by byte queues that can be slow, full, broken or at their end.
 */
#ifndef TVT_TESTS_UNIT_SSL_HELP_H
#define TVT_TESTS_UNIT_SSL_HELP_H

#include <trivet/ssl.h>
#include <trivet/tls.h>

#define WIRE_MAX (1u << 18)

/* What one side's BIO does. */
struct tap {
    struct tap *peer;
    uint8_t *bytes; /* on their way to this side */
    size_t len;
    size_t total;   /* bytes that this side ever wrote            */
    unsigned writes, flushes;
    size_t chunk;   /* most bytes at a time; 0: all               */
    bool stutter;   /* every other call says "retry"              */
    bool held;      /* the last one did                           */
    bool eof;       /* the end follows the last byte              */
    int read_errno, write_errno; /* fail with it; 0: no           */
    size_t room;    /* bytes that may still be written            */
    unsigned quick_acks; /* times that an acknowledgement was asked for */
    size_t len_at_ack;   /* bytes that waited to be read then           */
};

struct duo {
    SSL_CTX *ctx[2]; /* TVT_CLIENT, TVT_SERVER */
    SSL *ssl[2];
    struct tap tap[2];
};

/* Path of a file of the test certificates; static buffers, four of them in turn. */
const char *pki(const char *name);
/* Path of <kind>/<file>, from the same buffers. */
const char *pki_file(const char *kind, const char *file);
/* Directory of the good chain that the default backend signs and verifies: "ec256", or "ed25519" without P-256. */
const char *good_kind(void);
/* The one of two directories that goes with it. */
const char *kind_of_two(const char *p256, const char *ed25519);
/* A context over `backend` (NULL: the default): a client trusts <kind>/root.pem, a server has <kind>'s chain and key.
 * */
SSL_CTX *make_ctx(int role, const char *backend, const char *kind);

/* Both contexts over the default backend with `kind`, and the SSLs: the client for "localhost". */
bool duo_open(struct duo *d, const char *kind);
/* SSLs of the contexts that `d` holds already. */
bool duo_connect(struct duo *d);
void duo_close(struct duo *d);
/* One of contexts that others use, too, without SSLs until duo_again(); duo_close() gives its references back. */
void duo_share(struct duo *d, SSL_CTX *const ctx[2]);
/* New SSLs of the same contexts, in place of the old ones. */
bool duo_again(struct duo *d);
/* The same BIO, but of the type of a socket. */
const BIO_METHOD *duo_socket(void);
/* Calls `test` with both contexts over each backend of this build, open and not connected; they are closed behind it. */
void duo_each_backend(void (*test)(struct duo *d));
/* The server writes a word and the client reads it: what a server withholds until its first write is there then. */
bool duo_first_word(struct duo *d);
/* Both handshakes turn by turn, until both returned 1 (true) or nothing moves (false); results in r[2]. */
bool duo_handshake(struct duo *d, int r[2]);
/* Opened and shaken hands. */
bool duo_ready(struct duo *d, const char *kind);
/* Writes all of it at `from`, over WANT_WRITE, and reads it at the other side; true if it is the same. */
bool duo_move(struct duo *d, int from, const void *data, size_t len);
/* Puts wire bytes in front of `to`. */
void duo_inject(struct duo *d, int to, const void *bytes, size_t len);

/* Code of the SSL's record. */
enum tvt_error_code code_of(const SSL *ssl);
void pattern(uint8_t *out, size_t len, unsigned seed);

#endif
