/* SPDX-License-Identifier: MIT
 *
 * Compression of certificates (RFC 8879) as the core sees it: a descriptor for each algorithm that this build has, over
 * the algorithm's own library (backends/compression).
 */
#ifndef TVT_CORE_BASE_COMPRESSION_H
#define TVT_CORE_BASE_COMPRESSION_H

#include <trivet/base.h>

struct tvt_compression {
    uint16_t id;      /* TLS Certificate Compression Algorithm IDs registry */
    const char *name; /* "zlib" */
    /* Most bytes that `len` bytes become. */
    size_t (*bound)(size_t len);
    /* Compresses `in` into out[cap]; false: no room, or the library failed. */
    bool (*compress)(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in);
    /* Expands `in` to exactly `len` bytes; false: it is damaged, or becomes another length. Nothing is written past
     * out[len], and no memory is taken that grows with what `in` says. */
    bool (*expand)(uint8_t *out, size_t len, struct tvt_span in);
};

/* Those of this build, NULL-terminated; written by the build (core/crypto/builtin.c.in). */
extern const struct tvt_compression *const tvt_compressions[];

#endif
