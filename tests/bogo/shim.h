/* SPDX-License-Identifier: MIT
 *
 * The shim: a TLS client or server that BoringSSL's ssl/test/runner starts, orders about by command-line flags, and
 * judges from the other end of the wire. What the parts of it share.
 */
#ifndef TVT_TESTS_BOGO_SHIM_H
#define TVT_TESTS_BOGO_SHIM_H

#include <trivet/tls.h>

#define SHIM_DONE          0  /* exit status: all went as it was asked for               */
#define SHIM_FAILED        1  /* the connection failed; its error is on stderr           */
#define SHIM_UNIMPLEMENTED 89 /* a flag, or a value of one, that is not known here       */
#define SHIM_WRONG         90 /* what was negotiated is not what the flags say: never OK */

#define SHIM_LIST_MAX        48u
#define SHIM_CREDENTIALS_MAX 16u

struct shim_list {
    uint16_t value[SHIM_LIST_MAX];
    size_t num;
};

enum shim_credential_kind { SHIM_X509 = 0, SHIM_RAW_KEY, SHIM_PSK };

struct shim_credential {
    int kind; /* enum shim_credential_kind */
    const char *cert_file, *key_file;
    struct shim_list signing_prefs;
    struct tvt_span ocsp_response, scts;
    struct tvt_span psk_key, psk_identity, psk_context;
    int psk_hash; /* enum tvt_hash_id */
    bool must_match_issuer;
};

/* The flags, as they hold for one phase of a test. The names are the runner's. */
struct shim_options {
    int port, resume_count, read_size, export_keying_material, max_cert_list, max_send_fragment, resumption_delay;
    int min_version, max_version, expect_version, expect_curve_id, expect_cipher, expect_cipher_aes;
    int expect_peer_signature_algorithm, expect_selected_credential, repeat_shim_initial_write;
    int expect_peer_certificate_type, one_compression, expect_ticket_age_skew, expect_cipher_no_aes;
    const char *shim_id, *backend;
    bool ipv6, server, async, implicit_handshake, is_handshaker_supported, list_tests, offers;
    bool require_any_client_certificate, verify_peer, verify_fail, reverify, expect_verify_result, expect_no_peer_cert;
    bool shim_writes_first, shim_shuts_down, check_close_notify, read_with_unfinished_write;
    bool key_update, key_update_before_read, use_export_context, use_exporter_between_reads;
    bool expect_hrr, expect_no_hrr, handshake_never_done, handshake_twice, no_op_extra_handshake;
    bool write_different_record_sizes, decline_alpn, reject_alpn, no_key_shares;
    const char *shim_initial_write, *trust_cert, *host_name, *expect_server_name;
    bool expect_no_server_name;
    const char *advertise_alpn, *select_alpn, *expect_alpn, *expect_peer_cert_file;
    const char *export_label, *export_context, *cipher, *psk, *psk_identity;
    bool no_tls12, no_tls13, expect_ems, expect_session_id, expect_no_session_id, expect_ticket_renewal;
    const char *expect_early_data_reason, *client_authorities;
    bool expect_session_miss, expect_no_session, no_ticket, use_ticket_callback, skip_ticket;
    bool enable_early_data, expect_ticket_supports_early_data, expect_accept_early_data, expect_reject_early_data;
    bool compression, expect_no_offer_early_data, enable_grease, ask_ocsp, ask_scts, decline_ocsp;
    struct tvt_span expect_peer_rpk_sha256, expect_ocsp_response, expect_scts;
    bool use_custom_verify, fail_ocsp, fail_cert, fail_ddos;
    const char *expect_authorities;
    struct shim_list expect_peer_verify_prefs;
    struct shim_list curves, verify_prefs, key_shares, accepted_peer_cert_types, available_client_cert_types;
    struct shim_credential credential[SHIM_CREDENTIALS_MAX]; /* [0]: the one without a -new-...-credential */
    size_t num_credentials;
};

enum shim_phase { SHIM_INITIAL = 0, SHIM_RESUME, SHIM_RETRY, SHIM_NUM_PHASES };

/* Reads the flags into one set for each phase. An exit status, or -1 to go on. */
int shim_options_parse(struct shim_options phases[SHIM_NUM_PHASES], int argc, char **argv);

/* Base64 (RFC 4648 4) into memory that shim_memory_free() frees; false: it is none. */
bool shim_base64(struct tvt_span *out, const char *text);
/* A whole decimal number; false: it is none. */
bool shim_number(int *out, const char *text);
/* Memory until the end of the process; ends it when there is none. */
void *shim_memory(size_t size);
void shim_memory_free(void);

/* ---- the way to the runner -------------------------------------------------------------------------------- */

struct shim_link {
    int fd;
    bool one_byte;                   /* every read and write moves one byte               */
    bool broken;                     /* the runner reads no more                          */
    uint8_t in[TVT_RECORD_WIRE_MAX]; /* received and not yet taken                        */
    size_t have;
    uint8_t held[4 * TVT_RECORD_WIRE_MAX]; /* to be written, and not yet let go */
    size_t num_held;
};

/* Connects, and says which test this is. */
bool shim_link_open(struct shim_link *link, const struct shim_options *o);
/* Reads more behind `in`. False: the runner has closed. */
bool shim_link_fill(struct shim_link *link);
void shim_link_drop(struct shim_link *link, size_t used);
/* Writes all; a runner that reads no more is no error (what it said last is still to be read). */
void shim_link_write(struct shim_link *link, const uint8_t *data, size_t len);
/* Holds bytes back, and all that is written after them, until they are released. */
void shim_link_hold(struct shim_link *link, const uint8_t *data, size_t len);
void shim_link_release(struct shim_link *link);
/* Half-closes, reads until the runner has closed, too, and closes. */
void shim_link_close(struct shim_link *link);

/* ---- one connection ------------------------------------------------------------------------------------------ */

/* What outlives a connection. */
struct shim_shared {
    const struct tvt_provider *provider;
    struct tvt_session *session; /* the newest that the last connection brought */
    struct tvt_ticket_keys *tickets;
    struct tvt_replay_memory *replay;
    struct tvt_memory_cache *sessions; /* of a server, by their id (TLS 1.2)          */
    struct tvt_session_cache port;     /* the same, with a look at what goes in       */
    size_t num_put;                    /* sessions that went in                       */
};

struct shim_run {
    const struct shim_options *o;
    const struct shim_options *retry; /* take the place of `o` when 0-RTT was rejected */
    bool resumption;
    struct shim_shared *shared;
    const struct tvt_provider *provider;
    struct tvt_config *config;
    struct tvt_connection *connection;
    struct shim_link link;
    int verdicts;             /* how often the verdict on the peer's certificates was asked for */
    int delays;               /* how often it was put off                                       */
    int hellos, hello_delays; /* the same of a ClientHello, or a CertificateRequest           */
    bool seen_otherwise;      /* there was something in it that the flags do not say            */
    int used_credential;      /* that signed, -1: none of the flags'                            */
    struct tvt_session *offered;
    bool got_session, retried;
    size_t num_put;      /* sessions that were in the server's cache at the beginning      */
    bool protects;       /* records of ours are protected from here on                     */
    bool shaking;        /* the handshake is not done: its messages wait for no write      */
    const uint8_t *left; /* of the first words, what was too much for 0-RTT                */
    size_t num_left;
    int num_wrote; /* how often the first words were written                         */
    bool ended;    /* the peer has closed                                            */
};

/* Words and numbers of the flags become a configuration. An exit status, or -1 to go on. */
int shim_setup(struct shim_run *run);
int shim_set_compression(struct shim_run *run);
/* What the connection asks in the middle of the handshake. An exit status, or -1. */
int shim_set_callbacks(struct shim_run *run);
/* "30...,30...": Names in hexadecimal, to wire form; 0: none. */
#define SHIM_AUTHORITIES 4096u
size_t shim_authorities(uint8_t wire[SHIM_AUTHORITIES], const char *text);
/* Tickets, sessions, PSKs and 0-RTT, in the configuration and then on the connection. An exit status, or -1. */
int shim_set_sessions(struct shim_run *run);
int shim_offer_session(struct shim_run *run);
/* The flags that hold now: those for a retry as soon as the server has rejected 0-RTT, where that is expected. */
const struct shim_options *shim_flags_now(const struct shim_run *run);
/* What came of them. */
int shim_check_session(const struct shim_run *run, const struct tvt_info *info);
int shim_check_new_session(const struct shim_run *run);
/* Prints the names of the algorithms that the provider has. */
int shim_offers(const struct tvt_provider *provider);
/* Opens and closes what outlives a connection. */
int shim_shared_open(struct shim_shared *shared, const char *backend);
void shim_shared_close(struct shim_shared *shared);
/* The names of signature schemes, joined; false: one has none here. */
#define SHIM_WORDS 2048u
bool shim_scheme_words(char out[SHIM_WORDS], const struct shim_list *list);
/* A credential of the flags; `index`: as -expect-selected-credential counts, -1 for the first. */
int shim_add_credential(struct shim_run *run, const struct shim_credential *credential, int index);
/* Handshake, exchange of data, close. An exit status. */
int shim_exchange(struct shim_run *run);
/* Compares what was negotiated with the flags. An exit status, or -1 to go on. */
int shim_check_handshake(const struct shim_run *run);
/* SHA-256 by the backend. False: it failed. */
bool shim_sha256(const struct tvt_provider *provider, uint8_t out[32], struct tvt_span data);

/* Says on stderr what is wrong, and returns the status. */
int shim_say(int status, const char *format, ...) TVT_PRINTF(2, 3);
/* Prints the error's name between colons, the peer's alert, and the whole record. Returns SHIM_FAILED. */
int shim_report(const struct tvt_error *error);
/* The same for what configuring came to: what this build does not have is SHIM_UNIMPLEMENTED. */
int shim_report_setup(const struct tvt_error *error);

/* Milliseconds since 1970. Time stands still but for -resumption-delay's leaps, so that ages of tickets are exact. */
uint64_t shim_clock(void *user);
void shim_clock_advance(uint64_t ms);

#endif
