/* SPDX-License-Identifier: MIT
 *
 * trivet: the commands, and help about them.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/commands.h"
#include "tools/report.h"

#include <trivet/base.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct tool_command commands[] = {
    {"client", TOOL_CLIENT, "HOST[:PORT]", true, "connect to a server, show what was negotiated, relay or fetch",
     "Connects to HOST (port 443; [v6]:PORT for an IPv6 address), verifies its certificate against the system's roots\n"
     "and for the name HOST, and tells on standard error what was negotiated. Without --get it relays standard input\n"
     "and output; with --json alone it closes again, and standard output is one JSON object.",
     tool_client},
    {"server", TOOL_SERVER, "[ADDR:]PORT", true, "serve connections: a page about each, or an echo",
     "Needs a --cert and its --key, or a --psk; several may be given. Port 0 takes a free one. The first line on "
     "standard\n"
     "output is `listening on ADDR:PORT`; standard error has one line for each connection. SIGTERM and SIGINT end it.",
     tool_server},
    {"providers", TOOL_PROVIDERS, "", false, "list what each crypto backend of this build offers",
     "Prints the algorithms, flags, versions and licences of the backends, and of useful overlays of two.",
     tool_providers},
    {"states", TOOL_STATES, "[MACHINE]", false, "print the state tables of the handshake",
     "Prints the tables that the handshake runs by: of MACHINE, or of all. The machines are client13 and client12,\n"
     "server, which chooses the version, server13 and server12.",
     tool_states},
    {"verify", TOOL_VERIFY, "FILE", true, "judge a certificate chain: valid, or in sentences why not",
     "Looks for a path from the first certificate of FILE (PEM, or one in DER) to a trusted root, through the others, "
     "which\n"
     "may stand in any order, and says which one is valid, or why none is. Nothing is fetched.",
     tool_verify},
    {"cert", TOOL_CERT, "FILE", true, "show the certificates of a file",
     "Prints what the certificates of FILE (PEM, or one in DER) say.", tool_cert},
    {"help", TOOL_HELP, "[COMMAND]", false, "explain a command", "Prints the usage of COMMAND, or lists the commands.",
     tool_help},
};
#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct tool_command *
find_command(const char *name)
{
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void
print_overview(FILE *out)
{
    fputs("usage: trivet COMMAND [OPTION...] [ARGUMENT]\n\ncommands:\n", out);
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        fprintf(out, "  %-10s %-12s %s\n", commands[i].name, commands[i].operand, commands[i].purpose);
    fputs("\n`trivet help COMMAND` explains one; `trivet --version` tells the version.\n"
          "Exit status: 0 done, 1 handshake or verification failed, 2 wrong usage, 3 network.\n",
          out);
}

static void
print_command_help(const struct tool_command *command)
{
    const char *gap = command->operand[0] != '\0' ? " " : "";
    printf("usage: trivet %s [OPTION...]%s%s\n\n%s\n\noptions:\n", command->name, gap, command->operand, command->more);
    tool_options_help(command);
}

int
tool_help(const struct tool_options *options)
{
    if (options->operand == NULL) {
        print_overview(stdout);
        return TOOL_DONE;
    }
    const struct tool_command *command = find_command(options->operand);
    if (command == NULL)
        return tool_usage(options, "there is no command \"%s\". `trivet help` lists those that there are.",
                          options->operand);
    print_command_help(command);
    return TOOL_DONE;
}

static int
run_command(const struct tool_command *command, int argc, char **argv)
{
    struct tool_options options;
    bool json = tool_options_want_json(command->bit, argc, argv);
    tool_options_init(&options, command);
    options.json = json;
    int status = tool_options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    options.json = json;
    if (options.help) {
        print_command_help(command);
        return TOOL_DONE;
    }
    return command->run(&options);
}

int
main(int argc, char **argv)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    int status;
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (argc < 2) {
        print_overview(stderr);
        return TOOL_USAGE;
    }
    const struct tool_command *command = find_command(argv[1]);
    if (command != NULL) {
        status = run_command(command, argc - 2, argv + 2);
    } else if (strcmp(argv[1], "--version") == 0) {
        puts("trivet " TVT_VERSION_STRING);
        status = TOOL_DONE;
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_overview(stdout);
        status = TOOL_DONE;
    } else {
        fputs("trivet: there is no command \"", stderr);
        tool_put_argument(argv[1]);
        fputs("\". `trivet help` lists those that there are.\n", stderr);
        status = TOOL_USAGE;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fputs("trivet: standard output could not be written.\n", stderr);
        return status == TOOL_DONE ? TOOL_FAILED : status;
    }
    return status;
}
