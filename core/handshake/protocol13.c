/* SPDX-License-Identifier: MIT
 *
 * What is TLS 1.3's own beneath the tables: how its messages are read, and how its keys are derived, installed and
 * exported from (RFC 9846 7).
 */
#include "core/base/memory.h"
#include "core/handshake/protocol.h"

/* ---- secrets, RFC 9846 7.1 ---- */

static int
derive(struct tvt_handshake *hs, enum tvt_stage13 stage, const char *label, const uint8_t *hash, const char *log,
       uint8_t *out)
{
    int rc = tvt_schedule13_derive(&hs->scratch->schedule, stage, label, hash, out);
    if (rc == TVT_CRYPTO_OK)
        tvt_keylog(hs, log, out, hs->hash->out_len);
    return rc;
}

/* RFC 9846 7.1: 0 -> Early Secret -> Handshake Secret. */
static int
derive_handshake(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    uint8_t hash[TVT_HASH_MAX];
    int rc = tvt_transcript_hash(&s->transcript, tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_psk13_early_secret(hs);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_handshake(&s->schedule, tvt_span(s->chosen.secret, s->chosen.secret_len));
    tvt_wipe(s->chosen.secret, sizeof s->chosen.secret);
    if (rc == TVT_CRYPTO_OK)
        rc = derive(hs, TVT_STAGE_HANDSHAKE, "c hs traffic", hash, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", s->client_secret);
    if (rc == TVT_CRYPTO_OK)
        rc = derive(hs, TVT_STAGE_HANDSHAKE, "s hs traffic", hash, "SERVER_HANDSHAKE_TRAFFIC_SECRET", s->server_secret);
    return rc;
}

/* RFC 9846 7.1: Handshake Secret -> Main Secret, over ClientHello .. server Finished. */
static int
derive_application(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    bool client = hs->role == TVT_CLIENT;
    uint8_t hash[TVT_HASH_MAX];
    int rc = tvt_transcript_hash(&s->transcript, tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_main(&s->schedule);
    if (rc == TVT_CRYPTO_OK)
        rc = derive(hs, TVT_STAGE_MASTER, "c ap traffic", hash, "CLIENT_TRAFFIC_SECRET_0",
                    client ? hs->send_secret : hs->receive_secret);
    if (rc == TVT_CRYPTO_OK)
        rc = derive(hs, TVT_STAGE_MASTER, "s ap traffic", hash, "SERVER_TRAFFIC_SECRET_0",
                    client ? hs->receive_secret : hs->send_secret);
    if (rc == TVT_CRYPTO_OK)
        rc = derive(hs, TVT_STAGE_MASTER, "exp master", hash, "EXPORTER_SECRET", hs->exporter_secret);
    return rc;
}

/* RFC 9846 7.1: over ClientHello .. client Finished, for the tickets to come. */
static int
derive_resumption(struct tvt_handshake *hs)
{
    uint8_t hash[TVT_HASH_MAX];
    if (!hs->wants_resumption)
        return TVT_CRYPTO_OK;
    int rc = tvt_transcript_hash(&hs->scratch->transcript, tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_derive(&hs->scratch->schedule, TVT_STAGE_MASTER, "res master", hash, hs->resumption_secret);
    return rc;
}

static int
derive_keys(struct tvt_handshake *hs, unsigned keys)
{
    int rc = TVT_CRYPTO_OK;
    if (keys & TVT_KEYS_DERIVE_EARLY)
        rc = tvt_psk13_derive_early(hs);
    if (rc == TVT_CRYPTO_OK && keys & TVT_KEYS_DERIVE_HANDSHAKE)
        rc = derive_handshake(hs);
    if (rc == TVT_CRYPTO_OK && keys & TVT_KEYS_DERIVE_APPLICATION)
        rc = derive_application(hs);
    if (rc == TVT_CRYPTO_OK && keys & TVT_KEYS_DERIVE_RESUMPTION)
        rc = derive_resumption(hs);
    return rc;
}

/* ---- traffic keys, RFC 9846 7.2 and 7.3 ---- */

static int
install(struct tvt_handshake *hs, struct tvt_protection *p, enum tvt_level level, bool sending)
{
    const struct tvt_hash *hash = tvt_handshake_hash(hs, level);
    struct tvt_kdf own = {0}, *kdf = &own;
    /* After an error the handshake's own may be what failed: the alert still wants its keys. */
    if (hs->scratch != NULL && hs->error->code == TVT_E_NONE && hs->scratch->schedule.kdf.live &&
        hs->scratch->schedule.kdf.hash == hash)
        kdf = &hs->scratch->schedule.kdf;
    int rc = kdf == &own ? tvt_kdf_init(&own, hash) : TVT_CRYPTO_OK;
    if (rc == TVT_CRYPTO_OK && level == TVT_LEVEL_NEXT)
        rc = tvt_schedule13_update(kdf, sending ? hs->send_secret : hs->receive_secret);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_protection_install(p, kdf, tvt_handshake_aead(hs, level), tvt_handshake_secret(hs, level, sending));
    tvt_kdf_free(&own);
    return rc;
}

/* ---- exporters, RFC 9846 7.5 ---- */

static int export(const struct tvt_handshake *hs, const char *label, struct tvt_span context, uint8_t *out, size_t len)
{
    struct tvt_kdf kdf = {0};
    int rc = tvt_kdf_init(&kdf, hs->hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_export(&kdf, hs->exporter_secret, label, context, out, len);
    tvt_kdf_free(&kdf);
    return rc;
}

static enum tvt_result
decode(const struct tvt_handshake *hs, struct tvt_message *out, struct tvt_span raw)
{
    /* The one message that a server of TLS 1.2 may send before it has said that it is one. */
    if (raw.len > 0 && raw.data[0] == TVT_HT_HELLO_REQUEST && tvt_fork_is_open(hs))
        return tvt_message_decode12(out, raw, 0, hs->error);
    return tvt_message_decode(out, raw, hs->error);
}

static void
free_schedule(struct tvt_scratch *s)
{
    tvt_schedule13_free(&s->schedule);
    tvt_wipe(&s->schedule, sizeof s->schedule);
    s->schedule_psk = NULL;
}

/* RFC 9846 4.3.3: the number of a scheme says the curve of its key, too. */
static bool
scheme_fits(const struct tvt_scheme *scheme, uint8_t key_type)
{
    return scheme->in_tls13 && scheme->key_type == key_type;
}

const struct tvt_protocol tvt_protocol13 = {.version = TVT_VERSION_TLS13,
                                            .dummy_ccs = true,
                                            .warnings = false,
                                            .free_schedule = free_schedule,
                                            .scheme_fits = scheme_fits,
                                            .decode = decode,
                                            .derive = derive_keys,
                                            .install = install,
                                            .export = export};
