/* SPDX-License-Identifier: MIT
 *
 * What the suites of certificates in all their forms share.
 */
#include "tests/unit/auth_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

void
auth_put(struct tvt_fixture *f, enum tvt_role role, struct tvt_credential *credential)
{
    struct tvt_config *c = f->config[role];
    for (size_t i = 0; i < c->num_credentials; i++)
        tvt_credential_unref(c->credentials[i]);
    c->num_credentials = 0;
    if (credential != NULL)
        CU_ASSERT_EQUAL(tvt_config_add_credential(c, credential, NULL), TVT_OK);
    tvt_credential_unref(credential);
}

struct tvt_credential *
auth_raw_key(const struct tvt_provider *provider, const char *key)
{
    struct tvt_credential *c = NULL;
    char path[128];
    (void)snprintf(path, sizeof path, "pki/%s/key.pem", key);
    CU_ASSERT_EQUAL_FATAL(tvt_credential_new_raw_key(&c, provider, tvt_fixture_file(path), NULL, NULL), TVT_OK);
    return c;
}

struct tvt_span
auth_spki(const struct tvt_credential *credential)
{
    return credential->raw_key ? credential->chain[0] : credential->leaf.key.spki;
}

enum tvt_error_code
auth_code(const struct tvt_fixture *f, enum tvt_role role)
{
    return tvt_connection_error(tvt_fixture_end(f, role))->code;
}

bool
auth_told(const struct tvt_fixture *f, enum tvt_role role, enum tvt_error_code code)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, role));
    return e->code == TVT_E_PEER_ALERT && e->alert == tvt_error_alert(code);
}

struct tvt_info
auth_info(const struct tvt_fixture *f, enum tvt_role role)
{
    struct tvt_info info;
    tvt_connection_info(tvt_fixture_end(f, role), &info);
    return info;
}

bool
auth_talks(struct tvt_fixture *f)
{
    size_t had[2] = {f->pair.end[0].data_len, f->pair.end[1].data_len};
    if (!tvt_pair_send(&f->pair, TVT_CLIENT, "to you", 6) || !tvt_pair_send(&f->pair, TVT_SERVER, "to me", 5))
        return false;
    tvt_pair_settle(&f->pair);
    return f->pair.end[TVT_SERVER].data_len == had[TVT_SERVER] + 6 &&
           f->pair.end[TVT_CLIENT].data_len == had[TVT_CLIENT] + 5;
}
