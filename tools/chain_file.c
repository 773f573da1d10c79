/* SPDX-License-Identifier: MIT
 *
 * Reads the certificates of a file into blocks of their own.
 */
#include "tools/chain_file.h"

#include "core/os/file.h"
#include "core/x509/pem.h"
#include "tools/report.h"

#include <stdlib.h>
#include <string.h>

#define CERTIFICATES_MAX 4096u /* of one file: a bundle of roots */

/* A block of `len` bytes as the next certificate. */
static enum tvt_result
next_block(struct chain_file *out, uint8_t **bytes, size_t len, struct tvt_error *error)
{
    if (out->num == CERTIFICATES_MAX)
        return tvt_fail_detail(error, TVT_E_FILE_TOO_LONG, "certificate file", "CERTIFICATE",
                               "it has more than %u certificates", CERTIFICATES_MAX);
    *bytes = malloc(len > 0 ? len : 1);
    if (*bytes == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "certificate file", "CERTIFICATE");
    out->der[out->num++] = tvt_span(*bytes, 0);
    return TVT_OK;
}

static enum tvt_result
read_pem(struct chain_file *out, struct tvt_span text, struct tvt_error *error)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error one;
    enum tvt_result result;
    tvt_pem_init(&pem, text);
    for (;;) {
        tvt_error_clear(&one);
        result = tvt_pem_next(&pem, &block, &one);
        if (result == TVT_CLOSED)
            break;
        if (result == TVT_OK && !tvt_pem_is_certificate(block.label))
            continue;
        size_t max = result == TVT_OK ? tvt_pem_decoded_max(&block) : 0;
        uint8_t *bytes;
        if (next_block(out, &bytes, max, error) != TVT_OK)
            return TVT_FAIL;
        if (result == TVT_OK)
            result = tvt_pem_decode(&block, bytes, max, &out->der[out->num - 1].len, &one);
        if (result != TVT_OK && out->fault == NULL) {
            *error = one;
            return TVT_FAIL;
        }
        if (result != TVT_OK)
            out->fault[out->num - 1] = one;
    }
    if (out->num == 0)
        return tvt_pem_not_found(error, "certificate file", "a CERTIFICATE block, or a certificate in DER,", text);
    return TVT_OK;
}

static enum tvt_result
read_der(struct chain_file *out, struct tvt_span bytes, struct tvt_error *error)
{
    uint8_t *copy;
    if (next_block(out, &copy, bytes.len, error) != TVT_OK)
        return TVT_FAIL;
    memcpy(copy, bytes.data, bytes.len);
    out->der[0].len = bytes.len;
    return TVT_OK;
}

int
chain_file_read(struct chain_file *out, const struct tool_options *options, bool tolerant)
{
    struct tvt_file file;
    struct tvt_error error;
    enum tvt_result result;
    tvt_error_clear(&error);
    memset(out, 0, sizeof *out);
    memset(&file, 0, sizeof file);
    out->der = calloc(CERTIFICATES_MAX, sizeof *out->der);
    if (tolerant)
        out->fault = calloc(CERTIFICATES_MAX, sizeof *out->fault);
    if (out->der == NULL || (tolerant && out->fault == NULL))
        return tool_usage(options, "There is no memory for the certificates. Free some.");
    if (tvt_file_read(&file, options->operand, TVT_PEM_MAX, "certificate file", NULL, &error) != TVT_OK)
        return tool_usage_file(options, options->operand, &error);
    bool der = file.bytes.len > 0 && file.bytes.data[0] == TVT_DER_SEQUENCE && !tvt_pem_looks_like(file.bytes);
    result = der ? read_der(out, file.bytes, &error) : read_pem(out, file.bytes, &error);
    tvt_file_free(&file);
    if (result == TVT_OK)
        out->certificate = calloc(out->num, sizeof *out->certificate);
    if (result == TVT_OK && out->certificate == NULL)
        result = tvt_fail(&error, TVT_E_NO_MEMORY, "certificate file", NULL);
    return result == TVT_OK ? -1 : tool_usage_file(options, options->operand, &error);
}

void
chain_file_free(struct chain_file *file)
{
    for (size_t i = 0; i < file->num; i++) {
        /* made by next_block: the span's constness is the reader's */
        free((void *)(uintptr_t)file->der[i].data);
    }
    free(file->der);
    free(file->certificate);
    free(file->fault);
    memset(file, 0, sizeof *file);
}
