/* SPDX-License-Identifier: MIT
 *
 * Sessions as bytes, with the sum that they came with and with the right one; and tickets, as they came and as the content
 * of one of ours with bytes changed; and sessions as a text file.
 */
#include "core/base/wire.h"
#include "core/session/ticket.h"
#include "tests/fuzz/fuzz.h"
#include <trivet/ssl.h>

#define SUM_LEN 8u

/* The sum of session_codec.c: without it nothing behind it would be reached. */
static void
mend_sum(uint8_t *bytes, size_t len)
{
    uint64_t values = 1, places = 0;

    for (size_t i = 0; i < len - SUM_LEN; i++) {
        values += bytes[i];
        places += values;
    }
    tvt_store_u64(bytes + len - SUM_LEN, places << 24 | values);
}

/* What decodes is what was written: it encodes to the same bytes. */
static void
decode(const uint8_t *data, size_t len)
{
    static uint8_t again[TVT_LIMIT_SESSION];
    struct tvt_session *session;
    struct tvt_session_info info;
    struct tvt_error error;
    size_t again_len;

    tvt_error_clear(&error);
    if (tvt_session_decode(&session, tvt_span(data, len), &error) != TVT_OK) {
        REQUIRE(error.code == TVT_E_SESSION_MALFORMED && session == NULL);
        return;
    }
    tvt_session_info(session, &info);
    REQUIRE(strlen(info.server_name) < TVT_SESSION_NAME_MAX && info.version == 0x0304);
    REQUIRE(tvt_session_encode(session, again, sizeof again, &again_len, &error) == TVT_OK);
    REQUIRE(again_len == len && memcmp(again, data, len) == 0);
    tvt_session_unref(session);
}

/* As a text file: as it is, and between the marks of a session. */
static void
read_text(const uint8_t *data, size_t len)
{
    static const char begin[] = "-----BEGIN TRIVET SESSION-----\n", end[] = "\n-----END TRIVET SESSION-----\n";

    for (int marked = 0; marked < 2; marked++) {
        BIO *bio = BIO_new(BIO_s_mem());
        REQUIRE(bio != NULL);
        if (marked)
            REQUIRE(BIO_write(bio, begin, sizeof begin - 1) > 0);
        REQUIRE(BIO_write(bio, data, (int)len) == (int)len);
        if (marked)
            REQUIRE(BIO_write(bio, end, sizeof end - 1) > 0);
        SSL_SESSION *session = PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL);
        if (session != NULL) /* what was read can be written */
            REQUIRE(PEM_write_bio_SSL_SESSION(bio, session) == 1);
        SSL_SESSION_free(session);
        BIO_free(bio);
    }
    ERR_clear_error();
}

static struct tvt_ticket_keys *
fixed_keys(void)
{
    static const uint8_t bytes[TVT_TICKET_KEY_LEN] = {'T', 'V', 'T', 'S'};
    static struct tvt_provider *provider;
    static struct tvt_ticket_keys *keys;

    if (keys == NULL) {
        REQUIRE(tvt_provider_open(&provider, NULL, NULL) == TVT_OK);
        REQUIRE(tvt_ticket_keys_new(&keys, provider, 0, NULL, NULL) == TVT_OK);
        REQUIRE(tvt_ticket_keys_set(keys, bytes, 1, NULL) == TVT_OK);
    }
    return keys;
}

/* Bytes that nobody sealed do not open, nor does what was sealed with the input laid over a part of it. */
static void
open_ticket(uint8_t *data, size_t len)
{
    static uint8_t sealed[4096 + TVT_SEALED_OVERHEAD], out[sizeof sealed];
    struct tvt_ticket_keys *keys = fixed_keys();
    size_t sealed_len, out_len;

    if (len < 2 || len > 4096)
        return;
    REQUIRE(!tvt_ticket_keys_open(keys, TVT_SEALED_TICKET, out, sizeof out, &out_len, tvt_span(data, len), 1));
    REQUIRE(tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, sealed, sizeof sealed, &sealed_len, tvt_span(data, len), 1,
                                 NULL) == TVT_OK);
    REQUIRE(tvt_ticket_keys_open(keys, TVT_SEALED_TICKET, out, sizeof out, &out_len, tvt_span(sealed, sealed_len), 1));
    REQUIRE(out_len == len && memcmp(out, data, len) == 0);
    sealed[tvt_load_u16(data) % sealed_len] ^= (uint8_t)(data[len - 1] | 1u);
    REQUIRE(!tvt_ticket_keys_open(keys, TVT_SEALED_TICKET, out, sizeof out, &out_len, tvt_span(sealed, sealed_len), 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    decode(data, len);
    if (len > 0 && len < 8192)
        read_text(data, len);
    if (len < SUM_LEN || len > TVT_LIMIT_SESSION)
        return 0;
    uint8_t *copy = malloc(len);
    REQUIRE(copy != NULL);
    memcpy(copy, data, len);
    mend_sum(copy, len);
    decode(copy, len);
    open_ticket(copy, len);
    free(copy);
    return 0;
}
