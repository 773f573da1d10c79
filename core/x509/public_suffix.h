/* SPDX-License-Identifier: MIT
 *
 * A public suffix list: under which names anybody may register one (RFC 9525 7.1). docs/x509.md has rule N9.
 */
#ifndef TVT_CORE_X509_PUBLIC_SUFFIX_H
#define TVT_CORE_X509_PUBLIC_SUFFIX_H

#include <stdatomic.h>

#include "core/base/error.h"
#include "core/x509/limits.h"
#include <trivet/x509.h>

/* What a rule says of its name, in the order of the array where one name has several. */
enum tvt_suffix_kind {
    TVT_SUFFIX_EXCEPTION, /* "!www.example": it is none, nor is anything below it */
    TVT_SUFFIX_NAME,      /* "co.example": it is a suffix                         */
    TVT_SUFFIX_WILDCARD   /* "*.example": each name directly below it is one      */
};

struct tvt_suffix_rule {
    uint32_t at; /* the name in `text`, without "!" or "*." */
    uint8_t len;
    uint8_t kind;
};

struct tvt_public_suffixes {
    struct tvt_allocator allocator;
    atomic_uint refs;
    size_t size;         /* bytes of this block */
    const uint8_t *text; /* the rules' names in lower case, one behind the other: behind the rules in this block */
    size_t num;
    struct tvt_suffix_rule rule[]; /* by name, then by kind */
};

/* Room for a rule as text, NUL included: "*." and a host name. */
#define TVT_SUFFIX_TEXT_MAX 256u

/* True when the host name (tvt_dns_valid, without wildcard) is a public suffix, by the algorithm of publicsuffix.org: of the
 * rules that fit, an exception counts before others, then the one with the most labels; where none fits, "*". `rule` (may be
 * NULL, else of TVT_SUFFIX_TEXT_MAX): which one says so. */
TVT_MUST_USE bool tvt_public_suffixes_find(const struct tvt_public_suffixes *suffixes, char *rule,
                                           struct tvt_span name);

#endif
