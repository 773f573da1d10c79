/* SPDX-License-Identifier: MIT
 *
 * A file of sessions (trivet client --session): PEM blocks behind a line of our own. Each ticket is used once (RFC 9846
 * C.4): what is taken is not in the file any more. Processes that share it wait for each other.
 */
#ifndef TVT_TOOLS_SESSION_FILE_H
#define TVT_TOOLS_SESSION_FILE_H

#include <trivet/ssl.h>

#define SESSION_FILE_MAX 16u /* sessions kept, the newest */

/* Takes the newest session that is fresh and for `name` (an address: for none) out of the file; stale ones go too.
 * *session NULL: there is none; *too_old: there was one, but it can be used no longer. The file is made if there is none, with mode 0600. False: the file cannot be used, and the record says why. */
bool session_file_take(const char *path, const char *name, SSL_SESSION **session, bool *too_old,
                       struct tvt_error *error);
/* Adds one. The file's mode is 0600 from then on. */
bool session_file_keep(const char *path, const SSL_SESSION *session, struct tvt_error *error);

#endif
