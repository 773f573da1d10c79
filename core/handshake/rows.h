/* SPDX-License-Identifier: MIT
 *
 * How the rows of a machine's table are written.
 */
#ifndef TVT_CORE_HANDSHAKE_ROWS_H
#define TVT_CORE_HANDSHAKE_ROWS_H

#include "core/handshake/handshake.h"

/* On receiving `kind`; on our turn to send `kind`; on a call of the program. Then: transcript rule, handler, number of
 * edges, section of RFC 9846, edges. */
#define RECV(state, kind, rule, handler, num, section, ...) \
    {state, TVT_MSG_##kind, 0, TVT_TRANSCRIPT_##rule, handler, #handler, num, {__VA_ARGS__}, section, {NULL}}
#define SEND(state, kind, rule, handler, num, section, ...) \
    {state, TVT_ON_SEND, TVT_MSG_##kind, TVT_TRANSCRIPT_##rule, handler, #handler, num, {__VA_ARGS__}, section, {NULL}}
#define CALL(state, on, handler, num, section, ...) \
    {state, on, 0, TVT_TRANSCRIPT_NO, handler, #handler, num, {__VA_ARGS__}, section, {NULL}}
/* On receiving `kind`, the machines that the handler may leave it to. */
#define FORK(state, kind, handler, section, ...) \
    {state, TVT_MSG_##kind, 0, TVT_TRANSCRIPT_NO, handler, #handler, 0, {{0, 0}}, section, {__VA_ARGS__}}

#endif
