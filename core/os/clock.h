/* SPDX-License-Identifier: MIT
 *
 * The two clocks of the system, for the floors that hand times to the core; and which process this is.
 */
#ifndef TVT_CORE_OS_CLOCK_H
#define TVT_CORE_OS_CLOCK_H

#include <trivet/base.h>

int64_t tvt_clock_wall_ms(void);       /* since 1970-01-01T00:00:00Z; may jump           */
uint64_t tvt_clock_monotonic_us(void); /* since some fixed moment; never goes backwards  */
long tvt_process_id(void);             /* another one in the child of a fork             */

#endif
