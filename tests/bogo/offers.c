/* SPDX-License-Identifier: MIT
 *
 * -offers: says which algorithms the backend of this run has, for run.py, which then knows what cannot be tested.
 */
#include "tests/bogo/shim.h"

#include "core/base/registry.h"

#include <stdio.h>

typedef enum tvt_result setter(struct tvt_config *c, const char *list, struct tvt_error *e);

static void
offer(const struct tvt_provider *provider, setter *set, const char *name)
{
    struct tvt_config *config = NULL;
    struct tvt_error error;
    tvt_error_clear(&error);
    if (tvt_config_new(&config, provider, &error) == TVT_OK && set(config, name, &error) == TVT_OK)
        puts(name);
    tvt_config_free(config);
}

int
shim_offers(const struct tvt_provider *provider)
{
    static const uint16_t groups[] = {
        TVT_GROUP_SECP256R1, TVT_GROUP_SECP384R1, TVT_GROUP_SECP521R1,         TVT_GROUP_X25519,
        TVT_GROUP_X448,      TVT_GROUP_MLKEM768,  TVT_GROUP_SECP256R1MLKEM768, TVT_GROUP_X25519MLKEM768};
    const struct tvt_suite *suites;
    const struct tvt_scheme *schemes;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        offer(provider, tvt_config_set_groups, tvt_group_name(groups[i]));
    size_t num = tvt_suite_table(&suites);
    for (size_t i = 0; i < num; i++)
        offer(provider, tvt_config_set_suites, suites[i].name);
    num = tvt_scheme_table(&schemes);
    for (size_t i = 0; i < num; i++)
        offer(provider, tvt_config_set_schemes, schemes[i].name);
    return SHIM_DONE;
}
