/* SPDX-License-Identifier: MIT
 *
 * constants.h - the numbers of <trivet/ssl.h>, which includes it: results, modes, options, versions, verdicts on certificates.
 * They have OpenSSL's values.
 */
#ifndef TRIVET_CONSTANTS_H
#define TRIVET_CONSTANTS_H

#include <stdint.h>

#define SSL_ERROR_NONE 0
#define SSL_ERROR_SSL 1               /* fatal, or a call that is not allowed now: see the record                   */
#define SSL_ERROR_WANT_READ 2         /* call again when the transport can be read                                  */
#define SSL_ERROR_WANT_WRITE 3        /* call again when the transport can be written                               */
#define SSL_ERROR_WANT_X509_LOOKUP 4  /* the callback of SSL_CTX_set_cert_cb() has not answered yet: call again        */
#define SSL_ERROR_SYSCALL 5           /* a system call failed: errno, also in the record                            */
#define SSL_ERROR_ZERO_RETURN 6       /* the peer closed in order (close_notify)                                    */
#define SSL_ERROR_WANT_CONNECT 7
#define SSL_ERROR_WANT_ACCEPT 8
#define SSL_ERROR_WANT_ASYNC 9        /* a signer has not answered yet: call again                                  */
#define SSL_ERROR_WANT_ASYNC_JOB 10
#define SSL_ERROR_WANT_CLIENT_HELLO_CB 11 /* the callback of SSL_CTX_set_client_hello_cb() has not: call again       */
#define SSL_ERROR_WANT_RETRY_VERIFY 12 /* the verdict on the peer's certificate, or what a store or a memory of the program's
                                          knows of a session, is open: call again                                  */

#define SSL_NOTHING 1
#define SSL_WRITING 2
#define SSL_READING 3
#define SSL_X509_LOOKUP 4
#define SSL_ASYNC_PAUSED 5
#define SSL_CLIENT_HELLO_CB 7
#define SSL_RETRY_VERIFY 8

#define SSL_VERIFY_NONE 0x00
#define SSL_VERIFY_PEER 0x01
#define SSL_VERIFY_FAIL_IF_NO_PEER_CERT 0x02
#define SSL_VERIFY_CLIENT_ONCE 0x04
#define SSL_VERIFY_POST_HANDSHAKE 0x08
/* Trivet's own, with PEER: a client verifies the chain but no name; the program compares it. */
#define SSL_VERIFY_NO_NAME 0x10000

#define SSL_SENT_SHUTDOWN 1
#define SSL_RECEIVED_SHUTDOWN 2

#define SSL_FILETYPE_PEM 1
#define SSL_FILETYPE_ASN1 2

#define SSL_MODE_ENABLE_PARTIAL_WRITE 0x00000001U
#define SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER 0x00000002U
#define SSL_MODE_AUTO_RETRY 0x00000004U      /* on from the start */
#define SSL_MODE_RELEASE_BUFFERS 0x00000010U /* always so         */
/* Client that tries again with a lower highest version, after a failure: a server that has a higher one refuses (RFC 7507). Sent
 * where TLS 1.3 is not offered. Only for such a second try. */
#define SSL_MODE_SEND_FALLBACK_SCSV 0x00000080U
/* Trivet's own: a client's last flight (TLS 1.3: Finished, with the certificate that was asked for; TLS 1.2 with a session:
 * Finished) is not sent by SSL_connect(), which returns 1, but with what the program does next, in one segment where
 * they fit: SSL_write() puts its data behind it, SSL_shutdown() its close_notify; SSL_read(), SSL_peek(), SSL_do_handshake() called
 * again and BIO_flush() on a BIO_f_ssl() send it alone. Each says WANT_WRITE where the channel does not take it. The server has
 * not heard the end of the handshake before: a program that waits for the server to speak calls one of them first, then
 * poll(). SSL_free() and SSL_clear() send nothing: to the server the handshake was broken off. */
#define SSL_MODE_TVT_HOLD_LAST_FLIGHT 0x40000000U
/* <trivet/compat.h> has those that are accepted without effect; others are not there, and their use says why. */

#define SSL_OP_CLEANSE_PLAINTEXT 0x00000002U         /* no copy of received data stays in Trivet's memory            */
#define SSL_OP_IGNORE_UNEXPECTED_EOF 0x00000080U     /* the end without close_notify counts as one: data may be cut  */
#define SSL_OP_DISABLE_TLSEXT_CA_NAMES 0x00000200U   /* no names of authorities are sent, whatever was set           */
#define SSL_OP_ALLOW_NO_DHE_KEX 0x00000400U          /* PSKs without (EC)DHE too: no forward secrecy (RFC 9846 4.3.9) */
#define SSL_OP_COOKIE_EXCHANGE 0x00002000U           /* server: a ClientHello must bring a cookie; no TLS 1.2     */
#define SSL_OP_NO_TICKET 0x00004000U                 /* server: sessions are kept here, a ticket (TLS 1.2: an id) is a key to one */
#define SSL_OP_NO_COMPRESSION 0x00020000U            /* always so                                                    */
#define SSL_OP_ENABLE_MIDDLEBOX_COMPAT 0x00100000U   /* RFC 9846 appendix E.4; on from the start                     */
#define SSL_OP_PRIORITIZE_CHACHA 0x00200000U         /* server, TLS 1.3: for a client that names ChaCha20 first      */
#define SSL_OP_CIPHER_SERVER_PREFERENCE 0x00400000U  /* always so                                                    */
#define SSL_OP_NO_SSLv2 0x00000000U                  /* these four: always so; then two that are honoured            */
#define SSL_OP_NO_SSLv3 0x02000000U
#define SSL_OP_NO_TLSv1 0x04000000U
#define SSL_OP_NO_TLSv1_1 0x10000000U
#define SSL_OP_NO_TLSv1_2 0x08000000U
#define SSL_OP_NO_TLSv1_3 0x20000000U
#define SSL_OP_NO_RENEGOTIATION 0x40000000U          /* always so                                                    */
/* Either: no certificate is sent or taken compressed, whatever SSL_CTX_set1_cert_comp_preference() said. */
#define SSL_OP_NO_TX_CERTIFICATE_COMPRESSION ((uint64_t)1 << 32)
#define SSL_OP_NO_RX_CERTIFICATE_COMPRESSION ((uint64_t)1 << 33)
/* Every version: with one of them cleared again, that one alone is spoken. */
#define SSL_OP_NO_SSL_MASK                                                                                             \
    (SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3)
#define SSL_OP_SINGLE_DH_USE 0x0U
#define SSL_OP_SINGLE_ECDH_USE 0x0U
/* SSL_OP_NO_ANTI_REPLAY is not there: 0-RTT is never taken without a memory that refuses replays. */
#define SSL_OP_ALL 0x80000850U                       /* accepted: none of those bugs is worked around or needs it    */

#define SSL3_VERSION 0x0300
#define TLS1_VERSION 0x0301
#define TLS1_1_VERSION 0x0302
#define TLS1_2_VERSION 0x0303
#define TLS1_3_VERSION 0x0304

#define TLSEXT_NAMETYPE_host_name 0
#define TLSEXT_STATUSTYPE_ocsp 1
#define TLSEXT_cert_type_x509 0
#define TLSEXT_cert_type_rpk 2
#define TLSEXT_comp_cert_none 0
#define TLSEXT_comp_cert_zlib 1
#define TLSEXT_comp_cert_brotli 2
#define TLSEXT_comp_cert_zstd 3
#define TLSEXT_max_fragment_length_DISABLED 0
#define TLSEXT_max_fragment_length_512 1
#define TLSEXT_max_fragment_length_1024 2
#define TLSEXT_max_fragment_length_2048 3
#define TLSEXT_max_fragment_length_4096 4

#define SSL_SESS_CACHE_OFF 0x0000
#define SSL_SESS_CACHE_CLIENT 0x0001
#define SSL_SESS_CACHE_SERVER 0x0002
#define SSL_SESS_CACHE_BOTH 0x0003
#define SSL_SESS_CACHE_NO_AUTO_CLEAR 0x0080 /* accepted: what is old goes when room is needed */
#define SSL_SESS_CACHE_NO_INTERNAL_LOOKUP 0x0100
#define SSL_SESS_CACHE_NO_INTERNAL_STORE 0x0200
#define SSL_SESS_CACHE_NO_INTERNAL 0x0300
#define SSL_SESSION_CACHE_MAX_SIZE_DEFAULT 20480
#define SSL_MAX_SID_CTX_LENGTH 32
#define SSL_MAX_SSL_SESSION_ID_LENGTH 32

#define SSL_EARLY_DATA_NOT_SENT 0
#define SSL_EARLY_DATA_REJECTED 1
#define SSL_EARLY_DATA_ACCEPTED 2
#define SSL_READ_EARLY_DATA_ERROR 0
#define SSL_READ_EARLY_DATA_SUCCESS 1
#define SSL_READ_EARLY_DATA_FINISH 2

#define SSL_KEY_UPDATE_NONE (-1)
#define SSL_KEY_UPDATE_NOT_REQUESTED 0
#define SSL_KEY_UPDATE_REQUESTED 1

/* What SSL_get_verify_result() can say. */
#define X509_V_OK 0
#define X509_V_ERR_UNSPECIFIED 1                          /* also: nobody verified it                  */
#define X509_V_ERR_UNABLE_TO_GET_CRL 3
#define X509_V_ERR_CERT_SIGNATURE_FAILURE 7
#define X509_V_ERR_CRL_SIGNATURE_FAILURE 8
#define X509_V_ERR_CERT_NOT_YET_VALID 9
#define X509_V_ERR_CERT_HAS_EXPIRED 10
#define X509_V_ERR_CRL_HAS_EXPIRED 12                     /* also: of the future                       */
#define X509_V_ERR_OUT_OF_MEM 17
#define X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT 18
#define X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY 20
#define X509_V_ERR_CERT_CHAIN_TOO_LONG 22
#define X509_V_ERR_CERT_REVOKED 23
#define X509_V_ERR_INVALID_CA 79
#define X509_V_ERR_PATH_LENGTH_EXCEEDED 25
#define X509_V_ERR_INVALID_PURPOSE 26
#define X509_V_ERR_CERT_REJECTED 28
#define X509_V_ERR_KEYUSAGE_NO_CERTSIGN 32
#define X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION 34
#define X509_V_ERR_INVALID_EXTENSION 41
#define X509_V_ERR_NO_EXPLICIT_POLICY 43
#define X509_V_ERR_PERMITTED_VIOLATION 47
#define X509_V_ERR_HOSTNAME_MISMATCH 62
#define X509_V_ERR_EE_KEY_TOO_SMALL 66
#define X509_V_ERR_CA_MD_TOO_WEAK 68

#endif
