/* SPDX-License-Identifier: MIT
 *
 * The connection without I/O: a handshake, two directions of record protection, alerts and close. One block of memory.
 */
#ifndef TVT_CORE_CONNECTION_CONNECTION_H
#define TVT_CORE_CONNECTION_CONNECTION_H

#include "core/handshake/handshake.h"
#include "core/record/record.h"

#define TVT_ALERT_LEVEL_WARNING 1u
#define TVT_ALERT_LEVEL_FATAL 2u

struct tvt_connection {
    struct tvt_handshake hs;
    struct tvt_protection read, write;
    struct tvt_buffer incoming;  /* handshake bytes until their message is whole and handled */
    struct tvt_error error;      /* the first fatal one */
    struct tvt_error call_error; /* the last call that came in the wrong order; it harms nothing */
    bool owns_memory;            /* the block came from the allocator */
    size_t size;                 /* of the block, bytes */
    bool checked;                /* trust and name were looked for */
    bool first_sent, first_received; /* a record went, a record came */
    bool alert_queued;
    uint8_t alert;               /* AlertDescription that is to be sent */
    bool close_queued, close_sent, close_received;
    bool fatal_sent;             /* by us or by the peer: nothing more may be sent */
    unsigned ccs, warnings, empty_records, key_updates, post_handshake; /* counted against the limits of tls.h */
    size_t early_skipped;        /* bytes of rejected 0-RTT records */
    uint8_t contexts[];          /* two AEAD contexts, TVT_ALIGN */
};

/* connection.c: a call in the wrong order is refused in words, and the connection goes on. TVT_FAIL. */
enum tvt_result tvt_connection_wrong_call(struct tvt_connection *c, const char *call, const char *why);

/* input.c */
enum tvt_result tvt_connection_failed(struct tvt_connection *c); /* queues the error's alert; TVT_FAIL */
void tvt_connection_forget(struct tvt_connection *c);            /* when the alert is out, or none is due */
enum tvt_result tvt_connection_advance(struct tvt_connection *c);

/* output.c */
enum tvt_result tvt_connection_install(struct tvt_connection *c, enum tvt_level level, bool sending);
void tvt_connection_settle(struct tvt_connection *c);

/* For tests alone: puts a whole handshake message (of an established connection) into the output. */
enum tvt_result tvt_connection_test_send(struct tvt_connection *c, struct tvt_span message);

#endif
