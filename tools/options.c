/* SPDX-License-Identifier: MIT
 *
 * The table of options, and the parser that reads it.
 */
#include "tools/options.h"

#include "tools/report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, LIST, NUMBER, COUNT };

struct row {
    const char *name;     /* without the dashes                              */
    const char *argument; /* as help shows it; NULL: the option takes none   */
    unsigned commands;
    enum kind kind;
    size_t field;      /* offset in struct tool_options                   */
    unsigned long max; /* NUMBER: 1..max; COUNT: 0..max                   */
    const char *help;
};

#define AT(member) offsetof(struct tool_options, member)
#define BOTH       (TOOL_CLIENT | TOOL_SERVER)
#define FILES      (TOOL_VERIFY | TOOL_CERT)
#define ALL        (BOTH | TOOL_PROVIDERS | TOOL_STATES | TOOL_HELP | FILES)

static const struct row rows[] = {
    {"backend", "NAME[+NAME...]", BOTH | FILES, TEXT, AT(backend), 0,
     "crypto library to stand on; with several, the first that has an algorithm serves it"},
    {"ca", "FILE", TOOL_CLIENT | TOOL_VERIFY, LIST, AT(ca), 0,
     "trust the root certificates in FILE; may be given several times"},
    {"system-ca", NULL, TOOL_CLIENT | TOOL_VERIFY, FLAG, AT(system_ca), 0,
     "trust the system's root certificates (the default without --ca; with --ca: both)"},
    {"insecure", NULL, TOOL_CLIENT, FLAG, AT(insecure), 0,
     "verify nothing: no protection against anybody between you and the server"},
    {"name", "NAME", TOOL_CLIENT, TEXT, AT(name), 0, "ask for NAME and verify the certificate for it, not for HOST"},
    {"name", "NAME", TOOL_VERIFY, TEXT, AT(name), 0, "the host name or address that the leaf must be for (any)"},
    {"purpose", "server|client", TOOL_VERIFY, TEXT, AT(purpose), 0, "what the chain is to be good for (server)"},
    {"time", "TIME", TOOL_VERIFY, TEXT, AT(time), 0,
     "judge as of TIME, 2026-06-01T00:00:00Z or seconds since 1970, not as of now"},
    {"crl", "FILE", TOOL_VERIFY, LIST, AT(crl), 0,
     "look at the revocation lists in FILE, PEM or DER: one must clear the leaf; may be given several times"},
    {"crl-all", NULL, TOOL_VERIFY, FLAG, AT(crl_all), 0,
     "a revocation list must clear every certificate of the path but the root"},
    {"web-pki", NULL, TOOL_VERIFY, FLAG, AT(web_pki), 0,
     "hold every certificate to the web-PKI profile, which public issuers keep to"},
    {"public-suffixes", "FILE", TOOL_CLIENT | TOOL_VERIFY, TEXT, AT(public_suffixes), 0,
     "take no wildcard directly under a suffix of FILE's ICANN section (the list of publicsuffix.org)"},
    {"cert", "FILE", BOTH, LIST, AT(cert), 0, "our certificate chain, PEM, leaf first; each needs its --key"},
    {"key", "FILE", BOTH, LIST, AT(key), 0,
     "the private key of the --cert at the same place; with --rpk also without one"},
    {"ocsp", "ask|require", TOOL_CLIENT, TEXT, AT(ask_ocsp), 0,
     "ask for a stapled OCSP response; with require, refuse a server that has no good one"},
    {"sct", NULL, TOOL_CLIENT, FLAG, AT(ask_sct), 0, "ask for signed certificate timestamps, and count them"},
    {"ocsp", "FILE", TOOL_SERVER, LIST, AT(ocsp), 0,
     "staple the OCSP response in FILE (DER) to the --cert at the same place"},
    {"sct", "FILE", TOOL_SERVER, LIST, AT(sct), 0,
     "staple the list of certificate timestamps in FILE to the --cert at the same place"},
    {"strict-sni", NULL, TOOL_SERVER, FLAG, AT(strict_sni), 0,
     "refuse a client that asks for a name that no --cert is for, or for none"},
    {"client-auth", "none|request|require", TOOL_SERVER, TEXT, AT(client_auth), 0,
     "ask for the client's certificate; with require, refuse a client without one (none)"},
    {"client-ca", "FILE", TOOL_SERVER, LIST, AT(client_ca), 0,
     "trust the root certificates in FILE for clients; may be given several times"},
    {"post-handshake-auth", NULL, BOTH, FLAG, AT(post_handshake_auth), 0,
     "client: let the server ask for our --cert later; server: --client-auth asks after the handshake"},
    {"rpk", NULL, BOTH, FLAG, AT(rpk), 0,
     "use raw public keys in place of certificates: --peer-key FILE is the other side's"},
    {"peer-key", "FILE", BOTH, LIST, AT(peer_key), 0,
     "with --rpk: a public key (PEM or DER) that the other side may have; up to 16"},
    {"compress", NULL, BOTH, FLAG, AT(compress), 0, "compress certificates (RFC 8879), where the other side can"},
    {"psk", "IDENTITY:HEX", BOTH, LIST, AT(psk), 0,
     "an external pre-shared key of 16 to 128 random bytes, for SHA-256; up to 8"},
    {"psk-import", "IDENTITY:HEX", BOTH, LIST, AT(psk_import), 0, "the same, imported as RFC 9258 says; up to 4"},
    {"session", "FILE", TOOL_CLIENT, TEXT, AT(session), 0,
     "resume with a session from FILE, which is taken out of it, and keep new ones there (mode 0600)"},
    {"early-data", "FILE", TOOL_CLIENT, TEXT, AT(early_data), 0,
     "send FILE as 0-RTT data: only what may arrive twice; needs --session"},
    {"early-rejected", "resend|stop", TOOL_CLIENT, TEXT, AT(early_rejected), 0,
     "what to do when 0-RTT was not possible or rejected: send it after the handshake, or fail (resend)"},
    {"tickets", "N", TOOL_CLIENT, COUNT, AT(tickets), 255, "ask the server for N tickets (RFC 9149)"},
    {"tickets", "N", TOOL_SERVER, COUNT, AT(tickets), 8,
     "give each client N tickets, 0 to 8 (2), or as many as it asks for, up to 8"},
    {"tickets-now", NULL, TOOL_SERVER, FLAG, AT(tickets_now), 0,
     "send tickets right after the handshake, not in front of the first data"},
    {"ticket-key", "FILE", TOOL_SERVER, TEXT, AT(ticket_key), 0,
     "keys of tickets, 48 bytes each, 8 at most, newest first; servers that share FILE open each other's. Make one: "
     "head "
     "-c 48 /dev/urandom >FILE"},
    {"session-cache", NULL, TOOL_SERVER, FLAG, AT(session_cache), 0,
     "keep sessions in memory; a ticket is a key to one, and good once (TLS 1.2: an id, good for the session's life)"},
    {"early-data-max", "N", TOOL_SERVER, NUMBER, AT(early_max), 16384, "take up to N bytes of 0-RTT data (off)"},
    {"cookie", NULL, TOOL_SERVER, FLAG, AT(cookie), 0,
     "hold no state for a client that has not shown a cookie (HelloRetryRequest)"},
    {"key-update", NULL, BOTH, FLAG, AT(key_update), 0,
     "change keys during the transfer, and ask the other side to (TLS 1.3)"},
    {"grease", NULL, TOOL_CLIENT, FLAG, AT(grease), 0, "offer reserved values among the real ones (RFC 8701)"},
    {"min", "1.2|1.3", BOTH, TEXT, AT(min_version), 0, "lowest version of TLS; 1.2 unless said"},
    {"max", "1.2|1.3", BOTH, TEXT, AT(max_version), 0, "highest version of TLS"},
    {"allow-no-ems", NULL, BOTH, FLAG, AT(allow_no_ems), 0,
     "take a TLS 1.2 peer without the extended master secret (RFC 7627), which is refused otherwise"},
    {"suites", "LIST", BOTH, TEXT, AT(suites), 0,
     "cipher suites of TLS 1.3 and 1.2, best first, with ':' between them; a version without one is not spoken"},
    {"groups", "LIST", BOTH, TEXT, AT(groups), 0, "key exchange groups, best first, with ':' between them"},
    {"sigalgs", "LIST", BOTH, TEXT, AT(sigalgs), 0, "signature schemes, best first, with ':' between them"},
    {"alpn", "LIST", BOTH, TEXT, AT(alpn), 0, "application protocols (ALPN), best first, with ',' between them"},
    {"keylog", "FILE", BOTH, TEXT, AT(keylog), 0,
     "append the connection's secrets to FILE, for Wireshark; else SSLKEYLOGFILE says where"},
    {"get", "PATH", TOOL_CLIENT, TEXT, AT(get), 0, "send one HTTP/1.1 request for PATH and print the response"},
    {"http", NULL, TOOL_SERVER, FLAG, AT(http), 0, "answer GET with a page about the connection (the default)"},
    {"echo", NULL, TOOL_SERVER, FLAG, AT(echo), 0, "return each record as a record of the same length"},
    {"keep-alive", NULL, TOOL_SERVER, FLAG, AT(keep_alive), 0,
     "answer several requests of a connection, until the client closes"},
    {"quiet", NULL, TOOL_SERVER, FLAG, AT(quiet), 0,
     "no line for each connection; a count at the end, and while it runs on a terminal"},
    {"count", "N", TOOL_SERVER, NUMBER, AT(count), 1000000000,
     "end after N connections; status 1 if one of them failed"},
    {"timeout", "SECONDS", BOTH, NUMBER, AT(timeout), 3600,
     "longest time for connecting and for the handshake (client 30, server 10)"},
    {"idle", "SECONDS", TOOL_SERVER, NUMBER, AT(idle), 86400, "longest silence of a client after the handshake (60)"},
    {"dot", NULL, TOOL_STATES, FLAG, AT(dot), 0, "print Graphviz instead of text"},
    {"json", NULL, BOTH | TOOL_PROVIDERS | FILES, FLAG, AT(json), 0, "report as JSON, errors too"},
    {"help", NULL, ALL, FLAG, AT(help), 0, "print this help"},
};
#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

/* The row of that name for the command; else one for another command, if there is one. */
static const struct row *
find_row(const char *name, size_t len, unsigned command)
{
    const struct row *other = NULL;
    for (size_t i = 0; i < NUM_ROWS; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0) {
            if ((rows[i].commands & command) != 0)
                return &rows[i];
            other = &rows[i];
        }
    return other;
}

void
tool_options_init(struct tool_options *o, const struct tool_command *command)
{
    memset(o, 0, sizeof *o);
    o->command = command;
    o->tickets = TOOL_NOT_GIVEN;
}

static int
parse_number(const struct tool_options *o, const struct row *row, const char *text, unsigned long *out)
{
    char *end;
    bool digit = text[0] >= '0' && text[0] <= '9';
    unsigned long value = digit ? strtoul(text, &end, 10) : 0, min = row->kind == NUMBER ? 1 : 0;
    if (!digit || *end != '\0' || value < min || value > row->max)
        return tool_usage(o, "--%s %s is no number from %lu to %lu.", row->name, text, min, row->max);
    *out = value;
    return -1;
}

/* Puts a value into its field. */
static int
set_field(struct tool_options *o, const struct row *row, const char *value)
{
    unsigned char *field = (unsigned char *)o + row->field;
    switch (row->kind) {
    case FLAG:
        *(bool *)(void *)field = true;
        break;
    case TEXT:
        *(const char **)(void *)field = value;
        break;
    case LIST: {
        struct tool_list *list = (struct tool_list *)(void *)field;
        if (list->num == TOOL_LIST_MAX)
            return tool_usage(o, "--%s may be given %u times at most.", row->name, TOOL_LIST_MAX);
        list->value[list->num++] = value;
        break;
    }
    case NUMBER:
    case COUNT:
        return parse_number(o, row, value, (unsigned long *)(void *)field);
    }
    return -1;
}

/* One option, at argv[*at]; *at stays on the last argument that it took. */
static int
parse_option(struct tool_options *o, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *command = o->command->name;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct row *row = find_row(name, len, o->command->bit);
    if (row == NULL)
        return tool_usage(o, "there is no option --%.*s. `trivet help %s` lists those that there are.", (int)len, name,
                          command);
    if ((row->commands & o->command->bit) == 0)
        return tool_usage(o, "--%s is no option of this command. `trivet help %s` lists its options.", row->name,
                          command);
    if (row->argument == NULL && equals != NULL)
        return tool_usage(o, "--%s takes no argument: leave \"%s\" out.", row->name, equals);
    if (row->argument == NULL)
        return set_field(o, row, NULL);
    if (equals != NULL)
        return set_field(o, row, equals + 1);
    if (*at + 1 >= argc)
        return tool_usage(o, "--%s needs an argument: --%s %s.", row->name, row->name, row->argument);
    return set_field(o, row, argv[++*at]);
}

int
tool_options_parse(struct tool_options *o, int argc, char **argv)
{
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        int status = -1;
        if (!options_end && strcmp(argument, "--") == 0)
            options_end = true;
        else if (!options_end && strncmp(argument, "--", 2) == 0)
            status = parse_option(o, argc, argv, &i);
        else if (!options_end && strcmp(argument, "-h") == 0)
            o->help = true;
        else if (!options_end && argument[0] == '-' && argument[1] != '\0')
            status = tool_usage(o, "there is no option %s: options begin with two dashes. `trivet help %s` lists them.",
                                argument, o->command->name);
        else if (o->command->operand[0] == '\0')
            status = tool_usage(o, "\"%s\" is one argument too many: this command takes options only.", argument);
        else if (o->operand != NULL)
            status = tool_usage(o, "\"%s\" is one argument too many behind \"%s\".", argument, o->operand);
        else
            o->operand = argument;
        if (status >= 0)
            return status;
    }
    if (o->command->operand_needed && o->operand == NULL && !o->help)
        return tool_usage(o, "%s is missing. `trivet help %s` shows the usage.", o->command->operand, o->command->name);
    return -1;
}

bool
tool_options_want_json(unsigned command, int argc, char **argv)
{
    const struct row *row = find_row("json", 4, command);
    if ((row->commands & command) == 0)
        return false;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

#define HELP_COLUMN 26
#define HELP_WIDTH  100

/* Prints words from column HELP_COLUMN on, broken before HELP_WIDTH. */
static void
print_wrapped(const char *text, int column)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            putchar(' ');
            column++;
        }
        printf("%.*s", len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void
tool_options_help(const struct tool_command *command)
{
    for (size_t i = 0; i < NUM_ROWS; i++) {
        const struct row *row = &rows[i];
        if ((row->commands & command->bit) == 0)
            continue;
        int len = printf("  --%s%s%s", row->name, row->argument != NULL ? " " : "",
                         row->argument != NULL ? row->argument : "");
        if (len >= HELP_COLUMN - 1) {
            putchar('\n');
            len = 0;
        }
        printf("%*s", HELP_COLUMN - len, "");
        print_wrapped(row->help, HELP_COLUMN);
    }
}
