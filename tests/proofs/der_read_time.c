/* SPDX-License-Identifier: MIT
 *
 * Proof of the reader of times of core/x509/der.h: what it asks tvt_der_time(), and what it makes of the answer.
 */
#include "tests/proofs/proof.h"

/* Stands for tvt_der_time() in tvt_der_read_time(): an answer that the checker chooses, the same one for the same question.
 * What the true one answers is the matter of time_valid. */
static struct {
    bool asked, valid, any_year_alone;
    uint8_t tag;
    struct tvt_span contents;
    int64_t seconds;
} answer;

bool
some_time(int64_t *out, uint8_t tag, struct tvt_span contents, bool any_year)
{
    CLAIM(contents.len == 0 || __CPROVER_r_ok(contents.data, contents.len));
    if (!answer.asked) {
        answer.asked = true;
        answer.valid = nondet_bool();
        answer.any_year_alone = nondet_bool();
        answer.seconds = nondet_i64();
        answer.tag = tag;
        answer.contents = contents;
    }
    CLAIM(answer.tag == tag && answer.contents.data == contents.data && answer.contents.len == contents.len);
    if (!answer.valid || (answer.any_year_alone && !any_year))
        return false;
    *out = answer.seconds;
    return true;
}
REPLACES(tvt_der_time, some_time);

PROOF(time_read, 6, "a reader of at most 24 bytes, whatever tvt_der_time() says")
{
    struct tvt_reader r = any_reader(24), was = r;
    bool odd = false;
    uint8_t tag = tvt_der_peek(&r);
    struct tvt_reader plain = was;
    struct tvt_span v = tvt_der_read(&plain, tag, FIELD);
    int64_t seconds = tvt_der_read_time(&r, &odd, FIELD);
    bool is_time = tag == TVT_DER_UTC_TIME || tag == TVT_DER_GENERALIZED_TIME;
    bool valid = was.bad == NULL && v.data != NULL && is_time && answer.valid;

    claim_reader(&r, &was);
    CLAIM(answer.asked == (was.bad == NULL && v.data != NULL && is_time));
    CLAIM(!answer.asked || (answer.tag == tag && answer.contents.data == v.data && answer.contents.len == v.len));
    CLAIM(valid == (r.bad == NULL));
    CLAIM(seconds == (valid ? answer.seconds : 0));
    CLAIM(odd == (valid && answer.any_year_alone));
    REACHES(odd);
    REACHES(valid && !odd && tag == TVT_DER_GENERALIZED_TIME);
    REACHES(valid && tag == TVT_DER_UTC_TIME);
    REACHES(v.data != NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_VALUE);
    REACHES(v.data != NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_TAG);
}
