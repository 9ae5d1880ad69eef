#include "session/postmortem.h"

#include <stdio.h>

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

static bool contains(struct slice text, const char *word)
{
    size_t n = strlen(word);

    return text.len >= n && memmem(text.data, text.len, word, n) != NULL;
}

static void redirect_hint(char *hint, const struct event_response *response)
{
    struct slice location = header(response, "Location");

    if (location.len)
        snprintf(hint, POSTMORTEM_HINT,
                 "the server redirects to %.*s: -L follows it, or use that URL",
                 (int)(location.len < 200 ? location.len : 200), (const char *)location.data);
}

void postmortem_response(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context)
{
    char who[160];

    hint[0] = '\0';
    name_the_answerer(who, sizeof who, response);
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
        if (contains(response->body, "Session ID unknown")) {
            snprintf(hint, POSTMORTEM_HINT,
                     "Socket.IO does not know this session: behind several servers it needs sticky "
                     "sessions; compare the cookies sent and received (-i)");
            return;
        }
        if (contains(response->body, "HTTP request was sent to HTTPS port")) {
            snprintf(hint, POSTMORTEM_HINT, "this port speaks TLS: use wss://");
            return;
        }
        /* fall through */
    case 200:
    case 426:
        snprintf(hint, POSTMORTEM_HINT,
                 "a proxy on the way may have dropped the Upgrade and Connection headers or speaks "
                 "HTTP/1.0 upstream, or this path is no WebSocket endpoint%s; -i shows both heads",
                 who);
        return;
    case 401:
        snprintf(
            hint, POSTMORTEM_HINT,
            context->credentials_sent
                ? "the credentials that were sent are not accepted here: wrong, expired, or "
                  "meant for another host"
                : "the server wants credentials: -u USER:PASS, --bearer TOKEN, --cookie or -H");
        return;
    case 403:
        snprintf(hint, POSTMORTEM_HINT,
                 "not allowed: the Origin may not be on the server's list (-o URL), or the "
                 "credentials lack the right%s",
                 who);
        return;
    case 404:
        snprintf(
            hint, POSTMORTEM_HINT,
            "there is no WebSocket at this path: check the path, and the routing of a proxy in "
            "front%s",
            who);
        return;
    case 429:
        snprintf(hint, POSTMORTEM_HINT,
                 "too many connections or attempts: wait, or ask less often");
        return;
    case 502:
    case 503:
    case 504: {
        struct slice after = header(response, "Retry-After");

        snprintf(hint, POSTMORTEM_HINT, "no healthy server behind the proxy answered%s%s%.*s", who,
                 after.len ? "; Retry-After: " : "", (int)(after.len < 40 ? after.len : 40),
                 after.len ? (const char *)after.data : "");
        return;
    }
    default:
        return;
    }
}

void postmortem_error(char hint[POSTMORTEM_HINT], const struct err *error,
                      const struct postmortem_context *context)
{
    hint[0] = '\0';
    if (error->code == EXIT_HANGUP)
        snprintf(
            hint, POSTMORTEM_HINT,
            "a server that crashed, a proxy that can't reach its server, or a port that speaks "
            "something else%s",
            context->secure ? "" : ", TLS perhaps: try wss://");
    else if (error->code == EXIT_TIMEOUT && error->stage == STAGE_HANDSHAKE)
        snprintf(
            hint, POSTMORTEM_HINT,
            "the port is open and says nothing: a hung server, or one that waits for something "
            "else%s",
            context->secure ? "" : ", TLS perhaps: try wss://");
}

/* Idle limits that products have out of the box, in seconds. */
struct idle_limit {
    unsigned seconds;
    const char *who;
};

static const struct idle_limit idle_limits[] = {
    {30, "some load balancers and proxies"},
    {60, "nginx (proxy_read_timeout), AWS ALB and many proxies"},
    {100, "Cloudflare"},
    {240, "Azure Load Balancer"},
    {350, "AWS NLB"},
    {600, "AWS API Gateway"},
};

static const struct idle_limit *idle_limit_near(uint64_t idle_us)
{
    for (size_t i = 0; i < sizeof idle_limits / sizeof idle_limits[0]; i++) {
        uint64_t limit_us = (uint64_t)idle_limits[i].seconds * 1000000;

        if (idle_us + 500000 >= limit_us && idle_us < limit_us + 2000000)
            return &idle_limits[i];
    }
    return NULL;
}

static void hint_of_code(char *hint, const struct event_close *close,
                         const struct postmortem_context *context)
{
    if ((close->code == 1008 || close->code >= 4400) && close->uptime_us < 1000000) {
        snprintf(hint, POSTMORTEM_HINT,
                 "closed %.0f ms after the opening: most likely the server did not accept the "
                 "credentials or the first message",
                 (double)close->uptime_us / 1000.0);
    } else if (close->code == 1001 || close->code == 1012) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server is going away: a deployment or a restart; connect again");
    } else if (close->code == 1009) {
        snprintf(hint, POSTMORTEM_HINT,
                 "a message was too big for the server; the last one sent had %llu bytes",
                 (unsigned long long)context->last_sent);
    } else if (close->code == 1002 || close->code == 1007) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server says that we broke the protocol%s; -vv shows every frame",
                 context->deflate ? ": --no-compress tells whether compression is the cause" : "");
    } else if (close->code == 1010) {
        snprintf(hint, POSTMORTEM_HINT, "the server insists on an extension that was not agreed");
    } else if (close->code == 1011) {
        snprintf(hint, POSTMORTEM_HINT, "the server failed inside: its log has the reason");
    }
}

static void hint_of_loss(char *hint, const struct event_close *close,
                         const struct postmortem_context *context)
{
    uint64_t idle_us =
        close->idle_in_us < close->idle_out_us ? close->idle_in_us : close->idle_out_us;
    const struct idle_limit *limit = idle_limit_near(idle_us);

    if (close->cut_want > 0) {
        snprintf(
            hint, POSTMORTEM_HINT,
            "the peer or something between died in the middle of a frame: look at the server's "
            "log for a crash");
    } else if (limit && !context->ping_interval_us) {
        snprintf(hint, POSTMORTEM_HINT,
                 "idle for %u s before the end: an idle timeout between here and the server (%s); "
                 "--ping-interval %u keeps the connection busy",
                 limit->seconds, limit->who, limit->seconds > 30 ? 25u : 10u);
    } else if (close->how == CLOSE_HOW_RST && close->idle_in_us > 300000000 &&
               close->idle_out_us < 2000000) {
        snprintf(hint, POSTMORTEM_HINT,
                 "reset on the first write after %.0f s of silence: a NAT or load balancer forgot "
                 "the connection; --ping-interval 25 keeps it alive",
                 (double)close->idle_in_us / 1e6);
    } else if (close->how == CLOSE_HOW_PING_TIMEOUT) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the connection was half open: the network or the peer is gone without a word%s",
                 close->has_tcp && close->unacked_bytes
                     ? "; bytes that were sent are not acknowledged"
                     : "");
    } else if (close->how == CLOSE_HOW_FIN && context->messages_in == 0 &&
               close->uptime_us < 1000000) {
        snprintf(hint, POSTMORTEM_HINT,
                 "hung up right after the opening: a proxy that could not reach its server, or a "
                 "server that crashed");
    }
}

void postmortem_close(char hint[POSTMORTEM_HINT], const struct event_close *close,
                      const struct postmortem_context *context)
{
    hint[0] = '\0';
    if (close->how == CLOSE_HOW_VIOLATION) {
        snprintf(hint, POSTMORTEM_HINT, "%s",
                 close->code == CLOSE_TOO_BIG
                     ? "--max-message, --max-frame and --max-fragments set the bounds"
                     : "-vv shows every frame; --lenient reports what is wrong and carries on");
        return;
    }
    if (close->by == CLOSE_BY_LOCAL) {
        if (close->how == CLOSE_HOW_TIMEOUT)
            snprintf(hint, POSTMORTEM_HINT,
                     "the peer did not answer the Close: --close-timeout sets how long to wait");
        return;
    }
    if (close->how == CLOSE_HOW_CLOSE_FRAME)
        hint_of_code(hint, close, context);
    else
        hint_of_loss(hint, close, context);
}
