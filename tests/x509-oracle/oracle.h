/* SPDX-License-Identifier: MIT
 *
 * The parts of trivet-x509-oracle: random certificates, three verifiers that judge them, and the reasons why they may
 * differ.
 */
#ifndef TVT_TESTS_X509_ORACLE_ORACLE_H
#define TVT_TESTS_X509_ORACLE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>

#define ORACLE_CERTIFICATES_MAX 16u
#define ORACLE_NAMES_MAX        3u
#define ORACLE_SUBTREES_MAX     2u
#define ORACLE_PATH_MAX         12u
#define ORACLE_TIME             1767225600 /* 2026-01-01, the time of every question */

/* A general name, or the base of a subtree. */
struct oracle_name {
    uint8_t kind;     /* GEN_DNS ...                                            */
    const char *text; /* addresses as hexadecimal digits, names as C=DE/O=Acme  */
};

enum oracle_identifier { ORACLE_ID_NONE, ORACLE_ID_RIGHT, ORACLE_ID_WRONG };
enum oracle_validity { ORACLE_VALID, ORACLE_EXPIRED, ORACLE_FUTURE };
enum oracle_basic { ORACLE_BC_NONE, ORACLE_BC_CA, ORACLE_BC_NOT_CA };

#define ORACLE_EKU_SERVER 1u
#define ORACLE_EKU_CLIENT 2u
#define ORACLE_EKU_ANY    4u
#define ORACLE_EKU_CODE   8u

/* What a certificate is to say. */
struct oracle_spec {
    uint8_t subject, issuer;           /* in the table of names                         */
    uint8_t subject_form, issuer_form; /* how the name is written                       */
    uint8_t key, signer;               /* in the table of keys                          */
    uint8_t signer_key;                /* the key that the issuer's identifier is for   */
    enum oracle_validity validity;
    enum oracle_basic basic;
    enum oracle_identifier subject_id, authority_id;
    int path_len;  /* -1: none                                  */
    int key_usage; /* KU_ bits of libcrypto; -1: none           */
    unsigned eku;  /* 0: none                                   */
    bool version1, unknown_critical, sha1;
    bool sent, trusted;
    struct oracle_name name[ORACLE_NAMES_MAX]; /* subjectAltName */
    struct oracle_name permitted[ORACLE_SUBTREES_MAX], excluded[ORACLE_SUBTREES_MAX];
    size_t num_names, num_permitted, num_excluded;
};

/* The certificates of one question; the first one is the leaf. */
struct oracle_world {
    uint64_t seed;
    bool client;      /* the purpose */
    const char *host; /* NULL: no name is asked for */
    struct oracle_spec spec[ORACLE_CERTIFICATES_MAX];
    uint8_t *der[ORACLE_CERTIFICATES_MAX];
    size_t der_len[ORACLE_CERTIFICATES_MAX];
    X509 *x509[ORACLE_CERTIFICATES_MAX];
    size_t num;
};

/* Which certificates take part, one bit each. */
struct oracle_part {
    uint32_t sent, trusted;
};

struct oracle_verdict {
    bool accepted;
    int code;                      /* the verifier's own                               */
    char words[200];               /* why not                                          */
    char field[40];                /* ours: what is wrong                              */
    uint8_t path[ORACLE_PATH_MAX]; /* accepted: places in the world, the leaf first */
    size_t num;
};

struct oracle_verifier {
    const char *name;
    const char *(*version)(void);
    bool (*open)(void);
    void (*close)(void);
    /* False: a fault of the test. */
    bool (*verify)(struct oracle_verdict *out, const struct oracle_world *world, struct oracle_part part);
};
extern const struct oracle_verifier oracle_ours, oracle_openssl, oracle_gnutls;

/* world.c: draws what the seed says. */
void oracle_world_draw(struct oracle_world *out, uint64_t seed);
const char *oracle_subject_text(unsigned index);
unsigned oracle_num_keys(void);

/* make.c: certificates of libcrypto, really signed. */
bool oracle_make_open(unsigned keys);
void oracle_make_close(void);
bool oracle_make(struct oracle_world *world);
void oracle_world_free(struct oracle_world *world);

/* paths.c: what could be a path by its names. Those whose keys fit the signatures come first: `num_signed` of `num`. */
#define ORACLE_PATHS_MAX 96u
struct oracle_paths {
    uint8_t place[ORACLE_PATHS_MAX][ORACLE_PATH_MAX], len[ORACLE_PATHS_MAX];
    size_t num, num_signed;
    bool overflow; /* there are more */
};
void oracle_paths_find(struct oracle_paths *out, const struct oracle_world *world);

/* A question about one path alone: the certificates of `path` as a world of its own, the last one trusted, the others sent.
 * oracle_world_free it; its certificates are those of `world`. */
bool oracle_world_of_path(struct oracle_world *out, const struct oracle_world *world, const uint8_t *path, size_t num);

/* explain.c: differences about one path are taken back to reasons. What a rule names is mended in the certificates, and both
 * are asked again, until they agree: rules that were used get a mark. False: they differ for no reason that is known here.
 * *fault: the test itself failed. */
#define ORACLE_RULES_MAX 64u
bool oracle_explain(bool *used, bool *fault, const struct oracle_world *path_world,
                    const struct oracle_verifier *theirs);
/* What rule `index` says; NULL: no such rule. */
const char *oracle_rule_text(size_t index, const char **verifier, bool *ours_accepts);

/* A line for every certificate of a world. */
void oracle_world_print(const struct oracle_world *world);

#endif
