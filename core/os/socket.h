/* SPDX-License-Identifier: MIT
 *
 * Stream sockets: reading, writing, connecting and the few options that matter. Every call leaves errno as the system
 * set it; a call that a signal interrupted is made again.
 */
#ifndef TVT_CORE_OS_SOCKET_H
#define TVT_CORE_OS_SOCKET_H

#include "core/base/error.h"

/* The count; 0: end of file; -1: errno. `fd` may also be a pipe. */
long tvt_socket_read(int fd, void *data, size_t len);
/* The count; -1: errno. A socket never raises SIGPIPE. */
long tvt_socket_write(int fd, const void *data, size_t len);
void tvt_socket_close(int fd);

/* True when `errnum` says that the call only has to wait. */
bool tvt_socket_would_block(int errnum);

/* TCP_NODELAY: 1 on, 0 off, -1: not a TCP socket. */
int tvt_socket_get_nodelay(int fd);
bool tvt_socket_set_nodelay(int fd, bool on);
bool tvt_socket_set_nonblocking(int fd, bool on);
/* What was received is acknowledged now, not when the system sees fit (TCP_QUICKACK). False: not here, or not TCP. errno
 * stays. */
bool tvt_socket_quick_ack(int fd);

/* Position of a file: moved to `offset`, or only told. Yields it; -1: errno (a socket or a pipe has none). */
long tvt_fd_seek(int fd, long offset, bool tell);

/* Opens a blocking TCP connection to `host` (name or address) and `service` (name or number), trying every address that
 * the name has. The descriptor, or -1: IO_CONNECT. */
int tvt_socket_connect(const char *host, const char *service, struct tvt_error *error);

#endif
