/* SPDX-License-Identifier: MIT
 *
 * The verdict of core/x509.
 */
#include "tests/x509-oracle/oracle.h"

#include "core/x509/path.h"

#include <stdio.h>
#include <string.h>

static struct tvt_provider *provider;

static const char *
ours_version(void)
{
    return TVT_VERSION_STRING;
}

static bool
ours_open(void)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    return tvt_provider_open(&provider, NULL, &error) == TVT_OK;
}

static void
ours_close(void)
{
    tvt_provider_free(provider);
    provider = NULL;
}

static bool
refuse(struct oracle_verdict *out, const struct tvt_error *error)
{
    out->code = (int)error->code;
    (void)snprintf(out->field, sizeof(out->field), "%s", error->field != NULL ? error->field : "");
    (void)tvt_error_format_line(error, out->words, sizeof(out->words));
    return true;
}

/* Anchors that cannot be read are passed over, as those of a system's store are. */
static bool
fill_store(struct tvt_trust_store *store, const struct oracle_world *w, uint32_t trusted)
{
    struct tvt_error error;
    for (size_t i = 0; i < w->num; i++) {
        tvt_error_clear(&error);
        if ((trusted & 1u << i) != 0 &&
            tvt_trust_store_add_der(store, tvt_span(w->der[i], w->der_len[i]), &error) != TVT_OK &&
            error.code != TVT_E_CERT_MALFORMED)
            return false;
    }
    return true;
}

static bool
give_path(struct oracle_verdict *out, const struct oracle_world *w, const struct tvt_verified_path *path)
{
    out->accepted = true;
    for (size_t i = 0; i < path->num; i++) {
        struct tvt_span der = path->certificate[i]->der;
        size_t k = 0;
        while (k < w->num && !tvt_span_equal(der, tvt_span(w->der[k], w->der_len[k])))
            k++;
        if (k == w->num || i == ORACLE_PATH_MAX)
            return false;
        out->path[out->num++] = (uint8_t)k;
    }
    return true;
}

static bool
judge(struct oracle_verdict *out, const struct oracle_world *w, uint32_t sent, const struct tvt_trust_store *store)
{
    struct tvt_certificate certificate[ORACLE_CERTIFICATES_MAX];
    struct tvt_verified_path path;
    struct tvt_error error;
    size_t num = 0;
    tvt_error_clear(&error);
    for (size_t i = 0; i < w->num; i++) {
        if (i > 0 && (sent & 1u << i) == 0)
            continue;
        if (tvt_certificate_parse(&certificate[num], tvt_span(w->der[i], w->der_len[i]), "Certificate", &error) !=
            TVT_OK)
            return refuse(out, &error);
        num++;
    }
    struct tvt_path_request request = {.provider = provider,
                                       .store = store,
                                       .purpose = w->client ? TVT_PURPOSE_CLIENT : TVT_PURPOSE_SERVER,
                                       .time = ORACLE_TIME,
                                       .name = w->host,
                                       .no_name = w->host == NULL,
                                       .chain = certificate,
                                       .num_chain = num};
    if (tvt_path_verify(&path, &request, &error) != TVT_OK)
        return refuse(out, &error);
    return give_path(out, w, &path);
}

static bool
ours_verify(struct oracle_verdict *out, const struct oracle_world *w, struct oracle_part part)
{
    struct tvt_trust_store *store;
    struct tvt_error error;
    memset(out, 0, sizeof(*out));
    tvt_error_clear(&error);
    if (tvt_trust_store_new(&store, NULL, &error) != TVT_OK)
        return false;
    bool good = fill_store(store, w, part.trusted) && judge(out, w, part.sent, store);
    tvt_trust_store_unref(store);
    return good;
}

const struct oracle_verifier oracle_ours = {"trivet", ours_version, ours_open, ours_close, ours_verify};
