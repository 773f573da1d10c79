/* SPDX-License-Identifier: MIT
 *
 * A client and a server that stand on Mbed TLS 2.28, for tests/interop/tls12.py: it has no command-line tools where it is
 * packaged.
 *   mbedtls client PORT [OPTION=VALUE...]    two connections, the second one goes back to the first's session
 *   mbedtls server PORT [OPTION=VALUE...]    until its standard input ends
 * Options: way=id|ticket, root=FILE.pem, chain=FILE.pem, key=FILE.pem, auth=require (server), alpn=NAME,
 * psk=IDENTITY:HEX (no other keys then), ems=off (no extended master secret)
 */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define ANSWER  "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nmbedtls\n"

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config config;
static mbedtls_ssl_context ssl;
static mbedtls_x509_crt roots, chain;
static mbedtls_pk_context key;
static mbedtls_ssl_cache_context cache;
static mbedtls_ssl_ticket_context tickets;

static struct {
    const char *way, *root, *chain, *key, *auth, *alpn, *psk, *ems;
} options = {.way = "id"};

static void
must(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "%s: -0x%04x\n", what, (unsigned)-rc);
    exit(2);
}

static bool
take_option(const char *word)
{
    static const struct {
        const char *name, **value;
    } names[] = {{"way=", &options.way}, {"root=", &options.root}, {"chain=", &options.chain},
                 {"key=", &options.key}, {"auth=", &options.auth}, {"alpn=", &options.alpn},
                 {"psk=", &options.psk}, {"ems=", &options.ems}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(word, names[i].name, strlen(names[i].name)) == 0) {
            *names[i].value = word + strlen(names[i].name);
            return true;
        }
    return false;
}

/* IDENTITY:HEX; nothing else is offered then, or taken. */
static void
use_psk(void)
{
    static const int suites[] = {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, 0};
    unsigned char secret[MBEDTLS_PSK_MAX_LEN];
    const char *hex = strchr(options.psk, ':') + 1;
    size_t len = strlen(hex) / 2;
    unsigned byte;
    for (size_t i = 0; i < len && i < sizeof secret && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
        secret[i] = (unsigned char)byte;
    must(
        mbedtls_ssl_conf_psk(&config, secret, len, (const unsigned char *)options.psk, (size_t)(hex - 1 - options.psk)),
        "psk");
    mbedtls_ssl_conf_ciphersuites(&config, suites);
}

static void
prepare(int role)
{
    static const char *names[2];
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_x509_crt_init(&roots);
    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
    must(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0), "seed");
    must(mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
         "config");
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &drbg);
    if (options.root != NULL)
        must(mbedtls_x509_crt_parse_file(&roots, options.root), options.root);
    mbedtls_ssl_conf_ca_chain(&config, &roots, NULL);
    if (options.chain != NULL) {
        must(mbedtls_x509_crt_parse_file(&chain, options.chain), options.chain);
        must(mbedtls_pk_parse_keyfile(&key, options.key, NULL), options.key);
        must(mbedtls_ssl_conf_own_cert(&config, &chain, &key), "certificate");
    }
    names[0] = options.alpn;
    if (options.alpn != NULL)
        must(mbedtls_ssl_conf_alpn_protocols(&config, names), "alpn");
    if (options.ems != NULL)
        mbedtls_ssl_conf_extended_master_secret(&config, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
    if (options.psk != NULL && strchr(options.psk, ':') != NULL)
        use_psk();
    if (role == MBEDTLS_SSL_IS_CLIENT)
        mbedtls_ssl_conf_session_tickets(&config, strcmp(options.way, "ticket") == 0
                                                      ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                      : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
}

static const char *
protocol(void)
{
    const char *name = mbedtls_ssl_get_alpn_protocol(&ssl);
    return name != NULL ? name : "none";
}

static void
read_until(const char *end, char *text, size_t size)
{
    size_t got = 0;
    while (got < size - 1 && (end == NULL || strstr(text, end) == NULL)) {
        int n = mbedtls_ssl_read(&ssl, (unsigned char *)text + got, size - 1 - got);
        if (n <= 0)
            break;
        got += (size_t)n;
        text[got] = '\0';
    }
}

static int
run_client(const char *port)
{
    static mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    must(mbedtls_ssl_setup(&ssl, &config), "setup");
    must(mbedtls_ssl_set_hostname(&ssl, "localhost"), "name");
    for (int i = 0; i < 2; i++) {
        mbedtls_net_context net;
        char text[2048] = "";
        mbedtls_net_init(&net);
        must(mbedtls_net_connect(&net, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP), "connect");
        must(mbedtls_ssl_session_reset(&ssl), "reset");
        if (i > 0)
            must(mbedtls_ssl_set_session(&ssl, &session), "session");
        mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
        int rc = mbedtls_ssl_handshake(&ssl);
        if (rc == 0 && mbedtls_ssl_write(&ssl, (const unsigned char *)REQUEST, sizeof REQUEST - 1) > 0)
            read_until(NULL, text, sizeof text);
        printf("handshake -0x%04x %s %s alpn %s\n%s\n", (unsigned)-rc, mbedtls_ssl_get_version(&ssl),
               rc == 0 ? mbedtls_ssl_get_ciphersuite(&ssl) : "none", protocol(), text);
        if (rc != 0)
            return 1;
        must(i == 0 ? mbedtls_ssl_get_session(&ssl, &session) : 0, "session");
        (void)mbedtls_ssl_close_notify(&ssl);
        mbedtls_net_free(&net);
    }
    return 0;
}

static int
run_server(const char *port)
{
    mbedtls_net_context listener, net;
    mbedtls_ssl_cache_init(&cache);
    mbedtls_ssl_ticket_init(&tickets);
    mbedtls_ssl_conf_session_cache(&config, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
    if (strcmp(options.way, "ticket") == 0) {
        must(mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &drbg, MBEDTLS_CIPHER_AES_256_GCM, 3600),
             "tickets");
        mbedtls_ssl_conf_session_tickets_cb(&config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    }
    mbedtls_ssl_conf_authmode(&config, options.auth != NULL ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    must(mbedtls_ssl_setup(&ssl, &config), "setup");
    mbedtls_net_init(&listener);
    must(mbedtls_net_bind(&listener, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP), "bind");
    for (;;) {
        struct pollfd ready[2] = {{.fd = listener.fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        char text[2048] = "", name[256] = "none";
        if (poll(ready, 2, -1) < 0 || ready[1].revents != 0)
            return 0;
        mbedtls_net_init(&net);
        must(mbedtls_net_accept(&listener, &net, NULL, 0, NULL), "accept");
        must(mbedtls_ssl_session_reset(&ssl), "reset");
        mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
        int rc = mbedtls_ssl_handshake(&ssl);
        if (rc == 0) {
            const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&ssl);
            if (peer != NULL)
                (void)mbedtls_x509_dn_gets(name, sizeof name, &peer->subject);
            read_until("\r\n\r\n", text, sizeof text);
            (void)mbedtls_ssl_write(&ssl, (const unsigned char *)ANSWER, sizeof ANSWER - 1);
            (void)mbedtls_ssl_close_notify(&ssl);
        }
        printf("served -0x%04x client %s alpn %s\n", (unsigned)-rc, name, protocol());
        (void)fflush(stdout);
        mbedtls_net_free(&net);
    }
}

int
main(int argc, char **argv)
{
    bool client = argc >= 3 && strcmp(argv[1], "client") == 0;
    if (argc < 3 || (!client && strcmp(argv[1], "server") != 0))
        return 2;
    for (int i = 3; i < argc; i++)
        if (!take_option(argv[i])) {
            fprintf(stderr, "%s: not taken\n", argv[i]);
            return 2;
        }
    prepare(client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER);
    return client ? run_client(argv[2]) : run_server(argv[2]);
}
