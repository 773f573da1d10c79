/* SPDX-License-Identifier: MIT
 *
 * Lengths of records: padding (RFC 9846 5.4), max_fragment_length (RFC 6066 4), record_size_limit (RFC 8449), alone and
 * together, and peers that exceed them.
 */
#include "core/base/wire.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_padding(void);

#define OVERHEAD 17u /* content type and tag */

static uint8_t data[40000];

struct watch {
    size_t unit;       /* multiple that the content of protected records has to have, 0: any */
    size_t most;       /* longest content of protected records */
    size_t longest[2]; /* of protected and of other handshake records, content */
    unsigned records, odd;
};

static void
watch_records(void *user, enum tvt_role from, uint8_t *bytes, size_t len)
{
    struct watch *w = user;
    (void)from;
    for (size_t at = 0; at + 5 <= len; at += 5u + tvt_load_u16(bytes + at + 3)) {
        size_t n = tvt_load_u16(bytes + at + 3);
        if (bytes[at] == TVT_CONTENT_HANDSHAKE && n > w->longest[1])
            w->longest[1] = n;
        if (bytes[at] != TVT_CONTENT_APPLICATION)
            continue;
        n -= OVERHEAD;
        w->records++;
        w->odd += w->unit > 0 && n % w->unit != 0 && n != w->most;
        if (n > w->longest[0])
            w->longest[0] = n;
    }
}

/* A handshake and data both ways, in small and large pieces, then an orderly end. */
static void
exchange(struct tvt_fixture *f, struct watch *w)
{
    static const size_t lengths[] = {1, 2, 63, 64, 65, 1000, 16384, 20000};
    size_t sum = 0;
    f->pair.on_wire = watch_records;
    f->pair.user = w;
    CU_ASSERT_FATAL(tvt_pair_handshake(&f->pair));
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; sum += lengths[i++]) {
        for (int from = 0; from < 2; from++) {
            CU_ASSERT(tvt_pair_send(&f->pair, (enum tvt_role)from, data + i, lengths[i]));
            tvt_pair_settle(&f->pair);
            const struct tvt_end *e = &f->pair.end[1 - from];
            CU_ASSERT(e->data_len == sum + lengths[i] && memcmp(e->data + sum, data + i, lengths[i]) == 0);
        }
    }
    CU_ASSERT_EQUAL(tvt_connection_key_update(tvt_fixture_end(f, TVT_CLIENT), true), TVT_OK);
    CU_ASSERT(tvt_again_talk(f));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(f, (enum tvt_role)role)), TVT_OK);
    tvt_pair_settle(&f->pair);
    for (int role = 0; role < 2; role++)
        CU_ASSERT(tvt_connection_received_close(tvt_fixture_end(f, (enum tvt_role)role)) &&
                  tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)role))->code == TVT_E_NONE);
}

static void
start(struct tvt_fixture *f, uint16_t unit, uint16_t fragment, uint16_t limit)
{
    CU_ASSERT_FATAL(tvt_fixture_open(f, NULL));
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_config_set_padding(f->config[role], unit, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(f->config[role], limit, NULL), TVT_OK);
    }
    CU_ASSERT_EQUAL(tvt_config_set_max_fragment(f->config[TVT_CLIENT], fragment, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(f));
}

/* ---- padding ---- */

/* Every protected record has a length that says no more than the multiple; only where the peer's limit is smaller, that. */
static void
padded(void)
{
    static const struct {
        uint16_t unit, fragment, limit;
        size_t most;
    } cases[] = {{0, 0, 0, 16384},     {1, 0, 0, 16384},     {16, 0, 0, 16384},    {100, 0, 0, 16384},
                 {16383, 0, 0, 16384}, {16384, 0, 0, 16384}, {64, 512, 0, 511},    {400, 1024, 0, 1023},
                 {16384, 0, 64, 63},   {100, 0, 512, 511},   {4096, 4096, 0, 4095}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        struct watch w = {.unit = cases[i].unit, .most = cases[i].most};
        start(&f, cases[i].unit, cases[i].fragment, cases[i].limit);
        exchange(&f, &w);
        CU_ASSERT(w.records > 10 && w.odd == 0);
        CU_ASSERT_EQUAL(w.longest[0], cases[i].most);
        tvt_fixture_close(&f);
    }
}

/* Where the output is small, the padding gives way, not the data. */
static void
padded_in_little_room(void)
{
    for (size_t room = TVT_OUTPUT_MIN; room < 2000; room += 101) {
        struct tvt_fixture f;
        start(&f, 16384, 0, 0);
        f.pair.write_room = room;
        CU_ASSERT_FATAL(tvt_pair_handshake(&f.pair));
        uint8_t out[2000];
        size_t n, used;
        CU_ASSERT_EQUAL(tvt_connection_seal(tvt_fixture_end(&f, TVT_CLIENT), out, room, &n, data, 10, &used), TVT_OK);
        CU_ASSERT(used == 10 && n == room);
        tvt_again_inject(&f, TVT_SERVER, out, n);
        CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(&f, TVT_CLIENT)), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(f.pair.end[TVT_SERVER].data_len == 10 &&
                  tvt_connection_received_close(tvt_fixture_end(&f, TVT_SERVER)));
        tvt_fixture_close(&f);
    }
}

/* ---- max_fragment_length ---- */

static void
fragments(void)
{
    for (uint16_t bytes = 512; bytes <= 4096; bytes = (uint16_t)(2 * bytes)) {
        struct tvt_fixture f;
        struct watch w = {.most = bytes - 1u};
        start(&f, 0, bytes, 0);
        exchange(&f, &w);
        CU_ASSERT_EQUAL(w.longest[0], bytes - 1u); /* RFC 9846 5.4: the content type counts */
        tvt_fixture_close(&f);
    }
}

/* Both extensions: the newer one rules (RFC 8449 5). */
static void
both_extensions(void)
{
    struct tvt_fixture f;
    struct watch w = {.most = 2000};
    start(&f, 0, 512, 2001);
    exchange(&f, &w);
    CU_ASSERT_EQUAL(w.longest[0], 2000);
    tvt_fixture_close(&f);
}

/* A peer that forgot what was agreed on. */
static void
too_long(void)
{
    for (int from = 0; from < 2; from++) {
        for (size_t more = 0; more < 2; more++) {
            struct tvt_fixture f;
            start(&f, 0, 1024, 0);
            CU_ASSERT_FATAL(tvt_pair_handshake(&f.pair));
            tvt_fixture_end(&f, (enum tvt_role)from)->hs.max_fragment = 0;
            CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)from, data, 1024 + more));
            tvt_pair_settle(&f.pair);
            if (more > 0)
                CU_ASSERT(tvt_again_failed(&f, (enum tvt_role)(1 - from), TVT_E_RECORD_OVERFLOW));
            CU_ASSERT_EQUAL(f.pair.end[1 - from].data_len, more > 0 ? 0 : 1024);
            tvt_fixture_close(&f);
        }
    }
}

/* ---- setters ---- */

static void
setters(void)
{
    struct tvt_fixture f;
    struct tvt_error e;
    static const uint16_t bad[] = {1, 511, 513, 8192, 65535};
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_config_set_max_fragment(f.config[0], bad[i], &e), TVT_FAIL);
        CU_ASSERT(e.code == TVT_E_BAD_ARGUMENT && f.config[0]->max_fragment == 0);
    }
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_config_set_padding(f.config[0], 16385, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_BAD_ARGUMENT && f.config[0]->padding == 0);
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    for (int i = 0; i < 3; i++) { /* in use */
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(i == 0   ? tvt_config_set_padding(f.config[0], 1, &e)
                        : i == 1 ? tvt_config_set_max_fragment(f.config[0], 512, &e)
                                 : tvt_config_set_grease(f.config[0], true, &e),
                        TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, TVT_E_WRONG_CALL);
    }
    tvt_fixture_close(&f);
}

int
tvt_register_padding(void)
{
    static const CU_TestInfo tests[] = {{"padded", padded},
                                        {"padded in little room", padded_in_little_room},
                                        {"fragments", fragments},
                                        {"both extensions", both_extensions},
                                        {"longer than agreed", too_long},
                                        {"setters", setters}};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    return suite_register("padding", tests, sizeof tests / sizeof tests[0]);
}
