/* SPDX-License-Identifier: MIT
 *
 * The conformance kit for backends: what its files share. A subject is a provider under test (a backend, or an overlay
 * of two); a row is one algorithm of the table. Every check goes through here, so that it is counted where it belongs.
 */
#ifndef TVT_TESTS_KIT_KIT_H
#define TVT_TESTS_KIT_KIT_H

#include "core/base/wire.h"
#include "core/crypto/group.h"

#include <jansson.h>
#include <trivet/error.h>
#include <trivet/provider.h>

/* ---- rows of the table ----------------------------------------------------------------------------------- */
enum kit_kind { KIT_HASH, KIT_CORE, KIT_AEAD, KIT_KX, KIT_HYBRID, KIT_SIGNATURE, KIT_OTHER };

enum kit_row {
    KIT_SHA256,
    KIT_SHA384,
    KIT_SHA512,
    KIT_HMAC,
    KIT_HKDF,
    KIT_PRF12,
    KIT_SCHEDULE13,
    KIT_AES_128_GCM,
    KIT_AES_256_GCM,
    KIT_CHACHA20_POLY1305,
    KIT_AES_128_CCM,
    KIT_AES_128_CCM_8,
    KIT_X25519,
    KIT_X448,
    KIT_SECP256R1,
    KIT_SECP384R1,
    KIT_SECP521R1,
    KIT_MLKEM768,
    KIT_X25519MLKEM768,
    KIT_SECP256R1MLKEM768,
    KIT_ECDSA_P256,
    KIT_ECDSA_P384,
    KIT_ECDSA_P521,
    KIT_ED25519,
    KIT_ED448,
    KIT_RSA_PKCS1,
    KIT_RSA_PSS,
    KIT_RSA_PSS_PSS,
    KIT_MLDSA44,
    KIT_MLDSA65,
    KIT_MLDSA87,
    KIT_LAST_SIGNATURE = KIT_MLDSA87,
    KIT_RANDOM,
    KIT_PROVIDER,
    KIT_NUM_ROWS
};

struct kit_algorithm {
    const char *name; /* as absent.txt and the tables spell it                                */
    enum kit_kind kind;
    uint16_t id;      /* hash, AEAD or group id; for KIT_SIGNATURE the family                 */
    uint8_t key_type; /* KIT_SIGNATURE                                                        */
    uint16_t bits;    /* KIT_SIGNATURE and KIT_KX over a curve: the field; ML-DSA: the public key */
    bool in_readme;
};
extern const struct kit_algorithm kit_algorithms[KIT_NUM_ROWS];

/* ---- subjects -------------------------------------------------------------------------------------------- */
#define KIT_MAX_PARTS 4u
#define KIT_MAX_SUBJECTS 24u
#define KIT_MAX_SKIPS 64u

struct kit_cell {
    unsigned long vectors, checks, failed; /* passed checks inside vector files, other passed checks, failed */
    bool present, declared_absent;
};

struct kit_skip {
    const char *reason; /* static string */
    unsigned long count;
};

struct kit_subject {
    char name[80];
    struct tvt_provider *provider; /* NULL for a crossing                                       */
    unsigned num_parts;            /* names joined in an overlay; 1 for a backend               */
    char part[KIT_MAX_PARTS][32];
    char version[KIT_MAX_PARTS][64];
    const struct kit_subject *from, *to; /* a crossing: who seals and signs, who opens and verifies */
    struct kit_cell cells[KIT_NUM_ROWS];
    struct kit_skip skips[KIT_MAX_SKIPS];
    size_t num_skips;
};

struct kit_options {
    const char *backends[KIT_MAX_SUBJECTS];
    size_t num_backends;
    const char *vectors, *wycheproof, *absent, *json, *check_readme;
    bool require_wycheproof, markdown, list, long_run, quiet;
};

struct kit {
    struct kit_options options;
    struct kit_subject *subjects; /* backends and overlays first, then crossings */
    size_t num_subjects, num_providers;
    struct kit_subject *now; /* under test           */
    enum kit_row row;        /* being tested         */
    bool in_vectors;         /* inside a vector file */
    char where[160];         /* file and test id     */
    unsigned long passed, failed;
};
extern struct kit kit;

bool kit_open_subjects(void); /* false: a backend could not be opened; said on stdout */
void kit_close_subjects(void);
/* True if the subject's provider lists the row's algorithm (for crossings: if both do). */
bool kit_present(const struct kit_subject *subject, enum kit_row row);
/* Makes `row` the current one; false when the current subject does not have it (which presence.c judges). */
bool kit_begin(enum kit_row row);
enum kit_row kit_row_named(const char *name); /* KIT_NUM_ROWS: no such row */
enum kit_row kit_row_of_hash(uint8_t hash);
enum kit_row kit_row_of_key(uint8_t key_type, uint8_t family);

/* Descriptors of the current row in a subject; NULL when it has none. */
const struct tvt_hash *kit_hash_of(const struct kit_subject *subject, enum kit_row row);
const struct tvt_aead *kit_aead_of(const struct kit_subject *subject, enum kit_row row);
const struct tvt_kx *kit_kx_of(const struct kit_subject *subject, enum kit_row row);
const struct tvt_signature *kit_signature_of(const struct kit_subject *subject, enum kit_row row, uint8_t hash);

/* ---- checks ---------------------------------------------------------------------------------------------- */
void kit_where(const char *file, const char *format, ...) TVT_PRINTF(2, 3);
bool kit_check(bool good, const char *format, ...) TVT_PRINTF(2, 3);
bool kit_equal(const char *what, struct tvt_span expected, struct tvt_span got);
bool kit_ok(const char *what, int result);                              /* result is TVT_CRYPTO_OK         */
bool kit_kind(const char *what, int result, enum tvt_crypto_kind kind); /* result is a failure of the kind */
bool kit_refused(const char *what, int result);                         /* AUTH or KEY                     */
void kit_skip(const char *reason);                                      /* a static string                 */
const char *kit_result_text(int result);

/* ---- vector files ---------------------------------------------------------------------------------------- */
typedef void kit_test(const json_t *group, const json_t *test);
void kit_each_kat(const char *file, kit_test *test);                     /* group is the whole file */
void kit_each_wycheproof(const char *file, kit_test *test);
json_t *kit_load(const char *folder, const char *file);                  /* NULL: counted as a failure */

/* Fields. Byte strings live until the next vector. A missing field or null is an empty span / "" / -1. */
struct tvt_span kit_bytes(const json_t *object, const char *field);
struct tvt_span kit_bytes_stripped(const json_t *object, const char *field);              /* no leading zeros */
struct tvt_span kit_bytes_padded(const json_t *object, const char *field, size_t length); /* to that length   */
const char *kit_text(const json_t *object, const char *field);
int kit_int(const json_t *object, const char *field);
bool kit_is_set(const json_t *object, const char *field); /* there, and not null */
bool kit_flagged(const json_t *test, const char *flag);
uint8_t kit_hash_named(const char *name); /* "SHA-256"; TVT_HASH_NONE for others */

enum kit_expect { KIT_VALID, KIT_INVALID, KIT_EITHER };
enum kit_expect kit_expected(const json_t *test); /* of "valid" (kat) or "result" (Wycheproof) */

/* Memory for one vector; never NULL (ends the program when there is none). */
void *kit_take(size_t len);
void kit_release_all(void);

/* Context memory between guards: arm before setup; check that nothing was written behind `size` bytes. */
struct kit_context {
    _Alignas(TVT_ALIGN) uint8_t memory[4096];
};
void kit_arm(struct kit_context *context);
bool kit_guarded(const struct kit_context *context, size_t size);
bool kit_contains(const void *where, size_t where_len, const void *what, size_t len);

/* ---- keys ------------------------------------------------------------------------------------------------ */
void kit_public_rsa(struct tvt_public_key *out, uint8_t type, struct tvt_span n, struct tvt_span e);
void kit_public_raw(struct tvt_public_key *out, uint8_t type, struct tvt_span key); /* EC point, EdDSA or ML-DSA key */
/* The content of the RSAPrivateKey inside a PKCS#8 PrivateKeyInfo; empty if there is none. */
struct tvt_span kit_pkcs8_rsa(struct tvt_span pkcs8);
/* The point in a SubjectPublicKeyInfo that names its curve in the one form RFC 5480 allows; empty otherwise. */
struct tvt_span kit_spki_point(struct tvt_span spki, uint8_t type);
/* A key of vectors/keys/test-keys.json: kept until the end of the program. */
const struct tvt_private_key *kit_test_key(const char *name);
/* The name of the key for a row ("p-256-a"), variant 'a' or 'b'. */
const char *kit_test_key_name(enum kit_row row, char variant);
/* A signer for it from the provider; NULL after a failed check. */
struct tvt_signer *kit_signer(const struct tvt_provider *provider, const char *name);
/* Families that sign messages whole: there is one "hash", TVT_HASH_NONE. */
#define KIT_PURE(row) ((row) == KIT_ED25519 || (row) == KIT_ED448 || ((row) >= KIT_MLDSA44 && (row) <= KIT_MLDSA87))
#define KIT_ALL_HASHES(row) (KIT_PURE(row) ? 1u : 3u)
uint8_t kit_signature_hash(enum kit_row row, unsigned i);

/* A group of one primitive, started from given randomness. */
int kit_start_from(struct tvt_group_state *state, const struct tvt_provider *provider, uint16_t group, uint8_t *share,
                   struct tvt_span seed);

/* ---- absent.txt ------------------------------------------------------------------------------------------ */
bool kit_absent_load(const char *path);
void kit_absent_free(void);
/* The reason if `what` ("AES-128-GCM", "X25519:start_from") is declared absent for the subject (for an overlay: for
 * all of its parts); NULL otherwise. */
const char *kit_absent(const struct kit_subject *subject, const char *what);
/* The README's cell for a backend and an algorithm: "yes", "-", ">= 3.5", "with AES instructions". */
const char *kit_absent_cell(const char *backend, const char *what, char *out, size_t cap);
/* The reason if a failure at `where` ("file tcId 433") is a declared defect of the library; NULL otherwise. */
const char *kit_known(const struct kit_subject *subject, const char *where);
void kit_known_settle(const struct kit_subject *subject); /* fails for declared ones that did not show */
/* The declared licence: for this version of the subject (NULL: none), and the README's cell. */
const char *kit_licence(const struct kit_subject *subject);
const char *kit_licence_cell(const char *backend, char *out, size_t cap);

/* ---- suites and reports ---------------------------------------------------------------------------------- */
struct kit_suite {
    const char *name;
    bool overlays, crossings, backends; /* for which subjects it runs  */
    bool wycheproof;                    /* needs the directory         */
    const struct kit_case *cases;
};
struct kit_case {
    const char *name;
    void (*run)(void);
};
extern const struct kit_case kit_presence[], kit_vectors_hash[], kit_vectors_aead[], kit_vectors_kx[],
    kit_vectors_signature[], kit_wycheproof_hash[], kit_wycheproof_aead[], kit_wycheproof_kx[],
    kit_wycheproof_signature[], kit_contract_hash[], kit_contract_aead[], kit_contract_kx[],
    kit_contract_signature[], kit_contract_random[], kit_traps[], kit_completeness[], kit_crossing[];

void kit_print_text(void);
bool kit_write_json(const char *path);
char *kit_markdown(void);                /* caller frees */
int kit_check_readme(const char *path);  /* 0 current, 1 not, 77 cannot tell with these backends */

#endif
