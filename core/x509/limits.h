/* SPDX-License-Identifier: MIT
 *
 * Limits of the certificate code: everything that a peer, or a file, could make large has its bound here.
 */
#ifndef TVT_CORE_X509_LIMITS_H
#define TVT_CORE_X509_LIMITS_H

#define TVT_CHAIN_MAX 10u              /* certificates that a peer may send, or a credential may hold          */
#define TVT_POOL_MAX 64u               /* certificates that one path search may be given                       */
#define TVT_PATH_MAX (TVT_CHAIN_MAX + 1u) /* certificates of a verified path: the chain's and the anchor       */
#define TVT_CERTIFICATE_MAX 65536u     /* bytes of one certificate                                             */
#define TVT_SERIAL_MAX 20u             /* octets of a serial number (RFC 5280 4.1.2.2)                         */
#define TVT_EXTENSIONS_MAX 64u         /* extensions of one certificate                                        */
#define TVT_PATH_SIGNATURES_MAX 64u    /* signature checks that one path search may spend                      */
#define TVT_PATH_STEPS_MAX 4096u       /* candidate issuers that one path search may look at                   */
#define TVT_CONSTRAINT_STEPS_MAX 250000u /* comparisons of a name with a name constraint, per path search; long
                                            ones count as several                                              */
#define TVT_POLICIES_MAX 32u           /* policies of one certificate that are compared with those of another  */
#define TVT_RDN_ATTRIBUTES_MAX 16u     /* attributes of one relative distinguished name                        */
#define TVT_PEM_MAX (16u << 20)        /* bytes of a PEM file: a bundle of a few thousand roots                */
#define TVT_KEY_FILE_MAX 65536u        /* bytes of a private key file                                          */
#define TVT_ANCHORS_MAX 65536u         /* certificates of a trust store                                        */
#define TVT_RSA_BITS_MAX 16384u        /* modulus of a public key                                              */
#define TVT_NAME_TEXT_MAX 256u         /* a rendered distinguished name, NUL included                          */
#define TVT_AUTHORITIES_MAX 64u        /* names of certificate_authorities that a credential is compared with  */
#define TVT_OCSP_CERTIFICATES_MAX 4u   /* certificates of an OCSP response that are looked at                  */
#define TVT_OCSP_ANSWERS_MAX 64u       /* single responses of an OCSP response that are looked at              */
#define TVT_CRL_MAX 0xffffffu          /* bytes of one revocation list                                         */
#define TVT_CRL_FILE_MAX (32u << 20)   /* bytes of a file with revocation lists                                */
#define TVT_CRLS_MAX 1024u             /* revocation lists of a trust store                                    */
#define TVT_CRL_SIGNER_MAX 2720u       /* bytes of a key that a list remembers: ML-DSA-87, RSA of 16384 bits   */
#define TVT_CRL_SIGNATURES_MAX 16u     /* signatures of lists that one path search may check                   */
#define TVT_CRL_NAMES_MAX 16u          /* names of a distribution point that are compared, and points of a certificate */
#define TVT_DNS_NAME_MAX 253u          /* bytes of a host name (RFC 1035 2.3.4), dots included                 */
#define TVT_DNS_LABEL_MAX 63u          /* of its labels                                                        */
#define TVT_SUFFIX_FILE_MAX (4u << 20) /* bytes of a public suffix list: that of publicsuffix.org has 0.3 MiB  */
#define TVT_SUFFIX_RULES_MAX 65536u    /* its rules                                                            */
#define TVT_ANCHOR_CONSTRAINTS_MAX 4096u /* bytes of the name constraints that a program gives an anchor       */
#define TVT_RDN_MAX 32u                /* relative names of a distinguished name that are rendered             */

#endif
