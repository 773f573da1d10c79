/* SPDX-License-Identifier: MIT
 *
 * What the rules of explain.c name, taken out of the certificates of one path.
 */
#include "tests/x509-oracle/mend.h"

#include <string.h>
#include <openssl/x509v3.h>

typedef bool name_test(const struct oracle_name *name);

/* Takes the names that the test picks out of a list. */
static bool
drop(struct oracle_name *list, size_t *num, name_test *picks)
{
    size_t kept = 0;
    for (size_t i = 0; i < *num; i++)
        if (!picks(&list[i]))
            list[kept++] = list[i];
    bool changed = kept != *num;
    *num = kept;
    return changed;
}

static bool
drop_bases(struct oracle_world *w, name_test *picks)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        struct oracle_spec *s = &w->spec[i];
        changed |= drop(s->permitted, &s->num_permitted, picks);
        changed |= drop(s->excluded, &s->num_excluded, picks);
    }
    return changed;
}

static bool
drop_names(struct oracle_world *w, name_test *picks)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++)
        changed |= drop(w->spec[i].name, &w->spec[i].num_names, picks);
    return changed;
}

bool
mend_leaf_usage(struct oracle_world *w)
{
    struct oracle_spec *leaf = &w->spec[0];
    if (leaf->key_usage < 0 || (leaf->key_usage & KU_DIGITAL_SIGNATURE) != 0)
        return false;
    leaf->key_usage |= KU_DIGITAL_SIGNATURE;
    return true;
}

static bool
is_odd_dns(const struct oracle_name *name)
{
    return name->kind == GEN_DNS && (name->text[0] == '.' || strchr(name->text, '*') != NULL);
}

bool
mend_dns_base(struct oracle_world *w)
{
    return drop_bases(w, is_odd_dns);
}

/* The one mask with a hole that is drawn. */
static bool
is_odd_mask(const struct oracle_name *name)
{
    return name->kind == GEN_IPADD && strcmp(name->text + strlen(name->text) / 2, "ff0000ff") == 0;
}

bool
mend_mask(struct oracle_world *w)
{
    return drop_bases(w, is_odd_mask);
}

static bool
is_wildcard(const struct oracle_name *name)
{
    return name->kind == GEN_DNS && name->text[0] == '*';
}

bool
mend_wildcard_name(struct oracle_world *w)
{
    return drop_names(w, is_wildcard);
}

static bool
is_partial_wildcard(const struct oracle_name *name)
{
    return name->kind == GEN_DNS && name->text[0] != '*' && strchr(name->text, '*') != NULL;
}

bool
mend_partial_wildcard(struct oracle_world *w)
{
    return drop_names(w, is_partial_wildcard);
}

bool
mend_sha1(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        changed |= w->spec[i].sha1;
        w->spec[i].sha1 = false;
    }
    return changed;
}

bool
mend_no_basic(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 1; i < w->num; i++) {
        struct oracle_spec *s = &w->spec[i];
        if (!s->version1 && s->basic == ORACLE_BC_NONE && s->key_usage >= 0 && (s->key_usage & KU_KEY_CERT_SIGN) != 0) {
            s->basic = ORACLE_BC_CA;
            changed = true;
        }
    }
    return changed;
}

bool
mend_any_eku(struct oracle_world *w)
{
    const unsigned both = ORACLE_EKU_SERVER | ORACLE_EKU_CLIENT;
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        if ((w->spec[i].eku & ORACLE_EKU_ANY) != 0 && (w->spec[i].eku & both) != both) {
            w->spec[i].eku |= both;
            changed = true;
        }
    }
    return changed;
}

bool
mend_wrong_identifier(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        struct oracle_spec *s = &w->spec[i];
        if (s->authority_id == ORACLE_ID_WRONG || (s->authority_id == ORACLE_ID_RIGHT && s->signer_key != s->signer)) {
            s->authority_id = ORACLE_ID_RIGHT;
            s->signer_key = s->signer;
            changed = true;
        }
    }
    return changed;
}

static bool
name_signer(struct oracle_spec *s)
{
    bool changed = s->signer_key != s->signer || s->authority_id != ORACLE_ID_RIGHT || s->subject_id != ORACLE_ID_RIGHT;
    s->signer_key = s->signer;
    s->authority_id = s->subject_id = ORACLE_ID_RIGHT;
    return changed;
}

bool
mend_self_issued_identifiers(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++)
        if (w->spec[i].subject == w->spec[i].issuer && w->spec[i].key != w->spec[i].signer && !w->spec[i].version1)
            changed |= name_signer(&w->spec[i]);
    return changed;
}

/* Version 1 has no place for an identifier. */
static bool
name_version3(struct oracle_spec *s, bool is_authority)
{
    if (!s->version1)
        return false;
    s->version1 = s->unknown_critical = false;
    s->basic = is_authority ? ORACLE_BC_CA : ORACLE_BC_NONE;
    s->key_usage = s->path_len = -1;
    s->eku = 0;
    return true;
}

/* Only where the names alone leave a choice. */
bool
mend_signer_identifiers(struct oracle_world *w)
{
    bool choice = false, changed = false;
    for (size_t i = 1; i < w->num; i++)
        for (size_t k = 1; k < i; k++)
            choice = choice || w->spec[i].subject == w->spec[k].subject;
    for (size_t i = 0; choice && i < w->num; i++)
        changed |= name_signer(&w->spec[i]);
    for (size_t i = 0; choice && i < w->num; i++)
        changed |= name_version3(&w->spec[i], i > 0);
    return changed;
}

bool
mend_anchor_eku(struct oracle_world *w)
{
    struct oracle_spec *anchor = &w->spec[w->num - 1];
    bool changed = anchor->eku != 0;
    anchor->eku = 0;
    return changed;
}

static bool
is_directory(const struct oracle_name *name)
{
    return name->kind == GEN_DIRNAME;
}

bool
mend_directory_bases(struct oracle_world *w)
{
    return drop_bases(w, is_directory);
}

static bool
is_address(const struct oracle_name *name)
{
    return name->kind == GEN_IPADD;
}

bool
mend_address_bases(struct oracle_world *w)
{
    return drop_bases(w, is_address);
}

bool
mend_forms(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        changed |= w->spec[i].subject_form + w->spec[i].issuer_form > 0;
        w->spec[i].subject_form = w->spec[i].issuer_form = 0;
    }
    return changed;
}

static bool
is_other_kind(const struct oracle_name *name)
{
    return name->kind == GEN_RID || name->kind == GEN_DIRNAME || name->kind == GEN_URI;
}

bool
mend_other_kinds(struct oracle_world *w)
{
    return drop_bases(w, is_other_kind);
}

static bool
is_uri(const struct oracle_name *name)
{
    return name->kind == GEN_URI;
}

bool
mend_uri_bases(struct oracle_world *w)
{
    return drop_bases(w, is_uri);
}

/* Where there is a self-issued intermediate. */
bool
mend_path_length(struct oracle_world *w)
{
    bool self_issued = false, changed = false;
    for (size_t i = 1; i + 1 < w->num; i++)
        self_issued = self_issued || w->spec[i].subject == w->spec[i].issuer;
    for (size_t i = 1; self_issued && i < w->num; i++) {
        changed |= w->spec[i].path_len >= 0;
        w->spec[i].path_len = -1;
    }
    return changed;
}

static bool
is_dns(const struct oracle_name *name)
{
    return name->kind == GEN_DNS;
}

static bool
leaf_has_dns_name(const struct oracle_world *w)
{
    for (size_t i = 0; i < w->spec[0].num_names; i++)
        if (is_dns(&w->spec[0].name[i]))
            return true;
    return false;
}

bool
mend_no_dns_name(struct oracle_world *w)
{
    return !leaf_has_dns_name(w) && drop_bases(w, is_dns);
}

bool
mend_common_name(struct oracle_world *w)
{
    if (leaf_has_dns_name(w) || w->host == NULL)
        return false;
    w->host = NULL;
    return true;
}

bool
mend_anchor_basic(struct oracle_world *w)
{
    struct oracle_spec *anchor = &w->spec[w->num - 1];
    bool changed = anchor->basic == ORACLE_BC_NONE && !anchor->version1;
    if (changed)
        anchor->basic = ORACLE_BC_CA;
    return changed;
}

static bool
is_userinfo_uri(const struct oracle_name *name)
{
    return name->kind == GEN_URI && strchr(name->text, '@') != NULL;
}

bool
mend_userinfo_uri(struct oracle_world *w)
{
    return drop_names(w, is_userinfo_uri);
}

static bool
is_address_uri(const struct oracle_name *name)
{
    return name->kind == GEN_URI && strcmp(name->text, "https://10.1.2.3/") == 0;
}

bool
mend_address_uri(struct oracle_world *w)
{
    return drop_names(w, is_address_uri);
}

static bool
is_no_mailbox(const struct oracle_name *name)
{
    return name->kind == GEN_EMAIL && strchr(name->text, '@') == NULL;
}

bool
mend_no_mailbox(struct oracle_world *w)
{
    return drop_names(w, is_no_mailbox);
}

/* The two subjects with a mailbox differ from the plain leaf's by nothing else. */
bool
mend_subject_mailbox(struct oracle_world *w)
{
    static const char plain[] = "C=DE/O=Acme/CN=leaf";
    if (w->spec[0].num_names == 0 || strstr(oracle_subject_text(w->spec[0].subject), "/emailAddress=") == NULL)
        return false;
    w->spec[0].subject = 0;
    while (strcmp(oracle_subject_text(w->spec[0].subject), plain) != 0)
        w->spec[0].subject++;
    return true;
}

bool
mend_trusted_leaf(struct oracle_world *w)
{
    struct oracle_spec *leaf = &w->spec[0];
    if (w->num > 1 || (!leaf->unknown_critical && leaf->validity == ORACLE_VALID && leaf->eku == 0))
        return false;
    leaf->unknown_critical = false;
    leaf->validity = ORACLE_VALID;
    leaf->eku = 0;
    return true;
}

/* "" permits every dNSName, so that nothing is lost with the whole list. */
bool
mend_empty_dns_base(struct oracle_world *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->num; i++) {
        struct oracle_spec *s = &w->spec[i];
        bool all = false;
        for (size_t k = 0; k < s->num_permitted; k++)
            all = all || (s->permitted[k].kind == GEN_DNS && s->permitted[k].text[0] == '\0');
        changed |= all && drop(s->permitted, &s->num_permitted, is_dns);
    }
    return changed;
}
