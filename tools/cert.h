/* SPDX-License-Identifier: MIT
 *
 * What trivet cert says of one certificate, in parts.
 */
#ifndef TVT_TOOLS_CERT_H
#define TVT_TOOLS_CERT_H

#include "core/x509/certificate.h"
#include "tools/json.h"

/* One listing: a line or a member for each thing that there is to say. */
struct listing {
    struct json *j; /* NULL: for people */
    char *text;     /* room for what is said of one thing, whole: two octets of a name can be 22 characters */
    size_t cap;
};

/* Every extension: its name, its OID, whether it is critical, and what it says where that is not told elsewhere. */
void cert_tell_extensions(const struct listing *l, const struct tvt_certificate *certificate);

#endif
