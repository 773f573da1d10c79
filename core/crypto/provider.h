/* SPDX-License-Identifier: MIT
 *
 * What the core asks of every provider before it uses one, whoever made it.
 */
#ifndef TVT_CORE_CRYPTO_PROVIDER_H
#define TVT_CORE_CRYPTO_PROVIDER_H

#include <trivet/error.h>
#include <trivet/provider.h>

/* Checks the table and every descriptor against <trivet/provider.h>: ABI, sizes within the TVT_*_MAX, the sizes that a
 * known algorithm must have, functions that are there. BAD_PROVIDER names the descriptor and the member. */
TVT_MUST_USE enum tvt_result tvt_provider_check(const struct tvt_provider *provider, struct tvt_error *error);

/* Entries of a NULL-terminated list of descriptors. */
#define TVT_LIST_COUNT(list, count)      \
    do {                                 \
        (count) = 0;                     \
        while ((list)[(count)] != NULL)  \
            (count)++;                   \
    } while (0)

#endif
