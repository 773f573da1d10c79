/* SPDX-License-Identifier: MIT
 *
 * Reads the traces of vectors/rfc8448: finds keys in the text, in the order in which the files have them.
 */
#include "tests/unit/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TVT_VECTORS_DIR
#define VECTORS TVT_VECTORS_DIR
#elif defined(TRIVET_SOURCE_DIR)
#define VECTORS TRIVET_SOURCE_DIR "/vectors"
#else
#define VECTORS "vectors"
#endif

const char *const trace_names[TRACE_NUM] = {"client-auth", "compat-mode", "hello-retry-request", "resumed-0rtt",
                                            "simple-1rtt"};
const size_t trace_num_messages[TRACE_NUM] = {10, 7, 9, 6, 8};

char *
trace_text(const char *name)
{
    char path[512];
    const char *dir = getenv("TVT_VECTORS_DIR");
    char *text = NULL;
    FILE *file;
    long size;

    (void)snprintf(path, sizeof path, "%s/rfc8448/%s.json", dir != NULL ? dir : VECTORS, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        text = calloc(1, (size_t)size + 1);
        if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
            free(text);
            text = NULL;
        }
    }
    (void)fclose(file);
    return text;
}

const char *
trace_part(const char *text, const char *part)
{
    char key[64];

    (void)snprintf(key, sizeof key, "\n \"%s\": ", part);
    return strstr(text, key);
}

static int
digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

size_t
trace_hex(uint8_t *out, size_t cap, const char *hex)
{
    size_t len = 0;

    while (*hex != '\0' && *hex != '"') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);
        if (low < 0 || len == cap)
            return SIZE_MAX;
        out[len++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
    return len;
}

size_t
trace_next(const char **at, const char *key, uint8_t out[TRACE_BYTES_MAX])
{
    char pattern[64];
    const char *found;
    size_t len;

    (void)snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
    found = *at != NULL ? strstr(*at, pattern) : NULL;
    if (found == NULL)
        return 0;
    found += strlen(pattern);
    *at = found;
    len = trace_hex(out, TRACE_BYTES_MAX, found);
    return len == SIZE_MAX ? 0 : len;
}
