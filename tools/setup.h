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
    struct tvt_provider *provider; /* another one of the same name, for its words and for imported keys */
};

/* -1: all is well; else the exit status, and the words were printed. So do all of these. */
int tool_setup_open(struct tool_setup *setup, const struct tool_options *options);
void tool_setup_close(struct tool_setup *setup);

/* setup_auth.c: who we are, whom we trust, and what is asked of and told about certificates. */
int tool_setup_auth(const struct tool_setup *setup, const struct tool_options *options);
/* setup_resume.c: tickets, pre-shared keys, 0-RTT, cookies. */
int tool_setup_resume(const struct tool_setup *setup, const struct tool_options *options);

/* Changes the configuration below an SSL_CTX, for what has no call of OpenSSL's. 1 or 0. */
typedef enum tvt_result tool_change(struct tvt_config *config, const void *value, struct tvt_error *error);
int tool_setup_change(const struct tool_setup *setup, tool_change *change, const void *value);

#endif
