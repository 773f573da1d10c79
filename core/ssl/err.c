/* SPDX-License-Identifier: MIT
 *
 * The ERR view: the last few error records of a thread, for programs that ask there. Nothing in Trivet decides by it.
 */
#include "core/base/error.h"
#include "core/ssl/ssl.h"

#include <stdio.h>
#include <string.h>

#define RING        8u /* records kept; the oldest goes first */
#define LIB_OFFSET  23 /* as OpenSSL 3 packs a code           */
#define LIB_MASK    0xffu
#define REASON_MASK 0x7fffffu
#define BACKEND_MAX 64u  /* bytes of a backend's name               */
#define STRING_MAX  256u /* of ERR_error_string(NULL)           */

static _Thread_local struct {
    struct tvt_error record[RING];
    char backend[RING][BACKEND_MAX]; /* their names: a record may outlive its provider */
    unsigned first, num;
} ring;

void
tvt_err_push(const struct tvt_error *error)
{
    if (ring.num == RING) {
        ring.first = (ring.first + 1) % RING;
        ring.num--;
    }
    unsigned at = (ring.first + ring.num++) % RING;
    ring.record[at] = *error;
    if (error->backend != NULL) {
        if (error->backend != ring.backend[at])
            (void)snprintf(ring.backend[at], BACKEND_MAX, "%s", error->backend);
        ring.record[at].backend = ring.backend[at];
    }
}

static unsigned long
pack(const struct tvt_error *error)
{
    return (unsigned long)ERR_LIB_SSL << LIB_OFFSET | (unsigned long)error->code;
}

unsigned long
ERR_peek_error(void)
{
    return ring.num > 0 ? pack(&ring.record[ring.first]) : 0;
}

unsigned long
ERR_peek_last_error(void)
{
    return ring.num > 0 ? pack(tvt_err_last()) : 0;
}

unsigned long
ERR_get_error(void)
{
    unsigned long code = ERR_peek_error();
    if (ring.num > 0) {
        ring.first = (ring.first + 1) % RING;
        ring.num--;
    }
    return code;
}

void
ERR_clear_error(void)
{
    ring.first = ring.num = 0;
}

int
ERR_GET_LIB(unsigned long code)
{
    return (int)(code >> LIB_OFFSET & LIB_MASK);
}

static int
reason_of(unsigned long code)
{
    return (int)(code & REASON_MASK);
}

/* A program that asks for SSL_R_UNEXPECTED_EOF_WHILE_READING means the handshake's end of file, too. */
int
ERR_GET_REASON(unsigned long code)
{
    int reason = reason_of(code);
    return reason == TVT_E_EOF_IN_HANDSHAKE ? TVT_E_UNEXPECTED_EOF : reason;
}

static bool
is_ours(unsigned long code)
{
    int reason = reason_of(code);
    return ERR_GET_LIB(code) == ERR_LIB_SSL && reason > TVT_E_NONE && reason < TVT_E_NUM_CODES;
}

const char *
ERR_reason_error_string(unsigned long code)
{
    return is_ours(code) ? tvt_error_sentence((enum tvt_error_code)reason_of(code)) : NULL;
}

const char *
ERR_lib_error_string(unsigned long code)
{
    return is_ours(code) ? "Trivet" : NULL;
}

void
ERR_error_string_n(unsigned long code, char *out, size_t len)
{
    if (out == NULL || len == 0)
        return;
    if (is_ours(code)) {
        enum tvt_error_code reason = (enum tvt_error_code)reason_of(code);
        (void)snprintf(out, len, "error:%08lX:Trivet::%s: %s", code, tvt_error_name(reason),
                       tvt_error_sentence(reason));
    } else {
        (void)snprintf(out, len, "error:%08lX:::", code);
    }
}

char *
ERR_error_string(unsigned long code, char *out)
{
    static _Thread_local char own[STRING_MAX];
    char *to = out != NULL ? out : own;
    ERR_error_string_n(code, to, STRING_MAX);
    return to;
}

void
ERR_print_errors_fp(FILE *file)
{
    char line[1024];
    while (ring.num > 0) {
        (void)tvt_error_format_line(&ring.record[ring.first], line, sizeof line);
        if (file != NULL)
            (void)fprintf(file, "%s\n", line);
        (void)ERR_get_error();
    }
}

const struct tvt_error *
tvt_err_last(void)
{
    static const struct tvt_error none = {.alert = TVT_ALERT_NONE, .offset = TVT_ERROR_NO_OFFSET};
    return ring.num > 0 ? &ring.record[(ring.first + ring.num - 1) % RING] : &none;
}
