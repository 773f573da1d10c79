/* SPDX-License-Identifier: MIT
 *
 * Reads a trace of vectors/rfc8448 into a script.
 */
#include "tests/unit/trace_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
next_word(const char **at, const char *key, char *out, size_t cap)
{
    char pattern[32];
    (void)snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
    const char *p = strstr(*at, pattern);
    if (p == NULL)
        return false;
    p += strlen(pattern);
    size_t len = strcspn(p, "\"");
    (void)snprintf(out, cap, "%.*s", (int)len, p);
    *at = p;
    return true;
}

static uint8_t
content_type(const char *kind)
{
    return strcmp(kind, "handshake") == 0          ? TVT_CONTENT_HANDSHAKE
           : strcmp(kind, "alert") == 0            ? TVT_CONTENT_ALERT
           : strcmp(kind, "application_data") == 0 ? TVT_CONTENT_APPLICATION
                                                   : TVT_CONTENT_CCS;
}

static void
load_secrets(struct script *s, const char *text, const char *end)
{
    const struct {
        const char *key;
        struct script_secret *to;
    } secrets[] = {{"ecdhe_shared_secret", &s->shared},
                   {"client_application_traffic_secret_0", &s->client_application},
                   {"server_application_traffic_secret_0", &s->server_application},
                   {"exporter_master_secret", &s->exporter},
                   {"early_exporter_master_secret", &s->early_exporter},
                   {"resumption_master_secret", &s->resumption},
                   {"psk", &s->psk},
                   {"resumption_psk", &s->resumption_psk}};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const char *at = text;
        size_t len = trace_next(&at, secrets[i].key, secrets[i].to->bytes);
        secrets[i].to->len = at < end ? len : 0;
    }
}

static void
load_messages(struct script *s, const char *at, const char *end)
{
    char word[32];
    while (s->num_messages < SCRIPT_ITEMS_MAX && next_word(&at, "role", word, sizeof word) && at < end) {
        struct script_item *m = &s->message[s->num_messages++];
        m->role = strcmp(word, "client") == 0 ? TVT_CLIENT : TVT_SERVER;
        m->len = trace_next(&at, "hex", m->bytes);
        m->kind = m->bytes[0];
    }
}

static void
load_records(struct script *s, const char *at, const char *end)
{
    char word[32];
    while (s->num_records < SCRIPT_ITEMS_MAX && next_word(&at, "role", word, sizeof word) && at < end) {
        struct script_item *r = &s->record[s->num_records++];
        r->role = strcmp(word, "client") == 0 ? TVT_CLIENT : TVT_SERVER;
        (void)next_word(&at, "kind", word, sizeof word);
        r->kind = content_type(word);
        r->payload_len = trace_next(&at, "payload", r->payload);
        r->len = trace_next(&at, "record", r->bytes);
        (void)next_word(&at, "epoch", word, sizeof word);
        r->early = strcmp(word, "early_application") == 0;
    }
}

bool
script_load(struct script *s, const char *name)
{
    char *text = trace_text(name);
    if (text == NULL)
        return false;
    memset(s, 0, sizeof *s);
    s->name = name;
    const char *messages = trace_part(text, "messages"), *records = trace_part(text, "records");
    const char *steps = trace_part(text, "steps");
    load_secrets(s, text, messages);
    load_messages(s, messages, records);
    load_records(s, records, steps);
    free(text);
    for (size_t i = 0; i < TRACE_NUM; i++)
        if (strcmp(trace_names[i], name) == 0)
            return s->num_messages == trace_num_messages[i] && s->num_records >= 6 && s->shared.len == 32;
    return false;
}

const struct script_item *
script_message(const struct script *s, enum tvt_role role, uint8_t type, unsigned nth)
{
    for (size_t i = 0; i < s->num_messages; i++)
        if (s->message[i].role == role && s->message[i].kind == type && nth-- == 0)
            return &s->message[i];
    return NULL;
}

const struct script_item *
script_server_hello(const struct script *s)
{
    const struct script_item *second = script_message(s, TVT_SERVER, TVT_HT_SERVER_HELLO, 1);
    return second != NULL ? second : script_message(s, TVT_SERVER, TVT_HT_SERVER_HELLO, 0);
}

bool
script_has(const struct script *s, enum tvt_role role, uint8_t type)
{
    return script_message(s, role, type, 0) != NULL;
}

bool
script_decode(struct tvt_message *out, const struct script_item *m)
{
    return m != NULL && tvt_message_decode(out, tvt_span(m->bytes, m->len), NULL) == TVT_OK;
}
