/* SPDX-License-Identifier: MIT
 *
 * Where systems keep their trusted roots; what else is read from files about trust.
 */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: files and directories of any size and number */
#define _POSIX_C_SOURCE   200809L
#include "core/os/system_store.h"

#include "core/os/environment.h"
#include "core/os/file.h"
#include "core/x509/limits.h"
#include "core/x509/pem.h"
#include "core/x509/trust_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX       8192u /* entries of a directory that are looked at */
#define PATH_LENGTH_MAX 4096u

static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL                 */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL 7 and later             */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE                         */
    "/etc/ssl/cert.pem",                                 /* Alpine, BSD, macOS           */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD                      */
    "/usr/local/etc/ssl/cert.pem",                       /* FreeBSD ports                */
    "/etc/openssl/certs/ca-certificates.crt",            /* NetBSD                       */
    "/etc/certs/ca-certificates.crt",                    /* illumos                      */
};
static const char *const directories[] = {"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs"};

static enum tvt_result
add_bytes(struct tvt_trust_store *store, struct tvt_span bytes, size_t *added, size_t *skipped, struct tvt_error *error)
{
    if (bytes.len > 0 && bytes.data[0] == 0x30 && !tvt_pem_looks_like(bytes)) {
        size_t before = tvt_trust_store_count(store);
        if (tvt_trust_store_add_der(store, bytes, error) != TVT_OK)
            return TVT_FAIL;
        *added = tvt_trust_store_count(store) - before;
        return TVT_OK;
    }
    return tvt_trust_store_add_pem(store, bytes, added, skipped, error);
}

/* A long path by its end, where the file's name is. */
static void
name_file(struct tvt_error *error, const char *path)
{
    size_t len = strlen(path), most = 120;
    tvt_error_add_detail(error, "in %s%s", len > most ? "..." : "", len > most ? path + len - most : path);
}

static enum tvt_result
add_file(struct tvt_trust_store *store, const char *path, size_t *skipped, struct tvt_error *error)
{
    struct tvt_file file;
    size_t added;
    enum tvt_result result;
    if (tvt_file_read(&file, path, TVT_PEM_MAX, "trust store", NULL, error) != TVT_OK)
        return TVT_FAIL;
    bool first = error != NULL && error->code == TVT_E_NONE;
    result = add_bytes(store, file.bytes, &added, skipped, error);
    tvt_file_free(&file);
    if (result != TVT_OK && first)
        name_file(error, path);
    return result;
}

enum tvt_result
tvt_trust_store_add_file(struct tvt_trust_store *store, const char *path, struct tvt_error *error)
{
    return add_file(store, path, NULL, error);
}

enum tvt_result
tvt_trust_store_add_crl_file(struct tvt_trust_store *store, const char *path, size_t *added, struct tvt_error *error)
{
    struct tvt_file file;
    if (tvt_file_read(&file, path, TVT_CRL_FILE_MAX, "CRL", NULL, error) != TVT_OK)
        return TVT_FAIL;
    bool first = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result = tvt_trust_store_add_crl_bytes(store, file.bytes, added, error);
    tvt_file_free(&file);
    if (result != TVT_OK && first)
        name_file(error, path);
    return result;
}

enum tvt_result
tvt_public_suffixes_load(struct tvt_public_suffixes **out, const char *path, bool want_private,
                         const struct tvt_allocator *allocator, struct tvt_error *error)
{
    struct tvt_file file;
    *out = NULL;
    if (tvt_file_read(&file, path, TVT_SUFFIX_FILE_MAX, "public suffix list", allocator, error) != TVT_OK)
        return TVT_FAIL;
    bool first = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result = tvt_public_suffixes_new(out, file.bytes, want_private, allocator, error);
    tvt_file_free(&file);
    if (result != TVT_OK && first)
        name_file(error, path);
    return result;
}

/* A directory's files, each once: the hash links that c_rehash makes name files that are there too, and a certificate
 * that is in the store is not added again. */
enum tvt_result
tvt_trust_store_add_directory(struct tvt_trust_store *store, const char *path, size_t *added, struct tvt_error *error)
{
    size_t before = tvt_trust_store_count(store), seen = 0;
    const struct dirent *entry;
    if (tvt_trust_store_check_unshared(store, error) != TVT_OK) /* what a file says is passed over */
        return TVT_FAIL;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return tvt_fail_os(error, TVT_E_FILE_UNREADABLE, "trust store", NULL, errno, "%.150s", path);
    while (seen < FILES_MAX && (entry = readdir(directory)) != NULL) {
        char name[PATH_LENGTH_MAX];
        struct stat status;
        struct tvt_error passed_over;
        size_t skipped;
        int len = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        seen++;
        if (len < 0 || (size_t)len >= sizeof(name) || entry->d_name[0] == '.' || stat(name, &status) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        tvt_error_clear(&passed_over);
        if (add_file(store, name, &skipped, &passed_over) != TVT_OK &&
            tvt_trust_store_takes_no_more(error, &passed_over)) {
            (void)closedir(directory);
            return TVT_FAIL;
        }
    }
    (void)closedir(directory);
    if (added != NULL)
        *added = tvt_trust_store_count(store) - before;
    return TVT_OK;
}

/* What was tried, for the error; `why`: what kept the first of it from serving, or that the store takes no more. */
struct tried {
    char text[TVT_ERROR_DETAIL_MAX];
    size_t at;
    struct tvt_error why;
};

static void
note(struct tried *tried, const char *path)
{
    int n = snprintf(tried->text + tried->at, sizeof(tried->text) - tried->at, "%s%s", tried->at > 0 ? ", " : "", path);
    if (n > 0 && (size_t)n < sizeof(tried->text) - tried->at)
        tried->at += (size_t)n;
    else
        tried->at = strlen(tried->text);
}

static bool
failed(struct tried *tried, const struct tvt_error *passed_over)
{
    struct tvt_error full;
    tvt_error_clear(&full);
    if (tried->why.code == TVT_E_NONE || tvt_trust_store_takes_no_more(&full, passed_over))
        tried->why = *passed_over;
    return false;
}

static bool
try_file(struct tvt_trust_store *store, const char *path, struct tried *tried)
{
    struct tvt_error passed_over;
    size_t skipped;
    note(tried, path);
    tvt_error_clear(&passed_over);
    return add_file(store, path, &skipped, &passed_over) == TVT_OK ? tvt_trust_store_count(store) > 0
                                                                   : failed(tried, &passed_over);
}

static bool
try_directory(struct tvt_trust_store *store, const char *path, struct tried *tried)
{
    struct tvt_error passed_over;
    size_t added = 0;
    note(tried, path);
    tvt_error_clear(&passed_over);
    return tvt_trust_store_add_directory(store, path, &added, &passed_over) == TVT_OK ? added > 0
                                                                                      : failed(tried, &passed_over);
}

/* Every one of a list with ':' between, as SSL_CERT_DIR may be. */
static bool
try_directories(struct tvt_trust_store *store, const char *list, struct tried *tried)
{
    bool good = false;
    while (*list != '\0') {
        char path[PATH_LENGTH_MAX];
        size_t len = strcspn(list, ":");
        if (len > 0 && len < sizeof(path)) {
            memcpy(path, list, len);
            path[len] = '\0';
            good = try_directory(store, path, tried) || good;
        }
        list += len + (list[len] == ':');
    }
    return good;
}

/* The path that served, NULL: none. */
static const char *
find(struct tvt_trust_store *store, struct tried *tried)
{
    const char *file = tvt_environment("SSL_CERT_FILE"), *directory = tvt_environment("SSL_CERT_DIR");
    bool file_good = file != NULL && try_file(store, file, tried);
    bool directory_good = directory != NULL && try_directories(store, directory, tried);
    if (file != NULL || directory != NULL)
        return file_good ? file : directory_good ? directory : NULL;
    for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
        if (try_file(store, bundles[i], tried))
            return bundles[i];
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (try_directory(store, directories[i], tried))
            return directories[i];
    return NULL;
}

enum tvt_result
tvt_system_store_load(struct tvt_trust_store **out, char *source, size_t cap, const struct tvt_allocator *allocator,
                      struct tvt_error *error)
{
    struct tried tried = {.at = 0};
    const char *found;
    if (tvt_trust_store_new(out, allocator, error) != TVT_OK)
        return TVT_FAIL;
    found = find(*out, &tried);
    if (found == NULL) {
        tvt_trust_store_unref(*out);
        *out = NULL;
        if (tvt_trust_store_takes_no_more(error, &tried.why))
            return TVT_FAIL;
        if (tried.why.code == TVT_E_NONE)
            return tvt_fail_detail(error, TVT_E_NO_SYSTEM_STORE, "trust store", NULL, "tried %.180s", tried.text);
        const char *why =
            tried.why.code == TVT_E_FILE_UNREADABLE ? strerror(tried.why.native) : tvt_error_sentence(tried.why.code);
        return tvt_fail_detail(error, TVT_E_NO_SYSTEM_STORE, "trust store", NULL, "tried %.100s; the first: %.75s",
                               tried.text, why);
    }
    if (source != NULL && cap > 0)
        (void)snprintf(source, cap, "%s", found);
    return TVT_OK;
}
