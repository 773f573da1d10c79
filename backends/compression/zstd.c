/* SPDX-License-Identifier: MIT
 *
 * Zstandard (RFC 8878) for certificates, over libzstd.
 */
#include "core/base/compression.h"

#include <zstd.h>

extern const struct tvt_compression tvt_compression_zstd;

#define LEVEL 19 /* made once for a credential, sent often */

static size_t
bound(size_t len)
{
    return ZSTD_compressBound(len);
}

static bool
compress_all(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    size_t n = ZSTD_compress(out, cap, in.data, in.len, LEVEL);

    if (ZSTD_isError(n))
        return false;
    *out_len = n;
    return true;
}

/* In one go into `out`, which is the window: no window of the frame's own choice is taken. */
static bool
expand_all(uint8_t *out, size_t len, struct tvt_span in)
{
    size_t n = ZSTD_findFrameCompressedSize(in.data, in.len);

    if (ZSTD_isError(n) || n != in.len) /* one frame, and nothing behind it */
        return false;
    n = ZSTD_decompress(out, len, in.data, in.len);
    return !ZSTD_isError(n) && n == len;
}

const struct tvt_compression tvt_compression_zstd = {3, "zstd", bound, compress_all, expand_all};
