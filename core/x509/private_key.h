/* SPDX-License-Identifier: MIT
 *
 * Private key files: PKCS#8 (RFC 5958, both versions), SEC1 (RFC 5915) and PKCS#1 (RFC 8017 A.1.2), as PEM or DER.
 */
#ifndef TVT_CORE_X509_PRIVATE_KEY_H
#define TVT_CORE_X509_PRIVATE_KEY_H

#include "core/x509/certificate.h"

/* A key with the memory that its spans point into. */
struct tvt_private_key_file {
    struct tvt_private_key key;
    const struct tvt_allocator *allocator;
    uint8_t *memory;
    size_t size; /* bytes of memory */
};

/* Reads `text`: PEM (the first private key block counts) or one DER value. The bytes are copied.
 * Errors: KEY_ENCRYPTED, KEY_MALFORMED, KEY_UNSUPPORTED, PEM_NOT_FOUND, PEM_MALFORMED, NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_private_key_parse(struct tvt_private_key_file *out, struct tvt_span text,
                                                   const struct tvt_allocator *allocator, struct tvt_error *error);
void tvt_private_key_free(struct tvt_private_key_file *file); /* wipes; a zeroed struct is allowed */

#endif
