/* SPDX-License-Identifier: MIT
 *
 * Known answers of AEADs: each valid one is sealed and opened, each invalid one must be refused.
 */
#include "tests/kit/kit.h"

#include <string.h>

struct aead_test {
    struct tvt_span key, nonce, aad, pt, sealed; /* sealed: ciphertext and tag */
    bool valid, pt_known;
};

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
seal_vector(const struct tvt_aead *aead, const struct aead_test *t)
{
    static struct kit_context ctx;
    uint8_t *out = (uint8_t *)kit_take(t->sealed.len + 1);

    kit_arm(&ctx);
    if (!kit_ok("setup for sealing", aead->setup(aead, ctx.memory, TVT_SEAL, t->key.data)))
        return;
    out[t->sealed.len] = 0x77;
    if (kit_ok("seal", aead->seal(ctx.memory, out, &t->pt, 1, t->nonce.data, t->aad.data, t->aad.len))) {
        kit_equal("sealed", t->sealed, tvt_span(out, t->sealed.len));
        kit_check(out[t->sealed.len] == 0x77, "seal wrote behind its output");
    }
    kit_guarded(&ctx, aead->ctx_size);
    aead->teardown(ctx.memory);
}

static void
open_vector(const struct tvt_aead *aead, const struct aead_test *t, bool in_place)
{
    static struct kit_context ctx;
    uint8_t *in = (uint8_t *)kit_take(t->sealed.len + 1), *out = (uint8_t *)kit_take(t->sealed.len + 1);
    int result;

    if (t->sealed.len > 0)
        memcpy(in, t->sealed.data, t->sealed.len);
    out = in_place ? in : out;
    kit_arm(&ctx);
    if (!kit_ok("setup for opening", aead->setup(aead, ctx.memory, TVT_OPEN, t->key.data)))
        return;
    result = aead->open(ctx.memory, out, in, t->sealed.len, t->nonce.data, t->aad.data, t->aad.len);
    if (t->valid && kit_ok("open", result))
        kit_equal("opened", t->pt, tvt_span(t->pt.len > 0 ? out : NULL, t->pt.len));
    else if (!t->valid) {
        kit_kind("open of a forgery", result, TVT_CRYPTO_AUTH);
        if (t->pt_known && t->pt.len >= 8)
            kit_check(memcmp(out, t->pt.data, t->pt.len) != 0, "plaintext is left after a bad tag");
    }
    kit_guarded(&ctx, aead->ctx_size);
    aead->teardown(ctx.memory);
}

static void
run_vector(enum kit_row row, const struct aead_test *t)
{
    const struct tvt_aead *aead;

    if (!kit_begin(row)) {
        kit_skip("the backend does not have the AEAD (declared absent)");
        return;
    }
    aead = kit_aead_of(kit.now, row);
    if (t->nonce.len != aead->nonce_len || t->key.len != aead->key_len) {
        kit_skip("nonce or key of a length that TLS does not use");
        return;
    }
    if (t->valid)
        seal_vector(aead, t);
    open_vector(aead, t, false);
    open_vector(aead, t, true);
}

/* ---- kat ------------------------------------------------------------------------------------------------- */

static void
kat(const json_t *group, const json_t *t)
{
    const char *alg = kit_text(t, "alg");
    struct aead_test v = {kit_bytes(t, "key"),
                          kit_bytes(t, "nonce"),
                          kit_bytes(t, "aad"),
                          kit_bytes(t, "pt"),
                          join(kit_bytes(t, "ct"), kit_bytes(t, "tag")),
                          kit_expected(t) == KIT_VALID,
                          false};
    enum kit_row row = strcmp(alg, "CHACHA20-POLY1305") == 0 ? KIT_CHACHA20_POLY1305 : kit_row_named(alg);

    (void)group;
    if (row == KIT_NUM_ROWS)
        kit_skip("AES with a 192-bit key, which TLS does not use");
    else
        run_vector(row, &v);
}

static void
run_gcm(void)
{
    kit.row = KIT_AES_128_GCM;
    kit_each_kat("kat/aes-gcm.json", kat);
}

static void
run_ccm(void)
{
    kit.row = KIT_AES_128_CCM_8;
    kit_each_kat("kat/aes-ccm.json", kat);
}

static void
run_chacha(void)
{
    kit.row = KIT_CHACHA20_POLY1305;
    kit_each_kat("kat/chacha20-poly1305.json", kat);
}

/* ---- records of RFC 8448 --------------------------------------------------------------------------------- */

static const char *
trace_epoch(const json_t *record)
{
    const char *epoch = kit_text(record, "epoch");
    bool client = strcmp(kit_text(record, "role"), "client") == 0;

    if (strcmp(epoch, "handshake") == 0)
        return client ? "client_handshake" : "server_handshake";
    if (strcmp(epoch, "application") == 0)
        return client ? "client_application" : "server_application";
    return strcmp(epoch, "early_application") == 0 ? "client_early_application" : NULL;
}

static struct tvt_span
trace_secret(const json_t *secrets, const char *epoch, const char *what)
{
    char name[64] = "";

    (void)strncat(name, epoch, 40);
    (void)strncat(name, what, 8);
    return kit_bytes(secrets, name);
}

/* RFC 9846 5.2: inner plaintext = content and its type; additional data = the record header. */
static void
trace_record(const json_t *secrets, const json_t *record)
{
    const char *epoch = trace_epoch(record), *kind = kit_text(record, "kind");
    struct tvt_span whole = kit_bytes(record, "record"), iv;
    uint8_t type = strcmp(kind, "alert") == 0 ? 21 : strcmp(kind, "application_data") == 0 ? 23 : 22, *nonce;
    struct aead_test v;

    if (epoch == NULL || whole.len < 5)
        return;
    iv = trace_secret(secrets, epoch, "_iv");
    if (!kit_check(iv.len == 12, "no iv for the epoch"))
        return;
    nonce = (uint8_t *)kit_take(12);
    memcpy(nonce, iv.data, 12);
    nonce[11] = (uint8_t)(nonce[11] ^ (uint8_t)kit_int(record, "seq"));
    v.key = trace_secret(secrets, epoch, "_key");
    v.nonce = tvt_span(nonce, 12);
    v.aad = tvt_span(whole.data, 5);
    v.pt = join(kit_bytes(record, "payload"), tvt_span(&type, 1));
    v.sealed = tvt_span(whole.data + 5, whole.len - 5);
    v.valid = true;
    v.pt_known = true;
    run_vector(KIT_AES_128_GCM, &v);
}

static void
run_records(void)
{
    static const char *const files[] = {"rfc8448/simple-1rtt.json", "rfc8448/resumed-0rtt.json",
                                        "rfc8448/hello-retry-request.json", "rfc8448/client-auth.json",
                                        "rfc8448/compat-mode.json"};

    kit.row = KIT_AES_128_GCM;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        json_t *root = kit_load(kit.options.vectors, files[i]);
        const json_t *records = json_object_get(root, "records");

        kit.in_vectors = true;
        for (size_t j = 0; j < json_array_size(records); j++) {
            kit_where(files[i], "record %zu", j);
            trace_record(json_object_get(root, "secrets"), json_array_get(records, j));
            kit_release_all();
        }
        kit.in_vectors = false;
        json_decref(root);
    }
}

const struct kit_case kit_vectors_aead[] = {{"aes-gcm.json", run_gcm},
                                            {"aes-ccm.json", run_ccm},
                                            {"chacha20-poly1305.json", run_chacha},
                                            {"RFC 8448 traces: records", run_records},
                                            {NULL, NULL}};

/* ---- Wycheproof ------------------------------------------------------------------------------------------ */

static void
wycheproof(enum kit_row row, size_t tag_len, const json_t *t)
{
    struct aead_test v = {kit_bytes(t, "key"),
                          kit_bytes(t, "iv"),
                          kit_bytes(t, "aad"),
                          kit_bytes(t, "msg"),
                          join(kit_bytes(t, "ct"), kit_bytes(t, "tag")),
                          kit_expected(t) == KIT_VALID,
                          true};
    struct tvt_span tag = kit_bytes(t, "tag");

    if (row == KIT_NUM_ROWS)
        kit_skip("AES with a key of a length that TLS does not use");
    else if (tag.len != tag_len)
        kit_skip("a tag of a length that TLS does not use");
    else
        run_vector(row, &v);
}

static void
wycheproof_gcm(const json_t *group, const json_t *t)
{
    int bits = kit_int(group, "keySize");

    wycheproof(bits == 128 ? KIT_AES_128_GCM : bits == 256 ? KIT_AES_256_GCM : KIT_NUM_ROWS, 16, t);
}

static void
wycheproof_ccm(const json_t *group, const json_t *t)
{
    bool short_tag = kit_int(group, "tagSize") == 64;

    wycheproof(kit_int(group, "keySize") != 128 ? KIT_NUM_ROWS
               : short_tag                      ? KIT_AES_128_CCM_8
                                                : KIT_AES_128_CCM,
               short_tag ? 8 : 16, t);
}

static void
wycheproof_chacha(const json_t *group, const json_t *t)
{
    (void)group;
    wycheproof(KIT_CHACHA20_POLY1305, 16, t);
}

static void
run_wycheproof_gcm(void)
{
    kit.row = KIT_AES_128_GCM;
    kit_each_wycheproof("aes_gcm_test.json", wycheproof_gcm);
}

static void
run_wycheproof_ccm(void)
{
    kit.row = KIT_AES_128_CCM;
    kit_each_wycheproof("aes_ccm_test.json", wycheproof_ccm);
}

static void
run_wycheproof_chacha(void)
{
    kit.row = KIT_CHACHA20_POLY1305;
    kit_each_wycheproof("chacha20_poly1305_test.json", wycheproof_chacha);
}

const struct kit_case kit_wycheproof_aead[] = {{"AES-GCM", run_wycheproof_gcm},
                                               {"AES-CCM", run_wycheproof_ccm},
                                               {"ChaCha20-Poly1305", run_wycheproof_chacha},
                                               {NULL, NULL}};
