/* SPDX-License-Identifier: MIT
 *
 * Environment variables, for processes that have no more rights than their caller.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/os/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/auxv.h>
#else
#include <unistd.h>
#endif

static bool
has_more_rights(void)
{
#ifdef __linux__
    return getauxval(AT_SECURE) != 0; /* capabilities and security modules count, too */
#else
    return getuid() != geteuid() || getgid() != getegid();
#endif
}

const char *
tvt_environment(const char *name)
{
    const char *value = has_more_rights() ? NULL : getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}
