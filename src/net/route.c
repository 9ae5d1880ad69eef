#include "net/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/idn.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

/* ASCII case and the dot of a fully qualified name make no difference. */
static bool same_host(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > 0 && a[a_len - 1] == '.')
        a_len--;
    if (b_len > 0 && b[b_len - 1] == '.')
        b_len--;
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* The first match applies, as in curl; empty parts match anything, or change nothing. */
static void apply_connect_to(struct route *r, const struct dial_config *config)
{
    for (size_t i = 0; i < config->connect_to_count; i++) {
        const struct dial_connect_to *c = &config->connect_to[i];

        if ((c->from_host[0] != '\0' && !same_host(c->from_host, r->host)) ||
            (c->from_port != 0 && c->from_port != r->port))
            continue;
        if (c->host[0] != '\0') {
            r->host = c->host;
            r->zone = NULL;
        }
        if (c->port != 0)
            r->port = c->port;
        return;
    }
}

/* Without a zone, which means something on this machine alone (RFC 4007, section 6). */
static char *plain_name(const char *host, struct err *e)
{
    char *name = idn_to_ascii(host, e);
    char *zone = name ? strchr(name, '%') : NULL;

    if (zone)
        *zone = '\0';
    return name;
}

/* True if the target is the embedded server of this process. */
static bool is_embedded(const struct dial_config *config, const struct dial_target *target)
{
    char url[128];

    if (!config->embedded)
        return false;
    snprintf(url, sizeof url, "ws://%s:%u", target->host, target->port);
    return strcmp(url, config->embedded) == 0;
}

static int find_proxy(struct route *r, const struct dial_config *config,
                      const struct dial_target *target, struct err *e)
{
    const struct proxy_rules rules = {config->proxy, config->noproxy, environment};
    int rc;

    if (!config->proxy && is_embedded(config, target))
        return 0;
    rc = proxy_select(&r->proxy, &rules, target->secure, target->host, e);
    /* The list of exceptions may have the name in either form. */
    if (rc == 1 && strcmp(r->tls_name, target->host) != 0) {
        proxy_clear(&r->proxy);
        rc = proxy_select(&r->proxy, &rules, target->secure, r->tls_name, e);
    }
    if (rc <= 0)
        return rc;
    r->proxied = true;
    proxy_name(&r->proxy, r->proxy_text, sizeof r->proxy_text);
    r->proxy_name = plain_name(r->proxy.host, e);
    return r->proxy_name ? 0 : -1;
}

int route_find(struct route *r, const struct dial_config *config, const struct dial_target *target,
               struct err *e)
{
    *r = (struct route){.host = target->host, .zone = target->zone, .port = target->port};
    apply_connect_to(r, config);
    r->name = plain_name(r->host, e);
    if (r->name)
        r->tls_name = plain_name(target->host, e);
    if (!r->tls_name || find_proxy(r, config, target, e) < 0) {
        route_clear(r);
        return -1;
    }
    return 0;
}

void route_clear(struct route *r)
{
    free(r->name);
    free(r->tls_name);
    free(r->proxy_name);
    proxy_clear(&r->proxy);
    *r = (struct route){0};
}
