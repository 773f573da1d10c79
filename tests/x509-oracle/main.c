/* SPDX-License-Identifier: MIT
 *
 * trivet-x509-oracle: random certificates, judged by core/x509, by libcrypto and by GnuTLS. For every path that the names
 * of a question allow, each is asked about this path alone: a difference must have a reason that explain.c knows. Then the
 * whole heap of certificates: core/x509 must find a path exactly where one of them is good, which is what no search without
 * backtracking does.
 */
#include "tests/x509-oracle/oracle.h"

#include <trivet/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: trivet-x509-oracle [--seed N] [--count N] [--show N]\n"
                            "\n"
                            "  --seed N   the first question (1)\n"
                            "  --count N  how many (1000)\n"
                            "  --show N   differences without a reason that are printed whole (5)\n";

struct tally {
    unsigned long paths, both_accept, both_refuse, differ, unexplained;
    unsigned long found, none, missed,
        wrong; /* the whole heap: found, rightly none, a good path not found, a bad one taken */
    unsigned long rule[ORACLE_RULES_MAX];
};

struct run {
    uint64_t seed;
    unsigned long count, show;
    const struct oracle_verifier *theirs[2];
    size_t num_theirs;
    struct tally tally[2];
    unsigned long found, none, missed, wrong, spent, overflow; /* ours, of the whole heap */
};

static struct oracle_part
all_of(const struct oracle_world *w)
{
    struct oracle_part part = {0, 0};
    for (size_t i = 0; i < w->num; i++) {
        part.sent |= (uint32_t)w->spec[i].sent << i;
        part.trusted |= (uint32_t)w->spec[i].trusted << i;
    }
    return part;
}

static void
show(struct run *run, const struct oracle_world *w, const char *what, const struct oracle_verdict *ours,
     const char *theirs_name, const struct oracle_verdict *theirs)
{
    if (run->show == 0)
        return;
    run->show--;
    printf("question %llu: %s\n", (unsigned long long)w->seed, what);
    oracle_world_print(w);
    printf("  trivet: %s %s\n", ours->accepted ? "accepts" : "refuses:", ours->words);
    if (theirs != NULL)
        printf("  %s: %s %s\n", theirs_name, theirs->accepted ? "accepts" : "refuses:", theirs->words);
}

/* One path alone, by ours and by one of theirs. */
static bool
ask_one(struct run *run, size_t k, const struct oracle_world *w, const struct oracle_verdict *ours, bool *accepted)
{
    struct tally *t = &run->tally[k];
    struct oracle_verdict theirs;
    bool used[ORACLE_RULES_MAX] = {false}, fault = false;
    if (!run->theirs[k]->verify(&theirs, w, all_of(w)))
        return false;
    *accepted = theirs.accepted;
    t->paths++;
    if (ours->accepted == theirs.accepted) {
        t->both_accept += ours->accepted;
        t->both_refuse += !ours->accepted;
        return true;
    }
    t->differ++;
    if (!oracle_explain(used, &fault, w, run->theirs[k])) {
        t->unexplained++;
        show(run, w, "a difference without a reason", ours, run->theirs[k]->name, &theirs);
    }
    for (size_t i = 0; i < ORACLE_RULES_MAX; i++)
        t->rule[i] += used[i];
    return !fault;
}

/* Whether anyone accepts one of the paths: good[0] is ours, then theirs. */
static bool
ask_paths(struct run *run, const struct oracle_world *w, const struct oracle_paths *paths, bool *good)
{
    for (size_t i = 0; i < paths->num; i++) {
        struct oracle_world alone;
        struct oracle_verdict ours;
        bool accepted = false;
        if (!oracle_world_of_path(&alone, w, paths->place[i], paths->len[i]))
            return false;
        bool fine = oracle_ours.verify(&ours, &alone, all_of(&alone));
        good[0] = good[0] || (fine && ours.accepted);
        for (size_t k = 0; fine && k < run->num_theirs; k++) {
            fine = ask_one(run, k, &alone, &ours, &accepted);
            good[k + 1] = good[k + 1] || accepted;
        }
        oracle_world_free(&alone);
        if (!fine)
            return false;
    }
    return true;
}

static bool
ask_whole(struct run *run, const struct oracle_world *w, const struct oracle_paths *paths, const bool *good)
{
    struct oracle_verdict ours, theirs;
    struct oracle_part all = all_of(w);
    if (!oracle_ours.verify(&ours, w, all))
        return false;
    if (paths->overflow)
        run->overflow++;
    else if (ours.accepted && !good[0]) {
        run->wrong++;
        show(run, w, "a path that is not good by itself was taken", &ours, NULL, NULL);
    } else if (!ours.accepted && good[0] && ours.code == TVT_E_CERT_BUDGET) {
        run->spent++;
    } else if (!ours.accepted && good[0]) {
        run->missed++;
        show(run, w, "a good path was not found", &ours, NULL, NULL);
    }
    run->found += ours.accepted;
    run->none += !ours.accepted;
    for (size_t k = 0; k < run->num_theirs; k++) {
        if (!run->theirs[k]->verify(&theirs, w, all))
            return false;
        struct tally *t = &run->tally[k];
        t->found += theirs.accepted && good[k + 1];
        t->none += !theirs.accepted && !good[k + 1];
        t->missed += !theirs.accepted && good[k + 1];
        t->wrong += theirs.accepted && !good[k + 1];
    }
    return true;
}

static bool
ask(struct run *run, uint64_t seed)
{
    static struct oracle_world world;
    static struct oracle_paths paths;
    bool good[3] = {false, false, false};
    oracle_world_draw(&world, seed);
    oracle_paths_find(&paths, &world);
    bool fine = oracle_make(&world) && ask_paths(run, &world, &paths, good) && ask_whole(run, &world, &paths, good);
    oracle_world_free(&world);
    if (!fine)
        fprintf(stderr, "trivet-x509-oracle: question %llu could not be asked\n", (unsigned long long)seed);
    return fine;
}

static void
print_tally(const struct oracle_verifier *theirs, const struct tally *t)
{
    const char *verifier, *text, *name = theirs->name;
    bool ours_accepts;
    printf("%s %s: %lu paths alone: both accept %lu, both refuse %lu, differ %lu, of these without a reason %lu\n",
           name, theirs->version(), t->paths, t->both_accept, t->both_refuse, t->differ, t->unexplained);
    printf("%s: all certificates at once: a path found %lu, rightly none %lu, a good one not found %lu, "
           "one taken that it refuses alone %lu\n",
           name, t->found, t->none, t->missed, t->wrong);
    for (size_t i = 0; (text = oracle_rule_text(i, &verifier, &ours_accepts)) != NULL; i++)
        if (strcmp(verifier, name) == 0)
            printf("%8lu  %s: %s\n", t->rule[i], ours_accepts ? "it refuses" : "we refuse", text);
}

static bool
parse_options(struct run *run, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        char *end;
        unsigned long value = i + 1 < argc ? strtoul(argv[i + 1], &end, 10) : 0;
        if (i + 1 >= argc || end == argv[i + 1] || *end != '\0')
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            run->seed = value;
        else if (strcmp(argv[i], "--count") == 0)
            run->count = value;
        else if (strcmp(argv[i], "--show") == 0)
            run->show = value;
        else
            return false;
    }
    return true;
}

static bool
ask_all(struct run *run)
{
    bool good = oracle_make_open(oracle_num_keys()) && oracle_ours.open();
    for (size_t k = 0; good && k < run->num_theirs; k++)
        good = run->theirs[k]->open();
    for (unsigned long i = 0; good && i < run->count; i++)
        good = ask(run, run->seed + i);
    for (size_t k = 0; k < run->num_theirs; k++)
        run->theirs[k]->close();
    oracle_ours.close();
    oracle_make_close();
    return good;
}

int
main(int argc, char **argv)
{
    struct run run = {.seed = 1, .count = 1000, .show = 5};
    if (!parse_options(&run, argc, argv)) {
        fprintf(stderr, "%s", usage);
        return 2;
    }
    run.theirs[run.num_theirs++] = &oracle_openssl;
#if TVT_ORACLE_GNUTLS
    run.theirs[run.num_theirs++] = &oracle_gnutls;
#endif
    if (!ask_all(&run))
        return 1;
    printf("trivet %s: questions %lu, from %llu on\n", oracle_ours.version(), run.count, (unsigned long long)run.seed);
    printf(
        "trivet: all certificates at once: a path found %lu, none %lu; a good one not found %lu, for the budget %lu, "
        "a bad one taken %lu; too many paths to compare %lu\n",
        run.found, run.none, run.missed, run.spent, run.wrong, run.overflow);
    bool good = run.missed == 0 && run.wrong == 0;
    for (size_t k = 0; k < run.num_theirs; k++) {
        print_tally(run.theirs[k], &run.tally[k]);
        /* a run in which nobody accepts, or nobody refuses, has compared nothing */
        good = good && run.tally[k].unexplained == 0 && run.tally[k].both_accept > 0 && run.tally[k].both_refuse > 0;
    }
    printf("%s\n", good ? "every difference has a reason" : "FAILED");
    return good ? 0 : 1;
}
