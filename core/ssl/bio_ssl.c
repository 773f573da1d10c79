/* SPDX-License-Identifier: MIT
 *
 * The SSL as a filter: plaintext in front, the wire behind.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#include <limits.h>

static SSL *
ssl_of(const BIO *bio)
{
    return bio->data;
}

/* ---- bytes ---- */

/* Why the SSL did nothing, in the words of a BIO. */
static void
tell(BIO *bio, int code)
{
    bio->retry_reason = 0;
    switch (code) {
    case SSL_ERROR_WANT_READ:
        BIO_set_retry_read(bio);
        break;
    case SSL_ERROR_WANT_WRITE:
        BIO_set_retry_write(bio);
        break;
    case SSL_ERROR_WANT_CONNECT:
        tvt_bio_retry_special(bio, BIO_RR_CONNECT);
        break;
    case SSL_ERROR_WANT_ACCEPT:
        tvt_bio_retry_special(bio, BIO_RR_ACCEPT);
        break;
    case SSL_ERROR_WANT_X509_LOOKUP:
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
    case SSL_ERROR_WANT_RETRY_VERIFY:
    case SSL_ERROR_WANT_ASYNC:
        tvt_bio_retry_special(bio, BIO_RR_SSL_X509_LOOKUP);
        break;
    default:
        break;
    }
}

/* The end of the stream is close_notify; every other end is a failure. */
static int
filter_read(BIO *bio, char *data, size_t len, size_t *got)
{
    if (len == 0)
        return 0;
    int n = SSL_read(ssl_of(bio), data, len > INT_MAX ? INT_MAX : (int)len);
    if (n > 0) {
        *got = (size_t)n;
        return 1;
    }
    tell(bio, SSL_get_error(ssl_of(bio), n));
    return n;
}

static int
filter_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    if (len == 0)
        return 0;
    int n = SSL_write(ssl_of(bio), data, len > INT_MAX ? INT_MAX : (int)len);
    if (n > 0) {
        *put = (size_t)n;
        return 1;
    }
    tell(bio, SSL_get_error(ssl_of(bio), n));
    return n;
}

/* ---- control ---- */

static void
drop_ssl(BIO *bio)
{
    SSL *ssl = ssl_of(bio);
    if (ssl == NULL)
        return;
    if (SSL_is_init_finished(ssl) && !tvt_ssl_is_broken(ssl))
        (void)SSL_shutdown(ssl);
    if (bio->close_flag != BIO_NOCLOSE) {
        SSL_free(ssl);
        bio->flags = 0;
    }
    bio->data = NULL;
    bio->init = 0;
}

/* The SSL's own channel, if it has one, goes behind the filter, with a reference of the chain's. */
static long
set_ssl(BIO *bio, SSL *ssl, long close_flag)
{
    if (ssl == NULL)
        return 0;
    drop_ssl(bio);
    bio->close_flag = (int)close_flag;
    bio->data = ssl;
    bio->init = 1;
    BIO *channel = SSL_get_rbio(ssl);
    if (channel == NULL || channel == bio->next)
        return 1;
    if (bio->next != NULL)
        (void)BIO_push(channel, bio->next);
    (void)BIO_up_ref(channel);
    bio->next = channel;
    channel->prev = bio;
    return 1;
}

/* The chain keeps its reference, the SSL gets one of its own. */
static long
pushed(BIO *bio)
{
    if (bio->next == NULL || bio->next == SSL_get_rbio(ssl_of(bio)))
        return 1;
    (void)BIO_up_ref(bio->next);
    SSL_set_bio(ssl_of(bio), bio->next, bio->next);
    return 1;
}

static long
popped(BIO *bio, const BIO *which)
{
    if (which == bio)
        SSL_set_bio(ssl_of(bio), NULL, NULL);
    return 1;
}

static long
do_handshake(BIO *bio)
{
    BIO_clear_retry_flags(bio);
    int r = SSL_do_handshake(ssl_of(bio));
    tell(bio, SSL_get_error(ssl_of(bio), r));
    return r;
}

static long
to_channel(BIO *channel, int cmd, long num, void *ptr)
{
    return channel != NULL ? BIO_ctrl(channel, cmd, num, ptr) : 0;
}

static long
flush(BIO *bio)
{
    BIO *channel = SSL_get_wbio(ssl_of(bio));
    if (ssl_of(bio)->flight_held)
        return do_handshake(bio);
    BIO_clear_retry_flags(bio);
    long r = to_channel(channel, BIO_CTRL_FLUSH, 0, NULL);
    if (channel != NULL) {
        BIO_set_flags(bio, BIO_get_retry_flags(channel));
        bio->retry_reason = channel->retry_reason;
    }
    return r;
}

static long
pending(const SSL *ssl)
{
    int n = SSL_pending(ssl);
    return n > 0 ? n : to_channel(SSL_get_rbio(ssl), BIO_CTRL_PENDING, 0, NULL);
}

static long
copy_to(const SSL *ssl, BIO *copy)
{
    SSL *duplicate = tvt_ssl_duplicate(ssl);
    if (duplicate == NULL)
        return 0;
    copy->close_flag = BIO_CLOSE;
    copy->data = duplicate;
    copy->flags = 0;
    return 1;
}

static long
set_mode(SSL *ssl, bool client)
{
    if (client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return 1;
}

static long
ssl_ctrl(BIO *bio, SSL *ssl, int cmd, long num, void *ptr)
{
    switch (cmd) {
    case BIO_CTRL_RESET:
        return tvt_ssl_wrong_call(ssl, "BIO_reset", "an SSL is not used twice: make a new one") == SSL_ERROR_NONE;
    case BIO_C_SET_SSL_RENEGOTIATE_BYTES:
    case BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT:
        return tvt_ssl_wrong_call(ssl, "BIO_set_ssl_renegotiate_bytes",
                                  "there is no renegotiation: SSL_key_update() makes new keys") == SSL_ERROR_NONE;
    case BIO_C_GET_SSL_NUM_RENEGOTIATES:
    case BIO_CTRL_INFO:
        return 0;
    case BIO_C_SSL_MODE:
        return set_mode(ssl, num != 0);
    case BIO_CTRL_WPENDING:
        return to_channel(SSL_get_wbio(ssl), cmd, num, ptr);
    case BIO_CTRL_PENDING:
        return pending(ssl);
    case BIO_CTRL_FLUSH:
        return flush(bio);
    case BIO_CTRL_PUSH:
        return pushed(bio);
    case BIO_CTRL_POP:
        return popped(bio, ptr);
    case BIO_C_DO_STATE_MACHINE:
        return do_handshake(bio);
    case BIO_CTRL_DUP:
        return copy_to(ssl, ptr);
    case BIO_CTRL_EOF:
        return SSL_pending(ssl) == 0 && (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    default:
        return to_channel(SSL_get_rbio(ssl), cmd, num, ptr);
    }
}

static long
filter_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    long r;
    if (cmd == BIO_C_SET_SSL)
        return set_ssl(bio, ptr, num);
    if (ssl_of(bio) == NULL)
        return 0;
    if (cmd == BIO_C_GET_SSL) {
        if (ptr != NULL)
            *(SSL **)ptr = ssl_of(bio);
        return ptr != NULL;
    }
    return tvt_bio_close_ctrl(bio, cmd, num, &r) ? r : ssl_ctrl(bio, ssl_of(bio), cmd, num, ptr);
}

/* ---- life ---- */

static int
filter_create(BIO *bio)
{
    bio->init = 0;
    return 1;
}

static int
filter_destroy(BIO *bio)
{
    drop_ssl(bio);
    return 1;
}

const BIO_METHOD *
BIO_f_ssl(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_SSL,
        .name = "ssl",
        .read = filter_read,
        .write = filter_write,
        .puts = tvt_bio_puts,
        .ctrl = filter_ctrl,
        .create = filter_create,
        .destroy = filter_destroy,
        .callback_ctrl = tvt_bio_callback_next,
    };
    return &method;
}

BIO *
BIO_new_ssl(SSL_CTX *ctx, int client)
{
    BIO *bio = BIO_new(BIO_f_ssl());
    SSL *ssl = bio != NULL ? SSL_new(ctx) : NULL;
    if (ssl == NULL) {
        (void)BIO_free(bio);
        return NULL;
    }
    (void)set_mode(ssl, client != 0);
    (void)set_ssl(bio, ssl, BIO_CLOSE);
    return bio;
}

/* `front` before `back`; both are freed where one is missing. */
static BIO *
join(BIO *front, BIO *back)
{
    if (front != NULL && back != NULL)
        return BIO_push(front, back);
    BIO_free_all(front);
    BIO_free_all(back);
    return NULL;
}

BIO *
BIO_new_ssl_connect(SSL_CTX *ctx)
{
    return join(BIO_new_ssl(ctx, 1), BIO_new(BIO_s_connect()));
}

BIO *
BIO_new_buffer_ssl_connect(SSL_CTX *ctx)
{
    return join(BIO_new(BIO_f_buffer()), BIO_new_ssl_connect(ctx));
}

/* ---- chains ---- */

static SSL *
find_ssl(BIO *bio)
{
    BIO *found = BIO_find_type(bio, BIO_TYPE_SSL);
    return found != NULL ? ssl_of(found) : NULL;
}

int
BIO_ssl_copy_session_id(BIO *to, BIO *from)
{
    SSL *target = find_ssl(to), *source = find_ssl(from);
    if (target == NULL || source == NULL)
        return 0;
    SSL_SESSION *session = SSL_get1_session(source);
    int r = session != NULL ? SSL_set_session(target, session) : 0;
    SSL_SESSION_free(session);
    return r;
}

void
BIO_ssl_shutdown(BIO *bio)
{
    for (; bio != NULL; bio = bio->next)
        if (bio->method->type == BIO_TYPE_SSL && ssl_of(bio) != NULL)
            (void)SSL_shutdown(ssl_of(bio));
}
