/* SPDX-License-Identifier: MIT
 *
 * The alert and the words of the program's refusal.
 */
#include "core/connection/connection.h"

enum tvt_result
tvt_connection_refuse(struct tvt_connection *c, uint8_t alert, const char *reason)
{
    struct tvt_ask *ask = c->hs.scratch != NULL ? &c->hs.scratch->ask : NULL;
    if (ask == NULL || ask->subject == TVT_SUBJECT_NONE)
        return tvt_connection_wrong_call(c, __func__, "it belongs into a callback that judges the peer");
    if (!tvt_ask13_alert_fits(ask->subject, c->hs.role, alert)) {
        tvt_error_clear(&c->call_error);
        return tvt_fail_detail(&c->call_error, TVT_E_BAD_ARGUMENT, NULL, "alert",
                               "%s (%u) does not say what is refused here", tvt_alert_name(alert), alert);
    }
    ask->alert = alert;
    (void)tvt_printable(ask->reason, sizeof ask->reason, tvt_span_string(reason != NULL ? reason : ""));
    return TVT_OK;
}
