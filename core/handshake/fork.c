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
    if (has13 && c->max_version >= TVT_VERSION_TLS13)
        return TVT_OK;
    if (has12)
        return tvt_fail(hs->error, TVT_E_TLS12_NOT_AVAILABLE, "ClientHello", "supported_versions");
    return tvt_fail_detail(hs->error, TVT_E_PROTOCOL_VERSION, "ClientHello", "legacy_version", "the client has %s",
                           tvt_version_name(m->legacy_version));
}

static const struct tvt_row rows[] = {FORK(WAIT_CH, CLIENT_HELLO, choose_version, "4.3.1", &tvt_server13)};

static const struct tvt_state states[NUM_STATES] = {[WAIT_CH] = {"server.WAIT_CH", 0, 0, false}};

const struct tvt_machine tvt_server = {.name = "server",
                                       .protocol = &tvt_protocol13,
                                       .states = states,
                                       .num_states = NUM_STATES,
                                       .rows = rows,
                                       .num_rows = sizeof rows / sizeof rows[0],
                                       .start = WAIT_CH,
                                       .connected = NUM_STATES};
