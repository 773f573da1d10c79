/* SPDX-License-Identifier: MIT
 *
 * The server's HelloRetryRequest and the ClientHello that answers it (RFC 9846 4.2.2, 4.2.4), with a cookie that holds the
 * state where that is wanted (4.3.2): any connection with the same keys can then go on.
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#define COOKIE_FORM      1u
#define COOKIE_PLAIN_MAX (1 + 2 + 2 + 8 + 1 + TVT_HASH_MAX)
#define COOKIE_LIFE_MS   60000u /* longer than any client waits before it answers a HelloRetryRequest */

/* ---- the second ClientHello, RFC 9846 4.2.2 ---- */

/* Extensions that a second ClientHello may change, add or leave out. */
static bool
may_change(uint16_t code)
{
    static const enum tvt_extension_index free_to_change[] = {TVT_EXT_KEY_SHARE, TVT_EXT_EARLY_DATA, TVT_EXT_COOKIE,
                                                              TVT_EXT_PRE_SHARED_KEY, TVT_EXT_PADDING};
    for (size_t i = 0; i < sizeof free_to_change / sizeof free_to_change[0]; i++)
        if (tvt_extension_code(free_to_change[i]) == code)
            return true;
    return false;
}

/* True when every extension of `a` that may not change stands in `b` with the same bytes. */
static bool
extensions_kept(struct tvt_span a, struct tvt_span b)
{
    struct tvt_reader r;
    struct tvt_span other;
    tvt_reader_init(&r, a);
    while (tvt_reader_left(&r) > 0) {
        uint16_t code = tvt_read_u16(&r, "extension_type");
        struct tvt_span data = tvt_read_vec16(&r, 0, UINT16_MAX, "extension_data");
        if (!may_change(code) && (!tvt_extension_find(b, code, &other) || !tvt_span_equal(data, other)))
            return false;
    }
    return true;
}

static const char *
changed_field(const struct tvt_client_hello *a, const struct tvt_client_hello *b, bool cookie_sent)
{
    if (a->legacy_version != b->legacy_version)
        return "legacy_version";
    if (!tvt_span_equal(a->random, b->random))
        return "random";
    if (!tvt_span_equal(a->session_id, b->session_id))
        return "legacy_session_id";
    if (!tvt_span_equal(a->suites, b->suites))
        return "cipher_suites";
    if (!tvt_span_equal(a->compression, b->compression))
        return "legacy_compression_methods";
    if (!extensions_kept(a->ext.raw, b->ext.raw) || !extensions_kept(b->ext.raw, a->ext.raw))
        return "extensions";
    if (tvt_has(&b->ext, TVT_EXT_COOKIE) && !cookie_sent)
        return "cookie";
    if (tvt_has(&b->ext, TVT_EXT_PRE_SHARED_KEY) && !tvt_has(&a->ext, TVT_EXT_PRE_SHARED_KEY))
        return "pre_shared_key"; /* updated, or left out */
    return NULL;
}

static enum tvt_result
compare_with_first(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_message first;
    if (s->peer.first_hello.len == 0) /* compared already, or another connection had it: its hash is in the cookie */
        return TVT_OK;
    enum tvt_result r = tvt_message_decode(&first, tvt_buffer_span(&s->peer.first_hello), hs->error);
    if (r != TVT_OK)
        return r;
    const char *changed = changed_field(&first.u.client_hello, m, s->chosen.cookie_sent);
    if (changed != NULL)
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", changed);
    if (s->offer.cookie.len > 0 &&
        (!tvt_has(&m->ext, TVT_EXT_COOKIE) || !tvt_span_equal(m->ext.cookie, tvt_buffer_span(&s->offer.cookie))))
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", "cookie"); /* RFC 9846 4.3.2 */
    if (s->chosen.retry_group == 0 && !tvt_span_equal(first.u.client_hello.ext.key_shares, m->ext.key_shares))
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", "key_share");
    tvt_buffer_release(&s->peer.first_hello);
    tvt_session_unref(hs->session); /* what the first ClientHello chose is chosen anew */
    hs->session = NULL;
    hs->peer_verified = false; /* it was the session's word: whoever recorded that ClientHello could send it */
    s->chosen.psk_looked_up = s->chosen.psk_only = false;
    s->chosen.psk_next = 0;
    s->schedule_psk = NULL;
    return TVT_OK;
}

/* The one share that was asked for. */
static enum tvt_result
find_share(struct tvt_handshake *hs, const struct tvt_client_hello *m, struct tvt_span *share)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_span rest = m->ext.key_shares, other;
    uint16_t group, retry = s->chosen.retry_group;
    if (retry == 0)
        return share->len > 0 ? TVT_OK : tvt_fail(hs->error, TVT_E_WRONG_GROUP, "ClientHello", "key_share");
    if (!tvt_list_next_share(&rest, &group, share) || group != retry || tvt_list_next_share(&rest, &group, &other))
        return tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, "ClientHello", "key_share",
                               "HelloRetryRequest asked for one share, of %s", tvt_group_name(retry));
    if (!tvt_group_find(&s->chosen.group, hs->provider, retry))
        return tvt_fail(hs->error, TVT_E_INTERNAL, "ClientHello", "key_share");
    return TVT_OK;
}

enum tvt_result
tvt_retry13_take_second(struct tvt_handshake *hs, const struct tvt_message *in)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_span share;
    enum tvt_result r = compare_with_first(hs, m);
    if (r != TVT_OK)
        return r;
    if (tvt_has(&m->ext, TVT_EXT_EARLY_DATA)) /* RFC 9846 4.2.2: removed; whoever has seen the first one */
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", "early_data");
    hs->ignore_early_data = false; /* 0-RTT ends before the second ClientHello (RFC 9846 4.3.10) */
    r = tvt_select13(hs, in, &share);
    if (r != TVT_OK || hs->scratch->chosen.psk_only)
        return r;
    r = find_share(hs, m, &share);
    return r == TVT_OK ? tvt_select13_answer_share(hs, share) : r;
}

enum tvt_result
tvt_retry13_recv_second_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                     unsigned *edge)
{
    enum tvt_result r = tvt_retry13_take_second(hs, in);
    (void)out;
    *edge = hs->session != NULL ? 1 : 0;
    return r;
}

/* ---- HelloRetryRequest, RFC 9846 4.2.4 ---- */

/* Form, suite, group, time and the hash of the first ClientHello: what it takes to go on. */
static enum tvt_result
seal_cookie(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    const struct tvt_config *c = hs->config;
    uint8_t plain[COOKIE_PLAIN_MAX], hash[TVT_HASH_MAX];
    size_t len = 0;
    struct tvt_writer w;
    int rc = tvt_transcript_hash(&s->transcript, tvt_span(NULL, 0), hash);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "HelloRetryRequest", "cookie", hs->provider, rc);
    uint64_t now = c->clock(c->clock_user);
    tvt_writer_init(&w, plain, sizeof plain);
    tvt_write_u8(&w, COOKIE_FORM);
    tvt_write_u16(&w, hs->suite->id);
    tvt_write_u16(&w, s->chosen.retry_group);
    tvt_write_u32(&w, (uint32_t)(now >> 32));
    tvt_write_u32(&w, (uint32_t)now);
    tvt_write_u8(&w, hs->hash->out_len);
    tvt_write_bytes(&w, hash, hs->hash->out_len);
    uint8_t *at = tvt_buffer_reserve(&s->offer.cookie, sizeof plain + TVT_SEALED_OVERHEAD);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "HelloRetryRequest", "cookie");
    enum tvt_result r =
        tvt_ticket_keys_seal(c->session.cookie_keys, TVT_SEALED_COOKIE, at, sizeof plain + TVT_SEALED_OVERHEAD, &len,
                             tvt_span(plain, tvt_writer_len(&w)), now, hs->error);
    if (r == TVT_OK)
        tvt_buffer_commit(&s->offer.cookie, len);
    return r;
}

enum tvt_result
tvt_retry13_send_hello_retry(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                             unsigned *edge)
{
    (void)in;
    (void)edge;
    if (hs->config->session.cookie_keys != NULL) {
        enum tvt_result r = seal_cookie(hs);
        if (r != TVT_OK)
            return r;
        hs->scratch->chosen.cookie_sent = true;
    }
    hs->hello_retry = true;
    tvt_server13_write_hello(hs, out, tvt_span(tvt_hello_retry_random, 32), tvt_span(NULL, 0), TVT_MSG_HELLO_RETRY);
    return TVT_OK;
}

/* ---- a ClientHello that brings a cookie to a connection that knows nothing of it ---- */

/* The transcript as it stood: the first ClientHello's hash, and the HelloRetryRequest, made anew (RFC 9846 4.1). */
static bool
restore_transcript(struct tvt_handshake *hs, struct tvt_span hash)
{
    struct tvt_scratch *s = hs->scratch;
    uint8_t synthetic[4] = {TVT_HT_MESSAGE_HASH, 0, 0, (uint8_t)hash.len}, retry[512];
    struct tvt_writer w;
    tvt_writer_init(&w, retry, sizeof retry);
    tvt_server13_write_hello(hs, &w, tvt_span(tvt_hello_retry_random, 32), tvt_span(NULL, 0), TVT_MSG_HELLO_RETRY);
    return !w.overflow && tvt_transcript_start(&s->transcript, hs->hash) == TVT_CRYPTO_OK &&
           tvt_transcript_add(&s->transcript, tvt_span(synthetic, sizeof synthetic)) &&
           tvt_transcript_add(&s->transcript, hash) &&
           tvt_transcript_add(&s->transcript, tvt_span(retry, tvt_writer_len(&w)));
}

/* 0: none was asked for. Who sealed the cookie may be set up in another way than we are. */
static bool
is_group_of_ours(const struct tvt_config *c, uint16_t id)
{
    for (size_t i = 0; i < c->num_groups; i++)
        if (c->groups[i] == id)
            return true;
    return id == 0;
}

bool
tvt_retry13_restore(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    const struct tvt_config *c = hs->config;
    uint8_t plain[512];
    size_t len;
    struct tvt_reader r;
    if (hs->hello_retry) /* done, and then PENDING */
        return true;
    uint64_t now = c->clock(c->clock_user);
    if (m->ext.cookie.len > sizeof plain ||
        !tvt_ticket_keys_open(c->session.cookie_keys, TVT_SEALED_COOKIE, plain, sizeof plain, &len, m->ext.cookie, now))
        return false;
    tvt_reader_init(&r, tvt_span(plain, len));
    uint8_t form = tvt_read_u8(&r, "form");
    const struct tvt_suite *suite = tvt_config_suite(c, tvt_read_u16(&r, "suite"), TVT_VERSION_TLS13);
    uint16_t group = tvt_read_u16(&r, "group");
    uint64_t then = (uint64_t)tvt_read_u32(&r, "time") << 32;
    then |= tvt_read_u32(&r, "time");
    struct tvt_span hash = tvt_read_vec8(&r, 1, TVT_HASH_MAX, "hash");
    if (!tvt_reader_done(&r, "cookie") || form != COOKIE_FORM || suite == NULL || !is_group_of_ours(c, group) ||
        now > then + COOKIE_LIFE_MS || then > now + COOKIE_LIFE_MS)
        return false;
    const struct tvt_hash *h = tvt_provider_hash(hs->provider, suite->hash);
    if (h == NULL || hash.len != h->out_len ||
        !tvt_buffer_append(&s->offer.cookie, m->ext.cookie.data, m->ext.cookie.len))
        return false;
    hs->suite = suite;
    hs->hash = h;
    hs->aead = tvt_provider_aead(hs->provider, suite->aead);
    s->chosen.retry_group = s->chosen.group.id = group;
    s->chosen.cookie_sent = s->sent_ccs = true; /* by the connection that sent the HelloRetryRequest */
    tvt_copy(s->peer.session_id, m->session_id.data, m->session_id.len);
    s->peer.session_id_len = m->session_id.len;
    hs->hello_retry = restore_transcript(hs, hash);
    if (!hs->hello_retry) { /* no memory: a first ClientHello, as if it had no cookie */
        tvt_transcript_free(&s->transcript);
        tvt_buffer_release(&s->offer.cookie);
        s->chosen.cookie_sent = s->sent_ccs = false;
    }
    return hs->hello_retry;
}
