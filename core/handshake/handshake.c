/* SPDX-License-Identifier: MIT
 *
 * Life of a handshake: its memory, and what its driver may ask of it.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/handshake/protocol.h"

#include <string.h>

void
tvt_shown_init(struct tvt_shown *shown, const struct tvt_config *config)
{
    *shown = (struct tvt_shown){.num = 0};
    tvt_buffer_init(&shown->chain, &config->allocator, config->max_certificate);
    tvt_buffer_init(&shown->ocsp, &config->allocator, config->max_certificate);
    tvt_buffer_init(&shown->scts, &config->allocator, config->max_certificate);
}

void
tvt_shown_release(struct tvt_shown *shown)
{
    tvt_buffer_release(&shown->chain);
    tvt_buffer_release(&shown->ocsp);
    tvt_buffer_release(&shown->scts);
    shown->num = 0;
    shown->status_good = false;
}

enum tvt_result
tvt_handshake_init(struct tvt_handshake *hs, struct tvt_config *config, enum tvt_role role, struct tvt_error *error)
{
    const struct tvt_allocator *a = &config->allocator;
    struct tvt_scratch *s = tvt_alloc_aligned(a, sizeof *s);
    if (s == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "handshake scratch area");
    tvt_config_ref(config);
    tvt_config_freeze(config);
    *hs = (struct tvt_handshake){.config = config, .provider = config->provider, .error = error, .role = role};
    hs->wants_resumption = role == TVT_CLIENT && config->session.new_session != NULL && config->clock != NULL;
    hs->machine = role == TVT_SERVER                             ? &tvt_server
                  : tvt_config_speaks(config, TVT_VERSION_TLS13) ? &tvt_client13
                                                                 : &tvt_client12;
    hs->state = hs->machine->start;
    hs->scratch = s;
    tvt_buffer_init(&hs->flight.bytes, a, SIZE_MAX / 2);
    tvt_shown_init(&hs->shown, config);
    tvt_buffer_init(&s->offer.key_shares, a, SIZE_MAX / 2);
    tvt_buffer_init(&s->offer.cookie, a, UINT16_MAX);
    tvt_buffer_init(&s->offer.psk, a, TVT_LIMIT_HANDSHAKE_MESSAGE);
    tvt_buffer_init(&s->peer.first_hello, a, TVT_LIMIT_HANDSHAKE_MESSAGE);
    tvt_buffer_init(&s->ticket, a, TVT_LIMIT_TICKET);
    tvt_transcript_init(&s->transcript, a, SIZE_MAX / 2);
    return TVT_OK;
}

void
tvt_handshake_release_scratch(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    if (s == NULL)
        return;
    const struct tvt_allocator *a = &hs->config->allocator;
    if (s->sign_op != NULL && s->chosen.credential != NULL && s->chosen.credential->signer->cancel != NULL)
        s->chosen.credential->signer->cancel(s->chosen.credential->signer, s->sign_op);
    for (size_t i = 0; i < TVT_CONFIG_SHARES_MAX; i++) {
        if (s->offer.share[i] == NULL)
            continue;
        tvt_group_discard(s->offer.share[i]);
        tvt_release_aligned(a, s->offer.share[i], sizeof *s->offer.share[i]);
    }
    tvt_buffer_release(&s->offer.key_shares);
    tvt_buffer_release(&s->offer.cookie);
    tvt_buffer_release(&s->offer.psk);
    for (size_t i = 0; i < s->offer.num_sessions; i++)
        tvt_session_unref(s->offer.session[i]);
    tvt_session_unref(s->offer.session12);
    tvt_session_unref(s->chosen.taken);
    tvt_buffer_release(&s->peer.first_hello);
    tvt_post13_free(hs);
    tvt_transcript_free(&s->transcript);
    hs->machine->protocol->free_schedule(s);
    tvt_buffer_release(&s->ticket);
    tvt_release_aligned(a, s, sizeof *s);
    hs->scratch = NULL;
}

void
tvt_handshake_forget(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    hs->flight.num = 0;
    tvt_buffer_release(&hs->flight.bytes);
    tvt_wipe(hs->send_secret, sizeof hs->send_secret);
    tvt_wipe(hs->receive_secret, sizeof hs->receive_secret);
    tvt_wipe(hs->exporter_secret, sizeof hs->exporter_secret);
    tvt_wipe(hs->early_exporter_secret, sizeof hs->early_exporter_secret);
    tvt_wipe(hs->resumption_secret, sizeof hs->resumption_secret);
    if (s == NULL)
        return;
    /* The area itself stays: that it is gone means that the handshake was done. */
    for (size_t i = 0; i < TVT_CONFIG_SHARES_MAX; i++)
        if (s->offer.share[i] != NULL)
            tvt_group_discard(s->offer.share[i]);
    hs->machine->protocol->free_schedule(s);
    tvt_wipe(s->client_secret, sizeof s->client_secret);
    tvt_wipe(s->server_secret, sizeof s->server_secret);
    tvt_wipe(s->early_secret, sizeof s->early_secret);
    tvt_wipe(s->chosen.secret, sizeof s->chosen.secret);
}

void
tvt_handshake_free(struct tvt_handshake *hs)
{
    if (hs->config == NULL)
        return;
    tvt_handshake_release_scratch(hs);
    tvt_buffer_release(&hs->flight.bytes);
    tvt_shown_release(&hs->shown);
    tvt_session_unref(hs->session);
    if (hs->verify_name != NULL)
        tvt_release(&hs->config->allocator, hs->verify_name, strlen(hs->verify_name) + 1);
    tvt_config_free(hs->config);
    tvt_wipe(hs, sizeof *hs);
}

bool
tvt_handshake_done(const struct tvt_handshake *hs)
{
    return hs->machine->states[hs->state].done;
}

enum tvt_data
tvt_handshake_may_send(const struct tvt_handshake *hs)
{
    return (enum tvt_data)hs->machine->states[hs->state].send;
}

enum tvt_data
tvt_handshake_may_receive(const struct tvt_handshake *hs)
{
    return (enum tvt_data)hs->machine->states[hs->state].receive;
}

const char *
tvt_handshake_verify_name(const struct tvt_handshake *hs)
{
    if (hs->no_verify_name)
        return "";
    return hs->verify_name != NULL ? hs->verify_name : hs->server_name;
}

const struct tvt_hash *
tvt_handshake_hash(const struct tvt_handshake *hs, enum tvt_level level)
{
    return level == TVT_LEVEL_EARLY ? hs->scratch->early_hash : hs->hash;
}

const struct tvt_aead *
tvt_handshake_aead(const struct tvt_handshake *hs, enum tvt_level level)
{
    return level == TVT_LEVEL_EARLY ? hs->scratch->early_aead : hs->aead;
}

bool
tvt_handshake_holds_message(const struct tvt_handshake *hs)
{
    return hs->scratch != NULL && hs->scratch->message_held;
}

size_t
tvt_handshake_message_limit(const struct tvt_handshake *hs, uint8_t type)
{
    /* Only where a certificate is waited for is a long message worth its memory. */
    bool awaited = (type == TVT_HT_CERTIFICATE || type == TVT_HT_COMPRESSED_CERTIFICATE) &&
                   (tvt_machine_row(hs->machine, hs->state, TVT_MSG_CERTIFICATE) != NULL ||
                    tvt_machine_row(hs->machine, hs->state, TVT_MSG_CERTIFICATE12) != NULL) &&
                   (!tvt_handshake_done(hs) || tvt_post13_awaits(hs));
    return awaited ? hs->config->max_certificate : TVT_LIMIT_HANDSHAKE_MESSAGE;
}

const char *
tvt_handshake_state_name(const struct tvt_handshake *hs)
{
    return hs->machine->states[hs->state].name;
}

const uint8_t *
tvt_handshake_secret(const struct tvt_handshake *hs, enum tvt_level level, bool sending)
{
    if (level == TVT_LEVEL_EARLY)
        return hs->scratch->early_secret;
    if (level == TVT_LEVEL_HANDSHAKE)
        return (hs->role == TVT_CLIENT) == sending ? hs->scratch->client_secret : hs->scratch->server_secret;
    return sending ? hs->send_secret : hs->receive_secret;
}

size_t
tvt_machines(const struct tvt_machine *const **out)
{
    static const struct tvt_machine *const machines[] = {&tvt_client13, &tvt_client12, &tvt_server, &tvt_server13,
                                                         &tvt_server12};
    *out = machines;
    return sizeof machines / sizeof machines[0];
}

const char *
tvt_on_name(uint8_t on)
{
    static const char *const names[] = {"send", "key_update", "ticket", "request_certificate"};
    return on >= TVT_ON_SEND && on <= TVT_ON_CALL_REQUEST ? names[on - TVT_ON_SEND] : "";
}

const struct tvt_row *
tvt_machine_row(const struct tvt_machine *machine, uint8_t state, uint8_t on)
{
    for (size_t i = 0; i < machine->num_rows; i++)
        if (machine->rows[i].state == state && machine->rows[i].on == on)
            return &machine->rows[i];
    return NULL;
}

bool
tvt_machine_has_behind(const struct tvt_machine *machine, uint8_t on)
{
    return tvt_machine_row(machine, machine->connected, on) != NULL;
}
