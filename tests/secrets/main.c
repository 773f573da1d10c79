/* SPDX-License-Identifier: MIT
 *
 * Drives everything in the core that touches secrets, to be run by valgrind in a build that marks them as undefined
 * memory: a branch or an index that depends on one is then an error of valgrind's. The other suites here prove that
 * the marks reach to the end of what is derived, and the leaks (`--leak`) that valgrind reports what it should.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/crypto/group.h"
#include "core/x509/private_key.h"
#include "tests/support/pair.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS     UINT64_C(1780272000000) /* vectors/pki/README.md */
#define EXPORT_LEN 48u
#define GROUPS_MAX 16u

static struct tvt_provider *provider;
static unsigned log_lines;

/* One handshake: NULL and 0 stand for the defaults. */
struct scene {
    const char *key; /* directory of vectors/pki */
    const char *suites, *client_groups, *server_groups;
    bool client_auth;
    size_t chunk;
    uint16_t version; /* 0: TLS 1.3                                             */
    bool by_id, psk;  /* TLS 1.2: a session by its id, not by a ticket; ECDHE_PSK */
};

struct stage {
    struct tvt_trust_store *trust;
    struct tvt_credential *server, *client;
    struct tvt_config *config[2];
    struct tvt_pair pair;
    uint16_t version;
    struct tvt_ticket_keys *keys;
    struct tvt_memory_cache *cache;
    struct tvt_session *kept, *psk; /* kept: what the client was given last */
};

/* ---- helpers ----------------------------------------------------------------------------------------------- */

static uint64_t
fixed_clock(void *user)
{
    (void)user;
    return NOW_MS;
}

static void
count_line(void *user, const char *line)
{
    (void)user;
    log_lines += strlen(line) > 64;
}

static struct tvt_span
read_vector(const char *directory, const char *file)
{
    char path[512];
    uint8_t *bytes = malloc(65536);

    (void)snprintf(path, sizeof path, "%s/vectors/pki/%s/%s", TRIVET_SOURCE_DIR, directory, file);
    FILE *f = fopen(path, "rb");
    if (f == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    size_t len = fread(bytes, 1, 65536, f);
    (void)fclose(f);
    return tvt_span(bytes, len);
}

static void
drop(struct tvt_span bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static bool
good(enum tvt_result result, const struct tvt_error *error)
{
    char text[1024];

    if (result == TVT_OK)
        return true;
    (void)tvt_error_format(error, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return false;
}

/* True if every byte is marked as secret. */
static bool
is_secret(const uint8_t *p, size_t len)
{
    bool all = len > 0;

    for (size_t i = 0; i < len; i++) {
        uint8_t bits = 0;
        all = VALGRIND_GET_VBITS(p + i, &bits, 1) == 1 && bits == 0xff && all;
    }
    return all;
}

static bool
can_sign(uint8_t key_type)
{
    for (const struct tvt_signature *const *s = provider->signatures; *s != NULL; s++)
        if ((*s)->key_type == key_type && (*s)->can_sign)
            return true;
    return false;
}

/* The directory of a key that this backend can sign with. */
static const char *
any_key(void)
{
    return can_sign(TVT_KEY_P256) ? "ec256" : "ed25519";
}

static bool
load_credential(struct tvt_credential **out, const char *directory, struct tvt_error *error)
{
    struct tvt_span chain = read_vector(directory, "chain.pem"), key = read_vector(directory, "key.pem");
    enum tvt_result result = tvt_credential_new(out, provider, chain, key, NULL, error);

    drop(chain);
    drop(key);
    return good(result, error);
}

static bool
make_config(struct stage *s, enum tvt_role role, const struct scene *scene, struct tvt_error *error)
{
    const char *groups = role == TVT_CLIENT ? scene->client_groups : scene->server_groups;
    struct tvt_config *c;

    if (!good(tvt_config_new(&s->config[role], provider, error), error))
        return false;
    c = s->config[role];
    return good(tvt_config_set_trust(c, s->trust, error), error) &&
           good(tvt_config_set_clock(c, fixed_clock, NULL, error), error) &&
           good(tvt_config_set_keylog(c, count_line, NULL, error), error) &&
           good(tvt_config_set_num_shares(c, 1, error), error) &&
           good(tvt_config_set_versions(c, s->version, s->version, error), error) &&
           (scene->suites == NULL || good(tvt_config_set_suites(c, scene->suites, error), error)) &&
           (groups == NULL || good(tvt_config_set_groups(c, groups, error), error));
}

static void
keep_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct stage *s = user;

    (void)connection;
    tvt_session_unref(s->kept);
    s->kept = tvt_session_ref(session);
}

/* What a session is gone back to by, and a pre-shared key. */
static bool
prepare_tls12(struct stage *s, const struct scene *scene, struct tvt_error *error)
{
    uint8_t key[32] = {'k', 'e', 'y'};
    struct tvt_config *server = s->config[TVT_SERVER];
    bool ok = good(tvt_config_set_new_session(s->config[TVT_CLIENT], keep_session, s, error), error);

    if (scene->by_id)
        return ok && good(tvt_memory_cache_new(&s->cache, 4, NULL, error), error) &&
               good(tvt_config_set_id_cache(server, tvt_memory_cache_port(s->cache), error), error);
    ok = ok && good(tvt_ticket_keys_new(&s->keys, provider, 3600, NULL, error), error) &&
         good(tvt_config_set_ticket_keys(server, s->keys, error), error);
    if (!ok || !scene->psk)
        return ok;
    tvt_secret(key, sizeof key);
    ok = good(tvt_session_new_external(&s->psk, tvt_span((const uint8_t *)"id", 2), tvt_span(key, sizeof key),
                                       TVT_HASH_SHA256, error),
              error);
    for (int role = 0; ok && role < 2; role++)
        ok = good(tvt_config_add_psk(s->config[role], s->psk, error), error);
    return ok;
}

static bool
open_stage(struct stage *s, const struct scene *scene)
{
    struct tvt_span root = read_vector(scene->key, "root.pem");
    struct tvt_error error;

    memset(s, 0, sizeof *s);
    s->version = scene->version != 0 ? scene->version : TVT_TLS13;
    tvt_error_clear(&error);
    bool ok = good(tvt_trust_store_new(&s->trust, NULL, &error), &error) &&
              good(tvt_trust_store_add_pem(s->trust, root, NULL, NULL, &error), &error) &&
              make_config(s, TVT_CLIENT, scene, &error) && make_config(s, TVT_SERVER, scene, &error) &&
              load_credential(&s->server, scene->key, &error) &&
              good(tvt_config_add_credential(s->config[TVT_SERVER], s->server, &error), &error);
    drop(root);
    if (ok && scene->client_auth)
        ok = load_credential(&s->client, strcmp(scene->key, "ec256") == 0 ? "client" : "client-ed25519", &error) &&
             good(tvt_config_add_credential(s->config[TVT_CLIENT], s->client, &error), &error) &&
             good(tvt_config_set_verify(s->config[TVT_SERVER], TVT_VERIFY_REQUIRE, &error), &error);
    ok = ok && (s->version == TVT_TLS13 || prepare_tls12(s, scene, &error));
    s->pair.chunk = scene->chunk;
    return ok && tvt_pair_open(&s->pair, s->config[TVT_CLIENT], s->config[TVT_SERVER], "localhost");
}

static void
close_stage(struct stage *s)
{
    if (s->pair.end[TVT_CLIENT].connection != NULL)
        tvt_pair_close(&s->pair);
    for (int role = 0; role < 2; role++)
        tvt_config_free(s->config[role]);
    tvt_ticket_keys_unref(s->keys);
    tvt_memory_cache_free(s->cache);
    tvt_session_unref(s->kept);
    tvt_session_unref(s->psk);
    tvt_credential_unref(s->server);
    tvt_credential_unref(s->client);
    tvt_trust_store_unref(s->trust);
}

static void
show_failures(const struct stage *s)
{
    for (int role = 0; role < 2; role++)
        if (s->pair.end[role].connection != NULL && tvt_connection_error(s->pair.end[role].connection)->code != 0)
            (void)good(TVT_FAIL, tvt_connection_error(s->pair.end[role].connection));
}

static bool
exporter(struct stage *s, enum tvt_role role, uint8_t *out)
{
    return tvt_connection_export(s->pair.end[role].connection, out, EXPORT_LEN, "EXPORTER-Trivet", NULL, 0) == TVT_OK;
}

/* Data both ways, key updates both ways, an exporter, a close. */
static void
converse(struct stage *s)
{
    static const char text[2000] = {'t'};
    struct tvt_connection *client = s->pair.end[TVT_CLIENT].connection;
    uint8_t ours[EXPORT_LEN], theirs[EXPORT_LEN];

    for (int round = 0; round < 2; round++) {
        CU_ASSERT_TRUE(tvt_pair_send(&s->pair, TVT_CLIENT, text, sizeof text));
        CU_ASSERT_TRUE(tvt_pair_send(&s->pair, TVT_SERVER, text, sizeof text));
        tvt_pair_settle(&s->pair);
        CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), s->version == TVT_TLS13 ? TVT_OK : TVT_FAIL);
        tvt_pair_settle(&s->pair);
    }
    CU_ASSERT_EQUAL(s->pair.end[TVT_SERVER].data_len, 2 * sizeof text);
    CU_ASSERT_EQUAL(s->pair.end[TVT_CLIENT].data_len, 2 * sizeof text);
    CU_ASSERT_TRUE(exporter(s, TVT_CLIENT, ours));
    CU_ASSERT_TRUE(exporter(s, TVT_SERVER, theirs));
    CU_ASSERT_TRUE(is_secret(ours, sizeof ours));
    CU_ASSERT_TRUE(is_secret(theirs, sizeof theirs));
    CU_ASSERT_TRUE(tvt_equal_secret(ours, theirs, sizeof ours));
    CU_ASSERT_EQUAL(tvt_connection_close(client), TVT_OK);
    tvt_pair_settle(&s->pair);
    CU_ASSERT_EQUAL(s->pair.end[TVT_SERVER].last, TVT_CLOSED);
}

static void
play(const struct scene *scene, bool hello_retry)
{
    struct stage s;
    struct tvt_info info;

    log_lines = 0;
    bool ok = open_stage(&s, scene) && tvt_pair_handshake(&s.pair);
    CU_ASSERT_TRUE(ok);
    if (ok) {
        tvt_connection_info(s.pair.end[TVT_CLIENT].connection, &info);
        CU_ASSERT_EQUAL(info.hello_retry, hello_retry);
        CU_ASSERT_EQUAL(log_lines, 10); /* five secrets, each on both sides */
        converse(&s);
    } else {
        show_failures(&s);
    }
    close_stage(&s);
}

/* A full handshake of TLS 1.2, and one that goes back to its session. */
static void
play12(const struct scene *scene)
{
    struct stage s;
    struct tvt_info info;
    bool ok = open_stage(&s, scene);

    for (int round = 0; ok && round < 2; round++) {
        log_lines = 0;
        if (round == 1) {
            tvt_pair_close(&s.pair);
            ok = tvt_pair_open(&s.pair, s.config[TVT_CLIENT], s.config[TVT_SERVER], "localhost") && s.kept != NULL &&
                 tvt_connection_add_session(s.pair.end[TVT_CLIENT].connection, s.kept) == TVT_OK;
        }
        ok = ok && tvt_pair_handshake(&s.pair);
        if (!ok)
            break;
        tvt_connection_info(s.pair.end[TVT_SERVER].connection, &info);
        CU_ASSERT_EQUAL(info.version, TVT_TLS12);
        CU_ASSERT_EQUAL(info.resumed, round == 1 || scene->psk);
        CU_ASSERT_EQUAL(info.psk_external, round == 0 && scene->psk);
        CU_ASSERT_TRUE(info.extended_master);
        CU_ASSERT_EQUAL(log_lines, 2); /* the master secret, on both sides */
        converse(&s);
    }
    CU_ASSERT_TRUE(ok);
    if (!ok)
        show_failures(&s);
    close_stage(&s);
}

/* ---- the suite --------------------------------------------------------------------------------------------- */

static void
test_suites(void)
{
    static const struct {
        uint16_t aead;
        const char *name;
    } suites[] = {{TVT_AEAD_CHACHA20_POLY1305, "TLS_CHACHA20_POLY1305_SHA256"},
                  {TVT_AEAD_AES_128_GCM, "TLS_AES_128_GCM_SHA256"},
                  {TVT_AEAD_AES_256_GCM, "TLS_AES_256_GCM_SHA384"},
                  {TVT_AEAD_AES_128_CCM, "TLS_AES_128_CCM_SHA256"}};
    unsigned played = 0;

    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        struct scene scene = {.key = any_key(), .suites = suites[i].name};
        if (tvt_provider_aead(provider, suites[i].aead) == NULL)
            continue;
        play(&scene, false);
        played++;
    }
    CU_ASSERT_TRUE(played > 0);
}

static void
test_groups(void)
{
    uint16_t groups[GROUPS_MAX];
    size_t num = tvt_group_list(provider, groups, GROUPS_MAX);

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        const char *name = tvt_group_name(groups[i]);
        struct scene scene = {.key = any_key(), .client_groups = name, .server_groups = name};
        if (tvt_group_by_name(name) == groups[i])
            play(&scene, false);
    }
}

static void
test_retry(void)
{
    struct scene scene = {.key = any_key(), .client_groups = "x25519:secp256r1", .server_groups = "secp256r1"};

    if (tvt_provider_kx(provider, TVT_GROUP_SECP256R1) == NULL) { /* one group: nothing can be asked for again */
        scene.client_groups = scene.server_groups = "x25519";
        play(&scene, false);
        return;
    }
    play(&scene, true);
}

static void
test_client_authentication(void)
{
    struct scene scene = {.key = any_key(), .client_auth = true, .chunk = 1000};

    play(&scene, false);
}

static void
test_signing_keys(void)
{
    static const struct {
        uint8_t type;
        const char *directory;
    } keys[] = {{TVT_KEY_P256, "ec256"},  {TVT_KEY_P384, "ec384"},     {TVT_KEY_P521, "ec521"},
                {TVT_KEY_RSA, "rsa2048"}, {TVT_KEY_RSA_PSS, "rsapss"}, {TVT_KEY_ED25519, "ed25519"},
                {TVT_KEY_ED448, "ed448"}};
    unsigned played = 0;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct scene scene = {.key = keys[i].directory};
        if (!can_sign(keys[i].type))
            continue;
        play(&scene, false);
        played++;
    }
    CU_ASSERT_TRUE(played > 0);
}

/* The secret parts are marked; what no two keys of a kind differ in, or everybody may know, is not. */
static void
test_key_files(void)
{
    static const char *const files[] = {"ed25519-pkcs8.pem", "ed25519-v2.pem", "ed448-pkcs8.pem",
                                        "p256-pkcs8.der",    "p256-pkcs8.pem", "p256-sec1.pem",
                                        "rsa-pkcs1.der",     "rsa-pkcs1.pem",  "rsa-pkcs8.pem"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tvt_span text = read_vector("keys", files[i]);
        struct tvt_private_key_file file;
        struct tvt_error error;
        tvt_error_clear(&error);
        bool ok = good(tvt_private_key_parse(&file, text, NULL, &error), &error);
        CU_ASSERT_TRUE(ok);
        if (ok && file.key.rsa.len > 0)
            CU_ASSERT_TRUE(is_secret(file.key.rsa.data + file.key.rsa.len - 64, 64)) /* in the coefficient */
        if (ok && file.key.rsa.len == 0)
            CU_ASSERT_TRUE(is_secret(file.key.scalar.data, file.key.scalar.len))
        tvt_private_key_free(&file);
        drop(text);
    }
}

static void
test_tls12(void)
{
    unsigned played = 0;

    const struct tvt_suite *rows;
    for (size_t i = 0, num = tvt_suite_table(&rows); i < num; i++) {
        const struct tvt_suite *suite = &rows[i];
        struct scene scene = {.key = any_key(), .version = TVT_TLS12, .suites = suite->name};
        if (suite->version != TVT_TLS12 || suite->auth == TVT_AUTH_RSA ||
            tvt_provider_aead(provider, suite->aead) == NULL || tvt_provider_hash(provider, suite->hash) == NULL)
            continue;
        scene.psk = suite->auth == TVT_AUTH_PSK;
        play12(&scene);
        scene.by_id = !scene.psk;
        if (scene.by_id)
            play12(&scene);
        played++;
    }
    CU_ASSERT_TRUE(played > 0);
    play12(&(struct scene){.key = any_key(), .version = TVT_TLS12, .client_auth = true});
}

static void
flip_last_bit(void *user, enum tvt_role from, uint8_t *bytes, size_t len)
{
    const struct stage *s = user;

    if (from == TVT_CLIENT && tvt_connection_established(s->pair.end[TVT_CLIENT].connection))
        bytes[len - 1] ^= 1;
}

/* A record that was changed, and with it the alert that refuses it. */
static void
test_changed_record(void)
{
    struct scene scene = {.key = any_key()};
    struct stage s;

    bool ok = open_stage(&s, &scene) && tvt_pair_handshake(&s.pair);
    CU_ASSERT_TRUE(ok);
    if (ok) {
        s.pair.on_wire = flip_last_bit;
        s.pair.user = &s;
        CU_ASSERT_TRUE(tvt_pair_send(&s.pair, TVT_CLIENT, "text", 4));
        tvt_pair_settle(&s.pair);
        CU_ASSERT_EQUAL(tvt_connection_error(s.pair.end[TVT_SERVER].connection)->code, TVT_E_BAD_RECORD_MAC);
        CU_ASSERT_EQUAL(tvt_connection_error(s.pair.end[TVT_CLIENT].connection)->code, TVT_E_PEER_ALERT);
    }
    close_stage(&s);
}

/* ---- leaks: valgrind must report each ---------------------------------------------------------------------- */

static volatile unsigned noticed;

/* Stops early, as no comparison of secrets may. */
__attribute__((noinline)) static bool
leaky_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* Looks a secret byte up in a table. */
__attribute__((noinline)) static unsigned
leaky_index(const uint8_t *p)
{
    static volatile uint8_t table[256];
    return table[p[0]];
}

static int
leak_exported(void)
{
    struct scene scene = {.key = any_key()};
    uint8_t ours[EXPORT_LEN], theirs[EXPORT_LEN];
    struct stage s;

    if (!open_stage(&s, &scene) || !tvt_pair_handshake(&s.pair) || !exporter(&s, TVT_CLIENT, ours) ||
        !exporter(&s, TVT_SERVER, theirs)) {
        show_failures(&s);
        return 2;
    }
    noticed += leaky_equal(ours, theirs, sizeof ours);
    close_stage(&s);
    return 0;
}

static int
leak_key(void)
{
    struct tvt_span text = read_vector("keys", "p256-pkcs8.pem");
    struct tvt_private_key_file file;
    struct tvt_error error;

    tvt_error_clear(&error);
    if (!good(tvt_private_key_parse(&file, text, NULL, &error), &error))
        return 2;
    noticed += leaky_index(file.key.scalar.data);
    tvt_private_key_free(&file);
    drop(text);
    return 0;
}

/* ---- main -------------------------------------------------------------------------------------------------- */

static int
run_suite(void)
{
    static CU_TestInfo tests[] = {
        {"cipher suites", test_suites},
        {"groups", test_groups},
        {"a second ClientHello", test_retry},
        {"client authentication", test_client_authentication},
        {"signing keys", test_signing_keys},
        {"TLS 1.2", test_tls12},
        {"key files", test_key_files},
        {"a changed record", test_changed_record},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {{"secrets", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures(), passed = CU_get_number_of_successes();
    CU_cleanup_registry();
    return failed == 0 && passed > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    const char *leak = argc == 4 && strcmp(argv[2], "--leak") == 0 ? argv[3] : "";
    struct tvt_error error;
    int status;

    if (argc != 2 && leak[0] == '\0') {
        fprintf(stderr, "usage: valgrind %s BACKEND [--leak exported|key]\n", argv[0]);
        return 2;
    }
    if (RUNNING_ON_VALGRIND == 0) {
        fprintf(stderr, "%s shows nothing unless valgrind runs it\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    tvt_error_clear(&error);
    if (!good(tvt_provider_open(&provider, argv[1], &error), &error))
        return 2;
    status = strcmp(leak, "exported") == 0 ? leak_exported() : strcmp(leak, "key") == 0 ? leak_key() : run_suite();
    tvt_provider_free(provider);
    return status;
}
