/* SPDX-License-Identifier: MIT
 *
 * Revocation lists made part by part.
 */
#include "tests/unit/crl_help.h"

#include <CUnit/Basic.h>

#include <stdlib.h>
#include <string.h>

void
crl_put(struct crl_text *text, const void *data, size_t len)
{
    if (text->len + len > text->cap) {
        text->cap = 2 * (text->len + len);
        text->bytes = realloc(text->bytes, text->cap);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text->bytes);
    }
    if (len > 0)
        memcpy(text->bytes + text->len, data, len);
    text->len += len;
}

static unsigned
digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

void
crl_put_hex(struct crl_text *text, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        uint8_t byte = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        crl_put(text, &byte, 1);
        hex++;
    }
}

void
crl_wrap(struct crl_text *text, size_t from, uint8_t tag)
{
    size_t len = text->len - from, n = 0;
    uint8_t header[5];
    header[n++] = tag;
    if (len >= 0x10000) {
        header[n++] = 0x83;
        header[n++] = (uint8_t)(len >> 16);
        header[n++] = (uint8_t)(len >> 8);
    } else if (len >= 0x100) {
        header[n++] = 0x82;
        header[n++] = (uint8_t)(len >> 8);
    } else if (len >= 0x80) {
        header[n++] = 0x81;
    }
    header[n++] = (uint8_t)len;
    crl_put(text, header, n); /* room */
    memmove(text->bytes + from + n, text->bytes + from, len);
    memcpy(text->bytes + from, header, n);
}

static void
put_list(struct crl_text *t, const struct crl_parts *p)
{
    crl_put_hex(t, p->version != NULL ? p->version : "020101");
    crl_put_hex(t, "300a06082a8648ce3d040302"); /* ecdsa-with-SHA256 */
    crl_put(t, p->issuer.data, p->issuer.len);
    crl_put_hex(t, p->this_update != NULL ? p->this_update : "170d3236303533313030303030305a");
    crl_put_hex(t, p->next_update != NULL ? p->next_update : "170d3236303633303030303030305a");
    size_t from = t->len;
    if (p->entries != NULL)
        crl_put_hex(t, p->entries);
    else
        crl_put(t, p->raw.data, p->raw.len);
    if (p->entries != NULL || p->raw.len > 0)
        crl_wrap(t, from, TVT_DER_SEQUENCE);
    from = t->len;
    if (p->extensions != NULL) {
        crl_put_hex(t, p->extensions);
        crl_wrap(t, from, TVT_DER_SEQUENCE);
        crl_wrap(t, from, TVT_DER_CONTEXT_CONSTRUCTED(0));
    }
    crl_wrap(t, 0, TVT_DER_SEQUENCE);
}

struct tvt_span
crl_make(const struct crl_parts *p)
{
    struct crl_text t = {0};
    put_list(&t, p);
    crl_put_hex(&t, p->outer != NULL ? p->outer : "300a06082a8648ce3d040302");
    size_t from = t.len;
    crl_put(&t, "", 1); /* no unused bits */
    crl_put(&t, p->signature.data, p->signature.len);
    crl_wrap(&t, from, TVT_DER_BIT_STRING);
    if (p->behind != NULL)
        crl_put_hex(&t, p->behind);
    crl_wrap(&t, 0, TVT_DER_SEQUENCE);
    uint8_t *exact = malloc(t.len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, t.bytes, t.len);
    free(t.bytes);
    return tvt_span(exact, t.len);
}
