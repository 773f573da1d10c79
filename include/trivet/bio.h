/* SPDX-License-Identifier: MIT
 *
 * bio.h - BIOs: what an SSL reads wire bytes from and writes them to. The names are OpenSSL's, through macros
 * (<trivet/names.h>); the symbols begin with tvt_, so that libcrypto and Trivet can share a program.
 *
 * A BIO is a source and sink of bytes: a socket, or memory that the program fills and empties itself. It is
 * reference-counted. One BIO belongs to one thread at a time. Constants have OpenSSL's values.
 */
#ifndef TRIVET_BIO_H
#define TRIVET_BIO_H

#include <trivet/base.h>
#include <trivet/names.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tvt_bio BIO;
typedef struct tvt_bio_method BIO_METHOD;

#define BIO_NOCLOSE 0x00 /* the descriptor (or memory) stays the caller's      */
#define BIO_CLOSE 0x01   /* it is closed with the BIO                          */

#define BIO_TYPE_DESCRIPTOR 0x0100
#define BIO_TYPE_FILTER 0x0200
#define BIO_TYPE_SOURCE_SINK 0x0400
#define BIO_TYPE_MEM (1 | BIO_TYPE_SOURCE_SINK)
#define BIO_TYPE_SOCKET (5 | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR)

#define BIO_FLAGS_READ 0x01
#define BIO_FLAGS_WRITE 0x02
#define BIO_FLAGS_IO_SPECIAL 0x04
#define BIO_FLAGS_RWS (BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL)
#define BIO_FLAGS_SHOULD_RETRY 0x08
#define BIO_FLAGS_MEM_RDONLY 0x200

#define BIO_CTRL_RESET 1
#define BIO_CTRL_EOF 2
#define BIO_CTRL_INFO 3
#define BIO_CTRL_GET_CLOSE 8
#define BIO_CTRL_SET_CLOSE 9
#define BIO_CTRL_PENDING 10
#define BIO_CTRL_FLUSH 11
#define BIO_CTRL_WPENDING 13
#define BIO_C_SET_FD 104
#define BIO_C_GET_FD 105
#define BIO_C_SET_BUF_MEM_EOF_RETURN 130
/* Trivet's own, to BIOs of type BIO_TYPE_SOCKET alone: what was received is to be acknowledged now (TCP_QUICKACK, where
 * there is one). A server's socket is asked so when a handshake is done and the server has nothing to send: the client's
 * first request would wait for that acknowledgement otherwise (Nagle's algorithm). 1 or 0. */
#define BIO_C_TVT_QUICK_ACK 1001

/* ---- life ---- */

/* A BIO of `method` with one reference; NULL when memory ran out or `method` is NULL. */
BIO *BIO_new(const BIO_METHOD *method);
/* Drops one reference; with the last, the method's own data goes too (BIO_CLOSE closes the descriptor).
 * 1, or 0 when `bio` is NULL. */
int BIO_free(BIO *bio);
/* Drops one reference of this BIO and of those behind it (BIO_next), up to one that others hold too. */
void BIO_free_all(BIO *bio);
/* Takes one reference more: 1, or 0 when `bio` is NULL. */
int BIO_up_ref(BIO *bio);
/* The BIO that this one reads from and writes to (filters); NULL: none. */
BIO *BIO_next(BIO *bio);
/* Puts `next` at the end of the chain that begins with `bio`; returns `bio` (or `next` when `bio` is NULL). */
BIO *BIO_push(BIO *bio, BIO *next);
/* Takes `bio` out of its chain and returns the one that was behind it; NULL: none. */
BIO *BIO_pop(BIO *bio);
/* The first BIO of the chain whose type has these bits (BIO_TYPE_*); NULL: none. No reference is taken. */
BIO *BIO_find_type(BIO *bio, int type);
int BIO_method_type(const BIO *bio);          /* BIO_TYPE_*; 0 when `bio` is NULL */
const char *BIO_method_name(const BIO *bio);  /* "socket"; static; "" when `bio` is NULL */

/* ---- kinds ---- */

/* A connected stream socket. Reads and writes keep errno; writing to a closed one yields EPIPE, never SIGPIPE. */
const BIO_METHOD *BIO_s_socket(void);
/* One over the descriptor `fd`; `close_flag`: BIO_CLOSE or BIO_NOCLOSE. NULL: no memory. */
BIO *BIO_new_socket(int fd, int close_flag);
/* Memory: what is written is read again, first in first out. It grows as needed. Reading an empty one says "retry"
 * (BIO_set_mem_eof_return changes that). */
const BIO_METHOD *BIO_s_mem(void);
/* A read-only memory BIO over `len` bytes (negative: up to the NUL) that stay the caller's and must outlive it. Reading
 * past their end is the end of file. NULL: no memory, or `data` is NULL. */
BIO *BIO_new_mem_buf(const void *data, int len);

/* ---- bytes ---- */

/* Up to `len` bytes. The count; 0: end of file; -1: failed (errno kept), or retry (BIO_should_retry); -2: this BIO does
 * not read. */
int BIO_read(BIO *bio, void *data, int len);
/* The same with size_t: 1 and *got, or 0. */
int BIO_read_ex(BIO *bio, void *data, size_t len, size_t *got);
/* Writes up to `len` bytes: the count, which may be less; -1: failed, or retry; -2: this BIO does not write. */
int BIO_write(BIO *bio, const void *data, int len);
int BIO_write_ex(BIO *bio, const void *data, size_t len, size_t *put);
/* One line, newline included, NUL-terminated into data[size] (memory BIOs); the count, 0 at the end, -2: no lines. */
int BIO_gets(BIO *bio, char *data, int size);
/* Writes a NUL-terminated string. */
int BIO_puts(BIO *bio, const char *text);
/* Everything else, by BIO_CTRL_* or BIO_C_*; 0 or -2 when the BIO does not know `cmd`. */
long BIO_ctrl(BIO *bio, int cmd, long num, void *ptr);
/* What a buffering BIO holds back goes out: 1, or as BIO_write. */
int BIO_flush(BIO *bio);
size_t BIO_ctrl_pending(BIO *bio);  /* bytes that can be read without the system      */
size_t BIO_ctrl_wpending(BIO *bio); /* bytes written that did not leave yet           */
int BIO_pending(BIO *bio);
int BIO_wpending(BIO *bio);
int BIO_eof(BIO *bio);   /* 1: nothing more will come */
int BIO_reset(BIO *bio); /* memory: empty again (read-only: from the beginning)       */
int BIO_get_close(BIO *bio);
int BIO_set_close(BIO *bio, int close_flag); /* 1 */

/* ---- why the last read or write did nothing ---- */

int BIO_should_retry(const BIO *bio); /* 1: call again when the transport is ready; 0: failed, or end of file */
int BIO_should_read(const BIO *bio);  /* 1: it waits for bytes to read                                       */
int BIO_should_write(const BIO *bio); /* 1: it waits for room to write                                       */
int BIO_should_io_special(const BIO *bio);
int BIO_retry_type(const BIO *bio);   /* BIO_FLAGS_READ, _WRITE or _IO_SPECIAL                               */
int BIO_test_flags(const BIO *bio, int flags);
void BIO_set_flags(BIO *bio, int flags);
void BIO_clear_flags(BIO *bio, int flags);
void BIO_clear_retry_flags(BIO *bio);
void BIO_set_retry_read(BIO *bio);
void BIO_set_retry_write(BIO *bio);

/* ---- sockets ---- */

/* The descriptor, also into *fd when `fd` is not NULL; -1: none. */
int BIO_get_fd(BIO *bio, int *fd);
/* Gives a socket BIO its descriptor: 1, or 0 for another kind. */
int BIO_set_fd(BIO *bio, int fd, int close_flag);
/* Turns TCP_NODELAY of a socket on (1) or off (0), SSL_connect(3): 1, or 0 with errno set. Trivet itself keeps Nagle's
 * algorithm from holding back a client's first write; this is for programs that want it off throughout. */
int BIO_set_tcp_ndelay(int fd, int on);
/* Makes a socket non-blocking (mode 1) or blocking (0): 1, or 0 with errno set. */
int BIO_socket_nbio(int fd, int mode);
int BIO_sock_should_retry(int result); /* 1 when errno says that a socket call only has to wait */

/* ---- memory ---- */

/* What reading an empty memory BIO returns: 0 is the end of file, a negative value "retry". 1. */
int BIO_set_mem_eof_return(BIO *bio, int value);
/* Points *data at what a memory BIO holds; returns the count. Good until the next call on the BIO. */
long BIO_get_mem_data(BIO *bio, char **data);

#ifdef __cplusplus
}
#endif
#endif
