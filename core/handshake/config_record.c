/* SPDX-License-Identifier: MIT
 *
 * Configuration of records and habits: fragment length, padding, GREASE.
 */
#include "core/handshake/config.h"
#include "core/record/record.h"

enum tvt_result
tvt_config_set_max_fragment(struct tvt_config *c, uint16_t bytes, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (bytes != 0 && bytes != 512 && bytes != 1024 && bytes != 2048 && bytes != 4096)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "max_fragment_length",
                               "512, 1024, 2048 or 4096 (RFC 6066 4), or 0 for none; got %u", (unsigned)bytes);
    c->max_fragment = bytes;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_padding(struct tvt_config *c, uint16_t bytes, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (bytes > TVT_RECORD_PLAINTEXT_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "padding", TVT_RECORD_PLAINTEXT_MAX, bytes);
    c->padding = bytes;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_prioritize_chacha(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->prioritize_chacha = on;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_grease(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->grease = on;
    return TVT_OK;
}
