/* SPDX-License-Identifier: MIT
 *
 * Certificate compression (RFC 8879): both ways, over the algorithms of this build and over one of the test's own, and
 * what a hostile peer may send in its place.
 */
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_compress(void);

/* ---- an algorithm of the test's own: bytes turned around, one in front ---- */

#define TURN 0xff10u

static unsigned turned, turned_back;

static size_t
turn_bound(size_t len)
{
    return len + 1;
}

static bool
turn(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    CU_ASSERT_FATAL(cap >= in.len + 1);
    out[0] = 0x42;
    for (size_t i = 0; i < in.len; i++)
        out[1 + i] = in.data[in.len - 1 - i];
    *out_len = in.len + 1;
    turned++;
    return true;
}

static bool
turn_back(uint8_t *out, size_t len, struct tvt_span in)
{
    turned_back++;
    if (in.len != len + 1 || in.data[0] != 0x42)
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = in.data[in.len - 1 - i];
    return true;
}

static const struct tvt_compression turning = {TURN, "turning", turn_bound, turn, turn_back};

/* ---- the algorithms of this build by themselves ---- */

static void
algorithms(void)
{
    unsigned num = 0;
    uint8_t *in = malloc(40000), *packed = malloc(100000), *out = malloc(40000);
    CU_ASSERT_FATAL(in != NULL && packed != NULL && out != NULL);
    for (size_t i = 0; i < 40000; i++)
        in[i] = (uint8_t)(i * i / 977);
    for (const struct tvt_compression *const *c = tvt_compressions; *c != NULL; c++, num++) {
        static const size_t lengths[] = {1, 2, 100, 1500, 40000};
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            size_t len = lengths[k], packed_len = 0;
            CU_ASSERT_FATAL((*c)->bound(len) <= 100000);
            CU_ASSERT_FATAL((*c)->compress(packed, (*c)->bound(len), &packed_len, tvt_span(in, len)));
            memset(out, 0, len);
            CU_ASSERT((*c)->expand(out, len, tvt_span(packed, packed_len)) && memcmp(in, out, len) == 0);
            /* of any other length, cut, longer, or bent: never */
            CU_ASSERT(len == 1 || !(*c)->expand(out, len - 1, tvt_span(packed, packed_len)));
            uint8_t *more = malloc(len + 1);
            CU_ASSERT_FATAL(more != NULL);
            CU_ASSERT(!(*c)->expand(more, len + 1, tvt_span(packed, packed_len)));
            free(more);
            CU_ASSERT(!(*c)->expand(out, len, tvt_span(packed, packed_len - 1)));
            packed[packed_len] = 0;
            CU_ASSERT(!(*c)->expand(out, len, tvt_span(packed, packed_len + 1)));
            CU_ASSERT(!(*c)->compress(packed, packed_len - 1, &packed_len, tvt_span(in, len)));
        }
        CU_ASSERT(tvt_compression_available((*c)->id));
    }
    CU_ASSERT(!tvt_compression_available(TURN) && !tvt_compression_available(0));
    printf(" %u of this build", num);
    free(in);
    free(packed);
    free(out);
}

/* A megabyte of zeros in a few bytes does not get a megabyte. */
static void
bombs(void)
{
    size_t big = 1u << 20;
    uint8_t *zeros = calloc(1, big), *packed = malloc(big + 2048), *out = malloc(1000);
    CU_ASSERT_FATAL(zeros != NULL && packed != NULL && out != NULL);
    for (const struct tvt_compression *const *c = tvt_compressions; *c != NULL; c++) {
        size_t len = 0;
        CU_ASSERT_FATAL((*c)->bound(big) <= big + 8192);
        CU_ASSERT_FATAL((*c)->compress(packed, big + 2048, &len, tvt_span(zeros, big)));
        CU_ASSERT(len < 3000);
        CU_ASSERT(!(*c)->expand(out, 1000, tvt_span(packed, len)));
    }
    free(zeros);
    free(packed);
    free(out);
}

/* ---- in a handshake ---- */

static void
use(struct tvt_config *c, const struct tvt_compression *how)
{
    CU_ASSERT(tvt_config_add_compression(c, how));
}

static size_t
all_compressions(const struct tvt_compression *list[8])
{
    size_t num = 0;
    list[num++] = &turning;
    for (const struct tvt_compression *const *c = tvt_compressions; *c != NULL; c++)
        list[num++] = *c;
    return num;
}

/* Each algorithm, by the server, the client or both; twice, for the remembered form. */
static void
handshakes(void)
{
    const struct tvt_compression *list[8];
    size_t num = all_compressions(list);
    for (size_t i = 0; i < num; i++) {
        for (unsigned who = 0; who < 4; who++) {
            struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
            struct tvt_fixture f;
            CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
            CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
            for (int role = 0; role < 2; role++)
                if (who & 1u << role)
                    use(f.config[role], list[i]);
            turned = 0;
            for (unsigned round = 0; round < 3; round++) {
                CU_ASSERT(tvt_fixture_handshake(&f));
                for (int role = 0; role < 2; role++)
                    CU_ASSERT_EQUAL(auth_info(&f, (enum tvt_role)role).compression, who == 3 ? list[i]->id : 0);
                CU_ASSERT(auth_info(&f, TVT_SERVER).client_authenticated && auth_info(&f, TVT_CLIENT).peer_verified);
                CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).num_peer_certificates, 2);
                tvt_pair_close(&f.pair);
                f.connected = false;
            }
            if (list[i] == &turning)
                CU_ASSERT_EQUAL(turned, who == 3 ? 2 : 0); /* once for each credential */
            tvt_fixture_close(&f);
        }
    }
}

/* The first of ours that the peer has; staples are a form of their own. */
static void
choice(void)
{
    struct tvt_compression second = turning;
    struct tvt_fixture f;
    second.id = TURN + 1;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "ed25519");
    CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_span("ocsp", 4), tvt_span(NULL, 0), NULL), TVT_OK);
    auth_put(&f, TVT_SERVER, c);
    use(f.config[TVT_CLIENT], &turning);
    use(f.config[TVT_CLIENT], &second);
    use(f.config[TVT_SERVER], &second);
    use(f.config[TVT_SERVER], &turning);
    struct tvt_config *plain = f.config[TVT_CLIENT], *asking = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&asking, plain, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_staples(asking, TVT_STAPLE_ASK, false, NULL), TVT_OK);
    turned = 0;
    for (unsigned i = 0; i < 6; i++) {
        f.config[TVT_CLIENT] = i % 2 == 0 ? plain : asking;
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).compression, TURN + 1);
        CU_ASSERT_EQUAL(tvt_connection_peer_ocsp(tvt_fixture_end(&f, TVT_CLIENT)).len, i % 2 == 0 ? 0 : 4);
        tvt_pair_close(&f.pair);
        f.connected = false;
    }
    CU_ASSERT_EQUAL(turned, 2);
    tvt_config_free(asking);
    f.config[TVT_CLIENT] = plain;
    tvt_fixture_close(&f);
}

/* ---- a hostile server ---- */

struct hostile {
    const char *name;
    const char *hex; /* the whole CompressedCertificate */
    bool offered;
    enum tvt_error_code code;
};

/* "42" and the body turned around: 00 (context) 000000 (list). */
static const struct hostile attacks[] = {
    {"nothing in it", "1900000d ff10 000004 000005 4200000000", true, TVT_E_NO_CERTIFICATE},
    {"not offered at all", "1900000d ff10 000004 000005 4200000000", false, TVT_E_COMPRESSION_ALGORITHM},
    {"another algorithm", "1900000d ff11 000004 000005 4200000000", true, TVT_E_COMPRESSION_ALGORITHM},
    {"shorter than it says", "1900000d ff10 000005 000005 4200000000", true, TVT_E_DECOMPRESSION},
    {"longer than it says", "1900000d ff10 000003 000005 4200000000", true, TVT_E_DECOMPRESSION},
    {"of length 0", "1900000d ff10 000000 000005 4200000000", true, TVT_E_DECOMPRESSION},
    {"damaged", "1900000d ff10 000004 000005 4100000000", true, TVT_E_DECOMPRESSION},
    {"16 megabytes", "1900000d ff10 ffffff 000005 4200000000", true, TVT_E_DECOMPRESSED_TOO_LONG},
    {"the limit and one", "1900000d ff10 020001 000005 4200000000", true, TVT_E_DECOMPRESSED_TOO_LONG},
    {"empty", "19000008 ff10 000004 000000", true, TVT_E_BAD_LENGTH},
    {"cut", "1900000c ff10 000004 000005 42000000", true, TVT_E_TRUNCATED},
    {"bytes behind", "1900000e ff10 000004 000005 4200000000 00", true, TVT_E_TRAILING_BYTES},
    {"a body that is none", "1900000d ff10 000004 000005 4200000001", true, TVT_E_TRUNCATED},
    {"garbage in it", "19000014 ff10 00000b 00000c 42 0000 5502 050000 00 08 0000 00", true, TVT_E_TRUNCATED},
};

static void
hostile_servers(void)
{
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct tvt_fixture f;
        static struct tvt_bend bend;
        memset(&bend, 0, sizeof bend);
        bend.kind = TVT_MSG_CERTIFICATE;
        bend.op = TVT_BEND_RAW;
        bend.hex = attacks[i].hex;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        f.config[TVT_SERVER]->test_port.replace = tvt_bend_message;
        f.config[TVT_SERVER]->test_port.user = &bend;
        if (attacks[i].offered)
            use(f.config[TVT_CLIENT], &turning);
        CU_ASSERT(!tvt_fixture_handshake(&f));
        bool good = auth_code(&f, TVT_CLIENT) == attacks[i].code && auth_told(&f, TVT_SERVER, attacks[i].code);
        if (!good)
            printf("\n    %s: %s", attacks[i].name, tvt_fixture_error(&f, TVT_CLIENT));
        CU_ASSERT(good && bend.done);
        tvt_fixture_close(&f);
    }
}

static void
settings(void)
{
    static const uint16_t unknown[] = {99};
    struct tvt_config *c = NULL;
    struct tvt_error e;
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, tvt_fixture_provider(NULL), NULL), TVT_OK);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_config_set_compression(c, unknown, 1, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_NOT_OFFERED && strstr(e.detail, "99") != NULL);
    for (uint16_t id = 1; id <= 3; id++) {
        uint16_t twice[2] = {id, id};
        bool there = tvt_compression_available(id);
        CU_ASSERT_EQUAL(tvt_config_set_compression(c, twice, 1, NULL), there ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_config_set_compression(c, twice, 2, NULL), TVT_FAIL);
    }
    CU_ASSERT_EQUAL(tvt_config_set_compression(c, NULL, 0, NULL), TVT_OK);
    tvt_config_free(c);
}

int
tvt_register_compress(void)
{
    CU_pSuite suite = CU_add_suite("compress", NULL, suite_finish);
    if (suite == NULL)
        return -1;
    if (CU_add_test(suite, "algorithms", algorithms) == NULL || CU_add_test(suite, "bombs", bombs) == NULL)
        return -1;
    if (tvt_fixture_provider(NULL) == NULL)
        return CU_add_test(suite, "no backend, no handshakes", suite_no_backend) == NULL ? -1 : 0;
    if (CU_add_test(suite, "handshakes", handshakes) == NULL || CU_add_test(suite, "choice", choice) == NULL ||
        CU_add_test(suite, "hostile servers", hostile_servers) == NULL ||
        CU_add_test(suite, "settings", settings) == NULL)
        return -1;
    return 0;
}
