/* SPDX-License-Identifier: MIT
 *
 * Reading vector files: the project's own (vectors/), and Wycheproof's from a directory that the user names.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory of one vector: chained blocks, given back before the next one. */
struct block {
    struct block *next;
    _Alignas(TVT_ALIGN) uint8_t bytes[];
};
static struct block *blocks;

void *
kit_take(size_t len)
{
    size_t size = sizeof(struct block) + len + TVT_ALIGN;
    struct block *b = (struct block *)aligned_alloc(TVT_ALIGN, (size + TVT_ALIGN - 1) / TVT_ALIGN * TVT_ALIGN);

    if (b == NULL) {
        fprintf(stderr, "trivet-kit: no memory\n");
        exit(2);
    }
    b->next = blocks;
    blocks = b;
    memset(b->bytes, 0, len);
    return b->bytes;
}

void
kit_release_all(void)
{
    while (blocks != NULL) {
        struct block *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}

/* ---- fields ---------------------------------------------------------------------------------------------- */

static int
nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct tvt_span
kit_bytes(const json_t *object, const char *field)
{
    const char *hex = kit_text(object, field);
    size_t len = strlen(hex) / 2;
    uint8_t *out = (uint8_t *)kit_take(len > 0 ? len : 1);

    for (size_t i = 0; i < len; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            kit_check(false, "field \"%s\" is not hexadecimal", field);
            return tvt_span(NULL, 0);
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    if (strlen(hex) % 2 != 0)
        kit_check(false, "field \"%s\" has an odd number of digits", field);
    return tvt_span(len > 0 ? out : NULL, len);
}

struct tvt_span
kit_bytes_stripped(const json_t *object, const char *field)
{
    struct tvt_span s = kit_bytes(object, field);

    while (s.len > 1 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }
    return s;
}

struct tvt_span
kit_bytes_padded(const json_t *object, const char *field, size_t length)
{
    struct tvt_span s = kit_bytes_stripped(object, field);
    uint8_t *out;

    if (s.len >= length)
        return s;
    out = (uint8_t *)kit_take(length);
    if (s.len > 0)
        memcpy(out + length - s.len, s.data, s.len);
    return tvt_span(out, length);
}

const char *
kit_text(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));

    return text != NULL ? text : "";
}

int
kit_int(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);

    return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}

bool
kit_is_set(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);

    return value != NULL && !json_is_null(value);
}

bool
kit_flagged(const json_t *test, const char *flag)
{
    const json_t *flags = json_object_get(test, "flags");

    for (size_t i = 0; i < json_array_size(flags); i++) {
        const char *text = json_string_value(json_array_get(flags, i));

        if (text != NULL && strcmp(text, flag) == 0)
            return true;
    }
    return false;
}

uint8_t
kit_hash_named(const char *name)
{
    for (int row = KIT_SHA256; row <= KIT_SHA512; row++) {
        if (strcmp(kit_algorithms[row].name, name) == 0)
            return (uint8_t)kit_algorithms[row].id;
    }
    return TVT_HASH_NONE;
}

enum kit_expect
kit_expected(const json_t *test)
{
    const json_t *valid = json_object_get(test, "valid");
    const char *result = kit_text(test, "result");

    if (valid != NULL)
        return json_is_true(valid) ? KIT_VALID : KIT_INVALID;
    if (strcmp(result, "invalid") == 0)
        return KIT_INVALID;
    return strcmp(result, "acceptable") == 0 ? KIT_EITHER : KIT_VALID;
}

/* ---- files ----------------------------------------------------------------------------------------------- */

json_t *
kit_load(const char *folder, const char *file)
{
    char path[1024];
    json_error_t error;
    json_t *root;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        kit_where(file, "line %d", error.line);
        kit_check(false, "cannot be read: %s", error.text);
    }
    return root;
}

void
kit_each_kat(const char *file, kit_test *test)
{
    json_t *root = kit_load(kit.options.vectors, file);
    const json_t *tests = json_object_get(root, "tests");

    kit.in_vectors = true;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *t = json_array_get(tests, i);

        kit_where(file, "%s", kit_text(t, "id"));
        test(root, t);
        kit_release_all();
    }
    kit.in_vectors = false;
    if (root != NULL)
        kit_check(json_array_size(tests) > 0 && json_array_size(tests) == (size_t)kit_int(root, "count"),
                  "the file holds %zu tests, its count says %d", json_array_size(tests), kit_int(root, "count"));
    json_decref(root);
}

void
kit_each_wycheproof(const char *file, kit_test *test)
{
    json_t *root = kit_load(kit.options.wycheproof, file);
    const json_t *groups = json_object_get(root, "testGroups");
    size_t seen = 0;

    kit.in_vectors = true;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const json_t *tests = json_object_get(group, "tests");

        for (size_t j = 0; j < json_array_size(tests); j++, seen++) {
            const json_t *t = json_array_get(tests, j);

            kit_where(file, "tcId %d", kit_int(t, "tcId"));
            test(group, t);
            kit_release_all();
        }
    }
    kit.in_vectors = false;
    if (root != NULL)
        kit_check(seen > 0 && seen == (size_t)kit_int(root, "numberOfTests"), "%zu tests seen, numberOfTests is %d",
                  seen, kit_int(root, "numberOfTests"));
    json_decref(root);
}
