/* SPDX-License-Identifier: MIT
 *
 * trivet-crowd [--connections N] [BACKEND]: N connections open at once on one server, half of them hostile. Every good
 * one must get its answer, every bad one must fail alone, and at the end the heap must be as it was.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/crowd/crowd.h"

#include "core/os/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CONNECTIONS    2000u
#define WARM_UP        64u /* connections, so that what is made once is made */
#define SPARE_FILES    32u
#define TIME_US        (240u * 1000000u)
#define CALM_ROUNDS    20u /* with nothing to do, of CALM_MS each, before all is at rest */
#define CALM_MS        5
#define PROBLEMS_SHOWN 12u

static unsigned passed, failed;

static void check(bool good, const char *format, ...) TVT_PRINTF(2, 3);
static void
check(bool good, const char *format, ...)
{
    va_list arguments;
    passed += good;
    failed += !good;
    if (good || failed > PROBLEMS_SHOWN)
        return;
    printf("FAILED ");
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* ---- the loop ---- */

/* True: something was ready. */
static bool
turn(struct crowd *crowd, int wait_ms)
{
    struct pollfd *p = crowd->polls;
    size_t servers = crowd->num_accepted, clients = crowd->num_accepted == crowd->num ? crowd->num : 0;
    p[0] = (struct pollfd){.fd = crowd->num_accepted < crowd->num ? crowd->listener : -1, .events = POLLIN};
    for (size_t i = 0; i < servers; i++)
        p[1 + i] = crowd_server_poll(crowd, i);
    for (size_t i = 0; i < clients; i++)
        p[1 + servers + i] = crowd_client_poll(crowd, i);
    int n = poll(p, (nfds_t)(1 + servers + clients), wait_ms);
    if (n <= 0)
        return false;
    if (p[0].revents != 0)
        crowd_accept(crowd);
    for (size_t i = 0; i < servers; i++)
        if (p[1 + i].revents != 0)
            crowd_server_run(crowd, i);
    for (size_t i = 0; i < clients; i++)
        if (p[1 + servers + i].revents != 0)
            crowd_client_run(crowd, i);
    return true;
}

/* Until all is at rest, or time is up. */
static void
run(struct crowd *crowd)
{
    unsigned calm = 0;
    while (calm < CALM_ROUNDS && tvt_clock_monotonic_us() < crowd->deadline)
        calm = turn(crowd, CALM_MS) ? 0 : calm + 1;
}

/* ---- who comes ---- */

/* Kinds by their shares, mixed: a walk through the list by a step that has no divisor in common with its length. */
static enum crowd_kind *
choose(size_t num, size_t *tickets)
{
    enum crowd_kind *kinds = calloc(num, sizeof *kinds);
    size_t shares = 0, at = 0, step = num / 3 + 1;
    *tickets = 0;
    for (size_t k = 0; k < NUM_KINDS; k++)
        shares += crowd_kinds[k].share;
    while (num % step == 0 || (step % 2 == 0 && num % 2 == 0) || (step % 5 == 0 && num % 5 == 0))
        step++;
    for (size_t i = 0, k = 0, sum = 0; kinds != NULL && i < num; i++) {
        while (i * shares >= (sum + crowd_kinds[k].share) * num)
            sum += crowd_kinds[k++].share;
        kinds[at] = (enum crowd_kind)k;
        at = (at + step) % num;
        *tickets += k == GOOD_RESUMED || k == GOOD_EARLY;
    }
    return kinds;
}

static bool
allocate(struct crowd *crowd, size_t num)
{
    crowd->num = num;
    crowd->clients = crowd_clients_make(num);
    crowd->servers = crowd_servers_make(num);
    crowd->outcomes = calloc(num, sizeof *crowd->outcomes);
    crowd->polls = calloc(1 + 2 * num, sizeof *crowd->polls);
    crowd->client_of_port = malloc(65536 * sizeof *crowd->client_of_port);
    for (size_t i = 0; crowd->client_of_port != NULL && i < 65536; i++)
        crowd->client_of_port[i] = -1;
    return crowd->clients != NULL && crowd->servers != NULL && crowd->outcomes != NULL && crowd->polls != NULL &&
           crowd->client_of_port != NULL;
}

/* ---- judgement ---- */

static bool
is_expected(const struct crowd_kind_row *row, enum tvt_error_code code)
{
    if (row->good)
        return code == TVT_E_NONE;
    if (row->code[0] == TVT_E_NUM_CODES)
        return code != TVT_E_NONE;
    for (size_t i = 0; i < sizeof row->code / sizeof row->code[0]; i++)
        if (row->code[i] != TVT_E_NONE && row->code[i] == code)
            return true;
    return false;
}

static void
judge(const struct crowd *crowd, size_t i)
{
    const struct crowd_outcome *o = &crowd->outcomes[i];
    enum crowd_kind kind = crowd_client_kind(crowd, i);
    const struct crowd_kind_row *row = &crowd_kinds[kind];
    const char *problem = crowd_client_problem(crowd, i);
    bool early = kind == GOOD_EARLY, resumed = early || kind == GOOD_RESUMED || kind == BAD_REPLAY;
    bool after = row->good || kind == BAD_CUT || kind == BAD_KEY_UPDATES;
    check(problem == NULL, "client %zu (%s): %s", i, row->name, problem != NULL ? problem : "");
    check(o->accepted && o->over, "connection %zu (%s) was %s", i, row->name, o->accepted ? "not ended" : "not taken");
    check(is_expected(row, o->code), "connection %zu (%s) ended with %s", i, row->name, tvt_error_name(o->code));
    check(o->established == after && o->requests == (row->good ? 1u : 0u),
          "connection %zu (%s): handshake %s, %zu requests answered", i, row->name,
          o->established ? "done" : "not done", o->requests);
    check(o->resumed == resumed && (o->early == TVT_EARLY_ACCEPTED) == early,
          "connection %zu (%s): resumed %d, early data %d", i, row->name, o->resumed, (int)o->early);
    check(after || o->bytes == 0, "connection %zu (%s): %zu bytes reached the program", i, row->name, o->bytes);
    if (early)
        check(o->early_bytes > CROWD_HEAD, "connection %zu (%s): no early data", i, row->name);
}

static void
judge_open_ones(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->num; i++) {
        const struct crowd_kind_row *row = &crowd_kinds[crowd_client_kind(crowd, i)];
        if (row->lasts) {
            check(crowd_client_lasts(crowd, i) && !crowd->outcomes[i].over, "connection %zu (%s) did not last", i,
                  row->name);
            crowd_client_close(crowd, i);
        }
    }
}

/* How many of each kind there were, and what the server said of the last one. */
static void
show(const struct crowd *crowd)
{
    for (size_t k = 0; k < NUM_KINDS; k++) {
        size_t num = 0;
        enum tvt_error_code code = TVT_E_NONE;
        for (size_t i = 0; i < crowd->num; i++)
            if (crowd_client_kind(crowd, i) == (enum crowd_kind)k) {
                num++;
                code = crowd->outcomes[i].code;
            }
        printf("%6zu %-18s %s\n", num, crowd_kinds[k].name, code != TVT_E_NONE ? tvt_error_name(code) : "served");
    }
}

/* ---- a whole crowd ---- */

static bool
meet(struct crowd *crowd, size_t num, const enum crowd_kind *kinds)
{
    if (!crowd_listen(crowd) || !crowd_clients_connect(crowd, kinds))
        return false;
    while (crowd->num_accepted < num && tvt_clock_monotonic_us() < crowd->deadline)
        (void)turn(crowd, CALM_MS);
    check(crowd->most_open == num, "%zu of %zu connections were open at once", crowd->most_open, num);
    run(crowd);
    check(crowd->num_good_done == crowd->num_good, "%zu of %zu good clients came to their end", crowd->num_good_done,
          crowd->num_good);
    judge_open_ones(crowd);
    run(crowd);
    for (size_t i = 0; i < num; i++)
        judge(crowd, i);
    if (num != WARM_UP)
        show(crowd);
    return true;
}

static bool
hold(SSL_CTX *const ctx[3], size_t num)
{
    struct crowd crowd = {.listener = -1, .server_ctx = ctx[0], .client_ctx = ctx[1], .wrong_ctx = ctx[2]};
    size_t tickets;
    enum crowd_kind *kinds = choose(num, &tickets);
    crowd.deadline = tvt_clock_monotonic_us() + TIME_US;
    bool good = kinds != NULL && allocate(&crowd, num) && crowd_prepare(&crowd, tickets) && meet(&crowd, num, kinds);
    crowd_clients_free(&crowd);
    crowd_server_free(&crowd);
    crowd_forget(&crowd);
    free(crowd.outcomes);
    free(crowd.polls);
    free(crowd.client_of_port);
    free(kinds);
    return good;
}

/* How many connections the system lets us have: two descriptors each. */
static size_t
raise_limit(size_t num)
{
    struct rlimit limit;
    rlim_t want = 2 * num + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return num;
    if (limit.rlim_cur < want) {
        limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > want ? want : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= want)
        return num;
    size_t can = (size_t)(limit.rlim_cur - SPARE_FILES) / 2;
    printf("not run: %zu of the %zu connections: the limit of descriptors is %llu\n", num - can, num,
           (unsigned long long)limit.rlim_cur);
    return can;
}

int
main(int argc, char **argv)
{
    size_t num = CONNECTIONS;
    const char *backend = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc)
            num = strtoul(argv[++i], NULL, 10);
        else
            backend = argv[i];
    }
    struct crowd crowd = {0};
    uint64_t begin = tvt_clock_monotonic_us();
    if (num < WARM_UP || num > 20000) {
        fprintf(stderr, "usage: trivet-crowd [--connections %u..20000] [BACKEND]\n", WARM_UP);
        return 2;
    }
    num = raise_limit(num);
    if (!crowd_open(&crowd, backend))
        return 1;
    SSL_CTX *const ctx[3] = {crowd.server_ctx, crowd.client_ctx, crowd.wrong_ctx};
    check(hold(ctx, WARM_UP), "the first %u connections", WARM_UP);
    long long before = crowd_blocks();
    check(hold(ctx, num), "%zu connections", num);
    check(crowd_blocks() == before, "%lld blocks of the heap are not freed", crowd_blocks() - before);
    crowd_close(&crowd);
    printf("%zu connections at once on %s, %.1f s\n%u passed, %u failed\n", num,
           backend != NULL ? backend : "the default", (double)(tvt_clock_monotonic_us() - begin) / 1e6, passed, failed);
    return failed == 0 ? 0 : 1;
}
