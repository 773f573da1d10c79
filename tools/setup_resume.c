/* SPDX-License-Identifier: MIT
 *
 * Tickets, pre-shared keys, 0-RTT and cookies.
 */
#include "core/base/memory.h"
#include "core/os/file.h"
#include "tools/report.h"
#include "tools/setup.h"

#include <string.h>

/* ---- pre-shared keys ---- */

#define PSK_TARGETS 2u /* hashes that an imported key is made for */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "IDENTITY:HEX": the identity may have colons, the key has none. The words never show the key. */
static int
parse_psk(const struct tool_options *o, const char *option, const char *text, struct tvt_span *identity,
          uint8_t key[TVT_LIMIT_PSK_KEY], size_t *key_len)
{
    const char *colon = strrchr(text, ':');
    size_t digits = colon != NULL ? strlen(colon + 1) : 0;
    if (colon == NULL || colon == text)
        return tool_usage(o, "--%s needs IDENTITY:HEX, an identity and a key with ':' between them.", option);
    *identity = (struct tvt_span){(const uint8_t *)text, (size_t)(colon - text)};
    if (digits % 2 != 0 || digits < 32 || digits > 2 * TVT_LIMIT_PSK_KEY)
        return tool_usage(o,
                          "--%s: a key has 16 to %u bytes, two hexadecimal digits each; here are %zu digits. Make one: "
                          "head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n'.",
                          option, TVT_LIMIT_PSK_KEY, digits);
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(colon[1 + i]);
        if (digit < 0)
            return tool_usage(o, "--%s: the key behind the last ':' is written in hexadecimal digits, two for a byte.",
                              option);
        key[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : key[i / 2] | digit);
    }
    *key_len = digits / 2;
    return -1;
}

static bool
has_hash(const struct tvt_provider *provider, enum tvt_hash_id id)
{
    for (const struct tvt_hash *const *hash = provider->hashes; *hash != NULL; hash++)
        if ((*hash)->id == id)
            return true;
    return false;
}

/* Makes the session (an imported one for `target`) and gives it to the context. */
static bool
add_psk(const struct tool_setup *setup, struct tvt_span identity, struct tvt_span key, bool import,
        enum tvt_hash_id target, struct tvt_error *error)
{
    const struct tvt_span no_context = {NULL, 0};
    struct tvt_session *session = NULL;
    enum tvt_result r = import ? tvt_session_new_imported(&session, setup->provider, identity, key, TVT_HASH_SHA256,
                                                          no_context, target, error)
                               : tvt_session_new_external(&session, identity, key, target, error);
    bool good = r == TVT_OK && SSL_CTX_add_tvt_psk(setup->ctx, session) == 1;
    if (r == TVT_OK && !good)
        *error = *tvt_err_last();
    tvt_session_unref(session);
    return good;
}

static int
add_psks(const struct tool_setup *setup, const struct tool_options *o, const struct tool_list *list, bool import)
{
    static const enum tvt_hash_id targets[PSK_TARGETS] = {TVT_HASH_SHA256, TVT_HASH_SHA384};
    const char *option = import ? "psk-import" : "psk";
    uint8_t key[TVT_LIMIT_PSK_KEY];
    struct tvt_error error;
    int status = -1;
    tvt_error_clear(&error);
    for (size_t i = 0; i < list->num && status < 0; i++) {
        struct tvt_span identity = {NULL, 0};
        size_t len = 0;
        status = parse_psk(o, option, list->value[i], &identity, key, &len);
        for (size_t t = 0; t < (import ? PSK_TARGETS : 1u) && status < 0; t++) {
            if (!has_hash(setup->provider, targets[t]))
                continue;
            if (!add_psk(setup, identity, (struct tvt_span){key, len}, import, targets[t], &error))
                status = tool_usage_record(o, option, "(IDENTITY:HEX)", &error);
        }
    }
    tvt_wipe(key, sizeof key);
    return status;
}

/* ---- tickets ---- */

static enum tvt_result
change_ticket_request(struct tvt_config *config, const void *value, struct tvt_error *error)
{
    uint8_t num = *(const uint8_t *)value;
    return tvt_config_set_ticket_request(config, num, num, error);
}

static int
load_ticket_keys(SSL_CTX *ctx, const struct tool_options *o)
{
    struct tvt_file file = {0};
    struct tvt_error error;
    tvt_error_clear(&error);
    if (o->ticket_key == NULL)
        return -1;
    if (tvt_file_read(&file, o->ticket_key, TVT_TICKET_KEYS_MAX * TVT_TICKET_KEY_LEN, "ticket keys", NULL, &error) !=
        TVT_OK)
        return tool_usage_record(o, "ticket-key", o->ticket_key, &error);
    uint8_t keys[TVT_TICKET_KEYS_MAX * TVT_TICKET_KEY_LEN];
    size_t len = file.bytes.len;
    if (len > 0)
        memcpy(keys, file.bytes.data, len);
    tvt_file_free(&file);
    int status = -1;
    if (len == 0 || len % TVT_TICKET_KEY_LEN != 0)
        status = tool_usage(o,
                            "--ticket-key %.300s has %zu bytes, and a key has %u. Make one: head -c %u /dev/urandom "
                            ">FILE; a new key goes in front of the older ones.",
                            o->ticket_key, len, TVT_TICKET_KEY_LEN, TVT_TICKET_KEY_LEN);
    else if (SSL_CTX_set_tlsext_ticket_keys(ctx, keys, (int)len) != 1)
        status = tool_usage_record(o, "ticket-key", o->ticket_key, tvt_err_last());
    tvt_wipe(keys, sizeof keys);
    return status;
}

static int
check_server(const struct tool_options *o)
{
    if (o->session_cache && o->ticket_key != NULL)
        return tool_usage(
            o, "--session-cache keeps sessions here, --ticket-key seals them into tickets: leave one of them "
               "out.");
    if (o->tickets == 0 && (o->session_cache || o->ticket_key != NULL || o->early_max > 0))
        return tool_usage(o, "--tickets 0 gives no tickets, and --%s is about them: leave one of them out.",
                          o->session_cache        ? "session-cache"
                          : o->ticket_key != NULL ? "ticket-key"
                                                  : "early-data-max");
    if (o->tickets == 0 && o->tickets_now)
        return tool_usage(o, "--tickets 0 gives no tickets, --tickets-now says when: leave one of them out.");
    return -1;
}

static int
set_server(SSL_CTX *ctx, const struct tool_options *o)
{
    static const unsigned char id[] = "trivet server";
    int status = check_server(o);
    if (status < 0)
        status = load_ticket_keys(ctx, o);
    if (status >= 0)
        return status;
    if (SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) != 1 ||
        (o->tickets != TOOL_NOT_GIVEN && SSL_CTX_set_num_tickets(ctx, o->tickets) != 1))
        return tool_usage_record(o, "tickets", NULL, tvt_err_last());
    if (o->session_cache)
        (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if (o->early_max > 0 && SSL_CTX_set_max_early_data(ctx, (uint32_t)o->early_max) != 1)
        return tool_usage_record(o, "early-data-max", NULL, tvt_err_last());
    if (o->cookie && (SSL_CTX_set_options(ctx, SSL_OP_COOKIE_EXCHANGE) & SSL_OP_COOKIE_EXCHANGE) == 0)
        return tool_usage_record(o, "cookie", NULL, tvt_err_last());
    return -1;
}

static int
set_client(const struct tool_setup *setup, const struct tool_options *o)
{
    uint8_t num = (uint8_t)o->tickets;
    if (o->early_data != NULL && o->session == NULL)
        return tool_usage(o, "--early-data needs a ticket of an earlier connection: give --session FILE too.");
    if (o->early_data != NULL && o->get != NULL)
        return tool_usage(o, "--early-data FILE is the request, and so is --get: leave one of them out.");
    if (o->early_rejected != NULL && o->early_data == NULL)
        return tool_usage(o, "--early-rejected is about --early-data FILE: give that too, or leave it out.");
    if (o->early_rejected != NULL && strcmp(o->early_rejected, "resend") != 0 && strcmp(o->early_rejected, "stop") != 0)
        return tool_usage(o, "--early-rejected %.80s: say resend or stop.", o->early_rejected);
    if (o->tickets != TOOL_NOT_GIVEN && tool_setup_change(setup, change_ticket_request, &num) != 1)
        return tool_usage_record(o, "tickets", NULL, tvt_err_last());
    return -1;
}

int
tool_setup_resume(const struct tool_setup *setup, const struct tool_options *o)
{
    int status = add_psks(setup, o, &o->psk, false);
    if (status < 0)
        status = add_psks(setup, o, &o->psk_import, true);
    if (status < 0)
        status = o->command->bit == TOOL_SERVER ? set_server(setup->ctx, o) : set_client(setup, o);
    return status;
}
