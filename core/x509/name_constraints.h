/* SPDX-License-Identifier: MIT
 *
 * Name constraints (RFC 5280 4.2.1.10) of one authority against one certificate below it.
 */
#ifndef TVT_CORE_X509_NAME_CONSTRAINTS_H
#define TVT_CORE_X509_NAME_CONSTRAINTS_H

#include "core/x509/name.h"

enum tvt_constraints_result {
    TVT_CONSTRAINTS_MET,
    TVT_CONSTRAINTS_MALFORMED,     /* the extension itself                                        */
    TVT_CONSTRAINTS_NOT_PERMITTED, /* a name lies outside the permitted subtrees                  */
    TVT_CONSTRAINTS_EXCLUDED,      /* a name lies inside an excluded subtree                      */
    TVT_CONSTRAINTS_UNSUPPORTED,   /* a name of a kind that is constrained and cannot be compared */
    TVT_CONSTRAINTS_BUDGET         /* more comparisons than *steps                                */
};

/* `constraints`: contents of the extension of the authority. *steps counts down. On refusal *tag and *name say which
 * name of `certificate` it was. */
TVT_MUST_USE enum tvt_constraints_result tvt_name_constraints_check(struct tvt_span constraints,
                                                                    const struct tvt_certificate *certificate,
                                                                    uint32_t *steps, uint8_t *tag,
                                                                    struct tvt_span *name);

/* Rule N8 alone. */
TVT_MUST_USE bool tvt_name_constraints_valid(struct tvt_span constraints);

/* The subtrees of one kind of name, `excluded` or permitted: "example.com, 192.0.2.0/24"; empty where there is none. Cut to cap;
 * returns `out`. */
const char *tvt_name_constraints_text(char *out, size_t cap, struct tvt_span constraints, bool excluded, uint8_t tag);

/* NameConstraints from texts: host names and ranges of addresses with ',' between; NULL: none. *out lies in `room`, empty
 * where both are NULL. False: a text says something else, or there is no room. */
TVT_MUST_USE bool tvt_name_constraints_write(struct tvt_span *out, uint8_t *room, size_t cap, const char *permitted,
                                             const char *excluded);

#endif
