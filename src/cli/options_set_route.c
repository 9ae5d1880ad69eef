/* Setters of the way to the server: proxies and detours. */
#include "cli/options_private.h"

#include "base/decimal.h"
#include "net/idn.h"
#include "net/proxy.h"

#include <stdlib.h>

/* Point at a byte of the option's value. */
static void point_at(struct options_parsing *p, const struct option_use *use, long at, bool url,
                     struct err *e)
{
    e->at = at;
    p->o->memory->point = use->value;
    p->o->memory->point_url = url;
}

/* A name beyond ASCII must be one that DNS can hold. */
static int host_valid(const char *host, const struct option_use *use, struct err *e)
{
    struct err cause;
    char *ascii = idn_to_ascii(host, &cause);

    if (ascii) {
        free(ascii);
        return 0;
    }
    if (cause.code != EXIT_USAGE)
        return options_nomem(e);
    return usage_error(e, "%s: %s", use->typed, cause.text);
}

int options_set_proxy(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct proxy proxy;
    int rc;

    p->o->connect.dial.proxy = use->value;
    if (use->value[0] == '\0')
        return 0; /* as in curl: none, regardless of the environment */
    if (proxy_parse(&proxy, use->value, use->typed, e) < 0) {
        if (e->at >= 0)
            point_at(p, use, e->at, true, e);
        return -1;
    }
    rc = host_valid(proxy.host, use, e);
    proxy_clear(&proxy);
    return rc;
}

int options_set_noproxy(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)e;
    p->o->connect.dial.noproxy = use->value;
    return 0;
}

static int bad_connect_to(struct options_parsing *p, const struct option_use *use, const char *copy,
                          const char *where, const char *why, struct err *e)
{
    usage_error(e, "%s: %s", use->typed, why);
    err_hint(e, "it is written HOST1:PORT1:HOST2:PORT2; HOST1 and PORT1 may be empty for any, "
                "HOST2 and PORT2 for no change");
    point_at(p, use, where - copy, false, e);
    return -1;
}

/* "host:" or "[literal]:" at *text, which moves after the ':' (or to the end if last). NULL: it has
 * no end. Brackets are removed. */
static char *take_host(char **text)
{
    char *host = *text, *end;

    if (*host == '[') {
        end = strchr(++host, ']');
        if (!end || end[1] != ':')
            return NULL;
        *end++ = '\0';
    } else {
        end = strchr(host, ':');
        if (!end)
            return NULL;
    }
    *end = '\0';
    *text = end + 1;
    return host;
}

/* "443" or nothing, up to `end`; **text moves after it. False if it is not a port. */
static bool take_port(char **text, char end, uint16_t *port)
{
    size_t span = decimal_span(slice_str(*text));
    char *at = *text + span;
    uint64_t number = 0;

    if (*at != end ||
        (span > 0 && (!decimal_read(slice_make(*text, span), 65535, &number) || number == 0)))
        return false;
    *port = (uint16_t)number;
    *text = *at ? at + 1 : at;
    return true;
}

int options_set_connect_to(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct dial_config *dial = &p->o->connect.dial;
    struct dial_connect_to *list =
        options_list_room(p->o->memory, dial->connect_to, dial->connect_to_count, sizeof *list);
    char *copy = options_copy(p->o->memory, use->value, strlen(use->value));
    struct dial_connect_to *c;
    char *at = copy;

    if (!list || !copy)
        return options_nomem(e);
    dial->connect_to = list;
    c = &list[dial->connect_to_count];
    *c = (struct dial_connect_to){.from_host = take_host(&at)};
    if (!c->from_host)
        return bad_connect_to(p, use, copy, at, "the first host has no : after it", e);
    if (!take_port(&at, ':', &c->from_port))
        return bad_connect_to(p, use, copy, at,
                              "the first port is a number from 1 to 65535, or nothing, with a : "
                              "after it",
                              e);
    c->host = take_host(&at);
    if (!c->host)
        return bad_connect_to(p, use, copy, at, "the second host has no : after it", e);
    if (!take_port(&at, '\0', &c->port))
        return bad_connect_to(p, use, copy, at,
                              "the second port is a number from 1 to 65535, or nothing", e);
    if (host_valid(c->from_host, use, e) != 0 || host_valid(c->host, use, e) != 0)
        return -1;
    dial->connect_to_count++;
    return 0;
}
