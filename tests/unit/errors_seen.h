/* SPDX-License-Identifier: MIT
 *
 * Which test raises which error: every raise of the core into a record that was empty is noted here, by the linker's --wrap;
 * the library itself knows nothing of it.
 */
#ifndef TVT_TESTS_UNIT_ERRORS_SEEN_H
#define TVT_TESTS_UNIT_ERRORS_SEEN_H

#include <trivet/error.h>

/* From now on each code is written once a test to the file, as a line: CODE, file of the suite, suite, test; tabs between them.
 * The file is that of `file_of`, by the suite's title. 0, or -1 when the file cannot be written. */
int tvt_errors_seen_open(const char *path, const char *(*file_of)(const char *suite));
void tvt_errors_seen_close(void);

/* Forgets what was raised; then, whether `code` was raised since. */
void tvt_errors_seen_forget(void);
bool tvt_errors_seen(const char *code);

#endif
