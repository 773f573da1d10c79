/* SPDX-License-Identifier: MIT
 *
 * Compressed certificates (RFC 8879), with every compression of this build: the first byte chooses it, three say the
 * length that the peer states. Nothing is written but what was promised, and what comes out is decoded.
 */
#include "core/base/compression.h"
#include "core/base/wire.h"
#include "core/message/message.h"
#include "tests/fuzz/fuzz.h"
#include <trivet/tls.h>

static size_t
count(void)
{
    size_t num = 0;

    while (tvt_compressions[num] != NULL)
        num++;
    return num;
}

/* What expanded makes the same bytes when it is compressed and expanded again. */
static void
go_round(const struct tvt_compression *how, const uint8_t *body, size_t len)
{
    size_t cap = how->bound(len), packed_len = 0;
    uint8_t *packed = malloc(cap), *again = malloc(len);

    REQUIRE(packed != NULL && again != NULL);
    REQUIRE(how->compress(packed, cap, &packed_len, tvt_span(body, len)) && packed_len <= cap);
    REQUIRE(how->expand(again, len, tvt_span(packed, packed_len)) && memcmp(again, body, len) == 0);
    free(packed);
    free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t num = count(), stated;
    struct tvt_message m;
    struct tvt_error error;

    if (len < 4 || num == 0)
        return 0;
    const struct tvt_compression *how = tvt_compressions[data[0] % num];
    stated = tvt_load_u24(data + 1);
    if (stated == 0 || stated > TVT_LIMIT_CERTIFICATE_MESSAGE) /* refused before anything is expanded */
        return 0;
    uint8_t *body = malloc(stated); /* of the exact size, for the sanitizer */
    REQUIRE(body != NULL);
    if (how->expand(body, stated, tvt_span(data + 4, len - 4))) {
        tvt_error_clear(&error);
        if (tvt_certificate_body_decode(&m, tvt_span(body, stated), &error) != TVT_OK)
            REQUIRE(error.code != TVT_E_NONE && error.code != TVT_E_INTERNAL);
        if (stated < 4096)
            go_round(how, body, stated);
    }
    free(body);
    return 0;
}
