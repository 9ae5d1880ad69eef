#include "proto/url.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/host_name.h"
#include "base/utf8.h"
#include "proto/excerpt.h"
#include "proto/ip_literal.h"

#define SCHEMES_KNOWN "ws, wss, http, https and ws+unix"
#define PORT_RANGE    "a port is a number from 1 to 65535"

static const struct {
    const char *name;
    enum url_scheme scheme;
    bool http;
} schemes[] = {
    {"ws", URL_WS, false},    {"wss", URL_WSS, false},      {"http", URL_WS, true},
    {"https", URL_WSS, true}, {"ws+unix", URL_UNIX, false},
};

#define SCHEME_COUNT (sizeof schemes / sizeof schemes[0])

/* What is being parsed: the text, for offsets, and the error. */
struct parse {
    const char *text;
    struct err *e;
};

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

/* Point at a byte of the text. For the end of a failing function. */
static int point_at(struct parse *p, const void *where)
{
    p->e->at = (const char *)where - p->text;
    return -1;
}

/* What is not allowed anywhere in the URL. RFC 6455, section 3 (no fragment); RFC 3986, section 2
 * (neither blanks nor control bytes). */
static int check_bytes(struct parse *p)
{
    for (const char *c = p->text; *c; c++) {
        if (*c == '#') {
            err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                    "a WebSocket URL has no fragment; write %%23 for a literal #");
            return point_at(p, c);
        }
        if (*c == ' ') {
            err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "a URL has no blanks; write %%20 for one");
            return point_at(p, c);
        }
        if (is_control((uint8_t)*c)) {
            err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                    "the control byte 0x%02x is not allowed in a URL; write %%%02X for it",
                    (unsigned)(uint8_t)*c, (unsigned)(uint8_t)*c);
            return point_at(p, c);
        }
    }
    return 0;
}

/* The bytes allowed in each part, percent-escapes decoded. */
typedef bool allowed_fn(uint8_t c);

/* RFC 7617, section 2: neither user-id nor password has control characters, the user-id no colon.
 */
static bool in_user(uint8_t c)
{
    return !is_control(c) && c != ':';
}

static bool in_password(uint8_t c)
{
    return !is_control(c);
}

/* RFC 3986, section 3.2.2, reg-name; bytes above 127 are for IDN. */
static bool in_host(uint8_t c)
{
    return host_byte_valid(c) || c > 127;
}

static bool in_socket_path(uint8_t c)
{
    return !is_control(c);
}

/* The byte of a percent-escape at the front of text, or -1. */
static int escape_value(struct slice text)
{
    int high, low;

    if (text.len < 3)
        return -1;
    high = hex_value(text.data[1]);
    low = hex_value(text.data[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* The byte at the front of rest, percent-decoded, and how many bytes it took; -1 with the error
 * set. */
static int byte_take(struct parse *p, struct slice rest, allowed_fn *allowed, const char *what,
                     size_t *used)
{
    bool escaped = rest.data[0] == '%';
    int c = escaped ? escape_value(rest) : rest.data[0];
    struct excerpt x;

    *used = escaped ? 3 : 1;
    if (c < 0) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                "%% in the %s is not followed by two hexadecimal digits; write %%25 for a literal "
                "%%",
                what);
        return point_at(p, rest.data);
    }
    if (!allowed((uint8_t)c)) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" is not allowed in the %s of a URL",
                excerpt_of(&x, slice_make(rest.data, *used)), what);
        return point_at(p, rest.data);
    }
    return c;
}

/* A part of the text, percent-decoded. Caller frees; NULL with the error set. */
static char *part_decode(struct parse *p, struct slice part, allowed_fn *allowed, const char *what)
{
    char *out = malloc(part.len + 1);
    size_t len = 0, used;

    if (!out) {
        err_nomem(p->e, STAGE_USAGE, "reading the URL");
        return NULL;
    }
    for (size_t i = 0; i < part.len; i += used) {
        int c = byte_take(p, slice_from(part, i), allowed, what, &used);

        if (c < 0) {
            free(out);
            return NULL;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return out;
}

/* "wss//host", "wss:/host", "wss:host": what is wrong is at `where`, and the host at `host`. */
static void scheme_misspelt(struct parse *p, const char *scheme, const char *where,
                            const char *host)
{
    struct excerpt x;

    err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" must be followed by :// and a host", scheme);
    if (*host)
        err_hint(p->e, "did you mean %s://%s?", scheme, excerpt_of(&x, slice_str(host)));
    point_at(p, where);
}

/* RFC 3986, section 3.1: the text before "://" is the scheme; only ws+unix has no slashes. Returns
 * the text after it, or the text itself if there is no scheme (*known is then false), or NULL with
 * the error set. */
static const char *scheme_take(struct parse *p, struct url *u, bool *known)
{
    const char *end = p->text;
    struct slice name;
    struct excerpt x;
    size_t i;

    *known = false;
    while (is_letter((uint8_t)*end) ||
           (end > p->text && *end && (is_digit((uint8_t)*end) || strchr("+-.", *end))))
        end++;
    name = slice_make(p->text, (size_t)(end - p->text));
    for (i = 0; i < SCHEME_COUNT && !slice_is_nocase(name, schemes[i].name); i++)
        ;
    if (i < SCHEME_COUNT && strncmp(end, "//", 2) == 0) {
        scheme_misspelt(p, schemes[i].name, end, end + 2);
        return NULL;
    }
    if (*end != ':' || name.len == 0)
        return p->text;
    if (i < SCHEME_COUNT && (schemes[i].scheme == URL_UNIX || strncmp(end, "://", 3) == 0)) {
        *known = true;
        u->scheme = schemes[i].scheme;
        u->http = schemes[i].http;
        return end + (u->scheme == URL_UNIX ? 1 : 3);
    }
    if (strncmp(end, "://", 3) == 0) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the scheme \"%s\" is not one of " SCHEMES_KNOWN,
                excerpt_of(&x, name));
        point_at(p, p->text);
        return NULL;
    }
    /* "ws:8080" is a host that happens to be called so; "ws:host" has lost its slashes. */
    if (i < SCHEME_COUNT && !is_digit((uint8_t)end[1])) {
        scheme_misspelt(p, schemes[i].name, end + 1, end + 1 + strspn(end + 1, "/"));
        return NULL;
    }
    return p->text;
}

/* RFC 3986, section 3.2.3; an empty port leaves the default. */
static int port_take(struct parse *p, struct url *u, struct slice digits)
{
    size_t span = decimal_span(digits);
    uint64_t port = 0;
    struct excerpt x;

    if (span < digits.len) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" is not a port; " PORT_RANGE,
                excerpt_of(&x, digits));
        return point_at(p, digits.data + span);
    }
    if (digits.len > 0 && (!decimal_read(digits, 65535, &port) || port == 0)) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the port %s is out of range; " PORT_RANGE,
                excerpt_of(&x, digits));
        return point_at(p, digits.data);
    }
    u->port = (uint16_t)port;
    return 0;
}

static char *lower_copy(struct slice text)
{
    char *copy = strndup((const char *)text.data, text.len);

    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    return copy;
}

/* RFC 6874, section 2: "%25" and the zone; "%" and the zone is accepted, too. */
static int zone_take(struct parse *p, struct url *u, struct slice zone)
{
    if (zone.len > 2 && memcmp(zone.data, "25", 2) == 0)
        zone = slice_from(zone, 2);
    for (size_t i = 0; i < zone.len; i++) {
        uint8_t c = zone.data[i];

        if (!is_letter_or_digit(c) && !(c && strchr("-._~", c))) {
            err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                    "the zone of an IPv6 address is an interface name like eth0 or its number");
            return point_at(p, zone.data + i);
        }
    }
    if (zone.len == 0) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the zone after %% is empty");
        return point_at(p, zone.data - 1);
    }
    u->zone = strndup((const char *)zone.data, zone.len);
    return u->zone ? 0 : err_nomem(p->e, STAGE_USAGE, "reading the URL");
}

/* RFC 3986, section 3.2.2, IP-literal: what is between the brackets. */
static int ipv6_take(struct parse *p, struct url *u, struct slice inside)
{
    const uint8_t *percent = memchr(inside.data, '%', inside.len);
    struct slice address = inside;
    uint8_t bytes[16];
    struct excerpt x;

    if (percent)
        address.len = (size_t)(percent - inside.data);
    if (!ip6_parse(address, bytes)) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" is not an IPv6 address",
                excerpt_of(&x, address));
        return point_at(p, address.data);
    }
    if (percent && zone_take(p, u, slice_make(percent + 1, inside.len - address.len - 1)) < 0)
        return -1;
    u->ipv6 = true;
    u->host = lower_copy(address);
    return u->host ? 0 : err_nomem(p->e, STAGE_USAGE, "reading the URL");
}

static int name_take(struct parse *p, struct url *u, struct slice name)
{
    char *host = part_decode(p, name, in_host, "host");

    if (!host)
        return -1;
    u->host = lower_copy(slice_str(host));
    free(host);
    if (!u->host)
        return err_nomem(p->e, STAGE_USAGE, "reading the URL");
    if (!utf8_valid((const uint8_t *)u->host, strlen(u->host))) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the host is not valid UTF-8");
        return point_at(p, name.data);
    }
    if (host_empty_label(u->host)) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                "the host has a dot at its front, or two in a row");
        return point_at(p, name.data);
    }
    return 0;
}

/* True if this is an IPv6 address, perhaps with a zone, without brackets. */
static bool is_bare_ipv6(struct slice text)
{
    const uint8_t *percent = text.len ? memchr(text.data, '%', text.len) : NULL;
    uint8_t bytes[16];

    if (percent)
        text.len = (size_t)(percent - text.data);
    return ip6_parse(text, bytes);
}

static int bracketed_take(struct parse *p, struct url *u, struct slice hostport, struct slice *port)
{
    const uint8_t *close = memchr(hostport.data, ']', hostport.len);
    const uint8_t *end = slice_end(hostport);

    if (!close) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the [ before an IPv6 address has no ]");
        return point_at(p, hostport.data);
    }
    if (close + 1 < end && close[1] != ':') {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                "after the ] of an IPv6 address comes :PORT, / or the end");
        return point_at(p, close + 1);
    }
    if (close + 1 < end)
        *port = slice_make(close + 2, (size_t)(end - close - 2));
    return ipv6_take(p, u, slice_make(hostport.data + 1, (size_t)(close - hostport.data - 1)));
}

/* RFC 3986, section 3.2: host and port. short_form: ":PORT" alone is this machine. */
static int hostport_take(struct parse *p, struct url *u, struct slice hostport, bool short_form)
{
    struct slice name = hostport, port = slice_make(NULL, 0);
    const uint8_t *colon;

    if (hostport.len > 0 && hostport.data[0] == '[') {
        if (bracketed_take(p, u, hostport, &port) < 0)
            return -1;
        return port_take(p, u, port);
    }
    if (is_bare_ipv6(hostport)) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                "an IPv6 address in a URL is written in brackets, like [::1]");
        return point_at(p, hostport.data);
    }
    colon = hostport.len ? memchr(hostport.data, ':', hostport.len) : NULL;
    if (colon) {
        name.len = (size_t)(colon - hostport.data);
        port = slice_make(colon + 1, hostport.len - name.len - 1);
    }
    if (name.len == 0 && short_form && port.len > 0) {
        u->host = strdup("127.0.0.1");
        if (!u->host)
            return err_nomem(p->e, STAGE_USAGE, "reading the URL");
    } else if (name.len == 0) {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0, "the URL has no host");
        return point_at(p, hostport.data);
    } else if (name_take(p, u, name) < 0) {
        return -1;
    }
    return port_take(p, u, port);
}

/* RFC 3986, section 3.2.1: "user", "user:", "user:password". */
static int userinfo_take(struct parse *p, struct url *u, struct slice info)
{
    const uint8_t *colon = info.len ? memchr(info.data, ':', info.len) : NULL;
    struct slice user = info;

    if (info.len == 0)
        return 0;
    if (colon)
        user.len = (size_t)(colon - info.data);
    u->user = part_decode(p, user, in_user, "user name");
    if (!u->user)
        return -1;
    if (!colon)
        return 0;
    u->password =
        part_decode(p, slice_make(colon + 1, info.len - user.len - 1), in_password, "password");
    return u->password ? 0 : -1;
}

/* RFC 6455, section 3: path and query as given, "/" for an empty path. */
static int target_take(struct parse *p, struct url *u, const char *from)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = malloc(3 * strlen(from) + 2);

    u->target = to;
    if (!to)
        return err_nomem(p->e, STAGE_USAGE, "reading the URL");
    if (*from != '/')
        *to++ = '/';
    for (; *from; from++) {
        uint8_t c = (uint8_t)*from;

        if (c < 0x80) {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    *to = '\0';
    return 0;
}

/* PATH or PATH:TARGET. The first colon before a / or ? or at the end separates them, so that the
 * path may contain other colons; %3A is possible anywhere. */
static int unix_take(struct parse *p, struct url *u, const char *rest)
{
    const char *colon = strchr(rest, ':');

    while (colon && colon[1] != '/' && colon[1] != '?' && colon[1] != '\0')
        colon = strchr(colon + 1, ':');
    if (colon == rest || *rest == '\0') {
        err_set(p->e, EXIT_USAGE, STAGE_USAGE, 0,
                "\"ws+unix:\" must be followed by a socket's path");
        err_hint(p->e, "write ws+unix:/path/to.sock:/request/path");
        return point_at(p, rest);
    }
    u->socket_path = part_decode(p, slice_make(rest, colon ? (size_t)(colon - rest) : strlen(rest)),
                                 in_socket_path, "socket path");
    if (!u->socket_path)
        return -1;
    u->host = strdup("localhost");
    if (!u->host)
        return err_nomem(p->e, STAGE_USAGE, "reading the URL");
    return target_take(p, u, colon ? colon + 1 : "");
}

static int network_take(struct parse *p, struct url *u, const char *rest, bool scheme_known)
{
    struct slice hostport = slice_make(rest, strcspn(rest, "/?"));
    const char *target = rest + hostport.len;
    /* The last @ ends the userinfo, as browsers and curl have it. */
    const uint8_t *at = memrchr(hostport.data, '@', hostport.len);

    if (at) {
        size_t len = (size_t)(at - hostport.data);

        if (userinfo_take(p, u, slice_make(hostport.data, len)) < 0)
            return -1;
        hostport = slice_make(at + 1, hostport.len - len - 1);
    }
    if (hostport_take(p, u, hostport, !scheme_known && !at) < 0)
        return -1;
    if (!scheme_known)
        u->scheme = url_is_loopback(u) ? URL_WS : URL_WSS;
    if (u->port == 0)
        u->port = u->scheme == URL_WSS ? 443 : 80;
    return target_take(p, u, target);
}

int url_parse(struct url *u, const char *text, struct err *e)
{
    /* cppcheck-suppress ctuuninitvar ; *e is written, not read */
    struct parse p = {text, e};
    struct url parsed = {0};
    const char *rest;
    bool known;
    int rc = -1;

    if (*text == '\0') {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the URL is empty");
        return point_at(&p, text);
    }
    if (check_bytes(&p) < 0)
        return -1;
    rest = scheme_take(&p, &parsed, &known);
    if (!rest)
        return -1;
    if (known && parsed.scheme == URL_UNIX)
        rc = unix_take(&p, &parsed, rest);
    else
        rc = network_take(&p, &parsed, rest, known);
    if (rc == 0)
        *u = parsed;
    else
        url_clear(&parsed);
    return rc;
}

void url_clear(struct url *u)
{
    free(u->host);
    free(u->zone);
    free(u->target);
    free(u->user);
    free(u->password);
    free(u->socket_path);
    memset(u, 0, sizeof *u);
}
