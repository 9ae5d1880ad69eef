/* Before the opening: refused upgrades, errors, slow addresses. */
#include "session/diagnose/postmortem.h"

#include <stdio.h>
#include <string.h>

static struct slice header(const struct event_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (slice_is_nocase(response->headers[i].name, name))
            return response->headers[i].value;
    }
    return (struct slice){0};
}

/* " (Server: nginx, Via: 1.1 varnish)": who may have answered. */
static void name_the_answerer(char *text, size_t size, const struct event_response *response)
{
    struct slice server = header(response, "Server");
    struct slice via = header(response, "Via");
    int server_len = (int)(server.len < 60 ? server.len : 60);
    int via_len = (int)(via.len < 60 ? via.len : 60);

    text[0] = '\0';
    if (server.len && via.len)
        snprintf(text, size, " (Server: %.*s, Via: %.*s)", server_len, (const char *)server.data,
                 via_len, (const char *)via.data);
    else if (server.len)
        snprintf(text, size, " (Server: %.*s)", server_len, (const char *)server.data);
    else if (via.len)
        snprintf(text, size, " (Via: %.*s)", via_len, (const char *)via.data);
}

bool postmortem_names_proxy(struct slice text)
{
    static const char *const names[] = {"nginx",   "openresty", "haproxy",    "envoy",
                                        "varnish", "traefik",   "cloudflare", "awselb",
                                        "caddy",   "squid",     "apache",     "Via: "};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_contains_nocase(text, names[i]))
            return true;
    }
    return false;
}

static bool by_proxy(const struct event_response *response)
{
    return header(response, "Via").len > 0 || postmortem_names_proxy(header(response, "Server"));
}

/* "; Retry-After: 7", or "". */
static void when_again(char *text, size_t size, const struct event_response *response)
{
    struct slice after = header(response, "Retry-After");

    snprintf(text, size, after.len ? "; Retry-After: %.*s" : "%.*s",
             (int)(after.len < 40 ? after.len : 40), (const char *)after.data);
}

/* A plain answer to the handshake. */
static void no_upgrade_hint(char *hint, const struct event_response *response, const char *who)
{
    if (slice_contains_nocase(header(response, "Server"), "nginx"))
        snprintf(hint, POSTMORTEM_HINT,
                 "this path is not a WebSocket endpoint, or nginx did not pass the upgrade on; its "
                 "location needs: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                 "proxy_set_header Connection \"upgrade\";%s; wscope -i shows both heads",
                 who);
    else if (by_proxy(response))
        snprintf(hint, POSTMORTEM_HINT,
                 "the proxy may have dropped the Upgrade and Connection headers, or speaks "
                 "HTTP/1.0 upstream, or this path is not a WebSocket endpoint%s; -i shows both "
                 "heads",
                 who);
    else
        snprintf(hint, POSTMORTEM_HINT,
                 "this path is not a WebSocket endpoint, or the Upgrade and Connection headers did "
                 "not reach the server%s; wscope -i shows both heads",
                 who);
}

#define SOCKETIO_PATH                                                                           \
    "there is no Socket.IO server at this path: the default is /socket.io/, with the slash; a " \
    "server may have another (path=), and a proxy may want a prefix"
#define SOCKETIO_WAY "--as socket.io connects to it at /socket.io/"

void postmortem_greeting(char hint[POSTMORTEM_HINT], struct slice message)
{
    hint[0] = '\0';
    if (slice_begins(message, "0{\"sid\":"))
        snprintf(
            hint, POSTMORTEM_HINT,
            "this is Socket.IO (an Engine.IO handshake): --as socket.io speaks it; by hand, send 40 to "
            "join, then 42[\"event\",data] for each event, and answer each 2 (a ping) with 3");
}

/* nginx, Apache, Go's net/http, haproxy and Node report a request without TLS on a TLS port. */
static bool wants_tls(struct slice body)
{
    return slice_contains_nocase(body, "request was sent to HTTPS port") ||
           slice_contains_nocase(body, "SSL-enabled server port") ||
           slice_contains_nocase(body, "HTTP request to an HTTPS server") ||
           slice_contains_nocase(body, "requires TLS");
}

static bool about_subprotocol(const struct event_response *response)
{
    return slice_contains_nocase(response->body, "subprotocol") ||
           slice_contains_nocase(response->body, "sub-protocol") ||
           slice_contains_nocase(response->body, "Sec-WebSocket-Protocol") ||
           slice_contains_nocase(response->reason, "subprotocol");
}

/* 400, and other refusals whose body gives the reason. True if it did. */
static bool hint_of_body(char *hint, const struct event_response *response,
                         const struct postmortem_context *context)
{
    if (postmortem_socketio(hint, response, context))
        return true;
    if (wants_tls(response->body)) {
        snprintf(hint, POSTMORTEM_HINT, "this port speaks TLS: use %s://",
                 context->http ? "https" : "wss");
    } else if (!context->http && about_subprotocol(response)) {
        snprintf(hint, POSTMORTEM_HINT,
                 context->subprotocols_offered
                     ? "the server takes none of the subprotocols that were offered: -s NAME "
                       "offers another"
                     : "the server wants a subprotocol: -s NAME offers one");
    }
    return hint[0] != '\0';
}

static void redirect_hint(char *hint, const struct event_response *response)
{
    struct slice location = header(response, "Location");

    if (location.len)
        snprintf(hint, POSTMORTEM_HINT,
                 "the server redirects to %.*s: -L follows it, or use that URL",
                 (int)(location.len < 200 ? location.len : 200), (const char *)location.data);
}

/* The statuses that have another meaning for a request that is not a handshake. True if it is one
 * of them. */
static bool hint_of_http(char *hint, const struct event_response *response, const char *who)
{
    int status = response->status;

    if (status == 404)
        snprintf(hint, POSTMORTEM_HINT, "there is nothing at this path: check the path%s%s",
                 by_proxy(response) ? ", and the routing of the proxy in front" : "", who);
    else if (status == 426)
        snprintf(hint, POSTMORTEM_HINT,
                 "this path is for WebSockets: the URL alone, without --poll or --sse, opens one");
    return status == 400 || status == 404 || status == 426 || status == 501;
}

static void rights_hint(char *hint, int status, const struct postmortem_context *context,
                        const char *who)
{
    if (status == 403)
        snprintf(hint, POSTMORTEM_HINT,
                 "not allowed: the Origin may not be on the server's list (-o URL), or the "
                 "credentials lack the right%s",
                 who);
    else if (context->credentials_sent)
        snprintf(
            hint, POSTMORTEM_HINT,
            "the credentials that were sent are not accepted here: wrong, expired, or meant for "
            "another host");
    else
        snprintf(hint, POSTMORTEM_HINT,
                 "the server wants credentials: -u USER:PASS, --bearer TOKEN, --cookie or -H");
}

static void path_hint(char *hint, const struct event_response *response,
                      const struct postmortem_context *context, const char *who)
{
    if (context->socketio)
        snprintf(hint, POSTMORTEM_HINT, SOCKETIO_PATH "%s", who);
    else
        snprintf(hint, POSTMORTEM_HINT, "there is no WebSocket at this path: check the path%s%s",
                 by_proxy(response) ? ", and the routing of the proxy in front" : "", who);
}

void postmortem_response(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context)
{
    char who[160], again[64];

    hint[0] = '\0';
    name_the_answerer(who, sizeof who, response);
    if (response->status >= 400 && hint_of_body(hint, response, context))
        return;
    if (context->http && hint_of_http(hint, response, who))
        return;
    switch (response->status) {
    case 101:
        return;
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        redirect_hint(hint, response);
        return;
    case 400:
    case 200:
    case 426:
        no_upgrade_hint(hint, response, who);
        return;
    case 401:
    case 403:
        rights_hint(hint, response->status, context, who);
        return;
    case 404:
        path_hint(hint, response, context, who);
        return;
    case 429:
        when_again(again, sizeof again, response);
        snprintf(hint, POSTMORTEM_HINT,
                 "too many connections or attempts: wait, or ask less often%s", again);
        return;
    case 501:
        snprintf(hint, POSTMORTEM_HINT,
                 context->subprotocols_offered
                     ? "the server does not do what was asked for: the subprotocols (-s), or "
                       "WebSockets at all%s"
                     : "the server does not do WebSockets here, or wants a subprotocol (-s NAME)%s",
                 who);
        return;
    case 502:
    case 503:
    case 504:
        when_again(again, sizeof again, response);
        snprintf(hint, POSTMORTEM_HINT, "%s%s%s",
                 response->status != 503 || by_proxy(response)
                     ? "no healthy server behind the proxy answered"
                     : "the server is overloaded or being restarted: try again later, or with -r",
                 who, again);
        return;
    default:
        return;
    }
}

void postmortem_error(char hint[POSTMORTEM_HINT], const struct err *error,
                      const struct postmortem_context *context)
{
    hint[0] = '\0';
    if (error->code == EXIT_HANGUP && context->socketio && !context->http)
        snprintf(hint, POSTMORTEM_HINT,
                 SOCKETIO_PATH ". Its WebSockets hang up without an answer there");
    else if (error->code == EXIT_HANGUP)
        snprintf(hint, POSTMORTEM_HINT,
                 "the server crashed or takes nothing at this path, or the port speaks something "
                 "else%s%s",
                 context->secure ? "" : ", TLS perhaps: try wss://",
                 context->http || context->socketio ? "" : "; if it is Socket.IO, " SOCKETIO_WAY);
    else if (error->code == EXIT_TIMEOUT && error->stage == STAGE_CONNECT)
        snprintf(hint, POSTMORTEM_HINT,
                 "nothing answered at all: a firewall that drops packets, a VPN that is down, "
                 "or the wrong address; --connect-timeout sets how long to wait");
    else if (error->code == EXIT_TIMEOUT && error->stage == STAGE_HANDSHAKE)
        snprintf(
            hint, POSTMORTEM_HINT,
            "the port is open, but nothing came: a hung server, or one that waits for something "
            "else%s",
            context->secure ? "" : ", TLS perhaps: try wss://");
}

/* An address that was begun with long before the one that answered. */
#define SLOW_US 200000

void postmortem_connect(char hint[POSTMORTEM_HINT], const struct event_connect *connect)
{
    bool used_four = strchr(connect->address, ':') == NULL;
    const struct connect_attempt *dead = NULL;

    hint[0] = '\0';
    for (size_t i = 0; i < connect->attempt_count && !dead; i++) {
        const struct connect_attempt *a = &connect->attempts[i];

        if (a->errnum != 0 && a->us >= SLOW_US && strchr(a->address, ':'))
            dead = a;
    }
    if (!dead || !used_four)
        return;
    snprintf(hint, POSTMORTEM_HINT,
             "IPv6 is slow or dead on the way there: %s did not answer within %.0f ms, %s did; -4 "
             "saves that time",
             dead->address, (double)dead->us / 1000, connect->address);
}
