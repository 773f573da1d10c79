/* SPDX-License-Identifier: MIT
 *
 * Values of flags, the memory they live in, the clock, and how faults are said.
 */
#include "tests/bogo/shim.h"

#include "core/base/registry.h"
#include "core/os/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

union block {
    union block *next;
    max_align_t align;
};

static union block *blocks;
static uint64_t leap_ms;

void *
shim_memory(size_t size)
{
    union block *b = calloc(1, sizeof *b + size);
    if (b == NULL) {
        fprintf(stderr, "shim: memory ran out\n");
        exit(SHIM_WRONG);
    }
    b->next = blocks;
    blocks = b;
    return b + 1;
}

void
shim_memory_free(void)
{
    while (blocks != NULL) {
        union block *b = blocks;
        blocks = b->next;
        free(b);
    }
}

static int
base64_digit(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

bool
shim_base64(struct tvt_span *out, const char *text)
{
    size_t len = strlen(text), pad = 0, n = 0;
    if (len % 4 != 0)
        return false;
    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    uint8_t *bytes = shim_memory(len / 4 * 3 + 1);
    uint32_t bits = 0;
    for (size_t i = 0; i < len - pad; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            bytes[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *out = (struct tvt_span){bytes, n};
    return true;
}

bool
shim_number(int *out, const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < INT_MIN || value > INT_MAX)
        return false;
    *out = (int)value;
    return true;
}

bool
shim_sha256(const struct tvt_provider *provider, uint8_t out[32], struct tvt_span data)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, TVT_HASH_SHA256);
    static _Alignas(TVT_ALIGN) uint8_t ctx[4096];
    if (hash == NULL || hash->ctx_size > sizeof ctx || hash->setup(hash, ctx) != TVT_CRYPTO_OK)
        return false;
    hash->update(ctx, data.data, data.len);
    int rc = hash->final(ctx, out);
    hash->teardown(ctx);
    return rc == TVT_CRYPTO_OK;
}

uint64_t
shim_clock(void *user)
{
    static uint64_t start_ms;
    (void)user;
    if (start_ms == 0)
        start_ms = (uint64_t)tvt_clock_wall_ms();
    return start_ms + leap_ms;
}

void
shim_clock_advance(uint64_t ms)
{
    leap_ms += ms;
}

int
shim_say(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("shim: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

int
shim_report(const struct tvt_error *error)
{
    char text[1024];
    if (error->origin == TVT_ORIGIN_PEER)
        fprintf(stderr, ":%s:%s:\n", tvt_error_name(error->code), tvt_alert_name(error->alert));
    else
        fprintf(stderr, ":%s:\n", tvt_error_name(error->code));
    (void)tvt_error_format(error, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return SHIM_FAILED;
}

int
shim_report_setup(const struct tvt_error *error)
{
    bool lacking =
        error->code == TVT_E_NOT_OFFERED || error->code == TVT_E_UNKNOWN_WORD || error->code == TVT_E_KEY_UNSUPPORTED;
    (void)shim_report(error);
    return lacking ? SHIM_UNIMPLEMENTED : SHIM_FAILED;
}
