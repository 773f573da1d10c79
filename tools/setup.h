/* SPDX-License-Identifier: MIT
 *
 * An SSL_CTX made of the options that client and server share.
 */
#ifndef TVT_TOOLS_SETUP_H
#define TVT_TOOLS_SETUP_H

#include "tools/options.h"

#include <trivet/ssl.h>
#include <trivet/tls.h>

struct tool_setup {
    SSL_CTX *ctx;
    struct tvt_provider *provider; /* another one of the same name, for its words */
};

/* -1: all is well; else the exit status, and the words were printed. */
int tool_setup_open(struct tool_setup *setup, const struct tool_options *options);
void tool_setup_close(struct tool_setup *setup);

#endif
