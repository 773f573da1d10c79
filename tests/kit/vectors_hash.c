/* SPDX-License-Identifier: MIT
 *
 * Known answers of hashes, and of HMAC, HKDF, the TLS 1.2 PRF and the TLS 1.3 key schedule over each backend's hashes.
 */
#include "core/crypto/schedule13.h"
#include "tests/kit/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_A_TLS_HASH "a hash that TLS does not use here (SHA-1, SHA-224 ...)"

static const struct tvt_hash *
hash_named(const char *name)
{
    uint8_t id = kit_hash_named(name);

    return id != TVT_HASH_NONE ? tvt_provider_hash(kit.now->provider, id) : NULL;
}

/* False, with the reason counted, when TLS or the backend does not have the hash. */
static bool
hash_for(enum kit_row row, const char *name, const struct tvt_hash **out)
{
    kit.row = row;
    *out = hash_named(name);
    if (*out == NULL)
        kit_skip(kit_hash_named(name) == TVT_HASH_NONE ? NOT_A_TLS_HASH : "the backend does not have the hash");
    return *out != NULL;
}

/* ---- hashes ---------------------------------------------------------------------------------------------- */

static int
digest(const struct tvt_hash *hash, struct tvt_span msg, size_t count, uint8_t *out)
{
    static struct kit_context ctx;
    int result = hash->setup(hash, ctx.memory);

    if (result != TVT_CRYPTO_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        hash->update(ctx.memory, msg.data, msg.len);
    result = hash->final(ctx.memory, out);
    hash->teardown(ctx.memory);
    return result;
}

static void
sha2(const json_t *group, const json_t *t)
{
    const struct tvt_hash *hash;
    uint8_t out[TVT_HASH_MAX];

    (void)group;
    if (!hash_for(kit_row_of_hash(kit_hash_named(kit_text(t, "hash"))), kit_text(t, "hash"), &hash))
        return;
    if (kit_ok("digest", digest(hash, kit_bytes(t, "msg"), (size_t)kit_int(t, "count"), out)))
        kit_equal("digest", kit_bytes(t, "md"), tvt_span(out, hash->out_len));
}

/* CAVS Monte Carlo: md[i] = m3 of 1000 steps of m3 = H(m0 || m1 || m2). One live context, reset each time. */
static void
monte(const json_t *group, const json_t *t)
{
    const struct tvt_hash *hash;
    const json_t *answers = json_object_get(t, "md");
    static struct kit_context ctx;
    uint8_t seed[TVT_HASH_MAX], m[3][TVT_HASH_MAX];
    size_t len;

    (void)group;
    if (!hash_for(kit_row_of_hash(kit_hash_named(kit_text(t, "hash"))), kit_text(t, "hash"), &hash))
        return;
    len = hash->out_len;
    memcpy(seed, kit_bytes(t, "seed").data, len);
    if (!kit_ok("setup", hash->setup(hash, ctx.memory)))
        return;
    for (size_t round = 0; round < json_array_size(answers); round++) {
        json_t *one = json_pack("{s:O}", "md", json_array_get(answers, round));

        for (int i = 0; i < 3; i++)
            memcpy(m[i], seed, len);
        for (int step = 0; step < 1000; step++) {
            hash->reset(ctx.memory);
            for (int i = 0; i < 3; i++)
                hash->update(ctx.memory, m[i], len);
            memcpy(m[0], m[1], len);
            memcpy(m[1], m[2], len);
            if (hash->final(ctx.memory, m[2]) != TVT_CRYPTO_OK)
                kit_check(false, "final failed in round %zu", round);
        }
        memcpy(seed, m[2], len);
        kit_equal("round", kit_bytes(one, "md"), tvt_span(seed, len));
        json_decref(one);
    }
    hash->teardown(ctx.memory);
}

/* ---- HMAC and HKDF --------------------------------------------------------------------------------------- */

static bool
open_kdf(struct tvt_kdf *kdf, const struct tvt_hash *hash)
{
    memset(kdf, 0, sizeof *kdf);
    return kit_ok("tvt_kdf_init", tvt_kdf_init(kdf, hash));
}

static void
one_hmac(const char *hash_name, struct tvt_span key, struct tvt_span msg, struct tvt_span mac, bool valid)
{
    const struct tvt_hash *hash;
    struct tvt_kdf kdf;
    uint8_t out[TVT_HASH_MAX];

    if (!hash_for(KIT_HMAC, hash_name, &hash) || !open_kdf(&kdf, hash))
        return;
    tvt_kdf_key(&kdf, key.data, key.len);
    for (int i = 0; i < 2; i++) { /* twice: the keyed states are copied, not used up */
        if (!kit_ok("tvt_kdf_mac", tvt_kdf_mac(&kdf, &msg, 1, out)))
            break;
        if (valid)
            kit_equal("mac", mac, tvt_span(out, mac.len));
        else
            kit_check(mac.len > sizeof out || memcmp(mac.data, out, mac.len) != 0, "computed the wrong tag");
    }
    tvt_kdf_free(&kdf);
}

static void
hmac(const json_t *group, const json_t *t)
{
    (void)group;
    one_hmac(kit_text(t, "hash"), kit_bytes(t, "key"), kit_bytes(t, "msg"), kit_bytes(t, "mac"), true);
}

static void
one_hkdf(const char *hash_name, const json_t *t, size_t len, bool valid)
{
    const struct tvt_hash *hash;
    struct tvt_kdf kdf;
    uint8_t prk[TVT_HASH_MAX], *okm = (uint8_t *)kit_take(len);

    if (!hash_for(KIT_HKDF, hash_name, &hash) || !open_kdf(&kdf, hash))
        return;
    if (kit_ok("extract", tvt_kdf_extract(&kdf, kit_bytes(t, "salt"), kit_bytes(t, "ikm"), prk))) {
        int result;

        if (kit_is_set(t, "prk"))
            kit_equal("prk", kit_bytes(t, "prk"), tvt_span(prk, hash->out_len));
        tvt_kdf_key(&kdf, prk, hash->out_len);
        result = tvt_kdf_expand(&kdf, kit_bytes(t, "info"), okm, len);
        if (!valid)
            kit_check(result < 0, "expanded to more than 255 blocks");
        else if (kit_ok("expand", result))
            kit_equal("okm", kit_bytes(t, "okm"), tvt_span(okm, len));
    }
    tvt_kdf_free(&kdf);
}

static void
hkdf(const json_t *group, const json_t *t)
{
    (void)group;
    one_hkdf(kit_text(t, "hash"), t, (size_t)kit_int(t, "len"), true);
}

/* ---- TLS 1.2 PRF ----------------------------------------------------------------------------------------- */

static struct tvt_span
join(struct tvt_span a, struct tvt_span b)
{
    uint8_t *out = (uint8_t *)kit_take(a.len + b.len + 1);

    if (a.len > 0)
        memcpy(out, a.data, a.len);
    if (b.len > 0)
        memcpy(out + a.len, b.data, b.len);
    return tvt_span(out, a.len + b.len);
}

static void
one_prf(struct tvt_kdf *kdf, struct tvt_span secret, const char *label, struct tvt_span seed, struct tvt_span output)
{
    uint8_t *out = (uint8_t *)kit_take(output.len);

    tvt_kdf_key(kdf, secret.data, secret.len);
    if (kit_ok(label, tvt_kdf_prf12(kdf, label, seed, out, output.len)))
        kit_equal(label, output, tvt_span(out, output.len));
}

static void
prf12(const json_t *group, const json_t *t)
{
    const struct tvt_hash *hash;
    struct tvt_kdf kdf;

    (void)group;
    if (!hash_for(KIT_PRF12, kit_text(t, "hash"), &hash) || !open_kdf(&kdf, hash))
        return;
    if (strcmp(kit_text(t, "type"), "prf") == 0) {
        one_prf(&kdf, kit_bytes(t, "secret"), kit_text(t, "label"), kit_bytes(t, "seed"), kit_bytes(t, "output"));
    } else {
        bool ems = json_is_true(json_object_get(t, "extended_master_secret"));

        one_prf(&kdf, kit_bytes(t, "pre_master_secret"), ems ? "extended master secret" : "master secret",
                ems ? kit_bytes(t, "session_hash")
                    : join(kit_bytes(t, "client_hello_random"), kit_bytes(t, "server_hello_random")),
                kit_bytes(t, "master_secret"));
        one_prf(&kdf, kit_bytes(t, "master_secret"), "key expansion",
                join(kit_bytes(t, "server_random"), kit_bytes(t, "client_random")), kit_bytes(t, "key_block"));
    }
    tvt_kdf_free(&kdf);
}

/* ---- TLS 1.3 key schedule -------------------------------------------------------------------------------- */

struct derivation {
    enum tvt_stage13 stage;
    const char *label, *field;
    int messages; /* of client_hello, server_hello, server_finished, client_finished */
};
static const struct derivation derivations[] = {
    {TVT_STAGE_EARLY, "c e traffic", "client_early_traffic_secret", 1},
    {TVT_STAGE_EARLY, "e exp master", "early_exporter_master_secret", 1},
    {TVT_STAGE_HANDSHAKE, "c hs traffic", "client_handshake_traffic_secret", 2},
    {TVT_STAGE_HANDSHAKE, "s hs traffic", "server_handshake_traffic_secret", 2},
    {TVT_STAGE_MASTER, "c ap traffic", "client_application_traffic_secret", 3},
    {TVT_STAGE_MASTER, "s ap traffic", "server_application_traffic_secret", 3},
    {TVT_STAGE_MASTER, "exp master", "exporter_master_secret", 3},
    {TVT_STAGE_MASTER, "res master", "resumption_master_secret", 4},
};
#define NUM_DERIVATIONS (sizeof derivations / sizeof derivations[0])

static void
derive_stage(struct tvt_schedule13 *s, const json_t *t, enum tvt_stage13 stage)
{
    static const char *const parts[] = {"client_hello", "server_hello", "server_finished", "client_finished"};
    uint8_t hash[TVT_HASH_MAX], out[TVT_HASH_MAX];

    for (size_t i = 0; i < NUM_DERIVATIONS; i++) {
        const struct derivation *d = &derivations[i];
        struct tvt_span messages = {NULL, 0};

        if (d->stage != stage)
            continue;
        for (int m = 0; m < d->messages; m++)
            messages = join(messages, kit_bytes(t, parts[m]));
        if (!kit_ok("transcript hash", digest(s->kdf.hash, messages, 1, hash)))
            continue;
        if (kit_ok(d->label, tvt_schedule13_derive(s, d->stage, d->label, hash, out)))
            kit_equal(d->field, kit_bytes(t, d->field), tvt_span(out, s->kdf.hash->out_len));
    }
}

static void
schedule13(const json_t *group, const json_t *t)
{
    const struct tvt_hash *hash;
    struct tvt_schedule13 *s = (struct tvt_schedule13 *)kit_take(sizeof *s);
    uint8_t scratch[TVT_HASH_MAX];

    (void)group;
    if (!hash_for(KIT_SCHEDULE13, kit_text(t, "hash"), &hash) ||
        !kit_ok("tvt_schedule13_init", tvt_schedule13_init(s, hash)))
        return;
    if (kit_ok("early", tvt_schedule13_early(s, kit_bytes(t, "psk"))))
        derive_stage(s, t, TVT_STAGE_EARLY);
    memset(scratch, 0, sizeof scratch);
    kit_check(tvt_schedule13_derive(s, TVT_STAGE_MASTER, "c ap traffic", scratch, scratch) < 0,
              "a derivation out of order was not refused");
    if (kit_ok("handshake", tvt_schedule13_handshake(s, kit_bytes(t, "dhe"))))
        derive_stage(s, t, TVT_STAGE_HANDSHAKE);
    if (kit_ok("main", tvt_schedule13_main(s)))
        derive_stage(s, t, TVT_STAGE_MASTER);
    tvt_schedule13_free(s);
}

/* ---- RFC 8448 -------------------------------------------------------------------------------------------- */

/* One step of a trace: an HKDF-Extract or an HKDF-Expand with everything that went in. */
static void
trace_step(struct tvt_kdf *kdf, const json_t *values)
{
    struct tvt_span expected;
    uint8_t out[255];

    if (kit_is_set(values, "ikm") && kit_is_set(values, "secret")) {
        expected = kit_bytes(values, "secret");
        if (kit_ok("extract", tvt_kdf_extract(kdf, kit_bytes(values, "salt"), kit_bytes(values, "ikm"), out)))
            kit_equal("secret", expected, tvt_span(out, expected.len));
    }
    if (kit_is_set(values, "prk") && kit_is_set(values, "info") && kit_is_set(values, "expanded")) {
        struct tvt_span prk = kit_bytes(values, "prk");

        expected = kit_bytes(values, "expanded");
        tvt_kdf_key(kdf, prk.data, prk.len);
        if (kit_check(expected.len <= sizeof out, "too long") &&
            kit_ok("expand", tvt_kdf_expand(kdf, kit_bytes(values, "info"), out, expected.len)))
            kit_equal("expanded", expected, tvt_span(out, expected.len));
    }
}

/* key and iv of every traffic secret that the trace prints both for. */
static void
trace_keys(struct tvt_kdf *kdf, const json_t *secrets)
{
    static const char *const names[][3] = {
        {"client_handshake_traffic_secret", "client_handshake_key", "client_handshake_iv"},
        {"server_handshake_traffic_secret", "server_handshake_key", "server_handshake_iv"},
        {"client_application_traffic_secret_0", "client_application_key", "client_application_iv"},
        {"server_application_traffic_secret_0", "server_application_key", "server_application_iv"},
        {"client_early_traffic_secret", "client_early_application_key", "client_early_application_iv"}};
    uint8_t key[16], iv[12];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tvt_span secret = kit_bytes(secrets, names[i][0]);

        if (secret.len == 0 || !kit_is_set(secrets, names[i][1]))
            continue;
        if (!kit_ok("traffic", tvt_schedule13_traffic(kdf, secret.data, key, sizeof key, iv, sizeof iv)))
            continue;
        kit_equal(names[i][1], kit_bytes(secrets, names[i][1]), tvt_span(key, sizeof key));
        kit_equal(names[i][2], kit_bytes(secrets, names[i][2]), tvt_span(iv, sizeof iv));
    }
}

static void
trace(const char *file)
{
    const struct tvt_hash *hash;
    struct tvt_kdf kdf;
    json_t *root = kit_load(kit.options.vectors, file);
    const json_t *steps = json_object_get(root, "steps");

    if (root == NULL || !hash_for(KIT_SCHEDULE13, "SHA-256", &hash) || !open_kdf(&kdf, hash))
        return;
    kit.in_vectors = true;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);

        kit_where(file, "step %d", kit_int(step, "n"));
        trace_step(&kdf, json_object_get(step, "values"));
        kit_release_all();
    }
    kit_where(file, "secrets");
    trace_keys(&kdf, json_object_get(root, "secrets"));
    kit_release_all();
    kit.in_vectors = false;
    kit_check(json_array_size(steps) > 0, "no steps");
    tvt_kdf_free(&kdf);
    json_decref(root);
}

static void
run_traces(void)
{
    trace("rfc8448/simple-1rtt.json");
    trace("rfc8448/resumed-0rtt.json");
    trace("rfc8448/hello-retry-request.json");
    trace("rfc8448/client-auth.json");
    trace("rfc8448/compat-mode.json");
}

static void
run_sha2(void)
{
    kit.row = KIT_SHA256;
    kit_each_kat("kat/sha2.json", sha2);
}

static void
run_monte(void)
{
    kit.row = KIT_SHA256;
    kit_each_kat("kat/sha2-monte.json", monte);
}

static void
run_hmac(void)
{
    kit.row = KIT_HMAC;
    kit_each_kat("kat/hmac.json", hmac);
}

static void
run_hkdf(void)
{
    kit.row = KIT_HKDF;
    kit_each_kat("kat/hkdf.json", hkdf);
}

static void
run_prf12(void)
{
    kit.row = KIT_PRF12;
    kit_each_kat("kat/tls12-prf.json", prf12);
}

static void
run_schedule13(void)
{
    kit.row = KIT_SCHEDULE13;
    kit_each_kat("kat/tls13-kdf.json", schedule13);
}

const struct kit_case kit_vectors_hash[] = {{"sha2.json", run_sha2},
                                            {"sha2-monte.json", run_monte},
                                            {"hmac.json", run_hmac},
                                            {"hkdf.json", run_hkdf},
                                            {"tls12-prf.json", run_prf12},
                                            {"tls13-kdf.json", run_schedule13},
                                            {"RFC 8448 traces: HKDF and traffic keys", run_traces},
                                            {NULL, NULL}};

/* ---- Wycheproof ------------------------------------------------------------------------------------------ */

static const char *wycheproof_hash;

static void
wycheproof_hmac(const json_t *group, const json_t *t)
{
    (void)group;
    one_hmac(wycheproof_hash, kit_bytes(t, "key"), kit_bytes(t, "msg"), kit_bytes(t, "tag"),
             kit_expected(t) == KIT_VALID);
}

static void
wycheproof_hkdf(const json_t *group, const json_t *t)
{
    (void)group;
    one_hkdf(wycheproof_hash, t, (size_t)kit_int(t, "size"), kit_expected(t) == KIT_VALID);
}

static void
run_wycheproof_hmac(void)
{
    kit.row = KIT_HMAC;
    wycheproof_hash = "SHA-256";
    kit_each_wycheproof("hmac_sha256_test.json", wycheproof_hmac);
    wycheproof_hash = "SHA-384";
    kit_each_wycheproof("hmac_sha384_test.json", wycheproof_hmac);
    wycheproof_hash = "SHA-512";
    kit_each_wycheproof("hmac_sha512_test.json", wycheproof_hmac);
}

static void
run_wycheproof_hkdf(void)
{
    kit.row = KIT_HKDF;
    wycheproof_hash = "SHA-256";
    kit_each_wycheproof("hkdf_sha256_test.json", wycheproof_hkdf);
    wycheproof_hash = "SHA-384";
    kit_each_wycheproof("hkdf_sha384_test.json", wycheproof_hkdf);
    wycheproof_hash = "SHA-512";
    kit_each_wycheproof("hkdf_sha512_test.json", wycheproof_hkdf);
}

const struct kit_case kit_wycheproof_hash[] = {
    {"HMAC", run_wycheproof_hmac}, {"HKDF", run_wycheproof_hkdf}, {NULL, NULL}};
