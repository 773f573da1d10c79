/* SPDX-License-Identifier: MIT
 *
 * zlib (RFC 1950) for certificates, over the library of that name.
 */
#include "core/base/compression.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

extern const struct tvt_compression tvt_compression_zlib;

static size_t
bound(size_t len)
{
    return (size_t)compressBound((uLong)len);
}

static bool
deflate_all(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    uLongf len = (uLongf)cap;

    if (in.len > UINT_MAX || cap > UINT_MAX || compress2(out, &len, in.data, (uLong)in.len, Z_BEST_COMPRESSION) != Z_OK)
        return false;
    *out_len = (size_t)len;
    return true;
}

/* inflate() stops at the end of `out`; its own state has one size, whatever the input says. */
static bool
inflate_all(uint8_t *out, size_t len, struct tvt_span in)
{
    z_stream z;

    if (in.len > UINT_MAX || len > UINT_MAX)
        return false;
    memset(&z, 0, sizeof z);
    if (inflateInit(&z) != Z_OK)
        return false;
    z.next_in = (Bytef *)(uintptr_t)in.data; /* zlib reads it only */
    z.avail_in = (uInt)in.len;
    z.next_out = out;
    z.avail_out = (uInt)len;
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
    (void)inflateEnd(&z);
    return whole;
}

const struct tvt_compression tvt_compression_zlib = {1, "zlib", bound, deflate_all, inflate_all};
