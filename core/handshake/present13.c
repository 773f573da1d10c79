/* SPDX-License-Identifier: MIT
 *
 * Our Certificate message, plain or compressed (RFC 9846 4.5.1, RFC 8879 4).
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"

/* Entries' length fields and extensions, the context, headers: what is not certificates and staples. */
#define FRAME_ROOM (64u + 255u + 5u * TVT_CHAIN_MAX)

static size_t
plain_room(const struct tvt_credential *c)
{
    size_t room = FRAME_ROOM;
    for (size_t i = 0; c != NULL && i < c->num_chain; i++)
        room += c->chain[i].len;
    return c != NULL ? room + c->ocsp_len + c->scts_len : room;
}

size_t
tvt_auth13_certificate_room(const struct tvt_handshake *hs)
{
    const struct tvt_scratch *s = hs->scratch;
    size_t room = plain_room(s->chosen.credential), packed = 0;
    if (s->peer.compression != NULL && s->chosen.credential != NULL)
        packed = FRAME_ROOM + s->peer.compression->bound(room);
    if (tvt_post13_active(hs)) /* the answer that lies ready, and Finished */
        return s->post->answer.len + room + packed + TVT_HASH_MAX;
    return packed > room ? packed : room;
}

static void
describe(const struct tvt_scratch *s, struct tvt_certificate_message *m)
{
    const struct tvt_credential *c = s->chosen.credential;
    *m = (struct tvt_certificate_message){.context = tvt_span(s->peer.request_context, s->peer.request_context_len)};
    if (c == NULL)
        return;
    m->num = c->num_chain;
    for (size_t i = 0; i < c->num_chain; i++)
        m->cert[i] = c->chain[i];
    if (s->peer.wants_ocsp)
        m->ocsp_response = tvt_span(c->ocsp, c->ocsp_len);
    if (s->peer.wants_scts)
        m->sct_list = tvt_span(c->scts, c->scts_len);
}

static void
write_compressed(struct tvt_writer *out, const struct tvt_compressed *form)
{
    struct tvt_compressed_certificate m = {form->how->id, form->uncompressed, tvt_span(form->data, form->len)};
    tvt_encode_compressed_certificate(out, &m);
}

/* Compresses the body of the plain message. False: it goes plain. */
static bool
compress(struct tvt_credential *c, const struct tvt_compression *how, uint8_t staples, struct tvt_span plain, bool keep,
         struct tvt_writer *out)
{
    struct tvt_span body = tvt_span(plain.data + TVT_HANDSHAKE_HEADER, plain.len - TVT_HANDSHAKE_HEADER);
    size_t cap = how->bound(body.len);
    struct tvt_compressed *made = tvt_credential_new_compressed(c, cap);
    if (made == NULL)
        return false;
    made->how = how;
    made->staples = staples;
    made->uncompressed = (uint32_t)body.len;
    bool good = how->compress(made->data, cap, &made->len, body) && made->len > 0 && made->len <= 0xffffffu;
    if (good) {
        write_compressed(out, made);
        if (keep)
            tvt_credential_keep_compressed(c, made);
    }
    tvt_credential_free_compressed(c, made, cap);
    return good;
}

/* A message with a context, which is new each time, is not remembered. */
static enum tvt_result
send_compressed(struct tvt_handshake *hs, const struct tvt_certificate_message *m, struct tvt_writer *out, bool *sent)
{
    struct tvt_credential *c = hs->scratch->chosen.credential;
    const struct tvt_compression *how = hs->scratch->peer.compression;
    uint8_t staples =
        (uint8_t)((m->ocsp_response.len > 0 ? TVT_STAPLED_OCSP : 0) | (m->sct_list.len > 0 ? TVT_STAPLED_SCTS : 0));
    const struct tvt_compressed *form = m->context.len == 0 ? tvt_credential_compressed(c, how, staples) : NULL;
    if (form != NULL) {
        write_compressed(out, form);
        *sent = true;
        return TVT_OK;
    }
    size_t room = plain_room(c);
    uint8_t *plain = tvt_alloc(&hs->config->allocator, room);
    if (plain == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", NULL);
    struct tvt_writer w;
    tvt_writer_init(&w, plain, room);
    tvt_encode_certificate_message(&w, m);
    *sent = !w.overflow && compress(c, how, staples, tvt_span(plain, tvt_writer_len(&w)), m->context.len == 0, out);
    tvt_release(&hs->config->allocator, plain, room);
    return TVT_OK;
}

enum tvt_result
tvt_auth13_send_certificate(struct tvt_handshake *hs, struct tvt_writer *out)
{
    const struct tvt_scratch *s = hs->scratch;
    struct tvt_certificate_message m;
    bool sent = false;
    enum tvt_result r = TVT_OK;
    describe(s, &m);
    if (s->peer.compression != NULL && s->chosen.credential != NULL)
        r = send_compressed(hs, &m, out, &sent);
    if (r == TVT_OK && !sent)
        tvt_encode_certificate_message(out, &m);
    return r;
}
