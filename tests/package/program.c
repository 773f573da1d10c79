/* SPDX-License-Identifier: MIT
 *
 * The smallest program that uses an installed Trivet: opens the default backend and says what it is.
 */
#include <stdio.h>
#include <trivet/error.h>
#include <trivet/provider.h>

int
main(void)
{
    const char *const *names;
    struct tvt_provider *provider;
    struct tvt_error error;
    unsigned char bytes[16];

    tvt_error_clear(&error);
    for (size_t i = 0, num = tvt_provider_builtin(&names); i < num; i++)
        printf("backend %s\n", names[i]);
    if (tvt_provider_open(&provider, NULL, &error) != TVT_OK)
        return 1;
    int result = provider->random(provider, bytes, sizeof bytes);
    tvt_provider_free(provider);
    return result == 0 ? 0 : 1;
}
