/* SPDX-License-Identifier: MIT
 *
 * Whole files into memory (POSIX).
 */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: files and directories of any size and number */
#define _POSIX_C_SOURCE   200809L
#include "core/os/file.h"

#include "core/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_SIZE 4096u

/* Room for at least one byte more, and the NUL: the block doubles, and the old one is wiped. */
static bool
grow(struct tvt_file *file, size_t len, size_t limit)
{
    size_t size = file->size * 2 > limit + 2 ? limit + 2 : file->size * 2;
    uint8_t *memory = tvt_alloc(file->allocator, size);
    if (memory == NULL)
        return false;
    memcpy(memory, file->memory, len);
    tvt_release_wiped(file->allocator, file->memory, file->size);
    file->memory = memory;
    file->size = size;
    return true;
}

/* Reads to the end; 0, an errno, or -1 for more than `limit` bytes. */
static int
read_all(struct tvt_file *file, int fd, size_t limit)
{
    size_t len = 0;
    for (;;) {
        if (len + 1 >= file->size && !grow(file, len, limit))
            return ENOMEM;
        ssize_t n = read(fd, file->memory + len, file->size - len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        len += (size_t)n;
        if (len > limit)
            return -1;
    }
    file->memory[len] = '\0';
    file->bytes.data = file->memory;
    file->bytes.len = len;
    return 0;
}

enum tvt_result
tvt_file_read(struct tvt_file *out, const char *path, size_t limit, const char *message,
              const struct tvt_allocator *allocator, struct tvt_error *error)
{
    struct stat status;
    int fd, failed;
    memset(out, 0, sizeof(*out));
    out->allocator = allocator;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return tvt_fail_os(error, TVT_E_FILE_UNREADABLE, message, NULL, errno, "%.150s", path);
    /* The size spares copies; what counts is what read() gives. One byte more finds the end, one is for the NUL. */
    out->size = FIRST_SIZE;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        out->size = (uintmax_t)status.st_size < limit ? (size_t)status.st_size + 2 : limit + 2;
    out->memory = tvt_alloc(allocator, out->size);
    failed = out->memory != NULL ? read_all(out, fd, limit) : ENOMEM;
    (void)close(fd);
    if (failed == 0)
        return TVT_OK;
    tvt_file_free(out);
    if (failed == -1)
        return tvt_fail_detail(error, TVT_E_FILE_TOO_LONG, message, NULL, "%.120s is longer than %zu bytes", path,
                               limit);
    if (failed == ENOMEM)
        return tvt_fail_detail(error, TVT_E_NO_MEMORY, message, NULL, "%.150s", path);
    return tvt_fail_os(error, TVT_E_FILE_UNREADABLE, message, NULL, failed, "%.150s", path);
}

void
tvt_file_free(struct tvt_file *file)
{
    if (file->memory != NULL)
        tvt_release_wiped(file->allocator, file->memory, file->size);
    memset(file, 0, sizeof(*file));
}

FILE *
tvt_file_stream(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (file != NULL)
        (void)fcntl(fileno(file), F_SETFD, FD_CLOEXEC);
    return file;
}
