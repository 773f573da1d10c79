/* SPDX-License-Identifier: MIT
 *
 * Bends handshake messages on their way out of our own code: the bad peers of the tests. Everything below the message
 * (lengths, transcript, protection) stays right unless the bend says otherwise.
 */
#ifndef TVT_TESTS_SUPPORT_BEND_H
#define TVT_TESTS_SUPPORT_BEND_H

#include "core/message/message.h"

#define TVT_BEND_MAX 40000u /* bytes of a bent message */

enum tvt_bend_op {
    TVT_BEND_NOTHING = 0,
    TVT_BEND_RAW,    /* hex takes the whole message's place                                     */
    TVT_BEND_SET,    /* hex overwrites at `at` (negative: from the end)                         */
    TVT_BEND_FLIP,   /* bit 0 of the byte at `at`                                               */
    TVT_BEND_CUT,    /* `at` bytes off the end, the header's length follows                     */
    TVT_BEND_TAIL,   /* hex behind the body, the header's length follows                        */
    TVT_BEND_BEHIND, /* hex behind the message, in the same record                              */
    TVT_BEND_DROP,   /* extension `at` goes                                                     */
    TVT_BEND_ADD,    /* extension `at` with hex as data, last                                   */
    TVT_BEND_FRONT,  /* the same, first                                                         */
    TVT_BEND_PUT,    /* extension `at` gets hex as data, where it stands                        */
    TVT_BEND_TWICE,  /* extension `at` stands twice                                             */
    TVT_BEND_CLIENT, /* a ClientHello is changed by a function and encoded anew                 */
    TVT_BEND_SERVER, /* a ServerHello, the same; the function says what it becomes              */
    TVT_BEND_CHAIN   /* a Certificate of `at` entries, each with hex as cert_data               */
};

struct tvt_bend {
    enum tvt_message_kind kind; /* what is bent             */
    unsigned nth;               /* of that kind, from 0     */
    enum tvt_bend_op op;
    int at;
    const char *hex;
    void (*client)(struct tvt_client_hello *m);
    enum tvt_message_kind (*server)(struct tvt_server_hello *m);
    unsigned seen; /* messages of the kind so far; starts as 0 */
    bool done;
    uint8_t out[TVT_BEND_MAX];
    size_t len;
};

/* For struct tvt_test_port; user: a struct tvt_bend. */
bool tvt_bend_message(void *user, enum tvt_message_kind kind, struct tvt_span *message);
/* Bytes of lower-case hex text, blanks skipped. */
size_t tvt_bend_hex(uint8_t *out, size_t cap, const char *hex);

#endif
