/* SPDX-License-Identifier: MIT
 *
 * What a BIO is inside: a table of methods, retry flags, a reference count, and the BIO behind it.
 */
#ifndef TVT_CORE_SSL_BIO_H
#define TVT_CORE_SSL_BIO_H

#include <stdatomic.h>

#include "core/base/error.h"
#include <trivet/bio.h>

#define TVT_LIMIT_BIO_TEXT (1u << 24) /* bytes of one BIO_printf() */

/* Reading and writing: 1 and a count > 0; 0: end of file (reading), nothing (writing); -1: failed, or the retry
 * flags say to call again. NULL: this kind does not do it. Of BIO_meth_new() the members are what the program set. */
struct tvt_bio_method {
    int type; /* BIO_TYPE_* */
    const char *name;
    int (*read)(BIO *bio, char *data, size_t len, size_t *got);
    int (*write)(BIO *bio, const char *data, size_t len, size_t *put);
    int (*gets)(BIO *bio, char *data, int size);
    int (*puts)(BIO *bio, const char *text);
    long (*ctrl)(BIO *bio, int cmd, long num, void *ptr);
    int (*create)(BIO *bio);  /* 1, or 0: no memory. NULL: nothing to make, and the BIO is ready */
    int (*destroy)(BIO *bio); /* NULL: nothing to give back                                      */
    long (*callback_ctrl)(BIO *bio, int cmd, BIO_info_cb *callback);
    int (*read_old)(BIO *bio, char *data, int len); /* of BIO_meth_set_read(): `read` calls it */
    int (*write_old)(BIO *bio, const char *data, int len);
};

struct tvt_bio {
    const struct tvt_bio_method *method;
    atomic_uint references;
    int init;         /* ready to read and write                             */
    int flags;        /* BIO_FLAGS_*                                         */
    int retry_reason; /* BIO_RR_*                                            */
    int close_flag;   /* BIO_CLOSE, BIO_NOCLOSE                              */
    int fd;           /* of descriptors; -1: none                            */
    void *data;       /* the method's own, or the program's                  */
    BIO *next;        /* a reference                                         */
    BIO *prev;        /* no reference; NULL: the first                       */
    uint64_t num_read, num_written;
};

/* As the methods' read and write; -2: the kind has none. Clears the retry flags first. */
int tvt_bio_read(BIO *bio, void *data, size_t len, size_t *got);
int tvt_bio_write(BIO *bio, const void *data, size_t len, size_t *put);

/* What the methods share. */
/* BIO_write() of all of `text`: a method's `puts`. */
int tvt_bio_puts(BIO *bio, const char *text);
/* Asks the BIO behind a filter and takes over why it waits; 0 where there is none. */
long tvt_bio_ctrl_next(BIO *bio, int cmd, long num, void *ptr);
long tvt_bio_callback_next(BIO *bio, int cmd, BIO_info_cb *callback);
/* Waits for something else than bytes: BIO_RR_*. */
void tvt_bio_retry_special(BIO *bio, int reason);
/* SET_CLOSE and GET_CLOSE; false: it is another command. */
bool tvt_bio_close_ctrl(BIO *bio, int cmd, long num, long *result);
/* A copy with malloc(); NULL: no memory. */
char *tvt_bio_copy_text(const char *text, size_t len);
void tvt_bio_drop_text(char **text);
/* A copy of `text` (NULL: none) in the place of *slot; false: no memory, nothing changed. */
bool tvt_bio_set_text(char **slot, const char *text);
/* A record for the ERR view; -1. (core/ssl/ssl.h has the raiser.) */
#define tvt_bio_refuse(code, call, ...) ((void)tvt_ssl_raise_here(NULL, (code), (call), __VA_ARGS__), -1)
int tvt_bio_failed(const struct tvt_error *error);

/* bio_socket.c: reading and writing of what has a descriptor, and its controls; *known false: another command. */
int tvt_bio_fd_read(BIO *bio, char *data, size_t len, size_t *got);
int tvt_bio_fd_write(BIO *bio, const char *data, size_t len, size_t *put);
long tvt_bio_fd_ctrl(BIO *bio, int cmd, long num, void *ptr, bool *known);
void tvt_bio_fd_close(BIO *bio);
/* The connected socket of a chain: of BIO_s_socket() or BIO_s_connect(); NULL: none. */
BIO *tvt_bio_find_socket(BIO *bio);

/* bio_connect.c: the host name that a chain connects to, as the program gave it; NULL: none. */
const char *tvt_bio_conn_hostname(BIO *bio);

/* bio_address.c */
/* "host:service" into two copies, as BIO_parse_hostserv(3): a part that is empty or "*" is NULL, one that is not there
 * leaves *host or *service alone. Without ':' it is a host, or a service where `service_first`. False: a record is
 * made. */
bool tvt_bio_parse(const char *text, char **host, char **service, bool service_first, const char *call);

#endif
