/* SPDX-License-Identifier: MIT
 *
 * What a configuration holds. Written by config.c alone; everybody else reads.
 */
#ifndef TVT_CORE_HANDSHAKE_CONFIG_H
#define TVT_CORE_HANDSHAKE_CONFIG_H

#include <stdatomic.h>

#include "core/base/error.h"
#include "core/message/message.h"
#include "core/x509/credential.h"
#include "core/x509/path.h"
#include <trivet/tls.h>

#define TVT_CONFIG_SUITES_MAX 8u
#define TVT_CONFIG_GROUPS_MAX 16u
#define TVT_CONFIG_SCHEMES_MAX 24u
#define TVT_CONFIG_SHARES_MAX 4u
#define TVT_CONFIG_CREDENTIALS_MAX 16u

/* For tests alone: puts given bytes in the place of a message that is about to be sent, before it enters the
 * transcript. True: *message was replaced (bytes that live until the connection is freed). */
struct tvt_test_port {
    bool (*replace)(void *user, enum tvt_message_kind kind, struct tvt_span *message);
    void *user;
};

struct tvt_config {
    atomic_uint references;
    atomic_bool frozen; /* a connection uses it */
    const struct tvt_provider *provider;
    struct tvt_allocator allocator;
    uint16_t min_version, max_version;
    size_t num_suites, num_groups, num_schemes, num_shares, num_credentials;
    const struct tvt_suite *suites[TVT_CONFIG_SUITES_MAX];
    uint16_t groups[TVT_CONFIG_GROUPS_MAX];
    const struct tvt_scheme *schemes[TVT_CONFIG_SCHEMES_MAX];
    struct tvt_credential *credentials[TVT_CONFIG_CREDENTIALS_MAX]; /* references */
    uint8_t *alpn; /* wire form */
    size_t alpn_len;
    bool alpn_lenient;
    struct tvt_trust_store *trust; /* reference; NULL: none */
    enum tvt_verify verify;
    tvt_verdict_callback *verdict;
    void *verdict_user;
    tvt_clock_callback *clock;
    void *clock_user;
    tvt_keylog_callback *keylog;
    void *keylog_user;
    size_t max_certificate;
    bool compatibility;
    uint16_t record_size_limit;
    struct tvt_path_policy policy;
    struct tvt_test_port test_port;
};

/* Marks the configuration as used: it changes no more. */
void tvt_config_freeze(struct tvt_config *config);
bool tvt_config_has_scheme(const struct tvt_config *config, uint16_t id);

#endif
