/* SPDX-License-Identifier: MIT
 *
 * See hostile_help.h.
 */
#include "tests/unit/hostile_help.h"
#include "core/connection/connection.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

struct tvt_bend *
hostile_bend(struct tvt_fixture *f, const struct hostile_row *row)
{
    static struct tvt_bend bend;
    memset(&bend, 0, offsetof(struct tvt_bend, out));
    bend.kind = row->kind;
    bend.nth = row->nth;
    bend.op = row->op;
    bend.at = row->at;
    bend.hex = row->hex;
    bend.client = row->client;
    bend.server = row->server;
    f->config[row->from]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    return &bend;
}

/* NULL, or what is not as it must be. */
static const char *
find_fault(const struct tvt_fixture *f, const struct hostile_row *row)
{
    const struct tvt_connection *victim = tvt_fixture_end(f, (enum tvt_role)(1 - row->from));
    const struct tvt_error *e = tvt_connection_error(victim);
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(f, row->from));
    if (e->code != row->code)
        return "another error";
    if (row->code == TVT_E_NONE)
        return told->code != TVT_E_NONE ? "an error of the other side" : NULL;
    if (e->origin != TVT_ORIGIN_LOCAL && e->origin != TVT_ORIGIN_BACKEND)
        return "the error's origin";
    if (row->field != NULL && (e->field == NULL || strcmp(e->field, row->field) != 0))
        return "another field";
    if (told->code != TVT_E_PEER_ALERT || told->origin != TVT_ORIGIN_PEER)
        return "no alert was seen";
    if (told->alert != tvt_error_alert(row->code) || told->alert == TVT_ALERT_NONE)
        return "another alert was seen";
    if (e->state == NULL || tvt_error_sentence(e->code)[0] == '\0')
        return "no state, or no sentence";
    /* A good Finished completes it before what is behind it is looked at. */
    return tvt_connection_established(victim) && row->kind != TVT_MSG_NONE && row->kind != TVT_MSG_FINISHED
               ? "the victim finished its handshake"
               : NULL;
}

void
hostile_judge(const struct tvt_fixture *f, const struct hostile_row *row)
{
    const char *fault = find_fault(f, row);
    if (fault != NULL)
        printf("\n    %s, %s (want %s, alert %u): %s\n      victim: %s\n      told:   %s",
               tvt_message_kind_name(row->kind), row->name, tvt_error_name(row->code), tvt_error_alert(row->code),
               fault, tvt_fixture_error(f, (enum tvt_role)(1 - row->from)), tvt_fixture_error(f, row->from));
    CU_ASSERT_PTR_NULL(fault);
}
