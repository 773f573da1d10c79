/* SPDX-License-Identifier: MIT
 *
 * The commands of the tool; each yields its exit status.
 */
#ifndef TVT_TOOLS_COMMANDS_H
#define TVT_TOOLS_COMMANDS_H

#include "tools/options.h"

int tool_client(const struct tool_options *options);
int tool_server(const struct tool_options *options);
int tool_providers(const struct tool_options *options);
int tool_states(const struct tool_options *options);
int tool_verify(const struct tool_options *options);
int tool_cert(const struct tool_options *options);
int tool_help(const struct tool_options *options);

#endif
