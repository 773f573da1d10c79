/* SPDX-License-Identifier: MIT
 *
 * What the suites of certificates in all their forms share.
 */
#ifndef TVT_TESTS_UNIT_AUTH_HELP_H
#define TVT_TESTS_UNIT_AUTH_HELP_H

#include "tests/support/fixture.h"

/* Puts `credential` (the reference is taken over) in the place of all that the role's configuration has; NULL: none. */
void auth_put(struct tvt_fixture *f, enum tvt_role role, struct tvt_credential *credential);
/* The key of vectors/pki/<key> without a certificate. */
struct tvt_credential *auth_raw_key(const struct tvt_provider *provider, const char *key);
/* The SubjectPublicKeyInfo that a credential shows. */
struct tvt_span auth_spki(const struct tvt_credential *credential);
/* What `role` found: its error's code, or that it was told of `alert` by the other side. */
enum tvt_error_code auth_code(const struct tvt_fixture *f, enum tvt_role role);
bool auth_told(const struct tvt_fixture *f, enum tvt_role role, enum tvt_error_code code);
struct tvt_info auth_info(const struct tvt_fixture *f, enum tvt_role role);
/* Data goes both ways. */
bool auth_talks(struct tvt_fixture *f);

#endif
