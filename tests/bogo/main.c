/* SPDX-License-Identifier: MIT
 *
 * The program: flags, then as many connections, one after the other, as they ask for.
 */
#include "tests/bogo/shim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shim_options phases[SHIM_NUM_PHASES];

static int
connect_once(struct shim_shared *shared, bool resumption)
{
    static struct shim_run run;
    memset(&run, 0, sizeof run);
    run.o = &phases[resumption ? SHIM_RESUME : SHIM_INITIAL];
    run.retry = &phases[SHIM_RETRY];
    run.resumption = resumption;
    run.shared = shared;
    run.provider = shared->provider;
    run.used_credential = -1;
    run.num_put = shared->num_put;
    run.link.fd = -1;
    int status = shim_setup(&run);
    if (status < 0 && !shim_link_open(&run.link, run.o))
        status = SHIM_WRONG;
    if (status < 0)
        status = shim_exchange(&run);
    shim_link_close(&run.link);
    tvt_connection_free(run.connection);
    tvt_config_free(run.config);
    tvt_session_unref(run.offered);
    /* a client claims the whole milliseconds that have passed for certain: one more begins */
    if (run.o->resumption_delay > 0)
        shim_clock_advance((uint64_t)run.o->resumption_delay * 1000u + (run.o->server ? 0 : 1));
    return status;
}

static int
connect_all(void)
{
    struct shim_shared shared;
    const char *backend = phases[SHIM_INITIAL].backend;
    int status = shim_shared_open(&shared, backend != NULL ? backend : getenv("TRIVET_BACKEND"));
    if (status < 0 && phases[SHIM_INITIAL].offers)
        status = shim_offers(shared.provider);
    if (status < 0)
        status = connect_once(&shared, false);
    for (int i = 0; i < phases[SHIM_INITIAL].resume_count && status == SHIM_DONE; i++)
        status = connect_once(&shared, true);
    shim_shared_close(&shared);
    return status;
}

int
main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    int status = shim_options_parse(phases, argc, argv);
    if (status < 0 && phases[SHIM_INITIAL].is_handshaker_supported) {
        puts("No");
        status = SHIM_DONE;
    }
    if (status < 0 && phases[SHIM_INITIAL].list_tests)
        status = SHIM_UNIMPLEMENTED;
    if (status < 0)
        status = connect_all();
    shim_memory_free();
    return status;
}
