/* SPDX-License-Identifier: MIT
 *
 * BIO_ADDR: an internet address; and "host:port" taken apart.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/os/address.h"
#include "core/ssl/ssl.h"

#include <stdlib.h>
#include <string.h>

/* ---- BIO_ADDR ---- */

BIO_ADDR *
BIO_ADDR_new(void)
{
    return tvt_alloc(NULL, sizeof(BIO_ADDR));
}

void
BIO_ADDR_free(BIO_ADDR *address)
{
    tvt_release(NULL, address, sizeof *address);
}

void
BIO_ADDR_clear(BIO_ADDR *address)
{
    if (address != NULL)
        memset(address, 0, sizeof *address);
}

static size_t
size_of(enum tvt_family family)
{
    return family == TVT_FAMILY_IPV4 ? 4 : family == TVT_FAMILY_IPV6 ? 16 : 0;
}

static uint16_t
swapped(uint16_t port)
{
    uint8_t bytes[2];
    memcpy(bytes, &port, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

int
BIO_ADDR_rawmake(BIO_ADDR *address, int family, const void *bytes, size_t len, unsigned short port)
{
    enum tvt_family f = tvt_family_from_system(family);
    if (address == NULL || bytes == NULL || f == TVT_FAMILY_NONE || len != size_of(f))
        return 0;
    BIO_ADDR_clear(address);
    address->family = f;
    address->port = swapped(port);
    memcpy(address->bytes, bytes, len);
    return 1;
}

int
BIO_ADDR_family(const BIO_ADDR *address)
{
    return address != NULL ? tvt_family_of_system(address->family) : 0;
}

int
BIO_ADDR_rawaddress(const BIO_ADDR *address, void *out, size_t *len)
{
    size_t size = address != NULL ? size_of(address->family) : 0;
    if (size == 0)
        return 0;
    if (len != NULL)
        *len = size;
    if (out != NULL)
        memcpy(out, address->bytes, size);
    return 1;
}

unsigned short
BIO_ADDR_rawport(const BIO_ADDR *address)
{
    return address != NULL ? swapped(address->port) : 0;
}

/* The caller frees it: with free(), which OPENSSL_free() is. */
static char *
for_caller(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

char *
BIO_ADDR_hostname_string(const BIO_ADDR *address, int numeric)
{
    char text[TVT_HOST_TEXT_MAX];
    return address != NULL && tvt_address_host_text(address, text, numeric != 0) ? for_caller(text) : NULL;
}

char *
BIO_ADDR_service_string(const BIO_ADDR *address, int numeric)
{
    char text[TVT_ADDRESS_TEXT_MAX];
    return address != NULL && tvt_address_service_text(address, text, numeric != 0) ? for_caller(text) : NULL;
}

/* ---- "host:service" ---- */

static bool
unclear(const char *call, const char *text)
{
    char shown[TVT_ERROR_DETAIL_MAX / 2];
    return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, call, "'%s' is not host:service (an IPv6 address goes between [ and ])",
                          tvt_printable(shown, sizeof shown, tvt_span_string(text))) > 0;
}

static bool
keep(char **slot, const char *text, size_t len, const char *call)
{
    char *copy = NULL;
    if (text == NULL)
        return true;
    if (len > 0 && !(len == 1 && text[0] == '*')) {
        copy = tvt_bio_copy_text(text, len);
        if (copy == NULL)
            return tvt_bio_refuse(TVT_E_NO_MEMORY, call, "%zu bytes", len + 1) > 0;
    }
    tvt_bio_drop_text(slot);
    *slot = copy;
    return true;
}

bool
tvt_bio_parse(const char *text, char **host, char **service, bool service_first, const char *call)
{
    const char *h = text, *s = strchr(text, ':');
    size_t len;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return unclear(call, text);
        h = text + 1;
        len = (size_t)(end - h);
        s = end[1] == ':' ? end + 1 : NULL;
    } else if (s != NULL) {
        len = (size_t)(s - text);
    } else {
        len = strlen(text);
    }
    if (s != NULL && strchr(++s, ':') != NULL)
        return unclear(call, text);
    if (s == NULL && service_first && text[0] != '[')
        return keep(service, text, len, call);
    return keep(host, h, len, call) && keep(service, s, s != NULL ? strlen(s) : 0, call);
}
