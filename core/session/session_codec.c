/* SPDX-License-Identifier: MIT
 *
 * A session as bytes, for files, stores and tickets, in the presentation language of RFC 9846 3:
 *
 *     struct {
 *         opaque magic[4] = "TVTS";
 *         uint16 format = 1;
 *         uint8 kind;
 *         uint8 hash;
 *         uint16 version;
 *         uint16 suite;
 *         uint16 group;
 *         uint16 scheme;
 *         uint8 flags;                       1: peer verified, 2: peer's raw public key, 4: peer known by a key,
 *                                            8: peer's raw key accepted, 16: peer's OCSP response good,
 *                                            32: extended master secret (TLS 1.2)
 *         uint64 issued_ms;
 *         uint32 lifetime_s;
 *         uint32 age_add;
 *         uint32 max_early_data;
 *         opaque secret<1..128>;
 *         opaque server_name<0..255>;
 *         opaque verify_name<0..255>;
 *         opaque alpn<0..255>;
 *         opaque identity<0..2^16-1>;
 *         uint8 num_peer_chain;
 *         opaque peer_chain<0..65536>;       three bytes of length, as the two that follow
 *         opaque ocsp_response<0..65536>;
 *         opaque sct_list<0..65536>;
 *         uint64 sum;
 *     } Session;
 *
 * The sum finds damage, not forgery: who can write such bytes knows the secret. It is made without a table and without a
 * branch, since most of what it runs over is secret.
 */
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/crypto/schedule12.h"
#include "core/session/session.h"

#include <string.h>

#define NAME             "session"
#define FORMAT           2u
#define FLAG_VERIFIED    0x01u
#define FLAG_RAW_KEY     0x02u
#define FLAG_BY_KEY      0x04u
#define FLAG_ACCEPTED    0x08u
#define FLAG_STATUS      0x10u
#define FLAG_EXTENDED    0x20u
#define FLAGS            0x3fu
#define FIXED_LEN        (4u + 2u + 1u + 1u + 2u * 4u + 1u + 8u + 4u * 3u)
#define LENGTHS_LEN      (5u + 2u + 1u + 3u * 3u) /* of the vectors, and num_peer_chain */
#define SUM_LEN          8u
#define PEER_CHAIN_MAX   255u
#define SESSION_ALPN_MAX 255u

static const uint8_t magic[4] = {'T', 'V', 'T', 'S'};

/* How many bytes of each value there are, and where: any one byte and any two bytes that change show, and every
 * truncation. 2^16 bytes cannot overflow it. */
static void
store_sum(uint8_t out[SUM_LEN], const uint8_t *data, size_t len)
{
    uint64_t values = 1, places = 0;

    for (size_t i = 0; i < len; i++) {
        values += data[i];
        places += values;
    }
    tvt_store_u64(out, places << 24 | values);
}

/* ---- to bytes ---------------------------------------------------------------------------------------------- */

static size_t
encoded_len(const struct tvt_session *s)
{
    return FIXED_LEN + LENGTHS_LEN + s->secret_len + strlen(s->server_name) + strlen(s->verify_name) + s->alpn.len +
           s->identity.len + s->session_id_len + s->peer_chain.len + s->ocsp_response.len + s->sct_list.len + SUM_LEN;
}

static void
write_u64(struct tvt_writer *w, uint64_t v)
{
    uint8_t *p = tvt_write_reserve(w, 8);

    if (p != NULL)
        tvt_store_u64(p, v);
}

static void
write_vector(struct tvt_writer *w, unsigned width, const void *data, size_t len)
{
    size_t mark = tvt_write_open(w, width);

    tvt_write_bytes(w, data, len);
    tvt_write_close(w, mark, width);
}

static void
write_session(struct tvt_writer *w, const struct tvt_session *s)
{
    tvt_write_bytes(w, magic, sizeof magic);
    tvt_write_u16(w, FORMAT);
    tvt_write_u8(w, s->kind);
    tvt_write_u8(w, s->hash);
    tvt_write_u16(w, s->version);
    tvt_write_u16(w, s->suite);
    tvt_write_u16(w, s->group);
    tvt_write_u16(w, s->scheme);
    tvt_write_u8(w, (uint8_t)((s->peer_verified ? FLAG_VERIFIED : 0) | (s->peer_raw_key ? FLAG_RAW_KEY : 0) |
                              (s->peer_by_key ? FLAG_BY_KEY : 0) | (s->peer_accepted ? FLAG_ACCEPTED : 0) |
                              (s->peer_status ? FLAG_STATUS : 0) | (s->extended_master ? FLAG_EXTENDED : 0)));
    write_u64(w, s->issued_ms);
    tvt_write_u32(w, s->lifetime_s);
    tvt_write_u32(w, s->age_add);
    tvt_write_u32(w, s->max_early_data);
    write_vector(w, 1, s->secret, s->secret_len);
    write_vector(w, 1, s->server_name, strlen(s->server_name));
    write_vector(w, 1, s->verify_name, strlen(s->verify_name));
    write_vector(w, 1, s->alpn.data, s->alpn.len);
    write_vector(w, 2, s->identity.data, s->identity.len);
    write_vector(w, 1, s->session_id, s->session_id_len);
    tvt_write_u8(w, (uint8_t)s->num_peer_chain);
    write_vector(w, 3, s->peer_chain.data, s->peer_chain.len);
    write_vector(w, 3, s->ocsp_response.data, s->ocsp_response.len);
    write_vector(w, 3, s->sct_list.data, s->sct_list.len);
}

enum tvt_result
tvt_session_encode(const struct tvt_session *session, uint8_t *out, size_t cap, size_t *len, struct tvt_error *error)
{
    struct tvt_writer w;

    *len = encoded_len(session);
    if (*len > TVT_LIMIT_SESSION)
        return tvt_fail_values(error, TVT_E_SESSION_TOO_LONG, NAME, "length", TVT_LIMIT_SESSION, *len);
    if (session->num_peer_chain > PEER_CHAIN_MAX)
        return tvt_fail_values(error, TVT_E_SESSION_TOO_LONG, NAME, "peer_chain", PEER_CHAIN_MAX,
                               session->num_peer_chain);
    if (cap < *len)
        return tvt_fail_values(error, TVT_E_NO_ROOM, NAME, "out", *len, cap);
    tvt_writer_init(&w, out, cap);
    write_session(&w, session);
    size_t body_len = tvt_writer_len(&w);
    uint8_t *sum = tvt_write_reserve(&w, SUM_LEN);
    if (sum == NULL || w.overflow || tvt_writer_len(&w) != *len) {
        tvt_wipe(out, cap);
        return tvt_fail(error, TVT_E_INTERNAL, NAME, "length");
    }
    store_sum(sum, out, body_len);
    return TVT_OK;
}

/* ---- from bytes -------------------------------------------------------------------------------------------- */

static uint64_t
read_u64(struct tvt_reader *r, const char *field)
{
    uint64_t high = tvt_read_u32(r, field);

    return high << 32 | tvt_read_u32(r, field);
}

/* A copy, so that the caller's bytes may be freed; the NUL is ours, and none may be inside. */
static void
read_name(struct tvt_reader *r, char out[TVT_SESSION_NAME_MAX], const char *field)
{
    size_t offset = tvt_reader_offset(r);
    struct tvt_span name = tvt_read_vec8(r, 0, TVT_SESSION_NAME_MAX - 1, field);

    if (name.len > 0 && memchr(name.data, '\0', name.len) != NULL) {
        tvt_reader_fault(r, field, offset, TVT_READ_LENGTH);
        return;
    }
    tvt_copy(out, name.data, name.len);
}

/* RFC 9846 4.5.1: certificates behind their lengths, as many as were counted. */
static void
read_peer_chain(struct tvt_reader *r, struct tvt_session *s)
{
    struct tvt_reader entries;
    size_t offset, count = 0;

    s->num_peer_chain = tvt_read_u8(r, "num_peer_chain");
    offset = tvt_reader_offset(r);
    s->peer_chain = tvt_read_vec24(r, 0, TVT_LIMIT_SESSION, "peer_chain");
    tvt_reader_sub(&entries, r, s->peer_chain);
    for (; tvt_reader_left(&entries) > 0 && entries.bad == NULL; count++)
        (void)tvt_read_vec24(&entries, 1, TVT_LIMIT_SESSION, "peer_chain");
    if (s->peer_raw_key && s->peer_chain.len > 0 && s->num_peer_chain == 1)
        return; /* one SubjectPublicKeyInfo, with a length or without */
    tvt_reader_adopt(r, &entries);
    if (count != s->num_peer_chain)
        tvt_reader_fault(r, "num_peer_chain", offset - 1, TVT_READ_LENGTH);
}

/* Reads all fields; their spans point into the caller's bytes. */
static void
read_session(struct tvt_reader *r, struct tvt_session *s)
{
    (void)tvt_read_bytes(r, sizeof magic + 2, "format"); /* compared before */
    s->kind = tvt_read_u8(r, "kind");
    s->hash = tvt_read_u8(r, "hash");
    s->version = tvt_read_u16(r, "version");
    s->suite = tvt_read_u16(r, "suite");
    s->group = tvt_read_u16(r, "group");
    s->scheme = tvt_read_u16(r, "scheme");
    uint8_t flags = tvt_read_u8(r, "flags");
    if ((flags & ~FLAGS) != 0)
        tvt_reader_fault(r, "flags", tvt_reader_offset(r) - 1, TVT_READ_LENGTH);
    s->peer_verified = (flags & FLAG_VERIFIED) != 0;
    s->peer_raw_key = (flags & FLAG_RAW_KEY) != 0;
    s->peer_by_key = (flags & FLAG_BY_KEY) != 0;
    s->peer_accepted = (flags & FLAG_ACCEPTED) != 0;
    s->peer_status = (flags & FLAG_STATUS) != 0;
    s->extended_master = (flags & FLAG_EXTENDED) != 0;
    s->issued_ms = read_u64(r, "issued_ms");
    s->lifetime_s = tvt_read_u32(r, "lifetime_s");
    s->age_add = tvt_read_u32(r, "age_add");
    s->max_early_data = tvt_read_u32(r, "max_early_data");
    struct tvt_span secret = tvt_read_vec8(r, 1, sizeof s->secret, "secret");
    tvt_copy(s->secret, secret.data, secret.len);
    s->secret_len = secret.len;
    read_name(r, s->server_name, "server_name");
    read_name(r, s->verify_name, "verify_name");
    s->alpn = tvt_read_vec8(r, 0, SESSION_ALPN_MAX, "alpn");
    s->identity = tvt_read_vec16(r, 0, UINT16_MAX, "identity");
    struct tvt_span id = tvt_read_vec8(r, 0, sizeof s->session_id, "session_id");
    tvt_copy(s->session_id, id.data, id.len);
    s->session_id_len = (uint8_t)id.len;
    read_peer_chain(r, s);
    s->ocsp_response = tvt_read_vec24(r, 0, TVT_LIMIT_SESSION, "ocsp_response");
    s->sct_list = tvt_read_vec24(r, 0, TVT_LIMIT_SESSION, "sct_list");
}

/* A ticket's secret and an imported key are as long as the hash (RFC 9846 4.7.1, RFC 9258 5.1); TLS 1.2 has a master secret,
 * whatever the hash (RFC 5246 8.1). */
static size_t
length_of_secret(const struct tvt_session *s)
{
    return s->version == TVT_VERSION_TLS12 ? TVT_MASTER12_LEN : tvt_hash_len(s->hash);
}

/* The name of a field that holds what no session of ours holds; NULL: all is well. */
static const char *
find_contradiction(const struct tvt_session *s)
{
    const struct tvt_suite *suite = tvt_suite_find(s->suite);

    if (s->kind < TVT_SESSION_RESUMPTION || s->kind > TVT_SESSION_IMPORTED)
        return "kind";
    if (s->hash != TVT_HASH_SHA256 && s->hash != TVT_HASH_SHA384)
        return "hash";
    if (s->version != TVT_VERSION_TLS13 && (s->version != TVT_VERSION_TLS12 || s->kind != TVT_SESSION_RESUMPTION))
        return "version";
    if (s->suite == 0 ? s->kind == TVT_SESSION_RESUMPTION
                      : suite == NULL || suite->hash != s->hash || suite->version != s->version)
        return "suite";
    if (s->lifetime_s > TVT_LIMIT_TICKET_LIFETIME && s->kind == TVT_SESSION_RESUMPTION)
        return "lifetime_s";
    if (s->kind != TVT_SESSION_RESUMPTION && s->identity.len == 0)
        return "identity";
    if (s->kind == TVT_SESSION_EXTERNAL ? s->secret_len < TVT_PSK_KEY_MIN : s->secret_len != length_of_secret(s))
        return "secret";
    return NULL;
}

/* True when the bytes are as they were written: magic, format and sum. */
static bool
is_whole(struct tvt_span bytes)
{
    static const uint8_t head[sizeof magic + 2] = {'T', 'V', 'T', 'S', FORMAT >> 8, FORMAT};
    uint8_t sum[SUM_LEN];

    if (bytes.len < FIXED_LEN + LENGTHS_LEN + SUM_LEN || bytes.len > TVT_LIMIT_SESSION ||
        memcmp(bytes.data, head, sizeof head) != 0)
        return false;
    store_sum(sum, bytes.data, bytes.len - SUM_LEN);
    bool same = tvt_equal_secret(sum, bytes.data + bytes.len - SUM_LEN, SUM_LEN);
    tvt_wipe(sum, sizeof sum);
    return same;
}

enum tvt_result
tvt_session_decode(struct tvt_session **out, struct tvt_span bytes, struct tvt_error *error)
{
    enum tvt_result result = TVT_FAIL;
    struct tvt_session fields;
    struct tvt_reader r;

    *out = NULL;
    if (!is_whole(bytes))
        return tvt_fail_values(error, TVT_E_SESSION_MALFORMED, NAME, "format", FORMAT,
                               bytes.len >= sizeof magic + 2 ? tvt_load_u16(bytes.data + sizeof magic) : 0);
    memset(&fields, 0, sizeof fields);
    bytes.len -= SUM_LEN;
    tvt_reader_init(&r, bytes);
    read_session(&r, &fields);
    const char *wrong = tvt_reader_done(&r, "sum") ? find_contradiction(&fields) : r.bad;
    if (wrong != NULL)
        (void)tvt_fail(error, TVT_E_SESSION_MALFORMED, NAME, wrong);
    else
        result = tvt_session_make(out, &fields, error);
    if (result == TVT_OK)
        tvt_secret((*out)->secret, (*out)->secret_len);
    tvt_wipe(&fields, sizeof fields);
    return result;
}
