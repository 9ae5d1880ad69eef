/* What is made of a parsed URL: copies, texts, answers. */
#include "proto/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/ip_literal.h"

static char *text_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_print(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0)
        text = malloc((size_t)len + 1);
    if (text) {
        va_start(args, format);
        vsnprintf(text, (size_t)len + 1, format, args);
        va_end(args);
    }
    return text;
}

/* The text with the bytes above 127, and the printable ones in `also`, percent-encoded. Caller
 * frees; NULL when memory is out. */
static char *percent_encode(const char *text, const char *also)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = malloc(3 * strlen(text) + 1), *to = out;

    for (; out && *text; text++) {
        uint8_t c = (uint8_t)*text;

        if (c > 0x20 && c < 0x7f && !strchr(also, c)) {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    if (out)
        *to = '\0';
    return out;
}

/* ":PORT", or nothing for the scheme's own. */
static const char *port_print(const struct url *u, char text[8])
{
    text[0] = '\0';
    if (u->port != (u->scheme == URL_WSS ? 443 : 80))
        snprintf(text, 8, ":%u", (unsigned)u->port);
    return text;
}

static char *unix_print(const struct url *u)
{
    /* A colon would part path and target, # begin a fragment, % an escape. */
    char *path = percent_encode(u->socket_path, ":#%");
    char *text = path ? text_print("ws+unix:%s:%s", path, u->target) : NULL;

    free(path);
    return text;
}

static char *print_as(const struct url *u, const char *plain, const char *secure)
{
    char port[8];

    if (u->scheme == URL_UNIX)
        return unix_print(u);
    return text_print("%s://%s%s%s%s%s%s%s", u->scheme == URL_WSS ? secure : plain,
                      u->ipv6 ? "[" : "", u->host, u->zone ? "%25" : "", u->zone ? u->zone : "",
                      u->ipv6 ? "]" : "", port_print(u, port), u->target);
}

char *url_print(const struct url *u)
{
    return print_as(u, "ws", "wss");
}

char *url_print_http(const struct url *u)
{
    return print_as(u, "http", "https");
}

char *url_host_field(const struct url *u)
{
    char *host, *text = NULL, port[8];

    if (u->scheme == URL_UNIX)
        return strdup("localhost");
    /* RFC 3986, section 3.2.2: a name beyond ASCII is percent-encoded UTF-8; an IDN that was turned
     * into its A-labels beforehand has nothing to encode. */
    host = percent_encode(u->host, "");
    if (host)
        text = text_print("%s%s%s%s", u->ipv6 ? "[" : "", host, u->ipv6 ? "]" : "",
                          port_print(u, port));
    free(host);
    return text;
}

bool url_is_loopback(const struct url *u)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    static const char name[] = "localhost";
    struct slice host = slice_str(u->host);
    size_t len = sizeof name - 1;
    uint8_t bytes[16];

    if (u->scheme == URL_UNIX)
        return true;
    if (u->ipv6)
        return ip6_parse(host, bytes) && memcmp(bytes, loopback6, 16) == 0;
    if (ip4_parse(host, bytes))
        return bytes[0] == 127;
    /* RFC 6761, section 6.3; a final dot only means that the name is complete. */
    if (host.len > 0 && host.data[host.len - 1] == '.')
        host.len--;
    if (host.len < len || strncasecmp((const char *)host.data + host.len - len, name, len) != 0)
        return false;
    return host.len == len || host.data[host.len - len - 1] == '.';
}

static bool copy_one(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

int url_copy(struct url *to, const struct url *from)
{
    struct url copy = *from;
    bool whole = true;

    whole &= copy_one(&copy.host, from->host);
    whole &= copy_one(&copy.zone, from->zone);
    whole &= copy_one(&copy.target, from->target);
    whole &= copy_one(&copy.user, from->user);
    whole &= copy_one(&copy.password, from->password);
    whole &= copy_one(&copy.socket_path, from->socket_path);
    if (!whole)
        url_clear(&copy);
    *to = copy;
    return whole ? 0 : -1;
}
