/* SPDX-License-Identifier: MIT
 *
 * What the parts of the benchmark share: options, clock, medians, the report, and one client and server of ours.
 *
 * Everything that is compared is measured in turns in one run, and the median of all turns counts: another program that
 * takes the processor away hits a few turns of each, not the median. No figure is ever a reason to fail.
 */
#ifndef TVT_TESTS_BENCH_BENCH_H
#define TVT_TESTS_BENCH_BENCH_H

#include "core/base/registry.h"
#include "core/x509/certificate.h"
#include "core/x509/private_key.h"
#include <trivet/tls.h>
#include <trivet/x509.h>

#include <stdio.h>

#define BENCH_NAME    "localhost"
#define BENCH_TIME_MS UINT64_C(1795000000000) /* a time at which the test certificates are valid */

struct bench_options {
    double seconds;      /* of one measurement */
    const char *backend; /* NULL: all */
    const char *only;    /* NULL: all */
};

/* ---- clock and medians (stats.c) ----------------------------------------------------------------------------- */

uint64_t bench_now(void);        /* ns, of this thread's turn on the wall */
uint64_t bench_thread_cpu(void); /* ns that this thread had the processor */

#define BENCH_SAMPLES_MAX 16384u
struct bench_samples {
    double *value;
    size_t num;
};
void bench_samples_init(struct bench_samples *s);
void bench_samples_free(struct bench_samples *s);
void bench_sample(struct bench_samples *s, double value); /* passed over when there are enough */
double bench_median(struct bench_samples *s);             /* 0 without samples; changes the order */

/* ---- report (report.c) ----------------------------------------------------------------------------------------- */

void bench_progress(const char *format, ...) TVT_PRINTF(1, 2); /* a line on stderr */
void bench_heading(const char *title, const char *columns);
/* A cell for the JSON file: group "handshake", row "openssl", measure "client_us". */
void bench_record(const char *group, const char *row, const char *measure, double value);
/* The verdict word of a mark: "ok" or "MISSED"; recorded too. */
const char *bench_mark(const char *group, const char *row, const char *mark, bool holds);
bool bench_write_json(const char *path);
TVT_MUST_USE bool bench_has_name(const char *list, const char *name); /* `list`: names joined by ',', NULL: every one */

/* ---- one client and server (peer.c) ---------------------------------------------------------------------------- */

struct bench_case {
    const char *row;     /* "openssl"                                                                            */
    const char *backend; /* "libsodium+openssl"                                                                  */
    const char *suite;   /* "TLS_AES_128_GCM_SHA256"                                                             */
    const char *group;   /* "x25519"; names joined by colon, of which the first one is taken                     */
    const char *pki;     /* directory below vectors/pki                                                          */
    const char *root;    /* file that is trusted: the issuer of the leaf                                         */
};

/* Bytes counted through an allocator of the configuration: the core's own. */
struct bench_core_heap {
    size_t now, peak;
    uint64_t allocations;
};

struct bench_peers {
    const struct bench_case *what;
    struct tvt_provider *provider;
    struct tvt_trust_store *trust;
    struct tvt_credential *credential;
    struct tvt_config *config[2]; /* TVT_CLIENT, TVT_SERVER */
    uint8_t *text[3];             /* leaf, root, key: files as read */
    size_t text_len[3];
    struct bench_core_heap heap[2];
    struct tvt_ticket_keys *keys;
    struct tvt_session *session;  /* offered by the client; NULL: none */
};

extern const struct bench_case bench_cases[];
extern const size_t bench_num_cases;
extern const struct bench_case bench_cases12[]; /* the same under TLS 1.2 */
extern const size_t bench_num_cases12;
/* The case of that row; NULL: this build has not all of its backends. */
bool bench_is_built(const struct bench_case *what);
bool bench_has_backend(const char *name);

/* False, and words on stderr. `meter`: counts the operations of the two together. `suite` NULL: the case's. */
bool bench_peers_open(struct bench_peers *p, const struct bench_case *what, const char *suite, bool metered);
void bench_peers_close(struct bench_peers *p);
/* A handshake that gives the client a ticket; the next ones are resumed with it, again and again. */
bool bench_peers_resume(struct bench_peers *p);

/* A file of the case's directory. False, and words on stderr. */
bool bench_read(const struct bench_case *what, const char *file, uint8_t **bytes, size_t *len);
/* The first certificate of PEM text, into `der`. */
bool bench_certificate(struct tvt_span pem, uint8_t *der, size_t cap, struct tvt_certificate *out);

/* The wire: one direction. Writing copies in, reading copies out, as send and recv would. */
struct bench_wire {
    uint8_t bytes[40000];
    size_t len;
};
struct bench_pair {
    struct tvt_connection *connection[2];
    struct bench_wire wire[2]; /* wire[role]: on its way to that role */
    uint64_t spent[2];         /* ns in the calls of each side */
    uint8_t buffer[40000];
    void (*switch_to)(void *user, int role); /* called before (role) and after (-1) the calls of a side; NULL: none */
    void *user;
};
/* A whole handshake of new connections; they stay. False on failure. */
bool bench_pair_handshake(struct bench_pair *pair, struct bench_peers *p);
void bench_pair_free(struct bench_pair *pair);

/* ---- the measurements ------------------------------------------------------------------------------------------ */

void bench_handshake(const struct bench_options *o);
void bench_resumption(const struct bench_options *o);
void bench_handshake12(const struct bench_options *o);
void bench_resumption12(const struct bench_options *o);
void bench_bulk(const struct bench_options *o);
void bench_memory(const struct bench_options *o);
void bench_threads(const struct bench_options *o);
void bench_size(const struct bench_options *o);
void bench_chain(const struct bench_options *o);
void bench_first_request(const struct bench_options *o);
void bench_first_byte(const struct bench_options *o);

#endif
