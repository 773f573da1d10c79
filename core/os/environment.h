/* SPDX-License-Identifier: MIT
 *
 * Environment variables that say whom to trust, or where secrets go.
 */
#ifndef TVT_CORE_OS_ENVIRONMENT_H
#define TVT_CORE_OS_ENVIRONMENT_H

/* The variable's value; NULL: it is not set, or empty, or the process has more rights than whoever started it (set-user-ID and the
 * like), who has no say then. Valid until the environment is changed. */
const char *tvt_environment(const char *name);

#endif
