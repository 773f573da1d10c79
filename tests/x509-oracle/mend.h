/* SPDX-License-Identifier: MIT
 *
 * What the rules of explain.c name, taken out of the certificates of one path. Each returns whether there was any of it.
 */
#ifndef TVT_TESTS_X509_ORACLE_MEND_H
#define TVT_TESTS_X509_ORACLE_MEND_H

#include "tests/x509-oracle/oracle.h"

bool mend_leaf_usage(struct oracle_world *w);
bool mend_dns_base(struct oracle_world *w);
bool mend_mask(struct oracle_world *w);
bool mend_wildcard_name(struct oracle_world *w);
bool mend_partial_wildcard(struct oracle_world *w);
bool mend_sha1(struct oracle_world *w);
bool mend_no_basic(struct oracle_world *w);
bool mend_any_eku(struct oracle_world *w);
bool mend_wrong_identifier(struct oracle_world *w);
bool mend_self_issued_identifiers(struct oracle_world *w);
bool mend_signer_identifiers(struct oracle_world *w);
bool mend_anchor_eku(struct oracle_world *w);
bool mend_directory_bases(struct oracle_world *w);
bool mend_address_bases(struct oracle_world *w);
bool mend_forms(struct oracle_world *w);
bool mend_other_kinds(struct oracle_world *w);
bool mend_uri_bases(struct oracle_world *w);
bool mend_path_length(struct oracle_world *w);
bool mend_address_uri(struct oracle_world *w);
bool mend_no_mailbox(struct oracle_world *w);
bool mend_subject_mailbox(struct oracle_world *w);
bool mend_trusted_leaf(struct oracle_world *w);
bool mend_empty_dns_base(struct oracle_world *w);
bool mend_common_name(struct oracle_world *w);
bool mend_anchor_basic(struct oracle_world *w);
bool mend_userinfo_uri(struct oracle_world *w);
bool mend_no_dns_name(struct oracle_world *w);

#endif
