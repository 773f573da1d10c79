/* SPDX-License-Identifier: MIT
 *
 * X509_NAME: a distinguished name, entry by entry and as text.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/ssl/view.h"
#include "core/x509/name.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536u /* bytes of a name as text */

/* ---- life ---- */

/* One AttributeTypeAndValue after the other, whichever set it stands in; all of them, as many as a certificate holds. `out`
 * NULL: they are counted. */
static int
walk(struct tvt_span der, struct tvt_x509_name_entry *out)
{
    struct tvt_reader r, names, set, attribute;
    int num = 0;
    tvt_reader_init(&r, der);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "name");
    while (tvt_reader_left(&names) > 0) {
        tvt_der_enter(&names, &set, TVT_DER_SET, "name");
        while (tvt_reader_left(&set) > 0) {
            uint8_t tag;
            tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, "name");
            struct tvt_span oid = tvt_der_read_oid(&attribute, "name");
            struct tvt_span value = tvt_der_read_any(&attribute, &tag, "name");
            tvt_der_leave(&set, &attribute, "name");
            if (set.bad != NULL)
                break;
            if (out != NULL)
                out[num] = (struct tvt_x509_name_entry){{tvt_oid_nid(oid), oid}, {tag, value}};
            num++;
        }
        tvt_der_leave(&names, &set, "name");
    }
    return r.bad == NULL && names.bad == NULL ? num : -1;
}

struct tvt_x509_name *
tvt_x509_name_make(struct tvt_span der)
{
    struct tvt_x509_name *name = tvt_alloc(NULL, sizeof *name);
    if (name == NULL)
        return NULL;
    name->num = walk(der, NULL);
    size_t num = name->num > 0 ? (size_t)name->num : 0;
    name->size = der.len * 2 + num; /* values with a NUL each are shorter than the Name with as many NULs */
    name->memory = tvt_alloc(NULL, name->size + 1);
    name->entry = num > 0 ? tvt_alloc(NULL, num * sizeof *name->entry) : NULL;
    if (name->num < 0 || name->memory == NULL || (num > 0 && name->entry == NULL)) {
        name->num = (int)num;
        tvt_x509_name_release(name);
        return NULL;
    }
    tvt_copy(name->memory, der.data, der.len);
    name->der = tvt_span(name->memory, der.len);
    if (num > 0)
        (void)walk(name->der, name->entry);
    uint8_t *to = name->memory + der.len;
    for (size_t i = 0; i < num; i++) {
        struct tvt_span *text = &name->entry[i].value.text;
        tvt_copy(to, text->data, text->len);
        text->data = to;
        to += text->len + 1; /* the memory is zero */
    }
    return name;
}

void
tvt_x509_name_release(struct tvt_x509_name *name)
{
    if (name == NULL)
        return;
    tvt_release(NULL, name->entry, (size_t)name->num * sizeof *name->entry);
    tvt_release(NULL, name->memory, name->size + 1);
    tvt_release(NULL, name, sizeof *name);
}

X509_NAME *
X509_NAME_dup(const X509_NAME *name)
{
    return name != NULL ? tvt_x509_name_make(name->der) : NULL;
}

void
X509_NAME_free(X509_NAME *name)
{
    tvt_x509_name_release(name);
}

/* ---- entries ---- */

int
X509_NAME_entry_count(const X509_NAME *name)
{
    return name != NULL ? name->num : 0;
}

X509_NAME_ENTRY *
X509_NAME_get_entry(const X509_NAME *name, int index)
{
    return name != NULL && index >= 0 && index < name->num ? &name->entry[index] : NULL;
}

int
X509_NAME_get_index_by_NID(const X509_NAME *name, int nid, int last)
{
    for (int i = last < 0         ? 0
                 : last < INT_MAX ? last + 1
                                  : last;
         name != NULL && nid != NID_undef && i < name->num; i++)
        if (name->entry[i].object.nid == nid)
            return i;
    return -1;
}

ASN1_STRING *
X509_NAME_ENTRY_get_data(const X509_NAME_ENTRY *entry)
{
    return entry != NULL ? (ASN1_STRING *)(uintptr_t)&entry->value : NULL;
}

ASN1_OBJECT *
X509_NAME_ENTRY_get_object(const X509_NAME_ENTRY *entry)
{
    return entry != NULL ? (ASN1_OBJECT *)(uintptr_t)&entry->object : NULL;
}

int
X509_NAME_get_text_by_NID(const X509_NAME *name, int nid, char *out, int size)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0)
        return -1;
    struct tvt_span text = name->entry[at].value.text;
    if (text.len > INT_MAX || (text.len > 0 && memchr(text.data, 0, text.len) != NULL))
        return -1;
    if (out == NULL)
        return (int)text.len;
    if (size <= 0)
        return 0;
    size_t len = text.len < (size_t)size ? text.len : (size_t)size - 1;
    tvt_copy(out, text.data, len);
    out[len] = '\0';
    return (int)len;
}

int
X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b)
{
    if (a == NULL || b == NULL)
        return a == b ? 0 : a == NULL ? -1 : 1;
    if (a->der.len != b->der.len)
        return a->der.len < b->der.len ? -1 : 1;
    return memcmp(a->der.data, b->der.data, a->der.len);
}

/* ---- text ---- */

static bool
put(struct tvt_buffer *out, const char *text)
{
    return tvt_buffer_append(out, text, strlen(text));
}

/* Printable ASCII as it is, the rest as \xNN; with `separators` what divides a name gets a backslash. */
static bool
put_bytes(struct tvt_buffer *out, struct tvt_span bytes, bool separators)
{
    bool good = true;
    for (size_t i = 0; i < bytes.len && good; i++) {
        char piece[5] = {(char)bytes.data[i], '\0'};
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e)
            (void)snprintf(piece, sizeof piece, "\\x%02X", bytes.data[i]);
        else if (separators && strchr(",+\\\"<>;=", piece[0]) != NULL)
            (void)snprintf(piece, sizeof piece, "\\%c", bytes.data[i]);
        good = put(out, piece);
    }
    return good;
}

static bool
put_entry(struct tvt_buffer *out, const struct tvt_x509_name_entry *entry, const char *equals, bool separators)
{
    char dotted[256];
    const char *kind = entry->object.nid != NID_undef ? OBJ_nid2sn(entry->object.nid)
                                                      : tvt_oid_text(dotted, sizeof dotted, entry->object.oid);
    return put(out, kind) && put(out, equals) && put_bytes(out, entry->value.text, separators);
}

char *
X509_NAME_oneline(const X509_NAME *name, char *out, int size)
{
    struct tvt_buffer text;
    bool good = true;
    if (name == NULL || (out != NULL && size <= 0))
        return NULL;
    tvt_buffer_init(&text, NULL, TEXT_MAX);
    for (int i = 0; i < name->num && good; i++)
        good = put(&text, "/") && put_entry(&text, &name->entry[i], "=", false);
    struct tvt_span bytes = tvt_buffer_span(&text);
    size_t room = out != NULL ? (size_t)size : bytes.len + 1;
    char *to = out != NULL ? out : good ? malloc(room) : NULL; /* for OPENSSL_free(), which is free() */
    if (to != NULL)
        (void)snprintf(to, room, "%.*s", (int)bytes.len, bytes.len > 0 ? (const char *)bytes.data : "");
    tvt_buffer_release(&text);
    return to;
}

static bool
put_name(struct tvt_buffer *out, const X509_NAME *name, int indent, unsigned long flags)
{
    bool backwards = flags == XN_FLAG_RFC2253, good = true;
    for (int i = 0; i < indent && good; i++)
        good = put(out, " ");
    for (int i = 0; i < name->num && good; i++) {
        const struct tvt_x509_name_entry *entry = &name->entry[backwards ? name->num - 1 - i : i];
        good = (i == 0 || put(out, backwards ? "," : ", ")) && put_entry(out, entry, backwards ? "=" : " = ", true);
    }
    return good;
}

int
X509_NAME_print_ex(BIO *bio, const X509_NAME *name, int indent, unsigned long flags)
{
    struct tvt_buffer text;
    if (bio == NULL || name == NULL)
        return -1;
    tvt_buffer_init(&text, NULL, TEXT_MAX);
    bool good = put_name(&text, name, indent, flags);
    struct tvt_span bytes = tvt_buffer_span(&text);
    good = good && (bytes.len == 0 || BIO_write(bio, bytes.data, (int)bytes.len) == (int)bytes.len);
    tvt_buffer_release(&text);
    return good ? (int)bytes.len : -1;
}

int
X509_NAME_print_ex_fp(FILE *file, const X509_NAME *name, int indent, unsigned long flags)
{
    BIO *bio = file != NULL ? BIO_new_fp(file, BIO_NOCLOSE) : NULL;
    int r = X509_NAME_print_ex(bio, name, indent, flags);
    (void)BIO_free(bio);
    return r;
}
