/* SPDX-License-Identifier: MIT
 *
 * The file BIO, over a FILE of the C library.
 */
#include "core/os/file.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static FILE *
file_of(const BIO *bio)
{
    return bio->data;
}

static int
file_read(BIO *bio, char *data, size_t len, size_t *got)
{
    if (len == 0)
        return 0;
    *got = fread(data, 1, len, file_of(bio));
    if (*got > 0)
        return 1;
    return ferror(file_of(bio)) != 0 ? -1 : 0;
}

static int
file_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    if (len == 0)
        return 0;
    *put = fwrite(data, 1, len, file_of(bio));
    return *put > 0 ? 1 : -1;
}

static int
file_gets(BIO *bio, char *data, int size)
{
    BIO_clear_retry_flags(bio);
    data[0] = '\0';
    if (fgets(data, size, file_of(bio)) == NULL)
        return ferror(file_of(bio)) != 0 ? -1 : 0;
    size_t len = strlen(data);
    return (int)len;
}

static void
close_file(BIO *bio)
{
    if (bio->close_flag != BIO_NOCLOSE && bio->init != 0 && bio->data != NULL)
        (void)fclose(file_of(bio));
    if (bio->close_flag != BIO_NOCLOSE) {
        bio->data = NULL;
        bio->init = 0;
        bio->flags = 0;
    }
}

static long
use(BIO *bio, FILE *file, long flags)
{
    close_file(bio);
    bio->data = file;
    bio->close_flag = (int)flags & BIO_CLOSE;
    bio->init = file != NULL;
    return file != NULL;
}

static FILE *
open_file(const char *name, const char *mode, const char *call)
{
    FILE *file = tvt_file_stream(name, mode);
    if (file != NULL)
        return file;
    struct tvt_error error;
    int errnum = errno;
    tvt_error_clear(&error);
    (void)tvt_fail_os(&error, TVT_E_FILE_UNREADABLE, call, NULL, errnum, "%.150s", name);
    (void)tvt_bio_failed(&error);
    errno = errnum;
    return NULL;
}

static long
open_as(BIO *bio, const char *name, long flags)
{
    const char *mode = NULL;
    if ((flags & BIO_FP_APPEND) != 0)
        mode = (flags & BIO_FP_READ) != 0 ? "a+" : "a";
    else if ((flags & BIO_FP_READ) != 0)
        mode = (flags & BIO_FP_WRITE) != 0 ? "r+" : "r";
    else if ((flags & BIO_FP_WRITE) != 0)
        mode = "w";
    if (mode == NULL || name == NULL)
        return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, "BIO_C_SET_FILENAME", "neither read, written nor appended to") > 0;
    FILE *file = open_file(name, mode, "BIO_C_SET_FILENAME");
    return file != NULL ? use(bio, file, flags) : 0;
}

static long
file_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    long r = 0;
    if (cmd == BIO_C_SET_FILE_PTR)
        return use(bio, ptr, num);
    if (cmd == BIO_C_SET_FILENAME)
        return open_as(bio, ptr, num);
    if (tvt_bio_close_ctrl(bio, cmd, num, &r) || bio->data == NULL)
        return r;
    switch (cmd) {
    case BIO_CTRL_RESET:
        return fseek(file_of(bio), 0, SEEK_SET);
    case BIO_C_FILE_SEEK:
        return fseek(file_of(bio), num, SEEK_SET);
    case BIO_CTRL_EOF:
        return feof(file_of(bio)) != 0;
    case BIO_C_FILE_TELL:
    case BIO_CTRL_INFO:
        return ftell(file_of(bio));
    case BIO_C_GET_FILE_PTR:
        if (ptr != NULL)
            *(FILE **)ptr = file_of(bio);
        return 1;
    case BIO_CTRL_FLUSH:
        return fflush(file_of(bio)) == 0;
    case BIO_CTRL_DUP: /* one FILE has one owner */
        ((BIO *)ptr)->data = bio->data;
        ((BIO *)ptr)->close_flag = BIO_NOCLOSE;
        return 1;
    default:
        return 0;
    }
}

static int
file_create(BIO *bio)
{
    bio->init = 0;
    return 1;
}

static int
file_destroy(BIO *bio)
{
    close_file(bio);
    return 1;
}

const BIO_METHOD *
BIO_s_file(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_FILE,
        .name = "FILE pointer",
        .read = file_read,
        .write = file_write,
        .gets = file_gets,
        .puts = tvt_bio_puts,
        .ctrl = file_ctrl,
        .create = file_create,
        .destroy = file_destroy,
    };
    return &method;
}

BIO *
BIO_new_fp(FILE *file, int flags)
{
    BIO *bio = file != NULL ? BIO_new(BIO_s_file()) : NULL;
    if (bio != NULL)
        (void)use(bio, file, flags);
    return bio;
}

BIO *
BIO_new_file(const char *name, const char *mode)
{
    FILE *file = name != NULL && mode != NULL ? open_file(name, mode, "BIO_new_file") : NULL;
    BIO *bio = BIO_new_fp(file, BIO_CLOSE);
    if (bio == NULL && file != NULL)
        (void)fclose(file);
    return bio;
}
