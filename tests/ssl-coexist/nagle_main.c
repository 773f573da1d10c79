/* SPDX-License-Identifier: MIT
 *
 * usage: trivet-coexist-nagle PKI KIND
 * The first bytes behind each handshake with OpenSSL's libssl, over TCP with Nagle's algorithm on: what neither side waits for
 * when the other one knows nothing of it, and the segments of our side. Ours is the client or the server, in TLS 1.2 and 1.3,
 * with tickets, with ids (TLS 1.3: a ticket that is a key to a session) and with neither, full and resumed, the client or the server speaking first.
 *
 * The best of several rounds is judged: a busy machine adds time, and segments that are sent again.
 */
#include "tests/ssl-coexist/nagle.h"

#include <limits.h>
#include <linux/tcp.h> /* its tcp_info counts segments; the one of <netinet/tcp.h> does not */
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS   30
#define PATIENCE 30 /* ms; an acknowledgement that is held back comes after 40 */
#define TLS12    0x0303
#define TLS13    0x0304

struct best {
    double ms;
    unsigned segments; /* of our side; UINT_MAX: the system does not tell */
};

struct meeting {
    struct nagle_end ours, theirs;
    struct best best[2];      /* full, resumed */
    const unsigned *segments; /* as they must be */
};

static bool
tcp_pair(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0), late = 0;
    bool good = bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0 &&
                getsockname(listener, (struct sockaddr *)&a, &size) == 0;
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    good = good && connect(fd[0], (struct sockaddr *)&a, sizeof a) == 0 && (fd[1] = accept(listener, NULL, NULL)) >= 0;
    for (int i = 0; good && i < 2; i++) /* as on an older connection: the system holds acknowledgements back */
        good = setsockopt(fd[i], IPPROTO_TCP, TCP_QUICKACK, &late, sizeof late) == 0;
    close(listener);
    return good;
}

static unsigned
segments_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_data_segs_out) + sizeof info.tcpi_data_segs_out)
        return UINT_MAX;
    return info.tcpi_data_segs_out;
}

static void *
play_theirs(void *user)
{
    struct nagle_end *e = user;
    nagle_play_theirs(e);
    if (!e->good)
        (void)shutdown(e->fd, SHUT_RDWR);
    return NULL;
}

/* One connection; false: it failed. */
static bool
play(struct meeting *m, bool again)
{
    int fd[2];
    pthread_t thread;
    if (!tcp_pair(fd))
        return false;
    m->ours.fd = fd[0];
    m->theirs.fd = fd[1];
    if (pthread_create(&thread, NULL, play_theirs, &m->theirs) != 0)
        return false;
    nagle_play_ours(&m->ours);
    if (!m->ours.good)
        (void)shutdown(fd[0], SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    unsigned segments = segments_of(fd[0]);
    close(fd[0]);
    close(fd[1]);
    double ms = m->ours.ms > m->theirs.ms ? m->ours.ms : m->theirs.ms;
    struct best *b = &m->best[again];
    b->ms = ms < b->ms ? ms : b->ms;
    b->segments = segments < b->segments ? segments : b->segments;
    return m->ours.good && m->theirs.good && m->ours.resumed == again && m->theirs.resumed == again;
}

static bool
is_good(const struct meeting *m, int again)
{
    const struct best *b = &m->best[again];
    if (again && m->ours.sessions == NAGLE_NONE)
        return true;
    return b->ms < PATIENCE && (b->segments == UINT_MAX || b->segments == m->segments[again]);
}

static bool
play_rounds(struct meeting *m)
{
    for (int i = 0; i < 2; i++)
        m->best[i] = (struct best){1e9, UINT_MAX};
    for (int turn = 0; turn < ROUNDS && !(is_good(m, 0) && is_good(m, 1)); turn++) {
        nagle_forget_ours(&m->ours);
        nagle_forget_theirs(&m->theirs);
        if (!play(m, false) || (m->ours.sessions != NAGLE_NONE && !play(m, true)))
            return false;
    }
    return true;
}

static bool
meet(struct meeting *m)
{
    bool good = nagle_open_theirs(&m->theirs) && nagle_open_ours(&m->ours) && play_rounds(m);
    if (!good)
        printf("FAILED to connect: ");
    static const char *const words[] = {"tickets", "ids", "no sessions"};
    for (int again = 0; again < (m->ours.sessions == NAGLE_NONE ? 1 : 2); again++) {
        bool fine = good && is_good(m, again);
        printf("%s TLS 1.%d, %s libssl's %s, %s, %s first, %s: %.2f ms, %u segments of ours, %u expected\n",
               fine ? "ok    " : "FAILED", m->ours.version == TLS12 ? 2 : 3, m->ours.server ? "server to" : "client to",
               m->ours.server ? "client" : "server", words[m->ours.sessions],
               m->ours.server == m->ours.speaks_first ? "server" : "client", again ? "resumed" : "full",
               m->best[again].ms, m->best[again].segments, m->segments[again]);
    }
    good = good && is_good(m, 0) && is_good(m, 1);
    nagle_close_ours(&m->ours);
    nagle_close_theirs(&m->theirs);
    return good;
}

int
main(int argc, char **argv)
{
    /* [server][TLS 1.3][resumed]: hello, Finished (with TLS 1.3 a server's is in its hello's flight), the byte */
    static const unsigned segments[2][2][2] = {{{3, 3}, {3, 3}}, {{3, 2}, {2, 2}}};
    unsigned passed = 0, failed = 0;
    if (argc != 3)
        return 2;
    for (unsigned i = 0; i < 24; i++) {
        bool server = (i & 4) != 0, new = (i & 2) != 0, server_first = (i & 1) != 0;
        struct nagle_end end = {
            .pki = argv[1], .kind = argv[2], .version = new ? TLS13 : TLS12, .sessions = (enum nagle_sessions)(i / 8)};
        struct meeting m = {end, end, {{0, 0}, {0, 0}}, segments[server][new]};
        m.ours.server = server;
        m.theirs.server = !server;
        m.ours.speaks_first = server == server_first;
        m.theirs.speaks_first = !m.ours.speaks_first;
        if (meet(&m))
            passed++;
        else
            failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
}
