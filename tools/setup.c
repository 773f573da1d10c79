/* SPDX-License-Identifier: MIT
 *
 * From options to an SSL_CTX. What the library refuses here is a usage error, told by the option's name.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/setup.h"

#include "core/base/memory.h"
#include "core/os/environment.h"
#include "core/ssl/ssl.h"
#include "tools/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALPN_MAX 1024u /* bytes of the list in wire form */

static int keylog_fd = -1; /* the key log of this process; SSL_CTX has no place for it */

/* A line is one write, so that those of several processes do not mix. */
static void
write_keylog(const SSL *ssl, const char *line)
{
    char text[512];
    size_t len = strlen(line);
    (void)ssl;
    if (keylog_fd < 0 || len + 1 > sizeof text)
        return;
    memcpy(text, line, len);
    text[len] = '\n';
    ssize_t written = write(keylog_fd, text, len + 1);
    tvt_wipe(text, sizeof text);
    (void)written; /* the connection does not fail because its debugging aid does */
}

static int
open_keylog(SSL_CTX *ctx, const struct tool_options *o)
{
    const char *path = o->keylog != NULL ? o->keylog : tvt_environment("SSLKEYLOGFILE");
    if (path == NULL || path[0] == '\0')
        return -1;
    keylog_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (keylog_fd < 0)
        return tool_usage(o, "%s %s cannot be opened for writing: %s. Name a file that may be written.",
                          o->keylog != NULL ? "--keylog" : "SSLKEYLOGFILE", path, strerror(errno));
    SSL_CTX_set_keylog_callback(ctx, write_keylog);
    return -1;
}

static int
version_number(const char *text)
{
    if (strcmp(text, "1.3") == 0)
        return TLS1_3_VERSION;
    return strcmp(text, "1.2") == 0 ? TLS1_2_VERSION : 0;
}

static int
set_versions(SSL_CTX *ctx, const struct tool_options *o)
{
    const char *text[] = {o->min_version, o->max_version};
    const char *const name[] = {"min", "max"};
    for (int i = 0; i < 2; i++)
        if (text[i] != NULL && version_number(text[i]) == 0)
            return tool_usage(o, "--%s %s is no version of TLS that there could be here: say 1.2 or 1.3.", name[i],
                              text[i]);
    if (o->allow_no_ems)
        (void)SSL_CTX_set_tvt_allow_no_ems(ctx, 1);
    if (text[0] != NULL && text[1] != NULL && version_number(text[0]) > version_number(text[1]))
        return tool_usage(o, "--min %s is above --max %s: there is no version between them.", text[0], text[1]);
    if (text[0] == NULL && text[1] != NULL && version_number(text[1]) == TLS1_2_VERSION)
        text[0] = text[1];
    if (text[0] != NULL && SSL_CTX_set_min_proto_version(ctx, version_number(text[0])) != 1)
        return tool_usage_record(o, "min", text[0], tvt_err_last());
    if (text[1] != NULL && SSL_CTX_set_max_proto_version(ctx, version_number(text[1])) != 1)
        return tool_usage_record(o, "max", text[1], tvt_err_last());
    return -1;
}

static enum tvt_result
set_suites(struct tvt_config *config, const void *value, struct tvt_error *error)
{
    return tvt_config_set_suites(config, value, error);
}

static int
set_lists(const struct tool_setup *setup, const struct tool_options *o)
{
    SSL_CTX *ctx = setup->ctx;
    if (o->suites != NULL && tool_setup_change(setup, set_suites, o->suites) != 1)
        return tool_usage_record(o, "suites", o->suites, tvt_err_last());
    if (o->groups != NULL && SSL_CTX_set1_groups_list(ctx, o->groups) != 1)
        return tool_usage_record(o, "groups", o->groups, tvt_err_last());
    if (o->sigalgs != NULL && SSL_CTX_set1_sigalgs_list(ctx, o->sigalgs) != 1)
        return tool_usage_record(o, "sigalgs", o->sigalgs, tvt_err_last());
    return -1;
}

/* "h2,http/1.1" in wire form (RFC 7301 3.1). */
static int
set_alpn(SSL_CTX *ctx, const struct tool_options *o)
{
    unsigned char wire[ALPN_MAX];
    unsigned at = 0;
    if (o->alpn == NULL)
        return -1;
    for (const char *p = o->alpn;; p++) {
        size_t len = strcspn(p, ",");
        if (len == 0 || len > 255 || at + 1 + len > sizeof wire)
            return tool_usage(o,
                              "--alpn \"%.80s\" has a name that is empty or too long: names have 1 to 255 bytes, the "
                              "list %u. Say for example h2,http/1.1.",
                              o->alpn, ALPN_MAX);
        wire[at] = (unsigned char)len;
        memcpy(wire + at + 1, p, len);
        at += 1 + (unsigned)len;
        p += len;
        if (*p == '\0')
            break;
    }
    if (SSL_CTX_set_alpn_protos(ctx, wire, at) != 0)
        return tool_usage_record(o, "alpn", o->alpn, tvt_err_last());
    return -1;
}

int
tool_setup_change(const struct tool_setup *setup, tool_change *change, const void *value)
{
    return tvt_ssl_change_ctx(setup->ctx, "trivet", change, value);
}

static int
configure(const struct tool_setup *setup, const struct tool_options *o)
{
    SSL_CTX *ctx = setup->ctx;
    int status = set_versions(ctx, o);
    if (status < 0)
        status = set_lists(setup, o);
    if (status < 0)
        status = set_alpn(ctx, o);
    if (status < 0)
        status = tool_setup_auth(setup, o);
    if (status < 0)
        status = tool_setup_resume(setup, o);
    if (o->grease)
        SSL_CTX_set_grease_enabled(ctx, 1);
    if (status < 0)
        status = open_keylog(ctx, o);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return status;
}

int
tool_setup_open(struct tool_setup *setup, const struct tool_options *o)
{
    struct tvt_error error;
    memset(setup, 0, sizeof *setup);
    tvt_error_clear(&error);
    if (tvt_provider_open(&setup->provider, o->backend, &error) != TVT_OK)
        return tool_usage_record(o, "backend", o->backend != NULL ? o->backend : "(the default)", &error);
    setup->ctx = SSL_CTX_new_with_backend(o->command->bit == TOOL_SERVER ? TLS_server_method() : TLS_client_method(),
                                          o->backend, &error);
    if (setup->ctx == NULL) {
        int status = tool_usage_record(o, "backend", o->backend != NULL ? o->backend : "(the default)", &error);
        tool_setup_close(setup);
        return status;
    }
    int status = configure(setup, o);
    if (status >= 0)
        tool_setup_close(setup);
    return status;
}

void
tool_setup_close(struct tool_setup *setup)
{
    SSL_CTX_free(setup->ctx);
    tvt_provider_free(setup->provider);
    if (keylog_fd >= 0)
        (void)close(keylog_fd);
    keylog_fd = -1;
    memset(setup, 0, sizeof *setup);
}
