/* SPDX-License-Identifier: MIT
 *
 * Reading and writing files of sessions, under a lock.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/session_file.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE                                                                                                     \
    "# Trivet sessions. Secret: whoever has this file can impersonate both ends of what is resumed.\n"                 \
    "# Mode 0600; `trivet client --session` takes a ticket out when it uses it.\n"
#define MARK_LEN 18u /* "# Trivet sessions." */

/* What the file holds, in its order: oldest first. */
struct sessions {
    FILE *file; /* open and locked */
    SSL_SESSION *session[SESSION_FILE_MAX];
    size_t num;
};

static bool
failed(struct tvt_error *error, const char *path, int errnum)
{
    return tvt_fail_os(error, TVT_E_FILE_UNREADABLE, "session file", NULL, errnum, "%s", path) == TVT_OK;
}

static void
drop(struct sessions *s, size_t index)
{
    SSL_SESSION_free(s->session[index]);
    s->num--;
    memmove(&s->session[index], &s->session[index + 1], (s->num - index) * sizeof s->session[0]);
}

/* Opens and locks it; it is made where there is none. */
static bool
open_locked(struct sessions *s, const char *path, struct tvt_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_CREAT, 0600);
    if (fd < 0)
        return failed(error, path, errno);
    while (fcntl(fd, F_SETLKW, &lock) != 0)
        if (errno != EINTR) {
            int errnum = errno;
            (void)close(fd);
            return failed(error, path, errnum);
        }
    s->file = fdopen(fd, "r+");
    if (s->file != NULL)
        return true;
    (void)close(fd);
    return failed(error, path, ENOMEM);
}

/* Reads all; a file that is neither empty nor ours is left alone. */
static bool
read_all(struct sessions *s, const char *path, struct tvt_error *error)
{
    char mark[MARK_LEN];
    size_t len = fread(mark, 1, sizeof mark, s->file);
    if (ferror(s->file) != 0)
        return failed(error, path, errno);
    if (len == 0)
        return true;
    if (len < sizeof mark || memcmp(mark, FIRST_LINE, sizeof mark) != 0)
        return tvt_fail_detail(error, TVT_E_SESSION_MALFORMED, "session file", NULL, "%.100s is no file of sessions",
                               path) == TVT_OK;
    for (;;) {
        SSL_SESSION *session = PEM_read_SSL_SESSION(s->file, NULL, NULL, NULL);
        if (session == NULL && feof(s->file) != 0)
            return true;
        if (session == NULL) {
            *error = *tvt_err_last();
            return false;
        }
        if (s->num == SESSION_FILE_MAX)
            drop(s, 0);
        s->session[s->num++] = session;
    }
}

static bool
write_all(struct sessions *s, const char *path, struct tvt_error *error)
{
    int fd = fileno(s->file);
    rewind(s->file);
    bool good = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && ftruncate(fd, 0) == 0 && fputs(FIRST_LINE, s->file) >= 0;
    for (size_t i = 0; i < s->num && good; i++)
        good = PEM_write_SSL_SESSION(s->file, s->session[i]) == 1;
    return (fflush(s->file) == 0 && good) || failed(error, path, errno);
}

static void
close_all(struct sessions *s)
{
    while (s->num > 0)
        drop(s, s->num - 1);
    if (s->file != NULL)
        (void)fclose(s->file); /* what was written was flushed; the lock goes with the descriptor */
}

/* The server name of a session is "" where an address was connected to. */
static bool
is_for(const SSL_SESSION *session, const char *name)
{
    struct tvt_session_info info;
    tvt_session_info(session, &info);
    bool address = strchr(name, ':') != NULL || strspn(name, "0123456789.") == strlen(name);
    return strcasecmp(info.server_name, address ? "" : name) == 0;
}

bool
session_file_take(const char *path, const char *name, SSL_SESSION **session, bool *too_old, struct tvt_error *error)
{
    struct sessions s = {.num = 0};
    int64_t now = tvt_clock_wall_ms();
    *session = NULL;
    *too_old = false;
    if (!open_locked(&s, path, error))
        return false;
    bool good = read_all(&s, path, error);
    if (good) {
        size_t before = s.num;
        for (size_t i = s.num; i-- > 0;) {
            bool fresh = tvt_session_fresh(s.session[i], now > 0 ? (uint64_t)now : 0);
            if (fresh && *session == NULL && is_for(s.session[i], name))
                (void)SSL_SESSION_up_ref(*session = s.session[i]);
            else if (fresh)
                continue;
            *too_old |= !fresh && is_for(s.session[i], name);
            drop(&s, i);
        }
        *too_old &= *session == NULL;
        good = s.num == before || write_all(&s, path, error);
    }
    close_all(&s);
    if (!good) {
        SSL_SESSION_free(*session);
        *session = NULL;
    }
    return good;
}

bool
session_file_keep(const char *path, const SSL_SESSION *session, struct tvt_error *error)
{
    struct sessions s = {.num = 0};
    SSL_SESSION *kept = (SSL_SESSION *)(uintptr_t)session; /* a reference is taken, nothing is changed */
    bool good = open_locked(&s, path, error) && read_all(&s, path, error);
    if (good) {
        if (s.num == SESSION_FILE_MAX)
            drop(&s, 0);
        (void)SSL_SESSION_up_ref(kept);
        s.session[s.num++] = kept;
        good = write_all(&s, path, error);
    }
    close_all(&s);
    return good;
}
