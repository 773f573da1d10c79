/* SPDX-License-Identifier: MIT
 *
 * What the tests of messages and of extensions share.
 */
#ifndef TVT_TESTS_UNIT_MESSAGE_HELP_H
#define TVT_TESTS_UNIT_MESSAGE_HELP_H

#include "core/message/internal.h"

/* Decodes a copy of which each byte behind the end is out of bounds, so that a sanitizer sees a read there. The copy is
 * *memory for the caller to free, or freed at once when memory is NULL. */
TVT_MUST_USE enum tvt_result message_decode_exact(struct tvt_message *out, const uint8_t *data, size_t len,
                                                  struct tvt_error *error, uint8_t **memory);
/* The same of TLS 1.2, the copy freed at once; `form`: enum tvt_form12 bits. */
TVT_MUST_USE enum tvt_result message_decode_exact12(struct tvt_message *out, const uint8_t *data, size_t len,
                                                    unsigned form, struct tvt_error *error);
/* Encodes what was decoded. */
void message_encode(struct tvt_writer *w, const struct tvt_message *m);
/* The same of TLS 1.2. */
void message_encode12(struct tvt_writer *w, const struct tvt_message *m, unsigned form);
/* Its extension list; NULL: its kind has none. */
const struct tvt_extensions *message_extensions(const struct tvt_message *m);
/* A message of the smallest legal kind around an extension list; returns the offset of the list's first byte. */
size_t message_wrap(struct tvt_writer *w, enum tvt_extension_place place, const uint8_t *list, size_t len);

#endif
