/* What a Socket.IO server means when it refuses a handshake or a request. */
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "session/diagnose/postmortem.h"

#define SPEAKS "--as socket.io connects to it"

#define BAD_REQUEST 3

struct refusal {
    const char *message; /* of engine.io's table of errors */
    bool plain;          /* no other server answers with this text */
    const char *hint;
};

/* In the order of their codes. Code 1 has its own hint. */
static const struct refusal refusals[] = {
    {"Transport unknown", true,
     "this is a Socket.IO server, and the URL has no transport that it knows: " SPEAKS},
    {"Session ID unknown", true, NULL},
    {"Bad handshake method", true,
     "this is a Socket.IO server: a connection begins with a GET, not with another method"},
    {"Bad request", false,
     "this is a Socket.IO server: the transport in the URL is not that of the request (a WebSocket "
     "needs transport=websocket), or the session has another; " SPEAKS},
    {"Forbidden", false,
     "this Socket.IO server refused the connection in its allowRequest: the Origin (-o URL) or the "
     "credentials (-H, --cookie) may not suit it"},
    {"Unsupported protocol version", true,
     "this Socket.IO server speaks protocol 5 (EIO=4) only, and the URL asks for EIO=3 or for none: "
     "clients of Socket.IO 2 need allowEIO3 there; " SPEAKS},
};

/* {"code":N,"message":"..."}: what polling gets. */
static bool has_code(struct slice body, size_t code)
{
    char digits[8];
    struct slice token, message;

    snprintf(digits, sizeof digits, "%zu", code);
    return json_pointer_get(body, "/code", &token) == 1 && slice_is(token, digits) &&
           json_pointer_get(body, "/message", &message) == 1;
}

/* An upgrade is refused with a text; JSON is what the server answers to other requests. */
static bool upgrade_dropped(char hint[POSTMORTEM_HINT], const struct event_response *response)
{
    const char *server = "a proxy in between";
    size_t len = strlen(server);

    for (size_t i = 0; i < response->header_count; i++) {
        const struct field *f = &response->headers[i];

        if (slice_is_nocase(f->name, "Server") && f->value.len > 0 && f->value.len < 60) {
            server = (const char *)f->value.data;
            len = f->value.len;
        }
    }
    snprintf(hint, POSTMORTEM_HINT,
             "the Socket.IO server got the request without its Upgrade header, which %.*s dropped; "
             "nginx needs: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
             "proxy_set_header Connection \"upgrade\";",
             (int)len, server);
    return true;
}

bool postmortem_socketio(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context)
{
    struct slice body = response->body;

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];

        if (!has_code(body, i) &&
            !(slice_begins(body, r->message) && (r->plain || context->socketio)))
            continue;
        if (i == BAD_REQUEST && has_code(body, i) && !context->http)
            return upgrade_dropped(hint, response);
        if (r->hint)
            snprintf(hint, POSTMORTEM_HINT, "%s", r->hint);
        else
            snprintf(
                hint, POSTMORTEM_HINT,
                "this Socket.IO server does not know the session: with several servers behind "
                "a balancer it needs sticky sessions, and %s",
                context->cookies_sent
                    ? "the cookies that were sent did not lead back to the server it began with"
                    : "no cookie was sent: --cookie sends those of the request that began it");
        return true;
    }
    return false;
}
