/* SPDX-License-Identifier: MIT
 *
 * Connections of TLS 1.2 that another implementation made: what its key log and its wire showed, in hexadecimal.
 */
#ifndef TVT_TESTS_UNIT_RECORDED12_H
#define TVT_TESTS_UNIT_RECORDED12_H

#include <trivet/provider.h>

#define RECORDED12_NUM 5u

struct recorded12 {
    uint16_t aead; /* enum tvt_aead_id */
    uint8_t hash;  /* enum tvt_hash_id */
    const char *client_random, *server_random, *master;
    const char *client_hash, *server_hash;         /* transcripts before the client's and the server's Finished      */
    const char *client_finished, *server_finished; /* the messages                                                   */
    const char *client_record, *server_record;     /* the same, protected; the first under the keys                  */
    const char *data_record; /* the client's second: "ping" (not all of them begin with nonce 0) */
};

extern const struct recorded12 recorded12[RECORDED12_NUM];

#endif
