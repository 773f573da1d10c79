/* SPDX-License-Identifier: MIT
 *
 * PEM (RFC 7468): finds the blocks of a text, one after the other, and decodes them. Text between blocks is skipped.
 */
#ifndef TVT_CORE_X509_PEM_H
#define TVT_CORE_X509_PEM_H

#include "core/base/error.h"
#include "core/base/wire.h"

struct tvt_pem {
    struct tvt_span text;
    size_t at; /* offset of the next byte to look at */
};

struct tvt_pem_block {
    struct tvt_span label; /* "CERTIFICATE"                                              */
    struct tvt_span body;  /* base64 with its line ends                                  */
    bool has_headers;      /* RFC 1421 headers stood before the base64 (an encrypted key) */
    size_t offset;         /* of "-----BEGIN" in the text                                */
    size_t body_offset;    /* of the body                                                */
};

void tvt_pem_init(struct tvt_pem *pem, struct tvt_span text);
/* True when the text has a line that begins with "-----BEGIN " and is not, as a whole, one SEQUENCE of DER. */
TVT_MUST_USE bool tvt_pem_looks_like(struct tvt_span text);
/* TVT_OK: *block is the next one. TVT_CLOSED: no more. TVT_FAIL: PEM_MALFORMED (no matching end line, bad label);
 * the call after it looks for the next block behind the broken one's first line. */
TVT_MUST_USE enum tvt_result tvt_pem_next(struct tvt_pem *pem, struct tvt_pem_block *block, struct tvt_error *error);
/* PEM_NOT_FOUND, which says what is `wanted` and what the text has in its place. Always TVT_FAIL. */
enum tvt_result tvt_pem_not_found(struct tvt_error *error, const char *message, const char *wanted, struct tvt_span text);
/* The label of a certificate: that of RFC 7468, or the older one. */
TVT_MUST_USE bool tvt_pem_is_certificate(struct tvt_span label);
/* Upper bound for the decoded length, bytes. */
size_t tvt_pem_decoded_max(const struct tvt_pem_block *block);
/* Decodes into out[cap]; PEM_MALFORMED for characters or padding that are wrong, with the offset in the text; NO_ROOM. */
TVT_MUST_USE enum tvt_result tvt_pem_decode(const struct tvt_pem_block *block, uint8_t *out, size_t cap, size_t *len,
                                            struct tvt_error *error);

#endif
