/* SPDX-License-Identifier: MIT
 *
 * OID filters (RFC 9846 4.3.5): what a server asks of the extensions of a client's certificate.
 */
#ifndef TVT_CORE_X509_OID_FILTER_H
#define TVT_CORE_X509_OID_FILTER_H

#include "core/x509/certificate.h"

/* `filters`: {vec8 OID, vec16 values} each. False: the form is wrong, an OID stands twice, or a value of an extension that
 * is known here is malformed or asks for anyExtendedKeyUsage. */
TVT_MUST_USE bool tvt_oid_filters_valid(struct tvt_span filters);
/* True when the certificate has what every filter of a known extension (keyUsage, extendedKeyUsage) asks for; the others
 * are passed over. `filters` is valid. */
TVT_MUST_USE bool tvt_oid_filters_match(struct tvt_span filters, const struct tvt_certificate *certificate);

#endif
