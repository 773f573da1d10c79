/* SPDX-License-Identifier: MIT
 *
 * trivet server: many connections at once in one thread, with poll().
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/server.h"

#include "core/base/error.h"
#include "core/os/clock.h"
#include "tools/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ACCEPT_TURN       64u     /* connections accepted before the others have their turn     */
#define ACCEPT_REST_US    100000u /* after a failed accept(), such as for a lack of descriptors  */
#define SPARE_DESCRIPTORS 32u     /* beside those of the connections                            */
#define SHOW_EVERY_US     200000u /* between two counts of --quiet                             */
#define POLL_FIXED        2u      /* the signal pipe and the listener come first                */

static int signal_pipe[2] = {-1, -1};

static void
on_signal(int number)
{
    char byte = (char)number;
    int kept = errno;
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
    errno = kept;
}

static bool
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    if (pipe(signal_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) != 0 || fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) != 0)
            return false;
    return sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0;
}

/* As many descriptors as SERVER_PEERS_MAX connections need, if the system lets us. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    rlim_t want = SERVER_PEERS_MAX + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > want ? want : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* with fewer, connections wait */
}

static void
stop_listening(struct server *s)
{
    if (s->listener >= 0)
        (void)close(s->listener);
    s->listener = -1;
}

static void
stop(struct server *s)
{
    s->stopping = true;
    stop_listening(s);
    for (size_t i = 0; i < s->num_peers; i++)
        peer_stop(s->peers[i]);
}

/* One more connection. False: none is there, or none can be taken now. */
static bool
accept_one(struct server *s)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    char address[NET_ADDRESS_MAX];
    memset(&from, 0, sizeof from);
    int fd = accept(s->listener, (struct sockaddr *)&from, &len);
    if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED)
            return true;
        /* EMFILE and its like: the queue stays, and what ends meanwhile gives its descriptor back. */
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            s->accept_again = tvt_clock_monotonic_us() + ACCEPT_REST_US;
        return false;
    }
    net_address_text(address, &from);
    s->accepted++;
    struct peer *p = NULL;
    if (net_prepare(fd))
        p = peer_new(s, fd, address);
    else
        (void)close(fd);
    if (p == NULL) {
        fprintf(stderr, "trivet server: %s was dropped: no memory\n", address);
        s->finished++;
        s->failed++;
    } else {
        s->peers[s->num_peers++] = p;
        p->again = true;
    }
    return true;
}

static bool
may_accept(const struct server *s)
{
    bool counted = s->options->count == 0 || s->accepted < s->options->count;
    return s->listener >= 0 && counted && s->num_peers < SERVER_PEERS_MAX;
}

static void
accept_some(struct server *s)
{
    for (unsigned i = 0; i < ACCEPT_TURN && may_accept(s) && s->accept_again == 0; i++)
        if (!accept_one(s))
            break;
    if (s->options->count != 0 && s->accepted >= s->options->count)
        stop_listening(s);
}

/* Fills the table for poll(); returns when the next deadline is, at the latest. */
static uint64_t
fill_poll(struct server *s, struct pollfd *table)
{
    uint64_t next = UINT64_MAX, now = tvt_clock_monotonic_us();
    if (s->accept_again != 0 && s->accept_again <= now)
        s->accept_again = 0;
    bool listen = may_accept(s) && s->accept_again == 0;
    if (s->accept_again != 0)
        next = s->accept_again;
    table[0] = (struct pollfd){.fd = signal_pipe[0], .events = POLLIN};
    table[1] = (struct pollfd){.fd = listen ? s->listener : -1, .events = POLLIN};
    for (size_t i = 0; i < s->num_peers; i++) {
        const struct peer *p = s->peers[i];
        table[POLL_FIXED + i] = (struct pollfd){.fd = p->fd, .events = p->events};
        next = p->again ? 0 : p->deadline < next ? p->deadline : next;
    }
    return next;
}

/* Runs those that poll() or their deadline calls, and takes out those that are done. */
static void
run_peers(struct server *s, const struct pollfd *table, size_t polled)
{
    uint64_t now = tvt_clock_monotonic_us();
    size_t kept = 0;
    for (size_t i = 0; i < s->num_peers; i++) {
        struct peer *p = s->peers[i];
        bool ready = i < polled && table[POLL_FIXED + i].revents != 0;
        if (ready || p->again)
            peer_run(p);
        if (p->stage != PEER_DONE && p->deadline <= now)
            peer_expire(p);
        if (p->stage == PEER_DONE)
            peer_finish(p);
        else
            s->peers[kept++] = p;
    }
    s->num_peers = kept;
}

/* With --quiet on a terminal: how many there were, a few times a second. */
static void
show_count(struct server *s, bool end)
{
    uint64_t now = tvt_clock_monotonic_us();
    bool terminal = isatty(STDERR_FILENO) == 1;
    if (!s->options->quiet || (!end && (!terminal || now - s->shown < SHOW_EVERY_US)))
        return;
    s->shown = now;
    fprintf(stderr, "%s%llu connections, %llu failed, %llu resumed, %llu with early data, %zu open%s",
            terminal ? "\r" : "", (unsigned long long)s->finished, (unsigned long long)s->failed,
            (unsigned long long)s->resumed, (unsigned long long)s->early, s->num_peers,
            end        ? "\n"
            : terminal ? "\033[K"
                       : "");
}

static bool
is_over(const struct server *s)
{
    bool counted = s->options->count != 0 && s->finished >= s->options->count;
    return s->num_peers == 0 && (s->stopping || counted);
}

static int
serve(struct server *s)
{
    struct pollfd *table = calloc(SERVER_PEERS_MAX + POLL_FIXED, sizeof *table);
    s->peers = calloc(SERVER_PEERS_MAX, sizeof(struct peer *));
    bool good = table != NULL && s->peers != NULL;
    while (good && !is_over(s)) {
        uint64_t next = fill_poll(s, table);
        size_t polled = s->num_peers;
        int n = poll(table, (nfds_t)(POLL_FIXED + polled), next == UINT64_MAX ? -1 : net_poll_time(next));
        if (n < 0 && errno != EINTR && errno != ENOMEM && errno != EAGAIN)
            good = false;
        if (n < 0)
            continue; /* what the table says is not valid */
        char byte;
        if (table[0].revents != 0 && read(signal_pipe[0], &byte, 1) == 1)
            stop(s);
        if (table[1].revents != 0)
            accept_some(s);
        run_peers(s, table, polled);
        show_count(s, false);
    }
    show_count(s, true);
    free(table);
    free(s->peers);
    if (!good)
        fprintf(stderr, "trivet server: poll() or its memory failed: %s\n", strerror(errno));
    return good && (s->options->count == 0 || s->failed == 0) ? TOOL_DONE : TOOL_FAILED;
}

static int
check_arguments(const struct tool_options *o, struct net_place *place)
{
    const char *why;
    if (o->http && o->echo)
        return tool_usage(o, "--http and --echo exclude each other: leave one of them out.");
    if (o->keep_alive && o->echo)
        return tool_usage(o, "--keep-alive is about requests, and --echo has none: leave one of them out.");
    if (o->post_handshake_auth && o->echo)
        return tool_usage(
            o, "--post-handshake-auth asks before an answer is given, and --echo waits for nothing: leave one "
               "of them out.");
    if (o->quiet && o->json)
        return tool_usage(o, "--quiet leaves out the lines that --json writes: leave one of them out.");
    if (!net_parse(place, o->operand, NULL, true, &why))
        return tool_usage(o, "\"%s\" is no [ADDR:]PORT: %s.", o->operand, why);
    return -1;
}

int
tool_server(const struct tool_options *options)
{
    struct server s = {.options = options, .listener = -1};
    struct net_place place;
    struct tvt_error error;
    char address[NET_ADDRESS_MAX];
    int status = check_arguments(options, &place);
    if (status < 0)
        status = tool_setup_open(&s.setup, options);
    if (status >= 0)
        return status;
    tvt_error_clear(&error);
    raise_descriptor_limit();
    if (!catch_signals())
        status = tool_failed(options, STAGE_CONNECT, &error, TOOL_FAILED);
    s.listener = status < 0 ? net_listen(&place, address, &error) : -1;
    if (status < 0 && s.listener < 0)
        status = tool_failed(options, STAGE_CONNECT, &error, TOOL_NETWORK);
    if (status < 0) {
        printf("listening on %s\n", address);
        fflush(stdout);
        status = serve(&s);
    }
    stop_listening(&s);
    tool_setup_close(&s.setup);
    for (int i = 0; i < 2; i++)
        if (signal_pipe[i] >= 0)
            (void)close(signal_pipe[i]);
    return status;
}
