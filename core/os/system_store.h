/* SPDX-License-Identifier: MIT
 *
 * The system's trust store, found when the program runs.
 */
#ifndef TVT_CORE_OS_SYSTEM_STORE_H
#define TVT_CORE_OS_SYSTEM_STORE_H

#include "core/base/error.h"

struct tvt_trust_store;

/* Loads SSL_CERT_FILE and SSL_CERT_DIR if either is set (and then nothing else), else the first bundle that exists of
 * the usual places, else the first directory. A certificate in it that cannot be read is passed over. On success *out
 * has one reference. NO_SYSTEM_STORE lists what was tried. `source` (may be NULL) receives the path used, cut to cap. */
TVT_MUST_USE enum tvt_result tvt_system_store_load(struct tvt_trust_store **out, char *source, size_t cap,
                                                   const struct tvt_allocator *allocator, struct tvt_error *error);

/* Adds one bundle file, or every file of a directory, to a store that is being built. Strict: a broken certificate in
 * the file fails (in a directory: is passed over). */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_file(struct tvt_trust_store *store, const char *path,
                                                      struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_trust_store_add_directory(struct tvt_trust_store *store, const char *path,
                                                           size_t *added, struct tvt_error *error);

#endif
