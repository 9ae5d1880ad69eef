/*
 * proxy: which proxy a connection goes through, by curl's rules: --proxy, else the environment
 * (https_proxy or HTTPS_PROXY for wss, http_proxy for ws, then all_proxy or ALL_PROXY), unless
 * --noproxy, else no_proxy or NO_PROXY, names the host. No I/O; the environment is read through a
 * function.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum proxy_kind { PROXY_HTTP, PROXY_HTTPS, PROXY_SOCKS5, PROXY_SOCKS5H };

struct proxy {
    enum proxy_kind kind;
    char *host; /* as typed, without brackets */
    char *zone; /* of an IPv6 literal, or NULL */
    uint16_t port;
    char *user;         /* percent-decoded, or NULL */
    char *password;     /* the same; NULL: none */
    const char *source; /* "--proxy", "https_proxy", ...: where it was named. Static */
};

/* A variable's value or NULL, as getenv. */
typedef const char *proxy_env_fn(const char *name);

struct proxy_rules {
    const char *proxy;   /* of --proxy; "": none, regardless of the environment; NULL: not given */
    const char *noproxy; /* of --noproxy; "": no exceptions; NULL: not given */
    proxy_env_fn *env;
};

/* "http", "https", "socks5", "socks5h". Static. */
const char *proxy_kind_name(enum proxy_kind kind);

/* "[SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/...]": no scheme means http, no port 443 for https and
 * 1080 for the rest (as curl). -1, *p untouched, with *e (EXIT_USAGE; e->at the offending byte, or
 * -1): the sentence shows neither user nor password. source is kept. */
int proxy_parse(struct proxy *p, const char *text, const char *source, struct err *e);
void proxy_clear(struct proxy *p);

/* True if the list (commas or blanks between entries) names the host, which has neither brackets
 * nor zone: a name or its end ("example.com" and ".example.com" fit "a.example.com" and the name
 * itself), an address, a network ("10.0.0.0/8", "fd00::/8"); "*" alone names every host. Ports are
 * not looked at: an entry with one fits nothing. */
bool proxy_excluded(const char *list, const char *host);

/* The proxy for a connection to host: 1 with *p (the caller's to clear), 0: none, -1 with *e, which
 * names the option or variable at fault. */
int proxy_select(struct proxy *p, const struct proxy_rules *rules, bool secure, const char *host,
                 struct err *e);

/* "HOST:PORT", IPv6 in brackets, as sentences and events name the proxy; never its credentials. */
void proxy_name(const struct proxy *p, char *text, size_t size);

#endif
