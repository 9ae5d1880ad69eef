#include "net/proxy_error.h"

#include <stdio.h>

void tunnel_names(struct tunnel_names *names, const struct proxy *proxy, const char *host,
                  uint16_t port)
{
    bool ipv6 = strchr(host, ':') != NULL;

    proxy_name(proxy, names->proxy, sizeof names->proxy);
    snprintf(names->host, sizeof names->host, "%s", host);
    snprintf(names->target, sizeof names->target, "%s%.255s%s:%u", ipv6 ? "[" : "", host,
             ipv6 ? "]" : "", port);
}

void tunnel_plain(char *text, size_t size, struct slice said)
{
    size_t len = 0;
    bool blank = false;

    for (size_t i = 0; i < said.len; i++) {
        uint8_t c = said.data[i];

        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            blank = len > 0;
            continue;
        }
        if (len + blank + 4 >= size) {
            memcpy(text + len, "...", 3);
            len += 3;
            break;
        }
        if (blank)
            text[len++] = ' ';
        blank = false;
        text[len++] = c > 0x20 && c < 0x7f ? (char)c : '?';
    }
    text[len] = '\0';
}

void tunnel_broken(const struct tunnel_names *names, ssize_t result, struct err *e)
{
    struct err why = *e;

    if (result < 0)
        err_set(e, EXIT_PROXY, STAGE_PROXY, why.errnum,
                "no tunnel to %.100s through the proxy %s: %.200s", names->target, names->proxy,
                why.text);
    else
        err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
                "the proxy %s hung up before it answered the request for a tunnel to %.100s",
                names->proxy, names->target);
    err_hint(e, "is that its port and its kind? --proxy takes http://, https://, socks5:// and "
                "socks5h:// before HOST:PORT");
}

void proxy_unreached(const struct proxy *proxy, struct err *e)
{
    struct err why = *e;
    char name[320];

    proxy_name(proxy, name, sizeof name);
    err_set(e, why.code, why.stage, why.errnum, "the proxy %.200s (from %s): %.280s", name,
            proxy->source, why.text);
    err_hint(e, "%s%sto connect without a proxy: --noproxy '*'", why.hint,
             why.hint[0] == '\0'                     ? ""
             : why.hint[strlen(why.hint) - 1] == '?' ? " "
                                                     : "; ");
}
