/* SPDX-License-Identifier: MIT
 *
 * The system's trust store, found when the program runs; bundles and directories named by hand. The calls are public:
 * <trivet/x509.h> declares them.
 */
#ifndef TVT_CORE_OS_SYSTEM_STORE_H
#define TVT_CORE_OS_SYSTEM_STORE_H

#include "core/base/error.h"
#include <trivet/x509.h>

#endif
