/* SPDX-License-Identifier: MIT
 *
 * Thousands of connections at once on one server, good and hostile: what the files of the test share. Server and clients
 * live in one process and one loop over poll(); the wire is TCP on the loopback.
 */
#ifndef TVT_TESTS_CROWD_CROWD_H
#define TVT_TESTS_CROWD_CROWD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trivet/ssl.h>
#include <trivet/tls.h>

#define CROWD_EARLY_MAX 4096u    /* bytes of 0-RTT data that the server takes              */
#define CROWD_REQUEST_MAX 40000u /* bytes of a request, without its length                  */
#define CROWD_HEAD 4u            /* bytes of that length                                   */
#define CROWD_KEY 0x5au          /* an answer is the request, each byte xor this           */

/* What a client is. */
enum crowd_kind {
    GOOD_FULL,
    GOOD_RESUMED,
    GOOD_EARLY,
    GOOD_KEY_UPDATE,
    BAD_GARBAGE,     /* no TLS at all                                                   */
    BAD_JUNK,        /* a handshake record with nonsense in it                          */
    BAD_HALF,        /* half a ClientHello, then silence                                */
    BAD_STALLED,     /* silence                                                         */
    BAD_TRUNCATED,   /* half a ClientHello, then the end                                */
    BAD_ALERTS,      /* warning alerts without an end                                   */
    BAD_CCS,         /* change_cipher_spec records without an end                       */
    BAD_FINISHED,    /* a Finished that is wrong                                        */
    BAD_RESET,       /* a ClientHello, then a reset                                     */
    BAD_CUT,         /* half a request, then the end without close_notify               */
    BAD_KEY_UPDATES, /* key updates without an end                                      */
    BAD_REPLAY,      /* a 0-RTT flight of somebody else, once more                      */
    NUM_KINDS
};
struct crowd_kind_row {
    const char *name;
    unsigned share; /* of 2,000 */
    bool good;
    bool lasts; /* still open, and unharmed, when the good ones are done */
    enum tvt_error_code code[3]; /* with which the server may see it fail; all 0: it does not */
};
extern const struct crowd_kind_row crowd_kinds[NUM_KINDS];

/* What became of a connection on the server. */
struct crowd_outcome {
    bool accepted, established, over;
    enum tvt_error_code code;
    bool resumed;
    enum tvt_early early;
    uint64_t early_bytes;
    size_t requests; /* whole ones, answered */
    size_t bytes;    /* of application data received, early or not */
};

struct crowd {
    SSL_CTX *server_ctx, *client_ctx, *wrong_ctx; /* the last one's clients send a wrong Finished */
    int listener;
    uint16_t port;
    struct crowd_server *servers;
    struct crowd_client *clients;
    struct crowd_outcome *outcomes; /* by client */
    size_t num, num_accepted, num_open, num_hands, num_good, num_good_done; /* hands: good clients whose handshake is done */
    size_t most_open;
    int32_t *client_of_port;
    struct tvt_span hello;  /* a ClientHello, in its record */
    struct tvt_span replay; /* a client's whole 0-RTT flight, which was accepted once */
    SSL_SESSION **sessions; /* tickets, each for one client */
    size_t num_sessions;
    struct pollfd *polls;
    uint64_t deadline;
};

/* server.c */
struct crowd_server *crowd_servers_make(size_t num); /* NULL: no memory */
bool crowd_listen(struct crowd *crowd);
void crowd_accept(struct crowd *crowd);
/* What poll() is to wait for at the server's i-th connection; fd -1: it is over. */
struct pollfd crowd_server_poll(const struct crowd *crowd, size_t i);
void crowd_server_run(struct crowd *crowd, size_t i);
void crowd_server_free(struct crowd *crowd);

/* client.c */
struct crowd_client *crowd_clients_make(size_t num);
bool crowd_clients_connect(struct crowd *crowd, const enum crowd_kind *kinds);
struct pollfd crowd_client_poll(const struct crowd *crowd, size_t i);
void crowd_client_run(struct crowd *crowd, size_t i);
/* Words for a good one that is not done; NULL: all is well. */
const char *crowd_client_problem(const struct crowd *crowd, size_t i);
/* A bad one that lasts: nobody closed it. */
bool crowd_client_lasts(const struct crowd *crowd, size_t i);
enum crowd_kind crowd_client_kind(const struct crowd *crowd, size_t i);
void crowd_client_close(struct crowd *crowd, size_t i);
void crowd_clients_free(struct crowd *crowd);

/* setup.c */
/* The contexts, over `backend`. */
bool crowd_open(struct crowd *crowd, const char *backend);
/* Collects `num` tickets, a ClientHello and a 0-RTT flight. */
bool crowd_prepare(struct crowd *crowd, size_t num);
void crowd_forget(struct crowd *crowd);
void crowd_close(struct crowd *crowd);
/* The request of client i, with its length in front; its length. */
size_t crowd_request(uint8_t out[CROWD_HEAD + CROWD_REQUEST_MAX], enum crowd_kind kind, size_t i);

/* count.c: live blocks that this program's own code, and Trivet in it, took from the heap. */
long long crowd_blocks(void);

#endif
