/* SPDX-License-Identifier: MIT
 *
 * The certificates of a file.
 */
#ifndef TVT_TOOLS_CHAIN_FILE_H
#define TVT_TOOLS_CHAIN_FILE_H

#include "core/x509/certificate.h"
#include "tools/options.h"

struct chain_file {
    struct tvt_span *der;
    struct tvt_certificate *certificate; /* decoded by the caller, if at all */
    struct tvt_error *fault;             /* of a block that is no PEM; NULL: there is none */
    size_t num;
};

/* Every CERTIFICATE of a PEM file, or the one of a DER file; nothing is decoded but base64. -1: all is well, else the exit
 * status (the words were printed). `tolerant`: a broken block has its error in `fault`, and the others are read. chain_file_free
 * in both cases. */
int chain_file_read(struct chain_file *out, const struct tool_options *options, bool tolerant);
void chain_file_free(struct chain_file *file);

#endif
