/* SPDX-License-Identifier: MIT
 *
 * The verdict of GnuTLS's gnutls_x509_trust_list_verify_crt2, with the clock of the questions.
 */
#include "tests/x509-oracle/oracle.h"

#include <stdio.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static time_t
question_time(time_t *out)
{
    if (out != NULL)
        *out = ORACLE_TIME;
    return ORACLE_TIME;
}

static const char *
gnutls_version(void)
{
    return gnutls_check_version(NULL);
}

static bool
gnutls_open(void)
{
    gnutls_global_set_time_function(question_time);
    return gnutls_global_init() == 0;
}

static void
gnutls_close(void)
{
    gnutls_global_deinit();
}

static bool
import(gnutls_x509_crt_t *out, const struct oracle_world *w, size_t i)
{
    gnutls_datum_t der = {w->der[i], (unsigned)w->der_len[i]};
    if (gnutls_x509_crt_init(out) != 0)
        return false;
    if (gnutls_x509_crt_import(*out, &der, GNUTLS_X509_FMT_DER) == 0)
        return true;
    gnutls_x509_crt_deinit(*out);
    return false;
}

/* The path is not told: only whether there is one. */
static bool
judge(struct oracle_verdict *out, const struct oracle_world *w, gnutls_x509_trust_list_t list, gnutls_x509_crt_t *chain,
      unsigned num)
{
    char purpose[] = GNUTLS_KP_TLS_WWW_SERVER, client[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data[2] = {
        {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(w->client ? client : purpose), 0},
        {GNUTLS_DT_DNS_HOSTNAME, NULL, 0},
    };
    char host[64];
    unsigned status = 0;
    if (w->host != NULL) {
        (void)snprintf(host, sizeof(host), "%s", w->host);
        data[1].data = (unsigned char *)host;
    }
    if (gnutls_x509_trust_list_verify_crt2(list, chain, num, data, w->host != NULL ? 2 : 1,
                                           GNUTLS_VERIFY_ALLOW_UNSORTED_CHAIN, &status, NULL) != 0)
        status = GNUTLS_CERT_INVALID;
    out->accepted = status == 0;
    out->code = (int)status;
    gnutls_datum_t words;
    if (status != 0 && gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) == 0) {
        (void)snprintf(out->words, sizeof(out->words), "%.*s", (int)words.size, (const char *)words.data);
        gnutls_free(words.data);
    }
    return true;
}

static bool
gnutls_verify(struct oracle_verdict *out, const struct oracle_world *w, struct oracle_part part)
{
    gnutls_x509_trust_list_t list;
    gnutls_x509_crt_t chain[ORACLE_CERTIFICATES_MAX], anchor;
    unsigned num = 0;
    bool good = gnutls_x509_trust_list_init(&list, 0) == 0;
    memset(out, 0, sizeof(*out));
    if (!good)
        return false;
    for (size_t i = 0; good && i < w->num; i++) {
        if ((part.trusted & 1u << i) != 0) {
            good = import(&anchor, w, i);
            if (good && gnutls_x509_trust_list_add_cas(list, &anchor, 1, 0) != 1) {
                gnutls_x509_crt_deinit(anchor);
                good = false;
            }
        }
        if (good && (i == 0 || (part.sent & 1u << i) != 0)) {
            good = import(&chain[num], w, i);
            num += good;
        }
    }
    good = good && judge(out, w, list, chain, num);
    while (num > 0)
        gnutls_x509_crt_deinit(chain[--num]);
    gnutls_x509_trust_list_deinit(list, 1);
    return good;
}

const struct oracle_verifier oracle_gnutls = {"GnuTLS", gnutls_version, gnutls_open, gnutls_close, gnutls_verify};
