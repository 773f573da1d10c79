/* SPDX-License-Identifier: MIT
 *
 * compat.h - what programs written for OpenSSL call besides TLS itself: initialisation, versions, random bytes, memory,
 * data of their own on an SSL, and callbacks that watch. <openssl/ssl.h> of this library (include/trivet/openssl) brings it
 * together with ssl.h, bio.h and certs.h; docs/openssl-surface.md lists every name.
 */
#ifndef TRIVET_COMPAT_H
#define TRIVET_COMPAT_H

#include <stdlib.h>

#include "certs.h"
#include "ssl.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- initialisation: there is none to do ---- */

/* Accepted without effect: Trivet needs no initialisation, keeps no global state, and reads no configuration file. 1. */
int OPENSSL_init_ssl(uint64_t options, const void *settings);
int OPENSSL_init_crypto(uint64_t options, const void *settings);
#define OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS 0x00000001L
#define OPENSSL_INIT_LOAD_CRYPTO_STRINGS 0x00000002L
#define OPENSSL_INIT_ADD_ALL_CIPHERS 0x00000004L
#define OPENSSL_INIT_ADD_ALL_DIGESTS 0x00000008L
#define OPENSSL_INIT_NO_ADD_ALL_CIPHERS 0x00000010L
#define OPENSSL_INIT_NO_ADD_ALL_DIGESTS 0x00000020L
#define OPENSSL_INIT_LOAD_CONFIG 0x00000040L
#define OPENSSL_INIT_NO_LOAD_CONFIG 0x00000080L
#define OPENSSL_INIT_ATFORK 0x00020000L
#define OPENSSL_INIT_NO_LOAD_SSL_STRINGS 0x00100000L
#define OPENSSL_INIT_LOAD_SSL_STRINGS 0x00200000L
#define SSL_library_init() OPENSSL_init_ssl(0, NULL)
#define OpenSSL_add_ssl_algorithms() SSL_library_init()
#define SSLeay_add_ssl_algorithms() SSL_library_init()
#define SSL_load_error_strings() ((void)OPENSSL_init_ssl(0, NULL))
#define OpenSSL_add_all_algorithms() ((void)OPENSSL_init_crypto(0, NULL))
#define OpenSSL_add_all_ciphers() ((void)OPENSSL_init_crypto(0, NULL))
#define OpenSSL_add_all_digests() ((void)OPENSSL_init_crypto(0, NULL))
#define ERR_load_crypto_strings() ((void)OPENSSL_init_crypto(0, NULL))
#define ERR_load_SSL_strings() ((void)OPENSSL_init_ssl(0, NULL))
#define ERR_load_BIO_strings() ((void)OPENSSL_init_crypto(0, NULL))
#define OPENSSL_config(name) ((void)(name))
#define OPENSSL_no_config() ((void)0)
#define OPENSSL_load_builtin_modules() ((void)0)
#define CONF_MFLAGS_IGNORE_MISSING_FILE 0x10
#define CONF_MFLAGS_DEFAULT_SECTION 0x20
#define CONF_modules_load_file(file, name, flags) ((void)(file), (void)(name), (void)(flags), 1)
#define CONF_modules_free() ((void)0)
#define CONF_modules_unload(all) ((void)(all))
#define ERR_free_strings() ((void)0)
#define ERR_remove_state(id) ((void)(id))
#define ERR_remove_thread_state(id) ((void)(id))
#define EVP_cleanup() ((void)0)
#define OPENSSL_cleanup() ((void)0)
#define OPENSSL_thread_stop() ((void)0)
#define CRYPTO_cleanup_all_ex_data() ((void)0)
#define SSL_COMP_free_compression_methods() ((void)0)
/* Locks of OpenSSL before 1.1.0: Trivet has its own. */
#define CRYPTO_LOCK 1
#define CRYPTO_num_locks() (1)
#define CRYPTO_set_locking_callback(callback) ((void)(callback))
#define CRYPTO_get_locking_callback() (NULL)
#define CRYPTO_set_id_callback(callback) ((void)(callback))
#define CRYPTO_get_id_callback() (NULL)

#define SSLv23_method TLS_method
#define SSLv23_client_method TLS_client_method
#define SSLv23_server_method TLS_server_method

/* ---- versions ---- */

#define OPENSSL_VERSION 0
#define OPENSSL_CFLAGS 1
#define OPENSSL_BUILT_ON 2
#define OPENSSL_PLATFORM 3
#define OPENSSL_DIR 4
#define SSLEAY_VERSION OPENSSL_VERSION
/* "Trivet 0.1.0"; "not available" for another `what`. Static. */
const char *OpenSSL_version(int what);
unsigned long OpenSSL_version_num(void); /* OPENSSL_VERSION_NUMBER of <openssl/opensslv.h> */
#define SSLeay_version(what) OpenSSL_version(what)
#define SSLeay() OpenSSL_version_num()

/* ---- random bytes, memory ---- */

/* `len` bytes from the default backend: 1, or 0 with a record. */
int RAND_bytes(unsigned char *out, int len);
int RAND_priv_bytes(unsigned char *out, int len); /* the same */
int RAND_status(void);                            /* 1: RAND_bytes() works */
/* The backend seeds itself. */
#define RAND_poll() (1)
#define RAND_add(bytes, len, entropy) ((void)(bytes), (void)(len), (void)(entropy))
#define RAND_seed(bytes, len) ((void)(bytes), (void)(len))
#define RAND_load_file(file, max) ((void)(file), (void)(max), 0)
#define RAND_cleanup() ((void)0)

#define OPENSSL_malloc(size) malloc(size)
#define OPENSSL_zalloc(size) calloc(1, (size))
#define OPENSSL_realloc(memory, size) realloc((memory), (size))
char *OPENSSL_strdup(const char *text); /* NULL: no memory, or `text` is NULL */
#define OPENSSL_free(memory) free(memory)
#define CRYPTO_free(memory) free(memory)
#define OPENSSL_malloc_init() (1)
#define CRYPTO_malloc_init() (1)
void OPENSSL_cleanse(void *memory, size_t len); /* overwrites it with zeros; is never left out */
int CRYPTO_memcmp(const void *a, const void *b, size_t len); /* 0: equal; in constant time */

/* ---- data of a program's own on an SSL or SSL_CTX ---- */

typedef struct tvt_ex_data CRYPTO_EX_DATA;
typedef int CRYPTO_EX_new(void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number, void *pointer);
typedef void CRYPTO_EX_free(void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number, void *pointer);
typedef int CRYPTO_EX_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void *value, int index, long number,
                          void *pointer);
#define CRYPTO_EX_INDEX_SSL 0
#define CRYPTO_EX_INDEX_SSL_CTX 1
/* A new index, 1 to 63, for every object of the kind (CRYPTO_EX_INDEX_*); 0 is SSL_set_app_data()'s. -1: none is left, or
 * another kind. `release` is called for a value that is not NULL when its object is freed; `make` and `copy` are accepted
 * and never called: values begin as NULL. Any thread. */
int CRYPTO_get_ex_new_index(int kind, long number, void *pointer, CRYPTO_EX_new *make, CRYPTO_EX_dup *copy,
                            CRYPTO_EX_free *release);
#define SSL_get_ex_new_index(number, pointer, make, copy, release) \
    CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, (number), (pointer), (make), (copy), (release))
#define SSL_CTX_get_ex_new_index(number, pointer, make, copy, release) \
    CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, (number), (pointer), (make), (copy), (release))
int SSL_set_ex_data(SSL *ssl, int index, void *value); /* 1, or 0: no such index, no memory */
void *SSL_get_ex_data(const SSL *ssl, int index);      /* NULL: nothing was set              */
int SSL_CTX_set_ex_data(SSL_CTX *ctx, int index, void *value);
void *SSL_CTX_get_ex_data(const SSL_CTX *ctx, int index);
#define SSL_set_app_data(ssl, value) SSL_set_ex_data((ssl), 0, (value))
#define SSL_get_app_data(ssl) SSL_get_ex_data((ssl), 0)
#define SSL_CTX_set_app_data(ctx, value) SSL_CTX_set_ex_data((ctx), 0, (value))
#define SSL_CTX_get_app_data(ctx) SSL_CTX_get_ex_data((ctx), 0)

/* ---- a callback that watches ---- */

#define SSL_CB_LOOP 0x01
#define SSL_CB_EXIT 0x02
#define SSL_CB_READ 0x04
#define SSL_CB_WRITE 0x08
#define SSL_CB_ALERT 0x4000
#define SSL_CB_READ_ALERT (SSL_CB_ALERT | SSL_CB_READ)
#define SSL_CB_WRITE_ALERT (SSL_CB_ALERT | SSL_CB_WRITE)
#define SSL_CB_HANDSHAKE_START 0x10
#define SSL_CB_HANDSHAKE_DONE 0x20
#define SSL_ST_CONNECT 0x1000
#define SSL_ST_ACCEPT 0x2000
#define SSL_ST_MASK 0x0FFF
#define SSL_CB_ACCEPT_LOOP (SSL_ST_ACCEPT | SSL_CB_LOOP)
#define SSL_CB_ACCEPT_EXIT (SSL_ST_ACCEPT | SSL_CB_EXIT)
#define SSL_CB_CONNECT_LOOP (SSL_ST_CONNECT | SSL_CB_LOOP)
#define SSL_CB_CONNECT_EXIT (SSL_ST_CONNECT | SSL_CB_EXIT)
/* Called when a handshake begins (HANDSHAKE_START, 1), is done (HANDSHAKE_DONE, 1), when it or SSL_read() or SSL_write() fails
 * by an alert (READ_ALERT or WRITE_ALERT, once; the level, 2, in the high byte of `value` and the description in the low one),
 * and when a call is done with driving the handshake (CONNECT_EXIT or ACCEPT_EXIT; 1: the handshake is done, else 0 or -1).
 * There is no LOOP. It may ask the SSL, and not drive it. */
typedef void tvt_ssl_info_callback(const SSL *ssl, int where, int value);
void SSL_CTX_set_info_callback(SSL_CTX *ctx, tvt_ssl_info_callback *callback);
void SSL_set_info_callback(SSL *ssl, tvt_ssl_info_callback *callback);
tvt_ssl_info_callback *SSL_CTX_get_info_callback(const SSL_CTX *ctx);
tvt_ssl_info_callback *SSL_get_info_callback(const SSL *ssl);
const char *SSL_alert_type_string_long(int value);  /* "fatal", "warning", "unknown" */
const char *SSL_alert_type_string(int value);       /* "F", "W", "U"                */
const char *SSL_alert_desc_string_long(int value);  /* "handshake_failure"; static  */
#define SSL3_AL_WARNING 1
#define SSL3_AL_FATAL 2

/* ---- an SSL once more ---- */

/* Ready for another connection: what was set stays (the SSL_CTX's settings, the role, the names, the BIOs), what came of the
 * last connection goes. A client whose last connection was closed in order (SSL_shutdown() was called) offers the session of
 * its last ticket; one that was not closed is not resumed. 1, or 0: one of its callbacks has not returned. */
int SSL_clear(SSL *ssl);
int SSL_in_before(const SSL *ssl); /* 1: the handshake has not begun */
#define SSL_in_connect_init(ssl) (SSL_in_init(ssl) && !SSL_is_server(ssl))
#define SSL_in_accept_init(ssl) (SSL_in_init(ssl) && SSL_is_server(ssl))

/* ---- suites ---- */

int SSL_CIPHER_get_bits(const SSL_CIPHER *cipher, int *algorithm_bits); /* 128 or 256; 0 for NULL; also in *algorithm_bits */
const char *SSL_CIPHER_get_version(const SSL_CIPHER *cipher);           /* "TLSv1.3"; "(NONE)"            */
uint32_t SSL_CIPHER_get_id(const SSL_CIPHER *cipher);                   /* 0x03000000 and the registry's number */
uint16_t SSL_CIPHER_get_protocol_id(const SSL_CIPHER *cipher);          /* the registry's number          */
const char *SSL_CIPHER_standard_name(const SSL_CIPHER *cipher);         /* "TLS_AES_128_GCM_SHA256"; NULL */
int SSL_get_cipher_bits(const SSL *ssl, int *algorithm_bits);
const char *SSL_get_cipher_version(const SSL *ssl);
/* The suite at `priority` (0: first) of those that the SSL may use; NULL: no more. */
const char *SSL_get_cipher_list(const SSL *ssl, int priority);

#define SSL_CTX_set1_curves_list SSL_CTX_set1_groups_list
#define SSL_set1_curves_list SSL_set1_groups_list
#define SSL_want_nothing(ssl) (SSL_want(ssl) == SSL_NOTHING)
#define SSL_want_read(ssl) (SSL_want(ssl) == SSL_READING)
#define SSL_want_write(ssl) (SSL_want(ssl) == SSL_WRITING)
#define SSL_want_x509_lookup(ssl) (SSL_want(ssl) == SSL_X509_LOOKUP)
#define SSL_want_async(ssl) (SSL_want(ssl) == SSL_ASYNC_PAUSED)
#define SSL_want_retry_verify(ssl) (SSL_want(ssl) == SSL_RETRY_VERIFY)
#define SSL_cache_hit(ssl) SSL_session_reused(ssl)

/* ---- accepted without effect, and why ---- */

/* Groups are chosen from SSL_CTX_set1_groups_list() always. */
#define SSL_CTX_set_ecdh_auto(ctx, on) ((void)(ctx), (void)(on), 1)
#define SSL_set_ecdh_auto(ssl, on) ((void)(ssl), (void)(on), 1)
/* There is no finite-field Diffie-Hellman. */
#define SSL_CTX_set_dh_auto(ctx, on) ((void)(ctx), (void)(on), 1)
#define SSL_set_dh_auto(ssl, on) ((void)(ssl), (void)(on), 1)
/* Reads no parameters: NULL, with a record. The program says that it cannot, and goes on without. */
typedef struct tvt_dh DH;
DH *PEM_read_DHparams(FILE *file, DH **dh, pem_password_cb *callback, void *user);
DH *PEM_read_bio_DHparams(BIO *bio, DH **dh, pem_password_cb *callback, void *user);
#define DH_free(dh) ((void)(dh))
#define SSL_CTX_set_tmp_dh(ctx, dh) ((void)(ctx), (void)(dh), 0)
#define SSL_set_tmp_dh(ssl, dh) ((void)(ssl), (void)(dh), 0)
/* Workarounds for peers that have not been there for long. */
#define SSL_OP_TLSEXT_PADDING 0x00000010U
#define SSL_OP_SAFARI_ECDHE_ECDSA_BUG 0x00000040U
#define SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS 0x00000800U
#define SSL_OP_TLS_ROLLBACK_BUG 0x00800000U
#define SSL_OP_CRYPTOPRO_TLSEXT_BUG 0x80000000U
#define SSL_OP_MICROSOFT_SESS_ID_BUG 0x0U
#define SSL_OP_NETSCAPE_CHALLENGE_BUG 0x0U
#define SSL_OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG 0x0U
#define SSL_OP_NETSCAPE_CA_DN_BUG 0x0U
#define SSL_OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG 0x0U
#define SSL_OP_SSLREF2_REUSE_CERT_TYPE_BUG 0x0U
#define SSL_OP_MICROSOFT_BIG_SSLV3_BUFFER 0x0U
#define SSL_OP_MSIE_SSLV2_RSA_PADDING 0x0U
#define SSL_OP_SSLEAY_080_CLIENT_DH_BUG 0x0U
#define SSL_OP_TLS_D5_BUG 0x0U
#define SSL_OP_TLS_BLOCK_PADDING_BUG 0x0U
#define SSL_OP_BIT(n) ((uint64_t)1 << (uint64_t)(n))
#define SSL_OP_EPHEMERAL_RSA 0x0U
#define SSL_OP_PKCS1_CHECK_1 0x0U
#define SSL_OP_PKCS1_CHECK_2 0x0U
/* A server without renegotiation_info is refused whatever this says (RFC 9325 3.5). */
#define SSL_OP_LEGACY_SERVER_CONNECT 0x00000004U
/* There is no renegotiation, and there are no suites with a MAC of their own. */
#define SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION 0x00010000U
#define SSL_OP_NO_ENCRYPT_THEN_MAC 0x00080000U
/* Always so: what is sent is the chain that was loaded; a signer may always answer later. */
#define SSL_MODE_NO_AUTO_CHAIN 0x00000008U
#define SSL_MODE_ASYNC 0x00000100U
/* Signatures with SHA-1, RSA below 2048 bits and the like are refused always: what level 2 of OpenSSL refuses. */
#define SSL_CTX_set_security_level(ctx, level) ((void)(ctx), (void)(level))
#define SSL_set_security_level(ssl, level) ((void)(ssl), (void)(level))
#define SSL_CTX_get_security_level(ctx) ((void)(ctx), 2)
#define SSL_get_security_level(ssl) ((void)(ssl), 2)
/* A private key that is encrypted is refused (KEY_ENCRYPTED) whatever these say: give it decrypted. */
void SSL_CTX_set_default_passwd_cb(SSL_CTX *ctx, pem_password_cb *callback);
void SSL_CTX_set_default_passwd_cb_userdata(SSL_CTX *ctx, void *user);
/* Most certificates between leaf and anchor, self-issued ones not counted: 0 to 9, and 9 from the start. More counts as 9, less
 * than 0 as 0. */
void SSL_CTX_set_verify_depth(SSL_CTX *ctx, int depth);
void SSL_set_verify_depth(SSL *ssl, int depth);
int SSL_CTX_get_verify_depth(const SSL_CTX *ctx);
int SSL_get_verify_depth(const SSL *ssl);

/* ---- a server that is asked about the client's name ---- */

#define SSL_TLSEXT_ERR_OK 0
#define SSL_TLSEXT_ERR_ALERT_WARNING 1
#define SSL_TLSEXT_ERR_ALERT_FATAL 2
#define SSL_TLSEXT_ERR_NOACK 3

#ifdef __cplusplus
}
#endif
#endif
