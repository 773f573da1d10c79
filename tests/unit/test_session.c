/* SPDX-License-Identifier: MIT
 *
 * Sessions: as bytes and back, every truncation and every flipped bit; external and imported keys against known answers;
 * a client's store and a server's cache.
 */
#include "core/base/wire.h"
#include "core/session/session.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROVIDERS 8u
#define NOW           UINT64_C(1780272000000)

static struct tvt_provider *providers[MAX_PROVIDERS];
static size_t num_providers;
static uint8_t encoded[TVT_LIMIT_SESSION + 1], again[TVT_LIMIT_SESSION + 1];

static int
open_providers(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    for (num_providers = 0; num_providers < num && num_providers < MAX_PROVIDERS; num_providers++)
        if (tvt_provider_open(&providers[num_providers], names[num_providers], NULL) != TVT_OK) {
            fprintf(stderr, "backend %s does not open\n", names[num_providers]);
            return -1;
        }
    return num_providers > 0 ? 0 : -1;
}

static int
close_providers(void)
{
    while (num_providers > 0)
        tvt_provider_free(providers[--num_providers]);
    return 0;
}

/* The errors' code where a call was refused; TVT_E_NONE where it was not. */
static enum tvt_error_code
code_of(enum tvt_result result, const struct tvt_error *error)
{
    CU_ASSERT_EQUAL(result == TVT_OK, error->code == TVT_E_NONE);
    return error->code;
}

/* ---- as bytes ---------------------------------------------------------------------------------------------- */

static const uint8_t chain_bytes[] = {0, 0, 3, 0x30, 1, 2, 0, 0, 2, 0x30, 0};

/* Fields with something in every one of them. */
static struct tvt_session
full_fields(void)
{
    static const uint8_t ticket[] = "a ticket of a server", ocsp[] = {1, 2, 3, 4}, scts[] = {0, 2, 9, 9};
    struct tvt_session fields;

    memset(&fields, 0, sizeof fields);
    fields.kind = TVT_SESSION_RESUMPTION;
    fields.hash = TVT_HASH_SHA384;
    fields.version = 0x0304;
    fields.suite = 0x1302;
    fields.group = 0x11ec;
    fields.scheme = 0x0804;
    fields.secret_len = 48;
    for (size_t i = 0; i < 48; i++)
        fields.secret[i] = (uint8_t)(i * 5 + 1);
    fields.lifetime_s = 7200;
    fields.age_add = 0xfedcba98;
    fields.issued_ms = NOW;
    fields.max_early_data = 16384;
    fields.peer_verified = fields.peer_status = true;
    strcpy(fields.server_name, "www.example.com");
    fields.identity = tvt_span(ticket, sizeof ticket);
    fields.alpn = tvt_span("http/1.1", 8);
    fields.peer_chain = tvt_span(chain_bytes, sizeof chain_bytes);
    fields.num_peer_chain = 2;
    fields.ocsp_response = tvt_span(ocsp, sizeof ocsp);
    fields.sct_list = tvt_span(scts, sizeof scts);
    return fields;
}

static struct tvt_session *
make(const struct tvt_session *fields)
{
    struct tvt_session *session = NULL;

    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&session, fields, NULL), TVT_OK);
    return session;
}

static bool
same(const struct tvt_session *a, const struct tvt_session *b)
{
    return a->kind == b->kind && a->hash == b->hash && a->version == b->version && a->suite == b->suite &&
           a->group == b->group && a->scheme == b->scheme && a->secret_len == b->secret_len &&
           memcmp(a->secret, b->secret, sizeof a->secret) == 0 && a->lifetime_s == b->lifetime_s &&
           a->age_add == b->age_add && a->issued_ms == b->issued_ms && a->max_early_data == b->max_early_data &&
           a->peer_verified == b->peer_verified && strcmp(a->server_name, b->server_name) == 0 &&
           tvt_span_equal(a->identity, b->identity) && tvt_span_equal(a->alpn, b->alpn) &&
           tvt_span_equal(a->peer_chain, b->peer_chain) && a->num_peer_chain == b->num_peer_chain &&
           tvt_span_equal(a->ocsp_response, b->ocsp_response) && tvt_span_equal(a->sct_list, b->sct_list) &&
           a->peer_raw_key == b->peer_raw_key && a->peer_accepted == b->peer_accepted &&
           a->peer_status == b->peer_status && a->peer_by_key == b->peer_by_key;
}

/* Encodes, decodes from memory of exactly that size, and compares. */
static void
check_round_trip(const struct tvt_session *fields)
{
    struct tvt_session *session = make(fields), *back = NULL;
    struct tvt_error error;
    size_t len = 0, len_again = 0;

    tvt_error_clear(&error);
    CU_ASSERT(same(session, fields));
    CU_ASSERT_EQUAL_FATAL(tvt_session_encode(session, encoded, sizeof encoded, &len, &error), TVT_OK);
    CU_ASSERT_EQUAL(code_of(tvt_session_encode(session, again, len - 1, &len_again, &error), &error), TVT_E_NO_ROOM);
    CU_ASSERT_EQUAL(len_again, len);
    tvt_error_clear(&error);
    uint8_t *exact = malloc(len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, encoded, len);
    CU_ASSERT_EQUAL_FATAL(tvt_session_decode(&back, tvt_span(exact, len), &error), TVT_OK);
    free(exact); /* nothing points into it */
    CU_ASSERT(same(back, session));
    CU_ASSERT_EQUAL(tvt_session_encode(back, again, sizeof again, &len_again, &error), TVT_OK);
    CU_ASSERT(len_again == len && memcmp(encoded, again, len) == 0);
    tvt_session_unref(back);
    tvt_session_unref(session);
}

static void
test_round_trips(void)
{
    static uint8_t long_chain[40000];
    struct tvt_session fields = full_fields();

    check_round_trip(&fields);
    fields.identity = fields.alpn = fields.peer_chain = fields.ocsp_response = fields.sct_list = tvt_span(NULL, 0);
    fields.num_peer_chain = 0;
    fields.server_name[0] = '\0';
    fields.peer_verified = false;
    check_round_trip(&fields); /* a server's own */
    memset(fields.server_name, 'x', sizeof fields.server_name - 1);
    fields.peer_chain = tvt_span(long_chain, sizeof long_chain);
    tvt_store_u16(long_chain + 1, (uint16_t)(sizeof long_chain - 3));
    fields.num_peer_chain = 1;
    check_round_trip(&fields);
    fields.peer_raw_key = true;
    fields.peer_chain = tvt_span(chain_bytes + 3, 3);
    check_round_trip(&fields);
}

static void
test_damage(void)
{
    struct tvt_session fields = full_fields(), *session = make(&fields), *back;
    struct tvt_error error;
    size_t len, wrong = 0;

    CU_ASSERT_EQUAL_FATAL(tvt_session_encode(session, encoded, sizeof encoded, &len, NULL), TVT_OK);
    for (size_t n = 0; n < len; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
        memcpy(exact, encoded, n);
        tvt_error_clear(&error);
        back = session;
        wrong += tvt_session_decode(&back, tvt_span(exact, n), &error) == TVT_OK ||
                 error.code != TVT_E_SESSION_MALFORMED || back != NULL;
        free(exact);
    }
    encoded[len] = 0;
    tvt_error_clear(&error);
    wrong += tvt_session_decode(&back, tvt_span(encoded, len + 1), &error) == TVT_OK;
    for (size_t bit = 0; bit < len * 8; bit++) {
        encoded[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        tvt_error_clear(&error);
        wrong += tvt_session_decode(&back, tvt_span(encoded, len), &error) == TVT_OK ||
                 error.code != TVT_E_SESSION_MALFORMED;
        encoded[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tvt_session_unref(session);
}

/* The sum of session_codec.c, so that what stands behind it is judged too. */
static void
mend_sum(uint8_t *bytes, size_t len)
{
    uint64_t values = 1, places = 0;

    for (size_t i = 0; i < len - 8; i++) {
        values += bytes[i];
        places += values;
    }
    tvt_store_u64(bytes + len - 8, places << 24 | values);
}

/* Each byte to each of some values, the sum right: refused, or a session that is written as it was read. */
static void
test_forged_fields(void)
{
    static const uint8_t values[] = {0, 1, 2, 3, 4, 5, 6, 0x7f, 0x80, 0xff};
    struct tvt_session fields = full_fields(), *session = make(&fields), *back;
    size_t len, len_again, refused = 0, wrong = 0;

    CU_ASSERT_EQUAL_FATAL(tvt_session_encode(session, encoded, sizeof encoded, &len, NULL), TVT_OK);
    for (size_t at = 0; at + 8 < len; at++) {
        uint8_t before = encoded[at];
        for (size_t k = 0; k < sizeof values; k++) {
            struct tvt_error error;
            tvt_error_clear(&error);
            encoded[at] = values[k];
            mend_sum(encoded, len);
            if (tvt_session_decode(&back, tvt_span(encoded, len), &error) != TVT_OK) {
                wrong += error.code != TVT_E_SESSION_MALFORMED || error.field == NULL;
                refused++;
                continue;
            }
            wrong += tvt_session_encode(back, again, sizeof again, &len_again, &error) != TVT_OK || len_again != len ||
                     memcmp(encoded, again, len) != 0;
            tvt_session_unref(back);
        }
        encoded[at] = before;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(refused > 200);
    tvt_session_unref(session);
}

/* One field that contradicts the others, each. */
static void
test_contradictions(void)
{
    static const char *const expected[] = {"kind",       "hash",     "version", "suite",          "suite", "suite",
                                           "lifetime_s", "identity", "secret",  "num_peer_chain", "suite"};

    for (size_t row = 0; row < sizeof expected / sizeof expected[0]; row++) {
        struct tvt_session fields = full_fields(), *session, *back;
        struct tvt_error error;
        size_t len;

        tvt_error_clear(&error);
        fields.kind = row == 0 ? 4 : row == 7 ? TVT_SESSION_IMPORTED : TVT_SESSION_RESUMPTION;
        fields.hash = row == 1 ? TVT_HASH_SHA512 : TVT_HASH_SHA384;
        fields.version = row == 2 ? 0x0305 : 0x0304;
        fields.suite = row == 3 ? 0 : row == 4 ? 0x1301 : row == 5 ? 0x9999 : row == 10 ? 0xc030 : 0x1302;
        fields.lifetime_s = row == 6 ? TVT_LIMIT_TICKET_LIFETIME + 1 : 1;
        fields.identity.len = row == 7 ? 0 : fields.identity.len;
        fields.secret_len = row == 8 ? 0 : 48;
        fields.num_peer_chain = row == 9 ? 3 : 2;
        session = make(&fields);
        CU_ASSERT_EQUAL_FATAL(tvt_session_encode(session, encoded, sizeof encoded, &len, &error), TVT_OK);
        CU_ASSERT_EQUAL(code_of(tvt_session_decode(&back, tvt_span(encoded, len), &error), &error),
                        TVT_E_SESSION_MALFORMED);
        CU_ASSERT_STRING_EQUAL_FATAL(error.field, expected[row]);
        tvt_session_unref(session);
    }
}

static void
test_too_long(void)
{
    static uint8_t long_chain[TVT_LIMIT_SESSION];
    struct tvt_session fields = full_fields(), *session;
    struct tvt_error error;
    size_t len;

    tvt_error_clear(&error);
    fields.peer_chain = tvt_span(long_chain, sizeof long_chain);
    session = make(&fields);
    CU_ASSERT_EQUAL(code_of(tvt_session_encode(session, encoded, sizeof encoded, &len, &error), &error),
                    TVT_E_SESSION_TOO_LONG);
    tvt_session_unref(session);
    fields.secret_len = sizeof fields.secret + 1;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(code_of(tvt_session_make(&session, &fields, &error), &error), TVT_E_INTERNAL);
    CU_ASSERT_PTR_NULL(session);
}

static void
test_info_and_age(void)
{
    struct tvt_session fields = full_fields(), *session = make(&fields);
    struct tvt_session_info info;

    tvt_session_info(session, &info);
    CU_ASSERT(info.kind == TVT_SESSION_RESUMPTION && info.version == 0x0304 && info.suite == 0x1302);
    CU_ASSERT(info.hash == TVT_HASH_SHA384 && info.issued_ms == NOW && info.lifetime_s == 7200);
    CU_ASSERT(info.max_early_data == 16384 && info.peer_verified && info.num_peer_certificates == 2);
    CU_ASSERT_STRING_EQUAL(info.server_name, "www.example.com");
    CU_ASSERT(tvt_span_is(info.alpn, "http/1.1") && tvt_span_equal(info.identity, fields.identity));
    CU_ASSERT(tvt_session_fresh(session, NOW) && tvt_session_fresh(session, NOW + 7200000));
    CU_ASSERT_FALSE(tvt_session_fresh(session, NOW + 7200001));
    CU_ASSERT(tvt_session_fresh(session, NOW - 60000));
    CU_ASSERT_FALSE(tvt_session_fresh(session, NOW - 60001));
    tvt_session_unref(session);
    fields.lifetime_s = 0; /* a ticket to be dropped at once */
    session = make(&fields);
    CU_ASSERT_FALSE(tvt_session_fresh(session, NOW));
    tvt_session_unref(session);
    CU_ASSERT_PTR_NULL(tvt_session_ref(NULL));
    tvt_session_unref(NULL);
}

/* ---- pre-shared keys --------------------------------------------------------------------------------------- */

static const uint8_t psk[32] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a,
                                0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55,
                                0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f};

static void
test_external(void)
{
    static uint8_t bytes[TVT_LIMIT_PSK_IDENTITY + 1];
    const struct tvt_span name = tvt_span("sensor 7", 8), key = tvt_span(psk, sizeof psk);
    struct tvt_session *session, *early;
    struct tvt_session_info info;
    struct tvt_error error;

    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&session, name, key, TVT_HASH_SHA256, NULL), TVT_OK);
    CU_ASSERT(session->secret_len == 32 && memcmp(session->secret, psk, 32) == 0);
    tvt_session_info(session, &info);
    CU_ASSERT(info.kind == TVT_SESSION_EXTERNAL && info.suite == 0 && info.max_early_data == 0);
    CU_ASSERT(tvt_span_equal(info.identity, name) && info.server_name[0] == '\0');
    CU_ASSERT(tvt_session_fresh(session, 0) && tvt_session_fresh(session, UINT64_MAX));
    check_round_trip(session);
    CU_ASSERT_EQUAL_FATAL(tvt_session_with_early_data(&early, session, 1000, 0x1303, tvt_span("h2", 2), NULL), TVT_OK);
    tvt_session_info(early, &info);
    CU_ASSERT(info.max_early_data == 1000 && info.suite == 0x1303 && tvt_span_is(info.alpn, "h2"));
    CU_ASSERT(tvt_span_equal(info.identity, name) && memcmp(early->secret, psk, 32) == 0);
    CU_ASSERT(session->max_early_data == 0 && session->suite == 0);
    check_round_trip(early);
    tvt_session_unref(early);
    tvt_error_clear(&error); /* another hash; no such suite */
    CU_ASSERT_EQUAL(code_of(tvt_session_with_early_data(&early, session, 1, 0x1302, name, &error), &error),
                    TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(tvt_session_with_early_data(&early, session, 1, 0xc02b, name, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_session_with_early_data(&early, session, 1, 0x1301, tvt_span(bytes, 256), NULL), TVT_FAIL);
    tvt_session_unref(session);

    const struct {
        struct tvt_span name, key;
        enum tvt_hash_id hash;
        const char *field;
    } bad[] = {{tvt_span(NULL, 0), key, TVT_HASH_SHA256, "identity"},
               {tvt_span(bytes, sizeof bytes), key, TVT_HASH_SHA256, "identity"},
               {name, tvt_span(psk, 15), TVT_HASH_SHA256, "key"},
               {name, tvt_span(bytes, TVT_LIMIT_PSK_KEY + 1), TVT_HASH_SHA256, "key"},
               {name, key, TVT_HASH_SHA512, "hash"},
               {name, key, TVT_HASH_NONE, "hash"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL(
            code_of(tvt_session_new_external(&session, bad[i].name, bad[i].key, bad[i].hash, &error), &error),
            TVT_E_BAD_ARGUMENT);
        CU_ASSERT_STRING_EQUAL(error.field, bad[i].field);
    }
}

/* RFC 9258 5.1, by hand: the first row's key is what these give, in this order:
 *   sha256sum of the identity below                                                                 -> D
 *   openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt mode:EXTRACT_ONLY -kdfopt hexkey:4041..5f \
 *       -kdfopt hexsalt:00 HKDF                                                                      -> PRK
 *   openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt mode:EXPAND_ONLY -kdfopt hexkey:PRK \
 *       -kdfopt hexinfo:0020 11 <"tls13 derived psk"> 20 D HKDF
 * The others are the same with the hash of their row, and 0030 for a target of SHA-384 (Python's hmac agrees). */
static const struct {
    enum tvt_hash_id key_hash, target;
    const char *identity, *secret;
} imported[] = {
    {TVT_HASH_SHA256, TVT_HASH_SHA256, "0008 73656e736f722037 0007 01736974652041 0304 0001",
     "4028a1e8f98288c224f54852e9ecf500784b2f9cca31eace10e51bf903c2271b"},
    {TVT_HASH_SHA256, TVT_HASH_SHA384, "0008 73656e736f722037 0007 01736974652041 0304 0002",
     "4ee81946023e96e64c2d4d00ae7574ada594d8b61ab79ceaa22d9da45ae599b18b40ca3113a133372f1ac3fbe922e0bd"},
    {TVT_HASH_SHA384, TVT_HASH_SHA256, "0008 73656e736f722037 0007 01736974652041 0304 0001",
     "2c933edf76a889ee722bc18d81964ee89a99d55d47c15d1654729cc6ce57e615"},
    {TVT_HASH_SHA384, TVT_HASH_SHA384, "0008 73656e736f722037 0007 01736974652041 0304 0002",
     "92338d72d33a2d692830c1283a7f64ceb53a456d1d24e0b488efd84377d8f44072b5acab703283a72afb970ba2b1fb5b"},
    {TVT_HASH_SHA512, TVT_HASH_SHA384, "0008 73656e736f722037 0007 01736974652041 0304 0002",
     "11c5daa718846676f23c009dbc18f343437f693fea4dad42c44d2589a5a9ec9d961134426ecab17cdd2e391d0bece474"},
};

static void
test_imported(void)
{
    const struct tvt_span name = tvt_span("sensor 7", 8), context = tvt_span("\001site A", 7);

    for (size_t i = 0; i < num_providers; i++)
        for (size_t row = 0; row < sizeof imported / sizeof imported[0]; row++) {
            uint8_t secret[64], identity[64];
            size_t secret_len = trace_hex(secret, sizeof secret, imported[row].secret);
            size_t identity_len = trace_hex(identity, sizeof identity, imported[row].identity);
            struct tvt_session *session = NULL;
            struct tvt_error error;

            tvt_error_clear(&error);
            enum tvt_result result =
                tvt_session_new_imported(&session, providers[i], name, tvt_span(psk, sizeof psk),
                                         imported[row].key_hash, context, imported[row].target, &error);
            if (tvt_provider_hash(providers[i], (uint8_t)imported[row].key_hash) == NULL) {
                CU_ASSERT_EQUAL(code_of(result, &error), TVT_E_NOT_OFFERED);
                continue;
            }
            CU_ASSERT_EQUAL_FATAL(result, TVT_OK);
            CU_ASSERT(session->kind == TVT_SESSION_IMPORTED && session->hash == imported[row].target);
            CU_ASSERT(tvt_span_equal(session->identity, tvt_span(identity, identity_len)));
            CU_ASSERT(session->secret_len == secret_len && memcmp(session->secret, secret, secret_len) == 0);
            check_round_trip(session);
            tvt_session_unref(session);
        }
}

static void
test_imported_refusals(void)
{
    static uint8_t bytes[65535];
    const struct tvt_span name = tvt_span("n", 1), key = tvt_span(psk, sizeof psk);
    struct tvt_session *session = NULL;

    for (size_t len = 65400, largest = 0; len <= sizeof bytes; len++) {
        if (tvt_session_new_imported(&session, providers[0], name, key, TVT_HASH_SHA256, tvt_span(bytes, len),
                                     TVT_HASH_SHA256, NULL) == TVT_OK)
            largest = len;
        tvt_session_unref(session);
        if (len == sizeof bytes) /* list, identity with age, list, binder: all in 65535 bytes */
            CU_ASSERT_EQUAL(2 + (2 + (2 + 1 + 2 + largest + 2 + 2) + 4) + 2 + (1 + 48), 65535);
    }
    CU_ASSERT_EQUAL(
        tvt_session_new_imported(&session, providers[0], name, key, TVT_HASH_SHA256, name, TVT_HASH_SHA512, NULL),
        TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_session_new_imported(&session, providers[0], name, tvt_span(psk, 15), TVT_HASH_SHA256, name,
                                             TVT_HASH_SHA256, NULL),
                    TVT_FAIL);
    CU_ASSERT_PTR_NULL(session);
}

/* ---- a client's store -------------------------------------------------------------------------------------- */

static struct tvt_session *
numbered(uint32_t number, uint64_t issued_ms)
{
    struct tvt_session fields = full_fields();

    fields.age_add = number;
    fields.issued_ms = issued_ms;
    return make(&fields);
}

static void
store_numbered(struct tvt_session_store *store, const char *key, uint32_t number, uint64_t issued_ms)
{
    struct tvt_session *session = numbered(number, issued_ms);

    CU_ASSERT_EQUAL(tvt_session_store_put(store, key, session, NULL), TVT_OK);
    tvt_session_unref(session);
}

/* The number of what is taken; 0: nothing. */
static uint32_t
take_number(struct tvt_session_store *store, const char *key, uint64_t now_ms)
{
    struct tvt_session *session = tvt_session_store_take(store, key, now_ms);
    uint32_t number = session != NULL ? session->age_add : 0;

    if (session != NULL)
        CU_ASSERT_EQUAL(atomic_load(&session->refs), 1);
    tvt_session_unref(session);
    return number;
}

static void
test_store(void)
{
    static const char long_key[] = "a-name-that-is-longer-than-an-entry-has-room-for.and-then-some.example.com:443";
    struct tvt_session_store *store;

    CU_ASSERT_EQUAL_FATAL(tvt_session_store_new(&store, 4, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(take_number(store, "a", NOW), 0);
    store_numbered(store, "a", 1, NOW);
    store_numbered(store, "a", 2, NOW);
    store_numbered(store, long_key, 3, NOW);
    CU_ASSERT_EQUAL(tvt_session_store_count(store), 3);
    CU_ASSERT_EQUAL(take_number(store, "A", NOW), 0);
    CU_ASSERT_EQUAL(take_number(store, "a", NOW), 2); /* the newest first, each once */
    CU_ASSERT_EQUAL(take_number(store, "a", NOW), 1);
    CU_ASSERT_EQUAL(take_number(store, "a", NOW), 0);
    CU_ASSERT_EQUAL(take_number(store, long_key, NOW), 3);
    CU_ASSERT_EQUAL(tvt_session_store_count(store), 0);
    for (uint32_t n = 1; n <= 6; n++) /* two too many: the oldest two go */
        store_numbered(store, n % 2 == 0 ? "even" : long_key, n, NOW);
    CU_ASSERT_EQUAL(tvt_session_store_count(store), 4);
    CU_ASSERT_EQUAL(take_number(store, "even", NOW), 6);
    CU_ASSERT_EQUAL(take_number(store, "even", NOW), 4);
    CU_ASSERT_EQUAL(take_number(store, "even", NOW), 0);
    CU_ASSERT_EQUAL(take_number(store, long_key, NOW), 5);
    CU_ASSERT_EQUAL(take_number(store, long_key, NOW), 3);
    CU_ASSERT_EQUAL(take_number(store, long_key, NOW), 0);
    store_numbered(store, "a", 1, NOW); /* stale ones go on the way to a fresh one */
    store_numbered(store, "a", 2, NOW - 7200001);
    CU_ASSERT_EQUAL(take_number(store, "a", NOW), 1);
    CU_ASSERT_EQUAL(tvt_session_store_count(store), 0);
    store_numbered(store, "kept", 9, NOW); /* freed with the store */
    CU_ASSERT_PTR_EQUAL(tvt_session_store_ref(store), store);
    tvt_session_store_unref(store);
    tvt_session_store_unref(store);
    CU_ASSERT_EQUAL(tvt_session_store_new(&store, 0, NULL, NULL), TVT_FAIL);
}

/* Many keys in a small store, against a plain model of it. */
static void
test_store_model(void)
{
    enum { CAPACITY = 37, KEYS = 11 };
    struct {
        unsigned key;
        uint32_t number;
    } model[CAPACITY]; /* oldest first */
    struct tvt_session_store *store;
    size_t held = 0, wrong = 0;
    uint32_t state = 7;

    CU_ASSERT_EQUAL_FATAL(tvt_session_store_new(&store, CAPACITY, NULL, NULL), TVT_OK);
    for (uint32_t n = 1; n <= 20000; n++) {
        char key[16];
        state = state * 1664525u + 1013904223u;
        unsigned k = (state >> 16) % KEYS;
        (void)snprintf(key, sizeof key, "host-%u", k);
        if ((state >> 8) % 5 < 3) {
            if (held == CAPACITY)
                memmove(model, model + 1, --held * sizeof model[0]);
            model[held].key = k;
            model[held++].number = n;
            store_numbered(store, key, n, NOW);
        } else {
            size_t i = held;
            while (i > 0 && model[i - 1].key != k)
                i--;
            wrong += take_number(store, key, NOW) != (i > 0 ? model[i - 1].number : 0);
            if (i > 0)
                memmove(model + i - 1, model + i, (held-- - i) * sizeof model[0]);
        }
        wrong += tvt_session_store_count(store) != held;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tvt_session_store_unref(store);
}

/* ---- a server's cache -------------------------------------------------------------------------------------- */

static void
test_cache(void)
{
    uint8_t id[3][TVT_SESSION_ID_LEN] = {{1}, {2}, {3}};
    struct tvt_memory_cache *cache;
    struct tvt_session *session, *out = NULL;

    CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&cache, 2, tvt_system_mutex(), NULL), TVT_OK);
    const struct tvt_session_cache *port = tvt_memory_cache_port(cache);
    for (uint32_t n = 0; n < 3; n++) {
        session = numbered(n + 1, NOW);
        CU_ASSERT_EQUAL(port->put(port->user, id[n], session, NOW + 1000), TVT_OK);
        tvt_session_unref(session);
    }
    CU_ASSERT_EQUAL(port->take(port->user, id[0], &out), TVT_FAIL); /* the oldest, for which there was no room */
    CU_ASSERT_PTR_NULL(out);
    CU_ASSERT_EQUAL_FATAL(port->take(port->user, id[1], &out), TVT_OK);
    CU_ASSERT_EQUAL(out->age_add, 2);
    tvt_session_unref(out);
    CU_ASSERT_EQUAL(port->take(port->user, id[1], &out), TVT_FAIL); /* good once */
    session = numbered(33, NOW);                                    /* another one under the same id */
    CU_ASSERT_EQUAL(port->put(port->user, id[2], session, NOW), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(port->take(port->user, id[2], &out), TVT_OK);
    CU_ASSERT_PTR_EQUAL(out, session);
    tvt_session_unref(out);
    CU_ASSERT_EQUAL(port->take(port->user, id[2], &out), TVT_FAIL);
    CU_ASSERT_EQUAL(port->put(port->user, id[2], session, NOW), TVT_OK);
    tvt_session_unref(session);
    tvt_memory_cache_free(cache); /* with one in it */
    tvt_memory_cache_free(NULL);
}

/* ---- registration ------------------------------------------------------------------------------------------ */

int tvt_register_session(void);

int
tvt_register_session(void)
{
    static CU_TestInfo bytes[] = {
        {"there and back", test_round_trips},
        {"cut and flipped", test_damage},
        {"every byte forged", test_forged_fields},
        {"contradictions", test_contradictions},
        {"too long", test_too_long},
        {"what it tells, and its age", test_info_and_age},
        CU_TEST_INFO_NULL,
    };
    static CU_TestInfo keys[] = {
        {"external", test_external},
        {"imported, known answers", test_imported},
        {"imported, refused", test_imported_refusals},
        CU_TEST_INFO_NULL,
    };
    static CU_TestInfo stores[] = {
        {"a client's store", test_store},
        {"a store and a model of it", test_store_model},
        {"a server's cache", test_cache},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"sessions as bytes", NULL, NULL, NULL, NULL, bytes},
        {"pre-shared keys", open_providers, close_providers, NULL, NULL, keys},
        {"stores of sessions", NULL, NULL, NULL, NULL, stores},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
