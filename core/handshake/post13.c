/* SPDX-License-Identifier: MIT
 *
 * Post-handshake authentication (RFC 9846 4.6 to 4.7.2): a server asks, a client answers, while data flows.
 *
 * The handshake context of an answer is the whole handshake and the CertificateRequest that it answers (RFC 9846 4.5):
 * each request keeps a copy of the handshake's transcript.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"

struct tvt_transcript *
tvt_post13_transcript(const struct tvt_handshake *hs)
{
    return tvt_post13_active(hs) ? &hs->scratch->post->transcript : &hs->scratch->transcript;
}

bool
tvt_post13_active(const struct tvt_handshake *hs)
{
    return hs->scratch != NULL && hs->scratch->post != NULL && hs->scratch->post->active;
}

bool
tvt_post13_awaits(const struct tvt_handshake *hs)
{
    return hs->scratch != NULL && hs->scratch->post != NULL && (hs->scratch->post->num > 0 || tvt_post13_active(hs)) &&
           hs->role == TVT_SERVER;
}

/* A version without it has no row for it. */
static bool
is_known(const struct tvt_handshake *hs)
{
    return tvt_machine_has_behind(hs->machine,
                                  hs->role == TVT_SERVER ? TVT_ON_CALL_REQUEST : TVT_MSG_CERTIFICATE_REQUEST);
}

bool
tvt_post13_possible(const struct tvt_handshake *hs)
{
    const struct tvt_scratch *s = hs->scratch;
    uint64_t offered = s == NULL ? 0 : hs->role == TVT_CLIENT ? s->offer.extensions : s->peer.extensions;
    return hs->config->auth.post_handshake && (offered & TVT_EXT_BIT(TVT_EXT_POST_HANDSHAKE_AUTH)) != 0 && is_known(hs);
}

void
tvt_post13_free(struct tvt_handshake *hs)
{
    struct tvt_post13 *p = hs->scratch->post;
    if (p == NULL)
        return;
    tvt_transcript_free(&p->transcript);
    for (size_t i = 0; i < p->num; i++)
        tvt_transcript_free(&p->request[i].transcript);
    tvt_shown_release(&p->shown);
    tvt_buffer_release(&p->answer);
    tvt_release_aligned(&hs->config->allocator, p, sizeof *p);
    hs->scratch->post = NULL;
}

static struct tvt_post13 *
get_post(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    if (s->post == NULL) {
        s->post = tvt_alloc_aligned(&hs->config->allocator, sizeof *s->post);
        if (s->post != NULL) {
            tvt_buffer_init(&s->post->answer, &hs->config->allocator, SIZE_MAX / 2);
            tvt_shown_init(&s->post->shown, hs->config);
        }
    }
    return s->post;
}

/* A copy of the handshake's transcript, and the request behind it. */
static enum tvt_result
branch(struct tvt_handshake *hs, struct tvt_transcript *out, struct tvt_span request)
{
    tvt_transcript_init(out, &hs->config->allocator, 0);
    int rc = tvt_transcript_copy(out, &hs->scratch->transcript);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "CertificateRequest", "transcript", hs->provider, rc);
    return tvt_transcript_add(out, request) ? TVT_OK
                                            : tvt_fail(hs->error, TVT_E_NO_MEMORY, "CertificateRequest", "transcript");
}

static void
end_exchange(struct tvt_post13 *p)
{
    p->active = false;
    tvt_transcript_free(&p->transcript);
    tvt_buffer_release(&p->answer);
}

/* ---- server ---- */

const char *
tvt_post13_refusal(const struct tvt_handshake *hs)
{
    const struct tvt_config *c = hs->config;
    if (hs->role != TVT_SERVER || !hs->machine->states[hs->state].done)
        return "a server asks after its handshake";
    if (!is_known(hs))
        return "TLS 1.2 was negotiated, which has no post-handshake authentication (RFC 9846 4.7.2)";
    if (!tvt_post13_possible(hs))
        return "post-handshake authentication is off here, or the client did not offer it";
    if (hs->session != NULL && hs->session->kind != TVT_SESSION_RESUMPTION)
        return "with an external PSK no certificate may be asked for (RFC 9846 4.4.2)";
    if (c->verify != TVT_VERIFY_NONE && c->clock == NULL)
        return "no clock is set: call tvt_config_set_clock()";
    if (c->verify != TVT_VERIFY_NONE && c->trust == NULL && c->auth.num_peer_keys == 0)
        return "no trust store is set: the certificate could not be checked";
    if (hs->scratch->post != NULL && hs->scratch->post->num == TVT_POST13_REQUESTS)
        return "too many requests have no answer yet";
    return NULL;
}

/* Edge 1: not now. The caller has asked tvt_post13_refusal() for the reason. */
enum tvt_result
tvt_post13_call(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    *edge = tvt_post13_refusal(hs) != NULL ? 1 : 0;
    return TVT_OK;
}

enum tvt_result
tvt_post13_send_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_post13 *p = get_post(hs);
    (void)in;
    (void)edge;
    if (p == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "CertificateRequest", NULL);
    struct tvt_post13_request *request = &p->request[p->num];
    /* Unpredictable, so that nobody signs for it in advance (RFC 9846 4.4.2). */
    int rc = hs->provider->random(hs->provider, request->context, sizeof request->context);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_RANDOM, "CertificateRequest", "certificate_request_context",
                               hs->provider, rc);
    tvt_request13_write(hs, out, tvt_span(request->context, sizeof request->context));
    if (out->overflow)
        return tvt_fail(hs->error, TVT_E_INTERNAL, "CertificateRequest", "room");
    enum tvt_result r = branch(hs, &request->transcript, tvt_span(out->start, tvt_writer_len(out)));
    if (r == TVT_OK)
        p->num++;
    return r;
}

/* The request that this answers; its transcript becomes that of the exchange. */
enum tvt_result
tvt_post13_find_request(struct tvt_handshake *hs, struct tvt_span context)
{
    struct tvt_post13 *p = hs->scratch->post;
    for (size_t i = 0; i < p->num; i++) {
        struct tvt_post13_request *request = &p->request[i];
        if (!tvt_span_equal(context, tvt_span(request->context, sizeof request->context)))
            continue;
        int rc = tvt_transcript_copy(&p->transcript, &request->transcript);
        if (rc != TVT_CRYPTO_OK)
            return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "Certificate", "transcript", hs->provider, rc);
        p->active = true;
        tvt_transcript_free(&request->transcript);
        p->num--;
        if (i < p->num) { /* the last one takes its place */
            tvt_copy(request->context, p->request[p->num].context, sizeof request->context);
            rc = tvt_transcript_copy(&request->transcript, &p->request[p->num].transcript);
            tvt_transcript_free(&p->request[p->num].transcript);
        }
        return rc == TVT_CRYPTO_OK
                   ? TVT_OK
                   : tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "Certificate", "transcript", hs->provider, rc);
    }
    return tvt_fail_detail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, "Certificate", "certificate_request_context",
                           "it answers no request that is open");
}

/* Until here the client was who it was before: a certificate is nobody's until its key is proved (RFC 9846 4.5). */
static void
adopt_shown(struct tvt_handshake *hs)
{
    struct tvt_post13 *p = hs->scratch->post;
    if (p->shown.num == 0) /* it declined */
        return;
    tvt_shown_release(&hs->shown);
    hs->shown = p->shown;
    tvt_shown_init(&p->shown, hs->config);
}

enum tvt_result
tvt_post13_recv_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    enum tvt_result r = tvt_auth13_recv_finished(hs, in->u.finished);
    if (r == TVT_OK) {
        adopt_shown(hs);
        end_exchange(hs->scratch->post);
    }
    return r;
}

/* ---- client ---- */

/* Writes one message of the answer into its buffer, and the transcript. PENDING: nothing was written. */
static enum tvt_result
prepare(struct tvt_handshake *hs, size_t room, bool verify)
{
    struct tvt_post13 *p = hs->scratch->post;
    unsigned edge = 0;
    uint8_t *at = tvt_buffer_reserve(&p->answer, room);
    struct tvt_writer w;
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", NULL);
    tvt_writer_init(&w, at, room);
    enum tvt_result r =
        verify ? tvt_auth13_send_certificate_verify(hs, NULL, &w, &edge) : tvt_auth13_send_certificate(hs, &w);
    if (r != TVT_OK)
        return r;
    if (w.overflow)
        return tvt_fail(hs->error, TVT_E_INTERNAL, "Certificate", "room");
    tvt_buffer_commit(&p->answer, tvt_writer_len(&w));
    return tvt_transcript_add(&p->transcript, tvt_span(at, tvt_writer_len(&w)))
               ? TVT_OK
               : tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", "transcript");
}

/* The answer is made before anything of it is sent: its messages follow each other without others between them, and a slow
 * signer keeps nothing up meanwhile (RFC 9846 4.7.2). */
enum tvt_result
tvt_post13_recv_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_certificate_request *m = &in->u.certificate_request;
    struct tvt_scratch *s = hs->scratch;
    enum tvt_result r = TVT_OK;
    (void)out;
    (void)edge;
    if (s == NULL || (s->offer.extensions & TVT_EXT_BIT(TVT_EXT_POST_HANDSHAKE_AUTH)) == 0)
        return tvt_fail_detail(hs->error, TVT_E_UNEXPECTED_MESSAGE, "CertificateRequest", NULL,
                               "post_handshake_auth was not offered");
    if (get_post(hs) == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "CertificateRequest", NULL);
    if (!s->post->active) { /* else the signer is asked again */
        r = tvt_request13_choose(hs, m);
        if (r == TVT_OK)
            r = branch(hs, &s->post->transcript, in->raw);
        if (r != TVT_OK)
            return r;
        s->post->active = true;
        r = prepare(hs, tvt_auth13_certificate_room(hs), false);
    }
    if (r == TVT_OK && s->chosen.credential != NULL)
        r = prepare(hs, s->chosen.credential->signer->signature_max + 64u, true);
    return r;
}

enum tvt_result
tvt_post13_send_answer(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_post13 *p = hs->scratch->post;
    (void)in;
    (void)edge;
    tvt_write_span(out, tvt_buffer_span(&p->answer));
    enum tvt_result r = tvt_auth13_send_finished(hs, out);
    if (r == TVT_OK)
        end_exchange(p);
    return r;
}
