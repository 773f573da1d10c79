/* SPDX-License-Identifier: MIT
 *
 * A stapled OCSP response: does it say, now and with authority, that the certificate is good (RFC 6960 3.2)?
 */
#ifndef TVT_CORE_X509_OCSP_H
#define TVT_CORE_X509_OCSP_H

#include "core/x509/path.h"

#define TVT_OCSP_SKEW_S 300       /* seconds that clocks may differ                                            */
#define TVT_OCSP_AGE_MAX_S 86400  /* seconds that a response without nextUpdate is good: its sender says that newer
                                     information is to be had at any time (RFC 6960 4.2.2.1)                   */

struct tvt_ocsp_request {
    const struct tvt_provider *provider;
    const struct tvt_path_policy *policy;  /* NULL: the default                  */
    struct tvt_span response;              /* OCSPResponse, DER                  */
    const struct tvt_certificate *leaf;    /* that it must be about              */
    const struct tvt_certificate *issuer;  /* of the leaf, verified              */
    const struct tvt_trust_store *store;   /* whose revocation lists speak of the responder; NULL: none */
    int64_t time;                          /* seconds since 1970                 */
};

/* TVT_OK: good, of now, signed by the issuer or by a responder that the issuer certified for it. TVT_FAIL: CERT_REVOKED,
 * or one of the OCSP_ errors. */
TVT_MUST_USE enum tvt_result tvt_ocsp_check(const struct tvt_ocsp_request *request, struct tvt_error *error);

/* Is this a whole successful response? Nothing of it is judged. */
bool tvt_ocsp_is_response(struct tvt_span der);

#endif
