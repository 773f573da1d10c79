/* SPDX-License-Identifier: MIT
 *
 * Our credentials: chains and keys from the files that the flags name. The signer is wrapped in one that notes which
 * credential signs, and that answers "later" at first where the test is about waiting.
 */
#include "tests/bogo/shim.h"

#include "core/os/file.h"
#include "core/x509/credential.h"

#include <string.h>

#define FILE_LIMIT (1u << 20)
#define DELAYS     2 /* how often a signature is put off */

struct noting_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    struct shim_run *run;
    int index;
    int delays;
};

static int
note_and_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
              uint8_t *signature, size_t *signature_len, void **op)
{
    struct noting_signer *s = (struct noting_signer *)signer;
    s->run->used_credential = s->index;
    if (s->run->o->async && s->delays++ < DELAYS) {
        *op = s;
        return TVT_CRYPTO_PENDING;
    }
    s->delays = 0;
    *op = NULL;
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
forget(struct tvt_signer *signer, void *op)
{
    (void)signer;
    (void)op;
}

static void
free_inner(struct tvt_signer *signer)
{
    struct noting_signer *s = (struct noting_signer *)signer;
    s->inner->free(s->inner);
}

static struct tvt_signer *
wrap(struct tvt_signer *inner, struct shim_run *run, int index)
{
    struct noting_signer *s = shim_memory(sizeof *s);
    s->base = *inner;
    s->base.sign = note_and_sign;
    s->base.cancel = forget;
    s->base.free = free_inner;
    s->inner = inner;
    s->run = run;
    s->index = index;
    return &s->base;
}

int
shim_add_credential(struct shim_run *run, const struct shim_credential *credential, int index)
{
    struct tvt_file chain = {0}, key = {0};
    const struct tvt_span none = {NULL, 0};
    struct tvt_credential *made = NULL;
    struct tvt_error error;
    char words[SHIM_WORDS];

    tvt_error_clear(&error);
    bool raw = credential->kind == SHIM_RAW_KEY;
    if (credential->key_file == NULL || (!raw && credential->cert_file == NULL))
        return -1;
    if (!shim_scheme_words(words, &credential->signing_prefs))
        return SHIM_UNIMPLEMENTED;
    enum tvt_result r = tvt_file_read(&key, credential->key_file, FILE_LIMIT, "private key", NULL, &error);
    if (r == TVT_OK && !raw)
        r = tvt_file_read(&chain, credential->cert_file, FILE_LIMIT, "certificate", NULL, &error);
    if (r == TVT_OK)
        r = raw ? tvt_credential_new_raw_key(&made, run->provider, key.bytes, NULL, &error)
                : tvt_credential_new(&made, run->provider, chain.bytes, key.bytes, NULL, &error);
    if (r == TVT_OK && credential->signing_prefs.num > 0)
        r = tvt_credential_set_schemes(made, words, &error);
    if (r == TVT_OK && credential->must_match_issuer)
        r = tvt_credential_set_issuer_named(made, true, &error);
    if (r == TVT_OK)
        made->signer = wrap(made->signer, run, index);
    if (r == TVT_OK && (credential->ocsp_response.len > 0 || credential->scts.len > 0))
        r = tvt_credential_set_staples(made, run->o->decline_ocsp ? none : credential->ocsp_response, credential->scts,
                                       &error);
    if (r == TVT_OK)
        r = tvt_config_add_credential(run->config, made, &error);
    tvt_credential_unref(made);
    tvt_file_free(&key);
    tvt_file_free(&chain);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}
