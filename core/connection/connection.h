/* SPDX-License-Identifier: MIT
 *
 * The connection without I/O: a handshake, two directions of record protection, alerts and close. One block of memory.
 */
#ifndef TVT_CORE_CONNECTION_CONNECTION_H
#define TVT_CORE_CONNECTION_CONNECTION_H

#include "core/handshake/protocol.h"
#include "core/record/record.h"

#define TVT_ALERT_LEVEL_WARNING 1u
#define TVT_ALERT_LEVEL_FATAL 2u

/* Key updates that one side may send in the life of a connection (RFC 9846 4.7.3). */
#define TVT_KEY_UPDATES_MAX ((UINT64_C(1) << 48) - 1)

struct tvt_connection {
    struct tvt_handshake hs;
    struct tvt_protection read, write;
    struct tvt_buffer incoming;  /* handshake bytes until their message is whole and handled */
    struct tvt_error error;      /* the first fatal one */
    struct tvt_error call_error; /* the last call that came in the wrong order; it harms nothing */
    bool owns_memory;            /* the block came from the allocator */
    size_t size;                 /* of the block, bytes */
    bool checked;                /* trust and name were looked for */
    bool queueing;               /* a ticket is being made, half written: the store may be asking the program */
    bool advancing;              /* a message is being handled: one of the program's callbacks may be running */
    bool first_sent, first_received; /* a record went, a record came */
    bool alert_queued;
    uint8_t alert;               /* AlertDescription that is to be sent */
    bool canceled, cancel_sent;  /* user_canceled goes before close_notify */
    bool close_queued, close_sent, close_received;
    bool fatal_sent;             /* by us or by the peer: nothing more may be sent */
    unsigned ccs, warnings, empty_records, key_updates, post_handshake; /* counted against the limits of tls.h */
    unsigned unsent_answers;     /* to CertificateRequest, since the flight was empty last */
    bool early_keys;             /* what is sent goes under the keys of 0-RTT */
    bool input_early;            /* the data of the last input were 0-RTT */
    uint64_t early_bytes;        /* of 0-RTT data, sent or received */
    uint64_t early_skipped;      /* bytes of rejected 0-RTT records */
    uint64_t updates;            /* of our sending keys */
    uint64_t test_record_limit;  /* for tests: records that one set of keys may protect; 0: what the AEAD may */
    uint8_t contexts[];          /* two AEAD contexts, TVT_ALIGN */
};

/* Where sealed records go. */
struct tvt_output {
    uint8_t *p;
    size_t room, *len;
};

/* connection.c: a call in the wrong order is refused in words, and the connection goes on. TVT_FAIL. */
enum tvt_result tvt_connection_wrong_call(struct tvt_connection *c, const char *call, const char *why);
/* Queues the error's alert; TVT_FAIL. */
enum tvt_result tvt_connection_failed(struct tvt_connection *c);
void tvt_connection_forget(struct tvt_connection *c); /* when the alert is out, or none is due */

/* setup.c: what a side that cannot check its peer lacks. */
enum tvt_result tvt_connection_check_ready(struct tvt_connection *c);

/* input.c: goes on as far as the gathered bytes allow. */
enum tvt_result tvt_connection_advance(struct tvt_connection *c);
/* input.c: refuses a call out of one of the connection's own callbacks. */
enum tvt_result tvt_connection_check_idle(struct tvt_connection *c, const char *call);

/* input.c: the handshake is done, and something behind it waits for a signer or a verdict. */
bool tvt_connection_waits(const struct tvt_connection *c);

/* early.c: 0-RTT data that come, and those that are passed over. */
enum tvt_result tvt_connection_take_early(struct tvt_connection *c, struct tvt_span content);
enum tvt_result tvt_connection_skip_early(struct tvt_connection *c, size_t len);

/* alert.c */
enum tvt_result tvt_connection_take_alert(struct tvt_connection *c, struct tvt_span content);
enum tvt_result tvt_connection_drain_alerts(struct tvt_connection *c, struct tvt_output *out);

/* post.c: what has to go before the next application data - tickets, the answer to a KeyUpdate, new keys for worn ones -
 * is put into the flight. */
enum tvt_result tvt_connection_before_data(struct tvt_connection *c);
/* Puts the answer to a KeyUpdate, if one is due, into the flight now. */
enum tvt_result tvt_connection_answer_update(struct tvt_connection *c);

/* post.c: a server that asked (or could not ask) after the handshake, and cannot do without: CERTIFICATE_REQUIRED, and
 * its alert is due (RFC 9846 6.2). TVT_FAIL. */
enum tvt_result tvt_connection_lacks_certificate(struct tvt_connection *c, const char *why);

/* output.c */
enum tvt_result tvt_connection_install(struct tvt_connection *c, enum tvt_level level, bool sending);
void tvt_connection_settle(struct tvt_connection *c);
/* Seals what is pending, in order, an alert last. */
enum tvt_result tvt_connection_drain(struct tvt_connection *c, struct tvt_output *out);
enum tvt_result tvt_connection_seal_record(struct tvt_connection *c, struct tvt_output *out, uint8_t type,
                                           struct tvt_span content);
/* Content bytes of the next record, of `len` at hand; 0: no room. */
size_t tvt_connection_fragment(const struct tvt_connection *c, const struct tvt_output *out, size_t len);

/* For tests alone: puts a whole handshake message (of an established connection) into the output. */
enum tvt_result tvt_connection_test_send(struct tvt_connection *c, struct tvt_span message);

#endif
