/* SPDX-License-Identifier: MIT
 *
 * Lines of the key log (draft-ietf-tls-keylogfile): label, client random, secret.
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

#define LABEL_MAX 40u

/* Without a table: nothing secret is an index. */
static char
hex_digit(unsigned v)
{
    return (char)('0' + v + (((9u - v) >> 8) & ('a' - '0' - 10u)));
}

static char *
put_hex(char *p, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        *p++ = hex_digit(data[i] >> 4);
        *p++ = hex_digit(data[i] & 15u);
    }
    return p;
}

void
tvt_keylog(const struct tvt_handshake *hs, const char *label, const uint8_t *secret, size_t len)
{
    char line[LABEL_MAX + 1 + 2 * 32 + 1 + 2 * TVT_HASH_MAX + 1];
    size_t label_len = strlen(label);
    if (hs->config->keylog == NULL || label_len > LABEL_MAX)
        return;
    char *p = line;
    tvt_copy(p, label, label_len);
    p += label_len;
    *p++ = ' ';
    p = put_hex(p, hs->scratch->client_random, 32);
    *p++ = ' ';
    p = put_hex(p, secret, len);
    *p = '\0';
    tvt_public(line, sizeof line); /* the program asked for it */
    hs->config->keylog(hs->config->keylog_user, line);
    tvt_wipe(line, sizeof line);
}
