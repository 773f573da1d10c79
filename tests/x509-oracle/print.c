/* SPDX-License-Identifier: MIT
 *
 * A question in words: a line for every certificate.
 */
#include "tests/x509-oracle/oracle.h"

#include <stdio.h>
#include <openssl/x509v3.h>

static void
print_names(const char *label, const struct oracle_name *name, size_t num)
{
    static const char *const kinds[] = {"other", "email", "DNS", "X400", "directory", "EDI", "URI", "IP", "RID"};
    for (size_t i = 0; i < num; i++)
        printf("%s%s:%s", i == 0 ? label : ",", kinds[name[i].kind], name[i].text);
}

static void
print_bits(const char *label, unsigned bits, const char *const *words, size_t num)
{
    const char *before = label;
    for (size_t i = 0; i < num; i++) {
        if ((bits & 1u << i) != 0) {
            printf("%s%s", before, words[i]);
            before = ",";
        }
    }
}

static void
print_spec(size_t index, const struct oracle_spec *s)
{
    static const char *const validity[] = {"", " expired", " future"};
    static const char *const basic[] = {" no-bc", " ca", " not-ca"};
    static const char *const eku[] = {"server", "client", "any", "code"};
    static const char *const identifier[] = {" no-", " ", " wrong-"};
    printf("  %2zu%s%s %s (key %u)", index, s->trusted ? " trusted" : "", s->sent ? " sent" : "",
           oracle_subject_text(s->subject), s->key);
    if (index > 0 || s->issuer == s->subject)
        printf(" <- %s (key %u)", oracle_subject_text(s->issuer), s->signer);
    printf("%s%s%s%s%s", s->version1 ? " v1" : basic[s->basic], validity[s->validity],
           s->signer != s->signer_key ? " bad-signature" : "", s->sha1 ? " sha1" : "",
           s->unknown_critical ? " unknown-critical" : "");
    if (s->path_len >= 0)
        printf(" pathlen %d", s->path_len);
    if (s->key_usage >= 0)
        printf(" usage %02x", (unsigned)s->key_usage);
    print_bits(" eku ", s->eku, eku, 4);
    printf("%sski%saki", identifier[s->subject_id], identifier[s->authority_id]);
    if (s->subject_form + s->issuer_form > 0)
        printf(" forms %u,%u", s->subject_form, s->issuer_form);
    print_names(" names ", s->name, s->num_names);
    print_names(" permitted ", s->permitted, s->num_permitted);
    print_names(" excluded ", s->excluded, s->num_excluded);
    printf("\n");
}

void
oracle_world_print(const struct oracle_world *w)
{
    printf("  %s, name %s\n", w->client ? "client" : "server", w->host != NULL ? w->host : "(none)");
    for (size_t i = 0; i < w->num; i++)
        print_spec(i, &w->spec[i]);
}
