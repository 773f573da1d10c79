/* SPDX-License-Identifier: MIT
 *
 * What the files of core/message share: the decoder, which reads flat and is asked once whether all was well, and the
 * decoders and encoders of extension lists.
 */
#ifndef TVT_CORE_MESSAGE_INTERNAL_H
#define TVT_CORE_MESSAGE_INTERNAL_H

#include "core/message/message.h"

/* One message being decoded. A fault of the grammar sticks in the reader; a value that the protocol forbids is noted in
 * the second half and stops the reader too, so that the first of the two is what gets raised. */
struct tvt_decoder {
    struct tvt_reader r;
    const char *message;      /* for the error record                               */
    size_t psk_offset;        /* where pre_shared_key stands, for PSK_NOT_LAST      */
    enum tvt_error_code code; /* of the refused value; TVT_E_NONE: none             */
    const char *field;
    size_t offset;
    bool has_values;
    uint64_t expected, got;
    bool has_type; /* the refusal is about the message or extension type below */
    uint16_t type;
    bool tls12;    /* tvt_message_decode12(), whose form is */
    unsigned form; /* enum tvt_form12 bits                  */
};

/* Refuse a value. Each does nothing when something failed before. */
void tvt_message_refuse(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset);
void tvt_refuse_value(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset,
                      uint64_t expected, uint64_t got);
void tvt_refuse_type(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset, uint16_t type);

/* Between enter and leave the decoder reads `part`, which must be read to its end; `field` names it if it is not. */
void tvt_decoder_enter(struct tvt_decoder *d, struct tvt_reader *outer, struct tvt_span part);
void tvt_decoder_leave(struct tvt_decoder *d, const struct tvt_reader *outer, const char *field);

/* A vector of uint16 behind a length of 1 or 2 bytes. */
struct tvt_span tvt_decode_list16(struct tvt_decoder *d, unsigned width, size_t min, size_t max, const char *field);

/* Decodes an extension list, already cut out of its message. `out` is zeroed by the caller. */
void tvt_decode_extensions(struct tvt_decoder *d, struct tvt_extensions *out, struct tvt_span list,
                           enum tvt_extension_place place);
/* Writes the list with its length field. */
void tvt_encode_extensions(struct tvt_writer *w, const struct tvt_extensions *ext, enum tvt_extension_place place);

/* The form that an extension's data has in some messages. A NULL write: we never send it there. */
struct tvt_extension_form {
    uint8_t places; /* enum tvt_extension_place bits; 0: no more forms */
    void (*read)(struct tvt_decoder *d, struct tvt_extensions *out);
    void (*write)(struct tvt_writer *w, const struct tvt_extensions *ext);
};
/* The form that extension has in this message; NULL: it may not stand there. */
const struct tvt_extension_form *tvt_extension_form(enum tvt_extension_index index, enum tvt_extension_place place);

/* Decoders of one message's body each; `out` is zeroed but for kind, type and raw. */
void tvt_decode_client_hello(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_server_hello(struct tvt_decoder *d, struct tvt_message *out); /* tells the three kinds apart */
void tvt_decode_encrypted_extensions(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate_request(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_compressed_certificate(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate_verify(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_finished(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_new_session_ticket(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_key_update(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_end_of_early_data(struct tvt_decoder *d, struct tvt_message *out);

/* The same of TLS 1.2. */
void tvt_decode_hello_request(struct tvt_decoder *d, struct tvt_message *out); /* and ServerHelloDone: both empty */
void tvt_decode_server_hello12(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate12(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate_status(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_server_key_exchange(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_certificate_request12(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_client_key_exchange(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_new_session_ticket12(struct tvt_decoder *d, struct tvt_message *out);
void tvt_decode_finished12(struct tvt_decoder *d, struct tvt_message *out);

/* What errors call the entries of a Certificate message: "Certificate[0]", ... */
extern const char *const tvt_certificate_entry_names[TVT_MAX_CHAIN];

/* Writes a message's header; the mark goes to tvt_write_close(w, mark, 3). */
size_t tvt_encode_header(struct tvt_writer *w, enum tvt_handshake_type type);
/* Writes a span as a vector behind a length of `width` bytes. */
void tvt_encode_vector(struct tvt_writer *w, unsigned width, struct tvt_span data);

#endif
