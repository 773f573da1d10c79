/* SPDX-License-Identifier: MIT
 *
 * trivet-kit: proves that each crypto backend does what provider.h says. Options, subjects, the run.
 */
#include "tests/kit/kit.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef KIT_SOURCE_DIR
#define KIT_SOURCE_DIR "."
#endif

static const struct kit_suite suites[] = {
    {"presence", true, false, true, false, kit_presence},
    {"vectors: hashes and key derivation", true, false, true, false, kit_vectors_hash},
    {"vectors: AEAD", true, false, true, false, kit_vectors_aead},
    {"vectors: key exchange", true, false, true, false, kit_vectors_kx},
    {"vectors: signatures", true, false, true, false, kit_vectors_signature},
    {"Wycheproof: hashes and key derivation", false, false, true, true, kit_wycheproof_hash},
    {"Wycheproof: AEAD", false, false, true, true, kit_wycheproof_aead},
    {"Wycheproof: key exchange", false, false, true, true, kit_wycheproof_kx},
    {"Wycheproof: signatures", false, false, true, true, kit_wycheproof_signature},
    {"contract: hashes", true, false, true, false, kit_contract_hash},
    {"contract: AEAD", true, false, true, false, kit_contract_aead},
    {"contract: key exchange", true, false, true, false, kit_contract_kx},
    {"contract: signatures and keys", true, false, true, false, kit_contract_signature},
    {"contract: random", true, false, true, false, kit_contract_random},
    {"traps", true, false, true, false, kit_traps},
    {"completeness", true, false, true, false, kit_completeness},
    {"crossing", false, true, false, false, kit_crossing},
};
#define NUM_SUITES (sizeof suites / sizeof suites[0])

/* ---- options --------------------------------------------------------------------------------------------- */

static void
print_help(void)
{
    printf("usage: trivet-kit [options]\n"
           "Runs known answers, the contract of provider.h and crossings on every backend of this build.\n\n"
           "  --backend NAME        only this one (repeatable); NAME may be an overlay, \"libsodium+openssl\"\n"
           "  --vectors DIR         the project's vectors (default: %s/vectors)\n"
           "  --wycheproof DIR      Wycheproof's testvectors_v1 directory; without it those suites do not run\n"
           "  --require-wycheproof  fail if there is no such directory\n"
           "  --absent FILE         declared absences (default: %s/tests/kit/absent.txt)\n"
           "  --long                also the 1,000,000-step X25519 and X448 iterations (minutes)\n"
           "  --json FILE           write the results as JSON\n"
           "  --markdown            print the table for README.md\n"
           "  --check-readme FILE   fail when the table in FILE is not the one of this run (77: cannot tell, a\n"
           "                        backend of the table is not in this build)\n"
           "  --quiet               no progress on standard error\n"
           "  --list                print backends, algorithms and suites, and run nothing\n"
           "  --help\n\n"
           "exit status: 0 all passed, 1 failures, 2 wrong use, 77 README not comparable\n",
           KIT_SOURCE_DIR, KIT_SOURCE_DIR);
}

static const char *
value_of(int argc, char **argv, int *i)
{
    if (*i + 1 < argc)
        return argv[++*i];
    fprintf(stderr, "trivet-kit: %s needs a value\n", argv[*i]);
    exit(2);
}

static void
parse_options(int argc, char **argv)
{
    struct kit_options *o = &kit.options;

    o->vectors = KIT_SOURCE_DIR "/vectors";
    o->absent = KIT_SOURCE_DIR "/tests/kit/absent.txt";
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];

        if (strcmp(a, "--backend") == 0 && o->num_backends < KIT_MAX_SUBJECTS / 2)
            o->backends[o->num_backends++] = value_of(argc, argv, &i);
        else if (strcmp(a, "--vectors") == 0)
            o->vectors = value_of(argc, argv, &i);
        else if (strcmp(a, "--wycheproof") == 0)
            o->wycheproof = value_of(argc, argv, &i);
        else if (strcmp(a, "--absent") == 0)
            o->absent = value_of(argc, argv, &i);
        else if (strcmp(a, "--json") == 0)
            o->json = value_of(argc, argv, &i);
        else if (strcmp(a, "--check-readme") == 0)
            o->check_readme = value_of(argc, argv, &i);
        else if (strcmp(a, "--require-wycheproof") == 0)
            o->require_wycheproof = true;
        else if (strcmp(a, "--markdown") == 0)
            o->markdown = true;
        else if (strcmp(a, "--long") == 0)
            o->long_run = true;
        else if (strcmp(a, "--quiet") == 0)
            o->quiet = true;
        else if (strcmp(a, "--list") == 0)
            o->list = true;
        else if (strcmp(a, "--help") == 0) {
            print_help();
            exit(0);
        } else {
            fprintf(stderr, "trivet-kit: %s: unknown option (--help lists them)\n", a);
            exit(2);
        }
    }
}

static void
print_list(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    printf("backends:");
    for (size_t i = 0; i < num; i++)
        printf(" %s", names[i]);
    printf("\nalgorithms:");
    for (int row = 0; row < KIT_NUM_ROWS; row++)
        printf(" %s", kit_algorithms[row].name);
    printf("\nsuites:\n");
    for (size_t i = 0; i < NUM_SUITES; i++) {
        printf("  %s\n", suites[i].name);
        for (const struct kit_case *c = suites[i].cases; c->name != NULL; c++)
            printf("      %s\n", c->name);
    }
}

/* ---- subjects -------------------------------------------------------------------------------------------- */

static void
note_version(struct kit_subject *s, unsigned part)
{
    struct tvt_provider *p = NULL;
    const char *v = "";

    if (tvt_provider_open(&p, s->part[part], NULL) == TVT_OK)
        v = p->version + strcspn(p->version, "0123456789");
    (void)snprintf(s->version[part], sizeof s->version[part], "%.*s", (int)strspn(v, "0123456789."), v);
    tvt_provider_free(p);
}

static bool
open_subject(const char *name)
{
    struct kit_subject *s = &kit.subjects[kit.num_subjects];
    struct tvt_error error;
    char words[512];
    const char *at = name;

    (void)snprintf(s->name, sizeof s->name, "%s", name);
    tvt_error_clear(&error);
    if (tvt_provider_open(&s->provider, name, &error) != TVT_OK) {
        (void)tvt_error_format(&error, words, sizeof words);
        printf("FAIL %s cannot be opened: %s\n", name, words);
        return false;
    }
    while (s->num_parts < KIT_MAX_PARTS) {
        size_t len = strcspn(at, "+");

        (void)snprintf(s->part[s->num_parts], sizeof s->part[0], "%.*s", (int)len, at);
        note_version(s, s->num_parts++);
        if (at[len] == '\0')
            break;
        at += len + 1;
    }
    kit.num_subjects++;
    return true;
}

static void
add_crossings(void)
{
    kit.num_providers = kit.num_subjects;
    for (size_t i = 0; i < kit.num_providers; i++) {
        for (size_t j = 0; j < kit.num_providers && kit.num_subjects < KIT_MAX_SUBJECTS; j++) {
            struct kit_subject *s = &kit.subjects[kit.num_subjects], *a = &kit.subjects[i], *b = &kit.subjects[j];
            size_t len = strlen(a->name);

            if (i == j || a->num_parts != 1 || b->num_parts != 1 || len + strlen(b->name) + 2 > sizeof s->name)
                continue;
            s->from = a;
            s->to = b;
            memcpy(s->name, a->name, len); /* both are names of one part, shorter than half of this */
            s->name[len] = '>';
            memcpy(s->name + len + 1, b->name, strlen(b->name) + 1);
            kit.num_subjects++;
        }
    }
}

bool
kit_open_subjects(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    bool good = true, sodium = false;
    char overlay[64];

    kit.subjects = (struct kit_subject *)calloc(KIT_MAX_SUBJECTS, sizeof *kit.subjects);
    if (kit.subjects == NULL)
        return false;
    for (size_t i = 0; i < kit.options.num_backends; i++)
        good = open_subject(kit.options.backends[i]) && good;
    for (size_t i = 0; kit.options.num_backends == 0 && i < num; i++) {
        good = open_subject(names[i]) && good;
        sodium = sodium || strcmp(names[i], "libsodium") == 0;
    }
    for (size_t i = 0; sodium && i < num; i++) {
        if (strcmp(names[i], "libsodium") == 0)
            continue;
        (void)snprintf(overlay, sizeof overlay, "libsodium+%s", names[i]);
        good = open_subject(overlay) && good;
    }
    add_crossings();
    return good && kit.num_subjects > 0;
}

void
kit_close_subjects(void)
{
    for (size_t i = 0; kit.subjects != NULL && i < kit.num_subjects; i++)
        tvt_provider_free(kit.subjects[i].provider);
    free(kit.subjects);
    kit.subjects = NULL;
    kit.num_subjects = 0;
}

/* ---- the run --------------------------------------------------------------------------------------------- */

static bool
wanted(const struct kit_suite *suite, const struct kit_subject *s)
{
    if (suite->wycheproof && kit.options.wycheproof == NULL)
        return false;
    if (s->provider == NULL)
        return suite->crossings;
    return s->num_parts > 1 ? suite->overlays : suite->backends;
}

static CU_ErrorCode
add_suites(const struct kit_subject *s)
{
    for (size_t i = 0; i < NUM_SUITES; i++) {
        CU_pSuite suite;

        if (!wanted(&suites[i], s))
            continue;
        suite = CU_add_suite(suites[i].name, NULL, NULL);
        for (const struct kit_case *c = suites[i].cases; suite != NULL && c->name != NULL; c++) {
            if (CU_add_test(suite, c->name, c->run) == NULL)
                return CU_get_error();
        }
    }
    return CU_get_error();
}

static void
show_progress(const CU_pTest test, const CU_pSuite suite)
{
    if (!kit.options.quiet)
        fprintf(stderr, "kit: %-20s %s: %s\n", kit.now->name, suite->pName, test->pName);
    kit_where(suite->pName, "%s", test->pName);
}

static bool
vectors_are_there(void)
{
    char path[1024];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/keys/test-keys.json", kit.options.vectors);
    f = fopen(path, "r");
    if (f == NULL)
        printf("FAIL %s cannot be read: name the project's vectors with --vectors DIR\n", path);
    else
        (void)fclose(f);
    return f != NULL;
}

/* One CUnit registry a subject: CUnit's tests take no parameter, so the subject is kit.now. */
static bool
run_subject(struct kit_subject *s)
{
    kit.now = s;
    kit.row = KIT_PROVIDER;
    if (CU_initialize_registry() != CUE_SUCCESS || add_suites(s) != CUE_SUCCESS) {
        printf("FAIL CUnit: %s\n", CU_get_error_msg());
        return false;
    }
    CU_set_test_start_handler(show_progress);
    (void)CU_run_all_tests();
    CU_cleanup_registry();
    kit_release_all();
    (void)fflush(stdout);
    return true;
}

int
main(int argc, char **argv)
{
    bool good;
    int status, readme = 0;

    parse_options(argc, argv);
    if (kit.options.list) {
        print_list();
        return 0;
    }
    if (kit.options.require_wycheproof && kit.options.wycheproof == NULL) {
        printf("FAIL --require-wycheproof was given, --wycheproof DIR was not\n0 passed, 1 failed\n");
        return 1;
    }
    if (!kit_absent_load(kit.options.absent))
        return 2;
    good = vectors_are_there() && kit_open_subjects();
    if (!good) {
        kit_close_subjects();
        kit_absent_free();
        printf("0 passed, 1 failed\n");
        return 1;
    }
    for (size_t i = 0; i < kit.num_subjects; i++)
        good = run_subject(&kit.subjects[i]) && good;
    if (kit.options.markdown) {
        char *table = kit_markdown();

        printf("%s", table != NULL ? table : "");
        free(table);
    }
    if (kit.options.json != NULL)
        good = kit_write_json(kit.options.json) && good;
    if (kit.options.check_readme != NULL)
        readme = kit_check_readme(kit.options.check_readme);
    kit_print_text();
    printf("%lu passed, %lu failed\n", kit.passed, kit.failed + (good ? 0 : 1) + (readme == 1 ? 1 : 0));
    status = !good || kit.failed > 0 || kit.passed == 0 || readme == 1 ? 1 : readme;
    kit_close_subjects();
    kit_absent_free();
    return status;
}
