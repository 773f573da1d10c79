/* SPDX-License-Identifier: MIT
 *
 * What is TLS 1.2's own beneath the tables: how its messages are read, and how its keys are derived, installed and exported
 * from (RFC 5246 6.3 and 8.1, RFC 7627 4, RFC 5705).
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

bool
tvt_tls12_is_psk(const struct tvt_handshake *hs)
{
    return hs->suite != NULL && hs->suite->auth == TVT_AUTH_PSK;
}

unsigned
tvt_tls12_form(const struct tvt_handshake *hs)
{
    return (tvt_tls12_is_psk(hs) ? TVT_FORM12_PSK : 0u) |
           (hs->scratch != NULL && hs->scratch->peer.certificate_type == TVT_CERTIFICATE_RAW_KEY ? TVT_FORM12_RAW_KEY
                                                                                                 : 0u);
}

enum tvt_result
tvt_tls12_take_suite(struct tvt_handshake *hs, const struct tvt_suite *suite)
{
    hs->suite = suite;
    hs->hash = tvt_provider_hash(hs->provider, suite->hash);
    hs->aead = tvt_provider_aead(hs->provider, suite->aead);
    /* A handler that said PENDING comes here again. */
    int rc = hs->scratch->schedule12.kdf.live ? TVT_CRYPTO_OK : tvt_schedule12_init(&hs->scratch->schedule12, hs->hash);
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, NULL, "key schedule", hs->provider, rc);
}

static enum tvt_result
decode(const struct tvt_handshake *hs, struct tvt_message *out, struct tvt_span raw)
{
    return tvt_message_decode12(out, raw, tvt_tls12_form(hs), hs->error);
}

/* ---- secrets ---- */

#define PREMASTER_MAX (4u + TVT_GROUP_SECRET_MAX + TVT_LIMIT_PSK_KEY)

/* RFC 7627 4: over ClientHello .. ClientKeyExchange; without it RFC 5246 8.1. */
static int
derive_from(struct tvt_handshake *hs, struct tvt_span premaster)
{
    struct tvt_scratch *s = hs->scratch;
    uint8_t hash[TVT_HASH_MAX];
    if (!hs->extended_master)
        return tvt_schedule12_master(&s->schedule12, premaster, &hs->randoms);
    int rc = tvt_transcript_hash(&s->transcript, tvt_span(NULL, 0), hash);
    return rc == TVT_CRYPTO_OK ? tvt_schedule12_extended_master(&s->schedule12, premaster, hash) : rc;
}

static int
derive_master(struct tvt_handshake *hs)
{
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_span premaster = tvt_span(chosen->secret, chosen->secret_len);
    uint8_t memory[PREMASTER_MAX];
    size_t len = 0;
    int rc = TVT_CRYPTO_OK;
    if (tvt_tls12_is_psk(hs)) {
        rc = tvt_schedule12_psk_premaster(memory, sizeof memory, &len, premaster,
                                          tvt_span(hs->session->secret, hs->session->secret_len));
        premaster = tvt_span(memory, len);
    }
    if (rc == TVT_CRYPTO_OK)
        rc = derive_from(hs, premaster);
    tvt_wipe(memory, sizeof memory);
    tvt_wipe(chosen->secret, sizeof chosen->secret);
    return rc;
}

/* The keys of a direction wait in its secret's place until they are installed: key, then IV. */
static void
put_keys(uint8_t *secret, const struct tvt_write_keys12 *keys)
{
    tvt_copy(secret, keys->key, sizeof keys->key);
    tvt_copy(secret + sizeof keys->key, keys->iv, sizeof keys->iv);
}

static int
derive(struct tvt_handshake *hs, unsigned keys)
{
    struct tvt_schedule12 *schedule = &hs->scratch->schedule12;
    bool client = hs->role == TVT_CLIENT;
    struct tvt_key_block12 block;
    int rc = TVT_CRYPTO_OK;
    if (!(keys & TVT_KEYS_DERIVE_APPLICATION))
        return TVT_CRYPTO_OK;
    if (!schedule->ready) /* else it is that of the session */
        rc = derive_master(hs);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule12_key_block(schedule, &block, hs->aead, &hs->randoms);
    if (rc != TVT_CRYPTO_OK)
        return rc;
    put_keys(hs->send_secret, client ? &block.client : &block.server);
    put_keys(hs->receive_secret, client ? &block.server : &block.client);
    tvt_wipe(&block, sizeof block);
    tvt_keylog(hs, "CLIENT_RANDOM", schedule->master, sizeof schedule->master);
    tvt_copy(hs->exporter_secret, schedule->master, sizeof schedule->master);
    return TVT_CRYPTO_OK;
}

static int
install(struct tvt_handshake *hs, struct tvt_protection *p, enum tvt_level level, bool sending)
{
    uint8_t *secret = sending ? hs->send_secret : hs->receive_secret;
    (void)level;
    int rc = tvt_protection_install12(p, hs->aead, secret, secret + TVT_AEAD_KEY_MAX);
    tvt_wipe(secret, TVT_HASH_MAX);
    return rc;
}

/* ---- exporters, RFC 5705 4 ---- */

static const char *
refuses_export(const char *label, size_t context_len)
{
    if (tvt_schedule12_owns_label(label))
        return "the handshake of TLS 1.2 itself uses this label (RFC 5705 6)";
    return context_len > UINT16_MAX ? "a context has at most 65535 bytes (RFC 5705 4)" : NULL;
}

static int export(const struct tvt_handshake *hs, const char *label, struct tvt_span context, uint8_t *out, size_t len)
{
    struct tvt_kdf kdf = {0};
    int rc = tvt_kdf_init(&kdf, hs->hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule12_export(&kdf, hs->exporter_secret, &hs->randoms, label, context, out, len);
    tvt_kdf_free(&kdf);
    return rc;
}

static void
free_schedule(struct tvt_scratch *s)
{
    tvt_schedule12_free(&s->schedule12);
    tvt_wipe(&s->schedule12, sizeof s->schedule12);
}

const struct tvt_protocol tvt_protocol12 = {.version = TVT_VERSION_TLS12,
                                            .dummy_ccs = false,
                                            .warnings = true,
                                            .turns = true,
                                            .free_schedule = free_schedule,
                                            .scheme_fits = tvt_scheme_takes_key12,
                                            .decode = decode,
                                            .derive = derive,
                                            .install = install,
                                            .export = export,
                                            .refuses_export = refuses_export};
