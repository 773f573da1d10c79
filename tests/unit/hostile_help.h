/* SPDX-License-Identifier: MIT
 *
 * A peer that breaks the protocol, as a row of a table: what is bent, and what the victim must find.
 */
#ifndef TVT_TESTS_UNIT_HOSTILE_HELP_H
#define TVT_TESTS_UNIT_HOSTILE_HELP_H

#include "tests/support/bend.h"
#include "tests/support/fixture.h"

struct hostile_row {
    const char *name;
    enum tvt_role from; /* the bad one */
    enum tvt_message_kind kind; /* NONE: bytes of `hex` behind the handshake */
    enum tvt_bend_op op;
    int at;
    const char *hex;
    unsigned flags; /* the suite's own */
    enum tvt_error_code code;
    const char *field; /* NULL: not looked at */
    unsigned nth;
    void (*client)(struct tvt_client_hello *m);
    enum tvt_message_kind (*server)(struct tvt_server_hello *m);
};

/* Has the bad end's messages bent as the row says; the bend is for one row at a time. */
struct tvt_bend *hostile_bend(struct tvt_fixture *f, const struct hostile_row *row);
/* Asserts that the victim found the row's error and field, and that the bad one was told with its alert; says what else. A
 * row of TVT_E_NONE: that nobody found any. */
void hostile_judge(const struct tvt_fixture *f, const struct hostile_row *row);

#endif
