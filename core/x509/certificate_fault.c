/* SPDX-License-Identifier: MIT
 *
 * Why a certificate does not decode: the field, the byte, what is wrong there, and what RFC 5280 wants in its place.
 */
#include "core/x509/certificate.h"

#include <string.h>

/* The first entry that begins the field's name counts. Sections without a document are RFC 5280's. */
static const struct {
    const char *field, *wanted;
} table[] = {
    {"version", "4.1.2.1 wants 1, 2 or 3, and 1 not coded"},
    {"serialNumber", "4.1.2.2 wants 1 to 20 octets in the shortest form"},
    {"signatureAlgorithm", "4.1.1.2 wants the algorithm of the signed part, its parameters included"},
    {"signatureValue", "4.1.1.3 wants a BIT STRING of whole octets"},
    {"signature", "4.1.2.3 wants an AlgorithmIdentifier"},
    {"issuerUniqueID", "4.1.2.8 wants a BIT STRING"},
    {"issuerAltName", "4.2.1.7 wants names as in subjectAltName"},
    {"issuerDomainPolicy", "4.2.1.5 wants a policy other than anyPolicy"},
    {"issuer",
     "4.1.2.4 wants a name that is not empty, of strings of their type, sets in order, each type once in one"},
    {"validity", "4.1.2.5 wants UTCTime, from 2050 on GeneralizedTime, to the second and with Z"},
    {"subjectAltName", "4.2.1.6 wants one name or more, ASCII and not empty, addresses of 4 or 16 octets"},
    {"subjectKeyIdentifier", "4.2.1.2 wants an OCTET STRING"},
    {"subjectUniqueID", "4.1.2.8 wants a BIT STRING"},
    {"subjectDomainPolicy", "4.2.1.5 wants a policy other than anyPolicy"},
    {"subjectPublicKey", "4.1.2.7 wants a key as its algorithm has it"},
    {"subject", "4.1.2.6 wants a name of strings of their type, sets in order, each type once in one"},
    {"modulus", "4.1.2.7 wants an odd number; 16384 bits are taken"},
    {"publicExponent", "4.1.2.7 wants an odd number from 3 on; 64 bits are taken"},
    {"algorithm", "4.1.2.7 wants the key's algorithm with the parameters that it has"},
    {"extension.critical", "4.2 wants TRUE, or nothing"},
    {"extensions", "4.2 wants one or more; 64 are taken"},
    {"extension", "4.2 wants each extension once"},
    {"authorityKeyIdentifier", "4.2.1.1 wants issuer and serial number together, or neither"},
    {"keyUsage", "4.2.1.3 wants one bit or more, where it is critical none behind decipherOnly"},
    {"cRLDistributionPoints", "4.2.1.13 wants points, each with a name or a cRLIssuer"},
    {"certificatePolicies", "4.2.1.4 wants one policy or more"},
    {"policyIdentifier", "4.2.1.4 wants each policy once"},
    {"policyQualifier", "4.2.1.4 wants one qualifier or more"},
    {"qualifier", "4.2.1.4 wants a URI in IA5String or a UserNotice"},
    {"policyMappings", "4.2.1.5 wants pairs of policies other than anyPolicy"},
    {"basicConstraints", "4.2.1.9 wants cA TRUE or nothing, and a path length of 0 or more"},
    {"policyConstraints", "4.2.1.11 wants one field or both"},
    {"requireExplicitPolicy", "4.2.1.11 wants a number of 0 or more"},
    {"inhibitPolicyMapping", "4.2.1.11 wants a number of 0 or more"},
    {"extendedKeyUsage", "4.2.1.12 wants one purpose or more"},
    {"inhibitAnyPolicy", "4.2.1.14 wants a number of 0 or more"},
    {"authorityInfoAccess", "4.2.2.1 wants methods, each with a general name"},
    {"extn", "4.2 wants an identifier and an OCTET STRING with the extension's own DER, whole"},
    {"tbsCertificate", "4.1 wants the fields in their order, and nothing else"},
    {"certificate", "4.1 wants three fields, and nothing behind them"},
    {"tlsFeature", "RFC 7633 4 wants numbers of TLS extensions"},
    {"ocspNoCheck", "RFC 6960 4.2.2.2.1 wants NULL"},
};

enum tvt_result
tvt_certificate_fault(struct tvt_error *error, const char *message, const struct tvt_reader *r)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    const char *wanted = NULL;
    for (size_t i = 0; wanted == NULL && i < sizeof(table) / sizeof(table[0]); i++)
        if (strncmp(r->bad, table[i].field, strlen(table[i].field)) == 0)
            wanted = table[i].wanted;
    (void)tvt_fail_detail(error, TVT_E_CERT_MALFORMED, message, r->bad, "it %s%s%s", tvt_der_fault_words(r->bad_kind),
                          wanted != NULL ? "; " : "", wanted != NULL ? wanted : "");
    if (first)
        error->offset = r->bad_offset;
    return TVT_FAIL;
}
