/* SPDX-License-Identifier: MIT
 *
 * usage: trivet-bios [SEED [ROUNDS]]
 * The same calls on OpenSSL's BIOs and on Trivet's: results, retry flags, pending counts and bytes, after each call.
 * What differs on purpose (<trivet/bio.h>, "DIFFERENCES FROM OPENSSL") is not called here.
 */
#include "tests/ssl-coexist/bio_script.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[BIO_KINDS] = {"memory",
                                             "memory with an end",
                                             "read-only memory",
                                             "pair",
                                             "buffer over a pair",
                                             "buffer over memory",
                                             "buffer over an own kind",
                                             "buffer over an own kind (_ex)",
                                             "own kind",
                                             "own kind (_ex)",
                                             "null",
                                             "null filter over a pair",
                                             "socket",
                                             "descriptor",
                                             "file"};
static const char *const ops[BIO_OPS] = {"read",
                                         "write",
                                         "read_ex",
                                         "write_ex",
                                         "gets",
                                         "puts",
                                         "printf",
                                         "pending",
                                         "wpending",
                                         "eof",
                                         "flush",
                                         "reset",
                                         "get_close",
                                         "unknown",
                                         "nread0",
                                         "nread",
                                         "nwrite0",
                                         "nwrite",
                                         "write guarantee",
                                         "read request",
                                         "reset read request",
                                         "shutdown_wr",
                                         "buffer size",
                                         "lines",
                                         "peek",
                                         "buffer read data",
                                         "parted and joined",
                                         "seek",
                                         "tell",
                                         "type",
                                         "eof return",
                                         "dup_chain"};

static unsigned
roll(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)(*state >> 8) * below >> 24);
}

/* What a kind is asked: calls of another kind alone are answered by "unknown". */
static bool
fits(enum bio_kind kind, enum bio_op op)
{
    bool pair = kind == KIND_PAIR, file = kind == KIND_FILE;
    bool buffer = kind >= KIND_BUFFER_PAIR && kind <= KIND_BUFFER_EX;
    switch (op) {
    case OP_NREAD0:
    case OP_NREAD:
    case OP_NWRITE0:
    case OP_NWRITE:
    case OP_REJOIN:
        return pair;
    case OP_GUARANTEE:
    case OP_REQUEST:
    case OP_RESET_REQUEST:
    case OP_SHUTDOWN_WR:
        return pair || kind == KIND_BUFFER_PAIR || kind == KIND_NULL_FILTER;
    case OP_BUFFER_SIZE:
    case OP_LINES:
    case OP_PEEK:
    case OP_READ_DATA:
        return buffer;
    case OP_SEEK:
        return kind == KIND_VIEW || file;
    case OP_TELL:
        return kind == KIND_VIEW || file || kind == KIND_NULL;
    case OP_EOF_RETURN:
        return kind == KIND_MEM || kind == KIND_MEM_EOF || kind == KIND_VIEW || kind == KIND_BUFFER_MEM;
    case OP_GETS:
        return kind != KIND_FD && kind != KIND_NULL_FILTER; /* -1 with the retry flags here; theirs: 0; no flags */
    case OP_PUTS:
        return kind != KIND_NULL_FILTER; /* theirs does not say that it waits */
    case OP_DUP:
        return kind != KIND_NULL_FILTER; /* not there */
    default:
        return true;
    }
}

static int
length(unsigned *state)
{
    switch (roll(state, 8)) {
    case 0:
        return (int)roll(state, 3);
    case 1:
    case 2:
    case 3:
        return (int)roll(state, 100);
    case 4:
    case 5:
        return (int)roll(state, 1500);
    case 6:
        return 4096 + (int)roll(state, 5) - 2;
    default:
        return (int)roll(state, 9000);
    }
}

static void
make_script(struct bio_step *steps, enum bio_kind kind, unsigned seed)
{
    unsigned state = seed * 2654435761u + (unsigned)kind;
    for (int i = 0; i < BIO_STEPS; i++) {
        do
            steps[i].op = (enum bio_op)(roll(&state, 3) > 0 ? roll(&state, OP_EOF) : roll(&state, BIO_OPS));
        while (!fits(kind, steps[i].op) || (steps[i].op == OP_SHUTDOWN_WR && roll(&state, 4) > 0));
        steps[i].on = (int)roll(&state, 2);
        steps[i].len = length(&state);
        if (kind == KIND_NULL_FILTER && steps[i].op == OP_REQUEST)
            steps[i].on = 1;
        if ((kind == KIND_SOCKET || kind == KIND_FD) && steps[i].len == 0) /* theirs: taken for the end of file */
            steps[i].len = 1;
        if (steps[i].op == OP_WRITE_EX && steps[i].len == 0) /* theirs keeps flags of the call before */
            steps[i].len = 1;
        if (steps[i].op == OP_BUFFER_SIZE || steps[i].op == OP_REJOIN)
            steps[i].len++;
        if (kind >= KIND_BUFFER_PAIR && kind <= KIND_BUFFER_EX && steps[i].op >= OP_BUFFER_SIZE &&
            steps[i].op <= OP_READ_DATA)
            steps[i].on = 0;
    }
}

static void
show(const char *whose, const struct bio_result *r)
{
    printf("    %s %ld, bytes %lx", whose, r->value, r->sum);
    for (int i = 0; i < 2; i++)
        printf("; flags %#x reason %d pending %ld/%ld moved %llu/%llu", (unsigned)r->after[i].flags, r->after[i].reason,
               r->after[i].pending, r->after[i].wpending, r->after[i].read, r->after[i].written);
    printf("\n");
}

static bool
same(const struct bio_result *a, const struct bio_result *b)
{
    bool good = a->value == b->value && a->sum == b->sum;
    for (int i = 0; i < 2; i++)
        good = good && a->after[i].flags == b->after[i].flags && a->after[i].reason == b->after[i].reason &&
               a->after[i].pending == b->after[i].pending && a->after[i].wpending == b->after[i].wpending &&
               a->after[i].read == b->after[i].read && a->after[i].written == b->after[i].written;
    return good;
}

static bool
compare(enum bio_kind kind, unsigned seed)
{
    static struct bio_step steps[BIO_STEPS];
    static struct bio_result ours[BIO_STEPS], theirs[BIO_STEPS];
    memset(ours, 0, sizeof ours);
    memset(theirs, 0, sizeof theirs);
    make_script(steps, kind, seed);
    if (bio_script_ours(kind, steps, BIO_STEPS, ours) != 1 || bio_script_theirs(kind, steps, BIO_STEPS, theirs) != 1) {
        printf("FAILED %s: not made\n", kinds[kind]);
        return false;
    }
    for (int i = 0; i < BIO_STEPS; i++) {
        if (same(&ours[i], &theirs[i]))
            continue;
        printf("FAILED %s, seed %u: step %d, %s(%d) on %d\n", kinds[kind], seed, i, ops[steps[i].op], steps[i].len,
               steps[i].on);
        show("Trivet ", &ours[i]);
        show("OpenSSL", &theirs[i]);
        for (int j = i < 6 ? 0 : i - 6; j < i; j++)
            printf("    before: %s(%d) on %d: %ld\n", ops[steps[j].op], steps[j].len, steps[j].on, ours[j].value);
        return false;
    }
    return true;
}

static bool
compare_fixed(const char *name, bio_fixed *ours, bio_fixed *theirs)
{
    long a[512], b[512];
    size_t n = ours(a, 512), m = theirs(b, 512);
    bool good = n == m && n > 0 && n < 512;
    for (size_t i = 0; i < n && i < m; i++)
        if (a[i] != b[i]) {
            printf("       %s: value %zu is %ld, of OpenSSL %ld\n", name, i, a[i], b[i]);
            good = false;
        }
    printf("%s %s: %zu values (OpenSSL: %zu)\n", good ? "ok    " : "FAILED", name, n, m);
    return good;
}

int
main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100, passed = 0, failed = 0;
    for (int kind = 0; kind < BIO_KINDS; kind++) {
        unsigned good = 0;
        for (unsigned seed = first; seed < first + rounds && good == seed - first; seed++)
            good += compare((enum bio_kind)kind, seed) ? 1u : 0u;
        passed += good == rounds;
        failed += good != rounds;
        if (good == rounds)
            printf("ok     %s: %u scripts of %d calls\n", kinds[kind], rounds, BIO_STEPS);
    }
    int fixed = compare_fixed("chains and SSL filters", bio_chain_ours, bio_chain_theirs) +
                compare_fixed("references of SSL_set_bio", bio_references_ours, bio_references_theirs) +
                compare_fixed("connecting", bio_connect_ours, bio_connect_theirs) +
                compare_fixed("accepting", bio_accept_ours, bio_accept_theirs);
    passed += (unsigned)fixed;
    failed += 4u - (unsigned)fixed;
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
