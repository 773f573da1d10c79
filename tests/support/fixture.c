/* SPDX-License-Identifier: MIT
 *
 * Configurations for tests of connections.
 */
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TRIVET_SOURCE_DIR
#define VECTORS TRIVET_SOURCE_DIR "/vectors"
#else
#define VECTORS "vectors"
#endif

#define FILES_MAX     64u
#define PROVIDERS_MAX 16u
#define NAME_SIZE     128u

static struct {
    char name[NAME_SIZE];
    uint8_t *bytes;
    size_t len;
} files[FILES_MAX];
static size_t num_files;

static struct {
    char name[NAME_SIZE];
    struct tvt_provider *provider;
} providers[PROVIDERS_MAX];
static size_t num_providers;

/* ---- files ---- */

static uint8_t *
read_file(const char *path, size_t *len)
{
    char full[512];
    const char *dir = getenv("TVT_VECTORS_DIR");
    (void)snprintf(full, sizeof full, "%s/%s", dir != NULL ? dir : VECTORS, path);
    FILE *file = fopen(full, "rb");
    uint8_t *bytes = NULL;
    long size;
    if (file == NULL) {
        perror(full);
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)size + 1);
        *len = bytes != NULL ? fread(bytes, 1, (size_t)size, file) : 0;
        if (bytes != NULL)
            bytes[*len] = 0;
    }
    (void)fclose(file);
    return bytes;
}

struct tvt_span
tvt_fixture_file(const char *path)
{
    struct tvt_span none = {NULL, 0};
    for (size_t i = 0; i < num_files; i++)
        if (strcmp(files[i].name, path) == 0)
            return (struct tvt_span){files[i].bytes, files[i].len};
    if (num_files == FILES_MAX || strlen(path) >= NAME_SIZE)
        return none;
    size_t len = 0;
    uint8_t *bytes = read_file(path, &len);
    if (bytes == NULL)
        return none;
    strcpy(files[num_files].name, path);
    files[num_files].bytes = bytes;
    files[num_files].len = len;
    num_files++;
    return (struct tvt_span){bytes, len};
}

static struct tvt_span
pki_file(const char *key, const char *file)
{
    char path[NAME_SIZE];
    (void)snprintf(path, sizeof path, "pki/%s/%s", key, file);
    return tvt_fixture_file(path);
}

/* ---- providers ---- */

const struct tvt_provider *
tvt_fixture_provider(const char *names)
{
    const char *key = names != NULL ? names : "";
    struct tvt_provider *p = NULL;
    for (size_t i = 0; i < num_providers; i++)
        if (strcmp(providers[i].name, key) == 0)
            return providers[i].provider;
    if (num_providers == PROVIDERS_MAX || strlen(key) >= NAME_SIZE || tvt_provider_open(&p, names, NULL) != TVT_OK)
        return NULL;
    strcpy(providers[num_providers].name, key);
    providers[num_providers++].provider = p;
    return p;
}

void
tvt_fixture_cleanup(void)
{
    while (num_files > 0)
        free(files[--num_files].bytes);
    while (num_providers > 0)
        tvt_provider_free(providers[--num_providers].provider);
}

/* ---- keys and trust ---- */

struct tvt_credential *
tvt_fixture_credential(const struct tvt_provider *provider, const char *key)
{
    struct tvt_credential *c = NULL;
    return tvt_credential_new(&c, provider, pki_file(key, "chain.pem"), pki_file(key, "key.pem"), NULL, NULL) == TVT_OK
               ? c
               : NULL;
}

/* Directories that have no root.pem of their own stand under the P-256 root, or under the one they are named after. */
static const char *
root_of(const char *key)
{
    static const char *const own[] = {"ec256",   "ec384",        "ec521",         "rsa2048", "rsa3072",
                                      "rsapss",  "ed25519",      "ed448",         "mldsa44", "mldsa65",
                                      "mldsa87", "unknown-root", "same-name-root"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], key) == 0)
            return key;
    return strcmp(key, "client-ed25519") == 0 ? "ed25519" : strcmp(key, "client-mldsa44") == 0 ? "mldsa44" : "ec256";
}

struct tvt_trust_store *
tvt_fixture_trust(const char *key)
{
    struct tvt_trust_store *store = NULL;
    if (tvt_trust_store_new(&store, NULL, NULL) != TVT_OK)
        return NULL;
    if (tvt_trust_store_add_pem(store, pki_file(root_of(key), "root.pem"), NULL, NULL, NULL) == TVT_OK)
        return store;
    tvt_trust_store_unref(store);
    return NULL;
}

static const struct {
    const char *key;
    uint8_t family, type, hash, chain_family, chain_type, chain_hash;
} kinds[] = {
    {"ec256", TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256, TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256},
    {"ec384", TVT_SIG_ECDSA, TVT_KEY_P384, TVT_HASH_SHA384, TVT_SIG_ECDSA, TVT_KEY_P384, TVT_HASH_SHA384},
    {"ec521", TVT_SIG_ECDSA, TVT_KEY_P521, TVT_HASH_SHA512, TVT_SIG_ECDSA, TVT_KEY_P521, TVT_HASH_SHA512},
    {"rsa2048", TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256},
    {"rsa3072", TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA384},
    {"rsapss", TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, TVT_HASH_SHA256, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256},
    {"ed25519", TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE, TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE},
    {"ed448", TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_NONE, TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_NONE},
    {"mldsa44", TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE, TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE},
    {"mldsa65", TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_HASH_NONE, TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_HASH_NONE},
    {"mldsa87", TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_HASH_NONE, TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_HASH_NONE},
};

static size_t
kind_of(const char *key)
{
    size_t i = 0;
    while (i < sizeof kinds / sizeof kinds[0] && strcmp(kinds[i].key, key) != 0)
        i++;
    return i;
}

bool
tvt_fixture_can_sign(const struct tvt_provider *provider, const char *key)
{
    size_t i = kind_of(key);
    if (i == sizeof kinds / sizeof kinds[0])
        return false;
    const struct tvt_signature *s = tvt_provider_signature(provider, kinds[i].family, kinds[i].type, kinds[i].hash);
    return s != NULL && s->can_sign;
}

bool
tvt_fixture_can_verify(const struct tvt_provider *provider, const char *key)
{
    size_t i = kind_of(key);
    if (i == sizeof kinds / sizeof kinds[0])
        return false;
    const struct tvt_signature *s = tvt_provider_signature(provider, kinds[i].family, kinds[i].type, kinds[i].hash);
    const struct tvt_signature *c =
        tvt_provider_signature(provider, kinds[i].chain_family, kinds[i].chain_type, kinds[i].chain_hash);
    return s != NULL && s->can_verify && c != NULL && c->can_verify;
}

uint64_t
tvt_fixture_clock(void *user)
{
    (void)user;
    return TVT_FIXTURE_TIME_MS;
}

/* ---- configurations ---- */

static bool
failed(struct tvt_fixture *f, const struct tvt_error *error, const char *what)
{
    char line[800] = "";
    if (error != NULL)
        (void)tvt_error_format_line(error, line, sizeof line);
    (void)snprintf(f->problem, sizeof f->problem, "%s: %s", what, line);
    return false;
}

static bool
set_trust(struct tvt_fixture *f, struct tvt_config *c, const char *root, struct tvt_error *error)
{
    struct tvt_trust_store *store = tvt_fixture_trust(root);
    if (store == NULL)
        return failed(f, NULL, root);
    bool good = tvt_config_set_trust(c, store, error) == TVT_OK;
    tvt_trust_store_unref(store);
    return good || failed(f, error, "trust");
}

static bool
add_credential(struct tvt_fixture *f, struct tvt_config *c, const char *key, struct tvt_error *error)
{
    struct tvt_credential *credential = NULL;
    if (tvt_credential_new(&credential, c->provider, pki_file(key, "chain.pem"), pki_file(key, "key.pem"), NULL,
                           error) != TVT_OK)
        return failed(f, error, key);
    bool good = tvt_config_add_credential(c, credential, error) == TVT_OK;
    tvt_credential_unref(credential);
    return good || failed(f, error, "credential");
}

static bool
make_config(struct tvt_fixture *f, enum tvt_role role, const struct tvt_fixture_options *o, const char *key,
            const char *root)
{
    const char *name = role == TVT_CLIENT ? o->client : o->server;
    const struct tvt_provider *provider = o->provider[role] != NULL ? o->provider[role] : tvt_fixture_provider(name);
    struct tvt_error error;
    tvt_error_clear(&error);
    if (provider == NULL)
        return failed(f, NULL, "no such backend");
    if (tvt_config_new(&f->config[role], provider, &error) != TVT_OK)
        return failed(f, &error, "configuration");
    struct tvt_config *c = f->config[role];
    if (tvt_config_set_clock(c, tvt_fixture_clock, NULL, &error) != TVT_OK ||
        tvt_config_set_allocator(c, o->allocator[role], &error) != TVT_OK)
        return failed(f, &error, "configuration");
    if (root != NULL && !set_trust(f, c, root, &error))
        return false;
    return key == NULL || add_credential(f, c, key, &error);
}

bool
tvt_fixture_open(struct tvt_fixture *f, const struct tvt_fixture_options *options)
{
    static const struct tvt_fixture_options none = {0};
    const struct tvt_fixture_options *o = options != NULL ? options : &none;
    const char *key = o->key != NULL ? o->key : "ed25519";
    memset(f, 0, sizeof *f);
    if (make_config(f, TVT_CLIENT, o, o->client_key, o->root != NULL ? o->root : key) &&
        make_config(f, TVT_SERVER, o, key, o->client_root))
        return true;
    for (int role = 0; role < 2; role++)
        tvt_config_free(f->config[role]);
    f->config[0] = f->config[1] = NULL;
    return false;
}

bool
tvt_fixture_connect(struct tvt_fixture *f)
{
    f->connected = true;
    return tvt_pair_open(&f->pair, f->config[TVT_CLIENT], f->config[TVT_SERVER], "localhost");
}

bool
tvt_fixture_handshake(struct tvt_fixture *f)
{
    return tvt_fixture_connect(f) && tvt_pair_handshake(&f->pair);
}

void
tvt_fixture_close(struct tvt_fixture *f)
{
    if (f->connected)
        tvt_pair_close(&f->pair);
    for (int role = 0; role < 2; role++)
        tvt_config_free(f->config[role]);
    memset(f, 0, sizeof *f);
}

const char *
tvt_fixture_error(const struct tvt_fixture *f, enum tvt_role role)
{
    static char line[2][800];
    line[role][0] = '\0';
    if (f->pair.end[role].connection != NULL)
        (void)tvt_error_format_line(tvt_connection_error(f->pair.end[role].connection), line[role], sizeof line[role]);
    return line[role];
}
