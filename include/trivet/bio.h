/* SPDX-License-Identifier: MIT
 *
 * bio.h - BIOs: what an SSL reads wire bytes from and writes them to. The names are OpenSSL's, through macros
 * (<trivet/names.h>); the symbols begin with tvt_, so that libcrypto and Trivet can share a program.
 *
 * A BIO is a source and sink of bytes (a socket, memory, one half of a pair, a file), or a filter in front of another
 * BIO (a buffer, an SSL). BIOs in a row are a chain; calls are made on the first one. A BIO is reference-counted.
 * Constants have OpenSSL's values, and what OpenSSL's manual says of a call holds here, but for what follows.
 *
 * Threads: a BIO, and the chain it is in, belong to one thread at a time; both halves of a pair to the same one.
 * There are no locks: two threads that share a pair must take turns by a lock of their own. References may be
 * counted anywhere.
 *
 * DIFFERENCES FROM OPENSSL, on purpose:
 *  - NULL for a BIO, or for the bytes, is a failure and never a crash: -1, or 0 where 0 means failure (BIO_write() of
 *    NULL too).
 *  - The retry flags are cleared before a method reads or writes, lines too, those of BIO_meth_new() too: no stale flag
 *    turns a failure into a retry; BIO_flush() that is done leaves none. A method that claims to have moved more than
 *    it was asked for fails; one that says that it succeeded with nothing gave nothing (0).
 *  - Methods of the library's own kinds have the _ex form alone: BIO_meth_get_read() of BIO_s_socket() is NULL.
 *  - BIO_get_fd() looks down the chain, and is -1 where there is no descriptor (OpenSSL: 0 for most kinds).
 *  - BIO_write() to a socket whose peer is gone is EPIPE, never SIGPIPE. Descriptors are closed in programs that are
 *    executed.
 *  - Reading no bytes from a descriptor does nothing. BIO_get_conn_ip_family() answers (OpenSSL: 0 always).
 *  - The duplicate of a half of a pair is not ready until it has a peer. A duplicate (BIO_dup_chain) never owns the
 *    descriptor or the FILE of its original. The null filter can be duplicated; its BIO_puts() and BIO_gets() say why
 *    they wait.
 *  - BIO_gets() of a descriptor that has nothing yet is -1 with the retry flags, not 0; so is a failed BIO_gets() of
 *    a file. BIO_write() to a file counts what was written, not all or nothing.
 *  - A memory BIO forgets what was read: BIO_seek() works on those of BIO_new_mem_buf() alone.
 *  - BIO_s_connect() never waits when it is non-blocking: BIO_do_connect() is -1 with BIO_RR_CONNECT until the
 *    connection is there. A name is looked up blocking; its first 16 addresses are tried. BIO_set_conn_address() is
 *    connected to as it is. After a failure BIO_reset() comes before the next try.
 *  - BIO_s_accept() listens on the first address that can be. BIO_pending(), BIO_wpending() and BIO_flush() ask the
 *    connection.
 *  - A client whose channel has a connecting BIO compares the certificate with that BIO's host name, where neither
 *    SSL_set1_host() nor SSL_set_tlsext_host_name() was called. Without any of them it is refused (TVT_E_NO_NAME).
 *  - BIO_f_ssl() frees its SSL without a close_notify where the handshake was not done or failed. It is not reset:
 *    make a new one. There is no renegotiation: the calls for it are refused.
 *  - An SSL asks a source for up to a record more than it needs, and takes what comes; a filter (BIO_TYPE_FILTER) is
 *    asked for no more than the record at hand needs, since one like BIO_f_buffer() waits until it has all.
 *  - BIO_flush() of an SSL's channel that answers 0 without the retry flags counts as done.
 *  - SSL_set_bio() takes what OpenSSL takes, not what its manual says in one case: when the writing BIO becomes the
 *    reading one too, no reference is taken of the caller.
 *
 * "1 or 0" below means: 1 on success, 0 on failure, with a record in the ERR view (ERR_get_error(), tvt_err_last()).
 */
#ifndef TRIVET_BIO_H
#define TRIVET_BIO_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base.h"
#include "names.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tvt_bio BIO;
typedef struct tvt_bio_method BIO_METHOD;
typedef struct tvt_address BIO_ADDR;

#define BIO_NOCLOSE 0x00 /* the descriptor (file, SSL) stays the caller's      */
#define BIO_CLOSE 0x01   /* it is closed with the BIO                          */

#define BIO_TYPE_DESCRIPTOR 0x0100
#define BIO_TYPE_FILTER 0x0200
#define BIO_TYPE_SOURCE_SINK 0x0400
#define BIO_TYPE_MASK 0x00ff /* which kind it is */
#define BIO_TYPE_NONE 0
#define BIO_TYPE_MEM (1 | BIO_TYPE_SOURCE_SINK)
#define BIO_TYPE_FILE (2 | BIO_TYPE_SOURCE_SINK)
#define BIO_TYPE_FD (4 | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR)
#define BIO_TYPE_SOCKET (5 | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR)
#define BIO_TYPE_NULL (6 | BIO_TYPE_SOURCE_SINK)
#define BIO_TYPE_SSL (7 | BIO_TYPE_FILTER)
#define BIO_TYPE_BUFFER (9 | BIO_TYPE_FILTER)
#define BIO_TYPE_CONNECT (12 | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR)
#define BIO_TYPE_ACCEPT (13 | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR)
#define BIO_TYPE_NULL_FILTER (17 | BIO_TYPE_FILTER)
#define BIO_TYPE_BIO (19 | BIO_TYPE_SOURCE_SINK)
#define BIO_TYPE_START 128 /* numbers of a program's own kinds lie above: BIO_get_new_index() */

#define BIO_FLAGS_READ 0x01
#define BIO_FLAGS_WRITE 0x02
#define BIO_FLAGS_IO_SPECIAL 0x04
#define BIO_FLAGS_RWS (BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL)
#define BIO_FLAGS_SHOULD_RETRY 0x08
#define BIO_FLAGS_MEM_RDONLY 0x200
#define BIO_FLAGS_IN_EOF 0x800 /* a descriptor said that its end was reached */

/* What a BIO waits for when it is neither bytes nor room (BIO_FLAGS_IO_SPECIAL). */
#define BIO_RR_SSL_X509_LOOKUP 0x01 /* a signer, a verdict or a look-up of an SSL */
#define BIO_RR_CONNECT 0x02         /* the connection: wait until the descriptor can be written */
#define BIO_RR_ACCEPT 0x03          /* a client: wait until the descriptor can be read          */

#define BIO_CTRL_RESET 1
#define BIO_CTRL_EOF 2
#define BIO_CTRL_INFO 3
#define BIO_CTRL_SET 4
#define BIO_CTRL_GET 5
#define BIO_CTRL_PUSH 6 /* told to the first BIO of a chain that grew     */
#define BIO_CTRL_POP 7  /* told to a BIO that is about to leave its chain */
#define BIO_CTRL_GET_CLOSE 8
#define BIO_CTRL_SET_CLOSE 9
#define BIO_CTRL_PENDING 10
#define BIO_CTRL_FLUSH 11
#define BIO_CTRL_DUP 12 /* `ptr` is a new BIO of the kind: make it like this one; 1 or 0 */
#define BIO_CTRL_WPENDING 13
#define BIO_CTRL_SET_CALLBACK 14
#define BIO_CTRL_GET_CALLBACK 15
#define BIO_CTRL_PEEK 29
#define BIO_C_SET_CONNECT 100
#define BIO_C_DO_STATE_MACHINE 101
#define BIO_C_SET_NBIO 102
#define BIO_C_SET_FD 104
#define BIO_C_GET_FD 105
#define BIO_C_SET_FILE_PTR 106
#define BIO_C_GET_FILE_PTR 107
#define BIO_C_SET_FILENAME 108
#define BIO_C_SET_SSL 109
#define BIO_C_GET_SSL 110
#define BIO_C_GET_BUFF_NUM_LINES 116
#define BIO_C_SET_BUFF_SIZE 117
#define BIO_C_SET_ACCEPT 118
#define BIO_C_SSL_MODE 119
#define BIO_C_SET_BUFF_READ_DATA 122
#define BIO_C_GET_CONNECT 123
#define BIO_C_GET_ACCEPT 124
#define BIO_C_SET_SSL_RENEGOTIATE_BYTES 125
#define BIO_C_GET_SSL_NUM_RENEGOTIATES 126
#define BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT 127
#define BIO_C_FILE_SEEK 128
#define BIO_C_SET_BUF_MEM_EOF_RETURN 130
#define BIO_C_SET_BIND_MODE 131
#define BIO_C_GET_BIND_MODE 132
#define BIO_C_FILE_TELL 133
#define BIO_C_SET_WRITE_BUF_SIZE 136
#define BIO_C_GET_WRITE_BUF_SIZE 137
#define BIO_C_MAKE_BIO_PAIR 138
#define BIO_C_DESTROY_BIO_PAIR 139
#define BIO_C_GET_WRITE_GUARANTEE 140
#define BIO_C_GET_READ_REQUEST 141
#define BIO_C_SHUTDOWN_WR 142
#define BIO_C_NREAD0 143
#define BIO_C_NREAD 144
#define BIO_C_NWRITE0 145
#define BIO_C_NWRITE 146
#define BIO_C_RESET_READ_REQUEST 147
#define BIO_C_SET_CONNECT_MODE 155
/* Trivet's own, to BIOs with a connected socket alone: what was received is to be acknowledged now (TCP_QUICKACK, where
 * there is one). A server's socket is asked so when a handshake is done and the server has nothing to send: the
 * client's first request would wait for that acknowledgement otherwise (Nagle's algorithm). 1 or 0. */
#define BIO_C_TVT_QUICK_ACK 1001

/* ---- life ---- */

/* A BIO of `method` with one reference; NULL when memory ran out or `method` is NULL. */
BIO *BIO_new(const BIO_METHOD *method);
/* Drops one reference; with the last, the method's own data goes too (BIO_CLOSE closes the descriptor).
 * 1, or 0 when `bio` is NULL. */
int BIO_free(BIO *bio);
void BIO_vfree(BIO *bio); /* the same */
/* Drops one reference of this BIO and of those behind it (BIO_next), up to one that others hold too. */
void BIO_free_all(BIO *bio);
/* Takes one reference more: 1, or 0 when `bio` is NULL. */
int BIO_up_ref(BIO *bio);
/* The BIO that this one reads from and writes to (filters); NULL: none. */
BIO *BIO_next(BIO *bio);
/* The same, set and no more: for a kind that a program makes. No reference is taken or dropped. */
void BIO_set_next(BIO *bio, BIO *next);
/* Puts `next` at the end of the chain that begins with `bio`, which takes over the caller's reference of `next`;
 * returns `bio` (or `next` when `bio` is NULL). The first BIO hears BIO_CTRL_PUSH: an SSL filter takes the BIO
 * behind it for its channel. */
BIO *BIO_push(BIO *bio, BIO *next);
/* Takes `bio` out of its chain, whose reference it was; returns the one that was behind it; NULL: none. It hears
 * BIO_CTRL_POP. */
BIO *BIO_pop(BIO *bio);
/* The first BIO of the chain whose type has these bits (BIO_TYPE_*); NULL: none. No reference is taken. */
BIO *BIO_find_type(BIO *bio, int type);
/* Another chain of the same kinds with the same settings, without their data, with one reference; a connecting or
 * accepting BIO starts anew, an SSL's handshake must not have begun. NULL: no memory, or one of them cannot be
 * duplicated. */
BIO *BIO_dup_chain(BIO *bio);
int BIO_method_type(const BIO *bio);         /* BIO_TYPE_*; 0 when `bio` is NULL */
const char *BIO_method_name(const BIO *bio); /* "socket"; static; "" when `bio` is NULL */

/* ---- bytes ---- */

/* Up to `len` bytes. The count; 0: end of file, or nothing was asked for; -1: failed (errno kept), or retry
 * (BIO_should_retry); -2: this BIO does not read. */
int BIO_read(BIO *bio, void *data, int len);
/* The same with size_t: 1 and *got, or 0. */
int BIO_read_ex(BIO *bio, void *data, size_t len, size_t *got);
/* Writes up to `len` bytes: the count, which may be less; -1: failed, or retry; -2: this BIO does not write. */
int BIO_write(BIO *bio, const void *data, int len);
/* The same with size_t: 1 and *put, or 0. Of no bytes: 1. */
int BIO_write_ex(BIO *bio, const void *data, size_t len, size_t *put);
/* One line, newline included, NUL-terminated into data[size] (memory, files, descriptors, buffers); without a
 * newline what fits. The count; 0 or -1 at the end or when nothing is there (BIO_should_retry tells them apart); -2:
 * no lines. */
int BIO_gets(BIO *bio, char *data, int size);
/* Writes a NUL-terminated string, as BIO_write. */
int BIO_puts(BIO *bio, const char *text);
/* Writes what printf(3) would, as BIO_write; -1 also: no memory, or more than 16 MiB. */
int BIO_printf(BIO *bio, const char *format, ...) TVT_PRINTF(2, 3);
int BIO_vprintf(BIO *bio, const char *format, va_list args) TVT_PRINTF(2, 0);
/* Everything else, by BIO_CTRL_* or BIO_C_*. 0 where the kind does not know `cmd`, -2 where it has no controls, -1
 * for NULL. */
long BIO_ctrl(BIO *bio, int cmd, long num, void *ptr);
long BIO_int_ctrl(BIO *bio, int cmd, long num, int value); /* with the address of `value` for `ptr`             */
void *BIO_ptr_ctrl(BIO *bio, int cmd, long num);           /* what it put into a pointer, `ptr` its address; NULL */
/* What a buffering BIO holds back goes out: 1, or as BIO_write. */
int BIO_flush(BIO *bio);
size_t BIO_ctrl_pending(BIO *bio);  /* bytes that can be read without the system      */
size_t BIO_ctrl_wpending(BIO *bio); /* bytes written that did not leave yet           */
int BIO_pending(BIO *bio);          /* the same two as int; negative: as BIO_ctrl     */
int BIO_wpending(BIO *bio);
int BIO_eof(BIO *bio); /* 1: nothing more will come */
/* As new: memory is empty (read-only: from the beginning), a file or descriptor at its start, a connection closed.
 * 1; files, descriptors, pairs, connecting and accepting BIOs 0; else failed. */
int BIO_reset(BIO *bio);
int BIO_get_close(BIO *bio);
int BIO_set_close(BIO *bio, int close_flag); /* 1 */
uint64_t BIO_number_read(BIO *bio); /* bytes that ever went through this BIO, lines (BIO_gets) not counted */
uint64_t BIO_number_written(BIO *bio);

/* ---- why the last read or write did nothing ---- */

int BIO_should_retry(const BIO *bio); /* not 0: call again when the transport is ready; 0: failed, or end of file */
int BIO_should_read(const BIO *bio);  /* not 0: it waits for bytes to read                                       */
int BIO_should_write(const BIO *bio); /* not 0: it waits for room to write                                       */
int BIO_should_io_special(const BIO *bio); /* not 0: for BIO_get_retry_reason()                                  */
int BIO_retry_type(const BIO *bio);        /* BIO_FLAGS_READ, _WRITE or _IO_SPECIAL                              */
int BIO_get_retry_reason(BIO *bio);        /* BIO_RR_*; 0: none                                                  */
void BIO_set_retry_reason(BIO *bio, int reason);
/* The BIO of the chain that made it wait, and why (*reason, BIO_RR_*; NULL allowed). */
BIO *BIO_get_retry_BIO(BIO *bio, int *reason);
int BIO_test_flags(const BIO *bio, int flags);
void BIO_set_flags(BIO *bio, int flags);
void BIO_clear_flags(BIO *bio, int flags);
void BIO_clear_retry_flags(BIO *bio);
void BIO_set_retry_read(BIO *bio);
void BIO_set_retry_write(BIO *bio);
/* A filter takes over why the BIO behind it waits. */
void BIO_copy_next_retry(BIO *bio);
#define BIO_set_retry_special(bio) BIO_set_flags((bio), BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY)
#define BIO_get_retry_flags(bio) BIO_test_flags((bio), BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY)
#define BIO_get_flags(bio) BIO_test_flags((bio), ~0)

/* ---- kinds of a program's own ---- */

/* A number for one, to be or'ed with BIO_TYPE_SOURCE_SINK, BIO_TYPE_FILTER or BIO_TYPE_DESCRIPTOR; -1: all 127 are
 * taken. */
int BIO_get_new_index(void);
/* A kind without functions: what is not set is not supported (-2). `name` is copied. It must outlive its BIOs. NULL: no
 * memory. */
BIO_METHOD *BIO_meth_new(int type, const char *name);
void BIO_meth_free(BIO_METHOD *method);
/* Its functions. read and write: as BIO_read and BIO_write, or in the _ex form: 1 and the count, 0 or less as
 * BIO_read. They set the retry flags when the caller is to call again. create: 1 or 0; without one the BIO is ready
 * (BIO_set_init) at once. ctrl: must answer BIO_CTRL_FLUSH with 1 to be an SSL's channel. Setters: 1, or 0 when
 * `method` is NULL. */
int BIO_meth_set_read(BIO_METHOD *method, int (*function)(BIO *bio, char *data, int len));
int BIO_meth_set_read_ex(BIO_METHOD *method, int (*function)(BIO *bio, char *data, size_t len, size_t *got));
int BIO_meth_set_write(BIO_METHOD *method, int (*function)(BIO *bio, const char *data, int len));
int BIO_meth_set_write_ex(BIO_METHOD *method, int (*function)(BIO *bio, const char *data, size_t len, size_t *put));
int BIO_meth_set_puts(BIO_METHOD *method, int (*function)(BIO *bio, const char *text));
int BIO_meth_set_gets(BIO_METHOD *method, int (*function)(BIO *bio, char *data, int size));
int BIO_meth_set_ctrl(BIO_METHOD *method, long (*function)(BIO *bio, int cmd, long num, void *ptr));
int BIO_meth_set_create(BIO_METHOD *method, int (*function)(BIO *bio));
int BIO_meth_set_destroy(BIO_METHOD *method, int (*function)(BIO *bio));
/* Told about steps of a connecting BIO: its state and its result so far; 0 or less ends the call. */
typedef int BIO_info_cb(BIO *bio, int state, int result);
int BIO_meth_set_callback_ctrl(BIO_METHOD *method, long (*function)(BIO *bio, int cmd, BIO_info_cb *callback));
/* What was set; NULL: nothing. */
int (*BIO_meth_get_read(const BIO_METHOD *method))(BIO *bio, char *data, int len);
int (*BIO_meth_get_read_ex(const BIO_METHOD *method))(BIO *bio, char *data, size_t len, size_t *got);
int (*BIO_meth_get_write(const BIO_METHOD *method))(BIO *bio, const char *data, int len);
int (*BIO_meth_get_write_ex(const BIO_METHOD *method))(BIO *bio, const char *data, size_t len, size_t *put);
int (*BIO_meth_get_puts(const BIO_METHOD *method))(BIO *bio, const char *text);
int (*BIO_meth_get_gets(const BIO_METHOD *method))(BIO *bio, char *data, int size);
long (*BIO_meth_get_ctrl(const BIO_METHOD *method))(BIO *bio, int cmd, long num, void *ptr);
int (*BIO_meth_get_create(const BIO_METHOD *method))(BIO *bio);
int (*BIO_meth_get_destroy(const BIO_METHOD *method))(BIO *bio);
long (*BIO_meth_get_callback_ctrl(const BIO_METHOD *method))(BIO *bio, int cmd, BIO_info_cb *callback);
/* Sets the callback of a connecting BIO, through filters too: 1, 0 where none takes one, -2. */
long BIO_callback_ctrl(BIO *bio, int cmd, BIO_info_cb *callback);
#define BIO_set_info_callback(bio, callback) ((int)BIO_callback_ctrl((bio), BIO_CTRL_SET_CALLBACK, (callback)))
/* What the functions of a kind keep in its BIO. data: theirs; init: not 0 when it can be read and written, which fails
 * before; shutdown: BIO_CLOSE or BIO_NOCLOSE. */
void BIO_set_data(BIO *bio, void *data);
void *BIO_get_data(BIO *bio);
void BIO_set_init(BIO *bio, int init);
int BIO_get_init(BIO *bio);
void BIO_set_shutdown(BIO *bio, int close_flag);
int BIO_get_shutdown(BIO *bio);

/* ---- sockets and descriptors ---- */

/* A connected stream socket. Reads and writes keep errno; writing to a closed one yields EPIPE, never SIGPIPE. */
const BIO_METHOD *BIO_s_socket(void);
/* One over the descriptor `fd`; `close_flag`: BIO_CLOSE or BIO_NOCLOSE. NULL: no memory. */
BIO *BIO_new_socket(int fd, int close_flag);
/* Any descriptor: a file, a pipe, a terminal. It has lines too (BIO_gets), one read(2) for each byte. */
const BIO_METHOD *BIO_s_fd(void);
BIO *BIO_new_fd(int fd, int close_flag);
/* The descriptor of the first BIO of a chain that has one, also into *fd when `fd` is not NULL; -1: none. Of an accepting BIO it is the listening
 * one. */
int BIO_get_fd(BIO *bio, int *fd);
/* Gives a socket, descriptor, connecting or accepting BIO its descriptor: 1, or 0 for another kind. */
int BIO_set_fd(BIO *bio, int fd, int close_flag);
/* Position in a descriptor or a file (BIO_s_file: 0 on success), or in memory of BIO_new_mem_buf(); negative: none. */
#define BIO_seek(bio, offset) ((int)BIO_ctrl((bio), BIO_C_FILE_SEEK, (offset), NULL))
#define BIO_tell(bio) ((int)BIO_ctrl((bio), BIO_C_FILE_TELL, 0, NULL))
/* Turns TCP_NODELAY of a socket on (1) or off (0), SSL_connect(3): 1, or 0 with errno set. Trivet itself keeps Nagle's
 * algorithm from holding back a client's first write; this is for programs that want it off throughout. */
int BIO_set_tcp_ndelay(int fd, int on);
/* Makes a socket non-blocking (mode 1) or blocking (0): 1, or 0 with errno set. */
int BIO_socket_nbio(int fd, int mode);
int BIO_closesocket(int fd);           /* 1, or 0 for a negative one                               */
int BIO_sock_should_retry(int result); /* 1 when errno says that a socket call only has to wait */
int BIO_fd_should_retry(int result);

/* ---- memory ---- */

/* Memory: what is written is read again, first in first out. It grows as needed. Reading an empty one says "retry"
 * (BIO_set_mem_eof_return changes that). */
const BIO_METHOD *BIO_s_mem(void);
/* A read-only memory BIO over `len` bytes (negative: up to the NUL) that stay the caller's and must outlive it. Reading
 * past their end is the end of file. NULL: no memory, or `data` is NULL. */
BIO *BIO_new_mem_buf(const void *data, int len);
/* What reading an empty memory BIO returns: 0 is the end of file, a negative value "retry". 1. */
int BIO_set_mem_eof_return(BIO *bio, int value);
/* Points *data (a pointer of any type) at what a memory BIO holds; returns the count. Good until the next call on the BIO. */
#define BIO_get_mem_data(bio, data) BIO_ctrl((bio), BIO_CTRL_INFO, 0, (char *)(data))

/* ---- pairs: what is written to one half is read from the other ---- */

/* Half of a pair: it has no peer yet, and reading and writing fail. */
const BIO_METHOD *BIO_s_bio(void);
/* Two halves, joined, with one reference each. What is written to *one may wait in one_size bytes (0: 17 KiB),
 * likewise for *other. Writing to a full half, and reading when the peer wrote nothing, says "retry". 1; 0: no
 * memory, both NULL. */
int BIO_new_bio_pair(BIO **one, size_t one_size, BIO **other, size_t other_size);
#define BIO_make_bio_pair(one, other) ((int)BIO_ctrl((one), BIO_C_MAKE_BIO_PAIR, 0, (other))) /* 1 or 0 */
#define BIO_destroy_bio_pair(bio) ((int)BIO_ctrl((bio), BIO_C_DESTROY_BIO_PAIR, 0, NULL))     /* 1; the bytes are gone */
#define BIO_set_write_buf_size(bio, size) ((int)BIO_ctrl((bio), BIO_C_SET_WRITE_BUF_SIZE, (size), NULL)) /* before: 1 or 0 */
#define BIO_get_write_buf_size(bio, size) ((size_t)BIO_ctrl((bio), BIO_C_GET_WRITE_BUF_SIZE, (size), NULL))
/* Nothing more is written to this half: the peer reads the end of file behind what there is. 1. */
#define BIO_shutdown_wr(bio) ((int)BIO_ctrl((bio), BIO_C_SHUTDOWN_WR, 0, NULL))
/* Bytes that BIO_write() takes now. */
size_t BIO_ctrl_get_write_guarantee(BIO *bio);
/* Bytes that the peer wanted to read in vain, at most the size of this half; 0: it does not wait. */
size_t BIO_ctrl_get_read_request(BIO *bio);
int BIO_ctrl_reset_read_request(BIO *bio); /* 1 or 0 */
#define BIO_get_write_guarantee(bio) ((int)BIO_ctrl((bio), BIO_C_GET_WRITE_GUARANTEE, 0, NULL))
#define BIO_get_read_request(bio) ((int)BIO_ctrl((bio), BIO_C_GET_READ_REQUEST, 0, NULL))
/* Without a copy: *data points at bytes to read, or at room to write, in one piece; how many there are (at most
 * `num`), 0 or -1 as BIO_read and BIO_write, -2 without a peer. The forms with 0 do not move; the others count those
 * bytes as read, or written: the caller fills the room before the peer reads. Good until the next call on either
 * half. */
int BIO_nread0(BIO *bio, char **data);
int BIO_nread(BIO *bio, char **data, int num);
int BIO_nwrite0(BIO *bio, char **data);
int BIO_nwrite(BIO *bio, char **data, int num);

/* ---- filters, and nothing ---- */

/* Gathers small writes until BIO_flush() or 4096 bytes, and reads ahead: BIO_read() goes on until it has all that
 * was asked for or the BIO behind has nothing, BIO_gets() works on any BIO. */
const BIO_METHOD *BIO_f_buffer(void);
/* Sizes of the two buffers, which are empty then; 4096 and less changes nothing. 1 or 0. */
#define BIO_set_buffer_size(bio, size) BIO_ctrl((bio), BIO_C_SET_BUFF_SIZE, (size), NULL)
#define BIO_set_read_buffer_size(bio, size) BIO_int_ctrl((bio), BIO_C_SET_BUFF_SIZE, (size), 0)
#define BIO_set_write_buffer_size(bio, size) BIO_int_ctrl((bio), BIO_C_SET_BUFF_SIZE, (size), 1)
/* `num` bytes that are read before those of the BIO behind, in place of what was read ahead. 1 or 0. */
#define BIO_set_buffer_read_data(bio, bytes, num) BIO_ctrl((bio), BIO_C_SET_BUFF_READ_DATA, (num), (bytes))
#define BIO_get_buffer_num_lines(bio) BIO_ctrl((bio), BIO_C_GET_BUFF_NUM_LINES, 0, NULL) /* newlines read ahead */
#define BIO_buffer_peek(bio, bytes, num) BIO_ctrl((bio), BIO_CTRL_PEEK, (num), (bytes)) /* read ahead, and left there */
/* A filter that changes nothing. */
const BIO_METHOD *BIO_f_null(void);
/* What is written is gone; reading is the end of file. */
const BIO_METHOD *BIO_s_null(void);

/* ---- files ---- */

/* Over a FILE: "retry" never happens. */
const BIO_METHOD *BIO_s_file(void);
#define BIO_FP_READ 0x02
#define BIO_FP_WRITE 0x04
#define BIO_FP_APPEND 0x08
#define BIO_FP_TEXT 0x10 /* accepted: text is bytes here */
/* One over the file `name`, opened as fopen(3) does with `mode`, and closed with the BIO. NULL: see errno and the
 * record. */
BIO *BIO_new_file(const char *name, const char *mode);
/* One over `file`; `flags`: BIO_CLOSE (fclose with the BIO) or BIO_NOCLOSE, or'ed with BIO_FP_TEXT. NULL: no memory, or
 * `file` is NULL. */
BIO *BIO_new_fp(FILE *file, int flags);
#define BIO_set_fp(bio, file, flags) BIO_ctrl((bio), BIO_C_SET_FILE_PTR, (flags), (file)) /* 1; 0: `file` is NULL */
#define BIO_get_fp(bio, out) BIO_ctrl((bio), BIO_C_GET_FILE_PTR, 0, (out))                /* into a FILE *: 1 or 0 */
/* Opens `name` for it: 1 or 0. */
#define BIO_read_filename(bio, name) ((int)BIO_ctrl((bio), BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_READ, (char *)(name)))
#define BIO_write_filename(bio, name) ((int)BIO_ctrl((bio), BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_WRITE, (char *)(name)))
#define BIO_append_filename(bio, name) ((int)BIO_ctrl((bio), BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_APPEND, (char *)(name)))
#define BIO_rw_filename(bio, name) \
    ((int)BIO_ctrl((bio), BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_READ | BIO_FP_WRITE, (char *)(name)))

/* ---- connecting ---- */

#define BIO_FAMILY_IPV4 4
#define BIO_FAMILY_IPV6 6
#define BIO_FAMILY_IPANY 256
#define BIO_SOCK_REUSEADDR 0x01
#define BIO_SOCK_V6_ONLY 0x02
#define BIO_SOCK_KEEPALIVE 0x04 /* connecting: always */
#define BIO_SOCK_NONBLOCK 0x08
#define BIO_SOCK_NODELAY 0x10

/* A socket that connects when it is first read, written or asked to (BIO_do_connect), to each address of its host in
 * turn. */
const BIO_METHOD *BIO_s_connect(void);
/* One to "host:port" (an IPv6 address between [ and ]; without ":port", BIO_set_conn_port() follows). NULL: no
 * memory, or not such a text. */
BIO *BIO_new_connect(const char *host_port);
/* Where to, before it connects; texts are copied. "host:port" sets both. 1 or 0. */
#define BIO_set_conn_hostname(bio, name) BIO_ctrl((bio), BIO_C_SET_CONNECT, 0, (char *)(name))
#define BIO_set_conn_port(bio, port) BIO_ctrl((bio), BIO_C_SET_CONNECT, 1, (char *)(port)) /* a number or a name */
#define BIO_set_conn_address(bio, address) BIO_ctrl((bio), BIO_C_SET_CONNECT, 2, (char *)(address)) /* copied */
#define BIO_set_conn_ip_family(bio, family) BIO_int_ctrl((bio), BIO_C_SET_CONNECT, 3, (family)) /* BIO_FAMILY_* */
/* What was set, or the address that it connects to; the BIO's own; NULL: none. */
#define BIO_get_conn_hostname(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_CONNECT, 0))
#define BIO_get_conn_port(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_CONNECT, 1))
#define BIO_get_conn_address(bio) ((const BIO_ADDR *)BIO_ptr_ctrl((bio), BIO_C_GET_CONNECT, 2))
#define BIO_get_conn_ip_family(bio) BIO_ctrl((bio), BIO_C_GET_CONNECT, 3, NULL)
/* Non-blocking (1) or not (0), before it connects; of an accepting BIO: the connections that come. 1. */
#define BIO_set_nbio(bio, on) BIO_ctrl((bio), BIO_C_SET_NBIO, (on), NULL)
#define BIO_set_conn_mode(bio, mode) BIO_ctrl((bio), BIO_C_SET_CONNECT_MODE, (mode), NULL) /* BIO_SOCK_*, all of them */
/* Connects, listens or takes a connection, or shakes hands: whatever the first BIO of the chain that knows it does.
 * 1; 0 or -1: failed, or retry. In front of an SSL filter: connects, and then shakes hands. */
#define BIO_do_handshake(bio) BIO_ctrl((bio), BIO_C_DO_STATE_MACHINE, 0, NULL)
#define BIO_do_connect(bio) BIO_do_handshake(bio)
#define BIO_do_accept(bio) BIO_do_handshake(bio)

/* ---- accepting ---- */

/* A listening socket. The first BIO_do_accept() listens, the next takes a connection and puts its socket BIO behind
 * this one; BIO_pop() hands it over, and the next call takes the next. Reading and writing do all that, and then go
 * to it. */
const BIO_METHOD *BIO_s_accept(void);
/* One on "host:port", or "port" alone (every address of the family that the system names first, or that was set; 0: a
 * port that is free). NULL: no memory, or not such a text. */
BIO *BIO_new_accept(const char *host_port);
#define BIO_set_accept_name(bio, name) BIO_ctrl((bio), BIO_C_SET_ACCEPT, 0, (char *)(name))
#define BIO_set_accept_port(bio, port) BIO_ctrl((bio), BIO_C_SET_ACCEPT, 1, (char *)(port))
#define BIO_set_nbio_accept(bio, on) BIO_ctrl((bio), BIO_C_SET_ACCEPT, 2, (on) ? (void *)"a" : NULL)
/* A chain whose duplicates are put in front of each connection (an SSL filter, a buffer); the reference is taken
 * over. */
#define BIO_set_accept_bios(bio, chain) BIO_ctrl((bio), BIO_C_SET_ACCEPT, 3, (char *)(chain))
#define BIO_set_accept_ip_family(bio, family) BIO_int_ctrl((bio), BIO_C_SET_ACCEPT, 4, (family))
/* Where it listens, and who came last, as numbers; the BIO's own; NULL: not yet. */
#define BIO_get_accept_name(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_ACCEPT, 0))
#define BIO_get_accept_port(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_ACCEPT, 1))
#define BIO_get_peer_name(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_ACCEPT, 2))
#define BIO_get_peer_port(bio) ((const char *)BIO_ptr_ctrl((bio), BIO_C_GET_ACCEPT, 3))
#define BIO_get_accept_ip_family(bio) BIO_ctrl((bio), BIO_C_GET_ACCEPT, 4, NULL)
#define BIO_BIND_NORMAL 0
#define BIO_BIND_REUSEADDR BIO_SOCK_REUSEADDR
#define BIO_BIND_REUSEADDR_IF_UNUSED BIO_SOCK_REUSEADDR
#define BIO_set_bind_mode(bio, mode) BIO_ctrl((bio), BIO_C_SET_BIND_MODE, (mode), NULL) /* BIO_SOCK_* */
#define BIO_get_bind_mode(bio) BIO_ctrl((bio), BIO_C_GET_BIND_MODE, 0, NULL)

/* An internet address with a port: empty; NULL: no memory. */
BIO_ADDR *BIO_ADDR_new(void);
void BIO_ADDR_free(BIO_ADDR *address);
void BIO_ADDR_clear(BIO_ADDR *address);
/* AF_INET with 4 bytes or AF_INET6 with 16, and a port in network order. 1, or 0: none of these. */
int BIO_ADDR_rawmake(BIO_ADDR *address, int family, const void *bytes, size_t len, unsigned short port);
int BIO_ADDR_family(const BIO_ADDR *address); /* AF_INET, AF_INET6; AF_UNSPEC: empty */
/* The bytes into out[16] (NULL: only *len, which may be NULL too). 1, or 0: empty. */
int BIO_ADDR_rawaddress(const BIO_ADDR *address, void *out, size_t *len);
unsigned short BIO_ADDR_rawport(const BIO_ADDR *address); /* in network order */
/* Address and port as text, numbers where `numeric`; for free(). NULL: empty, unknown, no memory. */
char *BIO_ADDR_hostname_string(const BIO_ADDR *address, int numeric);
char *BIO_ADDR_service_string(const BIO_ADDR *address, int numeric);

#ifdef __cplusplus
}
#endif
#endif
