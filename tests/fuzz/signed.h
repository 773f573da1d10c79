/* SPDX-License-Identifier: MIT
 *
 * A chain of two and its provider, for targets that judge something about a certificate: once with signatures that are
 * checked, and once with signatures that are all taken for good, so that what stands behind the check is reached.
 */
#ifndef TVT_TESTS_FUZZ_SIGNED_H
#define TVT_TESTS_FUZZ_SIGNED_H

#include "core/x509/certificate.h"

struct fuzz_signed {
    struct tvt_certificate chain[2];
    const struct tvt_provider *strict, *lenient;
};

/* Made at the first call, kept to the end of the process. */
const struct fuzz_signed *fuzz_signed(void);

#endif
