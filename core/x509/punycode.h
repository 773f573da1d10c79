/* SPDX-License-Identifier: MIT
 *
 * Internationalized labels of domain names as certificates have them (RFC 5890 2.3.2.1): "xn--" and Punycode (RFC 3492).
 */
#ifndef TVT_CORE_X509_PUNYCODE_H
#define TVT_CORE_X509_PUNYCODE_H

#include "core/base/wire.h"

enum tvt_punycode_result {
    TVT_PUNYCODE_OK,
    TVT_PUNYCODE_NOT_UTF8,
    TVT_PUNYCODE_TOO_LONG /* more than TVT_DNS_LABEL_MAX bytes, "xn--" included */
};

/* Writes a label, which is UTF-8, as an A-label; one of ASCII alone as it is. The label is taken as a U-label (RFC 5890
 * 2.3.2.1: lower case, NFC): nothing is mapped, and which characters these are is not asked. Nothing is written unless OK; then
 * `out` says, as ever, whether it had the room. */
TVT_MUST_USE enum tvt_punycode_result tvt_punycode_write(struct tvt_writer *out, struct tvt_span label);

#endif
