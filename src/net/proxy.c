#include "net/proxy.h"

#include "base/ascii.h"
#include "base/decimal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_KNOWN "http, https, socks5 and socks5h"

static const struct {
    const char *name;
    uint16_t port;
} kinds[] = {
    [PROXY_HTTP] = {"http", 1080},
    [PROXY_HTTPS] = {"https", 443},
    [PROXY_SOCKS5] = {"socks5", 1080},
    [PROXY_SOCKS5H] = {"socks5h", 1080},
};

const char *proxy_kind_name(enum proxy_kind kind)
{
    return kinds[kind].name;
}

/* What is being read, and where to report errors. */
struct parse {
    const char *text;
    const char *source;
    struct err *e;
};

static int wrong(struct parse *in, const char *where, const char *why)
{
    err_set(in->e, EXIT_USAGE, STAGE_USAGE, 0, "%s: %s", in->source, why);
    err_hint(
        in->e,
        "a proxy is written [SCHEME://][USER:PASSWORD@]HOST[:PORT]; the schemes are " KINDS_KNOWN);
    in->e->at = where ? where - in->text : -1;
    return -1;
}

static int nomem(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading the address of a proxy");
}

/* RFC 3986, section 2.1. A decoded control byte is refused: RFC 7617, section 2 forbids them in
 * credentials. NULL with the error set. */
static char *decode(struct parse *in, const char *from, size_t len)
{
    char *out = malloc(len + 1);
    size_t n = 0;

    if (!out) {
        nomem(in->e);
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)from[i];

        if (c == '%') {
            int high = len - i > 2 ? hex_value(from[i + 1]) : -1;
            int low = len - i > 2 ? hex_value(from[i + 2]) : -1;

            if (high < 0 || low < 0) {
                wrong(in, from + i, "a % in the credentials is followed by two hex digits");
                goto fail;
            }
            c = high << 4 | low;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f) {
            wrong(in, from + i, "the credentials of a proxy have no control characters");
            goto fail;
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return out;

fail:
    explicit_bzero(out, n);
    free(out);
    return NULL;
}

static int take_userinfo(struct parse *in, struct proxy *p, const char *from, size_t len)
{
    const char *colon = memchr(from, ':', len);
    size_t user_len = colon ? (size_t)(colon - from) : len;

    p->user = decode(in, from, user_len);
    if (!p->user)
        return -1;
    if (!colon)
        return 0;
    p->password = decode(in, colon + 1, len - user_len - 1);
    return p->password ? 0 : -1;
}

static int take_port(struct parse *in, struct proxy *p, const char *from, const char *end)
{
    struct slice text = slice_make(from, (size_t)(end - from));
    size_t digits = decimal_span(text);
    uint64_t port;

    if (text.len == 0)
        return 0;
    if (!decimal_read(text, 65535, &port) || port == 0)
        return wrong(in, digits < text.len ? from + digits : from,
                     "the port of a proxy is a number from 1 to 65535");
    p->port = (uint16_t)port;
    return 0;
}

/* "[address]" or "[address%zone]"; RFC 6874 writes the percent sign %25. */
static int take_ipv6(struct parse *in, struct proxy *p, const char *from, size_t len)
{
    const char *percent = memchr(from, '%', len);
    size_t address_len = percent ? (size_t)(percent - from) : len;
    struct in6_addr address;

    p->host = strndup(from, address_len);
    if (!p->host)
        return nomem(in->e);
    if (inet_pton(AF_INET6, p->host, &address) != 1)
        return wrong(in, from, "the brackets must contain an IPv6 address");
    if (!percent)
        return 0;
    percent++;
    if (strncmp(percent, "25", 2) == 0 && from + len - percent > 2)
        percent += 2;
    if (percent == from + len)
        return wrong(in, percent, "the zone after % is empty");
    p->zone = strndup(percent, (size_t)(from + len - percent));
    return p->zone ? 0 : nomem(in->e);
}

/* RFC 3986, section 3.2.2; bytes above 127 are for IDN. */
static bool in_host(char c)
{
    return (unsigned char)c > 127 || is_letter_or_digit(c) || (c && strchr("-._~", c));
}

static int take_name(struct parse *in, struct proxy *p, const char *from, size_t len)
{
    if (len == 0)
        return wrong(in, from, "the proxy has no host");
    for (size_t i = 0; i < len; i++) {
        if (!in_host(from[i]))
            return wrong(in, from + i, "that is not allowed in the host name of a proxy");
    }
    p->host = strndup(from, len);
    return p->host ? 0 : nomem(in->e);
}

static int take_hostport(struct parse *in, struct proxy *p, const char *from, const char *end)
{
    const char *port = memchr(from, ':', (size_t)(end - from));
    const char *close;

    if (from < end && *from == '[') {
        close = memchr(from, ']', (size_t)(end - from));
        if (!close)
            return wrong(in, from, "the [ before an IPv6 address has no ]");
        if (close + 1 < end && close[1] != ':')
            return wrong(in, close + 1, "after the ] of an IPv6 address comes :PORT or the end");
        if (take_ipv6(in, p, from + 1, (size_t)(close - from - 1)) < 0)
            return -1;
        return close + 1 < end ? take_port(in, p, close + 2, end) : 0;
    }
    if (port && memchr(port + 1, ':', (size_t)(end - port - 1)))
        return wrong(in, port, "an IPv6 address is written in brackets, like [::1]");
    if (take_name(in, p, from, (size_t)((port ? port : end) - from)) < 0)
        return -1;
    return port ? take_port(in, p, port + 1, end) : 0;
}

/* RFC 3986, section 3.1. Where the rest begins; NULL with the error set. */
static const char *take_scheme(struct parse *in, struct proxy *p)
{
    const char *end = strstr(in->text, "://");
    size_t len = end ? (size_t)(end - in->text) : 0;

    p->kind = PROXY_HTTP;
    if (!end)
        return in->text;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) == len && strncasecmp(in->text, kinds[i].name, len) == 0) {
            p->kind = (enum proxy_kind)i;
            return end + 3;
        }
    }
    wrong(in, in->text, "the scheme of a proxy is one of " KINDS_KNOWN);
    return NULL;
}

int proxy_parse(struct proxy *p, const char *text, const char *source, struct err *e)
{
    struct parse in = {text, source, e};
    struct proxy found = {.source = source};
    const char *from = take_scheme(&in, &found);
    const char *end, *at;

    if (!from)
        return -1;
    found.port = kinds[found.kind].port;
    end = from + strcspn(from, "/?#");
    /* The last @ ends the userinfo, as for URLs. */
    at = memrchr(from, '@', (size_t)(end - from));
    if (!at && strchr(end, '@') && *end == '/') {
        /* A password with a bare "/" would have been cut there, and half of it be tried as host. */
        wrong(&in, end, "\"/\" in the user name or password of a proxy is written %2F");
        goto fail;
    }
    if (at && take_userinfo(&in, &found, from, (size_t)(at - from)) < 0)
        goto fail;
    if (take_hostport(&in, &found, at ? at + 1 : from, end) < 0)
        goto fail;
    *p = found;
    return 0;

fail:
    proxy_clear(&found);
    return -1;
}

static void forget(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void proxy_clear(struct proxy *p)
{
    free(p->host);
    free(p->zone);
    forget(p->user);
    forget(p->password);
    *p = (struct proxy){0};
}

/* The first variable that is set, in the order of precedence; empty ones are unset, as in curl.
 * *name is its name.
 */
static const char *first_set(proxy_env_fn *env, const char *const *names, const char **name)
{
    for (; *names; names++) {
        const char *value = env(*names);

        if (value && value[0] != '\0') {
            *name = *names;
            return value;
        }
    }
    return NULL;
}

int proxy_select(struct proxy *p, const struct proxy_rules *rules, bool secure, const char *host,
                 struct err *e)
{
    static const char *const wss[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    /* No HTTP_PROXY: where a CGI server runs a program, that is a header of the request. */
    static const char *const ws[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
    const char *source = "--proxy", *unused;
    const char *text = rules->proxy, *list = rules->noproxy;

    if (!text)
        text = first_set(rules->env, secure ? wss : ws, &source);
    if (!text || text[0] == '\0')
        return 0;
    if (!list)
        list = first_set(rules->env, exceptions, &unused);
    if (list && proxy_excluded(list, host))
        return 0;
    return proxy_parse(p, text, source, e) < 0 ? -1 : 1;
}

void proxy_name(const struct proxy *p, char *text, size_t size)
{
    bool ipv6 = strchr(p->host, ':') != NULL;

    snprintf(text, size, "%s%.255s%s%s%s:%u", ipv6 ? "[" : "", p->host, p->zone ? "%" : "",
             p->zone ? p->zone : "", ipv6 ? "]" : "", p->port);
}
