#include "verb/proxy/control_address.h"

#include <stdio.h>

#include "base/decimal.h"
#include "cli/parsing.h"
#include "proto/ip_literal.h"

static bool is_ip6_loopback(struct slice text)
{
    static const uint8_t loopback[16] = {[15] = 1};
    uint8_t bytes[16];

    return ip6_parse(text, bytes) && memcmp(bytes, loopback, sizeof bytes) == 0;
}

/* The numeric address that the name is for, into host; false: it is not of the loopback.
 * "localhost" is not looked up: what it leads to must not depend on a file or on DNS. */
static bool loopback(struct slice name, char host[46])
{
    uint8_t bytes[4];

    if (slice_is_nocase(name, "localhost"))
        snprintf(host, 46, "127.0.0.1");
    else if (name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']' &&
             is_ip6_loopback(slice_inner(name)))
        snprintf(host, 46, "::1");
    else if (ip4_parse(name, bytes) && bytes[0] == 127)
        snprintf(host, 46, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    else
        return false;
    return true;
}

/* "HOST:PORT" into both parts; *port is empty without one. */
static void split(struct slice text, struct slice *host, struct slice *port)
{
    size_t n = text.len;

    *host = text;
    *port = slice_make(NULL, 0);
    while (n > 0 && text.data[n - 1] >= '0' && text.data[n - 1] <= '9')
        n--;
    if (n == 0 || text.data[n - 1] != ':')
        return;
    *host = slice_make(text.data, n - 1);
    *port = slice_from(text, n);
}

bool control_is_loopback(struct slice text)
{
    struct slice host, port;
    uint64_t number;
    char numeric[46];

    split(text, &host, &port);
    return loopback(host, numeric) && (port.len == 0 || decimal_read(port, 65535, &number));
}

static int take_path(struct control_address *a, const char *path, struct err *e)
{
    if (!path[0])
        return usage_error(e, "--control: unix: needs the path of a socket after it");
    if (strlen(path) >= sizeof a->path)
        return usage_error(e, "--control: the path of a unix socket has at most %zu bytes",
                           sizeof a->path - 1);
    snprintf(a->path, sizeof a->path, "%s", path);
    return 0;
}

int control_address_parse(struct control_address *a, const char *text, struct err *e)
{
    struct slice whole = slice_str(text), host, port;
    uint64_t number;

    *a = (struct control_address){.host = "127.0.0.1"};
    if (strncmp(text, "unix:", 5) == 0)
        return take_path(a, text + 5, e);
    if (decimal_read(whole, 65535, &number)) {
        a->port = (uint16_t)number;
        return 0;
    }
    split(whole, &host, &port);
    if (!decimal_read(port, 65535, &number)) {
        usage_error(e, "--control takes [HOST:]PORT or unix:PATH, not \"%s\"",
                    options_quote(text).text);
        err_hint(e,
                 "for example --control 9003; a port is a number from 0 (any free one) to 65535");
        return -1;
    }
    if (host.len > 0 && !loopback(host, a->host)) {
        usage_error(e, "--control listens on the loopback only, and \"%s\" is another address",
                    options_quote(text).text);
        err_hint(e, "use 127.0.0.1, [::1] or localhost, or unix:PATH; anybody who reaches it can "
                    "control the proxy");
        return -1;
    }
    a->port = (uint16_t)number;
    return 0;
}
