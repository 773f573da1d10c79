/* SPDX-License-Identifier: MIT
 *
 * Configuration of what the program is asked in the middle of a handshake.
 */
#include "core/handshake/config.h"

static enum tvt_result
set_judges(struct tvt_config *c, tvt_verdict_callback *verdict, tvt_judge_callback *judge, void *user, const char *call,
           struct tvt_error *e)
{
    if (!tvt_config_open(c, call, e))
        return TVT_FAIL;
    c->ask.verdict = verdict;
    c->ask.judge = judge;
    c->ask.judge_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_verdict(struct tvt_config *c, tvt_verdict_callback *verdict, void *user, struct tvt_error *e)
{
    return set_judges(c, verdict, NULL, user, __func__, e);
}

enum tvt_result
tvt_config_set_judge(struct tvt_config *c, tvt_judge_callback *judge, void *user, struct tvt_error *e)
{
    return set_judges(c, NULL, judge, user, __func__, e);
}

enum tvt_result
tvt_config_set_hello(struct tvt_config *c, tvt_hello_callback *hello, void *user, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->ask.hello = hello;
    c->ask.hello_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_request(struct tvt_config *c, tvt_request_callback *request, void *user, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->ask.request = request;
    c->ask.request_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_credential_required(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->auth.credential_required = on;
    return TVT_OK;
}
