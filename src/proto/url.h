/*
 * url: the address of a WebSocket as the user types it (RFC 6455, section 3; RFC 3986).
 *
 * ws://, wss://; http(s):// means ws(s)://; without a scheme wss://, or ws:// for loopback hosts
 * (localhost, 127.0.0.0/8, [::1]) and for ":PORT" (host 127.0.0.1); "ws+unix:PATH:TARGET".
 */
#ifndef PROTO_URL_H
#define PROTO_URL_H

#include "base/err.h"
#include "base/slice.h"

enum url_scheme { URL_WS, URL_WSS, URL_UNIX };

struct url {
    enum url_scheme scheme;
    bool http;      /* written with http: or https: (redirects and polling care) */
    char *host;     /* UTF-8 as typed, lower-case ASCII; an IPv6 literal without brackets/zone;
                       "localhost" for a unix socket */
    char *zone;     /* of an IPv6 literal ("eth0" of [fe80::1%25eth0] or [fe80::1%eth0]), or NULL */
    bool ipv6;      /* host is an IPv6 literal */
    uint16_t port;  /* the default filled in; 0 for a unix socket */
    char *target;   /* path and query as given, percent-encoding kept; "/" if empty */
    char *user;     /* of userinfo, percent-decoded, or NULL */
    char *password; /* the same; "" for "user:@", NULL for "user@" */
    char *socket_path; /* URL_UNIX: absolute or relative path, percent-decoded */
};

/* Parse. On failure -1, **u is unchanged, and *e has the error and (e->at) its byte in text. A
 * fragment, port 0 or above 65535, control bytes, blanks, an empty host, an unknown scheme, a bad
 * percent-escape in userinfo or host are errors. Bytes above 127 in the target are percent-encoded;
 * in the host they are kept for IDN. */
int url_parse(struct url *u, const char *text, struct err *e);
void url_clear(struct url *u);
/* A copy that owns its strings: 0, or -1 when memory is out (*to is cleared). */
int url_copy(struct url *to, const struct url *from);

/* "ws://host:8080/path?query": brackets and zone kept, default port left out, never userinfo.
 * The scheme is ws or wss also where http or https was written. Caller frees; NULL when memory is
 * out. */
char *url_print(const struct url *u);

/* The same with http or https. */
char *url_print_http(const struct url *u);

/* The value of the Host field (RFC 9110, section 7.2): the port only if not the default, no zone.
 * Bytes of the host above 127 are percent-encoded (RFC 3986, section 3.2.2): for an IDN let the
 * host be its A-labels by then. Caller frees; NULL when memory is out. */
char *url_host_field(const struct url *u);

/* True for localhost, *.localhost, 127.0.0.0/8 and ::1. */
bool url_is_loopback(const struct url *u);

#endif
