/* SPDX-License-Identifier: MIT
 *
 * The command line: one table of options drives parsing, help and the words of usage errors.
 */
#ifndef TVT_TOOLS_OPTIONS_H
#define TVT_TOOLS_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses. */
enum tool_exit {
    TOOL_DONE = 0,
    TOOL_FAILED = 1,  /* a handshake or a verification failed, or the connection broke after it   */
    TOOL_USAGE = 2,   /* a flag, a name in a list, a file that is missing or does not parse       */
    TOOL_NETWORK = 3  /* no route, refused, reset before any byte                                 */
};

/* Commands, as bits of an option's row. */
#define TOOL_CLIENT 0x01u
#define TOOL_SERVER 0x02u
#define TOOL_PROVIDERS 0x04u
#define TOOL_STATES 0x08u
#define TOOL_HELP 0x10u
#define TOOL_VERIFY 0x20u
#define TOOL_CERT 0x40u

#define TOOL_LIST_MAX 16u
struct tool_list { /* values of an option that may be given several times */
    const char *value[TOOL_LIST_MAX];
    size_t num;
};

struct tool_options {
    const struct tool_command *command;
    const char *operand; /* HOST[:PORT], [ADDR:]PORT, MACHINE, COMMAND, FILE; NULL: none */
    const char *backend, *name, *min_version, *max_version, *suites, *groups, *sigalgs, *alpn, *keylog, *get;
    const char *purpose, *time;
    const char *session, *early_data, *early_rejected, *client_auth, *ticket_key, *ask_ocsp, *public_suffixes;
    struct tool_list ca, cert, key, client_ca, peer_key, psk, psk_import, ocsp, sct, crl;
    bool system_ca, insecure, json, http, echo, dot, help, key_update, rpk, compress, grease, post_handshake_auth;
    bool web_pki, crl_all;
    bool allow_no_ems, ask_sct, session_cache, strict_sni, cookie, keep_alive, quiet, tickets_now;
    unsigned long count, timeout, idle; /* connections; seconds; 0: not given */
    unsigned long early_max;            /* bytes; 0: not given */
    unsigned long tickets;              /* TOOL_NOT_GIVEN: not given */
};
#define TOOL_NOT_GIVEN ULONG_MAX

struct tool_command {
    const char *name;
    unsigned bit;
    const char *operand; /* as help shows it; "" none                */
    bool operand_needed;
    const char *purpose; /* a line of `trivet help`                  */
    const char *more;    /* a paragraph of `trivet help COMMAND`     */
    int (*run)(const struct tool_options *options); /* yields enum tool_exit */
};

/* No option, but the defaults that are not 0. */
void tool_options_init(struct tool_options *options, const struct tool_command *command);
/* Reads the arguments behind the command. `options` is initialised, and is filled; -1: all is well, else the exit
 * status (the words were printed). */
int tool_options_parse(struct tool_options *options, int argc, char **argv);

/* Prints the options of a command as its help does. */
void tool_options_help(const struct tool_command *command);

/* True when "--json" stands among the arguments and the command has it: errors are then told as JSON, even those of the
 * arguments before it. */
bool tool_options_want_json(unsigned command, int argc, char **argv);

#endif
