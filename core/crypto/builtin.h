/* SPDX-License-Identifier: MIT
 *
 * The backends that this library was built with: a table that the build writes (builtin.c.in).
 */
#ifndef TVT_CORE_CRYPTO_BUILTIN_H
#define TVT_CORE_CRYPTO_BUILTIN_H

#include <trivet/provider.h>

struct tvt_builtin {
    const char *name; /* "openssl" */
    tvt_backend_constructor *constructor;
};

extern const struct tvt_builtin tvt_builtin_table[];
extern const char *const tvt_builtin_names[]; /* the same names, in the same order */
extern const size_t tvt_builtin_count;
extern const char *const tvt_builtin_default; /* "openssl", "libsodium+openssl" */

#endif
