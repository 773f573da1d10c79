/* SPDX-License-Identifier: MIT
 *
 * SSL_SESSION as bytes and as a PEM block, for files and stores.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/session/session.h"
#include "core/ssl/view.h"
#include "core/x509/pem.h"

#define LABEL    "TRIVET SESSION"
#define TEXT_MAX (TVT_LIMIT_SESSION * 3u / 2u) /* base64, line ends, marks               */

static void *
failed(const struct tvt_error *error)
{
    tvt_err_push(error);
    return NULL;
}

/* ---- bytes ---- */

/* The encoded session in memory of its own, to be released with its length. NULL: failed. */
static uint8_t *
encode(const SSL_SESSION *session, size_t *len, struct tvt_error *error)
{
    struct tvt_error no_room;
    tvt_error_clear(&no_room);
    (void)!tvt_session_encode(session, NULL, 0, len, &no_room);
    if (no_room.code != TVT_E_NO_ROOM) {
        *error = no_room;
        return NULL;
    }
    uint8_t *bytes = tvt_alloc(NULL, *len);
    if (bytes == NULL)
        (void)tvt_fail(error, TVT_E_NO_MEMORY, "session", NULL);
    else if (tvt_session_encode(session, bytes, *len, len, error) == TVT_OK)
        return bytes;
    tvt_release(NULL, bytes, *len);
    return NULL;
}

int
i2d_SSL_SESSION(const SSL_SESSION *session, unsigned char **out)
{
    struct tvt_error error;
    size_t len;
    if (session == NULL) {
        (void)tvt_ssl_null("i2d_SSL_SESSION");
        return 0;
    }
    tvt_error_clear(&error);
    uint8_t *bytes = encode(session, &len, &error);
    if (bytes == NULL) {
        (void)failed(&error);
        return 0;
    }
    if (out != NULL && *out == NULL) {
        *out = bytes;
        return (int)len;
    }
    if (out != NULL) {
        tvt_copy(*out, bytes, len);
        *out += len;
    }
    tvt_release_wiped(NULL, bytes, len);
    return (int)len;
}

static SSL_SESSION *
decode(SSL_SESSION **session, struct tvt_span bytes)
{
    struct tvt_session *made;
    struct tvt_error error;
    tvt_error_clear(&error);
    if (tvt_session_decode(&made, bytes, &error) != TVT_OK)
        return failed(&error);
    if (session != NULL) {
        tvt_session_unref(*session);
        *session = made;
    }
    return made;
}

SSL_SESSION *
d2i_SSL_SESSION(SSL_SESSION **session, const unsigned char **in, long len)
{
    if (in == NULL || *in == NULL || len < 0) {
        (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, "d2i_SSL_SESSION", "bytes are needed");
        return NULL;
    }
    SSL_SESSION *made = decode(session, tvt_span(*in, (size_t)len));
    if (made != NULL)
        *in += len;
    return made;
}

/* ---- PEM ---- */

/* The block in *text, which the caller releases. */
static bool
make_block(struct tvt_buffer *text, const SSL_SESSION *session, const char *call)
{
    struct tvt_error error;
    size_t len;
    tvt_buffer_init(text, NULL, TEXT_MAX);
    if (session == NULL)
        return tvt_ssl_null(call) > 0;
    tvt_error_clear(&error);
    uint8_t *bytes = encode(session, &len, &error);
    bool good = bytes != NULL && tvt_pem_put(text, LABEL, tvt_span(bytes, len));
    if (!good && error.code == TVT_E_NONE)
        (void)tvt_fail(&error, TVT_E_NO_MEMORY, "session", NULL);
    if (bytes != NULL)
        tvt_release_wiped(NULL, bytes, len);
    if (!good)
        (void)failed(&error);
    return good;
}

static bool
not_written(const char *call)
{
    return tvt_ssl_raise_here(NULL, TVT_E_IO_WRITE, call, "not all bytes were taken") == SSL_ERROR_NONE;
}

int
PEM_write_SSL_SESSION(FILE *file, const SSL_SESSION *session)
{
    struct tvt_buffer text;
    bool good = make_block(&text, session, "PEM_write_SSL_SESSION");
    struct tvt_span bytes = tvt_buffer_span(&text);
    if (good && file == NULL)
        good = tvt_ssl_null("PEM_write_SSL_SESSION") > 0;
    else if (good && fwrite(bytes.data, 1, bytes.len, file) != bytes.len)
        good = not_written("PEM_write_SSL_SESSION");
    tvt_buffer_release(&text);
    return good;
}

int
PEM_write_bio_SSL_SESSION(BIO *bio, const SSL_SESSION *session)
{
    struct tvt_buffer text;
    bool good = make_block(&text, session, "PEM_write_bio_SSL_SESSION");
    struct tvt_span bytes = tvt_buffer_span(&text);
    if (good && bio == NULL)
        good = tvt_ssl_null("PEM_write_bio_SSL_SESSION") > 0;
    else if (good && BIO_write(bio, bytes.data, (int)bytes.len) != (int)bytes.len)
        good = not_written("PEM_write_bio_SSL_SESSION");
    tvt_buffer_release(&text);
    return good;
}

static SSL_SESSION *
read_block(BIO *bio, FILE *file, SSL_SESSION **session)
{
    struct tvt_buffer text;
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;
    SSL_SESSION *made = NULL;
    size_t len = 0;
    tvt_error_clear(&error);
    if (!tvt_pem_gather(&text, bio, file, LABEL)) {
        tvt_buffer_release(&text);
        (void)tvt_fail_detail(&error, TVT_E_PEM_NOT_FOUND, "session", NULL, "no whole block \"" LABEL "\"");
        return failed(&error);
    }
    tvt_pem_init(&pem, tvt_buffer_span(&text));
    uint8_t *bytes = NULL;
    size_t cap = text.len;
    if (tvt_pem_next(&pem, &block, &error) == TVT_OK && (bytes = tvt_alloc(NULL, cap)) == NULL)
        (void)tvt_fail(&error, TVT_E_NO_MEMORY, "session", NULL);
    if (bytes != NULL && tvt_pem_decode(&block, bytes, cap, &len, &error) == TVT_OK)
        made = decode(session, tvt_span(bytes, len));
    else
        (void)failed(&error);
    if (bytes != NULL)
        tvt_release_wiped(NULL, bytes, cap);
    tvt_buffer_release(&text);
    return made;
}

SSL_SESSION *
PEM_read_SSL_SESSION(FILE *file, SSL_SESSION **session, pem_password_cb *callback, void *user)
{
    (void)callback;
    (void)user;
    if (file == NULL) {
        (void)tvt_ssl_null("PEM_read_SSL_SESSION");
        return NULL;
    }
    return read_block(NULL, file, session);
}

SSL_SESSION *
PEM_read_bio_SSL_SESSION(BIO *bio, SSL_SESSION **session, pem_password_cb *callback, void *user)
{
    (void)callback;
    (void)user;
    if (bio == NULL) {
        (void)tvt_ssl_null("PEM_read_bio_SSL_SESSION");
        return NULL;
    }
    return read_block(bio, NULL, session);
}
