/* SPDX-License-Identifier: MIT
 *
 * What a BIO is inside: a table of methods, retry flags, a reference count, and the BIO behind it.
 */
#ifndef TVT_CORE_SSL_BIO_H
#define TVT_CORE_SSL_BIO_H

#include <stdatomic.h>

#include <trivet/bio.h>

/* Reading and writing: 1 and a count > 0; 0: end of file (reading); -1: failed, or the retry flags say to call again.
 * NULL: this kind does not do it. */
struct tvt_bio_method {
    int type; /* BIO_TYPE_* */
    const char *name;
    int (*read)(BIO *bio, void *data, size_t len, size_t *got);
    int (*write)(BIO *bio, const void *data, size_t len, size_t *put);
    int (*gets)(BIO *bio, char *data, int size);
    int (*puts)(BIO *bio, const char *text);
    long (*ctrl)(BIO *bio, int cmd, long num, void *ptr);
    int (*create)(BIO *bio);  /* 1, or 0: no memory. NULL: nothing to make */
    int (*destroy)(BIO *bio); /* NULL: nothing to give back                */
};

struct tvt_bio {
    const struct tvt_bio_method *method;
    atomic_uint references;
    int flags;      /* BIO_FLAGS_*                                         */
    int close_flag; /* BIO_CLOSE, BIO_NOCLOSE                              */
    int fd;         /* of descriptors; -1: none                            */
    void *data;     /* the method's own                                    */
    BIO *next;      /* a reference                                         */
};

/* As the methods' read and write; -2: the kind has none. Clears the retry flags first. */
int tvt_bio_read(BIO *bio, void *data, size_t len, size_t *got);
int tvt_bio_write(BIO *bio, const void *data, size_t len, size_t *put);

#endif
