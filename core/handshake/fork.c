/* SPDX-License-Identifier: MIT
 *
 * Where the versions part (RFC 9846 4.3.1, appendix E): a server chooses one by the ClientHello, a client learns from the
 * ServerHello which one it is. Behind these two places nothing asks for the version.
 */
#include "core/handshake/protocol.h"
#include "core/handshake/rows.h"

#include <string.h>

/* ---- the server's choice ---- */

enum { WAIT_CH, NUM_STATES };
enum { TO_TLS13, TO_TLS12 };

/* Where a client must bring a cookie in any case, TLS 1.2, which has none, would be the way around it. */
static bool
takes_tls12(const struct tvt_config *c)
{
    return tvt_config_speaks(c, TVT_VERSION_TLS12) && !(c->session.cookie_keys != NULL && c->session.cookie_always);
}

static enum tvt_result
choose_version(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    const struct tvt_config *c = hs->config;
    bool listed = tvt_has(&m->ext, TVT_EXT_SUPPORTED_VERSIONS);
    bool has13 = listed && tvt_list16_has(m->ext.versions, TVT_VERSION_TLS13);
    bool has12 = listed ? tvt_list16_has(m->ext.versions, TVT_VERSION_TLS12) : m->legacy_version >= TVT_VERSION_TLS12;
    (void)out;
    *edge = TO_TLS13;
    if (has13 && tvt_config_speaks(c, TVT_VERSION_TLS13))
        return TVT_OK;
    if (has12 && !takes_tls12(c))
        return tvt_fail(hs->error, TVT_E_TLS12_NOT_AVAILABLE, "ClientHello", "supported_versions");
    *edge = TO_TLS12;
    if (has12 && tvt_config_speaks(c, TVT_VERSION_TLS13) && tvt_list16_has(m->suites, TVT_SCSV_FALLBACK))
        return tvt_fail(hs->error, TVT_E_FALLBACK, "ClientHello", "cipher_suites"); /* RFC 7507 3 */
    if (has12)
        return TVT_OK;
    return tvt_fail_detail(hs->error, TVT_E_PROTOCOL_VERSION, "ClientHello", "legacy_version", "the client has %s",
                           tvt_version_name(m->legacy_version));
}

/* ---- the client learns it ---- */

enum tvt_result
tvt_fork_recv_server_hello12(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                             unsigned *edge)
{
    const struct tvt_server_hello *m = &in->u.server_hello;
    const uint8_t *mark = m->random.data + 24;
    (void)out;
    (void)edge;
    if (memcmp(mark, tvt_downgrade_tls12, 8) == 0 || memcmp(mark, tvt_downgrade_tls11, 8) == 0)
        return tvt_fail(hs->error, TVT_E_DOWNGRADE, "ServerHello", "random");
    if (hs->hello_retry)
        return tvt_fail(hs->error, TVT_E_ILLEGAL_PARAMETER, "ServerHello", "supported_versions");
    if (m->legacy_version == TVT_VERSION_TLS12 && tvt_config_speaks(hs->config, TVT_VERSION_TLS12))
        return hs->scratch->offer.early /* RFC 9846 appendix E.3 */
                   ? tvt_fail(hs->error, TVT_E_EARLY_DATA_TLS12, "ServerHello", "legacy_version")
                   : TVT_OK;
    return tvt_fail_detail(hs->error,
                           m->legacy_version == TVT_VERSION_TLS12 ? TVT_E_TLS12_NOT_AVAILABLE : TVT_E_PROTOCOL_VERSION,
                           "ServerHello", "legacy_version", "the server chose %s", tvt_version_name(m->legacy_version));
}

bool
tvt_fork_is_open(const struct tvt_handshake *hs)
{
    const struct tvt_row *row = tvt_machine_row(hs->machine, hs->state, TVT_MSG_SERVER_HELLO12);
    return row != NULL && row->fork[0] != NULL && !hs->hello_retry && tvt_config_speaks(hs->config, TVT_VERSION_TLS12);
}

/* RFC 5246 7.4.1.1: a server may send it at any time, and a client that is negotiating ignores it. */
enum tvt_result
tvt_fork_ignore_hello_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                              unsigned *edge)
{
    uint8_t *num = &hs->scratch->hello_requests;
    (void)in;
    (void)out;
    (void)edge;
    if (++*num <= TVT_LIMIT_HELLO_REQUESTS)
        return TVT_OK;
    return tvt_fail_values(hs->error, TVT_E_TOO_MANY_HELLO_REQUESTS, "HelloRequest", NULL, TVT_LIMIT_HELLO_REQUESTS,
                           *num);
}

/* ---- the server's machine ---- */

static const struct tvt_row rows[] = {
    FORK(WAIT_CH, CLIENT_HELLO, choose_version, "4.3.1", &tvt_server13, &tvt_server12)};

static const struct tvt_state states[NUM_STATES] = {[WAIT_CH] = {"server.WAIT_CH", 0, 0, false}};

const struct tvt_machine tvt_server = {.name = "server",
                                       .protocol = &tvt_protocol13,
                                       .states = states,
                                       .num_states = NUM_STATES,
                                       .rows = rows,
                                       .num_rows = sizeof rows / sizeof rows[0],
                                       .start = WAIT_CH,
                                       .connected = NUM_STATES};
