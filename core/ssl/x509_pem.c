/* SPDX-License-Identifier: MIT
 *
 * PEM and DER between programs and the views: certificates and private keys, from BIOs and files; blocks of PEM, read and
 * written.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/ssl/view.h"
#include "core/x509/pem.h"

#include <stdio.h>
#include <string.h>

#define LINE_CAP   1024 /* bytes of a line of PEM, RFC 7468 2 has 64 */
#define LINE_BYTES 48u  /* of a line that is written */

/* ---- reading a block ---- */

static bool
next_line(BIO *bio, FILE *file, char *line, int size)
{
    return file != NULL ? fgets(line, size, file) != NULL : BIO_gets(bio, line, size) > 0;
}

/* "-----BEGIN " and a label that is `label`, or ends with it behind a space ("EC PRIVATE KEY"); of certificates the three
 * that there are: an ATTRIBUTE CERTIFICATE is none. */
static bool
begins(const char *line, const char *label)
{
    const char *mark = "-----BEGIN ", *bom = "\xef\xbb\xbf";
    if (strncmp(line, bom, strlen(bom)) == 0)
        line += strlen(bom);
    const char *from = line + strlen(mark);
    if (strncmp(line, mark, strlen(mark)) != 0)
        return false;
    const char *end = strstr(from, "-----");
    size_t len = end != NULL && end > from ? (size_t)(end - from) : 0, want = strlen(label);
    if (strcmp(label, "CERTIFICATE") == 0)
        return tvt_pem_is_certificate(tvt_span(from, len)) || tvt_span_is(tvt_span(from, len), "TRUSTED CERTIFICATE");
    return len >= want && strncmp(from + len - want, label, want) == 0 && (len == want || from[len - want - 1] == ' ');
}

bool
tvt_pem_gather(struct tvt_buffer *text, BIO *bio, FILE *file, const char *label)
{
    char line[LINE_CAP];
    bool inside = false, ended = false, good = bio != NULL || file != NULL;
    bool is_start = true; /* of a line: longer ones come in pieces */
    tvt_buffer_init(text, NULL, TVT_VIEW_FILE_MAX);
    while (good && !ended && next_line(bio, file, line, sizeof line)) {
        inside = inside || (is_start && begins(line, label));
        if (inside)
            good = tvt_buffer_append(text, line, strlen(line));
        ended = inside && is_start && strncmp(line, "-----END ", 9) == 0;
        is_start = strchr(line, '\n') != NULL;
    }
    tvt_wipe(line, sizeof line);
    return good && ended;
}

X509 *
tvt_x509_from_pem(struct tvt_span text, const char *call)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;
    X509 *made = NULL;
    size_t len = 0, size = 0;
    uint8_t *der = NULL;
    tvt_error_clear(&error);
    tvt_pem_init(&pem, text);
    if (tvt_pem_next(&pem, &block, &error) == TVT_OK) {
        size = tvt_pem_decoded_max(&block);
        der = tvt_alloc(NULL, size);
        if (der == NULL)
            (void)tvt_fail(&error, TVT_E_NO_MEMORY, call, NULL);
        else if (tvt_pem_decode(&block, der, size, &len, &error) == TVT_OK)
            made = tvt_x509_make(tvt_span(der, len), call);
    }
    if (error.code != TVT_E_NONE)
        tvt_err_push(&error);
    tvt_release(NULL, der, size);
    return made;
}

static X509 *
read_certificate(BIO *bio, FILE *file, X509 **certificate, const char *call)
{
    struct tvt_buffer text;
    X509 *made = NULL;
    if (tvt_pem_gather(&text, bio, file, "CERTIFICATE"))
        made = tvt_x509_from_pem(tvt_buffer_span(&text), call);
    else
        (void)tvt_ssl_raise_here(NULL, TVT_E_PEM_NOT_FOUND, call, "no block \"CERTIFICATE\"");
    tvt_buffer_release(&text);
    if (made != NULL && certificate != NULL) {
        X509_free(*certificate);
        *certificate = made;
    }
    return made;
}

X509 *
PEM_read_bio_X509(BIO *bio, X509 **certificate, pem_password_cb *callback, void *user)
{
    (void)callback;
    (void)user;
    return read_certificate(bio, NULL, certificate, "PEM_read_bio_X509");
}

X509 *
PEM_read_X509(FILE *file, X509 **certificate, pem_password_cb *callback, void *user)
{
    (void)callback;
    (void)user;
    return read_certificate(NULL, file, certificate, "PEM_read_X509");
}

/* ---- all of a BIO ---- */

static bool
read_all(struct tvt_buffer *bytes, BIO *bio, const char *call)
{
    uint8_t piece[1024];
    int n;
    bool good = bio != NULL;
    tvt_buffer_init(bytes, NULL, TVT_VIEW_FILE_MAX);
    while (good && (n = BIO_read(bio, piece, sizeof piece)) > 0)
        good = tvt_buffer_append(bytes, piece, (size_t)n);
    tvt_wipe(piece, sizeof piece);
    if (good && bytes->len > 0)
        return true;
    (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "the BIO gave %s", good ? "no bytes" : "more than 1 MiB");
    return false;
}

X509 *
d2i_X509_bio(BIO *bio, X509 **certificate)
{
    struct tvt_buffer bytes;
    X509 *made = NULL;
    if (read_all(&bytes, bio, "d2i_X509_bio")) {
        struct tvt_span der = tvt_buffer_span(&bytes);
        const unsigned char *at = der.data;
        made = d2i_X509(certificate, &at, (long)der.len);
    }
    tvt_buffer_release(&bytes);
    return made;
}

/* ---- writing a block ---- */

/* All ones if n < v, for values below 2^31; no branch and no table: it may be a secret's digit. */
static uint32_t
above(uint32_t v, uint32_t n)
{
    return 0u - ((n - v) >> 31);
}

static uint8_t
base64_digit(uint32_t v)
{
    uint32_t c = v + 'A';
    c += above(v, 25) & (uint32_t)('a' - 26 - 'A');
    c -= above(v, 51) & (uint32_t)('a' - 26 - ('0' - 52));
    c -= above(v, 61) & (uint32_t)('0' - 52 - ('+' - 62));
    c += above(v, 62) & (uint32_t)('/' - 63 - ('+' - 62));
    return (uint8_t)c;
}

/* Up to LINE_BYTES bytes as a line; its length. */
static size_t
base64_line(uint8_t *out, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t num = len - i < 3 ? len - i : 3;
        uint32_t held = (uint32_t)bytes[i] << 16;
        held |= num > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        held |= num > 2 ? bytes[i + 2] : 0;
        out[at++] = base64_digit(held >> 18);
        out[at++] = base64_digit(held >> 12 & 63);
        out[at++] = num > 1 ? base64_digit(held >> 6 & 63) : '=';
        out[at++] = num > 2 ? base64_digit(held & 63) : '=';
    }
    out[at++] = '\n';
    return at;
}

static bool
put_mark(struct tvt_buffer *text, const char *side, const char *label)
{
    char line[128];
    int n = snprintf(line, sizeof line, "-----%s %s-----\n", side, label);
    return n > 0 && (size_t)n < sizeof line && tvt_buffer_append(text, line, (size_t)n);
}

bool
tvt_pem_put(struct tvt_buffer *text, const char *label, struct tvt_span bytes)
{
    uint8_t line[LINE_BYTES / 3 * 4 + 1];
    bool good = put_mark(text, "BEGIN", label);
    for (size_t i = 0; good && i < bytes.len; i += LINE_BYTES) {
        size_t n = base64_line(line, bytes.data + i, bytes.len - i < LINE_BYTES ? bytes.len - i : LINE_BYTES);
        tvt_public(line, n); /* text now: whoever reads it knows what it is */
        good = tvt_buffer_append(text, line, n);
    }
    tvt_wipe(line, sizeof line);
    return good && put_mark(text, "END", label);
}

static int
write_certificate(BIO *bio, FILE *file, const X509 *certificate)
{
    struct tvt_buffer text;
    if (certificate == NULL || (bio == NULL && file == NULL))
        return 0;
    tvt_buffer_init(&text, NULL, TVT_VIEW_FILE_MAX);
    bool good = tvt_pem_put(&text, "CERTIFICATE", certificate->certificate.der);
    struct tvt_span bytes = tvt_buffer_span(&text);
    good = good && (file != NULL ? fwrite(bytes.data, 1, bytes.len, file) == bytes.len
                                 : BIO_write(bio, bytes.data, (int)bytes.len) == (int)bytes.len);
    tvt_buffer_release(&text);
    return good;
}

int
PEM_write_bio_X509(BIO *bio, const X509 *certificate)
{
    return write_certificate(bio, NULL, certificate);
}

int
PEM_write_X509(FILE *file, const X509 *certificate)
{
    return write_certificate(NULL, file, certificate);
}

/* ---- private keys: kept as they were read, taken apart where they are used ---- */

static EVP_PKEY *
make_key(struct tvt_span bytes, EVP_PKEY **key)
{
    EVP_PKEY *made = tvt_alloc(NULL, sizeof *made);
    uint8_t *memory = tvt_alloc_raw(NULL, bytes.len);
    if (made == NULL || memory == NULL) {
        tvt_release(NULL, made, sizeof *made);
        tvt_release(NULL, memory, bytes.len);
        (void)tvt_ssl_raise_here(NULL, TVT_E_NO_MEMORY, "private key", "%zu bytes", bytes.len);
        return NULL;
    }
    atomic_init(&made->references, 1);
    tvt_copy(memory, bytes.data, bytes.len);
    made->memory = memory;
    made->len = bytes.len;
    if (key != NULL) {
        EVP_PKEY_free(*key);
        *key = made;
    }
    return made;
}

EVP_PKEY *
PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, pem_password_cb *callback, void *user)
{
    struct tvt_buffer text;
    EVP_PKEY *made = NULL;
    (void)callback;
    (void)user;
    if (tvt_pem_gather(&text, bio, NULL, "PRIVATE KEY"))
        made = make_key(tvt_buffer_span(&text), key);
    else
        (void)tvt_ssl_raise_here(NULL, TVT_E_PEM_NOT_FOUND, "PEM_read_bio_PrivateKey", "no block \"PRIVATE KEY\"");
    tvt_buffer_release(&text);
    return made;
}

EVP_PKEY *
d2i_PrivateKey_bio(BIO *bio, EVP_PKEY **key)
{
    struct tvt_buffer bytes;
    EVP_PKEY *made = NULL;
    if (read_all(&bytes, bio, "d2i_PrivateKey_bio"))
        made = make_key(tvt_buffer_span(&bytes), key);
    tvt_buffer_release(&bytes);
    return made;
}

int
EVP_PKEY_up_ref(EVP_PKEY *key)
{
    if (key == NULL)
        return 0;
    atomic_fetch_add(&key->references, 1);
    return 1;
}

void
EVP_PKEY_free(EVP_PKEY *key)
{
    if (key == NULL || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    if (key->memory != NULL)
        tvt_release_wiped(NULL, key->memory, key->len);
    tvt_release(NULL, key, sizeof *key);
}

int
EVP_PKEY_id(const EVP_PKEY *key)
{
    return key != NULL ? key->id : EVP_PKEY_NONE;
}

int
EVP_PKEY_bits(const EVP_PKEY *key)
{
    return key != NULL ? key->bits : 0;
}
