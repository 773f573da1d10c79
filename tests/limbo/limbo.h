/* SPDX-License-Identifier: MIT
 *
 * The x509-limbo harness: what its two files share.
 */
#ifndef TVT_TESTS_LIMBO_LIMBO_H
#define TVT_TESTS_LIMBO_LIMBO_H

#include "core/x509/path.h"

#include <jansson.h>

enum limbo_profile {
    LIMBO_AUTO, /* rfc5280 for bettertls::, whose certificates were not issued by the Baseline Requirements, else web-pki */
    LIMBO_WEB_PKI, /* tvt_path_policy_web_pki */
    LIMBO_RFC5280  /* tvt_path_policy_default */
};

enum limbo_answer { LIMBO_SUCCESS, LIMBO_FAILURE, LIMBO_SKIPPED, LIMBO_BROKEN /* not a test case */ };

struct limbo_result {
    enum limbo_answer answer;
    double ms;         /* CPU time of decoding and validating */
    char context[640]; /* the refusal in words                */
};

/* Runs one element of "testcases". */
void limbo_run(struct limbo_result *out, const json_t *test, const struct tvt_provider *provider,
               enum limbo_profile profile);

#endif
