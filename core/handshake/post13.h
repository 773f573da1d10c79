/* SPDX-License-Identifier: MIT
 *
 * Post-handshake authentication (RFC 9846 4.7.2): what is kept of it. One exchange is worked on at a time; a server may have
 * several requests out.
 */
#ifndef TVT_CORE_HANDSHAKE_POST13_H
#define TVT_CORE_HANDSHAKE_POST13_H

#include "core/handshake/handshake.h"

#define TVT_POST13_REQUESTS 4u /* of a server that have no answer yet */
#define TVT_POST13_CONTEXT 32u /* bytes of a certificate_request_context */

struct tvt_post13 {
    struct tvt_transcript transcript; /* ClientHello .. client Finished, CertificateRequest, then the answer */
    bool active;                      /* an answer is being made (client) or received (server)               */
    size_t num;                       /* server: requests that have no answer                                */
    struct tvt_post13_request {
        uint8_t context[TVT_POST13_CONTEXT];
        struct tvt_transcript transcript; /* up to and with its CertificateRequest */
    } request[TVT_POST13_REQUESTS];
    struct tvt_shown shown;           /* server: by the answer that is received; the connection's when it is proved */
    struct tvt_buffer answer;         /* client: Certificate and CertificateVerify, to be sent in one go */
};

/* The transcript that Certificate, CertificateVerify and Finished count in now. */
struct tvt_transcript *tvt_post13_transcript(const struct tvt_handshake *hs);
/* True while an exchange after the handshake is worked on. */
bool tvt_post13_active(const struct tvt_handshake *hs);
/* Server: an answer may come. */
bool tvt_post13_awaits(const struct tvt_handshake *hs);
void tvt_post13_free(struct tvt_handshake *hs);
/* Server: makes the exchange that of the request with this context. */
enum tvt_result tvt_post13_find_request(struct tvt_handshake *hs, struct tvt_span context);

tvt_handler tvt_post13_recv_request, tvt_post13_send_answer;                       /* client */
tvt_handler tvt_post13_call, tvt_post13_send_request, tvt_post13_recv_certificate; /* server */
tvt_handler tvt_post13_recv_finished;

#endif
