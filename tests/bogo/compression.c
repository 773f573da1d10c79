/* SPDX-License-Identifier: MIT
 *
 * The three toys of the runner in the place of certificate compressions (RFC 8879), under numbers for private use. They
 * stand before the table of the library: the shim is linked so that the first definition counts.
 */
#include "tests/bogo/shim.h"

#include "core/base/compression.h"

#include <string.h>

#define SHRINK 0xff01u /* takes two zeros off the front, which every Certificate of a server has */
#define EXPAND 0xff02u /* puts 1, 2, 3, 4 before it                                              */
#define RANDOM 0xff03u /* puts any byte before it                                                */

static size_t
bound(size_t len)
{
    return len + 4;
}

static bool
shrink(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    if (in.len < 2 || in.data[0] != 0 || in.data[1] != 0 || cap < in.len - 2)
        return false;
    *out_len = in.len - 2;
    memcpy(out, in.data + 2, in.len - 2);
    return true;
}

static bool
unshrink(uint8_t *out, size_t len, struct tvt_span in)
{
    if (len != in.len + 2)
        return false;
    out[0] = out[1] = 0;
    memcpy(out + 2, in.data, in.len);
    return true;
}

static const uint8_t front[] = {1, 2, 3, 4};

static bool
put_before(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in, size_t num)
{
    if (cap < in.len + num)
        return false;
    *out_len = in.len + num;
    memcpy(out, front, num);
    memcpy(out + num, in.data, in.len);
    return true;
}

static bool
grow(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    return put_before(out, cap, out_len, in, sizeof front);
}

static bool
ungrow(uint8_t *out, size_t len, struct tvt_span in)
{
    if (in.len < sizeof front || memcmp(in.data, front, sizeof front) != 0 || len != in.len - sizeof front)
        return false;
    memcpy(out, in.data + sizeof front, len);
    return true;
}

static bool
put_any(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    return put_before(out, cap, out_len, in, 1);
}

static bool
take_any(uint8_t *out, size_t len, struct tvt_span in)
{
    if (len + 1 != in.len)
        return false;
    memcpy(out, in.data + 1, len);
    return true;
}

static const struct tvt_compression shrinking = {SHRINK, "shrinking", bound, shrink, unshrink};
static const struct tvt_compression expanding = {EXPAND, "expanding", bound, grow, ungrow};
static const struct tvt_compression random_byte = {RANDOM, "random", bound, put_any, take_any};

const struct tvt_compression *const tvt_compressions[] = {&expanding, &shrinking, &random_byte, NULL};

int
shim_set_compression(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    uint16_t ids[] = {EXPAND, SHRINK, RANDOM};
    size_t num = o->compression ? 3 : 0;
    struct tvt_error error;

    tvt_error_clear(&error);
    if (o->one_compression != 0) {
        ids[0] = (uint16_t)o->one_compression;
        num = 1;
    }
    if (num == 0)
        return -1;
    return tvt_config_set_compression(run->config, ids, num, &error) == TVT_OK ? -1 : shim_report_setup(&error);
}
