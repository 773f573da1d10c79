/* SPDX-License-Identifier: MIT
 *
 * A trace of vectors/rfc8448 as a script: its messages, its records and its secrets, each where it is asked for by name.
 */
#ifndef TVT_TESTS_UNIT_TRACE_SCRIPT_H
#define TVT_TESTS_UNIT_TRACE_SCRIPT_H

#include "core/message/message.h"
#include "tests/unit/trace.h"
#include <trivet/tls.h>

#define SCRIPT_ITEMS_MAX 16u

struct script_item {
    enum tvt_role role;
    uint8_t kind; /* of a record: its content type; of a message: its HandshakeType */
    bool early;   /* of a record: it is protected with the 0-RTT keys */
    uint8_t bytes[TRACE_BYTES_MAX], payload[TRACE_BYTES_MAX];
    size_t len, payload_len;
};

struct script_secret {
    uint8_t bytes[TRACE_BYTES_MAX];
    size_t len; /* 0: the trace has none of that name */
};

struct script {
    const char *name;
    struct script_item message[SCRIPT_ITEMS_MAX], record[SCRIPT_ITEMS_MAX];
    size_t num_messages, num_records;
    struct script_secret shared, client_application, server_application, exporter, early_exporter, resumption;
    struct script_secret psk, resumption_psk; /* the one that was used, the one that the trace's ticket stands for */
};

/* False: the file cannot be read, or has not as many messages as trace.c says. */
bool script_load(struct script *s, const char *name);
/* The nth message of a type, NULL: none. */
const struct script_item *script_message(const struct script *s, enum tvt_role role, uint8_t type, unsigned nth);
/* The one that counts: the second where there was a HelloRetryRequest. */
const struct script_item *script_server_hello(const struct script *s);
bool script_has(const struct script *s, enum tvt_role role, uint8_t type);
/* False also for NULL. */
bool script_decode(struct tvt_message *out, const struct script_item *m);

#endif
