/* Setters of TLS and of the way to the server. */
#include "cli/options_private.h"

#include "base/codec.h"
#include "base/decimal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

/* The file or directory is there and can be read. Better known now than when it is needed, or never
 * where the URL needs no TLS. */
static int readable(const struct option_use *use, struct err *e)
{
    if (use->value[0] == '\0')
        return usage_error(e, "%s takes %s, not an empty text", use->typed, use->row->metavar);
    if (access(use->value, R_OK) == 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "%s: cannot read \"%s\": %s", use->typed,
                   options_quote(use->value).text, strerror(errno));
}

int options_set_readable(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (readable(use, e) != 0)
        return -1;
    *(const char **)options_place(p, use) = use->value;
    return 0;
}

int options_set_cert(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (readable(use, e) != 0)
        return -1;
    if (options_in(p, OPTIONS_LISTEN))
        p->o->listen.cert = use->value;
    else
        p->o->connect.dial.tls.cert = use->value;
    return 0;
}

int options_set_key(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (readable(use, e) != 0)
        return -1;
    if (options_in(p, OPTIONS_LISTEN))
        p->o->listen.key = use->value;
    else
        p->o->connect.dial.tls.key = use->value;
    return 0;
}

int options_set_pass(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    p->o->connect.dial.tls.pass = options_secret(p, use, e);
    return p->o->connect.dial.tls.pass ? 0 : -1;
}

/* "sha256//" and the base64 of a SHA-256, which is 32 bytes. */
static bool pin_valid(const char *text, size_t len)
{
    static const char prefix[] = "sha256//";
    struct buf bytes;
    bool valid;

    if (len < sizeof prefix || memcmp(text, prefix, sizeof prefix - 1) != 0)
        return false;
    buf_init(&bytes, 64);
    valid =
        base64_decode(&bytes, slice_make(text + sizeof prefix - 1, len + 1 - sizeof prefix)) == 0 &&
        bytes.len == 32;
    buf_clear(&bytes);
    return valid;
}

int options_set_pin(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *at = use->value;

    p->o->connect.dial.tls.pinned = use->value;
    if (strncmp(at, "sha256//", 8) != 0) {
        if (readable(use, e) == 0)
            return 0;
        err_hint(e, "a pin that is not a file of a public key begins with sha256//");
        return -1;
    }
    for (;; at++) {
        size_t len = strcspn(at, ";");

        if (!pin_valid(at, len)) {
            usage_error(e, "%s takes sha256// and 44 characters of base64, not \"%s\"", use->typed,
                        options_quote(at).text);
            err_hint(e, "separate several pins with \";\"");
            return -1;
        }
        at += len;
        if (*at == '\0')
            return 0;
    }
}

static bool address_valid(const char *text)
{
    struct in6_addr ipv6;
    struct in_addr ipv4;
    char bare[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "%"); /* the zone of a link-local address */

    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return true;
    if (len >= sizeof bare)
        return false;
    memcpy(bare, text, len);
    bare[len] = '\0';
    return (text[len] == '\0' || text[len + 1] != '\0') && inet_pton(AF_INET6, bare, &ipv6) == 1;
}

/* "443" up to ':' or the end; false if it is not a port from `least` on. */
static bool port_parse(const char *text, unsigned least, uint16_t *port, const char **end)
{
    uint64_t number;

    if (!decimal_take_str(&text, 65535, &number) || number < least)
        return false;
    *port = (uint16_t)number;
    *end = text;
    return true;
}

/* A host's end: the ':' after it, skipping brackets around an IPv6 literal. NULL if there is none.
 */
static char *host_end(char *text)
{
    char *from = text[0] == '[' ? strchr(text, ']') : text;

    return from ? strchr(from, ':') : NULL;
}

/* Cut the brackets off. */
static char *unbracket(char *text)
{
    size_t len = strlen(text);

    if (len < 2 || text[0] != '[' || text[len - 1] != ']')
        return text;
    text[len - 1] = '\0';
    return text + 1;
}

static int add_resolve_addresses(struct options_parsing *p, const struct option_use *use,
                                 struct dial_resolve *to, char *list, struct err *e)
{
    const char **addresses = NULL;

    for (char *at = list, *next; at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        at = unbracket(at);
        if (!address_valid(at))
            return usage_error(e, "%s: \"%s\" is not a numeric IPv4 or IPv6 address", use->typed,
                               options_quote(at).text);
        addresses = options_list_room(p->o->memory, addresses, to->count, sizeof *addresses);
        if (!addresses)
            return options_nomem(e);
        addresses[to->count++] = at;
    }
    to->addresses = addresses;
    return 0;
}

int options_set_resolve(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct dial_config *dial = &p->o->connect.dial;
    struct dial_resolve *list =
        options_list_room(p->o->memory, dial->resolve, dial->resolve_count, sizeof *list);
    struct dial_resolve *entry;
    char *colon = host_end(use->value);
    const char *rest;

    if (!list)
        return options_nomem(e);
    dial->resolve = list;
    entry = &list[dial->resolve_count];
    *entry = (struct dial_resolve){0};
    if (!colon || colon == use->value || !port_parse(colon + 1, 1, &entry->port, &rest) ||
        *rest != ':' || rest[1] == '\0')
        return usage_error(e, "%s takes HOST:PORT:ADDR (\"example.com:443:127.0.0.1\"), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    if (add_resolve_addresses(p, use, entry, colon + 1 + (rest - (colon + 1)) + 1, e) != 0)
        return -1;
    *colon = '\0';
    entry->host = unbracket(use->value);
    for (char *at = use->value; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a'); /* as url_parse writes hosts */
    }
    dial->resolve_count++;
    return 0;
}

int options_set_ipv4(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->connect.dial.family = DIAL_IPV4;
    return 0;
}

int options_set_ipv6(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->connect.dial.family = DIAL_IPV6;
    return 0;
}

/* what: who takes it. */
static int address_parse(char *text, const char *what, struct listen_options *at, struct err *e)
{
    const char *rest;
    char *colon;

    if (port_parse(text, 0, &at->port, &rest) && *rest == '\0')
        return 0;
    colon = host_end(text);
    if (colon && strchr(colon + 1, ':')) {
        usage_error(e, "\"%s\" has more than one colon", options_quote(text).text);
        err_hint(e, "an IPv6 address is written in brackets: \"[::1]:9001\"");
        return -1;
    }
    if (!colon || !port_parse(colon + 1, 0, &at->port, &rest) || *rest != '\0') {
        usage_error(e, "%s takes [HOST:]PORT (\"9001\", \"0.0.0.0:9001\"), not \"%s\"", what,
                    options_quote(text).text);
        err_hint(e, "a port is a number from 0 (any free one) to 65535");
        return -1;
    }
    *colon = '\0';
    if (colon != text)
        at->host = unbracket(text);
    return 0;
}

int options_address_operand(struct options_parsing *p, struct err *e)
{
    char what[64];

    snprintf(what, sizeof what, "wscope %s", p->o->verb->name);
    if (p->surplus)
        return usage_error(e, "%s takes one address, and there are two arguments", what);
    return p->operand ? address_parse(p->operand, what, &p->o->listen, e) : 0;
}

int connection_address(char *text, struct listen_options *at, struct err *e)
{
    return address_parse(text, "the address", at, e);
}
