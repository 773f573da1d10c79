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

enum kind { FLAG, TEXT, LIST, NUMBER };

struct row {
    const char *name;     /* without the dashes                              */
    const char *argument; /* as help shows it; NULL: the option takes none   */
    unsigned commands;
    enum kind kind;
    size_t field;      /* offset in struct tool_options                   */
    unsigned long max; /* NUMBER: 1..max                                  */
    const char *help;
};

#define AT(member) offsetof(struct tool_options, member)
#define BOTH       (TOOL_CLIENT | TOOL_SERVER)
#define ALL        (BOTH | TOOL_PROVIDERS | TOOL_STATES | TOOL_HELP)

static const struct row rows[] = {
    {"backend", "NAME[+NAME...]", BOTH, TEXT, AT(backend), 0,
     "crypto library to stand on; with several, the first that has an algorithm serves it"},
    {"ca", "FILE", TOOL_CLIENT, LIST, AT(ca), 0, "trust the root certificates in FILE; may be given several times"},
    {"system-ca", NULL, TOOL_CLIENT, FLAG, AT(system_ca), 0,
     "trust the system's root certificates (the default without --ca; with --ca: both)"},
    {"insecure", NULL, TOOL_CLIENT, FLAG, AT(insecure), 0,
     "verify nothing: no protection against anybody between you and the server"},
    {"name", "NAME", TOOL_CLIENT, TEXT, AT(name), 0, "ask for NAME and verify the certificate for it, not for HOST"},
    {"cert", "FILE", BOTH, LIST, AT(cert), 0, "our certificate chain, PEM, leaf first; each needs its --key"},
    {"key", "FILE", BOTH, LIST, AT(key), 0, "the private key of the --cert at the same place"},
    {"min", "1.2|1.3", BOTH, TEXT, AT(min_version), 0, "lowest version of TLS"},
    {"max", "1.2|1.3", BOTH, TEXT, AT(max_version), 0, "highest version of TLS"},
    {"suites", "LIST", BOTH, TEXT, AT(suites), 0, "cipher suites, best first, with ':' between them"},
    {"groups", "LIST", BOTH, TEXT, AT(groups), 0, "key exchange groups, best first, with ':' between them"},
    {"sigalgs", "LIST", BOTH, TEXT, AT(sigalgs), 0, "signature schemes, best first, with ':' between them"},
    {"alpn", "LIST", BOTH, TEXT, AT(alpn), 0, "application protocols (ALPN), best first, with ',' between them"},
    {"keylog", "FILE", BOTH, TEXT, AT(keylog), 0,
     "append the connection's secrets to FILE, for Wireshark; else SSLKEYLOGFILE says where"},
    {"get", "PATH", TOOL_CLIENT, TEXT, AT(get), 0, "send one HTTP/1.1 request for PATH and print the response"},
    {"http", NULL, TOOL_SERVER, FLAG, AT(http), 0, "answer GET with a page about the connection (the default)"},
    {"echo", NULL, TOOL_SERVER, FLAG, AT(echo), 0, "return each record as a record of the same length"},
    {"count", "N", TOOL_SERVER, NUMBER, AT(count), 1000000000,
     "end after N connections; status 1 if one of them failed"},
    {"timeout", "SECONDS", BOTH, NUMBER, AT(timeout), 3600,
     "longest time for connecting and for the handshake (client 30, server 10)"},
    {"idle", "SECONDS", TOOL_SERVER, NUMBER, AT(idle), 86400, "longest silence of a client after the handshake (60)"},
    {"dot", NULL, TOOL_STATES, FLAG, AT(dot), 0, "print Graphviz instead of text"},
    {"json", NULL, BOTH | TOOL_PROVIDERS, FLAG, AT(json), 0, "report as JSON, errors too"},
    {"help", NULL, ALL, FLAG, AT(help), 0, "print this help"},
};
#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < NUM_ROWS; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

static int
parse_number(const struct tool_options *o, const struct row *row, const char *text, unsigned long *out)
{
    char *end;
    bool digit = text[0] >= '0' && text[0] <= '9';
    unsigned long value = digit ? strtoul(text, &end, 10) : 0;
    if (!digit || *end != '\0' || value < 1 || value > row->max)
        return tool_usage(o, "--%s %s is no number from 1 to %lu.", row->name, text, row->max);
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
    const struct row *row = find_row(name, len);
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
    const struct row *row = find_row("json", 4);
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
